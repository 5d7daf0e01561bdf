package mailbox

import (
	"context"
	"errors"
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
	// OwnDKIM is what Greffier itself found of the signatures (RFC 6376): Pass
	// where one of a domain aligned with the From address covers the From field
	// and the whole body; Fail where one of such a domain does not verify;
	// NotChecked where no key could be had or nobody looked.
	OwnDKIM       AuthResult `json:"own_dkim,omitempty"`
	OwnDKIMDomain string     `json:"own_dkim_domain,omitempty"`
}

// Return is one recipient whom a mail did not reach, as a delivery status
// notification tells it (RFC 3464).
type Return struct {
	To        string `json:"to"`                   // the recipient's address
	Status    string `json:"status,omitempty"`     // "5.1.1" (RFC 3463)
	Permanent bool   `json:"permanent"`            // nothing more will be tried
	MessageID string `json:"message_id,omitempty"` // of the mail that came back
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
	Receipt       bool `json:"receipt,omitempty"`        // a read receipt (RFC 8098)
	Junk          bool `json:"junk,omitempty"`           // lay in the spam folder
	Sent          bool `json:"sent,omitempty"`           // lies in the folder of sent mail: the owner's own words
	// Partial tells that only the header and the parts that are text were read
	// from the server: Raw is empty.
	Partial bool `json:"partial,omitempty"`
	// Returned names whom a mail did not reach; filled for a Bounce.
	Returned []Return `json:"returned,omitempty"`

	// Problems tells in short English words what could not be read
	// ("unknown charset x-foo", "not MIME"); the message is kept all the same.
	Problems []string `json:"problems,omitempty"`
	// Print tells the same message, wherever it lies and however much of it was
	// read, from any other: a hash of the bytes of its header and of its size.
	// "" where it was not read from a server.
	Print string `json:"-"`
	// Raw is the message as it came, kept only as evidence of a request.
	Raw []byte `json:"-"`
}

// AttachmentLine is the line that stands in Text above the text of an attached
// document (PDF, DOCX and the like). name is the attachment's name, made safe.
func AttachmentLine(name string) string { return attachmentLine + name + " ----------" }

const attachmentLine = "---------- Attachment: "

// IsAttachmentLine tells whether a line of Text is such a line.
func IsAttachmentLine(line string) bool { return strings.HasPrefix(line, attachmentLine) }

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
	// MailboxID is what the server calls the folder whatever its name (RFC
	// 8474), "" where it does not say: how a renamed folder is known again.
	MailboxID string `json:"mailbox_id,omitempty"`
	// ModSeq is the highest modification sequence seen (RFC 7162), 0 where the
	// server keeps none.
	ModSeq uint64 `json:"mod_seq,omitempty"`
	// Was is the name under which the folder was known before, where it was
	// renamed: that cursor is to be forgotten.
	Was string `json:"-"`
}

// Reader is who takes what a Source fetches. Keep, Report and Known may be nil.
type Reader struct {
	// Keep says whether a message of which only header and text were read is to
	// be read whole, before Got has it. Small messages are whole in any case and
	// are not asked about; nil keeps nothing. Of sent mail (Sent) only the header
	// was read when Keep is asked, and what it does not want Got never sees.
	Keep func(Message) bool
	// Got takes a message, oldest UID first within a folder; an error stops.
	Got func(Message) error
	// Done takes a folder's new cursor, after each batch; an error stops. What
	// was got before it belongs to one transaction with it. The first one of a
	// renamed folder has Was.
	Done func(Cursor) error
	// Report tells how far the work is.
	Report func(done, total int, note string)
}

// Source is where messages come from. Fetch hands over each new message, then
// the folder's new cursor. A message whose bytes cannot be parsed is handed
// over all the same, with Problems set. Cursors of folders that are not known
// are new folders. It never marks a message read, moves or deletes it.
type Source interface {
	Fetch(ctx context.Context, since []Cursor, r Reader) error
}

// Watcher tells when mail comes in. Watch calls changed, on a goroutine of its
// own, when it begins and whenever a folder that is read may have something new
// (IDLE on the inbox, RFC 2177; by asking now and then for the other folders, and
// where the server has no IDLE), and returns when ctx ends (with ctx.Err()) or
// the connection does.
type Watcher interface {
	Watch(ctx context.Context, changed func()) error
}

// Rereader reads one message again, whole: where it lay, else wherever a folder
// has its Message-ID. ErrGone where the server has it no longer.
type Rereader interface {
	Read(ctx context.Context, ref Ref, messageID string) (Message, error)
}

// ErrGone says that a message is no longer on the server.
var ErrGone = errors.New("the message is no longer in the mailbox")

// ErrUncertain says that the connection broke off while a mail was handed over
// for sending: it may have gone out or not.
var ErrUncertain = errors.New("it is not known whether the mail went out")
