package ui

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/assets"
	"greffier/ui/kit"
)

func TestAMailSaysWhatWasFoundHowSurelyAndWhy(t *testing.T) {
	for _, lang := range assets.Langs {
		w := openTest(t, newFake(lang, "light"))
		w.follow(&mailPage{w: w, id: 21})
		size(w, 1200, 1400)
		got := texts(w)
		for _, want := range []string{w.right(request.Erasure), w.t("sure.very") + " · " + w.percent(.91), w.t("why.erase"), w.article(request.Erasure.Article()),
			w.right(request.Withdrawal), w.t("sure.possible") + " · " + w.percent(.42), w.t("why.resembles"), w.t("mail.spoke", "Words", "je retire mon consentement"), w.t("mark.minor")} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the page does not say %q:\n%s", lang, want, got)
			}
		}
	}
}

func TestConfidenceIsSaidInWords(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	for _, c := range []struct {
		confidence float64
		want       string
	}{{.97, "very likely · 97%"}, {.85, "very likely · 85%"}, {.6, "likely · 60%"}, {.3, "possible · 30%"}} {
		if got, _ := w.sure(c.confidence); got != c.want {
			t.Errorf("%v: %q", c.confidence, got)
		}
	}
}

func TestMostRulesHaveWords(t *testing.T) {
	src, err := os.ReadFile("../app/request/rules.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\{name: "([^"]+)"`).FindAllStringSubmatch(string(src), -1)
	if len(names) < 50 {
		t.Fatalf("only %d rules were found: the search is broken", len(names))
	}
	for _, lang := range assets.Langs {
		w := &Window{speaker: speaker{lang: lang}}
		var without []string
		for _, n := range names {
			if w.ruleWords(n[1]) == w.t("why.resembles") {
				without = append(without, n[1])
			}
		}
		if len(without)*10 > len(names) {
			t.Errorf("%s: %d of %d rules have no words: %q", lang, len(without), len(names), without)
		}
	}
	w := &Window{speaker: speaker{lang: "en"}}
	for rule, want := range map[string]string{"erase data": "why.erase", "erase consent": "why.erase consent", "keep, nothing else": "why.keep nothing else", "never heard of": "why.resembles", "": "why.resembles"} {
		if got := w.ruleWords(rule); got != w.t(want) {
			t.Errorf("%q: %q", rule, got)
		}
	}
}

func TestAMailIsCorrectedInPlaceAndTheCorrectionTakenBack(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &mailPage{w: w, id: 21}
	w.follow(p)
	p.step()
	d := topDialog(t, w)
	ok := d.Others()[0]
	if w.win.Canvas().Focused() != fyne.Focusable(ok) {
		t.Errorf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	key(w, fyne.KeyReturn)
	if !f.called("CorrectVerdict 21 [erasure withdrawal]") {
		t.Fatalf("what was found is not proposed: %v", f.calls)
	}
	if w.page != page(p) {
		t.Errorf("the page is %T", w.page)
	}
	if got := texts(w); !strings.Contains(got, w.t("mail.corrected")) {
		t.Errorf("the page says\n%s", got)
	}
	press(t, w, w.t("mail.undo"))
	if !f.called("RestoreVerdict 21") || !strings.Contains(texts(w), w.t("mail.isIt")) {
		t.Errorf("the correction is not taken back: %v", f.calls)
	}
	press(t, w, w.t("mail.no"))
	if !f.called("CorrectVerdict 21 []") || !strings.Contains(texts(w), w.t("mail.correctedNo")) {
		t.Errorf("calls: %v", f.calls)
	}
	press(t, w, w.t("mail.undo"))
	p.step()
	topDialog(t, w).Others()[0].OnTapped()
	p.step()
	if _, ok := w.page.(*casePage); !ok {
		t.Errorf("the case is not what comes next: %T", w.page)
	}
}

func TestARequestNeedsARight(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &mailPage{w: w, id: 21}
	w.follow(p)
	p.view.Verdict.Findings = nil
	p.itIs()
	if !topDialog(t, w).Others()[0].Disabled() {
		t.Error("a request without a right can be opened")
	}
}

func TestOrdinaryMailIsReadAgainFromTheMailbox(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.noText = true
		w := openTest(t, f)
		w.follow(&mailPage{w: w, id: 22})
		if !f.called("ReadMail 22") {
			t.Fatalf("calls: %v", f.calls)
		}
		if w.page.(*mailPage).view.Message.Text == "" {
			t.Error("the text is not shown")
		}
	}
}

func TestAMailThatIsGoneIsToldCalmlyAndCanStillBeCorrected(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.noText, f.mail.reread = true, mailbox.ErrGone
		w := openTest(t, f)
		w.follow(&mailPage{w: w, id: 22})
		got := texts(w)
		if !strings.Contains(got, w.t("mail.goneWords")) || strings.Contains(got, w.t("error.details")) {
			t.Errorf("%s: the page says\n%s", lang, got)
		}
		if len(buttons(w, w.t("mail.no"))) > 0 {
			t.Error("what Greffier thinks already is asked again")
		}
		press(t, w, w.t("mail.yesAsk"))
		test.Tap(topDialog(t, w).Others()[0])
		if !f.called("CorrectVerdict 22 [erasure withdrawal]") {
			t.Errorf("calls: %v", f.calls)
		}
	}
	f := newFake("fr", "light")
	f.mail.noText, f.mail.reread = true, erasure.ErrOffline
	w := openTest(t, f)
	w.follow(&mailPage{w: w, id: 22})
	f.mail.reread = nil
	press(t, w, w.t("error.again"))
	if !f.called("ReadMail 22") {
		t.Error("reading cannot be tried again")
	}
}

func TestSeveralMailsArePutAsideAtOnceByKeyboardAndTakenBack(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := &requestsPage{w: w, filter: filterToCheck}
	w.show(p)
	if bs := buttons(w, w.t("mail.no")); len(bs) != 1 || !bs[0].Disabled() {
		t.Fatal("mails can be put aside before any is ticked")
	}
	w.win.Canvas().Focus(p.table.Focusable())
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeySpace, fyne.KeyDown, fyne.KeySpace} {
		key(w, k)
	}
	if w.page != page(p) {
		t.Fatal("Space opened a mail")
	}
	if got := texts(w); !strings.Contains(got, w.n("requests.ticked", 2)) {
		t.Errorf("the page says\n%s", got)
	}
	f.changed() // something else came in meanwhile
	press(t, w, w.t("mail.no"))
	if !f.called("CorrectVerdict 21 []") || !f.called("CorrectVerdict 22 []") {
		t.Fatalf("calls: %v", f.calls)
	}
	press(t, w, w.t("mail.undo"))
	if !f.called("RestoreVerdict 21") || !f.called("RestoreVerdict 22") {
		t.Errorf("calls: %v", f.calls)
	}
	w.win.Canvas().Focus(p.table.Focusable())
	key(w, fyne.KeyDown)
	key(w, fyne.KeyReturn)
	if _, ok := w.page.(*mailPage); !ok {
		t.Errorf("Enter does not open a mail: %T", w.page)
	}
}

func TestACaseOpenedByMistakeIsTakenBackAndTheMistakeTakenBackToo(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	p := w.page.(*casePage)
	p.noRequest()
	if key(w, fyne.KeyReturn); f.called("CorrectVerdict") {
		t.Fatal("Enter took the case back")
	}
	p.noRequest()
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called("CorrectVerdict 11 []") {
		t.Fatalf("calls: %v", f.calls)
	}
	if _, ok := w.page.(*requestsPage); !ok {
		t.Errorf("the page is %T", w.page)
	}
	press(t, w, w.t("mail.undo"))
	if _, ok := w.page.(*casePage); !ok || !f.called("RestoreVerdict 11") {
		t.Errorf("the case is not back: %T", w.page)
	}
	f.mail.touched = true
	w.page.(*casePage).noRequest()
	test.Tap(topDialog(t, w).Others()[0])
	what, next := Explain(app.ErrCaseTouched, "fr")
	if topDialog(t, w); !strings.Contains(dialogTexts(w), what) || !strings.Contains(dialogTexts(w), next) {
		t.Errorf("the dialog says\n%s", dialogTexts(w))
	}
	if _, ok := w.page.(*casePage); !ok {
		t.Errorf("the page is %T", w.page)
	}
}

// dialogTexts are the words of the dialog above the page.
func dialogTexts(w *Window) string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if t, ok := labelText(o); ok {
			b.WriteString(t + "\n")
		}
	}
	return b.String()
}

func TestACodeIsMadeForTheAddressOfTheOrderAndItsLetterOpens(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.to, f.mail.asked = "mathilde.fontaine@exemple.fr", "m.fontaine@autre.example"
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabPerson})
	if got := texts(w); !strings.Contains(got, w.t("challenge.why")) || !strings.Contains(got, f.mail.to) {
		t.Errorf("the page says\n%s", got)
	}
	press(t, w, w.t("challenge.make"))
	p := w.page.(*casePage)
	if !f.called("Challenge 1") || p.tab != tabLetters || p.kind != cases.LetterCode {
		t.Fatalf("tab %d, letter %q, calls %v", p.tab, p.kind, f.calls)
	}
	if got := texts(w); !strings.Contains(got, w.t("letter.toOther", "To", f.mail.to, "Asked", f.mail.asked)) {
		t.Errorf("nothing warns that the letter goes to another address:\n%s", got)
	}
	press(t, w, w.t("letter.put"))
	if !f.called("PutInDrafts 1 code") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestNoCodeIsOfferedWithoutOneAddressOnFile(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.follow(&casePage{w: w, id: 1, tab: tabPerson})
	if len(buttons(w, w.t("challenge.make"))) > 0 {
		t.Error("a code is offered though there is no address for it")
	}
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterCode})
	if got := texts(w); !strings.Contains(got, w.t("challenge.noneWords")) {
		t.Errorf("the letter says\n%s", got)
	}
}

func TestWhatBecameOfACodeIsTold(t *testing.T) {
	to := "mathilde.fontaine@exemple.fr"
	made := now.AddDate(0, 0, -3)
	open := cases.Challenge{Code: "K7MQ-4XPD", To: to, MadeAt: made, Until: now.AddDate(0, 0, 11)}
	sent := cases.Letter{Kind: cases.LetterCode, To: to, MadeAt: made, SentAt: made}
	for _, c := range []struct {
		name   string
		change func(*cases.Challenge, *cases.Letter)
		want   func(w *Window) string
	}{
		{"not sent", func(_ *cases.Challenge, l *cases.Letter) { l.SentAt = l.ReturnedAt }, func(w *Window) string { return w.t("challenge.notSent", "To", to) }},
		{"perhaps sent", func(_ *cases.Challenge, l *cases.Letter) { l.SentAt, l.SendingAt = l.ReturnedAt, made }, func(w *Window) string { return w.t("challenge.maybeSent", "To", to) }},
		{"sent", func(*cases.Challenge, *cases.Letter) {}, func(w *Window) string { return w.t("challenge.sent", "Date", w.at(made), "To", to) }},
		{"open with tries left", func(h *cases.Challenge, _ *cases.Letter) { h.Tries = 4 }, func(w *Window) string { return w.n("challenge.open", 1, "Date", w.at(open.Until)) }},
		{"met", func(h *cases.Challenge, _ *cases.Letter) { h.MetAt = now }, func(w *Window) string { return w.t("challenge.met", "Date", w.at(now)) }},
		{"spent", func(h *cases.Challenge, _ *cases.Letter) { h.Tries = cases.ChallengeTries }, func(w *Window) string { return w.t("challenge.spent") }},
		{"late", func(h *cases.Challenge, _ *cases.Letter) { h.Until = made }, func(w *Window) string { return w.t("challenge.late", "Date", w.at(made)) }},
		{"come back", func(_ *cases.Challenge, l *cases.Letter) { l.ReturnedAt = now }, func(w *Window) string { return w.t("challenge.returned", "Date", w.at(now)) }},
	} {
		for _, lang := range assets.Langs {
			f := newFake(lang, "light")
			h, l := open, sent
			c.change(&h, &l)
			f.mail.to, f.mail.challenge, f.mail.letters = to, &h, []cases.Letter{l}
			w := openTest(t, f)
			w.follow(&casePage{w: w, id: 1, tab: tabPerson})
			if got := texts(w); !strings.Contains(got, c.want(w)) {
				t.Errorf("%s, %s: the page does not say %q:\n%s", lang, c.name, c.want(w), got)
			}
			if strings.Contains(texts(w), h.Code) {
				t.Errorf("%s: the code itself stands beside the signs", c.name)
			}
		}
	}
}

func TestACopyOfAnIdentityDocumentIsDeletedOnHerClick(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.documents = map[int64][]string{11: {"carte_identite\u202egpj.exe"}}
		w := openTest(t, f)
		w.follow(&casePage{w: w, id: 1, tab: tabPerson})
		if got := texts(w); !strings.Contains(got, w.t("document.words")) || strings.ContainsRune(got, '\u202e') {
			t.Errorf("%s: the page says\n%s", lang, got)
		}
		press(t, w, w.n("document.drop", 1))
		if !f.called("DropDocuments 11") || len(buttons(w, w.n("document.drop", 1))) > 0 {
			t.Errorf("calls: %v", f.calls)
		}
	}
}

func TestEachLetterSaysWhatBecameOfIt(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.letters = sentLetters()
		w := openTest(t, f)
		l := f.mail.letters
		for _, c := range []struct{ kind, want string }{
			{cases.LetterAcknowledge, w.t("letter.returned", "Date", w.at(l[0].ReturnedAt)) + " " + w.t("letter.returnedCode", "Code", "5.1.1", "Why", w.t("return.5.1"))},
			{cases.LetterClarify, w.t("letter.unsure", "Date", w.at(l[1].SendingAt))},
			{cases.LetterIdentity, w.t("letter.found", "Date", w.at(l[2].SentAt))},
			{cases.LetterExtend, w.t("letter.kept")},
			{cases.LetterClose, w.t("letter.inDrafts", "Date", w.at(l[4].DraftAt))},
		} {
			w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: c.kind})
			if got := texts(w); !strings.Contains(got, c.want) || !strings.Contains(got, "mathilde.fontaine@exemple.fr") {
				t.Errorf("%s, %s: the page does not say %q:\n%s", lang, c.kind, c.want, got)
			}
		}
	}
}

func TestALetterOfWhichNobodyKnowsIsSettledByHer(t *testing.T) {
	for word, want := range map[string]string{"letter.went": "SettleSending 1 clarify true", "letter.wentNot": "SettleSending 1 clarify false"} {
		f := newFake("fr", "light")
		f.mail.letters = sentLetters()
		w := openTest(t, f)
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterClarify})
		if len(buttons(w, w.t("letter.put")))+len(buttons(w, w.t("letter.iSent"))) > 0 {
			t.Error("the letter can go out a second time")
		}
		press(t, w, w.t(word))
		if !f.called(want) {
			t.Errorf("calls: %v", f.calls)
		}
	}
}

func TestALetterThatCameBackIsWrittenAgain(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.letters = sentLetters()
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	press(t, w, w.t("letter.again"))
	if !f.called("DraftLetter 1 acknowledge fr") {
		t.Fatalf("calls: %v", f.calls)
	}
	press(t, w, w.t("letter.save"))
	if !f.called("SaveLetter 1 acknowledge") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestALetterIsSentOnlyAfterAQuestionWithTheKeyboardOnCancel(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	open := func() { w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge}) }
	open()
	if len(buttons(w, w.t("letter.send"))) > 0 {
		t.Error("sending is offered without a way out")
	}
	f.mail.sends = true
	open()
	press(t, w, w.t("letter.send"))
	if got := dialogTexts(w); !strings.Contains(got, "mathilde.fontaine@exemple.fr") || !strings.Contains(got, "Votre demande n° 1") {
		t.Errorf("the question does not name recipient and subject:\n%s", got)
	}
	key(w, fyne.KeyReturn)
	if kit.Open(w.win.Canvas()) != nil || f.called("SendLetter") {
		t.Fatal("Enter sent the letter")
	}
	press(t, w, w.t("letter.send"))
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called("SendLetter 1 acknowledge") {
		t.Errorf("calls: %v", f.calls)
	}
	if got := texts(w); !strings.Contains(got, w.t("letter.wentOut", "To", "mathilde.fontaine@exemple.fr")) {
		t.Errorf("the strip says\n%s", got)
	}
	f.mail.sendErr = erasure.ErrOffline
	open()
	press(t, w, w.t("letter.send"))
	test.Tap(topDialog(t, w).Others()[0])
	if what, _ := Explain(erasure.ErrOffline, "fr"); !strings.Contains(dialogTexts(w), what) {
		t.Errorf("the failure is not told:\n%s", dialogTexts(w))
	}
	topDialog(t, w).Cancel()
	if len(buttons(w, w.t("letter.send"))) == 0 {
		t.Error("the letter cannot be sent again")
	}
	f.mail.sendErr = mailbox.ErrUncertain
	f.mail.letters = []cases.Letter{{Kind: cases.LetterAcknowledge, Lang: "fr", Subject: "x", Text: "y", SendingAt: now}}
	press(t, w, w.t("letter.send"))
	test.Tap(topDialog(t, w).Others()[0])
	if len(buttons(w, w.t("letter.went"))) == 0 {
		t.Errorf("she is not asked whether it went out:\n%s", texts(w))
	}
}

func TestTodayLeadsToTheLetterAndToTheDocument(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.letters = sentLetters()
		f.mail.documents = map[int64][]string{11: {"passeport.jpg"}}
		w := openTest(t, f)
		w.open(placeToday)
		if got := texts(w); !strings.Contains(got, w.n("need.letter", 1, "Person", "Mathilde Fontaine")) || !strings.Contains(got, w.n("need.document", 1, "Person", "Mathilde Fontaine")) {
			t.Errorf("%s: today says\n%s", lang, got)
		}
		press(t, w, w.t("need.letter.button"))
		if p, ok := w.page.(*casePage); !ok || p.tab != tabLetters || p.kind != cases.LetterClarify {
			t.Errorf("the letter is not shown: %T", w.page)
		}
		w.open(placeToday)
		press(t, w, w.t("need.document.button"))
		if len(buttons(w, w.n("document.drop", 1))) == 0 {
			t.Error("the document is not shown")
		}
	}
}

func TestWhoWroteEachMailOfACaseIsSaid(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		w := openTest(t, f)
		all := f.conversation()
		for i, want := range []string{"", w.t("mail.byOwner"), w.t("mail.auto"), w.t("mail.bounce")} {
			if got := w.author(all[i].Message); got != want {
				t.Errorf("%s: mail %d is %q", lang, i, got)
			}
			if want == "" {
				continue
			}
			f.mail.messages = all[i : i+1]
			w.openCase(1)
			if got := texts(w); !strings.Contains(got, want) || strings.Contains(got, w.t("mail.manyFrom")) {
				t.Errorf("%s: mail %d says\n%s", lang, i, got)
			}
		}
		f.mail.messages = all
		w.openCase(1)
		if got := texts(w); strings.Contains(got, w.t("mail.byOwner")+"\n") {
			t.Errorf("%s: the mail shown first is not the person's", lang)
		}
	}
}

func TestALongMailThatIsReadAgainNeverFreezesThePage(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	m := message()
	m.Message.Text = strings.Repeat("supprimez mes données ", 20_000)
	m.Message.AutoSubmitted = true
	w.win.SetContent(w.mail(m))
	size(w, 900, 600)
	m.Verdict.Findings[0].Spans = []request.Span{{Field: request.InText, Start: 3, End: 1 << 20, Words: strings.Repeat("é", 200_000)}}
	w.win.SetContent(w.whyCard(m.Verdict))
	size(w, 400, 600)
	if !slices.Contains(request.Rights, request.Erasure) || !strings.Contains(texts(w), "…") {
		t.Error("the words that spoke are shown whole")
	}
}
