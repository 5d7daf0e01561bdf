// Package storagetest helps tests of storages: it starts a real S3 server
// (versitygw) on loopback and holds the conformance suite that every storage
// of data/storage has to pass.
//
// It is only for tests. It never skips: a missing server is a failure.
package storagetest
