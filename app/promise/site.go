package promise

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"greffier/app/law"
	"greffier/app/register"
)

// SiteQuestion says which site is visited and what is looked for.
type SiteQuestion struct {
	Address string // of the home page, http or https
	Contact string // the contact address that has to stand on it
}

// Site is what a visitor of the shop's site met who had consented to nothing.
// Every text in it comes from the site and is hostile.
type Site struct {
	ID        string    `json:"id"`
	CheckedAt time.Time `json:"checked_at"` // UTC
	Address   string    `json:"address"`    // of the home page
	// Browser is the browser that loaded the pages, "" where they were read by
	// plain HTTP: then nobody ran their scripts, and what those set is not known.
	Browser string     `json:"browser"`
	Pages   []SitePage `json:"pages"`
	// Elsewhere is another host to which the site leads; it was not followed.
	Elsewhere string      `json:"elsewhere,omitempty"`
	Scripts   int         `json:"scripts"` // in the pages read
	Found     []SiteFound `json:"found"`   // before any consent
	PolicyURL string      `json:"policy_url,omitempty"`
	// PolicyText is what the policy's page says, "" where none was found.
	PolicyText string    `json:"policy_text,omitempty"`
	TLS        string    `json:"tls"` // as of a Connection
	CertUntil  time.Time `json:"cert_until,omitzero"`
	// TLSProblem is why the certificate is not accepted: "expired", "name",
	// "authority", "other". Then nothing was read.
	TLSProblem string   `json:"tls_problem,omitempty"`
	Contact    bool     `json:"contact"`            // the contact address stands on a page
	Problems   []string `json:"problems,omitempty"` // pages that could not be read, without personal data
}

// SitePage is one page that was read.
type SitePage struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// SiteFound is a tracker, or another host that was asked for something.
type SiteFound struct {
	Name  string `json:"name"`  // of the cookie or product; "" for a host that nobody knows
	Host  string `json:"host"`  // that set it or was asked
	How   string `json:"how"`   // cookie, script, image, frame, style, font, request, inline
	Page  string `json:"page"`  // on which it was met
	Known string `json:"known"` // id in the table of known trackers, ""
	First bool   `json:"first"` // of the shop's own host
	// What is known of it, to declare it.
	Owner    string        `json:"owner,omitempty"`
	Purpose  register.Text `json:"purpose,omitzero"`
	Category string        `json:"category,omitempty"` // as of register.Tracker
	Lifetime string        `json:"lifetime,omitempty"`
	Exempt   bool          `json:"exempt,omitempty"` // strictly necessary (LIL Art. 82; CNIL 2020-091)
}

// ID names what was found, wherever it was met.
func (f SiteFound) ID() string {
	if f.Name != "" {
		return strings.ToLower(f.Name) + "|" + strings.ToLower(f.Host)
	}
	return "|" + strings.ToLower(f.Host)
}

// siteDays is how old the last check of the site may be.
const siteDays = 31

// siteSeen returns the last check where it may be relied upon, and adds what is
// missing where not.
func siteSeen(in *Input, s *sheet, never, stale string) *Site {
	switch x := in.Site; {
	case x == nil:
		s.missing("site", never)
	case in.Now.Sub(x.CheckedAt) > siteDays*24*time.Hour:
		s.missing("site", stale, "On", law.DateOf(x.CheckedAt, in.Zone))
	case len(x.Pages) == 0:
		s.missing("site", "promise.any.site.unread", "On", law.DateOf(x.CheckedAt, in.Zone))
	default:
		return x
	}
	return nil
}

// Declared returns the tracker of the register that something found on the site
// is, by its name (which may end in *) or, where nobody knows a name, by its
// host.
func Declared(ts []register.Tracker, f SiteFound) (register.Tracker, bool) {
	for _, t := range ts {
		for name := range strings.FieldsFuncSeq(strings.ToLower(t.Name), func(r rune) bool { return r == ',' || r == ';' || r == '/' }) {
			name = strings.TrimSpace(name)
			if f.Name == "" || name == "" {
				continue
			}
			stem, wild := strings.CutSuffix(name, "*")
			same := strings.EqualFold(name, f.Name) || wild && stem != "" && strings.HasPrefix(strings.ToLower(f.Name), stem)
			// The same name on another host is another tracker.
			if same && (t.Domain == "" || f.First || within(f.Host, t.Domain)) {
				return t, true
			}
		}
	}
	for _, t := range ts {
		if f.How != "cookie" && !f.First && t.Domain != "" && within(f.Host, t.Domain) {
			return t, true
		}
	}
	return register.Tracker{}, false
}

// within tells whether a host is a domain or lies below it.
func within(host, domain string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	domain = strings.ToLower(strings.Trim(strings.TrimSpace(domain), "."))
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// trackersAfterConsent checks P13 (LIL Art. 82): every tracker is declared in
// full, and a visitor who consented to nothing meets none but those exempt.
func trackersAfterConsent(in *Input, s *sheet) {
	settled := 0
	for _, t := range in.Trackers {
		name := t.Name
		if strings.TrimSpace(name) == "" {
			name = t.ID
		}
		whole := true
		if t.Consent != "needed" && t.Consent != "exempt" {
			whole = false
			s.missing("trackers", "promise.p13.consent", "Tracker", name)
		}
		if strings.TrimSpace(t.Name) == "" || t.Party == "" || strings.TrimSpace(t.Lifetime) == "" || t.Purpose == (register.Text{}) {
			whole = false
			s.missing("trackers", "promise.p13.incomplete", "Tracker", name)
		}
		if whole {
			settled++
		}
	}
	if x := siteSeen(in, s, "promise.p13.site", "promise.p13.sitestale"); x != nil {
		foundBefore(in, x, s)
	}
	if settled > 0 {
		s.proof(counted(settled, "promise.p13.declared"), "N", settled)
	}
}

// foundBefore weighs what the site did before consent.
func foundBefore(in *Input, x *Site, s *sheet) {
	on := law.DateOf(x.CheckedAt, in.Zone)
	exempt := 0
	for _, f := range x.Found {
		args := []any{"Tracker", f.Name, "Host", f.Host, "Page", f.Page}
		t, known := Declared(in.Trackers, f)
		switch {
		case known && t.Consent == "exempt":
			exempt++
		case known && t.Consent == "needed":
			s.broken("trackers", "promise.p13.siteearly", "Tracker", t.Name, "Host", f.Host, "Page", f.Page)
		case known:
			// That its consent is unsettled is told with the register.
		case f.Name == "":
			s.missing("site", "promise.p13.sitehost", args...)
		default:
			s.broken("site", "promise.p13.siteundeclared", args...)
		}
	}
	if len(in.Trackers) == 0 && len(x.Found) > 0 {
		s.missing("trackers", "promise.p13.none")
	}
	if x.Browser == "" && x.Scripts > 0 {
		s.stated(in, StatedBanner, "promise.p13.sitehttp")
	}
	if exempt > 0 {
		s.proof(counted(exempt, "promise.p13.siteexempt"), "N", exempt)
	}
	key := "promise.p13.siteplain"
	if x.Browser != "" {
		key = "promise.p13.sitebrowser"
	}
	s.proof(key, "On", on, "N", len(x.Pages))
}

// siteProtected checks of P12 what the site itself shows (GDPR Art. 32).
func siteProtected(in *Input, s *sheet) {
	if in.Site != nil && in.Site.TLSProblem != "" {
		// Nothing was read behind it.
		s.broken("site", "promise.p12.sitecert", "Why", certWords(in.Site.TLSProblem))
		return
	}
	x := siteSeen(in, s, "promise.p12.site", "promise.p12.sitestale")
	if x == nil {
		return
	}
	until := law.DateOf(x.CertUntil, in.Zone)
	switch {
	case !protected(strings.TrimSpace(x.TLS)) || x.TLS == "":
		s.broken("site", "promise.p12.siteplain")
	case !until.IsZero() && until.Before(in.Today):
		s.broken("site", "promise.p12.siteexpired", "Until", until)
	case !until.IsZero() && in.Today.Days(until) <= certDays:
		s.risk(until, "site", "promise.p12.siteending", "Until", until)
	default:
		s.proof("promise.p12.siteseen", "TLS", x.TLS, "On", law.DateOf(x.CheckedAt, in.Zone))
	}
}

// certDays is how long ahead the end of the site's certificate counts as a risk:
// most are renewed by themselves a month before.
const certDays = 14

// onTheSite checks of P17 that the site's page is the version in force.
func onTheSite(in *Input, current []register.PolicyVersion, s *sheet) {
	x := siteSeen(in, s, "promise.p17.site", "promise.p17.sitestale")
	if x == nil {
		return
	}
	on := law.DateOf(x.CheckedAt, in.Zone)
	switch {
	case strings.TrimSpace(x.PolicyText) == "":
		s.broken("site", "promise.p17.sitenopage", "On", on)
	case len(current) != 1:
		// Said already: there is nothing to compare with.
	default:
		if SamePolicy(current[0].Text, x.PolicyText) {
			s.proof("promise.p17.sitesame", "On", on, "Version", current[0].ID)
		} else {
			s.broken("site", "promise.p17.siteother", "On", on, "Version", current[0].ID)
		}
	}
	if x.Contact {
		s.note("promise.p17.sitecontact")
	} else {
		s.missing("site", "promise.p17.sitenocontact", "On", on)
	}
}

// frameRunes is the length up to which a line of the page that is no sentence
// may be its frame: a menu, a title, a copyright.
const frameRunes = 60

// SamePolicy tells whether a page says what a version of the policy says. Lines
// of the page's frame, which are short and no sentence, do not count, nor do
// spaces, typographic signs, the marks of lists and where lines break.
func SamePolicy(version, page string) bool {
	a, b := aligned(version, page)
	return plainLine(strings.Join(a, " ")) == plainLine(strings.Join(b, " "))
}

// PolicyOnPage returns what the page says in the place of a version, without the
// page's frame, and how that differs from it.
func PolicyOnPage(version, page string) (text string, changes []register.TextChange) {
	a, b := aligned(version, page)
	if SamePolicy(version, page) {
		return version, nil
	}
	return strings.Join(b, "\n\n"), register.CompareTexts(strings.Join(a, "\n"), strings.Join(b, "\n"))
}

// aligned returns the lines of a version and those of the page without its frame.
func aligned(version, page string) (a, b []string) {
	a, b = policyLines(version), policyLines(page)
	known := map[string]bool{}
	for _, l := range a {
		known[plainLine(l)] = true
	}
	return a, slices.DeleteFunc(b, func(l string) bool { return !known[plainLine(l)] && !sentence(l) })
}

func policyLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if plainLine(line) != "" {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func sentence(line string) bool {
	return utf8.RuneCountInString(line) > frameRunes || strings.ContainsAny(strings.TrimSpace(line), ".;:!?")
}

// plainLine keeps the letters and digits of a line, in small letters.
func plainLine(line string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(line) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '%' && r != '@' {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Drill is one drill that ended: a synthetic customer's photo taken through
// request, case, plan, erasure and verification.
type Drill struct {
	At time.Time `json:"at"` // it ended, UTC
	// Erased is how many canaries were erased and looked for again.
	Erased int `json:"erased"`
	// Failed says at which step it went wrong: request, case, plan, place,
	// erase, verify, clean; "" where it went well.
	Failed string `json:"failed,omitempty"`
	// Skipped are the storages in which nothing could be placed.
	Skipped []string `json:"skipped,omitempty"`
}

// drillMonths is how long a drill that went well stands for the path.
const drillMonths = 12

// drilled returns the last drill, while it stands.
func drilled(in *Input) (d *Drill, on law.Date) {
	if in.Drill == nil {
		return nil, law.Date{}
	}
	on = law.DateOf(in.Drill.At, in.Zone)
	if on.AddMonths(drillMonths).Before(in.Today) {
		return nil, law.Date{}
	}
	return in.Drill, on
}

// drillOfMedia adds to P8 that an erasure was proven to work.
func drillOfMedia(in *Input, s *sheet) {
	switch d, on := drilled(in); {
	case d == nil:
		s.note("promise.p8.drillnone")
	case d.Failed != "":
		s.missing("drill", "promise.p8.drillfailed", "On", on)
	case d.Erased > 0:
		s.note(counted(d.Erased, "promise.p8.drill"), "N", d.Erased, "On", on)
	}
}

// certWords says why a certificate is not accepted.
func certWords(why string) Wording {
	switch why {
	case "expired":
		return Wording{FR: "il a expiré", EN: "it has expired"}
	case "name":
		return Wording{FR: "il est au nom d'un autre site", EN: "it names another site"}
	case "authority":
		return Wording{FR: "son autorité n'est pas reconnue", EN: "its authority is not known"}
	}
	return Wording{FR: "la connexion chiffrée ne s'établit pas", EN: "no encrypted connection comes about"}
}
