package request

import "greffier/app/mailbox"

// Judged is a message as the store keeps it: with its verdict, the case that
// it belongs to (0 for none), and whether the owner corrected the verdict.
type Judged struct {
	Message   mailbox.Message
	Verdict   Verdict
	Case      int64
	Corrected bool
}
