package ui

import (
	"context"
	"errors"
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"greffier/app/guard"
	"greffier/ui/kit"
)

// job is a long piece of work: it goes on whatever page is open, shows in the
// strip at the bottom, can be cancelled, and ends in a sentence.
type job struct {
	strip   *kit.Strip
	cancel  context.CancelFunc
	running bool
}

// outcome is how a job ended, with an optional act on its result.
type outcome struct {
	tone  kit.Tone
	words string
	act   string
	onAct func()
}

// reporter is the progress of a façade call.
type reporter = func(done, total int, note string)

func (w *Window) working() bool {
	for _, j := range w.jobs {
		if j.running {
			return true
		}
	}
	return false
}

// run starts a job. The work must not touch the window; then comes home with
// the work's error and says how it ended.
func (w *Window) run(title string, work func(ctx context.Context, report reporter) error, then func(error) outcome) {
	ctx, cancel := context.WithCancel(w.ctx)
	j := &job{cancel: cancel, running: true}
	j.strip = kit.NewStrip(title, w.t("cancel"), cancel)
	// Strips of finished work make room.
	for _, old := range append([]*job(nil), w.jobs...) {
		if !old.running {
			w.putAway(old)
		}
	}
	w.jobs = append(w.jobs, j)
	w.strips.Add(j.strip.Object)
	began := time.Now()
	report := func(done, total int, note string) {
		w.onMain(func() {
			if j.running {
				j.strip.Progress(done, total, w.progress(done, total, w.known("work."+note, note), time.Since(began)))
			}
		})
	}
	w.async(func() {
		err := guard.Run(func() error { return work(ctx, report) })
		w.onMain(func() {
			j.running = false
			cancel()
			end := outcome{tone: kit.Late}
			switch {
			case errors.Is(err, context.Canceled):
				end = outcome{tone: kit.Quiet, words: w.t("job.cancelled")}
			default:
				end = then(err)
			}
			if end.words == "" && end.tone != kit.Quiet && err != nil {
				what, _ := Explain(err, w.lang)
				end = outcome{tone: kit.Late, words: what, act: w.t("error.details"), onAct: func() { w.fail(err) }}
			}
			w.end(j, end)
			w.changed()
		})
	})
}

// end shows how a job ended; without words its strip goes.
func (w *Window) end(j *job, o outcome) {
	if o.words == "" {
		w.putAway(j)
		return
	}
	j.strip.End(o.tone, o.words, o.act, func() {
		w.putAway(j)
		if o.onAct != nil {
			o.onAct()
		}
	}, w.t("job.away"), func() { w.putAway(j) })
}

func (w *Window) putAway(j *job) {
	w.strips.Remove(j.strip.Object)
	for i, x := range w.jobs {
		if x == j {
			w.jobs = append(w.jobs[:i:i], w.jobs[i+1:]...)
			return
		}
	}
}

// progress writes "312 of 1 040 · 2 min left · what".
func (w *Window) progress(done, total int, note string, spent time.Duration) string {
	text := ""
	switch {
	case total > 0:
		text = w.t("job.of", "Done", w.number(done), "Total", w.number(total))
		if done > 0 && done < total && spent > 4*time.Second {
			rest := time.Duration(float64(spent) / float64(done) * float64(total-done))
			if rest < time.Minute {
				text += " · " + w.t("job.soon")
			} else {
				text += " · " + w.t("job.left", "Minutes", strconv.Itoa(int(rest.Minutes()+0.5)))
			}
		}
	case done > 0:
		text = w.number(done)
	}
	if note = kit.Line(note, 80); note != "" {
		if text != "" {
			text += " · "
		}
		text += note
	}
	return text
}

// notify tells the system that something ended. The words are fixed: nothing
// from mail, shop or storage may ever reach a notification.
func (w *Window) notify(key string) {
	w.app.SendNotification(fyne.NewNotification("Greffier", w.t(key)))
}
