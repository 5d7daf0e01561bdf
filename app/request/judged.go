package request

import "greffier/app/mailbox"

// Judged is a message as the store keeps it: with its verdict, the case that
// it belongs to (0 for none), and whether the owner corrected the verdict.
type Judged struct {
	Message   mailbox.Message
	Verdict   Verdict
	Case      int64
	Corrected bool
	// Was is what the program itself had said of a corrected message, and Lesson
	// what it learns from the correction; nil where nothing was corrected, or
	// where the text was no longer to be had.
	Was    *Verdict
	Lesson *Lesson
}
