package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/mailbox"
	"greffier/assets"
	"greffier/ui/kit"
)

// openMailbox opens the settings of the mailbox.
func openMailbox(w *Window) *mailboxPage {
	p := &mailboxPage{w: w}
	w.follow(p)
	return p
}

func lastCall(f *fake, prefix string) string {
	for _, c := range slices.Backward(f.calls) {
		if strings.HasPrefix(c, prefix) {
			return c
		}
	}
	return ""
}

func TestTheMailboxPageSaysSoWhereItCannotBeSetUp(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		f.mail.noSetup = true
		w := openTest(t, f)
		openMailbox(w)
		if got := texts(w); !strings.Contains(got, w.t("mailbox.noSetupWords")) || !strings.Contains(got, w.t("mailbox.summary")) {
			t.Errorf("%s: the page says\n%s", lang, got)
		}
		if bs := buttons(w, w.t("save")); len(bs) > 0 && bs[0].Visible() {
			t.Error("there is something to save")
		}
	}
}

func TestTheMailboxIsReachedFromSettingsFromTodayAndByKeyboard(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.open(placeToday)
	press(t, w, w.t("mailbox.title")) // the service that failed
	if _, ok := w.page.(*mailboxPage); !ok {
		t.Errorf("from today: %T", w.page)
	}
	w.open(placeSettings)
	press(t, w, w.t("open"))
	if _, ok := w.page.(*mailboxPage); !ok {
		t.Errorf("from settings: %T", w.page)
	}
	w.open(placeToday)
	for _, m := range w.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Label == w.t("mailbox.title") && i.Shortcut != nil {
				i.Action()
			}
		}
	}
	if _, ok := w.page.(*mailboxPage); !ok {
		t.Errorf("from the menu: %T", w.page)
	}
}

func TestProposalsSayWhereTheyComeFromAndWhatPasswordTheyWant(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		w := openTest(t, f)
		p := openFound(w)
		if !f.called("DiscoverMail contact@lavande.example") {
			t.Fatalf("calls: %v", f.calls)
		}
		press(t, w, w.n("mailbox.others", 2))
		size(w, 1200, 1600)
		got := texts(w)
		for _, want := range []string{"LavandeMail", w.t("mailbox.from.provider"), w.t("mailbox.appPassword", "Provider", "LavandeMail"), w.t("mailbox.chosen"),
			w.t("mailbox.from.autoconfig"), w.t("mailbox.appOrOAuth", "Provider", "GrandMail"), w.t("mailbox.from.guess") + " " + w.t("mailbox.notThere")} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the page does not say %q:\n%s", lang, want, got)
			}
		}
		if p.host.Text != "imap.lavandemail.example" || p.port.Text != "993" || p.d.account.IMAP.User != "contact@lavande.example" || p.smtp.Text != "smtp.lavandemail.example" {
			t.Errorf("the best proposal is not filled in: %q %q %q %q", p.host.Text, p.port.Text, p.d.account.IMAP.User, p.smtp.Text)
		}
		p.choose(1)
		if p.host.Text != "imap.grandmail.example" || p.d.account.SMTP.Security != mailbox.StartTLS {
			t.Errorf("another proposal is not taken: %+v", p.d.account)
		}
	}
}

func TestNothingFoundIsToldAndTheServerCanBeEnteredByHand(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openMailbox(w)
	p.address.SetText("contact@")
	p.address.OnSubmitted("")
	if f.called("DiscoverMail") {
		t.Error("settings are looked for before there is an address")
	}
	p.address.SetText("contact@lavande.example")
	p.discover()
	what, next := Explain(mailbox.ErrNotFound, "fr")
	if got := texts(w); !strings.Contains(got, what) || !strings.Contains(got, next) {
		t.Errorf("the page says\n%s", got)
	}
	p.byHand()
	if w.win.Canvas().Focused() != fyne.Focusable(p.host) {
		t.Errorf("the keyboard is on %T", w.win.Canvas().Focused())
	}
	if p.test.Disabled() == false {
		t.Error("a test is offered without a server")
	}
	p.host.SetText("imap.lavande.example")
	p.password.SetText("x")
	if p.test.Disabled() {
		t.Error("server and password are not enough for a test")
	}
	p.address.SetText("bonjour@lavande.example")
	if p.d.account.IMAP.User != "bonjour@lavande.example" {
		t.Errorf("the user name does not follow the address: %q", p.d.account.IMAP.User)
	}
	p.address.SetText("contact@lavande.example")
	size(w, 1200, 1400)
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if s, ok := o.(*kit.Select); ok {
			s.SetSelected("LavandeMail")
		}
	}
	if p.host.Text != "imap.lavandemail.example" || p.d.account.IMAP.User != "contact@lavande.example" || p.d.account.Provider != "lavandemail" {
		t.Errorf("her provider's settings are not filled in: %+v", p.d.account)
	}
}

func TestOnlyWhatWasTestedIsSaved(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openFound(w)
	if !p.save.Disabled() || !p.test.Disabled() {
		t.Fatal("something can be tested or saved without a password")
	}
	p.password.SetText("abcd efgh")
	p.step() // Ctrl+Enter: what is first to do is the test
	if !f.called("TryMail imap.lavandemail.example") || f.called("SaveMail") {
		t.Fatalf("calls: %v", f.calls)
	}
	if p.save.Disabled() {
		t.Fatal("what was tested cannot be saved")
	}
	p.user.SetText("claire")
	if !p.save.Disabled() || !strings.Contains(texts(w), w.t("mailbox.testAgain")) {
		t.Error("settings that were not tested can be saved")
	}
	p.user.SetText("contact@lavande.example")
	if p.save.Disabled() {
		t.Error("the settings that were tested cannot be saved any more")
	}
	p.password.SetText("another")
	if !p.save.Disabled() {
		t.Error("a password that was not tested can be saved")
	}
	p.password.SetText("abcd efgh")
	p.step()
	if got := lastCall(f, "SaveMail"); got != "SaveMail imap.lavandemail.example drafts 0" {
		t.Fatalf("saved: %q", got)
	}
	if s := f.mail.secrets[len(f.mail.secrets)-1]; s.Password != "abcd efgh" {
		t.Error("the password that was tested is not the one saved")
	}
	if w.draftMail != nil && w.draftMail.looked != nil {
		t.Error("the draft is still there")
	}
	if !f.called("Watch") {
		t.Error("new mail is not waited for")
	}
}

func TestAPasswordThatIsKeptIsNeverShownAndNeverGivenToAnotherServer(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.account = keptAccount()
	w := openTest(t, f)
	p := openMailbox(w)
	if p.password.Text != "" || !p.password.Password {
		t.Error("the password is filled in, or can be read")
	}
	if p.test.Disabled() {
		t.Fatal("what is kept cannot be tested")
	}
	p.try()
	if s := f.mail.secrets[0]; s != (mailbox.Secret{}) {
		t.Errorf("a secret goes to the test: %v", s)
	}
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"another server", func() { p.host.SetText("imap.elsewhere.example") }},
		{"another server for sending", func() { p.smtp.SetText("smtp.elsewhere.example") }},
		{"another user", func() { p.user.SetText("somebody") }},
	} {
		c.change()
		if !p.test.Disabled() || !strings.Contains(texts(w), w.t("mailbox.lacksPasswordAgain")) {
			t.Errorf("%s: the password that is kept may go there", c.name)
		}
		p.host.SetText("imap.lavande.example")
		p.smtp.SetText("smtp.lavande.example")
		p.user.SetText("contact@lavande.example")
		if p.test.Disabled() {
			t.Fatalf("after %s the settings that are kept cannot be tested", c.name)
		}
	}
	p.host.SetText("imap.elsewhere.example")
	p.password.SetText("new one")
	if p.test.Disabled() {
		t.Error("with its password another server cannot be tested")
	}
}

func TestAnAccountOfAProfileMadeByHandIsTakenAsItIs(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.account = &mailbox.Account{IMAP: mailbox.Server{Host: "imap.lavande.example", User: "contact@lavande.example"}, SMTP: mailbox.Server{Host: "smtp.lavande.example"}}
	w := openTest(t, f)
	p := openMailbox(w)
	if p.address.Text != "contact@lavande.example" || p.test.Disabled() {
		t.Fatalf("%q cannot be tested", p.address.Text)
	}
	p.try()
	if !p.save.Disabled() || strings.Contains(texts(w), w.t("mailbox.notSaved")) {
		t.Error("there is something to save though nothing has changed")
	}
	p.smtp.SetText("")
	p.try()
	if p.save.Disabled() {
		t.Error("a change that was tested cannot be saved")
	}
}

func TestWithoutEncryptionOnlyToThisComputer(t *testing.T) {
	for _, c := range []struct {
		host string
		want bool
	}{{"127.0.0.1", true}, {"localhost", true}, {"::1", true}, {"[::1]", true}, {"127.9.9.9", true}, {"imap.lavande.example", false}, {"localhost.evil.example", false}, {"10.0.0.1", false}, {"", false}} {
		if (mailbox.Server{Host: c.host}).Loopback() != c.want {
			t.Errorf("%q: %v", c.host, !c.want)
		}
	}
	w := openTest(t, newFake("fr", "light"))
	p := openFound(w)
	p.password.SetText("x")
	offered := func() bool {
		size(w, 1200, 1600)
		for _, o := range test.LaidOutObjects(w.win.Content()) {
			if c, ok := o.(*kit.Chip); ok && c.Word() == w.t("mailbox.plain") {
				return true
			}
		}
		return false
	}
	if offered() {
		t.Error("no encryption is offered for a server on the network")
	}
	p.smtp.SetText("")
	p.host.SetText("127.0.0.1")
	if !offered() {
		t.Error("no encryption is not offered for this computer")
	}
	p.d.account.IMAP.Security = mailbox.Plain
	p.touched()
	if p.test.Disabled() {
		t.Error("this computer cannot be tested without encryption")
	}
	p.host.SetText("imap.lavande.example")
	if !p.test.Disabled() || !strings.Contains(texts(w), w.t("mailbox.lacksTLS")) {
		t.Error("a server on the network can be tested without encryption")
	}
}

func TestAPortMustBeANumber(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {" 993 ", 993}, {"0", -1}, {"65536", -1}, {"imap", -1}, {"-1", -1}} {
		if got := portOf(c.text); got != c.want {
			t.Errorf("%q: %d", c.text, got)
		}
	}
	w := openTest(t, newFake("fr", "light"))
	p := openFound(w)
	p.password.SetText("x")
	p.port.SetText("abc")
	if !p.test.Disabled() || !strings.Contains(texts(w), w.t("mailbox.lacksPort")) {
		t.Error("a word is taken for a port")
	}
}

func TestATestIsToldInWords(t *testing.T) {
	all := mailbox.Looked{Server: "Dovecot", TLS: "TLS 1.3", Drafts: true, Idle: true, SMTP: true}
	for _, c := range []struct {
		name string
		l    mailbox.Looked
		smtp string
		want []string
	}{
		{"all is well", all, "smtp.example", []string{"looked.drafts", "looked.idle", "looked.smtp"}},
		{"no drafts", mailbox.Looked{TLS: "TLS 1.2", Idle: true}, "", []string{"looked.noDrafts", "looked.noSMTP"}},
		{"no word of new mail", mailbox.Looked{TLS: "TLS 1.2", Drafts: true}, "", []string{"looked.noIdle"}},
		{"sending not tried", mailbox.Looked{TLS: "TLS 1.2"}, "smtp.example", []string{"looked.smtpUntried"}},
	} {
		for _, lang := range assets.Langs {
			f := newFake(lang, "light")
			w := openTest(t, f)
			p := openFound(w)
			p.smtp.SetText(c.smtp)
			p.password.SetText("x")
			l := c.l
			l.Folders = f.folders()
			f.mail.looked = &l
			p.try()
			size(w, 1200, 2000)
			got := texts(w)
			for _, k := range c.want {
				if !strings.Contains(got, w.t("mailbox."+k)) {
					t.Errorf("%s, %s: the page does not say %q", lang, c.name, w.t("mailbox."+k))
				}
			}
			if !strings.Contains(got, c.l.TLS) || !strings.Contains(got, w.n("mailbox.looked.folders", 8)) {
				t.Errorf("%s, %s: the page says\n%s", lang, c.name, got)
			}
		}
	}
}

func TestATestThatFailsIsExplainedAndNothingIsKept(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openFound(w)
	p.password.SetText("x")
	p.try()
	f.mail.tryErr = fmt.Errorf("sign in: %w", erasure.ErrDenied)
	p.try()
	what, _ := Explain(erasure.ErrDenied, "fr")
	if got := texts(w); !strings.Contains(got, what) {
		t.Errorf("the page says\n%s", got)
	}
	if !p.save.Disabled() || f.called("SaveMail") {
		t.Error("settings that do not work can be saved")
	}
}

func TestFoldersAreGreffiersChoiceUntilSheChoosesHerself(t *testing.T) {
	f := newFake("fr", "light")
	f.mail.account = keptAccount()
	f.mail.account.Folders = []string{"INBOX", "Archives"}
	w := openTest(t, f)
	p := openMailbox(w)
	p.try()
	if got := f.mail.accounts[0].Folders; got != nil {
		t.Errorf("her folders hide what Greffier would choose: %v", got)
	}
	if got := p.ticked(); !slices.Equal(got, []string{"INBOX", "Archives"}) {
		t.Fatalf("ticked: %v", got)
	}
	if !p.save.Disabled() {
		t.Error("there is something to save though nothing has changed")
	}
	press(t, w, w.t("mailbox.reset"))
	if got := p.ticked(); len(got) != 6 || p.wanted() != nil {
		t.Fatalf("after the reset: %v", got)
	}
	p.checks[1].SetChecked(false)
	if got := p.wanted(); len(got) != 5 || slices.Contains(got, "Indésirables") {
		t.Errorf("wanted: %v", got)
	}
	for _, c := range p.checks {
		c.SetChecked(false)
	}
	if !p.save.Disabled() || !strings.Contains(texts(w), w.t("mailbox.noFolder")) {
		t.Error("a mailbox of which nothing is read can be saved")
	}
	p.setTicks(nil)
	p.showFolders()
	p.tell()
	p.step()
	if got := lastCall(f, "SaveMail"); got != "SaveMail imap.lavande.example drafts 0" {
		t.Errorf("saved: %q", got)
	}
}

func TestSendingOnHerClickNeedsAWayOutThatWorks(t *testing.T) {
	f := newFake("en", "light")
	f.mail.account = keptAccount()
	w := openTest(t, f)
	p := openMailbox(w)
	f.mail.looked = &mailbox.Looked{TLS: "TLS 1.3", Folders: f.folders(), Drafts: true}
	p.try()
	tapChip(t, w, w.t("mailbox.out.smtp"))
	if !p.save.Disabled() || !strings.Contains(texts(w), w.t("mailbox.noWayOut")) {
		t.Error("sending can be chosen without a way out")
	}
	f.mail.looked.SMTP = true
	p.try()
	if p.save.Disabled() {
		t.Fatal("sending cannot be chosen with a way out that works")
	}
	p.step()
	if got := lastCall(f, "SaveMail"); got != "SaveMail imap.lavande.example smtp 0" {
		t.Errorf("saved: %q", got)
	}
}

// tapChip presses the chip with a word.
func tapChip(t *testing.T, w *Window, word string) {
	t.Helper()
	size(w, 1200, 1800)
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if c, ok := o.(*kit.Chip); ok && c.Word() == word {
			test.Tap(c)
			return
		}
	}
	t.Fatalf("no chip says %q", word)
}

func TestASignInAtTheProviderShowsWhatToDoAndCanBeStopped(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openFound(w)
	p.choose(1)
	tapChip(t, w, w.t("mailbox.byOAuth"))
	if p.password != nil || p.clientID == nil {
		t.Fatal("a password is still asked for")
	}
	if !p.test.Disabled() || !strings.Contains(texts(w), w.t("mailbox.lacksSignIn")) {
		t.Error("a test is offered before the sign-in")
	}
	p.clientID.SetText("greffier-1")
	f.mail.prompt = mailbox.Prompt{Page: "https://grandmail.example/device", Code: "WDJB-MJHT", Until: now.Add(15 * time.Minute)}
	f.block = make(chan struct{})
	shown := make(chan struct{})
	done := make(chan struct{})
	var queue []func()
	w.async = func(g func()) { go func() { defer close(done); g() }() }
	w.home = func(g func()) {
		f.mu.Lock()
		queue = append(queue, g)
		f.mu.Unlock()
		select {
		case <-shown:
		default:
			close(shown)
		}
	}
	drain := func() {
		f.mu.Lock()
		q := queue
		queue = nil
		f.mu.Unlock()
		for _, g := range q {
			g()
		}
	}
	p.signIn()
	<-shown
	drain()
	size(w, 1200, 1800)
	if got := texts(w); !strings.Contains(got, "WDJB-MJHT") || len(buttons(w, w.t("mailbox.openPage"))) == 0 || !strings.Contains(got, "https://grandmail.example/device") {
		t.Fatalf("the page does not say what to do:\n%s", got)
	}
	press(t, w, w.t("cancel"))
	<-done
	w.async, w.home = inPlace, inPlace
	drain()
	size(w, 1200, 1800)
	if got := texts(w); strings.Contains(got, "WDJB-MJHT") || strings.Contains(got, w.t("mailbox.signedIn")) {
		t.Errorf("after stopping the page says\n%s", got)
	}
	f.block = nil
	p.signIn()
	if !f.called("SignInMail grandmail greffier-1") || !strings.Contains(texts(w), w.t("mailbox.signedIn")) {
		t.Fatalf("calls: %v", f.calls)
	}
	p.step()
	if s := f.mail.secrets[len(f.mail.secrets)-1]; s.Token.Access != "a" || s.Password != "" {
		t.Error("the test does not sign in with what the provider gave")
	}
	p.step()
	if a := f.mail.accounts[len(f.mail.accounts)-1]; a.SignIn != mailbox.ByOAuth || a.ClientID != "greffier-1" {
		t.Errorf("saved: %+v", a)
	}
}

func TestOnlyAWebPageIsOpened(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	for _, page := range []string{"file:///etc/passwd", "javascript:alert(1)", "http://grandmail.example/", "://", ""} {
		w.openPage(page) // nothing happens, no dialog
		if kit.Open(w.win.Canvas()) != nil {
			t.Errorf("%q was opened", page)
		}
	}
}

func TestWhatSheTriesIsThereWhenSheComesBackButIsNotKept(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openFound(w)
	p.host.SetText("imap.autre.example")
	p.password.SetText("secret")
	w.open(placeToday)
	p = openMailbox(w)
	if p.host == nil || p.host.Text != "imap.autre.example" || p.address.Text != "contact@lavande.example" {
		t.Error("what she typed is gone")
	}
	if p.password.Text != "" {
		t.Error("the password is still in the field")
	}
	if f.called("SaveMail") {
		t.Error("something was saved")
	}
}

func TestEnterInThePasswordTests(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	p := openFound(w)
	w.win.Canvas().Focus(p.password)
	test.Type(p.password, "secret")
	key(w, fyne.KeyReturn)
	if !f.called("TryMail") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestHowManyMailsAreShownToCheckIsHerChoice(t *testing.T) {
	for _, lang := range assets.Langs {
		f := newFake(lang, "light")
		w := openTest(t, f)
		w.open(placeSettings)
		tapChip(t, w, w.t("settings.check.more", "N", w.number(usualCheck/2)))
		if !f.called(fmt.Sprintf("SetCheckPercent %d", usualCheck/2)) {
			t.Errorf("calls: %v", f.calls)
		}
	}
}

func TestNewMailIsWaitedForOnceAndToldWhereItWorks(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	if w.live.Visible() {
		t.Error("the rail says that new mail is seen though nobody waits for it")
	}
	var started []func()
	w.async = func(g func()) { started = append(started, g) }
	w.watch()
	w.watch()
	if len(started) != 1 {
		t.Fatalf("new mail is waited for %d times", len(started))
	}
	w.async = inPlace
	started[0]() // there is no mailbox yet
	w.watch()    // now there is one
	n := 0
	for _, c := range f.calls {
		if c == "Watch" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("Watch was called %d times", n)
	}
	f.mail.live = true
	w.refreshRail()
	if !w.live.Visible() || w.live.Text != w.t("watch.live") {
		t.Error("the rail does not say that new mail is seen at once")
	}
	f.mail.live = false
	w.refreshRail()
	if w.live.Visible() {
		t.Error("the rail still says so when the connection is gone")
	}
}

func TestEveryWordOfTheMailboxHasAText(t *testing.T) {
	var want []string
	for _, k := range []mailbox.FolderKind{mailbox.FolderOwn, mailbox.FolderInbox, mailbox.FolderJunk, mailbox.FolderArchive, mailbox.FolderDrafts, mailbox.FolderSent, mailbox.FolderOther} {
		want = append(want, "mailbox.folder."+string(k))
	}
	for _, from := range []string{"provider", "autoconfig", "srv", "mx", "guess"} {
		want = append(want, "mailbox.from."+from)
	}
	for _, o := range []string{mailbox.OutDrafts, mailbox.OutSMTP} {
		want = append(want, "mailbox.out."+o, "mailbox.outWords."+o)
	}
	for _, l := range append(sentLetters(), cases.Letter{SentAt: now}) {
		want = append(want, "letter.word."+standing(l))
	}
	for _, n := range checkChoices {
		want = append(want, checkWords[n])
	}
	for _, k := range want {
		for _, lang := range assets.Langs {
			if !assets.Has(lang, k) {
				t.Errorf("%q has no text in %s", k, lang)
			}
		}
	}
}
