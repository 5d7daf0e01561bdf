// Package sign signs what Greffier prints, so that a third party can tell with
// ordinary tools that it came from this profile and was not changed: a file
// gets a signature for minisign beside it, and one for ssh-keygen -Y verify,
// both by the same Ed25519 key.
//
// In from the left: bytes and a seed that the vault keeps. Out to the right:
// signature files. It reads no file and keeps no key.
package sign
