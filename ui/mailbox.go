package ui

import (
	"context"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"greffier/app/mailbox"
	"greffier/ui/kit"
)

// mailDraft is how the mailbox is to be entered, while she tries: nothing of it
// is kept before she saves.
type mailDraft struct {
	account  mailbox.Account
	secret   mailbox.Secret // what the provider gave at a sign-in
	found    []mailbox.Found
	chosen   int  // of found, -1 for none
	searched bool // settings were looked for, or are entered by hand

	looked *mailbox.Looked // what the last test that went well found
	tested mailbox.Account // what it tested
	with   mailbox.Secret
	read   map[string]bool // folders that are ticked
}

// mailboxPage says how the mailbox is entered, tries it live, and how letters
// go out.
type mailboxPage struct {
	w         *Window
	within    func() // in the guided set-up: goes on after the settings were kept
	body      *slot
	providers []mailbox.Provider
	kept      mailbox.Account
	has       bool // something is kept
	d         *mailDraft

	save                                      *kit.Button
	state                                     *fyne.Container
	address                                   *kit.Entry
	proposals, trial, prompt                  *slot
	server, folders, out                      *fyne.Container
	host, port, user, smtp, smtpPort, smtpUse *kit.Entry
	password, clientID, clientSecret          *kit.Entry
	test                                      *kit.Button
	lacks                                     *fyne.Container
	checks                                    []*kit.Check
}

func (p *mailboxPage) place() string { return placeSettings }
func (p *mailboxPage) changed()      {}
func (p *mailboxPage) step() {
	switch {
	case p.save != nil && !p.save.Disabled():
		p.keep()
	case p.test != nil && !p.test.Disabled():
		p.try()
	}
}

func (p *mailboxPage) build() fyne.CanvasObject {
	w := p.w
	p.body = newSlot()
	p.save = kit.NewPrimary(w.t("save"), p.keep)
	p.save.Disable()
	p.state = container.NewStack(kit.Gap(1))
	var head fyne.CanvasObject
	if p.within == nil {
		head = w.backHeader(w.t("mailbox.title"), w.t("mailbox.summary"), p.save).Object
	}
	type setup struct {
		providers []mailbox.Provider
		account   mailbox.Account
		has       bool
	}
	fetch(w, p.body, func(context.Context) (s setup, err error) {
		s.providers = w.f.MailProviders()
		s.account, s.has = w.f.MailAccount()
		return s, nil
	}, func(s setup) fyne.CanvasObject {
		p.providers, p.kept, p.has = s.providers, s.account, s.has
		return p.show()
	})
	top := container.NewVBox()
	if head != nil {
		top.Add(head)
	}
	top.Add(kit.Margins(16, 0, 24, 0, p.state))
	return container.NewBorder(top, nil, nil, nil, p.body.box)
}

func (p *mailboxPage) show() fyne.CanvasObject {
	w := p.w
	if p.providers == nil {
		p.save.Hide()
		return kit.Empty(theme.MailComposeIcon(), w.t("mailbox.noSetup"), w.t("mailbox.noSetupWords"), "", nil)
	}
	p.kept = whole(p.kept)
	if w.draftMail == nil {
		w.draftMail = &mailDraft{account: p.kept, chosen: -1, searched: p.has}
	}
	p.d = w.draftMail
	if p.d.account.Out == "" {
		p.d.account.Out = mailbox.OutDrafts
	}
	p.proposals, p.trial, p.prompt = newSlot(), newSlot(), newSlot()
	p.server, p.folders, p.out = container.NewStack(), container.NewStack(), container.NewStack()

	p.address = kit.NewEntry(p.d.account.Address)
	p.address.SetPlaceHolder(w.t("mailbox.addressExample"))
	p.address.OnSubmitted = func(string) { p.discover() }
	find := kit.NewIconButton(w.t("mailbox.find"), theme.SearchIcon(), p.discover)
	byHand := kit.NewQuiet(w.t("mailbox.byHand"), nil, p.byHand)
	who := func() { enable(find, p.addressable()); enable(byHand, p.addressable()) }
	p.address.OnChanged = func(string) { who(); p.addressed() }
	who()
	address := kit.NewCard(kit.Heading(w.t("mailbox.step1")), kit.FormRow(w.t("mailbox.address"), w.t("mailbox.addressHelp"), p.address),
		kit.Margins(8, 4, 8, 4, kit.Flow(find, byHand)), kit.Margins(8, 0, 8, 0, p.proposals.box))
	p.showProposals()
	p.showServer()
	p.showFolders()
	p.showOut()
	p.tell()
	return kit.Page(kit.DownReading(12, address, p.server, p.folders, p.out))
}

// addressed is called after the address has changed: it is the user name where
// no other one is given.
func (p *mailboxPage) addressed() {
	if p.user != nil {
		p.user.SetPlaceHolder(p.own())
	}
	p.tell()
}

// addressable tells whether what is typed may be an address.
func (p *mailboxPage) addressable() bool {
	return strings.Contains(strings.Trim(p.own(), "@"), "@")
}

// own is the address as typed.
func (p *mailboxPage) own() string { return strings.TrimSpace(p.address.Text) }

// discover looks for settings of the address.
func (p *mailboxPage) discover() {
	w, address := p.w, p.own()
	if !p.addressable() {
		return
	}
	attempt(w, p.proposals, w.t("mailbox.finding"), func(ctx context.Context) ([]mailbox.Found, error) { return w.f.DiscoverMail(ctx, address) },
		func(found []mailbox.Found, err error) {
			p.d.searched = true
			if err != nil || len(found) == 0 {
				p.d.found, p.d.chosen = nil, -1
				if err == nil {
					err = mailbox.ErrNotFound
				}
				p.proposals.set(w.errorPanel(err, p.discover))
				p.showServer()
				p.tell()
				return
			}
			p.d.found = found
			p.choose(0)
		})
}

// byHand shows the fields without looking for anything.
func (p *mailboxPage) byHand() {
	p.read()
	p.d.searched, p.d.chosen, p.d.found = true, -1, nil
	p.d.account.Provider = ""
	p.d.account.SignIn = mailbox.ByPassword
	p.showProposals()
	p.showServer()
	p.tell()
	if p.host != nil {
		p.w.win.Canvas().Focus(p.host)
	}
}

// choose takes a proposal.
func (p *mailboxPage) choose(i int) {
	p.d.chosen = i
	p.take(p.d.found[i].Account)
}

// take fills in settings for the address as typed.
func (p *mailboxPage) take(a mailbox.Account) {
	a.Folders = slices.Clone(a.Folders)
	a.Address, a.Out = p.own(), p.d.account.Out
	if a.IMAP.User == "" {
		a.IMAP.User = a.Address
	}
	if a.SignIn == "" {
		a.SignIn = mailbox.ByPassword
		if x, ok := p.provider(a.Provider); ok && x.OnlyOAuth {
			a.SignIn = mailbox.ByOAuth
		}
	}
	if p.has && a.CAFile == "" && a.IMAP.Host == p.kept.IMAP.Host {
		a.CAFile = p.kept.CAFile
	}
	p.d.account, p.d.secret = a, mailbox.Secret{}
	p.showProposals()
	p.showServer()
	p.tell()
}

func (p *mailboxPage) provider(id string) (mailbox.Provider, bool) {
	i := slices.IndexFunc(p.providers, func(x mailbox.Provider) bool { return x.ID == id && id != "" })
	if i < 0 {
		return mailbox.Provider{}, false
	}
	return p.providers[i], true
}

// wayIn says what kind of password a provider wants, "" where nothing is known.
func (w *Window) wayIn(x mailbox.Provider) string {
	switch {
	case x.OnlyOAuth:
		return w.t("mailbox.onlyOAuth", "Provider", kit.Line(x.Name, 40))
	case x.AppPassword && x.OAuth:
		return w.t("mailbox.appOrOAuth", "Provider", kit.Line(x.Name, 40))
	case x.AppPassword:
		return w.t("mailbox.appPassword", "Provider", kit.Line(x.Name, 40))
	case x.OAuth:
		return w.t("mailbox.mayOAuth", "Provider", kit.Line(x.Name, 40))
	}
	return w.t("mailbox.ownPassword")
}

func (w *Window) serverLine(s mailbox.Server) string {
	s.Host = kit.Line(s.Host, 60)
	return s.String() + " " + w.security(s.Security)
}

func (w *Window) security(s mailbox.Security) string {
	switch s {
	case mailbox.StartTLS:
		return "STARTTLS"
	case mailbox.Plain:
		return w.t("mailbox.plain")
	}
	return "TLS"
}

func (p *mailboxPage) showProposals() {
	w := p.w
	if len(p.d.found) == 0 {
		p.proposals.clear()
		return
	}
	var chosen, others []fyne.CanvasObject
	for i, f := range p.d.found {
		if i == mostProposals {
			break
		}
		if i == p.d.chosen {
			chosen = append(chosen, p.proposal(f, kit.Badge(kit.Kept, w.t("mailbox.chosen"))))
		} else {
			others = append(others, p.proposal(f, kit.NewButton(w.t("mailbox.use"), func() { p.choose(i) })))
		}
	}
	parts := append([]fyne.CanvasObject{kit.Gap(4)}, chosen...)
	if len(others) > 0 {
		parts = append(parts, kit.Fold(w.n("mailbox.others", len(others)), false, kit.Down(6, others...)))
	}
	p.proposals.set(kit.Down(6, parts...))
}

// mostProposals is how many proposals are shown: the best ones come first.
const mostProposals = 6

// proposal says what settings were found, where they come from, and what kind
// of password they want.
func (p *mailboxPage) proposal(f mailbox.Found, act fyne.CanvasObject) fyne.CanvasObject {
	w := p.w
	title := kit.Line(f.Account.IMAP.Host, 60)
	x, known := p.provider(f.Account.Provider)
	if known {
		title = kit.Line(x.Name, 60)
	}
	lines := []string{w.serverLine(f.Account.IMAP)}
	if f.Account.SMTP.Host != "" {
		lines[0] += " · " + w.t("mailbox.sendsBy", "Server", w.serverLine(f.Account.SMTP))
	}
	from := w.known("mailbox.from."+f.From, w.t("mailbox.from.guess"))
	if !f.Tried {
		from += " " + w.t("mailbox.notThere")
	}
	lines = append(lines, from)
	if known {
		lines = append(lines, w.wayIn(x))
	}
	return kit.NewPanel(kit.ColorCard, kit.ColorCardEdge, 8, kit.Margins(8, 4, 8, 4,
		kit.Row(0, kit.Down(-12, kit.Strong(title), kit.Faint(strings.Join(lines, "\n"))), act)))
}

// usualPort is the port that a server has when none is said (RFC 8314).
func usualPort(smtp bool, s mailbox.Security) int {
	switch {
	case !smtp && s == mailbox.TLS:
		return 993
	case !smtp:
		return 143
	case s == mailbox.TLS:
		return 465
	}
	return 587
}

// protection is the choice of how a connection is protected. What is unprotected
// is offered only for a server on this computer.
func (p *mailboxPage) protection(host *kit.Entry, port *kit.Entry, s *mailbox.Security, smtp bool) fyne.CanvasObject {
	w := p.w
	if *s == "" {
		*s = mailbox.TLS
	}
	box := container.NewStack()
	offered := -1
	fill := func() {
		port.SetPlaceHolder(strconv.Itoa(usualPort(smtp, *s)))
		kinds := []mailbox.Security{mailbox.TLS, mailbox.StartTLS}
		if (mailbox.Server{Host: host.Text}).Loopback() || *s == mailbox.Plain {
			kinds = append(kinds, mailbox.Plain)
		}
		if len(kinds) == offered {
			return
		}
		offered = len(kinds)
		var words []string
		for _, k := range kinds {
			words = append(words, w.security(k))
		}
		chips := kit.NewChips(words, nil)
		chips.Choose(max(slices.Index(kinds, *s), 0))
		chips.OnChange(func(i int) {
			if port.Text == strconv.Itoa(usualPort(smtp, *s)) {
				port.SetText("") // the usual one of the other protection is meant
			}
			*s = kinds[i]
			port.SetPlaceHolder(strconv.Itoa(usualPort(smtp, *s)))
			p.touched()
		})
		chips.Object.Layout = layout.NewHBoxLayout()
		box.Objects = []fyne.CanvasObject{container.NewCenter(chips.Object)}
		box.Refresh()
	}
	fill()
	host.OnChanged = func(string) { fill(); p.touched() }
	return box
}

// serverRow is a server with its port and its protection.
func (p *mailboxPage) serverRow(host, port *kit.Entry, protection fyne.CanvasObject) fyne.CanvasObject {
	return kit.Row(0, host, kit.MinWidth(76, port), protection)
}

func portText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// showServer shows the fields of the servers and of the way in, once there is
// something to fill in.
func (p *mailboxPage) showServer() {
	w, a := p.w, &p.d.account
	p.host, p.port, p.user, p.smtp, p.smtpPort, p.smtpUse = nil, nil, nil, nil, nil, nil
	p.password, p.clientID, p.clientSecret, p.test = nil, nil, nil, nil
	if !p.d.searched {
		p.server.Objects = nil
		p.server.Refresh()
		return
	}
	touched := func(string) { p.touched() }
	entry := func(text, holder string) *kit.Entry {
		e := kit.NewEntry(text)
		e.SetPlaceHolder(holder)
		e.OnChanged = touched
		return e
	}
	p.host, p.port = entry(a.IMAP.Host, w.t("mailbox.hostExample")), entry(portText(a.IMAP.Port), "")
	user := a.IMAP.User
	if user == a.Address {
		user = "" // it follows the address
	}
	p.user = entry(user, p.own())
	p.smtp, p.smtpPort = entry(a.SMTP.Host, w.t("mailbox.noSMTP")), entry(portText(a.SMTP.Port), "")
	smtpUser := a.SMTP.User
	if smtpUser == a.IMAP.User {
		smtpUser = ""
	}
	p.smtpUse = entry(smtpUser, w.t("mailbox.sameUser"))

	parts := []fyne.CanvasObject{kit.Heading(w.t("mailbox.step2"))}
	if len(p.d.found) == 0 && len(p.providers) > 0 {
		parts = append(parts, kit.FormRow(w.t("mailbox.provider"), "", p.chooseProvider()))
	}
	parts = append(parts,
		kit.FormRow(w.t("mailbox.imap"), "", p.serverRow(p.host, p.port, p.protection(p.host, p.port, &a.IMAP.Security, false))),
		kit.FormRow(w.t("mailbox.smtp"), w.t("mailbox.smtpHelp"), p.serverRow(p.smtp, p.smtpPort, p.protection(p.smtp, p.smtpPort, &a.SMTP.Security, true))),
		kit.FormRow(w.t("mailbox.user"), "", kit.Shared(0.5, kit.Margins(0, 0, 4, 0, p.user), kit.Margins(4, 0, 0, 0, p.smtpUse))))
	x, known := p.provider(a.Provider)
	if known && x.OnlyOAuth {
		a.SignIn = mailbox.ByOAuth
	}
	if a.SignIn == "" {
		a.SignIn = mailbox.ByPassword
	}
	if known && x.OAuth && !x.OnlyOAuth {
		ways := []string{mailbox.ByPassword, mailbox.ByOAuth}
		chips := kit.NewChips([]string{w.t("mailbox.byPassword"), w.t("mailbox.byOAuth")}, nil)
		chips.Choose(max(slices.Index(ways, a.SignIn), 0))
		chips.OnChange(func(i int) {
			p.read()
			a.SignIn = ways[i]
			p.showServer()
			p.tell()
		})
		parts = append(parts, kit.FormRow(w.t("mailbox.signIn"), "", chips.Object))
	}
	var help []fyne.CanvasObject
	if known && x.Help != "" {
		help = append(help, kit.NewQuiet(w.t("mailbox.help", "Provider", kit.Line(x.Name, 40)), theme.HelpIcon(), func() { w.openPage(x.Help) }))
	}
	if a.SignIn == mailbox.ByOAuth {
		p.clientID = entry(a.ClientID, "")
		p.clientSecret = kit.NewPassword()
		p.clientSecret.SetPlaceHolder(w.t("mailbox.optional"))
		sign := kit.NewIconButton(w.t("mailbox.signInNow"), theme.LoginIcon(), p.signIn)
		parts = append(parts, kit.FormRow(w.t("mailbox.clientID"), w.t("mailbox.clientIDHelp"), p.clientID),
			kit.FormRow(w.t("mailbox.clientSecret"), w.t("mailbox.clientSecretHelp"), p.clientSecret),
			kit.Margins(8, 2, 8, 2, kit.Flow(append([]fyne.CanvasObject{sign}, help...)...)), kit.Margins(8, 2, 8, 2, p.prompt.box))
		switch {
		case p.d.secret.Token != (mailbox.Token{}):
			p.prompt.set(kit.IconLine(kit.Kept, w.t("mailbox.signedIn")))
		case p.mayReuse():
			p.prompt.set(kit.IconLine(kit.Quiet, w.t("mailbox.signedInKept")))
		default:
			p.prompt.clear()
		}
	} else {
		p.password = kit.NewPassword()
		p.password.OnChanged = touched
		word := ""
		if p.has && p.kept.SignIn != mailbox.ByOAuth {
			p.password.SetPlaceHolder(w.t("mailbox.unchanged"))
			word = w.t("mailbox.passwordKept")
		}
		if known {
			word = strings.TrimSpace(w.wayIn(x) + " " + word)
		}
		p.password.OnSubmitted = func(string) {
			if p.test != nil && !p.test.Disabled() {
				p.try()
			}
		}
		parts = append(parts, kit.FormRow(w.t("mailbox.password"), word, p.password))
		if len(help) > 0 {
			parts = append(parts, kit.Margins(8, -6, 8, 0, kit.Flow(help...)))
		}
	}
	p.test = kit.NewIconButton(w.t("service.test"), theme.ViewRefreshIcon(), p.try)
	p.lacks = container.NewStack()
	parts = append(parts, kit.Margins(8, 6, 8, 2, container.NewHBox(p.test)), p.lacks, kit.Margins(8, 2, 8, 0, p.trial.box))
	p.server.Objects = []fyne.CanvasObject{kit.NewCard(parts...)}
	p.server.Refresh()
}

// chooseProvider is the choice among the providers whose settings are known,
// where nothing was found for the address.
func (p *mailboxPage) chooseProvider() fyne.CanvasObject {
	w := p.w
	options := []kit.Option{{Value: "", Word: w.t("mailbox.otherProvider")}}
	for _, x := range p.providers {
		options = append(options, kit.Option{Value: x.ID, Word: kit.Line(x.Name, 60)})
	}
	return kit.NewSelect(options, p.d.account.Provider, func(id string) {
		x, ok := p.provider(id)
		if !ok {
			p.d.account.Provider = ""
			p.showServer()
			p.tell()
			return
		}
		a := x.Account
		a.Provider = x.ID
		p.take(a)
	})
}

// openPage opens a web page in the system's browser.
func (w *Window) openPage(page string) {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "https" && !(u.Scheme == "http" && (mailbox.Server{Host: u.Hostname()}).Loopback()) {
		return
	}
	if err := w.app.OpenURL(u); err != nil {
		w.fail(err)
	}
}

// read brings the account in line with the fields.
func (p *mailboxPage) read() {
	a := &p.d.account
	a.Address = p.own()
	if p.host == nil {
		return
	}
	a.IMAP.Host, a.SMTP.Host = strings.TrimSpace(p.host.Text), strings.TrimSpace(p.smtp.Text)
	a.IMAP.Port, a.SMTP.Port = portOf(p.port.Text), portOf(p.smtpPort.Text)
	a.IMAP.User = strings.TrimSpace(p.user.Text)
	if a.IMAP.User == "" {
		a.IMAP.User = a.Address
	}
	if a.SMTP.User = strings.TrimSpace(p.smtpUse.Text); a.SMTP.User == "" && a.SMTP.Host != "" {
		a.SMTP.User = a.IMAP.User
	}
	if p.clientID != nil {
		a.ClientID = strings.TrimSpace(p.clientID.Text)
	}
}

// portOf reads a port, 0 for the usual one, -1 where it is none.
func portOf(s string) int {
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return -1
	}
	return n
}

// secret is what signs in as typed; nothing where what is kept is meant.
func (p *mailboxPage) secret() mailbox.Secret {
	if p.d.account.SignIn == mailbox.ByOAuth {
		return p.d.secret
	}
	if p.password != nil {
		return mailbox.Secret{Password: p.password.Text}
	}
	return mailbox.Secret{}
}

// mayReuse tells whether the secret that is kept is for these servers and this
// user: it is never handed to another one.
func (p *mailboxPage) mayReuse() bool {
	a, k := p.d.account, p.kept
	same := func(x, y mailbox.Server) bool { return strings.EqualFold(x.Host, y.Host) && x.User == y.User }
	return p.has && a.SignIn == k.SignIn && same(a.IMAP, k.IMAP) && (a.SMTP.Host == "" || same(a.SMTP, k.SMTP))
}

// missing says what a test still needs, "" for nothing.
func (p *mailboxPage) missing() string {
	w, a := p.w, p.d.account
	bare := func(s mailbox.Server) bool { return s.Host != "" && s.Security == mailbox.Plain && !s.Loopback() }
	switch {
	case !strings.Contains(a.Address, "@"):
		return w.t("mailbox.lacksAddress")
	case a.IMAP.Host == "":
		return w.t("mailbox.lacksServer")
	case a.IMAP.Port < 0 || a.SMTP.Port < 0:
		return w.t("mailbox.lacksPort")
	case bare(a.IMAP) || bare(a.SMTP):
		return w.t("mailbox.lacksTLS")
	case p.secret() != (mailbox.Secret{}) || p.mayReuse():
		return ""
	case a.SignIn == mailbox.ByOAuth:
		return w.t("mailbox.lacksSignIn")
	case p.has:
		return w.t("mailbox.lacksPasswordAgain")
	}
	return w.t("mailbox.lacksPassword")
}

// touched is called after a field has changed.
func (p *mailboxPage) touched() {
	p.read()
	p.tell()
}

// same tells whether the settings are those that were tested.
func (p *mailboxPage) same() bool {
	a, b := p.d.account, p.d.tested
	a.Folders, b.Folders, a.Out, b.Out = nil, nil, "", ""
	return p.d.looked != nil && reflect.DeepEqual(a, b) && p.secret() == p.d.with
}

// tell brings the state, the test and the button for keeping in line.
func (p *mailboxPage) tell() {
	w := p.w
	if p.d == nil {
		return
	}
	p.read()
	lacks := ""
	if p.test != nil {
		lacks = p.missing()
		enable(p.test, lacks == "")
		p.lacks.Objects = nil
		if lacks != "" {
			p.lacks.Objects = []fyne.CanvasObject{kit.Faint(lacks)}
		}
		p.lacks.Refresh()
	}
	why, tone := "", kit.AtRisk
	switch {
	case !p.d.searched:
	case !p.same() && p.d.looked != nil:
		why = w.t("mailbox.testAgain")
	case !p.same():
		if !p.unchanged() {
			why = w.t("mailbox.notTested")
		}
	case len(p.ticked()) == 0:
		why, tone = w.t("mailbox.noFolder"), kit.Late
	case p.d.account.Out == mailbox.OutSMTP && !p.d.looked.SMTP:
		why, tone = w.t("mailbox.noWayOut"), kit.Late
	case p.unchanged():
	default:
		why = w.t("mailbox.notSaved")
	}
	ready := p.same() && len(p.ticked()) > 0 && (p.d.account.Out != mailbox.OutSMTP || p.d.looked.SMTP)
	enable(p.save, ready && !p.unchanged())
	var line fyne.CanvasObject = kit.Gap(1)
	if why != "" {
		line = kit.IconLine(tone, why)
	}
	p.state.Objects = []fyne.CanvasObject{line}
	p.state.Refresh()
}

// unchanged tells whether the settings are those that are kept.
func (p *mailboxPage) unchanged() bool {
	a := p.d.account
	a.Folders = p.wanted()
	return p.has && reflect.DeepEqual(whole(a), whole(p.kept)) && p.secret() == (mailbox.Secret{})
}

// whole writes out what an account leaves to be understood, so that two can be
// compared: a profile that was made by hand says less than this page does.
func whole(a mailbox.Account) mailbox.Account {
	if a.Address == "" && strings.Contains(a.IMAP.User, "@") {
		a.Address = a.IMAP.User
	}
	if a.SignIn == "" {
		a.SignIn = mailbox.ByPassword
	}
	if a.Out == "" {
		a.Out = mailbox.OutDrafts
	}
	if a.IMAP.Security == "" {
		a.IMAP.Security = mailbox.TLS
	}
	switch {
	case a.SMTP.Host == "":
		a.SMTP = mailbox.Server{}
	case a.SMTP.User == "":
		a.SMTP.User = a.IMAP.User
	}
	if a.SMTP.Host != "" && a.SMTP.Security == "" {
		a.SMTP.Security = mailbox.TLS
	}
	if len(a.Folders) == 0 {
		a.Folders = nil
	}
	if len(a.AuthServIDs) == 0 {
		a.AuthServIDs = nil
	}
	return a
}

// signIn signs in at the provider: she opens its page, and types a code there
// where there is one.
func (p *mailboxPage) signIn() {
	w := p.w
	p.read()
	a, clientSecret := p.d.account, p.clientSecret.Text
	page := w.pageCtx
	ctx, cancel := context.WithCancel(page)
	place := container.NewStack()
	strip := kit.NewStrip(w.t("mailbox.waiting"), w.t("cancel"), func() { cancel() })
	p.prompt.gen++
	gen := p.prompt.gen
	p.prompt.set(kit.Down(4, place, strip.Object))
	show := func(x mailbox.Prompt) {
		w.onMain(func() {
			if gen == p.prompt.gen && ctx.Err() == nil {
				place.Objects = []fyne.CanvasObject{p.ask(x)}
				place.Refresh()
			}
		})
	}
	w.async(func() {
		secret, err := w.f.SignInMail(ctx, a, clientSecret, show)
		w.onMain(func() {
			strip.Stop()
			stopped := ctx.Err() != nil
			cancel()
			if gen != p.prompt.gen || page.Err() != nil {
				return
			}
			switch {
			case stopped:
				p.prompt.clear()
			case err != nil:
				p.prompt.set(w.errorPanel(err, p.signIn))
			default:
				secret.ClientSecret = clientSecret
				p.d.secret = secret
				p.prompt.set(kit.IconLine(kit.Kept, w.t("mailbox.signedIn")))
			}
			p.tell()
		})
	})
}

// ask shows what the provider wants done.
func (p *mailboxPage) ask(x mailbox.Prompt) fyne.CanvasObject {
	w := p.w
	parts := []fyne.CanvasObject{}
	if x.Code != "" {
		code := kit.StrongWords(kit.Line(x.Code, 40))
		code.SizeName = theme.SizeNameHeadingText
		parts = append(parts, kit.Words(w.t("mailbox.promptCode")),
			kit.Row(0, code, kit.NewIconButton(w.t("copy"), theme.ContentCopyIcon(), func() { w.app.Clipboard().SetContent(kit.Clean(x.Code)) })))
	} else {
		parts = append(parts, kit.Words(w.t("mailbox.promptPage")))
	}
	open := kit.NewIconButton(w.t("mailbox.openPage"), theme.ComputerIcon(), func() { w.openPage(x.Page) })
	parts = append(parts, kit.Margins(8, 0, 0, 0, container.NewHBox(open)), kit.Faint(kit.Line(x.Page, 90)))
	if !x.Until.IsZero() {
		parts = append(parts, kit.Faint(w.t("mailbox.promptUntil", "Hour", w.hour(x.Until))))
	}
	return kit.NewPanel(kit.ColorDemoWash, "", 8, kit.Margins(8, 6, 8, 6, kit.Down(0, parts...)))
}

// try signs in live and looks around.
func (p *mailboxPage) try() {
	w := p.w
	p.read()
	a, secret := p.d.account, p.secret()
	tested := a
	a.Folders = nil // what Greffier would choose is asked for; her own choice is laid over it
	attempt(w, p.trial, w.t("mailbox.testing"), func(ctx context.Context) (mailbox.Looked, error) { return w.f.TryMail(ctx, a, secret) },
		func(l mailbox.Looked, err error) {
			if err != nil {
				p.d.looked = nil
				p.trial.set(w.errorPanel(err, p.try))
			} else {
				p.d.looked, p.d.tested, p.d.with = &l, tested, secret
				p.trial.set(p.lookedWords(l, tested))
				p.setTicks(p.d.account.Folders)
			}
			p.showFolders()
			p.showOut()
			p.tell()
		})
}

// lookedWords say what a test found.
func (p *mailboxPage) lookedWords(l mailbox.Looked, a mailbox.Account) fyne.CanvasObject {
	w := p.w
	server := w.t("mailbox.theServer")
	if l.Server != "" {
		server = kit.Line(l.Server, 60)
	}
	parts := []fyne.CanvasObject{}
	add := func(t kit.Tone, words string) { parts = append(parts, kit.IconLine(t, words)) }
	if l.TLS == "" {
		add(kit.Kept, w.t("mailbox.looked.plain", "Server", server))
	} else {
		add(kit.Kept, w.t("mailbox.looked.tls", "Server", server, "TLS", kit.Line(l.TLS, 20)))
	}
	add(kit.Kept, w.n("mailbox.looked.folders", len(l.Folders)))
	if l.Drafts {
		add(kit.Kept, w.t("mailbox.looked.drafts"))
	} else {
		add(kit.AtRisk, w.t("mailbox.looked.noDrafts"))
	}
	if l.Idle {
		add(kit.Kept, w.t("mailbox.looked.idle"))
	} else {
		add(kit.Quiet, w.t("mailbox.looked.noIdle"))
	}
	switch {
	case l.SMTP:
		add(kit.Kept, w.t("mailbox.looked.smtp"))
	case a.SMTP.Host != "":
		add(kit.AtRisk, w.t("mailbox.looked.smtpUntried"))
	default:
		add(kit.Quiet, w.t("mailbox.looked.noSMTP"))
	}
	return kit.Down(-10, parts...)
}

// setTicks ticks the folders of a list, those of Greffier's choice for none.
func (p *mailboxPage) setTicks(names []string) {
	p.d.read = map[string]bool{}
	for _, f := range p.d.looked.Folders {
		p.d.read[f.Name] = f.Read
		if len(names) > 0 {
			p.d.read[f.Name] = slices.Contains(names, f.Name)
		}
	}
}

// ticked are the folders that are ticked.
func (p *mailboxPage) ticked() []string {
	if p.d.looked == nil {
		return nil
	}
	var out []string
	for _, f := range p.d.looked.Folders {
		if p.d.read[f.Name] {
			out = append(out, f.Name)
		}
	}
	return out
}

// wanted is what the account says of folders: nothing where Greffier chooses.
func (p *mailboxPage) wanted() []string {
	if p.d.looked == nil {
		return p.d.account.Folders
	}
	own := false
	for _, f := range p.d.looked.Folders {
		own = own || p.d.read[f.Name] != f.Read
	}
	if !own {
		return nil
	}
	return p.ticked()
}

// mostFolders is how many folders have a box of their own on the page.
const mostFolders = 200

func (p *mailboxPage) showFolders() {
	w := p.w
	p.checks = nil
	p.folders.Objects = nil
	if l := p.d.looked; l != nil {
		reset := kit.NewQuiet(w.t("mailbox.reset"), theme.ViewRefreshIcon(), nil)
		rest := func() { enable(reset, len(p.wanted()) > 0 || len(p.ticked()) == 0) }
		reset.OnTapped = func() {
			p.setTicks(nil)
			p.showFolders()
			p.tell()
		}
		parts := []fyne.CanvasObject{kit.Row(0, kit.Heading(w.t("mailbox.step3")), reset), kit.Faint(w.t("mailbox.foldersWords"))}
		rows := []fyne.CanvasObject{}
		for i, f := range l.Folders {
			if i == mostFolders {
				rows = append(rows, kit.Faint(w.n("more", len(l.Folders)-i)))
				break
			}
			c := kit.NewCheck(kit.Line(f.Name, 50), p.d.read[f.Name], func(on bool) {
				p.d.read[f.Name] = on
				rest()
				p.tell()
			})
			p.checks = append(p.checks, c)
			note := kit.FaintLine(w.t("mailbox.folder."+string(f.Kind)) + " · " + w.n("mailbox.folderMails", f.Messages))
			rows = append(rows, kit.Shared(0.42, c, note))
		}
		rest()
		p.folders.Objects = []fyne.CanvasObject{kit.NewCard(append(parts, kit.Down(-6, rows...))...)}
	}
	p.folders.Refresh()
}

// showOut shows how letters go out.
func (p *mailboxPage) showOut() {
	w := p.w
	p.out.Objects = nil
	if p.d.looked != nil || p.has {
		ways := []string{mailbox.OutDrafts, mailbox.OutSMTP}
		chips := kit.NewChips([]string{w.t("mailbox.out.drafts"), w.t("mailbox.out.smtp")}, nil)
		chips.Choose(max(slices.Index(ways, p.d.account.Out), 0))
		words := kit.Faint("")
		say := func() { words.SetText(w.t("mailbox.outWords." + p.d.account.Out)) }
		chips.OnChange(func(i int) {
			p.d.account.Out = ways[i]
			say()
			p.tell()
		})
		say()
		p.out.Objects = []fyne.CanvasObject{kit.NewCard(kit.Heading(w.t("mailbox.step4")), kit.Margins(8, 0, 8, 0, chips.Object), words)}
	}
	p.out.Refresh()
}

// keep saves the settings that were tested.
func (p *mailboxPage) keep() {
	w := p.w
	p.read()
	a, secret := p.d.account, p.secret()
	a.Folders = p.wanted()
	w.do(func(ctx context.Context) error { return w.f.SaveMail(ctx, a, secret) }, func() {
		w.draftMail = nil
		if p.within != nil {
			p.within()
			return
		}
		w.say(outcome{tone: kit.Kept, words: w.t("mailbox.saved"), act: w.t("sync.button"), onAct: func() { w.sync(false, true) }})
		w.watch()
		if w.page == page(p) {
			w.show(&mailboxPage{w: w})
		}
	})
}
