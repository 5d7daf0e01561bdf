package mail_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

// local is the end of a pipe that passes for a connection to this computer.
type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 143} }

// turn ends what a server of a test says at a time.
const turn = "\x1e"

// liar is a server that says what it was told to, whatever it is asked: the
// greeting, then a turn for each line of the client, "%" being its tag. A client
// that waits gets the next turn all the same; after the last one the server
// hangs up.
type liar struct {
	script string
	dials  atomic.Int32
	said   atomic.Int64 // bytes
	heard  chan string  // lines of the client, nil for none
}

func (l *liar) dial() (net.Conn, error) {
	if l.dials.Add(1) > 3 {
		return nil, errors.New("it hangs up")
	}
	ours, theirs := net.Pipe()
	go l.serve(theirs)
	return local{ours}, nil
}

func (l *liar) serve(c net.Conn) {
	defer c.Close()
	lines := make(chan string, 64)
	go func() {
		defer close(lines)
		for r := bufio.NewReader(c); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	tag := "*"
	for i, say := range strings.Split(l.script, turn) {
		if i > 0 {
			select {
			case line, ok := <-lines:
				if !ok {
					return
				}
				tag, _, _ = strings.Cut(line, " ")
				if l.heard != nil {
					l.heard <- line
				}
			case <-time.After(30 * time.Millisecond):
			}
		}
		n, err := io.WriteString(c, strings.ReplaceAll(say, "%", tag))
		l.said.Add(int64(n))
		if err != nil {
			return
		}
	}
}

func (l *liar) box(t testing.TB, most int64) *mail.Box {
	cfg := mail.Config{Host: "127.0.0.1", Port: 143, Security: mail.Plain, User: "some-user", Password: "p", Timeout: 5 * time.Second}
	return open(t, cfg).Over(l.dial, most)
}

// Turns of a server that does as it should.
const (
	sayHello   = "* OK [CAPABILITY IMAP4rev1] hello\r\n"
	sayIn      = "% OK [CAPABILITY IMAP4rev1] in\r\n"
	sayList    = "* LIST () \"/\" INBOX\r\n% OK\r\n"
	sayStatus  = "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)\r\n% OK\r\n"
	sayOpen    = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\n% OK [READ-ONLY] x\r\n"
	sayMeta    = "* 1 FETCH (UID 1 RFC822.SIZE 26 INTERNALDATE \"02-Nov-2026 10:00:00 +0100\")\r\n% OK\r\n"
	sayBody    = "* 1 FETCH (UID 1 BODY[] {26}\r\nFrom: a@b.org\r\n\r\nBonjour\r\n)\r\n% OK\r\n"
	sayBye     = "* BYE\r\n% OK\r\n"
	sayNothing = "% OK\r\n"
)

func turns(s ...string) string { return strings.Join(s, turn) }

var honest = []string{sayHello, sayIn, sayList, sayStatus, sayOpen, sayMeta, sayBody, sayBye}

// instead is an honest server that lies in one turn.
func instead(i int, with ...string) string {
	return turns(append(append(append([]string{}, honest[:i]...), with...), honest[i+1:]...)...)
}

// lies are what servers were made to say by accident or on purpose.
var lies = map[string]string{
	"nothing is a lie":                       turns(honest...),
	"a size below nothing":                   instead(5, "* 1 FETCH (UID 1 RFC822.SIZE -26)\r\n% OK\r\n"),
	"a size beyond numbers":                  instead(5, "* 1 FETCH (UID 1 RFC822.SIZE 99999999999999999999)\r\n% OK\r\n"),
	"a size that is another one":             instead(5, "* 1 FETCH (UID 1 RFC822.SIZE 4294967295)\r\n% OK\r\n", sayNothing),
	"the last of all UIDs":                   instead(5, "* 1 FETCH (UID 4294967295 RFC822.SIZE 26)\r\n% OK\r\n"),
	"UID zero":                               instead(5, "* 1 FETCH (UID 0 RFC822.SIZE 26)\r\n% OK\r\n", "* SEARCH 1\r\n% OK\r\n", sayNothing),
	"a number of a message beyond all":       instead(5, "* 4294967295 FETCH (UID 1 RFC822.SIZE 26)\r\n% OK\r\n"),
	"message number zero":                    instead(5, "* 0 FETCH (UID 1 RFC822.SIZE 26)\r\n% OK\r\n"),
	"the same UID twice":                     instead(5, "* 1 FETCH (UID 1 RFC822.SIZE 26)\r\n* 2 FETCH (UID 1 RFC822.SIZE 9)\r\n% OK\r\n"),
	"a body of another message":              instead(6, "* 1 FETCH (UID 7 BODY[] {26}\r\nFrom: a@b.org\r\n\r\nBonjour\r\n)\r\n% OK\r\n", sayNothing, "* SEARCH 1\r\n% OK\r\n", sayBody),
	"a literal beyond numbers":               instead(6, "* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\nx"),
	"a literal of all memory":                instead(6, "* 1 FETCH (UID 1 BODY[] {9223372036854775807}\r\nx"),
	"a literal below nothing":                instead(6, "* 1 FETCH (UID 1 BODY[] {-1}\r\nx)\r\n% OK\r\n"),
	"a literal shorter than it says":         instead(6, "* 1 FETCH (UID 1 BODY[] {400}\r\nFrom: a@b.org\r\n\r\n)\r\n% OK\r\n"),
	"a literal longer than it says":          instead(6, "* 1 FETCH (UID 1 BODY[] {3}\r\nFrom: a@b.org\r\n\r\n)\r\n% OK\r\n"),
	"a literal where a name is":              instead(2, "* LIST () \"/\" {9223372036854775807}\r\nINBOX\r\n% OK\r\n"),
	"parts of a message that has none":       instead(6, "* 1 FETCH (UID 1 BODY[1.2.3]<0> {3}\r\nabc BODY[] NIL BODY[HEADER] \"\")\r\n% OK\r\n"),
	"another UIDVALIDITY when it is open":    instead(4, "* 1 EXISTS\r\n* OK [UIDVALIDITY 2] x\r\n* OK [UIDNEXT 2] x\r\n% OK\r\n"),
	"no UIDVALIDITY":                         instead(4, "* 1 EXISTS\r\n% OK\r\n"),
	"UIDVALIDITY beyond numbers":             instead(4, "* 1 EXISTS\r\n* OK [UIDVALIDITY 4294967296] x\r\n% OK\r\n"),
	"a message is left out":                  instead(5, sayNothing, "* SEARCH 1\r\n% OK\r\n", sayNothing),
	"fewer than no messages":                 instead(4, "* -1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n% OK\r\n"),
	"UIDNEXT of the end of numbers":          instead(4, "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 4294967295] x\r\n% OK\r\n"),
	"it cannot list":                         instead(5, "% NO not now\r\n", "* SEARCH 1\r\n% OK\r\n", sayBody),
	"it cannot list, nor search":             instead(5, "% NO not now\r\n", "% NO not now\r\n"),
	"a search that finds everything":         instead(5, "% NO\r\n", "* ESEARCH (TAG \"%\") UID ALL 1:4294967295\r\n% OK\r\n"),
	"a search without an end":                instead(5, "% NO\r\n", "* ESEARCH (TAG \"%\") UID ALL 1:*\r\n% OK\r\n"),
	"a search of message zero":               instead(5, "% NO\r\n", "* SEARCH 0 -1 x\r\n% OK\r\n"),
	"lists within lists":                     instead(5, "* 1 FETCH (UID 1 BODYSTRUCTURE "+strings.Repeat("(", 5000)+"\r\n% OK\r\n"),
	"an answer to what nobody asked":         instead(5, "* VANISHED 1:4294967295\r\n* 1 EXPUNGE\r\n* 0 EXPUNGE\r\n* FLAGS ("+strings.Repeat("a ", 900)+")\r\n% OK\r\n"),
	"a tag of somebody else":                 instead(3, "zzz OK\r\n% OK\r\n"),
	"consent to go on that nobody waits for": instead(3, "+ go on\r\n+ \r\n"+sayStatus),
	"it says goodbye and goes on":            instead(3, "* BYE\r\n"+sayStatus),
	"zeros and bytes of no text":             instead(2, "* LIST () \"\x00\" \"\xff\xfe\x00&&&AA-\"\r\n% OK\r\n"),
	"a folder's name that turns the words":   instead(2, "* LIST () \"/\" \"\x1b[2Jsome-user\u202e\"\r\n% OK\r\n"),
	"signed in before it was asked":          turns("* PREAUTH [CAPABILITY IMAP4rev1] some-user\r\n", sayList, sayStatus),
	"capabilities without an end":            turns("* OK [CAPABILITY "+strings.Repeat("AUTH=x ", 3000)+"IMAP4rev1] some-user\r\n", sayIn),
	"it repeats the name":                    turns(sayHello, "% NO [some-user] some-user\r\n"),
}

// told checks what holds whatever a server says.
func told(t *testing.T, err error, k *keeper) {
	t.Helper()
	if err != nil {
		known := false
		var folder *mail.FolderError
		for _, e := range []error{mail.ErrUnreachable, mail.ErrProtocol, mail.ErrAuth, mail.ErrPlainRefused} {
			known = known || errors.Is(err, e)
		}
		if !known && !errors.As(err, &folder) {
			t.Errorf("an error that nobody explains: %v", err)
		}
		if strings.Contains(err.Error(), "some-user") || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("it is quoted: %q", err)
		}
	}
	for _, c := range k.cursors {
		if c.Folder == "" {
			t.Errorf("a cursor of no folder: %+v", c)
		}
	}
}

func TestAServerThatLiesCostsAConnectionAndNoMail(t *testing.T) {
	t.Parallel()
	// What is read all the same, and how far the folder counts as read.
	want := map[string]struct {
		mails int
		next  uint32
	}{
		"nothing is a lie":                       {1, 2},
		"a size below nothing":                   {},
		"a size beyond numbers":                  {},
		"a body of another message":              {1, 2},
		"a literal beyond numbers":               {},
		"a literal of all memory":                {},
		"a literal below nothing":                {},
		"a literal shorter than it says":         {},
		"it cannot list":                         {1, 2},
		"it cannot list, nor search":             {},
		"a search that finds everything":         {},
		"a message is left out":                  {1, 2},
		"UID zero":                               {1, 2},
		"fewer than no messages":                 {},
		"lists within lists":                     {},
		"consent to go on that nobody waits for": {},
		"a search without an end":                {},
	}
	for name, script := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &liar{script: script}
			var k keeper
			began := time.Now()
			err := l.box(t, 1<<20).Fetch(t.Context(), nil, k.reader())
			told(t, err, &k)
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("it took %v", d)
			}
			w, ok := want[name]
			if ok && (len(k.messages) != w.mails || k.cursors["INBOX"].UIDNext != w.next) {
				t.Errorf("%d mails, cursor %+v (%v)", len(k.messages), k.cursors["INBOX"], err)
			}
			// An honest server afterwards: the one mail that is there is read,
			// now or before, whatever was said.
			hl := &liar{script: turns(honest...)}
			if err := hl.box(t, 1<<20).Fetch(t.Context(), k.since(), k.reader()); err != nil {
				t.Fatalf("afterwards: %v", err)
			}
			read := false
			for _, m := range k.messages {
				read = read || m.Text == "Bonjour"
			}
			if !read && name != "a literal longer than it says" && name != "parts of a message that has none" {
				t.Errorf("the mail is lost: %d others, cursors %+v", len(k.messages), k.cursors)
			}
		})
	}
}

func TestAServerThatTalksForEverIsGivenUp(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	for name, tc := range map[string]struct {
		before []string
		again  string
	}{
		"a line without an end":             {honest[:2], "* LIST (" + strings.Repeat("x", 4000)},
		"folders without an end":            {honest[:2], "* LIST () \"/\" INBOX\r\n"},
		"a greeting without an end":         {nil, "* OK " + strings.Repeat("x", 4000)},
		"a search without an end":           {append(append([]string{}, honest[:5]...), "% NO\r\n"), "* SEARCH 1 2 3 4 5 6 7 8 9\r\n"},
		"one text without an end":           {honest[:5], "* 1 FETCH (ENVELOPE (\"" + strings.Repeat("x", 4000)},
		"parts of a message without an end": {honest[:6], "* 1 FETCH (UID 1 " + strings.Repeat("BODY[] \"\" ", 1500)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := turns(append(append([]string{}, tc.before...), "")...)
			l := &liar{script: head + strings.Repeat(tc.again, 4*most/len(tc.again))}
			var k keeper
			err := l.box(t, most).Fetch(t.Context(), nil, k.reader())
			told(t, err, &k)
			if err == nil || !errors.Is(err, mail.ErrProtocol) || l.said.Load() > 2*most || len(k.messages)+len(k.cursors) > 0 {
				t.Errorf("%v after %d bytes, %d mails, %v", err, l.said.Load(), len(k.messages), k.cursors)
			}
		})
	}
}

func TestManyHonestAnswersAreNotTooMany(t *testing.T) {
	t.Parallel()
	// More than an answer may have, but each message is one of its own.
	var metas, bodies strings.Builder
	const n = 150
	body := fmt.Sprintf("From: a@b.org\r\n\r\n%s\r\n", strings.Repeat("Bonjour ", 500))
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&metas, "* %d FETCH (UID %d RFC822.SIZE %d)\r\n", i, i, len(body))
		fmt.Fprintf(&bodies, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i, i, len(body), body)
	}
	l := &liar{script: turns(sayHello, sayIn, sayList, fmt.Sprintf("* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY 1)\r\n%% OK\r\n", n, n+1),
		fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT %d] x\r\n%% OK\r\n", n, n+1), metas.String()+"% OK\r\n", bodies.String()+"% OK\r\n", sayBye)}
	var k keeper
	if err := l.box(t, 64<<10).Fetch(t.Context(), nil, k.reader()); err != nil || len(k.messages) != n || k.cursors["INBOX"].UIDNext != n+1 {
		t.Errorf("%d mails, %+v, %v", len(k.messages), k.cursors, err)
	}
}

func TestAMailOverWhichTheProgramFailsKeepsNoOtherOut(t *testing.T) {
	t.Parallel()
	letters := []string{"From: a@b.org\r\n\r\nBonjour\r\n", "From: zelie@example.org\r\nMessage-ID: <7@example.org>\r\n\r\n" + mail.PlantedFault + "\r\n", "From: c@b.org\r\n\r\nAu revoir\r\n"}
	var metas, bodies strings.Builder
	for i, raw := range letters {
		fmt.Fprintf(&metas, "* %d FETCH (UID %d RFC822.SIZE %d)\r\n", i+1, i+1, len(raw))
		fmt.Fprintf(&bodies, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i+1, i+1, len(raw), raw)
	}
	l := &liar{script: turns(sayHello, sayIn, sayList, sayStatus, strings.Replace(strings.Replace(sayOpen, "1 EXISTS", "3 EXISTS", 1), "NEXT 2", "NEXT 4", 1), metas.String()+"% OK\r\n", bodies.String()+"% OK\r\n", sayBye)}
	var k keeper
	if err := l.box(t, 1<<20).Fetch(t.Context(), nil, k.reader()); err != nil || len(k.messages) != 3 || k.cursors["INBOX"].UIDNext != 4 {
		t.Fatalf("%v: %d mails, %+v", err, len(k.messages), k.cursors)
	}
	m := k.messages[1]
	if m.Ref.UID != 2 || string(m.Raw) != letters[1] || m.MessageID != "7@example.org" && m.MessageID != "<7@example.org>" || len(m.Problems) != 1 || strings.Contains(m.Problems[0], "zelie") {
		t.Errorf("%+v", m)
	}
	if k.messages[0].Text != "Bonjour" || k.messages[2].Text != "Au revoir" {
		t.Errorf("%q %q", k.messages[0].Text, k.messages[2].Text)
	}
}

func FuzzIMAPServer(f *testing.F) {
	for _, script := range lies {
		f.Add(script, script)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if len(first)+len(second) > 64<<10 || strings.Count(first, turn)+strings.Count(second, turn) > 40 {
			return
		}
		var k keeper
		for i, script := range []string{first, second} {
			began := time.Now()
			l := &liar{script: script}
			err := l.box(t, 1<<20).Fetch(t.Context(), k.since(), mailbox.Reader{Got: k.got, Done: k.done, Keep: func(mailbox.Message) bool { return true }})
			told(t, err, &k)
			if d := time.Since(began); d > 30*time.Second {
				t.Fatalf("server %d took %v", i, d)
			}
		}
		size := 0
		for _, m := range k.messages {
			size += len(m.Raw) + len(m.Text)
		}
		if size > 8*(len(first)+len(second))*len(k.messages)+1<<20 {
			t.Errorf("%d bytes of %d mails out of %d", size, len(k.messages), len(first)+len(second))
		}
	})
}
