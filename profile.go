package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pelletier/go-toml/v2"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/assets"
	"greffier/data/mail"
	"greffier/data/reach"
	"greffier/data/shop"
	"greffier/data/site"
	"greffier/data/store"
	"greffier/data/vault"
	"greffier/data/viewer"
	"greffier/reports"
)

var (
	// errProfileFile says that a profile file cannot be used.
	errProfileFile = errors.New("the profile file cannot be used")
	// errInUse says that another Greffier has the profile open.
	errInUse = errors.New("another Greffier has this profile open")
	// errSecret says that a secret is neither in the environment nor in the keyring.
	errSecret = errors.New("a secret is missing")
)

// settings is the profile file of `greffier init --from` and the profile's own
// profile.toml. Secrets are never in it, only the names of the environment
// variables that they are read from once.
type settings struct {
	Controller register.Controller `toml:"controller"`
	Mailbox    *mailboxSettings    `toml:"mailbox,omitempty"`
	Shops      []shopSettings      `toml:"shop,omitempty"`
	Storages   []storageSettings   `toml:"storage,omitempty"`
	Backup     backupSettings      `toml:"backup,omitempty"`
	Territory  string              `toml:"territory,omitempty"`
	Demo       bool                `toml:"demo,omitempty"`

	firstRun bool // the profile is made by the guided set-up, which goes on in it
}

type shopSettings struct {
	Name      string   `toml:"name,omitempty"`
	Kind      string   `toml:"kind"`
	File      string   `toml:"file,omitempty"`
	URL       string   `toml:"url,omitempty"`
	KeyEnv    string   `toml:"key_env,omitempty"`
	SecretEnv string   `toml:"secret_env,omitempty"`
	CAFile    string   `toml:"ca_file,omitempty"`
	PhotoMeta []string `toml:"photo_meta,omitempty"`
	// User and password: of Vendure's Admin API, or of a WordPress account with
	// an application password, which media files are erased with.
	User        string `toml:"user,omitempty"`
	PasswordEnv string `toml:"password_env,omitempty"`
	// ClientID is of a Shopify app that takes its token by client credentials;
	// its secret is secret_env. Version pins the API's version.
	ClientID string `toml:"client_id,omitempty"`
	Version  string `toml:"version,omitempty"`
	// Erase tells whether Greffier may erase in the shop's own records, where
	// the shop allows it; it may unless this says false.
	Erase *bool `toml:"erase,omitempty"`
	// Columns says which column of a file is read as what.
	Columns map[string]string `toml:"columns,omitempty"`
	// SecretID tells the secrets of these settings from those of earlier ones,
	// as for the mailbox.
	SecretID string `toml:"secret_id,omitempty"`
}

// mayErase tells whether the shop's own records may be erased.
func (s shopSettings) mayErase() bool { return s.Erase == nil || *s.Erase }

type storageSettings struct {
	Name         string   `toml:"name"`
	Kind         string   `toml:"kind"`
	Path         string   `toml:"path,omitempty"`
	Endpoint     string   `toml:"endpoint,omitempty"`
	Region       string   `toml:"region,omitempty"`
	Bucket       string   `toml:"bucket,omitempty"`
	AccessKeyEnv string   `toml:"access_key_env,omitempty"`
	SecretKeyEnv string   `toml:"secret_key_env,omitempty"`
	CAFile       string   `toml:"ca_file,omitempty"`
	PublicURLs   []string `toml:"public_urls,omitempty"`
	Host         string   `toml:"host,omitempty"`
	Port         int      `toml:"port,omitempty"`
	User         string   `toml:"user,omitempty"`
	URL          string   `toml:"url,omitempty"`
	KeyFile      string   `toml:"key_file,omitempty"`
	PasswordEnv  string   `toml:"password_env,omitempty"`
	HostKey      string   `toml:"host_key,omitempty"`
	// KeepsDeleted says that the server has a bin or old versions, so that
	// nothing is ever proven to be gone.
	KeepsDeleted bool              `toml:"keeps_deleted,omitempty"`
	SecretID     string            `toml:"secret_id,omitempty"`
	Locators     []locatorSettings `toml:"locator,omitempty"`
}

type locatorSettings struct {
	Holds string `toml:"holds"`
	Key   string `toml:"key,omitempty"`
	Meta  string `toml:"meta,omitempty"`
}

func (l locatorSettings) in(storage string) plan.Locator {
	return plan.Locator{Storage: storage, Holds: plan.Holds(l.Holds), Key: l.Key, Meta: l.Meta}
}

const (
	profileName = "profile.toml"
	lockName    = "lock"
	outName     = "out"
	stonesName  = "tombstones.json"
	maxProfile  = 1 << 20
)

// readSettings reads a profile file, strictly: a misspelt name is told, since
// it would silently mean nothing.
func readSettings(path string) (settings, error) {
	var s settings
	f, err := os.Open(path)
	if err != nil {
		return s, fmt.Errorf("%w: %w", errProfileFile, err)
	}
	defer f.Close()
	dec := toml.NewDecoder(io.LimitReader(f, maxProfile)).DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, fmt.Errorf("%w: %s: %s", errProfileFile, filepath.Base(path), tomlReason(err))
	}
	return s, s.check(filepath.Dir(path))
}

func tomlReason(err error) string {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Sprintf("line %d: unknown name %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var dec *toml.DecodeError
	if errors.As(err, &dec) {
		row, col := dec.Position()
		return fmt.Sprintf("line %d, column %d: %s", row, col, strings.TrimPrefix(dec.Error(), "toml: "))
	}
	return err.Error()
}

// check completes the settings and refuses what cannot be meant. Paths are
// taken from base, the profile file's own folder.
func (s *settings) check(base string) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", errProfileFile, fmt.Sprintf(format, args...))
	}
	if strings.TrimSpace(s.Controller.Name) == "" || strings.TrimSpace(s.Controller.Email) == "" {
		return bad("[controller] needs a name and an email (GDPR Art. 30(1)(a))")
	}
	if s.Controller.TimeZone == "" {
		s.Controller.TimeZone = "Europe/Paris"
	}
	if _, err := time.LoadLocation(s.Controller.TimeZone); err != nil {
		return bad("time_zone %q is not known; use a name such as Europe/Paris", s.Controller.TimeZone)
	}
	if c := s.Controller.Colour; c != "" {
		if _, ok := register.ParseColour(c); !ok {
			return bad("colour %q is not a colour; write it as #1F5F5B", c)
		}
	}
	switch s.Controller.Language {
	case "":
		s.Controller.Language = "fr"
	case "fr", "en":
	default:
		return bad("language %q is not known; use fr or en", s.Controller.Language)
	}
	if s.Territory != "" {
		if _, err := law.ParseTerritory(s.Territory); err != nil {
			return bad("territory %q is not known", s.Territory)
		}
	}
	abs := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(base, *p)
		}
		if a, err := filepath.Abs(*p); err == nil && *p != "" {
			*p = a
		}
	}
	if m := s.Mailbox; m != nil {
		if err := m.check(); err != nil {
			return bad("[mailbox] %s", err.Error())
		}
		abs(&m.CAFile)
	}
	abs(&s.Backup.Folder)
	names := map[string]bool{}
	for i := range s.Shops {
		sh := &s.Shops[i]
		if sh.Name == "" {
			if sh.Name = sh.Kind; names["shop "+sh.Name] {
				sh.Name = fmt.Sprintf("%s-%d", sh.Kind, i+1)
			}
		}
		if names["shop "+sh.Name] {
			return bad("two shops are called %q", sh.Name)
		}
		names["shop "+sh.Name] = true
		if err := shop.CheckKind(sh.Kind); err != nil {
			return fmt.Errorf("%w: shop %q: %w; use %s", errProfileFile, sh.Name, err, strings.Join(shop.Kinds(), " or "))
		}
		if err := sh.check(); err != nil {
			return bad("shop %q %s", sh.Name, err.Error())
		}
		abs(&sh.File)
		abs(&sh.CAFile)
	}
	for i := range s.Storages {
		st := &s.Storages[i]
		if st.Name == "" {
			st.Name = fmt.Sprintf("storage-%d", i+1)
		}
		if names["storage "+st.Name] {
			return bad("two storages are called %q", st.Name)
		}
		names["storage "+st.Name] = true
		switch st.Kind {
		case "s3":
			if st.Endpoint == "" || st.Bucket == "" {
				return bad("storage %q needs endpoint and bucket", st.Name)
			}
		case "folder":
			if st.Path == "" {
				return bad("storage %q needs path", st.Name)
			}
		case "sftp":
			if st.Host == "" || st.User == "" || st.Path == "" {
				return bad("storage %q needs host, user and path", st.Name)
			}
		case "webdav":
			if st.URL == "" {
				return bad("storage %q needs url", st.Name)
			}
		default:
			return bad("storage %q: kind %q is not known; use s3, sftp, webdav or folder", st.Name, st.Kind)
		}
		if st.Kind != "sftp" { // its path is the server's
			abs(&st.Path)
		}
		abs(&st.CAFile)
		abs(&st.KeyFile)
		for _, l := range st.Locators {
			if err := l.in(st.Name).Validate(); err != nil {
				return fmt.Errorf("%w: storage %q: %w", errProfileFile, st.Name, err)
			}
			if !slices.Contains([]plan.Holds{plan.Photo, plan.Portrait, plan.Derived}, plan.Holds(l.Holds)) {
				return bad("storage %q: a locator holds photo, portrait or derived, not %q", st.Name, l.Holds)
			}
		}
	}
	return nil
}

// secretNames lists the secrets that the settings need: name in the vault →
// environment variable.
func (s settings) secretNames() []struct{ name, env string } {
	var out []struct{ name, env string }
	add := func(name, env string) { out = append(out, struct{ name, env string }{name, env}) }
	if s.Mailbox != nil && s.Mailbox.SignIn != mailbox.ByOAuth {
		add(s.Mailbox.secretName("password"), s.Mailbox.PasswordEnv)
	}
	for _, sh := range s.Shops {
		for _, n := range sh.secrets() {
			add(sh.secretName(n.name), n.env)
		}
	}
	for _, st := range s.Storages {
		for _, n := range st.secrets() {
			add(st.secretName(n.name), n.env)
		}
	}
	return out
}

// dataHome is the user's data directory.
func dataHome() (string, error) {
	if runtime.GOOS == "linux" {
		if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
			return d, nil
		}
		home, err := os.UserHomeDir()
		return filepath.Join(home, ".local", "share"), err
	}
	return os.UserConfigDir()
}

// createProfile makes a profile from settings: the vault with the secrets, the
// store with the default records, and profile.toml. It is made aside and moved
// into place, so that a profile is there whole or not at all, whenever the
// program is cut off.
func createProfile(ctx context.Context, dir, passphrase string, s settings, secret func(name, env string) (string, error)) error {
	aside := filepath.Join(dir, ".init")
	// A store without its vault is no profile, but it is somebody's, unless an
	// earlier call was cut off just there.
	if vault.Exists(dir) || fileExists(filepath.Join(dir, store.FileName)) && !vault.Exists(aside) {
		return vault.ErrExists
	}
	fresh := !fileExists(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the profile's folder: %w", err)
	}
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("make the profile's folder: %w", err)
	}
	defer func() {
		os.RemoveAll(aside)
		if fresh {
			os.Remove(dir) // only while nothing was put there
		}
	}()
	if err := fillProfile(ctx, aside, passphrase, s, secret); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("protect the profile's folder: %w", err)
	}
	// The vault comes last: without it there is no profile.
	for _, n := range []string{"secrets.enc", vault.EpochsName, store.FileName, profileName, "vault.json"} {
		err := os.Rename(filepath.Join(aside, n), filepath.Join(dir, n))
		if err != nil && !(n == "secrets.enc" && errors.Is(err, os.ErrNotExist)) {
			return fmt.Errorf("put the profile into place: %w", err)
		}
	}
	return nil
}

func fillProfile(ctx context.Context, dir, passphrase string, s settings, secret func(name, env string) (string, error)) error {
	v, err := vault.Create(dir, passphrase)
	if err != nil {
		return err
	}
	for _, n := range s.secretNames() {
		val, err := secret(n.name, n.env)
		if err != nil {
			return err
		}
		if err := v.SetSecret(n.name, val); err != nil {
			return err
		}
	}
	// What can never be connected to is told now, not with every command.
	if _, err := (&profile{dir: dir, settings: s, vault: v}).connect(time.Now); err != nil {
		return err
	}
	st, err := openStore(ctx, dir, v, time.Now)
	if err != nil {
		return err
	}
	d, err := register.ParseDefaults(assets.DefaultPolicyTOML, assets.SeedPolicyText)
	if err == nil {
		a := app.New(app.Deps{Store: storePort{st}, Now: time.Now, Dir: dir})
		if err = a.SeedDefaults(ctx, d); err == nil && s.firstRun {
			err = a.SetSetUpStep(ctx, firstStep)
		}
	}
	if e := st.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return writeSettings(dir, s)
}

func writeSettings(dir string, s settings) error {
	b, err := toml.Marshal(s)
	if err != nil {
		return err
	}
	return vault.WriteFile(filepath.Join(dir, profileName), b)
}

// envSecret reads a secret from the environment variable that the profile file
// names, else from the keyring.
func envSecret(name, env string) (string, error) {
	if env != "" {
		if v, ok := os.LookupEnv(env); ok && v != "" {
			return v, nil
		}
	}
	if v, err := vault.KeyringSecret(name); err == nil {
		return v, nil
	}
	if env == "" {
		return "", fmt.Errorf("%w: %s is named by no environment variable and is not in the keyring (service greffier)", errSecret, name)
	}
	return "", fmt.Errorf("%w: %s: set the environment variable %s, or put it into the keyring (service greffier)", errSecret, name, env)
}

func openStore(ctx context.Context, dir string, v *vault.Vault, now func() time.Time) (*store.Store, error) {
	return store.Open(ctx, dir, store.Keys{Seal: v.Key("store"), Index: v.Key("index"), Epochs: v.Epochs()}, now)
}

// storePort gives the store the shape of the façade's port: the one place
// where both types meet.
type storePort struct{ *store.Store }

func (s storePort) Update(ctx context.Context, f func(app.Tx) error) error {
	return s.Store.Update(ctx, func(t *store.Tx) error { return f(t) })
}

func (s storePort) View(ctx context.Context, f func(app.Tx) error) error {
	return s.Store.View(ctx, func(t *store.Tx) error { return f(t) })
}

// profile is an open profile.
type profile struct {
	*app.App
	dir      string
	settings settings
	vault    *vault.Vault
	store    *store.Store
	lock     *flock.Flock
	mail     *mailSetup
}

// lockWait is how long a command waits for another one on the same profile.
const lockWait = 3 * time.Second

// openProfile opens a profile: its lock, vault, store and connections. lang
// overrides the owner's language where it is set.
func openProfile(ctx context.Context, dir, passphrase, lang string, now func() time.Time) (_ *profile, err error) {
	if !vault.Exists(dir) {
		return nil, fmt.Errorf("%w: %s", vault.ErrNoVault, dir)
	}
	s, err := readSettings(filepath.Join(dir, profileName))
	if err != nil {
		return nil, err
	}
	p := &profile{dir: dir, settings: s, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))}
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if ok, lerr := p.lock.TryLockContext(wait, 50*time.Millisecond); !ok {
		if lerr != nil && !errors.Is(lerr, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%w: %w", store.ErrReadOnly, lerr)
		}
		return nil, errInUse
	}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	// Whatever cannot be removed now is tried again with the next command.
	_ = sweep(dir, backupTemp)
	_ = vault.Settle(dir)
	sweepPreviews(now())
	if p.vault, err = vault.Open(dir, passphrase); err != nil {
		return nil, err
	}
	if !fileExists(filepath.Join(dir, store.FileName)) {
		// A new, empty one would look as if nothing had ever been promised.
		return nil, fmt.Errorf("%w: %s is missing", store.ErrDamaged, store.FileName)
	}
	if err = vault.Protect(dir); err != nil {
		return nil, err
	}
	from, to, err := p.beforeMigration(ctx, now)
	if err != nil {
		return nil, err
	}
	if p.store, err = openStore(ctx, dir, p.vault, now); err != nil {
		return nil, err
	}
	if err = p.wire(lang, now); err != nil {
		return nil, err
	}
	if to != 0 {
		if err = p.Migrated(ctx, from, to); err != nil {
			return nil, err
		}
	}
	// A dossier that was cut off leaves nothing; what cannot be removed now is
	// tried again with the next command.
	_ = p.SettleDossier(ctx)
	p.settlePaper()
	dropSheets(p.outDir())
	return p, nil
}

// wire makes the connections and the façade over them.
func (p *profile) wire(lang string, now func() time.Time) error {
	d, err := p.connect(now)
	if err != nil {
		return err
	}
	if lang != "" {
		d.Lang = lang
	}
	d.Scheduler = scheduler{p}
	d.Vault = keeper{p}
	d.Connector = &connector{p: p, now: now}
	d.ReadMail = readMail
	p.App = app.New(d)
	return nil
}

// The folders for temporary files: pages are drawn for the screen in the first
// one, the browser that looks at the shop's site lives in the other. Both are
// bounded by minutes.
const (
	previews = "greffier-preview-"
	browsers = "greffier-browser-"
)

// sweepPreviews removes what a program that was killed while it drew left in
// the folder for temporary files.
func sweepPreviews(now time.Time) {
	es, err := os.ReadDir(os.TempDir())
	if err != nil {
		return // nothing that could be removed
	}
	for _, e := range es {
		if info, err := e.Info(); err == nil && e.IsDir() && (strings.HasPrefix(e.Name(), previews) && now.Sub(info.ModTime()) > time.Minute || strings.HasPrefix(e.Name(), browsers) && now.Sub(info.ModTime()) > time.Hour) {
			_ = os.RemoveAll(filepath.Join(os.TempDir(), e.Name())) // somebody else's cannot be
		}
	}
}

// Close closes the profile and gives its lock back.
func (p *profile) Close() error {
	var err error
	if p.App != nil {
		p.App.Settle()
		dropSheets(p.outDir())
	}
	if p.store != nil {
		err = p.store.Close()
	}
	if p.vault != nil {
		p.vault.Forget()
	}
	return errors.Join(err, p.lock.Unlock())
}

// outDir is where what is printed goes: in the demo beside the profile.
func (p *profile) outDir() string {
	if p.settings.Demo {
		return filepath.Join(filepath.Dir(p.dir), outName)
	}
	return filepath.Join(p.dir, outName)
}

// connect makes the connections that the settings name; nothing is contacted.
func (p *profile) connect(now func() time.Time) (app.Deps, error) {
	s := p.settings
	zone, err := time.LoadLocation(s.Controller.TimeZone)
	if err != nil {
		return app.Deps{}, fmt.Errorf("%w: time zone: %w", errProfileFile, err)
	}
	d := app.Deps{Store: storePort{p.store}, Now: now, Ahead: reach.Ahead, Zone: zone, Lang: s.Controller.Language, Dir: p.dir, OutDir: p.outDir(), Demo: s.Demo,
		KeyFrom: p.vault.From(), Owner: s.Controller, Territory: law.Territory(s.Territory), Compose: compose, Storages: map[string]erasure.Storage{}, Desks: map[string]erasure.Desk{},
		Printer: printer{}, Paper: printer{}, Desktop: viewer.Desktop{}, Version: version, Packer: packer{}, Signer: signer{p.vault}, Stamper: stamper{}, CopySchema: assets.CopySchema, Texts: texts{}, Archive: p, Remember: p.rememberStones,
		Visitor: &site.Visitor{Browser: site.FindBrowser()}, Documents: mail.DocumentText, SaveLocators: p.saveLocators, SaveColumns: p.saveColumns}
	if err := p.connectMailbox(&d); err != nil {
		return d, err
	}
	for _, sh := range s.Shops {
		if err := p.connectShop(&d, sh, zone); err != nil {
			return d, err
		}
	}
	for _, st := range s.Storages {
		if err := p.connectStorage(&d, st); err != nil {
			return d, err
		}
	}
	return d, nil
}

// compose writes a letter as mail.
func compose(o app.Outgoing) ([]byte, error) {
	return mail.ComposeLetter(mail.Letter{From: o.From, To: []mailbox.Address{o.To}, Subject: o.Subject, Text: o.Text,
		InReplyTo: o.InReplyTo, References: o.References, MessageID: o.MessageID, Now: o.At})
}

// texts gives the catalog the shape of the façade's port.
type texts struct{ assets.Letters }

func (texts) Text(lang, key string, args map[string]any) string { return assets.Text(lang, key, args) }

// printer prints documents to files that appear whole or not at all.
type printer struct{}

func (printer) PDF(path string, docs []register.Document) error {
	return toFile(path, func(w io.Writer) error { return reports.PDF(w, docs, onPaper(docs)) })
}

// onPaper are the options of documents: in the colour of their controller.
func onPaper(docs []register.Document) reports.Options {
	if len(docs) == 0 {
		return reports.Options{}
	}
	return reports.Options{Accent: docs[0].Controller.Colour}
}

func (printer) CSV(path string, doc register.Document, s app.CSVStyle) error {
	return toFile(path, func(w io.Writer) error {
		return reports.CSV(w, doc, reports.Options{BOM: s.BOM, Semicolon: s.Semicolon})
	})
}

// Schema implements app.SchemaPrinter.
func (printer) Schema(path string, doc register.Document) error {
	return toFile(path, func(w io.Writer) error { return reports.Schema(w, doc) })
}

func (printer) ODS(path string, doc register.Document) error {
	return toFile(path, func(w io.Writer) error { return reports.ODS(w, doc) })
}

func (printer) JSON(path string, doc register.Document) error {
	return toFile(path, func(w io.Writer) error { return reports.JSON(w, doc) })
}

func (printer) Calendar(path string, c agenda.Calendar) error {
	return toFile(path, func(w io.Writer) error { return reports.Calendar(w, c) })
}

func toFile(path string, f func(io.Writer) error) error {
	var b strings.Builder
	if err := f(&b); err != nil {
		return err
	}
	return vault.WriteFile(path, []byte(b.String()))
}
