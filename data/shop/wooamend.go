package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

var _ effects.Amender = (*wooDesk)(nil)

// wooCustomer is an account as far as it can be put right.
type wooCustomer struct {
	ID        loose    `json:"id"`
	Role      loose    `json:"role"`
	Email     loose    `json:"email"`
	FirstName loose    `json:"first_name"`
	LastName  loose    `json:"last_name"`
	Billing   wooParts `json:"billing"`
	Shipping  wooParts `json:"shipping"`
}

// Fields returns the names, addresses, e-mail addresses and telephone numbers of
// an order and of the account that placed it. An order that the shop no longer
// has gives none of its own. The country is none of them: it decides on the
// taxes. Errors are those of Records.
func (d *wooDesk) Fields(ctx context.Context, o order.Order) ([]effects.Field, error) {
	if !wholeNumber(o.Ref) {
		return nil, d.amendFail(plan.ErrBadPrefix)
	}
	var out []effects.Field
	account := o.Account
	raw, err := d.order(ctx, o.Ref)
	switch {
	case errors.Is(err, errWooGone):
	case err != nil:
		return nil, d.amendFail(err)
	default:
		var rec wooRecord
		if err := json.Unmarshal(raw, &rec); err != nil {
			return nil, d.amendFail(fmt.Errorf("%w: not shaped like an order", ErrAnswer))
		}
		for _, side := range []struct {
			name string
			from wooParts
		}{{"billing", rec.Billing}, {"shipping", rec.Shipping}} {
			for _, name := range wooAddressFields {
				if side.name == "shipping" && name == "email" {
					continue // WooCommerce has no such field
				}
				out = append(out, effects.Field{Key: recordKey(ofOrders, o.Ref, side.name+"."+name), Value: string(side.from[name]),
					Invoice: side.name == "billing" && name != "email" && name != "phone"})
			}
		}
		if wholeNumber(string(rec.Customer)) {
			account = string(rec.Customer)
		}
	}
	if !wholeNumber(account) || account == "0" {
		return out, nil
	}
	c, err := d.customer(ctx, account)
	switch {
	case errors.Is(err, errWooGone):
		return out, nil
	case err != nil:
		return nil, d.amendFail(err)
	}
	// The owner's own account is not changed by a program.
	byHand := c.Role != "customer" && c.Role != "subscriber"
	add := func(name, value string) {
		out = append(out, effects.Field{Key: recordKey(ofCustomers, account, name), Value: value, ByHand: byHand})
	}
	add("first_name", string(c.FirstName))
	add("last_name", string(c.LastName))
	add("email", string(c.Email))
	for _, side := range []struct {
		name string
		from wooParts
	}{{"billing", c.Billing}, {"shipping", c.Shipping}} {
		if !slices.ContainsFunc(wooAddressFields, func(n string) bool { return side.from[n] != "" }) {
			continue // an address that the account does not have
		}
		for _, name := range wooAddressFields {
			if side.name == "shipping" && name == "email" {
				continue
			}
			add(side.name+"."+name, string(side.from[name]))
		}
	}
	return out, nil
}

func (d *wooDesk) amendFail(err error) error {
	return deskError(fmt.Errorf("correct a record of shop %s: %w", d.w.name, err))
}

func (d *wooDesk) customer(ctx context.Context, id string) (c wooCustomer, err error) {
	raw, err := d.get(ctx, d.w.client, wooAPI+"/customers/"+id, nil, "woocommerce_rest_invalid_id")
	if err != nil {
		return c, err
	}
	if json.Unmarshal(raw, &c) != nil || string(c.ID) != id {
		return c, fmt.Errorf("%w: not the account asked for", ErrAnswer)
	}
	return c, nil
}

// Amend writes one field of Fields and reads it back. Properties of an order are
// written by their meta key, for which WooCommerce calls the property's own
// setter: sent as billing or shipping they would make it work the taxes out
// again (see eraseFields). Errors besides those of effects.Amender: ErrTaxes
// where the business record is not what it was, ErrKept where the shop took the
// change and did not make it.
func (d *wooDesk) Amend(ctx context.Context, o order.Order, key, old, new string) error {
	now, err := d.valueOf(ctx, o, key)
	switch {
	case err != nil:
		return err
	case now == new:
		return nil
	case now != old:
		return d.amendFail(erasure.ErrChanged)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	kind, id, field, _ := cutKey(key, wooRecordID)
	if kind == ofOrders {
		err = d.amendOrder(ctx, id, field, new)
	} else {
		err = d.amendCustomer(ctx, id, field, new)
	}
	if err != nil {
		return d.amendFail(err)
	}
	// Looked at anew: an answer to a change says what was asked for.
	now, err = d.valueOf(ctx, o, key)
	if err == nil && now != new {
		err = d.amendFail(ErrKept)
	}
	return err
}

// valueOf returns what a field of an order holds now. erasure.ErrNoWay for one
// that it does not have or that may not be changed.
func (d *wooDesk) valueOf(ctx context.Context, o order.Order, key string) (string, error) {
	fields, err := d.Fields(ctx, o)
	if err != nil {
		return "", err
	}
	return fieldValue(fields, key, d.amendFail)
}

// fieldValue finds the value of a field that may be changed, erasure.ErrNoWay
// where there is none.
func fieldValue(fields []effects.Field, key string, fail func(error) error) (string, error) {
	i := slices.IndexFunc(fields, func(f effects.Field) bool { return f.Key == key })
	if i < 0 || fields[i].ByHand {
		return "", fail(erasure.ErrNoWay)
	}
	return fields[i].Value, nil
}

func (d *wooDesk) amendOrder(ctx context.Context, ref, field, value string) error {
	before, err := d.order(ctx, ref)
	if err != nil {
		return err
	}
	body := map[string]any{"meta_data": []map[string]any{{"key": "_" + strings.Replace(field, ".", "_", 1), "value": value}}}
	answer, header, _, err := call(notTwice(ctx), d.w.client, http.MethodPut, wooAPI+"/orders/"+ref, nil, body)
	if err != nil {
		return err
	}
	if !json.Valid(answer) {
		return notJSON(answer, header)
	}
	if readHead(answer).ref != ref {
		return fmt.Errorf("%w: another order than the one written", ErrAnswer)
	}
	if !bytes.Equal(wooLedger(before), wooLedger(answer)) {
		return ErrTaxes
	}
	return nil
}

func (d *wooDesk) amendCustomer(ctx context.Context, id, field, value string) error {
	body := map[string]any{field: value}
	if side, part, ok := strings.Cut(field, "."); ok {
		body = map[string]any{side: map[string]any{part: value}}
	}
	answer, header, _, err := call(notTwice(ctx), d.w.client, http.MethodPut, wooAPI+"/customers/"+id, nil, body)
	if err == nil && !json.Valid(answer) {
		err = notJSON(answer, header)
	}
	return err
}
