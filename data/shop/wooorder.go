package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"greffier/app/order"
)

// wooFields are the only fields that a reading asks for (GDPR Art. 5(1)(c)): no
// IP address, no user agent, no note, no payment reference.
const wooFields = "id,number,status,currency,total,date_created_gmt,date_modified_gmt,date_completed_gmt,customer_id,billing,shipping,line_items,refunds,meta_data"

// loose is a text that PHP may also have written as a number, false or null.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(s)
		return nil
	case 'n', 'f':
		*l = ""
		return nil
	case '{', '[', 't':
		return errors.New("not a text")
	}
	*l = loose(b) // a number, as it is written
	return nil
}

// rows is a list that PHP writes as an object when its numbering has holes,
// and as false or null when there is nothing.
type rows []json.RawMessage

func (r *rows) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '[':
		return json.Unmarshal(b, (*[]json.RawMessage)(r))
	case '{':
		var m map[string]json.RawMessage
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		names := make([]string, 0, len(m))
		for k := range m {
			names = append(names, k)
		}
		slices.SortFunc(names, func(a, b string) int {
			x, errX := strconv.Atoi(a)
			y, errY := strconv.Atoi(b)
			if errX == nil && errY == nil {
				return x - y
			}
			return strings.Compare(a, b)
		})
		for _, k := range names {
			*r = append(*r, m[k])
		}
		return nil
	case 'n', 'f', '"':
		if len(b) > 2 && b[0] == '"' {
			return errors.New("not a list")
		}
		return nil
	}
	return errors.New("not a list")
}

type wooAddress struct {
	FirstName loose `json:"first_name"`
	LastName  loose `json:"last_name"`
	Company   loose `json:"company"`
	Address1  loose `json:"address_1"`
	Address2  loose `json:"address_2"`
	City      loose `json:"city"`
	Postcode  loose `json:"postcode"`
	Country   loose `json:"country"`
	Email     loose `json:"email"`
	Phone     loose `json:"phone"`
}

// address is a wooAddress that may be missing: PHP writes an empty object as
// an empty list.
type address struct{ wooAddress }

func (a *address) UnmarshalJSON(b []byte) error {
	if s := string(b); s == "[]" || s == "null" || s == "false" || s == `""` {
		return nil
	}
	return json.Unmarshal(b, &a.wooAddress)
}

// texts returns the fields that say who and where; the country is none.
func (a *address) texts() []*loose {
	return []*loose{&a.FirstName, &a.LastName, &a.Company, &a.Address1, &a.Address2, &a.City, &a.Postcode, &a.Email, &a.Phone}
}

func (a address) lines() string {
	var parts []string
	for _, l := range []loose{a.Company, a.Address1, a.Address2} {
		if s := clean(string(l)); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

type wooOrder struct {
	ID        loose   `json:"id"`
	Number    loose   `json:"number"`
	Status    loose   `json:"status"`
	Currency  loose   `json:"currency"`
	Total     loose   `json:"total"`
	Created   loose   `json:"date_created_gmt"`
	Modified  loose   `json:"date_modified_gmt"`
	Completed loose   `json:"date_completed_gmt"`
	Customer  loose   `json:"customer_id"`
	Billing   address `json:"billing"`
	Shipping  address `json:"shipping"`
	LineItems rows    `json:"line_items"`
	Refunds   rows    `json:"refunds"`
	Meta      rows    `json:"meta_data"`
}

type wooMeta struct {
	Key   loose           `json:"key"`
	Value json.RawMessage `json:"value"`
}

// wooTime reads one of WooCommerce's *_gmt instants, which are UTC without
// saying so. null and "" are the zero time.
func wooTime(l loose) (time.Time, error) {
	t, _, err := parseDate(strings.TrimSpace(string(l)), time.UTC)
	return t, err
}

// wooHead is what is read of an order first, so that even one that cannot be
// understood has a name in the problem and a place in the count.
type wooHead struct {
	ref      string
	where    string
	modified time.Time
}

// readHead reads id, number and modification instant, each on its own: the
// one that is damaged does not take the others with it.
func readHead(raw json.RawMessage) (h wooHead) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return h
	}
	text := func(name string) loose {
		var l loose
		if v := m[name]; len(v) > 0 && json.Unmarshal(v, &l) == nil {
			return l
		}
		return ""
	}
	h.ref, _ = cleanNumber(string(text("id")))
	if !wholeNumber(h.ref) {
		h.ref = ""
	}
	h.modified, _ = wooTime(text("date_modified_gmt"))
	if number, err := cleanNumber(string(text("number"))); err == nil && number != "" && len(number) <= 40 {
		h.where = "order " + number
	} else if h.ref != "" {
		h.where = "order " + h.ref
	}
	return h
}

// wholeNumber tells whether s is an id as WooCommerce gives them: digits, not
// zero.
func wholeNumber(s string) bool {
	return s != "" && len(s) <= 19 && strings.Trim(s, "0123456789") == "" && strings.Trim(s, "0") != ""
}

// decodeOrder turns one element of the shop's answer into an order. notes are
// problems with which the order is still good; with an error it is not to be
// handed over. The texts of both name no value of a field.
func decodeOrder(shop string, raw json.RawMessage, photoMeta []string) (o order.Order, notes []string, err error) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return o, nil, errors.New("not an object")
	}
	var w wooOrder
	if err := json.Unmarshal(raw, &w); err != nil {
		return o, nil, errors.New("not shaped like an order" + inField(err))
	}
	ref, err := cleanNumber(string(w.ID))
	if err != nil || !wholeNumber(ref) {
		return o, nil, errors.New("no usable id")
	}
	number, err := cleanNumber(string(w.Number))
	if err != nil {
		return o, nil, err
	}
	if number == "" {
		number = ref // WooCommerce's own default
	}
	var at [3]time.Time
	for i, d := range []struct {
		name string
		text loose
	}{{"date_created_gmt", w.Created}, {"date_completed_gmt", w.Completed}, {"date_modified_gmt", w.Modified}} {
		if at[i], err = wooTime(d.text); err != nil {
			return o, nil, fmt.Errorf("%s: %w", d.name, err)
		}
	}
	// A missing date_completed_gmt is not the same as null: without the field
	// nobody said that the order is not completed.
	if !bytes.Contains(raw, []byte(`"date_completed_gmt"`)) {
		return o, nil, errors.New("date_completed_gmt is missing")
	}
	created, completed, modified := at[0], at[1], at[2]
	if !created.IsZero() && !completed.IsZero() && before(completed, created, false, time.UTC) {
		return o, nil, errors.New("completed before it was created")
	}

	find := photoFinder{keys: photoMeta, fields: map[string]string{}}
	anonymised := false
	look := func(list rows, ofItem bool) error {
		for _, r := range list {
			var m wooMeta
			if err := json.Unmarshal(r, &m); err != nil {
				return errors.New("meta_data not shaped like meta data")
			}
			if len(m.Value) > 0 {
				find.meta(string(m.Key), m.Value, ofItem)
			}
			anonymised = anonymised || !ofItem && m.Key == "_anonymized" && string(m.Value) == `"yes"`
		}
		return nil
	}
	var lines []order.Line
	for i, r := range w.LineItems {
		var item struct {
			ID   loose `json:"id"`
			SKU  loose `json:"sku"`
			Name loose `json:"name"`
			Meta rows  `json:"meta_data"`
		}
		if err := json.Unmarshal(r, &item); err != nil {
			return o, nil, errors.New("line_items not shaped like line items")
		}
		from := len(find.found)
		if err := look(item.Meta, true); err != nil {
			return o, nil, err
		}
		ref, err := cleanNumber(string(item.ID))
		if err != nil || ref == "" {
			ref = "line " + strconv.Itoa(i+1)
		}
		lines = append(lines, order.Line{Ref: ref, SKU: clean(string(item.SKU)), Name: clean(string(item.Name)), Photos: unique(slices.Clone(find.found[from:]))})
	}
	if err := look(w.Meta, false); err != nil {
		return o, nil, err
	}
	if find.full {
		return o, nil, fmt.Errorf("more than %d references to photos", maxPhotos)
	}

	// WooCommerce's own eraser leaves the address of the billing e-mail as
	// the only sign where its meta row was removed again.
	anonymised = anonymised || strings.EqualFold(string(w.Billing.Email), erasedEmail)
	for _, a := range []*address{&w.Billing, &w.Shipping} {
		for _, l := range a.texts() {
			if wooErased(string(*l), anonymised) {
				*l = ""
			}
		}
	}
	email, err := cleanEmail(string(w.Billing.Email))
	if err != nil {
		notes = append(notes, "billing e-mail: "+err.Error()+"; left empty")
	}
	total, err := cleanTotal(string(w.Total))
	if err != nil {
		notes = append(notes, "total: "+err.Error()+"; left empty")
	}
	status := clean(string(w.Status))
	state := stateOf(status)
	if state != order.Trashed && fullyRefunded(total, w.Refunds) {
		state = order.Refunded
	}
	account := string(w.Customer)
	if !wholeNumber(account) {
		account = "" // 0 is a guest
	}
	o = order.Order{
		Shop: shop, Ref: ref, Number: number,
		Status: status, State: state,
		CreatedAt: created, CompletedAt: completed, ModifiedAt: modified,
		Customer: order.Customer{
			Email:     email,
			FirstName: either(w.Billing.FirstName, w.Shipping.FirstName),
			LastName:  either(w.Billing.LastName, w.Shipping.LastName),
			Phone:     either(w.Billing.Phone, w.Shipping.Phone),
		},
		Total: total, Currency: clean(string(w.Currency)),
		Photos: unique(find.found), Lines: lines, Account: account, Anonymised: anonymised,
	}
	if len(find.fields) > 0 {
		o.Fields = find.fields
	}
	// An address is taken whole from one of the two: a street of one and a
	// town of the other would be a place where nobody lives.
	from := w.Billing
	if from.lines() == "" && clean(string(from.City)) == "" {
		from = w.Shipping
	}
	o.Customer.Address, o.Customer.Postcode = from.lines(), clean(string(from.Postcode))
	o.Customer.City, o.Customer.Country = clean(string(from.City)), clean(string(from.Country))
	return o, notes, nil
}

// erasedEmail is what WordPress puts in the place of an e-mail address.
const erasedEmail = "deleted@site.invalid"

// wooErased tells whether a text is one that WordPress's eraser puts in the
// place of a value: "[deleted]" in the site's language, an address that cannot
// exist, and in an order that says that it was anonymised a telephone number
// of nothing but zeros or an address of a network in the place of a computer's.
func wooErased(s string, anonymised bool) bool {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "[deleted]", "[supprimé]", "[effacé]", erasedEmail, "0.0.0.0", "::":
		return true
	}
	if !anonymised || s == "" {
		return false
	}
	return s[0] == '[' && s[len(s)-1] == ']' ||
		strings.ContainsRune(s, '0') && strings.Trim(s, "0 +().-/") == "" ||
		strings.HasSuffix(s, ".0") && strings.Count(s, ".") == 3 || strings.HasSuffix(s, "::")
}

// fullyRefunded tells whether the refunds of an order add up to its total.
func fullyRefunded(total string, refunds rows) bool {
	left, ok := new(big.Rat).SetString(total)
	if !ok || left.Sign() <= 0 || len(refunds) == 0 {
		return false
	}
	for _, r := range refunds {
		var f struct {
			Total loose `json:"total"`
		}
		if json.Unmarshal(r, &f) != nil {
			return false
		}
		amount, err := cleanTotal(string(f.Total))
		if err != nil {
			return false
		}
		back, ok := new(big.Rat).SetString(amount)
		if !ok {
			return false
		}
		left.Sub(left, back.Abs(back)) // written with a minus sign
	}
	return left.Sign() <= 0
}

func either(a, b loose) string {
	if s := clean(string(a)); s != "" {
		return s
	}
	return clean(string(b))
}

// inField names the field of a JSON type error, which comes from our own
// struct and not from the shop's data.
func inField(err error) string {
	var te *json.UnmarshalTypeError
	if errors.As(err, &te) && te.Field != "" {
		return " (" + strings.Map(func(r rune) rune {
			if r == '.' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, te.Field) + ")"
	}
	return ""
}
