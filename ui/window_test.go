package ui

import (
	"image/png"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/mailbox"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/ui/kit"
)

// TestMain gives the garbage of many windows more room: memory is there, time
// is not.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// inPlace runs at once what the real window runs on another goroutine.
func inPlace(f func()) { f() }

// openTest opens the window over a façade, at the size of the first start.
func openTest(t *testing.T, f *fake) *Window {
	t.Helper()
	a := appLooking(f.info.Theme)
	w := newWindow(a, f, inPlace, inPlace)
	w.clock = func() time.Time { return now }
	t.Cleanup(func() { w.stop(); w.win.Close() })
	size(w, 1200, 780)
	return w
}

// testApp is the app that the last window of a test had.
var testApp fyne.App

// appLooking returns an app with a look and nothing remembered, the same one for
// all tests: a new app has all words measured anew, which costs more than the
// tests themselves.
func appLooking(look string) fyne.App {
	if testApp == nil || fyne.CurrentApp() != testApp {
		testApp = test.NewApp()
	}
	// Before the window is there, as the real one does when it starts: a theme
	// that changes later lays everything out anew.
	kit.Wear(testApp, kit.Look(look))
	for _, key := range []string{"window.width", "window.height"} {
		testApp.Preferences().RemoveValue(key)
	}
	return testApp
}

// size gives the window a size. The test canvas lays out once where the real
// one settles over some frames.
func size(w *Window, width, height float32) {
	for i := range 3 {
		w.win.Resize(fyne.NewSize(width, height+float32(2-i)))
	}
}

// shoot looks whether the window fits, and keeps a picture of it for looking at
// when asked for.
func shoot(t *testing.T, w *Window, name string) {
	t.Helper()
	fits(t, w)
	dir := os.Getenv("GREFFIER_SHOTS")
	if dir == "" {
		return
	}
	s := w.win.Canvas().Size()
	size(w, s.Width, s.Height)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := png.Encode(out, w.win.Canvas().Capture()); err != nil {
		t.Fatal(err)
	}
}

// screens are all pages and dialogs, as a picture shows them.
var screens = []struct {
	name string
	open func(*Window)
}{
	{"today", func(w *Window) { w.open(placeToday) }},
	{"requests", func(w *Window) { w.open(placeRequests) }},
	{"requests-check", func(w *Window) { w.show(&requestsPage{w: w, filter: filterToCheck}) }},
	{"mail", func(w *Window) { w.follow(&mailPage{w: w, id: 21}) }},
	{"case-mail", func(w *Window) { w.openCase(1) }},
	{"case-person", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabPerson}) }},
	{"case-plan", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabPlan}) }},
	{"case-letters", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: "acknowledge"}) }},
	{"case-history", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabHistory}) }},
	{"dialog-why", func(w *Window) { w.openCase(1); w.page.(*casePage).why() }},
	{"dialog-confirm", func(w *Window) {
		w.follow(&casePage{w: w, id: 1, tab: tabPlan})
		w.confirm(w.f.(*fake).plan(60))
	}},
	{"dialog-refuse", func(w *Window) { w.openCase(1); w.page.(*casePage).refuse() }},
	{"dialog-outcome", func(w *Window) { w.openCase(1); w.page.(*casePage).outcome() }},
	{"dialog-person", func(w *Window) { w.openCase(1); w.page.(*casePage).editPerson() }},
	{"dialog-printed", func(w *Window) { w.open(placeRegisters); w.print(register.Requests, "pdf") }},
	{"dialog-problems", func(w *Window) {
		w.open(placeToday)
		r, _ := w.f.Sync(w.ctx, true, true, func(int, int, string) {})
		w.problems(r)
	}},
	{"orders", func(w *Window) { w.open(placeOrders) }},
	{"order", func(w *Window) { w.follow(&orderPage{w: w, id: 42}) }},
	{"order-held", func(w *Window) { w.follow(&orderPage{w: w, id: 31}) }},
	{"storage-due", func(w *Window) { w.open(placeStorage) }},
	{"storage-runs", func(w *Window) { w.open(placeStorage); w.page.(*storagePage).tabs.Select(1) }},
	{"storage-orphans", func(w *Window) { w.open(placeStorage); w.page.(*storagePage).tabs.Select(2) }},
	{"run", func(w *Window) { w.follow(&runPage{w: w, id: 7}) }},
	{"run-partial", func(w *Window) { w.follow(&runPage{w: w, id: 4}) }},
	{"registers", func(w *Window) { w.open(placeRegisters) }},
	{"register", func(w *Window) { w.follow(&registerPage{w: w, name: register.Processors}) }},
	{"register-form", func(w *Window) {
		p := &registerPage{w: w, name: register.Processors}
		w.follow(p)
		openFirstEntry(p)
	}},
	{"register-activity", func(w *Window) {
		p := &registerPage{w: w, name: register.Processing}
		w.follow(p)
		openFirstEntry(p)
	}},
	{"register-breach", func(w *Window) {
		p := &registerPage{w: w, name: register.Breaches}
		w.follow(p)
		editRecord(p, register.Breach{ID: "breaches-1", AwareAt: "2026-12-03T07:00:00Z", Nature: "confidentiality"}, w.breachForm, w.f.SaveBreach)
	}},
	{"register-dpia", func(w *Window) {
		p := &registerPage{w: w, name: register.DPIA}
		w.follow(p)
		openFirstEntry(p)
	}},
	{"register-findings", func(w *Window) { w.follow(&registerPage{w: w, name: register.Findings}) }},
	{"register-finding", func(w *Window) {
		p := &registerPage{w: w, name: register.Findings}
		w.follow(p)
		openFirstEntry(p)
	}},
	{"promises", func(w *Window) { w.show(&promisesPage{w: w, open: "P8"}) }},
	{"journal", func(w *Window) { w.open(placeJournal) }},
	{"settings", func(w *Window) { w.open(placeSettings) }},
	{"strip", func(w *Window) {
		w.open(placeToday)
		w.sync(true, true)
	}},
}

// erasing are the pages and dialogs around an erasure.
var erasing = []struct {
	name string
	open func(*Window)
}{
	{"plan-narrowed", func(w *Window) {
		w.follow(&casePage{w: w, id: 1, tab: tabPlan})
		n := treeOf(w).Row(3)
		treeOf(w).Tick(n)
		treeOf(w).Select(3)
		tapButton(w, w.n("plan.narrow", 16))
	}},
	{"dialog-confirm-case", func(w *Window) {
		w.follow(&casePage{w: w, id: 1, tab: tabPlan})
		w.confirm(w.f.(*fake).personPlan())
	}},
	{"case-recipients", func(w *Window) { w.follow(&casePage{w: w, id: 1, tab: tabRecipients}) }},
	{"recipient-letter", func(w *Window) { w.follow(&noticePage{w: w, row: w.f.(*fake).recipients()[0]}) }},
	{"dialog-answered", func(w *Window) {
		w.follow(&casePage{w: w, id: 1, tab: tabRecipients})
		w.answer(w.f.(*fake).recipients()[1])
	}},
	{"dialog-spare", func(w *Window) {
		w.follow(&casePage{w: w, id: 1, tab: tabRecipients})
		w.spare(w.f.(*fake).recipients()[1])
	}},
	{"recipients", func(w *Window) { w.follow(&noticesPage{w: w}) }},
	{"today-waiting", func(w *Window) {
		f := w.f.(*fake)
		f.waits = []app.Cooling{f.cooling(false), f.cooling(true)}
		w.open(placeToday)
	}},
	{"case-waiting", func(w *Window) {
		f := w.f.(*fake)
		f.waits = []app.Cooling{f.cooling(false)}
		w.openCase(1)
	}},
	{"dialog-now", func(w *Window) {
		f := w.f.(*fake)
		w.openCase(1)
		w.runCooling(f.cooling(false))
	}},
	{"order-erased", func(w *Window) { w.follow(&orderPage{w: w, id: 12}) }},
	{"person", func(w *Window) { w.follow(&personPage{w: w, order: 42}) }},
	{"plan-person", func(w *Window) {
		w.follow(&personPage{w: w, order: 42})
		w.page.(*personPage).step()
	}},
	{"places", func(w *Window) { w.open(placeSettings); w.follow(&placesPage{w: w}) }},
	{"places-empty", func(w *Window) { w.follow(&placesPage{w: w, tab: 1}) }},
	{"dialog-place", func(w *Window) {
		w.follow(&placesPage{w: w})
		w.page.(*placesPage).edit(0)
	}},
	{"columns", func(w *Window) { w.follow(&columnsPage{w: w, shop: "lavande"}) }},
	{"settings-low", func(w *Window) {
		w.open(placeSettings)
		scrollDown(w)
	}},
}

// mailing are the pages and dialogs around the mailbox and its mails.
var mailing = []struct {
	name string
	open func(*Window)
}{
	{"mailbox-start", func(w *Window) { w.open(placeSettings); w.follow(&mailboxPage{w: w}) }},
	{"mailbox-kept", func(w *Window) {
		w.f.(*fake).mail.account = keptAccount()
		w.open(placeSettings)
		w.follow(&mailboxPage{w: w})
	}},
	{"mailbox-found", func(w *Window) { openFound(w) }},
	{"mailbox-tested", func(w *Window) {
		p := openFound(w)
		p.password.SetText("abcd efgh")
		p.try()
		scrollDown(w)
	}},
	{"mailbox-failed", func(w *Window) {
		p := openFound(w)
		p.password.SetText("abcd efgh")
		w.f.(*fake).mail.tryErr = erasure.ErrOffline
		p.try()
		scrollDown(w)
	}},
	{"mailbox-oauth", func(w *Window) {
		p := openFound(w)
		w.f.(*fake).mail.prompt = mailbox.Prompt{Page: "https://grandmail.example/device", Code: "WDJB-MJHT", Until: now.Add(15 * time.Minute)}
		p.choose(1)
		p.d.account.SignIn = mailbox.ByOAuth
		p.showServer()
		w.async = func(f func()) {
			w.f.(*fake).mail.prompt, w.home = mailbox.Prompt{}, inPlace
			p.prompt.set(p.ask(mailbox.Prompt{Page: "https://grandmail.example/device", Code: "WDJB-MJHT", Until: now.Add(15 * time.Minute)}))
		}
		p.signIn()
		w.async = inPlace
		scrollDown(w)
	}},
	{"mailbox-none", func(w *Window) {
		w.f.(*fake).mail.noSetup = true
		w.open(placeSettings)
		w.follow(&mailboxPage{w: w})
	}},
	{"requests-ticked", func(w *Window) {
		p := &requestsPage{w: w, filter: filterToCheck}
		w.show(p)
		p.table.Tick(1)
	}},
	{"requests-ordinary", func(w *Window) { w.show(&requestsPage{w: w, filter: filterOrdinary}) }},
	{"mail-rights", func(w *Window) { w.follow(&mailPage{w: w, id: 21}); w.page.(*mailPage).itIs() }},
	{"mail-corrected", func(w *Window) {
		w.follow(&mailPage{w: w, id: 21})
		w.page.(*mailPage).correct([]request.Right{request.Erasure})
	}},
	{"mail-put-aside", func(w *Window) {
		w.follow(&mailPage{w: w, id: 21})
		w.page.(*mailPage).correct(nil)
	}},
	{"mail-gone", func(w *Window) {
		f := w.f.(*fake)
		f.mail.noText, f.mail.reread = true, mailbox.ErrGone
		w.follow(&mailPage{w: w, id: 22})
	}},
	{"dialog-no-request", func(w *Window) { w.openCase(1); w.page.(*casePage).noRequest() }},
	{"case-conversation", func(w *Window) {
		f := w.f.(*fake)
		f.mail.messages = f.conversation()
		w.openCase(1)
	}},
	{"case-own-mail", func(w *Window) {
		f := w.f.(*fake)
		f.mail.messages = f.conversation()[1:2]
		w.openCase(1)
	}},
	{"case-bounce", func(w *Window) {
		f := w.f.(*fake)
		f.mail.messages = f.conversation()[3:]
		w.openCase(1)
	}},
	{"case-challenge", func(w *Window) {
		f := w.f.(*fake)
		f.mail.to = "mathilde.fontaine@exemple.fr"
		f.mail.documents = map[int64][]string{11: {"carte_identite_recto.jpg", "carte_identite_verso.jpg"}}
		w.follow(&casePage{w: w, id: 1, tab: tabPerson})
	}},
	{"case-challenge-sent", func(w *Window) {
		f := w.f.(*fake)
		f.mail.to = "mathilde.fontaine@exemple.fr"
		f.mail.challenge = &cases.Challenge{Code: "K7MQ-4XPD", To: f.mail.to, MadeAt: now.AddDate(0, 0, -3), Until: now.AddDate(0, 0, 11), Tries: 1}
		f.mail.letters = []cases.Letter{{Kind: cases.LetterCode, To: f.mail.to, MadeAt: now.AddDate(0, 0, -3), SentAt: now.AddDate(0, 0, -3)}}
		w.follow(&casePage{w: w, id: 1, tab: tabPerson})
	}},
	{"letter-code", func(w *Window) {
		f := w.f.(*fake)
		f.mail.to, f.mail.asked, f.mail.sends = "mathilde.fontaine@exemple.fr", "m.fontaine@autre.example", true
		w.follow(&casePage{w: w, id: 1, tab: tabPerson})
		w.page.(*casePage).newChallenge()
	}},
	{"letter-no-code", func(w *Window) {
		w.f.(*fake).mail.to = "mathilde.fontaine@exemple.fr"
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterCode})
	}},
	{"letter-send", func(w *Window) {
		w.f.(*fake).mail.sends = true
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	}},
	{"dialog-send", func(w *Window) {
		w.f.(*fake).mail.sends = true
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
		tapButton(w, w.t("letter.send"))
	}},
	{"letter-returned", func(w *Window) {
		w.f.(*fake).mail.letters = sentLetters()
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterAcknowledge})
	}},
	{"letter-unsure", func(w *Window) {
		w.f.(*fake).mail.letters = sentLetters()
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterClarify})
	}},
	{"letter-drafted", func(w *Window) {
		w.f.(*fake).mail.letters = sentLetters()
		w.follow(&casePage{w: w, id: 1, tab: tabLetters, kind: cases.LetterClose})
	}},
	{"today-live", func(w *Window) { w.f.(*fake).mail.live = true; w.open(placeToday) }},
}

// openFound opens the settings of the mailbox with proposals found.
func openFound(w *Window) *mailboxPage {
	w.f.(*fake).mail.found = proposals()
	w.open(placeSettings)
	p := &mailboxPage{w: w}
	w.follow(p)
	p.address.SetText("contact@lavande.example")
	p.discover()
	return p
}

// treeOf is the outline on the page.
func treeOf(w *Window) *kit.Outline {
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if t := kit.OutlineOf(o); t != nil {
			return t
		}
	}
	return nil
}

// tapButton presses the button with a word on the page, if there is one.
func tapButton(w *Window, word string) {
	for _, b := range buttons(w, word) {
		test.Tap(b)
	}
}

// scrollDown shows the lower end of the page.
func scrollDown(w *Window) {
	size(w, 1200, 780)
	for _, o := range test.LaidOutObjects(w.content) {
		if s, ok := o.(*container.Scroll); ok {
			s.ScrollToBottom()
		}
	}
}

// openFirstEntry opens the first record of a register, as a tap on it does.
func openFirstEntry(p *registerPage) {
	if p.firstEntry != nil {
		p.firstEntry()
	}
}

func TestEachScreenRendersInBothLanguagesAndLooks(t *testing.T) {
	// French and light are in the smallest window.
	for _, look := range []struct{ lang, look string }{{"fr", "dark"}, {"en", "light"}} {
		for _, s := range screens {
			name := look.lang + "-" + look.look + "-" + s.name
			t.Run(name, func(t *testing.T) {
				w := openTest(t, newFake(look.lang, look.look))
				s.open(w)
				size(w, 1200, 780)
				if w.content.Objects[0].MinSize().Width > 1000 {
					t.Errorf("the page asks for %v", w.content.Objects[0].MinSize())
				}
				shoot(t, w, name)
			})
		}
	}
}

func TestEachPageOfAnErasureRenders(t *testing.T) {
	// In French and light they are in the smallest window.
	for _, s := range erasing {
		t.Run(s.name, func(t *testing.T) {
			w := openTest(t, newFake("en", "dark"))
			s.open(w)
			size(w, 1200, 780)
			if w.content.Objects[0].MinSize().Width > 1000 {
				t.Errorf("the page asks for %v", w.content.Objects[0].MinSize())
			}
			shoot(t, w, "en-dark-"+s.name)
		})
	}
}

func TestEachPageOfTheMailboxRenders(t *testing.T) {
	// In French and light they are in the smallest window.
	for _, s := range mailing {
		t.Run(s.name, func(t *testing.T) {
			w := openTest(t, newFake("en", "dark"))
			s.open(w)
			size(w, 1200, 780)
			if w.content.Objects[0].MinSize().Width > 1000 {
				t.Errorf("the page asks for %v", w.content.Objects[0].MinSize())
			}
			shoot(t, w, "en-dark-"+s.name)
		})
	}
}

func TestEachScreenFitsTheSmallestWindow(t *testing.T) {
	for _, s := range slices.Concat(screens, erasing, mailing) {
		t.Run(s.name, func(t *testing.T) {
			w := openTest(t, newFake("fr", "light"))
			size(w, 1024, 680)
			s.open(w)
			size(w, 1024, 680)
			// The menu bar of the real window takes some of the height.
			if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
				t.Errorf("the window asks for %v", m)
			}
			shoot(t, w, "small-"+s.name)
		})
	}
}

func TestEachPageHasAnEmptyState(t *testing.T) {
	for _, p := range places {
		t.Run(p, func(t *testing.T) {
			f := newFake("fr", "light")
			f.empty = true
			w := openTest(t, f)
			w.open(p)
			shoot(t, w, "empty-"+p)
		})
	}
}
