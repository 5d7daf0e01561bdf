package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
)

// didLines is how many lines of what happened by itself the first page shows.
const didLines = 20

// Today returns what needs the owner now, in the order of the law's urgency.
// It looks at records only, never at a network, so that it is quick.
func (a *App) Today(ctx context.Context) (Today, error) {
	var t Today
	today := a.today()
	err := a.d.Store.View(ctx, func(tx Tx) error {
		cs, err := tx.Cases()
		if err != nil {
			return err
		}
		for _, c := range cs {
			a.needOfCase(&t, c, today)
		}
		if err := a.needOfMail(&t, tx); err != nil {
			return err
		}
		if err := a.needOfRuns(&t, tx); err != nil {
			return err
		}
		if err := a.needOfCooling(&t, tx); err != nil {
			return err
		}
		if err := a.needOfNotices(&t, tx); err != nil {
			return err
		}
		if err := a.needOfLetters(&t, tx); err != nil {
			return err
		}
		if err := errors.Join(a.needOfSuppressions(&t, tx), a.needOfAmendments(&t, tx), a.needOfCopies(&t, tx)); err != nil {
			return err
		}
		if err := a.needOfRetention(&t, tx, today); err != nil {
			return err
		}
		if err := errors.Join(a.needOfHolds(&t, tx), a.needOfTroubles(&t, tx), a.needOfRules(&t, tx), a.needOfAbsence(&t, tx, today), a.needOfSweeps(&t, tx)); err != nil {
			return err
		}
		a.needOfServices(&t, tx)
		if v, ok, err := tx.Setting(settingSync); err != nil {
			return err
		} else if ok {
			t.Synced, _ = time.Parse(time.RFC3339, v)
		}
		return a.whatHappened(&t, tx)
	})
	slices.SortStableFunc(t.Needs, func(x, y Need) int {
		return cmp.Or(cmp.Compare(urgency(x), urgency(y)), x.Due.Compare(y.Due))
	})
	for _, n := range t.Needs {
		if n.Tone == ToneLate {
			t.Late++
		}
	}
	slices.SortStableFunc(t.Next, func(x, y NextDate) int { return x.Date.Compare(y.Date) })
	if len(t.Needs) == 0 && len(t.Next) > 0 {
		t.PeaceUntil = t.Next[0].Date
	}
	if len(t.Next) > 3 {
		t.Next = t.Next[:3]
	}
	return t, err
}

// urgency orders the needs: what is late by law, what was cut off, what is at
// risk, then the rest.
func urgency(n Need) int {
	switch {
	case n.Kind == "case" && n.Tone == ToneLate:
		return 0
	case n.Kind == "run":
		return 1
	case n.Tone == ToneLate:
		return 2
	case n.Kind == "case" && n.Tone == ToneAtRisk:
		return 3
	case n.Kind == "mail":
		return 4
	case n.Kind == "sync":
		return 5
	case n.Kind == "case":
		return 6
	}
	return 7
}

func (a *App) needOfCase(t *Today, c cases.Case, today law.Date) {
	if c.State == cases.Closed && !c.CameBack() {
		return
	}
	row := a.caseRow(c)
	steps := cases.Next(c, a.deadline(c), today)
	step := cases.Primary(steps)
	waits := slices.ContainsFunc(steps, func(s cases.Step) bool { return s.Waits })
	if !c.State.Open() {
		tone := ToneQuiet
		if c.CameBack() {
			tone = ToneAtRisk
		}
		t.Needs = append(t.Needs, Need{Kind: "case", Tone: tone, Case: c.ID, Rights: row.Rights, Person: row.Person, Step: step, Due: row.Due, DaysLeft: row.DaysLeft})
		return
	}
	if row.Waiting && !waits {
		t.Next = append(t.Next, NextDate{Date: row.Due, Kind: "case", Case: c.ID, Count: 1, Label: row.Person})
		return
	}
	t.Needs = append(t.Needs, Need{Kind: "case", Tone: row.Tone, Case: c.ID, Rights: row.Rights, Person: row.Person, Step: step, Waits: waits, Due: row.Due, DaysLeft: row.DaysLeft})
}

func (a *App) needOfMail(t *Today, tx Tx) error {
	js, err := tx.Messages(request.ToCheck, 0)
	if err != nil {
		return err
	}
	n := Need{Kind: "mail", Tone: ToneQuiet}
	for _, j := range js {
		if j.Case != 0 {
			continue
		}
		n.Count++
		// A month runs for each of them if it is a request after all.
		if d := law.DateOf(j.Message.ReceivedAt, a.d.Zone).AddMonths(1); n.Due.IsZero() || d.Before(n.Due) {
			n.Due = d
		}
	}
	if n.Count == 0 {
		return nil
	}
	n.DaysLeft = a.today().Days(n.Due)
	switch {
	case n.DaysLeft < 0:
		n.Tone = ToneLate
	case n.DaysLeft <= atRiskDays:
		n.Tone = ToneAtRisk
	}
	t.Needs = append(t.Needs, n)
	return nil
}

func (a *App) needOfRuns(t *Today, tx Tx) error {
	rs, err := tx.Runs()
	if err != nil {
		return err
	}
	back := map[int64]bool{}
	all, err := records[handedBack](tx, kindHandedBack)
	if err != nil {
		return err
	}
	for _, h := range all {
		back[h.Run] = true
	}
	for _, r := range rs {
		if back[r.ID] {
			continue // what has to stay is told of by what keeps it
		}
		if r.State == erasure.Running || r.State == erasure.Partial {
			t.Needs = append(t.Needs, Need{Kind: "run", Tone: ToneLate, Run: r.ID, Case: cases.ID(r.Scope.Case), Count: r.Left})
		}
	}
	return nil
}

// needOfRetention counts the orders whose media period is over and whose media
// were still there when the storages were last looked at.
func (a *App) needOfRetention(t *Today, tx Tx, today law.Date) error {
	if len(a.d.Storages) == 0 {
		return nil
	}
	book, err := a.orderBook(tx)
	if err != nil {
		return err
	}
	all, err := tx.Orders()
	if err != nil {
		return err
	}
	n := Need{Kind: "retention", Tone: ToneAtRisk}
	soon := map[law.Date]int{}
	for _, o := range all {
		if book.seen[o.ID] == 0 {
			continue // nothing is there, or nobody has looked yet
		}
		switch r := book.row(o); {
		case r.Media == "due":
			n.Count++
			if r.DaysLeft < 0 {
				n.Tone = ToneLate
			}
			if n.Due.IsZero() || r.Due.Before(n.Due) {
				n.Due = r.Due
			}
		case r.Media == "counting":
			soon[r.Due]++
		}
	}
	if n.Count > 0 {
		n.DaysLeft = today.Days(n.Due)
		t.Needs = append(t.Needs, n)
	}
	for d, c := range soon {
		t.Next = append(t.Next, NextDate{Date: d, Kind: "retention", Count: c})
	}
	ps, err := records[register.Processor](tx, kindProcessors)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if !p.ContractUntil.IsZero() && !p.ContractUntil.Before(today) {
			t.Next = append(t.Next, NextDate{Date: p.ContractUntil, Kind: "contract", Count: 1, Label: p.Name})
		}
	}
	return nil
}

func (a *App) needOfServices(t *Today, tx Tx) {
	for _, s := range a.services() {
		if seen, ok := a.seen(tx, s.Kind, s.Name); ok && seen.Failed != "" {
			t.Needs = append(t.Needs, Need{Kind: "sync", Tone: ToneAtRisk, Service: s.Name, ServiceKind: s.Kind, Error: errors.New(seen.Failed)})
		}
	}
}

// whatHappened returns what the program did by itself.
func (a *App) whatHappened(t *Today, tx Tx) error {
	es, err := tx.Journal(200)
	if err != nil {
		return err
	}
	for _, e := range es {
		if e.Actor != owner && len(t.Did) < didLines {
			t.Did = append(t.Did, line(e))
		}
	}
	return nil
}
