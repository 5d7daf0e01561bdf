package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/law"
	"greffier/assets"
	"greffier/ui/kit"
)

const fakeCode = "7Q2M-0VXC-9KFT-W3RB-6HDP-4NZA-E81Y-GJ5S"

func (f *fake) Vault(context.Context) (app.VaultView, error) {
	day := func(n int) app.BackupFile {
		at := now.AddDate(0, 0, -n)
		return app.BackupFile{Path: "/home/claire/profil-backups/greffier-" + at.Format("20060102T150405Z") + ".tar.age", At: at, SizeBytes: 4_800_000}
	}
	v := app.VaultView{KeyFrom: f.info.KeyFrom, LockMinutes: f.LockMinutes(), RecoveryMade: now.AddDate(0, -2, 0),
		Plan: app.BackupPlan{Folder: "/home/claire/profil-backups", Daily: 7, Weekly: 4, LifeDays: 35}, LastTrace: law.Date{Year: 2027, Month: 1, Day: 18}}
	if f.proof.noTrace {
		v.LastTrace = law.Date{}
	}
	if !f.empty {
		v.Backups = []app.BackupFile{day(0), day(1), day(2), day(9)}
		v.ByHand = []app.BackupFile{day(40)}
		v.Tried, v.TriedFile = now.AddDate(0, 0, -1), "x"
	} else {
		v.RecoveryMade = time.Time{}
	}
	return v, f.fail
}
func (f *fake) LockMinutes() int { return 15 }
func (f *fake) SetLockMinutes(_ context.Context, n int) error {
	return f.note("SetLockMinutes %d", n)
}
func (f *fake) ChangePassphrase(_ context.Context, current, next string) error {
	return f.note("ChangePassphrase %s %s", current, next)
}
func (f *fake) MakeRecovery(context.Context) (string, error) {
	return fakeCode, f.note("MakeRecovery")
}
func (f *fake) PrintRecovery(_ context.Context, code, lang string) (string, error) {
	return "/tmp/recovery.pdf", f.note("PrintRecovery %s %s", code, lang)
}
func (f *fake) SetBackupPlan(_ context.Context, p app.BackupPlan) error {
	return f.note("SetBackupPlan %s %d", p.Folder, p.LifeDays)
}
func (f *fake) BackupNow(context.Context) (string, error) {
	return "/tmp/b.tar.age", f.note("BackupNow")
}
func (f *fake) TryBackup(_ context.Context, path string) error {
	return f.note("TryBackup %q", path)
}
func (f *fake) CareForBackups(context.Context) error { return f.note("CareForBackups") }

// openLocking opens a window that can lock; unlocking asks for "open sesame".
func openLocking(t *testing.T, f *fake) (w *Window, locked *int) {
	t.Helper()
	w = openTest(t, f)
	locked = new(int)
	w.locker = &Door{Lang: f.info.Lang, KeyFrom: func() string { return "passphrase" }, CanRecover: func() bool { return true },
		Lock: func() error { *locked++; return nil },
		Unlock: func(typed string) (Facade, error) {
			if typed != "open sesame" {
				return nil, errors.New("the passphrase does not open this profile")
			}
			return f, nil
		},
		Recover: func(code, next string) (Facade, error) { return f, f.note("Recover %s %s", code, next) }}
	return w, locked
}

// words are all texts that a window shows.
func words(o fyne.CanvasObject) string {
	var b strings.Builder
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if o == nil || !o.Visible() {
			return
		}
		switch x := o.(type) {
		case *widget.Label:
			b.WriteString(x.Text + "\n")
		case *kit.Button:
			b.WriteString(x.Text + "\n")
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
			return
		}
		if wid, ok := o.(fyne.Widget); ok {
			for _, c := range test.WidgetRenderer(wid).Objects() {
				walk(c)
			}
		}
	}
	walk(o)
	return b.String()
}

// pressed finds a button by its word and presses it.
func pressed(t *testing.T, win fyne.Window, word string) {
	t.Helper()
	var found *kit.Button
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if b, ok := o.(*kit.Button); ok && b.Text == word {
			found = b
		}
		if c, ok := o.(*fyne.Container); ok {
			for _, x := range c.Objects {
				walk(x)
			}
		} else if wid, ok := o.(fyne.Widget); ok {
			for _, x := range test.WidgetRenderer(wid).Objects() {
				walk(x)
			}
		}
	}
	walk(win.Content())
	if found == nil {
		t.Fatalf("there is no button %q in:\n%s", word, words(win.Content()))
	}
	test.Tap(found)
}

// firstPassword finds the first field for a secret.
func firstPassword(t *testing.T, win fyne.Window) *widget.Entry {
	t.Helper()
	var found *widget.Entry
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if e, ok := o.(*widget.Entry); ok && e.Password && found == nil {
			found = e
		}
		if c, ok := o.(*fyne.Container); ok {
			for _, x := range c.Objects {
				walk(x)
			}
		} else if wid, ok := o.(fyne.Widget); ok {
			for _, x := range test.WidgetRenderer(wid).Objects() {
				walk(x)
			}
		}
	}
	walk(win.Content())
	if found == nil {
		t.Fatal("no passphrase is asked for")
	}
	return found
}

func TestTheLockedWindowShowsTheDoorAndNothingOfTheProfile(t *testing.T) {
	for _, lang := range assets.Langs {
		t.Run(lang, func(t *testing.T) {
			f := newFake(lang, "light")
			w, locked := openLocking(t, f)
			w.openCase(1)
			w.fail(errors.New("a dialog that stands open"))
			if !strings.Contains(words(w.win.Content()), "Fontaine") {
				t.Fatal("the test sees no name before it is locked")
			}
			ctx := w.ctx
			w.lock()
			if ctx.Err() == nil || *locked != 1 {
				t.Errorf("work goes on (%v), or the profile is not put away (%d)", ctx.Err(), *locked)
			}
			seen := words(w.win.Content())
			if strings.Contains(seen, "Fontaine") || !strings.Contains(seen, assets.Text(lang, "door.unlock_title", nil)) {
				t.Errorf("the locked window shows:\n%s", seen)
			}
			if w.win.Canvas().Overlays().Top() != nil || w.win.MainMenu() != nil {
				t.Error("a dialog or the menu is still there")
			}
			win := w.win
			shootWin(t, win, "door-locked-"+lang)
			firstPassword(t, win).SetText("wrong")
			pressed(t, win, assets.Text(lang, "door.unlock", nil))
			if s := words(win.Content()); !strings.Contains(s, assets.Text(lang, "error.the passphrase does not open this profile.what", nil)) {
				t.Errorf("a wrong passphrase is not told:\n%s", s)
			}
			firstPassword(t, win).SetText("open sesame")
			pressed(t, win, assets.Text(lang, "door.unlock", nil))
			if !strings.Contains(words(win.Content()), assets.Text(lang, "nav.today", nil)) || win.MainMenu() == nil {
				t.Errorf("the window did not come back:\n%s", words(win.Content()))
			}
		})
	}
}

func TestTheWindowLocksWithoutHerAndNotWhileSheIsThere(t *testing.T) {
	at := now
	for name, c := range map[string]struct {
		minutes time.Duration
		do      func(w *Window)
		pass    time.Duration
		want    int
	}{
		"after the minutes that she chose":   {15, nil, 15 * time.Minute, 1},
		"not a minute before":                {15, nil, 14 * time.Minute, 0},
		"never where she said so":            {0, nil, 48 * time.Hour, 0},
		"not after the mouse moved":          {15, func(w *Window) { w.win.Content().(*watchful).MouseMoved(&desktop.MouseEvent{}) }, 14 * time.Minute, 0},
		"not while work runs":                {15, func(w *Window) { w.jobs = append(w.jobs, &job{running: true}) }, time.Hour, 0},
		"after the laptop slept for a night": {15, nil, 9 * time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, locked := openLocking(t, newFake("fr", "light"))
			at = now
			w.clock = func() time.Time { return at }
			w.touch()
			w.lockIn = c.minutes * time.Minute
			w.lookAround()
			at = at.Add(10 * time.Minute)
			if c.do != nil {
				c.do(w)
			} else {
				at = at.Add(-10 * time.Minute)
			}
			at = at.Add(c.pass)
			w.lookAround()
			if *locked != c.want {
				t.Errorf("it locked %d times, want %d", *locked, c.want)
			}
		})
	}
	t.Run("not while she types in one field", func(t *testing.T) {
		w, locked := openLocking(t, newFake("fr", "light"))
		at = now
		w.clock = func() time.Time { return at }
		w.touch()
		w.lockIn = 15 * time.Minute
		e := kit.NewEntry("")
		w.win.SetContent(e)
		w.win.Canvas().Focus(e)
		for i := range 5 {
			at = at.Add(10 * time.Minute)
			e.SetText(fmt.Sprint("a line of a long reason ", i))
			w.lookAround()
		}
		if *locked != 0 {
			t.Error("it locked under her hands")
		}
	})
	t.Run("and a clock that is set back locks nothing", func(t *testing.T) {
		w, locked := openLocking(t, newFake("fr", "light"))
		at = now
		w.clock = func() time.Time { return at }
		w.lockIn = 15 * time.Minute
		w.touch()
		at = at.AddDate(-1, 0, 0)
		w.lookAround()
		at = at.Add(14 * time.Minute)
		w.lookAround()
		if *locked != 0 {
			t.Error("it locked")
		}
		at = at.Add(16 * time.Minute)
		if w.lookAround(); *locked != 1 {
			t.Error("it never locks again")
		}
	})
}

func TestTheRecoveryCodeIsShownOnceAndVoidsTheOneBefore(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	p := &securityPage{w: w}
	w.follow(p)
	p.makeCode(true)
	if f.called("MakeRecovery") {
		t.Fatal("the code that she has was made void without asking")
	}
	test.Tap(topDialog(t, w).Others()[0])
	d := topDialog(t, w)
	if !f.called("MakeRecovery") {
		t.Fatal("no code was made")
	}
	test.Tap(d.Others()[0])
	if !f.called("PrintRecovery " + fakeCode) {
		t.Errorf("calls: %v", f.calls)
	}
	for kit.Open(w.win.Canvas()) != nil {
		kit.Escape(w.win.Canvas())
	}
	if strings.Contains(words(w.win.Content()), "7Q2M") {
		t.Error("the code is still shown")
	}
}

func TestTheForgottenPassphraseIsReplacedAtTheDoor(t *testing.T) {
	f := newFake("en", "light")
	w, _ := openLocking(t, f)
	w.lock()
	win := w.win
	pressed(t, win, assets.Text("en", "door.forgotten", nil))
	shootWin(t, win, "door-recover")
	pressed(t, win, assets.Text("en", "door.recover", nil))
	if !f.called("Recover") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestTheDoorOffersTheLastBackupsOfAProfileThatIsDamaged(t *testing.T) {
	a := test.NewTempApp(t)
	f := newFake("en", "light")
	restoredFrom := ""
	d := Door{Lang: "en", Locked: true, Failed: fmt.Errorf("open: %w", errors.New("the store is damaged")), Unlock: func(string) (Facade, error) { return f, nil },
		Backups: func() []app.BackupFile {
			return []app.BackupFile{{Path: "/b/greffier-20261213T080000Z.tar.age", At: now.AddDate(0, 0, -1)}, {Path: "/b/greffier-20261212T080000Z.tar.age", At: now.AddDate(0, 0, -2)}}
		},
		Restore: func(file, _ string) (Facade, error) { restoredFrom = file; return f, nil }}
	o := newDoor(a, d, inPlace, inPlace)
	shootWin(t, o.win, "door-restore")
	pressed(t, o.win, assets.Text("en", "door.restore", nil))
	if restoredFrom != "/b/greffier-20261213T080000Z.tar.age" {
		t.Errorf("restored from %q", restoredFrom)
	}
	o.win.Close()
	damaged := d.Failed
	d.Failed, d.Unlock = nil, func(string) (Facade, error) { return nil, damaged }
	o = newDoor(a, d, inPlace, inPlace)
	pressed(t, o.win, assets.Text("en", "door.unlock", nil))
	if !strings.Contains(words(o.win.Content()), assets.Text("en", "door.restore_title", nil)) {
		t.Error("no backup is offered where the right passphrase opens a store that is damaged")
	}
	o.win.Close()
	d.Failed = errors.New("another Greffier has this profile open")
	o = newDoor(a, d, inPlace, inPlace)
	if strings.Contains(words(o.win.Content()), assets.Text("en", "door.restore_title", nil)) {
		t.Error("a backup is offered where nothing is damaged")
	}
	o.win.Close()
}

func TestTheSecurityPageSaysWhatIsSoAndDoesWhatItSays(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		w := openTest(t, f)
		w.follow(&securityPage{w: w})
		shoot(t, w, "security-"+lang)
		for _, key := range []string{"vault.now", "vault.try"} {
			pressed(t, w.win, assets.Text(lang, key, nil))
		}
		if !f.called("BackupNow") || !f.called("TryBackup") {
			t.Errorf("calls: %v", f.calls)
		}
		f.empty = true
		w.page.changed()
		if !strings.Contains(words(w.win.Content()), assets.Text(lang, "vault.noBackup", nil)) {
			t.Error("nothing is said of there being no backup")
		}
	}
}

// shootWin keeps a picture of a window that is no Window, when asked for.
func shootWin(t *testing.T, win fyne.Window, name string) {
	t.Helper()
	shoot(t, &Window{win: win}, name)
}

func init() {
	// A window that a test left open would go on by itself, beside later tests and
	// on goroutines of its own.
	tickEvery = 24 * time.Hour
}

func TestWhereNoLastTraceCanBeToldNoDayIsNamed(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.proof.noTrace = true
		w := openTest(t, f)
		w.follow(&securityPage{w: w})
		if !says(w, w.t("vault.noLastTrace")) || says(w, "2027") {
			t.Errorf("%s: %s", lang, words(w.win.Content()))
		}
	}
}
