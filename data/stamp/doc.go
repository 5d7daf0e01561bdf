// Package stamp has the head of the journal stamped by a timestamp authority
// (RFC 3161): a third party that says that this hash was there at that time.
//
// In from the left: a hash, and the authority that the owner chose. Out to the
// right: a request and its answer, verified, in the form that openssl ts reads.
// It tells the authority the hash and nothing else; that somebody asks at all
// is what the authority learns.
package stamp
