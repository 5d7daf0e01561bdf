// Package wootest is a server that answers as a WooCommerce shop does to a
// reader of its orders (REST API v3), as measured on a real one. It stands in
// for a shop in tests and is the shop of the embedded demonstration.
//
// In from the left: orders put by a test or by the demonstration. Out to the
// right: HTTP answers to data/shop. It never stores anything and never calls
// out.
//
// One difference from a real shop is wanted: WooCommerce accepts Basic
// authentication only over TLS and answers 401 over plain http, while this
// handler does not ask how it is reached, so that the demonstration can run on
// a loopback socket without a certificate.
package wootest
