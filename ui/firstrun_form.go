package ui

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// What a connection leads to.
const (
	toShop    = "shop"
	toStorage = "storage"
)

// connField is a field of the form of a connection. Its label is
// "connect.KEY", its help "connect.KIND.KEY.help" where there is one.
type connField struct {
	key    string
	secret bool // goes into the vault
	needed bool
	choose string // "file" or "folder": with a button to choose one
	check  bool   // yes or no
	more   bool   // folded away: most people need none of it
}

// connFields are the fields of each kind of shop and storage, in their order.
var connFields = map[string][]connField{
	"woocommerce": {{key: "url", needed: true}, {key: "key", secret: true, needed: true}, {key: "secret", secret: true, needed: true},
		{key: "user", more: true}, {key: "password", secret: true, more: true}},
	"prestashop": {{key: "url", needed: true}, {key: "key", secret: true, needed: true}},
	"shopify":    {{key: "url", needed: true}, {key: "key", secret: true}, {key: "client", more: true}, {key: "secret", secret: true, more: true}},
	"vendure":    {{key: "url", needed: true}, {key: "user", needed: true}, {key: "password", secret: true, needed: true}},
	"csv":        {{key: "file", needed: true, choose: "file"}},
	"jsonl":      {{key: "file", needed: true, choose: "file"}},
	"s3": {{key: "endpoint", needed: true}, {key: "bucket", needed: true}, {key: "access", secret: true, needed: true}, {key: "secret", secret: true, needed: true},
		{key: "region", more: true}, {key: "public", more: true}},
	"sftp": {{key: "host", needed: true}, {key: "user", needed: true}, {key: "password", secret: true}, {key: "path", needed: true},
		{key: "port", more: true}, {key: "keyfile", choose: "file", more: true}, {key: "hostkey", more: true}},
	"webdav": {{key: "url", needed: true}, {key: "user"}, {key: "password", secret: true}, {key: "keeps", check: true, more: true}, {key: "public", more: true}},
	"folder": {{key: "path", needed: true, choose: "folder"}},
}

// storageKinds are the kinds of storage, the usual ones first.
var storageKinds = []string{"s3", "sftp", "webdav", "folder"}

// fieldsOf are the fields of a kind, with those that all of its sort have.
func fieldsOf(to, kind string) []connField {
	out := slices.Clone(connFields[kind])
	if to == toShop {
		out = append(out, connField{key: "fields", more: true}, connField{key: "erase", check: true, more: true})
	}
	if slices.ContainsFunc(out, func(f connField) bool { return f.key == "url" || f.key == "endpoint" }) {
		out = append(out, connField{key: "ca", choose: "file", more: true})
	}
	return append(out, connField{key: "name", more: true})
}

// connForm asks how a shop or a storage is entered, tries it live, and keeps
// what was tried.
type connForm struct {
	w    *Window
	to   string
	name string // under which it is kept, "" for a new one
	kind string
	vals map[string]string // what is not secret

	save    *kit.Button
	test    *kit.Button
	body    *fyne.Container
	chips   *kit.Chips // which kind it is
	trial   *slot
	entries map[string]*kit.Entry
	checks  map[string]*kit.Check
	tried   string // what was tested and went well, "" for nothing
	columns bool   // the columns of its file have to be named first
	after   func(*Window, *connForm)
}

// newConnForm makes the form for a connection that is kept under a name, or for
// a new one.
func newConnForm(w *Window, to, name string) *connForm {
	c := &connForm{w: w, to: to, name: name, vals: map[string]string{"erase": "yes"}}
	c.save = kit.NewPrimary(w.t("save"), c.keep)
	c.save.Disable()
	if to == toShop {
		c.kind = "woocommerce"
		for _, s := range w.f.ShopSetups() {
			if s.Name == name && name != "" {
				c.fromShop(s)
			}
		}
	} else {
		c.kind = storageKinds[0]
		for _, s := range w.f.StorageSetups() {
			if s.Name == name && name != "" {
				c.fromStorage(s)
			}
		}
	}
	return c
}

func yes(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

func (c *connForm) fromShop(s app.ShopSetup) {
	c.kind = s.Kind
	c.vals = map[string]string{"name": s.Name, "url": s.URL, "file": s.File, "user": s.User, "client": s.ClientID, "ca": s.CAFile, "fields": strings.Join(s.Fields, ", "), "erase": yes(s.Erase)}
}

func (c *connForm) fromStorage(s app.StorageSetup) {
	c.kind = s.Kind
	c.vals = map[string]string{"name": s.Name, "path": s.Path, "endpoint": s.Endpoint, "region": s.Region, "bucket": s.Bucket, "host": s.Host, "port": portText(s.Port), "user": s.User,
		"url": s.URL, "keyfile": s.KeyFile, "hostkey": s.HostKey, "ca": s.CAFile, "public": strings.Join(s.PublicURLs, ", "), "keeps": yes(s.KeepsDeleted)}
}

// listed parts what is typed with commas.
func listed(s string) (out []string) {
	for x := range strings.SplitSeq(s, ",") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

// value is what a field says, "" for one that the kind does not have.
func (c *connForm) value(key string) string {
	if !slices.ContainsFunc(fieldsOf(c.to, c.kind), func(f connField) bool { return f.key == key && !f.secret }) {
		return ""
	}
	return strings.TrimSpace(c.vals[key])
}

// called is the name of the connection: hers, or one that says where it leads.
func (c *connForm) called() string {
	if c.name != "" {
		return c.name
	}
	name := c.value("name")
	if name == "" {
		switch {
		case c.value("bucket") != "":
			name = c.value("bucket")
		case c.value("url") != "":
			name = c.value("url")
			if u, err := url.Parse(name); err == nil && u.Host != "" {
				name = u.Hostname()
			}
		case c.value("file") != "":
			name = strings.TrimSuffix(filepath.Base(c.value("file")), filepath.Ext(c.value("file")))
		case c.value("host") != "":
			name = c.value("host")
		case c.value("path") != "":
			name = filepath.Base(c.value("path"))
		}
	}
	name = kit.Line(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' }), "-"), 60)
	taken := c.takenNames()
	for i, base := 2, name; slices.Contains(taken, name); i++ {
		name = base + "-" + strconv.Itoa(i)
	}
	return name
}

func (c *connForm) takenNames() (out []string) {
	if c.to == toShop {
		for _, s := range c.w.f.ShopSetups() {
			out = append(out, s.Name)
		}
		return out
	}
	for _, s := range c.w.f.StorageSetups() {
		out = append(out, s.Name)
	}
	return out
}

func (c *connForm) shop() app.ShopSetup {
	return app.ShopSetup{Name: c.called(), Kind: c.kind, File: c.value("file"), URL: c.value("url"), User: c.value("user"), ClientID: c.value("client"), CAFile: c.value("ca"),
		Fields: listed(c.value("fields")), Erase: c.value("erase") != ""}
}

func (c *connForm) storage() app.StorageSetup {
	port, _ := strconv.Atoi(c.value("port")) // complaint says what is no number
	return app.StorageSetup{Name: c.called(), Kind: c.kind, Path: c.value("path"), Endpoint: c.value("endpoint"), Region: c.value("region"), Bucket: c.value("bucket"), Host: c.value("host"),
		Port: port, User: c.value("user"), URL: c.value("url"), KeyFile: c.value("keyfile"), HostKey: c.value("hostkey"), CAFile: c.value("ca"),
		PublicURLs: listed(c.value("public")), KeepsDeleted: c.value("keeps") != ""}
}

// typed are the secrets as they stand in their fields.
func (c *connForm) typed() app.Secrets {
	out := app.Secrets{}
	for _, f := range fieldsOf(c.to, c.kind) {
		if e := c.entries[f.key]; f.secret && e != nil && e.Text != "" {
			out[f.key] = e.Text
		}
	}
	return out
}

// read takes over what stands in the fields.
func (c *connForm) read() {
	for _, f := range fieldsOf(c.to, c.kind) {
		if e := c.entries[f.key]; e != nil && !f.secret {
			c.vals[f.key] = e.Text
		}
		if x := c.checks[f.key]; x != nil {
			c.vals[f.key] = yes(x.Checked)
		}
	}
}

// missing is the label of the first field that has to be filled in, "" for none.
func (c *connForm) missing() string {
	for _, f := range fieldsOf(c.to, c.kind) {
		e := c.entries[f.key]
		if e == nil || !f.needed || strings.TrimSpace(e.Text) != "" || f.secret && c.name != "" {
			continue // a key that is kept may be used again
		}
		return c.w.label(f.key, c.kind)
	}
	if p := c.value("port"); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return c.w.label("port", c.kind)
		}
	}
	return ""
}

// label names a field in the words of its kind, where it has some.
func (w *Window) label(key, kind string) string {
	return w.known("connect."+kind+"."+key, w.known("connect."+key, key))
}

// state is all that is typed, to tell whether it is what was tested.
func (c *connForm) state() string {
	c.read()
	var b strings.Builder
	b.WriteString(c.kind)
	for _, f := range fieldsOf(c.to, c.kind) {
		b.WriteString("\x00" + f.key + "\x00")
		if e := c.entries[f.key]; e != nil {
			b.WriteString(e.Text)
		}
		if x := c.checks[f.key]; x != nil {
			b.WriteString(yes(x.Checked))
		}
	}
	return b.String()
}

// touched is called after something was typed.
func (c *connForm) touched() {
	missing := c.missing()
	enable(c.test, missing == "")
	enable(c.save, c.tried != "" && c.tried == c.state())
}

// build makes the form. The button that keeps is c.save; whoever shows the form
// places it.
func (c *connForm) build() fyne.CanvasObject {
	w := c.w
	c.trial = newSlot()
	c.body = container.NewStack()
	c.test = kit.NewIconButton(w.t("connect.test"), theme.MediaPlayIcon(), c.try)
	kinds := storageKinds
	if c.to == toShop {
		kinds = w.f.ShopKinds()
	}
	var words []string
	for _, k := range kinds {
		words = append(words, w.known("connect.kind."+k, k))
	}
	chips := kit.NewChips(words, nil)
	chips.Choose(max(slices.Index(kinds, c.kind), 0))
	c.chips = chips
	chips.OnChange(func(i int) {
		c.read()
		c.kind, c.tried = kinds[i], ""
		c.trial.clear()
		c.fill()
	})
	c.fill()
	parts := []fyne.CanvasObject{kit.Margins(8, 0, 8, 0, chips.Object), c.body, kit.Margins(8, 4, 8, 0, container.NewHBox(c.test)), kit.Margins(8, 0, 8, 0, c.trial.box)}
	if c.name != "" {
		parts = parts[1:] // what it is does not change
	}
	return kit.NewCard(parts...)
}

// fill shows the fields of the kind.
func (c *connForm) fill() {
	w := c.w
	c.entries, c.checks = map[string]*kit.Entry{}, map[string]*kit.Check{}
	rows := []fyne.CanvasObject{kit.Faint(w.known("connect."+c.kind+".words", ""))}
	var more []fyne.CanvasObject
	open := false
	for _, f := range fieldsOf(c.to, c.kind) {
		if f.key == "name" && c.name != "" {
			continue
		}
		row := c.field(f)
		if f.more {
			more = append(more, row)
			open = open || !f.check && f.key != "name" && c.vals[f.key] != ""
		} else {
			rows = append(rows, row)
		}
	}
	rows = append(rows, kit.Fold(w.t("connect.more"), open, kit.Down(0, more...)))
	c.body.Objects = []fyne.CanvasObject{kit.Down(0, rows...)}
	c.body.Refresh()
	c.touched()
}

func (c *connForm) field(f connField) fyne.CanvasObject {
	w := c.w
	help := w.known("connect."+c.kind+"."+f.key+".help", w.known("connect."+f.key+".help", ""))
	if f.check {
		x := kit.NewCheck(w.label(f.key, c.kind), c.vals[f.key] != "", func(bool) { c.touched() })
		c.checks[f.key] = x
		return kit.Down(-6, x, kit.Faint(help))
	}
	e := kit.NewEntry(c.vals[f.key])
	if f.secret {
		e = kit.NewPassword()
		if c.name != "" {
			e.SetPlaceHolder(w.t("connect.kept"))
		}
	} else {
		e.SetPlaceHolder(w.known("connect."+c.kind+"."+f.key+".example", ""))
	}
	e.OnChanged = func(string) { c.touched() }
	e.OnSubmitted = func(string) { c.try() }
	c.entries[f.key] = e
	var field fyne.CanvasObject = e
	if f.choose != "" {
		field = container.NewBorder(nil, nil, nil, kit.NewButton(w.t("door.choose"), func() { w.chooseFile(f.choose == "folder", e.SetText) }), e)
	}
	return kit.FormRow(w.label(f.key, c.kind), help, field)
}

// chooseFile lets her choose a file or a folder of this computer.
func (w *Window) chooseFile(folder bool, chosen func(path string)) {
	if folder {
		dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if err == nil && u != nil {
				chosen(u.Path())
			}
		}, w.win).Show()
		return
	}
	dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err == nil && r != nil {
			chosen(r.URI().Path())
			r.Close()
		}
	}, w.win).Show()
}

// try enters it live and says what it found.
func (c *connForm) try() {
	w := c.w
	if c.missing() != "" {
		return
	}
	state, typed := c.state(), c.typed()
	shop, storage := c.shop(), c.storage()
	c.tried, c.columns = "", false
	c.remember()
	c.touched()
	attempt(w, c.trial, w.t("connect.testing"), func(ctx context.Context) (app.Tried, error) {
		if c.to == toShop {
			return w.f.TryShop(ctx, shop, typed)
		}
		return w.f.TryStorage(ctx, storage, typed)
	}, func(t app.Tried, err error) {
		// A file whose columns have to be named is one that is there.
		c.columns = err != nil && c.kind == "csv" && sentinelOf(err, w.lang) == unreadColumns
		switch {
		case c.columns:
			c.tried = state
			c.trial.set(kit.IconLine(kit.AtRisk, w.t("connect.columns")))
		case err != nil:
			c.failed(err)
		default:
			c.tried = state
			c.trial.set(c.found(t))
		}
		c.touched()
	})
}

// failed says why it could not be entered; a server that nobody knows yet can be
// trusted once its print was compared.
func (c *connForm) failed(err error) {
	w := c.w
	parts := []fyne.CanvasObject{w.errorPanel(err, nil)}
	if print := hostKey(err); print != "" && c.kind == "sftp" && c.value("hostkey") == "" {
		parts = append(parts, kit.Words(w.t("connect.hostkeyWords", "Print", print)), container.NewHBox(kit.NewButton(w.t("connect.hostkeyTrust"), func() {
			c.vals["hostkey"] = print
			c.entries["hostkey"].SetText(print)
			c.try()
		})))
	}
	c.trial.set(kit.Down(0, parts...))
}

// found says what a test found.
func (c *connForm) found(t app.Tried) fyne.CanvasObject {
	w := c.w
	facts := []string{w.t("connect.works")}
	if d := w.serviceDetail(t.Detail); d != "" {
		facts = append(facts, d)
	}
	switch t.TLS {
	case "", "local": // a file or a folder is on this computer
	case "loopback":
		facts = append(facts, w.t("service.loopback"))
	default:
		facts = append(facts, kit.Line(t.TLS, 20))
	}
	parts := []fyne.CanvasObject{kit.IconLine(kit.Kept, strings.Join(facts, " · "))}
	if c.to == toStorage {
		switch {
		case len(t.Sample) == 0:
			parts = append(parts, kit.IconLine(kit.AtRisk, w.t("connect.nothingThere")))
		default:
			var keys []string
			for _, k := range t.Sample {
				keys = append(keys, kit.Line(k, 90))
			}
			parts = append(parts, kit.Words(w.t("connect.sample")), kit.Margins(28, -8, 0, 0, kit.Faint(strings.Join(keys, "\n"))))
		}
		if !t.CanProve {
			parts = append(parts, kit.IconLine(kit.AtRisk, w.t("service.cannotProve")))
		}
	}
	return kit.Down(0, parts...)
}

// keep saves what was tested, and makes the connections anew.
func (c *connForm) keep() {
	w := c.w
	if w.working() {
		c.trial.set(kit.IconLine(kit.AtRisk, w.t("connect.busy")))
		return
	}
	if c.tried == "" || c.tried != c.state() {
		return
	}
	typed, shop, storage := c.typed(), c.shop(), c.storage()
	name := c.called()
	w.do(func(ctx context.Context) error {
		save := func() error { return w.f.SaveStorage(ctx, storage, typed) }
		if c.to == toShop {
			save = func() error { return w.f.SaveShop(ctx, shop, typed) }
		}
		if err := save(); err != nil {
			return err
		}
		c.draft(func(d *app.SetUpDraft) { c.put(d, nil, nil) })
		return nil
	}, func() {
		c.name = name
		w.reopen(func(n *Window) {
			if c.after != nil {
				c.after(n, c)
			}
		})
	})
}

// remember keeps what is typed, sealed and without any key, so that a new one
// can be gone on with after a break.
func (c *connForm) remember() {
	if c.name != "" {
		return
	}
	c.read()
	shop, storage := c.shop(), c.storage()
	c.w.async(func() { c.draft(func(d *app.SetUpDraft) { c.put(d, &shop, &storage) }) })
}

func (c *connForm) put(d *app.SetUpDraft, shop *app.ShopSetup, storage *app.StorageSetup) {
	if c.to == toShop {
		d.Shop = shop
	} else {
		d.Storage = storage
	}
}

// draft changes what is kept of what is typed. Where that cannot be done, it has
// to be typed again after a break.
func (c *connForm) draft(change func(*app.SetUpDraft)) {
	d, err := c.w.f.SetUpDraft(c.w.ctx)
	if err != nil {
		return
	}
	change(&d)
	_ = c.w.f.KeepSetUpDraft(c.w.ctx, d)
}

// resume takes over what was typed in before a break.
func (c *connForm) resume(d app.SetUpDraft) {
	switch {
	case c.name != "":
	case c.to == toShop && d.Shop != nil:
		c.fromShop(*d.Shop)
	case c.to == toStorage && d.Storage != nil:
		c.fromStorage(*d.Storage)
	}
}

// connPage is the form of a connection on a page of its own, from the settings.
type connPage struct {
	w    *Window
	to   string
	name string
	file string // a file of orders that was dropped
	form *connForm
}

func (p *connPage) place() string { return placeSettings }
func (p *connPage) changed()      {}
func (p *connPage) step()         { p.form.step() }

// step tests what is typed, then keeps it; false where something is missing.
func (c *connForm) step() bool {
	switch {
	case !c.save.Disabled():
		c.keep()
	case c.missing() == "":
		c.try()
	default:
		return false
	}
	return true
}

func (p *connPage) build() fyne.CanvasObject {
	w := p.w
	p.form = newConnForm(w, p.to, p.name)
	if p.file != "" {
		p.form.kind, p.form.vals["file"] = "csv", p.file
	}
	p.form.after = func(n *Window, c *connForm) {
		n.open(placeSettings)
		n.say(outcome{tone: kit.Kept, words: n.t("connect.saved")})
		if c.columns {
			n.follow(&columnsPage{w: n, shop: c.name})
		} else if c.to == toStorage {
			n.follow(&placesPage{w: n})
		}
	}
	body := p.form.build()
	title, summary := w.t("connect.title."+p.to), w.t("firstrun.words."+p.to)
	if p.name != "" {
		title = w.t("connect.title."+p.to) + " · " + kit.Line(p.name, 40)
	}
	return container.NewBorder(w.backHeader(title, summary, p.form.save).Object, nil, nil, nil, kit.Page(kit.DownReading(12, body)))
}
