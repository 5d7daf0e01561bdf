package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"greffier/app"
	"greffier/ui/kit"
)

// stampsFolder is where timestamps are exported to, below the folder for
// printed files.
const stampsFolder = "timestamps"

// stampChoices are after how many entries the journal is stamped by itself.
var stampChoices = []int{0, 50, 200, 1000}

// proofCard says how far the journal is stamped by a third party, and leads to
// the key that signs.
func (w *Window) proofCard(v app.StampView) fyne.CanvasObject {
	tone, words := w.stamped(v)
	acts := container.NewHBox()
	if v.Set.URL == "" {
		acts.Add(kit.NewButton(w.t("proof.set"), func() { w.stampDialog(v) }))
	} else {
		acts.Add(kit.NewButton(w.t("proof.now"), w.stampNow))
		acts.Add(kit.NewQuiet(w.t("proof.change"), theme.SettingsIcon(), func() { w.stampDialog(v) }))
	}
	if len(v.Stamps) > 0 {
		acts.Add(kit.NewQuiet(w.t("proof.export"), theme.DownloadIcon(), w.exportStamps))
	}
	acts.Add(kit.NewQuiet(w.t("proof.signer"), theme.AccountIcon(), w.showSigner))
	parts := []fyne.CanvasObject{kit.Row(0, kit.IconLine(tone, words), acts)}
	if v.Failed != nil {
		what, next := Explain(v.Failed, w.lang)
		parts = append(parts, kit.Toned(kit.Words(w.t("proof.failed", "Date", w.brief(v.FailedAt), "Hour", w.hour(v.FailedAt))+" "+what+" "+next), kit.Late))
	}
	if v.Missing > 0 {
		parts = append(parts, kit.Toned(kit.Words(w.n("proof.missing", v.Missing)), kit.AtRisk))
	}
	return kit.NewCard(parts...)
}

// stamped says how far the journal is stamped.
func (w *Window) stamped(v app.StampView) (kit.Tone, string) {
	switch {
	case len(v.Stamps) == 0 && v.Set.URL == "":
		return kit.Quiet, w.t("proof.off")
	case len(v.Stamps) == 0:
		return kit.CannotTell, w.t("proof.never")
	}
	s := v.Stamps[0]
	words := w.t("proof.last", "N", w.number(int(s.Seq)), "Date", w.brief(s.At), "Hour", w.hour(s.At))
	if v.Since > 0 {
		return kit.Kept, words + " " + w.n("proof.since", int(v.Since))
	}
	return kit.Kept, words
}

func (w *Window) stampNow() {
	var s app.Stamp
	w.run(w.t("proof.stamping"), func(ctx context.Context, _ reporter) (err error) {
		s, err = w.f.StampNow(ctx)
		return err
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		return outcome{tone: kit.Kept, words: w.t("proof.done", "N", w.number(int(s.Seq)), "Date", w.brief(s.At), "Hour", w.hour(s.At)), act: w.t("error.details"), onAct: func() { w.stampDetails(s) }}
	})
}

func (w *Window) stampDetails(s app.Stamp) {
	content := kit.Down(0, kit.Pair(w.t("proof.entry"), w.number(int(s.Seq))), kit.Pair(w.t("verify.head"), kit.Clip(s.Head, 80, 48)), kit.Pair(w.t("proof.at"), w.brief(s.At)+" · "+w.hour(s.At)),
		kit.Pair(w.t("proof.by"), kit.Clip(s.By, 200, 48)), kit.Pair(w.t("proof.policy"), kit.Line(s.Policy, 60)), kit.Pair(w.t("proof.serial"), kit.Line(s.Serial, 60)))
	kit.NewDialog(w.win.Canvas(), w.t("proof.title"), kit.DialogWidth, content, w.t("close"), nil).Show()
}

func (w *Window) exportStamps() {
	dir := filepath.Join(w.f.Info().OutDir, stampsFolder)
	ask(w, func(ctx context.Context) ([]string, error) { return w.f.ExportStamps(ctx, dir) }, func([]string) { w.printed(dir) })
}

// stampDialog asks which authority stamps the journal, and when; it says first
// what the authority learns.
func (w *Window) stampDialog(v app.StampView) {
	set := v.Set
	url, ca, policy := kit.NewEntry(set.URL), kit.NewEntry(""), kit.NewEntry(set.Policy)
	url.SetPlaceHolder("https://tsa.example/tsr")
	help := w.t("proof.caHelp")
	if set.CA != "" {
		help = w.t("proof.caKept")
	}
	words := make([]string, 0, len(stampChoices))
	now := -1
	for i, n := range stampChoices {
		word := w.t("proof.byHand")
		if n > 0 {
			word = w.t("proof.every", "N", w.number(n))
		}
		words = append(words, word)
		if n == set.Every {
			now = i
		}
	}
	if now < 0 {
		words = append(words, w.t("proof.every", "N", w.number(set.Every)))
		now = len(words) - 1
	}
	every := kit.NewChips(words, nil)
	every.Choose(now)
	every.OnChange(func(i int) {
		if i < len(stampChoices) {
			set.Every = stampChoices[i]
		} else {
			set.Every = v.Set.Every
		}
	})
	daily := kit.NewCheck(w.t("proof.daily"), set.Daily, func(on bool) { set.Daily = on })
	content := kit.Down(0, kit.Words(w.t("proof.tells")), kit.Gap(6),
		kit.FormRow(w.t("proof.url"), "", url), kit.FormRow(w.t("proof.ca"), help, ca), kit.FormRow(w.t("proof.policy"), w.t("proof.policyHelp"), policy),
		kit.Gap(4), every.Object, kit.Gap(4), daily)
	var d *kit.Dialog
	save := kit.NewPrimary(w.t("save"), func() {
		set.URL, set.Policy = strings.TrimSpace(url.Text), strings.TrimSpace(policy.Text)
		w.do(func(ctx context.Context) error { return w.f.SetStamping(ctx, set, strings.TrimSpace(ca.Text)) }, func() { d.Close() })
	})
	others := []*kit.Button{save}
	if v.Set.URL != "" {
		others = []*kit.Button{kit.NewButton(w.t("proof.stop"), func() {
			w.do(func(ctx context.Context) error { return w.f.SetStamping(ctx, app.Stamping{}, "") }, func() { d.Close() })
		}), save}
	}
	d = w.dialog(w.t("proof.title"), content, others...)
	d.FocusOn(url).Show()
}

// showSigner shows the public key, which whoever checks a signature needs.
func (w *Window) showSigner() {
	ask(w, w.f.SignerKey, func(k app.SignerKey) {
		text := fmt.Sprintf("minisign: %s\nssh: %s\n", k.Minisign, k.SSH)
		content := kit.Down(0, kit.Words(w.t("proof.signerWords")), kit.Gap(6), kit.Pair(w.t("proof.key"), kit.Line(k.ID, 20)), kit.Pair(w.t("proof.keySince"), w.brief(k.Since)),
			kit.Pair("minisign", kit.Clip(k.Minisign, 100, 44)), kit.Pair("ssh-keygen", kit.Clip(k.SSH, 140, 44)))
		copyKey := kit.NewIconButton(w.t("copying.address"), theme.ContentCopyIcon(), func() { w.app.Clipboard().SetContent(text) })
		kit.NewDialog(w.win.Canvas(), w.t("proof.signer"), kit.DialogWidth, content, w.t("close"), nil, copyKey).Show()
	})
}

// brokenWhy says in the owner's words why the first entry that does not hold fails.
func (w *Window) brokenWhy(v app.VerifyReport) string {
	return w.t("verify.broken", "N", strconv.FormatInt(*v.BrokenAt, 10)) + " " + w.known("verify.why."+v.Why, v.Why)
}

// papers says which of the printed files are signed as they should be.
func (w *Window) papers(p app.Papers) fyne.CanvasObject {
	lines := []fyne.CanvasObject{kit.Pair(w.t("verify.papers"), w.number(p.Signed))}
	const most = 8
	for i, f := range p.Findings {
		if i == most {
			lines = append(lines, kit.Faint(w.n("verify.morePapers", len(p.Findings)-most)))
			break
		}
		tone := kit.Late
		if f.State == app.SignatureNone {
			tone = kit.AtRisk
		}
		lines = append(lines, kit.IconLine(tone, kit.Clip(f.File, 120, 40)+" – "+w.t("verify.paper."+f.State)))
	}
	return kit.Down(0, lines...)
}
