package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/register"
)

// The formats of a copy.
const (
	CopyZip    = "zip"
	CopyFolder = "folder"
)

// CopyChoices are the owner's decisions on a copy.
type CopyChoices struct {
	disclosure.Choices
	Format string // CopyZip where empty
	Path   string // of the file or folder; "" is one below the profile
}

// MakeCopy makes a copy for the person of a case, of what is held now, in the
// orders that are selected there, and notes it in the case as done for its
// right. It returns cases.ErrIdentityUnproven unless identity allows data to be
// handed over (GDPR Art. 12(6)), cases.ErrNotLawful for a case that is closed,
// ErrNotAsked, ErrUnreadable, and what the storages return: a copy that is not
// whole is none. A cancelled or broken one leaves nothing.
func (a *App) MakeCopy(ctx context.Context, id cases.ID, kind disclosure.Kind, ch CopyChoices, report Report) (Copy, error) {
	if !a.copying.TryLock() {
		return Copy{}, ErrBusy
	}
	defer a.copying.Unlock()
	if err := a.sweepCopies(ctx); err != nil {
		return Copy{}, err
	}
	if err := a.d.Store.View(ctx, func(tx Tx) error { _, err := mayCopy(tx, id); return err }); err != nil {
		return Copy{}, err
	}
	view, facts, err := a.previewCopy(ctx, id, kind, report)
	if err != nil {
		return Copy{}, err
	}
	rec, err := a.beginCopy(ctx, id, kind, view.Lang, ch)
	if err != nil {
		return rec, err
	}
	view.Ref = rec.ID
	if view, err = view.Apply(ch.Choices); err == nil {
		rec, err = a.buildCopy(ctx, rec, view, facts, report)
	}
	if err == nil {
		return rec, nil
	}
	// Nothing of it may stay, even where it was cancelled; what cannot be
	// removed now is swept later, by the record that is still there.
	clean := context.WithoutCancel(ctx)
	if serr := a.d.Packer.Sweep(a.copyWork(rec.ID), rec.Path); serr == nil {
		_ = a.d.Store.Update(clean, func(tx Tx) error { return tx.DeleteRecord(kindCopies, rec.ID) })
	}
	return Copy{}, err
}

// mayCopy returns the case where a copy may be made of it.
func mayCopy(tx Tx, id cases.ID) (cases.Case, error) {
	c, err := tx.Case(id)
	if err != nil {
		return c, err
	}
	if !c.State.Open() {
		return c, fmt.Errorf("case %d is %s: %w", id, c.State, cases.ErrNotLawful)
	}
	return c, cases.MayDisclose(c)
}

// beginCopy writes the record before anything else is: what is cut off after
// this is found again and taken away.
func (a *App) beginCopy(ctx context.Context, id cases.ID, kind disclosure.Kind, lang string, ch CopyChoices) (Copy, error) {
	rec := Copy{Case: id, Kind: kind, State: copyBuilding, Lang: lang, MadeAt: a.now(), Format: ch.Format, Path: ch.Path}
	if rec.Format == "" {
		rec.Format = CopyZip
	}
	var err error
	if rec.Format == CopyZip {
		if rec.Passphrase, err = newPassphrase(); err != nil {
			return rec, err
		}
	}
	if rec.Path != "" {
		if rec.Path, err = filepath.Abs(rec.Path); err != nil {
			return rec, err
		}
	}
	return rec, a.d.Store.Update(ctx, func(tx Tx) error {
		all, err := tx.Records(kindCopies)
		if err != nil {
			return err
		}
		last := 0
		for _, r := range all {
			last = max(last, copyNumber(r.ID))
		}
		// A number is not given twice, not even that of a copy that was cut off:
		// its paper may lie somewhere.
		last = max(last, numberSetting(tx, "copy.last", 0, 1<<30, 0))
		rec.ID = fmt.Sprintf("K-%d", last+1)
		if err := tx.SetSetting("copy.last", fmt.Sprint(last+1)); err != nil {
			return err
		}
		rec.Until = a.today().AddDays(copyLife(tx))
		if rec.Path == "" {
			rec.Path = filepath.Join(a.d.Dir, copiesFolder, rec.ID)
			if rec.Format == CopyZip {
				rec.Path += ".zip"
			}
		}
		return putRecord(tx, kindCopies, rec.ID, rec, a.now())
	})
}

// buildCopy writes the package, puts it in its place and notes it.
func (a *App) buildCopy(ctx context.Context, rec Copy, view disclosure.Copy, facts disclosure.Facts, report Report) (Copy, error) {
	work := a.copyWork(rec.ID)
	if err := a.d.Packer.Sweep(work, ""); err != nil {
		return rec, err
	}
	p, err := a.d.Packer.Begin(work, rec.Format, rec.Passphrase)
	if err != nil {
		return rec, err
	}
	defer p.Abort()
	w := copyWriter{a: a, p: p, at: view.At, report: report, stored: map[string]disclosure.Stored{}}
	if err := w.write(ctx, view, facts); err != nil {
		return rec, err
	}
	sealed, err := p.Seal()
	if err != nil {
		return rec, err
	}
	rec.SizeBytes, rec.SHA256, rec.Items, rec.FileCount = sealed.SizeBytes, sealed.SHA256, view.Items(), len(w.files)
	if rec.Format == CopyFolder {
		rec.Files = w.files
	}
	for _, i := range view.LeftOut() {
		rec.LeftOut = append(rec.LeftOut, CopyLeft{i.What, i.Why, i.Article})
	}
	rec.LeftCount = len(rec.LeftOut) + view.OtherOrders
	if err := ctx.Err(); err != nil {
		return rec, err
	}
	// From here on the power may fail at any line: the record knows the hash of
	// what is to lie at its place.
	if err := a.d.Store.Update(ctx, func(tx Tx) error { return putRecord(tx, kindCopies, rec.ID, rec, a.now()) }); err != nil {
		return rec, err
	}
	if err := p.Place(rec.Path); err != nil {
		return rec, err
	}
	done := context.WithoutCancel(ctx) // it is at its place
	if err := a.finishCopy(done, rec); err != nil {
		_, _ = a.d.Packer.Remove(rec.Path, rec.Format, rec.Files) // the case went on meanwhile: it may not go out
		return rec, err
	}
	rec.State, rec.Found = copyMade, CopyThere
	_ = a.d.Packer.Sweep(work, "") // empty by now; swept later otherwise
	return rec, nil
}

// finishCopy makes what lies at its place a copy, in record, case and journal.
func (a *App) finishCopy(ctx context.Context, rec Copy) error {
	rec.State = copyMade
	return a.update(ctx, func(tx Tx) error {
		c, err := mayCopy(tx, rec.Case)
		if err != nil {
			return err
		}
		if err := putRecord(tx, kindCopies, rec.ID, rec, a.now()); err != nil {
			return err
		}
		c = cases.Done(c, cases.Work{Right: rec.Kind.Right(), Kind: cases.WorkCopy, Ref: copyRecord(rec.ID), At: a.now(), By: owner, Count: rec.Items})
		if err := tx.PutCase(c); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActCopyMade, copyRecord(rec.ID), map[string]any{"case": int64(rec.Case), "kind": string(rec.Kind), "format": rec.Format,
			"items": rec.Items, "left_out": rec.LeftCount, "bytes": rec.SizeBytes, "sha256": rec.SHA256, "until": rec.Until.String()})
	})
}

// copyWriter writes the files of one package.
type copyWriter struct {
	a      *App
	p      Package
	at     time.Time
	report Report
	files  []string
	stored map[string]disclosure.Stored
}

// add writes one file. A copy in which a file had to get another name than the
// one that paper and data tell would be wrong.
func (w *copyWriter) add(name string, modified time.Time, from io.Reader) error {
	f, err := w.p.Add(name, modified, from)
	if err != nil {
		return err
	}
	if f.Name != name {
		return fmt.Errorf("name the files of a copy: %w", disclosure.ErrNoItem)
	}
	w.files = append(w.files, f.Name)
	w.stored[f.Name] = disclosure.Stored{Size: f.SizeBytes, SHA256: f.SHA256}
	return nil
}

func (w *copyWriter) bytes(name string, b []byte) error { return w.add(name, w.at, bytes.NewReader(b)) }

// write writes the large files first, then what tells of them.
func (w *copyWriter) write(ctx context.Context, c disclosure.Copy, facts disclosure.Facts) error {
	var all []disclosure.Item
	var total int64
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if i.Included && i.File != "" {
				all = append(all, i)
				total += i.Size
			}
		}
	}
	var done int64
	for _, i := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b := i.Eml(); b != nil {
			if err := w.add(i.File, i.At, bytes.NewReader(b)); err != nil {
				return err
			}
			continue
		}
		if err := w.object(ctx, i, func(n int64) { done += n; w.progress(done, total) }); err != nil {
			return err
		}
	}
	if w.report != nil {
		w.report(len(all), len(all), "copy.papers")
	}
	if err := w.papers(c, facts); err != nil {
		return err
	}
	return ctx.Err()
}

// progress tells how far it is, in kilobytes.
func (w *copyWriter) progress(done, total int64) {
	if w.report != nil && total > 0 {
		w.report(int(done>>10), int(max(total>>10, 1)), "copy.files")
	}
}

// object writes an object of a storage, unchanged.
func (w *copyWriter) object(ctx context.Context, i disclosure.Item, told func(int64)) error {
	o, ok := w.a.d.Storages[i.Object.Storage].(erasure.Opener)
	if !ok {
		return ErrUnreadable
	}
	r, err := o.Open(ctx, i.Object)
	if err != nil {
		return err
	}
	defer r.Close()
	return w.add(i.File, i.At, &counted{r, told})
}

// counted tells of what is read.
type counted struct {
	r    io.Reader
	told func(int64)
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.told(int64(n))
	return n, err
}

// papers writes the text, the paper, the data and the tables.
func (w *copyWriter) papers(c disclosure.Copy, facts disclosure.Facts) error {
	if c.Kind == disclosure.Access {
		var pdf bytes.Buffer
		if err := w.a.d.Paper.WritePDF(&pdf, []register.Document{c.Document()}); err != nil {
			return err
		}
		if err := w.bytes(c.PDFName(), pdf.Bytes()); err != nil {
			return err
		}
	}
	for _, d := range c.Tables() {
		name := "csv/" + d.Name + ".csv"
		if c.Kind == disclosure.Portability {
			if d.Name != disclosure.Orders {
				continue
			}
			name = "orders.csv"
		}
		var csv bytes.Buffer
		if err := w.a.d.Paper.WriteCSV(&csv, d); err != nil {
			return err
		}
		if err := w.bytes(name, csv.Bytes()); err != nil {
			return err
		}
	}
	if card := c.VCard(); card != "" && c.Kind == disclosure.Portability {
		if err := w.bytes("contact.vcf", []byte(card)); err != nil {
			return err
		}
	}
	data, err := c.JSON(w.stored, facts.Orders)
	if err != nil {
		return err
	}
	if err := errors.Join(w.bytes("data.json", data), w.bytes("schema.json", w.a.d.CopySchema)); err != nil {
		return err
	}
	name, text := c.Readme(topFiles(w.files))
	return w.bytes(name, []byte(text))
}

// topFiles are the files and folders that one sees first.
func topFiles(files []string) []string {
	var out []string
	for _, f := range files {
		if dir, _, below := strings.Cut(f, "/"); below {
			f = dir + "/"
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y string) int {
		rank := func(s string) int {
			switch {
			case strings.HasSuffix(s, ".pdf"):
				return 0
			case strings.HasSuffix(s, "/"):
				return 1
			}
			return 2
		}
		return rank(x) - rank(y)
	})
	return out
}
