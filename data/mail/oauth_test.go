package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"
)

// provider is an OAuth server with the client that speaks to it and an account
// there.
func provider(t testing.TB) (*mailtest.OAuth, *mail.OAuth, mailbox.Account) {
	t.Helper()
	o := mailtest.OAuthServer(t, "contact@localhost.test")
	e := mail.Endpoint{AuthURL: o.URL + "/authorize", TokenURL: o.URL + "/token", DeviceURL: o.URL + "/device",
		Scopes: []string{"offline_access", "https://mail.test/IMAP.All"}, Params: map[string]string{"access_type": "offline"}, Redirect: "127.0.0.1"}
	local := e
	local.Redirect, local.DeviceURL = "localhost", ""
	return o, &mail.OAuth{HTTP: o.Client(), Endpoints: map[string]mail.Endpoint{"test": e, "local": local}},
		mailbox.Account{Address: o.User, Provider: "test", ClientID: o.ClientID, SignIn: mailbox.ByOAuth}
}

// browse opens a page as a browser does and returns what it shows at the end.
func browse(o *mailtest.OAuth, page string) (string, int, http.Header, error) {
	resp, err := o.Client().Get(page)
	if err != nil {
		return "", 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), resp.StatusCode, resp.Header, err
}

// discreet fails where an error tells what it must not.
func discreet(t testing.TB, err error, secrets ...string) {
	t.Helper()
	for _, s := range append(secrets, "private words", "contact@", "of the owner's own") {
		if err != nil && s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("error tells too much: %v", err)
		}
	}
}

func TestSignInBrowser(t *testing.T) {
	for _, redirect := range []string{"test", "local"} {
		t.Run("the owner signs in in her browser and sees that it is done, "+redirect, func(t *testing.T) {
			o, client, a := provider(t)
			a.Provider = redirect
			seen := make(chan string, 1)
			token, err := client.SignInBrowser(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) {
				if p.Code != "" || p.Until.Before(time.Now()) {
					t.Errorf("prompt %+v", p)
				}
				go func() {
					body, status, h, err := browse(o, p.Page)
					seen <- fmt.Sprintln(status, err, h.Get("Cache-Control"), h.Get("Referrer-Policy"), body)
				}()
			})
			if err != nil {
				t.Fatal(err)
			}
			if !o.Knows(token.Access) || token.Refresh == "" || time.Until(token.Expires) < 50*time.Minute || token.Expires.Location() != time.UTC {
				t.Errorf("token %+v", token)
			}
			page := <-seen
			for _, s := range []string{"200 <nil> no-store no-referrer", "C’est fait", "That is done"} {
				if !strings.Contains(page, s) {
					t.Errorf("page lacks %q: %s", s, page)
				}
			}
			q := o.Asked()[0]
			if q.Get("access_type") != "offline" || q.Get("login_hint") != o.User || !strings.Contains(q.Get("scope"), "IMAP.All") || len(q.Get("state")) < 20 {
				t.Errorf("asked for %v", q)
			}
		})
	}
	t.Run("a request with another state, host or path is not the owner's and does not end the wait", func(t *testing.T) {
		o, client, a := provider(t)
		_, err := client.SignInBrowser(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) {
			u, _ := url.Parse(p.Page)
			back := u.Query().Get("redirect_uri")
			state := u.Query().Get("state")
			for page, status := range map[string]int{
				back + "/?state=guess&code=evil":                   http.StatusBadRequest,
				back + "/?code=evil":                               http.StatusBadRequest,
				back + "/favicon.ico":                              http.StatusNotFound,
				back + "/x?code=evil&state=" + state:               http.StatusNotFound,
				strings.Replace(back, "127.0.0.1", "localhost", 1): http.StatusNotFound, // by another name: rebinding
			} {
				if _, got, _, err := browse(o, page); err != nil || got != status {
					t.Errorf("%s: %d %v, want %d", page, got, err, status)
				}
			}
			go browse(o, p.Page)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a code that is not of this sign-in is refused by the provider and told", func(t *testing.T) {
		o, client, a := provider(t)
		seen := make(chan string, 1)
		_, err := client.SignInBrowser(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) {
			u, _ := url.Parse(p.Page)
			go func() {
				body, status, _, _ := browse(o, u.Query().Get("redirect_uri")+"/?code=stolen-code&state="+u.Query().Get("state"))
				seen <- fmt.Sprint(status, body)
			}()
		})
		if !errors.Is(err, mail.ErrConsentGone) {
			t.Errorf("error %v", err)
		}
		discreet(t, err, "stolen-code")
		if page := <-seen; !strings.Contains(page, "403") || strings.Contains(page, "stolen-code") || strings.Contains(page, "C’est fait") {
			t.Errorf("page %s", page)
		}
	})
	for name, tc := range map[string]struct {
		set  func(*mailtest.OAuth)
		acc  func(*mailbox.Account)
		want error
	}{
		"a sign-in that was declined is told":             {set: func(o *mailtest.OAuth) { o.Refuse = "access_denied" }, want: mail.ErrConsentDenied},
		"a right that was unticked is told":               {set: func(o *mailtest.OAuth) { o.Scope = "openid" }, want: mail.ErrConsentDenied},
		"a wrong client secret is told":                   {set: func(o *mailtest.OAuth) { o.ClientSecret = "another" }, want: mail.ErrRegistration},
		"an account without a client ID is told":          {acc: func(a *mailbox.Account) { a.ClientID = "" }, want: mail.ErrRegistration},
		"a provider without a sign-in page is told":       {acc: func(a *mailbox.Account) { a.Provider = "ovh" }, want: mail.ErrConfig},
		"a provider that is out of order is unreachable":  {set: func(o *mailtest.OAuth) { o.Broken = 503 }, want: mail.ErrUnreachable},
		"a provider that answers with a page is a defect": {set: func(o *mailtest.OAuth) { o.Broken = 404 }, want: mail.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			o, client, a := provider(t)
			secret := o.ClientSecret
			if tc.set != nil {
				o.Set(tc.set)
			}
			if tc.acc != nil {
				tc.acc(&a)
			}
			token, err := client.SignInBrowser(t.Context(), a, secret, func(p mailbox.Prompt) { go browse(o, p.Page) })
			if !errors.Is(err, tc.want) || token != (mailbox.Token{}) {
				t.Errorf("token %+v, error %v", token, err)
			}
			discreet(t, err)
		})
	}
	t.Run("waiting for the owner can be cancelled", func(t *testing.T) {
		o, client, a := provider(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := client.SignInBrowser(ctx, a, o.ClientSecret, func(mailbox.Prompt) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a provider with an unknown authority is refused", func(t *testing.T) {
		o, client, a := provider(t)
		client.HTTP = nil
		_, err := client.SignInBrowser(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) { go browse(o, p.Page) })
		if !errors.Is(err, mail.ErrCertificate) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSignInDevice(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  func(*mailtest.OAuth)
		acc  func(*mailbox.Account)
		want error
	}{
		"the owner types a code in any browser":     {set: func(o *mailtest.OAuth) { o.Pending = 1 }},
		"a provider may ask to be polled less":      {set: func(o *mailtest.OAuth) { o.SlowDown = 1 }},
		"a sign-in that was declined is told":       {set: func(o *mailtest.OAuth) { o.Refuse = "authorization_declined" }, want: mail.ErrConsentDenied},
		"a code that ends before it is typed":       {set: func(o *mailtest.OAuth) { o.Pending, o.DeviceLife = 1000, 2*time.Second }, want: mail.ErrConsentLate},
		"a provider that ends the code":             {set: func(o *mailtest.OAuth) { o.Refuse = "expired_token" }, want: mail.ErrConsentLate},
		"a client ID that the provider never saw":   {acc: func(a *mailbox.Account) { a.ClientID = "x" }, want: mail.ErrRegistration},
		"a provider that has no sign-in by a code":  {acc: func(a *mailbox.Account) { a.Provider = "local" }, want: mail.ErrConfig},
		"a right that was unticked is told as well": {set: func(o *mailtest.OAuth) { o.Scope = "openid" }, want: mail.ErrConsentDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, client, a := provider(t)
			if tc.set != nil {
				o.Set(tc.set)
			}
			if tc.acc != nil {
				tc.acc(&a)
			}
			shown := 0
			token, err := client.SignInDevice(t.Context(), a, o.ClientSecret, func(p mailbox.Prompt) {
				shown++
				if p.Page != o.URL+"/go" || p.Code != "WDJB-MJHT" || p.Until.Before(time.Now()) {
					t.Errorf("prompt %+v", p)
				}
			})
			if !errors.Is(err, tc.want) || (tc.want == nil) != o.Knows(token.Access) {
				t.Errorf("token %+v, error %v", token, err)
			}
			if tc.want == nil && shown != 1 {
				t.Errorf("shown %d times", shown)
			}
			discreet(t, err)
		})
	}
	t.Run("waiting for the owner can be cancelled", func(t *testing.T) {
		o, client, a := provider(t)
		o.Set(func(o *mailtest.OAuth) { o.Pending = 1000 })
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := client.SignInDevice(ctx, a, o.ClientSecret, func(mailbox.Prompt) { cancel() }); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// vault is where a test keeps tokens.
type vault struct {
	mu   sync.Mutex
	kept []mailbox.Token
	fail error
}

func (v *vault) save(t mailbox.Token) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail != nil {
		return v.fail
	}
	v.kept = append(v.kept, t)
	return nil
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, expires time.Duration) (*mailtest.OAuth, *vault, mailbox.Secret, func(context.Context) (string, error)) {
		o, client, a := provider(t)
		o.Set(func(o *mailtest.OAuth) { o.Rotate = true })
		refresh, access := o.Grant()
		s := mailbox.Secret{ClientSecret: o.ClientSecret, Token: mailbox.Token{Refresh: refresh, Access: access, Expires: time.Now().Add(expires)}}
		v := &vault{}
		return o, v, s, client.TokenSource(t.Context(), a, s, v.save)
	}
	t.Run("a token that is good is given without asking anybody", func(t *testing.T) {
		o, v, s, get := setup(t, time.Hour)
		access, err := get(t.Context())
		if err != nil || access != s.Token.Access || o.Refreshes() != 0 || len(v.kept) != 0 {
			t.Errorf("%v, %d refreshes, %d kept", err, o.Refreshes(), len(v.kept))
		}
	})
	t.Run("a token is renewed shortly before it ends, and the new refresh token kept before it is used", func(t *testing.T) {
		o, v, s, get := setup(t, time.Minute)
		access, err := get(t.Context())
		if err != nil || access == s.Token.Access || !o.Knows(access) {
			t.Fatalf("%v", err)
		}
		if len(v.kept) != 1 || v.kept[0].Access != access || v.kept[0].Refresh == s.Token.Refresh || v.kept[0].Refresh == "" {
			t.Errorf("kept %+v", v.kept)
		}
		if again, err := get(t.Context()); err != nil || again != access || o.Refreshes() != 1 {
			t.Errorf("%v, %d refreshes", err, o.Refreshes())
		}
	})
	t.Run("a provider that gives no new refresh token keeps the old one", func(t *testing.T) {
		o, v, s, get := setup(t, -time.Minute)
		o.Set(func(o *mailtest.OAuth) { o.Rotate = false })
		if _, err := get(t.Context()); err != nil || len(v.kept) != 1 || v.kept[0].Refresh != s.Token.Refresh {
			t.Errorf("%v, kept %+v", err, v.kept)
		}
	})
	t.Run("many callers at once renew once", func(t *testing.T) {
		o, v, _, get := setup(t, -time.Minute)
		var wg sync.WaitGroup
		got := make([]string, 20)
		for i := range got {
			wg.Go(func() {
				access, err := get(t.Context())
				if err != nil {
					t.Error(err)
				}
				got[i] = access
			})
		}
		wg.Wait()
		if o.Refreshes() != 1 || len(v.kept) != 1 || len(slices.Compact(got)) != 1 {
			t.Errorf("%d refreshes, %d kept", o.Refreshes(), len(v.kept))
		}
	})
	t.Run("a vault that is full loses no token", func(t *testing.T) {
		o, v, _, get := setup(t, -time.Minute)
		full := errors.New("disk full")
		v.fail = full
		if _, err := get(t.Context()); !errors.Is(err, full) {
			t.Fatalf("error %v", err)
		}
		v.fail = nil
		if access, err := get(t.Context()); err != nil || !o.Knows(access) || o.Refreshes() != 1 || len(v.kept) != 1 {
			t.Errorf("%v, %d refreshes, %d kept", err, o.Refreshes(), len(v.kept))
		}
	})
	t.Run("a caller who leaves during the renewal loses no token", func(t *testing.T) {
		o, v, _, get := setup(t, -time.Minute)
		hold := make(chan struct{})
		o.Set(func(o *mailtest.OAuth) { o.Holding = hold })
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := get(ctx)
			left <- err
		}()
		hold <- struct{}{} // the provider has the request
		cancel()
		if err := <-left; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		if access, err := get(t.Context()); err != nil || !o.Knows(access) || o.Refreshes() != 1 || len(v.kept) != 1 {
			t.Errorf("%v, %d refreshes, %d kept", err, o.Refreshes(), len(v.kept))
		}
	})
	t.Run("a consent that was taken back wants a new sign-in", func(t *testing.T) {
		o, _, s, get := setup(t, -time.Minute)
		o.Revoke(true)
		_, err := get(t.Context())
		if !errors.Is(err, mail.ErrConsentGone) || errors.Is(err, mail.ErrUnreachable) {
			t.Errorf("error %v", err)
		}
		discreet(t, err, s.Token.Refresh)
	})
	t.Run("a provider that is out of order is unreachable, not gone", func(t *testing.T) {
		o, _, s, get := setup(t, -time.Minute)
		o.Set(func(o *mailtest.OAuth) { o.Broken = 500 })
		_, err := get(t.Context())
		if !errors.Is(err, mail.ErrUnreachable) || errors.Is(err, mail.ErrConsentGone) {
			t.Errorf("error %v", err)
		}
		discreet(t, err, s.Token.Refresh)
		o.Set(func(o *mailtest.OAuth) { o.Broken = 0 })
		if _, err := get(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
	t.Run("Dovecot refuses a token that the provider took back, and lets in with the next one", func(t *testing.T) {
		o, v, s, get := setup(t, time.Hour)
		server := mailtest.DovecotOAuth(t, o, "xoauth2", "oauthbearer")
		cfg := config(server)
		cfg.Password, cfg.Token = "", get
		if _, err := open(t, cfg).Look(t.Context()); err != nil || o.Refreshes() != 0 {
			t.Fatalf("%v, %d refreshes", err, o.Refreshes())
		}
		o.Revoke(false)
		if _, err := open(t, cfg).Look(t.Context()); err != nil || o.Refreshes() != 1 || len(v.kept) != 1 {
			t.Fatalf("%v, %d refreshes, %d kept", err, o.Refreshes(), len(v.kept))
		}
		o.Revoke(true)
		_, err := open(t, cfg).Look(t.Context())
		if !errors.Is(err, mail.ErrConsentGone) || errors.Is(err, mail.ErrUnreachable) {
			t.Fatalf("error %v", err)
		}
		discreet(t, err, s.Token.Refresh, s.Token.Access)
	})
}
