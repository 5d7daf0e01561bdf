package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/assets"
	"greffier/data/demo"
	"greffier/data/shop/wootest"
	"greffier/data/vault"
	"greffier/ui"
)

// demoPassphrase opens the demo's profile: nothing in it is real.
const demoPassphrase = "demo"

// appID is the program's identity towards the desktop, as FyneApp.toml has it.
const appID = "com.cleverfaces.greffier"

// errNoDisplay says that no window can be opened here.
var errNoDisplay = errors.New("there is no display to open a window on")

// demoFeed serves the demo's orders as a WooCommerce shop does.
func demoFeed(key, secret string, orders []demo.Order) http.Handler {
	s := wootest.New(key, secret)
	for _, o := range orders {
		w := wootest.Order{ID: o.ID, Number: o.Number, Status: o.Status, Currency: o.Currency, Total: o.Total,
			DateCreated: wootest.GMT(o.Created), DateModified: wootest.GMT(o.Modified),
			Billing: wootest.Address{FirstName: o.FirstName, LastName: o.LastName, Address1: o.Address, Postcode: o.Postcode, City: o.City,
				Country: o.Country, Email: o.Email, Phone: o.Phone}}
		if !o.Completed.IsZero() {
			w.DateComplete = wootest.GMTPtr(o.Completed)
		}
		line := wootest.LineItem{ID: o.ID*10 + 1, Name: "Livre personnalisé", Quantity: 1, Total: o.Total}
		for i, p := range o.Photos {
			line.MetaData = append(line.MetaData, wootest.Meta{ID: o.ID*100 + int64(i) + 1, Key: "_photo_upload", Value: p})
		}
		w.LineItems = []wootest.LineItem{line}
		s.Put(w)
	}
	return s
}

// startDemo starts the embedded world below dir and opens its profile, made
// where it is missing. The caller closes both.
func (c *cli) startDemo(dir string) (*demo.World, *profile, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	w, err := demo.Start(c.ctx, filepath.Join(dir, "world"), c.now(), demoFeed)
	if err != nil {
		return nil, nil, err
	}
	p, err := c.demoProfile(w, filepath.Join(dir, "profile"), filepath.Join(dir, "world"))
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return w, p, nil
}

func (c *cli) demoProfile(w *demo.World, dir, base string) (*profile, error) {
	f := filepath.Join(base, "profile-file.toml")
	if err := vault.WriteFile(f, []byte(w.ProfileTOML())); err != nil {
		return nil, err
	}
	s, err := readSettings(f)
	if err != nil {
		return nil, err
	}
	s.Demo = true
	env := w.Env()
	secret := func(name, key string) (string, error) {
		if v, ok := env[key]; ok {
			return v, nil
		}
		return "", fmt.Errorf("%w: %s", errSecret, name)
	}
	if !vault.Exists(dir) {
		if err := createProfile(c.ctx, dir, demoPassphrase, s, secret); err != nil {
			return nil, err
		}
	} else if err := c.moveDemo(dir, s, secret); err != nil {
		return nil, err
	}
	return openProfile(c.ctx, dir, demoPassphrase, c.lang, c.now)
}

// moveDemo tells a demo profile where its world is now: its ports change with
// each start.
func (c *cli) moveDemo(dir string, s settings, secret func(name, env string) (string, error)) error {
	v, err := vault.Open(dir, demoPassphrase)
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
	return writeSettings(dir, s)
}

func (c *cli) demoCommand() *cobra.Command {
	var dir string
	var window bool
	cmd := command("demo [--dir DIR]", "The whole cycle on an embedded shop, mailbox and storage", 0, 0, func(*cobra.Command, []string) error {
		if dir == "" {
			home, err := dataHome()
			if err != nil {
				return err
			}
			dir = filepath.Join(home, "greffier-demo")
		}
		w, p, err := c.startDemo(dir)
		if err != nil {
			return err
		}
		defer w.Close()
		defer p.Close()
		if window {
			opened := p
			defer func() { opened.Close() }()
			return c.show(func(a fyne.App) *ui.Window {
				return ui.NewLocking(a, p.App, c.door(&opened, p.dir, func(typed string) (*profile, error) {
					return openProfile(c.ctx, p.dir, typed, c.lang, c.now)
				}))
			})
		}
		return c.demo(p)
	})
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the demo")
	cmd.Flags().BoolVar(&window, "window", false, "open the window on it")
	return cmd
}

// hasDisplay tells whether a window can be opened.
func hasDisplay() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// show opens a window and returns when it was closed.
func (c *cli) show(build func(fyne.App) *ui.Window) error {
	if !hasDisplay() {
		return errNoDisplay
	}
	fyneapp.SetMetadata(fyne.AppMetadata{ID: appID, Name: "Greffier", Version: version, Icon: fyne.NewStaticResource("icon.png", assets.IconPNG)})
	a := fyneapp.NewWithID(appID)
	w := build(a)
	go func() {
		<-c.ctx.Done()
		fyne.Do(a.Quit)
	}()
	if _, err := os.Stat(c.dir); err == nil {
		// Without it the window only cannot be found by the next start.
		if i, err := announce(c.dir, func() { fyne.Do(w.Raise) }); err == nil {
			defer i.close()
		}
	}
	w.Run()
	return nil
}

// window opens the window on the profile, or the welcome where there is none.
func (c *cli) window() error {
	if !hasDisplay() {
		return errNoDisplay
	}
	var opened *profile
	var world *demo.World
	defer func() {
		if opened != nil {
			opened.Close()
		}
		if world != nil {
			world.Close()
		}
	}()
	if showOther(c.dir) {
		c.say("%s", assets.Text(c.speak(), "vault.shown", nil))
		return errInUse
	}
	pass := os.Getenv("GREFFIER_PASSPHRASE")
	unlock := func(typed string) (*profile, error) {
		if typed == "" {
			typed = pass
		}
		return openProfile(c.ctx, c.dir, typed, c.lang, c.now)
	}
	var failed error
	if vault.Exists(c.dir) {
		p, err := unlock("")
		if err == nil {
			opened, pass = p, "" // once locked, it wants to be typed
			return c.show(func(a fyne.App) *ui.Window { return ui.NewLocking(a, p.App, c.door(&opened, c.dir, unlock)) })
		}
		if !errors.Is(err, vault.ErrNoKey) && !errors.Is(err, vault.ErrWrongPassphrase) {
			// Whoever opened the window from a desktop sees no terminal.
			failed = err
			c.complain(err)
		}
	}
	return c.show(func(a fyne.App) *ui.Window {
		d := c.door(&opened, c.dir, unlock)
		d.Locked, d.Failed = vault.Exists(c.dir), failed
		d.Demo = func() (ui.Facade, error) {
			home, err := dataHome()
			if err != nil {
				return nil, err
			}
			w, p, err := c.startDemo(filepath.Join(home, "greffier-demo"))
			if err != nil {
				return nil, err
			}
			world, opened = w, p
			return p.App, nil
		}
		d.Begin = func(who register.Controller, pass string) (ui.Facade, error) {
			if err := beginProfile(c.ctx, c.dir, pass, who); err != nil {
				return nil, err
			}
			p, err := openProfile(c.ctx, c.dir, pass, c.lang, c.now)
			if err != nil {
				return nil, err
			}
			opened = p
			return p.App, nil
		}
		d.SetUp = func(file, pass string) (ui.Facade, error) {
			s, err := readSettings(file)
			if err != nil {
				return nil, err
			}
			if err := createProfile(c.ctx, c.dir, pass, s, envSecret); err != nil {
				return nil, err
			}
			p, err := openProfile(c.ctx, c.dir, pass, c.lang, c.now)
			if err != nil {
				return nil, err
			}
			opened = p
			return p.App, nil
		}
		return ui.NewDoor(a, d)
	})
}

// door is what stands before a profile: how it is unlocked, recovered and
// restored, and how it is locked again. opened is the profile that is open.
func (c *cli) door(opened **profile, dir string, unlock func(typed string) (*profile, error)) ui.Door {
	enter := func(p *profile, err error) (ui.Facade, error) {
		if err != nil {
			return nil, err
		}
		*opened = p
		return p.App, nil
	}
	return ui.Door{
		Lang:    c.speak(),
		Dir:     dir,
		Version: version,
		KeyFrom: func() string { return vault.From(dir) },
		Unlock:  func(typed string) (ui.Facade, error) { return enter(unlock(typed)) },
		Reopen: func() (ui.Facade, error) {
			p := *opened
			if p == nil {
				return nil, vault.ErrNoKey
			}
			n, err := p.reconnect(c.lang, c.now)
			if err != nil {
				return p.App, err
			}
			return enter(n, nil)
		},
		Lock: func() error {
			p := *opened
			*opened = nil
			if p == nil {
				return nil
			}
			err := p.Close()
			debug.FreeOSMemory() // what held keys and mail is given back
			return err
		},
		CanRecover: func() bool { return !vault.RecoveryMade(dir).IsZero() },
		Recover: func(code, next string) (ui.Facade, error) {
			if err := c.recoverAlone(dir, code, next); err != nil {
				return nil, err
			}
			p, err := unlock(next)
			if err == nil {
				keeper{p}.renewCodes()
				err = p.Recovered(c.ctx)
			}
			return enter(p, err)
		},
		Backups: func() []app.BackupFile { return lastBackups(dir) },
		Restore: func(file, passphrase string) (ui.Facade, error) {
			if err := c.restoreInto(dir, file, passphrase, nil); err != nil {
				return nil, err
			}
			return enter(unlock(passphrase))
		},
	}
}

// demo runs the whole cycle in the terminal: orders and mail, a case erased,
// the retention rule, registers and the dossier, the journal verified.
func (c *cli) demo(p *profile) error {
	lang := c.lang
	if lang == "" {
		lang = p.Info().Lang
	}
	t := func(key string, args map[string]any) string { return assets.Text(lang, key, args) }
	sync, err := c.demoSync(p)
	if err != nil {
		return err
	}
	c.say("%s", t("demo.synced", map[string]any{"Orders": sync.Orders, "Messages": sync.Messages, "Cases": len(sync.CasesOpened), "ToCheck": sync.ToCheck}))
	rows, err := p.Requests(c.ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		j := caseOf(r)
		c.say("  %d  %s  %s  %s (%d)  %s  %s", j.Case, strings.Join(j.Rights, ","), j.Person, j.Due, j.DaysLeft, strings.Join(j.Orders, ","), j.Identity)
	}
	var runs []*runJSON
	refused := 0
	for _, r := range rows {
		if !r.State.Open() || !slices.Contains(r.Rights, request.Erasure) || len(r.Orders) == 0 {
			continue
		}
		if r.Identity != cases.Probable && r.Identity != cases.Confirmed {
			refused++
			continue
		}
		run, err := c.demoErase(p, r)
		if err != nil {
			return err
		}
		runs = append(runs, run)
		c.say("%s", t("demo.erased", map[string]any{"Case": int64(r.ID), "Erased": run.Erased, "State": run.State}))
		break // the others are for you to try
	}
	if refused > 0 {
		c.say("%s", t("demo.refused", map[string]any{"Count": refused}))
	}
	v, err := p.Retention(c.ctx, law.Date{})
	if err != nil {
		return err
	}
	if len(v.Plan.Erase) > 0 {
		run, err := c.runPlan(p, v.Plan, app.EraseOptions{})
		if err != nil {
			return err
		}
		runs = append(runs, run)
		c.say("%s", t("demo.retention", map[string]any{"Orders": len(v.Due), "Erased": run.Erased, "State": run.State}))
	}
	if err := c.demoPrint(p); err != nil {
		return err
	}
	ver, err := p.Verify(c.ctx)
	if err != nil {
		return err
	}
	c.say("%s", t("demo.verified", map[string]any{"Entries": ver.Entries, "Store": ver.Store, "Evidence": ver.Evidence}))
	made, err := madeIn(p.Info().OutDir)
	if err != nil {
		return err
	}
	if c.json {
		if err := c.printJSON(map[string]any{"profile": p.dir, "out": p.Info().OutDir, "files": made, "cases": len(rows), "runs": orEmpty(runs)}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.out, "profile\t%s\n", p.dir)
		for _, f := range made {
			fmt.Fprintf(c.out, "made\t%s\n", filepath.Join(p.Info().OutDir, f))
		}
	}
	c.say("%s", t("demo.done", map[string]any{"Out": p.Info().OutDir, "Profile": p.dir}))
	if ver.BrokenAt != nil || ver.Store != "ok" || ver.Evidence != "ok" {
		return errSaid
	}
	for _, r := range runs {
		if r.State != erasure.Complete.String() {
			return errSaid
		}
	}
	return nil
}

func (c *cli) demoSync(p *profile) (app.SyncReport, error) {
	report, end := c.progress("sync")
	defer end()
	return p.Sync(c.ctx, true, true, report)
}

func (c *cli) demoErase(p *profile, r app.CaseRow) (*runJSON, error) {
	pl, err := p.PlanCase(c.ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return c.runPlan(p, pl, app.EraseOptions{Waived: true})
}

// demoPrint prints every register in both languages, and the dossier.
func (c *cli) demoPrint(p *profile) error {
	report, end := c.progress("print")
	defer end()
	total, n := len(register.Names)*2+2, 0
	for _, lang := range assets.Langs {
		for _, name := range register.Names {
			report(n, total, string(name))
			formats := []string{app.FormatPDF, app.FormatCSV, app.FormatJSON}
			if name == register.Processing && lang == "fr" {
				formats = append(formats, app.FormatODS)
			}
			for _, format := range formats {
				if _, err := p.Print(c.ctx, name, app.Printing{Format: format, Lang: lang, Names: true}); err != nil {
					return fmt.Errorf("print %s as %s: %w", name, format, err)
				}
			}
			n++
		}
		report(n, total, "dossier")
		if _, err := p.Dossier(c.ctx, app.Printing{Lang: lang}); err != nil {
			return fmt.Errorf("print the dossier: %w", err)
		}
		n++
	}
	return nil
}

func madeIn(dir string) ([]string, error) {
	es, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range es {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	sort.Strings(out)
	return out, nil
}

func fileExists(p string) bool {
	_, err := os.Stat(p)
	return err == nil
}
