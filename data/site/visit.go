package site

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/html/charset"

	"greffier/app/promise"
	"greffier/data/reach"
)

// The bounds of one visit.
const (
	maxRequests = 8       // guesses at the policy's address and redirects included
	maxBody     = 2 << 20 // bytes of one page, unpacked
	maxHeader   = 64 << 10
	maxFound    = 200
	pageTimeout = 20 * time.Second
	allTimeout  = 3 * time.Minute
)

// agent is how Greffier names itself.
const agent = "Mozilla/5.0 (compatible; Greffier site check)"

// The errors of a visit.
var (
	// ErrNoSite says that the profile names no site that could be visited.
	ErrNoSite = errors.New("the profile names no site")
	// ErrPrivate says that the site's name leads into a private network.
	ErrPrivate = errors.New("the site leads into a private network")
	// ErrAway says that the site does not answer.
	ErrAway = errors.New("the site cannot be reached")
)

// Visitor visits a site. The zero value is ready for use.
type Visitor struct {
	Now   func() time.Time
	Pause time.Duration  // between two requests; 0 is half a second, less than 0 none
	Roots *x509.CertPool // nil is the system's
	// Browser is the program that loads the pages, "" where none is to be used;
	// [FindBrowser] looks for one.
	Browser string
}

// Visit visits the site's home page and a few more of its pages, and tells what
// a visitor met who consented to nothing. It returns ErrNoSite, ErrPrivate and
// ErrAway. report is told of each page; it may be nil.
func (v *Visitor) Visit(ctx context.Context, q promise.SiteQuestion, report func(done, total int, note string)) (promise.Site, error) {
	home, err := homeOf(q.Address)
	if err != nil {
		return promise.Site{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, allTimeout)
	defer cancel()
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	if report == nil {
		report = func(int, int, string) {}
	}
	t := &visit{v: v, home: home, private: private(home.Hostname()), report: report, seen: map[string]bool{},
		out: promise.Site{CheckedAt: now().UTC(), Address: home.String(), Pages: []promise.SitePage{}, Found: []promise.SiteFound{}}}
	t.client = t.newClient()
	defer t.client.CloseIdleConnections()
	if err := t.pages(ctx, q); err != nil {
		return t.out, err
	}
	if v.Browser != "" && len(t.read) > 0 {
		t.browse(ctx)
	}
	report(1, 1, "")
	slices.SortStableFunc(t.out.Found, func(a, b promise.SiteFound) int { return cmp.Or(cmp.Compare(a.ID(), b.ID())) })
	return t.out, ctx.Err()
}

// homeOf reads the address of the profile.
func homeOf(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if address != "" && !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, ErrNoSite
	}
	u.User, u.Fragment, u.RawQuery = nil, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// private tells whether a name of the profile itself means this machine or the
// network around it.
func private(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return !reach.Public(ip)
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// visit is one visit under way.
type visit struct {
	v       *Visitor
	home    *url.URL
	private bool
	client  *http.Client
	report  func(done, total int, note string)
	asked   int // requests made
	seen    map[string]bool
	read    []*url.URL // pages that were read well
	out     promise.Site
	foundAt map[string]bool
}

// own tells whether an address is of the shop's own site: its host or the www
// twin, on the same port or on that of http or https.
func (t *visit) own(u *url.URL) bool {
	bare := func(h string) string { return strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(h, ".")), "www.") }
	if bare(u.Hostname()) != bare(t.home.Hostname()) || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	standard := func(u *url.URL) bool { return u.Port() == "" || u.Port() == "80" || u.Port() == "443" }
	return u.Port() == t.home.Port() || standard(u) && standard(t.home)
}

func (t *visit) newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !reach.Public(at.Addr()) && !t.private {
			return ErrPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout: pageTimeout,
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxResponseHeaderBytes: maxHeader, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: pageTimeout,
			TLSClientConfig: &tls.Config{RootCAs: t.v.Roots, MinVersion: tls.VersionTLS10}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1}, //nolint:gosec // an old version is what is looked for
		// Each redirect is a request of its own, so that each cookie is seen.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var (
	policyWords  = regexp.MustCompile(`(?i)confidentialit|vie.?priv|donn[ée]+es?.?(?:personnelles|perso)|\brgpd\b|\bgdpr\b|privacy|data.?protection`)
	contactWords = regexp.MustCompile(`(?i)contact|nous.?[ée]crire|mentions.?l[ée]gales|legal|imprint|about|propos`)
	productWords = regexp.MustCompile(`(?i)/(?:product|produit|products|produits|shop|boutique|livre|book|p)/`)
)

// guesses are where shops keep their policy when no link leads there.
var guesses = []string{"/privacy-policy", "/politique-de-confidentialite", "/policies/privacy-policy"}

// pages reads the home page and those that matter most.
func (t *visit) pages(ctx context.Context, q promise.SiteQuestion) error {
	home, c, err := t.page(ctx, t.home)
	if err != nil || home == nil {
		return err
	}
	t.contact(c, q.Contact)
	var policy, contact, product []*url.URL
	for _, l := range c.links {
		switch where := l.url.Path + " " + l.words; {
		case !t.own(l.url):
		case policyWords.MatchString(where):
			policy = append(policy, l.url)
		case contactWords.MatchString(where):
			contact = append(contact, l.url)
		case productWords.MatchString(l.url.Path):
			product = append(product, l.url)
		}
	}
	if policyWords.MatchString(home.Path) {
		policy = append([]*url.URL{home}, policy...)
		t.out.PolicyURL, t.out.PolicyText = home.String(), c.text
	}
	if len(policy) == 0 {
		for _, g := range guesses {
			u := *home
			u.Path, u.RawPath, u.RawQuery = g, "", ""
			policy = append(policy, &u)
		}
	}
	first := func(us []*url.URL, n int) []*url.URL { return us[:min(n, len(us))] }
	todo := slices.Concat(first(policy, 3), first(contact, 2), first(product, 1), first(contact, 3))
	for i, u := range todo {
		if ctx.Err() != nil || t.asked >= maxRequests {
			break
		}
		isPolicy := i < len(first(policy, 3))
		if isPolicy && t.out.PolicyText != "" {
			continue // the first page that says one is the policy
		}
		t.report(i+1, len(todo)+1, "site")
		at, c, err := t.page(ctx, u)
		if err != nil || at == nil {
			if err != nil {
				t.out.Problems = append(t.out.Problems, shorten(u.Path))
			}
			continue
		}
		t.contact(c, q.Contact)
		if isPolicy && len(c.text) > minPolicy {
			t.out.PolicyURL, t.out.PolicyText = at.String(), c.text
		}
	}
	return ctx.Err()
}

// minPolicy is how many bytes a page must say to be a policy.
const minPolicy = 200

// contact looks for the contact address.
func (t *visit) contact(c content, address string) {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return
	}
	for _, m := range c.mails {
		t.out.Contact = t.out.Contact || strings.EqualFold(strings.TrimSpace(m), address)
	}
	t.out.Contact = t.out.Contact || strings.Contains(strings.ToLower(c.text), address)
}

// page reads one page, over the redirects within the site. It returns no address
// for what is no page that can be read.
func (t *visit) page(ctx context.Context, u *url.URL) (*url.URL, content, error) {
	for t.asked < maxRequests {
		if key := u.String(); t.seen[key] {
			return nil, content{}, nil
		} else {
			t.seen[key] = true
		}
		if err := t.wait(ctx); err != nil {
			return nil, content{}, err
		}
		t.asked++
		resp, err := t.get(ctx, u)
		if err != nil {
			if t.asked > 1 && ctx.Err() == nil {
				return nil, content{}, err
			}
			return nil, content{}, t.away(ctx, err)
		}
		t.cookies(resp, u)
		t.secured(resp, u)
		if to := resp.Header.Get("Location"); resp.StatusCode >= 300 && resp.StatusCode < 400 && to != "" {
			resp.Body.Close()
			next, err := u.Parse(to)
			if err != nil {
				return nil, content{}, nil
			}
			next.Fragment, next.User = "", nil
			if !t.own(next) || u.Scheme == "https" && next.Scheme == "http" {
				t.out.Elsewhere = cmp.Or(t.out.Elsewhere, shorten(next.Scheme+"://"+next.Host))
				return nil, content{}, nil
			}
			u = next
			continue
		}
		return t.take(resp, u)
	}
	return nil, content{}, nil
}

// take reads the body of a page.
func (t *visit) take(resp *http.Response, u *url.URL) (*url.URL, content, error) {
	defer resp.Body.Close()
	kind := strings.ToLower(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || kind != "" && !strings.Contains(kind, "html") && !strings.HasPrefix(kind, "text/plain") {
		return nil, content{}, nil
	}
	// The bound counts what comes out of the decompression.
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, content{}, fmt.Errorf("read a page of the site: %w", ErrAway)
	}
	text := string(body)
	if enc, _, _ := charset.DetermineEncoding(body, kind); enc != nil {
		if b, err := enc.NewDecoder().Bytes(body); err == nil {
			text = string(b)
		}
	}
	t.out.Pages = append(t.out.Pages, promise.SitePage{Path: shorten(u.Path), Status: resp.StatusCode})
	t.read = append(t.read, u)
	base := *u
	if strings.HasPrefix(kind, "text/plain") {
		return u, content{text: strings.TrimSpace(text)}, nil
	}
	c := readPage(&base, text)
	t.out.Scripts += c.scripts
	for _, a := range c.asked {
		if !t.own(a.url) {
			t.found(promise.SiteFound{Host: a.url.Hostname(), How: a.how, Page: u.Path}, ofHost(a.url.Hostname()))
		}
	}
	for _, s := range c.inline {
		for _, k := range ofSnippet(s) {
			host := u.Hostname()
			if len(k.hosts) > 0 {
				host = k.hosts[0]
			}
			t.found(promise.SiteFound{Host: host, How: "inline", Page: u.Path}, k)
		}
	}
	return u, c, nil
}

// wait keeps the requests apart.
func (t *visit) wait(ctx context.Context) error {
	pause := t.v.Pause
	if pause == 0 {
		pause = 500 * time.Millisecond
	}
	if t.asked == 0 || pause < 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

func (t *visit) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5")
	req.Header.Set("Accept-Language", "fr,en;q=0.7")
	return t.client.Do(req)
}

// away puts the failure of the first request into words. A certificate that is
// refused is a finding.
func (t *visit) away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrPrivate) {
		return ErrPrivate
	}
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		t.out.TLSProblem = "authority"
	case errors.As(err, &name):
		t.out.TLSProblem = "name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		t.out.TLSProblem = "expired"
	case errors.As(err, &verification), errors.As(err, &record), errors.As(err, &invalid), strings.Contains(err.Error(), "tls: "):
		t.out.TLSProblem = "other"
	default:
		return fmt.Errorf("open the home page: %w", ErrAway)
	}
	return nil
}

// secured notes the weakest protection that an answer came with.
func (t *visit) secured(resp *http.Response, u *url.URL) {
	switch state := resp.TLS; {
	case state == nil && t.private:
		t.out.TLS = cmp.Or(t.out.TLS, "loopback")
	case state == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 && strings.HasPrefix(resp.Header.Get("Location"), "https://"):
		// It only leads to the encrypted page.
	case state == nil:
		t.out.TLS = "none"
	default:
		if seen := tls.VersionName(state.Version); t.out.TLS == "" || t.out.TLS != "none" && t.out.TLS > seen {
			t.out.TLS = seen
		}
		if len(state.PeerCertificates) > 0 {
			if until := state.PeerCertificates[0].NotAfter.UTC(); t.out.CertUntil.IsZero() || until.Before(t.out.CertUntil) {
				t.out.CertUntil = until
			}
		}
	}
}

// cookies notes what an answer sets.
func (t *visit) cookies(resp *http.Response, u *url.URL) {
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(t.out.CheckedAt) || c.Name == "" {
			continue // it is taken away
		}
		until := c.Expires
		if c.MaxAge > 0 {
			until = t.out.CheckedAt.Add(time.Duration(c.MaxAge) * time.Second)
		}
		t.cookie(c.Name, cmp.Or(strings.TrimPrefix(c.Domain, "."), u.Hostname()), u.Path, until)
	}
}

// cookie notes one cookie; until is zero where it ends with the visit.
func (t *visit) cookie(name, domain, page string, until time.Time) {
	host := strings.ToLower(domain)
	first := t.own(&url.URL{Scheme: t.home.Scheme, Host: hostPort(host, t.home.Port())}) || below(strings.TrimPrefix(strings.ToLower(t.home.Hostname()), "www."), host)
	f := promise.SiteFound{Name: name, Host: host, How: "cookie", Page: page, First: first, Lifetime: lifetime(until.Sub(t.out.CheckedAt), until.IsZero())}
	k := ofCookie(name)
	if k != nil && k.exempt && !first {
		k = nil // a session of somebody else's
	}
	t.found(f, k)
}

func hostPort(host, port string) string {
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// lifetime puts into words how long a cookie lives, as the register has it.
func lifetime(d time.Duration, session bool) string {
	const day = 24 * time.Hour
	words := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case session:
		return "session"
	case d < day:
		return words(max(1, int((d+time.Hour/2)/time.Hour)), "hour")
	case d < 62*day:
		return words(int((d+day/2)/day), "day")
	}
	return words(int((d+15*day)/(day*30)), "month")
}

// found notes something once.
func (t *visit) found(f promise.SiteFound, k *known) {
	f.Name, f.Host, f.Page = shorten(f.Name), shorten(strings.ToLower(f.Host)), shorten(f.Page)
	f = k.tell(f)
	if t.foundAt == nil {
		t.foundAt = map[string]bool{}
	}
	if t.foundAt[f.ID()] || len(t.out.Found) >= maxFound {
		return
	}
	t.foundAt[f.ID()] = true
	t.out.Found = append(t.out.Found, f)
}

// shorten makes text of the site fit for one line.
func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
	if rs := []rune(s); len(rs) > 120 {
		s = string(rs[:120]) + "…"
	}
	return s
}
