package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
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
	// inbox, spam, archives and the owner's own folders.
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
}

var _ mailbox.Source = (*Box)(nil)

// New checks the settings; it does not connect. Errors: ErrConfig,
// ErrPlainRefused, ErrCertificate when CAFile cannot be used.
func New(cfg Config) (*Box, error) {
	if cfg.Security == "" {
		cfg.Security = TLS
	}
	cfg.Host = strings.TrimSpace(cfg.Host)
	switch {
	case cfg.Host == "" || strings.ContainsAny(cfg.Host, " \t\r\n/@"):
		return nil, fmt.Errorf("%w: no usable host", ErrConfig)
	case cfg.User == "":
		return nil, fmt.Errorf("%w: no user", ErrConfig)
	case cfg.Security != TLS && cfg.Security != StartTLS && cfg.Security != Plain:
		return nil, fmt.Errorf("%w: security is tls, starttls or plain", ErrConfig)
	case cfg.Port < 0 || cfg.Port > 65535:
		return nil, fmt.Errorf("%w: port out of range", ErrConfig)
	}
	if cfg.Port == 0 {
		cfg.Port = 143
		if cfg.Security == TLS {
			cfg.Port = 993
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Address == "" && strings.Contains(cfg.User, "@") {
		cfg.Address = cfg.User
	}
	b := &Box{cfg: cfg, server: net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))}
	if cfg.Security == Plain && !loopback(cfg.Host) {
		return nil, fmt.Errorf("%s: %w", b.server, ErrPlainRefused)
	}
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

// loopback tells whether the host is this computer.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// session is one signed-in connection.
type session struct {
	ctx    context.Context
	c      *imapclient.Client
	conn   net.Conn
	server string
	trust  Trust
	tls    uint16 // version, 0 without TLS
	stop   func() bool
}

// connect dials, secures and signs in. Cancelling ctx closes the connection.
func (b *Box) connect(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	s := &session{ctx: ctx, server: b.server, trust: b.trust}
	conn, err := new(net.Dialer).DialContext(dialCtx, "tcp", b.server)
	if err != nil {
		return nil, s.fail("connect", err)
	}
	conn = &watched{Conn: conn, silence: 10 * b.cfg.Timeout}
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

// watched is a connection that closes itself when the server is silent for too
// long: the client library would wait for ever.
type watched struct {
	net.Conn
	silence time.Duration
}

// Read reads, or fails when nothing comes.
func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(w.silence, func() { w.Close() })
	defer timer.Stop()
	return w.Conn.Read(p)
}

// fail translates an error; after a cancel it is the cancel.
func (s *session) fail(doing string, err error) error {
	if ctxErr := s.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if errors.Is(err, ErrPlainRefused) {
		return fmt.Errorf("%s: %w", s.server, ErrPlainRefused)
	}
	return wireError(s.server, doing, err)
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

// FolderStatus is one folder as the settings show it.
type FolderStatus struct {
	Name     string
	Messages int
	Junk     bool // the spam folder
	Read     bool // Greffier reads it
}

// Status is what a live test of the settings found.
type Status struct {
	Server     string // name and version that the server gives itself (RFC 2971), "" when it gives none
	TLSVersion string // "TLS 1.3", "" without TLS
	Folders    []FolderStatus
	HasDrafts  bool // there is a folder for drafts
}

// Check connects, signs in and looks around without changing anything. Errors
// are those of Fetch.
func (b *Box) Check(ctx context.Context) (Status, error) {
	s, err := b.connect(ctx)
	if err != nil {
		return Status{}, err
	}
	defer s.close()
	var st Status
	if s.tls != 0 {
		st.TLSVersion = tls.VersionName(s.tls)
	}
	if s.c.Caps().Has(imap.CapID) {
		if id, err := s.c.ID(nil).Wait(); err == nil && id != nil {
			st.Server = cleanLine(id.Name+" "+id.Version, 100)
		}
	}
	all, err := s.folders()
	if err != nil {
		return st, err
	}
	wanted, _ := b.choose(all)
	for _, f := range all {
		st.HasDrafts = st.HasDrafts || f.role == drafts
		if !f.open {
			continue
		}
		fs := FolderStatus{Name: f.name, Junk: f.role == junk}
		for _, w := range wanted {
			fs.Read = fs.Read || w.name == f.name
		}
		data, err := s.c.Status(f.name, &imap.StatusOptions{NumMessages: true}).Wait()
		if err == nil && data.NumMessages != nil {
			fs.Messages = int(*data.NumMessages)
		} else if s.broken() {
			return st, s.fail("count messages", err)
		}
		st.Folders = append(st.Folders, fs)
	}
	return st, nil
}

// choose picks the folders to read, and names the configured ones that are not
// there.
func (b *Box) choose(all []folder) (wanted []folder, missing []string) {
	if len(b.cfg.Folders) == 0 {
		for _, f := range all {
			if f.read() {
				wanted = append(wanted, f)
			}
		}
		return wanted, nil
	}
next:
	for _, name := range b.cfg.Folders {
		for _, f := range all {
			if f.open && (f.name == name || f.role == inbox && strings.EqualFold(name, "INBOX")) {
				wanted = append(wanted, f)
				continue next
			}
		}
		missing = append(missing, name)
	}
	return wanted, missing
}

// SaveDraft puts a composed message into the drafts folder, where the owner
// looks at it and sends it herself. Errors: ErrNoDrafts and those of Fetch.
func (b *Box) SaveDraft(ctx context.Context, raw []byte) error {
	s, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := s.folders()
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.role != drafts || !f.open {
			continue
		}
		raw = withCRLF(raw)
		cmd := s.c.Append(f.name, int64(len(raw)), &imap.AppendOptions{
			Flags: []imap.Flag{imap.FlagDraft, imap.FlagSeen}, // seen: she wrote it
			Time:  time.Now(),
		})
		_, writeErr := bytes.NewReader(raw).WriteTo(cmd)
		closeErr := cmd.Close()
		if _, err := cmd.Wait(); err != nil {
			return s.fail("save the draft", err)
		}
		if err := errors.Join(writeErr, closeErr); err != nil {
			return s.fail("save the draft", err)
		}
		return nil
	}
	return fmt.Errorf("%s: %w", b.server, ErrNoDrafts)
}

// withCRLF gives every line the ending that IMAP wants.
func withCRLF(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}
