package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/register"
	"greffier/app/request"
)

const kindSuppressions = "suppressions"

// The purposes of the keyed hashes of the suppression list.
const (
	hashEmail = "suppression email"
	hashPhone = "suppression phone"
)

// SuppressionRow is one entry of the suppression list as it is shown.
type SuppressionRow struct {
	effects.Suppression
	// ByHand are the shops in which the owner does it herself, Waiting those
	// that were not reached yet.
	ByHand, Waiting []string
	Tone            Tone
}

// SuppressionExport is what was written for a newsletter tool.
type SuppressionExport struct {
	Path string
	Rows int
	// Restricted counts the lines that stand there because their orders are
	// restricted (GDPR Art. 18), Erased the entries that cannot be written,
	// because nothing readable of the person is kept.
	Restricted, Erased int
}

// SuppressionImport is what a list brought.
type SuppressionImport struct {
	Read, Added, Known int
	Problems           []order.Problem
}

// listCheck is when a shop was last asked whether it writes to anybody on the
// list; nothing personal.
type listCheck struct {
	At     time.Time `json:"at"`
	Failed string    `json:"failed,omitempty"`
	Read   int       `json:"read"`
}

func suppressions(tx Tx) ([]effects.Suppression, error) {
	ss, err := records[effects.Suppression](tx, kindSuppressions)
	slices.SortStableFunc(ss, func(x, y effects.Suppression) int {
		return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
	return ss, err
}

func putSuppression(tx Tx, s effects.Suppression, at time.Time) error {
	return putRecord(tx, kindSuppressions, s.ID, s, at)
}

func suppressionOf(tx Tx, id string) (effects.Suppression, error) {
	ss, err := suppressions(tx)
	if err != nil {
		return effects.Suppression{}, err
	}
	if i := slices.IndexFunc(ss, func(s effects.Suppression) bool { return s.ID == id }); i >= 0 {
		return ss[i], nil
	}
	return effects.Suppression{}, fmt.Errorf("suppression %q: %w", id, effects.ErrNoSuppression)
}

// optOuters are the shops that can stop what they send, by name.
func (a *App) optOuters() map[string]effects.OptOuter {
	out := map[string]effects.OptOuter{}
	for name, d := range a.d.Desks {
		if x, ok := d.(effects.OptOuter); ok {
			out[name] = x
		}
	}
	return out
}

// Suppress puts a person on the suppression list (GDPR Art. 21(3), 7(3)): from
// now on the uses named are stopped. It is on record first; then each shop that
// can is told, and what it could not be told now it is told at the next sync.
// Where its case has an entry of the same address already, the uses are added to
// it. Errors: effects.ErrNoContact, effects.ErrNoUse, cases.ErrNotFound.
func (a *App) Suppress(ctx context.Context, s effects.Suppression) (SuppressionRow, error) {
	s, err := s.Prepare()
	if err != nil {
		return SuppressionRow{}, err
	}
	if s.Source == "" {
		if s.Source = effects.ByHand; s.Case != 0 {
			s.Source = effects.FromCase
		}
	}
	if err := a.update(ctx, func(tx Tx) error {
		s, err = a.addSuppression(tx, s)
		if err != nil {
			return err
		}
		if s.Case == 0 {
			return nil
		}
		return a.noteStopped(tx, s)
	}); err != nil {
		return SuppressionRow{}, err
	}
	_ = a.pushSuppressions(ctx) // what did not arrive is told by the entry, and tried again
	return a.suppression(context.WithoutCancel(ctx), s.ID)
}

// addSuppression writes an entry, new or with more uses than before.
func (a *App) addSuppression(tx Tx, s effects.Suppression) (effects.Suppression, error) {
	all, err := suppressions(tx)
	if err != nil {
		return s, err
	}
	s.EmailHash, s.PhoneHash = tx.KeyedHash(hashEmail, s.Email), tx.KeyedHash(hashPhone, s.Phone)
	s.At, s.ErasedAt, s.LiftedAt, s.Lifted = a.now(), time.Time{}, time.Time{}, ""
	i := slices.IndexFunc(all, func(x effects.Suppression) bool {
		// What was forgotten of an earlier entry stays forgotten: this is another one.
		return x.Active() && x.ErasedAt.IsZero() && x.Case == s.Case && x.Source == s.Source && x.EmailHash == s.EmailHash && x.PhoneHash == s.PhoneHash
	})
	if i >= 0 {
		old := all[i]
		merged := s
		merged.ID, merged.At, merged.Uses, merged.Shops = old.ID, old.At, slices.Concat(old.Uses, s.Uses), nil
		if merged, err = merged.Prepare(); err != nil {
			return s, err
		}
		if slices.Equal(merged.Uses, old.Uses) {
			return old, nil
		}
		s = merged
	} else {
		rs, err := tx.Records(kindSuppressions)
		if err != nil {
			return s, err
		}
		s.ID = nextNumber(rs)
	}
	s.Shops = a.shopsFor(s)
	if err := putSuppression(tx, s, a.now()); err != nil {
		return s, err
	}
	if err := a.endConsents(tx, s); err != nil {
		return s, err
	}
	return s, a.journal(tx, owner, evidence.ActSuppressionAdded, "suppression "+s.ID, map[string]any{"case": s.Case, "uses": s.Uses, "source": s.Source})
}

// shopsFor tells where an entry has to be brought: to each shop that decides on
// one of its uses, or by hand where a shop offers no way.
func (a *App) shopsFor(s effects.Suppression) []effects.InShop {
	var out []effects.InShop
	able := a.optOuters()
	for _, sh := range a.d.Shops {
		x, ok := able[sh.Name()]
		switch {
		case s.Email == "" || !slices.ContainsFunc(s.Uses, direct):
		case !ok:
			out = append(out, effects.InShop{Shop: sh.Name(), State: effects.PushByHand})
		case slices.ContainsFunc(x.Stoppable(), s.Stops):
			out = append(out, effects.InShop{Shop: sh.Name()})
		}
	}
	return out
}

// direct tells of the uses that a shop may make by itself.
func direct(u effects.Use) bool { return u == effects.Newsletter || u == effects.Partners }

// noteStopped notes in the case of an entry that a use was stopped, for the
// right that asked for it.
func (a *App) noteStopped(tx Tx, s effects.Suppression) error {
	var ws []cases.Work
	for _, r := range []request.Right{request.Objection, request.Withdrawal} {
		if s.Right == "" || s.Right == r.String() {
			ws = append(ws, cases.Work{Right: r, Kind: cases.WorkSuppression, Ref: "suppression " + s.ID, At: s.At, By: owner, Count: len(s.Uses)})
		}
	}
	return a.noteWork(tx, cases.ID(s.Case), ws...)
}

// endConsents notes in the register of consents that those of the person on the
// uses stopped have ended (GDPR Art. 7(3)).
func (a *App) endConsents(tx Tx, s effects.Suppression) error {
	cs, err := records[register.Consent](tx, kindConsents)
	if err != nil {
		return err
	}
	for _, c := range cs {
		if c.Kind != "consent" || c.Ended != "" || s.Email == "" || mailbox.NormEmail(c.Who) != s.Email || !slices.ContainsFunc(s.Uses, func(u effects.Use) bool { return covers(c.What, u) }) {
			continue
		}
		c.Ended = s.At.Format(time.RFC3339)
		if _, err := a.keepRecord(tx, kindConsents, c.ID, c, "suppression list"); err != nil {
			return err
		}
		if err := a.journal(tx, owner, evidence.ActRegisterChanged, kindConsents+" "+c.ID, map[string]string{"why": "suppression " + s.ID}); err != nil {
			return err
		}
	}
	return nil
}

// covers tells whether a consent to what the register says is one to a use.
func covers(what string, u effects.Use) bool {
	what = strings.ToLower(strings.TrimSpace(what))
	switch u {
	case effects.Newsletter, effects.Post, effects.Phone:
		return what == "marketing" || what == string(u)
	case effects.Photos:
		return what == "photo use" || what == string(u)
	case effects.Statistics:
		return what == "trackers" || what == string(u)
	}
	return what == string(u)
}

// Unsuppress takes an entry off the list, on the person's own wish, for a
// reason. The shops are left as they are: who wants mail again says so there.
// Errors: effects.ErrNoSuppression, cases.ErrReason.
func (a *App) Unsuppress(ctx context.Context, id, reason string) error {
	return a.update(ctx, func(tx Tx) error {
		s, err := suppressionOf(tx, id)
		if err != nil {
			return err
		}
		if s, err = s.Lift(reason, a.now()); err != nil {
			return err
		}
		if err := putSuppression(tx, s, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSuppressionLifted, "suppression "+id, map[string]any{"uses": s.Uses})
	})
}

// Resuppress tells the shops of an entry once more, after one of them was found
// not to honour it. effects.ErrNoSuppression where it does not stand.
func (a *App) Resuppress(ctx context.Context, id string) (SuppressionRow, error) {
	if err := a.update(ctx, func(tx Tx) error {
		s, err := suppressionOf(tx, id)
		if err != nil {
			return err
		}
		if !s.Active() {
			return fmt.Errorf("suppression %s: %w", id, effects.ErrNoSuppression)
		}
		for i := range s.Shops {
			if s.Shops[i].State != effects.PushByHand {
				s.Shops[i].State = effects.PushPending
			}
		}
		return putSuppression(tx, s, a.now())
	}); err != nil {
		return SuppressionRow{}, err
	}
	err := a.pushSuppressions(ctx)
	row, rerr := a.suppression(context.WithoutCancel(ctx), id)
	return row, cmp.Or(err, rerr)
}

// Suppressed returns the suppression list, newest first, what was lifted last.
func (a *App) Suppressed(ctx context.Context) ([]SuppressionRow, error) {
	var out []SuppressionRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		ss, err := suppressions(tx)
		for _, s := range slices.Backward(ss) {
			out = append(out, suppressionRow(s))
		}
		return err
	})
	slices.SortStableFunc(out, func(x, y SuppressionRow) int {
		if x.Active() != y.Active() {
			return map[bool]int{true: -1, false: 1}[x.Active()]
		}
		return 0
	})
	return out, err
}

func (a *App) suppression(ctx context.Context, id string) (SuppressionRow, error) {
	var row SuppressionRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		s, err := suppressionOf(tx, id)
		row = suppressionRow(s)
		return err
	})
	return row, err
}

func suppressionRow(s effects.Suppression) SuppressionRow {
	r := SuppressionRow{Suppression: s, Tone: ToneKept}
	for _, x := range s.Shops {
		switch {
		case x.State == effects.PushByHand:
			r.ByHand = append(r.ByHand, x.Shop)
		case x.State == effects.PushPending:
			r.Waiting = append(r.Waiting, x.Shop)
		}
	}
	switch {
	case !s.Active():
		r.Tone = ToneQuiet
	case brokenIn(s) != "":
		r.Tone = ToneLate
	case len(r.Waiting) > 0:
		r.Tone = ToneAtRisk
	}
	return r
}

// brokenIn returns the first shop that does not honour an entry, "" for none.
func brokenIn(s effects.Suppression) string {
	for _, x := range s.Shops {
		if s.Active() && !x.BrokenAt.IsZero() {
			return x.Shop
		}
	}
	return ""
}

// pushSuppressions tells the shops what they were not told yet. What a shop says
// is written after each address; a shop that is away is left for the next time.
func (a *App) pushSuppressions(ctx context.Context) error {
	a.mending.Lock()
	defer a.mending.Unlock()
	var ss []effects.Suppression
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { ss, err = suppressions(tx); return err }); err != nil {
		return err
	}
	able := a.optOuters()
	away := map[string]bool{}
	var failed error
	for _, s := range ss {
		if !s.Active() || s.Email == "" {
			continue
		}
		for _, x := range s.Shops {
			shop, ok := able[x.Shop]
			if x.State != effects.PushPending || !ok || away[x.Shop] {
				continue
			}
			if err := ctx.Err(); err != nil {
				return errors.Join(failed, err)
			}
			var uses []effects.Use
			for _, u := range shop.Stoppable() {
				if s.Stops(u) {
					uses = append(uses, u)
				}
			}
			held, err := shop.OptOut(ctx, s.Email, uses)
			state := effects.PushDone
			switch {
			case err != nil:
				state, away[x.Shop] = effects.PushPending, true
				failed = errors.Join(failed, err)
			case !held:
				state = effects.PushUnknown
			}
			if err := a.putPush(ctx, s.ID, x.Shop, state); err != nil {
				return errors.Join(failed, err)
			}
		}
	}
	return failed
}

func (a *App) putPush(ctx context.Context, id, shop string, state effects.Push) error {
	return a.d.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		s, err := suppressionOf(tx, id)
		if err != nil {
			return err
		}
		for i := range s.Shops {
			x := &s.Shops[i]
			if x.Shop != shop {
				continue
			}
			x.State, x.At = state, a.now()
			if state == effects.PushPending {
				x.Tries++
			} else {
				x.Tries, x.BrokenAt, x.Broken = 0, time.Time{}, nil
			}
		}
		return putSuppression(tx, s, a.now())
	})
}

// blockedUse is what of an address is stopped, by its keyed hash.
type blockedUse struct {
	id   string // of the entry
	uses []effects.Use
}

// blocked returns what the entries that stand stop, by the keyed hash of the
// address: it matches an address of which nothing readable is kept, too.
func (a *App) blocked(tx Tx) (map[string][]blockedUse, error) {
	out := map[string][]blockedUse{}
	ss, err := suppressions(tx)
	if err != nil {
		return nil, err
	}
	for _, s := range ss {
		if s.Active() && s.EmailHash != "" {
			out[s.EmailHash] = append(out[s.EmailHash], blockedUse{s.ID, s.Uses})
		}
	}
	return out, nil
}

// restrictedEmails returns the addresses of the orders that are restricted, and
// since when.
func (a *App) restrictedEmails(tx Tx) (map[string]time.Time, error) {
	rs, err := restrictions(tx)
	if err != nil {
		return nil, err
	}
	out := map[string]time.Time{}
	for _, r := range rs {
		if !r.Active() {
			continue
		}
		for _, id := range r.Orders {
			o, err := tx.Order(id)
			if err != nil {
				return nil, err
			}
			if e := effects.Address(o.Customer.Email); e != "" {
				if at, known := out[e]; !known || r.From.Before(at) {
					out[e] = r.From
				}
			}
		}
	}
	return out, nil
}

// checkSuppressions brings the shops what they were not told yet and looks
// whether one of them uses what was stopped: the proof that an objection holds. A
// finding is written to the entry and journalled once; it is for the owner to say
// whether the person subscribed again herself.
func (a *App) checkSuppressions(ctx context.Context, out *SyncReport) error {
	// What cannot be pushed now is told by the entries themselves.
	_ = a.pushSuppressions(ctx)
	for name, shop := range a.optOuters() {
		var stopped map[string][]blockedUse
		hash := map[string]string{} // by address, of one reading
		found := map[string][]effects.Use{}
		c := listCheck{At: a.now()}
		err := a.d.Store.View(ctx, func(tx Tx) (err error) { stopped, err = a.blocked(tx); return err })
		if err != nil {
			return err
		}
		if len(stopped) > 0 {
			var addresses []string
			uses := map[string][]effects.Use{}
			err = shop.OptedIn(ctx, func(email string, u effects.Use) error {
				c.Read++
				if e := effects.Address(email); e != "" {
					if uses[e] == nil {
						addresses = append(addresses, e)
					}
					uses[e] = append(uses[e], u)
				}
				return nil
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				if verr := a.d.Store.View(ctx, func(tx Tx) error {
					for _, e := range addresses {
						hash[e] = tx.KeyedHash(hashEmail, e)
					}
					return nil
				}); verr != nil {
					return verr
				}
				for _, e := range addresses {
					for _, b := range stopped[hash[e]] {
						for _, u := range uses[e] {
							if slices.Contains(b.uses, u) && !slices.Contains(found[b.id], u) {
								found[b.id] = append(found[b.id], u)
							}
						}
					}
				}
			}
		}
		if err != nil {
			c.Failed = err.Error()
			out.Problems = append(out.Problems, order.Problem{Where: name, What: "it could not be asked whether it writes to anybody on the suppression list"})
		}
		if err := a.putFindings(ctx, name, c, found, err == nil); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) putFindings(ctx context.Context, shop string, c listCheck, found map[string][]effects.Use, looked bool) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		if err := putSetting(tx, "suppression.check."+shop, c); err != nil || !looked {
			return err
		}
		ss, err := suppressions(tx)
		if err != nil {
			return err
		}
		for _, s := range ss {
			i := slices.IndexFunc(s.Shops, func(x effects.InShop) bool { return x.Shop == shop })
			uses := found[s.ID]
			if i < 0 && len(uses) == 0 {
				continue
			}
			s.Shops = slices.Clone(s.Shops)
			if i < 0 {
				// An entry without a readable address was never brought to the shop.
				i, s.Shops = len(s.Shops), append(s.Shops, effects.InShop{Shop: shop, State: effects.PushUnknown, At: a.now()})
			}
			x := &s.Shops[i]
			if slices.Equal(x.Broken, uses) {
				continue
			}
			isNew := len(x.Broken) == 0
			x.Broken, x.BrokenAt = uses, time.Time{}
			if len(uses) > 0 {
				x.BrokenAt = a.now()
			}
			if err := putSuppression(tx, s, a.now()); err != nil {
				return err
			}
			if len(uses) > 0 && isNew {
				if err := a.journal(tx, greffier, evidence.ActSuppressionBroken, "suppression "+s.ID, map[string]any{"uses": uses}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// needOfSuppressions tells which shops use what a person has stopped, and which
// corrections did not arrive.
func (a *App) needOfSuppressions(t *Today, tx Tx) error {
	ss, err := suppressions(tx)
	if err != nil {
		return err
	}
	count := map[string]int{}
	var shops []string
	for _, s := range ss {
		if shop := brokenIn(s); shop != "" {
			if count[shop]++; count[shop] == 1 {
				shops = append(shops, shop)
			}
		}
	}
	for _, shop := range shops {
		// GDPR Art. 21(3): no longer processed, at once.
		t.Needs = append(t.Needs, Need{Kind: "suppression", Tone: ToneLate, Service: shop, ServiceKind: "shop", Due: a.today(), Count: count[shop]})
	}
	return nil
}

// ExportSuppressions writes the list for a newsletter tool: format is "csv"
// (everything), "email" or "sha256" (one column, of those who want no e-mail). An
// empty path is a dated file in the folder for printed files. The addresses of
// orders that are restricted stand in it too (GDPR Art. 18(2)). The file is
// readable for the owner alone. effects.ErrFormat for another format.
func (a *App) ExportSuppressions(ctx context.Context, path, format string) (SuppressionExport, error) {
	var list []effects.Blocked
	out := SuppressionExport{Path: path}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		ss, err := suppressions(tx)
		if err != nil {
			return err
		}
		at := map[string]int{}
		add := func(b effects.Blocked) {
			key := b.Email + " " + b.Phone
			if i, known := at[key]; known {
				for _, u := range b.Uses {
					if !slices.Contains(list[i].Uses, u) {
						list[i].Uses = append(list[i].Uses, u)
					}
				}
				return
			}
			at[key] = len(list)
			b.Uses = slices.Clone(b.Uses)
			list = append(list, b)
		}
		for _, s := range ss {
			switch {
			case !s.Active():
			case s.Email == "" && s.Phone == "":
				out.Erased++
			default:
				add(effects.Blocked{Email: s.Email, Phone: s.Phone, Uses: s.Uses, Since: law.DateOf(s.At, a.d.Zone).String()})
			}
		}
		held, err := a.restrictedEmails(tx)
		for e, from := range held {
			out.Restricted++
			add(effects.Blocked{Email: e, Uses: effects.Uses, Since: law.DateOf(from, a.d.Zone).String()})
		}
		return err
	}); err != nil {
		return out, err
	}
	slices.SortStableFunc(list, func(x, y effects.Blocked) int {
		return cmp.Or(cmp.Compare(x.Email, y.Email), cmp.Compare(x.Phone, y.Phone))
	})
	var b bytes.Buffer
	n, err := effects.WriteList(&b, effects.Format(format), list)
	if err != nil {
		return out, err
	}
	if out.Rows = n; path == "" {
		out.Path = a.outPath("suppression-"+format, "csv")
	}
	if err := os.MkdirAll(filepath.Dir(out.Path), 0o700); err != nil {
		return out, err
	}
	if err := writePrivate(out.Path, b.Bytes()); err != nil {
		return out, err
	}
	return out, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSuppressionExported, "suppression list", map[string]any{"format": format, "rows": n})
	})
}

// writePrivate writes a file that only its owner may read, whole or not at all.
func writePrivate(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".greffier-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already where all went well
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ImportSuppressions takes in a list of unsubscribed addresses, as a newsletter
// tool exports it: those that are not on the list yet are stopped for
// newsletters (and for telephone where the file has numbers). A line that cannot
// be read is told and the others go on. effects.ErrList for a file that is none.
func (a *App) ImportSuppressions(ctx context.Context, path string) (SuppressionImport, error) {
	var out SuppressionImport
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	rows, bad, err := effects.ReadList(filepath.Base(path), f)
	out.Problems = bad
	if err != nil {
		return out, err
	}
	out.Read = len(rows)
	err = a.update(ctx, func(tx Tx) error {
		ss, err := suppressions(tx)
		if err != nil {
			return err
		}
		stopped := map[string]bool{}
		for _, s := range ss {
			if s.Stops(effects.Newsletter) && s.EmailHash != "" {
				stopped[s.EmailHash] = true
			}
			if s.Stops(effects.Phone) && s.PhoneHash != "" {
				stopped[s.PhoneHash] = true
			}
		}
		rs, err := tx.Records(kindSuppressions)
		if err != nil {
			return err
		}
		var next int
		fmt.Sscan(nextNumber(rs), &next)
		for _, r := range rows {
			s := effects.Suppression{Email: r.Email, Phone: r.Phone, Source: effects.FromImport, At: a.now(), EmailHash: tx.KeyedHash(hashEmail, r.Email), PhoneHash: tx.KeyedHash(hashPhone, r.Phone)}
			if r.Email != "" && !stopped[s.EmailHash] {
				s.Uses = append(s.Uses, effects.Newsletter)
			}
			if r.Phone != "" && !stopped[s.PhoneHash] {
				s.Uses = append(s.Uses, effects.Phone)
			}
			if len(s.Uses) == 0 {
				out.Known++
				continue
			}
			if s, err = s.Prepare(); err != nil {
				return err
			}
			stopped[s.EmailHash], stopped[s.PhoneHash] = s.EmailHash != "", s.PhoneHash != ""
			s.ID, s.Shops = fmt.Sprint(next), a.shopsFor(s)
			next++
			if err := putSuppression(tx, s, a.now()); err != nil {
				return err
			}
			if err := a.endConsents(tx, s); err != nil {
				return err
			}
			out.Added++
		}
		if out.Added == 0 {
			return nil
		}
		return a.journal(tx, owner, evidence.ActSuppressionAdded, "suppression list", map[string]any{"source": effects.FromImport, "added": out.Added})
	})
	if err != nil {
		return SuppressionImport{Problems: bad}, err
	}
	_ = a.pushSuppressions(ctx)
	return out, nil
}

// forgetSuppressed takes out of the list what names a person who was erased, by
// her address or, where an entry has none, by a telephone number of her orders.
// The keyed hashes stay: her objection is honoured when her address comes back.
func (a *App) forgetSuppressed(tx Tx, email string, phones []string, at time.Time) error {
	email = effects.Address(email)
	ss, err := suppressions(tx)
	if err != nil || email == "" {
		return err
	}
	for _, s := range ss {
		called := s.Email == "" && s.Phone != "" && slices.ContainsFunc(phones, func(p string) bool { return effects.Telephone(p) == s.Phone })
		if (s.Email == email || called) && !s.At.After(at) {
			if err := putSuppression(tx, s.Forget(at), a.now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleForgotten takes out of the list whoever a tombstone says was erased:
// after a restore, what the backup still had of her goes again.
func (a *App) settleForgotten(ctx context.Context) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		ts, err := tx.Tombstones()
		if err != nil || len(ts) == 0 {
			return err
		}
		erased := map[string]time.Time{}
		for _, t := range ts {
			if t.Kind == evidence.TombstonePerson {
				erased[t.Hash] = t.At
			}
		}
		ss, err := suppressions(tx)
		if err != nil {
			return err
		}
		for _, s := range ss {
			if s.Email == "" {
				continue
			}
			if at, gone := erased[tx.PersonHash(s.Email)]; gone && !s.At.After(at) {
				if err := putSuppression(tx, s.Forget(at), a.now()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// SuppressionChecks tells of each shop that can be asked when it was last found
// to honour the list: At zero where it was not asked yet, Err where it could not
// be.
func (a *App) SuppressionChecks(ctx context.Context) ([]Service, error) {
	var out []Service
	err := a.d.Store.View(ctx, func(tx Tx) error {
		for _, sh := range a.d.Shops {
			s := Service{Kind: "shop", Name: sh.Name(), Detail: "by hand"}
			if _, able := a.optOuters()[sh.Name()]; able {
				s.Detail = ""
				v, ok, err := tx.Setting("suppression.check." + sh.Name())
				var c listCheck
				if err != nil {
					return err
				}
				if ok && json.Unmarshal([]byte(v), &c) == nil {
					if s.At = c.At; c.Failed != "" {
						s.Err = errors.New(c.Failed)
					}
				}
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}
