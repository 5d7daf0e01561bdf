package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// PreviewCopy looks at all that is held of the person of a case, live, and
// returns what a copy of a kind would hold by default, in the language in which
// she is written to. Nothing is stored. It is slow. ErrNotAsked where the case
// does not ask for that.
func (a *App) PreviewCopy(ctx context.Context, id cases.ID, kind disclosure.Kind) (disclosure.Copy, error) {
	c, _, err := a.previewCopy(ctx, id, kind, nil)
	return c, err
}

func (a *App) previewCopy(ctx context.Context, id cases.ID, kind disclosure.Kind, report Report) (disclosure.Copy, disclosure.Facts, error) {
	f, err := a.copyFacts(ctx, id, kind, report)
	if err != nil {
		return disclosure.Copy{}, f, err
	}
	c, err := disclosure.Build(f)
	return c, f, err
}

// copyFacts gathers what a copy is made from.
func (a *App) copyFacts(ctx context.Context, id cases.ID, kind disclosure.Kind, report Report) (disclosure.Facts, error) {
	f := disclosure.Facts{Kind: kind, Zone: a.d.Zone, At: a.now(), Due: map[int64]law.Date{}}
	if kind != disclosure.Access && kind != disclosure.Portability {
		return f, disclosure.ErrKind
	}
	var again []int // places in f.Messages to be read again in the mailbox
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(c.Asked, func(x cases.Asked) bool { return x.Right == kind.Right() }) {
			return ErrNotAsked
		}
		f.Case, f.Lang, f.Controller = c, a.paperLang(c), a.controller(tx)
		if err := a.copyOrders(tx, &f); err != nil {
			return err
		}
		if again, err = a.copyMails(tx, &f); err != nil {
			return err
		}
		if err := a.copyOthers(tx, &f); err != nil {
			return err
		}
		return a.copyLists(tx, &f)
	}); err != nil {
		return f, err
	}
	for n, i := range again {
		if report != nil {
			report(n, len(again), "mail")
		}
		m, err := a.reread(ctx, f.Messages[i].Message)
		if err := ctx.Err(); err != nil {
			return f, err
		}
		if err == nil { // what cannot be read is told as a gap
			f.Messages[i].Message, f.Messages[i].Raw = m, m.Raw
		}
	}
	if report != nil {
		report(0, 0, "look")
	}
	if len(f.Orders) > 0 && len(a.d.Storages) > 0 {
		found, _, err := plan.Survey(ctx, a.listers(), a.locators(), f.Orders, a.d.Bases, nil)
		if err != nil {
			return f, err
		}
		f.Objects = found
	}
	return f, nil
}

// copyOrders reads the orders in scope, and counts those of the same address
// that are in another name.
func (a *App) copyOrders(tx Tx, f *disclosure.Facts) error {
	book, err := a.orderBook(tx)
	if err != nil {
		return err
	}
	scope := f.Case.Selected()
	for _, id := range scope {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		f.Orders = append(f.Orders, o)
		f.Due[id] = book.row(o).Due
	}
	for _, email := range personEmails(f.Case) {
		os, err := tx.OrdersByEmail(email)
		if err != nil {
			return err
		}
		for _, o := range os {
			if !slices.Contains(scope, o.ID) && o.Customer.Name() != "" && !ofCase(f.Case, o.Customer.Name()) {
				f.OtherOrders++
			}
		}
	}
	return nil
}

// personEmails are the addresses of the person of a case and of who asks.
func personEmails(c cases.Case) []string {
	var out []string
	for _, p := range []cases.Person{c.Requester, c.Concerned} {
		if e := mailbox.NormEmail(p.Email); e != "" && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// ofCase tells whether a name is that of the person of a case, or of who asks.
func ofCase(c cases.Case, name string) bool {
	return cases.SameName(c.Requester.Name, name) || cases.SameName(c.Concerned.Name, name)
}

// copyMails reads the mails of the person's cases, and those from her address.
// It returns which have to be read again in the mailbox: of ordinary mail only
// the header is kept.
func (a *App) copyMails(tx Tx, f *disclosure.Facts) (again []int, err error) {
	seen := map[int64]bool{}
	add := func(j request.Judged) error {
		if seen[j.Message.ID] {
			return nil
		}
		seen[j.Message.ID] = true
		m := disclosure.Mail{Judged: j}
		var err error
		if m.Raw, err = tx.Raw(j.Message.ID); err != nil {
			return err
		}
		if j.Message.Text == "" && len(m.Raw) == 0 {
			again = append(again, len(f.Messages))
		}
		f.Messages = append(f.Messages, m)
		return nil
	}
	mine := []cases.ID{f.Case.ID}
	emails := personEmails(f.Case)
	for _, e := range emails {
		cs, err := tx.CasesByEmail(e)
		if err != nil {
			return nil, err
		}
		for _, c := range cs {
			if !slices.Contains(mine, c.ID) {
				mine = append(mine, c.ID)
			}
		}
	}
	if f.Case.Depicted {
		// Her customer's other cases and mails are not hers.
		mine, emails = mine[:1], nil
	}
	for _, id := range mine {
		js, err := tx.CaseMessages(int64(id))
		if err != nil {
			return nil, err
		}
		for _, j := range js {
			if err := add(j); err != nil {
				return nil, err
			}
		}
	}
	for _, k := range []request.Kind{request.ToCheck, request.Request, request.Ordinary} {
		js, err := tx.Messages(k, 0)
		if err != nil {
			return nil, err
		}
		for _, j := range js {
			if from, ok := j.Message.Sender(); ok && slices.Contains(emails, from.Norm()) {
				if err := add(j); err != nil {
					return nil, err
				}
			}
		}
	}
	return again, nil
}

// copyOthers finds the customers who are not the person and whose name must not
// go out with her copy: those of her address, those that her case names, and
// every other customer whom a text of the copy names.
func (a *App) copyOthers(tx Tx, f *disclosure.Facts) error {
	var texts strings.Builder
	put := func(s string) { texts.WriteString(" " + folded(s) + " ") }
	for _, m := range f.Messages {
		put(m.Message.Subject)
		put(m.Message.Text)
	}
	for _, l := range f.Case.Letters {
		put(l.Text)
	}
	for _, e := range f.Case.Events {
		put(e.Note)
	}
	put(f.Case.Identity.Reason)
	all := texts.String()
	emails, scope := personEmails(f.Case), f.Case.Selected()
	matched := map[int64]bool{}
	for _, m := range f.Case.Orders {
		matched[m.Order] = true
	}
	return tx.EachOrder(func(o order.Order) error {
		c := o.Customer
		if c.Name() == "" || ofCase(f.Case, c.Name()) || slices.Contains(scope, o.ID) && slices.Contains(emails, mailbox.NormEmail(c.Email)) {
			return nil
		}
		back := folded(c.LastName + " " + c.FirstName)
		if matched[o.ID] || slices.Contains(emails, mailbox.NormEmail(c.Email)) || strings.Contains(all, " "+folded(c.Name())+" ") || strings.Contains(all, " "+back+" ") {
			f.Others = append(f.Others, c)
		}
		return nil
	})
}

// folded makes a text comparable: letters and digits in lower case, one space
// for anything between them.
func folded(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }), " ")
}

// copyLists reads consents, suppressions, earlier erasures and the registers.
func (a *App) copyLists(tx Tx, f *disclosure.Facts) (err error) {
	emails := personEmails(f.Case)
	cs, err := records[register.Consent](tx, kindConsents)
	if err != nil {
		return err
	}
	for _, c := range cs {
		who := mailbox.NormEmail(c.Who)
		named := slices.ContainsFunc(strings.FieldsFunc(who, func(r rune) bool { return strings.ContainsRune(" <>,;()", r) }), func(w string) bool { return slices.Contains(emails, w) })
		if named || c.Case == int64(f.Case.ID) || !strings.Contains(who, "@") && ofCase(f.Case, c.Who) {
			f.Consents = append(f.Consents, c)
		}
	}
	ss, err := records[effects.Suppression](tx, kindSuppressions)
	if err != nil {
		return err
	}
	for _, s := range ss {
		if slices.Contains(emails, mailbox.NormEmail(s.Email)) && s.LiftedAt.IsZero() {
			for _, u := range s.Uses {
				f.Suppressions = append(f.Suppressions, disclosure.Suppression{What: a.suppressedUse(f.Lang, string(u)), Source: a.suppressedFrom(f.Lang, string(s.Source)), At: s.At})
			}
		}
	}
	runs, err := tx.Runs()
	if err != nil {
		return err
	}
	for _, r := range runs {
		about := r.Scope.Case == int64(f.Case.ID) || slices.ContainsFunc(r.Scope.Orders, func(id int64) bool { return slices.Contains(f.Case.Selected(), id) })
		if about && (r.State == erasure.Complete || r.State == erasure.Partial) {
			f.Runs = append(f.Runs, r)
		}
	}
	return a.copyRegisters(tx, f)
}

func (a *App) suppressedUse(lang, use string) string {
	key := "copy.use." + strings.ReplaceAll(use, " ", "_")
	if t := a.d.Texts.Text(lang, key, nil); t != key {
		return t
	}
	return use
}

func (a *App) suppressedFrom(lang, source string) string {
	key := "copy.from." + strings.ReplaceAll(source, " ", "_")
	if t := a.d.Texts.Text(lang, key, nil); t != key {
		return t
	}
	return source
}

func (a *App) copyRegisters(tx Tx, f *disclosure.Facts) error {
	var err1, err2, err3 error
	f.Activities, err1 = records[register.Activity](tx, kindActivities)
	f.Processors, err2 = records[register.Processor](tx, kindProcessors)
	f.Rules, err3 = records[register.Rule](tx, kindRules)
	return errors.Join(err1, err2, err3)
}
