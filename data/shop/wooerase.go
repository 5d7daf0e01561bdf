package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// Erase empties one field, or removes one account or upload. See EraseMany.
func (d *wooDesk) Erase(ctx context.Context, o plan.Object) error {
	return d.EraseMany(ctx, []plan.Object{o})[0]
}

// EraseMany erases uploads first, then the fields of each order, with one or
// two calls an order and one for each note, then accounts: while an upload
// fails, what names it is still there. It reads each record before and leaves
// what is no longer what the object says (erasure.ErrChanged). What is gone
// already is success.
//
// It returns one error an object: those of Woo.Check with erasure.ErrOffline or
// erasure.ErrDenied (a key that may only read) added, erasure.ErrNoWay where
// the shop offers no way, with ErrTaxes where that is because of the taxes,
// ErrKept, ErrFileStays, plan.ErrBadPrefix for a key that is no record's and
// erasure.ErrUnknownStorage for an object of another storage.
func (d *wooDesk) EraseMany(ctx context.Context, os []plan.Object) []error {
	errs := make([]error, len(os))
	orders := map[string][]int{}
	var refs []string
	var accounts, uploads []int
	for i, o := range os {
		kind, id, _, err := erasableKey(d.Name(), o, wooRecordID)
		switch {
		case err != nil:
			errs[i] = fmt.Errorf("erase a record of shop %s: %w", d.w.name, err)
		case kind == ofMedia:
			uploads = append(uploads, i)
		case kind == ofCustomers:
			accounts = append(accounts, i)
		default:
			if orders[id] == nil {
				refs = append(refs, id)
			}
			orders[id] = append(orders[id], i)
		}
	}
	done := func(i int, what string, err error) {
		if err != nil {
			errs[i] = deskError(fmt.Errorf("erase %s of shop %s: %w", what, d.w.name, err))
		}
	}
	for _, i := range uploads {
		done(i, "an upload", d.eraseUpload(ctx, os[i]))
	}
	work := make(chan string)
	var busy sync.WaitGroup
	for range min(maxAtOnce, len(refs)) {
		busy.Go(func() {
			for ref := range work {
				some := make([]plan.Object, len(orders[ref]))
				for n, i := range orders[ref] {
					some[n] = os[i]
				}
				for n, err := range d.eraseFields(ctx, ref, some) {
					done(orders[ref][n], "a field of an order", err)
				}
			}
		})
	}
	for _, ref := range refs {
		work <- ref
	}
	close(work)
	busy.Wait()
	for _, i := range accounts {
		done(i, "an account", d.eraseAccount(ctx, os[i]))
	}
	return errs
}

// eraseAccount removes a customer's account. Its orders stay, as those of a
// guest.
func (d *wooDesk) eraseAccount(ctx context.Context, o plan.Object) error {
	_, id, _, _ := cutKey(o.Key, wooRecordID)
	now, byHand, err := d.account(ctx, id)
	switch {
	case errors.Is(err, errWooGone):
		return nil
	case err != nil:
		return err
	case now.Key != o.Key || now.Fingerprint != o.Fingerprint:
		return erasure.ErrChanged
	case byHand:
		return erasure.ErrNoWay
	}
	return d.remove(ctx, d.w.client, wooAPI+"/customers/"+id, url.Values{"force": {"true"}, "reassign": {"0"}}, "woocommerce_rest_invalid_id")
}

// remove sends a DELETE. A record that the shop no longer has is success.
func (d *wooDesk) remove(ctx context.Context, c *client, path string, q url.Values, missing string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	body, _, status, err := call(ctx, c, http.MethodDelete, path, q, nil)
	if status == http.StatusNotFound && wooCode(body) == missing {
		return nil
	}
	return err
}

// wooMetaNull is a row of meta data as it is sent to be removed: by its id, with
// null in the place of its value.
type wooMetaNull struct {
	ID    int64  `json:"id,omitempty"`
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// eraseFields empties fields of one order.
//
// Properties are written by their meta key, for which WooCommerce calls the
// property's own setter. Sent as billing or shipping they would make it work
// the taxes out again, an e-mail address could not be emptied, and the IP
// address and the browser could not be written at all, being read-only there
// (WC_REST_Orders_V2_Controller::save_object, WC_Data::update_meta_data).
func (d *wooDesk) eraseFields(ctx context.Context, ref string, os []plan.Object) []error {
	errs := make([]error, len(os))
	all := func(err error) []error {
		for i := range errs {
			if errs[i] == nil {
				errs[i] = err
			}
		}
		return errs
	}
	raw, err := d.order(ctx, ref)
	if errors.Is(err, errWooGone) {
		return errs
	}
	if err != nil {
		return all(err)
	}
	notes, err := d.notes(ctx, ref)
	if err != nil {
		return all(err)
	}
	rec, fields, _, err := wooPersonal(raw, notes, d.w.photoMeta)
	if err != nil {
		return all(err)
	}
	var lines, rest, remarks []int // places in os
	what := make([]wooField, len(os))
	for i, o := range os {
		n := slices.IndexFunc(fields, func(f wooField) bool { return d.object(ref, f).Key == o.Key })
		switch {
		case n < 0: // gone already
		case d.object(ref, fields[n]).Fingerprint != o.Fingerprint:
			errs[i] = erasure.ErrChanged
		case fields[n].byHand:
			errs[i] = erasure.ErrNoWay
		default:
			what[i] = fields[n]
			switch {
			case what[i].lines != "":
				lines = append(lines, i)
			case what[i].remark != "":
				remarks = append(remarks, i)
			default:
				rest = append(rest, i)
			}
		}
	}

	if len(lines) > 0 {
		// Before the address: it is what the taxes are worked out for.
		err := d.sameTaxes(ctx, rec)
		if errors.Is(err, ErrTaxes) {
			err = fmt.Errorf("%w: %w", erasure.ErrNoWay, err)
		}
		if err == nil {
			err = d.put(ctx, ref, raw, wooLinesBody(lines, what))
		}
		if stop := d.settle(err, lines, what, errs); stop != nil {
			return all(stop)
		}
	}
	if len(rest) > 0 {
		body := map[string]any{}
		meta := []wooMetaNull{}
		for _, i := range rest {
			switch f := what[i]; {
			case f.note:
				body["customer_note"] = ""
			case f.prop != "":
				meta = append(meta, wooMetaNull{Key: f.prop, Value: ""})
			default:
				id, _ := strconv.ParseInt(f.meta, 10, 64)
				meta = append(meta, wooMetaNull{ID: id, Key: f.key})
			}
		}
		if len(meta) > 0 {
			body["meta_data"] = meta
		}
		if stop := d.settle(d.put(ctx, ref, raw, body), rest, what, errs); stop != nil {
			return all(stop)
		}
	}
	for _, i := range remarks {
		errs[i] = d.remove(ctx, d.w.client, wooAPI+"/orders/"+ref+"/notes/"+what[i].remark, url.Values{"force": {"true"}}, "woocommerce_rest_invalid_id")
	}
	return errs
}

func wooLinesBody(places []int, what []wooField) map[string]any {
	type line struct {
		ID   int64         `json:"id"`
		Meta []wooMetaNull `json:"meta_data"`
	}
	body := map[string]any{}
	for _, kind := range wooLineKinds {
		list := []*line{}
		for _, i := range places {
			f := what[i]
			if f.lines != kind.list {
				continue
			}
			id, _ := strconv.ParseInt(f.line, 10, 64)
			meta, _ := strconv.ParseInt(f.meta, 10, 64)
			n := slices.IndexFunc(list, func(l *line) bool { return l.ID == id })
			if n < 0 {
				n, list = len(list), append(list, &line{ID: id})
			}
			list[n].Meta = append(list[n].Meta, wooMetaNull{ID: meta, Key: f.key})
		}
		if len(list) > 0 {
			body[kind.list] = list
		}
	}
	return body
}

// wooPutError tells how a PUT ended that the shop answered well.
type wooPutError struct {
	kept  map[string]bool // names of the fields that are still there
	taxed bool            // the business record is not what it was
}

func (p *wooPutError) Error() string { return "looked at the answer" }

// put sends a change of an order. It is never sent twice by itself: a row that
// is gone when it arrives again would have WooCommerce remove all rows of its
// key. Where the shop answered, the error is a *wooPutError that says what the
// order in the answer still holds.
func (d *wooDesk) put(ctx context.Context, ref string, before json.RawMessage, body map[string]any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
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
	_, fields, _, err := wooPersonal(answer, nil, d.w.photoMeta)
	if err != nil {
		return err
	}
	p := &wooPutError{kept: map[string]bool{}, taxed: !bytes.Equal(wooLedger(before), wooLedger(answer))}
	for _, f := range fields {
		p.kept[f.name] = true
	}
	return p
}

// settle writes the outcome of a PUT to its objects. It returns an error where
// the rest of the order must not be touched any more.
func (d *wooDesk) settle(err error, places []int, what []wooField, errs []error) (stop error) {
	var p *wooPutError
	if !errors.As(err, &p) {
		for _, i := range places {
			errs[i] = err
		}
		if err != nil && !errors.Is(err, erasure.ErrNoWay) {
			return err
		}
		return nil
	}
	for _, i := range places {
		if p.kept[what[i].name] {
			errs[i] = ErrKept
		}
	}
	if p.taxed {
		return ErrTaxes
	}
	return nil
}

// wooLedger is what of an order belongs to the accounts, as one comparable text.
func wooLedger(raw json.RawMessage) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	kept := map[string]any{}
	for _, name := range []string{"number", "status", "currency", "total", "total_tax", "discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax",
		"date_created_gmt", "date_paid_gmt", "date_completed_gmt", "payment_method", "transaction_id"} {
		kept[name] = m[name]
	}
	for name, wanted := range map[string][]string{
		"line_items":     {"id", "name", "product_id", "quantity", "subtotal", "subtotal_tax", "total", "total_tax", "sku"},
		"shipping_lines": {"id", "method_title", "total", "total_tax"}, "fee_lines": {"id", "name", "total", "total_tax"},
		"tax_lines": {"rate_id", "rate_percent", "tax_total", "shipping_tax_total"}, "refunds": {"id", "total"},
	} {
		var list rows
		if json.Unmarshal(m[name], &list) != nil {
			continue
		}
		out := []map[string]json.RawMessage{}
		for _, r := range list {
			var line map[string]json.RawMessage
			if json.Unmarshal(r, &line) != nil {
				continue
			}
			cut := map[string]json.RawMessage{}
			for _, w := range wanted {
				cut[w] = line[w]
			}
			out = append(out, cut)
		}
		kept[name] = out
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return nil
	}
	return b
}
