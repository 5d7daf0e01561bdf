// Package order holds what is known from the shop: orders, their customers and
// the references to photographs that they carry.
//
// In from the left: data/shop. Out to the right: cases, plan and retention.
// Only what compliance needs is kept (GDPR Art. 5(1)(c)).
package order
