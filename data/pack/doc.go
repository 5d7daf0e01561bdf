// Package pack writes the file or folder in which the copy of a person's data
// goes out (GDPR Art. 15(3), 20(1)).
//
// In from the left: names and streams of bytes, from app. Out to the right: an
// encrypted ZIP, or a folder that only the owner may read. Nothing of it is at
// its place before it is whole: it is written beside it, under a name of its
// own, synced, and moved.
//
// The ZIP is encrypted as WinZip does (AE-2: AES-256 in counter mode,
// authenticated by HMAC-SHA1), which 7-Zip, WinZip, Keka and The Unarchiver
// open. Only the contents are: whoever has the file can read the names in it,
// so that a name must never tell anything of the person.
//
// The package never logs, and never keeps a passphrase.
package pack
