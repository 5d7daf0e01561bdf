// Package mail is the contact mailbox: it finds the provider's servers and signs
// in to them, reads new mail over IMAP, makes each message safe to read, puts
// replies among the drafts, and hands over those that the owner sends.
//
// In from the left: an IMAP server of the owner's provider (RFC 3501, RFC
// 9051), over TLS with a verified certificate, and raw messages (RFC 5322,
// RFC 2045). Out to the right: mailbox.Message values for app/request, through
// the port mailbox.Source; letters to the provider's SMTP server (RFC 6409); and
// the pieces of the port app.MailSetup. Serves GDPR Art. 12(3): a request that
// is not read is a deadline missed, and the clock needs the server's time of
// receipt.
//
// It never marks a message read, moves or deletes one: folders are opened with
// EXAMINE and bodies fetched with BODY.PEEK. It never loads anything that a
// message points to, never decides what a message means, and never sends a mail
// by itself: Postman sends what a person told it to. Sign-ins at a provider's
// page use the owner's own registration there (see Endpoints).
package mail
