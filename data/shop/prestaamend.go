package shop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

var (
	_ effects.Amender  = (*prestaDesk)(nil)
	_ effects.OptOuter = (*prestaDesk)(nil)
)

// What of an address and of a customer can be put right.
var (
	prestaAmendAddress  = []string{"firstname", "lastname", "company", "vat_number", "address1", "address2", "postcode", "city", "phone", "phone_mobile"}
	prestaAmendCustomer = []string{"firstname", "lastname", "email", "company", "birthday"}
)

// prestaAmend is a field with the record that holds it.
type prestaAmend struct {
	effects.Field
	record prestaRecord
	name   string // of the field in the record
}

// Fields returns the fields of the one or two addresses of an order and of its
// customer. Several orders may share an address: Also names the others, which
// show a change of it too. An address that belongs to another customer is
// ByHand.
func (d *prestaDesk) Fields(ctx context.Context, o order.Order) ([]effects.Field, error) {
	all, err := d.amendable(ctx, o)
	out := make([]effects.Field, len(all))
	for i, f := range all {
		out[i] = f.Field
	}
	return out, err
}

func (d *prestaDesk) amendable(ctx context.Context, o order.Order) ([]prestaAmend, error) {
	if !wholeNumber(o.Ref) {
		return nil, d.fail("correct", plan.ErrBadPrefix)
	}
	may, err := d.p.permissions(ctx)
	if err != nil {
		return nil, d.fail("correct", err)
	}
	found, err := d.p.by(ctx, "orders", "order", "id", []string{o.Ref})
	if err != nil {
		return nil, d.fail("correct", err)
	}
	var out []prestaAmend
	customer := o.Account
	if len(found) > 0 {
		if len(found) != 1 || found[0].get("id") != o.Ref {
			return nil, d.fail("correct", fmt.Errorf("%w: other orders than the one asked for", ErrAnswer))
		}
		customer = found[0].get("id_customer")
		if out, err = d.amendAddresses(ctx, found[0], may); err != nil {
			return nil, d.fail("correct", err)
		}
	}
	if !wholeNumber(customer) || customer == "0" {
		return out, nil
	}
	list, err := d.p.by(ctx, "customers", "customer", "id", []string{customer})
	if err != nil {
		return nil, d.fail("correct", err)
	}
	for _, c := range list {
		if c.get("id") != customer {
			return nil, d.fail("correct", fmt.Errorf("%w: other customers than the one asked for", ErrAnswer))
		}
		if prestaAnonymousCustomer(c) {
			continue
		}
		for _, name := range prestaAmendCustomer {
			value := c.get(name)
			if name == "birthday" && prestaPlaceholder(name, value) {
				value = ""
			}
			out = append(out, prestaAmend{effects.Field{Key: recordKey(ofCustomers, customer, name), Value: value, ByHand: !may.allows("customers", "PUT")},
				prestaRecord{"customers", "customer", customer}, name})
		}
	}
	return out, nil
}

func (d *prestaDesk) amendAddresses(ctx context.Context, o *prestaNode, may prestaRights) ([]prestaAmend, error) {
	ref, invoice, delivery := o.get("id"), o.get("id_address_invoice"), o.get("id_address_delivery")
	list, err := d.p.by(ctx, "addresses", "address", "id", []string{invoice, delivery})
	if err != nil {
		return nil, err
	}
	var out []prestaAmend
	for _, a := range list {
		id, side := a.get("id"), "invoice"
		switch {
		case id == invoice:
		case id == delivery:
			side = "delivery"
		default:
			return nil, fmt.Errorf("%w: other addresses than those asked for", ErrAnswer)
		}
		users, err := d.usersOf(ctx, id)
		if err != nil {
			return nil, err
		}
		var also []string
		for _, u := range users {
			if u.id != ref {
				also = append(also, u.id)
			}
		}
		owner := a.get("id_customer")
		foreign := owner != "" && owner != "0" && owner != o.get("id_customer")
		for _, name := range prestaAmendAddress {
			out = append(out, prestaAmend{effects.Field{Key: recordKey(ofOrders, ref, side+"_"+name), Value: a.get(name), Also: also,
				Invoice: side == "invoice" && !strings.HasPrefix(name, "phone"), ByHand: foreign || !may.allows("addresses", "PUT")},
				prestaRecord{"addresses", "address", id}, name})
		}
	}
	return out, nil
}

// Amend writes one field of Fields and reads it back. effects.ErrValue where the
// shop's own checks refuse the text; ErrKept where it took the change and did
// not make it.
func (d *prestaDesk) Amend(ctx context.Context, o order.Order, key, old, new string) error {
	at := func() (prestaAmend, error) {
		all, err := d.amendable(ctx, o)
		if err != nil {
			return prestaAmend{}, err
		}
		i := slices.IndexFunc(all, func(f prestaAmend) bool { return f.Key == key })
		if i < 0 || all[i].ByHand {
			return prestaAmend{}, d.fail("correct", erasure.ErrNoWay)
		}
		return all[i], nil
	}
	f, err := at()
	switch {
	case err != nil:
		return err
	case f.Value == new:
		return nil
	case f.Value != old:
		return d.fail("correct", erasure.ErrChanged)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.p.rewrite(ctx, f.record, map[string]string{f.name: new}, nil); err != nil {
		var said *prestaError
		if errors.As(err, &said) && (said.code == "85" || said.code == "41" || said.code == "141") {
			err = fmt.Errorf("%w: %w", effects.ErrValue, err)
		}
		return d.fail("correct", err)
	}
	if f, err = at(); err == nil && f.Value != new {
		err = d.fail("correct", ErrKept)
	}
	return err
}

// Stoppable returns the uses that a PrestaShop keeps with its customers. What
// the module for newsletters holds of visitors without an account is not shown
// by the webservice.
func (d *prestaDesk) Stoppable() []effects.Use {
	return []effects.Use{effects.Newsletter, effects.Partners}
}

// prestaOptIns are the fields that say that a customer wants something.
var prestaOptIns = []struct {
	field string
	use   effects.Use
}{{"newsletter", effects.Newsletter}, {"optin", effects.Partners}}

// OptOut takes the customers of an address, guests among them, off the
// newsletter and off the partners' offers, and looks that they are.
func (d *prestaDesk) OptOut(ctx context.Context, email string, uses []effects.Use) (held bool, err error) {
	for try := range 2 {
		list, err := d.customersOf(ctx, email)
		if err != nil {
			return false, d.fail("correct", err)
		}
		held = held || len(list) > 0
		left := 0
		for _, c := range list {
			change := map[string]string{}
			for _, x := range prestaOptIns {
				if slices.Contains(uses, x.use) && c.get(x.field) == "1" {
					change[x.field] = "0"
				}
			}
			if len(change) == 0 {
				continue
			}
			left++
			if try > 0 {
				continue // it was changed, and is not
			}
			if err := ctx.Err(); err != nil {
				return held, err
			}
			if err := d.p.rewrite(ctx, prestaRecord{"customers", "customer", c.get("id")}, change, nil); err != nil {
				return held, d.fail("correct", err)
			}
		}
		if left == 0 {
			return held, nil
		}
		if try > 0 {
			return held, d.fail("correct", ErrKept)
		}
	}
	return held, nil
}

// customersOf returns the records of an address.
func (d *prestaDesk) customersOf(ctx context.Context, email string) ([]*prestaNode, error) {
	list, err := d.p.by(ctx, "customers", "customer", "email", []string{email})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if effects.Address(c.get("email")) != effects.Address(email) || !wholeNumber(c.get("id")) {
			return nil, fmt.Errorf("%w: other customers than those asked for", ErrAnswer)
		}
	}
	return list, nil
}

// OptedIn calls yield for each customer who gets the newsletter or the offers of
// partners.
func (d *prestaDesk) OptedIn(ctx context.Context, yield func(email string, u effects.Use) error) error {
	const page = 500
	for _, x := range prestaOptIns {
		for from := 0; ; from += page {
			list, err := d.p.list(ctx, "customers", "customer", url.Values{"display": {"[id,email,deleted," + x.field + "]"},
				"filter[" + x.field + "]": {"[1]"}, "sort": {"[id_ASC]"}, "limit": {fmt.Sprintf("%d,%d", from, page)}})
			if err != nil {
				return d.fail("look at", err)
			}
			for _, c := range list {
				if c.get(x.field) != "1" || c.get("deleted") == "1" {
					continue
				}
				if err := yield(c.get("email"), x.use); err != nil {
					return err
				}
			}
			if len(list) < page {
				break
			}
			if from > maxOrders {
				return d.fail("look at", fmt.Errorf("%w: the customers do not end", ErrAnswer))
			}
		}
	}
	return nil
}
