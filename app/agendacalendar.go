package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"greffier/app/agenda"
	"greffier/app/evidence"
	"greffier/app/law"
)

var (
	// ErrCalendarPath says that a calendar file needs a full path that ends in
	// .ics, in a folder that is there.
	ErrCalendarPath = errors.New("the calendar file needs a full path that ends in .ics")
	// ErrCalendarTaken says that a file of another program lies where the
	// calendar file should be: it is not replaced.
	ErrCalendarTaken = errors.New("another program's file lies where the calendar should be")
)

const (
	recordCalendar = "calendar"
	// calendarMark stands near the beginning of each calendar that Greffier
	// writes.
	calendarMark = "PRODID:-//Greffier//"
	// calendarRest is how long changes are gathered before the file is written
	// again.
	calendarRest = time.Second
)

// calendarRecord is what is kept of the calendar: the place that sets its UIDs
// apart, the file that is rewritten, and what was told in each wording.
type calendarRecord struct {
	Place string                                 `json:"place"`
	File  string                                 `json:"file,omitempty"`
	Lang  string                                 `json:"lang,omitempty"`
	Names bool                                   `json:"names,omitempty"`
	Told  map[string]map[string]agenda.Published `json:"told,omitempty"`
}

// CalendarView is the file that Greffier rewrites after each change. Path is ""
// where there is none; Err says why the last writing failed.
type CalendarView struct {
	Path  string
	Names bool
	At    time.Time // of the last writing since the program started
	Err   error
}

// calendarKeeper rewrites the file after each change, many changes in a row
// once.
type calendarKeeper struct {
	mu      sync.Mutex
	off     bool // there is no file
	dirty   bool
	running bool
	hurry   chan struct{} // closed when the program ends
	idle    sync.WaitGroup
	day     law.Date // of the last writing
	at      time.Time
	err     error
	write   sync.Mutex // one writing at a time
}

// calendar makes the calendar of what lies ahead in a wording, and keeps what it
// tells.
func (a *App) calendar(tx Tx, lang string, names bool) (agenda.Calendar, calendarRecord, error) {
	r, err := record[calendarRecord](tx, kindCalendar, recordCalendar)
	if err != nil {
		return agenda.Calendar{}, r, err
	}
	es, err := a.entries(tx, law.Date{})
	if err != nil {
		return agenda.Calendar{}, r, err
	}
	if r.Place == "" {
		var b [8]byte
		rand.Read(b[:]) // never fails (crypto/rand)
		r.Place = hex.EncodeToString(b[:])
	}
	lang = a.lang(lang)
	key := lang
	if names {
		key += " names"
	}
	if r.Told == nil {
		r.Told = map[string]map[string]agenda.Published{}
	}
	s := a.speech(lang, names)
	c := agenda.Calendar{Name: s.Say("agenda.calendar", nil), Lang: lang}
	c.Events, r.Told[key] = agenda.Publish(es, s, r.Place, r.Told[key], a.now())
	return c, r, putRecord(tx, kindCalendar, recordCalendar, r, a.now())
}

// ExportCalendar writes what lies ahead within a year as a calendar file (RFC
// 5545); an empty path is a dated file in the folder for printed files. Without
// names it says case numbers and rights, and nothing that leads to a person. It
// returns the path.
func (a *App) ExportCalendar(ctx context.Context, path, lang string, names bool) (string, error) {
	if path == "" {
		path = a.outPath("greffier-calendar", "ics")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	var c agenda.Calendar
	err := a.d.Store.Update(ctx, func(tx Tx) (err error) {
		c, _, err = a.calendar(tx, lang, names)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := a.d.Printer.Calendar(path, c); err != nil {
		return "", err
	}
	return path, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActCalendarExported, "calendar", map[string]any{"events": len(c.Events), "names": names})
	})
}

// CalendarFile returns the file that is rewritten after each change.
func (a *App) CalendarFile() CalendarView {
	var v CalendarView
	// What cannot be read now is as if there were none.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error {
		r, err := record[calendarRecord](tx, kindCalendar, recordCalendar)
		v.Path, v.Names = r.File, r.Names
		return err
	})
	a.cal.mu.Lock()
	defer a.cal.mu.Unlock()
	v.At, v.Err = a.cal.at, a.cal.err
	return v
}

// SetCalendarFile chooses the file that calendar programs watch, and writes it
// at once; "" ends it and leaves the last file where it is. Errors:
// ErrCalendarPath, ErrCalendarTaken, or why it could not be written; nothing is
// changed then.
func (a *App) SetCalendarFile(ctx context.Context, path, lang string, names bool) error {
	if path != "" {
		if err := checkCalendarPath(path); err != nil {
			return err
		}
		if err := a.tryCalendar(ctx, path, lang, names); err != nil {
			return err
		}
	}
	a.cal.mu.Lock()
	a.cal.off, a.cal.err = path == "", nil
	a.cal.mu.Unlock()
	return a.update(ctx, func(tx Tx) error {
		r, err := record[calendarRecord](tx, kindCalendar, recordCalendar)
		if err != nil {
			return err
		}
		r.File, r.Lang, r.Names = path, a.lang(lang), names
		if err := putRecord(tx, kindCalendar, recordCalendar, r, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "calendar", map[string]bool{"file": path != "", "names": names})
	})
}

func (a *App) tryCalendar(ctx context.Context, path, lang string, names bool) error {
	var c agenda.Calendar
	if err := a.d.Store.Update(ctx, func(tx Tx) (err error) {
		c, _, err = a.calendar(tx, lang, names)
		return err
	}); err != nil {
		return err
	}
	return a.d.Printer.Calendar(path, c)
}

// checkCalendarPath refuses what would replace something of somebody else.
func checkCalendarPath(path string) error {
	if !filepath.IsAbs(path) || !strings.EqualFold(filepath.Ext(path), ".ics") || strings.ContainsRune(path, 0) {
		return ErrCalendarPath
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return ErrCalendarPath
	}
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return ErrCalendarTaken
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return err
	}
	if len(head) > 0 && (!bytes.HasPrefix(head, []byte("BEGIN:VCALENDAR")) || !bytes.Contains(head, []byte(calendarMark))) {
		return ErrCalendarTaken
	}
	return nil
}

// calendarChanged has the file written again, soon.
func (a *App) calendarChanged() {
	k := &a.cal
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.off {
		return
	}
	k.dirty = true
	if k.running {
		return
	}
	if k.hurry == nil {
		k.hurry = make(chan struct{})
	}
	k.running = true
	hurry := k.hurry
	k.idle.Go(func() { a.keepCalendar(hurry) })
}

// keepCalendar writes the file until nothing has changed any more.
func (a *App) keepCalendar(hurry <-chan struct{}) {
	for {
		select {
		case <-time.After(calendarRest):
		case <-hurry:
		}
		a.cal.mu.Lock()
		a.cal.dirty = false
		a.cal.mu.Unlock()
		a.writeCalendar(context.Background())
		a.cal.mu.Lock()
		if !a.cal.dirty || a.cal.off {
			a.cal.running = false
			a.cal.mu.Unlock()
			return
		}
		a.cal.mu.Unlock()
	}
}

// writeCalendar writes the file now, where there is one.
func (a *App) writeCalendar(ctx context.Context) {
	a.cal.write.Lock()
	defer a.cal.write.Unlock()
	var c agenda.Calendar
	path := ""
	err := a.d.Store.View(ctx, func(tx Tx) error {
		r, err := record[calendarRecord](tx, kindCalendar, recordCalendar)
		path = r.File
		return err
	})
	if err == nil && path != "" {
		err = a.d.Store.Update(ctx, func(tx Tx) error {
			r, err := record[calendarRecord](tx, kindCalendar, recordCalendar)
			if err == nil {
				path = r.File
				c, _, err = a.calendar(tx, r.Lang, r.Names)
			}
			return err
		})
		if err == nil && path != "" {
			// What came to lie there meanwhile is not replaced.
			if err = checkCalendarPath(path); err == nil {
				err = a.d.Printer.Calendar(path, c)
			}
			if err != nil {
				err = fmt.Errorf("write the calendar file: %w", err)
			}
		}
	}
	a.cal.mu.Lock()
	defer a.cal.mu.Unlock()
	a.cal.off = err == nil && path == ""
	if a.cal.err = err; err == nil && path != "" {
		a.cal.at, a.cal.day = a.now(), a.today()
	}
}

// calendarTick has the file written again on a new day: a running suspension
// moves its dates on.
func (a *App) calendarTick() {
	a.cal.mu.Lock()
	old := a.cal.day != a.today()
	a.cal.mu.Unlock()
	if old {
		a.calendarChanged()
	}
}

// Settle ends what goes on by itself behind the façade: a calendar that is still
// to be written is written now. Call it before the store is closed.
func (a *App) Settle() {
	a.cal.mu.Lock()
	if a.cal.hurry == nil {
		a.cal.hurry = make(chan struct{})
	}
	select {
	case <-a.cal.hurry:
	default:
		close(a.cal.hurry)
	}
	a.cal.mu.Unlock()
	a.cal.idle.Wait()
}
