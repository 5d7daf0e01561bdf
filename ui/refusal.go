package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"

	"greffier/app/cases"
	"greffier/app/request"
	"greffier/assets"
	"greffier/ui/kit"
)

// groundKey is the key of the words of a ground, "" for an article that is none.
func groundKey(article string) string {
	gs := cases.Grounds(request.NoRight)
	i := slices.IndexFunc(gs, func(g cases.Ground) bool { return g.Article == article })
	if i < 0 {
		return ""
	}
	return gs[i].Key
}

// suggestion is a text for a ground in the person's language, "" for none.
func (p *casePage) suggestion(article string) string {
	key := "suggest." + groundKey(article)
	lang := p.view.Case.Language
	if lang != "fr" && lang != "en" {
		lang = p.w.lang
	}
	if !assets.Has(lang, key) {
		return ""
	}
	return assets.Text(lang, key, nil)
}

// suggest fills in a reason for a ground where she has written none of her own.
func (p *casePage) suggest(why *kit.Entry, article string) {
	text := p.suggestion(article)
	own := strings.TrimSpace(why.Text) != ""
	for _, g := range cases.Grounds(request.NoRight) {
		own = own && why.Text != p.suggestion(g.Article)
	}
	if !own {
		why.SetText(text)
	}
}

// refuse asks for the ground and the reason that the person is told (GDPR
// Art. 12(4)), says when the ground holds, and shows the letter before anything
// is decided.
func (p *casePage) refuse() {
	w := p.w
	why := kit.NewArea("", 4)
	help := kit.Faint("")
	help.Hide()
	var d *kit.Dialog
	var ground *kit.Select
	ok := kit.NewPrimary(w.tellWord(cases.ActRefuse), func() {
		in := cases.Input{Reason: why.Text, Ground: ground.Value()}
		d.Close()
		p.tell(cases.ActRefuse, in)
	})
	ok.Disable()
	check := func() { enable(ok, strings.TrimSpace(why.Text) != "" && ground.Value() != "") }
	right := request.NoRight
	if a := p.view.Case.Asked; len(a) == 1 {
		right = a[0].Right
	}
	ground = kit.NewSelect(w.grounds(right), "", func(article string) {
		words := w.known("help."+groundKey(article), "")
		help.SetText(words)
		help.Hidden = words == ""
		p.suggest(why, article)
		check()
	})
	why.OnChanged = func(string) { check() }
	fee := kit.NewQuiet(w.t("refuse.fee"), nil, func() { d.Close(); p.write(cases.LetterFee) })
	d = w.dialog(w.actWord(cases.ActRefuse), kit.Down(0, kit.Words(w.t("step.refuse.words")),
		kit.FormRow(w.t("sheet.ground"), "", ground), help, kit.FormRow(w.t("sheet.reason"), w.t("sheet.reasonHelp"), why),
		container.NewHBox(kit.NewButton(w.t("refuse.preview"), func() { p.previewRefusal(why.Text, ground.Value()) }), fee)), ok)
	d.FocusOn(ground).Show()
}

// previewRefusal shows the letter that a reason and a ground make.
func (p *casePage) previewRefusal(reason, ground string) {
	w := p.w
	ask(w, func(ctx context.Context) (cases.Letter, error) { return w.f.DraftRefusal(ctx, p.id, reason, ground) }, func(l cases.Letter) {
		kit.NewDialog(w.win.Canvas(), kit.Line(l.Subject, 100), 640, kit.MinSize(600, 420, kit.NewTextView(l.Text, nil)), w.t("close"), nil).Show()
	})
}
