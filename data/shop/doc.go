// Package shop reads orders from the owner's shop: from WooCommerce's REST API
// (version 3, over TLS) and from a CSV file.
//
// In from the left: the shop's address and key, or a file's path, from the
// profile. Out to the right: order.Order values and one order.Problem for each
// record that cannot be read, through the order.Source port. It serves GDPR
// Art. 5(1)(c) (only what compliance needs is asked for and handed on) and
// Art. 5(1)(d) (a record that contradicts itself is reported, never guessed).
//
// It never writes to the shop or to the file, never stores anything, never
// sends a key in an address, and never puts a name, an e-mail address or a
// secret into an error or a problem.
//
// The rule behind every decision about a damaged record: an order that is
// handed over with a wrong or missing completion date would have its
// photographs erased too early or kept too long. So a record whose dates
// cannot be trusted is rejected with a problem, and whatever was stored for
// that order at an earlier reading stays as it is. A caller that compares a
// full reading with its store, to find orders that are gone, must not conclude
// anything from a reading that had problems.
package shop
