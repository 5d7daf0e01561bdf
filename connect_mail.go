package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"greffier/app"
	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/vault"
)

// mailboxSettings are the [mailbox] of the profile file. There is no secret in
// them.
type mailboxSettings struct {
	Host        string   `toml:"host"`
	Port        int      `toml:"port"`
	Security    string   `toml:"security"`
	User        string   `toml:"user"`
	PasswordEnv string   `toml:"password_env,omitempty"`
	CAFile      string   `toml:"ca_file,omitempty"`
	AuthServIDs []string `toml:"authserv_ids,omitempty"`
	Folders     []string `toml:"folders,omitempty"`
	// Address is the mailbox's own, where the user name is none.
	Address string `toml:"address,omitempty"`
	// The way out: letters are laid into the drafts folder (drafts), or sent by
	// this server on the owner's click (smtp).
	Out          string `toml:"out,omitempty"`
	SMTPHost     string `toml:"smtp_host,omitempty"`
	SMTPPort     int    `toml:"smtp_port,omitempty"`
	SMTPSecurity string `toml:"smtp_security,omitempty"`
	SMTPUser     string `toml:"smtp_user,omitempty"`
	// SignIn is password or oauth2; the latter needs a provider (gmail,
	// outlook) and the owner's own registration there.
	SignIn   string `toml:"sign_in,omitempty"`
	Provider string `toml:"provider,omitempty"`
	ClientID string `toml:"client_id,omitempty"`
	// SecretID tells the secrets of these settings from those of earlier ones:
	// a password is never sent to a server that it was not typed in for.
	SecretID string `toml:"secret_id,omitempty"`
}

func (m *mailboxSettings) check() error {
	switch {
	case m.Host == "" || m.User == "":
		return errors.New("needs host and user")
	case m.Out != "" && m.Out != mailbox.OutDrafts && m.Out != mailbox.OutSMTP:
		return fmt.Errorf("has out = %q; use %s or %s", m.Out, mailbox.OutDrafts, mailbox.OutSMTP)
	case m.Out == mailbox.OutSMTP && m.SMTPHost == "":
		return errors.New("needs smtp_host to send")
	case m.SignIn != "" && m.SignIn != mailbox.ByPassword && m.SignIn != mailbox.ByOAuth:
		return fmt.Errorf("has sign_in = %q; use %s or %s", m.SignIn, mailbox.ByPassword, mailbox.ByOAuth)
	case m.SignIn == mailbox.ByOAuth && (m.Provider == "" || m.ClientID == ""):
		return errors.New("needs provider and client_id to sign in with oauth2")
	}
	return nil
}

// account is the settings in the words of app. own is the owner's address,
// which stands for the mailbox's where nothing else says it.
func (m *mailboxSettings) account(own string) mailbox.Account {
	a := mailbox.Account{Address: m.Address, SignIn: cmp.Or(m.SignIn, mailbox.ByPassword), Provider: m.Provider, ClientID: m.ClientID, Out: cmp.Or(m.Out, mailbox.OutDrafts),
		Folders: m.Folders, AuthServIDs: m.AuthServIDs, CAFile: m.CAFile,
		IMAP: mailbox.Server{Host: m.Host, Port: m.Port, Security: mailbox.Security(m.Security), User: m.User}}
	if m.SMTPHost != "" {
		a.SMTP = mailbox.Server{Host: m.SMTPHost, Port: m.SMTPPort, Security: mailbox.Security(m.SMTPSecurity), User: m.SMTPUser}
	}
	if a.Address == "" {
		if a.Address = own; strings.Contains(m.User, "@") {
			a.Address = m.User
		}
	}
	return a
}

func mailboxSettingsOf(a mailbox.Account, secretID string) *mailboxSettings {
	return &mailboxSettings{Host: a.IMAP.Host, Port: a.IMAP.Port, Security: string(a.IMAP.Security), User: a.IMAP.User, CAFile: a.CAFile, AuthServIDs: a.AuthServIDs, Folders: a.Folders,
		Address: a.Address, Out: a.Out, SMTPHost: a.SMTP.Host, SMTPPort: a.SMTP.Port, SMTPSecurity: string(a.SMTP.Security), SMTPUser: a.SMTP.User,
		SignIn: a.SignIn, Provider: a.Provider, ClientID: a.ClientID, SecretID: secretID}
}

// secretName is the name in the vault of a secret of these settings.
func (m *mailboxSettings) secretName(what string) string {
	if m.SecretID == "" {
		return "mailbox." + what
	}
	return "mailbox." + m.SecretID + "." + what
}

// mailSecrets are the names of what is kept for a mailbox.
var mailSecrets = []string{"password", "token", "client"}

func (p *profile) mailSecret(m *mailboxSettings) (mailbox.Secret, error) {
	var s mailbox.Secret
	get := func(what string) (string, error) {
		v, err := p.vault.Secret(m.secretName(what))
		if errors.Is(err, vault.ErrNoSecret) {
			return "", nil
		}
		return v, err
	}
	var err error
	if m.SignIn != mailbox.ByOAuth {
		s.Password, err = p.vault.Secret(m.secretName("password"))
		return s, err
	}
	if s.ClientSecret, err = get("client"); err != nil {
		return s, err
	}
	t, err := get("token")
	if err != nil || t == "" {
		return s, err // not signed in yet: the first use says so
	}
	if err := json.Unmarshal([]byte(t), &s.Token); err != nil {
		return s, fmt.Errorf("%w: the token of the mailbox", vault.ErrDamaged)
	}
	return s, nil
}

func (p *profile) keepMailSecret(m *mailboxSettings, s mailbox.Secret) error {
	token := ""
	if s.Token != (mailbox.Token{}) {
		b, err := json.Marshal(s.Token)
		if err != nil {
			return err
		}
		token = string(b)
	}
	for what, v := range map[string]string{"password": s.Password, "token": token, "client": s.ClientSecret} {
		if err := p.vault.SetSecret(m.secretName(what), v); err != nil {
			return err
		}
	}
	return nil
}

// mailSetup implements app.MailSetup over the profile's file and vault.
type mailSetup struct {
	p *profile
	mail.Setup

	mu sync.Mutex // the settings change under it
}

// Account implements app.MailSetup.
func (x *mailSetup) Account() (mailbox.Account, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.p.settings.Mailbox
	if m == nil {
		return mailbox.Account{}, false
	}
	return m.account(x.p.settings.Controller.Email), true
}

// secretFor completes a secret that was not typed in by the one that is kept,
// where it is for the same server and user.
func (x *mailSetup) secretFor(a mailbox.Account, s mailbox.Secret) (mailbox.Secret, error) {
	if s != (mailbox.Secret{}) {
		return s, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.p.settings.Mailbox
	if m == nil {
		return s, nil
	}
	kept := m.account(x.p.settings.Controller.Email)
	same := func(a, b mailbox.Server) bool { return strings.EqualFold(a.Host, b.Host) && a.User == b.User }
	host := func(a, b string) bool { return strings.EqualFold(a, b) }
	if !same(a.IMAP, kept.IMAP) || a.SMTP.Host != "" && !host(a.SMTP.Host, kept.SMTP.Host) && !host(a.SMTP.Host, kept.IMAP.Host) ||
		cmp.Or(a.SignIn, mailbox.ByPassword) != kept.SignIn || a.Provider != kept.Provider && kept.SignIn == mailbox.ByOAuth {
		return s, nil
	}
	return x.p.mailSecret(m)
}

// Try implements app.MailSetup.
func (x *mailSetup) Try(ctx context.Context, a mailbox.Account, s mailbox.Secret) (mailbox.Looked, error) {
	typed := s != (mailbox.Secret{})
	s, err := x.secretFor(a, s)
	if err != nil {
		return mailbox.Looked{}, err
	}
	return x.Setup.Try(ctx, a, s, func(t mailbox.Token) error {
		if typed {
			return nil // not kept yet
		}
		return x.p.keepToken(t)
	})
}

// keepToken keeps a token that was renewed.
func (p *profile) keepToken(t mailbox.Token) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return p.vault.SetSecret(p.settings.Mailbox.secretName("token"), string(b))
}

// SignIn implements app.MailSetup.
func (x *mailSetup) SignIn(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) {
	s := x.Setup
	// Without a display there is no browser either.
	s.ByDevice = runtime.GOOS == "linux" && os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == ""
	return s.SignIn(ctx, a, clientSecret, show)
}

// Save implements app.MailSetup. The secret is kept first, under a name of its
// own, then the settings that name it: whenever the program is cut off, the
// settings and the secret that belong together are used.
func (x *mailSetup) Save(ctx context.Context, a mailbox.Account, s mailbox.Secret) (app.Mailbox, app.Postman, app.Connection, error) {
	fail := func(err error) (app.Mailbox, app.Postman, app.Connection, error) {
		return nil, nil, app.Connection{}, err
	}
	s, err := x.secretFor(a, s)
	if err != nil {
		return fail(err)
	}
	next := mailboxSettingsOf(a, strings.ToLower(rand.Text()))
	if err := next.check(); err != nil {
		return fail(fmt.Errorf("%w: [mailbox] %w", mail.ErrConfig, err))
	}
	if next.SignIn != mailbox.ByOAuth && s.Password == "" {
		// A profile whose secret is missing could not be opened again.
		return fail(fmt.Errorf("%w: [mailbox] needs the password of this server", mail.ErrConfig))
	}
	box, postman, service, err := x.p.openMail(next, s)
	if err != nil {
		return fail(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.p.keepMailSecret(next, s); err != nil {
		return fail(err)
	}
	old := x.p.settings.Mailbox
	all := x.p.settings
	all.Mailbox = next
	if err := x.p.saveSettings(all); err != nil {
		return fail(err)
	}
	if old != nil {
		for _, what := range mailSecrets {
			// What cannot be removed now is only an old secret in the vault.
			_ = x.p.vault.SetSecret(old.secretName(what), "")
		}
	}
	return box, postman, service, nil
}

// post sends a mail and puts a copy among the sent ones, where the provider
// does not do that by itself.
type post struct {
	*mail.Postman
	box    *mail.Box
	itself bool
}

// Send implements app.Postman.
func (o post) Send(ctx context.Context, raw []byte) error {
	if err := o.Postman.Send(ctx, raw); err != nil {
		return err
	}
	if !o.itself {
		// It has gone out: that no copy of it could be kept changes nothing, and
		// Greffier has its own record of the letter.
		_ = o.box.SaveSent(context.WithoutCancel(ctx), raw)
	}
	return nil
}

// keepsSent are the providers that put what is sent over SMTP among the sent
// mail by themselves.
var keepsSent = map[string]bool{"gmail": true, "outlook": true, "microsoft365": true}

// openMail makes the connections of the settings; nothing is contacted.
func (p *profile) openMail(m *mailboxSettings, s mailbox.Secret) (app.Mailbox, app.Postman, app.Connection, error) {
	a := m.account(p.settings.Controller.Email)
	var token func(context.Context) (string, error)
	if a.SignIn == mailbox.ByOAuth {
		token = p.mail.OAuth.TokenSource(context.Background(), a, s, func(t mailbox.Token) error {
			b, err := json.Marshal(t)
			if err != nil {
				return err
			}
			return p.vault.SetSecret(m.secretName("token"), string(b))
		})
	}
	box, err := mail.New(mail.ConfigOf(a, s, token))
	if err != nil {
		return nil, nil, app.Connection{}, err
	}
	var out app.Postman
	if a.Out == mailbox.OutSMTP {
		postman, err := mail.NewPostman(mail.SMTPConfigOf(a, s, token))
		if err != nil {
			return nil, nil, app.Connection{}, err
		}
		out = post{postman, box, keepsSent[a.Provider]}
	}
	safe := safeTLS
	if a.IMAP.Security == mailbox.Plain {
		safe = "loopback"
	}
	return box, out, app.Connection{Kind: "mailbox", Name: m.Host, Address: a.IMAP.String(), Safe: safe,
		Check: func(ctx context.Context) (string, string, error) {
			seen, err := box.Look(ctx)
			n := 0
			for _, f := range seen.Folders {
				n += f.Messages
			}
			tls := seen.TLS
			if tls == "" && err == nil {
				tls = "loopback"
			}
			return fmt.Sprintf("%d folders, %d messages", len(seen.Folders), n), tls, err
		}}, nil
}

func (p *profile) connectMailbox(d *app.Deps) error {
	p.mail = &mailSetup{p: p}
	d.Mail = p.mail
	d.Signatures = func(ctx context.Context, raw []byte, from string) (mailbox.AuthResult, string) {
		return mail.VerifyDKIM(ctx, raw, from, mail.DNSKeys(nil))
	}
	m := p.settings.Mailbox
	if m == nil {
		return nil
	}
	s, err := p.mailSecret(m)
	if err != nil {
		return err
	}
	box, postman, service, err := p.openMail(m, s)
	if err != nil {
		return err
	}
	d.Mailbox, d.Postman = box, postman
	d.Services = append(d.Services, service)
	return nil
}
