package mail

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"greffier/app/guard"
	"greffier/app/mailbox"

	"golang.org/x/oauth2"
)

// Endpoint is where an OAuth provider is asked, and for what.
type Endpoint struct {
	AuthURL   string   // the sign-in page
	TokenURL  string   // where codes and refresh tokens become access tokens
	DeviceURL string   // of the device flow (RFC 8628); "" for none
	Scopes    []string // the rights asked for
	// Params are added to the address of the sign-in page.
	Params map[string]string
	// Redirect is the host to which the page sends the browser back: "127.0.0.1"
	// (RFC 8252, 7.3), or "localhost" where the provider wants that.
	Redirect string
}

// Endpoints are the OAuth providers that are known, by mailbox.Provider.ID.
//
// Both let in registered programs only. Greffier ships no registration: one
// belongs to somebody, who answers for it to the provider. The owner makes one
// of her own, once, and gives its client ID (and, at Google, the client
// secret):
//
//   - Google: at console.cloud.google.com a project with an OAuth consent
//     screen whose audience is internal (Workspace) or that names her address
//     as a test user, the scope https://mail.google.com/, and an OAuth client
//     of the type "Desktop app". Consent to a project in testing ends after
//     seven days; "In production" keeps it.
//   - Microsoft: at entra.microsoft.com an app registration for the accounts
//     concerned (any organisation and personal accounts), the platform "Mobile
//     and desktop applications" with the redirect address http://localhost,
//     "Allow public client flows" set to yes, and the delegated rights
//     IMAP.AccessAsUser.All and SMTP.Send. It has no secret.
var Endpoints = map[string]Endpoint{
	"gmail":        google,
	"outlook":      microsoft,
	"microsoft365": microsoft,
}

var (
	google = Endpoint{
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token",
		Scopes: []string{"https://mail.google.com/"},
		// Only then does Google give a refresh token each time.
		Params: map[string]string{"access_type": "offline", "prompt": "consent"}, Redirect: "127.0.0.1",
	}
	microsoft = Endpoint{
		AuthURL: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", TokenURL: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		DeviceURL: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
		Scopes:    []string{"offline_access", "https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"},
		Redirect:  "localhost",
	}
)

// The times of a sign-in.
const (
	consentTime = 10 * time.Minute // for the owner to sign in
	deviceTime  = 30 * time.Minute // the longest that a device code is believed to live
	webTime     = 30 * time.Second // for one answer of the provider
	renewBefore = 2 * time.Minute  // an access token is not used when it ends sooner
)

// OAuth signs in to providers that want it (RFC 6749). The zero value works.
type OAuth struct {
	HTTP      *http.Client        // nil for one that follows no redirect and waits 30 seconds
	Endpoints map[string]Endpoint // by mailbox.Provider.ID; nil for Endpoints
}

// flow is what both ways to sign in need.
type flow struct {
	Endpoint
	conf oauth2.Config
	host string // of the token endpoint, for errors
	http *http.Client
}

func (o *OAuth) flow(a mailbox.Account, clientSecret string) (*flow, error) {
	all := o.Endpoints
	if all == nil {
		all = Endpoints
	}
	e, ok := all[a.Provider]
	if !ok {
		return nil, fmt.Errorf("%w: no sign-in page is known for this provider", ErrConfig)
	}
	if a.ClientID == "" {
		return nil, fmt.Errorf("%w: the account names no client ID", ErrRegistration)
	}
	f := &flow{Endpoint: e, http: o.HTTP}
	for _, s := range []string{e.AuthURL, e.TokenURL, e.DeviceURL} {
		u, err := url.Parse(s)
		if s != "" && (err != nil || u.Scheme != "https" || u.Host == "") || s == "" && s != e.DeviceURL {
			return nil, fmt.Errorf("%w: the provider's addresses must be https", ErrConfig)
		}
		if s == e.TokenURL {
			f.host = u.Host
		}
	}
	if f.http == nil {
		f.http = &http.Client{Timeout: webTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: webTime, DisableKeepAlives: true}}
	}
	f.conf = oauth2.Config{ClientID: a.ClientID, ClientSecret: clientSecret, Scopes: e.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: e.AuthURL, TokenURL: e.TokenURL, DeviceAuthURL: e.DeviceURL, AuthStyle: oauth2.AuthStyleInParams}}
	return f, nil
}

// bound makes the library use the flow's client, and the context for each
// request: it forgets the context when it asks for a device code.
func (f *flow) bound(ctx context.Context) context.Context {
	c := *f.http
	c.Transport = boundTransport{ctx, f.http.Transport}
	return context.WithValue(ctx, oauth2.HTTPClient, &c)
}

type boundTransport struct {
	ctx  context.Context
	base http.RoundTripper
}

// RoundTrip sends the request, or fails when the context ends.
func (t boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	base := t.base
	if base == nil {
		base = http.DefaultTransport
	}
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(t.ctx, cancel)
	resp, err := base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		stop()
		cancel()
		return nil, err
	}
	resp.Body = &boundBody{resp.Body, func() { stop(); cancel() }}
	return resp, nil
}

type boundBody struct {
	io.ReadCloser
	done func()
}

// Close ends the request.
func (b *boundBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// SignInBrowser signs in on the provider's page in the system's browser, which
// is then sent back to a port of this computer (RFC 8252) with a code that only
// this call can use (RFC 7636). show is called once with the page to open, and
// must return. Errors: ErrConsentDenied, ErrConsentLate, ErrConsentGone,
// ErrRegistration, ErrConfig, ErrUnreachable, ErrCertificate, ErrProtocol,
// ctx.Err().
func (o *OAuth) SignInBrowser(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Token, error) {
	f, err := o.flow(a, clientSecret)
	if err != nil {
		return mailbox.Token{}, err
	}
	until := time.Now().Add(consentTime)
	outer := ctx
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return mailbox.Token{}, fmt.Errorf("wait for the browser: %w", err)
	}
	listeners := []net.Listener{l}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	back := net.JoinHostPort(f.Redirect, port)
	if f.Redirect == "localhost" {
		// A browser may try this address first; no harm where there is none.
		if l6, err := net.Listen("tcp", "[::1]:"+port); err == nil {
			listeners = append(listeners, l6)
		}
	}
	f.conf.RedirectURL = "http://" + back
	state, verifier := rand.Text(), oauth2.GenerateVerifier()

	type outcome struct {
		token mailbox.Token
		err   error
	}
	ended := make(chan outcome, 1)
	var taken atomic.Bool
	srv := &http.Server{
		ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 2 * webTime, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // it would tell addresses
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			switch {
			case r.Method != http.MethodGet || r.Host != back || r.URL.Path != "/" && r.URL.Path != "":
				http.NotFound(w, r) // another page's doing, or a browser's icon
			case subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1:
				writePage(w, http.StatusBadRequest, false)
			case !taken.CompareAndSwap(false, true):
				writePage(w, http.StatusGone, false)
			default:
				var out outcome
				if code := q.Get("error"); code != "" {
					out.err = f.told("sign in", code)
				} else {
					out.token, out.err = f.exchange(ctx, q.Get("code"), verifier)
				}
				if out.err == nil {
					writePage(w, http.StatusOK, true)
				} else {
					writePage(w, http.StatusForbidden, false)
				}
				ended <- out
			}
		}),
	}
	for _, l := range listeners {
		go srv.Serve(l)
	}
	defer func() {
		// The page is on its way to the browser still.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(outer), 2*time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			srv.Close()
		}
	}()
	show(mailbox.Prompt{Page: f.page(a, state, verifier), Until: until.UTC()})
	select {
	case out := <-ended:
		if outer.Err() != nil {
			return mailbox.Token{}, outer.Err()
		}
		return out.token, out.err
	case <-ctx.Done():
		return mailbox.Token{}, late(outer)
	}
}

// page is the address of the sign-in page.
func (f *flow) page(a mailbox.Account, state, verifier string) string {
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if a.Address != "" {
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", a.Address))
	}
	for k, v := range f.Params {
		opts = append(opts, oauth2.SetAuthURLParam(k, v))
	}
	return f.conf.AuthCodeURL(state, opts...)
}

// exchange makes a token of the code that the browser brought.
func (f *flow) exchange(ctx context.Context, code, verifier string) (mailbox.Token, error) {
	t, err := f.conf.Exchange(f.bound(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return mailbox.Token{}, f.fail(ctx, "exchange the code", err)
	}
	return f.accept(t)
}

// accept checks that a first token lasts and has the rights asked for: Google
// lets people untick them.
func (f *flow) accept(t *oauth2.Token) (mailbox.Token, error) {
	if t.RefreshToken == "" || !wellFormed(t.AccessToken) {
		return mailbox.Token{}, fmt.Errorf("%s: sign in: %w: it gave no lasting access", f.host, ErrProtocol)
	}
	if given, ok := t.Extra("scope").(string); ok && given != "" {
		names := func(s string) string {
			s = strings.ToLower(strings.TrimRight(s, "/"))
			return s[strings.LastIndexByte(s, '/')+1:] // Microsoft may leave out whose right it is
		}
		var got []string
		for _, s := range strings.Fields(given) {
			got = append(got, names(s))
		}
		for _, s := range f.Scopes {
			if s != "offline_access" && !slices.Contains(got, names(s)) {
				return mailbox.Token{}, fmt.Errorf("%s: sign in: %w: a right is missing", f.host, ErrConsentDenied)
			}
		}
	}
	return tokenOf(t), nil
}

// wellFormed tells whether an access token is one word (RFC 6749, A.12): it is put
// between others when signing in.
func wellFormed(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

func tokenOf(t *oauth2.Token) mailbox.Token {
	return mailbox.Token{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: t.Expiry.UTC()}
}

// late says why a sign-in ended without an answer.
func late(outer context.Context) error {
	if outer.Err() != nil {
		return outer.Err()
	}
	return fmt.Errorf("sign in: %w", ErrConsentLate)
}

// SignInDevice signs in on a page that the owner opens in any browser, on any
// device, where she types a code (RFC 8628). show is called once with both and
// must return. Errors are those of SignInBrowser, and ErrConfig where the
// provider has no such page.
func (o *OAuth) SignInDevice(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Token, error) {
	f, err := o.flow(a, clientSecret)
	if err != nil {
		return mailbox.Token{}, err
	}
	if f.DeviceURL == "" {
		return mailbox.Token{}, fmt.Errorf("%w: this provider has no sign-in by code", ErrConfig)
	}
	d, err := f.conf.DeviceAuth(f.bound(ctx))
	if err != nil {
		return mailbox.Token{}, f.fail(ctx, "ask for a code", err)
	}
	page, err := url.Parse(d.VerificationURI)
	if err != nil || page.Scheme != "https" || page.Host == "" || d.DeviceCode == "" || d.UserCode == "" || cleanLine(d.UserCode, 100) != d.UserCode {
		return mailbox.Token{}, fmt.Errorf("%s: ask for a code: %w", f.host, ErrProtocol)
	}
	now := time.Now()
	if d.Expiry.Before(now) || d.Expiry.After(now.Add(deviceTime)) {
		d.Expiry = now.Add(deviceTime)
	}
	outer := ctx
	ctx, cancel := context.WithDeadline(ctx, d.Expiry)
	defer cancel()
	show(mailbox.Prompt{Page: page.String(), Code: d.UserCode, Until: d.Expiry.UTC()})
	for {
		// The library polls at the provider's pace, slows down when told to, and
		// gives up at the first answer that is none.
		t, err := f.conf.DeviceAccessToken(f.bound(ctx), d)
		switch {
		case err == nil:
			return f.accept(t)
		case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) && !time.Now().Before(d.Expiry):
			return mailbox.Token{}, late(outer)
		}
		if err = f.fail(ctx, "wait for the sign-in", err); !errors.Is(err, ErrUnreachable) {
			return mailbox.Token{}, err
		}
	}
}

// told makes an error of a code of RFC 6749, 4.1.2.1 and 5.2, RFC 8628, 3.5 and
// OpenID Connect. Descriptions are left out: they name people.
func (f *flow) told(doing, code string) error {
	var kind error
	switch code {
	case "invalid_grant", "interaction_required", "login_required", "consent_required":
		kind = ErrConsentGone
	case "access_denied", "authorization_declined":
		kind = ErrConsentDenied
	case "expired_token":
		kind = ErrConsentLate
	case "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "unsupported_grant_type", "unsupported_response_type":
		kind = ErrRegistration
	case "temporarily_unavailable", "server_error", "slow_down":
		kind = ErrUnreachable
	default:
		return fmt.Errorf("%s: %s: %w", f.host, doing, ErrProtocol)
	}
	return fmt.Errorf("%s: %s: %w: %s", f.host, doing, kind, code)
}

// fail translates an error of the library, whose text quotes the provider.
func (f *flow) fail(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		status := 0
		if answer.Response != nil {
			status = answer.Response.StatusCode
		}
		if answer.ErrorCode == "" && (status >= 500 || status == http.StatusTooManyRequests) {
			return fmt.Errorf("%s: %s: %w: HTTP %d", f.host, doing, ErrUnreachable, status)
		}
		return f.told(doing, answer.ErrorCode)
	}
	var get *url.Error
	if errors.As(err, &get) {
		return wireError(f.host, doing, get.Err)
	}
	return fmt.Errorf("%s: %s: %w", f.host, doing, ErrProtocol)
}

// TokenSource returns what Config.Token and SMTPConfig.Token want: a function
// that gives an access token, renewed shortly before it ends or when a server
// refused it. Whatever is renewed is given to save before it is used, so that a
// refresh token which replaces the old one (RFC 6749, 6) is never lost; when
// save fails, so does the function, and saves again when it is called next. The
// function may be called by several goroutines. A renewal that has begun ends
// with ctx, which is the life of the profile, not with a single caller.
//
// Errors of the function: ErrConsentGone when she has to sign in again,
// ErrUnreachable when trying later may help, and those of SignInBrowser.
func (o *OAuth) TokenSource(ctx context.Context, a mailbox.Account, s mailbox.Secret, save func(mailbox.Token) error) func(context.Context) (string, error) {
	k := &tokenKeeper{ctx: ctx, token: s.Token, save: save, turn: make(chan struct{}, 1)}
	k.flow, k.err = o.flow(a, s.ClientSecret)
	return k.get
}

// tokenKeeper keeps one token fresh.
type tokenKeeper struct {
	ctx  context.Context
	flow *flow
	err  error // the account is unusable
	save func(mailbox.Token) error

	turn    chan struct{} // holds one value while somebody works with what is below
	token   mailbox.Token
	unsaved bool
}

func (k *tokenKeeper) get(ctx context.Context) (string, error) {
	if k.err != nil {
		return "", k.err
	}
	refused, _ := ctx.Value(refusedKey{}).(string)
	type outcome struct {
		access string
		err    error
	}
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	case <-k.ctx.Done():
		return "", k.ctx.Err()
	}
	ended := make(chan outcome, 1)
	go func() {
		var access string
		err := guard.Run(func() (err error) { access, err = k.renew(refused); return err })
		<-k.turn
		ended <- outcome{access, err}
	}()
	select {
	case out := <-ended:
		return out.access, out.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// renew gives a token that is good, and not the refused one.
func (k *tokenKeeper) renew(refused string) (string, error) {
	if t := k.token; t.Access == "" || t.Access == refused || !t.Expires.IsZero() && time.Until(t.Expires) < renewBefore {
		if t.Refresh == "" {
			return "", fmt.Errorf("%s: %w", k.flow.host, ErrConsentGone)
		}
		ctx, cancel := context.WithTimeout(k.ctx, webTime)
		defer cancel()
		fresh, err := k.flow.conf.TokenSource(k.flow.bound(ctx), &oauth2.Token{RefreshToken: t.Refresh}).Token()
		if err != nil {
			if k.ctx.Err() == nil && ctx.Err() != nil {
				return "", fmt.Errorf("%s: renew the sign-in: %w: no answer in time", k.flow.host, ErrUnreachable)
			}
			return "", k.flow.fail(ctx, "renew the sign-in", err)
		}
		if !wellFormed(fresh.AccessToken) {
			return "", fmt.Errorf("%s: renew the sign-in: %w", k.flow.host, ErrProtocol)
		}
		k.token, k.unsaved = tokenOf(fresh), true
	}
	if k.unsaved {
		if err := k.save(k.token); err != nil {
			return "", fmt.Errorf("keep the renewed sign-in: %w", err)
		}
		k.unsaved = false
	}
	return k.token.Access, nil
}

// writePage tells the owner, in her browser, how it went. It names nothing and
// loads nothing.
func writePage(w http.ResponseWriter, status int, done bool) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	fr, en := "La connexion n’a pas abouti. Revenez à Greffier.", "The sign-in did not work. Go back to Greffier."
	if done {
		fr, en = "C’est fait. Vous pouvez fermer cette page et revenir à Greffier.", "That is done. You can close this page and go back to Greffier."
	}
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Greffier</title></head>\n"+
		"<body><h1>Greffier</h1><p>%s</p><p lang=\"en\">%s</p></body></html>\n", fr, en)
}
