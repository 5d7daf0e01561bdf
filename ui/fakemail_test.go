package ui

import (
	"context"
	"slices"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
)

// mailFake is what the fake knows of the mailbox.
type mailFake struct {
	said      map[int64][]request.Right // what she said of mails; none = no request
	noText    bool                      // mails have no text kept
	reread    error
	touched   bool // the case cannot be taken back
	noSetup   bool
	account   *mailbox.Account
	accounts  []mailbox.Account // that were tried or saved
	secrets   []mailbox.Secret
	found     []mailbox.Found
	looked    *mailbox.Looked
	tryErr    error
	prompt    mailbox.Prompt
	sends     bool
	sendErr   error
	live      bool
	check     int
	letters   []cases.Letter
	challenge *cases.Challenge
	to        string // the address on file
	documents map[int64][]string
	messages  []app.MessageView
	asked     string // the requester's address, where it is not the usual one
}

func (f *fake) Mail(_ context.Context, id int64) (app.MessageView, error) {
	m := message()
	m.Message.ID = id
	m.Verdict.Kind, m.Verdict.Confidence = request.ToCheck, 0.42
	m.Verdict.Findings[0].Rule, m.Verdict.Findings[1].Rule = "erase photo", "model"
	m.Verdict.Findings[0].Confidence, m.Verdict.Findings[1].Confidence = 0.91, 0.42
	if f.mail.noText {
		m.Message.Text, m.Verdict.Kind = "", request.Ordinary
	}
	if rs, ok := f.mail.said[id]; ok {
		m.Corrected = true
		if len(rs) > 0 {
			m.Case, m.Verdict.Kind = 1, request.Request
			m.Verdict.Findings = nil
			for _, r := range rs {
				m.Verdict.Findings = append(m.Verdict.Findings, request.Finding{Right: r, Confidence: 1, Rule: "owner"})
			}
		}
	}
	return m, f.note("Mail %d", id)
}

func (f *fake) ReadMail(_ context.Context, id int64) (app.MessageView, error) {
	m := message()
	m.Message.ID = id
	if f.mail.reread != nil {
		m.Message.Text = ""
		return m, f.mail.reread
	}
	return m, f.note("ReadMail %d", id)
}

func (f *fake) CorrectVerdict(_ context.Context, id int64, rs []request.Right) (cases.ID, error) {
	if f.mail.touched {
		return 0, app.ErrCaseTouched
	}
	err := f.note("CorrectVerdict %d %v", id, rs)
	if f.mail.said == nil {
		f.mail.said = map[int64][]request.Right{}
	}
	f.mail.said[id] = rs
	if len(rs) == 0 {
		return 0, err
	}
	return 1, err
}

func (f *fake) RestoreVerdict(_ context.Context, id int64) (cases.ID, error) {
	delete(f.mail.said, id)
	return 1, f.note("RestoreVerdict %d", id)
}

func (f *fake) CheckPercent() int {
	if f.mail.check == 0 {
		return 25
	}
	return f.mail.check
}
func (f *fake) SetCheckPercent(_ context.Context, n int) error {
	f.mail.check = n
	return f.note("SetCheckPercent %d", n)
}

// mailOf adds to a case what came and went by mail.
func (f *fake) mailOf(v *app.CaseView) {
	v.Case.Messages = []int64{11}
	v.Case.Letters, v.Case.Challenge = f.mail.letters, f.mail.challenge
	v.ChallengeTo, v.Documents = f.mail.to, f.mail.documents
	if f.mail.asked != "" {
		v.Case.Requester.Email = f.mail.asked
	}
	if f.mail.messages != nil {
		v.Messages = f.mail.messages
	}
}

func (f *fake) CanSend() bool { return f.mail.sends }
func (f *fake) SendLetter(_ context.Context, id cases.ID, l cases.Letter) error {
	if err := f.note("SendLetter %d %s", id, l.Kind); err != nil {
		return err
	}
	return f.mail.sendErr
}
func (f *fake) SettleSending(_ context.Context, id cases.ID, kind string, went bool) error {
	return f.note("SettleSending %d %s %v", id, kind, went)
}
func (f *fake) Challenge(_ context.Context, id cases.ID) (cases.Letter, error) {
	f.mail.challenge = &cases.Challenge{Code: "K7MQ-4XPD", To: f.mail.to, MadeAt: now, Until: now.AddDate(0, 0, 14)}
	l := cases.Letter{Kind: cases.LetterCode, Lang: f.info.Lang, To: f.mail.to, MadeAt: now, Subject: f.say("Confirmez votre demande", "Confirm your request"),
		Text: f.say("Bonjour,\n\nUne demande porte sur vos commandes. Si elle vient de vous, répondez avec ce code : K7MQ-4XPD", "Hello,\n\nA request concerns your orders. If it comes from you, answer with this code: K7MQ-4XPD")}
	f.mail.letters = append(f.mail.letters, l)
	return l, f.note("Challenge %d", id)
}
func (f *fake) DropDocuments(_ context.Context, id int64) error {
	f.mail.documents = nil
	return f.note("DropDocuments %d", id)
}
func (f *fake) Watch(context.Context, app.Report) error { return f.note("Watch") }
func (f *fake) Watching() bool                          { return f.mail.live }

func (f *fake) MailProviders() []mailbox.Provider {
	if f.mail.noSetup {
		return nil
	}
	return []mailbox.Provider{
		{ID: "lavandemail", Name: "LavandeMail", AppPassword: true, Account: mailbox.Account{IMAP: mailbox.Server{Host: "imap.lavandemail.example", Port: 993, Security: mailbox.TLS}}, Help: "https://aide.lavandemail.example/mots-de-passe"},
		{ID: "grandmail", Name: "GrandMail", OAuth: true, AppPassword: true, Help: "https://help.grandmail.example/app"},
		{ID: "bureau", Name: "Bureau en ligne", OAuth: true, OnlyOAuth: true},
	}
}

func (f *fake) MailAccount() (mailbox.Account, bool) {
	if f.mail.account == nil {
		return mailbox.Account{}, false
	}
	return *f.mail.account, true
}

func keptAccount() *mailbox.Account {
	return &mailbox.Account{Address: "contact@lavande.example", IMAP: mailbox.Server{Host: "imap.lavande.example", Security: mailbox.TLS, User: "contact@lavande.example"},
		SMTP: mailbox.Server{Host: "smtp.lavande.example", Security: mailbox.TLS, User: "contact@lavande.example"}, SignIn: mailbox.ByPassword, Out: mailbox.OutDrafts}
}

func proposals() []mailbox.Found {
	return []mailbox.Found{
		{From: "provider", Tried: true, Account: mailbox.Account{Provider: "lavandemail", SignIn: mailbox.ByPassword, IMAP: mailbox.Server{Host: "imap.lavandemail.example", Port: 993, Security: mailbox.TLS}, SMTP: mailbox.Server{Host: "smtp.lavandemail.example", Port: 465, Security: mailbox.TLS}}},
		{From: "autoconfig", Tried: true, Account: mailbox.Account{Provider: "grandmail", SignIn: mailbox.ByPassword, IMAP: mailbox.Server{Host: "imap.grandmail.example", Port: 993, Security: mailbox.TLS}, SMTP: mailbox.Server{Host: "smtp.grandmail.example", Port: 587, Security: mailbox.StartTLS}}},
		{From: "guess", Account: mailbox.Account{IMAP: mailbox.Server{Host: "mail.lavande.example", Port: 143, Security: mailbox.StartTLS}}},
	}
}

func (f *fake) DiscoverMail(_ context.Context, address string) ([]mailbox.Found, error) {
	return f.mail.found, f.note("DiscoverMail %s", address)
}

func (f *fake) folders() []mailbox.Folder {
	return []mailbox.Folder{
		{Name: "INBOX", Kind: mailbox.FolderInbox, Messages: 4312, Read: true},
		{Name: f.say("Indésirables", "Junk"), Kind: mailbox.FolderJunk, Messages: 87, Read: true},
		{Name: f.say("Archives", "Archive"), Kind: mailbox.FolderArchive, Messages: 18_204, Read: true},
		{Name: f.say("Clients/2025", "Customers/2025"), Kind: mailbox.FolderOwn, Messages: 640, Read: true},
		{Name: f.say("Fournisseurs", "Suppliers"), Kind: mailbox.FolderOwn, Messages: 1, Read: true},
		{Name: f.say("Envoyés", "Sent"), Kind: mailbox.FolderSent, Messages: 2901, Read: true},
		{Name: f.say("Brouillons", "Drafts"), Kind: mailbox.FolderDrafts, Messages: 3},
		{Name: f.say("Corbeille", "Trash"), Kind: mailbox.FolderOther, Messages: 12},
	}
}

func (f *fake) TryMail(_ context.Context, a mailbox.Account, s mailbox.Secret) (mailbox.Looked, error) {
	f.mail.accounts, f.mail.secrets = append(f.mail.accounts, a), append(f.mail.secrets, s)
	if err := f.note("TryMail %s", a.IMAP.Host); err != nil || f.mail.tryErr != nil {
		return mailbox.Looked{}, f.mail.tryErr
	}
	if f.mail.looked != nil {
		return *f.mail.looked, nil
	}
	return mailbox.Looked{Server: "Dovecot", TLS: "TLS 1.3", Folders: f.folders(), Drafts: true, Idle: true, SMTP: a.SMTP.Host != ""}, nil
}

func (f *fake) SignInMail(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) {
	err := f.note("SignInMail %s %s", a.Provider, a.ClientID)
	if f.mail.prompt != (mailbox.Prompt{}) {
		show(f.mail.prompt)
	}
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return mailbox.Secret{}, ctx.Err()
		}
	}
	return mailbox.Secret{Token: mailbox.Token{Access: "a", Refresh: "r", Expires: now.Add(time.Hour)}}, err
}

func (f *fake) SaveMail(_ context.Context, a mailbox.Account, s mailbox.Secret) error {
	f.mail.accounts, f.mail.secrets = append(f.mail.accounts, a), append(f.mail.secrets, s)
	err := f.note("SaveMail %s %s %d", a.IMAP.Host, a.Out, len(a.Folders))
	if err == nil {
		a.Folders = slices.Clone(a.Folders)
		f.mail.account = &a
	}
	return err
}

// conversation is what a case looks like after some mails went to and fro.
func (f *fake) conversation() []app.MessageView {
	at := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	shop := mailbox.Address{Name: "Atelier Lavande", Email: "contact@lavande.example"}
	her := mailbox.Address{Name: "Mathilde Fontaine", Email: "mathilde.fontaine@exemple.fr"}
	return []app.MessageView{message(),
		{Message: mailbox.Message{ID: 12, Sent: true, ReceivedAt: at(20), From: []mailbox.Address{shop}, FromFields: 1, To: []mailbox.Address{her}, Subject: "Votre demande n° 1", Text: "Bonjour,\n\nVotre demande est bien arrivée.\n\nAtelier Lavande"}},
		{Message: mailbox.Message{ID: 13, AutoSubmitted: true, ReceivedAt: at(20), From: []mailbox.Address{her}, FromFields: 1, Subject: "Absence", Text: "Je suis absente jusqu’au 12 décembre."}},
		{Message: mailbox.Message{ID: 14, AutoSubmitted: true, Bounce: true, ReceivedAt: at(19), From: []mailbox.Address{{Email: "mailer-daemon@lavande.example"}}, FromFields: 1, Subject: "Undelivered Mail", Text: "Your message could not be delivered."}},
	}
}

// sentLetters are letters as they may stand in a case.
func sentLetters() []cases.Letter {
	at := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	return []cases.Letter{
		{Kind: cases.LetterAcknowledge, Lang: "fr", Subject: "Votre demande n° 1", Text: "Bonjour,\n\nVotre demande est bien arrivée.", MadeAt: at(20), SentAt: at(19), FoundAt: at(19), ReturnedAt: at(18), Returned: "5.1.1"},
		{Kind: cases.LetterClarify, Lang: "fr", Subject: "Précision", Text: "Bonjour,\n\nQue souhaitez-vous exactement ?", MadeAt: at(9), SendingAt: at(9)},
		{Kind: cases.LetterIdentity, Lang: "fr", Subject: "Identité", Text: "Bonjour", MadeAt: at(8), SentAt: at(8), FoundAt: at(7)},
		{Kind: cases.LetterExtend, Lang: "fr", Subject: "Prolongation", Text: "Bonjour", MadeAt: at(3)},
		{Kind: cases.LetterClose, Lang: "fr", Subject: "Clôture", Text: "Bonjour", MadeAt: at(3), DraftAt: at(3)},
	}
}
