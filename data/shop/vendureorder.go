package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
)

// vendureOrder is an order as the Admin API gives it.
type vendureOrder struct {
	ID              string                     `json:"id"`
	Code            string                     `json:"code"`
	State           string                     `json:"state"`
	Active          bool                       `json:"active"`
	CreatedAt       string                     `json:"createdAt"`
	UpdatedAt       string                     `json:"updatedAt"`
	OrderPlacedAt   string                     `json:"orderPlacedAt"`
	CurrencyCode    string                     `json:"currencyCode"`
	TotalWithTax    json.Number                `json:"totalWithTax"`
	Customer        *vendureCustomer           `json:"customer"`
	ShippingAddress vendureAddress             `json:"shippingAddress"`
	BillingAddress  vendureAddress             `json:"billingAddress"`
	CustomFields    map[string]json.RawMessage `json:"customFields"`
	Lines           []struct {
		ID             string                     `json:"id"`
		Quantity       int                        `json:"quantity"`
		ProductVariant struct{ SKU, Name string } `json:"productVariant"`
		CustomFields   map[string]json.RawMessage `json:"customFields"`
	} `json:"lines"`
	Fulfillments []struct {
		ID           string `json:"id"`
		State        string `json:"state"`
		UpdatedAt    string `json:"updatedAt"`
		TrackingCode string `json:"trackingCode"`
	} `json:"fulfillments"`
}

type vendureCustomer struct {
	ID           string                     `json:"id"`
	Title        string                     `json:"title"`
	FirstName    string                     `json:"firstName"`
	LastName     string                     `json:"lastName"`
	EmailAddress string                     `json:"emailAddress"`
	PhoneNumber  string                     `json:"phoneNumber"`
	CustomFields map[string]json.RawMessage `json:"customFields"`
}

// erased tells that the customer's record says nothing of a person any more, as
// Greffier leaves it.
func (c *vendureCustomer) erased() bool {
	return c.EmailAddress == vendureNobody(c.ID) && c.FirstName+c.LastName+c.PhoneNumber+c.Title == ""
}

// vendureNobody is the address that stands in for an erased one: the shop
// insists on an own one for each customer. The domain cannot exist (RFC 2606).
func vendureNobody(id string) string { return "erased-" + id + "@erased.invalid" }

type vendureAddress struct {
	FullName     string                     `json:"fullName"`
	Company      string                     `json:"company"`
	StreetLine1  string                     `json:"streetLine1"`
	StreetLine2  string                     `json:"streetLine2"`
	City         string                     `json:"city"`
	Province     string                     `json:"province"`
	PostalCode   string                     `json:"postalCode"`
	CountryCode  string                     `json:"countryCode"`
	PhoneNumber  string                     `json:"phoneNumber"`
	CustomFields map[string]json.RawMessage `json:"customFields"`
}

// parts are the texts of an address by the API's names for them.
func (a *vendureAddress) parts() []struct{ name, value string } {
	return []struct{ name, value string }{
		{"fullName", a.FullName}, {"company", a.Company}, {"streetLine1", a.StreetLine1}, {"streetLine2", a.StreetLine2},
		{"postalCode", a.PostalCode}, {"city", a.City}, {"province", a.Province}, {"phoneNumber", a.PhoneNumber},
	}
}

// empty tells that the address says nothing but perhaps a country.
func (a *vendureAddress) empty() bool {
	for _, p := range a.parts() {
		if p.value != "" {
			return false
		}
	}
	return true
}

// An address of an order has a countryCode, one of a customer has not.
const (
	vendureAddressTexts  = `fullName company streetLine1 streetLine2 city province postalCode phoneNumber`
	vendureAddressFields = vendureAddressTexts + ` countryCode`
)

// vendureOrderFields is what is asked for of each order.
func vendureOrderFields(c *vendureCustom) string {
	return `id code state active createdAt updatedAt orderPlacedAt currencyCode totalWithTax
		customer{id title firstName lastName emailAddress phoneNumber` + selection(c.customer) + `}
		shippingAddress{` + vendureAddressFields + selection(c.address) + `} billingAddress{` + vendureAddressFields + selection(c.address) + `}
		lines{id quantity productVariant{sku name}` + selection(c.line) + `} fulfillments{id state updatedAt trackingCode}` + selection(c.order)
}

// vendureStates are the states of Vendure's own order process that a shop's
// usual words do not tell. Others, of a process of the shop's own, are read as
// words.
var vendureStates = map[string]order.State{
	"Created": order.Open, "Draft": order.Open, "AddingItems": order.Open, "ArrangingPayment": order.Open,
	"PaymentAuthorized": order.Open, "PaymentSettled": order.Open, "ArrangingAdditionalPayment": order.Open, "Modifying": order.Open,
	"PartiallyShipped": order.Open, "PartiallyDelivered": order.Open,
}

var errVendureTime = errors.New("an instant that cannot be read")

func vendureTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9000 {
		return time.Time{}, errVendureTime
	}
	return t.UTC(), nil
}

// read turns the shop's order into one of ours. It fails where an order would
// be handed over with dates that cannot be trusted.
func (v *Vendure) read(raw json.RawMessage, custom *vendureCustom) (o order.Order, said vendureOrder, err error) {
	if json.Unmarshal(raw, &said) != nil {
		return o, said, errors.New("not the shape of an order")
	}
	number, err := cleanNumber(said.Code)
	if err != nil || number == "" {
		return o, said, errors.New("no usable order number")
	}
	if !vendureID(said.ID) {
		return o, said, errors.New("no usable id")
	}
	o = order.Order{Shop: v.name, Ref: said.ID, Number: number, Status: clean(said.State), Currency: clean(said.CurrencyCode)}
	var placed time.Time
	for _, t := range []struct {
		to   *time.Time
		text string
		name string
	}{{&o.CreatedAt, said.CreatedAt, "createdAt"}, {&placed, said.OrderPlacedAt, "orderPlacedAt"}, {&o.ModifiedAt, said.UpdatedAt, "updatedAt"}} {
		if *t.to, err = vendureTime(t.text); err != nil {
			return o, said, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if !placed.IsZero() {
		o.CreatedAt = placed
	}
	var known bool
	if o.State, known = vendureStates[said.State]; !known {
		o.State = stateOf(said.State)
	}
	// An order is complete when the last parcel has arrived. Being placed is no
	// completion, and neither is being sent.
	delivered, all := time.Time{}, true
	for _, f := range said.Fulfillments {
		t, err := vendureTime(f.UpdatedAt)
		if err != nil {
			return o, said, fmt.Errorf("fulfillment: %w", err)
		}
		switch f.State {
		case "Delivered":
			if t.After(delivered) {
				delivered = t
			}
		case "Cancelled":
		default:
			all = false
		}
	}
	if all && o.State != order.Open {
		o.CompletedAt = delivered
	}
	if !o.CompletedAt.IsZero() && !o.CreatedAt.IsZero() && before(o.CompletedAt, o.CreatedAt, false, time.UTC) {
		return o, said, errors.New("completed before it was created")
	}
	if n, err := strconv.ParseInt(said.TotalWithTax.String(), 10, 64); err == nil {
		o.Total = minorUnits(n)
	}
	at := said.BillingAddress
	if at.empty() {
		at = said.ShippingAddress
	}
	o.Customer = order.Customer{
		Address: clean(strings.Trim(at.StreetLine1+"\n"+at.StreetLine2, "\n")), Postcode: clean(at.PostalCode), City: clean(at.City), Country: clean(at.CountryCode),
		Phone: clean(at.PhoneNumber),
	}
	if c := said.Customer; c != nil {
		if c.erased() {
			o.Anonymised = at.empty()
		} else {
			o.Customer.FirstName, o.Customer.LastName = clean(c.FirstName), clean(c.LastName)
			if o.Customer.Email, err = cleanEmail(c.EmailAddress); err != nil {
				o.Customer.Email = ""
			}
			if p := clean(c.PhoneNumber); p != "" {
				o.Customer.Phone = p
			}
			if vendureID(c.ID) {
				o.Account = c.ID
			}
		}
	}
	if o.Customer.FirstName+o.Customer.LastName == "" {
		o.Customer.FirstName = clean(at.FullName)
	}
	return o, said, v.references(&o, &said, custom)
}

// references finds the photos in the custom fields of an order and its lines.
func (v *Vendure) references(o *order.Order, said *vendureOrder, custom *vendureCustom) error {
	o.Fields = map[string]string{}
	take := func(fields []vendureCustomField, values map[string]json.RawMessage, ofItem bool) ([]string, error) {
		f := photoFinder{keys: v.photoMeta, fields: o.Fields}
		for _, c := range fields {
			f.meta(c.name, values[c.name], ofItem)
		}
		if f.full || len(o.Photos)+len(f.found) > maxPhotos {
			return nil, fmt.Errorf("more than %d photos", maxPhotos)
		}
		found := unique(f.found)
		for _, ref := range found {
			if !slices.Contains(o.Photos, ref) {
				o.Photos = append(o.Photos, ref)
			}
		}
		return found, nil
	}
	if _, err := take(custom.order, said.CustomFields, false); err != nil {
		return err
	}
	for _, l := range said.Lines {
		photos, err := take(custom.line, l.CustomFields, true)
		if err != nil {
			return err
		}
		if vendureID(l.ID) && !slices.ContainsFunc(o.Lines, func(x order.Line) bool { return x.Ref == l.ID }) {
			o.Lines = append(o.Lines, order.Line{Ref: l.ID, SKU: clean(l.ProductVariant.SKU), Name: clean(l.ProductVariant.Name), Photos: photos})
		}
	}
	return nil
}

// minorUnits writes an amount in hundredths as a decimal.
func minorUnits(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n < 0 { // the smallest number has no opposite
		return ""
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
