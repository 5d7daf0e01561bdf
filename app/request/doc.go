// Package request recognises rights requests (GDPR Art. 7(3) and 15 to 21) in
// a message, and says why: the words that spoke and where they stand.
//
// In from the left: mailbox.Message. Out to the right: a Verdict for
// app/cases. It is pure: no clock, no network, no store; the same message
// always gives the same verdict.
package request
