package app

import (
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
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/app/retention"
)

// The kinds of records that the owner keeps.
const (
	kindActivities = "processing"
	kindProcessors = "processors"
	kindRules      = "rules"
	kindBreaches   = "breaches"
	kindTrackers   = "trackers"
	kindConsents   = "consents"
	kindPolicies   = "policy"
	kindScreenings = "dpia"
	kindRulings    = "findings"
)

// records reads the records of a register.
func records[T any](tx Tx, kind string) ([]T, error) {
	rs, err := tx.Records(kind)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(rs))
	for _, r := range rs {
		var v T
		if err := json.Unmarshal(r.JSON, &v); err != nil {
			return nil, fmt.Errorf("read a record of %s: %w", kind, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// putRecord keeps a record of a register.
func putRecord(tx Tx, kind, id string, v any, at time.Time) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.PutRecord(kind, id, b, at)
}

func list[T any](ctx context.Context, a *App, kind string) (out []T, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error { out, err = records[T](tx, kind); return err })
	return out, err
}

// save keeps a record. An empty id becomes the next number of the register.
func save[T any](ctx context.Context, a *App, kind string, id *string, v *T) error {
	return a.update(ctx, func(tx Tx) error {
		if *id == "" {
			rs, err := tx.Records(kind)
			if err != nil {
				return err
			}
			*id = nextID(kind, rs)
		}
		fields, err := a.keepRecord(tx, kind, *id, v, owner)
		if err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterChanged, kind+" "+*id, fieldsDetail(fields))
	})
}

func nextID(kind string, rs []register.Stored) string {
	taken := map[string]bool{}
	for _, r := range rs {
		taken[r.ID] = true
	}
	for n := len(rs) + 1; ; n++ {
		if id := fmt.Sprintf("%s-%d", kind, n); !taken[id] {
			return id
		}
	}
}

// Activities returns the processing activities (GDPR Art. 30).
func (a *App) Activities(ctx context.Context) ([]register.Activity, error) {
	return list[register.Activity](ctx, a, kindActivities)
}

// SaveActivity keeps a processing activity, and what changed of it.
func (a *App) SaveActivity(ctx context.Context, r register.Activity) error {
	r.UpdatedOn = a.today()
	return save(ctx, a, kindActivities, &r.ID, &r)
}

// Processors returns the processors and other recipients.
func (a *App) Processors(ctx context.Context) ([]register.Processor, error) {
	return list[register.Processor](ctx, a, kindProcessors)
}

// SaveProcessor keeps a processor with the hashes of the documents attached and a
// copy of each. It returns ErrNoDocument where one cannot be read.
func (a *App) SaveProcessor(ctx context.Context, r register.Processor) error {
	var had register.Processor
	all, err := a.Processors(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(x register.Processor) bool { return x.ID == r.ID && r.ID != "" }); i >= 0 {
		had = all[i]
	}
	if r.ContractSHA256, err = attach(r.ContractFile, r.ContractSHA256, had.ContractFile, had.ContractSHA256); err != nil {
		return err
	}
	if r.TransferSHA256, err = attach(r.TransferFile, r.TransferSHA256, had.TransferFile, had.TransferSHA256); err != nil {
		return err
	}
	for path, sum := range map[string]string{r.ContractFile: r.ContractSHA256, r.TransferFile: r.TransferSHA256} {
		if err := a.keepDocument(ctx, path, sum); err != nil {
			return err
		}
	}
	return save(ctx, a, kindProcessors, &r.ID, &r)
}

// Breaches returns the personal data breaches (GDPR Art. 33(5)).
func (a *App) Breaches(ctx context.Context) ([]register.Breach, error) {
	return list[register.Breach](ctx, a, kindBreaches)
}

// SaveBreach keeps a breach.
func (a *App) SaveBreach(ctx context.Context, r register.Breach) error {
	return save(ctx, a, kindBreaches, &r.ID, &r)
}

// Trackers returns the trackers of the site (LIL Art. 82).
func (a *App) Trackers(ctx context.Context) ([]register.Tracker, error) {
	return list[register.Tracker](ctx, a, kindTrackers)
}

// SaveTracker keeps a tracker.
func (a *App) SaveTracker(ctx context.Context, r register.Tracker) error {
	return save(ctx, a, kindTrackers, &r.ID, &r)
}

// Consents returns the consents, objections and withdrawals on file.
func (a *App) Consents(ctx context.Context) ([]register.Consent, error) {
	return list[register.Consent](ctx, a, kindConsents)
}

// SaveConsent keeps a consent, objection or withdrawal.
func (a *App) SaveConsent(ctx context.Context, r register.Consent) error {
	return save(ctx, a, kindConsents, &r.ID, &r)
}

// Policies returns the versions of the privacy policy.
func (a *App) Policies(ctx context.Context) ([]register.PolicyVersion, error) {
	return list[register.PolicyVersion](ctx, a, kindPolicies)
}

// SavePolicy keeps a version of the policy; its hash is made here.
func (a *App) SavePolicy(ctx context.Context, r register.PolicyVersion) error {
	r.SHA256 = register.SHA256(r.Text)
	return save(ctx, a, kindPolicies, &r.ID, &r)
}

// Rules returns the retention rules.
func (a *App) Rules(ctx context.Context) ([]register.Rule, error) {
	return list[register.Rule](ctx, a, kindRules)
}

// SeedDefaults gives a new profile the records that it starts from, in one
// transaction, and opens the journal. It does nothing where they are there: seeds
// that a later version words anew reach new profiles only, since what stands in an
// old one is the owner's, whether she changed it or read it and left it.
func (a *App) SeedDefaults(ctx context.Context, d register.Defaults) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		if rs, err := tx.Records(kindRules); err != nil || len(rs) > 0 {
			return err
		}
		put := func(kind, id string, v any) error {
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			return tx.PutRecord(kind, id, b, a.now())
		}
		for _, r := range d.Rules {
			if err := put(kindRules, r.ID, r); err != nil {
				return err
			}
		}
		for _, r := range d.Activities {
			if r.CreatedOn.IsZero() {
				r.CreatedOn, r.UpdatedOn = a.today(), a.today()
			}
			if err := put(kindActivities, r.ID, r); err != nil {
				return err
			}
		}
		for _, r := range d.Processors {
			if err := put(kindProcessors, r.ID, r); err != nil {
				return err
			}
		}
		for _, r := range d.Trackers {
			if err := put(kindTrackers, r.ID, r); err != nil {
				return err
			}
		}
		for _, r := range d.Policies {
			if err := put(kindPolicies, r.ID, r); err != nil {
				return err
			}
		}
		return a.journal(tx, owner, evidence.ActProfileCreated, "profile", nil)
	})
}

// inputs gathers what the registers are built from, in one look at the store,
// without their history (pastOf). due adds what the storages hold now, which is slow; the other registers do
// without.
func (a *App) inputs(ctx context.Context, lang string, due bool) (register.Inputs, error) {
	in := register.Inputs{Zone: a.d.Zone, Now: a.now(), Lang: a.lang(lang), Numbers: map[int64]string{}}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		in.Controller = a.controller(tx)
		if _, in.JournalHead, err = tx.Head(); err != nil {
			return err
		}
		if in.Activities, err = records[register.Activity](tx, kindActivities); err != nil {
			return err
		}
		if in.Processors, err = records[register.Processor](tx, kindProcessors); err != nil {
			return err
		}
		if in.Rules, err = records[register.Rule](tx, kindRules); err != nil {
			return err
		}
		if in.Breaches, err = records[register.Breach](tx, kindBreaches); err != nil {
			return err
		}
		if in.Trackers, err = records[register.Tracker](tx, kindTrackers); err != nil {
			return err
		}
		if in.Consents, err = records[register.Consent](tx, kindConsents); err != nil {
			return err
		}
		if in.Policies, err = records[register.PolicyVersion](tx, kindPolicies); err != nil {
			return err
		}
		if in.Screenings, err = records[register.Screening](tx, kindScreenings); err != nil {
			return err
		}
		if in.Rulings, err = records[register.Ruling](tx, kindRulings); err != nil {
			return err
		}
		if in.Cases, err = tx.Cases(); err != nil {
			return err
		}
		if err := tx.EachOrder(func(o order.Order) error { in.Numbers[o.ID] = o.Number; return nil }); err != nil {
			return err
		}
		ns, err := records[cases.Notice](tx, kindNotices)
		if err != nil {
			return err
		}
		in.Notices = register.NoticeRows(ns)
		if err := a.effectRows(tx, &in); err != nil {
			return err
		}
		in.Runs, err = a.runRows(tx)
		return err
	})
	if err == nil && due {
		in.Retention, err = a.retentionRows(ctx)
	}
	return in, err
}

func (a *App) runRows(tx Tx) ([]register.RunRow, error) {
	rs, err := tx.Runs()
	if err != nil {
		return nil, err
	}
	out := make([]register.RunRow, 0, len(rs))
	for _, r := range rs {
		steps, err := tx.Steps(r.ID)
		if err != nil {
			return nil, err
		}
		cert, _, err := tx.Setting(certificateKey(r.ID))
		if err != nil {
			return nil, err
		}
		if cert != "" {
			cert = fmt.Sprintf("C-%d", r.ID)
		}
		out = append(out, register.RunRow{Record: r, Steps: steps, Certificate: cert})
	}
	return out, nil
}

// retentionRows tells where the media of each order stand, as the storages
// hold them now.
func (a *App) retentionRows(ctx context.Context) ([]register.DueRow, error) {
	v, err := a.Retention(ctx, law.Date{})
	if err != nil {
		return nil, err
	}
	var out []register.DueRow
	for _, rows := range [][]DueRow{v.Due, v.Ahead} {
		for _, r := range rows {
			out = append(out, register.DueRow{Rule: r.Rule, Number: r.Number, Since: r.Since, Due: r.Due, Objects: r.Objects, Held: r.Held})
		}
	}
	return out, nil
}

// Document builds a register in the language asked for.
func (a *App) Document(ctx context.Context, name register.Name, lang string) (register.Document, error) {
	in, err := a.inputs(ctx, lang, name == register.Retention && len(a.d.Storages) > 0)
	if err == nil {
		err = a.pastOf(ctx, &in, name)
	}
	if err != nil {
		return register.Document{}, err
	}
	return register.Build(name, in)
}

// Registers returns the shelf of registers.
func (a *App) Registers(ctx context.Context, lang string) ([]RegisterCard, error) {
	in, err := a.inputs(ctx, lang, false)
	if err != nil {
		return nil, err
	}
	changed := map[register.Name]time.Time{}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		for name, kind := range map[register.Name]string{register.Processing: kindActivities, register.Processors: kindProcessors, register.Retention: kindRules,
			register.Breaches: kindBreaches, register.Trackers: kindTrackers, register.Consents: kindConsents, register.Policy: kindPolicies,
			register.DPIA: kindScreenings, register.Findings: kindRulings} {
			rs, err := tx.Records(kind)
			if err != nil {
				return err
			}
			for _, r := range rs {
				if r.ChangedAt.After(changed[name]) {
					changed[name] = r.ChangedAt
				}
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, c := range in.Cases {
		for _, e := range c.Events {
			if e.At.After(changed[register.Requests]) {
				changed[register.Requests] = e.At
			}
		}
	}
	for _, r := range in.Runs {
		if r.Record.EndedAt.After(changed[register.Erasures]) {
			changed[register.Erasures] = r.Record.EndedAt
		}
	}
	var out []RegisterCard
	for _, n := range register.Names {
		doc, err := register.Build(n, in)
		if err != nil {
			return nil, err
		}
		c := RegisterCard{Name: n, Title: doc.Title, Gaps: doc.Gaps(), Changed: changed[n]}
		if doc.Main >= 0 && doc.Main < len(doc.Sections) && doc.Sections[doc.Main].Table != nil {
			c.Count = len(doc.Sections[doc.Main].Table.Rows)
			c.Open = openRows(doc.Sections[doc.Main].Table, n)
		}
		out = append(out, c)
	}
	return out, nil
}

// openRows counts the findings that are not settled.
func openRows(t *register.Table, n register.Name) int {
	at := slices.IndexFunc(t.Columns, func(c register.Column) bool { return c.Key == "state" })
	if n != register.Findings || at < 0 {
		return 0
	}
	open := 0
	for _, r := range t.Rows {
		if r[at].Value == "open" {
			open++
		}
	}
	return open
}

func (a *App) outPath(name, format string) string {
	return filepath.Join(a.d.OutDir, fmt.Sprintf("%s-%s.%s", name, a.today(), format))
}

// PrintCertificate prints the certificate of a finished run and returns its
// path; the same for machines stands beside it as JSON. Both are signed.
func (a *App) PrintCertificate(ctx context.Context, run int64, lang string) (string, error) {
	return a.printCertificate(ctx, run, lang, owner)
}

func (a *App) printCertificate(ctx context.Context, run int64, lang, actor string) (string, error) {
	v, err := a.Run(ctx, run)
	if err != nil {
		return "", err
	}
	in, err := a.inputs(ctx, lang, false)
	if err != nil {
		return "", err
	}
	path := a.outPath(fmt.Sprintf("certificate-%d-%s", run, in.Lang), "pdf")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	doc := register.Certificate(v.Record, v.Steps, in, in.Numbers)
	if err := a.d.Printer.PDF(path, []register.Document{doc}); err != nil {
		return "", err
	}
	facts, err := a.signFile(ctx, path)
	if err != nil {
		return "", err
	}
	machine := strings.TrimSuffix(path, ".pdf") + ".json"
	if err := a.d.Printer.JSON(machine, doc); err != nil {
		return "", err
	}
	too, err := a.signFile(ctx, machine)
	if err != nil {
		return "", err
	}
	facts.JSON = too.SHA256
	return path, a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(certificateKey(run), filepath.Base(path)); err != nil {
			return err
		}
		if err := wasPrinted(tx, run); err != nil {
			return err
		}
		return a.journal(tx, actor, evidence.ActRegisterPrinted, "certificate of "+runRecord(run), facts)
	})
}

// Promises checks every promise of the policy over the records and the
// storages as they are now.
func (a *App) Promises(ctx context.Context, lang string) ([]PromiseRow, error) {
	lang = a.lang(lang)
	in, err := a.promiseInput(ctx)
	if err != nil {
		return nil, err
	}
	ps := promise.Check(in)
	history, made, err := a.boardLook(ctx, ps)
	if err != nil {
		return nil, err
	}
	out := make([]PromiseRow, 0, len(ps))
	for _, p := range ps {
		r := PromiseRow{ID: p.ID, Article: p.Article, Sentence: a.sentence(lang, p.ID, made), State: p.State.String(), By: p.By, Mend: p.Mend,
			Since: history[p.ID].since(p.State.String()), Spans: history[p.ID].Spans, NotMade: slices.Contains(made.Not, p.ID)}
		for _, l := range p.Evidence {
			text := a.d.Texts.Text(lang, l.Key, l.In(lang))
			r.Evidence, r.Lines = append(r.Evidence, text), append(r.Lines, PromiseLine{text, l.Mend, l.Open})
		}
		switch p.State {
		case promise.Kept:
			r.Tone = ToneKept
		case promise.AtRisk:
			r.Tone = ToneAtRisk
		case promise.Broken:
			r.Tone = ToneLate
		}
		out = append(out, r)
	}
	return out, nil
}

func (a *App) promiseInput(ctx context.Context) (promise.Input, error) {
	in := promise.Input{Today: a.today(), Zone: a.d.Zone, Now: a.now(), Locators: len(a.locators()), Storages: len(a.d.Storages), Deadlines: map[cases.ID]law.Deadline{}}
	ri, err := a.inputs(ctx, "", false)
	if err != nil {
		return in, err
	}
	in.Controller, in.Activities, in.Processors, in.Rules = ri.Controller, ri.Activities, ri.Processors, ri.Rules
	in.Trackers, in.Consents, in.Policies, in.Cases = ri.Trackers, ri.Consents, ri.Policies, ri.Cases
	for _, r := range ri.Runs {
		in.Runs = append(in.Runs, r.Record)
	}
	for _, c := range in.Cases {
		in.Deadlines[c.ID] = a.deadline(c)
	}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		var err error
		if in.Orders, err = tx.Orders(); err != nil {
			return err
		}
		if in.Erased, err = tx.ErasedAt(); err != nil {
			return err
		}
		js, err := tx.Messages(request.ToCheck, 0)
		if err != nil {
			return err
		}
		for _, j := range js {
			if j.Case != 0 {
				continue
			}
			in.ToCheck++
			if in.OldestToCheck.IsZero() || j.Message.ReceivedAt.Before(in.OldestToCheck) {
				in.OldestToCheck = j.Message.ReceivedAt
			}
		}
		for _, s := range a.services() {
			seen, ok := a.seen(tx, s.Kind, s.Name)
			in.Connections = append(in.Connections, promise.Connection{Kind: s.Kind, Name: s.Name, TLS: seen.TLS, Failed: seen.Failed != ""})
			if !ok {
				in.OrdersFailed = in.OrdersFailed || s.Kind == "shop"
				continue
			}
			switch s.Kind {
			case "mailbox":
				in.MailSyncedAt, in.MailFailed = seen.At, seen.Failed != ""
			case "shop":
				// The shop read longest ago counts.
				if in.OrdersSyncedAt.IsZero() || seen.At.Before(in.OrdersSyncedAt) {
					in.OrdersSyncedAt = seen.At
				}
				in.OrdersFailed = in.OrdersFailed || seen.Failed != ""
			}
		}
		if err := a.boardFacts(tx, &in); err != nil {
			return err
		}
		v, _, err := tx.Setting("backup.at")
		if at, perr := time.Parse(time.RFC3339, v); perr == nil {
			in.BackupAt = at
		}
		if err != nil {
			return err
		}
		trial, _, err := vaultRecord[trialRecord](tx, recordTrial)
		in.TriedAt, in.TriedFailed = trial.At, trial.Why != ""
		return err
	}); err != nil {
		return in, err
	}
	if err := a.ruleEvidence(ctx, &in); err != nil {
		return in, err
	}
	// A storage that cannot be listed makes a promise that cannot be told, not
	// a board that cannot be opened.
	res, err := a.mediaResult(ctx)
	if ctx.Err() != nil {
		return in, ctx.Err()
	}
	if err != nil {
		in.MediaErr = true
	} else {
		in.Media = &res
	}
	return in, nil
}

// ruleEvidence adds what the rules about orders and persons go by, so that the
// board and the rules say the same.
func (a *App) ruleEvidence(ctx context.Context, in *promise.Input) error {
	f, err := a.ruleFacts(ctx, in.Today)
	if errors.Is(err, retention.ErrNoPeriod) {
		return nil // the promises say which rule is missing
	}
	if err != nil {
		return err
	}
	for _, o := range in.Orders {
		f.book.Order(o)
	}
	for _, r := range f.rules {
		if retention.About(r) != retention.Contract {
			continue
		}
		due, _, err := f.book.Rows(r, in.Today)
		if err != nil {
			return err
		}
		in.Contract = append(in.Contract, due...)
	}
	by, all := map[int64]string{}, ""
	for _, h := range f.holds {
		switch {
		case !h.ActiveOn(in.Today):
		case h.All:
			all = h.Reason
		case h.Order != 0:
			by[h.Order] = h.Reason
		}
	}
	in.Held = func(id int64) string { return cmp.Or(by[id], all) }
	in.Wrote = func(email string) (at time.Time) {
		// What cannot be read is no contact: the board rather says too little.
		_ = a.d.Store.View(ctx, func(tx Tx) (err error) { at, err = tx.LastFrom(email); return err })
		return at
	}
	return nil
}

// mediaResult applies the media rule today, over what the storages hold.
func (a *App) mediaResult(ctx context.Context) (retention.Result, error) {
	m, err := a.sweep(ctx, a.today(), nil, nil)
	if err != nil {
		return retention.Result{}, err
	}
	return m.tally.Result(), nil
}
