package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"greffier/app/order"
)

// shopifyFields are the only fields of an order that are asked for when orders
// are read (GDPR Art. 5(1)(c)): no note, no IP address.
const shopifyFields = `id name createdAt updatedAt closedAt cancelledAt test displayFinancialStatus displayFulfillmentStatus email phone
	customer { id firstName lastName defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
	billingAddress { firstName lastName company address1 address2 zip city countryCodeV2 phone }
	shippingAddress { firstName lastName company address1 address2 zip city countryCodeV2 phone }
	totalPriceSet { shopMoney { amount currencyCode } }
	customAttributes { key value }
	fulfillments(first: 20) { status deliveredAt updatedAt }`

const shopifyLineFields = `id name sku customAttributes { key value }`

type shopifyMail struct {
	FirstName   string
	LastName    string
	Company     string
	Address1    string
	Address2    string
	Zip         string
	City        string
	CountryCode string `json:"countryCodeV2"`
	Phone       string
}

type shopifyAttribute struct{ Key, Value string }

type shopifyLine struct {
	ID               string
	Name             string
	SKU              string
	CustomAttributes []shopifyAttribute
	Parent           string `json:"__parentId"`
}

type shopifyOrder struct {
	ID          string
	Name        string
	CreatedAt   string
	UpdatedAt   string
	ClosedAt    *string
	CancelledAt *string
	Test        bool
	Financial   string `json:"displayFinancialStatus"`
	Fulfillment string `json:"displayFulfillmentStatus"`
	Email       string
	Phone       string
	Customer    *struct {
		ID                  string
		FirstName           string
		LastName            string
		DefaultEmailAddress *struct{ EmailAddress string }
		DefaultPhoneNumber  *struct{ PhoneNumber string }
	}
	BillingAddress  *shopifyMail
	ShippingAddress *shopifyMail
	TotalPriceSet   *struct {
		ShopMoney struct{ Amount, CurrencyCode string }
	}
	CustomAttributes []shopifyAttribute
	Fulfillments     []struct{ Status, DeliveredAt, UpdatedAt string }
	LineItems        *struct {
		PageInfo shopifyPageInfo
		Nodes    []shopifyLine
	}
}

type shopifyPageInfo struct {
	HasNextPage bool
	EndCursor   string
}

// shopifyHead is what is read of an order first, so that even one that cannot
// be understood has a name in the problem.
func shopifyHead(raw json.RawMessage) (ref, where string, updated time.Time) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return "", "", updated
	}
	text := func(name string) (s string) {
		_ = json.Unmarshal(m[name], &s)
		return s
	}
	ref, _ = shopifyID("Order", text("id"))
	updated, _, _ = parseDate(text("updatedAt"), time.UTC)
	if ref != "" {
		where = "order " + ref
	}
	return ref, where, updated
}

// shopifyStates says what the shop's own words for the sending of an order
// mean. A word that is not known is order.Unknown.
var shopifyStates = map[string]order.State{
	"FULFILLED": order.Completed, "UNFULFILLED": order.Open, "OPEN": order.Open, "IN_PROGRESS": order.Open, "ON_HOLD": order.Open,
	"PARTIALLY_FULFILLED": order.Open, "PENDING_FULFILLMENT": order.Open, "REQUEST_DECLINED": order.Open, "SCHEDULED": order.Open,
}

// decodeShopify turns one order into ours. notes are problems with which it is
// still good; with an error it is not to be handed over. The texts of both
// name no value of a field.
func decodeShopify(shop string, raw json.RawMessage, lines []shopifyLine, photoMeta []string) (o order.Order, notes []string, err error) {
	var x shopifyOrder
	if err := json.Unmarshal(raw, &x); err != nil {
		return o, nil, errors.New("not shaped like an order" + inField(err))
	}
	ref, ok := shopifyID("Order", x.ID)
	if !ok {
		return o, nil, errors.New("no usable id")
	}
	// The mark before a number means that it is one.
	number, err := cleanNumber(strings.TrimPrefix(strings.TrimSpace(x.Name), "#"))
	if err != nil {
		return o, nil, err
	}
	if number == "" {
		number = ref
	}
	var closed, cancelled string
	if x.ClosedAt != nil {
		closed = *x.ClosedAt
	}
	if x.CancelledAt != nil {
		cancelled = *x.CancelledAt
	}
	var at [4]time.Time
	for i, d := range []struct{ name, text string }{{"createdAt", x.CreatedAt}, {"updatedAt", x.UpdatedAt}, {"closedAt", closed}, {"cancelledAt", cancelled}} {
		if at[i], _, err = parseDate(d.text, time.UTC); err != nil {
			return o, nil, fmt.Errorf("%s: %w", d.name, err)
		}
	}
	o = order.Order{Shop: shop, Ref: ref, Number: number, CreatedAt: at[0], ModifiedAt: at[1]}
	if x.Test {
		o.Status = "TEST, "
	}
	o.Status = clean(o.Status + x.Financial + ", " + x.Fulfillment)
	done, err := shopifyDone(x)
	if err != nil {
		return o, nil, err
	}
	switch {
	case !at[3].IsZero():
		o.State = order.Cancelled
	case x.Financial == "REFUNDED":
		o.State = order.Refunded
	case x.Financial == "VOIDED":
		o.State = order.Cancelled
	case x.Financial == "EXPIRED":
		o.State = order.Failed
	case shopifyStates[x.Fulfillment] == order.Completed:
		o.State = order.Completed
	case !at[2].IsZero():
		// All lines are sent or struck off, and all is paid: nothing is left to do.
		o.State, done = order.Completed, time.Time{}
	default:
		o.State = shopifyStates[x.Fulfillment]
	}
	switch o.State {
	case order.Completed:
		if o.CompletedAt = done; done.IsZero() {
			o.CompletedAt = at[2]
		}
	case order.Refunded, order.Cancelled:
		if shopifyStates[x.Fulfillment] == order.Completed {
			o.CompletedAt = done
		}
	}
	if !o.CreatedAt.IsZero() && !o.CompletedAt.IsZero() && before(o.CompletedAt, o.CreatedAt, false, time.UTC) {
		return o, nil, errors.New("completed before it was created")
	}
	if x.TotalPriceSet != nil {
		if o.Total, err = cleanTotal(x.TotalPriceSet.ShopMoney.Amount); err != nil {
			notes = append(notes, "total: "+err.Error()+"; left empty")
		}
		o.Currency = clean(x.TotalPriceSet.ShopMoney.CurrencyCode)
	}
	if note := shopifyCustomer(&o, x); note != "" {
		notes = append(notes, note)
	}

	if x.LineItems != nil {
		lines = append(x.LineItems.Nodes, lines...)
	}
	find := photoFinder{keys: photoMeta}
	o.Fields = map[string]string{}
	take := func(list []shopifyAttribute, ofItem bool) (found []string) {
		for _, a := range list {
			from := len(find.found)
			value, err := json.Marshal(a.Value)
			if err != nil {
				continue
			}
			find.meta(a.Key, value, ofItem)
			for _, ref := range find.found[from:] {
				if o.Fields[ref] == "" {
					o.Fields[ref] = clean(a.Key)
				}
				found = append(found, ref)
			}
		}
		return unique(found)
	}
	for _, l := range lines {
		id, _ := shopifyID("LineItem", l.ID)
		line := order.Line{Ref: id, SKU: clean(l.SKU), Name: clean(l.Name)}
		if p := take(l.CustomAttributes, true); len(p) > 0 {
			line.Photos = p
		}
		o.Lines = append(o.Lines, line)
	}
	take(x.CustomAttributes, false)
	if find.full {
		return o, nil, fmt.Errorf("more than %d references to photos", maxPhotos)
	}
	if len(find.found) == 0 {
		o.Fields = nil
	} else {
		o.Photos = unique(find.found)
	}
	return o, notes, nil
}

// shopifyDone is when the last parcel arrived, or was last heard of where
// nobody says that it arrived.
func shopifyDone(x shopifyOrder) (done time.Time, err error) {
	for _, f := range x.Fulfillments {
		if f.Status == "CANCELLED" || f.Status == "ERROR" || f.Status == "FAILURE" {
			continue
		}
		text := f.DeliveredAt
		if text == "" {
			text = f.UpdatedAt
		}
		t, _, err := parseDate(text, time.UTC)
		if err != nil {
			return done, fmt.Errorf("fulfillments: %w", err)
		}
		if t.After(done) {
			done = t
		}
	}
	return done, nil
}

func shopifyCustomer(o *order.Order, x shopifyOrder) (note string) {
	c := &o.Customer
	email, phone := x.Email, x.Phone
	if x.Customer != nil {
		o.Account, _ = shopifyID("Customer", x.Customer.ID)
		c.FirstName, c.LastName = clean(x.Customer.FirstName), clean(x.Customer.LastName)
		if email == "" && x.Customer.DefaultEmailAddress != nil {
			email = x.Customer.DefaultEmailAddress.EmailAddress
		}
		if phone == "" && x.Customer.DefaultPhoneNumber != nil {
			phone = x.Customer.DefaultPhoneNumber.PhoneNumber
		}
	}
	var err error
	if c.Email, err = cleanEmail(email); err != nil {
		note = "e-mail: " + err.Error() + "; left empty"
	}
	// An address is taken whole from one of the two: a street of one and a town
	// of the other would be a place where nobody lives.
	from := x.BillingAddress
	if from == nil || from.values() == nil {
		from = x.ShippingAddress
	}
	if from != nil && from.values() != nil {
		if c.FirstName == "" && (c.LastName == "" || c.LastName == shopifyAnonymous) {
			c.FirstName, c.LastName = clean(from.FirstName), clean(from.LastName)
		}
		var parts []string
		for _, p := range []string{from.Company, from.Address1, from.Address2} {
			if p = clean(p); p != "" {
				parts = append(parts, p)
			}
		}
		c.Address, c.Postcode, c.City = strings.Join(parts, ", "), clean(from.Zip), clean(from.City)
		if phone == "" {
			phone = from.Phone
		}
	}
	if from != nil {
		c.Country = clean(from.CountryCode)
	}
	c.Phone = clean(phone)
	if c.LastName == shopifyAnonymous && c.FirstName == "" {
		c.LastName = ""
	}
	o.Anonymised = *c == order.Customer{Country: c.Country}
	return note
}

const (
	shopifyAnonymous = "Anonymous"
	shopifyNoZip     = "00000"
)

// values returns what an address says of a person, nil where it says nothing
// or was anonymised.
func (m *shopifyMail) values() (out []string) {
	if m == nil {
		return nil
	}
	for _, v := range []string{m.FirstName, m.LastName, m.Company, m.Address1, m.Address2, m.Zip, m.City, m.Phone} {
		if v != "" && v != shopifyAnonymous && v != shopifyNoZip {
			out = append(out, v)
		}
	}
	return out
}
