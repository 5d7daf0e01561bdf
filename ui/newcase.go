package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/request"
	"greffier/ui/kit"
)

// newCasePage is the form for a request that came by another way than mail. The
// clock runs from the day on which it came, not from the day on which it is
// entered.
type newCasePage struct {
	w       *Window
	channel *kit.Select
	day     *kit.Entry
	name    *kit.Entry
	email   *kit.Entry
	phone   *kit.Entry
	link    *kit.Select
	other   *kit.Entry // the person concerned, where it is another
	minor   *kit.Check
	shown   *kit.Check // on the photos, without being the customer
	rights  map[request.Right]*kit.Check
	words   *kit.Entry
	lang    *kit.Select
	problem *fyne.Container
	save    *kit.Button
}

func (p *newCasePage) place() string { return placeRequests }
func (p *newCasePage) changed()      {}
func (p *newCasePage) step()         { p.enter() }

func (p *newCasePage) build() fyne.CanvasObject {
	w := p.w
	head := w.backHeader(w.t("new.title"), w.t("new.summary"))
	options := func(prefix string, values ...string) []kit.Option {
		var out []kit.Option
		for _, v := range values {
			out = append(out, kit.Option{Value: v, Word: w.t(prefix + v)})
		}
		return out
	}
	p.channel = kit.NewSelect(options("channel.", cases.ChannelPost, cases.ChannelTelephone, cases.ChannelVisit, cases.ChannelForm), cases.ChannelPost, nil)
	p.day = kit.NewEntry(w.typed(w.day(w.clock())))
	p.day.SetPlaceHolder(w.t("date.example"))
	p.name, p.email, p.phone, p.other = kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry(""), kit.NewEntry("")
	p.email.SetPlaceHolder(w.t("new.email"))
	p.phone.SetPlaceHolder(w.t("new.phone"))
	p.name.SetPlaceHolder(w.t("new.name"))
	concerned := container.NewVBox(kit.FormRow(w.t("sheet.concerned"), w.t("sheet.concernedHelp"), p.other))
	concerned.Hide()
	links := options("link.", string(cases.Self), string(cases.Parent), string(cases.Lawyer), string(cases.Agent))
	links = append(links, kit.Option{Value: "", Word: w.t("link.unknown")})
	p.link = kit.NewSelect(links, string(cases.Self), func(v string) {
		if v == string(cases.Self) {
			concerned.Hide()
		} else {
			concerned.Show()
		}
	})
	p.minor, p.shown = kit.NewCheck(w.t("sheet.minorCheck"), false, nil), kit.NewCheck(w.t("depicted.check"), false, nil)
	p.rights = map[request.Right]*kit.Check{}
	var checks []fyne.CanvasObject
	for _, r := range request.Rights {
		p.rights[r] = kit.NewCheck(w.right(r), false, nil)
		checks = append(checks, p.rights[r])
	}
	p.words = kit.NewArea("", 4)
	p.words.SetPlaceHolder(w.t("new.wordsExample"))
	p.lang = kit.NewSelect(options("lang.", "fr", "en"), w.lang, nil)
	p.problem = container.NewVBox()
	p.save = kit.NewPrimary(w.t("new.save"), p.enter)

	form := kit.DownReading(0,
		kit.FormRow(w.t("new.channel"), "", p.channel),
		kit.FormRow(w.t("new.day"), w.t("new.dayHelp"), p.day),
		kit.FormRow(w.t("sheet.requester"), w.t("new.whoHelp"), kit.Down(4, p.name, p.email, p.phone)),
		kit.FormRow(w.t("sheet.link"), w.t("sheet.linkHelp"), p.link),
		concerned, kit.Down(-6, p.minor, p.shown),
		kit.FormRow(w.t("new.rights"), "", kit.Tiles(200, checks...)),
		kit.FormRow(w.t("new.words"), w.t("new.wordsHelp"), p.words),
		kit.FormRow(w.t("new.lang"), "", p.lang),
		p.problem, container.NewHBox(p.save), kit.Gap(8))
	return container.NewBorder(head.Object, nil, nil, nil, kit.Page(form))
}

// entry reads the form; the key of what is missing or wrong, "" for nothing.
func (p *newCasePage) entry() (n app.NewCase, problem string) {
	w := p.w
	day, ok := parseDate(p.day.Text)
	n = app.NewCase{Channel: p.channel.Value(), Received: day, Requester: cases.Person{Name: p.name.Text, Email: p.email.Text}, Phone: p.phone.Text,
		Concerned: cases.Person{Name: p.other.Text}, Link: cases.Link(p.link.Value()), Minor: p.minor.Checked, Depicted: p.shown.Checked, Words: p.words.Text, Language: p.lang.Value()}
	for _, r := range request.Rights {
		if p.rights[r].Checked {
			n.Rights = append(n.Rights, r)
		}
	}
	switch {
	case !ok || day.IsZero():
		return n, "form.date"
	case day.After(w.day(w.clock())):
		return n, "new.future"
	case strings.TrimSpace(n.Requester.Name) == "" && strings.TrimSpace(n.Requester.Email) == "":
		return n, "new.nobody"
	case n.Requester.Email != "" && !strings.Contains(n.Requester.Email, "@"):
		return n, "new.badEmail"
	case len(n.Rights) == 0:
		return n, "new.noRight"
	}
	return n, ""
}

// enter opens the case, or says what is missing beside the button.
func (p *newCasePage) enter() {
	w := p.w
	n, problem := p.entry()
	p.problem.Objects = nil
	if problem != "" {
		p.problem.Add(kit.IconLine(kit.Late, w.t(problem)))
		p.problem.Refresh()
		return
	}
	p.problem.Refresh()
	p.save.Disable()
	w.async(func() {
		id, err := w.f.EnterCase(w.ctx, n)
		w.onMain(func() {
			p.save.Enable()
			if err != nil {
				w.fail(err)
				return
			}
			if w.page == page(p) {
				w.show(&casePage{w: w, id: id, tab: tabPerson})
			}
		})
	})
}

// newCase opens the form.
func (w *Window) newCase() { w.follow(&newCasePage{w: w}) }
