package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/agenda"
	"greffier/app/law"
	"greffier/ui/kit"
)

// calendars are the pages and dialogs of the calendar.
var calendars = []struct {
	name string
	open func(*Window)
}{
	{"calendar", func(w *Window) {
		w.f.(*fake).agenda.absences = []agenda.Absence{{ID: "2026-12-24", From: law.Date{Year: 2026, Month: 12, Day: 24}, To: law.Date{Year: 2027, Month: 1, Day: 3}, Note: "Noël"}}
		w.open(placeCalendar)
	}},
	{"calendar-full", func(w *Window) { w.f.(*fake).agenda.many = 2000; w.open(placeCalendar) }},
	{"calendar-kind", func(w *Window) { w.open(placeCalendar); w.page.(*calendarPage).chips.Choose(3) }},
	{"calendar-away", func(w *Window) {
		w.open(placeCalendar)
		w.away(agenda.Absence{From: law.Date{Year: 2026, Month: 12, Day: 19}, To: law.Date{Year: 2027, Month: 1, Day: 3}})
	}},
	{"calendar-away-ask", func(w *Window) { w.open(placeCalendar); w.away(agenda.Absence{}) }},
	{"calendar-away-long", func(w *Window) {
		w.open(placeCalendar)
		w.away(agenda.Absence{From: law.Date{Year: 2027, Month: 2, Day: 1}, To: law.Date{Year: 2027, Month: 3, Day: 15}})
	}},
	{"calendar-export", func(w *Window) { w.open(placeCalendar); w.exportCalendar() }},
	{"calendar-export-kept", func(w *Window) {
		w.f.(*fake).agenda.file = app.CalendarView{Path: "/home/claire/Agenda/greffier.ics", At: now}
		w.open(placeCalendar)
		w.exportCalendar()
	}},
	{"calendar-settings", func(w *Window) {
		w.open(placeSettings)
		w.content.Objects = []fyne.CanvasObject{w.reminders()}
	}},
}

func TestEveryScreenOfTheCalendarIsDrawn(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, look := range []string{"light", "dark"} {
			for _, s := range calendars {
				if look == "dark" && s.name != "calendar" && s.name != "calendar-away" {
					continue
				}
				t.Run(lang+" "+look+" "+s.name, func(t *testing.T) {
					w := openTest(t, newFake(lang, look))
					s.open(w)
					size(w, 1200, 780)
					shoot(t, w, s.name+"-"+lang+"-"+look)
					size(w, 1024, 680)
					// The menu bar of the real window takes some of the height.
					if m := w.win.Content().MinSize(); m.Width > 1024 || m.Height > 680-30 {
						t.Errorf("the window asks for %v", m)
					}
					if look == "light" {
						shoot(t, w, s.name+"-"+lang+"-small")
					}
				})
			}
		}
	}
}

func TestTheCalendarHoldsTheYearAheadAndOpensWhatItNames(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeCalendar)
	seen := texts(w)
	for _, want := range []string{"Demande n°\u00a02 (Accès aux données)\u202f: répondre · Gaspard Lemoine", "Fin du contrat avec Presto Livres", "Photos de 2 commandes à effacer", "Violation breaches-1\u202f: notifier à la CNIL avant 17\u202fh\u202f45", "décembre 2026", "mars 2027", "Passé", "en retard de"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not shown in\n%s", want, seen)
		}
	}
	test.Tap(buttons(w, "Ouvrir")[0]) // what is late comes first
	if p, ok := w.page.(*casePage); !ok || p.id != 2 {
		t.Errorf("it opens %T", w.page)
	}
	w.open(placeCalendar)
	w.page.(*calendarPage).chips.Choose(2)
	test.Tap(buttons(w, "Ouvrir")[0])
	if p, ok := w.page.(*orderPage); !ok || p.id != 42 {
		t.Errorf("it opens %T", w.page)
	}
}

func TestTheCalendarIsFilteredByKind(t *testing.T) {
	w := openTest(t, newFake("en", "light"))
	w.open(placeCalendar)
	w.page.(*calendarPage).chips.Choose(3)
	seen := texts(w)
	if !strings.Contains(seen, "Contract with Presto Livres ends") || strings.Contains(seen, "Gaspard") {
		t.Errorf("%s", seen)
	}
}

func TestACalendarOfManyDatesShowsTheFirst(t *testing.T) {
	f := newFake("en", "light")
	f.agenda.many = 5000
	w := openTest(t, f)
	w.open(placeCalendar)
	if seen := texts(w); !strings.Contains(seen, "more dates") {
		t.Errorf("%s", seen[len(seen)-300:])
	}
}

func TestAnEmptyCalendarSaysWhatItIsFor(t *testing.T) {
	f := newFake("fr", "light")
	f.empty = true
	w := openTest(t, f)
	w.open(placeCalendar)
	if seen := texts(w); !strings.Contains(seen, "Rien à venir") || !strings.Contains(seen, "Je m’absente…") {
		t.Errorf("%s", seen)
	}
}

// awayEntries are the two fields of the dialog.
func awayEntries(w *Window) (from, to *kit.Entry) {
	var all []*kit.Entry
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*kit.Entry); ok {
			all = append(all, e)
		}
	}
	return all[0], all[1]
}

func TestAnAbsenceShowsWhatItMeansBeforeItIsKept(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeCalendar)
	w.away(agenda.Absence{})
	d := topDialog(t, w)
	save := d.Others()[0]
	if !save.Disabled() {
		t.Error("it can be kept without days")
	}
	from, to := awayEntries(w)
	from.SetText("19/12/2026")
	to.SetText("18/12/2026")
	if !save.Disabled() || !strings.Contains(dialogTexts(w), "Ces jours d’absence ne sont pas possibles.") {
		t.Errorf("days the wrong way round:\n%s", dialogTexts(w))
	}
	to.SetText("03/01/2027")
	seen := dialogTexts(w)
	for _, want := range []string{"vendredi 18 décembre 2026", "lundi 4 janvier 2027", "Mathilde Fontaine", "commande 1042", "72 heures", "déjà en retard"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not shown in\n%s", want, seen)
		}
	}
	test.Tap(save)
	if !f.called("SaveAbsence 2026-12-19..2027-01-03") {
		t.Errorf("calls: %v", f.calls)
	}
	if kit.Open(w.win.Canvas()) != nil {
		t.Error("the dialog is still open")
	}
	w.away(agenda.Absence{})
	for _, b := range buttons(w, "Retirer") {
		test.Tap(b)
	}
}

func TestTheCalendarIsExportedWithoutNamesUnlessSheSaysSo(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.exportCalendar()
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called(`ExportCalendar "" fr false`) {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestASubscriptionThatCannotBeKeptIsTold(t *testing.T) {
	f := newFake("en", "light")
	w := openTest(t, f)
	w.exportCalendar()
	d := topDialog(t, w)
	f.fail = app.ErrCalendarTaken
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Text == "Keep up to date" {
			test.Tap(b)
		}
	}
	if !strings.Contains(dialogTexts(w), "A file that is not Greffier’s lies there.") || kit.Open(w.win.Canvas()) != d {
		t.Errorf("%s", dialogTexts(w))
	}
}

func TestWhatComesNearIsNotified(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	f.agenda.reminds = []app.Reminder{{Title: "Greffier : en retard (1 sur 2)", Body: "Demande n°\u00a02"}}
	test.AssertNotificationSent(t, fyne.NewNotification("Greffier : en retard (1 sur 2)", "Demande n°\u00a02"), w.remind)
	test.AssertNotificationSent(t, nil, w.remind)
	f.fail = errors.New("closed")
	test.AssertNotificationSent(t, nil, w.remind)
}

func TestNotificationsAreTurnedOffInTheSettings(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.open(placeSettings)
	for _, o := range test.LaidOutObjects(w.content) {
		if c, ok := o.(*kit.Check); ok && strings.HasPrefix(c.Text, "Notifications du bureau") {
			c.SetChecked(false)
		}
	}
	if !f.called("SetReminders false false") {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestTheReasoningIsPrintedFromItsDialog(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.openCase(1)
	w.page.(*casePage).why()
	test.Tap(topDialog(t, w).Others()[0])
	if !f.called(`PrintReasoning 1 fr ""`) {
		t.Errorf("calls: %v", f.calls)
	}
}

func TestEachOfTheNinePlacesHasItsDigit(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	digits := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}
	if len(places) != len(digits) {
		t.Fatalf("%d places", len(places))
	}
	for i, k := range digits {
		for _, m := range w.win.MainMenu().Items {
			for _, item := range m.Items {
				if s, ok := item.Shortcut.(*desktop.CustomShortcut); ok && s.KeyName == k {
					item.Action()
				}
			}
		}
		if got := w.page.place(); got != places[i] {
			t.Errorf("Ctrl+%d opens %s, want %s", i+1, got, places[i])
		}
	}
}

func TestEveryKindOfEntryHasItsWordsInBothLanguages(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		s := speaker{lang: lang, zone: law.Paris()}
		for _, names := range []bool{false, true} {
			for _, k := range agenda.Kinds {
				for _, e := range []agenda.Entry{{Kind: k, Case: 12, Count: 3, Ref: "x", Name: "Zoé"}, {Kind: k, Count: 1, At: time.Date(2026, 11, 26, 8, 20, 0, 0, time.UTC), Family: "ai"}} {
					p := agenda.Speech{Lang: lang, Zone: law.Paris(), Names: names, Say: s.filled}
					for _, got := range []string{p.Title(e), p.Detail(e)} {
						if strings.Contains(got, "agenda.") || strings.Contains(got, "<no value>") || got == "" {
							t.Errorf("%s %s: %q", lang, k, got)
						}
					}
				}
			}
		}
		for _, warn := range []agenda.Warning{agenda.WarnOver, agenda.WarnNow, agenda.WarnLate, agenda.WarnMail, agenda.WarnLong, agenda.WarnBreach, agenda.WarnRunning} {
			if s.known(string(warn), "") == "" {
				t.Errorf("%s: %s has no words", lang, warn)
			}
		}
	}
}
