package store

import (
	"database/sql"
	"errors"
	"slices"

	"greffier/app/cases"
)

// NewCase stores a case under a key of its own and returns its number.
func (t *Tx) NewCase(c cases.Case) (cases.ID, error) {
	id, err := t.next("cases")
	if err != nil {
		return 0, err
	}
	sid, _, err := t.newSubject("case", nil)
	if err != nil {
		return 0, err
	}
	if err := t.exec("INSERT INTO cases(id, state, received_at, subject, sealed) VALUES (?, 0, '', ?, x'')", id, sid); err != nil {
		return 0, err
	}
	c.ID = cases.ID(id)
	return c.ID, t.PutCase(c)
}

// PutCase stores a case that is there already, cases.ErrNotFound where it is
// not.
func (t *Tx) PutCase(c cases.Case) error {
	var sid int64
	err := t.row("SELECT subject FROM cases WHERE id = ? AND dropped = 0", int64(c.ID)).Scan(&sid)
	if errors.Is(err, sql.ErrNoRows) {
		return cases.ErrNotFound
	}
	if err != nil {
		return err
	}
	k, err := t.subject(sid)
	if err != nil {
		return err
	}
	sealed, err := k.seal(c, place("cases", "sealed", int64(c.ID)))
	if err != nil {
		return err
	}
	return t.exec("UPDATE cases SET state = ?, received_at = ?, email_ix = ?, sealed = ? WHERE id = ?",
		int(c.State), stamp(c.ReceivedAt), t.s.emailIndex(c.Requester.Email), sealed, int64(c.ID))
}

// ReduceCase stores what stays of a case of which the rest is forgotten, under
// another key: older copies of the rest open with none that is left. Its errors
// are those of PutCase.
func (t *Tx) ReduceCase(c cases.Case) error {
	if err := t.PutCase(c); err != nil {
		return err
	}
	var sid sql.NullInt64
	if err := t.row("SELECT subject FROM cases WHERE id = ?", int64(c.ID)).Scan(&sid); err != nil {
		return err
	}
	return t.forgetKey(sid)
}

// Case returns one case, cases.ErrNotFound where there is none.
func (t *Tx) Case(id cases.ID) (cases.Case, error) {
	found, err := t.cases("AND id = ?", int64(id))
	if err != nil {
		return cases.Case{}, err
	}
	if len(found) == 0 {
		return cases.Case{}, cases.ErrNotFound
	}
	return found[0], nil
}

// Cases returns all cases, by number.
func (t *Tx) Cases() ([]cases.Case, error) {
	if t.all == nil {
		all, err := t.cases("ORDER BY id")
		if err != nil {
			return nil, err
		}
		t.all = all
	}
	out := slices.Clone(t.all)
	for i, c := range out {
		out[i] = c.Copy() // what the caller changes is the caller's
	}
	return out, nil
}

// CasesByEmail returns the cases that an address opened, by number.
func (t *Tx) CasesByEmail(email string) ([]cases.Case, error) {
	ix := t.s.emailIndex(email)
	if ix == nil {
		return nil, nil
	}
	return t.cases("AND email_ix = ? ORDER BY id", ix)
}

// cases reads the cases that were not opened by mistake.
func (t *Tx) cases(and string, args ...any) ([]cases.Case, error) {
	var out []cases.Case
	err := t.each(func(scan func(...any) error) error {
		var id, sid int64
		var sealed []byte
		if err := scan(&id, &sid, &sealed); err != nil {
			return err
		}
		k, err := t.subject(sid)
		if err != nil {
			return err
		}
		var c cases.Case
		if err := k.open(sealed, place("cases", "sealed", id), &c); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	}, "SELECT id, subject, sealed FROM cases WHERE dropped = 0 "+and, args...)
	return out, err
}
