package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"greffier/app"
	"greffier/ui/kit"
)

func TestAConnectionIsRemovedOnlyAfterAYesThatSaysWhatItMeans(t *testing.T) {
	for kind, want := range map[string]string{app.KindShop: "commandes", app.KindStorage: "stockage", app.KindMailbox: "délais"} {
		f := newFake("fr", "light")
		w := openTest(t, f)
		w.open(placeSettings)
		w.removeConnection(kind, "lavande")
		d := topDialog(t, w)
		said := overlayTexts(w)
		if !strings.Contains(said, want) || !strings.Contains(said, "supprimé") || !strings.Contains(said, "lavande") {
			t.Errorf("%s: the question says %q", kind, said)
		}
		if w.win.Canvas().Focused() != d.Safe() || d.Others()[0].Importance != kit.DangerImportance {
			t.Errorf("%s: the safe answer has not got the keyboard", kind)
		}
		d.Cancel()
		if f.called("RemoveConnection") {
			t.Errorf("%s: removed without a yes", kind)
		}
		w.removeConnection(kind, "lavande")
		test.Tap(topDialog(t, w).Others()[0])
		if !f.called("RemoveConnection " + kind + " lavande") {
			t.Errorf("%s: calls %v", kind, f.calls)
		}
		if !strings.Contains(texts(w), w.t("connect.removed")) {
			t.Errorf("%s: nothing is said at the end", kind)
		}
	}
}

func TestAConnectionIsNotRemovedWhileSomethingRuns(t *testing.T) {
	f := newFake("fr", "light")
	w := openTest(t, f)
	w.jobs = append(w.jobs, &job{cancel: func() {}, running: true, strip: kit.NewStrip("x", "y", func() {})})
	w.removeConnection(app.KindShop, "lavande")
	if kit.Open(w.win.Canvas()) != nil {
		t.Error("it is asked all the same")
	}
}

// overlayTexts are the words of the dialog that is open.
func overlayTexts(w *Window) string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if t, ok := labelText(o); ok {
			b.WriteString(t + "\n")
		}
	}
	return b.String()
}

func TestWhatATestFoundIsToldInTheWindowsLanguage(t *testing.T) {
	w := openTest(t, newFake("fr", "light"))
	for said, want := range map[string]string{
		"2 orders": "2 commandes", "1 orders": "1 commande", "40 orders, 3 problems": "40 commandes, 3 lignes illisibles", "folder": "dossier",
		"4 folders, 1200 messages": "4 dossiers, 1\u202f200 messages", "SFTP": "SFTP", "S3, without versioning": "S3, sans versions",
		"12 orders; the key may not read customers":                     "12 commandes\u202f; la clé ne peut pas lire customers",
		"folder, cannot prove absence: .Trash may keep what is deleted": "dossier. ",
	} {
		if got := w.serviceDetail(said); !strings.HasPrefix(got, want) {
			t.Errorf("%q is told as %q", said, got)
		}
	}
}
