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
