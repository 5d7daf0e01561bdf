package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/plan"
)

const (
	kindCopies   = "copies"
	settingCopy  = "copy.days"
	copyDays     = 30 // how long a copy lives where the owner has not said otherwise
	minCopyDays  = 1
	maxCopyDays  = 90
	copiesFolder = "copies" // below the profile
)

var (
	// ErrNoCopy says that there is no such copy, or that it was removed.
	ErrNoCopy = errors.New("there is no such copy")
	// ErrCopyDays says that a life of a copy is out of bounds.
	ErrCopyDays = errors.New("the life of a copy is out of bounds")
	// ErrNotAsked says that the case asks for nothing that a copy answers.
	ErrNotAsked = errors.New("the case asks for no copy of this kind")
	// ErrUnreadable says that a storage cannot be read, so that no copy can be
	// whole.
	ErrUnreadable = errors.New("the storage cannot be read for a copy")
	// ErrOthersThere says that the owner's own files lie in the folder of a
	// copy: the copy was removed, and they were left.
	ErrOthersThere = errors.New("other files lie in the folder of the copy")
)

// The states of a copy.
const (
	copyBuilding = "building" // under way, or cut off: nothing of it counts
	copyMade     = "made"
	copyPurged   = "purged"
)

// lifeOver is why a copy was removed by itself.
const lifeOver = "life over"

// What a look at a copy found.
const (
	CopyThere   = "there"
	CopyMissing = "missing"
	CopyChanged = "changed"
	CopyPurged  = "purged"
)

// CopyLeft is one thing that is not in a copy, and why.
type CopyLeft struct {
	What    string `json:"what"`
	Why     string `json:"why"`
	Article string `json:"article,omitempty"` // key of law.Articles
}

// Copy is the record of a copy made for a person (GDPR Art. 15(3), 20(1)). Once
// it is purged, only what says nothing of her is left in it.
type Copy struct {
	ID        string          `json:"id"` // K-3
	Case      cases.ID        `json:"case"`
	Kind      disclosure.Kind `json:"kind"`
	State     string          `json:"state"`
	Lang      string          `json:"language"`
	MadeAt    time.Time       `json:"made_at"` // UTC
	Items     int             `json:"items"`
	FileCount int             `json:"file_count"`
	SizeBytes int64           `json:"size_bytes"`
	SHA256    string          `json:"sha256"`
	Format    string          `json:"format"` // zip or folder
	Path      string          `json:"path,omitempty"`
	Until     law.Date        `json:"until"` // the day on which it is removed
	LeftCount int             `json:"left_count"`
	LeftOut   []CopyLeft      `json:"left_out,omitempty"`
	// Passphrase opens the ZIP. The store seals it, and it goes with the copy.
	Passphrase string    `json:"passphrase,omitempty"`
	Files      []string  `json:"files,omitempty"` // of a folder, those that Greffier put there
	PurgedAt   time.Time `json:"purged_at,omitzero"`
	Purged     string    `json:"purged,omitempty"`    // why: the owner's words, or "life over"
	PurgedAs   string    `json:"purged_as,omitempty"` // what a look found just before
	// Found is what a look at it found, not a part of the record.
	Found string `json:"-"`
	// Withheld is why it may not go out any more, nil where it may: parents
	// disagree by now, or identity has fallen. Its passphrase is not told then.
	Withheld error `json:"-"`
}

func copyRecord(id string) string { return "copy " + id }

// CopyDays returns how many days a copy lives.
func (a *App) CopyDays() int {
	days := copyDays
	// A store that cannot be read leaves the standard.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { days = copyLife(tx); return nil })
	return days
}

func copyLife(tx Tx) int { return numberSetting(tx, settingCopy, minCopyDays, maxCopyDays, copyDays) }

// SetCopyDays changes how long copies made from now on live, from 1 to 90 days;
// ErrCopyDays for anything else.
func (a *App) SetCopyDays(ctx context.Context, days int) error {
	if days < minCopyDays || days > maxCopyDays {
		return ErrCopyDays
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingCopy, strconv.Itoa(days)); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "life of copies", map[string]int{"days": days})
	})
}

// copiesOf reads the copies that were made of a case, 0 for all, oldest first.
func copiesOf(tx Tx, id cases.ID) ([]Copy, error) {
	all, err := records[Copy](tx, kindCopies)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c Copy) bool { return id != 0 && c.Case != id || c.State == copyBuilding })
	slices.SortFunc(all, func(x, y Copy) int {
		return cmp.Or(x.MadeAt.Compare(y.MadeAt), cmp.Compare(copyNumber(x.ID), copyNumber(y.ID)))
	})
	return all, nil
}

func copyNumber(id string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(id, "K-"))
	return n
}

// Copies returns the copies that were made of a case, 0 for all, newest first,
// each as a look at its file finds it now. Slow for large ones.
func (a *App) Copies(ctx context.Context, id cases.ID) ([]Copy, error) {
	var out []Copy
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if out, err = copiesOf(tx, id); err != nil {
			return err
		}
		for i := range out {
			c, err := tx.Case(out[i].Case)
			if err != nil {
				return err
			}
			if out[i].Withheld = cases.MayDisclose(c); out[i].Withheld != nil {
				out[i].Passphrase = ""
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for i := range out {
		found, err := a.lookAtCopy(out[i])
		if err != nil {
			return nil, err
		}
		out[i].Found = found
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	slices.Reverse(out)
	return out, nil
}

// lookAtCopy compares a copy with what was written.
func (a *App) lookAtCopy(c Copy) (string, error) {
	if c.State == copyPurged {
		return CopyPurged, nil
	}
	h, err := a.d.Packer.Hash(c.Path, c.Format)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return CopyMissing, nil
	case err != nil:
		return "", fmt.Errorf("look at %s: %w", c.ID, err)
	case h != c.SHA256:
		return CopyChanged, nil
	}
	return CopyThere, nil
}

// PurgeCopy removes a copy before its life is over, for the owner's reason, and
// returns what is left of its record, with what a look found before. What
// stays are count, size and hash. ErrReason without a reason, ErrNoCopy for what
// is not there, ErrOthersThere where the owner's own files lie in its folder.
func (a *App) PurgeCopy(ctx context.Context, id, reason string) (Copy, error) {
	if strings.TrimSpace(reason) == "" {
		return Copy{}, cases.ErrReason
	}
	a.copying.Lock()
	defer a.copying.Unlock()
	return a.purge(ctx, id, owner, reason)
}

func (a *App) purge(ctx context.Context, id, by, reason string) (Copy, error) {
	var c Copy
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := copiesOf(tx, 0)
		i := slices.IndexFunc(all, func(x Copy) bool { return x.ID == id && x.State == copyMade })
		if err == nil && i < 0 {
			err = ErrNoCopy
		}
		if err == nil {
			c = all[i]
		}
		return err
	}); err != nil {
		return c, err
	}
	found, err := a.lookAtCopy(c)
	if err != nil {
		return c, err
	}
	left := 0
	if found != CopyMissing {
		// Removing what is gone is success, so that a purge that was cut off
		// here goes on where it stopped.
		if left, err = a.d.Packer.Remove(c.Path, c.Format, c.Files); err != nil {
			return c, err
		}
	}
	c.State, c.PurgedAt, c.PurgedAs, c.Purged = copyPurged, a.now(), found, reason
	c.Path, c.Passphrase, c.Files, c.LeftOut = "", "", nil, nil
	if err := a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindCopies, c.ID, c, a.now()); err != nil {
			return err
		}
		return a.journal(tx, by, evidence.ActCopyPurged, copyRecord(c.ID), map[string]any{"case": int64(c.Case), "items": c.Items, "sha256": c.SHA256, "found": found})
	}); err != nil {
		return c, err
	}
	c.Found = CopyPurged
	if left > 0 {
		return c, fmt.Errorf("%s: %w", c.ID, ErrOthersThere)
	}
	return c, nil
}

// needOfCopies tells of which cases copies lie on the disk that should not any
// more: what they hold was erased since, or they may not go out.
func (a *App) needOfCopies(t *Today, tx Tx) error {
	all, err := copiesOf(tx, 0)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c Copy) bool { return c.State != copyMade })
	if len(all) == 0 {
		return nil
	}
	runs, err := tx.Runs()
	if err != nil {
		return err
	}
	count, until := map[cases.ID]int{}, map[cases.ID]law.Date{}
	for _, x := range all {
		c, err := tx.Case(x.Case)
		if err != nil {
			return err
		}
		scope := c.Selected()
		erased := slices.ContainsFunc(runs, func(r erasure.Record) bool {
			return r.State == erasure.Complete && r.EndedAt.After(x.MadeAt) && slices.ContainsFunc(r.Scope.Orders, func(id int64) bool { return slices.Contains(scope, id) })
		})
		if !erased && cases.MayDisclose(c) == nil {
			continue
		}
		count[c.ID]++
		if count[c.ID] == 1 || x.Until.Before(until[c.ID]) {
			until[c.ID] = x.Until
		}
	}
	for _, id := range slices.Sorted(maps.Keys(count)) {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		t.Needs = append(t.Needs, Need{Kind: "copy", Tone: ToneAtRisk, Case: id, Person: cmp.Or(c.Requester.Name, c.Requester.Email), Due: until[id], Count: count[id]})
	}
	return nil
}

// copiesDue removes the copies whose life is over, and what a copy that was cut
// off left behind.
func (a *App) copiesDue(ctx context.Context) error {
	if a.d.Packer == nil || !a.copying.TryLock() {
		return nil // one is being made
	}
	defer a.copying.Unlock()
	if err := a.sweepCopies(ctx); err != nil {
		return err
	}
	var due []string
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := copiesOf(tx, 0)
		for _, c := range all {
			if c.State == copyMade && !a.today().Before(c.Until) {
				due = append(due, c.ID)
			}
		}
		return err
	}); err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		if _, err := a.purge(ctx, id, greffier, lifeOver); err != nil && !errors.Is(err, ErrOthersThere) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// sweepCopies takes away what was begun and never became a copy. One that was
// already at its place, whole, when the power failed becomes one all the same.
func (a *App) sweepCopies(ctx context.Context) error {
	var open []Copy
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		all, err := records[Copy](tx, kindCopies)
		for _, c := range all {
			if c.State == copyBuilding {
				open = append(open, c)
			}
		}
		return err
	}); err != nil {
		return err
	}
	for _, c := range open {
		if c.SHA256 != "" {
			if h, err := a.d.Packer.Hash(c.Path, c.Format); err == nil && h == c.SHA256 {
				err := a.finishCopy(ctx, c)
				if err == nil {
					if err := a.d.Packer.Sweep(a.copyWork(c.ID), c.Path); err != nil {
						return err
					}
					continue
				}
				if !errors.Is(err, cases.ErrNotLawful) && !errors.Is(err, cases.ErrIdentityUnproven) && !errors.Is(err, cases.ErrConflict) && !errors.Is(err, cases.ErrNotFound) {
					return err
				}
				// The case does not allow it any more: it may not go out.
				if _, err := a.d.Packer.Remove(c.Path, c.Format, c.Files); err != nil {
					return err
				}
			}
		}
		if err := a.d.Packer.Sweep(a.copyWork(c.ID), c.Path); err != nil {
			return err
		}
		if err := a.d.Store.Update(ctx, func(tx Tx) error { return tx.DeleteRecord(kindCopies, c.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// copyWork is the folder in which a copy is built.
func (a *App) copyWork(id string) string {
	return filepath.Join(a.d.Dir, copiesFolder, ".work-"+id)
}

// passphraseSigns are letters and digits that nobody takes for another one, on
// paper or on the telephone.
const passphraseSigns = "abcdefghjkmnpqrstuvwxyz23456789"

// newPassphrase makes a passphrase of twenty signs in groups of five: about 99
// bits, which the 1000 rounds of a ZIP cannot be asked to make up for.
func newPassphrase() (string, error) {
	var b strings.Builder
	for i := range 20 {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(passphraseSigns))))
		if err != nil {
			return "", err
		}
		b.WriteByte(passphraseSigns[n.Int64()])
	}
	return b.String(), nil
}

// maxPeek bounds what is read of an object that is only to be shown.
const maxPeek = 40 << 20

// PeekObject reads an object of a storage to be shown, and keeps nothing of it.
// ErrUnreadable for one that is too large to be shown.
func (a *App) PeekObject(ctx context.Context, o plan.Object) ([]byte, error) {
	s, ok := a.d.Storages[o.Storage].(erasure.Opener)
	if !ok || o.SizeBytes > maxPeek {
		return nil, ErrUnreadable
	}
	r, err := s.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxPeek+1))
}
