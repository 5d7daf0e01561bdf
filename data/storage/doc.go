// Package storage reaches the places where a shop keeps photographs: buckets
// that speak S3, folders of SSH and WebDAV servers, and local or mounted
// folders.
//
// In from the left: the ports of app/plan and app/erasure, which this package
// implements, and the addresses and keys from the profile. Out to the right:
// listings that can be believed, erasures of exactly one version, delete
// marker, unfinished upload or file at a time, and a direct look at each of
// them. An empty listing and an absent object are only told once the bucket or
// folder itself was seen; whatever cannot be seen is an error. Where a server
// is known to keep what is deleted, Check says that absence cannot be proven.
//
// It never follows a link out of a folder, never bypasses a lock, never sends
// keys or passwords over an unencrypted connection to another machine, to a
// server whose host key is not the pinned one, or after a redirect, never
// deletes a key without naming the version, never removes a folder that holds
// something, and never puts a secret or a key of an object into an error.
package storage
