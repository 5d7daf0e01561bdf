package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/data/mail/mailtest"
)

// codeIn is how a one-time code stands in a letter.
var codeIn = regexp.MustCompile(`\b[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}\b`)

// drafts returns the drafts of a mailbox, oldest first.
func drafts(box *mailtest.Server) []string {
	raws := box.Raw("Drafts")
	var uids []uint32
	for uid := range raws {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	var out []string
	for _, uid := range uids {
		out = append(out, string(raws[uid]))
	}
	return out
}

func field(raw, name string) string {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for _, l := range strings.Split(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if k, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// history returns the events of a case as `greffier --json case` prints them.
func (w *world) history(c caseRow) string {
	w.t.Helper()
	return w.ok("--json", "case", fmt.Sprint(c.Case)).out
}

func TestAOneTimeCodeSettlesWhoAsks(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n601,completed,2026-09-01,2026-09-10,paula.roth@example.org,Paula,Roth\n")
	w.init(mailboxTOML(box), csvTOML)
	now := time.Now().Add(-48 * time.Hour)
	box.Append("INBOX", nil, now, letter("Paula <paula-new@example.com>", "Mes photos",
		"Bonjour, merci de m'envoyer une copie de toutes mes données et de mes photos, commande 601. Paula Roth", vouched("example.com", "pass"), "Message-ID: <ask@example.com>"))
	w.sync()
	c := w.caseFrom("paula-new@example.com")
	if c.Identity != "doubtful" {
		t.Fatalf("a request from an address that did not order has identity %s", c.Identity)
	}

	w.ok("letter", "--case", fmt.Sprint(c.Case), "code", "--draft")
	all := drafts(box)
	if len(all) != 1 {
		t.Fatalf("%d drafts", len(all))
	}
	code := codeIn.FindString(all[0])
	if code == "" || !strings.Contains(field(all[0], "To"), "paula.roth@example.org") || strings.Contains(all[0], "paula-new") {
		t.Fatalf("the code must go to the address of the order and to nobody else:\n%s", all[0])
	}
	w.sealed(code)

	reply := func(from, body string, headers ...string) {
		t.Helper()
		headers = append(headers, "In-Reply-To: <ask@example.com>", fmt.Sprintf("Message-ID: <%x@reply>", from+body))
		box.Append("INBOX", nil, time.Now(), letter(from, "RE: Mes photos", body, headers...))
		if d := w.sync("--mail"); d.Messages != 1 {
			t.Fatalf("sync of a reply: %+v", d)
		}
	}
	stays := func(what string) {
		t.Helper()
		if got := w.caseFrom("paula-new@example.com"); got.Identity != "doubtful" {
			t.Fatalf("%s made identity %s", what, got.Identity)
		}
	}
	reply("Paula <paula-new@example.com>", "Le code est ABCD-2345.")
	stays("a wrong code")
	reply("Paula <paula-new@example.com>", "Ce n'est pas moi, ne faites rien !\n\n> Votre code de confirmation : "+code)
	stays("a quoted code")
	reply("Mallory <mallory@example.net>", "Voici le code : "+code)
	stays("the code from a third address")
	reply("Paula <paula.roth@example.org>", "Je suis absente. Votre code "+code, "Auto-Submitted: auto-replied")
	stays("an answering machine")
	reply("Paula <paula.roth@example.org>", "Bonjour, c'est bien moi : "+strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if got := w.caseFrom("paula-new@example.com"); got.Identity != "confirmed" || len(w.cases()) != 1 {
		t.Fatalf("after the right code: %+v", w.cases())
	}
	w.verified()
	w.sealed("paula", code)
}

func TestTheOwnersAnswerIsFoundAmongSentMailAndABounceIsShown(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(mailboxTOML(box), csvTOML)
	box.Append("INBOX", nil, time.Now().Add(-24*time.Hour), letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites, vouched("example.org", "pass"), "Message-ID: <first@example.org>"))
	// What she sent to others is nobody's business.
	box.Append("Sent", nil, time.Now().Add(-time.Hour), letter("Atelier <contact@localhost.test>", "Dîner de samedi", "À samedi !", "Message-ID: <private@localhost.test>"))
	w.sync()
	c := w.caseFrom("alice.planchon@example.org")
	if c.State != "received" {
		t.Fatalf("case: %+v", c)
	}
	w.ok("letter", "--case", fmt.Sprint(c.Case), "acknowledge", "--draft")
	draft := drafts(box)[0]
	// Her program gives the letter another Message-ID when she sends it.
	sent := strings.Replace(draft, field(draft, "Message-Id"), "<sent-by-her@localhost.test>", 1)
	box.Append("Sent", nil, time.Now(), []byte(sent))
	if d := w.sync("--mail"); d.Requests != 0 {
		t.Errorf("sync: %+v", d)
	}
	c = w.caseFrom("alice.planchon@example.org")
	if c.State != "acknowledged" {
		t.Fatalf("the letter that she sent did not acknowledge the case: %+v", c)
	}
	if h := w.history(c); !strings.Contains(h, "case.found_sent") || !strings.Contains(h, `"state": "sent"`) {
		t.Errorf("the history does not tell of the letter:\n%s", h)
	}

	box.Append("INBOX", nil, time.Now(), bounceOf("alice.planchon@example.org", "sent-by-her@localhost.test"))
	w.sync("--mail")
	if h := w.history(c); !strings.Contains(h, "5.1.1") || !strings.Contains(h, `"state": "returned"`) {
		t.Errorf("the history does not tell that the letter came back:\n%s", h)
	}
	if n := len(w.cases()); n != 1 {
		t.Errorf("%d cases", n)
	}
	w.verified()
	w.sealed("Dîner", "samedi", "private@localhost")
}

func TestTheOwnerCorrectsAVerdictAndTakesItBack(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(mailboxTOML(box), csvTOML)
	box.Append("INBOX", nil, time.Now().Add(-24*time.Hour), letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites, vouched("example.org", "pass")))
	box.Append("INBOX", nil, time.Now().Add(-23*time.Hour), letter("Farid <farid@example.com>", "Livraison", "Bonjour, quand mon livre sera-t-il livré ? Merci, Farid Oulad"))
	w.sync()
	find := func(from string) mailJSON {
		t.Helper()
		for _, m := range asJSON[[]mailJSON](t, w.ok("--json", "mails")) {
			if strings.Contains(strings.ToLower(m.From), from) {
				return m
			}
		}
		t.Fatalf("no mail from %s", from)
		return mailJSON{}
	}
	farid, alice := find("farid"), find("alice")
	if farid.Kind != "ordinary" || alice.Kind != "request" || alice.Case == 0 {
		t.Fatalf("verdicts: %+v %+v", farid, alice)
	}

	w.ok("correct", fmt.Sprint(alice.Mail), "none")
	if n := len(w.cases()); n != 0 {
		t.Errorf("%d cases after the only one was said to be none", n)
	}
	if got := find("alice"); got.Kind != "ordinary" || !got.Corrected || got.Case != 0 {
		t.Errorf("corrected: %+v", got)
	}
	w.ok("correct", fmt.Sprint(alice.Mail), "--undo")
	got := find("alice")
	if got.Kind != "request" || got.Corrected || got.Case == 0 || got.Case == alice.Case {
		t.Errorf("taken back: %+v; the number %d of the dropped case must not come again", got, alice.Case)
	}

	// The text of ordinary mail is not kept: it is read again for the case.
	w.ok("correct", fmt.Sprint(farid.Mail), "access")
	c := w.caseFrom("farid@example.com")
	if !slices.Equal(c.Rights, []string{"access"}) {
		t.Errorf("case: %+v", c)
	}
	if r := w.ok("--json", "mail", fmt.Sprint(farid.Mail)); !strings.Contains(r.out, "quand mon livre") {
		t.Errorf("the case has no text:\n%s", r.out)
	}
	w.ok("letter", "--case", fmt.Sprint(c.Case), "acknowledge", "--draft")
	w.ok("correct", fmt.Sprint(farid.Mail), "--undo")
	if got := find("farid"); got.Kind != "ordinary" || got.Case != 0 {
		t.Errorf("taken back: %+v", got)
	}
	w.failed([]string{"correct"}, "correct", fmt.Sprint(farid.Mail), "--undo")
	w.verified()
	w.sealed("Farid", "farid@example.com", "quand mon livre")
}

func TestAMailThatWasMovedIsOneMailAndNoSpamAnyMore(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(mailboxTOML(box), csvTOML)
	raw := letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites, vouched("example.org", "pass"))
	uid := box.Append("Junk", nil, time.Now().Add(-24*time.Hour), raw)
	if d := w.sync(); d.Requests != 1 {
		t.Fatalf("sync: %+v", d)
	}
	box.Append("INBOX", nil, time.Now().Add(-24*time.Hour), raw)
	box.Expunge("Junk", uid)
	if d := w.sync(); d.Messages != 0 || len(w.cases()) != 1 {
		t.Errorf("the same mail in another folder: %+v, %d cases", d, len(w.cases()))
	}
	if m := asJSON[[]mailJSON](t, w.ok("--json", "mails"))[0]; m.Junk {
		t.Errorf("it lies in the inbox now: %+v", m)
	}
}
