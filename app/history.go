package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"greffier/app/register"
)

// ErrNoDocument says that a document attached to a record cannot be read.
var ErrNoDocument = errors.New("the attached document cannot be read")

// ErrNoReason says that a finding is accepted without a reason.
var ErrNoReason = errors.New("an accepted finding needs a reason")

// changesKind is where the changes of a register are kept, apart from its
// records.
func changesKind(kind string) string { return "changes." + kind }

// keepRecord keeps a record of a register, and in the same transaction what
// changed of it: who, when, which field from what to what. It returns the fields.
func (a *App) keepRecord(tx Tx, kind, id string, v any, by string) ([]register.FieldChange, error) {
	rs, err := tx.Records(kind)
	if err != nil {
		return nil, err
	}
	var before []byte
	if i := slices.IndexFunc(rs, func(r register.Stored) bool { return r.ID == id }); i >= 0 {
		before = rs[i].JSON
	}
	after, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	fields, err := register.Diff(before, after)
	if err != nil {
		return nil, err
	}
	if err := tx.PutRecord(kind, id, after, a.now()); err != nil || len(fields) == 0 {
		return fields, err
	}
	old, err := tx.Records(changesKind(kind))
	if err != nil {
		return nil, err
	}
	c := register.Change{ID: fmt.Sprintf("%s/%d", id, len(old)+1), Register: register.Name(registerOf(kind)), Record: id, At: a.now(), By: by, Entered: before == nil, Fields: fields}
	return fields, putRecord(tx, changesKind(kind), c.ID, c, a.now())
}

// registerOf is the name of the register whose records are of a kind.
func registerOf(kind string) string {
	if kind == kindRules {
		return string(register.Retention)
	}
	return kind
}

// kindOf is the kind of the records of a register, "" for one that has none of
// its own.
func kindOf(n register.Name) string {
	switch n {
	case register.Requests, register.Erasures:
		return ""
	case register.Retention:
		return kindRules
	}
	return string(n)
}

// maxNamed is how many fields the journal names of one change.
const maxNamed = 40

// fieldsDetail names the fields that changed, for the journal: their names, and
// none of their values. Keys that an owner chose stay out.
func fieldsDetail(fs []register.FieldChange) any {
	var names []string
	for _, f := range fs {
		name, _, _ := strings.Cut(f.Field, ".")
		if !slices.Contains(names, name) && len(names) < maxNamed {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return map[string][]string{"fields": names}
}

// pastOf adds the history of some registers to their inputs, oldest first. It
// grows with every saving, so that only what is printed is read.
func (a *App) pastOf(ctx context.Context, in *register.Inputs, names ...register.Name) error {
	return a.d.Store.View(ctx, func(tx Tx) error {
		for _, n := range names {
			kind := kindOf(n)
			if kind == "" {
				continue
			}
			cs, err := records[register.Change](tx, changesKind(kind))
			if err != nil {
				return err
			}
			in.Changes = append(in.Changes, cs...)
		}
		slices.SortStableFunc(in.Changes, func(x, y register.Change) int { return x.At.Compare(y.At) })
		return nil
	})
}

// Changes returns the history of a record, newest first; of all records of the
// register where id is "". register.ErrUnknownRegister for a register that has
// no records.
func (a *App) Changes(ctx context.Context, name register.Name, id string) ([]register.Change, error) {
	kind := kindOf(name)
	if kind == "" || !slices.Contains(register.Names, name) {
		return nil, register.ErrUnknownRegister
	}
	out, err := list[register.Change](ctx, a, changesKind(kind))
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(c register.Change) bool { return id != "" && c.Record != id })
	slices.Reverse(out)
	slices.SortStableFunc(out, func(x, y register.Change) int { return y.At.Compare(x.At) })
	return out, nil
}

// maxAttached bounds a document that is attached, in bytes.
const maxAttached = 256 << 20

// attach returns the hash of a document that is attached by its path, "" for no
// path. One that was attached before keeps the hash it had then, even if the file
// has changed or gone since: it is the hash that proves what was signed. An empty
// sum asks for a new one.
func attach(path, sum, hadPath, hadSum string) (string, error) {
	switch {
	case strings.TrimSpace(path) == "":
		return "", nil
	case path == hadPath && sum != "" && sum == hadSum:
		return hadSum, nil
	}
	return hashDocument(path)
}

// hashDocument is the hash of a document that the owner names, which the error
// does not.
func hashDocument(path string) (string, error) {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Size() > maxAttached {
		return "", ErrNoDocument
	}
	sum, _, err := hashFile(path)
	if err != nil {
		return "", ErrNoDocument
	}
	return sum, nil
}

// maxKept bounds a document of which a copy is kept, in bytes; of a larger one the
// hash alone is.
const maxKept = 24 << 20

// attachment is a document as it was when it was attached. It is a record of a
// kind of its own, so that it is sealed as the others and read alone.
type attachment struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

func attachmentKind(sum string) string { return "attachment " + sum }

// keepDocument keeps a copy of a document that has the hash sum, sealed at rest:
// the file may be moved or lost, and an inspector asks for it.
func (a *App) keepDocument(ctx context.Context, path, sum string) error {
	if path == "" || sum == "" {
		return nil
	}
	if _, ok, err := a.keptDocument(ctx, sum); err != nil || ok {
		return err
	}
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxKept {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if h := sha256.Sum256(b); hex.EncodeToString(h[:]) != sum {
		return nil // it changed since: what is there now was not attached
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		return putRecord(tx, attachmentKind(sum), sum, attachment{filepath.Base(path), b}, a.now())
	})
}

// keptDocument returns the copy of a document by its hash.
func (a *App) keptDocument(ctx context.Context, sum string) (attachment, bool, error) {
	as, err := list[attachment](ctx, a, attachmentKind(sum))
	if err != nil || len(as) == 0 {
		return attachment{}, false, err
	}
	return as[0], true, nil
}

// DocumentState compares a document with the hash it had when it was attached:
// "same", "changed" or "missing". Nothing is attached where path is "".
func (a *App) DocumentState(_ context.Context, path, sum string) (string, error) {
	switch now, err := hashDocument(path); {
	case path == "":
		return "", nil
	case err != nil:
		return "missing", nil
	case now != sum:
		return "changed", nil
	}
	return "same", nil
}

// Screenings returns the impact assessment screenings, and Greffier's proposal
// for each activity that needs one (GDPR Art. 35).
func (a *App) Screenings(ctx context.Context) ([]register.Screening, error) {
	var out []register.Screening
	err := a.d.Store.View(ctx, func(tx Tx) error {
		ss, err := records[register.Screening](tx, kindScreenings)
		if err != nil {
			return err
		}
		as, err := records[register.Activity](tx, kindActivities)
		if err != nil {
			return err
		}
		ps, err := records[register.Processor](tx, kindProcessors)
		out = register.Screenings(ss, as, ps)
		return err
	})
	return out, err
}

// SaveScreening keeps a screening that the owner has looked at.
func (a *App) SaveScreening(ctx context.Context, s register.Screening) error {
	if s.DoneOn.IsZero() {
		s.DoneOn = a.today()
	}
	if s.ID == "" && s.Activity != "" {
		s.ID = "dpia-" + s.Activity
	}
	return save(ctx, a, kindScreenings, &s.ID, &s)
}

// FindingRow is a finding on the policy with what the owner settled about it.
type FindingRow struct {
	register.Finding
	Ruling register.Ruling
}

// Findings looks for what the policy in force lacks or contradicts.
func (a *App) Findings(ctx context.Context) ([]FindingRow, error) {
	in, err := a.inputs(ctx, "", false)
	if err != nil {
		return nil, err
	}
	var out []FindingRow
	for _, f := range register.FindingsOf(in) {
		out = append(out, FindingRow{Finding: f, Ruling: register.RulingOf(f, in.Rulings)})
	}
	return out, nil
}

// SaveRuling keeps what the owner settled about a finding. ErrNoReason where she
// accepts one without saying why.
func (a *App) SaveRuling(ctx context.Context, r register.Ruling) error {
	if r.State == "accepted" && strings.TrimSpace(r.Reason) == "" {
		return ErrNoReason
	}
	if r.On.IsZero() && r.State != "" && r.State != "open" {
		r.On = a.today()
	}
	return save(ctx, a, kindRulings, &r.ID, &r)
}

// BreachCopy prepares what is copied into the CNIL's form for a breach, as it is
// written in the form now: the text in French, and how many fields are missing
// (GDPR Art. 33(3)). Nothing is kept.
func (a *App) BreachCopy(ctx context.Context, b register.Breach) (text string, missing int, err error) {
	in, err := a.inputs(ctx, "fr", false)
	if err != nil {
		return "", 0, err
	}
	text, missing = register.NotificationText(register.Notification(b, in))
	return text, missing, nil
}

// ErrNoScreening says that no screening has the id asked for.
var ErrNoScreening = errors.New("no screening has this number")

// ExportPIA writes a screening as the beginning of an impact assessment that the
// CNIL's PIA tool imports, and returns the path; an empty one is a dated file in
// the folder for printed files.
func (a *App) ExportPIA(ctx context.Context, id, path string) (string, error) {
	in, err := a.inputs(ctx, "fr", false)
	if err != nil {
		return "", err
	}
	all := register.Screenings(in.Screenings, in.Activities, in.Processors)
	i := slices.IndexFunc(all, func(s register.Screening) bool { return s.ID == id })
	if i < 0 {
		return "", ErrNoScreening
	}
	b, err := register.PIA(all[i], in)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = a.outPath("pia", "json")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return "", err
	}
	return path, a.printed(ctx, string(register.DPIA), "pia", false)
}
