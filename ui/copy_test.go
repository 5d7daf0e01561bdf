package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/assets"
	"greffier/ui/kit"
)

// copyCase is a window over a case that asks for a copy, with its tab open.
func copyCase(t *testing.T, lang string, change func(*fake)) (*Window, *fake) {
	t.Helper()
	f := newFake(lang, "light")
	f.copy.asked, f.copy.level = []request.Right{request.Access, request.Portability}, cases.Confirmed
	say := f.say
	photos := disclosure.Category{Key: disclosure.Photos, Title: say("Photographies envoyées", "Photographs sent")}
	for i := range 60 {
		photos.Items = append(photos.Items, disclosure.Item{ID: fmt.Sprintf("photo-%d", i), Category: disclosure.Photos, What: say("Photographie de la commande 1042", "Photograph of order 1042"), Original: fmt.Sprintf("plage-%d.jpg", i),
			At: now, Size: 2_400_000, Included: true, Object: plan.Object{Storage: "photos", Key: fmt.Sprintf("uploads/1042/plage-%d.jpg", i)}})
	}
	f.copy.view = disclosure.Copy{Kind: disclosure.Access, Zone: law.Paris(), Categories: []disclosure.Category{
		{Key: disclosure.Identity, Title: say("Identité et coordonnées", "Identity and contact details"), Items: []disclosure.Item{{ID: "identity-42", Category: disclosure.Identity, What: say("Coordonnées données avec la commande 1042", "Contact details given with order 1042"), Included: true}}},
		photos,
		{Key: disclosure.Messages, Title: say("Messages échangés", "Messages exchanged"), Items: []disclosure.Item{{ID: "message-1", Category: disclosure.Messages, What: say("Message de vous : Mes photos", "Message from you: My photos"), At: now, Included: true,
			Masked: []string{say("2 mentions d’autres personnes", "2 mentions of other people")}}}},
		{Key: disclosure.File, Title: say("Dossier de la demande", "File of the request"), Items: []disclosure.Item{{ID: "note-1", Category: disclosure.File, What: say("Note interne de la boutique", "Internal note of the shop"), Why: say("Note interne, qui peut concerner d’autres personnes.", "An internal note, which may concern other people.")}}},
	}, Gaps: []disclosure.Gap{{What: say("Le nom du destinataire « Impression des livres » manque : la personne a le droit de le connaître.", "The name of the recipient “Printing of the books” is missing: the person has a right to know it."), Mend: "processors"}}}
	if change != nil {
		change(f)
	}
	w := openTest(t, f)
	w.follow(&casePage{w: w, id: 1, tab: tabCopy})
	size(w, 1200, 1400)
	return w, f
}

func TestTheTabOfACopySaysWhenThereIsNoneToMake(t *testing.T) {
	for _, lang := range assets.Langs {
		w, f := copyCase(t, lang, func(f *fake) { f.copy.asked = nil })
		if got := texts(w); !strings.Contains(got, w.t("copy.none")) || f.called("PreviewCopy") {
			t.Errorf("%s\n%s", lang, got)
		}
	}
}

func TestWhatACopyWouldHoldIsShownAndMade(t *testing.T) {
	for _, lang := range assets.Langs {
		w, f := copyCase(t, lang, nil)
		shoot(t, w, "case-copy-"+lang)
		got := texts(w)
		for _, want := range []string{w.t("copy.about.access"), w.n("copy.gaps", 1), w.n("copy.life", 30), w.t("copy.category", "Title", f.say("Photographies envoyées", "Photographs sent"), "In", "60", "All", "60")} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the page does not say %q:\n%s", lang, want, got)
			}
		}
		press(t, w, w.t("copy.make"))
		if !f.called("MakeCopy 1 access zip") {
			t.Fatalf("calls: %v", f.calls)
		}
		size(w, 1200, 1800)
		got = texts(w)
		shoot(t, w, "case-copy-made-"+lang)
		for _, want := range []string{"K-2", w.t("copy.state.there"), w.t("copy.channel"), w.n("copy.left", 2), w.t("copy.purge")} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the result does not say %q:\n%s", lang, want, got)
			}
		}
		if strings.Contains(got, "k7m2p") {
			t.Error("the passphrase is shown before it is asked for")
		}
		press(t, w, w.t("copy.reveal"))
		if !strings.Contains(texts(w), "k7m2p-x9q4r-t8w3z-b6d5f") {
			t.Error("the passphrase is not shown")
		}
		press(t, w, w.t("copy"))
		if got := w.app.Clipboard().Content(); got != "k7m2p-x9q4r-t8w3z-b6d5f" {
			t.Errorf("copied: %q", got)
		}
	}
}

// tick finds the tick of an item by its words.
func tick(t *testing.T, w *Window, words string) *kit.Check {
	t.Helper()
	for _, o := range test.LaidOutObjects(w.win.Content()) {
		if c, ok := o.(*kit.Check); ok && c.Text == words {
			return c
		}
	}
	t.Fatalf("no tick says %q:\n%s", words, texts(w))
	return nil
}

func TestLeavingOutNeedsAReasonAndPuttingInDoesNot(t *testing.T) {
	w, f := copyCase(t, "fr", nil)
	p := w.page.(*casePage)
	for k := range f.copy.view.Categories {
		p.copies.open[f.copy.view.Categories[k].Key] = true
	}
	p.copies.again()
	size(w, 1200, 6000)
	shoot(t, w, "case-copy-open")
	if got := texts(w); !strings.Contains(got, w.n("copy.more", 20)) || strings.Count(got, "plage-") != copyAtOnce {
		t.Errorf("sixty photos are not shown by forty: %d", strings.Count(got, "plage-"))
	}
	c := tick(t, w, "Photographie de la commande 1042")
	c.SetChecked(false)
	d := topDialog(t, w)
	shoot(t, w, "dialog-copy-leave")
	if !d.Others()[0].Disabled() {
		t.Error("it can be left out without a reason")
	}
	d.Cancel()
	if p.copies.touched() {
		t.Error("cancelled, and left out all the same")
	}
	tick(t, w, "Photographie de la commande 1042").SetChecked(false)
	d = topDialog(t, w)
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*kit.Entry); ok {
			e.SetText("Une autre enfant y est reconnaissable.")
		}
	}
	test.Tap(d.Others()[0])
	tick(t, w, "Note interne de la boutique").SetChecked(true)
	if got := texts(w); !strings.Contains(got, w.t("copy.leftWhy", "Why", "Une autre enfant y est reconnaissable.")) || !strings.Contains(got, "59") {
		t.Errorf("the reason is not shown:\n%s", got)
	}
	press(t, w, w.t("copy.make"))
	if ch := f.copy.choices; ch.LeaveOut["photo-0"] != "Une autre enfant y est reconnaissable." || len(ch.LeaveOut) != 1 || len(ch.Include) != 1 || ch.Include[0] != "note-1" {
		t.Errorf("%+v", ch)
	}
}

func TestAnImageIsShownOnlyOnAClick(t *testing.T) {
	for _, key := range []string{"fine.jpg", "broken.jpg"} {
		w, f := copyCase(t, "fr", nil)
		if f.called("PeekObject") {
			t.Error("an image is read before anybody asked")
		}
		w.page.(*casePage).copies.look(disclosure.Item{What: "Photo", Object: plan.Object{Key: key}})
		topDialog(t, w)
		shoot(t, w, "dialog-copy-"+key)
	}
	if decoded([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff\xff\x00\xff\xff\xff\x00\x08\x02\x00\x00\x00")) != nil {
		t.Error("an image that claims to be enormous is decoded")
	}
}

func TestACopyIsNotMadeWhileIdentityIsOpen(t *testing.T) {
	w, _ := copyCase(t, "fr", func(f *fake) { f.copy.level = cases.Unproven })
	bs := buttons(w, w.t("copy.make"))
	if len(bs) != 1 || !bs[0].Disabled() {
		t.Error("the copy can be made")
	}
	what, _ := Explain(cases.ErrIdentityUnproven, "fr")
	if !strings.Contains(texts(w), what) {
		t.Error("the page does not say why")
	}
	w, f := copyCase(t, "fr", func(f *fake) { f.copy.makeErr = cases.ErrIdentityUnproven })
	w.page.(*casePage).copies.leave["photo-0"] = "why"
	press(t, w, w.t("copy.make"))
	if !w.page.(*casePage).copies.touched() || len(f.copy.made) != 0 {
		t.Error("what she decided is lost with the failure")
	}
}

func TestACopyIsPurgedForAReasonAndSaysWhatWasFound(t *testing.T) {
	w, f := copyCase(t, "en", func(f *fake) {
		f.copy.made = []app.Copy{aCopy("K-3", app.CopyChanged), aCopy("K-2", app.CopyMissing), aCopy("K-1", app.CopyPurged)}
	})
	got := texts(w)
	for _, want := range []string{w.t("copy.changedWords"), w.t("copy.missingWords"), w.t("copy.state.purged")} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q:\n%s", want, got)
		}
	}
	shoot(t, w, "case-copies")
	w.page.(*casePage).copies.purge(f.copy.made[0])
	d := topDialog(t, w)
	shoot(t, w, "dialog-copy-purge")
	if !d.Others()[0].Disabled() {
		t.Error("it can be removed without a reason")
	}
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*kit.Entry); ok {
			e.SetText("handed over in person")
		}
	}
	test.Tap(d.Others()[0])
	if f.copy.purged != "handed over in person" || !f.called("PurgeCopy K-3") {
		t.Errorf("%q, %v", f.copy.purged, f.calls)
	}
}
