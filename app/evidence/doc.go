// Package evidence keeps what happened so that it can be proven: the journal
// (append-only, hash-chained, without personal data) and tombstones. Certificates
// are built by the register from the records of runs.
//
// In from the left: decisions and finished runs. Out to the right: registers,
// certificates, the verify command. It never holds personal data.
package evidence
