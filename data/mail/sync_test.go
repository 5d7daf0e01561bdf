package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"

	"github.com/emersion/go-imap/v2"
)

// scissors passes connections on, and cuts them all when a number of bytes came
// from the server. Until it is opened again, it lets nobody in.
type scissors struct {
	port int
	to   int

	mu    sync.Mutex
	left  int
	conns []net.Conn
}

func newScissors(t *testing.T, to int) *scissors {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &scissors{port: l.Addr().(*net.TCPAddr).Port, to: to}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to))
			if err != nil {
				in.Close()
				continue
			}
			s.mu.Lock()
			s.conns = append(s.conns, in, out)
			s.mu.Unlock()
			go func() { io.Copy(out, in); out.Close() }()
			go s.pass(in, out)
		}
	}()
	return s
}

func (s *scissors) pass(in, out net.Conn) {
	defer in.Close()
	defer out.Close()
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		s.mu.Lock()
		pass := min(n, s.left)
		s.left -= pass
		cut := pass < n
		s.mu.Unlock()
		in.Write(buf[:pass])
		if err != nil || cut {
			return
		}
	}
}

// open lets so many bytes through.
func (s *scissors) open(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
	s.conns, s.left = nil, bytes
}

func TestCutAtAnyByte(t *testing.T) {
	t.Parallel()
	s := mailtest.Dovecot(t)
	at := time.Now().AddDate(0, 0, -2)
	want := map[string]bool{}
	for i := range 430 {
		raw := letter(i)
		if i%40 == 7 {
			raw = photo(i, 150<<10, fmt.Sprintf("Photo %d, à garder ? %v", i, i%80 == 7))
		}
		want[fmt.Sprint("INBOX ", s.Append("INBOX", nil, at, raw))] = true
	}
	for i := range 5 {
		want[fmt.Sprint("Junk ", s.Append("Junk", nil, at, letter(i)))] = true
		want[fmt.Sprint("Sent ", s.Append("Sent", nil, at, letter(i)))] = true
	}
	flags := fmt.Sprint(s.Flags("INBOX"))
	cutter := newScissors(t, s.Port)
	cfg := config(s)
	cfg.Port = cutter.port
	b := open(t, cfg)

	// sync reads with cuts after the given numbers of bytes, then to the end,
	// and tells how many bytes the last reading took at most.
	sync := func(t *testing.T, cuts ...int) {
		cursors := map[string]mailbox.Cursor{}
		stored := map[string]bool{} // as a store would: with the cursor, or not at all
		for i := 0; ; i++ {
			left := 1 << 30
			if i < len(cuts) {
				left = cuts[i]
			}
			cutter.open(left)
			pending := map[string]bool{}
			since := []mailbox.Cursor{}
			for _, c := range cursors {
				since = append(since, c)
			}
			err := b.Fetch(t.Context(), since, mailbox.Reader{
				Keep: func(m mailbox.Message) bool { return m.Sent || strings.Contains(m.Text, "true") },
				Got: func(m mailbox.Message) error {
					if len(m.Problems) > 0 || m.Text == "" {
						t.Errorf("cut after %d bytes: message %d has problems %q", left, m.Ref.UID, m.Problems)
					}
					pending[fmt.Sprint(m.Ref.Folder, " ", m.Ref.UID)] = true
					return nil
				},
				Done: func(c mailbox.Cursor) error {
					if c.UIDNext < cursors[c.Folder].UIDNext {
						t.Errorf("cut after %d bytes: cursor went back from %d to %d", left, cursors[c.Folder].UIDNext, c.UIDNext)
					}
					cursors[c.Folder] = c
					for k := range pending {
						stored[k] = true
					}
					clear(pending)
					return nil
				},
			})
			if i < len(cuts) {
				// The cut may come after the last word that mattered.
				if err != nil && !errors.Is(err, mail.ErrUnreachable) && !errors.Is(err, mail.ErrProtocol) {
					t.Errorf("cut after %d bytes: %v", left, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("Fetch after the cuts: %v", err)
			}
			break
		}
		for k := range want {
			if !stored[k] {
				t.Errorf("cuts after %v bytes: %s was never read", cuts, k)
			}
		}
		if len(stored) != len(want) {
			t.Errorf("cuts after %v bytes: %d messages, want %d", cuts, len(stored), len(want))
		}
	}

	for _, n := range []int{0, 1, 100, 1500, 2500, 3000, 3500, 4000, 5000, 6000, 8000, 12000, 20000, 30000, 50000, 80000, 120000, 160000, 250000, 400000} {
		t.Run(fmt.Sprintf("after %d bytes", n), func(t *testing.T) { sync(t, n) })
	}
	r := rand.New(rand.NewPCG(20, 26))
	for i := range 8 {
		cuts := make([]int, 1+r.IntN(5))
		for j := range cuts {
			cuts[j] = 2500 + r.IntN(1<<(12+r.IntN(8)))
		}
		t.Run(fmt.Sprintf("several times, %d", i), func(t *testing.T) { sync(t, cuts...) })
	}
	if after := fmt.Sprint(s.Flags("INBOX")); after != flags {
		t.Errorf("flags were changed")
	}
}

func TestModSeq(t *testing.T) {
	s := mailtest.Dovecot(t)
	b := open(t, config(s))
	s.Append("INBOX", nil, time.Time{}, letter(1))
	var k keeper
	want(t, k.fetch(t, b), "INBOX: Question 1")
	if k.cursors["INBOX"].ModSeq == 0 {
		t.Fatalf("cursor %+v: the server has CONDSTORE, and its modification sequence is not remembered", k.cursors["INBOX"])
	}
	dones := k.dones
	s.Expunge("INBOX", 1) // a change, but nothing new
	want(t, k.fetch(t, b))
	if k.dones != dones {
		t.Errorf("a cursor was written though nothing was new")
	}
	s.Append("INBOX", nil, time.Time{}, letter(2))
	want(t, k.fetch(t, b), "INBOX: Question 2")
	// The server goes back to a backup in which other mail came in meanwhile.
	c := k.cursors["INBOX"]
	c.ModSeq += 1000
	k.cursors["INBOX"] = c
	want(t, k.fetch(t, b), "INBOX: Question 2")
	want(t, k.fetch(t, b))
}

// await waits for a sign, and fails the test when none comes.
func await(t *testing.T, what string, sign <-chan struct{}, failed <-chan error) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	select {
	case <-sign:
	case err := <-failed:
		t.Fatalf("%s: Watch ended: %v", what, err)
	case <-deadline.C:
		t.Fatalf("%s: nobody was told", what)
	}
}

// TestWatch leaves the in-memory server out: what came in before an IDLE it
// tells only with what comes in later, against RFC 2177.
func TestWatch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		start      func(testing.TB) *mailtest.Server
		poll, look time.Duration
		folder     string
	}{
		"IDLE tells of mail in the inbox":                         {mailtest.Dovecot, time.Hour, time.Hour, "INBOX"},
		"mail in the spam folder is seen between IDLEs":           {mailtest.Dovecot, time.Hour, 50 * time.Millisecond, "Junk"},
		"mail in the inbox is seen also between IDLEs":            {mailtest.Dovecot, time.Hour, 20 * time.Millisecond, "INBOX"},
		"a server without IDLE is asked now and then":             {mailtest.Old, 50 * time.Millisecond, time.Hour, "INBOX"},
		"a server without IDLE is asked for the spam folder, too": {mailtest.Old, 50 * time.Millisecond, time.Hour, "Junk"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tc.start(t)
			s.Append(tc.folder, nil, time.Time{}, letter(1))
			b := open(t, config(s)).Quicker(tc.poll, tc.look)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sign, failed := make(chan struct{}), make(chan error, 1)
			go func() { failed <- b.Watch(ctx, func() { sign <- struct{}{} }) }()
			await(t, "at the beginning", sign, failed)
			for i := range 3 {
				s.Append(tc.folder, nil, time.Time{}, letter(i+2))
				await(t, fmt.Sprintf("mail %d", i), sign, failed)
			}
			for uid, f := range s.Flags(tc.folder) {
				if slices.Contains(f, imap.FlagSeen) || slices.Contains(f, imap.FlagDeleted) {
					t.Errorf("message %d has flags %v", uid, f)
				}
			}
			cancel()
			for {
				select {
				case <-sign:
					continue
				case err := <-failed:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("Watch: %v, want the cancel", err)
					}
				}
				break
			}
		})
		t.Run(name+": a connection that breaks off ends it", func(t *testing.T) {
			s := tc.start(t)
			b := open(t, config(s)).Quicker(tc.poll, tc.look)
			sign, failed := make(chan struct{}, 100), make(chan error, 1)
			go func() { failed <- b.Watch(t.Context(), func() { sign <- struct{}{} }) }()
			await(t, "at the beginning", sign, failed)
			s.Kill()
			if err := <-failed; !errors.Is(err, mail.ErrUnreachable) {
				t.Errorf("Watch: %v", err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 8, 30, 0, 0, time.UTC)
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			b := open(t, config(s))
			s.Create("Clients")
			s.Append("INBOX", nil, at, letter(1))
			s.Append("INBOX", nil, at, photo(2, 300<<10, "Effacez."))
			s.Append("Junk", nil, at, letter(3))
			s.Append("Trash", nil, at, letter(4))
			var k keeper
			k.fetch(t, b)
			ref := func(i int) mailbox.Ref { return k.messages[i].Ref }
			read := func(r mailbox.Ref, id, subject, folder string) {
				t.Helper()
				m, err := b.Read(t.Context(), r, id)
				if subject == "" {
					if !errors.Is(err, mailbox.ErrGone) {
						t.Errorf("Read: %q %v, want ErrGone", m.Subject, err)
					}
					return
				}
				if err != nil || m.Subject != subject || m.Ref.Folder != folder || m.Partial || len(m.Raw) == 0 || !m.ReceivedAt.Equal(at) || m.Junk != (folder == "Junk") {
					t.Errorf("Read: %q in %q, partial %v, %d bytes, %v", m.Subject, m.Ref.Folder, m.Partial, len(m.Raw), err)
				}
			}
			read(ref(0), "m1@example.org", "Question 1", "INBOX")
			read(ref(1), "p2@example.org", "Photo 2", "INBOX")
			read(ref(0), "", "Question 1", "INBOX")
			// Another message has the place: the Message-ID decides.
			read(ref(0), "m3@example.org", "Question 3", "Junk")
			old := ref(0)
			old.UIDValidity++
			read(old, "m1@example.org", "Question 1", "INBOX")
			old.Folder = "no such folder"
			read(old, "m1@example.org", "Question 1", "INBOX")
			// The owner filed it away.
			s.Append("Clients", nil, at, letter(1))
			s.Expunge("INBOX", 1)
			read(ref(0), "m1@example.org", "Question 1", "Clients")
			read(ref(0), "m4@example.org", "", "") // in the trash only
			read(ref(0), "m1@example.or", "", "")  // a part of one is another one
			read(ref(0), "never\r\nA1 LOGOUT", "", "")
			read(ref(0), "", "", "")
			for _, f := range []string{"INBOX", "Junk", "Clients"} {
				for _, flags := range s.Flags(f) {
					if slices.Contains(flags, imap.FlagSeen) {
						t.Errorf("a message in %s was marked read", f)
					}
				}
			}
		})
	}
}

// peak watches the heap until it is called, and tells the most that was seen.
func peak() func() uint64 {
	runtime.GC()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		top := uint64(0)
		for {
			metrics.Read(sample)
			top = max(top, sample[0].Value.Uint64())
			select {
			case <-stop:
				most <- top
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}

// TestBoundedMemory reads a mailbox far larger than what may be held of it.
func TestBoundedMemory(t *testing.T) {
	const bound = 100 << 20
	s := mailtest.Maildir(t)
	at := time.Date(2026, 11, 3, 8, 30, 0, 0, time.UTC)
	total := 0
	kinds := [][]byte{
		photo(1, 60<<10, "Bonjour."),   // small
		photo(2, 600<<10, "Bonjour."),  // in parts
		photo(3, 4<<20, "Gardez ceci"), // kept whole
		photo(4, 15<<20, "Gardez ceci"),
		[]byte("From: a@example.org\r\nSubject: long\r\nMessage-ID: <long@example.org>\r\n\r\n" + strings.Repeat("Un texte qui ne finit pas. \r\n", 20000)),
	}
	const n = 400
	s.Fill(n, func(i int) ([]byte, time.Time) {
		raw := kinds[[]int{0, 1, 0, 4, 0, 1, 0, 0, 1, 0}[i%10]]
		switch i % 100 {
		case 50:
			raw = kinds[2]
		case 99:
			raw = kinds[3]
		}
		total += len(raw)
		return raw, at
	})
	if total < 200<<20 {
		t.Fatalf("only %d MB: nothing was tested", total>>20)
	}
	got := 0
	most := peak()
	err := open(t, config(s)).Fetch(t.Context(), nil, mailbox.Reader{
		Keep: func(m mailbox.Message) bool { return strings.Contains(m.Text, "Gardez") },
		Got: func(m mailbox.Message) error {
			if got++; strings.Contains(m.Text, "Gardez") && len(m.Raw) < 4<<20 {
				t.Errorf("kept %d bytes", len(m.Raw))
			}
			return nil
		},
		Done: func(mailbox.Cursor) error { return nil },
	})
	top := most()
	if err != nil || got != n {
		t.Fatalf("%d messages, %v", got, err)
	}
	t.Logf("%d MB read with at most %d MB", total>>20, top>>20)
	if top > bound {
		t.Errorf("%d MB of heap for a mailbox of %d MB, want at most %d", top>>20, total>>20, bound>>20)
	}
}

// shopMail is a mail as shops get them: mostly a few kilobytes, some with
// photos.
func shopMail(i int) []byte {
	r := &shaper{Rand: rand.New(rand.NewPCG(uint64(i), 7))}
	if i%40 == 0 {
		return photo(i, 150<<10+r.IntN(1<<20), "Voici ma photo pour la commande.")
	}
	var text strings.Builder
	for size := 1<<10 + r.IntN(8<<10); text.Len() < size; {
		text.WriteString("Bonjour, je n'ai pas encore reçu ma commande ")
		fmt.Fprintf(&text, "%d, pouvez-vous me dire où elle est ?\r\n", r.IntN(100000))
	}
	if i%3 == 0 {
		return append(letter(i), text.String()...)
	}
	return fmt.Appendf(nil, "Received: from mail.example.org by mx.localhost.test with ESMTPS; Mon, 02 Nov 2026 10:00:01 +0100\r\nFrom: Client %d <client%d@example.org>\r\nTo: contact@localhost.test\r\nSubject: Commande %d\r\n"+
		"Message-ID: <s%d@example.org>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n"+
		"--alt\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n"+
		"--alt\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n--alt--\r\n",
		i, i, i, i, r.encode([]byte(text.String()), "quoted-printable"),
		r.encode([]byte("<html><head><style>p{margin:0}</style></head><body><p>"+strings.ReplaceAll(text.String(), "\r\n", "</p>\r\n<p>")+"</p></body></html>"), "quoted-printable"))
}

// BenchmarkFirstSync reads 20,000 mails for the first time, and lets mbsync
// (Debian's isync) fetch the same ones from the same server into a Maildir,
// without waiting for the disk.
func BenchmarkFirstSync(b *testing.B) {
	const n = 20000
	s := mailtest.Maildir(b)
	at := time.Date(2026, 11, 3, 8, 30, 0, 0, time.UTC)
	total := 0
	s.Fill(n, func(i int) ([]byte, time.Time) {
		raw := shopMail(i)
		total += len(raw)
		return raw, at
	})
	s.Flags("INBOX") // the server makes its index before anybody is measured
	b.Run("Greffier", func(b *testing.B) {
		box := open(b, config(s))
		most := peak()
		for b.Loop() {
			got := 0
			err := box.Fetch(b.Context(), nil, mailbox.Reader{Got: func(m mailbox.Message) error {
				if got++; m.Text == "" || len(m.Problems) > 0 {
					b.Fatalf("message %d: problems %q", m.Ref.UID, m.Problems)
				}
				return nil
			}, Done: func(mailbox.Cursor) error { return nil }})
			if err != nil || got != n {
				b.Fatalf("%d messages, %v", got, err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
		b.ReportMetric(float64(total)/(1<<20), "MB-in-mailbox")
		b.ReportMetric(float64(most())/(1<<20), "MB-peak-heap")
	})
	b.Run("mbsync", func(b *testing.B) {
		for b.Loop() {
			dir := b.TempDir()
			conf := fmt.Sprintf("FSync no\n\nIMAPAccount a\nHost %s\nPort %d\nUser %s\nPass %q\nSSLType IMAPS\nCertificateFile %s\n\nIMAPStore far\nAccount a\n\n"+
				"MaildirStore near\nInbox %s/in\n\nChannel c\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\nCreate Near\nSyncState *\n", s.Host, s.Port, s.User, s.Password, s.CAFile, dir)
			file := filepath.Join(dir, "rc")
			if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
				b.Fatal(err)
			}
			if out, err := exec.Command("mbsync", "-q", "-c", file, "c").CombinedOutput(); err != nil {
				b.Fatalf("mbsync: %v\n%s", err, out)
			}
			list, err := os.ReadDir(filepath.Join(dir, "in", "new"))
			if err != nil || len(list) != n {
				b.Fatalf("mbsync fetched %d mails, %v", len(list), err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
	})
}
