package ui

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/ui/kit"
)

// settingsPage is who answers for the shop, the services with their live test,
// the rules, language and look, and the backup.
type settingsPage struct {
	w        *Window
	services *slot
	rules    *slot
	erasures *slot
	triage   *slot
}

func (p *settingsPage) place() string { return placeSettings }
func (p *settingsPage) changed()      {}

func (p *settingsPage) build() fyne.CanvasObject {
	w := p.w
	info := w.f.Info()
	head := w.backHeader(w.t("nav.settings"), w.t("settings.summary"))
	p.services, p.rules, p.erasures, p.triage = newSlot(), newSlot(), newSlot(), newSlot()
	p.loadServices()
	p.loadErasures()
	p.loadTriage()
	p.loadRules()
	look := kit.NewChips([]string{w.t("settings.look.system"), w.t("settings.look.light"), w.t("settings.look.dark")}, nil)
	looks := []kit.Look{kit.LookSystem, kit.LookLight, kit.LookDark}
	now := 0
	for i, l := range looks {
		if l == w.look {
			now = i
		}
	}
	look.Choose(now)
	look.OnChange(func(i int) { w.setLook(looks[i]) })
	text := kit.NewChips([]string{w.t("text.normal"), w.t("text.large"), w.t("text.larger")}, nil)
	text.Choose(slices.Index(kit.Texts, w.memory.Text))
	text.OnChange(func(i int) { w.setText(kit.Texts[i]) })
	langs := []string{"fr", "en"}
	language := kit.NewChips([]string{w.t("lang.fr"), w.t("lang.en")}, nil)
	if w.lang == "en" {
		language.Choose(1)
	}
	language.OnChange(func(i int) { w.setLang(langs[i]) })

	key := w.known("settings.key."+info.KeyFrom, info.KeyFrom)
	general := kit.NewCard(kit.Heading(w.t("settings.general")),
		kit.PairWith(w.t("settings.language"), language.Object), kit.Gap(4),
		kit.PairWith(w.t("settings.look"), look.Object), kit.Gap(4),
		kit.PairWith(w.t("settings.text"), text.Object),
		kit.Pair(w.t("settings.profile"), kit.Clip(info.Dir, 300, 70)),
		kit.Pair(w.t("settings.out"), kit.Clip(info.OutDir, 300, 70)),
		kit.Pair(w.t("settings.key"), key), kit.Pair(w.t("about.version"), kit.Line(info.Version, 60)),
		kit.Gap(6), container.NewHBox(kit.NewIconButton(w.t("menu.backup"), theme.DocumentSaveIcon(), w.backup),
			kit.NewQuiet(w.t("settings.outOpen"), theme.FolderOpenIcon(), func() { w.openFile(info.OutDir) })))
	return container.NewBorder(head.Object, nil, nil, nil, kit.Page(kit.DownReading(12, general, p.services.box, p.sources(info), w.securityCard(), p.triage.box, p.erasures.box, w.sweepCard(), w.reminders(), w.paperCard(info.Controller), p.controller(info.Controller), p.rules.box)))
}

// sources leads to where the photos are and to what the columns of a shop's
// file are.
func (p *settingsPage) sources(info app.ProfileInfo) fyne.CanvasObject {
	w := p.w
	address := w.t("mailbox.row")
	if a, ok := w.f.MailAccount(); ok {
		if address = kit.Line(a.Address, 80); address == "" {
			address = kit.Line(a.IMAP.User, 80)
		}
	} else if w.f.MailProviders() != nil {
		address = w.t("mailbox.none")
	}
	mail := container.NewHBox(kit.NewButton(w.t("open"), func() { w.follow(&mailboxPage{w: w}) }))
	if a, ok := w.f.MailAccount(); ok {
		mail.Add(kit.NewQuiet(w.t("connect.remove"), nil, func() { w.removeConnection(app.KindMailbox, a.IMAP.Host) }))
	}
	parts := append([]fyne.CanvasObject{kit.Heading(w.t("settings.sources"))}, w.connRows()...)
	parts = append(parts,
		kit.Row(0, kit.Down(-14, kit.Strong(w.t("mailbox.title")), kit.Faint(address)), mail),
		kit.Row(0, kit.Down(-14, kit.Strong(w.t("places.title")), kit.Faint(w.n("places.count", len(info.Locators)))),
			kit.NewButton(w.t("open"), func() { w.follow(&placesPage{w: w}) })),
		w.wordingCard())
	for _, shop := range w.f.MappedShops() {
		parts = append(parts, kit.Row(0, kit.Down(-14, kit.Strong(w.t("columns.title", "Shop", kit.Line(shop, 40))), kit.Faint(w.t("columns.summary"))),
			kit.NewButton(w.t("open"), func() { w.follow(&columnsPage{w: w, shop: shop}) })))
	}
	return kit.NewCard(parts...)
}

// checkChoices are how sure the program must be to show a mail as one to check,
// in percent: the usual threshold, half of it and twice as much. checkWords are
// their words.
var (
	usualCheck   = int(math.Round(request.CheckFrom * 100))
	checkChoices = []int{usualCheck / 2, usualCheck, 2 * usualCheck}
	checkWords   = map[int]string{usualCheck / 2: "settings.check.more", usualCheck: "settings.check.usual", 2 * usualCheck: "settings.check.fewer"}
)

// loadTriage shows how many mails are shown as ones to check.
func (p *settingsPage) loadTriage() {
	w := p.w
	fetch(w, p.triage, func(context.Context) (int, error) { return w.f.CheckPercent(), nil }, func(now int) fyne.CanvasObject {
		chips := w.numberChips(checkChoices, now, func(n int) string {
			if key := checkWords[n]; key != "" {
				return w.t(key, "N", w.number(n))
			}
			return w.t("percent", "N", w.number(n))
		}, func(n int) {
			w.do(func(ctx context.Context) error { return w.f.SetCheckPercent(ctx, n) }, nil)
		})
		return kit.NewCard(kit.Heading(w.t("settings.triage")), kit.PairWith(w.t("settings.check"), chips), kit.Faint(w.t("settings.checkWords")))
	})
}

// The choices of the settings of erasures.
var (
	coolingChoices  = []int{0, 24, 48, 72}
	reminderChoices = []int{3, 5, 7, 10, 14}
)

// loadErasures shows how long the erasure of a case waits, and when recipients
// are reminded.
func (p *settingsPage) loadErasures() {
	w := p.w
	type both struct{ hours, days int }
	fetch(w, p.erasures, func(context.Context) (both, error) { return both{w.f.CoolingHours(), w.f.ReminderDays()}, nil }, func(b both) fyne.CanvasObject {
		w.cooling = b.hours
		wait := w.numberChips(coolingChoices, b.hours, func(n int) string {
			if n == 0 {
				return w.t("settings.noCooling")
			}
			return w.n("cooling.hoursWord", n)
		}, func(n int) {
			w.do(func(ctx context.Context) error { return w.f.SetCoolingHours(ctx, n) }, func() { w.cooling = n })
		})
		remind := w.numberChips(reminderChoices, b.days, func(n int) string { return w.n("age", n) }, func(n int) {
			w.do(func(ctx context.Context) error { return w.f.SetReminderDays(ctx, n) }, nil)
		})
		return kit.NewCard(kit.Heading(w.t("settings.erasures")),
			kit.PairWith(w.t("settings.cooling"), wait), kit.Faint(w.t("settings.coolingWords")),
			kit.PairWith(w.t("settings.reminder"), remind), kit.Faint(w.t("settings.reminderWords")))
	})
}

// numberChips is a choice among numbers; one that is set already and is not
// among them is proposed too.
func (w *Window) numberChips(choices []int, now int, word func(int) string, changed func(int)) fyne.CanvasObject {
	if !slices.Contains(choices, now) {
		choices = append(slices.Clone(choices), now)
		slices.Sort(choices)
	}
	var words []string
	for _, n := range choices {
		words = append(words, word(n))
	}
	chips := kit.NewChips(words, nil)
	chips.Choose(slices.Index(choices, now))
	chips.OnChange(func(i int) { changed(choices[i]) })
	return chips.Object
}

// controller is who answers for the processing; it stands on every document.
func (p *settingsPage) controller(c register.Controller) fyne.CanvasObject {
	w := p.w
	f := &form{w: w}
	f.text("controller.name", &c.Name)
	f.text("controller.address", &c.Address)
	f.text("controller.email", &c.Email)
	f.text("controller.phone", &c.Phone)
	f.text("controller.site", &c.Site)
	f.siren("controller.siren", &c.Siren)
	f.text("controller.naf", &c.NAF)
	said := kit.FaintLine("")
	save := kit.NewButton(w.t("save"), func() {
		if !f.collect() {
			said.SetText(f.complaint())
			return
		}
		w.do(func(ctx context.Context) error { return w.f.SaveController(ctx, c) }, func() { said.SetText(w.t("saved")) })
	})
	parts := append([]fyne.CanvasObject{kit.Heading(w.t("settings.controller")), kit.Faint(w.t("settings.controllerWords"))}, f.rows...)
	return kit.NewCard(append(parts, kit.Gap(6), kit.Row(1, save, said))...)
}

func (w *Window) serviceTitle(s app.Service) string {
	title := w.t("service."+s.Kind) + " · " + kit.Line(s.Name, 40)
	if s.Kind != "storage" {
		return title
	}
	// The address says what kind of storage it is; of one on the web, its last
	// test does.
	scheme, _, ok := strings.Cut(s.Address, "://")
	word := w.known("service.scheme."+strings.ToLower(scheme), "")
	switch kind, _, _ := strings.Cut(s.Detail, ","); {
	case !ok && s.Address != "":
		word = w.t("service.kind.folder")
	case word == "" && (kind == "S3" || kind == "WebDAV"):
		word = kind
	}
	if word != "" {
		title += " · " + word
	}
	return title
}

// serviceDetail says in the window's words what a test found out.
func (w *Window) serviceDetail(d string) string {
	if kind, _, cannot := strings.Cut(d, ", cannot prove absence"); cannot {
		return w.serviceFact(kind) + ". " + w.t("service.cannotProve")
	}
	if d == "SFTP" || d == "WebDAV" {
		return d
	}
	var parts []string
	for part := range strings.SplitSeq(d, "; ") {
		if part != "" {
			parts = append(parts, w.serviceFact(part))
		}
	}
	return strings.Join(parts, w.t("list.semicolon"))
}

// What a test counts, and what it lacks: the first part of each is what it says.
var (
	countedFact  = regexp.MustCompile(`^(\d+) (orders|folders)(?:, (\d+) (problems|messages))?$`)
	lackingFacts = []struct{ says, key string }{
		{"the key may not read ", "service.lacks.read"}, {"for erasing the key lacks ", "service.lacks.key"}, {"for erasing the app lacks ", "service.lacks.app"},
	}
)

// serviceFact says one thing that a test found. What is named after it are names
// of the service's own.
func (w *Window) serviceFact(part string) string {
	if m := countedFact.FindStringSubmatch(part); m != nil {
		n, _ := strconv.Atoi(m[1])
		words := w.n("service.count."+m[2], n)
		if m[3] != "" {
			n, _ := strconv.Atoi(m[3])
			words += ", " + w.n("service.count."+m[4], n)
		}
		return words
	}
	for _, l := range lackingFacts {
		if what, ok := strings.CutPrefix(part, l.says); ok {
			return w.t(l.key, "What", kit.Line(what, 120))
		}
	}
	if part == "folder" {
		return w.t("service.kind.folder")
	}
	return w.known("service.detail."+part, kit.Line(part, 120))
}

func (p *settingsPage) loadServices() {
	w := p.w
	fetch(w, p.services, w.f.Services, func(all []app.Service) fyne.CanvasObject {
		parts := []fyne.CanvasObject{kit.Heading(w.t("settings.services")), kit.Faint(w.t("settings.servicesWords"))}
		for _, s := range all {
			test := kit.NewButton(w.t("service.test"), nil)
			place := container.NewStack(p.service(s, test))
			test.OnTapped = func() {
				test.Disable()
				test.SetText(w.t("service.testing"))
				ctx := w.pageCtx
				w.async(func() {
					seen, err := w.f.CheckService(ctx, s.Kind, s.Name)
					w.onMain(func() {
						test.Enable()
						test.SetText(w.t("service.test"))
						if err != nil {
							seen = s
							seen.Err, seen.At = err, time.Now()
						}
						place.Objects = []fyne.CanvasObject{p.service(seen, test)}
						place.Refresh()
					})
				})
			}
			parts = append(parts, place)
		}
		if len(all) == 0 {
			parts = append(parts, kit.Words(w.t("settings.noServices")))
		}
		return kit.NewCard(parts...)
	})
}

// service is one connection: what it is, what happened at its last use, and the
// button that tests it.
func (p *settingsPage) service(s app.Service, test *kit.Button) fyne.CanvasObject {
	w := p.w
	state := kit.Badge(kit.CannotTell, w.t("service.never"))
	var more []fyne.CanvasObject
	switch {
	case s.Err != nil:
		state = kit.Badge(kit.Late, w.t("service.failed", "Date", w.brief(s.At), "Hour", w.hour(s.At)))
		more = append(more, w.errorPanel(s.Err, nil))
		if s.Kind == "mailbox" {
			more = append(more, kit.Margins(8, 0, 0, 6, container.NewHBox(kit.NewButton(w.t("mailbox.settle"), func() { w.follow(&mailboxPage{w: w}) }))))
		}
		if s.Kind == "shop" && sentinelOf(s.Err, w.lang) == unreadColumns && slices.Contains(w.f.MappedShops(), s.Name) {
			more = append(more, kit.Margins(8, 0, 0, 6, container.NewHBox(kit.NewPrimary(w.t("columns.link"), func() { w.follow(&columnsPage{w: w, shop: s.Name}) }))))
		}
	case !s.At.IsZero():
		state = kit.Badge(kit.Kept, w.t("service.well", "Date", w.brief(s.At), "Hour", w.hour(s.At)))
	}
	var facts []string
	if s.Address != "" {
		facts = append(facts, kit.Line(s.Address, 90))
	}
	switch s.TLS {
	case "":
	case "loopback", "local":
		facts = append(facts, w.t("service.loopback"))
	default:
		facts = append(facts, kit.Line(s.TLS, 20))
	}
	title := w.serviceTitle(s)
	if detail := w.serviceDetail(s.Detail); detail != "" && !strings.HasSuffix(title, " · "+detail) {
		facts = append(facts, detail)
	}
	head := kit.Row(0, kit.Down(-12, kit.Row(0, kit.Strong(title), state), kit.Faint(strings.Join(facts, " · "))), test)
	return kit.Down(0, append([]fyne.CanvasObject{head}, more...)...)
}

func (p *settingsPage) loadRules() {
	w := p.w
	fetch(w, p.rules, w.f.Rules, func(rules []register.Rule) fyne.CanvasObject {
		parts := []fyne.CanvasObject{kit.Heading(w.t("settings.rules")), kit.Faint(w.t("settings.rulesWords"))}
		for _, r := range rules {
			e := w.ruleEntry(r)
			parts = append(parts, kit.Row(0, kit.Down(-14, kit.Strong(e.title), kit.Faint(e.note)),
				kit.NewButton(w.t("change"), func() { w.changeRule(r, p.loadRules) })))
		}
		parts = append(parts, container.NewHBox(kit.NewButton(w.t("rules.page"), func() { w.follow(&rulesPage{w: w}) })))
		return kit.NewCard(parts...)
	})
}

// backupName is the name of a backup made today.
func (w *Window) backupName() string {
	return "greffier-" + w.day(time.Now()).String() + "-" + time.Now().In(w.zone).Format("1504") + ".backup"
}
