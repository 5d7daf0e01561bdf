package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app/cases"
	"greffier/app/request"
	"greffier/ui/kit"
)

// copied is what can be copied of the record on a page: all of it as text, one
// fact a line, and what is wanted most often by itself.
type copied struct{ record, email, number string }

// copier is a page that shows one record.
type copier interface{ copied() copied }

func copiedOf(p page) copied {
	if c, ok := p.(copier); ok {
		return c.copied()
	}
	return copied{}
}

// copySelection copies what is selected: the rows of a list, else the record that
// the page shows.
func (w *Window) copySelection() {
	text := kit.Copied(w.win.Canvas().Focused())
	if text == "" {
		text = copiedOf(w.page).record
	}
	w.copyText(text)
}

func (w *Window) copyOf(part func(copied) string) { w.copyText(part(copiedOf(w.page))) }

// copyText puts text onto the clipboard and says so, or says that there is none.
func (w *Window) copyText(text string) {
	if text == "" {
		w.say(outcome{tone: kit.Quiet, words: w.t("copying.nothing")})
		return
	}
	w.app.Clipboard().SetContent(text)
	w.say(outcome{tone: kit.Kept, words: w.t("copying.done")})
}

// personPair is a person with a button that copies the address.
func (w *Window) personPair(label string, x cases.Person) fyne.CanvasObject {
	pair := kit.Pair(label, w.personLine(x))
	if x.Email == "" {
		return pair
	}
	return container.NewBorder(nil, nil, nil, kit.NewQuiet(w.t("copying.address"), theme.ContentCopyIcon(), func() { w.copyText(kit.Line(x.Email, 200)) }), pair)
}

// facts writes pairs of label and value as text, those that are empty left out.
func facts(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := kit.Line(pairs[i+1], 1000); v != "" {
			b.WriteString(pairs[i] + "\t" + v + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (p *casePage) copied() copied {
	w, c := p.w, p.view.Case
	if c.ID == 0 {
		return copied{}
	}
	number := strconv.FormatInt(int64(c.ID), 10)
	var orders []string
	for _, o := range p.view.Orders {
		orders = append(orders, kit.Line(o.Number, 40))
	}
	due := ""
	if c.State.Open() {
		due = w.long(p.view.Deadline.Due)
	}
	return copied{
		record: facts(w.t("col.n"), number, w.t("sheet.requester"), w.personLine(c.Requester), w.t("col.rights"), w.rights(rightsOf(c)), w.t("col.state"), w.state(c.State),
			w.t("col.received"), w.long(w.day(c.ReceivedAt)), w.t("col.due"), due, w.t("col.orders"), strings.Join(orders, ", ")),
		email: kit.Line(c.Requester.Email, 200), number: number,
	}
}

func (p *orderPage) copied() copied {
	w, r, o := p.w, p.view.Row, p.view.Order
	if r.Number == "" {
		return copied{}
	}
	return copied{
		record: facts(w.t("col.order"), r.Number, w.t("col.person"), r.Person, w.t("order.email"), o.Customer.Email, w.t("col.photos"), w.number(r.Photos)),
		email:  kit.Line(o.Customer.Email, 200), number: kit.Line(r.Number, 60),
	}
}

func rightsOf(c cases.Case) []request.Right {
	var out []request.Right
	for _, a := range c.Asked {
		out = append(out, a.Right)
	}
	return out
}
