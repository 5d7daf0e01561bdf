package cases_test

import (
	"testing"

	"greffier/app/cases"
	"greffier/app/order"
)

func TestAPersonIsKnownUnderAnotherAddress(t *testing.T) {
	anne := order.Customer{Email: "anne.martin@gmail.com", FirstName: "Anne", LastName: "Martin", Phone: "+33 6 12 34 56 78", Postcode: "59800"}
	for name, tc := range map[string]struct {
		c    order.Customer
		want bool
	}{
		"another spelling of her mailbox":     {order.Customer{Email: "AnneMartin+shop@googlemail.com"}, true},
		"her telephone":                       {order.Customer{Email: "a@other.example", Phone: "0612345678"}, true},
		"her name at her postcode":            {order.Customer{Email: "a@other.example", FirstName: "ANNE", LastName: "Martin", Postcode: " 59800"}, true},
		"her name elsewhere":                  {order.Customer{FirstName: "Anne", LastName: "Martin", Postcode: "75011"}, false},
		"her postcode with another name":      {order.Customer{FirstName: "Luc", LastName: "Martin", Postcode: "59800"}, false},
		"a last name alone":                   {order.Customer{LastName: "Martin", Postcode: "59800"}, false},
		"a number too short to be one":        {order.Customer{Phone: "345678"}, false},
		"nothing known is nobody":             {order.Customer{}, false},
		"her address at another of her hosts": {order.Customer{Email: "anne.martin@other.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, back := cases.SameCustomer(anne, tc.c), cases.SameCustomer(tc.c, anne); got != tc.want || back != tc.want {
				t.Errorf("same: %v, and the other way round %v", got, back)
			}
		})
	}
	if cases.SameCustomer(order.Customer{}, order.Customer{}) {
		t.Error("two of whom nothing is known are not one")
	}
}
