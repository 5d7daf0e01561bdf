package shop

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"greffier/app/order"
)

// What the shop shows in the place of a required field that was erased. It
// satisfies the shop's own rules.
const (
	prestaAnonymous = "Anonymous"
	prestaNoMail    = "@anonymous.invalid"
	prestaPostcode  = "00000"
	prestaNoPhone   = "0000000000"
	prestaNothing   = "-" // in the place of a message
)

// prestaOrder is an order with everything that other resources hold of it.
type prestaOrder struct {
	order     *prestaNode
	customer  *prestaNode // nil where the shop has none any more
	invoice   *prestaNode
	delivery  *prestaNode
	custom    []*prestaNode
	histories []*prestaNode
	slips     []*prestaNode
}

// decode turns an order into one of ours. notes are problems with which it is
// still good; with an error it is not to be handed over. The texts of both
// name no value of a field.
func (p *Presta) decode(x prestaOrder, l *prestaLists) (o order.Order, notes []string, err error) {
	ref := x.order.get("id")
	if !wholeNumber(ref) {
		return o, nil, errors.New("no usable id")
	}
	number, err := cleanNumber(x.order.get("reference"))
	if err != nil {
		return o, nil, err
	}
	if number == "" {
		number = ref
	}
	var at [3]time.Time
	for i, name := range []string{"date_add", "date_upd", "delivery_date"} {
		if at[i], err = p.instant(x.order.get(name)); err != nil {
			return o, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !x.order.has("delivery_date") || !x.order.has("current_state") {
		return o, nil, errors.New("delivery_date or current_state is missing")
	}
	state, known := l.states[x.order.get("current_state")]
	if !known {
		state = prestaState{word: clean("state " + x.order.get("current_state"))}
	}
	o = order.Order{
		Shop: p.name, Ref: ref, Number: number, Status: state.word, State: state.state,
		CreatedAt: at[0], ModifiedAt: at[1], Currency: l.currencies[x.order.get("id_currency")],
	}
	if o.CompletedAt, err = p.completed(x, l, at[2]); err != nil {
		return o, nil, err
	}
	if !o.CreatedAt.IsZero() && !o.CompletedAt.IsZero() && before(o.CompletedAt, o.CreatedAt, false, p.zone) {
		return o, nil, errors.New("completed before it was created")
	}
	if o.Total, err = cleanTotal(x.order.get("total_paid_tax_incl")); err != nil {
		notes = append(notes, "total_paid_tax_incl: "+err.Error()+"; left empty")
	}
	o.Total = prestaDecimals(o.Total)
	if (o.State == order.Completed || o.State == order.Open) && prestaRefunded(x) {
		o.State = order.Refunded
	}
	if c := x.customer; c != nil && !prestaAnonymousCustomer(c) {
		if !prestaYes(c.get("is_guest")) {
			o.Account, _ = cleanNumber(c.get("id"))
		}
		if o.Customer.Email, err = cleanEmail(c.get("email")); err != nil {
			notes = append(notes, "e-mail: "+err.Error()+"; left empty")
		}
		o.Customer.FirstName, o.Customer.LastName = clean(c.get("firstname")), clean(c.get("lastname"))
	}
	prestaAddressee(&o.Customer, x.invoice, x.delivery, l)
	o.Anonymised = x.order.get("id_customer") != "" && (x.customer == nil || prestaAnonymousCustomer(x.customer)) && o.Customer == (order.Customer{Country: o.Customer.Country})
	if err := p.lines(&o, x); err != nil {
		return o, nil, err
	}
	return o, notes, nil
}

// completed finds when the order was delivered, or sent where the shop does
// not follow it further: the last time at which its history says so. The shop's
// delivery_date is the date of the delivery slip, which may be printed before
// anything is sent, so that it counts only for an order that the shop says is
// complete and whose history is silent. An order that is open again was not
// completed.
func (p *Presta) completed(x prestaOrder, l *prestaLists, slip time.Time) (time.Time, error) {
	now := l.states[x.order.get("current_state")]
	if now.state == order.Open || now.state == order.Unknown {
		return time.Time{}, nil
	}
	var sent, delivered time.Time
	for _, h := range x.histories {
		s := l.states[h.get("id_order_state")]
		if s.state != order.Completed {
			continue
		}
		t, err := p.instant(h.get("date_add"))
		if err != nil {
			return t, fmt.Errorf("order_histories: %w", err)
		}
		if s.delivered && t.After(delivered) {
			delivered = t
		}
		if t.After(sent) {
			sent = t
		}
	}
	switch {
	case !delivered.IsZero():
		return delivered, nil
	case !sent.IsZero():
		return sent, nil
	case now.state == order.Completed:
		return slip, nil
	}
	return time.Time{}, nil
}

// prestaRefunded tells whether the credit slips give back all that was paid.
func prestaRefunded(x prestaOrder) bool {
	paid, ok := new(big.Rat).SetString(prestaDecimal(x.order.get("total_paid_tax_incl")))
	if !ok || paid.Sign() <= 0 {
		return false
	}
	back := new(big.Rat)
	for _, s := range x.slips {
		for _, f := range []string{"total_products_tax_incl", "total_shipping_tax_incl"} {
			if v, ok := new(big.Rat).SetString(prestaDecimal(s.get(f))); ok {
				back.Add(back, v)
			}
		}
	}
	return back.Cmp(paid) >= 0
}

// prestaDecimal returns s where it is a plain decimal, "0" otherwise: what
// big.Rat reads besides may need any amount of memory.
func prestaDecimal(s string) string {
	if s == "" || len(s) > 30 || strings.Trim(s, "0123456789.") != "" {
		return "0"
	}
	return s
}

// prestaDecimals cuts the zeros that the webservice writes after the cents.
func prestaDecimals(s string) string {
	whole, cents, ok := strings.Cut(s, ".")
	if !ok {
		return s
	}
	for len(cents) > 2 && strings.HasSuffix(cents, "0") {
		cents = cents[:len(cents)-1]
	}
	return whole + "." + cents
}

// prestaAddressee fills in what the addresses of an order tell of the customer. An
// address is taken whole from one of the two: a street of one and a town of
// the other would be a place where nobody lives.
func prestaAddressee(c *order.Customer, invoice, delivery *prestaNode, l *prestaLists) {
	from := invoice
	if from == nil || prestaPersonal(from, prestaAddressGroups[0]) == nil {
		from = delivery
	}
	if from == nil {
		return
	}
	get := func(n *prestaNode, field string) string {
		if v := n.get(field); !prestaPlaceholder(field, v) {
			return clean(v)
		}
		return ""
	}
	if c.FirstName == "" && c.LastName == "" {
		c.FirstName, c.LastName = get(from, "firstname"), get(from, "lastname")
	}
	var parts []string
	for _, f := range []string{"company", "address1", "address2"} {
		if s := get(from, f); s != "" {
			parts = append(parts, s)
		}
	}
	c.Address, c.Postcode, c.City = strings.Join(parts, ", "), get(from, "postcode"), get(from, "city")
	c.Country = l.countries[from.get("id_country")]
	for _, n := range []*prestaNode{from, delivery, invoice} {
		for _, f := range []string{"phone", "phone_mobile"} {
			if c.Phone == "" && n != nil {
				c.Phone = get(n, f)
			}
		}
	}
}

// lines reads the products of an order with what the customer uploaded or
// wrote for each.
func (p *Presta) lines(o *order.Order, x prestaOrder) error {
	rows := x.order.rows("order_rows")
	for _, r := range rows {
		ref, err := cleanNumber(r.get("id"))
		if err != nil {
			return errors.New("order_rows not shaped like lines")
		}
		o.Lines = append(o.Lines, order.Line{Ref: ref, SKU: clean(r.get("product_reference")), Name: clean(r.get("product_name"))})
	}
	for _, c := range x.custom {
		find := photoFinder{}
		fields := map[string]string{}
		take := func(name string) {
			for _, ref := range find.found {
				if fields[ref] == "" {
					fields[ref] = name
				}
			}
		}
		for _, i := range c.rows("customized_data_images") {
			if v, err := cleanNumber(i.get("value")); err == nil && v != "" {
				// The file and the smaller copy that the shop makes of it.
				find.take("upload/" + v)
				find.take("upload/" + v + "_small")
			}
		}
		take("customized_data_images")
		for _, t := range c.rows("customized_data_text_fields") {
			field := t.get("id_customization_field")
			if named := slices.Contains(p.photoMeta, field); named || len(p.photoMeta) == 0 {
				find.text(t.get("value"), true, named, 0)
			}
		}
		take("customized_data_text_fields")
		if find.full || len(o.Photos)+len(find.found) > maxPhotos {
			return fmt.Errorf("more than %d references to photos", maxPhotos)
		}
		if len(find.found) == 0 {
			continue
		}
		o.Photos = append(o.Photos, find.found...)
		if o.Fields == nil {
			o.Fields = map[string]string{}
		}
		for ref, name := range fields {
			if o.Fields[ref] == "" {
				o.Fields[ref] = name
			}
		}
		// An older webservice does not say which customization a line is of.
		at := slices.IndexFunc(rows, func(r *prestaNode) bool { return r.get("id_customization") == c.get("id") })
		if at < 0 {
			at = slices.IndexFunc(rows, func(r *prestaNode) bool {
				return r.get("product_id") == c.get("id_product") && r.get("product_attribute_id") == c.get("id_product_attribute")
			})
		}
		if at >= 0 {
			o.Lines[at].Photos = unique(append(o.Lines[at].Photos, find.found...))
		}
	}
	if o.Photos = unique(o.Photos); len(o.Photos) == 0 {
		o.Photos = nil
	}
	return nil
}

// prestaMixed tells whether the webservice shows values of other customizations of
// the same product too, as old versions do: one field then has two values in
// one customization, or one file is in two of them.
func prestaMixed(custom []*prestaNode) bool {
	files := map[string]string{}
	for _, c := range custom {
		fields := map[string]bool{}
		for _, list := range []string{"customized_data_images", "customized_data_text_fields"} {
			for _, r := range c.rows(list) {
				f := list + r.get("id_customization_field")
				if fields[f] {
					return true
				}
				fields[f] = true
				if v := r.get("value"); list == "customized_data_images" && v != "" {
					if other, ok := files[v]; ok && other != c.get("id") {
						return true
					}
					files[v] = c.get("id")
				}
			}
		}
	}
	return false
}

// prestaPlaceholder tells whether a value stands only for what was erased.
func prestaPlaceholder(field, v string) bool {
	switch field {
	case "postcode":
		return v == "" || v == prestaPostcode
	case "phone", "phone_mobile":
		return v == "" || v == prestaNoPhone
	case "email":
		return v == "" || strings.HasSuffix(v, prestaNoMail)
	case "birthday":
		return v == "" || v == "0000-00-00"
	}
	return v == "" || v == prestaAnonymous
}

// prestaGroup is a part of an address that is erased as one.
type prestaGroup struct {
	name   string
	fields []string
}

// prestaAddressGroups are the personal parts of an address. An invoice needs
// the first one and no other.
var prestaAddressGroups = []prestaGroup{
	{"address", []string{"alias", "company", "lastname", "firstname", "vat_number", "address1", "address2", "postcode", "city", "dni"}},
	{"phone", []string{"phone", "phone_mobile"}},
	{"other", []string{"other"}},
}

// prestaRequired are the fields that the shop does not take empty, with what
// is written in their place.
var prestaRequired = map[string]string{
	"alias": prestaAnonymous, "lastname": prestaAnonymous, "firstname": prestaAnonymous, "address1": prestaAnonymous, "city": prestaAnonymous,
	"postcode": prestaPostcode,
}

// prestaPersonal returns the values of a group that are not empty or anonymised, nil
// where there is none.
func prestaPersonal(n *prestaNode, g prestaGroup) (values []string) {
	for _, f := range g.fields {
		if v := n.get(f); !prestaPlaceholder(f, v) {
			values = append(values, f, v)
		}
	}
	return values
}

var prestaAccountFields = []string{"lastname", "firstname", "email", "birthday", "ip_registration_newsletter", "website", "company", "siret", "ape", "note"}

func prestaAnonymousCustomer(c *prestaNode) bool {
	for _, f := range prestaAccountFields {
		if !prestaPlaceholder(f, c.get(f)) {
			return false
		}
	}
	return true
}
