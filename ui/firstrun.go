package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/ui/kit"
)

// The steps of the guided set-up: the first two stand before a profile is there,
// at the door.
const (
	stepWho        = "who"
	stepPassphrase = "passphrase"
	stepRecovery   = "recovery"
	stepMailbox    = "mailbox"
	stepShop       = "shop"
	stepStorage    = "storage"
	stepPlaces     = "places"
	stepRules      = "rules"
	stepDone       = "done"
)

var setUpSteps = []string{stepWho, stepPassphrase, stepRecovery, stepMailbox, stepShop, stepStorage, stepPlaces, stepRules, stepDone}

// firstRunPage asks one question a page, tries each answer live, and says what
// Greffier will and will not do with the access that it is given. It can be left
// at any step: the next start goes on there.
type firstRunPage struct {
	w      *Window
	at     string // one of setUpSteps from stepRecovery on
	save   *kit.Button
	next   *kit.Button
	form   *connForm      // of the shop or storage that is asked for
	mail   *mailboxPage   // of the step of the mailbox
	places *placesPage    // of the step of the places
	looked bool           // places were looked for
	head   fyne.Focusable // where the keyboard begins
}

// The keys of the guided set-up, which a person without a mouse goes through, and
// a test of the real window too. At the door, Tab reaches the buttons in reading
// order (demo, then set-up), and Enter presses. Who: four fields, Enter goes on to
// the next, and from the last to the next step. Passphrase: two fields, likewise.
// From then on the keyboard begins at the first field of a step, and Ctrl+Enter is
// its next act: what is typed is tested, what was tested is kept, and an empty step
// is skipped.
//
//	recovery  Ctrl+Enter goes on
//	mailbox   the address; Enter looks for its settings; Ctrl+Enter skips while empty
//	shop      on the kinds: Right chooses the next kind (four times for a CSV file);
//	          Tab past the kinds to its fields; Enter tests; Ctrl+Enter keeps
//	storage   the same (three times for a folder of this computer, and one Tab)
//	places    Ctrl+Enter looks for them, keeps what is proposed, else goes on
//	rules     Ctrl+Enter goes on
//	done      Ctrl+Enter starts

func (p *firstRunPage) place() string { return placeSettings }
func (p *firstRunPage) changed()      {}

// step does what the primary button does; what is typed and not tested yet is
// tested before.
func (p *firstRunPage) step() {
	switch {
	case p.form != nil && p.form.test != nil && p.form.step():
		return
	case p.mail != nil && p.mail.stands():
		p.mail.step()
		return
	case p.places != nil && len(p.places.places) == 0 && !p.looked:
		p.looked = true
		p.places.guess()
		return
	}
	if b := p.primary(); b != nil && !b.Disabled() && b.OnTapped != nil {
		b.OnTapped()
	}
}

// begin gives the keyboard to the first field of the step, or to what goes on.
func (p *firstRunPage) begin() {
	c := p.w.win.Canvas()
	if p.w.page != page(p) || kit.Open(c) != nil || c.Focused() != nil {
		return
	}
	switch {
	case p.head != nil:
		c.Focus(p.head)
	case p.mail != nil:
		if p.mail.address != nil {
			c.Focus(p.mail.address)
		}
	case p.at == stepShop || p.at == stepStorage:
		if p.save == nil { // some are there already: nothing is asked
			c.Focus(p.next)
		}
	case p.primary() != nil:
		c.Focus(p.primary())
	}
}

// stands tells whether what is typed in can be tested or kept.
func (m *mailboxPage) stands() bool {
	return m.save != nil && !m.save.Disabled() || !m.has && m.test != nil && !m.test.Disabled()
}

func (p *firstRunPage) primary() *kit.Button {
	if p.save != nil && !p.save.Disabled() {
		return p.save
	}
	return p.next
}

// setUp opens the guided set-up where it stands.
func (w *Window) setUp() {
	at := w.f.SetUpStep()
	if slices.Index(setUpSteps, at) < slices.Index(setUpSteps, stepRecovery) {
		at = stepRecovery
	}
	w.history = nil
	w.show(&firstRunPage{w: w, at: at})
}

// go goes to a step, and remembers it.
func (p *firstRunPage) to(step string) {
	w := p.w
	// What cannot be remembered now is asked once more at the next start.
	w.async(func() { _ = w.f.SetSetUpStep(w.ctx, step) })
	w.show(&firstRunPage{w: w, at: step})
}

func (p *firstRunPage) after() string {
	return setUpSteps[min(slices.Index(setUpSteps, p.at)+1, len(setUpSteps)-1)]
}

func (p *firstRunPage) before() string { return setUpSteps[max(slices.Index(setUpSteps, p.at)-1, 0)] }

// stepHead is the head of a step: where it stands, its question, and what
// Greffier will and will not do.
func stepHead(s *speaker, step string) fyne.CanvasObject {
	n := slices.Index(setUpSteps, step) + 1
	h := kit.NewHeader(s.t("firstrun.title."+step), s.t("firstrun.words."+step))
	where := kit.FaintLine(s.t("firstrun.step", "N", s.number(n), "Of", s.number(len(setUpSteps))))
	return kit.Margins(8, 8, 0, 0, container.NewVBox(kit.Margins(16, 0, 0, -16, where), h.Object))
}

func (p *firstRunPage) build() fyne.CanvasObject {
	w := p.w
	if slices.Index(setUpSteps, p.at) < slices.Index(setUpSteps, stepRecovery) {
		p.at = stepRecovery
	}
	p.save, p.form, p.mail, p.places, p.head = nil, nil, nil, nil, nil
	p.next = kit.NewButton(w.t("firstrun.skip"), func() { p.to(p.after()) })
	body := p.question()
	left := container.NewHBox()
	if p.at != stepRecovery {
		left.Add(kit.NewIconButton(w.t("firstrun.back"), theme.NavigateBackIcon(), func() { p.to(p.before()) }))
	}
	if p.at != stepDone {
		left.Add(kit.NewQuiet(w.t("firstrun.later"), nil, func() { w.open(placeToday) }))
	}
	right := container.NewHBox(p.next)
	if p.save != nil {
		p.save.SetText(w.t("firstrun.keep"))
		right.Add(p.save)
	}
	foot := container.NewVBox(widget.NewSeparator(), kit.Margins(24, 8, 24, 10, container.NewBorder(nil, nil, left, right)))
	return container.NewBorder(stepHead(&w.speaker, p.at), foot, nil, nil, kit.Margins(8, 0, 8, 0, body))
}

// goOn says that the step is settled: its button goes on instead of skipping.
func (p *firstRunPage) goOn() {
	p.next.SetText(p.w.t("firstrun.next"))
	if p.save == nil {
		p.next.Importance = widget.HighImportance
		p.next.Refresh()
	}
}

func (p *firstRunPage) question() fyne.CanvasObject {
	w := p.w
	switch p.at {
	case stepMailbox:
		m := &mailboxPage{w: w, within: func() { w.watch(); p.to(p.after()) }}
		body := m.build()
		m.body.shown = p.begin
		p.save, p.mail = m.save, m
		if _, has := w.f.MailAccount(); has {
			p.goOn()
		}
		return body
	case stepShop:
		return p.connection(toShop)
	case stepStorage:
		return p.connection(toStorage)
	case stepPlaces:
		if len(w.f.StorageNames()) == 0 {
			p.goOn()
			return kit.Page(kit.DownReading(12, kit.NewCard(kit.Words(w.t("firstrun.noStorage")), container.NewHBox(kit.NewButton(w.t("firstrun.toStorage"), func() { p.to(stepStorage) })))))
		}
		m := &placesPage{w: w, within: func() { p.to(p.after()) }}
		body := m.build()
		p.save, p.places = m.save, m
		if len(w.f.Info().Locators) > 0 {
			p.goOn()
		}
		return body
	case stepRules:
		p.goOn()
		body := newSlot()
		fetch(w, body, w.f.SweepStatus, func(st app.SweepStatus) fyne.CanvasObject {
			s := &sweepsPage{w: w, body: newSlot()}
			return kit.Page(kit.DownReading(12, s.rules(st), s.bounds(st.Settings)))
		})
		return body.box
	case stepDone:
		return p.summary()
	}
	p.goOn()
	s := &securityPage{w: w, body: newSlot()}
	s.only = func(v app.VaultView) fyne.CanvasObject {
		return kit.Page(kit.DownReading(12, s.recovery(v)))
	}
	s.load()
	return s.body.box
}

// connection asks for a shop or a storage; those that are there are listed, and
// can be changed.
func (p *firstRunPage) connection(to string) fyne.CanvasObject {
	w := p.w
	form := newConnForm(w, to, "")
	form.after = func(n *Window, c *connForm) {
		g := &firstRunPage{w: n, at: p.after()}
		g.to(g.at)
		if c.columns {
			n.follow(&columnsPage{w: n, shop: c.name})
		}
	}
	body := container.NewVBox()
	if names := form.takenNames(); len(names) > 0 {
		p.goOn()
		parts := []fyne.CanvasObject{kit.IconLine(kit.Kept, w.t("firstrun.have."+to))}
		for _, n := range names {
			parts = append(parts, w.connRow(to, n))
		}
		another := kit.NewButton(w.t("connect.add."+to), nil)
		another.OnTapped = func() { w.follow(&connPage{w: w, to: to}) }
		body.Add(kit.NewCard(append(parts, container.NewHBox(another))...))
		return kit.Page(kit.DownReading(12, body))
	}
	place := newSlot()
	place.shown = p.begin
	fetch(w, place, w.f.SetUpDraft, func(d app.SetUpDraft) fyne.CanvasObject {
		form.resume(d)
		built := form.build()
		p.form, p.head = form, form.chips.Focusable()
		return built
	})
	p.save = form.save
	return kit.Page(kit.DownReading(12, place.box))
}

// connRow is a connection in a list, with the button that changes it.
func (w *Window) connRow(to, name string) fyne.CanvasObject {
	return kit.Row(0, kit.Strong(w.t("service."+to)+" · "+kit.Line(name, 60)), w.connActs(to, name, func() { w.follow(&connPage{w: w, to: to, name: name}) }))
}

// connRows lists the shops and storages in the settings, and adds others.
func (w *Window) connRows() []fyne.CanvasObject {
	if w.f.ShopKinds() == nil {
		return nil
	}
	var out []fyne.CanvasObject
	for _, s := range w.f.ShopSetups() {
		out = append(out, w.connRow(toShop, s.Name))
	}
	for _, s := range w.f.StorageSetups() {
		out = append(out, w.connRow(toStorage, s.Name))
	}
	add := func(to string) *kit.Button {
		return kit.NewIconButton(w.t("connect.add."+to), theme.ContentAddIcon(), func() { w.follow(&connPage{w: w, to: to}) })
	}
	return append(out, kit.Margins(8, 4, 8, 4, kit.Flow(add(toShop), add(toStorage))))
}

// summary says what is set up and what is not yet, each with the way there.
func (p *firstRunPage) summary() fyne.CanvasObject {
	w := p.w
	body := newSlot()
	p.next.SetText(w.t("firstrun.start"))
	p.next.Importance = widget.HighImportance
	p.next.OnTapped = func() {
		w.do(func(ctx context.Context) error { return w.f.SetSetUpStep(ctx, "") }, func() {
			w.open(placeToday)
			w.sync(true, true)
		})
	}
	fetch(w, body, w.f.Vault, func(v app.VaultView) fyne.CanvasObject {
		_, mail := w.f.MailAccount()
		var rows []fyne.CanvasObject
		for _, x := range []struct {
			step string
			done bool
		}{{stepRecovery, !v.RecoveryMade.IsZero() || v.KeyFrom == "keyring"}, {stepMailbox, mail}, {stepShop, len(w.f.ShopSetups()) > 0}, {stepStorage, len(w.f.StorageSetups()) > 0}, {stepPlaces, len(w.f.Info().Locators) > 0}} {
			if x.done {
				rows = append(rows, kit.IconLine(kit.Kept, w.t("firstrun.is."+x.step)))
				continue
			}
			rows = append(rows, kit.Row(0, kit.IconLine(kit.AtRisk, w.t("firstrun.isNot."+x.step)), kit.NewButton(w.t("firstrun.mend"), func() { p.to(x.step) })))
		}
		return kit.Page(kit.DownReading(12, kit.NewCard(rows...)))
	})
	return body.box
}

// reopen makes the connections anew, of the settings as they are now, and goes
// on with then in the window over them. Where nobody can, they count after the
// next start.
func (w *Window) reopen(then func(*Window)) {
	if w.locker == nil || w.locker.Reopen == nil {
		then(w)
		return
	}
	w.locked = true // nothing locks meanwhile
	w.remember()
	w.stop()
	d := *w.locker
	w.content.Objects = []fyne.CanvasObject{kit.Loading(w.t("connect.reopening"))}
	w.content.Refresh()
	w.rawAsync(func() {
		w.rested()
		f, err := d.Reopen()
		w.rawHome(func() {
			n := newWindowIn(w.app, w.win, f, w.rawAsync, w.rawHome)
			n.locker, n.clock = &d, w.clock
			n.begin()
			then(n)
			if err != nil {
				n.fail(err)
			}
		})
	})
}
