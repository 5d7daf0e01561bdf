// Package store keeps a profile's records in SQLite. Personal data enters it
// only as sealed values: AES-256-GCM with table, column and row bound in, each
// row under the key of its subject (a person, a case, a run), so that
// destroying that key forgets the subject in free pages, the write-ahead log
// and old backups of the file alike. Exact look-up goes through a keyed blind
// index.
//
// In from the left: the façade's acts, each one transaction. Out to the right:
// rows of app's own types. It decides nothing and never leaves the disk.
package store
