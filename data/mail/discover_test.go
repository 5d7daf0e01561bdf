package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"

	"github.com/miekg/dns"
)

// internet is what a search can reach: a DNS server, web servers and mail
// servers on this computer's loopback under names of the world outside.
type internet struct {
	finder mail.Finder
	config *tls.Config

	mu      sync.Mutex
	records map[string][]dns.RR // by name and type
	hosts   map[string]string   // "name:port" to where it listens
	asked   []string            // of web servers: host, path and query
	dialled []string
	queried []string
}

func newInternet(t testing.TB) *internet {
	t.Helper()
	w := &internet{records: map[string][]dns.RR{}, hosts: map[string]string{}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: []string{"shop.test", "*.shop.test", "*.elsewhere.test", "autoconfig.thunderbird.net"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	w.config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}

	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	names := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
		w.mu.Lock()
		defer w.mu.Unlock()
		a := new(dns.Msg).SetReply(q)
		question := q.Question[0]
		w.queried = append(w.queried, question.Name)
		if a.Answer = w.records[question.Name+dns.TypeToString[question.Qtype]]; len(a.Answer) == 0 {
			a.Rcode = dns.RcodeNameError
		}
		rw.WriteMsg(a)
	})}
	go names.ActivateAndServe()
	t.Cleanup(func() { names.Shutdown() })
	w.finder = mail.Finder{Roots: roots,
		DNS: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", packets.LocalAddr().String())
		}},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			w.mu.Lock()
			w.dialled = append(w.dialled, address)
			to, ok := w.hosts[address]
			w.mu.Unlock()
			if !ok {
				return nil, errors.New("connection refused")
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		}}
	return w
}

// serve lets a name answer at a port, over TLS, with what f writes.
func (w *internet) serve(t testing.TB, address string, f func(net.Conn)) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", w.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	w.place(address, l)
}

// greet is a mail server that says hello.
func greet(line string) func(net.Conn) {
	return func(c net.Conn) {
		fmt.Fprintf(c, "%s\r\n", line)
		buf := make([]byte, 1024)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// page lets a name answer a path over HTTPS.
func (w *internet) page(t testing.TB, host, path string, h http.HandlerFunc) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", w.config)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, r.Host+r.URL.RequestURI()+" "+strings.Join(r.Header["Referer"], "")+strings.Join(r.Header["User-Agent"], ""))
		w.mu.Unlock()
		if r.URL.Path != path {
			http.NotFound(rw, r)
			return
		}
		h(rw, r)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	w.place(host+":443", l)
}

// place lets a name and port lead to a listener.
func (w *internet) place(address string, l net.Listener) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[address] = l.Addr().String()
}

func (w *internet) record(t testing.TB, lines ...string) {
	t.Helper()
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			t.Fatal(err)
		}
		key := rr.Header().Name + dns.TypeToString[rr.Header().Rrtype]
		w.mu.Lock()
		w.records[key] = append(w.records[key], rr)
		w.mu.Unlock()
	}
}

// autoconfig is a file of Thunderbird's format.
func autoconfig(servers ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1"><emailProvider id="shop.test"><domain>shop.test</domain>` + strings.Join(servers, "") + `</emailProvider></clientConfig>`
}

func incoming(kind, host, port, socket, user, auth string) string {
	return fmt.Sprintf(`<incomingServer type="%s"><hostname>%s</hostname><port>%s</port><socketType>%s</socketType><username>%s</username><authentication>%s</authentication></incomingServer>`, kind, host, port, socket, user, auth)
}

func outgoingServer(host, port, socket string) string {
	return strings.ReplaceAll(incoming("smtp", host, port, socket, "%EMAILADDRESS%", "password-cleartext"), "incomingServer", "outgoingServer")
}

func write(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// brief spells proposals as a test compares them.
func brief(list []mailbox.Found) []string {
	out := []string{}
	for _, f := range list {
		a := f.Account
		s := fmt.Sprintf("%s %s:%d %s %s", f.From, a.IMAP.Host, a.IMAP.Port, a.IMAP.Security, a.IMAP.User)
		if a.SMTP.Host != "" {
			s += fmt.Sprintf(", %s:%d %s", a.SMTP.Host, a.SMTP.Port, a.SMTP.Security)
		}
		if a.Provider != "" {
			s += ", " + a.Provider
		}
		if a.SignIn == mailbox.ByOAuth {
			s += ", oauth"
		}
		if f.Tried {
			s += ", there"
		}
		out = append(out, s)
	}
	return out
}

func TestDiscover(t *testing.T) {
	const address = "contact@shop.test"
	own := autoconfig(incoming("pop3", "pop.shop.test", "995", "SSL", "x", "password-cleartext"), incoming("imap", "imap.shop.test", "993", "SSL", "%EMAILLOCALPART%", "password-cleartext"), outgoingServer("smtp.%EMAILDOMAIN%", "587", "STARTTLS"))
	for name, tc := range map[string]struct {
		address string
		set     func(*testing.T, *internet)
		want    []string
		err     error
		silent  bool // nobody is asked
	}{
		"an address at a known provider needs nobody to be asked": {address: "Marie.D@Gmail.com", silent: true,
			want: []string{"provider imap.gmail.com:993 tls Marie.D@Gmail.com, smtp.gmail.com:465 tls, gmail"}},
		"an address of Microsoft's can only be signed in to by OAuth": {address: "a@outlook.fr", silent: true,
			want: []string{"provider outlook.office365.com:993 tls a@outlook.fr, smtp-mail.outlook.com:587 starttls, outlook, oauth"}},
		"the domain's own file is believed first, and its server looked for": {
			set: func(t *testing.T, w *internet) {
				w.page(t, "autoconfig.shop.test", "/mail/config-v1.1.xml", write(own))
				w.record(t, "shop.test. MX 1 mx1.mail.ovh.net.")
				w.serve(t, "imap.shop.test:993", greet("* OK ready"))
			},
			want: []string{"autoconfig imap.shop.test:993 tls contact, smtp.shop.test:587 starttls, there",
				"mx ssl0.ovh.net:993 tls contact@shop.test, ssl0.ovh.net:465 tls, ovh", "mx zimbra1.mail.ovh.net:993 tls contact@shop.test, zimbra1.mail.ovh.net:465 tls, ovh-zimbra", "mx pro1.mail.ovh.net:993 tls contact@shop.test, pro1.mail.ovh.net:587 starttls, ovh-pro"}},
		"the well-known place is as good": {
			set: func(t *testing.T, w *internet) {
				w.page(t, "shop.test", "/.well-known/autoconfig/mail/config-v1.1.xml", write(own))
			},
			want: []string{"autoconfig imap.shop.test:993 tls contact, smtp.shop.test:587 starttls"}},
		"Thunderbird's list is asked where the domain says nothing": {
			set: func(t *testing.T, w *internet) {
				w.page(t, "autoconfig.thunderbird.net", "/v1.1/shop.test", write(own))
			},
			want: []string{"autoconfig imap.shop.test:993 tls contact, smtp.shop.test:587 starttls"}},
		"a file that is not there, too large or no XML is as none": {
			set: func(t *testing.T, w *internet) {
				w.page(t, "autoconfig.shop.test", "/mail/config-v1.1.xml", write(own+strings.Repeat(" ", 300<<10)))
				w.page(t, "shop.test", "/.well-known/autoconfig/mail/config-v1.1.xml", write("<html>sale!<br></html>"))
			}, err: mail.ErrNothingFound},
		"a redirect to a place without TLS is not followed": {
			set: func(t *testing.T, w *internet) {
				w.page(t, "autoconfig.shop.test", "/mail/config-v1.1.xml", func(rw http.ResponseWriter, r *http.Request) {
					http.Redirect(rw, r, "http://elsewhere.test/", http.StatusFound)
				})
			}, err: mail.ErrNothingFound},
		"service records are read, TLS from the first byte first": {
			set: func(t *testing.T, w *internet) {
				w.record(t, "_imap._tcp.shop.test. SRV 0 1 143 mail.elsewhere.test.", "_imaps._tcp.shop.test. SRV 10 1 993 second.elsewhere.test.", "_imaps._tcp.shop.test. SRV 0 1 993 mail.elsewhere.test.",
					"_submission._tcp.shop.test. SRV 0 1 587 mail.elsewhere.test.", "_submissions._tcp.shop.test. SRV 0 1 465 out.elsewhere.test.")
				w.serve(t, "mail.elsewhere.test:993", greet("* OK ready")) // not the domain's: not knocked at
			},
			want: []string{"srv mail.elsewhere.test:993 tls contact@shop.test, out.elsewhere.test:465 tls", "srv second.elsewhere.test:993 tls contact@shop.test, out.elsewhere.test:465 tls", "srv mail.elsewhere.test:143 starttls contact@shop.test, out.elsewhere.test:465 tls"}},
		"a lonely dot says that there is no such service": {
			set: func(t *testing.T, w *internet) {
				w.record(t, "_imaps._tcp.shop.test. SRV 0 0 0 .", "_imap._tcp.shop.test. SRV 0 1 143 mail.shop.test.", "_submission._tcp.shop.test. SRV 0 0 0 .")
			},
			want: []string{"srv mail.shop.test:143 starttls contact@shop.test"}},
		"a domain whose mail Microsoft receives": {
			set: func(t *testing.T, w *internet) {
				w.record(t, "shop.test. MX 0 shop-test.mail.protection.outlook.com.")
			},
			want: []string{"mx outlook.office365.com:993 tls contact@shop.test, smtp.office365.com:587 starttls, microsoft365, oauth"}},
		"a domain whose mail Google receives": {
			set: func(t *testing.T, w *internet) {
				w.record(t, "shop.test. MX 5 alt1.aspmx.l.google.com.", "shop.test. MX 1 ASPMX.L.GOOGLE.COM.")
			},
			want: []string{"mx imap.gmail.com:993 tls contact@shop.test, smtp.gmail.com:465 tls, gmail"}},
		"a name that only looks like a provider's is not": {
			set: func(t *testing.T, w *internet) { w.record(t, "shop.test. MX 1 evil-mail.gandi.net.elsewhere.test.") }, err: mail.ErrNothingFound},
		"the usual names are tried": {
			set: func(t *testing.T, w *internet) {
				w.serve(t, "mail.shop.test:993", greet("* OK ready"))
				w.serve(t, "mail.shop.test:465", greet("220 ready"))
			},
			want: []string{"guess mail.shop.test:993 tls contact@shop.test, mail.shop.test:465 tls, there"}},
		"a server of another kind at a usual name is none": {
			set: func(t *testing.T, w *internet) { w.serve(t, "imap.shop.test:993", greet("220 I send mail")) }, err: mail.ErrNothingFound},
		"a server with a certificate for another name is none": {address: "a@other.test",
			set: func(t *testing.T, w *internet) { w.serve(t, "imap.other.test:993", greet("* OK ready")) }, err: mail.ErrNothingFound},
		"nothing is found where nothing is":   {err: mail.ErrNothingFound},
		"a name is no address":                {address: "Marie", err: mail.ErrAddress, silent: true},
		"an address with a name is none":      {address: "Marie <a@shop.test>", err: mail.ErrAddress, silent: true},
		"an address on a number is none":      {address: "a@[127.0.0.1]", err: mail.ErrAddress, silent: true},
		"an address on this computer is none": {address: "a@localhost", err: mail.ErrAddress, silent: true},
		"an address that breaks out is none":  {address: "a@shop.test/../x", err: mail.ErrAddress, silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newInternet(t)
			if tc.set != nil {
				tc.set(t, w)
			}
			who := tc.address
			if who == "" {
				who = address
			}
			got, err := w.finder.Discover(t.Context(), who)
			if !errors.Is(err, tc.err) || tc.err == nil && err != nil {
				t.Fatalf("error %v", err)
			}
			if b := brief(got); !slices.Equal(b, tc.want) && len(b)+len(tc.want) > 0 {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(b, "\n"), strings.Join(tc.want, "\n"))
			}
			for _, f := range got {
				if f.Account.Address != who || f.Account.Out != mailbox.OutDrafts {
					t.Errorf("account %+v", f.Account)
				}
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if tc.silent && len(w.asked)+len(w.dialled)+len(w.queried) > 0 {
				t.Errorf("asked %q, %q, %q", w.asked, w.dialled, w.queried)
			}
			for _, d := range w.dialled {
				if strings.Contains(d, "elsewhere") || strings.HasSuffix(d, ":80") {
					t.Errorf("went to %s", d)
				}
			}
			for _, q := range w.queried {
				if !strings.HasSuffix(q, "shop.test.") && !strings.HasSuffix(q, "other.test.") {
					t.Errorf("asked DNS for %s", q)
				}
			}
		})
	}
	t.Run("the complete address stays within its domain", func(t *testing.T) {
		w := newInternet(t)
		w.page(t, "autoconfig.shop.test", "/mail/config-v1.1.xml", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://hosting.elsewhere.test/config", http.StatusFound)
		})
		w.page(t, "hosting.elsewhere.test", "/config", http.NotFound)
		w.page(t, "autoconfig.thunderbird.net", "/v1.1/shop.test", write(own))
		if _, err := w.finder.Discover(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		slices.Sort(w.asked)
		want := []string{"autoconfig.shop.test/mail/config-v1.1.xml?emailaddress=contact%40shop.test ", "autoconfig.thunderbird.net/v1.1/shop.test ", "hosting.elsewhere.test/config "}
		if !slices.Equal(w.asked, want) {
			t.Errorf("asked %q", w.asked)
		}
	})
	t.Run("a domain with accents is asked for in ASCII", func(t *testing.T) {
		w := newInternet(t)
		w.record(t, "xn--exmple-cua.test. MX 1 spool.mail.gandi.net.")
		got, err := w.finder.Discover(t.Context(), "contact@exämple.test")
		if err != nil || got[0].Account.Provider != "gandi" || got[0].Account.IMAP.User != "contact@exämple.test" {
			t.Errorf("%v %v", got, err)
		}
	})
	t.Run("a computer that is offline is told from a domain without settings", func(t *testing.T) {
		w := newInternet(t)
		w.finder.DNS = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("network is down") }}
		if _, err := w.finder.Discover(t.Context(), address); !errors.Is(err, mail.ErrUnreachable) || errors.Is(err, mail.ErrNothingFound) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a search can be cancelled", func(t *testing.T) {
		w := newInternet(t)
		ctx, cancel := context.WithCancel(t.Context())
		w.finder.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if _, err := w.finder.Discover(ctx, address); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAutoconfig(t *testing.T) {
	const address = "contact@shop.test"
	good := incoming("imap", "imap.shop.test", "993", "SSL", "%EMAILADDRESS%", "password-cleartext")
	for name, tc := range map[string]struct {
		xml  string
		want []string
	}{
		"a server without TLS is left out, with it its sender": {autoconfig(incoming("imap", "imap.shop.test", "143", "plain", "u", "password-cleartext"), good, outgoingServer("smtp.shop.test", "25", "plain")),
			[]string{"autoconfig imap.shop.test:993 tls contact@shop.test"}},
		"a server on this computer is left out":    {autoconfig(incoming("imap", "localhost", "993", "SSL", "u", "password-cleartext"), incoming("imap", "127.0.0.1", "993", "SSL", "u", "password-cleartext")), nil},
		"a server in a network of numbers as well": {autoconfig(incoming("imap", "192.168.1.1", "993", "SSL", "u", "password-cleartext"), incoming("imap", "10.1", "993", "SSL", "u", "password-cleartext")), nil},
		"a host that is none is left out":          {autoconfig(incoming("imap", "imap.shop.test/x", "993", "SSL", "u", ""), incoming("imap", "", "993", "SSL", "u", ""), incoming("imap", "-a.test", "993", "SSL", "u", "")), nil},
		"a port that is none is left out":          {autoconfig(incoming("imap", "imap.shop.test", "0", "SSL", "u", ""), incoming("imap", "imap.shop.test", "70000", "SSL", "u", ""), incoming("imap", "imap.shop.test", "x", "SSL", "u", "")), nil},
		"only by OAuth at an unknown provider":     {autoconfig(incoming("imap", "imap.shop.test", "993", "SSL", "u", "OAuth2")), nil},
		"only by OAuth at a known one":             {autoconfig(incoming("imap", "outlook.office365.com", "993", "SSL", "%EMAILADDRESS%", "OAuth2")), []string{"autoconfig outlook.office365.com:993 tls contact@shop.test, outlook, oauth"}},
		"a way to sign in that nobody knows":       {autoconfig(incoming("imap", "imap.shop.test", "993", "SSL", "u", "GSSAPI")), nil},
		"a user name with a line break":            {autoconfig(incoming("imap", "imap.shop.test", "993", "SSL", "a&#10;b", "password-cleartext")), nil},
		"entities of its own":                      {`<!DOCTYPE x [<!ENTITY a "aaaa">]>` + strings.TrimPrefix(autoconfig(good), `<?xml version="1.0" encoding="UTF-8"?>`), nil},
		"nested without end":                       {strings.Repeat("<a>", 30_000) + strings.Repeat("</a>", 30_000), nil},
		"another document":                         {"<clientConfig2/>", nil},
		"nothing":                                  {"", nil},
		"thousands of servers":                     {autoconfig(strings.Repeat(incoming("pop3", "p.shop.test", "995", "SSL", "u", ""), 500), good), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := brief(mail.ParseAutoconfig([]byte(tc.xml), address)); !slices.Equal(got, append([]string{}, tc.want...)) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzAutoconfig(f *testing.F) {
	f.Add([]byte(autoconfig(incoming("imap", "imap.%EMAILDOMAIN%", "993", "SSL", "%EMAILLOCALPART%", "password-cleartext"), outgoingServer("s.test", "465", "SSL"))), "contact@shop.test")
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY x "&x;">]><clientConfig/>`), "a@b.fr")
	f.Fuzz(func(t *testing.T, raw []byte, address string) {
		for _, p := range mail.ParseAutoconfig(raw, address) {
			a := p.Account
			if a.IMAP.Security != mailbox.TLS && a.IMAP.Security != mailbox.StartTLS || a.SMTP.Host != "" && a.SMTP.Security != mailbox.TLS && a.SMTP.Security != mailbox.StartTLS {
				t.Errorf("without TLS: %+v", a)
			}
			if _, err := mail.New(mail.ConfigOf(a, mailbox.Secret{}, nil)); err != nil {
				t.Errorf("%v: %+v", err, a.IMAP)
			}
			if a.SMTP.Host != "" {
				if _, err := mail.NewPostman(mail.SMTPConfigOf(a, mailbox.Secret{}, nil)); err != nil {
					t.Errorf("%v: %+v", err, a.SMTP)
				}
			}
			for _, s := range []string{a.IMAP.Host, a.SMTP.Host, a.IMAP.User, a.SMTP.User} {
				if strings.ContainsAny(s, "\r\n\x00") || net.ParseIP(s) != nil {
					t.Errorf("%q", s)
				}
			}
		}
	})
}
