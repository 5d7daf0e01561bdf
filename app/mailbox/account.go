package mailbox

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Security is how a connection to a mail server is protected. The zero value is
// TLS.
type Security string

// The kinds of protection.
const (
	TLS      Security = "tls"      // TLS from the first byte (RFC 8314)
	StartTLS Security = "starttls" // TLS after STARTTLS; never without it
	Plain    Security = "plain"    // none: only to this computer
)

// Server is where a mail service is reached and how one enters. No secret.
type Server struct {
	Host     string   `json:"host"`
	Port     int      `json:"port"` // 0 means the usual port of the Security
	Security Security `json:"security"`
	User     string   `json:"user"`
}

// String names the server as host:port, or by the host alone where the port is
// the usual one; an IPv6 address stands in brackets.
func (s Server) String() string {
	host := s.Host
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	if s.Port == 0 {
		return host
	}
	return host + ":" + strconv.Itoa(s.Port)
}

// Loopback tells whether the server is this computer: only there may a
// connection go unprotected.
func (s Server) Loopback() bool {
	host := strings.Trim(strings.ToLower(strings.TrimSpace(s.Host)), "[]")
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// The ways to sign in.
const (
	ByPassword = "password" // a password, often one made for this program alone
	ByOAuth    = "oauth2"   // a token of the provider's (RFC 6749, 7628)
)

// The ways in which letters go out.
const (
	OutDrafts = "drafts" // laid into the Drafts folder: the owner looks and sends
	OutSMTP   = "smtp"   // sent by Greffier after the owner's click (RFC 6409)
)

// Account is how the owner's mailbox is entered. It holds no secret.
type Account struct {
	Address     string   `json:"address"` // the mailbox's own
	IMAP        Server   `json:"imap"`
	SMTP        Server   `json:"smtp"`     // Host "" for none
	SignIn      string   `json:"sign_in"`  // ByPassword or ByOAuth
	Provider    string   `json:"provider"` // of Providers; "" for another one
	ClientID    string   `json:"client_id,omitempty"`
	Out         string   `json:"out"`
	Folders     []string `json:"folders,omitempty"` // read; empty means those that Greffier chooses
	AuthServIDs []string `json:"authserv_ids,omitempty"`
	CAFile      string   `json:"ca_file,omitempty"`
}

// Secret is what signs in. It is kept in the vault only.
type Secret struct {
	Password string
	Token    Token
	// ClientSecret is of the owner's own registration at an OAuth provider.
	ClientSecret string
}

// Token is what an OAuth provider gave (RFC 6749).
type Token struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Expires time.Time `json:"expires"` // UTC
}

// Provider is a mail provider whose settings are known.
type Provider struct {
	ID      string   // "ovh"
	Name    string   // "OVHcloud"
	Domains []string // of addresses that it serves under its own name
	Account Account  // without address and user
	// OAuth tells that it can be signed in to by OAuth, OnlyOAuth that there is
	// no other way, AppPassword that the password is one made for one program,
	// at Help.
	OAuth, OnlyOAuth, AppPassword bool
	Help                          string // web page of the provider that tells how; "" for none
}

// Found is a proposal of settings for an address, and where it comes from.
type Found struct {
	Account Account
	From    string // "provider", "autoconfig", "srv", "mx", "guess"
	Tried   bool   // the server was there when it was looked for
}

// FolderKind is what a folder is for.
type FolderKind string

// The kinds of folder.
const (
	FolderOwn     FolderKind = "own" // made by the owner
	FolderInbox   FolderKind = "inbox"
	FolderJunk    FolderKind = "junk"
	FolderArchive FolderKind = "archive"
	FolderDrafts  FolderKind = "drafts"
	FolderSent    FolderKind = "sent"
	FolderOther   FolderKind = "other" // trash, views of all mail and the like
)

// Folder is one folder of the mailbox as the settings show it. Name is outside
// text and may name a person.
type Folder struct {
	Name     string
	Kind     FolderKind
	Messages int
	Read     bool // Greffier reads it, as the account says
}

// Looked is what a live test of an account found.
type Looked struct {
	Server  string // name and version that the server gives itself, "" when it gives none
	TLS     string // "TLS 1.3", "" without TLS
	Folders []Folder
	Drafts  bool // there is a folder for drafts
	Idle    bool // the server tells of new mail by itself
	SMTP    bool // the way out was tried and works; false where there is none
}

// Prompt is what an OAuth sign-in asks the owner to do: open Page, and type
// Code there where it is not empty (RFC 8628). Until is when it expires.
type Prompt struct {
	Page  string
	Code  string
	Until time.Time
}

// ErrNotFound says that no settings could be found for an address.
var ErrNotFound = errors.New("no mail settings were found")
