package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
	"greffier/data/store"
)

// day is the moment at which most of what the tests store happens.
var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// keys are the keys of the tests, the same as those of the frozen stores.
var keys = store.Keys{Seal: bytes.Repeat([]byte{1}, 32), Index: bytes.Repeat([]byte{2}, 32)}

func now() time.Time { return day }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// fresh opens a new store in a folder of its own.
func fresh(tb testing.TB) *store.Store {
	tb.Helper()
	return openIn(tb, tb.TempDir())
}

func openIn(tb testing.TB, dir string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), dir, keys, now)
	must(tb, err)
	tb.Cleanup(func() { s.Close() })
	return s
}

func update(tb testing.TB, s *store.Store, f func(*store.Tx)) {
	tb.Helper()
	must(tb, s.Update(tb.Context(), func(tx *store.Tx) error { f(tx); return nil }))
}

func view(tb testing.TB, s *store.Store, f func(*store.Tx)) {
	tb.Helper()
	must(tb, s.View(tb.Context(), func(tx *store.Tx) error { f(tx); return nil }))
}

// raw opens the file past the store, as somebody with a database tool would.
func raw(tb testing.TB, dir string) *sql.DB {
	tb.Helper()
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.Join(dir, store.FileName)}).EscapedPath()}
	db, err := sql.Open("sqlite", u.String()+"?_pragma=busy_timeout(5000)")
	must(tb, err)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { db.Close() })
	return db
}

func rawExec(tb testing.TB, db *sql.DB, query string, args ...any) {
	tb.Helper()
	_, err := db.ExecContext(tb.Context(), query, args...)
	must(tb, err)
}

func rawInt(tb testing.TB, db *sql.DB, query string, args ...any) (n int) {
	tb.Helper()
	must(tb, db.QueryRowContext(tb.Context(), query, args...).Scan(&n))
	return n
}

// copyFile copies a file, as somebody who makes backups by hand would.
func copyFile(tb testing.TB, from, to string) {
	tb.Helper()
	b, err := os.ReadFile(from)
	must(tb, err)
	must(tb, os.WriteFile(to, b, 0o600))
}

// anOrder is an order of a customer, finished before the tests' day.
func anOrder(ref, email, first string, photos ...string) order.Order {
	return order.Order{Shop: "woo", Ref: ref, Number: "10" + ref, Status: "completed", State: order.Completed,
		CreatedAt: day.AddDate(0, -2, 0), CompletedAt: day.AddDate(0, -1, 0), ModifiedAt: day.AddDate(0, -1, 0),
		Customer: order.Customer{Email: email, FirstName: first, LastName: "Morel", Phone: "+33 6 00 00 00 01", Address: "1 rue du Port", Postcode: "29000", City: "Quimper", Country: "FR"},
		Total:    "59.00", Currency: "EUR", Photos: photos}
}

func putOrder(tb testing.TB, s *store.Store, o order.Order) (id int64, isNew, changed bool) {
	tb.Helper()
	update(tb, s, func(tx *store.Tx) {
		var err error
		id, isNew, changed, err = tx.PutOrder(o)
		must(tb, err)
	})
	return id, isNew, changed
}

func getOrder(tb testing.TB, s *store.Store, id int64) (o order.Order) {
	tb.Helper()
	view(tb, s, func(tx *store.Tx) {
		var err error
		o, err = tx.Order(id)
		must(tb, err)
	})
	return o
}

// aMail is a message of one sender.
func aMail(id, email, subject, text string, kind request.Kind) request.Judged {
	return request.Judged{Message: mailbox.Message{MessageID: id, ReceivedAt: day, SentAt: day, FromFields: 1, From: []mailbox.Address{{Name: "Sender", Email: email}},
		To: []mailbox.Address{{Email: "shop@example.org"}}, Subject: subject, Text: text, Attachments: []mailbox.Attachment{{Name: "attached-" + id + ".pdf", Type: "application/pdf", SizeBytes: 3}},
		Raw: []byte("Message-ID: <" + id + ">\r\nSubject: " + subject + "\r\n\r\n" + text)}, Verdict: request.Verdict{Kind: kind, Confidence: 0.9, Language: "en"}}
}

func putMail(tb testing.TB, s *store.Store, j request.Judged) (id int64, isNew bool) {
	tb.Helper()
	update(tb, s, func(tx *store.Tx) {
		var err error
		id, isNew, err = tx.PutMessage(j)
		must(tb, err)
	})
	return id, isNew
}

func sprint(v any) string { return fmt.Sprintf("%+v", v) }
