package shop

import (
	"context"
	"slices"
	"strings"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// deskField is what is known of each field of a desk, in whatever shop.
type deskField struct {
	key    string
	holds  plan.Holds
	byHand bool
	seal   string   // its fingerprint
	names  []string // the references to photos that it holds
}

func (f deskField) base() deskField { return f }

// someField is a shop's own kind of field around a deskField.
type someField interface{ base() deskField }

// fieldReader reads the fields of one record, none where the shop has no such
// record, and with an order the id of its customer's account, "" for a guest.
type fieldReader[F someField] func(ctx context.Context, kind, id string) (fields []F, customer string, err error)

// fieldDesk is a desk whose records are read as lists of fields.
type fieldDesk interface {
	Name() string
	// fail words an error of reading or changing records, fault one of what was
	// asked for.
	fail(doing string, err error) error
	fault(err error) error
}

func fieldObject(d fieldDesk, f deskField) plan.Object {
	return plan.Object{Storage: d.Name(), Key: f.key, Kind: plan.Field, Fingerprint: f.seal}
}

// fieldRecords is plan.Desk.Records of a desk of fields: those of the order,
// then the customer's account.
func fieldRecords[F someField](ctx context.Context, d fieldDesk, read fieldReader[F], o order.Order, yield func(plan.Found) error) error {
	if !wholeNumber(o.Ref) {
		return d.fail("look at", plan.ErrBadPrefix)
	}
	fields, customer, err := read(ctx, ofOrders, o.Ref)
	if err == nil && customer != "" {
		var account []F
		account, _, err = read(ctx, ofCustomers, customer)
		fields = append(fields, account...)
	}
	if err != nil {
		return d.fail("look at", err)
	}
	for _, x := range fields {
		f := x.base()
		if err := yield(plan.Found{Object: fieldObject(d, f), Holds: f.holds, Order: o.ID, Number: o.Number, ByHand: f.byHand, Names: strings.Join(f.names, "\n")}); err != nil {
			return err
		}
	}
	return nil
}

// fieldList is plan.Desk.List of a desk of fields.
func fieldList[F someField](ctx context.Context, d fieldDesk, read fieldReader[F], prefix string, yield func(plan.Object) error) error {
	kind, id, _, err := cutKey(prefix, numberedRecord)
	if err != nil {
		return d.fail("list", err)
	}
	fields, _, err := read(ctx, kind, id)
	if err != nil {
		return d.fail("list", err)
	}
	for _, x := range fields {
		if f := x.base(); strings.HasPrefix(f.key, prefix) {
			if err := yield(fieldObject(d, f)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsToErase finds what lies at the keys of the objects given, reading each
// record once, and refuses what may not be erased. A field without a key is
// none: there is an error for it, or it is gone already.
func fieldsToErase[F someField](ctx context.Context, d fieldDesk, read fieldReader[F], os []plan.Object) (at []F, errs []error) {
	type record struct {
		fields []F
		err    error
	}
	at, errs = make([]F, len(os)), make([]error, len(os))
	known := map[string]record{}
	for i, o := range os {
		kind, id, _, err := erasableKey(d.Name(), o, numberedRecord)
		if err == nil && kind == ofMedia {
			err = plan.ErrBadPrefix // files are no fields
		}
		if err != nil {
			errs[i] = d.fault(err)
			continue
		}
		r, seen := known[kind+id]
		if !seen {
			if r.err = ctx.Err(); r.err == nil {
				r.fields, _, r.err = read(ctx, kind, id)
			}
			known[kind+id] = r
		}
		if r.err != nil {
			errs[i] = d.fail("look at", r.err)
			continue
		}
		n := slices.IndexFunc(r.fields, func(f F) bool { return f.base().key == o.Key })
		if n < 0 {
			continue // gone
		}
		switch f := r.fields[n].base(); {
		case f.seal != o.Fingerprint:
			errs[i] = d.fault(erasure.ErrChanged)
		case f.byHand:
			errs[i] = d.fault(erasure.ErrNoWay)
		default:
			at[i] = r.fields[n]
		}
	}
	return at, errs
}
