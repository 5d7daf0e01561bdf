package mail

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
)

// The errors of the mailbox. They are wrapped with host and port, never with
// the user's name, the password or words of a message.
var (
	// ErrUnreachable says that the server could not be reached, or that the
	// connection broke off; trying again later may help.
	ErrUnreachable = errors.New("mail server cannot be reached")
	// ErrAuth says that the server refused the user name, the password or the
	// token.
	ErrAuth = errors.New("mail server refused the sign-in")
	// ErrCertificate says that the server's certificate could not be verified,
	// or that the file of the additional authority could not be used.
	ErrCertificate = errors.New("mail server's certificate cannot be verified")
	// ErrPlainRefused says that a connection without TLS was asked for to a
	// server that is not on this computer.
	ErrPlainRefused = errors.New("mail without TLS is only allowed on this computer")
	// ErrProtocol says that the server answered something unexpected.
	ErrProtocol = errors.New("mail server answered unexpectedly")
	// ErrNoDrafts says that the mailbox has no folder for drafts.
	ErrNoDrafts = errors.New("mailbox has no folder for drafts")
	// ErrConfig says that a setting is missing or malformed.
	ErrConfig = errors.New("mailbox settings are incomplete")
	// ErrCompose says that a reply could not be composed because an address is
	// missing or malformed, or that a mail is not fit to be sent.
	ErrCompose = errors.New("reply cannot be composed")
	// ErrRefused says that the server did not take a mail for sending: it did
	// not go out. See RefusedError.
	ErrRefused = errors.New("mail server refused the mail")
	// ErrRecipient is an ErrRefused because of a recipient's address.
	ErrRecipient = errors.New("mail server refused a recipient")
	// ErrAddress says that an address for which settings are looked for is none.
	ErrAddress = errors.New("this is no mail address")
	// ErrNothingFound says that no settings were found for an address.
	ErrNothingFound = mailbox.ErrNotFound
	// ErrConsentGone says that the provider no longer accepts the sign-in that
	// was given before: the owner has to sign in again.
	ErrConsentGone = errors.New("provider asks for a new sign-in")
	// ErrConsentDenied says that the sign-in was declined at the provider, or
	// given without the right to read and send mail.
	ErrConsentDenied = errors.New("sign-in was declined at the provider")
	// ErrConsentLate says that nobody signed in in time.
	ErrConsentLate = errors.New("nobody signed in in time")
	// ErrRegistration says that the provider does not know the program's
	// registration, or that the account names none.
	ErrRegistration = errors.New("registration at the provider is missing or refused")
)

// CertificateError is an ErrCertificate with what the window shows: whose
// certificate was presented, and its fingerprint to compare by telephone.
type CertificateError struct {
	Server string // host:port
	// SHA256 is the fingerprint of the presented certificate, upper-case
	// hexadecimal with colons; empty when none was presented.
	SHA256 string
	Cause  error // of crypto/x509 or crypto/tls
}

// Error names the server and the cause.
func (e *CertificateError) Error() string {
	return fmt.Sprintf("%s: %v: %v", e.Server, ErrCertificate, e.Cause)
}

// Is makes errors.Is(err, ErrCertificate) hold.
func (e *CertificateError) Is(target error) bool { return target == ErrCertificate }

// Unwrap gives the cause.
func (e *CertificateError) Unwrap() error { return e.Cause }

// RefusedError is an ErrRefused with what the window shows. The server's own
// words are left out: they often repeat an address.
type RefusedError struct {
	Server    string // host:port
	Doing     string // "name the sender"
	Code      int    // of RFC 5321, 0 where this computer refused
	Enhanced  string // "5.1.1" (RFC 3463), "" when there is none
	Recipient bool   // because of a recipient's address
}

// Error names the server and the codes.
func (e *RefusedError) Error() string {
	what := ErrRefused
	if e.Recipient {
		what = ErrRecipient
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %s: %v: %d %s", e.Server, e.Doing, what, e.Code, e.Enhanced))
}

// Is makes errors.Is(err, ErrRefused) hold, and ErrRecipient where it was one.
func (e *RefusedError) Is(target error) bool {
	return target == ErrRefused || e.Recipient && target == ErrRecipient
}

// Temporary tells whether the same mail may be taken later (RFC 5321, 4.2.1).
func (e *RefusedError) Temporary() bool { return e.Code/100 == 4 }

// FolderError says that one folder could not be read while the others were.
// Its text leaves the folder's name out, which may be a person's: the window
// shows Folder itself.
type FolderError struct {
	Folder string
	Cause  error
}

// Error tells the cause without the folder's name.
func (e *FolderError) Error() string { return fmt.Sprintf("read one folder: %v", e.Cause) }

// Unwrap gives the cause.
func (e *FolderError) Unwrap() error { return e.Cause }

// fingerprint is the SHA-256 of a certificate as people compare it.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	h := strings.ToUpper(hex.EncodeToString(sum[:]))
	var b strings.Builder
	for i := 0; i < len(h); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(h[i : i+2])
	}
	return b.String()
}

// wireError translates an error of the connection. The server's own words are
// dropped: some servers repeat the user's name in them.
func wireError(server, doing string, err error) error {
	var certErr *tls.CertificateVerificationError
	if errors.As(err, &certErr) {
		e := &CertificateError{Server: server, Cause: certErr.Err}
		if len(certErr.UnverifiedCertificates) > 0 {
			e.SHA256 = fingerprint(certErr.UnverifiedCertificates[0])
		}
		return e
	}
	var answer *imap.Error
	if errors.As(err, &answer) {
		code := ""
		if answer.Code != "" {
			code = " [" + cleanLine(string(answer.Code), 40) + "]"
		}
		if answer.Code == imap.ResponseCodeUnavailable || answer.Type == imap.StatusResponseTypeBye {
			return fmt.Errorf("%s: %s: %w: %s%s", server, doing, ErrUnreachable, answer.Type, code)
		}
		return fmt.Errorf("%s: %s: %w: %s%s", server, doing, ErrProtocol, answer.Type, code)
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return fmt.Errorf("%s: %s: %w: no TLS on this port", server, doing, ErrProtocol)
	}
	// The client library keeps the cause only in the text.
	text := err.Error()
	for _, s := range []string{"EOF", "timeout", "closed", "reset", "broken pipe"} {
		if strings.Contains(text, s) {
			return fmt.Errorf("%s: %s: %w: connection broke off", server, doing, ErrUnreachable)
		}
	}
	switch {
	case strings.Contains(text, "tls: "):
		return fmt.Errorf("%s: %s: %w: %w", server, doing, ErrProtocol, err)
	case strings.HasPrefix(text, "in "), strings.HasPrefix(text, "imap"), strings.HasPrefix(text, "got error before greeting"):
		// The server's words cannot be read, and may be quoted in the text.
		return fmt.Errorf("%s: %s: %w: malformed answer", server, doing, ErrProtocol)
	}
	return fmt.Errorf("%s: %s: %w: %w", server, doing, ErrUnreachable, err)
}
