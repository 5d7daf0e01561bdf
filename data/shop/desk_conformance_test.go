package shop_test

import (
	"testing"

	"greffier/app/erasure"
	"greffier/app/order"
)

// deskWorld is one kind of shop whose records can be erased, as the suite of
// desks sees it.
type deskWorld struct {
	source order.Source
	desk   erasure.Desk
	// seed puts into the shop an order of each given number, all of one
	// customer with an account, with every personal field that this kind of
	// shop has filled with a text that contains "PII", an own one each.
	seed func(numbers ...string)
	// truth returns every text with "PII" in it that the shop still holds,
	// looked at behind the interface.
	truth func() []string
	// touch changes one contact field of the order behind the desk's back.
	touch func(number string)
	// fail makes the shop answer every call with an error of the server (500)
	// until it is called with false.
	fail func(bool)
	// stay lists words in texts that may stay after a full erasure, because
	// the invoice needs them or the shop offers no way.
	stay []string
}

// desks are the kinds of shop that the suite of desks runs on.
var desks = map[string]func(*testing.T) deskWorld{}
