package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"greffier/app/plan"
)

// wooField is one personal field of an order, and how it is emptied.
type wooField struct {
	name   string // FIELD in the key orders/REF/FIELD
	holds  plan.Holds
	value  string // as the shop writes it, for the fingerprint
	byHand bool

	prop   string   // the meta key by which WooCommerce calls the property's setter
	note   bool     // the customer's own note
	remark string   // the id of an order note
	lines  string   // line_items, shipping_lines or fee_lines
	line   string   // the id of the line
	meta   string   // the id of a row of meta data
	key    string   // its key
	names  []string // the photo references in it
}

// wooParts is an address, or an empty list, which is how PHP writes one without
// fields.
type wooParts map[string]loose

func (p *wooParts) UnmarshalJSON(b []byte) error {
	if s := string(b); s == "[]" || s == "null" || s == "false" || s == `""` {
		return nil
	}
	return json.Unmarshal(b, (*map[string]loose)(p))
}

// wooAddressFields are the fields of an address that are personal data, in the
// order in which they are shown. The country is none: it stays for the taxes.
var wooAddressFields = []string{"first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "state", "email", "phone"}

// wooRecord is an order as the desk looks at it.
type wooRecord struct {
	ID       loose    `json:"id"`
	Customer loose    `json:"customer_id"`
	IP       loose    `json:"customer_ip_address"`
	Agent    loose    `json:"customer_user_agent"`
	Note     loose    `json:"customer_note"`
	Created  loose    `json:"date_created_gmt"`
	TotalTax loose    `json:"total_tax"`
	Billing  wooParts `json:"billing"`
	Shipping wooParts `json:"shipping"`
	Lines    rows     `json:"line_items"`
	Freight  rows     `json:"shipping_lines"`
	Fees     rows     `json:"fee_lines"`
	TaxLines rows     `json:"tax_lines"`
	Refunds  rows     `json:"refunds"`
	Meta     rows     `json:"meta_data"`
}

// wooMetaRow is a row of meta data with its id.
type wooMetaRow struct {
	ID    loose           `json:"id"`
	Key   loose           `json:"key"`
	Value json.RawMessage `json:"value"`
}

// wooLineKinds are the kinds of line whose meta data REST API v3 can change. A
// coupon's cannot be: it refuses lines that have an id.
var wooLineKinds = []struct{ list, name string }{{"line_items", "line"}, {"shipping_lines", "shipping_line"}, {"fee_lines", "fee_line"}}

// wooPersonal returns the personal fields of an order, those that are empty or
// anonymised left out. notes are the order notes, nil where they were not asked
// for. An order that cannot be understood is an error: what is in it is not
// known then.
func wooPersonal(raw json.RawMessage, notes rows, photoMeta []string) (rec wooRecord, out []wooField, photos []string, err error) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return rec, nil, nil, fmt.Errorf("%w: not an order", ErrAnswer)
	}
	if err := json.Unmarshal(raw, &rec); err != nil {
		return rec, nil, nil, fmt.Errorf("%w: not shaped like an order%s", ErrAnswer, inField(err))
	}
	f := wooFieldReader{photoMeta: photoMeta}
	var meta []wooMetaRow
	if meta, err = wooMetaRows(rec.Meta); err != nil {
		return rec, nil, nil, err
	}
	f.anonymised = strings.EqualFold(string(rec.Billing["email"]), erasedEmail) ||
		slices.ContainsFunc(meta, func(m wooMetaRow) bool { return m.Key == "_anonymized" && string(m.Value) == `"yes"` })
	for _, a := range []wooParts{rec.Billing, rec.Shipping} {
		for _, name := range wooAddressFields {
			if name != "company" && name != "state" {
				f.learn(string(a[name]))
			}
		}
	}

	same := true // the goods went to where the invoice went
	for _, name := range wooAddressFields {
		if s := string(rec.Shipping[name]); name != "phone" && name != "email" && s != "" && s != string(rec.Billing[name]) {
			same = false
		}
	}
	for _, side := range []struct {
		name string
		from wooParts
	}{{"billing", rec.Billing}, {"shipping", rec.Shipping}} {
		for _, name := range wooAddressFields {
			holds := plan.Invoice
			if name == "email" || name == "phone" || side.name == "shipping" && !same {
				holds = plan.Contact
			}
			f.add(wooField{name: side.name + "." + name, holds: holds, value: string(side.from[name]), prop: "_" + side.name + "_" + name})
		}
	}
	f.add(wooField{name: "customer_ip_address", holds: plan.Contact, value: string(rec.IP), prop: "_customer_ip_address"})
	f.add(wooField{name: "customer_user_agent", holds: plan.Contact, value: string(rec.Agent), prop: "_customer_user_agent"})
	f.add(wooField{name: "customer_note", holds: plan.Contact, value: string(rec.Note), note: true})

	for i, m := range meta {
		f.meta(m, i, false, wooField{})
	}
	for _, kind := range wooLineKinds {
		for i, r := range map[string]rows{"line_items": rec.Lines, "shipping_lines": rec.Freight, "fee_lines": rec.Fees}[kind.list] {
			var line struct {
				ID   loose `json:"id"`
				Meta rows  `json:"meta_data"`
			}
			if err := json.Unmarshal(r, &line); err != nil {
				return rec, nil, nil, fmt.Errorf("%w: %s not shaped like lines", ErrAnswer, kind.list)
			}
			lineMeta, err := wooMetaRows(line.Meta)
			if err != nil {
				return rec, nil, nil, err
			}
			id := string(line.ID)
			name := kind.name + "." + id
			if !wholeNumber(id) {
				id, name = "", kind.name+".x"+strconv.Itoa(i)
			}
			for i, m := range lineMeta {
				f.meta(m, i, true, wooField{name: name, lines: kind.list, line: id})
			}
		}
	}
	for i, r := range rec.Refunds {
		var back struct {
			ID     loose `json:"id"`
			Reason loose `json:"reason"`
		}
		if err := json.Unmarshal(r, &back); err != nil {
			return rec, nil, nil, fmt.Errorf("%w: refunds not shaped like refunds", ErrAnswer)
		}
		// REST API v3 can make and delete a refund and not change one; deleting
		// it would change the accounts.
		f.add(wooField{name: fmt.Sprintf("refund.%s.reason", wooIDOr(string(back.ID), i)), holds: plan.Contact, value: string(back.Reason), byHand: true})
	}
	for i, r := range notes {
		var n struct {
			ID   loose `json:"id"`
			Note loose `json:"note"`
		}
		if err := json.Unmarshal(r, &n); err != nil {
			return rec, nil, nil, fmt.Errorf("%w: notes not shaped like notes", ErrAnswer)
		}
		f.add(wooField{name: "note." + wooIDOr(string(n.ID), i), holds: plan.Contact, value: string(n.Note), remark: string(n.ID), byHand: !wholeNumber(string(n.ID))})
	}
	// Ids make the names unique. A shop that gives one twice has records that
	// cannot be told apart, so that none of them can be erased alone.
	count := map[string]int{}
	for i := range f.out {
		x := &f.out[i]
		if count[x.name]++; count[x.name] > 1 {
			x.byHand = true
			x.name += "~" + strconv.Itoa(count[x.name])
		}
	}
	for i := range f.out {
		f.out[i].byHand = f.out[i].byHand || count[f.out[i].name] > 1
	}
	return rec, f.out, unique(f.photos), nil
}

func wooIDOr(id string, place int) string {
	if wholeNumber(id) {
		return id
	}
	return "x" + strconv.Itoa(place)
}

func wooMetaRows(list rows) ([]wooMetaRow, error) {
	out := make([]wooMetaRow, len(list))
	for i, r := range list {
		if err := json.Unmarshal(r, &out[i]); err != nil {
			return nil, fmt.Errorf("%w: meta_data not shaped like meta data", ErrAnswer)
		}
	}
	return out, nil
}

// wooFieldReader collects the fields of one order.
type wooFieldReader struct {
	photoMeta  []string
	anonymised bool
	known      []string        // the person's e-mail addresses, numbers and streets, in small letters
	names      map[string]bool // words of the person's names and places
	photos     []string
	out        []wooField
}

// learn remembers a personal value, to recognise it in meta data.
func (f *wooFieldReader) learn(value string) {
	value = strings.ToLower(strings.TrimSpace(value))
	if len(value) < 3 || wooErased(value, f.anonymised) {
		return
	}
	if strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(value) >= 6 {
			f.known = append(f.known, value)
		}
		return
	}
	if f.names == nil {
		f.names = map[string]bool{}
	}
	f.names[value] = true
}

func (f *wooFieldReader) add(x wooField) {
	if v := strings.TrimSpace(x.value); v == "" || wooErased(v, f.anonymised) {
		return
	}
	f.out = append(f.out, x)
}

// meta looks at one row of meta data, of the order or of the line that x names.
func (f *wooFieldReader) meta(m wooMetaRow, place int, ofLine bool, x wooField) {
	value := string(bytes.TrimSpace(m.Value))
	switch value {
	case "", "null", `""`, "[]", "{}", "false", "true":
		return
	}
	if text, err := strconv.Unquote(value); err == nil && wooErased(text, f.anonymised) {
		return
	}
	key := string(m.Key)
	find := photoFinder{keys: f.photoMeta}
	find.meta(key, m.Value, ofLine)
	f.photos = append(f.photos, find.found...)
	switch named := slices.ContainsFunc(f.photoMeta, func(k string) bool { return strings.EqualFold(k, key) }); {
	case named, len(find.found) > 0:
		x.holds, x.names = plan.Reference, find.found
	case f.personal(key, m.Value, ofLine):
		x.holds = plan.Contact
	case wooTaxNumber(key):
		x.holds = plan.Invoice
	default:
		return
	}
	x.meta, x.key, x.value = string(m.ID), key, key+"\x00"+value
	if x.name != "" {
		x.name += "."
	}
	x.name += "meta." + wooIDOr(x.meta, place) + "." + wooFieldName(key)
	// Without its id, WooCommerce would take every row of that key.
	x.byHand = !wholeNumber(x.meta) || x.lines != "" && x.line == ""
	f.out = append(f.out, x)
}

// wooFieldName makes a meta key fit to stand in the key of an object.
func wooFieldName(key string) string {
	var b strings.Builder
	for _, r := range key {
		if b.Len() >= 60 {
			break
		}
		if r == '_' || r == '-' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	return b.String()
}

// wooPersonalWords are words in the key of a meta row that speak of a person, in
// English and French, as foldWord writes them.
var wooPersonalWords = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq(`name nom prenom firstname lastname surname child children enfant enfants bebe baby kid
		email mail courriel phone telephone tel mobile portable birth birthday birthdate naissance anniversaire
		message note notes comment commentaire dedicace dedication gift cadeau text texte address adresse recipient
		destinataire signature contact instagram facebook whatsapp agent ip referrer session payer customer client
		signataire parent parents famille family school ecole prenoms ville street rue dob attribution fingerprint`) {
		wooPersonalWords[w] = true
	}
}

// wooThingWords are words beside which a "name" or "text" is that of a thing.
var wooThingWords = map[string]bool{"product": true, "produit": true, "method": true, "coupon": true, "plugin": true, "size": true,
	"color": true, "colour": true, "couleur": true, "font": true, "template": true, "variation": true, "layout": true, "tax": true, "gateway": true}

// wooKeyWords cuts a meta key into its words, in small letters and without
// accents.
func wooKeyWords(key string) []string {
	return strings.FieldsFunc(foldWord(key), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// wooTaxNumber tells whether a meta key is that of a customer's tax number, which
// an invoice between businesses must show (CGI, ann. II, art. 242 nonies A).
func wooTaxNumber(key string) bool {
	words := wooKeyWords(key)
	has := func(w string) bool { return slices.Contains(words, w) }
	return has("siret") || has("siren") || (has("vat") || has("tva")) && (has("number") || has("numero") || has("id") || has("intracom"))
}

// personal tells whether a row of meta data names something personal: its key
// says so, its value repeats what the order says of the person, holds an e-mail
// address or a link, or is a text that somebody wrote.
func (f *wooFieldReader) personal(key string, value json.RawMessage, ofLine bool) bool {
	words := wooKeyWords(key)
	thing := slices.ContainsFunc(words, func(w string) bool { return wooThingWords[w] })
	if !thing && slices.ContainsFunc(words, func(w string) bool { return wooPersonalWords[w] }) {
		return true
	}
	if len(f.photoMeta) > 0 { // a link that is not named as a photo is still one
		find := photoFinder{}
		if find.meta(key, value, ofLine); len(find.found) > 0 {
			return true
		}
	}
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	visible := key != "" && key[0] != '_' && !strings.HasPrefix(key, "pa_")
	return f.personalValue(v, visible, 0)
}

func (f *wooFieldReader) personalValue(v any, visible bool, depth int) bool {
	if depth > 8 {
		return true // nobody can say what is in there
	}
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return f.personalValue(e, visible, depth+1) })
	case map[string]any:
		for k, e := range v {
			if wooPersonalWords[foldWord(k)] || f.personalValue(e, visible, depth+1) {
				return true
			}
		}
	case string:
		text := strings.ToLower(v)
		if slices.ContainsFunc(f.known, func(k string) bool { return strings.Contains(text, k) }) {
			return true
		}
		words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
		if slices.ContainsFunc(words, func(w string) bool { return f.names[w] }) {
			return true
		}
		if _, host, ok := strings.Cut(text, "@"); ok && strings.Contains(host, ".") {
			return true
		}
		return visible && len(words) >= 5
	}
	return false
}

// errWooGone tells that the shop itself said that it has no such record.
var errWooGone = errors.New("no longer in the shop")
