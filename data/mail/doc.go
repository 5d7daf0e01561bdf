// Package mail is the contact mailbox: it finds the provider's servers and signs
// in to them, reads new mail over IMAP, makes each message safe to read, puts
// replies among the drafts, and hands over those that the owner sends.
//
// In from the left: an IMAP server of the owner's provider (RFC 3501, RFC
// 9051), over TLS with a verified certificate, and raw messages (RFC 5322,
// RFC 2045). Out to the right: mailbox.Message values for app/request, through
// the ports mailbox.Source, mailbox.Watcher and mailbox.Rereader; letters to the
// provider's SMTP server (RFC 6409); and the pieces of the port app.MailSetup.
// Serves GDPR Art. 12(3): a request that is not read is a deadline missed, and
// the clock needs the server's time of receipt.
//
// Small messages are read whole; of large ones header and text are read, and
// the whole only where the caller wants to keep it. A first reading of any
// number of messages holds a few megabytes at a time, and goes on after a cut
// where the last cursor was kept.
//
// What is new is known by UIDVALIDITY and UIDNEXT; HIGHESTMODSEQ (CONDSTORE,
// RFC 7162) shows a server that went back to a backup under the same two.
// QRESYNC, which the client library does not have, would add what was deleted:
// Greffier never mirrors a deletion, for a request that the owner deleted is
// still to be answered, and so nothing is missing without it. A folder that was
// renamed is known again by its UIDVALIDITY; the MAILBOXID of RFC 8474 is not
// read by the client library.
//
// Text is taken out of every part that may hold a request: pages of HTML as a
// person would see them, letters in Outlook's own form (winmail.dat), attached
// messages, and attached documents (PDF, DOCX, ODT, RTF, text). What could not
// be read is told in Problems. VerifyDKIM checks signatures with keys that the
// caller looks up.
//
// It never marks a message read, moves or deletes one: folders are opened with
// EXAMINE and bodies fetched with BODY.PEEK. It never loads anything that a
// message points to, never decides what a message means, and never sends a mail
// by itself: Postman sends what a person told it to. Sign-ins at a provider's
// page use the owner's own registration there (see Endpoints).
package mail
