package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/data/mail/mailtest"
)

// bothAuthorities is one file with the authorities of two test servers.
func bothAuthorities(t *testing.T, w *world, files ...string) string {
	t.Helper()
	var all []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, b...), '\n')
	}
	return w.write("authorities.pem", string(all))
}

func TestALetterIsSentOnTheOwnersClickAndNeverTwiceInIgnorance(t *testing.T) {
	t.Parallel()
	box, out := mailtest.Dovecot(t), mailtest.Submission(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(mailboxTOML(box), csvTOML)
	box.Append("INBOX", nil, time.Now().Add(-24*time.Hour), letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites, vouched("example.org", "pass"), "Message-ID: <first@example.org>"))
	w.sync()
	c := w.caseFrom("alice.planchon@example.org")
	n := fmt.Sprint(c.Case)

	w.failed([]string{"SMTP"}, "letter", "--case", n, "acknowledge", "--send")
	smtp := net.JoinHostPort(out.Host, strconv.Itoa(out.Port))
	// Settings that do not work are not kept.
	w.failed(nil, "mailbox", "set", "--smtp", net.JoinHostPort(out.Host, "1"), "--out", "smtp")
	w.failed([]string{"SMTP"}, "letter", "--case", n, "acknowledge", "--send")
	w.ok("mailbox", "set", "--smtp", smtp, "--out", "smtp", "--ca-file", bothAuthorities(t, w, box.CAFile, out.CAFile))
	toml, err := os.ReadFile(filepath.Join(w.profile, "profile.toml"))
	if err != nil || strings.Contains(string(toml), box.Password) || !strings.Contains(string(toml), "smtp_host") {
		t.Fatalf("the profile's file: %v\n%s", err, toml)
	}
	w.sealed("correct horse")

	out.Fail(mailtest.StepFinal, nil)
	w.failed([]string{"whether"}, "letter", "--case", n, "acknowledge", "--send")
	w.failed([]string{"already"}, "letter", "--case", n, "acknowledge", "--send")
	if got := len(out.Received()); got != 1 {
		t.Fatalf("the server got %d mails", got)
	}
	if c := w.caseFrom("alice.planchon@example.org"); c.State != "received" {
		t.Errorf("nobody knows whether the letter went out, and the case is %s", c.State)
	}
	// The copy among the sent mail settles it.
	box.Append("Sent", nil, time.Now(), out.Received()[0].Raw)
	w.sync("--mail")
	if c := w.caseFrom("alice.planchon@example.org"); c.State != "acknowledged" {
		t.Fatalf("case: %+v", c)
	}

	out.Heal()
	w.ok("letter", "--case", n, "identity", "--send")
	all := out.Received()
	if len(all) != 2 || len(all[1].To) != 1 || all[1].To[0] != "alice.planchon@example.org" || !all[1].TLS {
		t.Fatalf("received: %d", len(all))
	}
	if raw := string(all[1].Raw); !strings.Contains(field(raw, "In-Reply-To"), "first@example.org") && !strings.Contains(field(raw, "References"), "first@example.org") {
		t.Errorf("the letter answers nothing:\n%s", raw)
	}
	if got := len(box.Raw("Sent")); got != 2 {
		t.Errorf("%d mails in the folder of sent mail", got)
	}
	if c := w.caseFrom("alice.planchon@example.org"); c.State != "identity" {
		t.Errorf("case: %+v", c)
	}
	if d := w.sync("--mail"); d.Requests != 0 || len(w.cases()) != 1 {
		t.Errorf("sync: %+v", d)
	}
	w.verified()
}

func TestTheMailboxIsSetUpByItsAddressAndServer(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML)
	w.failed([]string{"mailbox"}, "mailbox")
	imap := net.JoinHostPort(box.Host, strconv.Itoa(box.Port))
	w.failed([]string{"password"}, "mailbox", "set", "--address", box.User, "--imap", imap, "--ca-file", box.CAFile, "--password-env", "WRONG_SECRET")
	w.failed([]string{"certificate"}, "mailbox", "set", "--address", box.User, "--imap", imap, "--password-env", "MAIL_PASSWORD")
	w.ok("mailbox", "set", "--address", box.User, "--imap", imap, "--ca-file", box.CAFile, "--password-env", "MAIL_PASSWORD", "--folders", "INBOX")
	box.Append("INBOX", nil, time.Now().Add(-time.Hour), letter("Alice Planchon <alice.planchon@example.org>", "Ma fille", aliceWrites))
	box.Append("Junk", nil, time.Now().Add(-time.Hour), letter("Bruno <bruno@example.org>", "Effacement", "Merci de supprimer toutes mes données."))
	if d := w.sync(); d.Messages != 1 {
		t.Errorf("only the inbox is to be read: %+v", d)
	}
	r := w.ok("mailbox", "set", "--folders", "auto")
	if !strings.Contains(r.out, "Junk\tjunk\t1\tread") {
		t.Errorf("folders:\n%s", r.out)
	}
	if d := w.sync(); d.Messages != 1 {
		t.Errorf("the spam folder too: %+v", d)
	}
	w.verified()
	w.sealed("correct horse")
}
