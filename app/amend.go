package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
)

const kindAmendments = "amendments"

var (
	// ErrAmendStale says that the shop has another text by now than the one that
	// was to be corrected: nothing was written.
	ErrAmendStale = errors.New("the shop has another text by now than the one shown")
	// ErrAmendPart says that not every correction was made.
	ErrAmendPart = errors.New("not every correction was made")
	// ErrCutOff says that a correction was cut off before the shop took it.
	ErrCutOff = errors.New("the correction was cut off before the shop took it")
)

// AmendField is one field that can be corrected, with its name in the owner's
// words.
type AmendField struct {
	effects.Field
	Name string
	// AlsoNumbers are the numbers of the other orders that show the change too.
	AlsoNumbers []string
}

// AmendOrder is an order of a case with its fields as the shop has them now.
type AmendOrder struct {
	Order  int64
	Number string
	Shop   string
	Fields []AmendField
	// ByHand tells that the shop offers no way in: the fields are as they were
	// last read, and the owner corrects them in the shop herself.
	ByHand bool
	// Invoiced tells that an invoice of the order may have been issued: it stays
	// as it is.
	Invoiced bool
	Err      error // the shop could not be asked
}

// AmendView is what can be corrected in a case, and what was.
type AmendView struct {
	Orders []AmendOrder
	Done   []effects.Amendment // newest first
	// May is nil, or why identity does not allow a correction yet.
	May error
}

func amendments(tx Tx) ([]effects.Amendment, error) {
	return records[effects.Amendment](tx, kindAmendments)
}

func putAmendment(tx Tx, m effects.Amendment, at time.Time) error {
	return putRecord(tx, kindAmendments, m.ID, m, at)
}

func amendmentOf(tx Tx, id string) (effects.Amendment, error) {
	ms, err := amendments(tx)
	if err != nil {
		return effects.Amendment{}, err
	}
	if i := slices.IndexFunc(ms, func(m effects.Amendment) bool { return m.ID == id }); i >= 0 {
		return ms[i], nil
	}
	return effects.Amendment{}, fmt.Errorf("amendment %q: %w", id, effects.ErrNoChange)
}

// amender returns the shop of an order where it can be corrected by program.
func (a *App) amender(o order.Order) (effects.Amender, bool) {
	x, ok := a.d.Desks[o.Shop].(effects.Amender)
	return x, ok
}

// Amendments shows the fields of the orders of a case as their shops have them
// now, with those of the accounts that placed them (GDPR Art. 16). It asks the
// shops: slow. What was cut off before is settled first.
func (a *App) Amendments(ctx context.Context, id cases.ID) (AmendView, error) {
	var v AmendView
	_ = a.settleAmendments(ctx) // what cannot be looked at now stays pending, and says so
	var orders []order.Order
	numberOf := map[string]string{} // shop and ref → number
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		v.May = mayAmend(c)
		for _, n := range c.Selected() {
			o, err := tx.Order(n)
			if err != nil {
				return err
			}
			orders = append(orders, o)
		}
		ms, err := amendments(tx)
		for _, m := range ms {
			if m.Case == int64(id) {
				v.Done = append(v.Done, m)
			}
		}
		if err != nil {
			return err
		}
		return tx.EachOrder(func(o order.Order) error { numberOf[o.Shop+"\x00"+o.Ref] = o.Number; return nil })
	}); err != nil {
		return v, err
	}
	slices.SortStableFunc(v.Done, func(x, y effects.Amendment) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(len(y.ID), len(x.ID)), cmp.Compare(y.ID, x.ID))
	})
	lang := a.Info().Lang
	for _, o := range orders {
		x := AmendOrder{Order: o.ID, Number: o.Number, Shop: o.Shop, Invoiced: o.State != order.Cancelled && o.State != order.Failed}
		fields, err := a.fieldsOf(ctx, o)
		if ctx.Err() != nil {
			return v, ctx.Err()
		}
		_, able := a.amender(o)
		x.Err, x.ByHand = err, !able
		for _, f := range fields {
			y := AmendField{Field: f, Name: plan.FieldName(f.Key, lang)}
			for _, ref := range f.Also {
				y.AlsoNumbers = append(y.AlsoNumbers, cmp.Or(numberOf[o.Shop+"\x00"+ref], ref))
			}
			x.Fields = append(x.Fields, y)
		}
		v.Orders = append(v.Orders, x)
	}
	return v, nil
}

// fieldsOf asks the shop for the fields of an order; of a shop without a way in
// they are what was last read of it.
func (a *App) fieldsOf(ctx context.Context, o order.Order) ([]effects.Field, error) {
	if x, ok := a.amender(o); ok {
		return x.Fields(ctx, o)
	}
	if o.Erased {
		return nil, nil
	}
	c := o.Customer
	var out []effects.Field
	for _, f := range []struct{ key, value string }{{"email", c.Email}, {"first_name", c.FirstName}, {"last_name", c.LastName}, {"phone", c.Phone}, {"address", c.Address}, {"postcode", c.Postcode}, {"city", c.City}} {
		out = append(out, effects.Field{Key: f.key, Value: f.value, ByHand: true, Invoice: f.key != "email" && f.key != "phone"})
	}
	return out, nil
}

// mayAmend tells whether a case may have data corrected: an address changed by a
// forger is an account lost (GDPR Art. 12(6), 5(1)(f)).
func mayAmend(c cases.Case) error {
	if !c.State.Open() {
		return cases.ErrNotLawful
	}
	return cases.MayErase(c)
}

// Amend corrects fields of the orders of a case, old → new, in the shop (GDPR
// Art. 16). All of them are compared with what the shop has now before the first
// is written: ErrAmendStale where one differs, and then nothing was touched. Each
// is on record before it is tried, read back after, and the others go on where
// one fails: ErrAmendPart then, and the record says which. A change with ByHand
// set is one that the owner made herself. An invoice already issued is not
// changed. Errors besides: cases.ErrIdentityUnproven, cases.ErrNotLawful,
// cases.ErrNoOrder for an order that is not of the case, effects.ErrNoChange,
// effects.ErrValue, erasure.ErrNoWay for a field that the shop does not let
// change.
func (a *App) Amend(ctx context.Context, id cases.ID, changes []effects.Change) (effects.Amendment, error) {
	changes, err := effects.CheckChanges(changes)
	if err != nil {
		return effects.Amendment{}, err
	}
	a.mending.Lock()
	defer a.mending.Unlock()
	orders := map[int64]order.Order{}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if err := mayAmend(c); err != nil {
			return err
		}
		scope := c.Selected()
		for _, x := range changes {
			if !slices.Contains(scope, x.Order) {
				return fmt.Errorf("correct in case %d: %w", id, cases.ErrNoOrder)
			}
			if orders[x.Order], err = tx.Order(x.Order); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return effects.Amendment{}, err
	}
	if err := a.compare(ctx, orders, changes); err != nil {
		return effects.Amendment{}, err
	}
	m := effects.Amendment{Case: int64(id), At: a.now(), Changes: changes}
	if err := a.update(ctx, func(tx Tx) error {
		rs, err := tx.Records(kindAmendments)
		if err != nil {
			return err
		}
		m.ID = nextNumber(rs)
		return putAmendment(tx, m, a.now())
	}); err != nil {
		return m, err
	}
	for i, c := range m.Changes {
		if err := ctx.Err(); err != nil {
			break // what was not tried stays pending, and is settled later
		}
		state, why := effects.ChangeByHand, ""
		if !c.ByHand {
			shop, _ := a.amender(orders[c.Order])
			err := shop.Amend(ctx, orders[c.Order], c.Field, c.Old, c.New)
			if err != nil && ctx.Err() != nil {
				break // nobody knows whether it arrived: it is looked at later
			}
			if state = effects.ChangeDone; err != nil {
				state, why = effects.ChangeFailed, whyNot(err)
			}
		}
		if m, err = a.settleChange(ctx, m.ID, i, state, why, owner); err != nil {
			return m, err
		}
	}
	if err := a.endAmendment(context.WithoutCancel(ctx), m.ID, owner); err != nil {
		return m, err
	}
	if err := ctx.Err(); err != nil {
		return m, err
	}
	if made, _, _ := m.Count(); made < len(m.Changes) {
		return m, fmt.Errorf("correct in case %d: %w", id, ErrAmendPart)
	}
	return m, nil
}

// compare looks whether the shops still have what is to be corrected.
func (a *App) compare(ctx context.Context, orders map[int64]order.Order, changes []effects.Change) error {
	fields := map[int64][]effects.Field{}
	for _, c := range changes {
		if _, read := fields[c.Order]; !read {
			fs, err := a.fieldsOf(ctx, orders[c.Order])
			if err != nil {
				return err
			}
			fields[c.Order] = fs
		}
		i := slices.IndexFunc(fields[c.Order], func(f effects.Field) bool { return f.Key == c.Field })
		switch {
		case i < 0:
			return fmt.Errorf("correct a field: %w", erasure.ErrNoWay)
		case c.ByHand:
			// She has made it already, or is about to: what was last read may be
			// either.
		case fields[c.Order][i].ByHand:
			return fmt.Errorf("correct a field: %w", erasure.ErrNoWay)
		case fields[c.Order][i].Value != c.Old:
			return fmt.Errorf("correct a field: %w", ErrAmendStale)
		}
	}
	return nil
}

// whyNot is the text of the sentinel that says why a correction was not made.
func whyNot(err error) string {
	for _, known := range []error{erasure.ErrChanged, erasure.ErrNoWay, erasure.ErrDenied, erasure.ErrOffline, erasure.ErrElsewhere, erasure.ErrNotThere, effects.ErrValue, ErrCutOff} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return ErrAmendPart.Error()
}

// settleChange writes how one correction ended, with its journal entry.
func (a *App) settleChange(ctx context.Context, id string, i int, state effects.ChangeState, why, actor string) (effects.Amendment, error) {
	var m effects.Amendment
	err := a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) (err error) {
		if m, err = amendmentOf(tx, id); err != nil {
			return err
		}
		c := &m.Changes[i]
		c.State, c.Why, c.At = state, why, a.now()
		if err := putAmendment(tx, m, a.now()); err != nil || state == effects.ChangeFailed {
			return err
		}
		return a.journal(tx, actor, evidence.ActFieldChanged, "amendment "+m.ID, map[string]any{"case": m.Case, "order": c.Order, "field": plainField(c.Field), "by": string(state)})
	})
	return m, err
}

// plainField is the name of a field for the journal: letters, digits and dots of
// its last part.
func plainField(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, key[strings.LastIndexByte(key, '/')+1:])
}

// endAmendment notes in the case what was corrected, and whom that obliges to
// tell (GDPR Art. 19), once something was.
func (a *App) endAmendment(ctx context.Context, id, actor string) error {
	return a.update(ctx, func(tx Tx) error {
		m, err := amendmentOf(tx, id)
		if err != nil {
			return err
		}
		made, _, _ := m.Count()
		if made == 0 {
			return nil
		}
		byHand := !slices.ContainsFunc(m.Changes, func(c effects.Change) bool { return c.State == effects.ChangeDone })
		w := cases.Work{Right: request.Rectification, Kind: cases.WorkChange, Ref: "amendment " + m.ID, At: m.At, By: owner, Count: made}
		if byHand {
			w.Kind = cases.WorkByHand
		}
		if err := a.noteWork(tx, cases.ID(m.Case), w); err != nil {
			return err
		}
		var ids []int64
		for _, c := range m.Changes {
			if (c.State == effects.ChangeDone || c.State == effects.ChangeByHand) && !slices.Contains(ids, c.Order) {
				ids = append(ids, c.Order)
			}
		}
		return a.makeNoticesOf(tx, cases.NoticeRectification, "amendment "+m.ID, m.Case, numbers(tx, ids), actor)
	})
}

// settleAmendments looks at the corrections that were cut off: what the shop has
// by now is done, what it has not is for the owner to try again. A shop that is
// away is asked at a later call. Nothing is written to a shop.
func (a *App) settleAmendments(ctx context.Context) error {
	if !a.mending.TryLock() {
		return nil // corrections are under way: theirs are pending by right
	}
	defer a.mending.Unlock()
	var ms []effects.Amendment
	orders := map[int64]order.Order{}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := amendments(tx)
		if err != nil {
			return err
		}
		for _, m := range all {
			if _, pending, _ := m.Count(); pending == 0 {
				continue
			}
			ms = append(ms, m)
			for _, c := range m.Changes {
				if orders[c.Order], err = tx.Order(c.Order); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil || len(ms) == 0 {
		return err
	}
	var failed error
	for _, m := range ms {
		fields := map[int64][]effects.Field{}
		for i, c := range m.Changes {
			if c.State != effects.ChangePending {
				continue
			}
			fs, read := fields[c.Order]
			if !read {
				var err error
				if fs, err = a.fieldsOf(ctx, orders[c.Order]); err != nil {
					failed = errors.Join(failed, err)
					continue
				}
				fields[c.Order] = fs
			}
			state, why := stateNow(c, fs)
			if _, err := a.settleChange(ctx, m.ID, i, state, why, greffier); err != nil {
				return errors.Join(failed, err)
			}
		}
		if err := a.endAmendment(ctx, m.ID, greffier); err != nil {
			return errors.Join(failed, err)
		}
	}
	return failed
}

// stateNow tells how a correction stands that was cut off.
func stateNow(c effects.Change, fields []effects.Field) (effects.ChangeState, string) {
	i := slices.IndexFunc(fields, func(f effects.Field) bool { return f.Key == c.Field })
	switch {
	case c.ByHand:
		return effects.ChangeFailed, ErrCutOff.Error()
	case i >= 0 && fields[i].Value == c.New:
		return effects.ChangeDone, ""
	case i >= 0 && fields[i].Value == c.Old:
		return effects.ChangeFailed, ErrCutOff.Error()
	}
	return effects.ChangeFailed, erasure.ErrChanged.Error()
}

// changeFacts are the fields that corrections put right, as a letter tells them.
func (a *App) changeFacts(ms []effects.Amendment, lang string) []cases.Change {
	var out []cases.Change
	at := map[string]int{}
	for _, m := range ms {
		for _, c := range m.Changes {
			if c.State != effects.ChangeDone && c.State != effects.ChangeByHand || c.New == "" && c.Old == "" {
				continue // not made, or of a person who was erased since
			}
			x := cases.Change{Field: plan.FieldName(c.Field, lang), Now: c.New}
			if x.Now == "" {
				x.Now = a.d.Texts.Text(lang, "fact.nothing", nil)
			}
			// Of two orders with the same field the person is told once.
			key := x.Field + "\x00" + x.Now
			if _, told := at[key]; !told {
				at[key] = len(out)
				out = append(out, x)
			}
		}
	}
	return out
}

// effectFacts adds to a letter what the records say of uses that were stopped,
// data that are restricted and fields that were put right.
func (a *App) effectFacts(tx Tx, c cases.Case, f *cases.Facts, lang string) error {
	ss, err := suppressions(tx)
	if err != nil {
		return err
	}
	for _, s := range ss {
		if s.Case != int64(c.ID) || !s.Active() {
			continue
		}
		for _, u := range s.Uses {
			if words := a.d.Texts.Text(lang, "use.letter."+string(u), nil); !slices.Contains(f.Stopped, words) {
				f.Stopped = append(f.Stopped, words)
			}
		}
		if f.StoppedAt.IsZero() || s.At.Before(f.StoppedAt) {
			f.StoppedAt = s.At
		}
	}
	rs, err := restrictions(tx)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.Case == int64(c.ID) && r.Active() && (f.RestrictedAt.IsZero() || r.From.Before(f.RestrictedAt)) {
			f.RestrictedAt = r.From
		}
	}
	for _, w := range c.Work {
		if w.Kind != cases.WorkByHand {
			continue
		}
		switch w.Right {
		case request.Objection, request.Withdrawal:
			// Done in another tool, on the day that she noted.
			if len(f.Stopped) == 0 {
				f.Stopped = []string{a.d.Texts.Text(lang, "fact.marketing", nil)}
			}
			if f.StoppedAt.IsZero() || w.At.Before(f.StoppedAt) {
				f.StoppedAt = w.At
			}
		case request.Restriction:
			if f.RestrictedAt.IsZero() {
				f.RestrictedAt = w.At
			}
		}
	}
	ms, err := amendments(tx)
	if err != nil {
		return err
	}
	ms = slices.DeleteFunc(ms, func(m effects.Amendment) bool { return m.Case != int64(c.ID) })
	f.Changes = a.changeFacts(ms, lang)
	return nil
}

// forgetAmended takes what is personal out of the corrections of an order that
// is erased.
func forgetAmended(tx Tx, id int64, at time.Time) error {
	ms, err := amendments(tx)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if next, touched := m.Forget(id); touched {
			if err := putAmendment(tx, next, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// needOfAmendments tells in which cases corrections did not arrive.
func (a *App) needOfAmendments(t *Today, tx Tx) error {
	ms, err := amendments(tx)
	if err != nil {
		return err
	}
	open := map[int64]int{}
	for _, m := range ms {
		_, pending, failed := m.Count()
		if pending+failed == 0 {
			continue
		}
		// What was made since by another one is no need any more.
		for _, c := range m.Changes {
			if c.State != effects.ChangeDone && c.State != effects.ChangeByHand && !madeSince(ms, m, c) {
				open[m.Case]++
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		n := open[id]
		c, err := tx.Case(cases.ID(id))
		if err != nil {
			return err
		}
		if c.State.Open() {
			t.Needs = append(t.Needs, Need{Kind: "change", Tone: ToneAtRisk, Case: c.ID, Person: c.Requester.Name, Due: law.DateOf(a.now(), a.d.Zone), Count: n})
		}
	}
	return nil
}

// madeSince tells whether a later correction of the same field was made.
func madeSince(ms []effects.Amendment, m effects.Amendment, c effects.Change) bool {
	return slices.ContainsFunc(ms, func(x effects.Amendment) bool {
		return !x.At.Before(m.At) && slices.ContainsFunc(x.Changes, func(y effects.Change) bool {
			return y.Order == c.Order && y.Field == c.Field && (y.State == effects.ChangeDone || y.State == effects.ChangeByHand)
		})
	})
}
