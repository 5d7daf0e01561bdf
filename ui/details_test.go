package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/plan"
	"greffier/app/retention"
	"greffier/ui/kit"
)

func TestDetailsOfAnErrorHoldNothingPersonal(t *testing.T) {
	planted := []string{"lou", "fontaine", "mathilde", "claire", "/home", "uploads", "img_2231", "1042", "exemple", "lavande", "10.0.3.7", "naissance"}
	own := []string{"Claire Dubois", "contact@lavande.example"}
	for name, err := range map[string]error{
		"a path":        &fs.PathError{Op: "open", Path: "/home/claire/photos/Lou Fontaine.jpg", Err: fs.ErrPermission},
		"an address":    fmt.Errorf("send to Mathilde.Fontaine@exemple.fr: 550 mailbox unavailable"),
		"a page":        &url.Error{Op: "Get", URL: "https://lavande.example/wp-json/orders/1042?email=lou@exemple.fr", Err: errors.New("dial tcp 10.0.3.7:443: connection refused")},
		"words quoted":  fmt.Errorf("parse %q: bad date", "Lou, naissance"),
		"a name":        fmt.Errorf("order 1042 of Lou Fontaine: %w", erasure.ErrOffline),
		"her own name":  errors.New("user claire has no right"),
		"a key":         fmt.Errorf("delete uploads/1042/IMG_2231.jpg: %w", erasure.ErrDenied),
		"another world": errors.New("écrit par Mathilde\x00\u202e «Lou»"),
	} {
		t.Run(name, func(t *testing.T) {
			got := details(err, "1.2.3", now, own)
			for _, p := range planted {
				if strings.Contains(strings.ToLower(got), p) {
					t.Errorf("%q stands in\n%s", p, got)
				}
			}
			for _, want := range []string{"Greffier 1.2.3", systemWord(), "UTC", "key: "} {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
		})
	}
	got := details(fmt.Errorf("list photos: %w", erasure.ErrOffline), "1", now, nil)
	if !strings.Contains(got, erasure.ErrOffline.Error()) || !strings.Contains(got, "wrapError") {
		t.Errorf("what helps is taken out too:\n%s", got)
	}
	if got := details(errors.New("dial tcp 10.0.3.7:443: connect: connection refused"), "1", now, nil); !strings.Contains(got, "connection refused") {
		t.Errorf("what helps is taken out too:\n%s", got)
	}
}

func TestTheJournalIsToldInTheWindowsLanguage(t *testing.T) {
	lines := []app.JournalLine{
		{Act: evidence.ActSyncMail, Record: "mailbox", Detail: `{"new":6,"requests":1,"to check":2}`},
		{Act: evidence.ActSyncOrders, Record: "shop lavande", Detail: `{"read":40,"new":2,"changed":1,"gone":0,"problems":0}`},
		{Act: evidence.ActCaseState, Record: "case 5", Detail: `{"act":"acknowledge","state":"received"}`},
		{Act: evidence.ActCaseIdentity, Record: "case 5", Detail: `{"act":"by sight","level":"confirmed"}`},
		{Act: evidence.ActCaseOpened, Record: "case 5", Detail: `{"rights":["erasure","access"],"received":"2026-11-23T09:00:00Z","junk":true}`},
		{Act: evidence.ActPlanConfirmed, Record: "case 5", Detail: `{"plan":"9f86d081884c7d659a2feaa0c55ad015","erase":6,"restrict":1,"keep":2,"cooling_off":"waived"}`},
		{Act: evidence.ActRunFinished, Record: "run 7", Detail: `{"state":"partial","plan":"9f86d081884c7d659a2feaa0c55ad015","erased":6,"left":1,"before":"9f86d081884c7d659a2feaa0c55ad015","after":""}`},
		{Act: evidence.ActSweepRan, Record: "sweep 12", Detail: `{"state":"done","erased":3,"away":0,"trigger":"night","own":1}`},
		{Act: evidence.ActSettingsChanged, Record: "life of copies", Detail: `{"days":30}`},
		{Act: evidence.ActSettingsChanged, Record: "cooling-off", Detail: `{"hours":24}`},
		{Act: evidence.ActRegisterChanged, Record: "processors 3", Detail: `{"fields":["name","country"]}`},
		{Act: evidence.ActRegisterPrinted, Record: "register dossier", Detail: `{"format":"folder","names":true,"manifest_sha256":"9f86d081884c7d659a2feaa0c55ad015"}`},
		{Act: evidence.ActTemplateChanged, Record: "letter acknowledge.fr", Detail: `{"is":"shipped"}`},
		{Act: evidence.ActSiteChecked, Record: "site", Detail: `{"seen":true,"pages":4,"found":2,"against_promise":1,"policy_same":true,"contact":true,"tls":"TLS 1.3"}`},
		{Act: evidence.ActSuppressionAdded, Record: "suppression 2", Detail: `{"case":5,"uses":["newsletter"],"source":"request"}`},
		{Act: evidence.ActStoreMigrated, Record: "schema 9", Detail: `{"from":8,"to":9}`},
		{Act: evidence.ActOwnDataPurged, Record: "message 4", Detail: `{"rule":"mail"}`},
		{Act: evidence.ActHoldPlaced, Record: "hold 3", Detail: `{"scope":"order","order":42,"until":"2027-01-01"}`},
		{Act: "something.new", Record: "gizmo 3", Detail: `{"gizmo":true,"unheard_of":"raw words"}`},
	}
	english := []string{"new", "to check", "state", "received", "erase", "case", "waived", "partial", "night", "life", "cooling", "fields", "names", "folder", "processors", "dossier for", "schema", "message 4 ·", "shipped", "against", "policy_same", "gizmo", "raw", "hold", "source", "sweep"}
	fr, en := &speaker{lang: "fr", zone: now.Location()}, &speaker{lang: "en", zone: now.Location()}
	for _, l := range lines {
		got := fr.detail(l) + " | " + fr.record(l.Record)
		for _, word := range english {
			if slicesContainWord(got, word) {
				t.Errorf("%s: %q stands in %q", l.Act, word, got)
			}
		}
		if strings.Contains(got, "_") || strings.Contains(en.detail(l), "_") {
			t.Errorf("%s: a raw key stands in %q or %q", l.Act, got, en.detail(l))
		}
		if l.Act != "something.new" && (fr.record(l.Record) == "" || en.record(l.Record) == "" || fr.detail(l) == "" || en.detail(l) == "") {
			t.Errorf("%s: nothing is said: %q %q", l.Act, fr.detail(l), fr.record(l.Record))
		}
	}
}

func slicesContainWord(text, word string) bool {
	i := strings.Index(text, word)
	return i >= 0 && (i == 0 || strings.ContainsRune(" |", rune(text[i-1]))) && (i+len(word) == len(text) || strings.ContainsRune(" :,|\u00a0", []rune(text[i+len(word):])[0]))
}

func TestAReasonForWaitingHasOneHome(t *testing.T) {
	for _, r := range append(plan.HeldReasons(), retention.NoOrder, retention.NoStart, app.ShopAway, app.CameBack, app.NotDue, plan.UnseenMail) {
		for _, lang := range []string{"fr", "en"} {
			s := &speaker{lang: lang}
			if words := plan.HeldWords(r, lang); words == "" || s.held(r) != words {
				t.Errorf("%s: %q is %q on the page and %q in its home", lang, r, s.held(r), words)
			}
		}
	}
}

func TestAnErrorCanBeUnfoldedAndCopied(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	w.fail(fmt.Errorf("list photos of mathilde@exemple.fr: %w", erasure.ErrOffline))
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Text == w.t("error.copy") {
			test.Tap(b)
		}
	}
	got := w.app.Clipboard().Content()
	if !strings.Contains(got, erasure.ErrOffline.Error()) || strings.Contains(got, "mathilde") || !strings.Contains(got, "Greffier") {
		t.Errorf("copied was %q", got)
	}
	kit.Open(w.win.Canvas()).Close()
}
