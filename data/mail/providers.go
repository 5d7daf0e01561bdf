package mail

import (
	"slices"
	"strings"

	"greffier/app/mailbox"
)

// preset is a provider with how its customers' own domains are known: the names
// to which their MX records lead, or the domains that these names are below.
type preset struct {
	mailbox.Provider
	mx []string
}

// What an entry of the table says besides the servers.
type trait int

const (
	appPassword trait = iota // needs a password made for one program
	byOAuth                  // can be signed in to by OAuth
	onlyOAuth                // and in no other way
)

// at makes an entry of the table. Servers are "host:port", with "+" in front of
// the port for STARTTLS, as in "smtp.example.org:+587", and "-" for no TLS.
func at(id, name, imap, smtp, help string, domains, mx []string, traits ...trait) preset {
	p := preset{mx: mx, Provider: mailbox.Provider{ID: id, Name: name, Domains: domains, Help: help}}
	p.Account = mailbox.Account{IMAP: serverAt(imap), SMTP: serverAt(smtp), SignIn: mailbox.ByPassword, Provider: id, Out: mailbox.OutDrafts}
	for _, t := range traits {
		switch t {
		case appPassword:
			p.AppPassword = true
		case byOAuth:
			p.OAuth = true
		case onlyOAuth:
			p.OAuth, p.OnlyOAuth = true, true
			p.Account.SignIn = mailbox.ByOAuth
		}
	}
	return p
}

func serverAt(s string) mailbox.Server {
	host, port, _ := strings.Cut(s, ":")
	out := mailbox.Server{Host: host, Security: TLS}
	switch port[0] {
	case '+':
		out.Security, port = StartTLS, port[1:]
	case '-':
		out.Security, port = Plain, port[1:]
	}
	for _, c := range port {
		out.Port = out.Port*10 + int(c-'0')
	}
	return out
}

func split(s string) []string { return strings.Fields(s) }

// presets are the providers whose settings are known, the most likely ones for
// a shop in France first. Where several entries have the same MX names, the
// first one is the most likely.
var presets = []preset{
	at("ovh", "OVHcloud (MX Plan)", "ssl0.ovh.net:993", "ssl0.ovh.net:465", "", nil, split("mail.ovh.net mx1.ovh.net mx2.ovh.net mx3.ovh.net mx4.ovh.net mxb.ovh.net")),
	at("ovh-zimbra", "OVHcloud (Zimbra)", "zimbra1.mail.ovh.net:993", "zimbra1.mail.ovh.net:465", "", nil, split("mail.ovh.net")),
	at("ovh-pro", "OVHcloud (E-mail Pro)", "pro1.mail.ovh.net:993", "pro1.mail.ovh.net:+587", "", nil, split("mail.ovh.net")),
	at("gandi", "Gandi", "mail.gandi.net:993", "mail.gandi.net:465", "", nil, split("mail.gandi.net")),
	at("infomaniak", "Infomaniak", "mail.infomaniak.com:993", "mail.infomaniak.com:465", "", split("ik.me ikmail.com etik.com"), split("infomaniak.ch infomaniak.com")),
	at("ionos", "IONOS (France)", "imap.ionos.fr:993", "smtp.ionos.fr:465", "", nil, split("ionos.fr 1and1.fr")),
	at("ionos-de", "IONOS (Deutschland)", "imap.ionos.de:993", "smtp.ionos.de:465", "", nil, split("ionos.de 1and1.de kundenserver.de")),
	at("ionos-com", "IONOS", "imap.ionos.com:993", "smtp.ionos.com:465", "", nil, split("ionos.com 1and1.com")),
	at("hostinger", "Hostinger", "imap.hostinger.com:993", "smtp.hostinger.com:465", "", nil, split("hostinger.com")),
	at("gmail", "Gmail, Google Workspace", "imap.gmail.com:993", "smtp.gmail.com:465", "https://support.google.com/accounts/answer/185833",
		split("gmail.com googlemail.com"), split("aspmx.l.google.com smtp.google.com googlemail.com"), appPassword, byOAuth),
	at("outlook", "Outlook.com, Hotmail", "outlook.office365.com:993", "smtp-mail.outlook.com:+587", "https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040",
		split("outlook.com outlook.fr outlook.be outlook.de outlook.es outlook.it hotmail.com hotmail.fr hotmail.be hotmail.co.uk hotmail.de hotmail.es hotmail.it live.com live.fr live.be live.co.uk live.nl msn.com"), split("olc.protection.outlook.com"), onlyOAuth),
	at("microsoft365", "Microsoft 365", "outlook.office365.com:993", "smtp.office365.com:+587", "", nil, split("mail.protection.outlook.com mx.microsoft"), onlyOAuth),
	at("orange", "Orange", "imap.orange.fr:993", "smtp.orange.fr:465", "", split("orange.fr wanadoo.fr"), nil),
	at("free", "Free", "imap.free.fr:993", "smtp.free.fr:465", "", split("free.fr"), nil),
	at("sfr", "SFR", "imap.sfr.fr:993", "smtp.sfr.fr:465", "", split("sfr.fr neuf.fr cegetel.net club-internet.fr"), nil),
	at("laposte", "La Poste", "imap.laposte.net:993", "smtp.laposte.net:465", "", split("laposte.net"), nil),
	at("bouygues", "Bouygues Telecom", "imap.bbox.fr:993", "smtp.bbox.fr:465", "", split("bbox.fr"), nil),
	at("icloud", "iCloud", "imap.mail.me.com:993", "smtp.mail.me.com:+587", "https://support.apple.com/102654", split("icloud.com me.com mac.com"), split("mail.icloud.com"), appPassword),
	at("yahoo", "Yahoo", "imap.mail.yahoo.com:993", "smtp.mail.yahoo.com:465", "https://help.yahoo.com/kb/SLN15241.html",
		split("yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.es yahoo.it ymail.com rocketmail.com"), nil, appPassword),
	at("aol", "AOL", "imap.aol.com:993", "smtp.aol.com:465", "", split("aol.com aol.fr"), nil, appPassword),
	at("gmx", "GMX", "imap.gmx.com:993", "mail.gmx.com:465", "", split("gmx.com gmx.fr"), nil),
	at("gmx-de", "GMX (Deutschland)", "imap.gmx.net:993", "mail.gmx.net:465", "", split("gmx.net gmx.de gmx.at gmx.ch"), nil),
	at("webde", "WEB.DE", "imap.web.de:993", "smtp.web.de:+587", "", split("web.de"), nil),
	at("t-online", "Telekom", "secureimap.t-online.de:993", "securesmtp.t-online.de:465", "", split("t-online.de"), nil, appPassword),
	at("strato", "Strato", "imap.strato.de:993", "smtp.strato.de:465", "", nil, split("rzone.de")),
	at("proton", "Proton Mail Bridge", "127.0.0.1:-1143", "127.0.0.1:-1025", "https://proton.me/mail/bridge",
		split("proton.me protonmail.com protonmail.ch pm.me"), split("mail.protonmail.ch mailsec.protonmail.ch"), appPassword),
	at("fastmail", "Fastmail", "imap.fastmail.com:993", "smtp.fastmail.com:465", "", split("fastmail.com fastmail.fm"), split("messagingengine.com"), appPassword),
	at("zoho", "Zoho", "imap.zoho.com:993", "smtp.zoho.com:465", "", split("zoho.com zohomail.com"), nil),
	at("zoho-eu", "Zoho (EU)", "imap.zoho.eu:993", "smtp.zoho.eu:465", "", split("zoho.eu zohomail.eu"), split("zoho.eu")),
	at("zoho-pro", "Zoho Workplace", "imappro.zoho.com:993", "smtppro.zoho.com:465", "", nil, split("zoho.com")),
	at("mailboxorg", "mailbox.org", "imap.mailbox.org:993", "smtp.mailbox.org:465", "", split("mailbox.org"), split("mailbox.org")),
	at("posteo", "Posteo", "posteo.de:993", "posteo.de:465", "", split("posteo.de posteo.net"), nil),
	at("mailo", "Mailo", "imap.mailo.com:993", "smtp.mailo.com:465", "", split("mailo.com netcourrier.com netc.fr"), nil),
	at("migadu", "Migadu", "imap.migadu.com:993", "smtp.migadu.com:465", "", nil, split("migadu.com")),
	at("onecom", "one.com", "imap.one.com:993", "send.one.com:465", "", nil, split("one.com")),
	at("titan", "Titan", "imap.titan.email:993", "smtp.titan.email:465", "", nil, split("titan.email")),
	at("namecheap", "Namecheap Private Email", "mail.privateemail.com:993", "mail.privateemail.com:465", "", nil, split("privateemail.com")),
	at("rackspace", "Rackspace Email", "secure.emailsrvr.com:993", "secure.emailsrvr.com:465", "", nil, split("emailsrvr.com")),
}

// Providers are the mail providers whose settings are known, the most likely
// ones first. The caller may keep and change what it gets.
func Providers() []mailbox.Provider {
	out := make([]mailbox.Provider, 0, len(presets))
	for _, p := range presets {
		p.Domains = slices.Clone(p.Domains)
		out = append(out, p.Provider)
	}
	return out
}

// byDomain finds the provider that serves a domain under its own name.
func byDomain(domain string) (preset, bool) {
	for _, p := range presets {
		if slices.Contains(p.Domains, domain) {
			return p, true
		}
	}
	return preset{}, false
}

// byMX finds the providers to which an MX record leads, the likeliest first.
func byMX(host string) (out []preset) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, p := range presets {
		if slices.ContainsFunc(p.mx, func(mx string) bool { return within(host, mx) }) {
			out = append(out, p)
		}
	}
	return out
}

// byHost finds the provider whose IMAP server this is.
func byHost(host string) (preset, bool) {
	for _, p := range presets {
		if p.Account.IMAP.Host == host {
			return p, true
		}
	}
	return preset{}, false
}

// within tells whether a host is a domain or below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// account is the provider's for an address.
func (p preset) account(address string) mailbox.Account {
	a := p.Account
	a.Address, a.IMAP.User, a.SMTP.User = address, address, address
	return a
}
