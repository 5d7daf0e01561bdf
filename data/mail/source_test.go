package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"

	"github.com/emersion/go-imap/v2"
)

// config is the settings with which a test reaches its server.
func config(s *mailtest.Server) mail.Config {
	return mail.Config{Host: s.Host, Port: s.Port, Security: mail.TLS, User: s.User, Password: s.Password, CAFile: s.CAFile}
}

func open(t testing.TB, cfg mail.Config) *mail.Box {
	t.Helper()
	b, err := mail.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return b
}

// letter is an ordinary message.
func letter(n int) []byte {
	return fmt.Appendf(nil, "From: Client %d <client%d@example.org>\r\nTo: contact@localhost.test\r\nSubject: Question %d\r\n"+
		"Message-ID: <m%d@example.org>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0100\r\n\r\nBonjour, lettre %d.\r\n", n, n, n, n, n)
}

// keeper is a caller of Fetch that keeps what it gets, as the store does.
type keeper struct {
	messages []mailbox.Message
	cursors  map[string]mailbox.Cursor
	dones    int
}

func (k *keeper) since() []mailbox.Cursor {
	return slices.Collect(maps.Values(k.cursors))
}

func (k *keeper) got(m mailbox.Message) error {
	k.messages = append(k.messages, m)
	return nil
}

func (k *keeper) done(c mailbox.Cursor) error {
	if k.cursors == nil {
		k.cursors = map[string]mailbox.Cursor{}
	}
	delete(k.cursors, c.Was)
	c.Was = ""
	k.cursors[c.Folder] = c
	k.dones++
	return nil
}

func (k *keeper) reader() mailbox.Reader { return mailbox.Reader{Got: k.got, Done: k.done} }

// fetch reads what is new and returns it.
func (k *keeper) fetch(t testing.TB, b *mail.Box) []mailbox.Message {
	t.Helper()
	k.messages = nil
	if err := b.Fetch(t.Context(), k.since(), k.reader()); err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	return k.messages
}

func subjects(list []mailbox.Message) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, m.Ref.Folder+": "+m.Subject)
	}
	return out
}

func want(t testing.TB, got []mailbox.Message, wanted ...string) {
	t.Helper()
	if s := subjects(got); !slices.Equal(s, wanted) {
		t.Errorf("got %q, want %q", s, wanted)
	}
}

var servers = map[string]func(testing.TB) *mailtest.Server{
	"Dovecot":          mailtest.Dovecot,
	"in-memory server": mailtest.Memory,
}

// TestSource is what every IMAP server must let the mailbox do.
func TestSource(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			conformance(t, start, name == "Dovecot")
		})
	}
}

// conformance runs on one kind of server; a faithful one gives every message
// back as it came, while the in-memory one loses those it cannot parse and
// does not make missing special folders.
func conformance(t *testing.T, start func(testing.TB) *mailtest.Server, faithful bool) {
	at := time.Date(2026, 11, 3, 8, 30, 0, 0, time.UTC)

	t.Run("the first fetch reads inbox, spam, archive and own folders, and nothing else", func(t *testing.T) {
		s := start(t)
		s.Create("Clients")
		s.Create("Clients/Été & hiver")
		for i, f := range []string{"INBOX", "INBOX", "Junk", "Archive", "Clients", "Clients/Été & hiver", "Sent", "Drafts", "Trash"} {
			s.Append(f, nil, at, letter(i))
		}
		var k keeper
		got := k.fetch(t, open(t, config(s)))
		want(t, got, "INBOX: Question 0", "INBOX: Question 1", "Junk: Question 2", "Archive: Question 3", "Clients: Question 4", "Clients/Été & hiver: Question 5")
		for _, m := range got {
			if m.Junk != (m.Ref.Folder == "Junk") {
				t.Errorf("Junk of a message in %s is %v", m.Ref.Folder, m.Junk)
			}
			if !m.ReceivedAt.Equal(at) || m.ReceivedAt.Location() != time.UTC {
				t.Errorf("received at %v, want INTERNALDATE %v in UTC", m.ReceivedAt, at)
			}
			if m.Ref.UIDValidity == 0 || m.Ref.UID == 0 {
				t.Errorf("no place on the server: %+v", m.Ref)
			}
		}
	})

	t.Run("folders are known by their French names, also below the inbox", func(t *testing.T) {
		s := start(t)
		for i, f := range []string{"Courrier indésirable", "INBOX/Pourriel", "Éléments envoyés", "INBOX/Brouillons", "Corbeille", "Corbeille/2025", "Clients", "Clients/Envoyés"} {
			s.Create(f)
			s.Append(f, nil, at, letter(i))
		}
		var k keeper
		got := k.fetch(t, open(t, config(s)))
		want(t, got, "Courrier indésirable: Question 0", "INBOX/Pourriel: Question 1", "Clients: Question 6", "Clients/Envoyés: Question 7")
		for i, m := range got {
			if m.Junk != (i < 2) {
				t.Errorf("Junk of a message in %s is %v", m.Ref.Folder, m.Junk)
			}
		}
	})

	t.Run("a server restored from an older backup is read anew", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Append("INBOX", nil, at, letter(1))
		var k keeper
		k.fetch(t, b)
		c := k.cursors["INBOX"]
		c.UIDNext += 100
		k.cursors["INBOX"] = c
		want(t, k.fetch(t, b), "INBOX: Question 1")
		if k.cursors["INBOX"].UIDNext != 2 {
			t.Errorf("cursor %+v", k.cursors["INBOX"])
		}
	})

	t.Run("the next fetch reads only what is new", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Append("INBOX", nil, at, letter(1))
		var k keeper
		want(t, k.fetch(t, b), "INBOX: Question 1")
		want(t, k.fetch(t, b))
		before := k.dones
		want(t, k.fetch(t, b))
		if k.dones != before {
			t.Errorf("cursors were written again though nothing was new")
		}
		s.Append("INBOX", nil, at, letter(2))
		s.Append("Junk", nil, at, letter(3))
		want(t, k.fetch(t, b), "INBOX: Question 2", "Junk: Question 3")
	})

	t.Run("flags stay as they were and nothing is marked read", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		s.Append("INBOX", []imap.Flag{imap.FlagFlagged}, at, letter(2))
		s.Append("INBOX", []imap.Flag{imap.FlagSeen}, at, letter(3))
		s.Append("Junk", nil, at, letter(4))
		// \Recent is the server's own, and goes with the first session that
		// looks: it is not compared.
		state := func() map[string]any {
			out := map[string]any{}
			for _, f := range []string{"INBOX", "Junk"} {
				for uid, flags := range s.Flags(f) {
					flags = slices.DeleteFunc(flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), `\Recent`) })
					slices.Sort(flags)
					out[fmt.Sprint(f, uid)] = fmt.Sprint(flags)
				}
			}
			return out
		}
		before := state()
		var k keeper
		k.fetch(t, open(t, config(s)))
		if after := state(); !reflect.DeepEqual(before, after) {
			t.Errorf("flags were %v, are %v", before, after)
		}
	})

	t.Run("a changed UIDVALIDITY reads the folder anew", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Create("Clients")
		s.Append("Clients", nil, at, letter(1))
		s.Append("Clients", nil, at, letter(2))
		var k keeper
		want(t, k.fetch(t, b), "Clients: Question 1", "Clients: Question 2")
		old := k.cursors["Clients"]
		s.Delete("Clients")
		s.Create("Clients")
		s.Append("Clients", nil, at, letter(3))
		want(t, k.fetch(t, b), "Clients: Question 3")
		if k.cursors["Clients"].UIDValidity == old.UIDValidity {
			t.Fatalf("the server did not change UIDVALIDITY: nothing was tested")
		}
	})

	t.Run("a renamed folder goes on where it was", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Create("Clients")
		s.Append("Clients", nil, at, letter(1))
		s.Append("Clients", nil, at, letter(2))
		var k keeper
		want(t, k.fetch(t, b), "Clients: Question 1", "Clients: Question 2")
		s.Rename("Clients", "Clients 2026")
		k.messages = nil
		var was []string
		r := k.reader()
		r.Done = func(c mailbox.Cursor) error { was = append(was, c.Was); return k.done(c) }
		if err := b.Fetch(t.Context(), k.since(), r); err != nil {
			t.Fatalf("Fetch: %v", err)
		}
		want(t, k.messages)
		if !slices.Equal(was, []string{"Clients"}) || k.cursors["Clients 2026"].UIDNext != 3 || k.cursors["Clients"].Folder != "" {
			t.Errorf("was %q, cursors %+v", was, k.cursors)
		}
		s.Rename("Clients 2026", "Clients")
		s.Append("Clients", nil, at, letter(3))
		want(t, k.fetch(t, b), "Clients: Question 3")
		s.Append("Clients", nil, at, letter(4))
		want(t, k.fetch(t, b), "Clients: Question 4")
	})

	t.Run("a folder that is gone costs nothing", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Create("Clients")
		s.Append("Clients", nil, at, letter(1))
		var k keeper
		k.fetch(t, b)
		s.Delete("Clients")
		s.Append("INBOX", nil, at, letter(2))
		want(t, k.fetch(t, b), "INBOX: Question 2")
	})

	t.Run("messages expunged before and between are skipped", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		const n = 700
		for i := 1; i <= n; i++ {
			s.Append("INBOX", nil, at, letter(i))
		}
		s.Expunge("INBOX", 7, n)
		var k keeper
		gone := map[uint32]bool{7: true, n: true, 520: true, n - 1: true}
		err := b.Fetch(t.Context(), nil, mailbox.Reader{Got: func(m mailbox.Message) error {
			if len(k.messages) == 3 {
				s.Expunge("INBOX", 520, n-1) // of batches that are not read yet
			}
			return k.got(m)
		}, Done: k.done})
		if err != nil {
			t.Fatalf("Fetch: %v", err)
		}
		next := uint32(1)
		for _, m := range k.messages {
			for gone[next] {
				next++
			}
			if m.Ref.UID != next || len(m.Problems) > 0 {
				t.Fatalf("got UID %d, want %d (problems %q)", m.Ref.UID, next, m.Problems)
			}
			next++
		}
		if len(k.messages) != n-4 {
			t.Errorf("got %d messages, want %d", len(k.messages), n-4)
		}
		want(t, k.fetch(t, b))
	})

	t.Run("a server that dies in the middle costs no message", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		const n = 450
		for i := 1; i <= n; i++ {
			s.Append("INBOX", nil, at, letter(i))
		}
		var k keeper
		var last mailbox.Cursor
		err := b.Fetch(t.Context(), nil, mailbox.Reader{Got: func(m mailbox.Message) error {
			if len(k.messages) == 150 {
				s.Kill()
			}
			return k.got(m)
		}, Done: func(c mailbox.Cursor) error {
			for _, m := range k.messages {
				if m.Ref.Folder == c.Folder && m.Ref.UID < c.UIDNext {
					last = c
				}
			}
			if c.UIDNext <= k.cursors[c.Folder].UIDNext {
				t.Errorf("the cursor went from %d to %d", k.cursors[c.Folder].UIDNext, c.UIDNext)
			}
			return k.done(c)
		}})
		if !errors.Is(err, mail.ErrUnreachable) {
			t.Fatalf("Fetch of a server that died: %v, want ErrUnreachable", err)
		}
		first := len(k.messages)
		if first >= n || first < 150 || last.UIDNext == 0 {
			t.Fatalf("%d messages before the cut, cursor %+v", first, last)
		}
		seen := map[uint32]bool{}
		for _, m := range k.messages {
			seen[m.Ref.UID] = true
			if m.Ref.UID >= last.UIDNext {
				t.Errorf("message %d lies behind the cursor %d", m.Ref.UID, last.UIDNext)
			}
		}
		s.Restart()
		for _, m := range k.fetch(t, b) {
			if len(m.Problems) > 0 {
				t.Errorf("message %d: %q", m.Ref.UID, m.Problems)
			}
			seen[m.Ref.UID] = true
		}
		if len(seen) != n {
			t.Errorf("%d messages in all, want %d", len(seen), n)
		}
	})

	t.Run("an error of the caller stops at once and comes back as it is", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		for i := range 5 {
			s.Append("INBOX", nil, at, letter(i))
		}
		full := errors.New("disk full")
		var k keeper
		err := b.Fetch(t.Context(), nil, mailbox.Reader{Got: func(m mailbox.Message) error {
			if len(k.messages) == 2 {
				return full
			}
			return k.got(m)
		}, Done: k.done})
		if err != full || len(k.cursors) != 0 {
			t.Errorf("error %v, cursors %v; want %v and none", err, k.cursors, full)
		}
		err = b.Fetch(t.Context(), nil, mailbox.Reader{Got: k.got, Done: func(mailbox.Cursor) error { return full }})
		if err != full {
			t.Errorf("error %v, want %v", err, full)
		}
	})

	t.Run("the same mail is known by its print in any folder, and another one is not", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		s.Append("Archive", nil, at, letter(1))
		s.Append("INBOX", nil, at, letter(2))
		var k keeper
		prints := map[string][]string{}
		for _, m := range k.fetch(t, open(t, config(s))) {
			prints[m.Print] = append(prints[m.Print], m.Subject)
		}
		if len(prints) != 2 || len(prints[""]) != 0 {
			t.Errorf("prints %v", prints)
		}
	})

	t.Run("cancelling stops at once", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		for i := range 300 {
			s.Append("INBOX", nil, at, letter(i))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var k keeper
		err := b.Fetch(ctx, nil, mailbox.Reader{Got: func(m mailbox.Message) error {
			if len(k.messages) == 4 {
				cancel()
			}
			return k.got(m)
		}, Done: k.done})
		if !errors.Is(err, context.Canceled) || len(k.messages) != 5 || len(k.cursors) != 0 {
			t.Errorf("error %v after %d messages, cursors %v", err, len(k.messages), k.cursors)
		}
		if err := b.Fetch(ctx, nil, k.reader()); !errors.Is(err, context.Canceled) {
			t.Errorf("Fetch with a cancelled context: %v", err)
		}
	})

	t.Run("a message that is no mail is handed over with its bytes, and the others too", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		garbage := []byte("this is \x80\x81 no mail at all\r\njust words\r\n")
		s.Append("INBOX", nil, at, garbage)
		s.Append("INBOX", nil, at, letter(2))
		var k keeper
		got := k.fetch(t, open(t, config(s)))
		if len(got) != 3 || len(got[1].Problems) == 0 || faithful && !bytes.Equal(got[1].Raw, garbage) || !got[1].ReceivedAt.Equal(at) {
			t.Fatalf("got %+v", got)
		}
		want(t, []mailbox.Message{got[0], got[2]}, "INBOX: Question 1", "INBOX: Question 2")
	})

	t.Run("a message larger than the bound gives its text", func(t *testing.T) {
		s := start(t)
		var big bytes.Buffer
		big.WriteString("From: a@example.org\r\nSubject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nEffacez mes photos.\r\n--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		line := strings.Repeat("A", 76) + "\r\n"
		for big.Len() < 33<<20 {
			big.WriteString(line)
		}
		big.WriteString("--b--\r\n")
		s.Append("INBOX", nil, at, letter(1))
		s.Append("INBOX", nil, at, big.Bytes())
		s.Append("INBOX", nil, at, letter(2))
		var k keeper
		got := k.fetch(t, open(t, config(s)))
		want(t, got, "INBOX: Question 1", "INBOX: big", "INBOX: Question 2")
		if got[1].Text != "Effacez mes photos." || !got[1].Partial || got[1].Raw != nil || !slices.ContainsFunc(got[1].Problems, func(p string) bool { return strings.Contains(p, "32 MB") }) {
			t.Errorf("text %q, %d bytes, problems %q", got[1].Text, len(got[1].Raw), got[1].Problems)
		}
		var kept keeper
		r := kept.reader()
		r.Keep = func(mailbox.Message) bool { return true }
		if err := open(t, config(s)).Fetch(t.Context(), nil, r); err != nil {
			t.Fatalf("Fetch: %v", err)
		}
		m := kept.messages[1]
		if m.Text != "Effacez mes photos." || m.Partial || !bytes.HasPrefix(big.Bytes(), m.Raw) || len(m.Raw) < 1<<20 || len(m.Raw) > 3<<20 {
			t.Errorf("kept: text %q, %d bytes, partial %v", m.Text, len(m.Raw), m.Partial)
		}
	})

	t.Run("two thousand messages arrive in order with progress", func(t *testing.T) {
		s := start(t)
		const n = 2000
		for i := 1; i <= n; i++ {
			s.Append("INBOX", nil, at, letter(i))
		}
		var k keeper
		lastDone, lastTotal := 0, 0
		err := open(t, config(s)).Fetch(t.Context(), nil, mailbox.Reader{Got: k.got, Done: k.done, Report: func(done, total int, _ string) {
			if done < lastDone || done > total {
				t.Fatalf("progress went from %d/%d to %d/%d", lastDone, lastTotal, done, total)
			}
			lastDone, lastTotal = done, total
		}})
		if err != nil {
			t.Fatalf("Fetch: %v", err)
		}
		if lastDone != n || lastTotal != n || len(k.messages) != n {
			t.Errorf("progress %d/%d, %d messages", lastDone, lastTotal, len(k.messages))
		}
		for i, m := range k.messages {
			if m.MessageID != fmt.Sprintf("m%d@example.org", i+1) || m.Text != fmt.Sprintf("Bonjour, lettre %d.", i+1) {
				t.Fatalf("message %d is %q %q", i+1, m.MessageID, m.Text)
			}
		}
		if k.dones < n/200 {
			t.Errorf("the cursor was kept only %d times", k.dones)
		}
	})

	t.Run("chosen folders are the only ones read, and one that is missing is told", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		s.Append("Sent", nil, at, letter(2))
		cfg := config(s)
		cfg.Folders = []string{"Trash", "Prénom Nom"}
		s.Append("Trash", nil, at, letter(3))
		var k keeper
		err := open(t, cfg).Fetch(t.Context(), nil, k.reader())
		want(t, k.messages, "Trash: Question 3")
		var fe *mail.FolderError
		if !errors.As(err, &fe) || fe.Folder != "Prénom Nom" || !errors.Is(err, mail.ErrProtocol) || strings.Contains(err.Error(), "Nom") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a wrong password is told without telling it", func(t *testing.T) {
		s := start(t)
		cfg := config(s)
		cfg.Password = "wrong-password"
		err := open(t, cfg).Fetch(t.Context(), nil, mailbox.Reader{})
		if !errors.Is(err, mail.ErrAuth) {
			t.Fatalf("Fetch: %v, want ErrAuth", err)
		}
		for _, secret := range []string{cfg.Password, cfg.User, "contact"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q holds %q", err, secret)
			}
		}
	})

	t.Run("an unknown authority is refused with the fingerprint", func(t *testing.T) {
		s := start(t)
		for _, sec := range []mail.Security{mail.TLS, mail.StartTLS} {
			cfg := config(s)
			cfg.CAFile, cfg.Security = "", sec
			if sec == mail.StartTLS {
				cfg.Port = s.PlainPort
			}
			err := open(t, cfg).Fetch(t.Context(), nil, mailbox.Reader{})
			var ce *mail.CertificateError
			if !errors.Is(err, mail.ErrCertificate) || !errors.As(err, &ce) || len(ce.SHA256) != 95 {
				t.Errorf("%s: %v (%+v)", sec, err, ce)
			}
		}
	})

	t.Run("a certificate for another host is refused", func(t *testing.T) {
		s := start(t)
		cfg := config(s)
		cfg.Host, cfg.Port = "127.0.0.2", relay(t, "127.0.0.2:0", s.Port)
		_, err := open(t, cfg).Look(t.Context())
		var ce *mail.CertificateError
		if !errors.As(err, &ce) || ce.SHA256 == "" {
			t.Errorf("Look: %v, want ErrCertificate", err)
		}
	})

	t.Run("STARTTLS reads the same", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		cfg := config(s)
		cfg.Port, cfg.Security = s.PlainPort, mail.StartTLS
		b := open(t, cfg)
		var k keeper
		want(t, k.fetch(t, b), "INBOX: Question 1")
		st, err := b.Look(t.Context())
		if err != nil || !strings.HasPrefix(st.TLS, "TLS 1.") {
			t.Errorf("Look: %+v, %v", st, err)
		}
	})

	t.Run("TLS to a port without it is told", func(t *testing.T) {
		s := start(t)
		cfg := config(s)
		cfg.Port = s.PlainPort
		if _, err := open(t, cfg).Look(t.Context()); !errors.Is(err, mail.ErrProtocol) {
			t.Errorf("Look: %v, want ErrProtocol", err)
		}
	})

	t.Run("the live test shows folders and encryption", func(t *testing.T) {
		s := start(t)
		s.Append("INBOX", nil, at, letter(1))
		s.Append("Junk", nil, at, letter(2))
		s.Append("Junk", nil, at, letter(3))
		st, err := open(t, config(s)).Look(t.Context())
		if err != nil {
			t.Fatalf("Look: %v", err)
		}
		if !strings.HasPrefix(st.TLS, "TLS 1.") || !st.Drafts || !st.Idle || st.SMTP || faithful && st.Server == "" {
			t.Errorf("looked %+v", st)
		}
		by := map[string]mailbox.Folder{}
		for _, f := range st.Folders {
			by[f.Name] = f
		}
		for _, w := range []mailbox.Folder{
			{Name: "INBOX", Kind: mailbox.FolderInbox, Messages: 1, Read: true},
			{Name: "Junk", Kind: mailbox.FolderJunk, Messages: 2, Read: true},
			{Name: "Archive", Kind: mailbox.FolderArchive, Read: true},
			{Name: "Sent", Kind: mailbox.FolderSent, Read: true},
			{Name: "Trash", Kind: mailbox.FolderOther},
			{Name: "Drafts", Kind: mailbox.FolderDrafts},
		} {
			if by[w.Name] != w {
				t.Errorf("folder %+v, want %+v", by[w.Name], w)
			}
		}
	})

	t.Run("a reply lies among the drafts as it was composed", func(t *testing.T) {
		s := start(t)
		raw, err := mail.Compose(mailbox.Address{Name: "CléverFaces", Email: "contact@localhost.test"}, mailbox.Address{Email: "client@example.org"},
			"Re: Été", "Bonjour,\n\nc'est noté.", []string{"m1@example.org"}, nil, at)
		if err != nil {
			t.Fatalf("Compose: %v", err)
		}
		if err := open(t, config(s)).SaveDraft(t.Context(), raw); err != nil {
			t.Fatalf("SaveDraft: %v", err)
		}
		flags, raws := s.Flags("Drafts"), s.Raw("Drafts")
		if len(flags) != 1 || !slices.Contains(flags[1], imap.FlagDraft) || !bytes.Equal(raws[1], raw) {
			t.Errorf("drafts: %v %q", flags, raws[1])
		}
		s.Delete("Drafts")
		if err := open(t, config(s)).SaveDraft(t.Context(), raw); !faithful && !errors.Is(err, mail.ErrNoDrafts) || faithful && err != nil {
			t.Errorf("SaveDraft without a folder: %v", err)
		}
	})

	t.Run("a server that is down is unreachable", func(t *testing.T) {
		s := start(t)
		b := open(t, config(s))
		s.Stop()
		err := b.Fetch(t.Context(), nil, mailbox.Reader{})
		if !errors.Is(err, mail.ErrUnreachable) || !strings.Contains(err.Error(), fmt.Sprint(s.Port)) {
			t.Errorf("Fetch: %v", err)
		}
	})
}

// relay passes connections on to a port of this computer.
func relay(t *testing.T, listen string, port int) int {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// silent listens and never answers.
func silent(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func TestSilentServer(t *testing.T) {
	for _, sec := range []mail.Security{mail.TLS, mail.StartTLS, mail.Plain} {
		cfg := mail.Config{Host: "127.0.0.1", Port: silent(t), Security: sec, User: "u", Password: "p", Timeout: 100 * time.Millisecond}
		t.Run("a server that never answers is unreachable after the timeout, "+string(sec), func(t *testing.T) {
			if err := open(t, cfg).Fetch(t.Context(), nil, mailbox.Reader{}); !errors.Is(err, mail.ErrUnreachable) {
				t.Errorf("Fetch: %v", err)
			}
		})
		t.Run("waiting for a silent server can be cancelled, "+string(sec), func(t *testing.T) {
			cfg := cfg
			cfg.Timeout = time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := open(t, cfg).Fetch(ctx, nil, mailbox.Reader{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Fetch: %v", err)
			}
		})
	}
}

func TestBadServer(t *testing.T) {
	t.Parallel()
	// serve answers each connection with the script: a line to send, then one
	// to await, and so on; "%" is the tag of the last line received.
	serve := func(t *testing.T, script ...string) mail.Config {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			r, tag := bufio.NewReader(c), ""
			for _, line := range script {
				if line == "" {
					in, err := r.ReadString('\n')
					if err != nil {
						return
					}
					tag, _, _ = strings.Cut(in, " ")
					continue
				}
				if line == "CLOSE" {
					c.Close()
					return
				}
				io.WriteString(c, strings.ReplaceAll(line, "%", tag)+"\r\n")
			}
		}()
		return mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.Plain, User: "some-user", Password: "p", Timeout: 200 * time.Millisecond}
	}
	const hello, in = "* OK [CAPABILITY IMAP4rev1] hello", "% OK [CAPABILITY IMAP4rev1] in"
	list := []string{hello, "", in, "", `* LIST () "/" INBOX`, "% OK", "", "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)", "% OK", "",
		"* 1 EXISTS", "* OK [UIDVALIDITY 1] x", "* OK [UIDNEXT 2] x", "% OK [READ-ONLY] x", ""}
	for name, tc := range map[string]struct {
		script []string
		want   error
	}{
		"a server that falls silent after the sign-in is given up":   {[]string{hello, "", in}, mail.ErrUnreachable},
		"a server that speaks something else is told":                {[]string{"220 smtp.example.net ESMTP"}, mail.ErrProtocol},
		"a server that says goodbye is unreachable":                  {[]string{"* BYE too many connections"}, mail.ErrUnreachable},
		"a server that hangs up at once is unreachable":              {[]string{"CLOSE"}, mail.ErrUnreachable},
		"a server without sign-in by password is told":               {[]string{"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello"}, mail.ErrAuth},
		"a server that repeats the user's name is not quoted":        {[]string{hello, "", "% NO some-user is unknown"}, mail.ErrAuth},
		"a server that is busy is not taken for a wrong password":    {[]string{hello, "", "% NO [UNAVAILABLE] try again"}, mail.ErrUnreachable},
		"a server that knows no LIST is told":                        {[]string{hello, "", in, "", "% BAD some-user what"}, mail.ErrProtocol},
		"a server that hangs up inside of a message is unreachable":  {append(slices.Clone(list), `* 1 FETCH (UID 1 RFC822.SIZE 50 INTERNALDATE "02-Nov-2026 10:00:00 +0100")`, "% OK", "", "* 1 FETCH (UID 1 BODY[] {50}", "From: a@b.org", "CLOSE"), mail.ErrUnreachable},
		"a server that announces too much costs no memory":           {append(slices.Clone(list), `* 1 FETCH (UID 1 RFC822.SIZE 50 INTERNALDATE "02-Nov-2026 10:00:00 +0100")`, "% OK", "", "* 1 FETCH (UID 1 BODY[] {9223372036854775807}", "From: a@b.org", "CLOSE"), mail.ErrUnreachable},
		"a server that answers nonsense to a fetch is told":          {append(slices.Clone(list), "* 1 FETCH (UID some-user)"), mail.ErrProtocol},
		"a server that gives no message leaves a message to look at": {append(slices.Clone(list), `* 1 FETCH (UID 1 RFC822.SIZE 50 INTERNALDATE "02-Nov-2026 10:00:00 +0100")`, "% OK", "", "% NO damaged", "", "% OK", "", "* SEARCH 1", "% OK", "", "% NO damaged", "", "* BYE", "% OK"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var k keeper
			err := open(t, serve(t, tc.script...)).Fetch(t.Context(), nil, k.reader())
			if !errors.Is(err, tc.want) {
				t.Errorf("Fetch: %v, want %v", err, tc.want)
			}
			if err != nil && (strings.Contains(err.Error(), "some-user") || len(k.messages) > 0 || len(k.cursors) > 0) {
				t.Errorf("error %q, %d messages, cursors %v", err, len(k.messages), k.cursors)
			}
			if err == nil && (len(k.messages) != 1 || k.messages[0].ReceivedAt.IsZero() || len(k.messages[0].Problems) != 1 || k.cursors["INBOX"].UIDNext != 2) {
				t.Errorf("messages %+v, cursors %v", k.messages, k.cursors)
			}
		})
	}

	t.Run("a structure that cannot be read costs a connection, not the message", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		raw := fmt.Sprintf("From: a@example.org\r\nSubject: large\r\n\r\n%0200000d", 7)
		answers := []struct{ to, answer string }{
			{"CAPABILITY", "* CAPABILITY IMAP4rev1"},
			{"LIST", `* LIST () "/" INBOX`},
			{"STATUS", "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)"},
			{"EXAMINE", "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x"},
			{"BODYSTRUCTURE", `* 1 FETCH (UID 1 BODYSTRUCTURE ("some-user" (((`},
			{"RFC822.SIZE", fmt.Sprintf(`* 1 FETCH (UID 1 RFC822.SIZE %d INTERNALDATE "02-Nov-2026 10:00:00 +0100")`, len(raw))},
			{"BODY.PEEK[]", fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)", len(raw), raw)},
			{"LOGOUT", "* BYE"},
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					io.WriteString(c, "* OK [CAPABILITY IMAP4rev1] hello\r\n")
					lines := bufio.NewScanner(c)
					for lines.Scan() {
						tag, line, _ := strings.Cut(lines.Text(), " ")
						for _, a := range answers {
							if strings.Contains(line, a.to) {
								io.WriteString(c, a.answer+"\r\n")
								break
							}
						}
						io.WriteString(c, tag+" OK done\r\n")
					}
				}()
			}
		}()
		var k keeper
		want(t, k.fetch(t, open(t, mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.Plain, User: "some-user", Password: "p"})), "INBOX: large")
		if string(k.messages[0].Raw) != raw || k.messages[0].Partial {
			t.Errorf("read %d bytes of %d", len(k.messages[0].Raw), len(raw))
		}
	})

	t.Run("TLS below 1.2 is refused", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			tls.Server(c, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
				return nil, errors.New("not reached")
			}}).Handshake()
		}()
		_, err = open(t, mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "u", Password: "p"}).Look(t.Context())
		if !errors.Is(err, mail.ErrProtocol) {
			t.Errorf("Look: %v, want ErrProtocol", err)
		}
	})
}

func TestNew(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		cfg  mail.Config
		want error
	}{
		"TLS needs no port":                                {mail.Config{Host: "imap.example.net", User: "u"}, nil},
		"plain is refused for a server elsewhere":          {mail.Config{Host: "imap.example.net", User: "u", Security: mail.Plain}, mail.ErrPlainRefused},
		"plain is refused for a name that begins like one": {mail.Config{Host: "localhost.example.net", User: "u", Security: mail.Plain}, mail.ErrPlainRefused},
		"plain is allowed to localhost":                    {mail.Config{Host: "localhost", User: "u", Security: mail.Plain}, nil},
		"plain is allowed to 127.0.0.5":                    {mail.Config{Host: "127.0.0.5", User: "u", Security: mail.Plain}, nil},
		"plain is allowed to ::1":                          {mail.Config{Host: "::1", User: "u", Security: mail.Plain}, nil},
		"a host is needed":                                 {mail.Config{User: "u"}, mail.ErrConfig},
		"a host is not an address":                         {mail.Config{Host: "u@example.net", User: "u"}, mail.ErrConfig},
		"a user is needed":                                 {mail.Config{Host: "imap.example.net"}, mail.ErrConfig},
		"another word for security is refused":             {mail.Config{Host: "imap.example.net", User: "u", Security: "ssl"}, mail.ErrConfig},
		"a port out of range is refused":                   {mail.Config{Host: "imap.example.net", User: "u", Port: 70000}, mail.ErrConfig},
		"a missing authority's file is told":               {mail.Config{Host: "imap.example.net", User: "u", CAFile: bad + "x"}, mail.ErrCertificate},
		"an authority's file without PEM is told":          {mail.Config{Host: "imap.example.net", User: "u", CAFile: bad}, mail.ErrCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mail.New(tc.cfg)
			if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("New: %v, want %v", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), filepath.Dir(bad)) {
				t.Errorf("the error tells a path: %v", err)
			}
		})
	}
}

// TestOldServer reads from a server without any extension.
func TestOldServer(t *testing.T) {
	s := mailtest.Old(t)
	s.Append("INBOX", nil, time.Time{}, letter(1))
	s.Append("Junk", nil, time.Time{}, photo(2, 300<<10, "Bonjour."))
	s.Append("Trash", nil, time.Time{}, letter(3))
	b := open(t, config(s))
	var k keeper
	want(t, k.fetch(t, b), "INBOX: Question 1", "Junk: Photo 2")
	if c := k.cursors["INBOX"]; c.ModSeq != 0 || !k.messages[1].Partial || !k.messages[1].Junk {
		t.Errorf("cursor %+v, message %+v", c, k.messages[1])
	}
	want(t, k.fetch(t, b))
	l, err := b.Look(t.Context())
	if err != nil || l.Idle || l.Server != "" || !l.Drafts {
		t.Errorf("Look: %+v, %v", l, err)
	}
}

func TestPlainToLoopback(t *testing.T) {
	s := mailtest.Memory(t)
	s.Append("INBOX", nil, time.Time{}, letter(1))
	cfg := config(s)
	cfg.Port, cfg.Security, cfg.CAFile = s.PlainPort, mail.Plain, ""
	var k keeper
	want(t, k.fetch(t, open(t, cfg)), "INBOX: Question 1")
}

func BenchmarkFetch(b *testing.B) {
	s := mailtest.Dovecot(b)
	const n = 1000
	for i := range n {
		s.Append("INBOX", nil, time.Time{}, letter(i))
	}
	box := open(b, config(s))
	for b.Loop() {
		var k keeper
		k.fetch(b, box)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
}
