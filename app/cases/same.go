package cases

import (
	"strings"

	"greffier/app/order"
)

// SameCustomer tells whether two customers are one person as far as a shop's
// records can tell: another spelling of the same mailbox, the same telephone
// number, or the same first and last name at the same postcode. It finds whom to
// spare, never whom to erase: a family may share a telephone.
func SameCustomer(a, b order.Customer) bool {
	if k := mailKey(a.Email); k != "" && k == mailKey(b.Email) {
		return true
	}
	if d := lastDigits(a.Phone); d != "" && d == lastDigits(b.Phone) {
		return true
	}
	code := strings.TrimSpace(fold(oneLine(a.Postcode, 40)))
	return len(code) >= 4 && code == strings.TrimSpace(fold(oneLine(b.Postcode, 40))) && strings.TrimSpace(a.FirstName) != "" && strings.TrimSpace(a.LastName) != "" && SameName(a.Name(), b.Name())
}
