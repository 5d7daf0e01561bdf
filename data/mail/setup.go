package mail

import (
	"context"
	"fmt"

	"greffier/app/mailbox"
)

// ConfigOf is the Config of an account. token is used where the account is
// signed in to by OAuth; else it may be nil.
func ConfigOf(a mailbox.Account, s mailbox.Secret, token func(context.Context) (string, error)) Config {
	cfg := Config{Host: a.IMAP.Host, Port: a.IMAP.Port, Security: a.IMAP.Security, User: a.IMAP.User, CAFile: a.CAFile,
		Address: a.Address, AuthServIDs: a.AuthServIDs, Folders: a.Folders}
	if a.SignIn == mailbox.ByOAuth {
		cfg.Token = token
	} else {
		cfg.Password = s.Password
	}
	return cfg
}

// SMTPConfigOf is the SMTPConfig of an account that has a way out, as ConfigOf.
// Without a user of its own, the way out has that of IMAP.
func SMTPConfigOf(a mailbox.Account, s mailbox.Secret, token func(context.Context) (string, error)) SMTPConfig {
	cfg := SMTPConfig{Host: a.SMTP.Host, Port: a.SMTP.Port, Security: a.SMTP.Security, User: a.SMTP.User, CAFile: a.CAFile}
	if cfg.User == "" {
		cfg.User = a.IMAP.User
	}
	if a.SignIn == mailbox.ByOAuth {
		cfg.Token = token
	} else {
		cfg.Password = s.Password
	}
	return cfg
}

// Setup finds and tries the settings of a mailbox. It keeps nothing. The zero
// value works.
type Setup struct {
	Finder Finder
	OAuth  OAuth
	// ByDevice prefers the sign-in by a typed code where the provider has one:
	// for a computer on which no browser can be opened.
	ByDevice bool
}

// Providers are the mail providers whose settings are known.
func (s *Setup) Providers() []mailbox.Provider { return Providers() }

// Discover is that of Finder.
func (s *Setup) Discover(ctx context.Context, address string) ([]mailbox.Found, error) {
	return s.Finder.Discover(ctx, address)
}

// Try signs in to the mailbox, looks around and, where there is a way out,
// signs in there too. It changes and keeps nothing: a token that was renewed
// for the trial is given to renewed, which may be nil when nobody keeps the
// account. What was found before an error is returned with it. Errors are those
// of Box.Look, Postman.Check, New and NewPostman.
func (s *Setup) Try(ctx context.Context, a mailbox.Account, secret mailbox.Secret, renewed func(mailbox.Token) error) (mailbox.Looked, error) {
	if renewed == nil {
		renewed = func(mailbox.Token) error { return nil }
	}
	var token func(context.Context) (string, error)
	if a.SignIn == mailbox.ByOAuth {
		token = s.OAuth.TokenSource(ctx, a, secret, renewed)
	}
	box, err := New(ConfigOf(a, secret, token))
	if err != nil {
		return mailbox.Looked{}, err
	}
	var postman *Postman
	if a.SMTP.Host != "" {
		if postman, err = NewPostman(SMTPConfigOf(a, secret, token)); err != nil {
			return mailbox.Looked{}, err
		}
	}
	found, err := box.Look(ctx)
	if err != nil || postman == nil {
		return found, err
	}
	if err := postman.Check(ctx); err != nil {
		return found, fmt.Errorf("the way out: %w", err)
	}
	found.SMTP = true
	return found, nil
}

// SignIn gets a token at the account's provider: by the page to which show
// leads, or by a code typed there, as ByDevice says. Nothing is kept. Errors
// are those of OAuth.SignInBrowser.
func (s *Setup) SignIn(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) {
	sign := s.OAuth.SignInBrowser
	if s.ByDevice {
		if f, err := s.OAuth.flow(a, clientSecret); err == nil && f.DeviceURL != "" {
			sign = s.OAuth.SignInDevice
		}
	}
	t, err := sign(ctx, a, clientSecret, show)
	if err != nil {
		return mailbox.Secret{}, err
	}
	return mailbox.Secret{Token: t, ClientSecret: clientSecret}, nil
}
