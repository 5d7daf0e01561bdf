// Package demo is the world in which the demonstration takes place: a contact
// mailbox on an IMAP server, a shop's feed of orders and a folder of
// photographs, all on this computer and all invented. Greffier meets it through
// the same connectors as it would a real shop; only the addresses differ.
//
// In from the left: the data of assets/demo (orders and mails), a folder, the
// instant of the first start. Out to the right: sockets on the loopback
// address, files below the folder, and the profile file that leads to them.
//
// The first start writes the photographs and then a small file that remembers
// when that was. Later starts in the same folder bring the same orders and the
// same mails back, and never a photograph: what Greffier erased stays erased
// (GDPR Art. 17(1)).
//
// It never opens the network beyond the loopback address, never sends mail, and
// decides nothing about any request.
package demo
