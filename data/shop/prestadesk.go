package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// prestaDesk is a PrestaShop's records, field by field.
//
// The webservice has no field of its own for most of what an order shows: name
// and e-mail stand in the customer's record, street and telephone in addresses
// that several orders may share. An address is changed only when every order
// that uses it is to lose it in the same call; else the erasure is refused with
// erasure.ErrElsewhere and nothing is changed.
//
// What is uploaded for a product is a file of the shop's folder upload with a
// smaller copy beside it. The webservice deletes the first and not the second,
// and does not say afterwards whether either is there. So a file is erased
// through the storage that holds the folder; here its name stands as what can
// only be removed by hand.
type prestaDesk struct{ p *Presta }

// Name returns plan.DeskName of the shop.
func (d *prestaDesk) Name() string { return plan.DeskName(d.p.name) }

// Check tells whether the webservice answers and lists orders.
func (d *prestaDesk) Check(ctx context.Context) (erasure.Abilities, error) {
	if _, err := d.p.list(ctx, "orders", "order", url.Values{"display": {"[id]"}, "limit": {"1"}}); err != nil {
		return erasure.Abilities{}, d.fail("look at", err)
	}
	return erasure.Abilities{CanProve: true, Described: "PrestaShop, webservice"}, nil
}

func (d *prestaDesk) fault(err error) error {
	return fmt.Errorf("erase in shop %s: %w", d.p.name, err)
}

func (d *prestaDesk) fail(doing string, err error) error {
	if errors.Is(err, ErrNotPresta) {
		err = fmt.Errorf("%w: %w", erasure.ErrNotThere, err)
	}
	return fmt.Errorf("%s the records of shop %s: %w", doing, d.p.name, deskError(err))
}

// prestaField is one field of the desk.
type prestaField struct {
	deskField
	// needs are the keys that must be erased in the same call, because they are
	// the same text seen from other orders. foreign tells that it is another
	// customer's.
	needs   []string
	foreign bool
	// What erasing it means: new texts in a record, a record without one of its
	// associations, or no record at all, in the order given.
	record prestaRecord
	change map[string]string
	empty  string
	remove []prestaRecord
	parts  []prestaPart // records that are emptied one by one
}

// prestaPart is one of several records that are one field of the desk.
type prestaPart struct {
	record prestaRecord
	change map[string]string
}

// prestaRecord names one record of the webservice.
type prestaRecord struct{ resource, singular, id string }

// Records calls yield for each personal field of the order and for the
// customer's account.
func (d *prestaDesk) Records(ctx context.Context, o order.Order, yield func(plan.Found) error) error {
	return fieldRecords(ctx, d, d.reader(), o, yield)
}

// List calls yield for each field whose key begins with the prefix.
func (d *prestaDesk) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return fieldList(ctx, d, d.reader(), prefix, yield)
}

// reader reads records, and before the first one what the key may do.
func (d *prestaDesk) reader() fieldReader[prestaField] {
	var may prestaRights
	return func(ctx context.Context, kind, id string) (fields []prestaField, customer string, err error) {
		if may == nil {
			if may, err = d.p.permissions(ctx); err != nil {
				return nil, "", err
			}
		}
		switch kind {
		case ofOrders:
			return d.order(ctx, id, may)
		case ofCustomers:
			fields, err = d.account(ctx, id, may)
		}
		// The files lie in a folder that the webservice does not show.
		return fields, "", err
	}
}

// order returns the fields of an order, none where the shop has no such order,
// and its customer's id.
func (d *prestaDesk) order(ctx context.Context, ref string, may prestaRights) (fields []prestaField, customer string, err error) {
	p := d.p
	found, err := p.by(ctx, "orders", "order", "id", []string{ref})
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	if len(found) != 1 || found[0].get("id") != ref {
		return nil, "", fmt.Errorf("%w: other orders than the one asked for", ErrAnswer)
	}
	o := found[0]
	customer = o.get("id_customer")
	if !wholeNumber(customer) {
		customer = ""
	}
	self := prestaRecord{"orders", "order", ref}
	add := func(name string, f prestaField, values ...string) {
		f.key = recordKey(ofOrders, ref, name)
		f.seal = fingerprint(p.seal, f.key, values...)
		fields = append(fields, f)
	}
	for _, name := range []string{"gift_message", "note"} {
		if v := o.get(name); v != "" {
			add(name, prestaField{deskField: deskField{holds: plan.Contact, byHand: !may.allows("orders", "PATCH")}, record: self, change: map[string]string{name: ""}}, v)
		}
	}
	if err := d.addresses(ctx, o, may, add); err != nil {
		return nil, "", err
	}
	if err := d.customizations(ctx, o, may, add); err != nil {
		return nil, "", err
	}
	if err := d.messages(ctx, ref, may, add); err != nil {
		return nil, "", err
	}
	return fields, customer, d.payments(ctx, o, may, add)
}

type prestaAdd func(name string, f prestaField, values ...string)

// addresses adds the parts of the order's one or two addresses.
func (d *prestaDesk) addresses(ctx context.Context, o *prestaNode, may prestaRights, add prestaAdd) error {
	invoice, delivery := o.get("id_address_invoice"), o.get("id_address_delivery")
	list, err := d.p.by(ctx, "addresses", "address", "id", []string{invoice, delivery})
	if err != nil {
		return err
	}
	for _, a := range list {
		id := a.get("id")
		role, holds := "invoice", plan.Invoice
		switch {
		case id == invoice:
		case id == delivery:
			role, holds = "delivery", plan.Contact
		default:
			return fmt.Errorf("%w: other addresses than those asked for", ErrAnswer)
		}
		users, err := d.usersOf(ctx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(users, func(u prestaUser) bool { return u.role == "invoice" }) {
			holds = plan.Invoice // of this order, or of another one
		}
		owner := a.get("id_customer")
		for i, g := range prestaAddressGroups {
			values := prestaPersonal(a, g)
			if values == nil {
				continue
			}
			f := prestaField{
				deskField: deskField{holds: holds, byHand: !may.allows("addresses", "PUT")},
				record:    prestaRecord{"addresses", "address", id},
				change:    map[string]string{},
				foreign:   owner != "" && owner != "0" && owner != o.get("id_customer"),
			}
			if i > 0 {
				f.holds = plan.Contact // an invoice needs no telephone
			}
			for _, field := range g.fields {
				f.change[field] = prestaRequired[field]
			}
			for _, u := range users {
				f.needs = append(f.needs, recordKey(ofOrders, u.id, u.role+"_"+g.name))
			}
			add(role+"_"+g.name, f, values...)
		}
	}
	return nil
}

type prestaUser struct{ id, role string }

// usersOf returns the orders that use an address, and as what.
func (d *prestaDesk) usersOf(ctx context.Context, address string) ([]prestaUser, error) {
	var out []prestaUser
	seen := map[string]bool{}
	for _, role := range []string{"invoice", "delivery"} {
		list, err := d.p.list(ctx, "orders", "order", url.Values{"display": {"[id]"}, "filter[id_address_" + role + "]": {"[" + address + "]"}})
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if id := o.get("id"); !seen[id] {
				seen[id] = true
				out = append(out, prestaUser{id, role})
			}
		}
	}
	return out, nil
}

// customizations adds the texts that the customer wrote for the products, and
// the names of the files that she uploaded.
func (d *prestaDesk) customizations(ctx context.Context, o *prestaNode, may prestaRights, add prestaAdd) error {
	cart := o.get("id_cart")
	list, err := d.p.by(ctx, "customizations", "customization", "id_cart", []string{cart})
	if err != nil {
		return err
	}
	// Where the webservice mixes them up, what is shown may be another
	// customer's.
	tangled := prestaMixed(list)
	for _, c := range list {
		id := c.get("id")
		if c.get("id_cart") != cart || !wholeNumber(id) {
			return fmt.Errorf("%w: other customizations than those asked for", ErrAnswer)
		}
		var texts []string
		for _, t := range c.rows("customized_data_text_fields") {
			if v := t.get("value"); v != "" {
				texts = append(texts, t.get("id_customization_field"), v)
			}
		}
		if len(texts) > 0 {
			find := photoFinder{}
			for i := 1; i < len(texts); i += 2 {
				find.text(texts[i], true, false, 0)
			}
			holds := plan.Contact
			if len(find.found) > 0 {
				holds = plan.Reference
			}
			add("customization-"+id, prestaField{
				deskField: deskField{holds: holds, names: unique(find.found), byHand: tangled || !may.allows("customizations", "PUT")},
				record:    prestaRecord{"customizations", "customization", id},
				empty:     "customized_data_text_fields",
			}, texts...)
		}
		for _, i := range c.rows("customized_data_images") {
			if v := i.get("value"); v != "" && wholeNumber(i.get("id_customization_field")) && !tangled {
				add("customization-"+id+"-file-"+i.get("id_customization_field"), prestaField{deskField: deskField{holds: plan.Reference, byHand: true, names: []string{"upload/" + v, "upload/" + v + "_small"}}}, v)
			}
		}
	}
	return nil
}

// messages adds what was written about the order: each thread of customer
// service with all its messages, and each note of the older kind.
func (d *prestaDesk) messages(ctx context.Context, ref string, may prestaRights, add prestaAdd) error {
	threads, err := d.p.by(ctx, "customer_threads", "customer_thread", "id_order", []string{ref})
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range threads {
		ids = append(ids, t.get("id"))
	}
	said, err := d.p.by(ctx, "customer_messages", "customer_message", "id_customer_thread", ids)
	if err != nil {
		return err
	}
	for _, t := range threads {
		id := t.get("id")
		if t.get("id_order") != ref || !wholeNumber(id) {
			return fmt.Errorf("%w: other threads than those asked for", ErrAnswer)
		}
		f := prestaField{deskField: deskField{holds: plan.Contact}}
		values, files := []string{t.get("email")}, false
		for _, m := range said {
			if m.get("id_customer_thread") != id || !wholeNumber(m.get("id")) {
				continue
			}
			r := prestaRecord{"customer_messages", "customer_message", m.get("id")}
			f.remove = append(f.remove, r)
			f.parts = append(f.parts, prestaPart{r, map[string]string{"message": prestaNothing, "ip_address": "", "user_agent": ""}})
			if m.get("message") != prestaNothing || m.get("ip_address")+m.get("user_agent") != "" {
				values = append(values, m.get("id"), m.get("message"), m.get("ip_address"), m.get("user_agent"))
			}
			if file := m.get("file_name"); file != "" {
				// The file lies in the folder upload and stays there.
				add("thread-"+id+"-file-"+m.get("id"), prestaField{deskField: deskField{holds: plan.Photo, byHand: true}}, file)
				files = true
			}
		}
		self := prestaRecord{"customer_threads", "customer_thread", id}
		if files {
			// Without the message nobody would know any more which file is left.
			f.remove, f.parts = nil, append(f.parts, prestaPart{self, map[string]string{"email": ""}})
			f.byHand = !may.allows("customer_threads", "PUT") || !may.allows("customer_messages", "PUT")
			if len(values) == 1 && values[0] == "" {
				continue
			}
		} else {
			f.remove, f.parts = append(f.remove, self), nil
			f.byHand = !may.allows("customer_threads", "DELETE") || !may.allows("customer_messages", "DELETE")
		}
		add("thread-"+id, f, values...)
	}
	notes, err := d.p.by(ctx, "messages", "message", "id_order", []string{ref})
	if err != nil {
		return err
	}
	for _, m := range notes {
		id := m.get("id")
		if m.get("id_order") != ref || !wholeNumber(id) {
			return fmt.Errorf("%w: other messages than those asked for", ErrAnswer)
		}
		add("message-"+id, prestaField{deskField: deskField{holds: plan.Contact, byHand: !may.allows("messages", "DELETE")}, remove: []prestaRecord{{"messages", "message", id}}}, m.get("message"))
	}
	return nil
}

// payments adds what the payments tell of a card. Amount, method and
// transaction stay: they belong to the invoice.
func (d *prestaDesk) payments(ctx context.Context, o *prestaNode, may prestaRights, add prestaAdd) error {
	reference := o.get("reference")
	list, err := d.p.by(ctx, "order_payments", "order_payment", "order_reference", []string{reference})
	if err != nil {
		return err
	}
	var users []*prestaNode
	for _, x := range list {
		id := x.get("id")
		if x.get("order_reference") != reference || !wholeNumber(id) {
			return fmt.Errorf("%w: other payments than those asked for", ErrAnswer)
		}
		fields := []string{"card_number", "card_brand", "card_expiration", "card_holder"}
		f := prestaField{deskField: deskField{holds: plan.Contact, byHand: !may.allows("order_payments", "PUT")}, record: prestaRecord{"order_payments", "order_payment", id}, change: map[string]string{}}
		var values []string
		for _, n := range fields {
			if v := x.get(n); v != "" {
				f.change[n] = ""
				values = append(values, n, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		if users == nil {
			// Orders that were split share their reference and their payments.
			if users, err = d.p.list(ctx, "orders", "order", url.Values{"display": {"[id]"}, "filter[reference]": {"[" + reference + "]"}}); err != nil {
				return err
			}
		}
		for _, u := range users {
			f.needs = append(f.needs, recordKey(ofOrders, u.get("id"), "payment-"+id))
		}
		add("payment-"+id, f, values...)
	}
	return nil
}

// account returns the customer's account, or nothing where it is gone: the
// record, and those of the addresses in it that no order uses.
func (d *prestaDesk) account(ctx context.Context, id string, may prestaRights) ([]prestaField, error) {
	a, err := d.accountOf(ctx, id)
	if err != nil || len(a.values) == 0 {
		return nil, err
	}
	key := accountKey(id)
	return []prestaField{{deskField: deskField{
		key: key, holds: plan.Account, seal: fingerprint(d.p.seal, key, a.values...),
		byHand: !may.allows("customers", "DELETE") && !may.allows("customers", "PUT"),
	}}}, nil
}

// prestaAccount is what a customer's account holds.
type prestaAccount struct {
	record *prestaNode // nil where there is none, or an anonymised one
	spare  []string    // the addresses that no order uses
	values []string
}

func (d *prestaDesk) accountOf(ctx context.Context, id string) (a prestaAccount, err error) {
	found, err := d.p.by(ctx, "customers", "customer", "id", []string{id})
	if err != nil {
		return a, err
	}
	for _, c := range found {
		if c.get("id") != id {
			return a, fmt.Errorf("%w: other customers than the one asked for", ErrAnswer)
		}
		if !prestaAnonymousCustomer(c) {
			a.record = c
			for _, f := range prestaAccountFields {
				a.values = append(a.values, f, c.get(f))
			}
		}
	}
	places, err := d.p.by(ctx, "addresses", "address", "id_customer", []string{id})
	if err != nil {
		return a, err
	}
	for _, x := range places {
		if x.get("id_customer") != id || !wholeNumber(x.get("id")) {
			return a, fmt.Errorf("%w: other addresses than those asked for", ErrAnswer)
		}
		var values []string
		for _, g := range prestaAddressGroups {
			values = append(values, prestaPersonal(x, g)...)
		}
		if len(values) == 0 {
			continue
		}
		users, err := d.usersOf(ctx, x.get("id"))
		if err != nil {
			return a, err
		}
		if len(users) == 0 {
			a.spare = append(a.spare, x.get("id"))
			a.values = append(append(a.values, x.get("id")), values...)
		}
	}
	return a, nil
}

// Erase removes one field. See EraseMany.
func (d *prestaDesk) Erase(ctx context.Context, o plan.Object) error {
	return d.EraseMany(ctx, []plan.Object{o})[0]
}

// EraseMany removes the fields given. A field that is not there any more is a
// success; one that holds something else than was listed is
// erasure.ErrChanged, one that the shop offers no way to erase erasure.ErrNoWay,
// and one that orders share which are not all given erasure.ErrElsewhere.
func (d *prestaDesk) EraseMany(ctx context.Context, os []plan.Object) []error {
	work := &prestaWork{d: d, os: os}
	work.at, work.errs = fieldsToErase(ctx, d, d.reader(), os)
	work.whole()
	work.records(ctx)
	work.accounts(ctx)
	return work.errs
}

// prestaWork is one call of EraseMany.
type prestaWork struct {
	d    *prestaDesk
	os   []plan.Object
	errs []error
	at   []prestaField // what lies at each key; without a key where nothing does
}

// whole refuses fields that are shared with what is not erased in this call.
func (w *prestaWork) whole() {
	wanted := map[string]bool{}
	for _, o := range w.os {
		if _, _, _, err := erasableKey(w.d.Name(), o, numberedRecord); err == nil {
			wanted[o.Key] = true
		}
	}
	refuse := func(shared func(prestaField) bool) {
		for i, f := range w.at {
			if f.key != "" && shared(f) {
				w.at[i], w.errs[i] = prestaField{}, w.d.fault(erasure.ErrElsewhere)
			}
		}
	}
	refuse(func(f prestaField) bool {
		return f.foreign || slices.ContainsFunc(f.needs, func(k string) bool { return !wanted[k] })
	})
	// What one order may not lose, the others that share it may not either.
	refused := map[string]bool{}
	for i, o := range w.os {
		if w.errs[i] != nil {
			refused[o.Key] = true
		}
	}
	refuse(func(f prestaField) bool {
		return slices.ContainsFunc(f.needs, func(k string) bool { return refused[k] })
	})
}

// records changes and removes the records of the orders, each record once.
func (w *prestaWork) records(ctx context.Context) {
	done := map[prestaRecord]error{}
	for i, f := range w.at {
		if f.key == "" || strings.HasPrefix(f.key, ofCustomers+"/") {
			continue
		}
		if len(f.remove) > 0 {
			w.errs[i] = w.removeAll(ctx, f.remove)
			continue
		}
		if len(f.parts) > 0 {
			w.errs[i] = w.emptyAll(ctx, f.parts)
			continue
		}
		err, known := done[f.record]
		if !known {
			change, empty := map[string]string{}, map[string]bool{}
			for _, g := range w.at {
				if g.record == f.record && g.key != "" {
					for k, v := range g.change {
						change[k] = v
					}
					empty[g.empty] = true
				}
			}
			if err = ctx.Err(); err == nil {
				err = w.d.p.rewrite(ctx, f.record, change, empty)
			}
			done[f.record] = err
		}
		if err != nil {
			w.errs[i] = w.d.fail("erase in", err)
		}
	}
}

func (w *prestaWork) removeAll(ctx context.Context, list []prestaRecord) error {
	for _, r := range list {
		if err := ctx.Err(); err != nil {
			return w.d.fail("erase in", err)
		}
		if err := w.d.p.remove(ctx, r); err != nil {
			return w.d.fail("erase in", err)
		}
	}
	return nil
}

func (w *prestaWork) emptyAll(ctx context.Context, list []prestaPart) error {
	for _, p := range list {
		if err := ctx.Err(); err != nil {
			return w.d.fail("erase in", err)
		}
		if err := w.d.p.rewrite(ctx, p.record, p.change, nil); err != nil {
			return w.d.fail("erase in", err)
		}
	}
	return nil
}

// accounts removes the accounts, after everything else: the shop removes with
// a customer all that was ever written to her, of other orders too.
func (w *prestaWork) accounts(ctx context.Context) {
	for i, f := range w.at {
		if !strings.HasPrefix(f.key, ofCustomers+"/") {
			continue
		}
		_, id, _, _ := cutKey(f.key, numberedRecord)
		if err := w.d.eraseAccount(ctx, id); err != nil {
			w.errs[i] = w.d.fail("erase in", err)
		}
	}
}

func (d *prestaDesk) eraseAccount(ctx context.Context, id string) error {
	a, err := d.accountOf(ctx, id)
	if err != nil {
		return err
	}
	for _, x := range a.spare {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.p.remove(ctx, prestaRecord{"addresses", "address", x}); err != nil {
			return err
		}
	}
	if a.record == nil {
		return nil
	}
	alone, err := d.alone(ctx, id)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	customer := prestaRecord{"customers", "customer", id}
	if alone {
		err := d.p.remove(ctx, customer)
		var said *prestaError
		if err == nil || !errors.As(err, &said) {
			return err
		}
		// The shop, or the rights of the key, do not let it go: what it says of
		// the person can still be taken out of it.
	}
	change := map[string]string{
		"lastname": prestaAnonymous, "firstname": prestaAnonymous, "email": "customer-" + id + prestaNoMail,
		"active": "0", "newsletter": "0", "optin": "0", "id_gender": "0",
	}
	for _, f := range prestaAccountFields {
		if _, set := change[f]; !set {
			change[f] = ""
		}
	}
	return d.p.rewrite(ctx, customer, change, nil)
}

// alone tells whether nothing that was written to or by the customer is left.
// Removing the customer would remove it too, and nobody has confirmed that.
func (d *prestaDesk) alone(ctx context.Context, id string) (bool, error) {
	for _, r := range []prestaRecord{{"customer_threads", "customer_thread", id}, {"messages", "message", id}} {
		list, err := d.p.list(ctx, r.resource, r.singular, url.Values{"display": {"[id]"}, "filter[id_customer]": {"[" + id + "]"}, "limit": {"1"}})
		if err != nil || len(list) > 0 {
			return false, err
		}
	}
	return true, nil
}

// remove deletes a record. One that is not there is a success.
func (p *Presta) remove(ctx context.Context, r prestaRecord) error {
	_, err := p.call(ctx, http.MethodDelete, "/"+r.resource+"/"+r.id, nil, nil)
	var said *prestaError
	if errors.As(err, &said) && said.status == http.StatusNotFound && said.code == "87" {
		return nil
	}
	return err
}

// rewrite changes fields of a record and empties the associations given. An
// order is sent with those fields only (PATCH), because to write its state back
// would be a new event in its history and a mail to the customer. Everything
// else is read, changed and written back whole (PUT): a field that is missing
// there would be emptied by the shop. A field that the shop says is read-only
// is left out.
func (p *Presta) rewrite(ctx context.Context, r prestaRecord, change map[string]string, empty map[string]bool) error {
	path := "/" + r.resource + "/" + r.id
	if r.resource == "orders" {
		n := &prestaNode{name: r.singular, kids: []*prestaNode{{name: "id", text: r.id}}}
		for k, v := range change {
			n.kids = append(n.kids, &prestaNode{name: k, text: v})
		}
		_, err := p.call(ctx, http.MethodPatch, path, nil, n)
		return err
	}
	body, err := p.call(ctx, http.MethodGet, path, nil, nil) // XML, as it is written back
	if err != nil {
		return err
	}
	root, err := parsePresta(body)
	if err != nil {
		return fmt.Errorf("GET %s: %w: %w", r.resource, ErrAnswer, err)
	}
	n := root.kid(r.singular)
	if n == nil || n.get("id") != r.id {
		return fmt.Errorf("GET %s: %w: not the record asked for", r.resource, ErrAnswer)
	}
	for k, v := range change {
		f := n.kid(k)
		if f == nil {
			continue // this version has no such field
		}
		f.text, f.kids = v, nil
	}
	var kept []*prestaNode
	for _, k := range prestaElements(n) {
		if k.name != "associations" {
			kept = append(kept, k)
			continue
		}
		// An association that is not sent stays as it is.
		var lists []*prestaNode
		for _, a := range prestaElements(k) {
			if empty[a.name] {
				lists = append(lists, &prestaNode{name: a.name})
			}
		}
		if len(lists) > 0 {
			kept = append(kept, &prestaNode{name: k.name, kids: lists})
		}
	}
	n.kids = kept
	for range 20 {
		_, err = p.call(ctx, http.MethodPut, path, nil, n)
		var said *prestaError
		if !errors.As(err, &said) || said.field == "" {
			return err
		}
		if _, meant := change[said.field]; meant {
			return fmt.Errorf("%w: %w", erasure.ErrNoWay, err)
		}
		at := slices.IndexFunc(n.kids, func(k *prestaNode) bool { return k.name == said.field && k.name != "id" })
		if at < 0 {
			return err
		}
		n.kids = slices.Delete(n.kids, at, at+1)
	}
	return err
}

var (
	_ erasure.Desk    = (*prestaDesk)(nil)
	_ erasure.Batcher = (*prestaDesk)(nil)
)
