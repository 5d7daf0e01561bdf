package shop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

var _ effects.Amender = (*vendureDesk)(nil)

// Fields returns the addresses of an order, which can be changed only while the
// order can be modified and are ByHand otherwise, and the names, address, number
// and postal addresses of its customer.
func (d *vendureDesk) Fields(ctx context.Context, o order.Order) ([]effects.Field, error) {
	out, _, err := d.amendable(ctx, o)
	return out, err
}

func (d *vendureDesk) amendable(ctx context.Context, o order.Order) ([]effects.Field, *vendureRecord, error) {
	if !vendureID(o.Ref) {
		return nil, nil, d.wrap("correct", plan.ErrBadPrefix)
	}
	r, _, err := d.load(ctx, o.Ref)
	if err != nil {
		return nil, nil, d.wrap("correct", err)
	}
	var out []effects.Field
	account := o.Account
	if r != nil {
		invoice := r.BillingAddress.empty()
		for _, side := range []struct {
			name    string
			from    *vendureAddress
			invoice bool
		}{{"shipping_", &r.ShippingAddress, invoice}, {"billing_", &r.BillingAddress, true}} {
			if side.from.empty() {
				continue
			}
			for _, p := range side.from.parts() {
				out = append(out, effects.Field{Key: recordKey(ofOrders, o.Ref, side.name+p.name), Value: p.value, Invoice: side.invoice && p.name != "phoneNumber", ByHand: !r.open()})
			}
		}
		if r.Customer != nil {
			account = r.Customer.ID
		}
	}
	if !vendureID(account) {
		return out, r, nil
	}
	a, _, err := d.account(ctx, account)
	if err != nil {
		return nil, nil, d.wrap("correct", err)
	}
	if a == nil {
		return out, r, nil
	}
	add := func(name, value string) {
		out = append(out, effects.Field{Key: recordKey(ofCustomers, account, name), Value: value})
	}
	add("firstName", a.FirstName)
	add("lastName", a.LastName)
	add("emailAddress", a.EmailAddress)
	add("phoneNumber", a.PhoneNumber)
	for _, at := range a.Addresses {
		if !vendureID(at.ID) {
			continue
		}
		for _, p := range at.parts() {
			add("address-"+at.ID+"."+p.name, p.value)
		}
	}
	return out, r, nil
}

// Amend writes one field of Fields and reads it back. An order is opened for the
// change and closed again; where that would change a price or a tax it is not
// made (ErrTaxes). Errors besides those of effects.Amender: ErrTaxes,
// ErrLeftOpen, ErrKept, effects.ErrValue where the shop refuses the text.
func (d *vendureDesk) Amend(ctx context.Context, o order.Order, key, old, new string) error {
	fail := func(err error) error { return d.wrap("correct", err) }
	fields, r, err := d.amendable(ctx, o)
	if err != nil {
		return err
	}
	now, err := fieldValue(fields, key, fail)
	switch {
	case err != nil:
		return err
	case now == new:
		return nil
	case now != old:
		return fail(erasure.ErrChanged)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	kind, id, field, _ := cutKey(key, vendureRecordID)
	switch {
	case kind == ofOrders:
		err = d.amendOrder(ctx, r, field, new)
	default:
		err = d.amendCustomer(ctx, id, field, new)
	}
	if err != nil {
		return fail(err)
	}
	if fields, _, err = d.amendable(ctx, o); err != nil {
		return err
	}
	if now, err = fieldValue(fields, key, fail); err == nil && now != new {
		err = fail(ErrKept)
	}
	return err
}

func (d *vendureDesk) amendOrder(ctx context.Context, r *vendureRecord, field, value string) error {
	side, name, _ := strings.Cut(field, "_")
	part := map[string]string{"shipping": "updateShippingAddress", "billing": "updateBillingAddress"}[side]
	if r == nil || part == "" {
		return erasure.ErrNoWay
	}
	back, err := d.openOrder(ctx, r)
	if err != nil {
		return err
	}
	err = d.modify(ctx, r.ID, map[string]any{part: map[string]any{name: value}})
	// The order is closed again even where the work was cancelled meanwhile.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if cerr := d.moveTo(closing, r.ID, back); cerr != nil {
		return fmt.Errorf("%w: %w", ErrLeftOpen, cerr)
	}
	return err
}

func (d *vendureDesk) amendCustomer(ctx context.Context, id, field, value string) error {
	if address, name, ok := strings.Cut(strings.TrimPrefix(field, "address-"), "."); ok && strings.HasPrefix(field, "address-") {
		var done any
		return d.v.ask(ctx, `mutation($i:UpdateAddressInput!){updateCustomerAddress(input:$i){id}}`, map[string]any{"i": map[string]any{"id": address, name: value}}, &done)
	}
	var said struct {
		R vendureResult `json:"r"`
	}
	if err := d.v.ask(ctx, `mutation($i:UpdateCustomerInput!){r:updateCustomer(input:$i){__typename ... on ErrorResult{errorCode}}}`,
		map[string]any{"i": map[string]any{"id": id, field: value}}, &said); err != nil {
		return err
	}
	if said.R.Typename != "Customer" {
		return fmt.Errorf("%w: %s", effects.ErrValue, plainCode(said.R.ErrorCode))
	}
	return nil
}
