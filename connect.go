package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/shop"
	"greffier/data/storage"
)

// safeTLS is what every connector that speaks TLS insists on.
const safeTLS = "TLS 1.2"

// check says what the settings of a shop miss.
func (s shopSettings) check() error {
	needs := func(what string) error { return fmt.Errorf("needs %s", what) }
	file := s.Kind == shop.KindCSV || s.Kind == shop.KindJSONL
	switch {
	case file && s.File == "":
		return needs("file")
	case !file && s.URL == "":
		return needs("url")
	case s.Kind == shop.KindVendure && s.User == "":
		return needs("user")
	case len(s.Columns) > 0 && s.Kind != shop.KindCSV:
		return errors.New("has columns, but is no CSV file")
	}
	return nil
}

type secretName struct{ name, env string }

// secrets lists what has to be known to enter a shop.
func (s shopSettings) secrets() []secretName {
	var out []secretName
	switch s.Kind {
	case shop.KindWoo:
		out = append(out, secretName{"key", s.KeyEnv}, secretName{"secret", s.SecretEnv})
		if s.User != "" {
			out = append(out, secretName{"password", s.PasswordEnv})
		}
	case shop.KindPresta:
		out = append(out, secretName{"key", s.KeyEnv})
	case shop.KindShopify:
		if s.ClientID != "" {
			out = append(out, secretName{"secret", s.SecretEnv})
		} else {
			out = append(out, secretName{"key", s.KeyEnv})
		}
	case shop.KindVendure:
		out = append(out, secretName{"password", s.PasswordEnv})
	}
	return out
}

// source is a shop that can be tested live.
type source interface {
	order.Source
	Check(ctx context.Context) (string, error)
}

func (p *profile) connectShop(d *app.Deps, sh shopSettings, zone *time.Location) error {
	secret := map[string]string{}
	for _, n := range sh.secrets() {
		v, err := p.vault.Secret(sh.secretName(n.name))
		if err != nil {
			return err
		}
		secret[n.name] = v
	}
	s, err := openShop(sh, secret, zone, d.Now)
	if err != nil {
		return err
	}
	d.Shops = append(d.Shops, s)
	address, safe := sh.URL, wayTo(sh.URL)
	if sh.URL == "" {
		address, safe = sh.File, "local"
	}
	if sh.mayErase() {
		switch x := s.(type) {
		case *shop.Woo:
			d.Desks[sh.Name] = x.Desk()
		case interface{ Desk() erasure.Desk }:
			d.Desks[sh.Name] = x.Desk()
		}
	}
	d.Services = append(d.Services, app.Connection{Kind: "shop", Name: sh.Name, Address: address, Safe: safe, Check: checked(safe, s.Check)})
	return nil
}

func openShop(sh shopSettings, secret map[string]string, zone *time.Location, now func() time.Time) (source, error) {
	switch sh.Kind {
	case shop.KindCSV:
		c := shop.NewCSV(sh.Name, sh.File)
		if len(sh.Columns) > 0 {
			var err error
			if c, err = shop.NewMappedCSV(sh.Name, sh.File, sh.Columns); err != nil {
				return nil, err
			}
		}
		c.Zone, c.Now = zone, now
		return c, nil
	case shop.KindJSONL:
		c := shop.NewJSONL(sh.Name, sh.File)
		c.Zone, c.Now = zone, now
		return c, nil
	case shop.KindWoo:
		return shop.NewWoo(shop.WooConfig{Name: sh.Name, URL: sh.URL, Key: secret["key"], Secret: secret["secret"], CAFile: sh.CAFile, PhotoMeta: sh.PhotoMeta,
			MediaUser: sh.User, MediaPassword: secret["password"], Now: now})
	case shop.KindPresta:
		return shop.NewPresta(shop.PrestaConfig{Name: sh.Name, URL: sh.URL, Key: secret["key"], CAFile: sh.CAFile, PhotoMeta: sh.PhotoMeta, Zone: zone, Now: now})
	case shop.KindShopify:
		return shop.NewShopify(shop.ShopifyConfig{Name: sh.Name, Shop: sh.URL, Token: secret["key"], ClientID: sh.ClientID, ClientSecret: secret["secret"],
			Version: sh.Version, CAFile: sh.CAFile, PhotoMeta: sh.PhotoMeta, Now: now})
	case shop.KindVendure:
		return shop.NewVendure(shop.VendureConfig{Name: sh.Name, URL: sh.URL, User: sh.User, Password: secret["password"], CAFile: sh.CAFile, PhotoMeta: sh.PhotoMeta, Now: now})
	}
	return nil, shop.CheckKind(sh.Kind)
}

// checked tells with the result of a live test what it proves of the way there.
func checked(safe string, f func(context.Context) (string, error)) app.Checker {
	return func(ctx context.Context) (string, string, error) {
		d, err := f(ctx)
		if err != nil {
			return d, "", err
		}
		return d, safe, nil
	}
}

// wayTo is what a use of an address proves: plain http is refused by the
// connectors for anything but this machine.
func wayTo(address string) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(address)), "http://") {
		return "loopback"
	}
	return safeTLS
}

// bucket is a storage whose objects have addresses.
type bucket interface {
	erasure.Storage
	Bases() []plan.Base
}

func (p *profile) connectStorage(d *app.Deps, st storageSettings) error {
	secret := map[string]string{}
	for _, n := range st.secrets() {
		v, err := p.vault.Secret(st.secretName(n.name))
		if err != nil {
			return err
		}
		secret[n.name] = v
	}
	s, address, safe, err := openStorage(st, secret)
	if err != nil {
		return err
	}
	d.Storages[st.Name] = s
	d.Bases = append(d.Bases, s.Bases()...)
	for _, l := range st.Locators {
		d.Locators = append(d.Locators, l.in(st.Name))
	}
	check := func(ctx context.Context) (string, error) { ab, err := s.Check(ctx); return ab.Described, err }
	d.Services = append(d.Services, app.Connection{Kind: "storage", Name: st.Name, Address: address, Safe: safe, Check: checked(safe, check)})
	return nil
}

func openStorage(st storageSettings, secret map[string]string) (s bucket, address, safe string, err error) {
	switch st.Kind {
	case "folder":
		f, err := storage.NewFolder(st.Name, st.Path)
		return f, st.Path, "local", err
	case "s3":
		b, err := storage.NewS3(storage.S3Config{Name: st.Name, Endpoint: st.Endpoint, Region: st.Region, Bucket: st.Bucket, AccessKey: secret["access"], SecretKey: secret["secret"],
			CAFile: st.CAFile, PublicURLs: st.PublicURLs})
		return b, st.Endpoint + "/" + st.Bucket, wayTo(st.Endpoint), err
	case "sftp":
		c := storage.SFTPConfig{Name: st.Name, Host: st.Host, Port: st.Port, User: st.User, KeyFile: st.KeyFile, HostKey: st.HostKey, Root: st.Path}
		if st.KeyFile == "" {
			c.Password = secret["password"]
		} else {
			c.KeyPassphrase = secret["password"]
		}
		f, err := storage.NewSFTP(c)
		return f, fmt.Sprintf("sftp://%s:%d%s", st.Host, cmp.Or(st.Port, 22), st.Path), "SSH", err
	case "webdav":
		w, err := storage.NewWebDAV(storage.WebDAVConfig{Name: st.Name, URL: st.URL, User: st.User, Password: secret["password"], CAFile: st.CAFile,
			PublicURLs: st.PublicURLs, KeepsDeleted: st.KeepsDeleted})
		return w, st.URL, wayTo(st.URL), err
	}
	return nil, "", "", fmt.Errorf("%w: storage %q", errProfileFile, st.Name)
}

// secrets lists what has to be known to enter a storage. Beside a key file, the
// password is the key file's own.
func (s storageSettings) secrets() []secretName {
	switch {
	case s.Kind == "s3":
		return []secretName{{"access", s.AccessKeyEnv}, {"secret", s.SecretKeyEnv}}
	case s.Kind == "webdav" && (s.User != "" || s.PasswordEnv != ""), s.Kind == "sftp" && (s.KeyFile == "" || s.PasswordEnv != ""):
		return []secretName{{"password", s.PasswordEnv}}
	}
	return nil
}

// saveLocators writes into the profile's file where the photos are.
func (p *profile) saveLocators(ls []plan.Locator) error {
	next := p.settings
	next.Storages = slices.Clone(p.settings.Storages)
	for i := range next.Storages {
		st := &next.Storages[i]
		st.Locators = nil
		for _, l := range ls {
			if l.Storage == st.Name {
				st.Locators = append(st.Locators, locatorSettings{Holds: string(l.Holds), Key: l.Key, Meta: l.Meta})
			}
		}
	}
	return p.saveSettings(next)
}

// saveColumns writes into the profile's file which column is what.
func (p *profile) saveColumns(name string, mapping map[string]string) error {
	next := p.settings
	next.Shops = slices.Clone(p.settings.Shops)
	for i := range next.Shops {
		if next.Shops[i].Name == name {
			next.Shops[i].Columns = mapping
		}
	}
	return p.saveSettings(next)
}

func (p *profile) saveSettings(next settings) error {
	if err := writeSettings(p.dir, next); err != nil {
		return err
	}
	p.settings = next
	return nil
}
