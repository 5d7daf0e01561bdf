package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
	"greffier/data/store"
)

// files returns every file of the store, and a copy made by the store itself.
func files(tb testing.TB, s *store.Store, dir string) map[string][]byte {
	tb.Helper()
	copied := filepath.Join(tb.TempDir(), "copy.db")
	must(tb, s.BackupTo(tb.Context(), copied))
	out := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	must(tb, err)
	for _, n := range append(names, copied) {
		b, err := os.ReadFile(n)
		must(tb, err)
		out[filepath.Base(n)] = b
	}
	if len(out) < 3 {
		tb.Fatalf("looked at %d files only: the write-ahead log is missing", len(out))
	}
	return out
}

// hides fails when a word is found in a file of the store, whatever its case,
// or as hexadecimal or base64.
func hides(tb testing.TB, s *store.Store, dir string, words ...string) {
	tb.Helper()
	for name, b := range files(tb, s, dir) {
		low := bytes.ToLower(b)
		for _, w := range words {
			// Base64 of the middle of a word does not depend on what is around it
			// when it begins at a multiple of three.
			for how, form := range map[string][]byte{"in clear": []byte(strings.ToLower(w)), "in hexadecimal": []byte(hex.EncodeToString([]byte(w)))} {
				if bytes.Contains(low, form) {
					tb.Errorf("%s holds %q %s", name, w, how)
				}
			}
			for skip := range min(3, len(w)) {
				whole := (len(w) - skip) / 3 * 3
				if whole >= 9 && bytes.Contains(b, []byte(base64.StdEncoding.EncodeToString([]byte(w[skip:skip+whole])))) {
					tb.Errorf("%s holds %q in base64", name, w)
				}
			}
		}
	}
}

// told fails unless every word can be read back through the store.
func told(tb testing.TB, what any, words ...string) {
	tb.Helper()
	text := fmt.Sprintf("%+v", what)
	for _, w := range words {
		if !strings.Contains(text, w) {
			tb.Errorf("%q cannot be read back", w)
		}
	}
}

// everything reads all that a store holds.
func everything(tb testing.TB, s *store.Store) (all []any) {
	tb.Helper()
	view(tb, s, func(tx *store.Tx) {
		add := func(v any, err error) { must(tb, err); all = append(all, v) }
		add(tx.Orders())
		add(tx.Holds())
		for _, k := range []request.Kind{request.ToCheck, request.Request, request.Ordinary} {
			add(tx.Messages(k, 0))
		}
		add(tx.Cases())
		add(tx.Cursors())
		add(tx.Runs())
		runs, err := tx.Runs()
		must(tb, err)
		for _, r := range runs {
			add(tx.Steps(r.ID))
		}
		rs, err := tx.Records("processors")
		must(tb, err)
		for _, r := range rs {
			all = append(all, string(r.JSON))
		}
	})
	return all
}

func TestPersonalDataIsNowhereInTheFilesAfterEveryKindOfWrite(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	var orderID, case1, run, hold int64
	var mail request.Judged
	steps := []struct {
		name  string
		words []string // written by it
		do    func(*testing.T, *store.Tx)
	}{
		{"an order", []string{"Zoraide-Needle", "Quillfeather", "needle.one@example.org", "+33 6 12 34 56 78", "17 impasse du Needle", "uploads/101/jeanne-needle.jpg"}, func(t *testing.T, tx *store.Tx) {
			o := anOrder("1", "needle.one@example.org", "Zoraide-Needle", "uploads/101/jeanne-needle.jpg")
			o.Customer.LastName, o.Customer.Phone, o.Customer.Address = "Quillfeather", "+33 6 12 34 56 78", "17 impasse du Needle"
			var err error
			orderID, _, _, err = tx.PutOrder(o)
			must(t, err)
		}},
		{"an order without an address", []string{"Nameless-Needle", "uploads/102/no-mail-needle.jpg"}, func(t *testing.T, tx *store.Tx) {
			_, _, _, err := tx.PutOrder(anOrder("2", "", "Nameless-Needle", "uploads/102/no-mail-needle.jpg"))
			must(t, err)
		}},
		{"a hold", []string{"the needle of a dispute"}, func(t *testing.T, tx *store.Tx) {
			var err error
			hold, err = tx.PutHold(plan.Hold{Order: orderID, Reason: "the needle of a dispute", Article: "GDPR Art. 18"})
			must(t, err)
		}},
		{"ordinary mail", []string{"needle.two@example.org", "needle in the subject of ordinary mail"}, func(t *testing.T, tx *store.Tx) {
			_, _, err := tx.PutMessage(aMail("m1", "needle.two@example.org", "needle in the subject of ordinary mail", "text that is not kept", request.Ordinary))
			must(t, err)
		}},
		{"a request", []string{"needle.three@example.org", "needle in the subject of a request", "needle in the text of a request", "attached-m2.pdf"}, func(t *testing.T, tx *store.Tx) {
			mail = aMail("m2", "needle.three@example.org", "needle in the subject of a request", "needle in the text of a request", request.Request)
			var err error
			mail.Message.ID, _, err = tx.PutMessage(mail)
			must(t, err)
		}},
		{"mail without a valid sender", []string{"needle of a forger"}, func(t *testing.T, tx *store.Tx) {
			j := aMail("m3", "", "needle of a forger", "x", request.ToCheck)
			j.Message.FromFields = 2
			_, _, err := tx.PutMessage(j)
			must(t, err)
		}},
		{"a case", []string{"Needle Requester", "needle.four@example.org", "needle of a note", "needle of a letter", "needle of a reason"}, func(t *testing.T, tx *store.Tx) {
			id, err := tx.NewCase(cases.Case{Subject: "a needle", Requester: cases.Person{Name: "Needle Requester", Email: "needle.four@example.org"}, ReceivedAt: day,
				Events: []cases.Event{{At: day, Note: "needle of a note"}}, Letters: []cases.Letter{{Text: "needle of a letter"}}, Identity: cases.Identity{Reason: "needle of a reason"}})
			must(t, err)
			case1 = int64(id)
		}},
		{"a message moved into a case", []string{"needle in the text of a request"}, func(t *testing.T, tx *store.Tx) {
			mail.Case = case1
			must(t, tx.UpdateMessage(mail))
		}},
		{"a run with steps", []string{"uploads/101/step-needle.jpg", "portraits/needle-kept.jpg"}, func(t *testing.T, tx *store.Tx) {
			var err error
			run, err = tx.BeginRun(erasure.Record{Scope: plan.Scope{Orders: []int64{orderID}}, By: "owner", StartedAt: day, Keep: []plan.Kept{{Key: "portraits/needle-kept.jpg"}}},
				[]erasure.Step{{N: 0, Object: plan.Found{Object: plan.Object{Storage: "s3", Key: "uploads/101/step-needle.jpg"}, Order: orderID}}})
			must(t, err)
			must(t, tx.MarkSteps(run, []erasure.Step{{N: 0, Status: erasure.Tried, At: day}}))
		}},
		{"the end of a run", []string{"portraits/needle-restricted.jpg"}, func(t *testing.T, tx *store.Tx) {
			r, err := tx.Run(run)
			must(t, err)
			r.State, r.EndedAt, r.Restrict = erasure.Complete, day, []plan.Held{{Key: "portraits/needle-restricted.jpg"}}
			must(t, tx.PutRun(r))
		}},
		{"a record of a register", []string{"Needle Printing Ltd"}, func(t *testing.T, tx *store.Tx) {
			must(t, tx.PutRecord("processors", "P1", []byte(`{"name":"Needle Printing Ltd"}`), day))
		}},
		{"a cursor", []string{"INBOX/Needle family"}, func(t *testing.T, tx *store.Tx) {
			must(t, tx.PutCursor(mailbox.Cursor{Folder: "INBOX/Needle family", UIDValidity: 1, UIDNext: 2}))
		}},
	}
	var all []string
	for _, st := range steps {
		t.Run(st.name, func(t *testing.T) {
			update(t, s, func(tx *store.Tx) { st.do(t, tx) })
			all = append(all, st.words...)
			told(t, everything(t, s), all...)
			hides(t, s, dir, all...)
		})
	}
	t.Run("forgetting", func(t *testing.T) {
		update(t, s, func(tx *store.Tx) {
			must(t, tx.LiftHold(hold))
			_, err := tx.ForgetMedia(orderID, day, run)
			must(t, err)
			_, err = tx.ForgetOrder(orderID, day, run)
			must(t, err)
			for _, e := range []string{"needle.one@example.org", "needle.two@example.org", "needle.three@example.org"} {
				_, err = tx.ForgetPerson(e, day, run)
				must(t, err)
			}
		})
		hides(t, s, dir, all...)
		must(t, s.Scrub(t.Context()))
		hides(t, s, dir, all...)
		left := fmt.Sprintf("%+v", everything(t, s))
		for _, w := range []string{"Zoraide-Needle", "needle.one@example.org", "jeanne-needle.jpg", "needle in the subject of ordinary mail", "the needle of a dispute"} {
			if strings.Contains(left, w) {
				t.Errorf("%q can still be read", w)
			}
		}
		told(t, left, "Nameless-Needle", "needle in the text of a request", "needle of a letter", "step-needle.jpg")
	})
}

func TestForgettingLeavesNeitherKeyNorCiphertextInTheFiles(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	// Many photographs: the value does not fit a page, so pages are freed.
	var photos []string
	for i := range 400 {
		photos = append(photos, fmt.Sprintf("uploads/101/photo-%d.jpg", i))
	}
	id, _, _ := putOrder(t, s, anOrder("1", "anouk@example.org", "Anouk", photos...))
	putMail(t, s, aMail("m", "anouk@example.org", "Hello", "text", request.ToCheck))
	must(t, s.Scrub(t.Context())) // now it is in the file itself as well
	putOrder(t, s, func() order.Order {
		o := anOrder("1", "anouk@example.org", "Anouk", photos...)
		o.Status = "again"
		return o
	}())
	db := raw(t, dir)
	var secrets [][]byte
	for _, q := range []string{"SELECT sealed FROM subject", "SELECT sealed FROM orders", "SELECT sealed FROM message", "SELECT raw_sealed FROM message"} {
		var b []byte
		must(t, db.QueryRow(q).Scan(&b))
		secrets = append(secrets, b[:32])
	}
	must(t, db.Close())
	found := func(where map[string][]byte) (n int) {
		for _, b := range where {
			for _, x := range secrets {
				n += bytes.Count(b, x)
			}
		}
		return n
	}
	if found(files(t, s, dir)) == 0 {
		t.Fatal("the test looks for the wrong bytes")
	}
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetOrder(id, day, 1)
		must(t, err)
		_, err = tx.ForgetPerson("anouk@example.org", day, 1)
		must(t, err)
	})
	must(t, s.Scrub(t.Context()))
	if n := found(files(t, s, dir)); n > 0 {
		t.Errorf("%d sealed values or keys are still in the files", n)
	}
}

func TestSealedValueMovedElsewhereDoesNotOpen(t *testing.T) {
	build := func(t *testing.T) string {
		dir := t.TempDir()
		s := openIn(t, dir)
		update(t, s, func(tx *store.Tx) {
			// One customer, so that both rows are under the same key.
			for _, ref := range []string{"1", "2"} {
				_, _, _, err := tx.PutOrder(anOrder(ref, "anouk@example.org", "Anouk", ref+".jpg"))
				must(t, err)
				_, _, err = tx.PutMessage(aMail("m"+ref, "anouk@example.org", "Subject "+ref, "text", request.Request))
				must(t, err)
				_, err = tx.PutHold(plan.Hold{Order: 1, Reason: "reason " + ref, From: law.Date{}})
				must(t, err)
				must(t, tx.PutRecord("processors", "P"+ref, []byte(`{}`), day))
				must(t, tx.PutCursor(mailbox.Cursor{Folder: "F" + ref}))
				_, err = tx.NewCase(cases.Case{Subject: ref})
				must(t, err)
				_, err = tx.BeginRun(erasure.Record{State: erasure.Complete}, []erasure.Step{{N: 0}, {N: 1}})
				must(t, err)
			}
			_, _, _, err := tx.PutOrder(anOrder("3", "basile@example.org", "Basile"))
			must(t, err)
		})
		must(t, s.Check(t.Context()))
		must(t, s.Close())
		return dir
	}
	for name, sql := range map[string]string{
		"an order on another order":               "UPDATE orders SET sealed = (SELECT sealed FROM orders WHERE id = 1) WHERE id = 2",
		"an order on a message":                   "UPDATE message SET sealed = (SELECT sealed FROM orders WHERE id = 1) WHERE id = 1",
		"a message on another message":            "UPDATE message SET sealed = (SELECT sealed FROM message WHERE id = 1) WHERE id = 2",
		"the mail as it came in the other column": "UPDATE message SET sealed = raw_sealed WHERE id = 1",
		"the other column as the mail as it came": "UPDATE message SET raw_sealed = sealed WHERE id = 1",
		"a key on another person":                 "UPDATE subject SET sealed = (SELECT sealed FROM subject WHERE id = 1) WHERE kind = 'person' AND id <> 1",
		"an order handed to another person":       "UPDATE orders SET subject = (SELECT subject FROM orders WHERE id = 3) WHERE id = 1",
		"a hold on another hold":                  "UPDATE hold SET sealed = (SELECT sealed FROM hold WHERE id = 1) WHERE id = 2",
		"a record under another name":             "UPDATE record SET sealed = (SELECT sealed FROM record WHERE id = 'P1') WHERE id = 'P2'",
		"a cursor on another folder":              "UPDATE cursor SET sealed = (SELECT sealed FROM cursor LIMIT 1)",
		"a case on another case":                  "UPDATE cases SET sealed = (SELECT sealed FROM cases WHERE id = 1), subject = (SELECT subject FROM cases WHERE id = 1) WHERE id = 2",
		"a run on another run":                    "UPDATE run SET sealed = (SELECT sealed FROM run WHERE id = 1), subject = (SELECT subject FROM run WHERE id = 1) WHERE id = 2",
		"a step on another step":                  "UPDATE step SET sealed = (SELECT sealed FROM step WHERE run_id = 1 AND n = 0) WHERE run_id = 1 AND n = 1",
		"one byte of a sealed value":              "UPDATE orders SET sealed = zeroblob(length(sealed)) WHERE id = 1",
		"a sealed value cut short":                "UPDATE orders SET sealed = substr(sealed, 1, 5) WHERE id = 1",
	} {
		t.Run(name, func(t *testing.T) {
			dir := build(t)
			db := raw(t, dir)
			rawExec(t, db, sql)
			must(t, db.Close())
			s := openIn(t, dir)
			if err := s.Check(t.Context()); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("check says %v", err)
			} else if strings.Contains(err.Error(), "anouk") {
				t.Errorf("the error names somebody: %v", err)
			}
		})
	}
}

func TestWrongKeyIsRefusedAndTheFileUnchanged(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	putOrder(t, s, anOrder("1", "a@example.org", "Anouk"))
	must(t, s.Close())
	path := filepath.Join(dir, store.FileName)
	before, err := os.ReadFile(path)
	must(t, err)
	other := bytes.Repeat([]byte{9}, 32)
	for name, k := range map[string]store.Keys{
		"another profile's keys":   {Seal: other, Index: other},
		"a wrong index key":        {Seal: keys.Seal, Index: other},
		"a wrong seal key":         {Seal: other, Index: keys.Index},
		"no key at all":            {},
		"a key that is too short":  {Seal: keys.Seal[:16], Index: keys.Index},
		"an index key of no bytes": {Seal: keys.Seal},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := store.Open(context.Background(), dir, k, now); !errors.Is(err, store.ErrWrongKey) {
				t.Errorf("err = %v", err)
			}
			after, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}
