package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"greffier/app"
	"greffier/app/cases"
	"greffier/ui/kit"
)

// dropped takes in what is dropped on the window: mails as files are judged and
// filed as those that come, a CSV file is offered as one of orders. Anything
// else is told, and left alone.
func (w *Window) dropped(_ fyne.Position, files []fyne.URI) {
	w.touch()
	if w.locked || kit.Open(w.win.Canvas()) != nil {
		return
	}
	var mails []string
	for _, u := range files {
		switch strings.ToLower(filepath.Ext(u.Path())) {
		case ".eml":
			mails = append(mails, u.Path())
		case ".csv":
			if w.f.ShopKinds() != nil && len(files) == 1 {
				w.follow(&connPage{w: w, to: toShop, file: u.Path()})
				return
			}
		}
	}
	if len(mails) == 0 {
		w.say(outcome{tone: kit.AtRisk, words: w.t("drop.unknown")})
		return
	}
	var last app.TakenMail
	w.run(w.t("drop.reading"), func(ctx context.Context, report reporter) error {
		for i, path := range mails {
			report(i, len(mails), "")
			taken, err := w.f.TakeMail(ctx, path)
			if err != nil {
				return err
			}
			last = taken
		}
		return nil
	}, func(err error) outcome {
		if err != nil {
			return outcome{}
		}
		if last.Case != 0 {
			w.openCase(cases.ID(last.Case))
		} else {
			w.follow(&mailPage{w: w, id: last.ID})
		}
		if len(mails) == 1 && !last.New {
			return outcome{tone: kit.Quiet, words: w.t("drop.known")}
		}
		return outcome{tone: kit.Kept, words: w.n("drop.taken", len(mails))}
	})
}
