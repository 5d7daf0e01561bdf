package site

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/app/promise"
	"greffier/data/reach"
)

// TestMain lets the test binary stand in for a browser: it speaks the protocol,
// and pretends that the page's script has set a cookie and asked a host.
func TestMain(m *testing.M) {
	if os.Getenv("GREFFIER_FAKE_BROWSER") == "" {
		os.Exit(m.Run())
	}
	in, out := os.NewFile(3, "in"), os.NewFile(4, "out")
	s := bufio.NewScanner(in)
	s.Split(func(data []byte, end bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, 0); i >= 0 {
			return i + 1, data[:i], nil
		}
		return 0, nil, nil
	})
	say := func(v any) {
		b, _ := json.Marshal(v)
		out.Write(append(b, 0))
	}
	for s.Scan() {
		var q struct {
			ID     int
			Method string
		}
		_ = json.Unmarshal(s.Bytes(), &q)
		answer := map[string]any{}
		switch q.Method {
		case "Browser.getVersion":
			answer["product"] = "FakeChrome/1.0"
		case "Target.createTarget":
			answer["targetId"] = "t"
		case "Target.attachToTarget":
			answer["sessionId"] = "s"
		case "Page.navigate":
			throughGate(os.Args)
			say(map[string]any{"method": "Network.requestWillBeSent", "params": map[string]any{"type": "Script", "request": map[string]any{"url": "https://www.google-analytics.com/g/collect"}}})
		case "Storage.getCookies":
			answer["cookies"] = []any{map[string]any{"name": "_ga", "domain": ".127.0.0.1", "expires": float64(time.Now().Add(390 * 24 * time.Hour).Unix())}}
		}
		say(map[string]any{"id": q.ID, "result": answer})
		if q.Method == "Page.navigate" {
			say(map[string]any{"method": "Page.loadEventFired", "params": map[string]any{}})
		}
	}
}

// throughGate asks, as a page would that wants more than it may have, for what
// GREFFIER_FAKE_ASKS lists, by the proxy that the browser was given; the answers
// go into the file GREFFIER_FAKE_ANSWERS.
func throughGate(args []string) {
	var way *url.URL
	for _, a := range args {
		if p, ok := strings.CutPrefix(a, "--proxy-server="); ok {
			way, _ = url.Parse(p)
		}
	}
	name := os.Getenv("GREFFIER_FAKE_ANSWERS")
	if name == "" {
		return
	}
	f, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if way == nil {
		fmt.Fprintln(f, "no gate")
		return
	}
	// The certificates are those of this test.
	tr := &http.Transport{Proxy: http.ProxyURL(way), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	for _, a := range strings.Fields(os.Getenv("GREFFIER_FAKE_ASKS")) {
		r, err := http.NewRequest("GET", a, nil)
		if err != nil {
			panic(err)
		}
		res, err := tr.RoundTrip(r)
		if err != nil {
			fmt.Fprintln(f, a, "refused")
			continue
		}
		res.Body.Close()
		fmt.Fprintln(f, a, res.StatusCode)
	}
}

const policyPage = `<!doctype html><html><head><title>Policy</title></head><body><nav><a href="/">Home</a></nav><main><h1>Politique de confidentialité</h1>
<p>Nous effaçons vos photographies au plus tard soixante jours après la commande, et nous le vérifions.</p><p>Vos droits&nbsp;: écrivez à contact@shop.example, nous répondons dans le délai d’un mois que la loi donne.</p></main><footer>© Shop</footer></body></html>`

// goodSite is a site as it should be: nothing before consent but a session.
func goodSite(hits *[]string) http.Handler {
	mux := http.NewServeMux()
	page := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			*hits = append(*hits, r.URL.Path)
			if r.UserAgent() != agent {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, body)
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		*hits = append(*hits, r.URL.Path)
		http.SetCookie(w, &http.Cookie{Name: "PHPSESSID", Value: "x", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "old", Value: "", MaxAge: -1})
		fmt.Fprint(w, `<html><body><script src="/own.js"></script><script type="text/plain" src="https://www.googletagmanager.com/gtm.js"></script><noscript><img src="https://www.facebook.com/tr?id=1"></noscript>
<a href="/politique-de-confidentialite">Données personnelles</a> <a href="/contact">Nous écrire</a> <a href="/produit/livre">Livre</a> <a href="https://elsewhere.example/privacy">x</a>`+strings.Repeat(`<a href="/produit/autre">y</a>`, 50)+`</body></html>`)
	})
	page("/politique-de-confidentialite", policyPage)
	page("/contact", `<p>Écrivez à <a href="mailto:Contact@shop.example?subject=x">nous</a></p>`)
	page("/produit/livre", "<p>Un livre</p>")
	return mux
}

func visitor(srv *httptest.Server) *Visitor {
	v := &Visitor{Pause: -1}
	if srv.Certificate() != nil {
		v.Roots = x509.NewCertPool()
		v.Roots.AddCert(srv.Certificate())
	}
	return v
}

func look(t *testing.T, v *Visitor, address string) promise.Site {
	t.Helper()
	s, err := v.Visit(t.Context(), promise.SiteQuestion{Address: address, Contact: "contact@shop.example"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(s promise.Site) string {
	var out []string
	for _, f := range s.Found {
		out = append(out, f.How+" "+f.Name+" "+f.Host)
	}
	return strings.Join(out, "\n")
}

func TestAGoodSiteIsReadAsAVisitorSeesIt(t *testing.T) {
	var hits []string
	srv := httptest.NewTLSServer(goodSite(&hits))
	defer srv.Close()
	s := look(t, visitor(srv), srv.URL)
	if len(s.Found) != 1 || s.Found[0].Name != "PHPSESSID" || !s.Found[0].Exempt || !s.Found[0].First || s.Found[0].Lifetime != "session" {
		t.Errorf("found before consent:\n%s\n%+v", names(s), s.Found)
	}
	if !s.Contact || s.TLS != "TLS 1.3" || s.CertUntil.IsZero() || s.TLSProblem != "" || s.Browser != "" || s.Scripts != 1 || len(s.Problems) > 0 {
		t.Errorf("%+v", s)
	}
	want := "Politique de confidentialité\nNous effaçons vos photographies au plus tard soixante jours après la commande, et nous le vérifions.\nVos droits : écrivez à contact@shop.example, nous répondons dans le délai d’un mois que la loi donne."
	if s.PolicyText != want || !strings.HasSuffix(s.PolicyURL, "/politique-de-confidentialite") {
		t.Errorf("%q at %s", s.PolicyText, s.PolicyURL)
	}
	if len(hits) != 4 {
		t.Errorf("asked for %v", hits)
	}
}

func TestABadSiteIsTold(t *testing.T) {
	mux := http.NewServeMux()
	n := 0
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Add("Set-Cookie", "_ga=GA1.1; Max-Age=34128000; Path=/")
		w.Header().Add("Set-Cookie", "mystery=1; Max-Age=86400")
		fmt.Fprint(w, `<html><head><link rel=stylesheet href="https://fonts.googleapis.com/css?family=X"><script>window.dataLayer=[];(function(w,d,s,l,i){'gtm.start'})</script>
<script>fbq('init', '1')</script><style>@import "//cdn.unknown.example/a.css";</style></head><body><img src="//px.unknown.example/1.gif?a=1"><iframe src="https://www.youtube.com/embed/1"></iframe></body></html>`)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	s := look(t, visitor(srv), srv.URL)
	got := names(s)
	for _, want := range []string{"cookie _ga 127.0.0.1", "cookie mystery 127.0.0.1", "style Google Fonts fonts.googleapis.com", "inline Google Tag Manager googletagmanager.com", "inline Meta Pixel connect.facebook.net",
		"style  cdn.unknown.example", "image  px.unknown.example", "frame YouTube www.youtube.com"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if s.TLS != "loopback" || s.Contact || n > maxRequests {
		t.Errorf("%+v after %d requests", s, n)
	}
	for _, f := range s.Found {
		if f.Name == "_ga" && (f.Lifetime != "13 months" || f.Owner != "Google" || f.Exempt) {
			t.Errorf("%+v", f)
		}
	}
}

func TestALeadElsewhereIsToldAndNotFollowed(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/x", http.StatusFound) }))
	defer srv.Close()
	s := look(t, visitor(srv), srv.URL)
	if asked || s.Elsewhere != other.URL || len(s.Pages) != 0 {
		t.Errorf("asked %v: %+v", asked, s)
	}
}

func TestARefusedCertificateEndsTheVisit(t *testing.T) {
	hits := []string{}
	srv := httptest.NewTLSServer(goodSite(&hits))
	srv.Config.ErrorLog = nil
	defer srv.Close()
	s := look(t, &Visitor{Pause: -1, Roots: x509.NewCertPool()}, srv.URL)
	if s.TLSProblem != "authority" || len(hits) != 0 || len(s.Pages) != 0 {
		t.Errorf("%+v, asked %v", s, hits)
	}
	v := visitor(srv)
	s = look(t, v, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1))
	if s.TLSProblem != "name" {
		t.Errorf("another name: %+v", s)
	}
}

func TestABombIsCutOff(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		z.Write(bytes.Repeat([]byte("<p>a</p>"), 1<<17))
	}
	z.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/html")
		w.Write(bomb.Bytes())
	}))
	defer srv.Close()
	if s := look(t, visitor(srv), srv.URL); len(s.PolicyText) > maxBody {
		t.Errorf("%d bytes", len(s.PolicyText))
	}
}

func TestAVisitStopsWhenItIsToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		fmt.Fprint(w, `<a href="/privacy">Privacy</a>`)
	}))
	defer srv.Close()
	if _, err := (&Visitor{Pause: time.Hour}).Visit(ctx, promise.SiteQuestion{Address: srv.URL}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatIsNoSiteIsNotAsked(t *testing.T) {
	for address, want := range map[string]error{"": ErrNoSite, "ftp://x.example": ErrNoSite, "https://": ErrNoSite, "file:///etc/passwd": ErrNoSite, "http://127.0.0.1:1": ErrAway} {
		if _, err := (&Visitor{Pause: -1}).Visit(t.Context(), promise.SiteQuestion{Address: address}, nil); !errors.Is(err, want) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestNoNameLeadsIntoAPrivateNetwork(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "255.255.255.255"} {
		if reach.Public(netip.MustParseAddr(ip)) {
			t.Errorf("%s counts as public", ip)
		}
	}
	for _, ip := range []string{"93.184.216.34", "2a00:1450:4007::1"} {
		if !reach.Public(netip.MustParseAddr(ip)) {
			t.Errorf("%s counts as private", ip)
		}
	}
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	// A public name that leads to this machine: what is dialled decides.
	v := &visit{v: &Visitor{}, home: &url.URL{Scheme: "http", Host: "shop.example"}}
	if _, err := v.newClient().Get(srv.URL); !errors.Is(err, ErrPrivate) {
		t.Errorf("dialled: %v", err)
	}
}

func TestTheTwinIsTheSameSiteAndNothingElse(t *testing.T) {
	v := &visit{home: &url.URL{Scheme: "https", Host: "www.shop.example"}}
	for address, want := range map[string]bool{
		"https://shop.example/a": true, "http://www.shop.example": true, "https://WWW.Shop.example:443/": true, "https://blog.shop.example": false,
		"https://shop.example.evil.example": false, "https://evilshop.example": false, "https://shop.example:8443": false, "ftp://shop.example": false,
	} {
		u, _ := url.Parse(address)
		if v.own(u) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}

func TestABrowserShowsWhatScriptsDo(t *testing.T) {
	fake := fakeBrowser(t)
	was := settle
	settle = 10 * time.Millisecond
	defer func() { settle = was }()
	var hits []string
	srv := httptest.NewServer(goodSite(&hits))
	defer srv.Close()
	v := visitor(srv)
	v.Browser = fake
	s := look(t, v, srv.URL)
	if got := names(s); s.Browser != "FakeChrome/1.0" || !strings.Contains(got, "cookie _ga 127.0.0.1") || !strings.Contains(got, "script Google Analytics www.google-analytics.com") {
		t.Errorf("%s, %v:\n%s", s.Browser, s.Problems, got)
	}
	v.Browser = filepath.Join(t.TempDir(), "missing")
	if s := look(t, v, srv.URL); s.Browser != "" || len(s.Problems) != 1 || len(s.Pages) == 0 {
		t.Errorf("without it: %+v", s)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "greffier-browser-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// fakeBrowser is this test as a browser; it gets the browser's arguments.
func fakeBrowser(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fake := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nGREFFIER_FAKE_BROWSER=1 exec '"+self+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return fake
}

func TestTheBrowserIsLedIntoNoPrivateNetworkByAName(t *testing.T) {
	was := settle
	settle = 10 * time.Millisecond
	defer func() { settle = was }()
	asked := 0
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; fmt.Fprint(w, policyPage) }))
	defer home.Close()
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private server was asked") }))
	defer private.Close()
	privateTLS := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private server was asked") }))
	defer privateTLS.Close()
	privateTLS.Config.ErrorLog = log.New(io.Discard, "", 0)
	// "localhost" stands for any name whose answer is private: the gate asks for
	// the answer and looks at it.
	byName := func(u string) string { return strings.Replace(u, "127.0.0.1", "localhost", 1) }
	ask := []string{home.URL, private.URL, byName(private.URL), privateTLS.URL, byName(privateTLS.URL), "http://0x7f.1:" + home.URL[strings.LastIndexByte(home.URL, ':')+1:], byName(home.URL)}
	answers := filepath.Join(t.TempDir(), "answers")
	t.Setenv("GREFFIER_FAKE_ASKS", strings.Join(ask, " "))
	t.Setenv("GREFFIER_FAKE_ANSWERS", answers)
	v := visitor(home)
	v.Browser = fakeBrowser(t)
	s := look(t, v, home.URL)
	b, err := os.ReadFile(answers)
	if err != nil || s.Browser == "" {
		t.Fatalf("%v, %v", err, s.Problems)
	}
	// The owner's own host, which she named herself, and nothing beside it.
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != len(ask) || lines[0] != home.URL+" 200" || asked == 0 {
		t.Fatalf("%d requests at home:\n%s", asked, b)
	}
	for _, l := range lines[1:] {
		if !strings.HasSuffix(l, " 403") && !strings.HasSuffix(l, " refused") {
			t.Errorf("let through: %s", l)
		}
	}
}

func TestTheBrowserOfASiteOfTheInternetReachesNothingPrivate(t *testing.T) {
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private server was asked") }))
	defer private.Close()
	g, err := newGate(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	way := &url.URL{Scheme: "http", Host: g.address()}
	c := &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return way, nil }}}
	host := strings.TrimPrefix(private.URL, "http://")
	port := host[strings.LastIndexByte(host, ':')+1:]
	for name, address := range map[string]string{"a number": private.URL, "a name": "http://localhost:" + port, "of IPv6": "http://[::ffff:127.0.0.1]:" + port, "the gate itself": "http://" + g.address()} {
		res, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, res.Status)
		}
		if _, err := c.Get(strings.Replace(address, "http:", "https:", 1)); err == nil {
			t.Errorf("%s, by a tunnel", name)
		}
	}
	if g.refused.Load() != 8 {
		t.Errorf("%d were refused as private", g.refused.Load())
	}
	if res, err := (&http.Client{}).Get("http://" + g.address() + "/x"); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("asked as a server: %v %v", res, err)
	}
}

func TestTheGateEndsWithTheVisitAndItsBounds(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 1<<20)) }))
	defer srv.Close()
	home, _ := url.Parse(srv.URL)
	g, err := newGate(home)
	if err != nil {
		t.Fatal(err)
	}
	way := &url.URL{Scheme: "http", Host: g.address()}
	tr := srv.Client().Transport.(*http.Transport).Clone()
	tr.Proxy = func(*http.Request) (*url.URL, error) { return way, nil }
	get := func() (int, error) {
		res, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(srv.URL)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return len(b), err
	}
	if n, err := get(); n != 1<<20 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	g.left.Store(100 << 10)
	if n, err := get(); err == nil {
		t.Errorf("%d bytes of 100 KiB", n)
	}
	g.left.Store(gateBytes)
	if n, err := get(); n != 1<<20 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	g.close()
	if _, err := get(); err == nil {
		t.Error("open after the visit")
	}
}

func TestTheTableHoldsTogether(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range table {
		if k.id == "" || seen[k.id] || k.purpose.FR == "" || k.purpose.EN == "" || k.category == "" || k.lifetime == "" || len(k.hosts)+len(k.cookies)+len(k.inline) == 0 || !k.exempt && (k.name == "" || k.owner == "") {
			t.Errorf("%+v", k)
		}
		seen[k.id] = true
	}
	if len(table) < 50 {
		t.Errorf("%d trackers", len(table))
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add(policyPage)
	f.Add(`<base href="//x"><a href="http://[::1]:x/"><script>fbq('init'</script><style>@import url(//a)`)
	f.Add(strings.Repeat("<div>", 2000) + "<a href=mailto:%zz>")
	f.Fuzz(func(t *testing.T, body string) {
		base := url.URL{Scheme: "https", Host: "shop.example", Path: "/"}
		c := readPage(&base, body)
		if len(c.text) > maxWords+8 || len(c.links) > maxLinks || len(c.asked) > maxAsked {
			t.Fatal("out of bounds")
		}
		for _, a := range c.asked {
			if a.url.Host == "" || a.url.User != nil {
				t.Fatalf("%v", a.url)
			}
		}
	})
}
