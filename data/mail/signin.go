package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Security is how the connection is protected. The zero value is TLS.
type Security = mailbox.Security

// The kinds of protection.
const (
	TLS      = mailbox.TLS      // TLS from the first byte, usually port 993 (RFC 8314)
	StartTLS = mailbox.StartTLS // TLS after STARTTLS, usually port 143; never without it
	Plain    = mailbox.Plain    // none: only to this computer
)

// complete checks where a server is and completes it: TLS where nothing is said,
// and the usual port, secure for TLS and open for the rest. address is its host
// and port. Errors: ErrConfig, ErrPlainRefused.
func complete(s mailbox.Server, secure, open int) (_ mailbox.Server, address string, err error) {
	if s.Security == "" {
		s.Security = TLS
	}
	s.Host = strings.TrimSpace(s.Host)
	switch {
	case s.Host == "" || strings.ContainsAny(s.Host, " \t\r\n/@"):
		return s, "", fmt.Errorf("%w: no usable host", ErrConfig)
	case s.User == "":
		return s, "", fmt.Errorf("%w: no user", ErrConfig)
	case s.Security != TLS && s.Security != StartTLS && s.Security != Plain:
		return s, "", fmt.Errorf("%w: security is tls, starttls or plain", ErrConfig)
	case s.Port < 0 || s.Port > 65535:
		return s, "", fmt.Errorf("%w: port out of range", ErrConfig)
	}
	if s.Port == 0 {
		s.Port = open
		if s.Security == TLS {
			s.Port = secure
		}
	}
	address = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if s.Security == Plain && !s.Loopback() {
		return s, address, fmt.Errorf("%s: %w", address, ErrPlainRefused)
	}
	return s, address, nil
}

// authorities are the system's certificate authorities and that of a PEM file;
// nil, which means the system's, where no file is named.
func authorities(server, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err // the path may name a person's home
		}
		return nil, &CertificateError{Server: server, Cause: fmt.Errorf("read the authority's file: %w", err)}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &CertificateError{Server: server, Cause: errors.New("the authority's file holds no certificate in PEM form")}
	}
	return pool, nil
}

// The mechanisms that carry a token: that of RFC 7628, and the one before it
// that Google and Microsoft still prefer.
const (
	oauthBearer = sasl.OAuthBearer
	xoauth2     = "XOAUTH2"
)

// bearer carries one token to a server. A server that refuses it says why in a
// challenge, which has to be answered before it says no (RFC 7628, 3.2.3).
type bearer struct {
	mech    string
	first   []byte
	refused bool
	// answering is called before the empty answer of XOAUTH2; may be nil.
	answering func()
}

// newBearer uses OAUTHBEARER where the server has it, and XOAUTH2 elsewhere.
func newBearer(has func(mech string) bool, user, token, host string, port int) (*bearer, error) {
	if user == "" || token == "" || strings.ContainsAny(user+token, "\x00\x01\r\n") {
		return nil, fmt.Errorf("%w: no usable token", ErrAuth)
	}
	if has(oauthBearer) {
		c := sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: saslName(user), Token: token, Host: host, Port: port})
		_, first, err := c.Start()
		return &bearer{mech: oauthBearer, first: first}, err
	}
	if has(xoauth2) {
		return &bearer{mech: xoauth2, first: []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01")}, nil
	}
	return nil, fmt.Errorf("%w: it offers no sign-in by token", ErrAuth)
}

// saslName spells a name within a GS2 header (RFC 5801, 4).
func saslName(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}

// Start begins the exchange.
func (b *bearer) Start() (string, []byte, error) { return b.mech, b.first, nil }

// Next answers the one challenge there can be: the refusal. What it says is not
// looked at, since only a fresh token can help.
func (b *bearer) Next([]byte) ([]byte, error) {
	if b.refused {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	b.refused = true
	if b.mech == oauthBearer {
		return []byte{1}, nil
	}
	if b.answering != nil {
		b.answering()
	}
	return []byte{}, nil
}

// tokenError says that no token could be had. It is not of the mail server.
type tokenError struct{ cause error }

// Error tells the cause.
func (e *tokenError) Error() string { return fmt.Sprintf("get a token: %v", e.cause) }

// Unwrap gives the cause.
func (e *tokenError) Unwrap() error { return e.cause }

// toldAlready tells whether an error of the sign-in needs no translation.
func toldAlready(err error) bool {
	var noToken *tokenError
	return errors.Is(err, ErrAuth) || errors.As(err, &noToken)
}

// refusedKey marks a context that carries the token a server just refused.
type refusedKey struct{}

// withToken tries a token and, where it is refused, one other. try tells
// whether the token was refused.
func withToken(ctx context.Context, get func(context.Context) (string, error), try func(token string) (refused bool, err error)) error {
	token, err := get(ctx)
	if err != nil {
		return &tokenError{err}
	}
	refused, err := try(token)
	if !refused {
		return err
	}
	fresh, tokenErr := get(context.WithValue(ctx, refusedKey{}, token))
	if tokenErr != nil {
		return &tokenError{tokenErr}
	}
	if fresh == token {
		return err
	}
	_, err = try(fresh)
	return err
}

// signIn secures the connection and presents user and password, or a token.
func (b *Box) signIn(ctx context.Context, s *session) error {
	cfg := &tls.Config{
		ServerName: strings.Trim(b.cfg.Host, "[]"),
		RootCAs:    b.roots,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"imap"},
		VerifyConnection: func(cs tls.ConnectionState) error {
			s.tls = cs.Version
			return nil
		},
	}
	answers := &emptyAnswers{}
	switch b.cfg.Security {
	case Plain:
		addr, ok := s.conn.RemoteAddr().(*net.TCPAddr)
		if !ok || !addr.IP.IsLoopback() {
			return ErrPlainRefused // "localhost" led elsewhere
		}
		answers.Conn = s.conn
		s.c = imapclient.New(answers, nil)
	case StartTLS:
		c, err := imapclient.NewStartTLS(s.conn, &imapclient.Options{TLSConfig: cfg})
		if err != nil {
			return err
		}
		s.c = c
	default:
		conn := tls.Client(s.conn, cfg)
		if err := conn.HandshakeContext(ctx); err != nil {
			return err
		}
		answers.Conn = conn
		s.c = imapclient.New(answers, nil)
	}
	if err := s.c.WaitGreeting(); err != nil {
		return err
	}
	if s.c.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	caps := s.c.Caps()
	if caps == nil {
		return errors.New("no list of capabilities")
	}
	if b.cfg.Token != nil {
		return withToken(ctx, b.cfg.Token, func(token string) (bool, error) {
			if s.broken() { // it closes after a refusal; the fresh token is for the next time
				return true, fmt.Errorf("%s: %w", b.server, ErrAuth)
			}
			client, err := newBearer(func(mech string) bool { return caps.Has(imap.AuthCap(mech)) }, b.cfg.User, token, b.cfg.Host, b.cfg.Port)
			if err != nil {
				return false, fmt.Errorf("%s: %w", b.server, err)
			}
			client.answering = func() { answers.next = true }
			err = b.refusal(s.c.Authenticate(client))
			if err != nil && client.refused {
				err = fmt.Errorf("%s: %w", b.server, ErrAuth) // whatever it said after that
			}
			return errors.Is(err, ErrAuth), err
		})
	}
	switch {
	case caps.Has(imap.AuthCap("PLAIN")):
		return b.refusal(s.c.Authenticate(sasl.NewPlainClient("", b.cfg.User, b.cfg.Password)))
	case caps.Has(imap.CapLoginDisabled):
		return fmt.Errorf("%s: %w: it offers no sign-in by password", b.server, ErrAuth)
	}
	return b.refusal(s.c.Login(b.cfg.User, b.cfg.Password).Wait())
}

// refusal makes ErrAuth of a server's no.
func (b *Box) refusal(err error) error {
	var answer *imap.Error
	if errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo && answer.Code != imap.ResponseCodeUnavailable {
		return fmt.Errorf("%s: %w", b.server, ErrAuth)
	}
	return err
}

// emptyAnswers is a connection on which an empty answer to a challenge is
// written as an empty line: the client library writes "=", which IMAP has for
// first responses only (RFC 4959).
type emptyAnswers struct {
	net.Conn
	next bool
}

// Write writes p, or an empty line in place of the answer that was announced.
func (c *emptyAnswers) Write(p []byte) (int, error) {
	if c.next && bytes.Equal(p, []byte("=\r\n")) {
		c.next = false
		_, err := c.Conn.Write(p[1:])
		return len(p), err
	}
	return c.Conn.Write(p)
}
