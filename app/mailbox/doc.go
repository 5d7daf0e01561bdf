// Package mailbox holds messages as Greffier reads them from the contact
// mailbox: headers, text made safe, and the results of authentication that
// the owner's own provider recorded.
//
// In from the left: data/mail, which fetches over IMAP and never changes the
// mailbox. Out to the right: app/request, which looks for rights requests.
// It never opens the network and never decides anything.
package mailbox
