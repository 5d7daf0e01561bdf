// Package mail is the contact mailbox: it reads new mail over IMAP, makes each
// message safe to read, and puts replies among the drafts.
//
// In from the left: an IMAP server of the owner's provider (RFC 3501, RFC
// 9051), over TLS with a verified certificate, and raw messages (RFC 5322,
// RFC 2045). Out to the right: mailbox.Message values for app/request, through
// the port mailbox.Source. Serves GDPR Art. 12(3): a request that is not read
// is a deadline missed, and the clock needs the server's time of receipt.
//
// Text is taken out of every part that may hold a request: pages of HTML as a
// person would see them, letters in Outlook's own form (winmail.dat), attached
// messages, and attached documents (PDF, DOCX, ODT, RTF, text). What could not
// be read is told in Problems. VerifyDKIM checks signatures with keys that the
// caller looks up.
//
// It never marks a message read, moves or deletes one: folders are opened with
// EXAMINE and bodies fetched with BODY.PEEK. It never loads anything that a
// message points to, never sends mail, and never decides what a message means.
package mail
