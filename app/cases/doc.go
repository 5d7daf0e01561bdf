// Package cases follows a rights request from its receipt to its closure:
// whose request it is, the legal clock, the lawful next steps, the letters.
//
// In from the left: a mailbox.Message with its request.Verdict, and the
// orders known. Out to the right: app/plan for what an erasure touches,
// app/register for the register of requests. It never sends mail, never
// erases, and never decides identity by itself: it shows evidence.
package cases
