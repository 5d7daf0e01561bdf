package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"greffier/app/erasure"
	"greffier/app/evidence"
)

// ErrConnectionUsed says that a connection cannot be removed now: an erasure that
// is under way, was cut off, or waits for its time needs it.
var ErrConnectionUsed = errors.New("an erasure still needs this service")

// The kinds of connection, as Service.Kind has them.
const (
	KindShop    = "shop"
	KindMailbox = "mailbox"
	KindStorage = "storage"
)

// RemoveConnection takes a shop, a storage or the mailbox out of the profile, with
// its keys: it is not looked at any more. Nothing in it is deleted, and what
// Greffier knows of it (orders, cases, the journal) stays. Shops and storages count
// until the connections are made anew. Errors: ErrUnknownService; ErrBusy while it
// is read; ErrConnectionUsed.
func (a *App) RemoveConnection(ctx context.Context, kind, name string) error {
	if kind == KindMailbox && a.d.Mail == nil || kind != KindMailbox && a.d.Connector == nil {
		return ErrNoConnector
	}
	if !a.hasConnection(kind, name) {
		return ErrUnknownService
	}
	if !a.syncing.TryLock() {
		return ErrBusy
	}
	defer a.syncing.Unlock()
	if !a.erasing.TryLock() {
		return ErrConnectionUsed
	}
	defer a.erasing.Unlock()
	if kind != KindMailbox {
		if err := a.erasuresWait(ctx); err != nil {
			return err
		}
	}
	// That it is wished is on record before it is done: whatever is cut off can be
	// done once more.
	if err := a.update(ctx, func(tx Tx) error {
		if kind == KindMailbox {
			if err := forgetCursors(tx); err != nil {
				return err
			}
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, kind, map[string]bool{"dropped": true})
	}); err != nil {
		return err
	}
	switch kind {
	case KindShop:
		return a.d.Connector.RemoveShop(name)
	case KindStorage:
		return a.d.Connector.RemoveStorage(name)
	}
	if err := a.d.Mail.Remove(); err != nil {
		return err
	}
	a.mu.Lock()
	a.d.Mailbox, a.d.Postman = nil, nil
	a.d.Services = slices.DeleteFunc(slices.Clone(a.d.Services), func(c Connection) bool { return c.Kind == KindMailbox })
	stop := a.stopWatch
	a.mu.Unlock()
	if stop != nil {
		stop()
	}
	return nil
}

func (a *App) hasConnection(kind, name string) bool {
	switch kind {
	case KindShop:
		return slices.ContainsFunc(a.d.Connector.Shops(), func(s ShopSetup) bool { return s.Name == name })
	case KindStorage:
		return slices.ContainsFunc(a.d.Connector.Storages(), func(s StorageSetup) bool { return s.Name == name })
	case KindMailbox:
		x, has := a.d.Mail.Account()
		return has && (name == "" || strings.EqualFold(name, x.IMAP.Host))
	}
	return false
}

// erasuresWait refuses while an erasure is not at its end or waits for its time:
// what it found is looked for again, and what cannot be looked at is never proven
// to be gone.
func (a *App) erasuresWait(ctx context.Context) error {
	var open []erasure.Record
	var waiting []cooling
	err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if open, err = tx.OpenRuns(); err != nil {
			return err
		}
		waiting, err = records[cooling](tx, kindCooling)
		return err
	})
	if err == nil && len(open)+len(waiting) > 0 {
		return ErrConnectionUsed
	}
	return err
}
