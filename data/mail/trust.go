package mail

import (
	"net"
	"strings"
	"time"

	"greffier/app/mailbox"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Trust says whose words about a message are believed: the owner's own mail
// provider, nobody else. The zero value believes nobody.
type Trust struct {
	// AuthServIDs are authserv-ids believed as they stand (RFC 8601, 2.5).
	AuthServIDs []string
	// Domains are domains of the provider and of the mailbox's own address:
	// an authserv-id or a receiving host under the same registrable domain is
	// believed.
	Domains []string
}

// providerIDs are the authserv-ids of providers that sign under another domain
// than the one their IMAP server has.
var providerIDs = map[string]string{
	"gmail.com":      "mx.google.com",
	"googlemail.com": "mx.google.com",
}

// TrustOf is the trust that the settings of a mailbox imply: the domains of its
// IMAP host and of its address, and the authserv-ids that the owner added.
func TrustOf(host, address string, authServIDs []string) Trust {
	t := Trust{}
	for _, id := range authServIDs {
		if id = normHost(id); id != "" {
			t.AuthServIDs = append(t.AuthServIDs, id)
		}
	}
	for _, d := range []string{host, domainOf(address)} {
		d = normHost(d)
		if d == "" || net.ParseIP(strings.Trim(d, "[]")) != nil {
			continue
		}
		t.Domains = append(t.Domains, d)
		if id := providerIDs[registrable(d)]; id != "" {
			t.AuthServIDs = append(t.AuthServIDs, id)
		}
	}
	return t
}

// believes tells whether a host or authserv-id is the provider's.
func (t Trust) believes(id string) bool {
	id = normHost(id)
	if id == "" {
		return false
	}
	for _, a := range t.AuthServIDs {
		if id == normHost(a) {
			return true
		}
	}
	for _, d := range t.Domains {
		if d = normHost(d); d == "" {
			continue
		}
		if id == d || strings.HasSuffix(id, "."+d) || aligned(id, d) {
			return true
		}
	}
	return false
}

// normHost brings a host or domain to the form in which it is compared.
func normHost(s string) string {
	s = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if a, err := idna.Lookup.ToASCII(s); err == nil {
		return a
	}
	return s
}

// registrable is the domain that somebody registered: example.co.uk for
// mail.example.co.uk; empty for a public suffix, an address or nonsense.
func registrable(host string) string {
	host = normHost(host)
	if !strings.Contains(host, ".") || net.ParseIP(host) != nil {
		return ""
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return d
}

// aligned is the relaxed alignment of DMARC (RFC 7489, 3.1): the same
// registrable domain.
func aligned(a, b string) bool {
	ra, rb := registrable(a), registrable(b)
	return ra != "" && ra == rb
}

// domainOf returns the domain of an address, or of what is a domain already.
func domainOf(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "<>\"")
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	return normHost(s)
}

// authentication reads the topmost Authentication-Results field, and believes
// it only when the owner's provider wrote it: a sender can put any number of
// such fields below (RFC 8601, 5). A pass counts only for the domain of the
// From address, else a forger's own domain would vouch for him.
func authentication(h *head, from string, trust Trust) mailbox.Authentication {
	v := h.get("authentication-results")
	if v == "" {
		return mailbox.Authentication{}
	}
	id, results, err := authres.Parse(plainResults(v))
	id = cleanLine(id, 255)
	if err != nil && id == "" || !trust.believes(id) {
		if id == "" {
			id = "unreadable"
		}
		return mailbox.Authentication{UntrustedBy: id}
	}
	a := mailbox.Authentication{AuthServID: id}
	domain := domainOf(from)
	for _, r := range results {
		switch r := r.(type) {
		case *authres.DKIMResult:
			d := r.Domain
			if d == "" {
				d = r.Identifier
			}
			d = cleanLine(domainOf(d), 255)
			got := verdict(r.Value, from != "" && aligned(d, domain))
			// Several signatures: the one that proves most speaks.
			if a.DKIM == mailbox.NotChecked || rank(got) > rank(a.DKIM) {
				a.DKIM, a.DKIMDomain = got, d
			}
		case *authres.SPFResult:
			d := r.From
			if d == "" {
				d = r.Helo
			}
			d = cleanLine(domainOf(d), 255)
			got := verdict(r.Value, from != "" && r.From != "" && aligned(d, domain))
			if a.SPF == mailbox.NotChecked || rank(got) > rank(a.SPF) {
				a.SPF, a.SPFDomain = got, d
			}
		case *authres.DMARCResult:
			if a.DMARC != mailbox.NotChecked {
				continue // one From, one result: a second is not to improve on the first
			}
			d := domainOf(r.From)
			a.DMARC = verdict(r.Value, from != "" && (d == "" || d == domain || aligned(d, domain)))
		}
	}
	return a
}

// rank orders results by how much they prove.
func rank(r mailbox.AuthResult) int {
	return map[mailbox.AuthResult]int{mailbox.NotChecked: 0, mailbox.Fail: 1, mailbox.Neutral: 2, mailbox.Pass: 3}[r]
}

// verdict translates a result; a pass of a domain that is not aligned proves
// nothing about the sender.
func verdict(v authres.ResultValue, isAligned bool) mailbox.AuthResult {
	switch v {
	case authres.ResultPass:
		if isAligned {
			return mailbox.Pass
		}
		return mailbox.Neutral
	case authres.ResultFail, authres.ResultHardFail, authres.ResultSoftFail:
		return mailbox.Fail
	}
	return mailbox.Neutral
}

// plainResults removes comments and opens quoted strings of an
// Authentication-Results value, so that words which the sender chose (an
// envelope address, a reason) cannot add a result of their own: inside quotes,
// separators and spaces become "_".
func plainResults(v string) string {
	v, _ = asUTF8([]byte(v))
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
			if quoted && depth == 0 {
				b.WriteByte('_')
			}
		case depth > 0:
			if c == '(' {
				depth++
			} else if c == ')' {
				if depth--; depth == 0 {
					b.WriteByte(' ')
				}
			}
		case c == '"':
			quoted = !quoted
		case quoted:
			if c == ';' || c == '=' || c <= ' ' {
				c = '_'
			}
			b.WriteByte(c)
		case c == '(':
			depth = 1
		case c == '\t' || c == '\r' || c == '\n':
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	// "dkim = pass" and "dkim/1=pass" are allowed by RFC 8601, 2.2.
	parts := strings.Split(b.String(), ";")
	for i, p := range parts {
		p = strings.Join(strings.Fields(p), " ")
		p = strings.ReplaceAll(strings.ReplaceAll(p, " =", "="), "= ", "=")
		method, rest, ok := strings.Cut(p, "=")
		if ok && i > 0 {
			method, _, _ = strings.Cut(method, "/")
			p = method + "=" + rest
		}
		parts[i] = p
	}
	return strings.Join(parts, ";")
}

// Received is when the owner's server received the message, in UTC: INTERNALDATE,
// or the time of the topmost Received field where the provider wrote that field
// and it is earlier (a mailbox that was moved to another server has younger
// INTERNALDATEs). Every legal clock runs from it (GDPR Art. 12(3)).
func Received(raw []byte, internalDate time.Time, trust Trust) time.Time {
	h, _ := splitHead(headOf(raw), false)
	return received(&h, internalDate, trust)
}

// headOf bounds what is scanned for a header.
func headOf(raw []byte) []byte { return raw[:min(len(raw), 1<<20)] }

func received(h *head, internalDate time.Time, trust Trust) time.Time {
	at := internalDate
	if !at.IsZero() {
		at = at.UTC()
	}
	v := h.get("received")
	i := strings.LastIndexByte(v, ';')
	if i < 0 {
		return at
	}
	words := strings.Fields(withoutComments(v[:i]))
	by := ""
	for j := 0; j+1 < len(words); j++ {
		if strings.EqualFold(words[j], "by") {
			by = words[j+1]
			break
		}
	}
	if !trust.believes(by) {
		return at
	}
	t, ok := headerDate(withoutComments(v[i+1:]))
	if ok && (at.IsZero() || t.Before(at)) {
		return t
	}
	return at
}

// withoutComments removes RFC 5322 comments.
func withoutComments(v string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				b.WriteByte(' ')
			}
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
