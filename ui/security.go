package ui

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// securityPage is who can open the profile, when the window locks, and what the
// backups hold and for how long.
type securityPage struct {
	w    *Window
	body *slot
	only func(app.VaultView) fyne.CanvasObject // what the guided set-up shows of it, nil for all
}

func (p *securityPage) place() string { return placeSettings }
func (p *securityPage) changed()      { p.load() }

// securityCard leads to the page from the settings.
func (w *Window) securityCard() fyne.CanvasObject {
	return kit.NewCard(kit.Row(0, kit.Down(-14, kit.Strong(w.t("vault.title")), kit.Faint(w.t("vault.summary"))),
		kit.NewButton(w.t("open"), func() { w.follow(&securityPage{w: w}) })))
}

func (p *securityPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.load()
	lock := kit.NewIconButton(w.t("vault.lock"), theme.LogoutIcon(), w.lock)
	if w.locker == nil {
		lock.Disable()
	}
	return container.NewBorder(w.backHeader(w.t("vault.title"), w.t("vault.summary"), lock).Object, nil, nil, nil, p.body.box)
}

func (p *securityPage) load() {
	fetch(p.w, p.body, p.w.f.Vault, func(v app.VaultView) fyne.CanvasObject {
		if p.only != nil {
			return p.only(v)
		}
		return kit.Page(kit.DownReading(12, p.keys(v), p.recovery(v), p.backups(v), p.kept(v)))
	})
}

// lockChoices are minutes without her, 0 for never.
var lockChoices = []int{5, 15, 30, 60, 0}

func (p *securityPage) keys(v app.VaultView) fyne.CanvasObject {
	w := p.w
	choices := lockChoices
	if !slices.Contains(choices, v.LockMinutes) {
		choices = append([]int{v.LockMinutes}, choices...)
	}
	var words []string
	for _, n := range choices {
		if n == 0 {
			words = append(words, w.t("vault.never"))
		} else {
			words = append(words, w.n("vault.minutes", n))
		}
	}
	chips := kit.NewChips(words, nil)
	chips.Choose(slices.Index(choices, v.LockMinutes))
	chips.OnChange(func(i int) { w.setLock(choices[i]) })
	change, other, key := w.t("vault.change"), w.t("vault.toKeyring"), "settings.key.passphrase"
	if v.KeyFrom == "keyring" {
		change, other, key = w.t("vault.toPassphrase"), "", "settings.key.keyring"
	}
	acts := []fyne.CanvasObject{kit.NewButton(change, func() { p.change(v) })}
	if other != "" {
		acts = append(acts, kit.NewQuiet(other, nil, p.toKeyring))
	}
	parts := []fyne.CanvasObject{kit.Heading(w.t("vault.keys")), kit.Pair(w.t("settings.key"), w.known(key, v.KeyFrom))}
	if v.KeyFrom == "keyring" {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("vault.keyringWords")))
	}
	parts = append(parts, container.NewHBox(acts...), kit.Gap(4), kit.PairWith(w.t("vault.lockAfter"), chips.Object), kit.Faint(w.t("vault.lockWords")))
	return kit.NewCard(parts...)
}

// change asks for the passphrase of now and for another one.
func (p *securityPage) change(v app.VaultView) {
	w := p.w
	current, next, again := secretEntry(), secretEntry(), secretEntry()
	said := kit.Toned(kit.Words(""), kit.Late)
	var rows []fyne.CanvasObject
	if v.KeyFrom != "keyring" {
		rows = append(rows, kit.FormRow(w.t("vault.current"), "", current))
	}
	rows = append(rows, kit.FormRow(w.t("door.new_passphrase"), w.t("vault.passphrase.help"), next), kit.FormRow(w.t("door.again"), "", again), said)
	var d *kit.Dialog
	d = w.dialog(w.t("vault.change"), kit.Down(0, rows...), kit.NewPrimary(w.t("save"), func() {
		switch {
		case next.Text == "":
			said.SetText(w.t("vault.empty"))
		case next.Text != again.Text:
			said.SetText(w.t("door.differ"))
		default:
			was, words := current.Text, next.Text
			w.do(func(ctx context.Context) error { return w.f.ChangePassphrase(ctx, was, words) }, func() {
				d.Close()
				w.say(outcome{tone: kit.Kept, words: w.t("vault.changed")})
				p.load()
			})
		}
	}))
	d.Show()
}

// toKeyring puts the key into the keyring of the operating system, after saying
// what that means.
func (p *securityPage) toKeyring() {
	w := p.w
	current := secretEntry()
	var d *kit.Dialog
	d = w.dialog(w.t("vault.toKeyring"), kit.Down(0, kit.IconLine(kit.AtRisk, w.t("vault.keyringWords")), kit.FormRow(w.t("vault.current"), "", current)),
		kit.NewButton(w.t("vault.toKeyring"), func() {
			was := current.Text
			w.do(func(ctx context.Context) error { return w.f.ChangePassphrase(ctx, was, "") }, func() {
				d.Close()
				w.say(outcome{tone: kit.Kept, words: w.t("vault.changed")})
				p.load()
			})
		}))
	d.Show()
}

func (p *securityPage) recovery(v app.VaultView) fyne.CanvasObject {
	w := p.w
	state, word := kit.IconLine(kit.AtRisk, w.t("vault.noCode")), w.t("vault.makeCode")
	if !v.RecoveryMade.IsZero() {
		state, word = kit.IconLine(kit.Kept, w.t("vault.codeMade", "Date", w.long(w.day(v.RecoveryMade)))), w.t("vault.anotherCode")
	}
	return kit.NewCard(kit.Heading(w.t("vault.recovery")), state, kit.Faint(w.t("vault.recoveryWords")),
		container.NewHBox(kit.NewButton(word, func() { p.makeCode(!v.RecoveryMade.IsZero()) })))
}

// makeCode makes a recovery code and shows it, once.
func (p *securityPage) makeCode(had bool) {
	w := p.w
	show := func() {
		ask(w, w.f.MakeRecovery, func(code string) {
			shown := kit.Heading(code)
			shown.Alignment = fyne.TextAlignCenter
			shown.TextStyle.Monospace = true
			print := kit.NewPrimary(w.t("vault.printCode"), func() {
				ask(w, func(ctx context.Context) (string, error) { return w.f.PrintRecovery(ctx, code, w.lang) }, func(path string) {
					w.say(outcome{tone: kit.AtRisk, words: w.t("vault.codePrinted"), act: w.t("print.show"), onAct: func() { w.showFolder(path) }})
				})
			})
			kit.NewDialog(w.win.Canvas(), w.t("vault.recovery"), 720, kit.Down(8, kit.Words(w.t("vault.codeOnce")), shown), w.t("vault.written"), p.load, print).Show()
		})
	}
	if !had {
		show()
		return
	}
	var d *kit.Dialog
	d = w.dialog(w.t("vault.anotherCode"), kit.Words(w.t("vault.voids")), kit.NewButton(w.t("vault.anotherCode"), func() { d.Close(); show() }))
	d.Show()
}

func (p *securityPage) backups(v app.VaultView) fyne.CanvasObject {
	w := p.w
	state := kit.IconLine(kit.Late, w.t("vault.noBackup"))
	if len(v.Backups) > 0 {
		state = kit.IconLine(kit.Kept, w.t("vault.lastBackup", "Date", w.long(w.day(v.Backups[0].At)), "Hour", w.hour(v.Backups[0].At)))
	}
	tried := kit.IconLine(kit.AtRisk, w.t("vault.neverTried"))
	switch {
	case v.Tried.IsZero():
	case v.TriedFailed != "":
		tried = kit.IconLine(kit.Late, w.t("vault.triedBadly", "Date", w.long(w.day(v.Tried)), "Hour", w.hour(v.Tried)))
	default:
		tried = kit.IconLine(kit.Kept, w.t("vault.triedWell", "Date", w.long(w.day(v.Tried)), "Hour", w.hour(v.Tried)))
	}
	parts := []fyne.CanvasObject{kit.Heading(w.t("vault.backups")), state, tried}
	if v.Failed != "" {
		parts = append(parts, kit.IconLine(kit.Late, w.t("vault.failed", "Date", w.long(w.day(v.FailedAt)), "Hour", w.hour(v.FailedAt))))
	}
	folder := kit.NewEntry(v.Plan.Folder)
	save := kit.NewButton(w.t("save"), func() {
		plan := v.Plan
		plan.Folder = folder.Text
		p.keepPlan(plan)
	})
	life := w.numberChips([]int{14, 35, 90}, v.Plan.LifeDays, func(n int) string { return w.n("age", n) }, func(n int) {
		plan := v.Plan
		plan.LifeDays = n
		p.keepPlan(plan)
	})
	try := kit.NewButton(w.t("vault.try"), p.try)
	if len(v.Backups) == 0 {
		try.Disable()
	}
	parts = append(parts, container.NewHBox(kit.NewIconButton(w.t("vault.now"), theme.DocumentSaveIcon(), p.now), try),
		kit.Gap(4), kit.FormRow(w.t("vault.folder"), w.t("vault.folderHelp"), container.NewBorder(nil, nil, nil, save, folder)),
		kit.PairWith(w.t("vault.life"), life), kit.Faint(w.t("vault.planWords", "Daily", w.number(v.Plan.Daily), "Weekly", w.number(v.Plan.Weekly))))
	return kit.NewCard(parts...)
}

func (p *securityPage) keepPlan(plan app.BackupPlan) {
	w := p.w
	w.do(func(ctx context.Context) error { return w.f.SetBackupPlan(ctx, plan) }, p.load)
}

func (p *securityPage) now() {
	w := p.w
	path := ""
	w.run(w.t("backup.title"), func(ctx context.Context, _ reporter) (err error) {
		path, err = w.f.BackupNow(ctx)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.t("backup.done"), act: w.t("print.show"), onAct: func() { w.showFolder(path) }}
	})
}

func (p *securityPage) try() {
	w := p.w
	w.run(w.t("vault.trying"), func(ctx context.Context, _ reporter) error { return w.f.TryBackup(ctx, "") }, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.t("vault.tried")}
	})
}

// maxListed bounds how many backups are listed.
const maxListed = 12

// kept lists what is kept of the past, and when the last trace of whoever is
// erased today is gone.
func (p *securityPage) kept(v app.VaultView) fyne.CanvasObject {
	w := p.w
	last := w.t("vault.noLastTrace")
	if !v.LastTrace.IsZero() {
		last = w.t("vault.lastTrace", "Date", w.long(v.LastTrace))
	}
	parts := []fyne.CanvasObject{kit.Heading(w.t("vault.past")), kit.StrongWords(last)}
	list := func(title string, all []app.BackupFile) {
		if len(all) == 0 {
			return
		}
		parts = append(parts, kit.Gap(4), kit.StrongWords(title))
		for i, b := range all {
			if i == maxListed {
				parts = append(parts, kit.Faint(w.n("more", len(all)-i)))
				break
			}
			line := w.brief(b.At) + " · " + w.hour(b.At)
			if b.SizeBytes > 0 {
				line += " · " + w.size(b.SizeBytes)
			}
			parts = append(parts, kit.Faint(line+" · "+kit.Line(filepath.Base(b.Path), 80)))
		}
	}
	list(w.t("vault.automatic"), v.Backups)
	list(w.t("vault.byHand"), v.ByHand)
	list(w.t("vault.former"), v.Former)
	return kit.NewCard(append(parts, kit.Gap(4), kit.Faint(w.t("vault.openWords")))...)
}
