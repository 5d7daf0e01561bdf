package app

import (
	"context"
	"errors"
	"strconv"

	"greffier/app/evidence"
	"greffier/app/request"
)

// settingCheck is the threshold of the mails to check, in percent.
const settingCheck = "triage.check"

// The bounds of the threshold, in percent.
const (
	minCheck = 3
	maxCheck = int(request.RequestFrom*100) - 1
)

var (
	// ErrThreshold says that a threshold is out of bounds.
	ErrThreshold = errors.New("the threshold is out of bounds")
	// ErrNoSetup says that the settings of the mailbox cannot be changed here.
	ErrNoSetup = errors.New("the mailbox cannot be set up here")
	// ErrNotCorrected says that a mail has no correction to take back.
	ErrNotCorrected = errors.New("the verdict was not corrected")
	// ErrCaseTouched says that too much has happened in a case to say that it was
	// opened by mistake.
	ErrCaseTouched = errors.New("something was done in this case already")
)

// mailbox returns the way to the mailbox and out of it, nil where there is
// none. The owner may change them.
func (a *App) mailbox() (Mailbox, Postman) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.d.Mailbox, a.d.Postman
}

// services returns the connections of the profile, which the owner may change.
func (a *App) services() []Connection {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.d.Services
}

// judge returns who recognises requests as the owner taught it.
func (a *App) judge(tx Tx) (*request.Judge, error) {
	js, err := tx.Corrected()
	if err != nil {
		return nil, err
	}
	var lessons []request.Lesson
	for _, j := range js {
		if j.Lesson != nil {
			lessons = append(lessons, *j.Lesson)
		}
	}
	return request.NewJudge(lessons, request.Settings{CheckFrom: float64(checkPercent(tx)) / 100}), nil
}

func checkPercent(tx Tx) int {
	return numberSetting(tx, settingCheck, minCheck, maxCheck, int(request.CheckFrom*100))
}

// CheckPercent returns the confidence, in percent, from which a mail is shown as
// one to check.
func (a *App) CheckPercent() int {
	p := int(request.CheckFrom * 100)
	// A setting that cannot be read leaves the default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { p = checkPercent(tx); return nil })
	return p
}

// SetCheckPercent changes it, from 3 to what makes a request; ErrThreshold for anything else. It
// holds for the mails that come; those judged before keep their verdict.
func (a *App) SetCheckPercent(ctx context.Context, percent int) error {
	if percent < minCheck || percent > maxCheck {
		return ErrThreshold
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingCheck, strconv.Itoa(percent)); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "triage", map[string]int{"check": percent})
	})
}
