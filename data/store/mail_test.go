package store_test

import (
	"errors"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/data/store"
)

func TestStoreOfVersion3OpensWithItsMailAndCases(t *testing.T) {
	dir := frozen(t, "v3.sql")
	s := openIn(t, dir)
	must(t, s.Check(t.Context()))
	view(t, s, func(tx *store.Tx) {
		c, err := tx.Case(1)
		must(t, err)
		ms, err := tx.CaseMessages(1)
		must(t, err)
		if c.Requester.Name != "Anouk Morel" || len(ms) != 1 || ms[0].Message.Text != "Please erase my photos." {
			t.Errorf("case %+v with %+v", c, ms)
		}
		if cs, err := tx.Corrected(); err != nil || len(cs) != 1 || cs[0].Lesson != nil {
			t.Errorf("corrected %+v, %v", cs, err)
		}
	})
	// A mail stored by its bytes is known again when the server gives it anew.
	m := mailbox.Message{MessageID: "a@x", Raw: []byte("From: anouk@example.org\r\nMessage-ID: <a@x>\r\nSubject: Photos\r\n\r\nPlease erase my photos.\r\n"), Print: "a new way to know it",
		Ref: mailbox.Ref{Folder: "Archive", UIDValidity: 9, UID: 1}, FromFields: 1, From: []mailbox.Address{{Email: "anouk@example.org"}}}
	update(t, s, func(tx *store.Tx) {
		id, isNew, err := tx.PutMessage(request.Judged{Message: m})
		if err != nil || isNew || id != 1 {
			t.Errorf("number %d, new %v, %v", id, isNew, err)
		}
		j, err := tx.Message(1)
		must(t, err)
		if j.Message.Ref.Folder != "Archive" || j.Case != 1 || j.Message.Text == "" {
			t.Errorf("moved: %+v", j)
		}
	})
	hides(t, s, dir, "anouk@example.org", "Anouk", "Please erase", "Quand")
}

func TestACaseOpenedByMistakeLeavesNothingButItsNumber(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	m := mailbox.Message{MessageID: "z@x", Subject: "Zinnia", Text: "the words of Zinnia", Raw: []byte("Subject: Zinnia\r\n\r\nthe words of Zinnia"), FromFields: 1, From: []mailbox.Address{{Email: "zinnia@example.org"}}, ReceivedAt: day}
	var first cases.ID
	open := func() (id cases.ID) {
		update(t, s, func(tx *store.Tx) {
			var err error
			id, err = tx.NewCase(cases.Case{Messages: []int64{m.ID}, Requester: cases.Person{Name: "Zinnia Gray", Email: "zinnia@example.org"}})
			must(t, err)
			must(t, tx.UpdateMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Request}, Case: int64(id)}))
		})
		return id
	}
	update(t, s, func(tx *store.Tx) {
		id, _, err := tx.PutMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.ToCheck}})
		must(t, err)
		m.ID = id
	})
	first = open()
	was := request.Verdict{Kind: request.Request, Confidence: 0.7}
	lesson := request.LessonOf(m, nil, day)
	update(t, s, func(tx *store.Tx) {
		must(t, tx.UpdateMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary}, Corrected: true, Was: &was, Lesson: &lesson}))
		must(t, tx.DropCase(int64(first)))
		if err := tx.DropCase(int64(first)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped twice: %v", err)
		}
	})
	view(t, s, func(tx *store.Tx) {
		if _, err := tx.Case(first); !errors.Is(err, cases.ErrNotFound) {
			t.Errorf("the case is there: %v", err)
		}
		if all, err := tx.Cases(); err != nil || len(all) != 0 {
			t.Errorf("cases %+v, %v", all, err)
		}
		js, err := tx.Corrected()
		must(t, err)
		if len(js) != 1 || js[0].Lesson == nil || len(js[0].Lesson.Features) == 0 || js[0].Was == nil || js[0].Was.Confidence != 0.7 || js[0].Message.Text != "" {
			t.Errorf("corrected %+v", js)
		}
		if raw, err := tx.Raw(m.ID); err != nil || raw != nil {
			t.Errorf("the bytes are kept: %q %v", raw, err)
		}
	})
	if next := open(); next == first {
		t.Error("the number of the dropped case was given again")
	}
	must(t, s.Check(t.Context()))
	hides(t, s, dir, "Zinnia", "zinnia@example.org")
}

func TestWhatIsLearntOfAPersonGoesWithHer(t *testing.T) {
	s := fresh(t)
	m := mailbox.Message{MessageID: "z@x", Subject: "Question", Text: strings.Repeat("a word of hers ", 10), FromFields: 1, From: []mailbox.Address{{Email: "zinnia@example.org"}}, ReceivedAt: day}
	lesson := request.LessonOf(m, nil, day)
	update(t, s, func(tx *store.Tx) {
		_, _, err := tx.PutMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary}, Corrected: true, Lesson: &lesson})
		must(t, err)
		_, err = tx.ForgetPerson("zinnia@example.org", day, 1)
		must(t, err)
		js, err := tx.Corrected()
		must(t, err)
		for _, j := range js {
			if j.Lesson != nil {
				t.Error("a lesson survives the person")
			}
		}
	})
}

func TestARenamedFolderKeepsItsPlace(t *testing.T) {
	s := fresh(t)
	update(t, s, func(tx *store.Tx) {
		must(t, tx.PutCursor(mailbox.Cursor{Folder: "Clients", UIDValidity: 3, UIDNext: 9}))
		must(t, tx.PutCursor(mailbox.Cursor{Folder: "Kunden", UIDValidity: 3, UIDNext: 12, MailboxID: "f1", ModSeq: 77, Was: "Clients"}))
		cs, err := tx.Cursors()
		must(t, err)
		if len(cs) != 1 || cs[0].Folder != "Kunden" || cs[0].UIDNext != 12 || cs[0].MailboxID != "f1" || cs[0].ModSeq != 77 {
			t.Errorf("cursors %+v", cs)
		}
	})
}
