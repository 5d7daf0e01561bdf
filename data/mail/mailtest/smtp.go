package mailtest

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The steps of handing over a mail at which an SMTP server can be told to fail.
const (
	StepAuth  = "auth"  // signing in
	StepMail  = "mail"  // naming the sender
	StepRcpt  = "rcpt"  // naming a recipient
	StepData  = "data"  // reading the mail
	StepFinal = "final" // answering the mail, which is kept where the connection breaks off
)

// SMTP is a running submission server (RFC 6409) that keeps what it receives.
type SMTP struct {
	Host      string // "localhost"
	Port      int    // TLS from the first byte
	StartPort int    // STARTTLS
	PlainPort int    // no TLS at all
	CAFile    string // PEM of the authority that signed the server's certificate
	User      string
	Password  string
	// Tokens tells whether an access token is good; nil accepts none.
	Tokens func(token string) bool
	// Mechanisms are those offered; empty means PLAIN, LOGIN, OAUTHBEARER and
	// XOAUTH2.
	Mechanisms []string

	mu       sync.Mutex
	fail     map[string]*smtp.SMTPError
	hold     chan struct{}
	received []Mail
	signedBy []string
	hellos   []string
}

// Mail is one mail as an SMTP server received it.
type Mail struct {
	From string
	To   []string
	Raw  []byte // dots unstuffed
	UTF8 bool   // SMTPUTF8 was asked for
	Bits bool   // BODY=8BITMIME was asked for
	TLS  bool
}

// Submission starts a submission server for contact@localhost.test. It ends
// with the test.
func Submission(t testing.TB) *SMTP {
	t.Helper()
	s := &SMTP{Host: "localhost", User: "contact@localhost.test", Password: "correct horse é", fail: map[string]*smtp.SMTPError{}}
	keys := &Server{t: t}
	pair := keys.certificate(t.TempDir())
	s.CAFile = keys.CAFile
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server := func(withTLS, insecure bool) *smtp.Server {
		srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
			_, secure := c.TLSConnectionState()
			s.mu.Lock()
			s.hellos = append(s.hellos, c.Hostname())
			s.mu.Unlock()
			return &smtpSession{s: s, c: c, mail: Mail{TLS: secure}}, nil
		}))
		srv.Domain, srv.MaxMessageBytes, srv.MaxRecipients, srv.EnableSMTPUTF8 = "localhost", 24<<20, 100, true
		srv.AllowInsecureAuth, srv.ErrorLog = insecure, log.New(io.Discard, "", 0)
		srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
		if withTLS {
			srv.TLSConfig = config
		}
		return srv
	}
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("listen: %v", err)
		}
		return l
	}
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	secure, start, plain := listen(), listen(), listen()
	s.Port, s.StartPort, s.PlainPort = port(secure), port(start), port(plain)
	srv, bare := server(true, false), server(false, true)
	go srv.Serve(tls.NewListener(secure, config))
	go srv.Serve(start)
	go bare.Serve(plain)
	t.Cleanup(func() {
		srv.Close()
		bare.Close()
	})
	return s
}

// Fail lets a step fail with an answer from now on. A nil one breaks the
// connection off at that step.
func (s *SMTP) Fail(step string, err *smtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[step] = err
}

// Heal lets all steps work again.
func (s *SMTP) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.fail)
}

// Hold lets each mail from now on wait for an answer until its client goes. The
// channel gives a value for each that waits.
func (s *SMTP) Hold() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = make(chan struct{}, 100)
	return s.hold
}

// Received is every mail that was taken, also those whose answer was lost.
func (s *SMTP) Received() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.received...)
}

// SignedBy is every mechanism by which somebody signed in.
func (s *SMTP) SignedBy() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.signedBy...)
}

// Hellos is every name by which a client introduced itself.
func (s *SMTP) Hellos() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.hellos...)
}

// step tells what is to happen at a step; the connection may be gone after it.
func (s *SMTP) step(name string, c *smtp.Conn) error {
	s.mu.Lock()
	err, fails := s.fail[name]
	s.mu.Unlock()
	switch {
	case !fails:
		return nil
	case err == nil:
		c.Conn().Close()
		return errors.New("broken off")
	}
	return err
}

// smtpSession is one connection's.
type smtpSession struct {
	s      *SMTP
	c      *smtp.Conn
	mail   Mail
	signed bool
}

// AuthMechanisms are those offered.
func (x *smtpSession) AuthMechanisms() []string {
	if len(x.s.Mechanisms) > 0 {
		return x.s.Mechanisms
	}
	return []string{sasl.Plain, sasl.Login, sasl.OAuthBearer, "XOAUTH2"}
}

// Auth begins a sign-in.
func (x *smtpSession) Auth(mech string) (sasl.Server, error) {
	password := func(user, password string) error {
		if err := x.s.step(StepAuth, x.c); err != nil {
			return err
		}
		if user != x.s.User || password != x.s.Password {
			return smtp.ErrAuthFailed
		}
		x.enter(mech)
		return nil
	}
	token := func(user, token string) bool {
		if user != x.s.User || x.s.Tokens == nil || !x.s.Tokens(token) {
			return false
		}
		x.enter(mech)
		return true
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, pass string) error { return password(user, pass) }), nil
	case sasl.Login:
		return &loginServer{check: password}, nil
	case sasl.OAuthBearer:
		return &refuser{Server: sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if token(o.Username, o.Token) {
				return nil
			}
			return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
		})}, nil
	case "XOAUTH2":
		return &xoauth2Server{check: token}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (x *smtpSession) enter(mech string) {
	x.signed = true
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.signedBy = append(x.s.signedBy, mech)
}

// Mail takes the sender.
func (x *smtpSession) Mail(from string, opts *smtp.MailOptions) error {
	if !x.signed {
		return smtp.ErrAuthRequired
	}
	if err := x.s.step(StepMail, x.c); err != nil {
		return err
	}
	x.mail.From, x.mail.To = from, nil
	x.mail.UTF8, x.mail.Bits = opts.UTF8, opts.Body == smtp.Body8BitMIME
	return nil
}

// Rcpt takes a recipient.
func (x *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.s.step(StepRcpt, x.c); err != nil {
		return err
	}
	x.mail.To = append(x.mail.To, to)
	return nil
}

// Data takes the mail.
func (x *smtpSession) Data(r io.Reader) error {
	if err := x.s.step(StepData, x.c); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	answer, fails := x.s.fail[StepFinal]
	hold := x.s.hold
	if answer != nil {
		x.s.mu.Unlock()
		return answer
	}
	m := x.mail
	m.Raw = raw
	x.s.received = append(x.s.received, m)
	x.s.mu.Unlock()
	if hold != nil {
		hold <- struct{}{}
		io.Copy(io.Discard, x.c.Conn()) // until the client goes
		return errors.New("gone")
	}
	if fails {
		x.c.Conn().Close()
	}
	return nil
}

// Reset forgets the mail.
func (x *smtpSession) Reset() { x.mail = Mail{TLS: x.mail.TLS} }

// Logout ends the session.
func (x *smtpSession) Logout() error { return nil }

// loginServer is the old LOGIN mechanism, which the library has for clients
// only.
type loginServer struct {
	check func(user, password string) error
	user  *string
}

// Next asks for the name, then for the password.
func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	switch {
	case l.user == nil && response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}

// refuser gives a refusal the code that SMTP wants.
type refuser struct{ sasl.Server }

// Next goes on.
func (r *refuser) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := r.Server.Next(response)
	if err != nil {
		err = smtp.ErrAuthFailed
	}
	return challenge, done, err
}

// xoauth2Server is Google's mechanism.
type xoauth2Server struct {
	check   func(user, token string) bool
	refused bool
}

// Next checks the token, and says no only after the refusal was answered with
// nothing.
func (x *xoauth2Server) Next(response []byte) ([]byte, bool, error) {
	if x.refused {
		if len(response) != 0 {
			return nil, true, &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "an empty answer was expected"}
		}
		return nil, true, smtp.ErrAuthFailed
	}
	if response == nil {
		return []byte{}, false, nil
	}
	fields := strings.Split(string(response), "\x01")
	if len(fields) == 4 && fields[2] == "" && fields[3] == "" {
		user, hasUser := strings.CutPrefix(fields[0], "user=")
		token, hasToken := strings.CutPrefix(fields[1], "auth=Bearer ")
		if hasUser && hasToken && x.check(user, token) {
			return nil, true, nil
		}
	}
	x.refused = true
	challenge, err := json.Marshal(map[string]string{"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"})
	return challenge, false, err
}
