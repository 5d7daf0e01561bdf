package app

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
)

// facts gathers what really happened and what is true of the shop, for a
// letter in lang.
func (a *App) facts(tx Tx, c cases.Case, lang string) (cases.Facts, error) {
	own := a.controller(tx)
	d := a.deadline(c)
	f := cases.Facts{Zone: a.d.Zone, Controller: own.Name, Address: own.Address, Email: own.Email, Site: own.Site, Due: d.Due, NewDue: d.ExtensionDue}
	if !c.ExtendedAt.IsZero() {
		f.NewDue = d.Due
	}
	if err := a.effectFacts(tx, c, &f, lang); err != nil {
		return f, err
	}
	var r erasure.Record // what stays is as the last run says
	var steps []erasure.Step
	for _, id := range c.Runs {
		next, err := tx.Run(id)
		if err != nil {
			return f, err
		}
		if next.State != erasure.Complete && next.State != erasure.Partial {
			continue
		}
		more, err := tx.Steps(id)
		if err != nil {
			return f, err
		}
		// A later run that found nothing more is not the one that erased.
		if r.ID == 0 || next.Erased > 0 {
			f.ErasedAt, f.Certificate = next.EndedAt, fmt.Sprintf("C-%d", next.ID)
		}
		r, steps = next, joinSteps(steps, more)
	}
	if r.ID != 0 {
		// What stays without an article of its own stays for the owner's reason,
		// in the words that she chose for the person.
		why := ""
		for _, x := range c.Asked {
			if x.Right == request.Erasure {
				why = x.Reason
			}
		}
		a.erasureFacts(&f, r, steps, lang, why)
		t, err := a.trace(tx, r, steps)
		if err != nil {
			return f, err
		}
		f.BackupsGone = t.Date
	}
	ns, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return f, err
	}
	for _, t := range cases.ToldOf(slices.DeleteFunc(ns, func(n cases.Notice) bool { return n.Case != int64(c.ID) }), a.d.Zone) {
		if !slices.Contains(f.Told, t) {
			f.Told = append(f.Told, t)
		}
	}
	return f, a.registerFacts(tx, c, &f, lang)
}

// joinSteps adds the steps of a later run, of which each object stands as that
// run left it.
func joinSteps(steps, later []erasure.Step) []erasure.Step {
	at := map[string]int{}
	for i, s := range steps {
		at[s.Object.ID()] = i
	}
	for _, s := range later {
		if i, known := at[s.Object.ID()]; known {
			steps[i] = s
		} else {
			steps = append(steps, s)
		}
	}
	return steps
}

// erasureFacts tells what the runs of a case erased, what stays and what is
// left. why is the owner's own reason, "" while she has given none.
func (a *App) erasureFacts(f *cases.Facts, r erasure.Record, steps []erasure.Step, lang, why string) {
	counts := map[plan.Holds]int{}
	for _, s := range steps {
		switch {
		case s.Status == erasure.Gone && s.Object.Kind == plan.Field:
			// Of the account every field is the account.
			if s.Object.Holds == plan.Account {
				counts[plan.Account] = 1
			} else {
				counts[erasedField]++
			}
		case s.Status == erasure.Gone && s.Object.Kind == plan.Version:
			h := s.Object.Holds
			if h != plan.Portrait && h != plan.Derived {
				h = plan.Photo
			}
			counts[h]++
		case s.Status != erasure.Gone:
			f.Left = append(f.Left, cases.Stays{What: a.d.Texts.Text(lang, "fact.object", map[string]any{"Order": s.Object.Number}),
				Ground: a.d.Texts.Text(lang, "fact.left", nil)})
		}
	}
	for _, h := range []plan.Holds{plan.Photo, plan.Portrait, plan.Derived, erasedField, plan.Account} {
		if counts[h] > 0 {
			f.Erased = append(f.Erased, cases.Erased{Holds: string(h), Count: counts[h]})
		}
	}
	add := func(list *[]cases.Stays, key, number, article, ground string, until law.Date) {
		x := cases.Stays{What: a.d.Texts.Text(lang, key, map[string]any{"Order": number}), Ground: cmp.Or(law.Cite(article, lang), why, ground), Until: until}
		// Field by field is for the certificate: the person is told once.
		if !slices.Contains(*list, x) {
			*list = append(*list, x)
		}
	}
	for _, h := range r.Restrict {
		key := factOf(h.Storage, h.Holds)
		if h.Key == "" || h.Holds == plan.Invoice {
			key = "fact.invoice"
		}
		add(&f.Restricted, key, h.Order, h.Article, h.Ground, h.Until)
	}
	for _, k := range r.Keep {
		// What is to be done by hand in the shop is for the owner, not for
		// the person; a reference that leads nowhere is nothing that stays.
		if k.Storage == "" || plan.IsShop(k.Storage) && k.Article == byHandArticle {
			continue
		}
		add(&f.Kept, factOf(k.Storage, k.Holds), k.Order, k.Article, k.Ground, k.Until)
	}
}

// erasedField counts the fields of the shop's records in a letter.
const erasedField plan.Holds = "field"

// factOf is the key of the words for something that stays.
func factOf(storage string, holds plan.Holds) string {
	switch {
	case !plan.IsShop(storage), holds == plan.Photo, holds == plan.Portrait, holds == plan.Derived:
		return "fact.object"
	case holds == plan.Account:
		return "fact.account"
	case holds == plan.Reference:
		return "fact.reference"
	}
	return "fact.contact"
}

// registerFacts tells the purposes, recipients and transfers that an access
// letter names (GDPR Art. 15(1) and (2)), as the copy itself tells them. A
// recipient that the owner has not named yet is left out: the letter cannot
// name it, and the page of the copy says so.
func (a *App) registerFacts(tx Tx, c cases.Case, f *cases.Facts, lang string) error {
	facts := disclosure.Facts{Case: c, Lang: lang, Zone: a.d.Zone}
	if err := a.copyRegisters(tx, &facts); err != nil {
		return err
	}
	for _, id := range c.Selected() {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		facts.Orders = append(facts.Orders, o)
	}
	told := disclosure.Inform(facts)
	for _, p := range told.Purposes {
		if p.Basis != "" && p.Data != "" && p.Period != "" {
			f.Purposes = append(f.Purposes, p)
		}
	}
	for _, r := range told.Recipients {
		f.Recipients = append(f.Recipients, fmt.Sprintf("%s (%s)", r.Name, r.Service))
	}
	f.Transfers = told.Transfers
	if told.Depicted {
		f.Source = told.Source
	}
	return copyFilesFacts(tx, c, f)
}

// copyFilesFacts names the newest copy of each kind that goes with the letter,
// and the day on which the first of them is removed.
func copyFilesFacts(tx Tx, c cases.Case, f *cases.Facts) error {
	all, err := copiesOf(tx, c.ID)
	if err != nil {
		return err
	}
	newest := map[disclosure.Kind]Copy{}
	for _, x := range all {
		if x.State == copyMade {
			newest[x.Kind] = x
		}
	}
	for _, k := range []disclosure.Kind{disclosure.Access, disclosure.Portability} {
		x, ok := newest[k]
		if !ok || !slices.ContainsFunc(c.Asked, func(r cases.Asked) bool { return r.Right == k.Right() }) {
			continue
		}
		f.Files = append(f.Files, filepath.Base(x.Path))
		if f.FilesUntil.IsZero() || x.Until.Before(f.FilesUntil) {
			f.FilesUntil = x.Until
		}
	}
	return nil
}
