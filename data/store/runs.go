package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/app/register"
)

// BeginRun stores a run with all its steps. erasure.ErrRunning where another
// run is open and this one would be, too.
func (t *Tx) BeginRun(r erasure.Record, steps []erasure.Step) (int64, error) {
	r.ID = 0 // a new run, whatever number it came with
	if err := t.onlyOpen(r); err != nil {
		return 0, err
	}
	// Runs that a restored backup does not know have numbers all the same: on
	// certificates, and on the tombstones that came through.
	var id int64
	if err := t.row("SELECT MAX(COALESCE((SELECT MAX(id) FROM run), 0), COALESCE((SELECT MAX(run) FROM tombstone), 0)) + 1").Scan(&id); err != nil {
		return 0, err
	}
	r.ID = id
	sid, k, err := t.newSubject("run", nil)
	if err != nil {
		return 0, err
	}
	sealed, err := k.seal(recordOf(r), place("run", "sealed", id))
	if err != nil {
		return 0, err
	}
	var caseID any
	if r.Scope.Case != 0 {
		caseID = r.Scope.Case
	}
	if err := t.exec("INSERT INTO run(id, state, case_id, started_at, subject, sealed) VALUES (?, ?, ?, ?, ?, ?)",
		id, int(r.State), caseID, stamp(r.StartedAt), sid, sealed); err != nil {
		return 0, err
	}
	for _, o := range r.Scope.Orders {
		if err := t.exec("INSERT OR IGNORE INTO run_order(run_id, order_id) VALUES (?, ?)", id, o); err != nil {
			return 0, err
		}
	}
	for _, s := range steps {
		sealed, err := k.seal(stepOf(s.Object), stepPlace(id, s.N))
		if err != nil {
			return 0, err
		}
		if err := t.exec("INSERT INTO step(run_id, n, status, reason, at, sealed) VALUES (?, ?, ?, ?, ?, ?)", id, s.N, int(s.Status), s.Reason, stamp(s.At), sealed); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// onlyOpen refuses a run that would be open beside another open one.
func (t *Tx) onlyOpen(r erasure.Record) error {
	var n int
	if err := t.row("SELECT COUNT(*) FROM run WHERE state = 0 AND id <> ?", r.ID).Scan(&n); err != nil {
		return err
	}
	if n > 0 && r.State == erasure.Running {
		return erasure.ErrRunning
	}
	return nil
}

func stepPlace(run int64, n int) []byte {
	return place("step", "sealed", fmt.Sprintf("%d/%d", run, n))
}

// stepSecrets is the object of a step. JSON has no way to write a key that is
// not UTF-8, and a key that is not the same to the byte would be looked for in
// vain, which looks like success.
type stepSecrets struct {
	plan.Found
	Kind     storedKind `json:"kind"` // in the place of the object's own
	KeyBytes []byte     `json:"key_bytes,omitempty"`
}

func stepOf(o plan.Found) stepSecrets {
	s := stepSecrets{Found: o, Kind: storedKind(o.Kind)}
	if !utf8.ValidString(o.Key) {
		s.KeyBytes = []byte(o.Key)
	}
	return s
}

func (s stepSecrets) object() plan.Found {
	s.Found.Kind = plan.Kind(s.Kind)
	if len(s.KeyBytes) > 0 {
		s.Key = string(s.KeyBytes)
	}
	return s.Found
}

// recordSecrets is a run with the keys that its scope and its plan name, to the
// byte where they are not UTF-8: by their place.
type recordSecrets struct {
	erasure.Record
	OnlyBytes     map[int][]byte `json:"only_bytes,omitempty"`
	RestrictBytes map[int][]byte `json:"restrict_bytes,omitempty"`
	KeepBytes     map[int][]byte `json:"keep_bytes,omitempty"`
}

func recordOf(r erasure.Record) recordSecrets {
	sec := recordSecrets{Record: r}
	note := func(into *map[int][]byte, i int, key string) {
		if utf8.ValidString(key) {
			return
		}
		if *into == nil {
			*into = map[int][]byte{}
		}
		(*into)[i] = []byte(key)
	}
	for i, key := range r.Scope.Only {
		note(&sec.OnlyBytes, i, key)
	}
	for i, h := range r.Restrict {
		note(&sec.RestrictBytes, i, h.Key)
	}
	for i, k := range r.Keep {
		note(&sec.KeepBytes, i, k.Key)
	}
	return sec
}

func (sec recordSecrets) record() erasure.Record {
	r := sec.Record
	for i := range r.Scope.Only {
		if b, ok := sec.OnlyBytes[i]; ok {
			r.Scope.Only[i] = string(b)
		}
	}
	for i := range r.Restrict {
		if b, ok := sec.RestrictBytes[i]; ok {
			r.Restrict[i].Key = string(b)
		}
	}
	for i := range r.Keep {
		if b, ok := sec.KeepBytes[i]; ok {
			r.Keep[i].Key = string(b)
		}
	}
	return r
}

// storedKind is a kind of object as the store writes it, a number, whatever
// form it has in documents. The word is read as well.
type storedKind plan.Kind

// UnmarshalJSON implements json.Unmarshaler.
func (k *storedKind) UnmarshalJSON(b []byte) error {
	var n int
	if json.Unmarshal(b, &n) == nil && n >= int(plan.Version) && n <= int(plan.Field) {
		*k = storedKind(n)
		return nil
	}
	return json.Unmarshal(b, (*plan.Kind)(k))
}

// MarkSteps stores the status of steps of a run, ErrNotFound where one of them
// was never written.
func (t *Tx) MarkSteps(run int64, steps []erasure.Step) error {
	for _, s := range steps {
		if err := t.execOne("UPDATE step SET status = ?, reason = ?, at = ? WHERE run_id = ? AND n = ?", int(s.Status), s.Reason, stamp(s.At), run, s.N); err != nil {
			return fmt.Errorf("mark step %d of run %d: %w", s.N, run, err)
		}
	}
	return nil
}

// PutRun stores a run that is there already, ErrNotFound where it is not,
// erasure.ErrRunning where it would be the second open one.
func (t *Tx) PutRun(r erasure.Record) error {
	var sid int64
	if err := found(t.row("SELECT subject FROM run WHERE id = ?", r.ID).Scan(&sid)); err != nil {
		return err
	}
	if err := t.onlyOpen(r); err != nil {
		return err
	}
	k, err := t.subject(sid)
	if err != nil {
		return err
	}
	sealed, err := k.seal(recordOf(r), place("run", "sealed", r.ID))
	if err != nil {
		return err
	}
	return t.exec("UPDATE run SET state = ?, sealed = ? WHERE id = ?", int(r.State), sealed, r.ID)
}

// Runs returns all runs, newest first.
func (t *Tx) Runs() ([]erasure.Record, error) { return t.runs("ORDER BY id DESC") }

// OpenRuns returns the runs that were begun and not finished.
func (t *Tx) OpenRuns() ([]erasure.Record, error) { return t.runs("WHERE state = 0 ORDER BY id") }

// Run returns one run, ErrNotFound where there is none.
func (t *Tx) Run(id int64) (erasure.Record, error) {
	rs, err := t.runs("WHERE id = ?", id)
	if err == nil && len(rs) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return erasure.Record{}, err
	}
	return rs[0], nil
}

func (t *Tx) runs(where string, args ...any) ([]erasure.Record, error) {
	var out []erasure.Record
	err := t.each(func(scan func(...any) error) error {
		var id, sid int64
		var state int
		var sealed []byte
		if err := scan(&id, &state, &sid, &sealed); err != nil {
			return err
		}
		k, err := t.subject(sid)
		if err != nil {
			return err
		}
		var sec recordSecrets
		if err := k.open(sealed, place("run", "sealed", id), &sec); err != nil {
			return err
		}
		r := sec.record()
		r.ID, r.State = id, erasure.State(state)
		out = append(out, r)
		return nil
	}, "SELECT id, state, subject, sealed FROM run "+where, args...)
	return out, err
}

// Steps returns the steps of a run in the order of the plan, ErrNotFound where
// there is no such run.
func (t *Tx) Steps(run int64) ([]erasure.Step, error) {
	var sid int64
	if err := found(t.row("SELECT subject FROM run WHERE id = ?", run).Scan(&sid)); err != nil {
		return nil, err
	}
	k, err := t.subject(sid)
	if err != nil {
		return nil, err
	}
	var out []erasure.Step
	err = t.each(func(scan func(...any) error) error {
		var s erasure.Step
		var status int
		var at string
		var sealed []byte
		if err := scan(&s.N, &status, &s.Reason, &at, &sealed); err != nil {
			return err
		}
		s.Status, s.At = erasure.Status(status), parse(at)
		var sec stepSecrets
		if err := k.open(sealed, stepPlace(run, s.N), &sec); err != nil {
			return err
		}
		s.Object = sec.object()
		out = append(out, s)
		return nil
	}, "SELECT n, status, reason, at, sealed FROM step WHERE run_id = ? ORDER BY n", run)
	return out, err
}

// RunsOfOrders returns for each order the numbers of the runs that had it in
// scope, oldest first.
func (t *Tx) RunsOfOrders() (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := t.each(func(scan func(...any) error) error {
		var run, order int64
		if err := scan(&run, &order); err != nil {
			return err
		}
		out[order] = append(out[order], run)
		return nil
	}, "SELECT run_id, order_id FROM run_order ORDER BY run_id")
	return out, err
}

// Records returns the records of a register in their place.
func (t *Tx) Records(name string) ([]register.Stored, error) {
	var out []register.Stored
	err := t.each(func(scan func(...any) error) error {
		var r register.Stored
		var at string
		var sealed []byte
		if err := scan(&r.ID, &at, &sealed); err != nil {
			return err
		}
		r.ChangedAt = parse(at)
		b, err := t.box.openBytes(sealed, place("record", name, r.ID))
		if err != nil {
			return err
		}
		r.JSON = b
		out = append(out, r)
		return nil
	}, "SELECT id, changed_at, sealed FROM record WHERE register = ? ORDER BY place, id", name)
	return out, err
}

// PutRecord stores a record of a register, at its old place or at the end.
func (t *Tx) PutRecord(name, id string, json []byte, at time.Time) error {
	return t.exec(`INSERT INTO record(register, id, place, changed_at, sealed)
		VALUES (?1, ?2, (SELECT COALESCE(MAX(place), 0) + 1 FROM record WHERE register = ?1), ?3, ?4)
		ON CONFLICT (register, id) DO UPDATE SET changed_at = excluded.changed_at, sealed = excluded.sealed`,
		name, id, stamp(at), t.box.sealBytes(json, place("record", name, id)))
}

// DeleteRecord removes a record of a register; one that is not there is no
// error.
func (t *Tx) DeleteRecord(name, id string) error {
	switch err := t.execOne("DELETE FROM record WHERE register = ? AND id = ?", name, id); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return t.destroyed(0)
}

// Setting returns a setting, false where it was never set. Settings hold
// nothing personal.
func (t *Tx) Setting(key string) (string, bool, error) {
	var out string
	found := false
	err := t.each(func(scan func(...any) error) error { found = true; return scan(&out) }, "SELECT value FROM meta WHERE key = ?", key)
	return out, found, err
}

// SetSetting keeps a setting.
func (t *Tx) SetSetting(key, value string) error {
	return t.exec("INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
}
