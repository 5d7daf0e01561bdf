package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	stdmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"greffier/app/guard"
	"greffier/app/mailbox"
	"greffier/data/reach"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"
)

// The bounds of a search.
const (
	findTime       = 20 * time.Second // for all of it
	dnsTime        = 5 * time.Second
	fetchTime      = 8 * time.Second
	probeTime      = 6 * time.Second
	maxConfigBytes = 256 << 10
	maxServers     = 20 // of one kind, in one file
	maxRecords     = 10 // of one kind, in DNS
	maxHops        = 3
)

// ispdb is Thunderbird's public list of providers.
const ispdb = "https://autoconfig.thunderbird.net/v1.1/"

// Resolver is what is asked of DNS; *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// Finder finds the settings of a mailbox by its address. The zero value works.
type Finder struct {
	DNS Resolver // nil for the system's
	// Dial opens connections, also those of HTTPS; nil for the system's.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Roots *x509.CertPool // nil for the system's
}

// Discover proposes settings for an address, the best first, from what the
// owner's domain, Thunderbird's list and the table of providers say, and lastly
// from the usual names of servers. The complete address is sent to servers of
// its own domain only, Thunderbird's list is asked for the domain, and only
// where the domain itself says nothing.
//
// DNS is believed without proof: a proposal may name servers that lie outside
// of the domain, and is to be used only after the owner saw and chose it. No
// password is sent. Errors: ErrAddress, ErrNothingFound, ErrUnreachable when this
// computer seems to be offline, ctx.Err().
func (f *Finder) Discover(ctx context.Context, address string) ([]mailbox.Found, error) {
	address, local, domain, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	if p, ok := byDomain(domain); ok {
		return []mailbox.Found{{Account: p.account(address), From: "provider"}}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	who := owner{address: address, local: local, domain: domain}
	var own, wellKnown, srv, mx, guess []mailbox.Found
	var down bool
	together(
		func() { own = f.autoconfig(ctx, who, "https://autoconfig."+domain+"/mail/config-v1.1.xml", true) },
		func() {
			wellKnown = f.autoconfig(ctx, who, "https://"+domain+"/.well-known/autoconfig/mail/config-v1.1.xml", true)
		},
		func() { srv = f.bySRV(ctx, who) },
		func() { mx, down = f.byMX(ctx, who) },
		func() { guess = f.guess(ctx, who) },
	)
	own = append(own, wellKnown...)
	if len(own)+len(mx) == 0 {
		own = f.autoconfig(ctx, who, ispdb+domain, false)
	}
	if err := outer.Err(); err != nil {
		return nil, err
	}
	var found []mailbox.Found
	for _, p := range slices.Concat(own, srv, mx, guess) {
		same := func(o mailbox.Found) bool {
			return o.Account.IMAP.Host == p.Account.IMAP.Host && o.Account.IMAP.Port == p.Account.IMAP.Port
		}
		if i := slices.IndexFunc(found, same); i >= 0 {
			// A second source may know the way out that the first one left open.
			found[i].Tried = found[i].Tried || p.Tried
			if found[i].Account.SMTP.Host == "" {
				found[i].Account.SMTP = p.Account.SMTP
			}
			continue
		}
		found = append(found, p)
	}
	f.tryOwn(ctx, domain, found)
	if err := outer.Err(); err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0 && down:
		return nil, fmt.Errorf("look for mail settings: %w: no answer of DNS", ErrUnreachable)
	case len(found) == 0:
		return nil, ErrNothingFound
	}
	return found, nil
}

// owner is whose settings are looked for.
type owner struct{ address, local, domain string }

// account is an account with these servers; where they are a known provider's,
// it is told.
func (o owner) account(imap, smtp mailbox.Server) mailbox.Account {
	a := mailbox.Account{Address: o.address, IMAP: imap, SMTP: smtp, SignIn: mailbox.ByPassword, Out: mailbox.OutDrafts}
	if p, ok := byHost(imap.Host); ok {
		a.Provider, a.SignIn = p.ID, p.Account.SignIn
	}
	return a
}

// splitAddress accepts one plain address and gives its parts, the domain as DNS
// wants it.
func splitAddress(s string) (address, local, domain string, err error) {
	s = strings.TrimSpace(s)
	parsed, err := stdmail.ParseAddress(s)
	if err != nil || parsed.Address != s || len(s) > 320 || cleanLine(s, 320) != s {
		return "", "", "", ErrAddress
	}
	local, domain = s[:strings.LastIndexByte(s, '@')], s[strings.LastIndexByte(s, '@')+1:]
	ascii, ok := hostName(domain)
	if !ok || strings.ContainsAny(local, "\" \\") {
		return "", "", "", ErrAddress
	}
	return local + "@" + domain, local, ascii, nil
}

// hostName spells the name of a host as DNS wants it. Numbers and names without
// a dot are none: they could only lead to a place that is not the provider's.
func hostName(s string) (string, bool) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(s), "."))
	ascii = strings.ToLower(ascii)
	if err != nil || len(ascii) > 253 || !strings.Contains(ascii, ".") || net.ParseIP(ascii) != nil || within(ascii, "localhost") {
		return "", false
	}
	for l := range strings.SplitSeq(ascii, ".") {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	return ascii, strings.Trim(last, "0123456789") != ""
}

// together runs functions at the same time and waits for all.
func together(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(func() { _ = guard.Run(func() error { f(); return nil }) }) // what one finds is not missed by the others
	}
	wg.Wait()
}

// autoconfig reads one file of Thunderbird's format. withAddress adds the
// complete address, as the format's specification wants it.
func (f *Finder) autoconfig(ctx context.Context, o owner, page string, withAddress bool) []mailbox.Found {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	if withAddress {
		page += "?emailaddress=" + url.QueryEscape(o.address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil
	}
	// No name of the program: it is nobody's business.
	req.Header.Set("User-Agent", "")
	tr := &http.Transport{DialContext: f.Dial, TLSClientConfig: &tls.Config{RootCAs: f.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: fetchTime,
		DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	if f.Dial == nil {
		tr.Proxy = http.ProxyFromEnvironment
	}
	// The domain is of the address, and a redirect of whoever answers there.
	var way http.RoundTripper = tr
	if f.Dial == nil {
		way = reach.Guard(tr)
	}
	client := &http.Client{Transport: way, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxHops || r.URL.Scheme != "https" {
			return errors.New("redirected too often, or to a place without TLS")
		}
		r.Header.Del("Referer") // it holds the address
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxConfigBytes+1))
	if err != nil || len(body) > maxConfigBytes {
		return nil
	}
	return parseAutoconfig(body, o)
}

// clientConfig is what is read of Thunderbird's config-v1.1.xml.
type clientConfig struct {
	XMLName  xml.Name `xml:"clientConfig"`
	Provider []struct {
		Incoming []configServer `xml:"incomingServer"`
		Outgoing []configServer `xml:"outgoingServer"`
	} `xml:"emailProvider"`
}

type configServer struct {
	Type     string   `xml:"type,attr"`
	Host     string   `xml:"hostname"`
	Port     string   `xml:"port"`
	Socket   string   `xml:"socketType"`
	User     string   `xml:"username"`
	Auth     []string `xml:"authentication"`
	Password string   `xml:"password"` // some files carry one: never used
}

// parseAutoconfig reads a config-v1.1.xml: its IMAP servers with TLS, each with
// the first way out that has it too.
func parseAutoconfig(raw []byte, o owner) []mailbox.Found {
	if len(raw) > maxConfigBytes || !shallow(raw) {
		return nil
	}
	var c clientConfig
	if err := xml.Unmarshal(raw, &c); err != nil || len(c.Provider) == 0 {
		return nil
	}
	p := c.Provider[0]
	var out mailbox.Server
	for _, s := range p.Outgoing[:min(len(p.Outgoing), maxServers)] {
		if server, _, ok := s.server("smtp", o); ok {
			out = server
			break
		}
	}
	var found []mailbox.Found
	for _, s := range p.Incoming[:min(len(p.Incoming), maxServers)] {
		in, oauth, ok := s.server("imap", o)
		if !ok {
			continue
		}
		a := o.account(in, out)
		if oauth {
			if _, known := Endpoints[a.Provider]; !known {
				continue // only by a sign-in that Greffier does not know
			}
			a.SignIn = mailbox.ByOAuth
		}
		found = append(found, mailbox.Found{Account: a, From: "autoconfig"})
	}
	return found
}

// shallow tells whether XML is nested no deeper than the format can be, and
// carries no definitions of its own.
func shallow(raw []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for depth := 0; ; {
		t, err := d.RawToken()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return false
		}
		if depth > 20 {
			return false
		}
	}
}

// server is what the file says of one server, where it can be used; oauth tells
// that no password is taken.
func (s configServer) server(kind string, o owner) (server mailbox.Server, oauth, ok bool) {
	fill := strings.NewReplacer("%EMAILADDRESS%", o.address, "%EMAILLOCALPART%", o.local, "%EMAILDOMAIN%", o.domain)
	text := func(s string) string { return strings.TrimSpace(s) }
	server.Host, ok = hostName(fill.Replace(text(s.Host)))
	if !ok || text(s.Type) != kind {
		return mailbox.Server{}, false, false
	}
	port, err := strconv.Atoi(text(s.Port))
	if err != nil || port < 1 || port > 65535 {
		return mailbox.Server{}, false, false
	}
	server.Port = port
	switch strings.ToUpper(text(s.Socket)) {
	case "SSL":
		server.Security = TLS
	case "STARTTLS":
		server.Security = StartTLS
	default:
		return mailbox.Server{}, false, false
	}
	server.User = fill.Replace(text(s.User))
	if server.User == "" {
		server.User = o.address
	}
	if len(server.User) > 320 || cleanLine(server.User, 320) != server.User {
		return mailbox.Server{}, false, false
	}
	password := len(s.Auth) == 0
	for _, a := range s.Auth {
		switch strings.ToLower(text(a)) {
		case "password-cleartext", "plain", "password-encrypted", "secure":
			password = true // within TLS in any case
		case "oauth2":
			oauth = true
		}
	}
	return server, oauth && !password, password || oauth
}

// bySRV asks DNS for the services of RFC 6186 and 8314.
func (f *Finder) bySRV(ctx context.Context, o owner) []mailbox.Found {
	services := []struct {
		name     string
		security Security
	}{{"imaps", TLS}, {"imap", StartTLS}, {"submissions", TLS}, {"submission", StartTLS}}
	got := make([][]mailbox.Server, len(services))
	var fs []func()
	for i, s := range services {
		fs = append(fs, func() { got[i] = f.lookupSRV(ctx, s.name, s.security, o) })
	}
	together(fs...)
	var out mailbox.Server
	if ways := slices.Concat(got[2], got[3]); len(ways) > 0 {
		out = ways[0]
	}
	var found []mailbox.Found
	for _, in := range slices.Concat(got[0], got[1]) {
		found = append(found, mailbox.Found{Account: o.account(in, out), From: "srv"})
	}
	return found
}

func (f *Finder) lookupSRV(ctx context.Context, service string, security Security, o owner) (out []mailbox.Server) {
	ctx, cancel := context.WithTimeout(ctx, dnsTime)
	defer cancel()
	_, list, err := f.dns().LookupSRV(ctx, service, "tcp", o.domain+".") // a dot: never below a domain of this computer's
	if err != nil && len(list) == 0 {
		return nil
	}
	for _, r := range list[:min(len(list), maxRecords)] {
		// A lonely dot says that there is no such service; it is no name of a
		// host either.
		if host, ok := hostName(r.Target); ok && r.Port > 0 {
			out = append(out, mailbox.Server{Host: host, Port: int(r.Port), Security: security, User: o.address})
		}
	}
	return out
}

func (f *Finder) dns() Resolver {
	if f.DNS == nil {
		return net.DefaultResolver
	}
	return f.DNS
}

// byMX proposes the settings of the provider that receives the domain's mail.
// down tells that DNS did not answer.
func (f *Finder) byMX(ctx context.Context, o owner) (found []mailbox.Found, down bool) {
	ctx, cancel := context.WithTimeout(ctx, dnsTime)
	defer cancel()
	list, err := f.dns().LookupMX(ctx, o.domain+".")
	if err != nil && len(list) == 0 {
		var unknown *net.DNSError
		return nil, !errors.As(err, &unknown) || !unknown.IsNotFound
	}
	for _, r := range list[:min(len(list), maxRecords)] {
		if ps := byMX(r.Host); len(ps) > 0 {
			for _, p := range ps {
				found = append(found, mailbox.Found{Account: p.account(o.address), From: "mx"})
			}
			return found, false
		}
	}
	return nil, false
}

// guess tries the usual names of servers within the domain.
func (f *Finder) guess(ctx context.Context, o owner) (found []mailbox.Found) {
	server := func(name string, port int, security Security) mailbox.Server {
		return mailbox.Server{Host: name + "." + o.domain, Port: port, Security: security, User: o.address}
	}
	in := []mailbox.Server{server("imap", 993, TLS), server("mail", 993, TLS)}
	out := []mailbox.Server{server("smtp", 465, TLS), server("mail", 465, TLS), server("smtp", 587, StartTLS), server("mail", 587, StartTLS)}
	inThere, outThere := make([]bool, len(in)), make([]bool, len(out))
	var fs []func()
	for i, s := range in {
		fs = append(fs, func() { inThere[i] = f.imapThere(ctx, s) })
	}
	for i, s := range out {
		fs = append(fs, func() { outThere[i] = f.smtpThere(ctx, s) })
	}
	together(fs...)
	var way mailbox.Server
	if i := slices.Index(outThere, true); i >= 0 {
		way = out[i]
	}
	for i, s := range in {
		if inThere[i] {
			found = append(found, mailbox.Found{Account: o.account(s, way), From: "guess", Tried: true})
		}
	}
	return found
}

// tryOwn marks the proposals whose server answers, where it is the domain's own
// or a provider's that is known. Others are not even knocked at before the
// owner chose them.
func (f *Finder) tryOwn(ctx context.Context, domain string, found []mailbox.Found) {
	var fs []func()
	for i := range found {
		p := &found[i]
		_, known := byHost(p.Account.IMAP.Host)
		if s := p.Account.IMAP; !p.Tried && s.Security == TLS && (known || within(s.Host, domain)) {
			fs = append(fs, func() { p.Tried = f.imapThere(ctx, s) })
		}
	}
	together(fs...)
}

// dial opens a connection, and closes it when the time is over.
func (f *Finder) dial(ctx context.Context, s mailbox.Server) (net.Conn, error) {
	dial := f.Dial
	if dial == nil {
		dial = reach.Dialer(0).DialContext // what a stranger proposes
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn, nil
}

func (f *Finder) tls(host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: f.Roots, MinVersion: tls.VersionTLS12}
}

// imapThere tells whether an IMAP server greets over TLS with a certificate for
// its name.
func (f *Finder) imapThere(ctx context.Context, s mailbox.Server) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel() // closes the connection
	conn, err := f.dial(ctx, s)
	if err != nil {
		return false
	}
	var greeting [5]byte
	_, err = io.ReadFull(tls.Client(conn, f.tls(s.Host)), greeting[:])
	return err == nil && string(greeting[:]) == "* OK "
}

// smtpThere tells whether an SMTP server greets, with TLS and a certificate for
// its name.
func (f *Finder) smtpThere(ctx context.Context, s mailbox.Server) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	conn, err := f.dial(ctx, s)
	if err != nil {
		return false
	}
	var c *smtp.Client
	if s.Security == StartTLS {
		if c, err = smtp.NewClientStartTLS(conn, f.tls(s.Host)); err != nil {
			return false
		}
	} else {
		c = smtp.NewClient(tls.Client(conn, f.tls(s.Host)))
	}
	if err := c.Hello(helo); err != nil {
		return false
	}
	c.Quit()
	return true
}
