package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"greffier/app/agenda"
	"greffier/app/effects"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/app/retention"
)

// maxRuleOrders bounds how many orders one plan of a rule about orders takes:
// the next plan has the rest.
const maxRuleOrders = 500

// ruleFacts are what the rules about orders and persons are applied to.
type ruleFacts struct {
	rules []register.Rule
	book  *retention.Book
	// filled tells whether the book has its orders yet: a look at the storages
	// fills it on the way.
	filled *bool
	holds  []plan.Hold
	ended  map[int64]bool
}

// ruleFacts reads what the rules depend on beside the orders themselves.
func (a *App) ruleFacts(ctx context.Context, at law.Date) (ruleFacts, error) {
	f := ruleFacts{filled: new(bool)}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		in, err := a.bookInput(tx, at)
		if err != nil {
			return err
		}
		f.holds, f.ended, f.book = in.Holds, in.Ended, retention.NewBook(in)
		f.rules, err = records[register.Rule](tx, kindRules)
		return err
	})
	slices.SortStableFunc(f.rules, func(x, y register.Rule) int {
		return cmp.Compare(slices.Index(retention.Kinds, retention.About(x)), slices.Index(retention.Kinds, retention.About(y)))
	})
	return f, err
}

// bookInput reads all that a book depends on but the orders.
func (a *App) bookInput(tx Tx, at law.Date) (retention.BookInput, error) {
	in := retention.BookInput{At: at, Zone: a.d.Zone, Contacts: map[string]time.Time{}, Desk: map[string]bool{}}
	rule, err := a.mediaRule(tx)
	if err != nil {
		return in, err
	}
	if in.Media, err = law.ParsePeriod(rule.Period); err != nil {
		return in, err
	}
	if in.Holds, err = a.ruleHolds(tx); err != nil {
		return in, err
	}
	cs, err := tx.Cases()
	if err != nil {
		return in, err
	}
	said := func(email string, at time.Time) {
		if at.After(in.Contacts[email]) {
			in.Contacts[email] = at
		}
	}
	for _, c := range cs {
		said(c.Requester.Email, c.ReceivedAt)
	}
	// Consent and objection are her own acts (GDPR Art. 4(11), 21(2)).
	consents, err := records[register.Consent](tx, kindConsents)
	if err != nil {
		return in, err
	}
	for _, c := range consents {
		if at, err := time.Parse(time.RFC3339, c.At); err == nil {
			said(c.Who, at)
		}
	}
	if in.Archived, in.Ended, err = archives(tx); err != nil {
		return in, err
	}
	for name := range a.d.Desks {
		in.Desk[name] = true
	}
	in.LastMessage = a.lastMessage
	return in, nil
}

// lastMessage is when the customer of an order last wrote.
func (a *App) lastMessage(id int64) (at time.Time, err error) {
	err = a.d.Store.View(context.Background(), func(tx Tx) error {
		o, err := tx.Order(id)
		if err != nil || o.Customer.Email == "" {
			return err
		}
		at, err = tx.LastFrom(o.Customer.Email)
		return err
	})
	return at, err
}

// ruleHolds are all that protects orders from the rules about orders and
// persons: the owner's holds, the restrictions, every open case of their person
// or that may mean them, whatever it asks for, and every mail that may be a
// request. What is being dealt with does not go from under it.
func (a *App) ruleHolds(tx Tx) ([]plan.Hold, error) {
	hs, err := a.standing(tx)
	if err != nil {
		return nil, err
	}
	cs, err := tx.Cases()
	if err != nil {
		return nil, err
	}
	theirs, err := ofPersons(tx, cs)
	if err != nil {
		return nil, err
	}
	unseen, err := a.unseenHolds(tx, func(request.Right) bool { return true })
	if err != nil {
		return nil, err
	}
	hs = slices.Concat(hs, retention.CaseHolds(cs, theirs, 0, a.today()), unseen)
	for _, c := range cs {
		if !c.State.Open() {
			continue
		}
		ids := slices.Concat(c.MayConcern(), theirs[c.ID])
		right := request.NoRight
		if len(c.Asked) > 0 {
			right = c.Asked[0].Right
		}
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			hs = append(hs, plan.Hold{Order: id, From: a.today(), Reason: fmt.Sprintf("case %d: %s", c.ID, right), Article: right.Article()})
		}
	}
	return hs, nil
}

// fill reads the orders into the book, where no look at the storages has.
func (a *App) fill(ctx context.Context, f ruleFacts) error {
	if *f.filled {
		return nil
	}
	*f.filled = true
	return a.d.Store.View(ctx, func(tx Tx) error {
		return tx.EachOrder(func(o order.Order) error { f.book.Order(o); return nil })
	})
}

// due is what one rule about orders makes due, with its plan.
type due struct {
	rule        register.Rule
	rows, ahead []retention.Row
	plan        plan.Plan
	rest        int // orders due and free to go that the plan could not take
}

// ruleDue applies a rule about orders and makes its plan.
func (a *App) ruleDue(ctx context.Context, at law.Date, r register.Rule, f ruleFacts) (due, error) {
	d := due{rule: r}
	if err := a.fill(ctx, f); err != nil {
		return d, err
	}
	var err error
	if d.rows, d.ahead, err = f.book.Rows(r, at.AddYears(1)); err != nil {
		return d, err
	}
	// Whatever day is asked for, what is held today stays today.
	for i, row := range d.rows {
		for _, h := range f.holds {
			if d.rows[i].Held == "" && h.HoldsOrder(row.Order) && h.ActiveOn(a.today()) {
				d.rows[i].Held = h.Reason
			}
		}
	}
	if d.plan, err = a.rulePlan(ctx, at, r, d.rows, f); err != nil {
		return d, err
	}
	for _, row := range d.rows {
		if row.Held == "" {
			d.rest++
		}
	}
	d.rest = max(0, d.rest-maxRuleOrders)
	return d, nil
}

// rulePlan makes the plan of what a rule about orders makes due and nothing
// holds: restricted for archiving, else what the storages and the shops' records
// have of them is erased save what the law keeps.
func (a *App) rulePlan(ctx context.Context, at law.Date, r register.Rule, rows []retention.Row, f ruleFacts) (plan.Plan, error) {
	archive := retention.About(r) == retention.Contract
	in := plan.Input{Scope: plan.Scope{Rule: r.ID, Person: !archive}, Holds: f.holds, Today: at, Zone: a.d.Zone, Lang: a.Info().Lang, MadeAt: a.now(), Bases: a.d.Bases}
	index := plan.NewIndex(a.d.Bases)
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		for _, row := range rows {
			if row.Held != "" || len(in.Orders) == maxRuleOrders {
				continue
			}
			o, err := tx.Order(row.Order)
			if err != nil {
				return err
			}
			in.Orders = append(in.Orders, o)
		}
		if archive || len(in.Orders) == 0 {
			return nil
		}
		var err error
		in.Others, err = furtherOrders(tx, in.Orders, index)
		return err
	}); err != nil || len(in.Orders) == 0 {
		return plan.Plan{}, err
	}
	if archive {
		return plan.Build(in), nil
	}
	a.dueRecords(ctx, rows, &in)
	if err := ctx.Err(); err != nil || len(in.Orders) == 0 {
		return plan.Plan{}, err
	}
	found, missing, err := plan.Survey(ctx, a.listers(), a.locators(), in.Orders, a.d.Bases, nil)
	if err != nil {
		return plan.Plan{}, err
	}
	in.Found, in.Missing = append(in.Found, found...), missing
	in.SharedBy = index.Shared(in.Found, a.locators())
	return plan.Build(in), nil
}

// settingDue keeps how much each rule about orders has due, for the first page:
// counts only.
const settingDue = "rules.due"

type dueCount struct {
	At    law.Date       `json:"at"`
	Count map[string]int `json:"count"`
}

// noteDue remembers what is due today, so that the first page needs no look.
func (a *App) noteDue(ctx context.Context, at law.Date, all []due) error {
	if at != a.today() || len(all) == 0 {
		return nil
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		c, err := dueCounts(tx)
		if err != nil {
			return err
		}
		c.At = at
		for _, d := range all {
			c.Count[d.rule.ID] = len(d.plan.Scope.Orders) + d.rest
		}
		return putSetting(tx, settingDue, c)
	})
}

// doneDue takes out of the first page the orders that the plan of a rule has just
// done; what one plan could not take stays told of.
func doneDue(tx Tx, rule string, orders int) error {
	c, err := dueCounts(tx)
	if err != nil || c.Count[rule] == 0 {
		return err
	}
	if c.Count[rule] -= orders; c.Count[rule] <= 0 {
		delete(c.Count, rule)
	}
	return putSetting(tx, settingDue, c)
}

func dueCounts(tx Tx) (dueCount, error) {
	c := dueCount{}
	v, ok, err := tx.Setting(settingDue)
	if err == nil && ok {
		_ = json.Unmarshal([]byte(v), &c) // what cannot be read is counted again
	}
	if c.Count == nil {
		c.Count = map[string]int{}
	}
	return c, err
}

// checkRule reads a rule as it is kept.
func checkRule(r register.Rule) (register.Rule, error) {
	if err := retention.Check(r); err != nil {
		return r, err
	}
	if p, err := law.ParsePeriod(r.Period); err == nil {
		r.Period = p.String()
	}
	r.Covers.FR, r.Covers.EN = effects.Words(r.Covers.FR), effects.Words(r.Covers.EN)
	r.Ground.FR, r.Ground.EN = effects.Words(r.Ground.FR), effects.Words(r.Ground.EN)
	return r, nil
}

// SaveRule keeps a retention rule. What of it the policy states makes a new
// version of the policy. Errors: those of retention.Check.
func (a *App) SaveRule(ctx context.Context, r register.Rule) error {
	r, err := checkRule(r)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		had, err := record[register.Rule](tx, kindRules, r.ID)
		if err != nil {
			return err
		}
		fields, err := a.keepRecord(tx, kindRules, r.ID, &r, owner)
		if err != nil || len(fields) == 0 {
			return err
		}
		stated := had
		stated.Automatic = r.Automatic
		if stated == r && had.ID != "" {
			act := evidence.ActRuleDisabled
			if r.Automatic {
				act = evidence.ActRuleEnabled
			}
			return a.journal(tx, owner, act, "rule "+r.ID, nil)
		}
		if err := a.journal(tx, owner, evidence.ActRuleChanged, "rule "+r.ID, fieldsDetail(fields)); err != nil {
			return err
		}
		if had.ID != "" && had.Period == r.Period && had.Starts == r.Starts && had.Then == r.Then {
			return nil // the promise is the same in other words
		}
		return a.newPolicy(tx, had, r)
	})
}

// newPolicy begins a new version of the policy because a rule changed. Where its
// text names the period of before, it names the new one now; where it says it in
// other words, that is the owner's to bring up to date, and it says so. What
// changed is on record. The page of the shop is hers to change: P17 sees it.
func (a *App) newPolicy(tx Tx, had, r register.Rule) error {
	all, err := records[register.PolicyVersion](tx, kindPolicies)
	if err != nil {
		return err
	}
	today := a.today()
	i := slices.IndexFunc(all, func(v register.PolicyVersion) bool { return v.Until.IsZero() })
	if i < 0 {
		return nil // no policy is on file that could change
	}
	lang := a.Info().Lang
	none := a.d.Texts.Text(lang, "rules.period.none", nil)
	was, now := cmp.Or(readPeriod(had.Period).Text(lang), none), cmp.Or(readPeriod(r.Period).Text(lang), none)
	words := a.d.Texts.Text(lang, "rules.policyChange", map[string]any{"Rule": a.ruleName(r.ID, lang), "Was": was, "Now": now,
		"Start": a.d.Texts.Text(lang, "choice.rule.starts."+r.Starts, nil)})
	cur := all[i]
	if cur.Text != "" {
		said := "rules.policyText.todo"
		var n int
		if cur.Text, n = promise.Restate(cur.Text, r.ID, readPeriod(had.Period), readPeriod(r.Period)); n > 0 {
			said = "rules.policyText.done"
		}
		cur.SHA256 = register.SHA256(cur.Text)
		words += " " + a.d.Texts.Text(lang, said, nil)
	}
	if cur.From == today {
		// Several changes of one day are one version.
		if cur.Change = words + " " + cur.Change; len(cur.Change) > 2000 {
			cur.Change = words
		}
		_, err := a.keepRecord(tx, kindPolicies, cur.ID, &cur, owner)
		return err
	}
	next := cur
	next.ID, next.From, next.Change, next.Told = versionID(all, today), today, words, ""
	ended := all[i]
	ended.Until = today
	if _, err := a.keepRecord(tx, kindPolicies, ended.ID, &ended, owner); err != nil {
		return err
	}
	if _, err := a.keepRecord(tx, kindPolicies, next.ID, &next, owner); err != nil {
		return err
	}
	return a.journal(tx, owner, evidence.ActRegisterChanged, kindPolicies+" "+next.ID, nil)
}

// readPeriod reads a rule's period; the zero one for a rule without.
func readPeriod(s string) law.Period {
	p, err := law.ParsePeriod(s)
	if err != nil {
		return law.Period{}
	}
	return p
}

// ruleName is the name of a rule; one of the owner's own has its id for a name.
func (a *App) ruleName(id, lang string) string {
	if slices.Contains(retention.Kinds[:4], id) {
		return a.d.Texts.Text(lang, "rule."+id, nil)
	}
	return id
}

// DropRule takes back a rule of the owner's own; those of the policy stay:
// retention.ErrRule.
func (a *App) DropRule(ctx context.Context, id string) error {
	return a.update(ctx, func(tx Tx) error {
		r, err := record[register.Rule](tx, kindRules, id)
		if err != nil {
			return err
		}
		if r.ID == "" || retention.About(r) == r.ID {
			return retention.ErrRule
		}
		if err := tx.DeleteRecord(kindRules, id); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRuleChanged, "rule "+id, map[string]bool{"dropped": true})
	})
}

// ImpactSide is what a rule makes due today, in one of its versions. What waits
// for a hold or a case is counted apart.
type ImpactSide struct {
	Orders, Held, Objects int
	SizeBytes             int64
}

// RuleImpact tells on the real data what a changed rule would make due at once.
type RuleImpact struct {
	Rule          register.Rule
	Before, After ImpactSide
	Now           []DueRow // newly due, at most maxImpactRows
	NoMore        []DueRow // due under the rule in force and no longer
	NowCount      int
	NoMoreCount   int
}

const maxImpactRows = 200

// TryRule tells what a rule would make due today, compared with the rule of the
// same id in force; nothing is kept. A rule about media looks at the storages:
// slow. Errors: those of retention.Check, and of the storages.
func (a *App) TryRule(ctx context.Context, r register.Rule) (RuleImpact, error) {
	v := RuleImpact{}
	r, err := checkRule(r)
	if err != nil {
		return v, err
	}
	v.Rule = r
	today := a.today()
	f, err := a.ruleFacts(ctx, today)
	if err != nil {
		return v, err
	}
	var before, after []retention.Row
	if r.ID == retention.Media {
		m, err := a.lookFor(ctx, today, nil, &r, nil, nil)
		if err != nil {
			return v, err
		}
		before, after = m.before.Result().Due, m.tally.Result().Due
	} else {
		if err := a.fill(ctx, f); err != nil {
			return v, err
		}
		if i := slices.IndexFunc(f.rules, func(x register.Rule) bool { return x.ID == r.ID }); i >= 0 {
			if before, _, err = f.book.Rows(f.rules[i], today); err != nil {
				return v, err
			}
		}
		if after, _, err = f.book.Rows(r, today); err != nil {
			return v, err
		}
	}
	v.Before, v.After = side(before), side(after)
	v.Now, v.NowCount = missingIn(before, after)
	v.NoMore, v.NoMoreCount = missingIn(after, before)
	return v, nil
}

func side(rows []retention.Row) ImpactSide {
	var s ImpactSide
	for _, r := range rows {
		if r.Order == 0 {
			continue // only the owner's hand erases what no order claims
		}
		if r.Held != "" {
			s.Held++
			continue
		}
		s.Orders++
		s.Objects += r.Objects
		s.SizeBytes += r.SizeBytes
	}
	return s
}

// missingIn returns the rows whose orders are not free to go in the first list.
func missingIn(list, rows []retention.Row) ([]DueRow, int) {
	there := map[int64]bool{}
	for _, r := range list {
		there[r.Order] = there[r.Order] || r.Held == ""
	}
	var out []retention.Row
	n := 0
	for _, r := range rows {
		if r.Order == 0 || r.Held != "" || there[r.Order] {
			continue
		}
		if n++; n <= maxImpactRows {
			out = append(out, r)
		}
	}
	return dueRows(out), n
}

// RuleMonth is what becomes due of each rule in a month, in orders.
type RuleMonth struct {
	First law.Date // of the month
	Due   map[string]int
}

// YearAhead is what becomes due within twelve months, by rule.
type YearAhead struct {
	Rules  []register.Rule
	Months []RuleMonth // twelve, the running month first
	Late   map[string]int
	Rows   []DueRow // the soonest first; at most maxAheadRows
	Count  int      // all of them
}

const maxAheadRows = 500

// Year tells what becomes due within twelve months, from records and from what
// was last seen in the storages. What waits for a hold is not in it.
func (a *App) Year(ctx context.Context) (YearAhead, error) {
	today := a.today()
	y := YearAhead{Late: map[string]int{}}
	first := law.Date{Year: today.Year, Month: today.Month, Day: 1}
	for i := range 12 {
		y.Months = append(y.Months, RuleMonth{First: first.AddMonths(i), Due: map[string]int{}})
	}
	rows, rules, err := a.aheadRows(ctx, first.AddMonths(12).AddDays(-1))
	if err != nil {
		return y, err
	}
	y.Rules = rules
	for _, r := range rows {
		if r.Due.Before(today) {
			y.Late[r.Rule]++
		} else if n := (r.Due.Year-first.Year)*12 + int(r.Due.Month-first.Month); n < 12 {
			y.Months[n].Due[r.Rule]++
		}
	}
	y.Count = len(rows)
	y.Rows = rows[:min(len(rows), maxAheadRows)]
	return y, nil
}

// aheadRows returns what is due or will be until a day, under all rules.
func (a *App) aheadRows(ctx context.Context, until law.Date) ([]DueRow, []register.Rule, error) {
	f, err := a.ruleFacts(ctx, a.today())
	if err != nil {
		return nil, nil, err
	}
	var out []DueRow
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		ms, err := a.mediaDates(tx)
		for _, m := range ms {
			if !m.Due.After(until) {
				out = append(out, DueRow{Rule: retention.Media, Order: m.Order, Number: m.Number, Due: m.Due})
			}
		}
		return err
	}); err != nil {
		return nil, nil, err
	}
	if err := a.fill(ctx, f); err != nil {
		return nil, nil, err
	}
	for _, r := range f.rules {
		if retention.About(r) == retention.Media {
			continue
		}
		due, ahead, err := f.book.Rows(r, until)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range dueRows(append(due, ahead...)) {
			if row.Held == "" {
				out = append(out, row)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y DueRow) int {
		return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Order, y.Order))
	})
	return out, f.rules, nil
}

// ruleDates adds to the calendar what the rules about orders make due until its
// last day, and the ends of the holds that are about more than one order.
func (a *App) ruleDates(tx Tx, f *agenda.Facts) error {
	wide, err := records[LegalHold](tx, kindHolds)
	if err != nil {
		return err
	}
	for _, h := range wide {
		if h.Scope != HoldOrder && h.LiftedAt.IsZero() && !h.Until.IsZero() {
			f.HoldEnds = append(f.HoldEnds, agenda.HoldEnd{Ref: h.ID, Until: h.Until})
		}
	}
	rules, err := records[register.Rule](tx, kindRules)
	if err != nil {
		return err
	}
	until := f.Until
	if until.IsZero() {
		until = f.Today.AddYears(1)
	}
	in, err := a.bookInput(tx, f.Today)
	if errors.Is(err, retention.ErrNoPeriod) {
		return nil // a profile without rules has no dates of them
	}
	if err != nil {
		return err
	}
	in.LastMessage = func(id int64) (time.Time, error) {
		o, err := tx.Order(id)
		if err != nil || o.Customer.Email == "" {
			return time.Time{}, err
		}
		return tx.LastFrom(o.Customer.Email)
	}
	book := retention.NewBook(in)
	if err := tx.EachOrder(func(o order.Order) error { book.Order(o); return nil }); err != nil {
		return err
	}
	for _, r := range rules {
		if retention.About(r) == retention.Media {
			continue
		}
		due, ahead, err := book.Rows(r, until)
		if err != nil {
			return err
		}
		by := map[int]*agenda.RuleDue{}
		for _, row := range slices.Concat(due, ahead) {
			if row.Held != "" {
				continue
			}
			// What was due before today is due today.
			day := row.Due
			if day.Before(f.Today) {
				day = f.Today
			}
			m := by[day.Year*12+int(day.Month)]
			if m == nil {
				m = &agenda.RuleDue{Rule: r.ID, Due: day}
				by[day.Year*12+int(day.Month)] = m
			}
			if m.Count++; day.Before(m.Due) {
				m.Due = day
			}
		}
		for _, m := range by {
			f.Rules = append(f.Rules, *m)
		}
	}
	return nil
}

// RunRule makes the plan of one rule on a day and runs it: the plan is made
// anew, because the rules before it have changed what is there. By is who
// confirmed it. A rule without anything to do gives a run without a number; Rest
// of the run tells how many orders the next one has. ErrNotYet for a day to come.
func (a *App) RunRule(ctx context.Context, rule string, at law.Date, by string, report Report) (RunView, error) {
	v, err := a.RetentionOf(ctx, at, rule)
	if err != nil {
		return RunView{}, err
	}
	if len(v.Plans) == 0 || len(v.Plans[0].Scope.Orders) == 0 && len(v.Plans[0].Erase) == 0 {
		return RunView{}, nil
	}
	run, err := a.EraseWith(ctx, v.Plans[0], v.Plans[0].Hash, EraseOptions{By: by, At: at}, report)
	run.Rest = v.Rest[rule]
	return run, err
}
