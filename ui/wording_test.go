package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/register"
	"greffier/assets"
	"greffier/ui/kit"
)

// wordingScreens are the pages and dialogs of letters and their wording.
var wordingScreens = []struct {
	name string
	open func(*Window)
}{
	{"wordings", func(w *Window) { w.follow(&wordingsPage{w: w}) }},
	{"wording-extend", func(w *Window) { w.follow(&wordingPage{w: w, kind: cases.LetterExtend, lang: "fr"}) }},
	{"wording-erasure", func(w *Window) { w.follow(&wordingPage{w: w, kind: "answer-erasure", lang: "en"}) }},
	{"wording-wrong", func(w *Window) {
		p := &wordingPage{w: w, kind: cases.LetterExtend, lang: "fr"}
		w.follow(p)
		p.text.SetText("Bonjour,\n\nNous répondrons bientôt. [échence]")
	}},
	{"letter-fee", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterFee}) }},
	{"dialog-warned", func(w *Window) {
		w.f.(*fake).wording.warnings = []app.LetterWarning{{Code: "remedies"}, {Code: "lost", Field: "Erased", Value: "42"}, {Code: "lost", Field: "Kept", Value: "mercredi 31 décembre 2036"}}
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
		tapButton(w, w.t("letter.put"))
	}},
	{"dialog-as-sent", func(w *Window) {
		w.openCase(1)
		w.page.(*casePage).asSent(cases.Letter{MessageID: "a@b"})
	}},
	{"dialog-refuse-why", func(w *Window) {
		w.openCase(1)
		w.page.(*casePage).refuse()
		selectIn(w, 0, "GDPR Art. 17(3)(b)")
	}},
	{"breach", func(w *Window) {
		f := w.f.(*fake)
		f.mail.sends = true
		f.wording.breach = []app.BreachLetter{{ID: "b-1", Name: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr", SentAt: now, Text: "x"}, {ID: "b-2", Name: "Oliver Whitcombe", Email: "o.w@example.org", SendingAt: now}, {ID: "b-3", Name: "Inès Tavernier", Email: "ines@exemple.fr"}}
		w.follow(&breachPage{w: w, breach: "breaches-1"})
	}},
	{"settings-letters", func(w *Window) { w.open(placeSettings); scrollDown(w) }},
}

// selectIn chooses a value in the n-th choice of the dialog.
func selectIn(w *Window, n int, value string) {
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if s, ok := o.(*kit.Select); ok {
			if n--; n < 0 {
				s.SetSelectedIndex(slices.IndexFunc(s.Options, func(o string) bool { return strings.Contains(o, w.article(value)) }))
				return
			}
		}
	}
}

func TestPagesOfLettersRenderInBothLanguagesAndLooks(t *testing.T) {
	for _, look := range []struct{ lang, look string }{{"fr", "light"}, {"en", "dark"}} {
		for _, s := range wordingScreens {
			name := look.lang + "-" + look.look + "-" + s.name
			t.Run(name, func(t *testing.T) {
				w := openTest(t, newFake(look.lang, look.look))
				s.open(w)
				size(w, 1200, 780)
				if got := w.content.Objects[0].MinSize().Width; got > 1000 {
					t.Errorf("the page asks for %v", got)
				}
				shoot(t, w, name)
			})
		}
	}
}

func TestEveryWordOfTheWordingsHasALabelOfItsOwn(t *testing.T) {
	for _, lang := range assets.Langs {
		seen := map[string]string{}
		for _, k := range cases.LabelKeys() {
			label := assets.Text(lang, "place."+k, nil)
			if !assets.Has(lang, "place."+k) || !assets.Has(lang, "placeWords."+k) {
				t.Errorf("%s: %s has no words", lang, k)
			}
			if other, twice := seen[label]; twice {
				t.Errorf("%s: %q is %s and %s", lang, label, k, other)
			}
			seen[label] = k
		}
		for _, k := range cases.Templates() {
			if !assets.Has(lang, "letter."+k) {
				t.Errorf("%s: the letter %s has no name", lang, k)
			}
		}
		for _, g := range cases.Grounds(0) {
			if !assets.Has(lang, "help."+g.Key) || !assets.Has(lang, "suggest."+g.Key) {
				t.Errorf("%s: %s has no help or no suggestion", lang, g.Key)
			}
		}
		for _, code := range []string{"syntax", "field", "function", "define", "part", "empty", "remedies", "rights", "reference", "lost", "optional", "fails", "bracket"} {
			if !assets.Has(lang, "problem."+code) {
				t.Errorf("%s: the problem %s has no words", lang, code)
			}
		}
	}
}

func TestAWordingIsShownInWordsAndReadBackAsItWas(t *testing.T) {
	f := newFake("fr", "light")
	for _, window := range assets.Langs {
		for _, lang := range assets.Langs {
			for _, k := range cases.Templates() {
				subject, body, _ := assets.Letters{}.Letter(k, lang)
				for _, text := range []string{subject, body} {
					shown := f.WordingSurface(window, lang, text)
					plain, unknown := f.WordingPlain(window, lang, shown)
					if plain != text || len(unknown) > 0 {
						t.Errorf("%s/%s in %s: read back as\n%s\n%v", lang, k, window, plain, unknown)
					}
					if strings.Contains(text, "{{.Due}}") && !strings.Contains(shown, "["+assets.Text(window, "place.Due", nil)+"]") {
						t.Errorf("%s/%s in %s is not shown in words:\n%s", lang, k, window, shown)
					}
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		typed, plain string
		unknown      int
	}{
		"capitals and accents do not matter":    {"Au plus tard le [ECHEANCE].", "Au plus tard le {{.Due}}.", 0},
		"a condition":                           {"[si votre site][votre site][fin]", `{{if has "Site"}}{{.Site}}{{end}}`, 0},
		"a reference in brackets stays in them": {"[[numéro du dossier]] Effacement", "[{{.Ref}}] Effacement", 0},
		"a slip of the pen is told":             {"le [échence]", "le [échence]", 1},
		"short marks are no places":             {"[…] [1] [x]", "[…] [1] [x]", 0},
		"the template language is left alone":   {"{{.Due}} {{if eq (len .Orders) 1}}a{{end}}", "{{.Due}} {{if eq (len .Orders) 1}}a{{end}}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			plain, unknown := f.WordingPlain("fr", "fr", tc.typed)
			if plain != tc.plain || len(unknown) != tc.unknown {
				t.Errorf("%q %v", plain, unknown)
			}
		})
	}
	// A text with words in brackets that would be read as a place is shown raw.
	if raw := "le [échéance] et {{.Due}}"; f.WordingSurface("fr", "fr", raw) != raw {
		t.Error("showing it would change it")
	}
}

func FuzzWordingIsReadBackAsItWas(f *testing.F) {
	f.Add("le {{.Due}} [si] {{end}}")
	f.Add("[[échéance]] {{if has \"Site\"}}x{{end}}")
	x := newFake("fr", "light")
	f.Fuzz(func(t *testing.T, text string) {
		if plain, _ := x.WordingPlain("fr", "fr", x.WordingSurface("fr", "fr", text)); plain != text && x.WordingSurface("fr", "fr", text) != text {
			t.Errorf("%q became %q", text, plain)
		}
	})
}

func TestAWordingIsChangedCheckedAndTakenBack(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&wordingsPage{w: w})
	w.follow(&wordingPage{w: w, kind: cases.LetterExtend, lang: "fr"})
	p := w.page.(*wordingPage)
	if !p.save.Disabled() {
		t.Error("nothing was changed, and it can be saved")
	}
	if !strings.Contains(p.text.Text, "[motif]") || strings.Contains(p.text.Text, "{{.Reason}}") {
		t.Errorf("the text is not shown in words:\n%s", p.text.Text)
	}
	whole := p.text.Text
	p.text.SetText(strings.ReplaceAll(whole, "[échéance prolongée]", "bientôt"))
	if got := texts(w); !p.save.Disabled() || !strings.Contains(got, w.t("problem.lost", "Field", w.t("place.NewDue"))) {
		t.Errorf("the lost date is not told:\n%s", got)
	}
	p.text.SetText(whole + "\n[échence]")
	if got := texts(w); !p.save.Disabled() || !strings.Contains(got, w.t("problem.bracket", "Field", "échence")) {
		t.Errorf("the slip is not told:\n%s", got)
	}
	p.text.SetText("Merci de votre patience.\n" + whole)
	if p.save.Disabled() || !strings.Contains(texts(w), w.t("wording.fine")) {
		t.Error("a good text cannot be saved")
	}
	p.keep()
	got := f.wording.own["extend.fr"]
	if !strings.HasPrefix(got[1], "Merci de votre patience.\n") || !strings.Contains(got[1], "{{.Reason}}") || strings.Contains(got[1], "[motif]") {
		t.Errorf("kept as %q", got)
	}
	tapButton(w, w.t("wording.reset"))
	pressDialog(t, w, w.t("wording.reset"))
	if !f.called("ResetWording extend fr") {
		t.Error("it was not taken back")
	}
}

func TestAPlaceIsPutWhereTheCursorIs(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.follow(&wordingPage{w: w, kind: cases.LetterClose, lang: "fr"})
	p := w.page.(*wordingPage)
	p.text.SetText("Bonjour\nle  fin")
	p.text.CursorRow, p.text.CursorColumn = 1, 3
	p.insert("Received")
	if p.text.Text != "Bonjour\nle [date de réception] fin" {
		t.Errorf("%q", p.text.Text)
	}
}

func TestALetterThatLostSomethingIsToldBeforeItGoes(t *testing.T) {
	f := newFake("fr", "light")
	f.wording.warnings = []app.LetterWarning{{Code: "lost", Field: "Erased", Value: "42"}}
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	tapButton(w, w.t("letter.put"))
	if got := dialogTexts(w); !strings.Contains(got, "42") || f.called("PutInDrafts 1 acknowledge") {
		t.Errorf("it went without a word: %s", got)
	}
	pressDialog(t, w, w.t("letter.warnGo"))
	if !f.called("PutInDrafts 1 acknowledge") {
		t.Error("she cannot go on")
	}
}

func TestARefusalWithoutRemediesDoesNotGo(t *testing.T) {
	f := newFake("fr", "light")
	f.wording.warnings = []app.LetterWarning{{Code: "remedies"}}
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterRefuse})
	tapButton(w, w.t("letter.put"))
	if len(buttonsOfDialog(w, w.t("letter.warnGo"))) > 0 || f.called("PutInDrafts 1 refuse") {
		t.Error("a refusal without remedies may go")
	}
}

// pressDialog presses the button with a word in the dialog.
func pressDialog(t *testing.T, w *Window, word string) {
	t.Helper()
	bs := buttonsOfDialog(w, word)
	if len(bs) == 0 {
		t.Fatalf("no button says %q:\n%s", word, dialogTexts(w))
	}
	test.Tap(bs[0])
}

func buttonsOfDialog(w *Window, word string) (out []*kit.Button) {
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Text == word {
			out = append(out, b)
		}
	}
	return out
}

func TestAFeeIsAskedForWithItsReason(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterFee})
	if f.called("DraftLetter 1 fee fr") {
		t.Error("the letter is made before she said anything")
	}
	tapButton(w, w.t("letter.say.make"))
	if !f.called("DraftLetter 1 fee fr") {
		t.Error("the letter is not made")
	}
}

func TestARefusalProposesAReasonForItsGround(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	p := w.page.(*casePage)
	why := kit.NewArea("", 3)
	p.suggest(why, "GDPR Art. 17(3)(b)")
	if !strings.Contains(why.Text, "dix ans") {
		t.Errorf("%q", why.Text)
	}
	p.suggest(why, "GDPR Art. 12(5)")
	if strings.Contains(why.Text, "dix ans") || why.Text == "" {
		t.Errorf("the proposal of another ground stayed: %q", why.Text)
	}
	why.SetText("Mes propres mots.")
	p.suggest(why, "GDPR Art. 17(3)(b)")
	if why.Text != "Mes propres mots." {
		t.Errorf("her own words were replaced by %q", why.Text)
	}
	p.refuse()
	selectIn(w, 0, "GDPR Art. 12(5)")
	if got := dialogTexts(w); !strings.Contains(got, w.t("help.ground.excessive")) {
		t.Errorf("the dialog does not say when the ground holds:\n%s", got)
	}
	pressDialog(t, w, w.t("refuse.preview"))
	if !slices.ContainsFunc(f.calls, func(c string) bool { return strings.HasPrefix(c, "DraftRefusal 1 GDPR Art. 12(5)") }) {
		t.Errorf("no preview: %v", f.calls)
	}
}

func TestLettersOnABreachGoToEachPersonOnce(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.sends = true
	w := openTest(t, f)
	w.follow(&registerPage{w: w, name: register.Breaches})
	w.follow(&breachPage{w: w, breach: "breaches-1"})
	p := w.page.(*breachPage)
	if got := texts(w); !strings.Contains(got, w.t("breach.none")) {
		t.Errorf("%s", got)
	}
	p.orders[42] = true
	tapButton(w, w.t("breach.look"))
	if got := texts(w); !strings.Contains(got, w.n("breach.persons", 1)) || !strings.Contains(got, w.n("breach.without", 1)) {
		t.Errorf("who is told is not shown:\n%s", got)
	}
	tapButton(w, w.t("breach.make"))
	if !f.called("PrepareBreachLetters breaches-1 1") || !strings.Contains(texts(w), w.n("breach.toSend", 1)) {
		t.Errorf("nothing was made: %v", f.calls)
	}
	tapButton(w, w.t("breach.send"))
	if f.called("SendBreachLetters breaches-1 false") {
		t.Error("they went without a question")
	}
	pressDialog(t, w, w.t("breach.send"))
	if !f.called("SendBreachLetters breaches-1 false") {
		t.Error("they did not go")
	}
	p.settle(app.BreachLetter{ID: "breaches-1-9", Email: "x@example.org", SendingAt: time.Now()})
	pressDialog(t, w, w.t("breach.went"))
	if !f.called("SettleBreachLetter breaches-1-9 true") {
		t.Error("what she found out is not kept")
	}
}
