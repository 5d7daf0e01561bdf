package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/mailbox"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"
)

// helo is how Greffier introduces itself (RFC 5321, 4.1.3): neither the
// computer's name nor its address is anybody's business.
const helo = "[127.0.0.1]"

// The bounds of a mail that is sent.
const (
	maxSendBytes  = 32 << 20
	maxRecipients = 50
	maxSendLine   = 998 // RFC 5322, 2.1.1
)

// SMTPConfig says where mail is handed over for sending (RFC 6409) and how to
// sign in.
type SMTPConfig struct {
	Host     string
	Port     int      // 0 means 465 for TLS, else 587
	Security Security // "" means TLS
	User     string
	Password string
	// Token is used instead of the password where it is set, as that of Config.
	Token func(ctx context.Context) (string, error)
	// CAFile is a PEM file with one more certificate authority to trust
	// besides the system's; "" for none.
	CAFile string
	// Timeout bounds connecting and signing in, and each answer; 0 means 30
	// seconds. The answer to the mail itself may take twenty times as long (RFC
	// 5321, 4.5.3.2.6).
	Timeout time.Duration
}

// Postman sends mail over SMTP. It holds no connection: each method opens one
// and closes it. It may be used by several goroutines.
type Postman struct {
	cfg    SMTPConfig
	server string // host:port, for errors
	roots  *x509.CertPool
	answer time.Duration // for the answer to the mail
}

// NewPostman checks the settings; it does not connect. Errors: ErrConfig,
// ErrPlainRefused, ErrCertificate when CAFile cannot be used.
func NewPostman(cfg SMTPConfig) (*Postman, error) {
	server, address, err := complete(mailbox.Server{Host: cfg.Host, Port: cfg.Port, Security: cfg.Security, User: cfg.User}, 465, 587)
	if err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	cfg.Host, cfg.Port, cfg.Security = server.Host, server.Port, server.Security
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	p := &Postman{cfg: cfg, server: address, answer: 20 * cfg.Timeout}
	roots, err := authorities(p.server, cfg.CAFile)
	if err != nil {
		return nil, err
	}
	p.roots = roots
	return p, nil
}

// line is one signed-in connection to the server for sending.
type line struct {
	*smtp.Client
	conn net.Conn
	stop func() bool
}

// connect dials, secures and signs in. Cancelling ctx closes the connection.
func (p *Postman) connect(ctx context.Context) (*line, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(dialCtx, "tcp", p.server)
	if err != nil {
		return nil, p.fail(ctx, "connect", err)
	}
	stopDial := context.AfterFunc(dialCtx, func() { conn.Close() })
	c, err := p.open(dialCtx, conn)
	if err == nil {
		err = p.signIn(dialCtx, c)
	}
	inTime := stopDial()
	if err == nil && !inTime {
		err = dialCtx.Err()
	}
	if err != nil {
		conn.Close()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case dialCtx.Err() != nil:
			return nil, fmt.Errorf("%s: sign in: %w: no answer in time", p.server, ErrUnreachable)
		case toldAlready(err):
			return nil, err
		}
		return nil, p.fail(ctx, "sign in", err)
	}
	return &line{Client: c, conn: conn, stop: context.AfterFunc(ctx, func() { conn.Close() })}, nil
}

// open secures the connection and says hello.
func (p *Postman) open(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	cfg := &tls.Config{ServerName: strings.Trim(p.cfg.Host, "[]"), RootCAs: p.roots, MinVersion: tls.VersionTLS12}
	var c *smtp.Client
	switch p.cfg.Security {
	case Plain:
		addr, ok := conn.RemoteAddr().(*net.TCPAddr)
		if !ok || !addr.IP.IsLoopback() {
			return nil, ErrPlainRefused // "localhost" led elsewhere
		}
		c = smtp.NewClient(conn)
	case StartTLS:
		var err error
		if c, err = smtp.NewClientStartTLS(conn, cfg); err != nil {
			return nil, err
		}
	default:
		secure := tls.Client(conn, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = smtp.NewClient(secure)
	}
	c.CommandTimeout, c.SubmissionTimeout = p.cfg.Timeout, p.answer
	return c, c.Hello(helo)
}

// signIn presents user and password, or a token.
func (p *Postman) signIn(ctx context.Context, c *smtp.Client) error {
	if p.cfg.Token != nil {
		return withToken(ctx, p.cfg.Token, func(token string) (bool, error) {
			client, err := newBearer(c.SupportsAuth, p.cfg.User, token, p.cfg.Host, p.cfg.Port)
			if err != nil {
				return false, fmt.Errorf("%s: %w", p.server, err)
			}
			err = p.refusal(c.Auth(client))
			return errors.Is(err, ErrAuth), err
		})
	}
	switch {
	case c.SupportsAuth(sasl.Plain):
		return p.refusal(c.Auth(sasl.NewPlainClient("", p.cfg.User, p.cfg.Password)))
	case c.SupportsAuth(sasl.Login):
		return p.refusal(c.Auth(sasl.NewLoginClient(p.cfg.User, p.cfg.Password)))
	}
	return fmt.Errorf("%s: %w: it offers no sign-in by password", p.server, ErrAuth)
}

// refusal makes ErrAuth of a server's no; a "not now" is none (RFC 4954, 6).
func (p *Postman) refusal(err error) error {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) && answer.Code/100 == 5 {
		return fmt.Errorf("%s: %w: %s", p.server, ErrAuth, codes(answer))
	}
	return err
}

// codes are the numbers of an answer: its words may repeat an address.
func codes(e *smtp.SMTPError) string {
	return strings.TrimSpace(strconv.Itoa(e.Code) + " " + enhanced(e))
}

// enhanced is the enhanced code (RFC 3463), "" when there is none.
func enhanced(e *smtp.SMTPError) string {
	if c := e.EnhancedCode; c[0] > 0 {
		return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
	}
	return ""
}

// fail translates an error before the mail was handed over; after a cancel it
// is the cancel.
func (p *Postman) fail(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer *smtp.SMTPError
	var malformed textproto.ProtocolError
	switch {
	case errors.Is(err, ErrPlainRefused):
		return fmt.Errorf("%s: %w", p.server, ErrPlainRefused)
	case errors.As(err, &answer) && answer.Code/100 == 4:
		return fmt.Errorf("%s: %s: %w: %s", p.server, doing, ErrUnreachable, codes(answer))
	case errors.As(err, &answer):
		return fmt.Errorf("%s: %s: %w: %s", p.server, doing, ErrProtocol, codes(answer))
	case errors.As(err, &malformed):
		return fmt.Errorf("%s: %s: %w: malformed answer", p.server, doing, ErrProtocol)
	case strings.HasPrefix(err.Error(), "smtp: "), strings.HasPrefix(err.Error(), "sasl: "):
		return fmt.Errorf("%s: %s: %w: %w", p.server, doing, ErrProtocol, err) // the library's own words
	}
	return wireError(p.server, doing, err)
}

// refused is fail for the steps of a mail, to which a server says no in order
// to refuse the mail.
func (p *Postman) refused(ctx context.Context, doing string, recipient bool, err error) error {
	var answer *smtp.SMTPError
	if ctx.Err() == nil && errors.As(err, &answer) && answer.Code != 421 {
		if answer.Code == 530 || answer.Code == 535 {
			return fmt.Errorf("%s: %s: %w: %s", p.server, doing, ErrAuth, codes(answer))
		}
		return &RefusedError{Server: p.server, Doing: doing, Code: answer.Code, Enhanced: enhanced(answer), Recipient: recipient}
	}
	return p.fail(ctx, doing, err)
}

// close says goodbye, but does not wait long for an answer.
func (l *line) close() {
	timer := time.AfterFunc(2*time.Second, func() { l.conn.Close() })
	defer timer.Stop()
	l.Quit()
	l.stop()
	l.conn.Close()
}

// Check connects, signs in and says goodbye. Errors: ErrAuth, ErrUnreachable,
// ErrCertificate, ErrPlainRefused, ErrProtocol, those of Token, ctx.Err().
func (p *Postman) Check(ctx context.Context) error {
	l, err := p.connect(ctx)
	if err != nil {
		return err
	}
	l.close()
	return nil
}

// envelope is from whom and to whom a mail goes.
type envelope struct {
	from string
	to   []string
	utf8 bool // an address or the header needs SMTPUTF8 (RFC 6531)
	bits bool // the body needs 8BITMIME (RFC 6152)
}

// envelopeOf reads sender and recipients from a mail that was composed here:
// one From, all of To and Cc. Hidden recipients are not for letters of this
// kind, and a mail that no server would carry whole is not sent at all.
func envelopeOf(raw []byte) (envelope, error) {
	no := func(why string) (envelope, error) { return envelope{}, fmt.Errorf("%w: %s", ErrCompose, why) }
	if len(raw) > maxSendBytes {
		return no("it is too large to be sent")
	}
	m, err := stdmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return no("it has no header")
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || len(m.Header["From"]) != 1 {
		return no("it does not name one sender")
	}
	if len(m.Header["Bcc"]) > 0 || len(m.Header["Resent-To"]) > 0 {
		return no("it has hidden recipients")
	}
	var e envelope
	if e.from, err = envelopeAddress(from[0].Address); err != nil {
		return envelope{}, err
	}
	for _, key := range []string{"To", "Cc"} {
		if len(m.Header[key]) == 0 {
			continue
		}
		list, err := m.Header.AddressList(key)
		if err != nil || len(m.Header[key]) != 1 {
			return no("its recipients cannot be read")
		}
		for _, a := range list {
			to, err := envelopeAddress(a.Address)
			if err != nil {
				return envelope{}, err
			}
			if !slices.Contains(e.to, to) {
				e.to = append(e.to, to)
			}
		}
	}
	if len(e.to) == 0 || len(e.to) > maxRecipients {
		return no("it has no recipient, or too many")
	}
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	e.utf8 = !onlyASCII(head) || !onlyASCII([]byte(e.from+strings.Join(e.to, "")))
	e.bits = !onlyASCII(body)
	for l := range bytes.SplitSeq(raw, []byte("\r\n")) {
		// A carriage return or line feed alone could end the mail early for
		// some server on its way.
		if len(l) > maxSendLine || bytes.ContainsAny(l, "\r\n\x00") {
			return no("a line is malformed")
		}
	}
	return e, nil
}

// envelopeAddress spells an address for the envelope, its domain in ASCII.
func envelopeAddress(a string) (string, error) {
	i := strings.LastIndexByte(a, '@')
	if i > 0 {
		domain, err := idna.Lookup.ToASCII(a[i+1:])
		if err == nil && domain != "" && cleanLine(a, maxMsgIDBytes) == a && !strings.ContainsAny(a[:i], "<> ") {
			return a[:i+1] + domain, nil
		}
	}
	return "", fmt.Errorf("%w: an address cannot be used", ErrCompose)
}

func onlyASCII(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x80 })
}

// Send hands a composed mail over for sending, from its From address to those
// of To and Cc: to all of them or, after an error, to nobody. Cancelling ctx
// closes the connection. Errors: mailbox.ErrUncertain when the connection broke
// off after the whole mail was given and before it was answered: it may have
// gone out, and nothing else is said of why. After all others it has not:
// ErrCompose, ErrRefused (ErrRecipient), and those of Check.
func (p *Postman) Send(ctx context.Context, raw []byte) error {
	raw = withCRLF(raw)
	e, err := envelopeOf(raw)
	if err != nil {
		return err
	}
	l, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if max, ok := l.MaxMessageSize(); ok && max > 0 && len(raw) > max {
		return &RefusedError{Server: p.server, Doing: "offer the mail", Enhanced: "5.3.4"}
	}
	if ok, _ := l.Extension("SMTPUTF8"); e.utf8 && !ok {
		return &RefusedError{Server: p.server, Doing: "offer the mail", Enhanced: "5.6.7"}
	}
	if ok, _ := l.Extension("8BITMIME"); e.bits && !ok {
		return &RefusedError{Server: p.server, Doing: "offer the mail", Enhanced: "5.6.1"}
	}
	if err := l.Mail(e.from, &smtp.MailOptions{Size: int64(len(raw)), UTF8: e.utf8}); err != nil {
		return p.refused(ctx, "name the sender", false, err)
	}
	for _, to := range e.to {
		if err := l.Rcpt(to, nil); err != nil {
			return p.refused(ctx, "name a recipient", true, err)
		}
	}
	w, err := l.Data()
	if err != nil {
		return p.refused(ctx, "begin the mail", false, err)
	}
	// Without its final dot the mail does not exist for the server. Should the
	// connection end before that, nothing goes out.
	l.conn.SetWriteDeadline(time.Now().Add(20 * p.cfg.Timeout))
	if _, err := w.Write(raw); err != nil {
		l.conn.Close()
		return p.fail(ctx, "give the mail", err)
	}
	if err := ctx.Err(); err != nil {
		l.conn.Close() // no QUIT, which would lie within the mail
		return err
	}
	_, err = w.CloseWithResponse()
	var answer *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		if answer.Code/100 != 4 && answer.Code/100 != 5 {
			break // neither yes nor no
		}
		return &RefusedError{Server: p.server, Doing: "give the mail", Code: answer.Code, Enhanced: enhanced(answer)}
	}
	l.conn.Close()
	return fmt.Errorf("%s: give the mail: %w", p.server, mailbox.ErrUncertain)
}
