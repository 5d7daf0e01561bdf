package shop

import (
	"fmt"
	"time"

	"greffier/app/order"
)

// overlap is how long before the newest change seen the next reading begins, so
// that an order saved by a slow request is not missed.
const overlap = 10 * time.Minute

// listener is who a reading is for. Its functions are never nil.
type listener struct {
	got    func(order.Order) error
	bad    func(order.Problem) error
	save   func(mark string) error
	report func(done, total int, note string)
}

// listen makes a listener of what a caller gave, got excepted each of which may
// be nil.
func listen(got func(order.Order) error, bad func(order.Problem) error, save func(string) error, report func(done, total int, note string)) listener {
	if bad == nil {
		bad = func(order.Problem) error { return nil }
	}
	if save == nil {
		save = func(string) error { return nil }
	}
	if report == nil {
		report = func(int, int, string) {}
	}
	return listener{got: got, bad: bad, save: save, report: report}
}

// problem tells what is wrong at a place.
func (l listener) problem(where, what string) error {
	if err := l.bad(order.Problem{Where: where, What: what}); err != nil {
		return fmt.Errorf("report %s: %w", where, err)
	}
	return nil
}

// give hands over an order that was read from a place with what there is to say of
// it; with an error it is not handed over.
func (l listener) give(where string, o order.Order, notes []string, unread error) error {
	if unread != nil {
		notes = []string{unread.Error() + "; the order is not read"}
	}
	for _, n := range notes {
		if err := l.problem(where, n); err != nil {
			return err
		}
	}
	if unread != nil {
		return nil
	}
	if err := l.got(o); err != nil {
		return fmt.Errorf("keep %s: %w", where, err)
	}
	return nil
}

// place saves a mark.
func (l listener) place(mark string) error {
	if err := l.save(mark); err != nil {
		return fmt.Errorf("keep the mark: %w", err)
	}
	return nil
}

// nextSince is the instant from which the next reading begins, after one that
// began at an instant of the shop's clock and has seen a newest change, or none.
// It is never before that from which this reading was asked for.
func nextSince(since, newest, started time.Time) time.Time {
	if newest.IsZero() {
		return since
	}
	if newest.After(started) {
		newest = started // a date in the future would hide every change until then
	}
	next := newest.Add(-overlap)
	if next.Before(since) {
		return since
	}
	return next.UTC().Truncate(time.Second)
}
