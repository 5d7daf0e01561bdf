// Package mailtest runs mail servers for tests: a real Dovecot with TLS, and
// the IMAP library's own in-memory server, both with the same methods.
//
// In from the left: tests of data/mail and of the whole program. Out to the
// right: a server on this computer's loopback that ends with the test. It is
// never part of the program.
package mailtest
