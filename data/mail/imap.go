package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Config says where the mailbox is and how to sign in.
type Config struct {
	Host     string
	Port     int      // 0 means the usual port of the Security
	Security Security // "" means TLS
	User     string
	Password string
	// Token gives an OAuth access token (RFC 6749) and is used instead of the
	// password where it is set. Where the server refuses a token, Token is
	// called once more and is to give another one, as OAuth.TokenSource does.
	Token func(ctx context.Context) (string, error)
	// CAFile is a PEM file with one more certificate authority to trust
	// besides the system's; "" for none.
	CAFile string
	// Address is the mailbox's own address, whose domain is believed in
	// Authentication-Results; "" means User where it is an address.
	Address string
	// AuthServIDs are further authserv-ids to believe.
	AuthServIDs []string
	// Folders are the folders to read, as the server spells them; empty means
	// inbox, spam, archives and the owner's own folders. Sent mail is always
	// read besides.
	Folders []string
	// Timeout bounds connecting and signing in; 0 means 30 seconds. After ten
	// times as long without a byte from the server, the connection is given
	// up.
	Timeout time.Duration
}

// Box is a mailbox on an IMAP server. It holds no connection: each method
// opens one and closes it. It may be used by several goroutines.
type Box struct {
	cfg    Config
	server string // host:port, for errors
	roots  *x509.CertPool
	trust  Trust
	now    func() time.Time
	dial   func(ctx context.Context, server string) (net.Conn, error)
	most   int64         // bytes of an answer, maxAnswerBytes
	poll   time.Duration // between two looks of Watch where the server has no IDLE
	look   time.Duration // between two looks of Watch at the other folders
}

var (
	_ mailbox.Source   = (*Box)(nil)
	_ mailbox.Watcher  = (*Box)(nil)
	_ mailbox.Rereader = (*Box)(nil)
)

// New checks the settings; it does not connect. Errors: ErrConfig,
// ErrPlainRefused, ErrCertificate when CAFile cannot be used.
func New(cfg Config) (*Box, error) {
	server, address, err := complete(mailbox.Server{Host: cfg.Host, Port: cfg.Port, Security: cfg.Security, User: cfg.User}, 993, 143)
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.Port, cfg.Security = server.Host, server.Port, server.Security
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Address == "" && strings.Contains(cfg.User, "@") {
		cfg.Address = cfg.User
	}
	b := &Box{cfg: cfg, server: address, now: time.Now, dial: dialTCP, most: maxAnswerBytes, poll: pollEvery, look: lookEvery}
	b.trust = TrustOf(cfg.Host, cfg.Address, cfg.AuthServIDs)
	roots, err := authorities(b.server, cfg.CAFile)
	if err != nil {
		return nil, err
	}
	b.roots = roots
	return b, nil
}

// Trust is whose words about a message this mailbox believes, for messages that
// are read from elsewhere.
func (b *Box) Trust() Trust { return b.trust }

// session is one signed-in connection.
type session struct {
	ctx    context.Context
	c      *imapclient.Client
	conn   net.Conn
	line   *watched // beneath conn
	server string
	trust  Trust
	tls    uint16 // version, 0 without TLS
	stop   func() bool
}

func dialTCP(ctx context.Context, server string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", server)
}

// connect dials, secures and signs in. Cancelling ctx closes the connection.
func (b *Box) connect(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	s := &session{ctx: ctx, server: b.server, trust: b.trust}
	conn, err := b.dial(dialCtx, b.server)
	if err != nil {
		return nil, s.fail("connect", err)
	}
	s.line = &watched{Conn: conn, most: b.most, came: make(chan struct{}, 1)}
	s.line.silence.Store(int64(10 * b.cfg.Timeout))
	s.line.fresh()
	conn = s.line
	s.conn = conn
	// The client library knows no context: closing the connection under it is
	// what ends a wait.
	stopDial := context.AfterFunc(dialCtx, func() { conn.Close() })
	err = b.signIn(dialCtx, s)
	inTime := stopDial()
	if err == nil && !inTime {
		err = dialCtx.Err()
	}
	if err != nil {
		conn.Close()
		if s.c != nil {
			s.c.Close()
		}
		if ctx.Err() == nil && dialCtx.Err() != nil {
			return nil, fmt.Errorf("%s: sign in: %w: no answer in time", b.server, ErrUnreachable)
		}
		if toldAlready(err) && ctx.Err() == nil {
			return nil, err
		}
		return nil, s.fail("sign in", err)
	}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return s, nil
}

// maxAnswerBytes bounds what a server says without giving a message, or between
// two of them: the client library keeps a line in memory, however long. The
// numbers of a million messages fit.
const maxAnswerBytes = maxMailBytes + 32<<20

// watched is a connection that closes itself when the server is silent for too
// long, for which the client library would wait for ever, or talks for ever.
type watched struct {
	net.Conn
	silence atomic.Int64  // time.Duration
	most    int64         // bytes that it may say at a time
	left    atomic.Int64  // of those
	came    chan struct{} // holds one when bytes came
}

// fresh lets the server go on talking.
func (w *watched) fresh() { w.left.Store(w.most) }

// endless tells whether the connection was given up since the server talked on.
func (w *watched) endless() bool { return w.left.Load() < 0 }

// Read reads, or fails when nothing comes, and when too much does.
func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(time.Duration(w.silence.Load()), func() { w.Close() })
	defer timer.Stop()
	n, err := w.Conn.Read(p)
	if w.left.Add(-int64(n)) < 0 {
		w.Close()
		return 0, io.ErrUnexpectedEOF
	}
	select {
	case w.came <- struct{}{}:
	default:
	}
	return n, err
}

// fail translates an error; after a cancel it is the cancel.
func (s *session) fail(doing string, err error) error {
	if ctxErr := s.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if errors.Is(err, ErrPlainRefused) {
		return fmt.Errorf("%s: %w", s.server, ErrPlainRefused)
	}
	if s.line != nil && s.line.endless() {
		return fmt.Errorf("%s: %s: %w: an answer without end", s.server, doing, ErrProtocol)
	}
	return wireError(s.server, doing, err)
}

// searched is what a search found. The library's own list of it would count up a
// range as wide as the server likes, and panics for one without an end.
func searched(d *imap.SearchData) imap.UIDSet {
	set, _ := d.All.(imap.UIDSet)
	return set
}

// firstOf are the first n numbers of a set, and whether those are all. Of a range
// without an end nothing is known.
func firstOf(set imap.UIDSet, n int) (out []imap.UID, all bool) {
	for _, r := range set {
		if r.Start == 0 || r.Stop == 0 {
			return out, false
		}
		for u := uint64(min(r.Start, r.Stop)); u <= uint64(max(r.Start, r.Stop)); u++ {
			if len(out) == n {
				return out, false
			}
			out = append(out, imap.UID(u))
		}
	}
	return out, true
}

// broken tells whether the connection is gone.
func (s *session) broken() bool {
	select {
	case <-s.c.Closed():
		return true
	default:
		return s.ctx.Err() != nil
	}
}

// close says goodbye, but does not wait long for an answer.
func (s *session) close() {
	timer := time.AfterFunc(2*time.Second, func() { s.conn.Close() })
	defer timer.Stop()
	if !s.broken() {
		s.c.Logout().Wait()
	}
	s.stop()
	s.c.Close()
}

// folders lists all folders with what each is for.
func (s *session) folders() ([]folder, error) {
	var opts *imap.ListOptions
	if caps := s.c.Caps(); caps.Has(imap.CapSpecialUse) && caps.Has(imap.CapListExtended) {
		opts = &imap.ListOptions{ReturnSpecialUse: true}
	}
	list, err := s.c.List("", "*", opts).Collect()
	if err != nil {
		return nil, s.fail("list folders", err)
	}
	return classify(list), nil
}

// Look connects, signs in and looks around without changing anything. Errors
// are those of Fetch.
func (b *Box) Look(ctx context.Context) (mailbox.Looked, error) {
	s, err := b.connect(ctx)
	if err != nil {
		return mailbox.Looked{}, err
	}
	defer s.close()
	var l mailbox.Looked
	if s.tls != 0 {
		l.TLS = tls.VersionName(s.tls)
	}
	l.Idle = s.idles()
	if s.c.Caps().Has(imap.CapID) {
		// Name and version that the server gives itself (RFC 2971).
		if id, err := s.c.ID(nil).Wait(); err == nil && id != nil {
			l.Server = cleanLine(id.Name+" "+id.Version, 100)
		}
	}
	all, err := s.folders()
	if err != nil {
		return l, err
	}
	_, l.Drafts = special(all, mailbox.FolderDrafts)
	wanted, _ := b.choose(all)
	counts := make([]*imapclient.StatusCommand, len(all))
	for i, f := range all {
		if f.open {
			counts[i] = s.c.Status(f.name, &imap.StatusOptions{NumMessages: true})
		}
	}
	for i, f := range all {
		if !f.open {
			continue
		}
		shown := mailbox.Folder{Name: f.name, Kind: f.kind, Read: slices.Contains(wanted, f)}
		data, err := counts[i].Wait()
		if err == nil && data.NumMessages != nil {
			shown.Messages = int(*data.NumMessages)
		} else if s.broken() {
			return l, s.fail("count messages", err)
		}
		l.Folders = append(l.Folders, shown)
	}
	return l, nil
}

// choose picks the folders to read, and names the configured ones that are not
// there. Sent mail is always read besides: what the owner answered is found
// there.
func (b *Box) choose(all []folder) (wanted []folder, missing []string) {
	chosen := func(f folder) bool { return f.incoming() }
	if len(b.cfg.Folders) > 0 {
		is := func(f folder, name string) bool {
			return f.open && (f.name == name || f.kind == mailbox.FolderInbox && strings.EqualFold(name, "INBOX"))
		}
		chosen = func(f folder) bool {
			return slices.ContainsFunc(b.cfg.Folders, func(name string) bool { return is(f, name) })
		}
		for _, name := range b.cfg.Folders {
			if !slices.ContainsFunc(all, func(f folder) bool { return is(f, name) }) {
				missing = append(missing, name)
			}
		}
	}
	for _, f := range all {
		if f.sent() || chosen(f) {
			wanted = append(wanted, f)
		}
	}
	return wanted, missing
}

// ErrNoSent says that the mailbox has no folder for sent mail.
var ErrNoSent = errors.New("mailbox has no folder for sent mail")

// SaveDraft puts a composed message into the drafts folder, where the owner
// looks at it and sends it herself. Errors: ErrNoDrafts and those of Fetch.
func (b *Box) SaveDraft(ctx context.Context, raw []byte) error {
	// Seen: she wrote it.
	return b.save(ctx, raw, mailbox.FolderDrafts, ErrNoDrafts, "save the draft", imap.FlagDraft, imap.FlagSeen)
}

// SaveSent puts a message that was sent into the folder of sent mail, where the
// owner's other programs show it. Errors: ErrNoSent and those of Fetch.
func (b *Box) SaveSent(ctx context.Context, raw []byte) error {
	return b.save(ctx, raw, mailbox.FolderSent, ErrNoSent, "save the sent mail", imap.FlagSeen)
}

// save appends a message to the folder of a kind.
func (b *Box) save(ctx context.Context, raw []byte, kind mailbox.FolderKind, none error, doing string, flags ...imap.Flag) error {
	s, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := s.folders()
	if err != nil {
		return err
	}
	f, ok := special(all, kind)
	if !ok {
		return fmt.Errorf("%s: %w", b.server, none)
	}
	raw = withCRLF(raw)
	cmd := s.c.Append(f.name, int64(len(raw)), &imap.AppendOptions{Flags: flags, Time: b.now()})
	_, writeErr := bytes.NewReader(raw).WriteTo(cmd)
	closeErr := cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		return s.fail(doing, err)
	}
	if err := errors.Join(writeErr, closeErr); err != nil {
		return s.fail(doing, err)
	}
	return nil
}

// withCRLF gives every line the ending that IMAP wants.
func withCRLF(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}
