package shop

import (
	"context"
	"fmt"
	"strings"

	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

var (
	_ effects.Amender  = (*shopifyDesk)(nil)
	_ effects.OptOuter = (*shopifyDesk)(nil)
)

// shopifyAmendPlace are the parts of an address that can be put right, by the
// names of MailingAddressInput. The country stays: it decides on the taxes.
var shopifyAmendPlace = []string{"firstName", "lastName", "company", "address1", "address2", "zip", "city", "phone"}

func (p *shopifyPlace) part(name string) string {
	return map[string]string{"firstName": p.FirstName, "lastName": p.LastName, "company": p.Company, "address1": p.Address1, "address2": p.Address2,
		"zip": p.Zip, "city": p.City, "phone": p.Phone}[name]
}

const shopifyAmendQuery = `query($id: ID!) {
	currentAppInstallation { accessScopes { handle } }
	order(id: $id) {
		id email phone
		customer { id firstName lastName defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
		shippingAddress { ` + shopifyAddressFields + ` }
		billingAddress { ` + shopifyAddressFields + ` }
	}
}`

// shopifyAmendable is what of an order can be put right.
type shopifyAmendable struct {
	ID       string
	Email    string
	Phone    string
	Customer *struct {
		ID                  string
		FirstName           string
		LastName            string
		DefaultEmailAddress *struct{ EmailAddress string }
		DefaultPhoneNumber  *struct{ PhoneNumber string }
	}
	ShippingAddress *shopifyPlace
	BillingAddress  *shopifyPlace
}

func (d *shopifyDesk) amendable(ctx context.Context, ref string) (*shopifyAmendable, shopifyScopes, error) {
	if !wholeNumber(ref) {
		return nil, nil, plan.ErrBadPrefix
	}
	var data struct {
		CurrentAppInstallation *shopifyApp
		Order                  *shopifyAmendable
	}
	faults, err := d.s.ask(ctx, shopifyAmendQuery, map[string]any{"id": "gid://shopify/Order/" + ref}, &data)
	if err == nil {
		err = faults.err()
	}
	if err == nil && data.CurrentAppInstallation == nil {
		err = fmt.Errorf("%w: the scopes are missing", ErrAnswer)
	}
	if err != nil {
		return nil, nil, err
	}
	if data.Order != nil {
		if id, ok := shopifyID("Order", data.Order.ID); !ok || id != ref {
			return nil, nil, fmt.Errorf("%w: another order than the one asked for", ErrAnswer)
		}
	}
	return data.Order, data.CurrentAppInstallation.AccessScopes, nil
}

// Fields returns e-mail address, telephone number and addresses of an order, and
// the names, address and number of its customer. The Admin API offers no way to
// change a billing address: it is ByHand.
func (d *shopifyDesk) Fields(ctx context.Context, o order.Order) ([]effects.Field, error) {
	r, scopes, err := d.amendable(ctx, o.Ref)
	if err != nil {
		return nil, d.fail("correct", err)
	}
	if r == nil {
		return nil, nil
	}
	var out []effects.Field
	add := func(f effects.Field, kind, id, name, scope string) {
		f.Key, f.ByHand = recordKey(kind, id, name), f.ByHand || !scopes.has(scope)
		out = append(out, f)
	}
	add(effects.Field{Value: r.Email}, ofOrders, o.Ref, "email", "write_orders")
	add(effects.Field{Value: r.Phone}, ofOrders, o.Ref, "phone", "write_orders")
	for _, side := range []struct {
		name  string
		place *shopifyPlace
		hand  bool
	}{{"shippingAddress", r.ShippingAddress, false}, {"billingAddress", r.BillingAddress, true}} {
		if side.place == nil {
			continue
		}
		for _, name := range shopifyAmendPlace {
			add(effects.Field{Value: side.place.part(name), ByHand: side.hand, Invoice: side.hand && name != "phone"}, ofOrders, o.Ref, side.name+"."+name, "write_orders")
		}
	}
	if c := r.Customer; c != nil {
		id, ok := shopifyID("Customer", c.ID)
		if !ok {
			return out, nil
		}
		email, phone := "", ""
		if c.DefaultEmailAddress != nil {
			email = c.DefaultEmailAddress.EmailAddress
		}
		if c.DefaultPhoneNumber != nil {
			phone = c.DefaultPhoneNumber.PhoneNumber
		}
		for _, f := range []struct{ name, value string }{{"firstName", c.FirstName}, {"lastName", c.LastName}, {"email", email}, {"phone", phone}} {
			add(effects.Field{Value: f.value}, ofCustomers, id, f.name, "write_customers")
		}
	}
	return out, nil
}

// Amend writes one field of Fields and reads it back. An address is sent whole,
// as it is but for the one part. effects.ErrValue where the shop refuses the
// text; ErrKept where it took the change and did not make it.
func (d *shopifyDesk) Amend(ctx context.Context, o order.Order, key, old, new string) error {
	value := func() (string, error) {
		fields, err := d.Fields(ctx, o)
		if err != nil {
			return "", err
		}
		return fieldValue(fields, key, func(err error) error { return d.fail("correct", err) })
	}
	now, err := value()
	switch {
	case err != nil:
		return err
	case now == new:
		return nil
	case now != old:
		return d.fail("correct", erasure.ErrChanged)
	}
	kind, id, field, _ := cutKey(key, numberedRecord)
	mutation, input := `mutation($input: CustomerInput!) { customerUpdate(input: $input) { customer { id } userErrors { field message } } }`,
		map[string]any{"id": "gid://shopify/Customer/" + id, field: new}
	if kind == ofOrders {
		mutation = `mutation($input: OrderInput!) { orderUpdate(input: $input) { order { id } userErrors { field message } } }`
		input = map[string]any{"id": "gid://shopify/Order/" + id, field: new}
		if _, part, ok := strings.Cut(field, "."); ok {
			r, _, err := d.amendable(ctx, id)
			if err != nil {
				return d.fail("correct", err)
			}
			if r == nil || r.ShippingAddress == nil || r.ShippingAddress.part(part) != old {
				return d.fail("correct", erasure.ErrChanged)
			}
			place := map[string]any{}
			for _, name := range shopifyAmendPlace {
				place[name] = r.ShippingAddress.part(name)
			}
			place[part] = new
			if c := r.ShippingAddress.CountryCode; c != "" {
				place["countryCode"] = c
			}
			if c := r.ShippingAddress.ProvinceCode; c != "" {
				place["provinceCode"] = c
			}
			input = map[string]any{"id": "gid://shopify/Order/" + id, "shippingAddress": place}
		}
	}
	if err := d.send(ctx, mutation, map[string]any{"input": input}); err != nil {
		return err
	}
	if now, err = value(); err == nil && now != new {
		err = d.fail("correct", ErrKept)
	}
	return err
}

// send makes a change. effects.ErrValue where the shop
// says what is wrong with it.
func (d *shopifyDesk) send(ctx context.Context, mutation string, vars map[string]any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var data map[string]*struct{ UserErrors shopifyUserErrors }
	faults, err := d.s.ask(ctx, mutation, vars, &data)
	if err == nil {
		err = faults.err()
	}
	if err != nil {
		return d.fail("correct", err)
	}
	for _, r := range data {
		if r == nil {
			return d.fail("correct", fmt.Errorf("%w: the change was not answered", ErrAnswer))
		}
		if len(r.UserErrors) > 0 {
			return d.fail("correct", effects.ErrValue)
		}
	}
	return nil
}

// Stoppable returns the use that Shopify keeps with its customers' addresses.
func (d *shopifyDesk) Stoppable() []effects.Use { return []effects.Use{effects.Newsletter} }

// The states of an address in Shopify: mail is sent to those that subscribed,
// and one that is pending becomes one of them by a click.
func shopifySubscribed(state string) bool { return state == "SUBSCRIBED" || state == "PENDING" }

// OptOut ends the subscription of an address, and looks that it has ended.
func (d *shopifyDesk) OptOut(ctx context.Context, email string, _ []effects.Use) (held bool, err error) {
	for try := range 2 {
		var data struct {
			CustomerByIdentifier *struct {
				ID                  string
				DefaultEmailAddress *struct{ EmailAddress, MarketingState string }
			}
		}
		faults, err := d.s.ask(ctx, `query($by: CustomerIdentifierInput!) { customerByIdentifier(identifier: $by) { id defaultEmailAddress { emailAddress marketingState } } }`,
			map[string]any{"by": map[string]any{"emailAddress": email}}, &data)
		if err == nil {
			err = faults.err()
		}
		c := data.CustomerByIdentifier
		if err == nil && c != nil && c.DefaultEmailAddress != nil && effects.Address(c.DefaultEmailAddress.EmailAddress) != effects.Address(email) {
			err = fmt.Errorf("%w: another customer than the one asked for", ErrAnswer)
		}
		switch {
		case err != nil:
			return held, d.fail("correct", err)
		case c == nil || c.DefaultEmailAddress == nil:
			return held, nil
		case !shopifySubscribed(c.DefaultEmailAddress.MarketingState):
			return true, nil
		case try > 0:
			return true, d.fail("correct", ErrKept)
		}
		held = true
		if err := d.send(ctx, `mutation($input: CustomerEmailMarketingConsentUpdateInput!) { customerEmailMarketingConsentUpdate(input: $input) { customer { id } userErrors { field message } } }`,
			map[string]any{"input": map[string]any{"customerId": c.ID, "emailMarketingConsent": map[string]any{"marketingState": "UNSUBSCRIBED"}}}); err != nil {
			return held, err
		}
	}
	return held, nil
}

// OptedIn calls yield for each address that subscribed. All customers are read
// and each one's own state decides: a filter of the shop's search that is not
// understood would pass for a list without anybody.
func (d *shopifyDesk) OptedIn(ctx context.Context, yield func(email string, u effects.Use) error) error {
	vars := map[string]any{}
	for range maxOrders / 200 {
		var data struct {
			Customers struct {
				PageInfo shopifyPageInfo
				Nodes    []struct {
					DefaultEmailAddress *struct{ EmailAddress, MarketingState string }
				}
			}
		}
		faults, err := d.s.ask(ctx, `query($after: String) { customers(first: 200, after: $after) { pageInfo { hasNextPage endCursor } nodes { id defaultEmailAddress { emailAddress marketingState } } } }`, vars, &data)
		if err == nil {
			err = faults.err()
		}
		if err != nil {
			return d.fail("look at", err)
		}
		for _, c := range data.Customers.Nodes {
			if a := c.DefaultEmailAddress; a != nil && shopifySubscribed(a.MarketingState) {
				if err := yield(a.EmailAddress, effects.Newsletter); err != nil {
					return err
				}
			}
		}
		p := data.Customers.PageInfo
		if !p.HasNextPage {
			return nil
		}
		if p.EndCursor == "" || p.EndCursor == vars["after"] {
			return d.fail("look at", fmt.Errorf("%w: the customers do not end", ErrAnswer))
		}
		vars["after"] = p.EndCursor
	}
	return d.fail("look at", fmt.Errorf("%w: the customers do not end", ErrAnswer))
}
