// Package storagetest helps tests of storages: it starts real servers on
// loopback (versitygw and, where it is on the machine, MinIO for S3; OpenSSH
// and rclone for SFTP; rclone for WebDAV) and holds the conformance suite that
// every storage of data/storage has to pass.
//
// It is only for tests. It never skips: a missing server is a failure, but for
// MinIO, whose absence the log tells.
package storagetest
