// Package shop reads orders from the owner's shop and erases what the shop's
// records hold of a person. It knows six kinds of shop (see Kinds):
//
//   - WooCommerce (REST API version 3, with the media library of WordPress):
//     tried on a test server that behaves as measured on a real WooCommerce 7.9,
//     in its classic storage and in its own tables (HPOS);
//   - PrestaShop (webservice, JSON or XML): tried on a test server written after
//     its documentation for versions 8 and 9, never on a real shop;
//   - Shopify (GraphQL Admin API, with bulk operations): tried on a test server
//     written after its documentation for ShopifyVersion, never on a real shop;
//   - Vendure (GraphQL Admin API): tried on a real Vendure 3.7.3;
//   - files of CSV, with the documented columns or with a mapping that the owner
//     sets, and files of JSON lines: only read.
//
// The four shops are spoken to over TLS. They are read by what was modified,
// with an overlap, and go on from a mark where a reading broke; what such a
// reading cannot see is found by the full one that FullReadEvery asks for.
//
// In from the left: the shop's address and key, or a file's path, from the
// profile; orders and objects of a confirmed plan. Out to the right:
// order.Order values and one order.Problem for each record that cannot be read,
// through the order.Source port (order.Resumable for shops, order.Mapped for
// CSV), and the fields of a shop's records as objects that a run can erase,
// through plan.Desk and erasure.Desk: each with a keyed fingerprint of what
// stands there, and with the photos that it names. It serves
// GDPR Art. 5(1)(c) (only what compliance needs is asked for and handed on),
// Art. 5(1)(d) (a record that contradicts itself is reported, never guessed)
// and Art. 17(1) (personal fields, accounts and uploads are removed, and looked
// at again).
//
// It never stores anything, never sends a key in an address or to another host,
// never puts a name, an e-mail address, a value or a secret into an error or a
// problem, and never writes to a shop but to erase: no amount, tax, date,
// status, number or product is touched. Where a shop would change one of them
// along with the field, and where it offers no way at all, the field is left for
// a person to erase. It never takes an answer that it cannot understand for the
// absence of a record.
//
// The rule behind every decision about a damaged record: an order that is
// handed over with a wrong or missing completion date would have its
// photographs erased too early or kept too long. So a record whose dates
// cannot be trusted is rejected with a problem, and whatever was stored for
// that order at an earlier reading stays as it is. A caller that compares a
// full reading with its store, to find orders that are gone, must not conclude
// anything from a reading that had problems.
//
// What a shop's interface does not reach stays: tables of plugins, analytics
// (WooCommerce's copy of customers for its reports among them), mails that the
// shop has sent, logs of its server and its backups.
package shop
