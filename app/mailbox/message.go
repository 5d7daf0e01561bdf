package mailbox

import (
	"context"
	"strings"
	"time"
)

// Address is one mailbox named in a header field: a display name, which the
// sender chose and which proves nothing, and an addr-spec (RFC 5322, 3.4.1).
type Address struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

// Norm returns the address as it is compared: trimmed and in lower case.
func (a Address) Norm() string { return NormEmail(a.Email) }

// NormEmail is the one way in which Greffier compares e-mail addresses:
// surrounding white space removed, letters in lower case. Tags (user+tag) and
// dots are kept: only the provider knows whether they mean the same person.
func NormEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Attachment names a part that is not read as text. Name is hostile input:
// never a path.
type Attachment struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	SizeBytes int64  `json:"size_bytes"`
}

// AuthResult is what a check said of the sender's domain. The zero value is
// the cautious one: nobody checked.
type AuthResult int

// The results of a check of the sender's domain (RFC 8601).
const (
	NotChecked AuthResult = iota // no trusted header says anything
	Pass                         // passed
	Fail                         // failed, or softfail
	Neutral                      // checked without a conclusion
)

// String returns the word used in records.
func (r AuthResult) String() string {
	return [...]string{"not checked", "pass", "fail", "neutral"}[r]
}

// Authentication is what the owner's own mail provider recorded about the
// sender when it received the message: the topmost Authentication-Results
// field of an authserv-id that is trusted (RFC 8601, 5), nothing else.
type Authentication struct {
	AuthServID  string     `json:"authserv_id,omitempty"`
	SPF         AuthResult `json:"spf"`
	DKIM        AuthResult `json:"dkim"`
	DMARC       AuthResult `json:"dmarc"`
	DKIMDomain  string     `json:"dkim_domain,omitempty"`
	SPFDomain   string     `json:"spf_domain,omitempty"`
	UntrustedBy string     `json:"untrusted_by,omitempty"` // authserv-id of a topmost field that was not trusted
}

// Ref says where a message lies on the server; the cursor of a
// sync is made of these (RFC 9051, 2.3.1.1).
type Ref struct {
	Folder      string `json:"folder"`
	UIDValidity uint32 `json:"uid_validity"`
	UID         uint32 `json:"uid"`
}

// Message is one mail as read. Every string in it is outside input: valid
// UTF-8, control characters removed, but otherwise hostile.
type Message struct {
	ID  int64 `json:"id"` // Greffier's own number, 0 until stored
	Ref Ref   `json:"ref"`

	// ReceivedAt is the server's receipt in UTC, from which every legal
	// clock runs: IMAP's INTERNALDATE, or the time of the topmost Received
	// field of the owner's own provider where that is earlier.
	ReceivedAt time.Time `json:"received_at"`
	// SentAt is the Date field, which the sender controls: evidence only.
	SentAt time.Time `json:"sent_at"`

	MessageID  string   `json:"message_id"`
	InReplyTo  []string `json:"in_reply_to,omitempty"`
	References []string `json:"references,omitempty"`

	From        []Address    `json:"from"`
	FromFields  int          `json:"from_fields"` // number of From header fields; other than 1 proves nothing about anybody
	ReplyTo     []Address    `json:"reply_to,omitempty"`
	To          []Address    `json:"to,omitempty"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text"` // plain text, hard-wrapped nowhere, at most MaxTextBytes
	Attachments []Attachment `json:"attachments,omitempty"`

	Auth Authentication `json:"auth"`

	AutoSubmitted bool `json:"auto_submitted,omitempty"` // auto-reply, bounce, receipt (RFC 3834)
	List          bool `json:"list,omitempty"`           // sent through a list or as a bulk mail (RFC 2369, 2919)
	Bounce        bool `json:"bounce,omitempty"`         // a delivery status notification (RFC 3464)
	Junk          bool `json:"junk,omitempty"`           // lay in the spam folder

	// Problems tells in short English words what could not be read
	// ("unknown charset x-foo", "not MIME"); the message is kept all the same.
	Problems []string `json:"problems,omitempty"`
	// Raw is the message as it came, kept only as evidence of a request.
	Raw []byte `json:"-"`
}

// MaxTextBytes is the most text of one message that is kept and read.
const MaxTextBytes = 256 << 10

// Sender returns the one address in the one From field, or false where the
// message names none or several: identity evidence needs exactly one
// (RFC 5322, 3.6.2 allows more, and forgers use it).
func (m Message) Sender() (Address, bool) {
	if m.FromFields != 1 || len(m.From) != 1 || m.From[0].Email == "" {
		return Address{}, false
	}
	return m.From[0], true
}

// Cursor remembers how far one folder was read.
type Cursor struct {
	Folder      string `json:"folder"`
	UIDValidity uint32 `json:"uid_validity"`
	UIDNext     uint32 `json:"uid_next"` // the lowest UID not yet read
}

// Source is where messages come from. Fetch calls got for each new message,
// oldest UID first within a folder, then done with the folder's new cursor
// after the folder was read whole; got and done return an error to stop. A
// message whose bytes cannot be parsed is handed over all the same, with
// Problems set and Raw whole. Cursors of folders that are not known are new
// folders. It never marks a message read, moves or deletes it.
type Source interface {
	Fetch(ctx context.Context, since []Cursor, got func(Message) error, done func(Cursor) error, report func(done, total int, note string)) error
}
