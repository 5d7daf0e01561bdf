package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What lies outside of the house, by the beginning of its import path.
var (
	anyDriver = slices.Concat(databases, network, windows, paper)
	databases = []string{"database/sql", "modernc.org/"}
	network   = []string{"net", "net/http", "net/smtp", "net/rpc", "crypto/tls", "golang.org/x/net/", "golang.org/x/crypto/ssh",
		"github.com/emersion/", "github.com/minio/", "github.com/hashicorp/", "github.com/pkg/sftp"}
	windows = []string{"fyne.io/"}
	paper   = []string{"github.com/jung-kurt/gofpdf"}
)

// iCalendar is a format, and no driver, though its author makes those too.
const iCalendar = "github.com/emersion/go-ical"

// flow is the story that the folders of app tell, in its order: each may know
// what stands to its left.
var flow = []string{"app/request", "app/cases", "app/plan", "app/erasure", "app/evidence", "app/register", "app/disclosure"}

// houseRules says who may import whom. ours are the packages of this module
// that may be imported; a final /... takes in everything below, and a package
// from elsewhere is named whole where never would keep it out. never is what
// must not be imported from elsewhere. onlyStandard allows the standard
// library and nothing else. The first rule that fits a package counts.
var houseRules = []struct {
	name         string
	of           string
	ours         []string
	never        []string
	onlyStandard bool
}{
	{name: "the law is pure", of: "app/law", onlyStandard: true, never: anyDriver},
	{name: "the guard stands alone", of: "app/guard", onlyStandard: true, never: anyDriver},
	{name: "orders know the law alone", of: "app/order", ours: []string{"app/law"}, never: anyDriver},
	{name: "messages know the law alone", of: "app/mailbox", ours: []string{"app/law"}, never: anyDriver},
	{name: "retention stands on the flow", of: "app/retention", ours: slices.Concat(ground, flow), never: anyDriver},
	{name: "promises stand on the flow", of: "app/promise", ours: slices.Concat(ground, flow, []string{"app/retention"}), never: anyDriver},
	{name: "effects stand on the flow", of: "app/effects", ours: slices.Concat(ground, flow), never: anyDriver},
	{name: "the agenda stands on the flow", of: "app/agenda", ours: slices.Concat(ground, flow, []string{"app/retention"}), never: anyDriver},
	{name: "the schedule knows the system and nobody else", of: "data/schedule", never: slices.Concat(network, windows, paper, databases)},
	{name: "the façade knows app and nothing outside", of: "app", ours: []string{"app/..."}, never: anyDriver},
	{name: "paper takes rows and gives bytes", of: "reports", ours: []string{"app/...", "assets", iCalendar}, never: slices.Concat(network, databases, windows)},
	{name: "the kit knows the toolkit", of: "ui/kit", ours: []string{"assets"}, never: slices.Concat(network, databases, paper)},
	{name: "the locale stands alone", of: "ui/locale", never: anyDriver},
	{name: "the window sees app", of: "ui", ours: []string{"app", "app/...", "ui/kit", "ui/locale", "assets"}, never: slices.Concat(network, databases, paper)},
	{name: "packages are laid out beside the house", of: "packaging", never: anyDriver},
	{name: "what is embedded knows nobody", of: "assets", never: anyDriver},
	{name: "main knows everything", of: "", ours: []string{"..."}},
}

// ground is what every room of app may stand on.
var ground = []string{"app/law", "app/order", "app/mailbox", "app/guard"}

type goPackage struct {
	ImportPath string
	Name       string
	Imports    []string
	Standard   bool
}

func TestEveryRoomOfTheHouseKeepsToTheImportTable(t *testing.T) {
	all := listPackages(t)
	if len(all) < 20 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	for _, p := range all {
		for _, complaint := range against(strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "greffier"), "/"), p.Imports) {
			t.Error(complaint)
		}
	}
}

func TestTheImportTableRefusesWhatItMust(t *testing.T) {
	for room, imports := range map[string][]string{
		"app/law":        {"greffier/app/order", "golang.org/x/text/unicode/norm", "database/sql", "net/http"},
		"app/order":      {"greffier/app/mailbox", "greffier/app/plan", "net/http"},
		"app/mailbox":    {"greffier/app/order", "github.com/emersion/go-imap/v2"},
		"app/request":    {"greffier/app/cases", "greffier/data/mail", "greffier/app"},
		"app/plan":       {"greffier/app/erasure", "greffier/data/storage", "fyne.io/fyne/v2"},
		"app/erasure":    {"greffier/app/evidence", "greffier/app/register", "modernc.org/sqlite"},
		"app/evidence":   {"greffier/app/register", "greffier/app/retention"},
		"app/register":   {"greffier/app/retention", "greffier/app/promise", "greffier/reports"},
		"app/disclosure": {"greffier/app/retention", "greffier/reports", "greffier/data/pack"},
		"app/retention":  {"greffier/app/promise", "greffier/reports"},
		"app/promise":    {"greffier/data/store", "greffier/ui", "greffier/app"},
		"app/effects":    {"greffier/data/store", "greffier/app", "greffier/app/retention", "net/http"},
		"app/agenda":     {"greffier/app/promise", "greffier/app", "greffier/reports", iCalendar, "fyne.io/fyne/v2"},
		"app":            {"greffier/data/store", "greffier/reports", "greffier/ui", "greffier/assets", "fyne.io/fyne/v2/widget"},
		"data/mail":      {"greffier/data/shop", "greffier/app", "greffier/reports", "greffier/ui"},
		"data/store":     {"greffier/data/vault", "greffier/assets"},
		"reports":        {"greffier/data/store", "greffier/ui", "net/http", "greffier/app", "github.com/emersion/go-imap/v2"},
		"ui":             {"greffier/data/store", "greffier/reports", "database/sql", "net/http", iCalendar},
		"ui/kit":         {"greffier/app/cases", "greffier/app", "greffier/ui"},
		"assets":         {"greffier/app/law"},
		"somewhere":      {"fmt"},
	} {
		for _, i := range imports {
			if len(against(room, []string{i})) == 0 {
				t.Errorf("%s may import %s", room, i)
			}
		}
	}
}

// against says what of a package's imports breaks the table. room is its path
// below the module.
func against(room string, imports []string) (complaints []string) {
	ours, never, onlyStandard, ok := ruleFor(room)
	if !ok {
		return []string{room + ": no rule of the house is about this package: add it to the design and here"}
	}
	for _, i := range imports {
		what, own := strings.CutPrefix(i, "greffier/")
		switch {
		case own && !slices.ContainsFunc(ours, func(a string) bool { return fits(a, what) }):
			complaints = append(complaints, room+" imports "+what)
		case !own && onlyStandard && strings.Contains(strings.SplitN(i, "/", 2)[0], "."):
			complaints = append(complaints, room+" imports "+i+": only the standard library is allowed")
		case !own && slices.Contains(ours, i): // named outright
		case !own && slices.ContainsFunc(never, func(n string) bool { return i == n || strings.HasSuffix(n, "/") && strings.HasPrefix(i, n) }):
			complaints = append(complaints, room+" imports "+i)
		}
	}
	return complaints
}

// ruleFor finds the rule for a package given by its path below the module.
func ruleFor(room string) (ours, never []string, onlyStandard, ok bool) {
	if i := slices.Index(flow, room); i >= 0 {
		return slices.Concat(ground, flow[:i]), anyDriver, false, true
	}
	if driver, found := strings.CutPrefix(room, "data/"); found {
		// A driver and the servers for its tests are one room. None of them
		// knows another one, nor the façade.
		own := "data/" + strings.SplitN(driver, "/", 2)[0]
		may := slices.Concat(ground, flow, []string{"app/retention", "app/promise", "app/effects", "data/reach", own, own + "/..."})
		if own == "data/demo" {
			may = append(may, "assets") // the embedded world
		}
		return may, slices.Concat(windows, paper), false, true
	}
	for _, r := range houseRules {
		if r.of == room {
			return r.ours, r.never, r.onlyStandard, true
		}
	}
	return nil, nil, false, false
}

func fits(pattern, path string) bool {
	if below, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(path, below)
	}
	return pattern == path
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Imports,Standard", "./...")
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, talk.String())
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}
