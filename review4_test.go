package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
	"greffier/data/mail/mailtest"
)

// Read implements mailbox.Rereader.
func (l *letters) Read(_ context.Context, _ mailbox.Ref, id string) (mailbox.Message, error) {
	for _, m := range l.mails {
		if m.MessageID == id {
			return m, nil
		}
	}
	return mailbox.Message{}, mailbox.ErrGone
}

// reply lets somebody write an hour ago under headers of choice, and fetches it.
func (s *small) reply(t *testing.T, from, subject, body string, headers ...string) {
	t.Helper()
	headers = append(headers, fmt.Sprintf("Message-ID: <%d@reply.test>", len(s.box.mails)))
	s.box.put(t, s.now.Add(-time.Hour).UTC().Format(time.RFC3339), letter(from, subject, body, headers...))
	s.fetch()
}

// sent puts a mail of the owner's among her sent ones, and fetches it.
func (s *small) sent(t *testing.T, received time.Time, raw []byte) {
	t.Helper()
	s.box.put(t, received.UTC().Format(time.RFC3339), raw)
	s.box.mails[len(s.box.mails)-1].Sent = true
	s.fetch()
}

const (
	otherAddress = "Mallory <mallory@example.net>"
	onFile       = "Alice <alice.planchon@example.org>"
)

// inDoubt is a profile with a case that somebody opened from another address on
// Alice's order, and the letter with the code that went to her.
func inDoubt(t *testing.T, photos ...string) (s *small, id cases.ID, code string, l cases.Letter) {
	t.Helper()
	s = newSmall(t, threeOrders, photos...)
	s.box.put(t, s.now.Add(-48*time.Hour).UTC().Format(time.RFC3339), letter(otherAddress, "Mes photos", showMe+"\nCommande 104", "Message-ID: <ask@example.net>"))
	s.fetch()
	c := s.theCase("mallory@example.net")
	l, err := s.Challenge(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if code = codeIn.FindString(l.Text); code == "" || l.To != "alice.planchon@example.org" {
		t.Fatalf("letter to %s: %s", l.To, l.Text)
	}
	s.now = s.now.Add(24 * time.Hour)
	return s, c.ID, code, l
}

func (s *small) level(t *testing.T, id cases.ID) cases.IdentityLevel {
	t.Helper()
	v, err := s.App.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v.Case.Identity.Level
}

func TestTheLetterWithTheCodeThatComesBackProvesNothing(t *testing.T) {
	t.Parallel()
	quoted := func(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }
	for name, mail := range map[string]func(l cases.Letter) (subject, body string){
		"forwarded to the shop with a question": func(l cases.Letter) (string, string) {
			return "Fwd: " + l.Subject, "Is this from you?\n\n---------- Forwarded message ---------\nFrom: Atelier <contact@localhost.test>\nDate: today\nSubject: " + l.Subject + "\nTo: alice.planchon@example.org\n\n" + l.Text
		},
		"forwarded without a word": func(l cases.Letter) (string, string) { return "TR: " + l.Subject, l.Text },
		"sent back as a quote with nothing above it": func(l cases.Letter) (string, string) {
			return "Re: " + l.Subject, "On Monday, Atelier wrote:\n" + quoted(l.Text)
		},
		"sent back by a program that does not mark what it quotes": func(l cases.Letter) (string, string) {
			return "Re: " + l.Subject, "I asked for nothing!\n\n" + l.Text
		},
		"marked and wrapped anew": func(l cases.Letter) (string, string) {
			return "Re: " + l.Subject, "I asked for nothing!\n\n" + strings.Join(strings.Fields(l.Text), " ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, id, code, l := inDoubt(t)
			subject, body := mail(l)
			s.reply(t, onFile, subject, body, "In-Reply-To: <ask@example.net>")
			if got := s.level(t, id); got == cases.Confirmed {
				t.Fatalf("the letter itself was taken for its answer:\n%s", body)
			}
			s.reply(t, onFile, "Re: "+l.Subject, "It is me: "+code+"\n\n"+quoted(l.Text), "In-Reply-To: <ask@example.net>")
			if got := s.level(t, id); got != cases.Confirmed {
				t.Errorf("the right answer above the letter: %s", got)
			}
		})
	}
	t.Run("the owner wrote the code into the subject", func(t *testing.T) {
		t.Parallel()
		s, id, code, l := inDoubt(t)
		l.Subject = "Code " + code
		if err := s.SaveLetter(t.Context(), id, l); err != nil {
			t.Fatal(err)
		}
		s.reply(t, onFile, "Re: "+l.Subject, "I asked for nothing!", "In-Reply-To: <ask@example.net>")
		if got := s.level(t, id); got == cases.Confirmed {
			t.Error("the subject of the letter was taken for its answer")
		}
	})
}

func TestWordsOfALetterAreNoWrongCodes(t *testing.T) {
	t.Parallel()
	s, id, code, _ := inDoubt(t)
	for range cases.ChallengeTries {
		s.reply(t, otherAddress, "Re: Mes photos", "Bonjour, vos demandes me laissent perplexe, peut etre que ma messagerie marche mal. Cher ami, merci.", "In-Reply-To: <ask@example.net>")
	}
	s.reply(t, onFile, "Re: code", "C'est moi : "+code, "In-Reply-To: <ask@example.net>")
	if got := s.level(t, id); got != cases.Confirmed {
		t.Errorf("the words of the letters before had used up the tries: %s", got)
	}
}

func TestTheCodeIsTakenHoweverItsAnswerIsWritten(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(s *small, code string){
		"she asks again beside it": func(s *small, code string) {
			s.reply(t, onFile, "Re: Mes photos", "Mon code : "+code+"\n\n"+showMe, "In-Reply-To: <ask@example.net>")
		},
		"under a subject of her own, answering nothing": func(s *small, code string) {
			s.reply(t, onFile, "Mon code", "Voici : "+code)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, id, code, _ := inDoubt(t)
			answer(s, code)
			if rows, err := s.Requests(t.Context()); err != nil || len(rows) != 1 || s.level(t, id) != cases.Confirmed {
				t.Errorf("%d cases, %v; identity %s", len(rows), err, s.level(t, id))
			}
		})
	}
	t.Run("and what she asks for besides is asked", func(t *testing.T) {
		t.Parallel()
		s, id, code, _ := inDoubt(t)
		s.reply(t, onFile, "Re: Mes photos", "Mon code : "+code+"\n\n"+eraseMe, "In-Reply-To: <ask@example.net>")
		if c := s.theCase("mallory@example.net"); !slices.Contains(c.Rights(), "erasure") || c.ID != id || c.Identity.Level != cases.Confirmed {
			t.Errorf("rights %v, identity %s", c.Rights(), c.Identity.Level)
		}
	})
	t.Run("without the code, who writes from the address on file has a case of her own", func(t *testing.T) {
		t.Parallel()
		s, id, _, _ := inDoubt(t)
		s.reply(t, onFile, "Re: Mes photos", eraseMe, "In-Reply-To: <ask@example.net>")
		if rows, err := s.Requests(t.Context()); err != nil || len(rows) != 2 || s.level(t, id) == cases.Confirmed {
			t.Errorf("%d cases, %v; identity %s", len(rows), err, s.level(t, id))
		}
	})
	t.Run("an answer that came before the owner said that the letter went out", func(t *testing.T) {
		t.Parallel()
		s, id, code, _ := inDoubt(t)
		s.now = s.now.Add(72 * time.Hour)
		if err := s.MarkSent(t.Context(), id, cases.LetterCode); err != nil {
			t.Fatal(err)
		}
		s.box.put(t, s.now.Add(-48*time.Hour).UTC().Format(time.RFC3339), letter(onFile, "Re: code", "C'est moi : "+code, "In-Reply-To: <ask@example.net>"))
		s.fetch()
		if c := s.theCase("mallory@example.net"); c.Identity.Level != cases.Confirmed || c.State != cases.InProgress {
			t.Errorf("state %s, identity %s", c.State, c.Identity.Level)
		}
	})
}

func TestACodeSpeaksForTheAddressThatItWentTo(t *testing.T) {
	t.Parallel()
	id := func(t *testing.T, s *small, number string) int64 {
		t.Helper()
		n, err := s.OrderID(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, later := range map[string]bool{"other orders are chosen before it comes back": false, "other orders are chosen after it came back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, code, _ := inDoubt(t, "uploads/105/a.jpg")
			choose := func() {
				t.Helper()
				// 105 is Bob's.
				if err := s.Act(t.Context(), c, cases.ActSelectOrders, cases.Input{Orders: []int64{id(t, s, "104"), id(t, s, "105")}}); err != nil {
					t.Fatal(err)
				}
			}
			if !later {
				choose()
			}
			s.reply(t, onFile, "Re: code", "C'est moi : "+code, "In-Reply-To: <ask@example.net>")
			if later {
				if got := s.level(t, c); got != cases.Confirmed {
					t.Fatalf("identity %s", got)
				}
				choose()
			}
			v, err := s.App.Case(t.Context(), c)
			if err != nil || v.Case.Identity.Level == cases.Confirmed || cases.MayDisclose(v.Case) == nil || v.MayErase == nil {
				t.Fatalf("Bob's order is in scope, and nobody proved to be Bob: %s %v", v.Case.Identity.Level, err)
			}
		})
	}
	t.Run("another order of the same address is covered", func(t *testing.T) {
		t.Parallel()
		s, c, code, _ := inDoubt(t)
		s.reply(t, onFile, "Re: code", "C'est moi : "+code, "In-Reply-To: <ask@example.net>")
		if err := s.Act(t.Context(), c, cases.ActSelectOrders, cases.Input{Orders: []int64{id(t, s, "104"), id(t, s, "106")}}); err != nil {
			t.Fatal(err)
		}
		if got := s.level(t, c); got != cases.Confirmed {
			t.Errorf("identity %s", got)
		}
	})
}

func TestARequestThatAProgramSendsIntoACaseIsNotLost(t *testing.T) {
	t.Parallel()
	s, _, id := asked(t, threeOrders)
	s.reply(t, "Somebody <alice.planchon@example.org>", "Re: Mes photos", showMe, "Auto-Submitted: auto-generated", vouched("example.org", "pass"),
		fmt.Sprintf("In-Reply-To: <%s>", s.box.mails[0].MessageID))
	if c := s.theCase("alice.planchon@example.org"); c.ID != id || !slices.Contains(c.Rights(), "access") {
		t.Errorf("what was asked by a machine-sent mail: %v", c.Rights())
	}
}

func TestAVerdictTakenBackHasItsEvidenceAgain(t *testing.T) {
	t.Parallel()
	s, _, _ := asked(t, threeOrders)
	rows, err := s.Mails(t.Context(), request.Request)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	first := s.theCase("alice.planchon@example.org").ReceivedAt
	if _, err := s.CorrectVerdict(t.Context(), rows[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.App.Mail(t.Context(), rows[0].ID); err != nil || v.Message.Text != "" {
		t.Errorf("text of ordinary mail is kept: %q %v", v.Message.Text, err)
	}
	s.now = s.now.Add(72 * time.Hour)
	if _, err := s.RestoreVerdict(t.Context(), rows[0].ID); err != nil {
		t.Fatal(err)
	}
	v, err := s.App.Mail(t.Context(), rows[0].ID)
	if err != nil || !strings.Contains(v.Message.Text, "article 17") || v.Case == 0 {
		t.Errorf("the request has no text any more: %q, case %d, %v", v.Message.Text, v.Case, err)
	}
	if c := s.theCase("alice.planchon@example.org"); !c.ReceivedAt.Equal(first) {
		t.Errorf("the clock ran from %s and runs from %s", first, c.ReceivedAt)
	}
}

func TestALetterThatFitsNoDayAnyMoreDoesNotStopTheMailbox(t *testing.T) {
	t.Parallel()
	s, id, code, l := inDoubt(t)
	_ = code
	// Meanwhile the clock was stopped and runs again.
	start := s.now
	if err := s.Act(t.Context(), id, cases.ActSuspend, cases.Input{Reason: "which orders?"}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(72 * time.Hour)
	if err := s.Act(t.Context(), id, cases.ActResume, cases.Input{}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(24 * time.Hour)
	s.sent(t, start.Add(24*time.Hour), []byte(strings.Replace(string(letter("Atelier <contact@localhost.test>", l.Subject, l.Text)), "To: contact@localhost.test", "To: alice.planchon@example.org", 1)))
	c := s.theCase("mallory@example.net")
	if len(c.Letters) != 1 || c.Letters[0].SentAt.IsZero() {
		t.Errorf("letters: %+v", c.Letters)
	}
}

// another is the settings of a mailbox that changes.
type another struct {
	app.MailSetup
	now  mailbox.Account
	next *letters
}

func (a *another) Account() (mailbox.Account, bool) { return a.now, true }

func (a *another) Save(_ context.Context, x mailbox.Account, _ mailbox.Secret) (app.Mailbox, app.Postman, app.Connection, error) {
	a.now = x
	return a.next, nil, app.Connection{Kind: "mailbox", Name: "mailbox"}, nil
}

func TestAnotherMailboxIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	p := w.open(t)
	d, err := p.connect(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	account := func(user string) mailbox.Account {
		return mailbox.Account{Address: user, IMAP: mailbox.Server{Host: "imap.localhost.test", User: user}}
	}
	box := &letters{}
	box.put(t, "2025-05-01T10:00:00Z", letter("Bob <bob.durand@example.org>", "Livre", "Bonjour, quand mon livre sera-t-il livré ?"))
	setup := &another{now: account("contact@localhost.test"), next: box}
	d.Mail, d.Mailbox = setup, box
	a := app.New(d)
	fetch := func() {
		t.Helper()
		if _, err := a.Sync(t.Context(), false, true, nil); err != nil {
			t.Fatal(err)
		}
	}
	fetch()
	change := func(user string) {
		t.Helper()
		if err := a.SaveMail(t.Context(), account(user), mailbox.Secret{Password: "x"}); err != nil {
			t.Fatal(err)
		}
		fetch()
	}
	// Its folders may have the same names, and the same UIDVALIDITY.
	known := func(c mailbox.Cursor) bool { return c.Folder == "INBOX" && c.UIDValidity == 1 }
	if change("contact@localhost.test"); !slices.ContainsFunc(box.since, known) {
		t.Errorf("the same mailbox is read from its beginning: %+v", box.since)
	}
	if change("shop@localhost.test"); slices.ContainsFunc(box.since, known) {
		t.Errorf("mail of another mailbox is passed over: %+v", box.since)
	}
}

func TestAPasswordGoesToNoServerThatItWasNotTypedInFor(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.init(mailboxTOML(box), csvTOML)
	w.write("orders.csv", oneOrder)
	p := w.open(t)
	if _, err := p.connect(time.Now); err != nil {
		t.Fatal(err)
	}
	kept, ok := p.mail.Account()
	if !ok || kept.SMTP.Host != "" {
		t.Fatalf("account: %+v", kept)
	}
	for name, x := range map[string]struct {
		change func(a *mailbox.Account)
		given  bool
	}{
		"the same servers":                {func(*mailbox.Account) {}, true},
		"a way out on the same server":    {func(a *mailbox.Account) { a.SMTP = a.IMAP }, true},
		"a way out over another server":   {func(a *mailbox.Account) { a.SMTP = mailbox.Server{Host: "smtp.evil.test", User: a.IMAP.User} }, false},
		"another server":                  {func(a *mailbox.Account) { a.IMAP.Host = "imap.evil.test" }, false},
		"another user of the same server": {func(a *mailbox.Account) { a.IMAP.User = "else" }, false},
	} {
		a := kept
		x.change(&a)
		s, err := p.mail.secretFor(a, mailbox.Secret{})
		if err != nil || (s.Password != "") != x.given {
			t.Errorf("%s: the password is given: %v, %v", name, s.Password != "", err)
		}
		if _, _, _, err := p.mail.Save(t.Context(), a, mailbox.Secret{}); (err == nil) != x.given {
			t.Errorf("%s: kept without a password: %v", name, err)
		}
	}
}

func TestIdentityIsNotMetByAClickAlone(t *testing.T) {
	t.Parallel()
	s, id, _, _ := inDoubt(t)
	if err := s.MarkSent(t.Context(), id, cases.LetterCode); err != nil {
		t.Fatal(err)
	}
	if err := s.Act(t.Context(), id, cases.ActIdentityMet, cases.Input{}); !errors.Is(err, cases.ErrReason) || s.level(t, id) == cases.Confirmed {
		t.Errorf("no code came back and nothing is written: %v, identity %s", err, s.level(t, id))
	}
	if err := s.Act(t.Context(), id, cases.ActIdentityMet, cases.Input{Reason: "She called from the number of the order."}); err != nil || s.level(t, id) != cases.Confirmed {
		t.Errorf("with a reason: %v, identity %s", err, s.level(t, id))
	}
}

func TestALetterToARecipientIsFoundAmongSentMail(t *testing.T) {
	t.Parallel()
	w, _, _, box, no := askedFor(t)
	p := w.open(t)
	ps, err := p.Processors(t.Context())
	if err != nil || len(ps) == 0 {
		t.Fatal(err)
	}
	ps[0].Name, ps[0].Contact = "Imprimerie du Nord", "rgpd@imprimerie.example"
	if err := p.SaveProcessor(t.Context(), ps[0]); err != nil {
		t.Fatal(err)
	}
	p.Close()
	w.ok("--json", "erase", "--case", no, "--yes")
	state := func() (string, string) {
		t.Helper()
		for _, n := range asJSON[[]noticeJSON](t, w.ok("--json", "recipients", "--case", no)) {
			if n.Name == "Imprimerie du Nord" {
				return n.ID, n.State
			}
		}
		return "", ""
	}
	id, _ := state()
	w.ok("recipients", "--draft", id)
	for _, raw := range box.Raw("Drafts") {
		box.Append("Sent", nil, time.Now(), raw)
	}
	w.sync("--mail")
	if _, got := state(); got != "sent" {
		t.Errorf("the letter that she sent is %q", got)
	}
}
