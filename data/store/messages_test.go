package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/data/store"
)

func getMail(tb testing.TB, s *store.Store, id int64) (j request.Judged) {
	tb.Helper()
	view(tb, s, func(tx *store.Tx) {
		var err error
		j, err = tx.Message(id)
		must(tb, err)
	})
	return j
}

func TestTheSameMailIsKeptOnce(t *testing.T) {
	first := aMail("m1", "anouk@example.org", "Hello", "text", request.Request)
	first.Message.Ref = mailbox.Ref{Folder: "INBOX", UIDValidity: 1, UID: 10}
	for name, tc := range map[string]struct {
		change func(*request.Judged)
		isNew  bool
	}{
		"read again":                              {func(*request.Judged) {}, false},
		"found in another folder":                 {func(j *request.Judged) { j.Message.Ref.Folder, j.Message.Ref.UID = "Junk", 3 }, false},
		"after the server renumbered":             {func(j *request.Judged) { j.Message.Ref.UIDValidity, j.Message.Ref.UID = 2, 1 }, false},
		"judged otherwise":                        {func(j *request.Judged) { j.Verdict.Kind = request.Ordinary }, false},
		"another mail under the same Message-ID":  {func(j *request.Judged) { j.Message.Raw = []byte("forged") }, true},
		"the same words under another Message-ID": {func(j *request.Judged) { j.Message.MessageID = "m2" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			id, isNew := putMail(t, s, first)
			if !isNew || id != 1 {
				t.Fatalf("the first is %d, new %v", id, isNew)
			}
			j := first
			tc.change(&j)
			again, isNew := putMail(t, s, j)
			if isNew != tc.isNew || (again == id) == tc.isNew {
				t.Errorf("the second is %d, new %v", again, isNew)
			}
		})
	}
}

func TestOfOrdinaryMailNeitherTextNorBytesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	db := raw(t, dir)
	ordinary := aMail("m1", "anouk@example.org", "Where is my parcel", "a text of ordinary mail", request.Ordinary)
	id, _ := putMail(t, s, ordinary)
	got := getMail(t, s, id)
	if got.Message.Subject != "Where is my parcel" || got.Message.From[0].Email != "anouk@example.org" || !got.Message.ReceivedAt.Equal(day) {
		t.Errorf("of ordinary mail is kept %+v", got.Message)
	}
	if got.Message.Text != "" || got.Message.Attachments != nil || got.Message.To != nil {
		t.Errorf("too much of ordinary mail is kept: %+v", got.Message)
	}
	if n := rawInt(t, db, "SELECT COUNT(*) FROM message WHERE raw_sealed IS NOT NULL"); n != 0 {
		t.Error("ordinary mail was kept as it came")
	}
	for i, kind := range []request.Kind{request.Request, request.ToCheck} {
		j := aMail(fmt.Sprint("k", i), "anouk@example.org", "Subject", "a text of a request", kind)
		j.Verdict.Findings = []request.Finding{{Right: request.Erasure, Confidence: 0.9, Rule: "rule", Spans: []request.Span{{Field: request.InText, Start: 0, End: 6, Words: "a text"}}}}
		j.Message.ID, _ = putMail(t, s, j)
		got := getMail(t, s, j.Message.ID)
		j.Message.Raw = nil
		if !reflect.DeepEqual(got, j) {
			t.Errorf("%v is read back as\n%+v, want\n%+v", kind, got, j)
		}
	}
	var sealed []byte
	must(t, db.QueryRow("SELECT raw_sealed FROM message WHERE id = 2").Scan(&sealed))
	if len(sealed) == 0 || bytes.Contains(sealed, []byte("a text")) {
		t.Error("a request is not kept sealed as it came")
	}
	t.Run("a request that turns out to be ordinary mail loses both", func(t *testing.T) {
		j := getMail(t, s, 2)
		j.Verdict.Kind, j.Corrected = request.Ordinary, true
		update(t, s, func(tx *store.Tx) { must(t, tx.UpdateMessage(j)) })
		if got := getMail(t, s, 2); got.Message.Text != "" || !got.Corrected || got.Verdict.Kind != request.Ordinary {
			t.Errorf("it is %+v", got)
		}
		if n := rawInt(t, db, "SELECT COUNT(*) FROM message WHERE id = 2 AND raw_sealed IS NOT NULL"); n != 0 {
			t.Error("it is still kept as it came")
		}
	})
}

func TestMessageMovedIntoACaseIsSealedUnderTheCasesKey(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	db := raw(t, dir)
	for name, sender := range map[string]string{"a person's mail": "anouk@example.org", "mail without a valid sender": ""} {
		t.Run(name, func(t *testing.T) {
			j := aMail(name, sender, "Erase", "please erase", request.Request)
			if sender == "" {
				j.Message.FromFields = 2
			}
			j.Message.ID, _ = putMail(t, s, j)
			update(t, s, func(tx *store.Tx) {
				id, err := tx.NewCase(cases.Case{})
				must(t, err)
				j.Case, j.Message.Raw = int64(id), nil // as it is read from the store
				must(t, tx.UpdateMessage(j))
			})
			if n := rawInt(t, db, "SELECT COUNT(*) FROM message m JOIN cases c ON c.id = m.case_id WHERE m.id = ? AND m.subject = c.subject AND m.raw_sealed IS NOT NULL", j.Message.ID); n != 1 {
				t.Error("it is not under the case's key, or not as it came")
			}
			if n := rawInt(t, db, "SELECT COUNT(*) FROM subject WHERE kind IN ('person', 'message')"); n != 0 {
				t.Errorf("%d keys are left that nothing is sealed under", n)
			}
			view(t, s, func(tx *store.Tx) {
				ms, err := tx.CaseMessages(j.Case)
				must(t, err)
				if len(ms) != 1 || !reflect.DeepEqual(ms[0], j) {
					t.Errorf("the case has %+v, want %+v", ms, j)
				}
			})
			must(t, s.Check(t.Context())) // opens the bytes as they came as well
		})
	}
	update(t, s, func(tx *store.Tx) {
		j := aMail("x", "a@example.org", "x", "x", request.Request)
		j.Message.ID = 99
		if err := tx.UpdateMessage(j); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a message that is not there: %v", err)
		}
		j.Message.ID, j.Case = 1, 99
		if err := tx.UpdateMessage(j); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a case that is not there: %v", err)
		}
		if _, err := tx.Message(99); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no such message: %v", err)
		}
	})
}

func TestReplyFindsItsCaseByMessageID(t *testing.T) {
	s := fresh(t)
	var c int64
	update(t, s, func(tx *store.Tx) {
		id, err := tx.NewCase(cases.Case{})
		must(t, err)
		c = int64(id)
		for _, m := range []struct {
			id string
			c  int64
		}{{"in-case@x", c}, {"", c}, {"elsewhere@x", 0}} {
			j := aMail(m.id, "anouk@example.org", "s"+m.id, "t", request.Request)
			j.Message.MessageID, j.Case = m.id, m.c
			_, _, err = tx.PutMessage(j)
			must(t, err)
		}
	})
	view(t, s, func(tx *store.Tx) {
		for name, tc := range map[string]struct {
			ids  []string
			want int64
		}{
			"a reply to its message":                    {[]string{"in-case@x"}, c},
			"a reply further down the thread":           {[]string{"unknown@x", "elsewhere@x", "in-case@x"}, c},
			"a reply to a mail of no case":              {[]string{"elsewhere@x"}, 0},
			"a reply to nothing known":                  {[]string{"unknown@x"}, 0},
			"no reply":                                  {nil, 0},
			"an empty Message-ID is nobody's":           {[]string{""}, 0},
			"one that differs in a letter is another's": {[]string{"In-case@x"}, 0},
		} {
			got, err := tx.CaseOfThread(tc.ids)
			must(t, err)
			if got != tc.want {
				t.Errorf("%s: case %d, want %d", name, got, tc.want)
			}
		}
	})
}

func TestMessagesAreListedAndCounted(t *testing.T) {
	s := fresh(t)
	for i := range 6 {
		j := aMail(fmt.Sprint(i), fmt.Sprintf("client%d@example.org", i%2), "s", "t", []request.Kind{request.Ordinary, request.Request, request.ToCheck}[i%3])
		j.Message.ReceivedAt = day.Add(time.Duration(i) * time.Hour)
		putMail(t, s, j)
	}
	view(t, s, func(tx *store.Tx) {
		n, err := tx.CountMessages()
		must(t, err)
		if !reflect.DeepEqual(n, map[request.Kind]int{request.Ordinary: 2, request.Request: 2, request.ToCheck: 2}) {
			t.Errorf("counts %v", n)
		}
		ms, err := tx.Messages(request.Request, 1)
		must(t, err)
		if len(ms) != 1 || ms[0].Message.MessageID != "4" {
			t.Errorf("the newest request is %+v", ms)
		}
		for email, want := range map[string]time.Time{"CLIENT1@example.org": day.Add(5 * time.Hour), "nobody@example.org": {}, "": {}} {
			at, err := tx.LastFrom(email)
			must(t, err)
			if !at.Equal(want) {
				t.Errorf("the last mail of %q came at %v", email, at)
			}
		}
	})
}

func TestMailThatSomebodyElseMayHaveWrittenLengthensNoPeriod(t *testing.T) {
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, change := range map[string]func(*mailbox.Message){
		"from the spam folder":     func(m *mailbox.Message) { m.Junk = true },
		"whose DMARC check failed": func(m *mailbox.Message) { m.Auth.DMARC = mailbox.Fail },
		"whose DKIM check failed":  func(m *mailbox.Message) { m.Auth.DKIM = mailbox.Fail },
		"whose SPF check failed":   func(m *mailbox.Message) { m.Auth.SPF = mailbox.Fail },
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, t.TempDir())
			good := aMail("m1", "client@example.org", "a", "b", request.Ordinary)
			good.Message.ReceivedAt = day
			putMail(t, s, good)
			forged := aMail("m2", "client@example.org", "c", "d", request.Ordinary)
			forged.Message.ReceivedAt = day.AddDate(0, 1, 0)
			change(&forged.Message)
			putMail(t, s, forged)
			view(t, s, func(tx *store.Tx) {
				at, err := tx.LastFrom("client@example.org")
				must(t, err)
				if !at.Equal(day) {
					t.Errorf("the last mail came at %v, want %v", at, day)
				}
			})
		})
	}
}

func TestProviderIsKnownToMarkMailOnlyWhenMostOfItIsMarked(t *testing.T) {
	for name, tc := range map[string]struct {
		marked, plain, forgotten int
		want                     bool
	}{
		"no mail":                             {0, 0, 0, false},
		"three marked mails are too few":      {3, 0, 0, false},
		"four marked mails":                   {4, 0, 0, true},
		"half of them":                        {4, 4, 0, false},
		"most of them":                        {5, 4, 0, true},
		"forgotten mail speaks neither way":   {4, 0, 20, true},
		"a hundred newer ones without a mark": {20, 100, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			update(t, s, func(tx *store.Tx) {
				n := 0
				put := func(email string, marked bool) {
					j := aMail(fmt.Sprint(n), email, "s", "t", request.Ordinary)
					j.Message.ReceivedAt = day.Add(time.Duration(n) * time.Minute)
					if marked {
						j.Message.Auth.AuthServID = "mx.example.org"
					}
					_, _, err := tx.PutMessage(j)
					must(t, err)
					n++
				}
				for range tc.marked {
					put("a@example.org", true)
				}
				for range tc.plain {
					put("b@example.org", false)
				}
				for range tc.forgotten {
					put("c@example.org", true)
				}
				_, err := tx.ForgetPerson("c@example.org", day.AddDate(1, 0, 0), 1)
				must(t, err)
				got, err := tx.ProviderMarks()
				must(t, err)
				if got != tc.want {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

func TestOrdinaryMailOfAForgottenPersonIsNotTakenInAgain(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	old := aMail("m1", "anouk@example.org", "first", "t", request.Ordinary)
	id, _ := putMail(t, s, old)
	update(t, s, func(tx *store.Tx) {
		_, err := tx.ForgetPerson("anouk@example.org", day, 1)
		must(t, err)
	})
	if again, isNew := putMail(t, s, old); isNew || again != id {
		t.Errorf("the same mail read again is %d, new %v", again, isNew)
	}
	for name, tc := range map[string]struct {
		at   time.Time
		kind request.Kind
		kept bool
	}{
		"ordinary mail from before, read late": {day.Add(-time.Hour), request.Ordinary, false},
		"ordinary mail from after":             {day.Add(time.Hour), request.Ordinary, true},
		"a request from before, read late":     {day.Add(-time.Hour), request.Request, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := aMail(name, "Anouk@example.org", "subject of "+name, "t", tc.kind)
			j.Message.ReceivedAt = tc.at
			id, isNew := putMail(t, s, j)
			if !isNew {
				t.Error("it is not counted as new")
			}
			if got := getMail(t, s, id); (got.Message.Subject != "") != tc.kept || got.Verdict.Kind != tc.kind {
				t.Errorf("kept is %+v", got)
			}
			if _, isNew := putMail(t, s, j); isNew {
				t.Error("it is taken in each time")
			}
		})
	}
}

func TestCursorsAreRememberedByFolder(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	want := map[string]mailbox.Cursor{}
	update(t, s, func(tx *store.Tx) {
		for i, f := range []string{"INBOX", "Junk", "Éléments envoyés", "INBOX"} {
			c := mailbox.Cursor{Folder: f, UIDValidity: 7, UIDNext: uint32(i + 1)}
			want[f] = c
			must(t, tx.PutCursor(c))
		}
	})
	view(t, s, func(tx *store.Tx) {
		cs, err := tx.Cursors()
		must(t, err)
		got := map[string]mailbox.Cursor{}
		for _, c := range cs {
			got[c.Folder] = c
		}
		if len(cs) != 3 || !reflect.DeepEqual(got, want) {
			t.Errorf("cursors %+v", cs)
		}
	})
	hides(t, s, dir, "Éléments envoyés")
}

func TestByAMailThatWasForgottenNobodyIsFoundAnyMore(t *testing.T) {
	s := fresh(t)
	id, _ := putMail(t, s, aMail("m1", "anouk@example.org", "Hello", "text", request.Ordinary))
	last := func() (at time.Time) {
		view(t, s, func(tx *store.Tx) {
			var err error
			at, err = tx.LastFrom("anouk@example.org")
			must(t, err)
		})
		return at
	}
	if last().IsZero() {
		t.Fatal("she is not found before")
	}
	j := getMail(t, s, id)
	j.Message.From, j.Message.Text, j.Message.Subject, j.Message.Raw = nil, "", "", nil
	update(t, s, func(tx *store.Tx) { must(t, tx.UpdateMessage(j)) })
	if at := last(); !at.IsZero() {
		t.Errorf("found by the mail of %v", at)
	}
}
