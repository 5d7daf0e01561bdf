package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/data/mail/mailtest"
	"greffier/data/storage/storagetest"

	"github.com/emersion/go-imap/v2"
)

func TestMailAsPeopleWriteItBecomesCases(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	want := map[string]string{} // sender → rights
	when := at(t, "2025-04-01T08:00:00Z")
	for i, f := range lettersTo(t) {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := bytes.Cut(raw, []byte("<"))
		for !bytes.Contains(rest[:bytes.IndexByte(rest, '>')], []byte("@example.org")) {
			_, rest, _ = bytes.Cut(rest, []byte("<"))
		}
		if r := rightsOf(f); r != "none" {
			want[string(rest[:bytes.IndexByte(rest, '>')])] = r
		}
		folder := "INBOX"
		if i%2 == 1 {
			folder = "Junk"
		}
		box.Append(folder, nil, when.Add(time.Duration(i)*time.Minute), raw)
	}
	for _, f := range []string{"not-mime.eml", "broken-mime.eml", "empty.eml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "mail", f))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) == 0 {
			raw = []byte("\r\n") // the least that a server takes
		}
		box.Append("INBOX", nil, when, raw)
	}
	huge := letter("Zoe <zoe@example.org>", "Toutes les photos", strings.Repeat("Une ligne parmi beaucoup d'autres, sans rien demander.\n", 400_000))
	box.Append("INBOX", nil, when, huge)
	last := letter("Yasmine Dubois <yasmine@example.org>", "Suppression", "Bonjour, merci de supprimer toutes mes données personnelles. Yasmine Dubois", vouched("example.org", "pass"))
	box.Append("INBOX", nil, when.Add(time.Hour), last)
	want["yasmine@example.org"] = "erasure"

	w.init(mailboxTOML(box), csvTOML, folderTOML)
	total := 0
	for _, f := range []string{"INBOX", "Junk"} {
		total += len(box.Flags(f))
	}
	if d := w.sync(); d.Messages != total || len(d.Failed) != 0 {
		t.Fatalf("%d messages in the mailbox; sync: %+v", total, d)
	}
	got := map[string]string{}
	for _, c := range w.cases() {
		if got[c.Email] != "" {
			t.Errorf("two cases of %s", c.Email)
		}
		got[c.Email] = strings.Join(c.Rights, ",")
		if c.Person == "" || c.State != "received" {
			t.Errorf("case: %+v", c)
		}
	}
	for from, rights := range want {
		if got[from] != rights {
			t.Errorf("%s asks for %q, want %q", from, got[from], rights)
		}
		delete(got, from)
	}
	delete(got, "yann.legoff@example.org") // broken all over: a case or not, both can be said
	if len(got) != 0 {
		t.Errorf("cases that nobody asked for: %v", got)
	}
	if d := w.sync(); d.Messages != 0 {
		t.Errorf("second sync: %+v", d)
	}
	w.failed([]string{"order"}, "erase", "--case", fmt.Sprint(w.caseFrom("yasmine@example.org").Case), "--yes")
	for _, folder := range []string{"INBOX", "Junk"} {
		for uid, flags := range box.Flags(folder) {
			if slices.Contains(flags, imap.FlagSeen) {
				t.Errorf("message %d of %s is marked read", uid, folder)
			}
		}
	}
	w.verified()
	w.sealed("yasmine", "Mulligan", "Kowalski")
}

func TestAReplyThreadsIntoItsCase(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(mailboxTOML(box), csvTOML)
	box.Append("INBOX", nil, at(t, "2025-03-19T10:00:00Z"), letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites, vouched("example.org", "pass"), "Message-ID: <first@example.org>"))
	w.sync()
	box.Append("Junk", nil, at(t, "2025-03-24T10:00:00Z"), letter("Alice Planchon <alice.planchon@example.org>", "RE: Ma fille",
		"Bonjour,\n\nJe n'ai pas eu de réponse. Je voudrais aussi une copie de toutes mes données.\n\nAlice Planchon\n\n> Bonjour, nous avons bien reçu votre demande.\n",
		vouched("example.org", "pass"), "Message-ID: <second@example.org>", "In-Reply-To: <first@example.org>", "References: <first@example.org>"))
	box.Append("INBOX", nil, at(t, "2025-03-25T10:00:00Z"), letter("Somebody Else <somebody@example.net>", "RE: Ma fille", "Merci !",
		"Message-ID: <third@example.net>", "In-Reply-To: <first@example.org>"))
	if d := w.sync(); d.Messages != 2 {
		t.Errorf("sync: %+v", d)
	}
	c := w.caseFrom("alice.planchon@example.org")
	rights := slices.Clone(c.Rights)
	slices.Sort(rights)
	if len(w.cases()) != 1 || !slices.Equal(rights, []string{"access", "erasure"}) || c.Received != "2025-03-19T10:00:00Z" || c.Due != "2025-04-22" {
		t.Errorf("case: %+v", c)
	}
	r := w.ok("--json", "case", fmt.Sprint(c.Case))
	for _, id := range []string{"2025-03-19T10:00:00Z", "2025-03-24T10:00:00Z", "2025-03-25T10:00:00Z"} {
		if !strings.Contains(r.out, id) {
			t.Errorf("the case does not show the message of %s", id)
		}
	}
}

func TestAForgedRequestErasesNothing(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	w := newWorld(t)
	feed := "order,status,created,completed,email,first_name,last_name\n"
	customers := []string{"other", "failing", "twice", "replyto", "display", "lookalike", "named"}
	for i, c := range customers {
		feed += fmt.Sprintf("%d,completed,2025-01-10,2025-01-20,%s@example.org,Camille,%s\n", 701+i, c, strings.ToUpper(c))
		s3.Put("photos", fmt.Sprintf("uploads/%d/a.jpg", 701+i), c)
	}
	w.write("orders.csv", feed)
	before := s3.Rows("photos")
	text := func(order int) string {
		return fmt.Sprintf("Bonjour,\n\nMerci d'effacer toutes mes données et mes photos, commande %d.\n\nCordialement", order)
	}
	double := string(letter("Camille Twice <twice@example.org>", "Effacement", text(703), vouched("example.org", "pass")))
	double = strings.Replace(double, "From: Camille Twice", "From: Evil <evil@example.com>\r\nFrom: Camille Twice", 1)
	for i, raw := range [][]byte{
		letter("Evil <evil@example.com>", "Effacement 1", text(701), vouched("example.com", "pass")),
		letter("Camille FAILING <failing@example.org>", "Effacement 2", text(702), vouched("example.org", "fail")),
		[]byte(double),
		letter("Camille REPLYTO <replyto@example.org>", "Effacement 4", text(704), vouched("example.org", "pass"), "Reply-To: evil@example.com"),
		letter(`"display@example.org" <evil2@example.com>`, "Effacement 5", text(705), vouched("example.com", "pass")),
		letter("Camille LOOKALIKE <lookalike@examp1e.org>", "Effacement 6", text(706), vouched("examp1e.org", "pass")),
		letter("Camille NAMED <named@example.org>", "Effacement 7", text(707), "Authentication-Results: evil.example.com; dmarc=pass header.from=example.org"),
	} {
		box.Append("INBOX", nil, at(t, "2025-05-05T10:00:00Z").Add(time.Duration(i)*time.Hour), raw)
	}
	w.init(mailboxTOML(box), csvTOML, s3TOML(s3, "photos"))
	w.sync()

	all := w.cases()
	if len(all) != len(customers) {
		t.Errorf("%d cases of %d requests", len(all), len(customers))
	}
	for _, c := range all {
		t.Run(fmt.Sprintf("case of %s: %v", c.Email, c.Orders), func(t *testing.T) {
			if c.Identity == "probable" || c.Identity == "confirmed" {
				t.Errorf("identity is %s", c.Identity)
			}
			x := *w
			x.t = t
			r := x.failed(nil, "--json", "erase", "--case", fmt.Sprint(c.Case), "--yes")
			if r.out != "" {
				if d := asJSON[eraseDoc](t, r); d.Run == nil || d.Run.State != "refused" || d.Run.Erased != 0 {
					t.Errorf("erase: %+v", d.Run)
				}
			}
			if got := s3.Rows("photos"); len(got) != len(before) {
				t.Fatalf("%d of %d objects are left", len(got), len(before))
			}
			r = x.call("--json", "case", fmt.Sprint(c.Case))
			if !strings.Contains(r.out, `"- `) {
				t.Errorf("no sign against the identity is shown:\n%s", r.out)
			}
		})
	}

	t.Run("the owner may decide with a reason, and the journal says so", func(t *testing.T) {
		c := w.caseFrom("failing@example.org")
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", fmt.Sprint(c.Case), "--yes", "--identity", "She called from the number of the order."))
		if d.Run.State != "complete" || d.Run.Erased != 1 {
			t.Fatalf("erase: %+v", d.Run)
		}
		if c := w.caseFrom("failing@example.org"); c.Identity != "confirmed" {
			t.Errorf("identity: %s", c.Identity)
		}
		db, err := sql.Open("sqlite", filepath.Join(w.profile, "greffier.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM journal WHERE actor = 'owner' AND record = ? AND detail LIKE '%confirm%'", fmt.Sprintf("case %d", c.Case)).Scan(&n); err != nil || n == 0 {
			t.Errorf("the journal does not say who decided: %v", err)
		}
		if err := db.QueryRow("SELECT COUNT(*) FROM journal WHERE detail LIKE '%called%'").Scan(&n); err != nil || n != 0 {
			t.Errorf("the journal repeats her words: %d %v", n, err)
		}
	})
	w.verified()
	w.sealed("evil@example.com", "CALLED", "She called")
}
