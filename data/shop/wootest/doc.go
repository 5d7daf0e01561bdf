// Package wootest is a server that answers as a WooCommerce shop does to
// data/shop: orders, notes, accounts, taxes and settings of REST API v3, and the
// site's media library (wp/v2). It stands in for a shop in tests and is the shop
// of the embedded demonstration.
//
// In from the left: orders put by a test or by the demonstration. Out to the
// right: HTTP answers to data/shop. It never stores anything and never calls
// out.
//
// Measured on a real shop: paging, dates and totals of the list, the bin,
// statuses, the shapes of refusals, what its own eraser leaves, removing a row
// of a line's meta data with null, when date_modified moves in its two kinds of
// storage, the seven files of an upload and how they go, the keys that the media
// library does not take. Written after WooCommerce's source: properties that are
// written by their meta key, fields that are read-only, a missing row of meta
// data that takes all rows of its key, taxes worked out again, orders of a
// removed account.
//
// One difference from a real shop is wanted: WooCommerce accepts Basic
// authentication only over TLS and answers 401 over plain http, while this
// handler does not ask how it is reached, so that the demonstration can run on
// a loopback socket without a certificate.
package wootest
