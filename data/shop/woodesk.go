package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
)

// wooDesk is a WooCommerce shop as a desk; see Woo.Desk. It implements
// erasure.Batcher and is safe for concurrent use.
type wooDesk struct {
	w *Woo

	mu    sync.Mutex
	rates *wooTaxes           // as last read
	left  map[string][]string // uploads that are gone from the library, and the addresses that still give their files
}

// Desk returns the shop's records as something that can be looked at and erased
// field by field; it is an erasure.Batcher too. The key needs write permission:
// Check of the desk tells in Described whether it has it.
//
// Billing name, company and address are Invoice, and so is a shipping address
// that repeats them; every other shipping address, e-mail address, telephone
// number, IP address, browser, note and text is Contact; meta data that name
// photos are Reference. The country, what was bought, amounts, dates, numbers
// and references of the payment are no field at all and are never touched.
//
// The reason of a refund is ByHand, because REST API v3 cannot change a
// refund; so are the account of a user who is more than a customer, an upload
// while no application password is given, an upload that belongs to a page or
// was there long before the order, and a file outside the media library.
//
// Meta data of lines can only be changed by sending the line, and WooCommerce
// then works the order's taxes out again with today's rates. They are ByHand
// where that would change the invoice (ErrTaxes).
func (w *Woo) Desk() erasure.Desk { return &wooDesk{w: w, left: map[string][]string{}} }

// Name returns plan.DeskName of the connection's name.
func (d *wooDesk) Name() string { return plan.DeskName(d.w.name) }

// String returns the name, so that printing the desk cannot print a secret.
func (d *wooDesk) String() string { return d.Name() }

// GoString does what String does.
func (d *wooDesk) GoString() string { return d.Name() }

// Check tells whether the shop answers, and in Described whether its key may
// write: it asks to change order 0, which no shop has, so that nothing is
// written. A key that may only read is no error here; each erasure with it is
// erasure.ErrDenied. Errors: those of Woo.Check, with erasure.ErrOffline or
// erasure.ErrDenied added.
func (d *wooDesk) Check(ctx context.Context) (erasure.Abilities, error) {
	a := erasure.Abilities{CanProve: true}
	ctx = withoutWaiting(ctx)
	if _, err := d.w.Count(ctx); err != nil {
		return a, deskError(err)
	}
	_, _, status, err := call(ctx, d.w.client, http.MethodPut, wooAPI+"/orders/0", nil, struct{}{})
	switch {
	case status == http.StatusBadRequest || status == http.StatusNotFound:
		a.Described = "WooCommerce, key may write"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		a.Described = "WooCommerce, key may only read"
	case err != nil && (errors.Is(err, ErrUnreachable) || errors.Is(err, ErrBusy) || ctx.Err() != nil):
		return a, deskError(fmt.Errorf("check shop %s: %w", d.w.name, err))
	default:
		a.Described = "WooCommerce, not known whether the key may write"
	}
	if d.w.media == nil {
		a.Described += ", no application password for the media library"
	}
	return a, nil
}

// Records calls yield for each personal field of an order, for the customer's
// account, and for the uploads in the media library that the order names now
// or named when it was read. An order that the shop no longer has gives no
// fields. Errors: those of Woo.Check with erasure.ErrOffline or
// erasure.ErrDenied added, and the one that yield returned.
func (d *wooDesk) Records(ctx context.Context, o order.Order, yield func(plan.Found) error) error {
	give := func(obj plan.Object, holds plan.Holds, byHand bool, names ...string) error {
		return yield(plan.Found{Object: obj, Holds: holds, Order: o.ID, Number: o.Number, ByHand: byHand, Names: strings.Join(names, "\n")})
	}
	fail := func(err error) error {
		return deskError(fmt.Errorf("look at order %s of shop %s: %w", o.Number, d.w.name, err))
	}
	if !wholeNumber(o.Ref) {
		return fmt.Errorf("look at order %s of shop %s: %w", o.Number, d.w.name, plan.ErrBadPrefix)
	}
	account, photos, created := o.Account, o.Photos, o.CreatedAt
	raw, err := d.order(ctx, o.Ref)
	switch {
	case errors.Is(err, errWooGone):
	case err != nil:
		return fail(err)
	default:
		notes, err := d.notes(ctx, o.Ref)
		if err != nil {
			return fail(err)
		}
		rec, fields, more, err := wooPersonal(raw, notes, d.w.photoMeta)
		if err != nil {
			return fail(err)
		}
		keep := false // the lines' meta data cannot be changed without harm
		if slices.ContainsFunc(fields, func(f wooField) bool { return f.lines != "" }) {
			switch err := d.sameTaxes(ctx, rec); {
			case errors.Is(err, ErrTaxes):
				keep = true
			case err != nil:
				return fail(err)
			}
		}
		for _, f := range fields {
			if err := give(d.object(o.Ref, f), f.holds, f.byHand || keep && f.lines != "", f.names...); err != nil {
				return err
			}
		}
		if wholeNumber(string(rec.Customer)) {
			account = string(rec.Customer)
		}
		photos = unique(append(slices.Clone(photos), more...))
		if at, err := wooTime(rec.Created); err == nil && created.IsZero() {
			created = at
		}
	}
	if wholeNumber(account) {
		obj, byHand, err := d.account(ctx, account)
		switch {
		case errors.Is(err, errWooGone):
		case err != nil:
			return fail(err)
		default:
			if err := give(obj, plan.Account, byHand); err != nil {
				return err
			}
		}
	}
	// Several references may name one upload in its sizes.
	type upload struct {
		o      plan.Object
		byHand bool
		names  []string
	}
	var uploads []upload
	for _, ref := range photos {
		obj, byHand, err := d.upload(ctx, ref, created)
		switch {
		case errors.Is(err, errWooGone):
			continue
		case err != nil:
			return fail(err)
		}
		i := slices.IndexFunc(uploads, func(u upload) bool { return u.o.Key == obj.Key })
		if i < 0 {
			i, uploads = len(uploads), append(uploads, upload{o: obj, byHand: byHand})
		}
		uploads[i].names = append(uploads[i].names, ref)
	}
	for _, u := range uploads {
		if err := give(u.o, plan.Photo, u.byHand, u.names...); err != nil {
			return err
		}
	}
	return nil
}

// List calls yield for what the shop holds now at the keys that begin with the
// prefix. See plan.Desk for the prefixes; others are plan.ErrBadPrefix. Only
// the shop's own word that a record does not exist makes an empty listing.
func (d *wooDesk) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	kind, id, _, err := cutKey(prefix, wooRecordID)
	if err != nil {
		return fmt.Errorf("list records of shop %s: %w", d.w.name, err)
	}
	found, err := d.at(ctx, kind, id)
	switch {
	case errors.Is(err, errWooGone):
		return nil
	case err != nil:
		return deskError(fmt.Errorf("list records of shop %s: %w", d.w.name, err))
	}
	for _, o := range found {
		if strings.HasPrefix(o.Key, prefix) {
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// wooRecordID tells whether a shop has records of that kind with such an id.
func wooRecordID(kind, id string) bool {
	_, file := wooFilePath(id)
	return wholeNumber(id) || kind == ofMedia && file
}

// at returns the objects of one record.
func (d *wooDesk) at(ctx context.Context, kind, id string) ([]plan.Object, error) {
	switch kind {
	case ofCustomers:
		o, _, err := d.account(ctx, id)
		return []plan.Object{o}, err
	case ofMedia:
		o, err := d.medium(ctx, id)
		return []plan.Object{o}, err
	}
	raw, err := d.order(ctx, id)
	if err != nil {
		return nil, err
	}
	notes, err := d.notes(ctx, id)
	if err != nil {
		return nil, err
	}
	_, fields, _, err := wooPersonal(raw, notes, d.w.photoMeta)
	if err != nil {
		return nil, err
	}
	var out []plan.Object
	for _, f := range fields {
		out = append(out, d.object(id, f))
	}
	return out, nil
}

func (d *wooDesk) object(ref string, f wooField) plan.Object {
	key := recordKey(ofOrders, ref, f.name)
	return plan.Object{Storage: d.Name(), Key: key, Kind: plan.Field, SizeBytes: int64(len(f.value)), Fingerprint: fingerprint(d.w.seal, key, f.value)}
}

// get reads one record. errWooGone where the shop itself says that it has none.
func (d *wooDesk) get(ctx context.Context, c *client, path string, q url.Values, missing ...string) (json.RawMessage, error) {
	body, header, status, err := call(ctx, c, http.MethodGet, path, q, nil)
	if status == http.StatusNotFound && slices.Contains(missing, wooCode(body)) {
		return nil, errWooGone
	}
	if err != nil {
		return nil, err
	}
	if !json.Valid(body) {
		return nil, notJSON(body, header)
	}
	return body, nil
}

func (d *wooDesk) order(ctx context.Context, ref string) (json.RawMessage, error) {
	raw, err := d.get(ctx, d.w.client, wooAPI+"/orders/"+ref, nil, "woocommerce_rest_shop_order_invalid_id")
	if err != nil {
		return nil, err
	}
	// A cache or a proxy that answers with another order would have that one
	// erased.
	if h := readHead(raw); h.ref != ref {
		return nil, fmt.Errorf("%w: another order than the one asked for", ErrAnswer)
	}
	return raw, nil
}

func (d *wooDesk) notes(ctx context.Context, ref string) (rows, error) {
	raw, err := d.get(ctx, d.w.client, wooAPI+"/orders/"+ref+"/notes", nil)
	if err != nil {
		return nil, err
	}
	list := rows{}
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, fmt.Errorf("%w: not a list of notes", ErrAnswer)
	}
	return list, nil
}

// account looks at a customer's account. byHand tells that its user is more
// than a customer: removing the owner's own account would lock her out.
func (d *wooDesk) account(ctx context.Context, id string) (o plan.Object, byHand bool, err error) {
	raw, err := d.get(ctx, d.w.client, wooAPI+"/customers/"+id, nil, "woocommerce_rest_invalid_id")
	if err != nil {
		return o, false, err
	}
	var c struct {
		ID        loose    `json:"id"`
		Role      loose    `json:"role"`
		Email     loose    `json:"email"`
		Username  loose    `json:"username"`
		FirstName loose    `json:"first_name"`
		LastName  loose    `json:"last_name"`
		Billing   wooParts `json:"billing"`
		Shipping  wooParts `json:"shipping"`
	}
	if err := json.Unmarshal(raw, &c); err != nil || string(c.ID) != id {
		return o, false, fmt.Errorf("%w: not the account asked for", ErrAnswer)
	}
	value, err := json.Marshal([]any{c.Email, c.Username, c.FirstName, c.LastName, c.Billing, c.Shipping})
	if err != nil {
		return o, false, err
	}
	key := accountKey(id)
	return plan.Object{Storage: d.Name(), Key: key, Kind: plan.Field, SizeBytes: int64(len(value)), Fingerprint: fingerprint(d.w.seal, key, string(value))},
		c.Role != "customer" && c.Role != "subscriber", nil
}

// wooRatesFor is how long the shop's rates of tax are taken as read.
const wooRatesFor = 10 * time.Minute

var _ interface {
	erasure.Desk
	erasure.Batcher
} = (*wooDesk)(nil)
