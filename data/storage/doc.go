// Package storage reaches the places where a shop keeps photographs: buckets
// that speak S3, and folders.
//
// In from the left: the ports of app/plan and app/erasure, which this package
// implements, and the addresses and keys from the profile. Out to the right:
// listings that can be believed, and erasures of exactly one version, delete
// marker or unfinished upload at a time. An empty listing is only returned
// once the bucket or folder itself was seen; whatever cannot be seen is an
// error.
//
// It never follows a link out of a folder, never bypasses a lock, never sends
// keys over an unencrypted connection to another machine, never deletes a key
// without naming the version, and never puts a secret or a key of an object
// into an error.
package storage
