package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// ErrLeftOpen means that an order had to be opened for a change and that the
// shop refused to close it again.
var ErrLeftOpen = errors.New("the order was left open for changes in the shop")

// vendureDesk erases in the records of a Vendure shop.
//
// What the Admin API offers, as measured on 3.7.3:
//   - notes of an order are deleted, custom fields of an order are emptied, in
//     any state;
//   - addresses of an order and custom fields of its lines are changed only
//     while the order is in the state Modifying. An order that is delivered or
//     cancelled cannot get there, so these are left for a person to do. The
//     calls for draft orders would change them in any state, but they work the
//     prices and taxes of the order out again as they are today: an invoice
//     would no longer be what was paid, so they are never used;
//   - while an order is being modified, its lines are priced anew too. So each
//     change is tried first without being made (dryRun), and is not made where
//     a total, a price or a tax would differ (ErrTaxes);
//   - deleting a customer hides the record only: each order still shows name,
//     e-mail address and phone. So they are emptied before;
//   - deleting an address writes its text once more into the customer's
//     history, which no call can erase. So it is emptied before. What the
//     history already holds, the text of payments, the tracking numbers and the
//     reasons of cancellations can be erased by no call.
type vendureDesk struct{ v *Vendure }

// Desk returns the shop's records as something that can be erased, field by
// field.
func (v *Vendure) Desk() erasure.Desk { return &vendureDesk{v} }

// Name returns the name under which the records stand beside the storages.
func (d *vendureDesk) Name() string { return plan.DeskName(d.v.name) }

// Check tells whether the account may do what erasing takes. Errors: those of
// Vendure.Check, with erasure.ErrDenied where a permission is missing and
// erasure.ErrOffline where the shop does not answer.
func (d *vendureDesk) Check(ctx context.Context) (erasure.Abilities, error) {
	var said struct {
		Me *struct {
			Channels []struct{ Permissions []string }
		}
	}
	if err := d.v.ask(withoutWaiting(ctx), `{me{channels{permissions}}}`, nil, &said); err != nil {
		return erasure.Abilities{}, d.wrap("ask", err)
	}
	var may, missing []string
	if said.Me != nil {
		for _, c := range said.Me.Channels {
			may = append(may, c.Permissions...)
		}
	}
	for _, need := range []string{"ReadOrder", "UpdateOrder", "ReadCustomer", "UpdateCustomer", "DeleteCustomer"} {
		if !slices.Contains(may, need) && !slices.Contains(may, "SuperAdmin") {
			missing = append(missing, need)
		}
	}
	if len(missing) > 0 {
		return erasure.Abilities{}, fmt.Errorf("ask shop %s: %w: the account has no permission %s", d.v.name, erasure.ErrDenied, strings.Join(missing, ", "))
	}
	return erasure.Abilities{CanProve: true, Described: "Vendure, records of orders and customers"}, nil
}

func (d *vendureDesk) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s records of shop %s: %w", doing, d.v.name, deskError(err))
}

// The ways in which a field is erased.
type vendureWay int

const (
	byNoWay    vendureWay = iota
	byCustom              // setOrderCustomFields
	byNote                // deleteOrderNote
	byShipping            // modifyOrder
	byBilling             // modifyOrder
	byLine                // modifyOrder
)

// vendureField is one personal field of an order.
type vendureField struct {
	name   string // the last part of its key
	holds  plan.Holds
	way    vendureWay
	id     string // of the note or the line
	api    string // the API's name of the field
	custom bool   // api is a custom field
	values []string
	names  []string // the references to photos that it holds
}

// vendureRecord is an order with all that a desk looks at.
type vendureRecord struct {
	vendureOrder
	NextStates []string `json:"nextStates"`
	Payments   []struct {
		ID       string          `json:"id"`
		Metadata json.RawMessage `json:"metadata"`
	} `json:"payments"`
	Modifications []struct{ ID, Note string } `json:"modifications"`
	History       vendureHistory              `json:"history"`
	Whose         *struct {
		History vendureHistory `json:"history"`
	} `json:"whose"`
}

type vendureHistory struct {
	TotalItems int `json:"totalItems"`
	Items      []struct {
		ID   string         `json:"id"`
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	} `json:"items"`
}

const vendureHistoryFields = `history(options:{take:1000}){totalItems items{id type data}}`

// load asks for an order; nil means that the shop has none of that id.
func (d *vendureDesk) load(ctx context.Context, ref string) (*vendureRecord, *vendureCustom, error) {
	custom, err := d.v.customFields(ctx)
	if err != nil {
		return nil, nil, err
	}
	var said struct {
		Order *vendureRecord `json:"order"`
	}
	err = d.v.ask(ctx, `query($id:ID!){order(id:$id){`+vendureOrderFields(custom)+` nextStates payments{id metadata} modifications{id note} `+
		vendureHistoryFields+` whose:customer{`+vendureHistoryFields+`}}}`, map[string]any{"id": ref}, &said)
	if errors.Is(err, errVendureGone) || err == nil && said.Order == nil {
		return nil, custom, nil
	}
	if err != nil {
		return nil, nil, err
	}
	r := said.Order
	if r.ID != ref {
		return nil, nil, fmt.Errorf("%w: another order than the one asked for", ErrAnswer)
	}
	if r.History.TotalItems > len(r.History.Items) || r.Whose != nil && r.Whose.History.TotalItems > len(r.Whose.History.Items) {
		return nil, nil, fmt.Errorf("%w: a longer history than can be looked through", ErrAnswer)
	}
	return r, custom, nil
}

// open tells whether the order can be modified.
func (r *vendureRecord) open() bool {
	return r.State == "Modifying" || slices.Contains(r.NextStates, "Modifying")
}

// fields lists the personal fields of an order that are not empty.
func (d *vendureDesk) fields(r *vendureRecord, custom *vendureCustom) []vendureField {
	var out []vendureField
	add := func(f vendureField) {
		f.values = slices.DeleteFunc(f.values, func(s string) bool { return strings.TrimSpace(s) == "" })
		if len(f.values) > 0 && (f.id == "" || vendureID(f.id)) {
			out = append(out, f)
		}
	}
	way := func(w vendureWay, fixed bool) vendureWay {
		if fixed || w != byCustom && !r.open() {
			return byNoWay
		}
		return w
	}
	address := func(a *vendureAddress, prefix string, w vendureWay, invoice bool) {
		for _, p := range a.parts() {
			holds := plan.Contact
			if invoice && p.name != "phoneNumber" {
				holds = plan.Invoice
			}
			add(vendureField{name: prefix + p.name, holds: holds, way: way(w, false), api: p.name, values: []string{p.value}})
		}
		for _, c := range custom.address {
			add(vendureField{name: prefix + "custom_" + c.name, holds: plan.Contact, way: way(w, c.fixed), api: c.name, custom: true, values: texts(a.CustomFields[c.name])})
		}
	}
	// Without an address of its own, the invoice went where the parcel went.
	address(&r.ShippingAddress, "shipping_", byShipping, r.BillingAddress.empty())
	address(&r.BillingAddress, "billing_", byBilling, true)
	for _, c := range custom.order {
		f := vendureField{name: "custom_" + c.name, way: way(byCustom, c.fixed), api: c.name, custom: true, values: texts(r.CustomFields[c.name])}
		f.holds, f.names = d.holding(c.name, r.CustomFields[c.name], false)
		add(f)
	}
	for _, l := range r.Lines {
		for _, c := range custom.line {
			// A line of which everything was cancelled cannot be changed.
			f := vendureField{name: "line-" + l.ID + "_" + c.name, way: way(byLine, c.fixed || l.Quantity < 1),
				id: l.ID, api: c.name, custom: true, values: texts(l.CustomFields[c.name])}
			f.holds, f.names = d.holding(c.name, l.CustomFields[c.name], true)
			add(f)
		}
	}
	for _, h := range r.History.Items {
		switch {
		case h.Type == "ORDER_NOTE":
			add(vendureField{name: "note-" + h.ID, holds: plan.Contact, way: byNote, id: h.ID, values: words(h.Data)})
		case slices.Contains(vendureSilent, h.Type):
		default:
			add(vendureField{name: "history-" + h.ID, holds: plan.Contact, id: h.ID, values: words(h.Data)})
		}
	}
	for _, p := range r.Payments {
		add(vendureField{name: "payment-" + p.ID, holds: plan.Contact, id: p.ID, values: texts(p.Metadata)})
	}
	for _, m := range r.Modifications {
		add(vendureField{name: "modification-" + m.ID, holds: plan.Contact, id: m.ID, values: []string{m.Note}})
	}
	for _, f := range r.Fulfillments {
		add(vendureField{name: "tracking-" + f.ID, holds: plan.Contact, id: f.ID, values: []string{f.TrackingCode}})
	}
	if r.Whose != nil && r.Customer != nil {
		for _, h := range r.Whose.History.Items {
			// A note goes with the account; it cannot be reached without.
			if h.Type == "CUSTOMER_NOTE" || !strings.HasPrefix(h.Type, "CUSTOMER_") {
				continue
			}
			if v := words(h.Data); personalHistory(h.Type, v, vendureNobody(r.Customer.ID)) {
				add(vendureField{name: "customer_history-" + h.ID, holds: plan.Contact, id: h.ID, values: v})
			}
		}
	}
	return out
}

// vendureSilent are the entries of an order's history that hold nothing but
// states and ids.
var vendureSilent = []string{"ORDER_STATE_TRANSITION", "ORDER_PAYMENT_TRANSITION", "ORDER_FULFILLMENT", "ORDER_FULFILLMENT_TRANSITION",
	"ORDER_REFUND_TRANSITION", "ORDER_MODIFIED", "ORDER_COUPON_APPLIED", "ORDER_COUPON_REMOVED", "ORDER_CURRENCY_UPDATED"}

// personalHistory tells whether an entry of a customer's history holds texts of
// a person. What emptying an account writes there itself does not: blanks, the
// name of a country behind a comma, the address that stands in.
func personalHistory(kind string, values []string, nobody string) bool {
	switch kind {
	case "CUSTOMER_REGISTERED", "CUSTOMER_VERIFIED", "CUSTOMER_ADDED_TO_GROUP", "CUSTOMER_REMOVED_FROM_GROUP",
		"CUSTOMER_PASSWORD_UPDATED", "CUSTOMER_PASSWORD_RESET_REQUESTED", "CUSTOMER_PASSWORD_RESET_VERIFIED":
		return false
	}
	return slices.ContainsFunc(values, func(s string) bool {
		s = strings.TrimSpace(s)
		return s != "" && s != nobody && !strings.HasPrefix(s, ", ") && len(s) != 2
	})
}

// holding tells what a custom field holds, and the photos that it names.
func (d *vendureDesk) holding(name string, value json.RawMessage, ofItem bool) (plan.Holds, []string) {
	f := photoFinder{keys: d.v.photoMeta}
	f.meta(name, value, ofItem)
	if len(f.found) > 0 {
		return plan.Reference, unique(f.found)
	}
	return plan.Contact, nil
}

// texts are the strings within a value, in a fixed order.
func texts(raw json.RawMessage) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return gather(nil, v, 0)
}

func words(data map[string]any) []string { return gather(nil, data, 0) }

func gather(out []string, v any, depth int) []string {
	if depth > 8 || len(out) > maxPhotos {
		return out
	}
	switch v := v.(type) {
	case string:
		return append(out, v)
	case []any:
		for _, e := range v {
			out = gather(out, e, depth+1)
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			out = gather(out, v[k], depth+1)
		}
	}
	return out
}

func (d *vendureDesk) object(key string, values []string) plan.Object {
	n := 0
	for _, s := range values {
		n += len(s)
	}
	return plan.Object{Storage: d.Name(), Key: key, Kind: plan.Field, SizeBytes: int64(n), Fingerprint: fingerprint(d.v.seal, key, values...)}
}

// vendureAccount is a customer's record.
type vendureAccount struct {
	vendureCustomer
	Addresses []struct {
		ID string `json:"id"`
		vendureAddress
	} `json:"addresses"`
	History vendureHistory `json:"history"`
}

// account asks for a customer; nil means that the shop has none of that id, or
// has hidden it.
func (d *vendureDesk) account(ctx context.Context, id string) (*vendureAccount, *vendureCustom, error) {
	custom, err := d.v.customFields(ctx)
	if err != nil {
		return nil, nil, err
	}
	var said struct {
		Customer *vendureAccount `json:"customer"`
	}
	err = d.v.ask(ctx, `query($id:ID!){customer(id:$id){id title firstName lastName emailAddress phoneNumber`+selection(custom.customer)+
		` addresses{id `+vendureAddressTexts+selection(custom.address)+`} `+vendureHistoryFields+`}}`, map[string]any{"id": id}, &said)
	if errors.Is(err, errVendureGone) {
		return nil, custom, nil
	}
	if err == nil && said.Customer != nil && said.Customer.ID != id {
		err = fmt.Errorf("%w: another customer than the one asked for", ErrAnswer)
	}
	return said.Customer, custom, err
}

// values are what the account's fingerprint is made of.
func (a *vendureAccount) values(custom *vendureCustom) []string {
	out := []string{a.Title, a.FirstName, a.LastName, a.EmailAddress, a.PhoneNumber}
	for _, c := range custom.customer {
		out = append(out, texts(a.CustomFields[c.name])...)
	}
	for _, at := range a.Addresses {
		out = append(out, at.ID)
		for _, p := range at.parts() {
			out = append(out, p.value)
		}
		for _, c := range custom.address {
			out = append(out, texts(at.CustomFields[c.name])...)
		}
	}
	return out
}

// Records calls yield for the personal fields of an order and the account of
// its customer. See plan.Desk. Errors: those of Vendure.Check with the
// sentinels of app/erasure added, and the one that yield returned.
func (d *vendureDesk) Records(ctx context.Context, o order.Order, yield func(plan.Found) error) error {
	if !vendureID(o.Ref) {
		return d.wrap("look at", plan.ErrBadPrefix)
	}
	r, custom, err := d.load(ctx, o.Ref)
	if err != nil {
		return d.wrap("look at", err)
	}
	account := o.Account
	if r != nil {
		for _, f := range d.fields(r, custom) {
			if err := yield(plan.Found{Object: d.object(recordKey(ofOrders, o.Ref, f.name), f.values), Holds: f.holds, Order: o.ID, Number: o.Number, ByHand: f.way == byNoWay, Names: strings.Join(f.names, "\n")}); err != nil {
				return err
			}
		}
		if r.Customer != nil {
			account = r.Customer.ID
		}
	}
	if !vendureID(account) {
		return nil
	}
	a, custom, err := d.account(ctx, account)
	if err != nil {
		return d.wrap("look at", err)
	}
	if a != nil {
		return yield(plan.Found{Object: d.object(accountKey(account), a.values(custom)), Holds: plan.Account, Order: o.ID, Number: o.Number})
	}
	if r != nil && r.Customer != nil && !r.Customer.erased() {
		// Somebody deleted the account: that hid it, and each order still
		// shows what it said.
		c := r.Customer
		return yield(plan.Found{Object: d.object(recordKey(ofOrders, o.Ref, "customer"), []string{c.FirstName, c.LastName, c.EmailAddress, c.PhoneNumber}), Holds: plan.Contact, Order: o.ID, Number: o.Number, ByHand: true})
	}
	return nil
}

// List calls yield for the fields below a prefix. See plan.Desk. Errors:
// plan.ErrBadPrefix, those of Vendure.Check with the sentinels of app/erasure
// added, and the one that yield returned.
func (d *vendureDesk) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	kind, id, field, err := cutKey(prefix, vendureRecordID)
	if err != nil {
		return d.wrap("list", err)
	}
	hand := func(o plan.Object) error {
		if !strings.HasPrefix(o.Key, prefix) {
			return nil
		}
		return yield(o)
	}
	switch kind {
	case ofOrders:
		r, custom, err := d.load(ctx, id)
		if err != nil {
			return d.wrap("list", err)
		}
		if r == nil {
			return nil
		}
		for _, f := range d.fields(r, custom) {
			if err := hand(d.object(recordKey(ofOrders, id, f.name), f.values)); err != nil {
				return err
			}
		}
		if c := r.Customer; c != nil && !c.erased() && vendureID(c.ID) && strings.HasPrefix("customer", field) {
			a, _, err := d.account(ctx, c.ID)
			if err != nil {
				return d.wrap("list", err)
			}
			if a == nil {
				return hand(d.object(recordKey(ofOrders, id, "customer"), []string{c.FirstName, c.LastName, c.EmailAddress, c.PhoneNumber}))
			}
		}
		return nil
	case ofCustomers:
		a, custom, err := d.account(ctx, id)
		if err != nil {
			return d.wrap("list", err)
		}
		if a == nil {
			return nil
		}
		return hand(d.object(accountKey(id), a.values(custom)))
	}
	return nil // an order's references name no files that the desk erases
}

func vendureRecordID(_, id string) bool { return vendureID(id) }

// Erase empties one field. See EraseMany.
func (d *vendureDesk) Erase(ctx context.Context, o plan.Object) error {
	return d.EraseMany(ctx, []plan.Object{o})[0]
}

// EraseMany empties fields, those of one order in as few calls as possible. An
// order is opened for changes at most once and closed again. Errors:
// erasure.ErrChanged for what is no longer what was listed, erasure.ErrNoWay,
// ErrTaxes, ErrLeftOpen, plan.ErrBadPrefix for what is no field,
// erasure.ErrUnknownStorage for what is none of this shop, those of Vendure.Check with the sentinels of app/erasure added.
func (d *vendureDesk) EraseMany(ctx context.Context, os []plan.Object) []error {
	errs := make([]error, len(os))
	orders := map[string][]int{}
	var refs []string
	for i, o := range os {
		kind, id, field, err := erasableKey(d.Name(), o, vendureRecordID)
		switch {
		case err != nil:
			errs[i] = d.wrap("erase", err)
		case kind == ofOrders:
			if orders[id] == nil {
				refs = append(refs, id)
			}
			orders[id] = append(orders[id], i)
		case kind == ofCustomers && field == "account":
			errs[i] = d.wrap("erase", d.eraseAccount(ctx, id, o))
		default:
			errs[i] = d.wrap("erase", plan.ErrBadPrefix)
		}
	}
	for _, ref := range refs {
		d.eraseOrder(ctx, ref, os, orders[ref], errs)
	}
	return errs
}

// eraseOrder empties the fields os[i] of one order, for i of at.
func (d *vendureDesk) eraseOrder(ctx context.Context, ref string, os []plan.Object, at []int, errs []error) {
	r, custom, err := d.load(ctx, ref)
	if err != nil {
		for _, i := range at {
			errs[i] = d.wrap("erase", err)
		}
		return
	}
	if r == nil {
		return // the order is gone, and its fields with it
	}
	byName := map[string]vendureField{}
	for _, f := range d.fields(r, custom) {
		byName[f.name] = f
	}
	todo := map[vendureWay][]int{}
	for _, i := range at {
		name := os[i].Key[strings.LastIndexByte(os[i].Key, '/')+1:]
		f, there := byName[name]
		switch {
		case name == "customer":
			errs[i] = d.wrap("erase", erasure.ErrNoWay)
		case !there:
		case fingerprint(d.v.seal, os[i].Key, f.values...) != os[i].Fingerprint:
			errs[i] = d.wrap("erase", erasure.ErrChanged)
		case f.way == byNoWay:
			errs[i] = d.wrap("erase", erasure.ErrNoWay)
		default:
			todo[f.way] = append(todo[f.way], i)
		}
	}
	field := func(i int) vendureField { return byName[os[i].Key[strings.LastIndexByte(os[i].Key, '/')+1:]] }
	fail := func(list []int, err error) {
		for _, i := range list {
			errs[i] = d.wrap("erase", err)
		}
	}
	for _, i := range todo[byNote] {
		fail([]int{i}, d.deleteNote(ctx, `mutation($id:ID!){r:deleteOrderNote(id:$id){result}}`, field(i).id))
	}
	if list := todo[byCustom]; len(list) > 0 {
		empty := map[string]any{}
		for _, i := range list {
			empty[field(i).api] = nil
		}
		var said any
		fail(list, d.v.ask(ctx, `mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}`, map[string]any{"i": map[string]any{"id": ref, "customFields": empty}}, &said))
	}

	addresses, lines := map[string]any{}, map[string]map[string]any{}
	for w, part := range map[vendureWay]string{byShipping: "updateShippingAddress", byBilling: "updateBillingAddress"} {
		plain, own := map[string]any{}, map[string]any{}
		for _, i := range todo[w] {
			if f := field(i); f.custom {
				own[f.api] = nil
			} else {
				plain[f.api] = nil
			}
		}
		if len(own) > 0 {
			plain["customFields"] = own
		}
		if len(plain) > 0 {
			addresses[part] = plain
		}
	}
	for _, i := range todo[byLine] {
		f := field(i)
		if lines[f.id] == nil {
			lines[f.id] = map[string]any{}
		}
		lines[f.id][f.api] = nil
	}
	if len(addresses)+len(lines) == 0 {
		return
	}
	ofAddress := append(slices.Clone(todo[byShipping]), todo[byBilling]...)
	all := append(slices.Clone(ofAddress), todo[byLine]...)
	back, err := d.openOrder(ctx, r)
	if err != nil {
		fail(all, err)
		return
	}
	if len(addresses) > 0 {
		fail(ofAddress, d.modify(ctx, ref, addresses))
	}
	if len(lines) > 0 {
		var change []any
		for _, l := range r.Lines {
			if own := lines[l.ID]; own != nil {
				change = append(change, map[string]any{"orderLineId": l.ID, "quantity": l.Quantity, "customFields": own})
			}
		}
		fail(todo[byLine], d.modify(ctx, ref, map[string]any{"adjustOrderLines": change}))
	}
	// The order is closed again even where the work was cancelled meanwhile.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := d.moveTo(closing, ref, back); err != nil {
		fail(all, fmt.Errorf("%w: %w", ErrLeftOpen, err))
	}
}

// deleteNote deletes a note. One that is no longer there is no error: the
// listing that follows tells.
func (d *vendureDesk) deleteNote(ctx context.Context, mutation, id string) error {
	var said struct{ R struct{ Result string } }
	err := d.v.ask(ctx, mutation, map[string]any{"id": id}, &said)
	if errors.Is(err, errVendureGone) {
		return nil
	}
	return err
}

// openOrder makes an order one that can be modified and returns the state to
// which it has to go back. An order that is being modified already was left so
// by a run that was killed, or is open on somebody's screen.
func (d *vendureDesk) openOrder(ctx context.Context, r *vendureRecord) (back string, err error) {
	if r.State != "Modifying" {
		return r.State, d.moveTo(ctx, r.ID, "Modifying")
	}
	for _, h := range slices.Backward(r.History.Items) {
		if from, _ := h.Data["from"].(string); h.Type == "ORDER_STATE_TRANSITION" && h.Data["to"] == "Modifying" && from != "" {
			return from, nil
		}
	}
	return "", fmt.Errorf("%w: no state to go back to", erasure.ErrNoWay)
}

// moveTo moves an order to a state; being there already is success.
func (d *vendureDesk) moveTo(ctx context.Context, ref, state string) error {
	var said struct {
		R *struct {
			vendureResult
			State string `json:"state"`
		} `json:"r"`
	}
	if err := d.v.ask(ctx, `mutation($id:ID!,$s:String!){r:transitionOrderToState(id:$id,state:$s){__typename ... on Order{state} ... on ErrorResult{errorCode}}}`,
		map[string]any{"id": ref, "s": state}, &said); err != nil {
		return err
	}
	if said.R != nil && said.R.State == state {
		return nil
	}
	// A request that was sent twice finds the order where it should be.
	var now struct{ Order *struct{ State string } }
	if err := d.v.ask(ctx, `query($id:ID!){order(id:$id){state}}`, map[string]any{"id": ref}, &now); err != nil {
		return err
	}
	if now.Order != nil && now.Order.State == state {
		return nil
	}
	return fmt.Errorf("%w: the order cannot be moved to another state", erasure.ErrNoWay)
}

// vendureFigures are what an erasure must leave as it is.
type vendureFigures struct {
	TotalWithTax, Total, ShippingWithTax json.Number
	TaxSummary                           []struct{ TaxRate, TaxBase, TaxTotal json.Number }
	Lines                                []vendureLineFigures
}

type vendureLineFigures struct {
	ID                                                              string
	Quantity, LinePrice, LinePriceWithTax, ProratedLinePriceWithTax json.Number
}

const vendureFigureFields = `totalWithTax total shippingWithTax taxSummary{taxRate taxBase taxTotal} lines{id quantity linePrice linePriceWithTax proratedLinePriceWithTax}`

// same tells whether two orders come to the same.
func (f vendureFigures) same(g vendureFigures) bool {
	text := func(f vendureFigures) string {
		slices.SortFunc(f.Lines, func(a, b vendureLineFigures) int { return strings.Compare(a.ID, b.ID) })
		b, err := json.Marshal(f)
		if err != nil {
			return ""
		}
		return string(b)
	}
	a := text(f)
	return a != "" && a == text(g)
}

// modify makes a change of an open order, where it would change nothing that
// the invoice says.
func (d *vendureDesk) modify(ctx context.Context, ref string, change map[string]any) error {
	var before struct{ Order *vendureFigures }
	if err := d.v.ask(ctx, `query($id:ID!){order(id:$id){`+vendureFigureFields+`}}`, map[string]any{"id": ref}, &before); err != nil {
		return err
	}
	if before.Order == nil {
		return nil
	}
	for _, dry := range []bool{true, false} {
		input := map[string]any{"dryRun": dry, "orderId": ref, "options": map[string]any{"freezePromotions": true, "recalculateShipping": false}}
		for k, v := range change {
			input[k] = v
		}
		var said struct {
			R struct {
				vendureResult
				vendureFigures
			} `json:"r"`
		}
		if err := d.v.ask(ctx, `mutation($i:ModifyOrderInput!){r:modifyOrder(input:$i){__typename ... on Order{`+vendureFigureFields+`} ... on ErrorResult{errorCode}}}`,
			map[string]any{"i": input}, &said); err != nil {
			return err
		}
		if said.R.Typename != "Order" {
			return fmt.Errorf("%w: %s", ErrAnswer, plainCode(said.R.ErrorCode))
		}
		if dry && !before.Order.same(said.R.vendureFigures) {
			return ErrTaxes
		}
	}
	return nil
}

// eraseAccount empties a customer's record, so that the orders show nothing of
// it, and then deletes it.
func (d *vendureDesk) eraseAccount(ctx context.Context, id string, o plan.Object) error {
	a, custom, err := d.account(ctx, id)
	if err != nil || a == nil {
		return err
	}
	// A record that a killed run has emptied and not deleted goes on from there.
	if !a.erased() && fingerprint(d.v.seal, o.Key, a.values(custom)...) != o.Fingerprint {
		return erasure.ErrChanged
	}
	if a.History.TotalItems > len(a.History.Items) {
		return fmt.Errorf("%w: a longer history than can be looked through", ErrAnswer)
	}
	input := map[string]any{"id": id, "title": "", "firstName": "", "lastName": "", "phoneNumber": "", "emailAddress": vendureNobody(id)}
	if own := emptied(custom.customer); len(own) > 0 {
		input["customFields"] = own
	}
	var said struct {
		R vendureResult `json:"r"`
	}
	if err := d.v.ask(ctx, `mutation($i:UpdateCustomerInput!){r:updateCustomer(input:$i){__typename ... on ErrorResult{errorCode}}}`, map[string]any{"i": input}, &said); err != nil {
		return err
	}
	if said.R.Typename != "Customer" {
		return fmt.Errorf("%w: %s", ErrAnswer, plainCode(said.R.ErrorCode))
	}
	for _, h := range a.History.Items {
		if h.Type == "CUSTOMER_NOTE" {
			if err := d.deleteNote(ctx, `mutation($id:ID!){r:deleteCustomerNote(id:$id){result}}`, h.ID); err != nil {
				return err
			}
		}
	}
	for _, at := range a.Addresses {
		input := map[string]any{"id": at.ID}
		for _, p := range at.parts() {
			input[p.name] = ""
		}
		if own := emptied(custom.address); len(own) > 0 {
			input["customFields"] = own
		}
		var done any
		if err := d.v.ask(ctx, `mutation($i:UpdateAddressInput!){updateCustomerAddress(input:$i){id}}`, map[string]any{"i": input}, &done); err != nil && !errors.Is(err, errVendureGone) {
			return err
		}
		if err := d.v.ask(ctx, `mutation($id:ID!){deleteCustomerAddress(id:$id){success}}`, map[string]any{"id": at.ID}, &done); err != nil && !errors.Is(err, errVendureGone) {
			return err
		}
	}
	var gone struct{ R struct{ Result string } }
	if err := d.v.ask(ctx, `mutation($id:ID!){r:deleteCustomer(id:$id){result}}`, map[string]any{"id": id}, &gone); err != nil && !errors.Is(err, errVendureGone) {
		return err
	}
	return nil
}

// emptied maps the custom fields that can be emptied to nothing.
func emptied(fields []vendureCustomField) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if f.text && !f.fixed {
			out[f.name] = nil
		}
	}
	return out
}
