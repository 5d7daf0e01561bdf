package ui

import (
	"bytes"
	"context"
	"image"
	_ "image/gif" // the formats of photographs that can be shown
	_ "image/jpeg"
	_ "image/png"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/ui/kit"
)

const (
	// copyAtOnce is how many items of a category are shown before "show more".
	copyAtOnce = 40
	// maxShown bounds the pixels of an image that is shown: a small file may
	// claim to be enormous.
	maxShown = 80_000_000
)

// copyTab is the tab of a case in which a copy of the person's data is made.
type copyTab struct {
	w      *Window
	p      *casePage
	slot   *slot
	kind   disclosure.Kind
	format string
	view   disclosure.Copy
	made   []app.Copy
	days   int
	leave  map[string]string // item → her reason
	in     map[string]bool   // items that she puts in
	shown  map[string]int    // category → items shown
	open   map[string]bool   // categories that are open
}

// copyKinds are the kinds of copy that a case asks for.
func copyKinds(c cases.Case) []disclosure.Kind {
	var out []disclosure.Kind
	for _, k := range []disclosure.Kind{disclosure.Access, disclosure.Portability} {
		if slices.ContainsFunc(c.Asked, func(x cases.Asked) bool { return x.Right == k.Right() }) {
			out = append(out, k)
		}
	}
	return out
}

// loadCopy looks at what is held, live.
func (p *casePage) loadCopy() {
	w, kinds := p.w, copyKinds(p.view.Case)
	if len(kinds) == 0 {
		p.copySlot.set(kit.Empty(theme.DownloadIcon(), w.t("copy.none"), w.t("copy.noneWords"), "", nil))
		return
	}
	if p.copies == nil || p.copies.slot != p.copySlot {
		t := &copyTab{w: w, p: p, slot: p.copySlot, format: app.CopyZip, open: map[string]bool{}}
		if p.copies != nil && slices.Contains(kinds, p.copies.kind) {
			t.kind = p.copies.kind // the page was loaded anew: she stays where she was
		}
		p.copies = t
	}
	t := p.copies
	if !slices.Contains(kinds, t.kind) {
		t.kind = kinds[0]
	}
	t.load()
}

type copyData struct {
	view disclosure.Copy
	made []app.Copy
	days int
}

func (t *copyTab) load() {
	w, kind, open := t.w, t.kind, t.p.view.Case.State.Open()
	t.leave, t.in, t.shown = map[string]string{}, map[string]bool{}, map[string]int{}
	fetchLong(w, t.slot, w.t("copy.looking"), func(ctx context.Context, _ reporter) (d copyData, err error) {
		if d.made, err = w.f.Copies(ctx, t.p.id); err != nil {
			return d, err
		}
		d.days = w.f.CopyDays()
		if open {
			d.view, err = w.f.PreviewCopy(ctx, t.p.id, kind)
		}
		return d, err
	}, func(d copyData) fyne.CanvasObject {
		t.view, t.made, t.days = d.view, d.made, d.days
		return t.show()
	})
}

// touched tells whether she has decided something that is not made yet.
func (t *copyTab) touched() bool { return t != nil && len(t.leave)+len(t.in) > 0 }

// again draws the tab anew with what is known.
func (t *copyTab) again() { t.slot.set(t.show()) }

func (t *copyTab) show() fyne.CanvasObject {
	w := t.w
	var parts []fyne.CanvasObject
	if len(t.made) > 0 && t.made[0].Found != app.CopyPurged {
		parts = append(parts, t.earlier()...)
		parts = append(parts, kit.Gap(10))
	}
	if !t.p.view.Case.State.Open() {
		parts = append(parts, kit.Heading(w.t("copy.closed")), kit.Words(w.t("copy.closedWords")))
	} else {
		parts = append(parts, t.preview()...)
		parts = append(parts, t.maker()...)
	}
	if len(t.made) > 0 && t.made[0].Found == app.CopyPurged {
		parts = append(parts, kit.Gap(10))
		parts = append(parts, t.earlier()...)
	}
	return kit.Page(kit.DownReading(-4, parts...))
}

// preview shows what the copy would hold, category by category.
func (t *copyTab) preview() []fyne.CanvasObject {
	w := t.w
	var parts []fyne.CanvasObject
	if kinds := copyKinds(t.p.view.Case); len(kinds) > 1 {
		var words []string
		for _, k := range kinds {
			words = append(words, w.t("copy.kind."+string(k)))
		}
		chips := kit.NewChips(words, nil)
		chips.Choose(slices.Index(kinds, t.kind))
		chips.OnChange(func(i int) {
			t.kind = kinds[i]
			t.load()
		})
		parts = append(parts, chips.Object, kit.Gap(8))
	}
	parts = append(parts, kit.Words(w.t("copy.about."+string(t.kind))))
	if t.view.Depicted {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("copy.depicted")))
	}
	if n := len(t.view.Gaps); n > 0 && t.kind == disclosure.Access {
		var lines []fyne.CanvasObject
		for _, g := range t.view.Gaps {
			lines = append(lines, kit.Words("· "+kit.Line(g.What, 300)))
		}
		lines = append(lines, container.NewHBox(kit.NewButton(w.t("copy.toRegister"), func() { w.open(placeRegisters) })))
		parts = append(parts, kit.IconLine(kit.AtRisk, w.n("copy.gaps", n)), kit.Margins(22, 0, 0, 0, kit.Fold(w.t("error.details"), false, kit.Down(-10, lines...))))
	}
	for _, k := range t.view.Categories {
		parts = append(parts, t.category(k))
	}
	return parts
}

// included tells whether an item would go out, with her choices.
func (t *copyTab) included(i disclosure.Item) bool {
	if _, left := t.leave[i.ID]; left {
		return false
	}
	return i.Included || t.in[i.ID]
}

// category is one category with what it holds, under the owner's word for it: the
// paper has the person's.
func (t *copyTab) category(k disclosure.Category) fyne.CanvasObject {
	w, in := t.w, 0
	for _, i := range k.Items {
		if t.included(i) {
			in++
		}
	}
	most := copyAtOnce + t.shown[k.Key]
	var rows []fyne.CanvasObject
	for n, i := range k.Items {
		if n == most {
			rest := min(len(k.Items)-most, 5*copyAtOnce)
			rows = append(rows, container.NewHBox(kit.NewQuiet(w.n("copy.more", rest), nil, func() { t.shown[k.Key] += rest; t.open[k.Key] = true; t.again() })))
			break
		}
		rows = append(rows, t.item(i))
	}
	title := w.t("copy.category", "Title", w.known("copy.cat."+k.Key, kit.Line(k.Title, 80)), "In", w.number(in), "All", w.number(len(k.Items)))
	content := kit.Margins(18, 0, 0, 6, kit.Down(0, rows...))
	fold := kit.Fold(title, t.open[k.Key], content)
	t.follow(fold, k.Key, content)
	return fold
}

// follow remembers which categories are open, so that drawing anew does not
// close them.
func (t *copyTab) follow(fold fyne.CanvasObject, key string, content fyne.CanvasObject) {
	if c, ok := fold.(*fyne.Container); ok {
		if b, ok := c.Objects[0].(*kit.Button); ok {
			act := b.OnTapped
			b.OnTapped = func() {
				act()
				t.open[key] = content.Visible()
			}
		}
	}
}

// item is one thing with its tick.
func (t *copyTab) item(i disclosure.Item) fyne.CanvasObject {
	w := t.w
	var facts []string
	if !i.At.IsZero() {
		facts = append(facts, w.shortYear(w.day(i.At)))
	}
	if i.Original != "" {
		facts = append(facts, kit.Line(i.Original, 60))
	}
	if i.Size > 0 {
		facts = append(facts, w.size(i.Size))
	}
	if len(i.Masked) > 0 {
		facts = append(facts, w.t("copy.masked", "What", kit.Line(strings.Join(i.Masked, ", "), 120)))
	}
	in := t.included(i)
	why := i.Why
	if r, left := t.leave[i.ID]; left {
		why = r
	}
	if !in && why != "" {
		facts = append(facts, w.t("copy.leftWhy", "Why", kit.Line(why, 300)))
	}
	check := kit.NewCheck(kit.Line(i.What, 120), in, nil)
	check.OnChanged = func(on bool) { t.choose(i, on) }
	if i.Fixed {
		check.Disable()
	}
	words := []fyne.CanvasObject{check}
	if len(facts) > 0 {
		words = append(words, kit.Margins(28, 0, 0, 0, kit.Faint(strings.Join(facts, " · "))))
	}
	if !i.HasContent() {
		return kit.Down(-12, words...)
	}
	return kit.Row(0, kit.Down(-12, words...), kit.NewQuiet(w.t("copy.view"), theme.VisibilityIcon(), func() { t.look(i) }))
}

// choose takes her decision on an item: leaving out needs a reason.
func (t *copyTab) choose(i disclosure.Item, on bool) {
	t.open[i.Category] = true
	if on {
		delete(t.leave, i.ID)
		if !i.Included {
			t.in[i.ID] = true
		}
		t.again()
		return
	}
	if t.in[i.ID] {
		delete(t.in, i.ID)
		t.again()
		return
	}
	w := t.w
	reason := kit.NewArea("", 3)
	reason.SetPlaceHolder(w.t("copy.leaveHint"))
	var d *kit.Dialog
	ok := kit.NewPrimary(w.t("copy.leave"), func() {
		t.leave[i.ID] = strings.TrimSpace(reason.Text)
		d.Close()
		t.again()
	})
	ok.Disable()
	reason.OnChanged = func(s string) {
		if strings.TrimSpace(s) == "" {
			ok.Disable()
		} else {
			ok.Enable()
		}
	}
	d = kit.NewDialog(w.win.Canvas(), w.t("copy.leave"), kit.DialogWidth, kit.Down(4, kit.Words(w.t("copy.leaveWords", "What", quoted(w, i.What))), reason), w.t("cancel"), t.again, ok)
	d.FocusOn(reason).Show()
}

func quoted(w *Window, s string) string {
	s = kit.Line(s, 100)
	if w.lang == "fr" {
		return "«\u202f" + s + "\u202f»"
	}
	return "“" + s + "”"
}

// look shows an image of a storage: it is read for this and not kept.
func (t *copyTab) look(i disclosure.Item) {
	w := t.w
	ask(w, func(ctx context.Context) (image.Image, error) {
		b, err := w.f.PeekObject(ctx, i.Object)
		if err != nil {
			return nil, err
		}
		return decoded(b), nil
	}, func(m image.Image) {
		var content fyne.CanvasObject = kit.Words(w.t("copy.noView"))
		if m != nil {
			c := canvas.NewImageFromImage(m)
			c.FillMode = canvas.ImageFillContain
			content = kit.Down(0, kit.MinSize(kit.DialogWidth, 360, c), kit.Faint(w.t("copy.viewWords")))
		}
		kit.NewDialog(w.win.Canvas(), kit.Line(i.What, 100), kit.DialogWidth, content, w.t("close"), nil).Show()
	})
}

// decoded reads an image, nil for what is none or claims to be too large.
func decoded(b []byte) image.Image {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > maxShown {
		return nil
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return m
}

// maker is the form and the button.
func (t *copyTab) maker() []fyne.CanvasObject {
	w := t.w
	var options []kit.Option
	for _, f := range []string{app.CopyZip, app.CopyFolder} {
		options = append(options, kit.Option{Value: f, Word: w.t("copy.format." + f)})
	}
	format := kit.NewSelect(options, t.format, nil)
	format.OnChanged = func(string) {
		t.format = format.Value()
		t.again()
	}
	life := kit.Row(0, kit.Faint(w.n("copy.life", t.days)), kit.NewQuiet(w.t("copy.change"), nil, t.setDays))
	parts := []fyne.CanvasObject{kit.Gap(10), kit.FormRow(w.t("copy.format"), "", format)}
	if t.format == app.CopyFolder {
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("copy.folderWords")))
	}
	parts = append(parts, life)
	button := kit.NewPrimary(w.t("copy.make"), t.make)
	if err := cases.MayDisclose(t.p.view.Case); err != nil {
		what, _ := Explain(err, w.lang)
		parts = append(parts, kit.IconLine(kit.AtRisk, w.t("copy.identity", "Why", what)))
		button.Disable()
	}
	return append(parts, container.NewHBox(button))
}

// setDays changes how long copies live.
func (t *copyTab) setDays() {
	w := t.w
	days := kit.NewEntry(strconv.Itoa(t.days))
	var d *kit.Dialog
	d = w.dialog(w.t("copy.days"), kit.FormRow(w.t("copy.days"), w.t("copy.daysHelp"), days), kit.NewPrimary(w.t("save"), func() {
		n, err := strconv.Atoi(strings.TrimSpace(days.Text))
		if err != nil {
			n = 0
		}
		d.Close()
		w.do(func(ctx context.Context) error { return w.f.SetCopyDays(ctx, n) }, func() {
			t.days = n
			t.again()
		})
	}))
	d.FocusOn(days).Show()
}

// make makes the copy, in the strip at the bottom.
func (t *copyTab) make() {
	w, id, kind := t.w, t.p.id, t.kind
	ch := app.CopyChoices{Format: t.format, Choices: disclosure.Choices{LeaveOut: t.leave}}
	for i, on := range t.in {
		if on {
			ch.Include = append(ch.Include, i)
		}
	}
	slices.Sort(ch.Include)
	t.leave, t.in = map[string]string{}, map[string]bool{}
	var made app.Copy
	w.run(w.t("copy.making", "N", int64(id)), func(ctx context.Context, report reporter) (err error) {
		made, err = w.f.MakeCopy(ctx, id, kind, ch, report)
		return err
	}, func(err error) outcome {
		if err != nil {
			// Her decisions are still there, to be made with again.
			t.leave = ch.LeaveOut
			for _, i := range ch.Include {
				t.in[i] = true
			}
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.t("copy.done", "ID", made.ID), act: w.t("copy.show"), onAct: func() {
			w.follow(&casePage{w: w, id: id, tab: tabCopy})
		}}
	})
}

// earlier shows the copies that were made.
func (t *copyTab) earlier() []fyne.CanvasObject {
	w := t.w
	parts := []fyne.CanvasObject{kit.Heading(w.t("copy.made"))}
	for _, c := range t.made {
		parts = append(parts, t.card(c), kit.Gap(16))
	}
	return parts
}

// card is one copy: what it is, how it is opened, how long it lives.
func (t *copyTab) card(c app.Copy) fyne.CanvasObject {
	w := t.w
	tone := map[string]kit.Tone{app.CopyThere: kit.Kept, app.CopyMissing: kit.AtRisk, app.CopyChanged: kit.Late}[c.Found]
	if c.Found == app.CopyPurged {
		tone = kit.Quiet
	}
	head := kit.Row(0, kit.StrongWords(w.t("copy.line", "ID", c.ID, "Kind", w.t("copy.kind."+string(c.Kind)), "Date", w.long(w.day(c.MadeAt)))), kit.Badge(tone, w.t("copy.state."+c.Found)))
	contents := w.n("copy.itemsOf", c.Items)
	if c.LeftCount > 0 {
		contents += " · " + w.n("copy.left", c.LeftCount)
	}
	parts := []fyne.CanvasObject{head}
	if c.Found == app.CopyPurged {
		parts = append(parts, kit.Faint(w.t("copy.purgedOn", "Date", w.long(w.day(c.PurgedAt)))))
	} else {
		switch c.Found {
		case app.CopyMissing:
			parts = append(parts, kit.IconLine(kit.AtRisk, w.t("copy.missingWords")))
		case app.CopyChanged:
			parts = append(parts, kit.IconLine(kit.Late, w.t("copy.changedWords")))
		}
		parts = append(parts, kit.Pair(w.t("copy.file"), kit.Clip(c.Path, 300, 60)))
	}
	parts = append(parts, kit.Pair(w.t("copy.items"), contents), kit.Pair(w.t("copy.size"), w.size(c.SizeBytes)), kit.Pair(w.t("copy.hash"), kit.Clip(c.SHA256, 80, 40)))
	if c.Found == app.CopyPurged {
		return kit.NewCard(kit.Down(-8, parts...))
	}
	parts = append(parts, kit.Pair(w.t("copy.until"), w.long(c.Until)))
	below := []fyne.CanvasObject{kit.Down(-8, parts...)}
	if c.Withheld != nil {
		what, _ := Explain(c.Withheld, w.lang)
		below = append(below, kit.IconLine(kit.Late, what))
	}
	if c.Passphrase != "" && c.Found == app.CopyThere {
		below = append(below, t.passphrase(c), kit.IconLine(kit.AtRisk, w.t("copy.channel")))
	}
	below = append(below, container.NewHBox(kit.NewIconButton(w.t("copy.folder"), theme.FolderOpenIcon(), func() { w.showFolder(c.Path) }),
		kit.NewIconButton(w.t("copy.purge"), theme.NewColoredResource(theme.DeleteIcon(), kit.ColorLate), func() { t.purge(c) })))
	return kit.NewCard(kit.Down(6, below...))
}

// passphrase shows it when she asks, not before: somebody may look over her
// shoulder.
func (t *copyTab) passphrase(c app.Copy) fyne.CanvasObject {
	w := t.w
	word := widget.NewLabel(strings.Repeat("•", 12))
	word.TextStyle.Monospace = true
	reveal := kit.NewButton(w.t("copy.reveal"), nil)
	reveal.OnTapped = func() {
		word.SetText(kit.Line(c.Passphrase, 80))
		reveal.Hide()
	}
	copyIt := kit.NewIconButton(w.t("copy"), theme.ContentCopyIcon(), func() { w.app.Clipboard().SetContent(c.Passphrase) })
	return kit.PairWith(w.t("copy.passphrase"), kit.Flow(word, reveal, copyIt))
}

// purge asks why, and says what it does.
func (t *copyTab) purge(c app.Copy) {
	w := t.w
	reason := kit.NewEntry("")
	var d *kit.Dialog
	ok := kit.NewDanger(w.t("copy.purge"), func() {
		why := reason.Text
		d.Close()
		w.do(func(ctx context.Context) error {
			_, err := w.f.PurgeCopy(ctx, c.ID, why)
			return err
		}, func() {
			w.say(outcome{tone: kit.Kept, words: w.t("copy.purged", "ID", c.ID)})
			t.load()
		})
	})
	ok.Disable()
	reason.OnChanged = func(s string) {
		if strings.TrimSpace(s) == "" {
			ok.Disable()
		} else {
			ok.Enable()
		}
	}
	d = w.dialog(w.t("copy.purgeTitle", "ID", c.ID), kit.Down(4, kit.Words(w.t("copy.purgeWords")), kit.FormRow(w.t("copy.purgeReason"), "", reason)), ok)
	d.FocusOn(reason).Show()
}
