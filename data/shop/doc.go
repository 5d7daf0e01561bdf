// Package shop reads orders from the owner's shop and erases what the shop's
// records hold of a person: WooCommerce (REST API version 3), PrestaShop
// (webservice), Shopify and Vendure (Admin GraphQL), each over TLS, and files
// (CSV and JSON lines), which are only read.
//
// In from the left: the shop's address and key, or a file's path, from the
// profile; orders and objects of a confirmed plan. Out to the right:
// order.Order values and one order.Problem for each record that cannot be read,
// through the order.Source port (order.Resumable where a reading can go on from
// where it broke, order.Mapped for files), and the fields of a shop's records
// as objects that a run can erase, through plan.Desk and erasure.Desk. It serves
// GDPR Art. 5(1)(c) (only what compliance needs is asked for and handed on),
// Art. 5(1)(d) (a record that contradicts itself is reported, never guessed)
// and Art. 17(1) (personal fields, accounts and uploads are removed, and looked
// at again).
//
// It never stores anything, never sends a key in an address or to another host,
// never puts a name, an e-mail address, a value or a secret into an error or a
// problem, and never writes to a shop but to erase: no amount, tax, date,
// status, number or product is touched. It never takes an answer that it cannot
// understand for the absence of a record.
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
