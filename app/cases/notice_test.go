package cases_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/mailbox"
)

var (
	printer = cases.Recipient{ID: "P2", Name: "Imprimerie du Nord", To: "rgpd@imprimerie-nord.fr", Lang: "fr", Processor: true}
	bank    = cases.Recipient{ID: "P1", Name: "Bank", To: "privacy@bank.example", Lang: "en"}
)

// told are the notices of run 7 to both recipients.
func told() []cases.Notice {
	return cases.NewNotices(7, 12, []string{"1043", "1042", "1042", " "}, []cases.Recipient{bank, printer}, nil, now)
}

// sent is the notice to the printer as it stands after the owner sent it.
func sent(t *testing.T) cases.Notice {
	t.Helper()
	n, err := cases.Drafted(told()[1], now, "<letter-1@cleverfaces.com>")
	if err != nil {
		t.Fatal(err)
	}
	if n, err = cases.Sent(n, day(1)); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEachRecipientGetsOneNoticeOfAnErasure(t *testing.T) {
	ns := told()
	want := cases.Notice{ID: "7-2", Token: "GR-7-2", Run: 7, Case: 12, Processor: "P2", Name: "Imprimerie du Nord", To: "rgpd@imprimerie-nord.fr",
		Orders: []string{"1042", "1043"}, Lang: "fr", Instructed: true, MadeAt: now}
	if len(ns) != 2 || !reflect.DeepEqual(ns[1], want) {
		t.Errorf("notices %+v\nwant the second %+v", ns, want)
	}
	if again := cases.NewNotices(7, 12, []string{"1042"}, []cases.Recipient{printer, bank}, ns, now); len(again) != 0 {
		t.Errorf("told twice: %+v", again)
	}
	more := cases.NewNotices(7, 12, []string{"1042"}, []cases.Recipient{{ID: "P3"}}, ns, now)
	if len(more) != 1 || more[0].Token != "GR-7-3" || more[0].To != "" || more[0].Lang != "en" {
		t.Errorf("a recipient more: %+v", more)
	}
	if other := cases.NewNotices(8, 0, []string{"1042"}, []cases.Recipient{printer}, ns, now); len(other) != 1 || other[0].Token != "GR-8-1" {
		t.Errorf("of another run: %+v", other)
	}
	t.Run("by hand, as often as the owner wants", func(t *testing.T) {
		first := cases.NewNotices(0, 0, []string{"1"}, []cases.Recipient{printer, printer}, nil, now)
		second := cases.NewNotices(0, 0, []string{"2"}, []cases.Recipient{printer}, first, now)
		if len(first) != 1 || len(second) != 1 || first[0].Token == second[0].Token {
			t.Errorf("%+v\n%+v", first, second)
		}
	})
	t.Run("and is read back from JSON as it was", func(t *testing.T) {
		n := sent(t)
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var back cases.Notice
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, n) {
			t.Errorf("%v\n%+v\n%+v", err, back, n)
		}
		if err := json.Unmarshal([]byte(`{"state":"forgotten"}`), &back); err == nil {
			t.Error("an unknown state was read")
		}
	})
}

// in returns a notice in a state.
func in(s cases.NoticeState) cases.Notice {
	n := told()[1]
	n.State = s
	return n
}

func TestNoticeTakesOnlyTheStepsOfItsTable(t *testing.T) {
	all := []cases.NoticeState{cases.NoticeToWrite, cases.NoticeDrafted, cases.NoticeSent, cases.NoticeAnswered, cases.NoticeSpared}
	for _, tc := range []struct {
		act  cases.NoticeAct
		do   func(cases.Notice) (cases.Notice, error)
		from []cases.NoticeState
		to   cases.NoticeState // but a notice that was sent stays so
	}{
		{cases.NoticeDraft, func(n cases.Notice) (cases.Notice, error) { return cases.Drafted(n, now, "") }, []cases.NoticeState{cases.NoticeToWrite, cases.NoticeDrafted, cases.NoticeSent, cases.NoticeSpared}, cases.NoticeDrafted},
		{cases.NoticeSend, func(n cases.Notice) (cases.Notice, error) { return cases.Sent(n, now) }, []cases.NoticeState{cases.NoticeToWrite, cases.NoticeDrafted}, cases.NoticeSent},
		{cases.NoticeRemind, func(n cases.Notice) (cases.Notice, error) { return cases.Remind(n, now, "") }, []cases.NoticeState{cases.NoticeSent}, cases.NoticeSent},
		{cases.NoticeAnswer, func(n cases.Notice) (cases.Notice, error) {
			return cases.NoticeAnsweredWith(n, cases.AnswerErased, now, 0)
		}, []cases.NoticeState{cases.NoticeDrafted, cases.NoticeSent, cases.NoticeAnswered}, cases.NoticeAnswered},
		{cases.NoticeSpare, func(n cases.Notice) (cases.Notice, error) { return cases.Spare(n, "nobody there any more") }, []cases.NoticeState{cases.NoticeToWrite, cases.NoticeDrafted, cases.NoticeSent}, cases.NoticeSpared},
	} {
		for _, s := range all {
			t.Run(string(tc.act)+" what is "+s.String(), func(t *testing.T) {
				was := in(s)
				got, err := tc.do(was)
				if !slices.Contains(tc.from, s) {
					if !errors.Is(err, cases.ErrNoticeStep) || !reflect.DeepEqual(got, was) || was.Allows(tc.act) {
						t.Errorf("%v, %+v", err, got)
					}
					return
				}
				want := tc.to
				if tc.act == cases.NoticeDraft && s == cases.NoticeSent {
					want = s
				}
				if err != nil || got.State != want || !was.Allows(tc.act) {
					t.Errorf("%v, %s", err, got.State)
				}
			})
		}
	}
	for name, tc := range map[string]struct {
		got  func() (cases.Notice, error)
		want error
	}{
		"no reason to spare anybody": {func() (cases.Notice, error) { return cases.Spare(in(0), " \n\u200b ") }, cases.ErrReason},
		"an answer that is none":     {func() (cases.Notice, error) { return cases.NoticeAnsweredWith(in(cases.NoticeSent), "", now, 0) }, cases.ErrInput},
		"an answer in unknown words": {func() (cases.Notice, error) { return cases.NoticeAnsweredWith(in(cases.NoticeSent), "maybe", now, 0) }, cases.ErrInput},
		"a letter sent at no time":   {func() (cases.Notice, error) { return cases.Sent(in(0), time.Time{}) }, cases.ErrInput},
		"a draft to nobody":          {func() (cases.Notice, error) { n := in(0); n.To = " "; return cases.Drafted(n, now, "") }, cases.ErrNoticeAddress},
		"a reminder more than there are": {func() (cases.Notice, error) {
			n := in(cases.NoticeSent)
			n.Reminders = make([]time.Time, cases.MaxReminders)
			return cases.Remind(n, now, "")
		}, cases.ErrNoticeReminders},
		"the draft of a reminder more": {func() (cases.Notice, error) {
			n := in(cases.NoticeSent)
			n.Reminders = make([]time.Time, cases.MaxReminders)
			return cases.Drafted(n, now, "")
		}, cases.ErrNoticeReminders},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tc.got(); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	t.Run("a step leaves the notice that it was given as it was", func(t *testing.T) {
		n := sent(t)
		n.Reminders = append(make([]time.Time, 0, 4), day(2))
		once, _ := cases.Remind(n, day(3), "")
		twice, _ := cases.Remind(n, day(4), "")
		if !once.Reminders[1].Equal(day(3)) || !twice.Reminders[1].Equal(day(4)) || len(n.Reminders) != 1 {
			t.Errorf("%v %v %v", n.Reminders, once.Reminders, twice.Reminders)
		}
	})
	t.Run("answers to a reminder find their notice too", func(t *testing.T) {
		n, err := cases.Drafted(sent(t), day(6), "<reminder-1@cleverfaces.com>")
		if err != nil || n.State != cases.NoticeSent || !slices.Equal(n.MessageIDs, []string{"letter-1@cleverfaces.com", "reminder-1@cleverfaces.com"}) || len(n.Reminders) != 0 {
			t.Errorf("%v %+v", err, n)
		}
	})
	t.Run("whoever is told after all is no longer spared", func(t *testing.T) {
		n, _ := cases.Spare(in(0), "no address")
		n, err := cases.Drafted(n, now, "")
		if err != nil || n.Reason != "" {
			t.Errorf("%v %+v", err, n)
		}
	})
}

func TestRemindersFallDueEveryFiveDaysAndThenTheOwnerIsTold(t *testing.T) {
	n := sent(t) // on day 1
	for i, tc := range []struct {
		at    time.Time
		every time.Duration
		want  cases.NoticeDue
	}{
		{day(1), 0, cases.NoticeDue{At: day(6)}},
		{day(6).Add(-1), 0, cases.NoticeDue{At: day(6)}},
		{day(6), 0, cases.NoticeDue{At: day(6), Now: true}},
		{day(30), -1, cases.NoticeDue{At: day(6), Now: true}},
		{day(2), 24 * time.Hour, cases.NoticeDue{At: day(2), Now: true}},
	} {
		if got := cases.Due(n, tc.at, tc.every); got != tc.want {
			t.Errorf("%d: %+v, want %+v", i, got, tc.want)
		}
	}
	for i := range cases.MaxReminders {
		at := day(6 + 5*i)
		if d := cases.Due(n, at, 0); !d.Now || d.Owner {
			t.Errorf("reminder %d: %+v", i+1, d)
		}
		var err error
		if n, err = cases.Remind(n, at, ""); err != nil {
			t.Fatal(err)
		}
		if d := cases.Due(n, at, 0); d.Now || d.Owner || !d.At.Equal(at.AddDate(0, 0, 5)) {
			t.Errorf("after reminder %d: %+v", i+1, d)
		}
	}
	if d := cases.Due(n, day(21), 0); d.Now || !d.Owner {
		t.Errorf("after the last one: %+v", d)
	}
	for _, s := range []cases.NoticeState{cases.NoticeToWrite, cases.NoticeDrafted, cases.NoticeAnswered, cases.NoticeSpared} {
		if d := cases.Due(in(s), day(100), 0); d != (cases.NoticeDue{}) {
			t.Errorf("%s: %+v", s, d)
		}
	}
}

func TestThePersonIsToldWhoWasTold(t *testing.T) {
	spared, _ := cases.Spare(in(0), "the company\nno longer exists")
	got := cases.ToldOf([]cases.Notice{sent(t), in(0), spared}, paris)
	want := []cases.Told{{Name: "Imprimerie du Nord", On: law.Date{Year: 2026, Month: 3, Day: 6}}, {Name: "Imprimerie du Nord", Why: "the company\nno longer exists"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNoticeLetters(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, tc := range []struct {
			name, kind string
			n          func(*cases.Notice)
		}{
			{"notice", cases.LetterNotice, func(n *cases.Notice) { n.State = cases.NoticeToWrite }},
			{"notice-controller", cases.LetterNotice, func(n *cases.Notice) { n.State, n.Instructed, n.Orders = cases.NoticeDrafted, false, []string{"1042"} }},
			{"notice-reminder", cases.LetterNoticeReminder, func(n *cases.Notice) {}},
			{"notice-reminder-controller", cases.LetterNoticeReminder, func(n *cases.Notice) { n.Instructed, n.Orders = false, []string{"1042"} }},
			{"notice-rectification", cases.LetterNoticeRectified, func(n *cases.Notice) { n.State, n.Kind = cases.NoticeToWrite, cases.NoticeRectification }},
			{"notice-rectification-reminder", cases.LetterNoticeRectifiedAgain, func(n *cases.Notice) {
				n.Kind, n.Instructed, n.Orders = cases.NoticeRectification, false, []string{"1042"}
			}},
			{"notice-restriction", cases.LetterNoticeRestricted, func(n *cases.Notice) {
				n.State, n.Kind, n.Instructed = cases.NoticeToWrite, cases.NoticeRestriction, false
			}},
			{"notice-restriction-reminder", cases.LetterNoticeRestrictedAgain, func(n *cases.Notice) { n.Kind = cases.NoticeRestriction }},
		} {
			t.Run(tc.name+" "+lang, func(t *testing.T) {
				n := sent(t)
				n.Lang = lang
				tc.n(&n)
				f := shopFacts(lang)
				f.ErasedAt = day(0)
				f.Changes = []cases.Change{{Field: map[string]string{"fr": "ville de livraison", "en": "delivery town"}[lang], Now: "Lille"}}
				l, err := cases.NoticeLetter(n, f, files{}, day(8))
				if err != nil {
					t.Fatal(err)
				}
				if l.Kind != tc.kind || l.Lang != lang || !l.MadeAt.Equal(day(8)) {
					t.Errorf("letter %+v", l)
				}
				if strings.Contains(l.Text, "<no value>") || strings.Contains(l.Text, "{{") {
					t.Error("a hole in the letter")
				}
				if lang == "fr" {
					for _, bad := range []string{" :", " ;", " ?", " !", "« ", " »"} {
						if strings.Contains(l.Subject+l.Text, bad) {
							t.Errorf("%q without its narrow space", bad)
						}
					}
				}
				if !strings.Contains(l.Subject, "[GR-7-2]") {
					t.Errorf("the subject is %q", l.Subject)
				}
				for _, who := range []string{"Martin", "Anne", "59800 L ", "@example"} {
					if strings.Contains(l.Subject+l.Text, who) {
						t.Errorf("it names the person concerned: %q", who)
					}
				}
				got := l.Subject + "\n\n" + l.Text
				file := filepath.Join("testdata", tc.name+"."+lang+".golden")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("the letter changed (go test -update writes it anew):\n%s", got)
				}
				if a, words := cases.ReadAnswer("Merci.\n\n" + l.Text); a != cases.AnswerOther || words != "" {
					t.Errorf("our own letter, quoted without marks, is read as %q: %q", a, words)
				}
			})
		}
	}
	for name, tc := range map[string]struct {
		change func(*cases.Notice, *cases.Facts)
		want   error
	}{
		"no address":             {func(n *cases.Notice, _ *cases.Facts) { n.To = "" }, cases.ErrNoticeAddress},
		"no order":               {func(n *cases.Notice, _ *cases.Facts) { n.Orders = []string{" \u200b"} }, cases.ErrLetterField},
		"no date of the erasure": {func(_ *cases.Notice, f *cases.Facts) { f.ErasedAt = time.Time{} }, cases.ErrLetterField},
		"no controller":          {func(_ *cases.Notice, f *cases.Facts) { f.Controller = "" }, cases.ErrLetterField},
		"no reference":           {func(n *cases.Notice, _ *cases.Facts) { n.Token = "" }, cases.ErrLetterField},
		"an erasure of tomorrow": {func(_ *cases.Notice, f *cases.Facts) { f.ErasedAt = day(9) }, cases.ErrLetterFacts},
	} {
		t.Run(name, func(t *testing.T) {
			n, f := sent(t), shopFacts("fr")
			f.ErasedAt = day(0)
			tc.change(&n, &f)
			if _, err := cases.NoticeLetter(n, f, files{}, day(8)); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	t.Run("a template of the owner's that loses the reference", func(t *testing.T) {
		f := shopFacts("fr")
		f.ErasedAt = day(0)
		if _, err := cases.NoticeLetter(sent(t), f, patched{cases.LetterNoticeReminder: "hello"}, day(8)); !errors.Is(err, cases.ErrLetterTemplate) {
			t.Errorf("%v", err)
		}
	})
	t.Run("numbers of orders break no line and are no templates", func(t *testing.T) {
		n, f := sent(t), shopFacts("fr")
		f.ErasedAt = day(0)
		n.Orders = []string{"1042\r\nBcc: x@example.com", "{{.Address}}"}
		l, err := cases.NoticeLetter(n, f, files{}, day(8))
		if err != nil || strings.Contains(l.Text, "\nBcc") || !strings.Contains(l.Text, "{{.Address}}") {
			t.Errorf("%v\n%s", err, l.Text)
		}
	})
}

// reply is the printer's mail on the notice.
func reply(text string) mailbox.Message {
	return mailbox.Message{ID: 90, MessageID: "r1@imprimerie-nord.fr", ReceivedAt: day(3), FromFields: 1, From: []mailbox.Address{{Name: "Service client", Email: "Claire@imprimerie-nord.fr"}},
		Subject: "RE: [GR-7-2] Effacement de données", Text: text}
}

func TestAnAnswerFindsItsNoticeByThreadAndSender(t *testing.T) {
	first := sent(t)
	other := first
	other.ID, other.Token, other.MessageIDs = "8-1", "GR-8-1", []string{"letter-2@cleverfaces.com"}
	private := first
	private.ID, private.Token, private.To, private.MessageIDs = "9-1", "GR-9-1", "petit.imprimeur@orange.fr", nil
	done := first
	done.ID, done.Token, done.State, done.Answer = "5-1", "GR-5-1", cases.NoticeAnswered, cases.AnswerErased
	doubt := done
	doubt.ID, doubt.Token, doubt.Answer, doubt.MessageIDs = "6-1", "GR-6-1", cases.AnswerOther, nil
	open := []cases.Notice{other, first, private, done, doubt}
	for name, tc := range map[string]struct {
		change func(*mailbox.Message)
		want   string // the notice's number, "" for none
	}{
		"the token in the subject":                      {func(m *mailbox.Message) {}, "7-2"},
		"the token in small letters":                    {func(m *mailbox.Message) { m.Subject = "re: gr-7-2" }, "7-2"},
		"the very address":                              {func(m *mailbox.Message) { m.From[0].Email = "RGPD@Imprimerie-Nord.fr " }, "7-2"},
		"a host of the same company":                    {func(m *mailbox.Message) { m.From[0].Email = "x@mail.imprimerie-nord.fr" }, "7-2"},
		"In-Reply-To without a token":                   {func(m *mailbox.Message) { m.Subject, m.InReplyTo = "Réponse", []string{"<letter-1@cleverfaces.com>"} }, "7-2"},
		"References without a token":                    {func(m *mailbox.Message) { m.Subject, m.References = "", []string{"a@b", "letter-2@cleverfaces.com"} }, "8-1"},
		"the token in the text that it quotes":          {func(m *mailbox.Message) { m.Subject, m.Text = "Votre demande", "Fait.\n> Référence : GR-8-1" }, "8-1"},
		"what it replies to goes before the subject":    {func(m *mailbox.Message) { m.InReplyTo = []string{"letter-2@cleverfaces.com"} }, "8-1"},
		"an answer that the owner has still to look at": {func(m *mailbox.Message) { m.Subject = "Re: [GR-6-1]" }, "6-1"},
		"the private address that was written to":       {func(m *mailbox.Message) { m.Subject, m.From[0].Email = "[GR-9-1]", "Petit.Imprimeur@orange.fr" }, "9-1"},
		"another customer of the same provider":         {func(m *mailbox.Message) { m.Subject, m.From[0].Email = "[GR-9-1]", "autre@orange.fr" }, ""},
		"somebody else who knows the token":             {func(m *mailbox.Message) { m.From[0].Email = "eve@example.com" }, ""},
		"a domain that only ends alike":                 {func(m *mailbox.Message) { m.From[0].Email = "x@evil-imprimerie-nord.fr" }, ""},
		"a domain above everybody's":                    {func(m *mailbox.Message) { m.From[0].Email = "x@fr" }, ""},
		"the right sender without a thread":             {func(m *mailbox.Message) { m.Subject = "Vos tirages" }, ""},
		"a token that only begins alike":                {func(m *mailbox.Message) { m.Subject = "GR-7-21" }, ""},
		"a token inside a word":                         {func(m *mailbox.Message) { m.Subject = "XGR-7-2" }, ""},
		"two tokens":                                    {func(m *mailbox.Message) { m.Subject = "GR-7-2 GR-8-1" }, ""},
		"a notice that was answered for good":           {func(m *mailbox.Message) { m.Subject = "GR-5-1" }, ""},
		"two From fields":                               {func(m *mailbox.Message) { m.FromFields = 2 }, ""},
		"an automatic reply":                            {func(m *mailbox.Message) { m.AutoSubmitted = true }, ""},
		"a bounce":                                      {func(m *mailbox.Message) { m.Bounce = true }, ""},
		"list mail":                                     {func(m *mailbox.Message) { m.List = true }, ""},
		"an automatic reply that does not say so":       {func(m *mailbox.Message) { m.Subject = "Réponse automatique : [GR-7-2] Effacement" }, ""},
		"an absence":                                    {func(m *mailbox.Message) { m.Subject = "Out of Office: [GR-7-2]" }, ""},
		"a bounce that does not say so":                 {func(m *mailbox.Message) { m.From[0].Email = "MAILER-DAEMON@imprimerie-nord.fr" }, ""},
		"mail that its domain disowns":                  {func(m *mailbox.Message) { m.Auth.DMARC = mailbox.Fail }, ""},
		"no sender":                                     {func(m *mailbox.Message) { m.From = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := reply("Les données ont été supprimées.")
			tc.change(&m)
			n, a, _, ok := cases.Recognise(m, open)
			if ok != (tc.want != "") || n.ID != tc.want || ok && a == cases.AnswerNone {
				t.Errorf("notice %q, %v, answer %q; want %q", n.ID, ok, a, tc.want)
			}
		})
	}
	t.Run("a shared host of tickets says nothing of another company", func(t *testing.T) {
		n := first
		n.To = "help@nord.zendesk.com"
		for from, want := range map[string]bool{"support@nord.zendesk.com": true, "support@sud.zendesk.com": false, "x@zendesk.com": false} {
			m := reply("Supprimé.")
			m.From[0].Email = from
			if _, _, _, ok := cases.Recognise(m, []cases.Notice{n}); ok != want {
				t.Errorf("%s: %v", from, ok)
			}
		}
	})
	t.Run("no mass provider's domain is enough", func(t *testing.T) {
		for _, d := range []string{"gmail.com", "outlook.com", "outlook.fr", "hotmail.co.uk", "yahoo.fr", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "icloud.com", "smtp.orange.fr", "proton.me", "gmx.de", "live.fr"} {
			n := first
			n.To = "printer@" + d
			m := reply("Supprimé.")
			m.From[0].Email = "other@" + d
			if _, _, _, ok := cases.Recognise(m, []cases.Notice{n}); ok {
				t.Errorf("%s", d)
			}
			m.From[0].Email = "printer@" + d
			if _, _, _, ok := cases.Recognise(m, []cases.Notice{n}); !ok {
				t.Errorf("%s: its own address", d)
			}
		}
	})
}

func TestAnAnswerIsReadFromItsWords(t *testing.T) {
	for want, texts := range map[cases.Answer][]string{
		cases.AnswerErased: {
			"Bonjour,\n\nLes données de ces commandes ont bien été supprimées.\n\nCordialement,\nClaire",
			"Bonjour, nous avons effacé les fichiers des commandes n° 1042 et 1043.",
			"Nous avons procédé à la suppression des données concernées.",
			"La suppression des données liées à la commande n° 1042 a été effectuée ce jour.",
			"Nous vous confirmons la suppression définitive de ces données.",
			"C'est fait.\nBonne journée",
			"Tout a été supprimé, sans exception.",
			"Données supprimées.",
			"Les photos sont désormais effacées de nos serveurs",
			"Les données viennent d'être supprimées.",
			"J’ai détruit les tirages et les fichiers. N’hésitez pas à revenir vers nous.",
			"Nous avons supprimé toutes les données et n’en détenons plus aucune.",
			"Rien n'a été conservé. Tout a été effacé.",
			"Hello,\nWe have deleted all the data for order no. 1042.\nKind regards",
			"The data have been permanently erased.",
			"We've erased the files, and our sub-processors have deleted theirs.",
			"I confirm the deletion of the data.",
			"Erasure of the data for these orders has been completed on our side.",
			"All photos were removed from our servers. Do not hesitate to contact us.",
			"Done.",
			"Deleted",
			"Les données ont été supprimées.\n\nSi vous avez reçu ce message par erreur, il doit être supprimé sans être lu.",
			"I can confirm that all personal data of orders 1042 and 1043 has been permanently deleted from our systems, including backups.",
			"Nous pouvons vous confirmer que tout a été effacé.",
			"Suppression effectuée.",
			"Effacement effectué ce jour",
			"We have completed your deletion request.",
			"We can confirm deletion.",
			"Nous n'avons conservé aucune copie, les fichiers ont été supprimés après impression.",
			"C'est supprimé. Avez-vous besoin d'autre chose ?",
			"Les donne\u0301es ont e\u0301te\u0301 supprime\u0301es.",
		},
		cases.AnswerNothing: {
			"Bonjour, nous ne détenons aucune donnée concernant ces commandes.",
			"Nous ne détenons plus aucune donnée sur ces commandes.",
			"Nous n'avons trouvé aucune donnée à ce numéro de commande.",
			"Aucune donnée n'est conservée chez nous.",
			"Aucune information trouvée pour la commande 1042.",
			"Nous n’avons pas de données à ce nom.",
			"Nous n’avons plus de données liées à ces commandes.",
			"Il ne nous reste plus aucune donnée.",
			"Nous ne conservons pas de données au-delà de la livraison.",
			"Il n’y a plus de données chez nous pour ces commandes.",
			"We hold no data for these orders.",
			"We do not hold any personal data for these orders.",
			"We no longer have any data on this order.",
			"We found no records for order 1042.",
			"No data is held by us for this order.",
			"We have no record of these orders.",
		},
		cases.AnswerRefused: {
			"Nous refusons votre demande.",
			"Nous ne pouvons pas supprimer ces données.",
			"Nous ne sommes pas en mesure de donner suite à votre demande.",
			"Nous devons conserver ces factures pendant dix ans.",
			"Il nous est impossible de supprimer ces données.",
			"We cannot delete this data.",
			"We are unable to comply with your request.",
			"We are legally required to keep these records for ten years.",
			"Your request has been refused.",
		},
		cases.AnswerOther: {
			"", " \n ", "Merci.", "Bien reçu, nous revenons vers vous.",
			"Les données n'ont pas pu être supprimées.",
			"Les données n’ont pas encore été supprimées.",
			"Les données seront supprimées sous 30 jours.",
			"Nous allons supprimer les données.",
			"Nous avons bien reçu votre demande de suppression.",
			"Nous vous confirmons la réception de votre demande d'effacement.",
			"La suppression est en cours.",
			"Les données sont supprimées au bout de 30 jours.",
			"Nous n’avons supprimé aucune donnée.",
			"Aucune donnée n’a été supprimée.",
			"Rien n'a été effacé.",
			"Quelles données doivent être supprimées ?",
			"Les données ont-elles été supprimées ?",
			"Tout a été supprimé, sauf la facture.",
			"Les photos ont été supprimées. Nous devons conserver la facture dix ans.",
			"Les photos ont été supprimées. Cependant, des copies restent dans nos sauvegardes.",
			"Une partie des données a été supprimée.",
			"Nous ne détenons aucune donnée bancaire.",
			"Nous ne détenons aucune donnée, sauf l'adresse.",
			"Nous n'avons aucune objection.",
			"Pouvez-vous nous confirmer que vous avez supprimé les données ?",
			"Si les données ont été supprimées, nous vous le dirons.",
			"The data have not been deleted.",
			"The data could not be erased.",
			"The data will be deleted within 30 days.",
			"We have received your erasure request.",
			"Deletion is in progress.",
			"Data are deleted after 30 days.",
			"We have deleted some of the data.",
			"We have deleted the photos but not the invoices.",
			"Nothing has been deleted.",
			"We have no data protection officer.",
			"As a payment provider we are required by law to retain transaction records. The remaining data have been erased.",
			"Les autres données ont été supprimées.",
			"Nous vous préviendrons dès que les données ont été supprimées.",
			"Bonjour, merci de nous confirmer que les données ont été supprimées de votre côté.",
			"Please confirm that the data was deleted.",
			"As you have deleted the data, the case is closed for us.",
			"Est-ce que c'est supprimé chez vous",
			"Elles sont purgées automatiquement 30 jours après l'expédition.",
			"Nous effacerons les données sous huitaine.",
			"Votre demande de suppression a été traitée.",
			"Les données ont été anonymisées.",
			"Votre ticket n° 4521 a été créé. Un conseiller vous répondra sous 48 h.",
			"Have you deleted the data?",
			"Can you tell us what was deleted?",
			"We have deleted the data. However, copies remain in our backups.",
			"> Les données ont été supprimées.",
			"Merci !\n\nLe 6 mars 2026 à 10:00, Kathryn a écrit :\n\nNous avons effacé des données.",
			"Merci !\n\n-----Message d'origine-----\nNous avons effacé des données.",
			"Merci !\n\nDe : Kathryn <contact@cleverfaces.com>\nEnvoyé : vendredi 6 mars\nÀ : rgpd\n\nNous avons effacé des données.",
			"Thanks!\n\nOn Fri, 6 Mar 2026, Kathryn wrote:\n> We erased personal data.\n",
			"Merci.\n-- \nNous avons effacé la signature.",
		},
	} {
		for _, text := range texts {
			if got, words := cases.ReadAnswer(text); got != want {
				t.Errorf("%q is read as %q by %q, want %q", text, got, words, want)
			} else if (want == cases.AnswerErased || want == cases.AnswerNothing || want == cases.AnswerRefused) && words == "" {
				t.Errorf("%q: no words", text)
			}
		}
	}
	t.Run("what stands between quoted lines is read", func(t *testing.T) {
		got, words := cases.ReadAnswer("Le 6 mars 2026, Kathryn a écrit :\n> Merci d’effacer les données.\n\nC’est fait.\n\n> Merci de répondre.\n")
		if got != cases.AnswerErased || words != "C’est fait." {
			t.Errorf("%q by %q", got, words)
		}
	})
	t.Run("the words fit one line", func(t *testing.T) {
		if _, words := cases.ReadAnswer("Les données\nont été\u202e supprimées " + strings.Repeat("x ", 90) + "."); words == "" || strings.ContainsAny(words, "\n\u202e") || len([]rune(words)) > 201 {
			t.Errorf("%q", words)
		}
	})
}

func FuzzRecogniseAnswer(f *testing.F) {
	f.Add("RE: [GR-7-2]", "claire@imprimerie-nord.fr", "letter-1@cleverfaces.com", "Les données ont été supprimées.\n> cité")
	f.Add("GR-7-2 GR-7-2", "a@b@c", "<>", "We hold no data\r\n\x00\xff.")
	f.Add("", "@", "", strings.Repeat("aucune donnee n est ", 50))
	n := told()[1]
	n.State, n.MessageIDs = cases.NoticeSent, []string{"letter-1@cleverfaces.com"}
	f.Fuzz(func(t *testing.T, subject, from, ref, text string) {
		m := mailbox.Message{FromFields: 1, From: []mailbox.Address{{Email: from}}, Subject: subject, InReplyTo: []string{ref}, Text: text}
		got, a, words, ok := cases.Recognise(m, []cases.Notice{n})
		if !ok && (a != cases.AnswerNone || words != "" || got.ID != "") {
			t.Fatalf("nothing was recognised and yet %q %q %q", got.ID, a, words)
		}
		if ok && (got.ID != n.ID || a == cases.AnswerNone || strings.ContainsAny(words, "\r\n") || !strings.HasSuffix(mailbox.NormEmail(from), "imprimerie-nord.fr")) {
			t.Fatalf("%q recognised as %q: %q %q", from, got.ID, a, words)
		}
	})
}

func BenchmarkReadAnswerHostile(b *testing.B) {
	text := strings.Repeat("nous ne avons bien ete deja suppression effacement donnees aucune no data hold not\n", 4000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		cases.ReadAnswer(text)
	}
}

func TestANoticeOfEachKindIsMadeOnceAndAnsweredByWhatWasAsked(t *testing.T) {
	to := []cases.Recipient{{ID: "p1", Name: "Printer", To: "a@b.example", Processor: true}}
	made := cases.NewNoticesOf(cases.NoticeRestriction, "restriction 2", 3, []string{"1042"}, to, nil, day(0))
	if len(made) != 1 || made[0].Kind != cases.NoticeRestriction || made[0].Of != "restriction 2" || made[0].Run != 0 {
		t.Fatalf("%+v", made)
	}
	if again := cases.NewNoticesOf(cases.NoticeRestriction, "restriction 2", 3, []string{"1042"}, to, made, day(1)); len(again) != 0 {
		t.Errorf("told twice of one restriction: %+v", again)
	}
	other := cases.NewNoticesOf(cases.NoticeRectification, "amendment 2", 3, []string{"1042"}, to, made, day(1))
	if len(other) != 1 || other[0].Token == made[0].Token {
		t.Errorf("a rectification has its own notice and token: %+v", other)
	}
	if by := cases.NewNotices(0, 3, []string{"1042"}, to, append(made, other...), day(1)); len(by) != 1 || by[0].ID == made[0].ID || by[0].ID == other[0].ID {
		t.Errorf("an erasure by hand: %+v", by)
	}
	n, err := cases.Sent(made[0], day(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cases.NoticeAnsweredWith(n, cases.AnswerErased, day(2), 0); !errors.Is(err, cases.ErrInput) {
		t.Errorf("a restriction is not answered by an erasure: %v", err)
	}
	if n, err = cases.NoticeAnsweredWith(n, cases.AnswerDone, day(2), 0); err != nil || !n.Answer.Settled() {
		t.Errorf("%+v %v", n, err)
	}
}

func TestARecipientThatErasedWhatWasToBeKeptIsReadByTheOwner(t *testing.T) {
	n := sent(t)
	m := reply("Bonjour, les données de la commande ont été supprimées de nos serveurs.")
	if _, a, _, ok := cases.Recognise(m, []cases.Notice{n}); !ok || a != cases.AnswerErased {
		t.Fatalf("of an erasure: %q %v", a, ok)
	}
	n.Kind = cases.NoticeRestriction
	if _, a, _, ok := cases.Recognise(m, []cases.Notice{n}); !ok || a != cases.AnswerOther {
		t.Errorf("of a restriction: %q %v", a, ok)
	}
}
