package app

import (
	"context"
	"io"
	"time"

	"greffier/app/agenda"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// Store keeps a profile's records. Update is one transaction: all that f does
// through Tx happens, or nothing. View is one unchanging look.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
	Check(ctx context.Context) error // the file is whole
	Scrub(ctx context.Context) error // nothing forgotten lingers in the log
}

// Tx is one transaction over the store.
type Tx interface {
	OrderBook
	Memory
	MailBook
	CaseBook
	RunBook
	RecordBook
	Journal
}

// OrderBook keeps orders and holds on them.
type OrderBook interface {
	PutOrder(o order.Order) (id int64, isNew, changed bool, err error)
	Order(id int64) (order.Order, error)
	Orders() ([]order.Order, error)
	EachOrder(f func(order.Order) error) error
	CountOrders() (int, error)
	MarkSeen(shop string, refs []string, reading int64) error
	Unseen(shop string, reading int64) ([]int64, error)
	SetGone(ids []int64) error
	OrdersByNumber(number string) ([]order.Order, error)
	OrdersByEmail(email string) ([]order.Order, error)
	ErasedAt() (map[int64]time.Time, error)
	PutHold(h plan.Hold) (int64, error)
	LiftHold(id int64) error
	Holds() ([]plan.Hold, error)
}

// Memory forgets what was erased and remembers that it was, by tombstones.
type Memory interface {
	ForgetMedia(order int64, at time.Time, run int64) (hash string, err error)
	ForgetOrder(order int64, at time.Time, run int64) (hash string, err error)
	ForgetPerson(email string, at time.Time, run int64) (hash string, err error)
	Tombstones() ([]evidence.Tombstone, error)
	// PersonHash is what a tombstone of the person of that address has for its
	// Hash; KeyedHash hashes a value under the profile's key for any other
	// purpose. Neither can be turned back without the key.
	PersonHash(email string) string
	KeyedHash(purpose, value string) string
}

// MailBook keeps messages and how far the mailbox was read.
type MailBook interface {
	PutMessage(j request.Judged) (id int64, isNew bool, err error)
	UpdateMessage(j request.Judged) error
	Message(id int64) (request.Judged, error)
	Messages(kind request.Kind, limit int) ([]request.Judged, error)
	Corrected() ([]request.Judged, error)
	Raw(id int64) ([]byte, error)
	DropRaw(id int64) error
	CaseMessages(caseID int64) ([]request.Judged, error)
	CaseOfThread(messageIDs []string) (int64, error)
	CountMessages() (map[request.Kind]int, error)
	LastFrom(email string) (time.Time, error)
	ProviderMarks() (bool, error)
	Cursors() ([]mailbox.Cursor, error)
	PutCursor(c mailbox.Cursor) error
}

// CaseBook keeps cases.
type CaseBook interface {
	NewCase(c cases.Case) (cases.ID, error)
	DropCase(id int64) error // one that was opened by mistake
	PutCase(c cases.Case) error
	ReduceCase(c cases.Case) error // PutCase, and what went opens from no older copy
	Case(id cases.ID) (cases.Case, error)
	Cases() ([]cases.Case, error)
	CasesByEmail(email string) ([]cases.Case, error)
}

// RunBook keeps erasure runs and their steps.
type RunBook interface {
	BeginRun(r erasure.Record, steps []erasure.Step) (int64, error)
	MarkSteps(run int64, steps []erasure.Step) error
	PutRun(r erasure.Record) error
	Run(id int64) (erasure.Record, error)
	Runs() ([]erasure.Record, error)
	OpenRuns() ([]erasure.Record, error)
	Steps(run int64) ([]erasure.Step, error)
}

// RecordBook keeps the records of the registers and settings.
type RecordBook interface {
	Records(register string) ([]register.Stored, error)
	PutRecord(register, id string, json []byte, at time.Time) error
	DeleteRecord(register, id string) error
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// Journal is the append-only, hash-chained journal.
type Journal interface {
	Append(e evidence.Entry) (evidence.Entry, error)
	Head() (seq int64, hash string, err error)
	Anchor() (evidence.Anchor, bool, error) // the last entry written, kept apart
	Journal(limit int) ([]evidence.Entry, error)
	JournalAfter(seq int64) ([]evidence.Entry, error)
}

// Mailbox is the owner's mailbox: it is read, and replies are laid into its
// Drafts folder. It may also be a mailbox.Watcher and a mailbox.Rereader.
type Mailbox interface {
	mailbox.Source
	SaveDraft(ctx context.Context, raw []byte) error
}

// Postman sends a composed mail. An error that matches mailbox.ErrUncertain
// says that nobody knows whether it went out; after any other one it did not.
type Postman interface {
	Send(ctx context.Context, raw []byte) error
}

// MailSetup finds, tries and keeps the settings of the mailbox. Secrets go to
// the vault and never come back.
type MailSetup interface {
	Providers() []mailbox.Provider
	Account() (mailbox.Account, bool)
	// Discover proposes settings for an address, the best first.
	Discover(ctx context.Context, address string) ([]mailbox.Found, error)
	// Try signs in and looks around; it changes and keeps nothing. An empty
	// secret means the one that is kept.
	Try(ctx context.Context, a mailbox.Account, s mailbox.Secret) (mailbox.Looked, error)
	// SignIn gets a token in the system's browser; show is called with what the
	// owner has to do. Nothing is kept.
	SignIn(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error)
	// Save keeps the settings and returns the connections made of them.
	Save(ctx context.Context, a mailbox.Account, s mailbox.Secret) (Mailbox, Postman, Connection, error)
	// Remove forgets the mailbox and its secrets.
	Remove() error
}

// Outgoing is a letter to be written as mail.
type Outgoing struct {
	From, To   mailbox.Address
	Subject    string
	Text       string
	InReplyTo  []string // Message-IDs (RFC 5322, 3.6.4)
	References []string
	MessageID  string // of this letter
	At         time.Time
}

// Composer writes a letter as an Internet message (RFC 5322).
type Composer func(Outgoing) ([]byte, error)

// Printer prints documents to files.
type Printer interface {
	// PDF prints one document, or several bound as one, to a new file.
	PDF(path string, docs []register.Document) error
	CSV(path string, doc register.Document, style CSVStyle) error
	JSON(path string, doc register.Document) error
	// ODS prints the register of processing activities as the CNIL's spreadsheet.
	ODS(path string, doc register.Document) error
	// Calendar writes a calendar file (RFC 5545) in place of an older one.
	Calendar(path string, c agenda.Calendar) error
}

// Paper writes documents to a stream, for what is never a file of its own.
type Paper interface {
	WritePDF(w io.Writer, docs []register.Document) error
	WriteCSV(w io.Writer, doc register.Document) error
}

// Packer writes the file or folder in which the copy of a person's data goes
// out. Begin works in a folder of its own, which Sweep removes, with what an
// earlier try left beside path. Hash is what Sealed tells, of what lies at path
// now; an error that matches fs.ErrNotExist says that nothing does. Remove
// removes what was placed, of a folder only the files named, and tells how many
// others are left there.
type Packer interface {
	Begin(work, format, passphrase string) (Package, error)
	Hash(path, format string) (string, error)
	Remove(path, format string, files []string) (left int, err error)
	Sweep(work, path string) error
}

// Package is a copy under way. Nothing of it is at its place before Place.
type Package interface {
	Add(name string, modified time.Time, from io.Reader) (PackedFile, error)
	Seal() (Sealed, error)
	Place(path string) error // after Seal
	Abort()
}

// PackedFile is one file of a copy; Name is the one that it was given.
type PackedFile struct {
	Name      string
	SizeBytes int64
	SHA256    string
}

// Sealed is a whole copy: its size and hash.
type Sealed struct {
	SizeBytes int64
	SHA256    string
}

// Texts are the texts for paper and mail, by language.
type Texts interface {
	cases.Letters
	Text(lang, key string, args map[string]any) string
}

// Archive makes backups of the whole profile.
type Archive interface {
	Backup(ctx context.Context, path string) error
}

// Checker tries a connection live and tells in a few words what it found.
type Checker func(ctx context.Context) (detail, tls string, err error)

// Connection is a service of the profile with what is shown of it.
type Connection struct {
	Kind, Name, Address string
	Check               Checker
	// Safe is what a use that went well proves of the way there, because the
	// connector refuses anything less: "TLS 1.2", "loopback" or "local".
	Safe string
}

// Deps is everything that the façade works with.
type Deps struct {
	Store Store
	Now   func() time.Time
	// Ahead tells by how much the machine's clock is ahead of the servers that
	// were asked of late; nil where nobody can tell.
	Ahead   func() (ahead time.Duration, known bool)
	Zone    *time.Location
	Lang    string // of the owner: "fr" or "en"
	Dir     string // the profile's folder
	OutDir  string // where printed files go
	Demo    bool
	KeyFrom string
	Owner   register.Controller
	Shops   []order.Source
	Mailbox Mailbox // nil where the profile has none
	Postman Postman // nil where letters are only laid into Drafts
	// Mail finds and keeps the settings of the mailbox; nil where it cannot.
	Mail    MailSetup
	Compose Composer
	// Signatures checks the DKIM signatures of a mail (RFC 6376) for the domain
	// of its sender's address; nil where nobody does.
	Signatures func(ctx context.Context, raw []byte, from string) (mailbox.AuthResult, string)
	Storages   map[string]erasure.Storage
	// Desks are the shops whose records can be erased, by the shop's name.
	Desks    map[string]erasure.Desk
	Locators []plan.Locator
	Bases    []plan.Base
	Services []Connection
	Printer  Printer
	Desktop  Desktop
	// Scheduler keeps the entry of the operating system that runs sweeps; nil
	// where it cannot.
	Scheduler Scheduler
	Version   string      // of the program
	Visitor   SiteVisitor // looks at the shop's site; nil where nobody can
	// Documents returns the words of a document by the ending of its name; nil
	// where nobody reads any.
	Documents func(name string, content []byte) (string, error)
	// Signer signs what is printed, Stamper talks to a timestamp authority; nil
	// where the profile has none.
	Signer  Signer
	Stamper Stamper
	// Paper and Packer make the copies for a person; CopySchema is the JSON
	// Schema of their data.json.
	Paper      Paper
	Packer     Packer
	CopySchema []byte
	Texts      Texts
	Archive    Archive
	// Vault changes the keys and keeps the backups; nil where it cannot.
	Vault Vault
	// Territory is where the owner acts, for public holidays; "" is
	// metropolitan France.
	Territory law.Territory
	// Today overrides the date of today where a command asks for another day;
	// nil is the date of Now in Zone.
	Today func() law.Date
	// Remember is called with the tombstones of each erasure, so that they
	// outlive the store itself. It is called inside the transaction.
	Remember func([]evidence.Tombstone) error
	// SaveLocators and SaveColumns keep in the profile's file what the owner
	// says of where the photos are and of the columns of a shop's file.
	SaveLocators func([]plan.Locator) error
	// Connector tries and keeps shops and storages, ReadMail reads a mail from a
	// file; nil where nobody can.
	Connector   Connector
	ReadMail    func(path string) (mailbox.Message, error)
	SaveColumns func(shop string, mapping map[string]string) error
}
