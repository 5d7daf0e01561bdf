package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app"
	"greffier/app/mailbox"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/data/mail"
	"greffier/data/shop"
	"greffier/data/vault"
)

// firstStep is the step of the guided set-up that follows the passphrase.
const firstStep = "recovery"

// beginProfile makes the profile of the guided set-up: who answers for the shop
// and the vault. Everything else is added in the window.
func beginProfile(ctx context.Context, dir, passphrase string, owner register.Controller) error {
	s := settings{Controller: owner, firstRun: true}
	if err := s.check(dir); err != nil {
		return err
	}
	return createProfile(ctx, dir, passphrase, s, func(name, _ string) (string, error) { return "", fmt.Errorf("%w: %s", errSecret, name) })
}

// reconnect makes the connections anew, of the settings as they are now. Vault,
// store and lock go over to the new profile; nothing may run on the old one.
func (p *profile) reconnect(lang string, now func() time.Time) (*profile, error) {
	n := &profile{dir: p.dir, settings: p.settings, vault: p.vault, store: p.store, lock: p.lock}
	if err := n.wire(lang, now); err != nil {
		return nil, err
	}
	p.Settle()
	return n, nil
}

// readMail reads a mail from a file that the owner hands in.
func readMail(path string) (mailbox.Message, error) {
	f, err := os.Open(path)
	if err != nil {
		return mailbox.Message{}, fmt.Errorf("%w: %w", app.ErrNoMailFile, errors.New(reasonOf(err)))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxMail {
		return mailbox.Message{}, app.ErrNoMailFile
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxMail))
	if err != nil {
		return mailbox.Message{}, fmt.Errorf("%w: %w", app.ErrNoMailFile, errors.New(reasonOf(err)))
	}
	m := mail.Parse(raw, mail.Trust{})
	if len(m.From) == 0 && (m.Subject == "" || bytes.IndexByte(raw, 0) >= 0 || !wordy(m.Text)) {
		return mailbox.Message{}, app.ErrNoMailFile
	}
	return m, nil
}

// secretName is the name in the vault of a secret of these settings.
func (s shopSettings) secretName(what string) string {
	return secretNameOf("shop", s.Name, s.SecretID, what)
}

func (s storageSettings) secretName(what string) string {
	return secretNameOf("storage", s.Name, s.SecretID, what)
}

func secretNameOf(kind, name, id, what string) string {
	if id != "" {
		name += "." + id
	}
	return kind + "." + name + "." + what
}

// connector implements app.Connector over the profile's file and vault.
type connector struct {
	p   *profile
	now func() time.Time
	mu  sync.Mutex // one change at a time
}

// ShopKinds implements app.Connector.
func (*connector) ShopKinds() []string { return shop.Kinds() }

func shopSetup(s shopSettings) app.ShopSetup {
	return app.ShopSetup{Name: s.Name, Kind: s.Kind, File: s.File, URL: s.URL, User: s.User, ClientID: s.ClientID, CAFile: s.CAFile, Fields: slices.Clone(s.PhotoMeta), Erase: s.mayErase()}
}

func storageSetup(s storageSettings) app.StorageSetup {
	return app.StorageSetup{Name: s.Name, Kind: s.Kind, Path: s.Path, Endpoint: s.Endpoint, Region: s.Region, Bucket: s.Bucket, Host: s.Host, Port: s.Port, User: s.User,
		URL: s.URL, KeyFile: s.KeyFile, HostKey: s.HostKey, CAFile: s.CAFile, PublicURLs: slices.Clone(s.PublicURLs), KeepsDeleted: s.KeepsDeleted}
}

// Shops implements app.Connector.
func (c *connector) Shops() []app.ShopSetup {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []app.ShopSetup
	for _, s := range c.p.settings.Shops {
		out = append(out, shopSetup(s))
	}
	return out
}

// Storages implements app.Connector.
func (c *connector) Storages() []app.StorageSetup {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []app.StorageSetup
	for _, s := range c.p.settings.Storages {
		out = append(out, storageSetup(s))
	}
	return out
}

// shop returns the settings of a shop as they would be, where it stands among
// the others (len for a new one), and those that are kept under its name.
func (c *connector) shop(s app.ShopSetup) (next shopSettings, i int, kept *shopSettings, err error) {
	all := c.p.settings
	all.Shops = slices.Clone(all.Shops)
	if i = slices.IndexFunc(all.Shops, func(x shopSettings) bool { return x.Name == s.Name }); i >= 0 {
		was := all.Shops[i]
		kept, next = &was, was
	} else {
		i = len(all.Shops)
		all.Shops = append(all.Shops, shopSettings{})
	}
	next.Name, next.Kind, next.File, next.URL, next.User, next.ClientID, next.CAFile = s.Name, s.Kind, s.File, strings.TrimSpace(s.URL), s.User, s.ClientID, s.CAFile
	next.PhotoMeta = slices.Clone(s.Fields)
	next.Erase = nil
	if !s.Erase {
		no := false
		next.Erase = &no
	}
	if kept != nil && (kept.Kind != next.Kind || kept.File != next.File) || next.Kind != shop.KindCSV {
		next.Columns = nil // they were of another file
	}
	all.Shops[i] = next
	if err := all.check(c.p.dir); err != nil {
		return next, i, kept, err
	}
	return all.Shops[i], i, kept, nil
}

// secretsOf completes what was typed in by what is kept for the same address.
func (c *connector) secretsOf(needed []secretName, typed app.Secrets, same bool, keptName func(string) string) (map[string]string, error) {
	out := map[string]string{}
	for _, n := range needed {
		v := strings.TrimSpace(typed[n.name])
		if n.name == "password" {
			v = typed[n.name] // its spaces are its own
		}
		if v == "" && same {
			k, err := c.p.vault.Secret(keptName(n.name))
			if err != nil && !errors.Is(err, vault.ErrNoSecret) {
				return nil, err
			}
			v = k
		}
		if v == "" {
			return nil, fmt.Errorf("%w: %s", app.ErrNeedsSecret, n.name)
		}
		out[n.name] = v
	}
	return out, nil
}

func (c *connector) prepareShop(s app.ShopSetup, typed app.Secrets) (next shopSettings, i int, kept *shopSettings, secret map[string]string, src source, err error) {
	if next, i, kept, err = c.shop(s); err != nil {
		return
	}
	same := kept != nil && kept.Kind == next.Kind && kept.URL == next.URL && kept.User == next.User && kept.ClientID == next.ClientID
	if secret, err = c.secretsOf(next.secrets(), typed, same, func(what string) string { return kept.secretName(what) }); err != nil {
		return
	}
	zone, err := time.LoadLocation(c.p.settings.Controller.TimeZone)
	if err == nil {
		src, err = openShop(next, secret, zone, c.now)
	}
	return
}

// TryShop implements app.Connector.
func (c *connector) TryShop(ctx context.Context, s app.ShopSetup, typed app.Secrets) (app.Tried, error) {
	c.mu.Lock()
	next, _, _, _, src, err := c.prepareShop(s, typed)
	c.mu.Unlock()
	if err != nil {
		return app.Tried{}, err
	}
	t := app.Tried{TLS: "local"}
	if next.URL != "" {
		t.TLS = wayTo(next.URL)
	}
	t.Detail, err = src.Check(ctx)
	return t, err
}

// SaveShop implements app.Connector.
func (c *connector) SaveShop(s app.ShopSetup, typed app.Secrets) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next, i, kept, secret, _, err := c.prepareShop(s, typed)
	if err != nil {
		return err
	}
	next.SecretID = strings.ToLower(rand.Text())
	all := c.p.settings
	all.Shops = append(slices.Clone(all.Shops[:i]), next)
	var old []string
	if kept != nil {
		all.Shops = append(all.Shops, c.p.settings.Shops[i+1:]...)
		for _, n := range kept.secrets() {
			old = append(old, kept.secretName(n.name))
		}
	}
	return c.keep(all, secret, next.secretName, old)
}

// keep writes the secrets first, under names of their own, then the settings
// that name them, and last forgets the old ones: whenever the program is cut
// off, the settings and the secrets that belong together are used.
func (c *connector) keep(all settings, secret map[string]string, name func(string) string, old []string) error {
	for what, v := range secret {
		if err := c.p.vault.SetSecret(name(what), v); err != nil {
			return err
		}
	}
	if err := c.p.saveSettings(all); err != nil {
		return err
	}
	for _, n := range old {
		_ = c.p.vault.SetSecret(n, "") // only an old secret in the vault, if it stays
	}
	return nil
}

func (c *connector) prepareStorage(s app.StorageSetup, typed app.Secrets) (next storageSettings, i int, kept *storageSettings, secret map[string]string, b bucket, safe string, err error) {
	all := c.p.settings
	all.Storages = slices.Clone(all.Storages)
	if i = slices.IndexFunc(all.Storages, func(x storageSettings) bool { return x.Name == s.Name }); i >= 0 {
		was := all.Storages[i]
		kept, next = &was, was
	} else {
		i = len(all.Storages)
		all.Storages = append(all.Storages, storageSettings{})
	}
	next.Name, next.Kind, next.Path, next.Endpoint, next.Region, next.Bucket, next.Host, next.Port, next.User = s.Name, s.Kind, s.Path, strings.TrimSpace(s.Endpoint), s.Region, s.Bucket, s.Host, s.Port, s.User
	next.URL, next.KeyFile, next.HostKey, next.CAFile, next.PublicURLs, next.KeepsDeleted = strings.TrimSpace(s.URL), s.KeyFile, s.HostKey, s.CAFile, slices.Clone(s.PublicURLs), s.KeepsDeleted
	next.PasswordEnv = ""
	if next.Kind == "sftp" && next.KeyFile != "" && typed["password"] != "" {
		next.PasswordEnv = "GREFFIER_KEY_PASSPHRASE" // says that the key file has one of its own
	} else if kept != nil && kept.KeyFile == next.KeyFile {
		next.PasswordEnv = kept.PasswordEnv
	}
	all.Storages[i] = next
	if err = all.check(c.p.dir); err != nil {
		return
	}
	next = all.Storages[i]
	same := kept != nil && kept.Kind == next.Kind && kept.Endpoint == next.Endpoint && kept.Host == next.Host && kept.Port == next.Port && kept.URL == next.URL && kept.User == next.User && kept.KeyFile == next.KeyFile
	if secret, err = c.secretsOf(next.secrets(), typed, same, func(what string) string { return kept.secretName(what) }); err != nil {
		return
	}
	b, _, safe, err = openStorage(next, secret)
	return
}

// What a live test of a storage looks at, and how many names it shows.
const (
	sampleSeen  = 2000
	sampleShown = 5
)

// TryStorage implements app.Connector.
func (c *connector) TryStorage(ctx context.Context, s app.StorageSetup, typed app.Secrets) (app.Tried, error) {
	c.mu.Lock()
	_, _, _, _, b, safe, err := c.prepareStorage(s, typed)
	c.mu.Unlock()
	if err != nil {
		return app.Tried{}, err
	}
	ab, err := b.Check(ctx)
	if err != nil {
		return app.Tried{}, err
	}
	t := app.Tried{Detail: ab.Described, TLS: safe, CanProve: ab.CanProve}
	enough, seen, folders := errors.New("enough was seen"), 0, map[string]bool{}
	err = b.List(ctx, "", func(o plan.Object) error {
		if seen++; seen > sampleSeen {
			return enough
		}
		if dir := path.Dir(path.Dir(o.Key)); !folders[dir] {
			folders[dir] = true
			t.Sample = append(t.Sample, o.Key)
		}
		if len(t.Sample) == sampleShown {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return app.Tried{}, err
	}
	return t, nil
}

// SaveStorage implements app.Connector.
func (c *connector) SaveStorage(s app.StorageSetup, typed app.Secrets) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next, i, kept, secret, _, _, err := c.prepareStorage(s, typed)
	if err != nil {
		return err
	}
	next.SecretID = strings.ToLower(rand.Text())
	all := c.p.settings
	all.Storages = append(slices.Clone(all.Storages[:i]), next)
	var old []string
	if kept != nil {
		all.Storages = append(all.Storages, c.p.settings.Storages[i+1:]...)
		for _, n := range kept.secrets() {
			old = append(old, kept.secretName(n.name))
		}
	}
	return c.keep(all, secret, next.secretName, old)
}

// RemoveShop implements app.Connector.
func (c *connector) RemoveShop(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.p.settings
	i := slices.IndexFunc(all.Shops, func(x shopSettings) bool { return x.Name == name })
	if i < 0 {
		return app.ErrUnknownService
	}
	was := all.Shops[i]
	all.Shops = slices.Delete(slices.Clone(all.Shops), i, i+1)
	var old []string
	for _, n := range was.secrets() {
		old = append(old, was.secretName(n.name))
	}
	return c.p.forget(all, old)
}

// RemoveStorage implements app.Connector.
func (c *connector) RemoveStorage(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.p.settings
	i := slices.IndexFunc(all.Storages, func(x storageSettings) bool { return x.Name == name })
	if i < 0 {
		return app.ErrUnknownService
	}
	was := all.Storages[i]
	all.Storages = slices.Delete(slices.Clone(all.Storages), i, i+1)
	var old []string
	for _, n := range was.secrets() {
		old = append(old, was.secretName(n.name))
	}
	return c.p.forget(all, old)
}

// Remove implements app.MailSetup.
func (x *mailSetup) Remove() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	was := x.p.settings.Mailbox
	if was == nil {
		return app.ErrUnknownService
	}
	all := x.p.settings
	all.Mailbox = nil
	var old []string
	for _, what := range mailSecrets {
		old = append(old, was.secretName(what))
	}
	return x.p.forget(all, old)
}

// forget keeps settings without a connection, then removes its secrets from the
// vault and from the keyring of the operating system: cut off between the two, a
// secret that nothing names is all that is left.
func (p *profile) forget(all settings, secrets []string) error {
	if err := p.saveSettings(all); err != nil {
		return err
	}
	var failed error
	for _, n := range secrets {
		if err := p.vault.SetSecret(n, ""); err != nil {
			failed = err
		}
		vault.ForgetKeyringSecret(n)
	}
	return failed
}
