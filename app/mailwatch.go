package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"greffier/app/evidence"
	"greffier/app/guard"
	"greffier/app/mailbox"
)

// busyPause is how long new mail waits before it is asked anew whether another
// sync has ended.
const busyPause = 2 * time.Second

// Watch reads new mail as soon as it comes in, until ctx ends; it returns
// ctx.Err(), or nil where the mailbox cannot tell. A connection that breaks off
// (sleep, another network) is opened again, at growing intervals.
func (a *App) Watch(ctx context.Context, report Report) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 2*time.Second, 5*time.Minute
	for ctx.Err() == nil {
		box, _ := a.mailbox()
		w, ok := box.(mailbox.Watcher)
		if !ok {
			return nil
		}
		// A mailbox set up anew is watched instead of this one.
		watching, stop := context.WithCancel(ctx)
		a.mu.Lock()
		a.stopWatch = stop
		a.mu.Unlock()
		began := a.d.Now()
		woken := make(chan struct{}, 1)
		read := func() error {
			return guard.Run(func() error { _, err := a.Sync(watching, false, true, report); return err })
		}
		go func() {
			for {
				select {
				case <-watching.Done():
					return
				case <-woken:
					// How it went is remembered with the service. A sync that is
					// under way may have looked into the folder before.
					for errors.Is(read(), ErrBusy) {
						select {
						case <-watching.Done():
							return
						case <-time.After(busyPause):
						}
					}
				}
			}
		}()
		a.setWatching(true)
		err := guard.Run(func() error {
			return w.Watch(watching, func() {
				select {
				case woken <- struct{}{}:
				default: // a sync is due already, and sees this mail too
				}
			})
		})
		a.setWatching(false)
		anew := watching.Err() != nil && ctx.Err() == nil
		stop()
		if anew {
			continue
		}
		if err != nil && a.d.Now().Sub(began) > 10*time.Minute {
			wait.Reset()
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait.NextBackOff()):
		}
	}
	return ctx.Err()
}

// Watching tells whether new mail is seen at once now: Watch is under way and
// its connection has not broken off.
func (a *App) Watching() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.watching
}

func (a *App) setWatching(on bool) {
	a.mu.Lock()
	was := a.watching
	a.watching = on
	a.mu.Unlock()
	if was != on {
		a.changed()
	}
}

// The settings of the mailbox.

// MailProviders returns the mail providers whose settings are known.
func (a *App) MailProviders() []mailbox.Provider {
	if a.d.Mail == nil {
		return nil
	}
	return a.d.Mail.Providers()
}

// MailAccount returns how the mailbox is entered, and false where the profile
// has none.
func (a *App) MailAccount() (mailbox.Account, bool) {
	if a.d.Mail == nil {
		return mailbox.Account{}, false
	}
	return a.d.Mail.Account()
}

// DiscoverMail proposes settings for an address, the best first; slow.
func (a *App) DiscoverMail(ctx context.Context, address string) ([]mailbox.Found, error) {
	if a.d.Mail == nil {
		return nil, ErrNoSetup
	}
	return a.d.Mail.Discover(ctx, address)
}

// TryMail signs in with settings that are not kept yet and looks around; slow.
func (a *App) TryMail(ctx context.Context, x mailbox.Account, s mailbox.Secret) (mailbox.Looked, error) {
	if a.d.Mail == nil {
		return mailbox.Looked{}, ErrNoSetup
	}
	return a.d.Mail.Try(ctx, x, s)
}

// SignInMail signs in at an OAuth provider in the system's browser; slow.
func (a *App) SignInMail(ctx context.Context, x mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) {
	if a.d.Mail == nil {
		return mailbox.Secret{}, ErrNoSetup
	}
	return a.d.Mail.SignIn(ctx, x, clientSecret, show)
}

// SaveMail keeps the settings of the mailbox; the next sync uses them. ErrBusy
// while a sync is under way.
func (a *App) SaveMail(ctx context.Context, x mailbox.Account, s mailbox.Secret) error {
	if a.d.Mail == nil {
		return ErrNoSetup
	}
	if !a.syncing.TryLock() {
		return ErrBusy
	}
	defer a.syncing.Unlock()
	if was, ok := a.d.Mail.Account(); ok && (!strings.EqualFold(was.IMAP.Host, x.IMAP.Host) || was.IMAP.User != x.IMAP.User) {
		// How far the other mailbox was read says nothing of this one, whose
		// folders may have the same names and numbers.
		if err := a.d.Store.Update(ctx, forgetCursors); err != nil {
			return err
		}
	}
	box, postman, service, err := a.d.Mail.Save(ctx, x, s)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.d.Mailbox, a.d.Postman = box, postman
	a.d.Services = append(slices.DeleteFunc(slices.Clone(a.d.Services), func(c Connection) bool { return c.Kind == "mailbox" }), service)
	stop := a.stopWatch
	a.mu.Unlock()
	if stop != nil {
		stop()
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSettingsChanged, "mailbox", map[string]any{"sign-in": x.SignIn, "out": x.Out, "folders": len(x.Folders)})
	})
}

// forgetCursors lets every folder be read from its beginning. What is known
// already is known again.
func forgetCursors(tx Tx) error {
	cs, err := tx.Cursors()
	if err != nil {
		return err
	}
	for _, c := range cs {
		// No folder has this UIDVALIDITY (RFC 9051, 2.3.1.1).
		if err := tx.PutCursor(mailbox.Cursor{Folder: c.Folder}); err != nil {
			return err
		}
	}
	return nil
}
