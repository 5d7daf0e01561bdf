package ui

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
)

// copyFake is what the fake knows of copies.
type copyFake struct {
	view    disclosure.Copy
	made    []app.Copy
	choices app.CopyChoices
	makeErr error
	days    int
	purged  string
	asked   []request.Right // what the case asks for, where it is not the usual
	level   cases.IdentityLevel
}

// copyOf makes the case one that asks for a copy.
func (f *fake) copyOf(v *app.CaseView) {
	if f.copy.asked == nil {
		return
	}
	v.Case.Asked, v.Case.Link, v.Case.Minor, v.CanErase = nil, cases.Self, false, false
	v.Case.Concerned = v.Case.Requester
	for _, r := range f.copy.asked {
		v.Case.Asked = append(v.Case.Asked, cases.Asked{Right: r, Confidence: .97})
	}
	v.Case.Identity.Level = f.copy.level
	v.Steps = cases.Next(v.Case, v.Deadline, v.Today)
}

func (f *fake) PreviewCopy(_ context.Context, id cases.ID, kind disclosure.Kind) (disclosure.Copy, error) {
	v := f.copy.view
	v.Kind = kind
	return v, f.note("PreviewCopy %d %s", id, kind)
}

func (f *fake) MakeCopy(_ context.Context, id cases.ID, kind disclosure.Kind, ch app.CopyChoices, report app.Report) (app.Copy, error) {
	report(3, 5, "copy.files")
	f.copy.choices = ch
	if f.copy.makeErr != nil {
		return app.Copy{}, f.copy.makeErr
	}
	c := aCopy("K-2", app.CopyThere)
	f.copy.made = append([]app.Copy{c}, f.copy.made...)
	return c, f.note("MakeCopy %d %s %s", id, kind, ch.Format)
}

func (f *fake) Copies(context.Context, cases.ID) ([]app.Copy, error) { return f.copy.made, nil }

func (f *fake) PurgeCopy(_ context.Context, id, reason string) (app.Copy, error) {
	f.copy.purged = reason
	for i := range f.copy.made {
		if f.copy.made[i].ID == id {
			f.copy.made[i].Found, f.copy.made[i].PurgedAt, f.copy.made[i].Path, f.copy.made[i].Passphrase = app.CopyPurged, now, "", ""
		}
	}
	return app.Copy{}, f.note("PurgeCopy %s", id)
}

func (f *fake) PeekObject(_ context.Context, o plan.Object) ([]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	err := png.Encode(&b, m)
	if o.Key == "broken.jpg" {
		return []byte("no image"), nil
	}
	return b.Bytes(), err
}

func (f *fake) CopyDays() int {
	if f.copy.days == 0 {
		return 30
	}
	return f.copy.days
}

func (f *fake) SetCopyDays(_ context.Context, days int) error {
	if days < 1 || days > 90 {
		return app.ErrCopyDays
	}
	f.copy.days = days
	return f.note("SetCopyDays %d", days)
}

func aCopy(id, found string) app.Copy {
	c := app.Copy{ID: id, Case: 1, Kind: disclosure.Access, MadeAt: now, Items: 41, FileCount: 52, SizeBytes: 87_400_000, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Format: app.CopyZip, Path: "/home/claire/Documents/Greffier/copies/" + id + ".zip", Until: law.Date{Year: 2026, Month: 12, Day: 23}, LeftCount: 2, Passphrase: "k7m2p-x9q4r-t8w3z-b6d5f", Found: found}
	if found == app.CopyPurged {
		c.PurgedAt, c.Path, c.Passphrase = now, "", ""
	}
	return c
}
