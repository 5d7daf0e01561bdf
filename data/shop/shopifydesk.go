package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// shopifyDesk is a Shopify shop's records, field by field.
//
// The Admin API changes e-mail address, telephone number, note, attributes, tags,
// shipping address and metafields of an order. It offers no way to change the
// attributes of its lines, the billing address or the IP address of the buyer:
// these are work by hand, in Shopify's admin. There "Erase personal data" empties
// them with everything else of the customer, in every order; that is why the
// desk asks for it only when nothing else is left in any order of the customer.
type shopifyDesk struct{ s *Shopify }

// Name returns plan.DeskName of the shop.
func (d *shopifyDesk) Name() string { return plan.DeskName(d.s.name) }

// Check tells whether the API answers and shows orders.
func (d *shopifyDesk) Check(ctx context.Context) (erasure.Abilities, error) {
	_, scopes, err := d.s.counted(ctx)
	if err != nil {
		return erasure.Abilities{}, d.fail("look at", err)
	}
	says := "Shopify, Admin API " + d.s.version
	if !scopes.has("read_all_orders") {
		says += ", orders of the last 60 days only"
	}
	return erasure.Abilities{CanProve: true, Described: says}, nil
}

func (d *shopifyDesk) fail(doing string, err error) error {
	if errors.Is(err, ErrNotShopify) {
		err = fmt.Errorf("%w: %w", erasure.ErrNotThere, err)
	}
	return fmt.Errorf("%s the records of shop %s: %w", doing, d.s.name, deskError(err))
}

// shopifyField is one field of the desk.
type shopifyField struct {
	deskField
	gid    string         // of the order
	change map[string]any // what is sent to empty it (OrderInput)
	meta   *shopifyMeta
}

type shopifyMeta struct {
	ID        string `json:"-"`
	OwnerID   string `json:"ownerId"`
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
}

// Records calls yield for each personal field of the order and for the
// customer's account.
func (d *shopifyDesk) Records(ctx context.Context, o order.Order, yield func(plan.Found) error) error {
	return fieldRecords(ctx, d, d.read, o, yield)
}

// List calls yield for each field whose key begins with the prefix.
func (d *shopifyDesk) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return fieldList(ctx, d, d.read, prefix, yield)
}

func (d *shopifyDesk) read(ctx context.Context, kind, id string) (fields []shopifyField, customer string, err error) {
	switch kind {
	case ofOrders:
		return d.order(ctx, id)
	case ofCustomers:
		fields, err = d.account(ctx, id)
	default:
		// Files of the shop's library are not looked after here.
		_, _, err = d.s.counted(ctx)
	}
	return fields, "", err
}

const shopifyAddressFields = `firstName lastName company address1 address2 zip city countryCodeV2 provinceCode phone`

const shopifyRecordQuery = `query($id: ID!, $lines: String, $fields: String) {
	currentAppInstallation { accessScopes { handle } }
	order(id: $id) {
		id email phone note tags clientIp poNumber
		customer { id }
		customAttributes { key value }
		shippingAddress { ` + shopifyAddressFields + ` }
		billingAddress { ` + shopifyAddressFields + ` }
		lineItems(first: 100, after: $lines) { pageInfo { hasNextPage endCursor } nodes { id customAttributes { key value } } }
		metafields(first: 100, after: $fields) { pageInfo { hasNextPage endCursor } nodes { id namespace key type value } }
	}
}`

type shopifyPlace struct {
	shopifyMail
	ProvinceCode string
}

type shopifyRecord struct {
	ID               string
	Email            string
	Phone            string
	Note             string
	Tags             []string
	ClientIP         string `json:"clientIp"`
	PONumber         string `json:"poNumber"`
	Customer         *struct{ ID string }
	CustomAttributes []shopifyAttribute
	ShippingAddress  *shopifyPlace
	BillingAddress   *shopifyPlace
	LineItems        struct {
		PageInfo shopifyPageInfo
		Nodes    []shopifyLine
	}
	Metafields struct {
		PageInfo shopifyPageInfo
		Nodes    []struct{ ID, Namespace, Key, Type, Value string }
	}
}

// record reads an order with all its lines and metafields. It is nil where the
// shop has no such order; where the app may not see old orders, that cannot be
// told and is an error.
func (d *shopifyDesk) record(ctx context.Context, ref string) (*shopifyRecord, shopifyScopes, error) {
	var all *shopifyRecord
	vars := map[string]any{"id": "gid://shopify/Order/" + ref}
	for range 100 {
		var data struct {
			CurrentAppInstallation *shopifyApp
			Order                  *shopifyRecord
		}
		faults, err := d.s.ask(ctx, shopifyRecordQuery, vars, &data)
		if err == nil {
			err = faults.err()
		}
		if err == nil && data.CurrentAppInstallation == nil {
			err = fmt.Errorf("%w: the scopes are missing", ErrAnswer)
		}
		if err != nil {
			return nil, nil, err
		}
		scopes := data.CurrentAppInstallation.AccessScopes
		if data.Order == nil {
			if all == nil && !scopes.has("read_all_orders") {
				return nil, nil, fmt.Errorf("%w: %s", ErrAuth, shopify60Days)
			}
			return nil, scopes, nil
		}
		if id, ok := shopifyID("Order", data.Order.ID); !ok || id != ref {
			return nil, nil, fmt.Errorf("%w: another order than the one asked for", ErrAnswer)
		}
		if all == nil {
			all = data.Order
		} else {
			// A list that had ended gives its last page again: what is known is known.
			all.LineItems.Nodes = append(all.LineItems.Nodes, data.Order.LineItems.Nodes...)
			all.Metafields.Nodes = append(all.Metafields.Nodes, data.Order.Metafields.Nodes...)
		}
		l, m := data.Order.LineItems.PageInfo, data.Order.Metafields.PageInfo
		if !l.HasNextPage && !m.HasNextPage {
			return all, scopes, nil
		}
		if l.EndCursor != "" {
			vars["lines"] = l.EndCursor
		}
		if m.EndCursor != "" {
			vars["fields"] = m.EndCursor
		}
	}
	return nil, nil, fmt.Errorf("%w: the lines of an order do not end", ErrAnswer)
}

// shopifyPlain are types of metafields that cannot hold a word about a person.
func shopifyPlain(kind string) bool {
	switch strings.TrimPrefix(kind, "list.") {
	case "boolean", "number_integer", "number_decimal", "money", "rating", "weight", "volume", "dimension", "color", "date_time",
		"product_reference", "variant_reference", "collection_reference", "page_reference":
		return true
	}
	return false
}

// order returns the fields of an order, none where the shop has no such order,
// and its customer's id.
func (d *shopifyDesk) order(ctx context.Context, ref string) (fields []shopifyField, customer string, err error) {
	r, scopes, err := d.record(ctx, ref)
	if err != nil || r == nil {
		return nil, "", err
	}
	if r.Customer != nil {
		customer, _ = shopifyID("Customer", r.Customer.ID)
	}
	writes := scopes.has("write_orders")
	add := func(name string, f shopifyField, values ...string) {
		f.key, f.gid = recordKey(ofOrders, ref, name), r.ID
		f.seal = fingerprint(d.s.seal, f.key, values...)
		f.byHand = f.byHand || !writes
		fields = append(fields, f)
	}
	set := func(field string, v any) map[string]any { return map[string]any{field: v} }
	for _, f := range []struct{ name, field, value string }{{"email", "email", r.Email}, {"phone", "phone", r.Phone}, {"note", "note", r.Note}, {"po_number", "poNumber", r.PONumber}} {
		if f.value != "" {
			add(f.name, shopifyField{deskField: deskField{holds: plan.Contact}, change: set(f.field, "")}, f.value)
		}
	}
	if len(r.Tags) > 0 {
		add("tags", shopifyField{deskField: deskField{holds: plan.Contact}, change: set("tags", []string{})}, r.Tags...)
	}
	if holds, names, values := d.attributes(r.CustomAttributes); len(values) > 0 {
		add("attributes", shopifyField{deskField: deskField{holds: holds, names: names}, change: set("customAttributes", []any{})}, values...)
	}
	if a := r.ShippingAddress; a != nil {
		if v := a.values(); v != nil {
			add("shipping_address", shopifyField{deskField: deskField{holds: plan.Contact}, change: set("shippingAddress", anonymousPlace(a))}, v...)
		}
	}
	if a := r.BillingAddress; a != nil {
		if v := a.values(); v != nil {
			add("billing_address", shopifyField{deskField: deskField{holds: plan.Invoice, byHand: true}}, v...)
		}
	}
	if r.ClientIP != "" {
		add("client_ip", shopifyField{deskField: deskField{holds: plan.Contact, byHand: true}}, r.ClientIP)
	}
	seen := map[string]bool{}
	for _, l := range r.LineItems.Nodes {
		id, ok := shopifyID("LineItem", l.ID)
		if holds, names, values := d.attributes(l.CustomAttributes); ok && len(values) > 0 && !seen["l"+id] {
			seen["l"+id] = true
			add("line-"+id, shopifyField{deskField: deskField{holds: holds, names: names, byHand: true}}, values...)
		}
	}
	for _, m := range r.Metafields.Nodes {
		id, ok := shopifyID("Metafield", m.ID)
		if !ok || m.Value == "" || shopifyPlain(m.Type) || seen["m"+id] {
			continue
		}
		seen["m"+id] = true
		holds, names, _ := d.attributes([]shopifyAttribute{{Key: m.Key, Value: m.Value}})
		add("metafield-"+id, shopifyField{deskField: deskField{holds: holds, names: names}, meta: &shopifyMeta{ID: id, OwnerID: r.ID, Namespace: m.Namespace, Key: m.Key}}, m.Namespace, m.Key, m.Value)
	}
	return fields, customer, nil
}

// attributes tells what attributes hold, the photos that they name, and their
// values.
func (d *shopifyDesk) attributes(list []shopifyAttribute) (holds plan.Holds, names, values []string) {
	find := photoFinder{keys: d.s.photoMeta}
	for _, a := range list {
		if a.Value == "" {
			continue
		}
		values = append(values, a.Key, a.Value)
		if raw, err := json.Marshal(a.Value); err == nil {
			find.meta(a.Key, raw, true)
		}
	}
	if len(find.found) > 0 {
		return plan.Reference, unique(find.found), values
	}
	return plan.Contact, nil, values
}

// anonymousPlace is the address in the place of one: the country stays, which
// the tax needs.
func anonymousPlace(a *shopifyPlace) map[string]any {
	m := map[string]any{
		"firstName": "", "lastName": shopifyAnonymous, "company": "", "address1": shopifyAnonymous, "address2": "", "city": shopifyAnonymous, "zip": shopifyNoZip, "phone": "",
	}
	if a.CountryCode != "" {
		m["countryCode"] = a.CountryCode
	}
	if a.ProvinceCode != "" {
		m["provinceCode"] = a.ProvinceCode
	}
	return m
}

const shopifyCustomerQuery = `query($id: ID!) {
	currentAppInstallation { accessScopes { handle } }
	customer(id: $id) {
		id firstName lastName note tags numberOfOrders
		defaultEmailAddress { emailAddress }
		defaultPhoneNumber { phoneNumber }
		addressesV2(first: 100) { nodes { id ` + shopifyAddressFields + ` } }
		metafields(first: 100) { nodes { id namespace key type value } }
		orders(first: 100) { pageInfo { hasNextPage endCursor } nodes { id } }
	}
}`

// shopifyAccount is a customer's account.
type shopifyAccount struct {
	gid    string
	values []string
	meta   []shopifyMeta
	places []string // the ids of its addresses
	orders []string // of it that can be seen
	all    bool     // these are all of its orders
	scopes shopifyScopes
}

// accountOf reads an account. Without values there is none, or nothing in it
// says anything of a person.
func (d *shopifyDesk) accountOf(ctx context.Context, id string) (a shopifyAccount, err error) {
	var data struct {
		CurrentAppInstallation *shopifyApp
		Customer               *struct {
			ID                  string
			FirstName           string
			LastName            string
			Note                string
			Tags                []string
			NumberOfOrders      json.RawMessage
			DefaultEmailAddress *struct{ EmailAddress string }
			DefaultPhoneNumber  *struct{ PhoneNumber string }
			AddressesV2         struct {
				Nodes []struct {
					ID string
					shopifyPlace
				}
			}
			Metafields struct {
				Nodes []struct{ ID, Namespace, Key, Type, Value string }
			}
			Orders struct {
				PageInfo shopifyPageInfo
				Nodes    []struct{ ID string }
			}
		}
	}
	faults, err := d.s.ask(ctx, shopifyCustomerQuery, map[string]any{"id": "gid://shopify/Customer/" + id}, &data)
	if err == nil {
		err = faults.err()
	}
	if err == nil && data.CurrentAppInstallation == nil {
		err = fmt.Errorf("%w: the scopes are missing", ErrAnswer)
	}
	if err != nil {
		return a, err
	}
	a.scopes = data.CurrentAppInstallation.AccessScopes
	c := data.Customer
	if c == nil {
		return a, nil
	}
	if got, ok := shopifyID("Customer", c.ID); !ok || got != id {
		return a, fmt.Errorf("%w: another customer than the one asked for", ErrAnswer)
	}
	a.gid = c.ID
	add := func(name, v string) {
		if v != "" && v != shopifyAnonymous {
			a.values = append(a.values, name, v)
		}
	}
	add("first", c.FirstName)
	add("last", c.LastName)
	add("note", c.Note)
	for _, t := range c.Tags {
		add("tag", t)
	}
	if c.DefaultEmailAddress != nil {
		add("email", c.DefaultEmailAddress.EmailAddress)
	}
	if c.DefaultPhoneNumber != nil {
		add("phone", c.DefaultPhoneNumber.PhoneNumber)
	}
	for _, p := range c.AddressesV2.Nodes {
		a.places = append(a.places, p.ID)
		for _, v := range p.values() {
			add("address", v)
		}
	}
	for _, m := range c.Metafields.Nodes {
		if !shopifyPlain(m.Type) && m.Value != "" {
			add(m.Namespace+"."+m.Key, m.Value)
			a.meta = append(a.meta, shopifyMeta{OwnerID: c.ID, Namespace: m.Namespace, Key: m.Key})
		}
	}
	for _, o := range c.Orders.Nodes {
		ref, ok := shopifyID("Order", o.ID)
		if !ok {
			return a, fmt.Errorf("%w: an order of a customer has no id", ErrAnswer)
		}
		a.orders = append(a.orders, ref)
	}
	a.all = a.scopes.has("read_all_orders") && !c.Orders.PageInfo.HasNextPage && strings.Trim(string(c.NumberOfOrders), `"`) == fmt.Sprint(len(a.orders))
	return a, nil
}

func (d *shopifyDesk) account(ctx context.Context, id string) ([]shopifyField, error) {
	a, err := d.accountOf(ctx, id)
	if err != nil || len(a.values) == 0 {
		return nil, err
	}
	key := accountKey(id)
	return []shopifyField{{deskField: deskField{
		key: key, holds: plan.Account, seal: fingerprint(d.s.seal, key, a.values...),
		byHand: !a.scopes.has("write_customers") && !a.scopes.has("write_customer_data_erasure"),
	}}}, nil
}

// Erase removes one field. See EraseMany.
func (d *shopifyDesk) Erase(ctx context.Context, o plan.Object) error {
	return d.EraseMany(ctx, []plan.Object{o})[0]
}

// EraseMany removes the fields given, those of one order in one call. A field
// that is not there any more is a success; one that holds something else than
// was listed is erasure.ErrChanged, and one that the shop offers no way to erase
// erasure.ErrNoWay. A customer whose erasure was asked of Shopify is there until
// Shopify has done it: only a later listing shows it gone.
func (d *shopifyDesk) EraseMany(ctx context.Context, os []plan.Object) []error {
	at, errs := fieldsToErase(ctx, d, d.read, os)
	done := map[string]bool{}
	for i, f := range at {
		if f.key == "" || f.gid == "" || done[f.gid] {
			continue
		}
		done[f.gid] = true
		var which []int
		for j := i; j < len(at); j++ {
			if at[j].key != "" && at[j].gid == f.gid {
				which = append(which, j)
			}
		}
		d.eraseOrder(ctx, f.gid, which, at, errs)
	}
	for i, f := range at {
		if !strings.HasPrefix(f.key, ofCustomers+"/") {
			continue
		}
		_, id, _, _ := cutKey(f.key, numberedRecord)
		if err := d.eraseAccount(ctx, id); err != nil {
			errs[i] = d.fail("erase in", err)
		}
	}
	return errs
}

func (d *shopifyDesk) fault(err error) error {
	return fmt.Errorf("erase in shop %s: %w", d.s.name, err)
}

// eraseOrder empties fields of one order: all at once, and each by itself where
// the shop refuses one of them.
func (d *shopifyDesk) eraseOrder(ctx context.Context, gid string, which []int, at []shopifyField, errs []error) {
	input := map[string]any{"id": gid}
	var metas []shopifyMeta
	var set, cut []int
	for _, i := range which {
		for k, v := range at[i].change {
			input[k] = v
		}
		if at[i].meta != nil {
			metas, cut = append(metas, *at[i].meta), append(cut, i)
		} else {
			set = append(set, i)
		}
	}
	if len(set) > 0 {
		err := d.update(ctx, input)
		for _, i := range set {
			one := err
			if errors.Is(err, errShopifyRefused) && len(set) > 1 {
				single := map[string]any{"id": gid}
				for k, v := range at[i].change {
					single[k] = v
				}
				one = d.update(ctx, single)
			}
			if one != nil {
				errs[i] = d.fail("erase in", one)
			}
		}
	}
	if len(metas) > 0 {
		if err := d.cut(ctx, metas); err != nil {
			for _, i := range cut {
				errs[i] = d.fail("erase in", err)
			}
		}
	}
}

// errShopifyRefused says that the shop did not take a change.
var errShopifyRefused = fmt.Errorf("%w: the shop refuses the change", ErrAnswer)

type shopifyUserErrors []struct {
	Field []string
}

// update changes an order. A postcode that does not fit the country is left
// empty at a second try.
func (d *shopifyDesk) update(ctx context.Context, input map[string]any) error {
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		var data struct {
			OrderUpdate *struct{ UserErrors shopifyUserErrors }
		}
		faults, err := d.s.ask(ctx, `mutation($input: OrderInput!) { orderUpdate(input: $input) { order { id } userErrors { field message } } }`, map[string]any{"input": input}, &data)
		if err == nil {
			err = faults.err()
		}
		if err != nil {
			return err
		}
		if data.OrderUpdate == nil {
			return fmt.Errorf("%w: the change was not answered", ErrAnswer)
		}
		if len(data.OrderUpdate.UserErrors) == 0 {
			return nil
		}
		place, _ := input["shippingAddress"].(map[string]any)
		zip := slices.ContainsFunc(data.OrderUpdate.UserErrors, func(u struct{ Field []string }) bool { return slices.Contains(u.Field, "zip") })
		if !zip || place == nil || try > 0 {
			return errShopifyRefused
		}
		place["zip"] = ""
	}
}

// cut deletes metafields.
func (d *shopifyDesk) cut(ctx context.Context, metas []shopifyMeta) error {
	for part := range slices.Chunk(metas, 25) {
		if err := ctx.Err(); err != nil {
			return err
		}
		var data struct {
			MetafieldsDelete *struct{ UserErrors shopifyUserErrors }
		}
		faults, err := d.s.ask(ctx, `mutation($metafields: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $metafields) { deletedMetafields { key } userErrors { field message } } }`, map[string]any{"metafields": part}, &data)
		if err == nil {
			err = faults.err()
		}
		if err != nil {
			return err
		}
		if data.MetafieldsDelete == nil || len(data.MetafieldsDelete.UserErrors) > 0 {
			return errShopifyRefused
		}
	}
	return nil
}

// eraseAccount erases a customer's account: the whole of it by Shopify's own
// erasure where no order of the customer holds anything any more, else the
// account's own fields, so that no order loses what nobody has confirmed.
func (d *shopifyDesk) eraseAccount(ctx context.Context, id string) error {
	a, err := d.accountOf(ctx, id)
	if err != nil || len(a.values) == 0 {
		return err
	}
	whole := a.all && a.scopes.has("write_customer_data_erasure")
	for _, ref := range a.orders {
		if !whole {
			break
		}
		left, _, err := d.order(ctx, ref)
		if err != nil {
			return err
		}
		whole = len(left) == 0
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if whole {
		var data struct {
			Request *struct{ UserErrors shopifyUserErrors } `json:"customerRequestDataErasure"`
		}
		faults, err := d.s.ask(ctx, `mutation($customerId: ID!) { customerRequestDataErasure(customerId: $customerId) { customerId userErrors { field message code } } }`, map[string]any{"customerId": a.gid}, &data)
		if err == nil {
			err = faults.err()
		}
		if err == nil && (data.Request == nil || len(data.Request.UserErrors) > 0) {
			err = errShopifyRefused
		}
		return err
	}
	if !a.scopes.has("write_customers") {
		return erasure.ErrElsewhere
	}
	if err := d.cut(ctx, a.meta); err != nil {
		return err
	}
	for _, place := range a.places {
		if err := ctx.Err(); err != nil {
			return err
		}
		var data struct {
			CustomerAddressDelete *struct{ UserErrors shopifyUserErrors }
		}
		faults, err := d.s.ask(ctx, `mutation($customerId: ID!, $addressId: ID!) { customerAddressDelete(customerId: $customerId, addressId: $addressId) { deletedAddressId userErrors { field message } } }`,
			map[string]any{"customerId": a.gid, "addressId": place}, &data)
		if err == nil {
			err = faults.err()
		}
		if err == nil && (data.CustomerAddressDelete == nil || len(data.CustomerAddressDelete.UserErrors) > 0) {
			err = errShopifyRefused
		}
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var data struct {
		CustomerUpdate *struct{ UserErrors shopifyUserErrors }
	}
	input := map[string]any{
		"id": a.gid, "firstName": "", "lastName": shopifyAnonymous, "email": "", "phone": "", "note": "", "tags": []string{},
	}
	faults, err := d.s.ask(ctx, `mutation($input: CustomerInput!) { customerUpdate(input: $input) { customer { id } userErrors { field message } } }`, map[string]any{"input": input}, &data)
	if err == nil {
		err = faults.err()
	}
	if err == nil && (data.CustomerUpdate == nil || len(data.CustomerUpdate.UserErrors) > 0) {
		err = errShopifyRefused
	}
	return err
}

var (
	_ erasure.Desk    = (*shopifyDesk)(nil)
	_ erasure.Batcher = (*shopifyDesk)(nil)
)
