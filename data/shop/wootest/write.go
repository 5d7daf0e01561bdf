package wootest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
)

// AddNote adds a note to an order and returns its id.
func (s *Shop) AddNote(order int64, text string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	s.notes[order] = append(s.notes[order], Note{ID: s.nextID, Author: "system", DateCreated: GMT(s.now()), Note: text})
	return s.nextID
}

// PutCustomer adds an account or replaces the one with its ID.
func (s *Shop) PutCustomer(c Customer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Role == "" {
		c.Role = "customer"
	}
	s.accounts[c.ID] = c
}

// Edit changes an order as something else than this API does, and moves its
// modification date where the storage would.
func (s *Shop) Edit(id int64, how func(*Order)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.orders[id]
	if !ok {
		return
	}
	o := copyOf(e.order)
	how(&o)
	if s.HPOS {
		o.DateModified = GMT(s.now())
	}
	s.put(o)
}

// EraseItself does what WooCommerce's own eraser does to an order when it is
// switched on: names and addresses become placeholders, notes go, and line-item
// meta, with the addresses of the photos, stays.
func (s *Shop) EraseItself(id int64) {
	s.mu.Lock()
	delete(s.notes, id)
	s.mu.Unlock()
	s.AddNote(id, "Personal data removed.")
	s.Edit(id, func(o *Order) {
		for _, a := range []*Address{&o.Billing, &o.Shipping} {
			for _, f := range []*string{&a.FirstName, &a.LastName, &a.Company, &a.Address1, &a.Address2, &a.City, &a.Postcode} {
				if *f != "" {
					*f = "[deleted]"
				}
			}
			if a.Email != "" {
				a.Email = "deleted@site.invalid"
			}
			a.State, a.Country = "", ""
			a.Phone = strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return '0'
				}
				return r
			}, a.Phone)
		}
		if i := strings.LastIndexByte(o.CustomerIP, '.'); i >= 0 {
			o.CustomerIP = o.CustomerIP[:i] + ".0"
		}
		if o.UserAgent != "" {
			o.UserAgent = "[deleted]"
		}
		o.CustomerID, o.Transaction = 0, "0"
		o.MetaData = append(o.MetaData, Meta{ID: o.ID*1000 + 999, Key: "_anonymized", Value: "yes"})
	})
}

// Everything returns all that the shop holds, as JSON: orders, notes,
// accounts, media and the names of its files.
func (s *Shop) Everything() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	orders := map[int64]Order{}
	for id, e := range s.orders {
		orders[id] = e.order
	}
	var files []string
	for path := range s.files {
		files = append(files, path)
	}
	slices.Sort(files)
	b, err := json.Marshal(map[string]any{"orders": orders, "notes": s.notes, "accounts": s.accounts, "media": s.library, "files": files})
	if err != nil {
		panic(err) // a test put what is no JSON
	}
	return b
}

// copyOf copies an order so far that changing one does not change the other.
func copyOf(o Order) Order {
	o.MetaData = slices.Clone(o.MetaData)
	o.LineItems = slices.Clone(o.LineItems)
	for i := range o.LineItems {
		o.LineItems[i].MetaData = slices.Clone(o.LineItems[i].MetaData)
	}
	o.ShippingWith = slices.Clone(o.ShippingWith)
	for i := range o.ShippingWith {
		o.ShippingWith[i].MetaData = slices.Clone(o.ShippingWith[i].MetaData)
	}
	o.TaxLines = slices.Clone(o.TaxLines)
	return o
}

// order answers for one order: GET, PUT and DELETE.
func (s *Shop) order(w http.ResponseWriter, r *http.Request, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.orders[id]
	switch {
	case !ok && r.Method == http.MethodPut:
		refuse(w, http.StatusBadRequest, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
	case !ok:
		refuse(w, http.StatusNotFound, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
	case r.Method == http.MethodGet:
		replyRaw(w, e.only(r.URL.Query().Get("_fields")))
	case r.Method == http.MethodPut:
		s.update(w, r, e)
	case r.Method == http.MethodDelete && r.URL.Query().Get("force") == "true":
		delete(s.orders, id)
		delete(s.notes, id)
		s.sorted = nil
		replyRaw(w, e.full())
	case r.Method == http.MethodDelete:
		o := e.order
		o.Status, o.DateModified = "trash", GMT(s.now())
		s.put(o)
		replyRaw(w, s.orders[id].full())
	default:
		noRoute(w)
	}
}

// setters are the meta keys that WooCommerce keeps as properties of the order:
// writing one as meta data calls the property's setter.
func setters(o *Order) map[string]*string {
	m := map[string]*string{"_customer_ip_address": &o.CustomerIP, "_customer_user_agent": &o.UserAgent, "_transaction_id": &o.Transaction, "_billing_email": &o.Billing.Email}
	for name, a := range map[string]*Address{"_billing_": &o.Billing, "_shipping_": &o.Shipping} {
		for field, p := range addressFields(a) {
			m[name+field] = p
		}
	}
	return m
}

func addressFields(a *Address) map[string]*string {
	return map[string]*string{"first_name": &a.FirstName, "last_name": &a.LastName, "company": &a.Company, "address_1": &a.Address1,
		"address_2": &a.Address2, "city": &a.City, "state": &a.State, "postcode": &a.Postcode, "country": &a.Country, "phone": &a.Phone}
}

// sentMeta is a row of meta data in a request. A value of null removes it.
type sentMeta struct {
	ID    int64  `json:"id"`
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// changeMeta does what update_meta_data does with a row.
func (s *Shop) changeMeta(list []Meta, sent sentMeta) []Meta {
	at := slices.IndexFunc(list, func(m Meta) bool { return sent.ID != 0 && m.ID == sent.ID })
	switch {
	case at >= 0 && sent.Value == nil:
		return slices.Delete(list, at, at+1)
	case at >= 0:
		list[at].Key, list[at].Value = sent.Key, sent.Value
		return list
	}
	// A row that is not there takes the place of all those of its key.
	list = slices.DeleteFunc(list, func(m Meta) bool { return m.Key == sent.Key })
	if sent.Value != nil {
		s.nextID++
		list = append(list, Meta{ID: s.nextID, Key: sent.Key, Value: sent.Value})
	}
	return list
}

// update answers PUT for an order. It is called with the lock held.
func (s *Shop) update(w http.ResponseWriter, r *http.Request, e *entry) {
	type lines []struct {
		ID       int64      `json:"id"`
		MetaData []sentMeta `json:"meta_data"`
	}
	var sent struct {
		Billing      map[string]*string `json:"billing"`
		Shipping     map[string]*string `json:"shipping"`
		CustomerNote *string            `json:"customer_note"`
		Status       string             `json:"status"`
		LineItems    lines              `json:"line_items"`
		ShippingWith lines              `json:"shipping_lines"`
		MetaData     []sentMeta         `json:"meta_data"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(&sent); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	o := copyOf(e.order)
	if email, ok := sent.Billing["email"]; ok && email != nil {
		if _, err := mail.ParseAddress(*email); err != nil {
			refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): billing")
			return
		}
		o.Billing.Email = *email
	}
	for _, part := range []struct {
		sent map[string]*string
		to   *Address
	}{{sent.Billing, &o.Billing}, {sent.Shipping, &o.Shipping}} {
		for field, to := range addressFields(part.to) {
			if v := part.sent[field]; v != nil {
				*to = *v
			}
		}
	}
	if sent.CustomerNote != nil {
		o.CustomerNote = *sent.CustomerNote
	}
	if sent.Status != "" {
		o.Status = sent.Status
	}
	unknown := false
	for _, l := range sent.LineItems {
		i := slices.IndexFunc(o.LineItems, func(x LineItem) bool { return x.ID == l.ID })
		if unknown = unknown || i < 0; i >= 0 {
			for _, m := range l.MetaData {
				o.LineItems[i].MetaData = s.changeMeta(o.LineItems[i].MetaData, m)
			}
		}
	}
	for _, l := range sent.ShippingWith {
		i := slices.IndexFunc(o.ShippingWith, func(x Freight) bool { return x.ID == l.ID })
		if unknown = unknown || i < 0; i >= 0 {
			for _, m := range l.MetaData {
				o.ShippingWith[i].MetaData = s.changeMeta(o.ShippingWith[i].MetaData, m)
			}
		}
	}
	if unknown {
		refuse(w, http.StatusBadRequest, "woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
		return
	}
	props := setters(&o)
	for _, m := range sent.MetaData {
		if p, internal := props[m.Key]; internal {
			text, _ := m.Value.(string)
			*p = text
			continue
		}
		o.MetaData = s.changeMeta(o.MetaData, m)
	}
	if sent.Billing != nil || sent.Shipping != nil || sent.LineItems != nil || sent.ShippingWith != nil {
		s.calculateTotals(&o)
	}
	if s.HPOS || o.Status != e.order.Status || o.CustomerNote != e.order.CustomerNote {
		o.DateModified = GMT(s.now())
	}
	if s.Stubborn {
		replyRaw(w, e.full())
		return
	}
	if s.Lies {
		b, _ := json.Marshal(o)
		replyRaw(w, b)
		return
	}
	s.put(o)
	replyRaw(w, s.orders[o.ID].full())
}

func cents(amount string) int64 {
	f, _ := strconv.ParseFloat(amount, 64)
	return int64(math.Round(f * 100))
}

func amount(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// calculateTotals works the taxes out again with the rates of today, as
// WooCommerce does whenever lines or addresses of an order are sent to it.
func (s *Shop) calculateTotals(o *Order) {
	net := int64(0)
	for _, l := range o.LineItems {
		net += cents(l.Total)
	}
	for _, f := range o.ShippingWith {
		net += cents(f.Total)
	}
	country := o.Shipping.Country
	if country == "" {
		country = o.Billing.Country
	}
	tax := int64(0)
	o.TaxLines = []TaxLine{}
	if s.CalcTaxes {
		for _, r := range s.Rates {
			if r.Country == "" || r.Country == country {
				percent, _ := strconv.ParseFloat(r.Percent, 64)
				t := int64(math.Round(float64(net) * percent / 100))
				tax += t
				o.TaxLines = append(o.TaxLines, TaxLine{ID: o.ID*1000 + 500, RateID: r.ID, Label: r.Name, Percent: percent, Total: amount(t)})
			}
		}
	}
	o.TotalTax, o.Total = amount(tax), amount(net+tax)
}

// orderNotes answers for the notes of an order; one is 0 for all of them.
func (s *Shop) orderNotes(w http.ResponseWriter, r *http.Request, order, one int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.orders[order]; !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
		return
	}
	list := s.notes[order]
	at := slices.IndexFunc(list, func(n Note) bool { return n.ID == one })
	switch {
	case one == 0 && r.Method == http.MethodGet:
		reply(w, http.StatusOK, append([]Note{}, list...))
	case one == 0:
		noRoute(w)
	case at < 0:
		refuse(w, http.StatusNotFound, "woocommerce_rest_invalid_id", "Invalid resource ID.")
	case r.Method == http.MethodGet:
		reply(w, http.StatusOK, list[at])
	case r.Method != http.MethodDelete:
		noRoute(w)
	case r.URL.Query().Get("force") != "true":
		refuse(w, http.StatusNotImplemented, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
	default:
		n := list[at]
		if !s.Lies {
			s.notes[order] = slices.Delete(list, at, at+1)
		}
		reply(w, http.StatusOK, n)
	}
}

// updateCustomer answers PUT for an account: what is sent is changed. It is called
// with the lock held.
func (s *Shop) updateCustomer(w http.ResponseWriter, r *http.Request, c Customer) {
	var sent struct {
		Email, FirstName, LastName *string
		Billing, Shipping          map[string]string
	}
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(&raw); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	for key, into := range map[string]any{"email": &sent.Email, "first_name": &sent.FirstName, "last_name": &sent.LastName, "billing": &sent.Billing, "shipping": &sent.Shipping} {
		if v, ok := raw[key]; ok && json.Unmarshal(v, into) != nil {
			refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+key)
			return
		}
	}
	if sent.Email != nil {
		if _, err := mail.ParseAddress(*sent.Email); err != nil {
			refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): email")
			return
		}
		for id, other := range s.accounts {
			if id != c.ID && strings.EqualFold(other.Email, *sent.Email) {
				refuse(w, http.StatusBadRequest, "woocommerce_rest_customer_invalid_email", "Email address is invalid.")
				return
			}
		}
		c.Email = *sent.Email
	}
	if sent.FirstName != nil {
		c.FirstName = *sent.FirstName
	}
	if sent.LastName != nil {
		c.LastName = *sent.LastName
	}
	for _, part := range []struct {
		sent map[string]string
		to   *Address
	}{{sent.Billing, &c.Billing}, {sent.Shipping, &c.Shipping}} {
		for field, to := range addressFields(part.to) {
			if v, ok := part.sent[field]; ok {
				*to = v
			}
		}
		if v, ok := part.sent["email"]; ok {
			part.to.Email = v
		}
	}
	if !s.Lies && !s.Stubborn {
		s.accounts[c.ID] = c
	}
	reply(w, http.StatusOK, c)
}

// customer answers for one account. Deleting it makes its orders those of a
// guest, which keep everything else.
func (s *Shop) customer(w http.ResponseWriter, r *http.Request, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.accounts[id]
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "woocommerce_rest_invalid_id", "Invalid resource ID.")
	case r.Method == http.MethodGet:
		reply(w, http.StatusOK, c)
	case r.Method == http.MethodPut:
		s.updateCustomer(w, r, c)
	case r.Method != http.MethodDelete:
		noRoute(w)
	case r.URL.Query().Get("force") != "true":
		refuse(w, http.StatusNotImplemented, "woocommerce_rest_trash_not_supported", "Customers do not support trashing.")
	default:
		if !s.Lies {
			delete(s.accounts, id)
			for _, e := range s.orders {
				if e.order.CustomerID == id {
					o := e.order
					o.CustomerID = 0
					s.put(o)
				}
			}
		}
		reply(w, http.StatusOK, c)
	}
}

func (s *Shop) taxes(w http.ResponseWriter, r *http.Request, parts []string) {
	if r.Method != http.MethodGet {
		noRoute(w)
		return
	}
	if len(parts) == 1 {
		w.Header().Set("X-WP-Total", strconv.Itoa(len(s.Rates)))
		w.Header().Set("X-WP-TotalPages", "1")
		reply(w, http.StatusOK, append([]Rate{}, s.Rates...))
		return
	}
	for _, rate := range s.Rates {
		if strconv.FormatInt(rate.ID, 10) == parts[1] {
			reply(w, http.StatusOK, rate)
			return
		}
	}
	refuse(w, http.StatusNotFound, "woocommerce_rest_invalid_id", "Invalid resource ID.")
}

func (s *Shop) setting(w http.ResponseWriter, name string) {
	value := map[string]string{"woocommerce_default_country": s.Country, "woocommerce_calc_taxes": map[bool]string{true: "yes", false: "no"}[s.CalcTaxes]}[name]
	if value == "" {
		refuse(w, http.StatusNotFound, "rest_setting_setting_invalid", "Invalid setting.")
		return
	}
	reply(w, http.StatusOK, map[string]string{"id": name, "value": value})
}

func replyRaw(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Write(b)
}
