package mailtest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// OAuth is a running OAuth server (RFC 6749) with one owner who consents to
// everything unless the test says otherwise: authorization code with PKCE
// (RFC 7636), device flow (RFC 8628), refresh and introspection (RFC 7662). It
// speaks HTTPS with a certificate of its own authority.
type OAuth struct {
	URL          string // "https://localhost:port"
	CAFile       string // PEM of the authority that signed the server's certificate
	Pool         *x509.CertPool
	ClientID     string
	ClientSecret string // "" accepts a client without one
	User         string // whom the tokens are for
	Scope        string // that is granted; "" grants what is asked for

	// Rotate gives a new refresh token at each refresh, and forgets the old
	// one. Lifetime is that of access tokens; 0 means one hour.
	Rotate   bool
	Lifetime time.Duration
	// Refuse is the error code with which the owner's consent is refused; ""
	// consents. It counts for both flows.
	Refuse string
	// Pending and SlowDown are how often polling is put off (RFC 8628, 3.5).
	Pending, SlowDown int
	// DeviceLife is how long a device code can be used; 0 means ten minutes.
	DeviceLife time.Duration
	// Broken answers every request for a token with this HTTP status.
	Broken int
	// Holding, where set, is received from before a refresh is answered.
	Holding chan struct{}

	mu        sync.Mutex
	codes     map[string]grant
	devices   map[string]grant
	refresh   map[string]bool
	access    map[string]time.Time
	refreshes int
	asked     []url.Values
}

// grant is what a code stands for.
type grant struct {
	challenge, redirect, scope string
	until                      time.Time
}

// OAuthServer starts an OAuth server for a user. It ends with the test.
func OAuthServer(t testing.TB, user string) *OAuth {
	t.Helper()
	o := &OAuth{ClientID: "greffier-test", ClientSecret: "of the owner's own", User: user,
		codes: map[string]grant{}, devices: map[string]grant{}, refresh: map[string]bool{}, access: map[string]time.Time{}}
	keys := &Server{t: t}
	pair := keys.certificate(t.TempDir())
	o.CAFile, o.Pool = keys.CAFile, keys.pool
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", o.authorize)
	mux.HandleFunc("POST /device", o.device)
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("POST /introspect", o.introspect)
	srv := httptest.NewUnstartedServer(mux)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	o.URL = "https://localhost:" + srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]
	return o
}

// Client is an HTTP client that trusts the server, as the owner's browser does.
func (o *OAuth) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.Pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
}

// Set changes the server under its lock.
func (o *OAuth) Set(f func(*OAuth)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o)
}

// Grant makes a refresh token and an access token without any flow.
func (o *OAuth) Grant() (refresh, access string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	refresh, access = rand.Text(), rand.Text()
	o.refresh[refresh], o.access[access] = true, time.Now().Add(o.lifetime())
	return refresh, access
}

// Revoke forgets access tokens at once, and with all also the refresh tokens.
func (o *OAuth) Revoke(all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.access)
	if all {
		clear(o.refresh)
	}
}

// Knows tells whether an access token is good now.
func (o *OAuth) Knows(access string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Before(o.access[access])
}

// Refreshes is how many refreshes went well.
func (o *OAuth) Refreshes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refreshes
}

// Asked is every query of the sign-in page, as it came.
func (o *OAuth) Asked() []url.Values {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]url.Values(nil), o.asked...)
}

func (o *OAuth) lifetime() time.Duration {
	if o.Lifetime == 0 {
		return time.Hour
	}
	return o.Lifetime
}

// authorize is the sign-in page, whose owner consents without a word.
func (o *OAuth) authorize(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q := r.URL.Query()
	o.asked = append(o.asked, q)
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Scheme != "http" || back.Hostname() != "127.0.0.1" && back.Hostname() != "localhost" {
		http.Error(w, "redirect", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("response_type") != "code" || q.Get("client_id") != o.ClientID || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
	case o.Refuse != "":
		answer.Set("error", o.Refuse)
	default:
		code := rand.Text()
		o.codes[code] = grant{challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri"), scope: q.Get("scope"), until: time.Now().Add(time.Minute)}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// device begins a device flow.
func (o *OAuth) device(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.PostFormValue("client_id") != o.ClientID {
		refuse(w, "invalid_client")
		return
	}
	life := o.DeviceLife
	if life == 0 {
		life = 10 * time.Minute
	}
	code := rand.Text()
	o.devices[code] = grant{scope: r.PostFormValue("scope"), until: time.Now().Add(life)}
	answer(w, map[string]any{"device_code": code, "user_code": "WDJB-MJHT", "verification_uri": o.URL + "/go",
		"expires_in": int(life.Seconds()), "interval": 1})
}

// token is the token endpoint of all flows.
func (o *OAuth) token(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	hold := o.Holding
	o.mu.Unlock()
	if hold != nil && r.PostFormValue("grant_type") == "refresh_token" {
		<-hold
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Broken != 0 {
		http.Error(w, "<html>out of order</html>", o.Broken)
		return
	}
	if r.PostFormValue("client_id") != o.ClientID || r.PostFormValue("client_secret") != o.ClientSecret {
		refuse(w, "invalid_client")
		return
	}
	refresh, scope := rand.Text(), ""
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code := r.PostFormValue("code")
		g, ok := o.codes[code]
		delete(o.codes, code)
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !ok || g.redirect != r.PostFormValue("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
			refuse(w, "invalid_grant")
			return
		}
		scope = g.scope
	case "urn:ietf:params:oauth:grant-type:device_code":
		code := r.PostFormValue("device_code")
		g, ok := o.devices[code]
		switch {
		case !ok:
			refuse(w, "invalid_grant")
			return
		case time.Now().After(g.until):
			refuse(w, "expired_token")
			return
		case o.SlowDown > 0:
			o.SlowDown--
			refuse(w, "slow_down")
			return
		case o.Pending > 0:
			o.Pending--
			refuse(w, "authorization_pending")
			return
		case o.Refuse != "":
			refuse(w, o.Refuse)
			return
		}
		delete(o.devices, code)
		scope = g.scope
	case "refresh_token":
		old := r.PostFormValue("refresh_token")
		if !o.refresh[old] {
			refuse(w, "invalid_grant")
			return
		}
		o.refreshes++
		if o.Rotate {
			delete(o.refresh, old)
		} else {
			refresh = ""
		}
	default:
		refuse(w, "unsupported_grant_type")
		return
	}
	access := rand.Text()
	o.access[access] = time.Now().Add(o.lifetime())
	out := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(o.lifetime().Seconds())}
	if refresh != "" {
		o.refresh[refresh] = true
		out["refresh_token"] = refresh
	}
	if o.Scope != "" {
		scope = o.Scope
	}
	if scope != "" {
		out["scope"] = scope
	}
	answer(w, out)
}

// introspect tells a mail server whose a token is.
func (o *OAuth) introspect(w http.ResponseWriter, r *http.Request) {
	if !o.Knows(r.PostFormValue("token")) {
		answer(w, map[string]any{"active": false})
		return
	}
	answer(w, map[string]any{"active": true, "username": o.User, "scope": "mail"})
}

func answer(w http.ResponseWriter, v map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(v)
}

// refuse answers with an error, and with words that must not get into a log.
func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error":%q,"error_description":"private words about contact@localhost.test"}`, code)
}

// DovecotOAuth starts a Dovecot as Dovecot does, that also lets in with the
// access tokens of an OAuth server whose user is contact@localhost.test, by the
// mechanisms named ("xoauth2", "oauthbearer").
func DovecotOAuth(t testing.TB, o *OAuth, mechanisms ...string) *Server {
	t.Helper()
	// Not t.TempDir, which only its owner may enter: Dovecot has users of its own.
	dir, err := os.MkdirTemp("/tmp", "gd")
	if err != nil {
		t.Fatalf("make a folder for Dovecot: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ca, err := os.ReadFile(o.CAFile)
	if err != nil {
		t.Fatalf("read the authority: %v", err)
	}
	file, caFile := filepath.Join(dir, "oauth2.conf"), filepath.Join(dir, "ca.pem")
	settings := "introspection_url = " + o.URL + "/introspect\nintrospection_mode = post\nforce_introspection = yes\n" +
		"username_attribute = username\nactive_attribute = active\nactive_value = true\ntls_ca_cert_file = " + caFile + "\n" +
		"client_id = " + o.ClientID + "\n"
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(caFile, ca, 0o644), os.WriteFile(file, []byte(settings), 0o644)); err != nil {
		t.Fatalf("write the settings of Dovecot: %v", err)
	}
	list := strings.Join(mechanisms, " ")
	return dovecot(t, "sdbox:~/sdbox", "auth_mechanisms = plain login "+list+"\npassdb {\n  driver = oauth2\n  mechanisms = "+list+"\n  args = "+file+"\n}\n"+
		// No waiting after a refusal.
		"service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n")
}
