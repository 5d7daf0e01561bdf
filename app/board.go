package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/promise"
	"greffier/app/register"
)

// The records of the board. None holds personal data.
const (
	kindHistory    = "promise-history"
	kindCommitted  = "promise-commitments"
	kindStatements = "promise-statements"
	committedID    = "made"
	settingBoard   = "board.looked"
)

var (
	// ErrUnknownPromise says that no promise has that name.
	ErrUnknownPromise = errors.New("no promise has this name")
	// ErrUnknownStatement says that nothing of that name can be stated.
	ErrUnknownStatement = errors.New("nothing of this name can be stated")
	// ErrEmptyPolicy says that a policy's text has no words.
	ErrEmptyPolicy = errors.New("the text of the policy is empty")
	// ErrPolicyDay says that a version of the policy cannot begin on that day.
	ErrPolicyDay = errors.New("a version of the policy cannot begin on this day")
)

// PromiseLine is one row of evidence with where its rows lie and the act that
// mends it.
type PromiseLine struct {
	Text string
	Mend string // one of promise.Mends, or ""
	Open promise.Target
}

// Span is a stretch of days on which a promise was in one state, as it was
// seen. Days on which nobody looked are in no span.
type Span struct {
	From  law.Date `json:"from"`
	Until law.Date `json:"until"` // the last day on which it was seen so
	State string   `json:"state"`
}

// PromiseHistory is what was seen of one promise, oldest first.
type PromiseHistory struct {
	ID    string `json:"id"`
	Spans []Span `json:"spans"`
}

// Commitments are the promises that the shop's policy makes. Everything is
// promised that Not does not name.
type Commitments struct {
	Not      []string          `json:"not"`
	Promised map[string]string `json:"promised"` // periods by rule: "media", "billing", "commercial"
	Version  string            `json:"version"`  // of the policy from which it was read
	On       law.Date          `json:"on"`       // when the owner settled it
}

// PolicyReading is what a policy's text seems to promise.
type PolicyReading struct {
	Text   string
	Claims []promise.Claim
	// Changes is how it differs from the version in force.
	Changes []register.TextChange
	Version string // in force
}

// historyMonths is how far the history goes back.
const historyMonths = 24

// seen adds a look on a day.
func (h *PromiseHistory) seen(on law.Date, state string) (changed bool) {
	n := len(h.Spans)
	switch {
	case n == 0 || h.Spans[n-1].Until.Before(on.AddDays(-1)) || h.Spans[n-1].State != state && h.Spans[n-1].Until.Before(on):
		h.Spans = append(h.Spans, Span{on, on, state})
	case h.Spans[n-1].State == state && h.Spans[n-1].Until.Before(on):
		h.Spans[n-1].Until = on
	case h.Spans[n-1].State == state || h.Spans[n-1].Until.After(on):
		return false // nothing new, or the clock went back
	default:
		// It changed within a day: both are told, the later one last.
		h.Spans = append(h.Spans, Span{on, on, state})
	}
	from := on.AddMonths(-historyMonths)
	h.Spans = slices.DeleteFunc(h.Spans, func(s Span) bool { return s.Until.Before(from) })
	return true
}

// since is the first day from which on nothing else was seen; zero where
// nothing was seen.
func (h PromiseHistory) since(state string) (since law.Date) {
	for _, s := range slices.Backward(h.Spans) {
		if s.State != state {
			break
		}
		since = s.From
	}
	return since
}

// rememberBoard keeps what a look at the board found, where it is new, and returns
// the history. Looking on another day than today is remembered by nobody.
func (a *App) rememberBoard(ctx context.Context, ps []promise.Promise) (map[string]PromiseHistory, error) {
	var hs map[string]PromiseHistory
	fresh := false
	read := func(tx Tx) error {
		all, err := records[PromiseHistory](tx, kindHistory)
		if err != nil {
			return err
		}
		hs, fresh = map[string]PromiseHistory{}, false
		for _, h := range all {
			hs[h.ID] = h
		}
		for _, p := range ps {
			h := hs[p.ID]
			h.ID, h.Spans = p.ID, slices.Clone(h.Spans)
			fresh = h.seen(a.today(), p.State.String()) || fresh
			hs[p.ID] = h
		}
		return nil
	}
	if err := a.d.Store.View(ctx, read); err != nil {
		return nil, err
	}
	if !fresh || a.d.Today != nil {
		return hs, nil
	}
	return hs, a.d.Store.Update(ctx, func(tx Tx) error {
		if err := read(tx); err != nil {
			return err
		}
		for _, p := range ps {
			if err := putRecord(tx, kindHistory, p.ID, hs[p.ID], a.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// History returns what was seen of each promise, P1 first.
func (a *App) History(ctx context.Context) ([]PromiseHistory, error) {
	hs, err := list[PromiseHistory](ctx, a, kindHistory)
	slices.SortFunc(hs, func(a, b PromiseHistory) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return hs, err
}

// fetching tells that a sync is under way.
func (a *App) fetching() bool {
	if !a.syncing.TryLock() {
		return true
	}
	a.syncing.Unlock()
	return false
}

// boardDue looks at the board once a day, so that its history has no gaps while
// the program runs.
func (a *App) boardDue(ctx context.Context) error {
	if a.fetching() {
		return nil // it looks into the storages, which a sync does not wait for
	}
	today := a.today().String()
	due := false
	if err := a.d.Store.Update(ctx, func(tx Tx) error {
		v, _, err := tx.Setting(settingBoard)
		if err != nil || v == today {
			return err
		}
		due = true
		return tx.SetSetting(settingBoard, today)
	}); err != nil || !due {
		return err
	}
	_, err := a.Promises(ctx, "")
	return err
}

// Commitments returns which promises the policy makes.
func (a *App) Commitments(ctx context.Context) (c Commitments, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error { c, err = commitments(tx); return err })
	return c, err
}

func commitments(tx Tx) (Commitments, error) {
	cs, err := records[Commitments](tx, kindCommitted)
	if err != nil || len(cs) == 0 {
		return Commitments{}, err
	}
	return cs[0], nil
}

// SaveCommitments keeps which promises the policy makes, and for how long.
func (a *App) SaveCommitments(ctx context.Context, c Commitments) error {
	if err := c.check(); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error { return a.commit(tx, c) })
}

func (c Commitments) check() error {
	for _, id := range c.Not {
		if !isPromise(id) {
			return ErrUnknownPromise
		}
	}
	for rule, period := range c.Promised {
		if _, ok := promise.Periods[rule]; !ok {
			return ErrUnknownPromise
		}
		if _, err := law.ParsePeriod(period); err != nil {
			return err
		}
	}
	return nil
}

func isPromise(id string) bool {
	return slices.ContainsFunc(promise.IDs(), func(x string) bool { return x == id })
}

func (a *App) commit(tx Tx, c Commitments) error {
	c.On = a.today()
	slices.Sort(c.Not)
	c.Not = slices.Compact(c.Not)
	if err := putRecord(tx, kindCommitted, committedID, c, a.now()); err != nil {
		return err
	}
	return a.journal(tx, owner, evidence.ActPromisesChanged, "promises", map[string]any{"not_made": c.Not, "periods": c.Promised})
}

// ReadPolicy reads which known promises a text makes. It changes nothing.
func (a *App) ReadPolicy(ctx context.Context, text string) (PolicyReading, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), ""))
	if text == "" {
		return PolicyReading{}, ErrEmptyPolicy
	}
	r := PolicyReading{Text: text, Claims: promise.Read(text)}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		v, err := a.policyInForce(tx)
		r.Version, r.Changes = v.ID, register.CompareTexts(v.Text, text)
		return err
	})
	return r, err
}

// ReadPolicyFile is ReadPolicy of a document: a text, a page, a file of Word or
// LibreOffice, a PDF.
func (a *App) ReadPolicyFile(ctx context.Context, name string, content []byte) (PolicyReading, error) {
	if a.d.Documents == nil {
		return PolicyReading{}, ErrNoDocument
	}
	text, err := a.d.Documents(name, content)
	if err != nil {
		return PolicyReading{}, err
	}
	return a.ReadPolicy(ctx, text)
}

// ImportPolicy makes a new version of the policy of a text, in force from a day
// on, with the promises that the owner confirmed.
func (a *App) ImportPolicy(ctx context.Context, text string, from law.Date, c Commitments) (register.PolicyVersion, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if text == "" {
		return register.PolicyVersion{}, ErrEmptyPolicy
	}
	if err := c.check(); err != nil {
		return register.PolicyVersion{}, err
	}
	if !from.Valid() {
		from = a.today()
	}
	var made register.PolicyVersion
	err := a.update(ctx, func(tx Tx) error {
		now, err := a.policyInForce(tx)
		if err != nil {
			return err
		}
		if from.Before(now.From) {
			return ErrPolicyDay // the past is published already
		}
		if made, err = a.newVersion(tx, text, from, a.d.Texts.Text(a.Info().Lang, "policy.imported", nil), ""); err != nil {
			return err
		}
		c.Version = made.ID
		if err := a.journal(tx, owner, evidence.ActPolicyImported, kindPolicies+" "+made.ID, map[string]any{"sha256": made.SHA256, "not_made": c.Not}); err != nil {
			return err
		}
		return a.commit(tx, c)
	})
	return made, err
}

// Statement is what the owner stated because no program can see it.
type Statement struct {
	What string   `json:"what"` // one of promise.Statements
	On   law.Date `json:"on"`
}

// Declare keeps that the owner saw something with her own eyes today.
func (a *App) Declare(ctx context.Context, what string) error {
	if !slices.Contains(promise.Statements, what) {
		return ErrUnknownStatement
	}
	return a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindStatements, what, Statement{what, a.today()}, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterChanged, "statement "+what, nil)
	})
}

// boardFacts adds to the input of the promises what this room keeps.
func (a *App) boardFacts(tx Tx, in *promise.Input) error {
	x, err := lastSite(tx)
	if err != nil {
		return err
	}
	ss, err := records[Statement](tx, kindStatements)
	if err != nil {
		return err
	}
	c, err := commitments(tx)
	if err != nil {
		return err
	}
	in.Site, in.Promised, in.Stated = x, c.Promised, map[string]law.Date{}
	for _, s := range ss {
		in.Stated[s.What] = s.On
	}
	in.Drill, err = lastDrill(tx)
	return err
}

// boardLook remembers a look at the board and returns its history, and what the
// policy promises.
func (a *App) boardLook(ctx context.Context, ps []promise.Promise) (map[string]PromiseHistory, Commitments, error) {
	made, err := a.Commitments(ctx)
	if err != nil {
		return nil, made, err
	}
	hs, err := a.rememberBoard(ctx, ps)
	if err != nil && hs != nil {
		err = nil // a board that cannot be written down can still be read
	}
	return hs, made, err
}

// sentence is a promise in words, with the period that the policy names.
func (a *App) sentence(lang, id string, made Commitments) string {
	return a.d.Texts.Text(lang, "promise."+id, promise.Line{Args: promise.Sentence(id, made.Promised)}.In(lang))
}

// turns counts how often a promise changed its state since a day.
func turns(spans []Span, from law.Date) (n int) {
	for i := 1; i < len(spans); i++ {
		if spans[i].State != spans[i-1].State && !spans[i].From.Before(from) {
			n++
		}
	}
	return n
}
