package disclosure

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"greffier/app/law"
	"greffier/app/register"
)

// pen writes in the language and zone of one copy.
type pen struct {
	fr   bool
	zone *time.Location
}

func (p pen) lang() string {
	if p.fr {
		return "fr"
	}
	return "en"
}

// frenchSpaces sets the spaces and the apostrophe of French typography in words
// that are ours.
var frenchSpaces = strings.NewReplacer(
	" :", "\u202f:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", "« ", "«\u202f", " »", "\u202f»",
	"§ ", "§\u202f", "n° ", "n°\u202f", "art. ", "art.\u00a0", "'", "’")

// say chooses the wording of the copy's language and typesets it.
func (p pen) say(fr, en string) string {
	if p.fr {
		return frenchSpaces.Replace(fr)
	}
	return strings.ReplaceAll(en, "'", "’")
}

// sayf fills a wording; what is put in stays as it is.
func (p pen) sayf(fr, en string, args ...any) string { return fmt.Sprintf(p.say(fr, en), args...) }

// text is a wording of the registers.
func (p pen) text(t register.Text) string {
	s := strings.TrimSpace(t.In(p.lang()))
	if p.fr {
		s = frenchSpaces.Replace(s)
	}
	return s
}

// colon joins a label and a value.
func (p pen) colon() string { return p.say(" : ", ": ") }

// count writes a number of things.
func (p pen) count(n int, un, des, one, many string) string {
	switch {
	case p.fr && n < 2:
		return strconv.Itoa(n) + "\u00a0" + p.say(un, "")
	case p.fr:
		return strconv.Itoa(n) + "\u00a0" + p.say(des, "")
	case n == 1:
		return "1\u00a0" + one
	}
	return strconv.Itoa(n) + "\u00a0" + many
}

// day writes an instant as a date of the controller's zone, "" for none.
func (p pen) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.date(law.DateOf(t, p.zone))
}

// date writes a date without the day of the week.
func (p pen) date(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	s := law.FormatDate(d, p.lang(), true)
	if _, after, ok := strings.Cut(s, " "); ok {
		s = after
	}
	return s
}

// size writes a number of bytes in decimal units.
func (p pen) size(n int64) string {
	units := [...]string{"octets", "ko", "Mo", "Go"}
	if !p.fr {
		units = [...]string{"bytes", "kB", "MB", "GB"}
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + "\u00a0" + units[0]
	}
	v, u := float64(n), 0
	for v >= 1000 && u < len(units)-1 {
		v /= 1000
		u++
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if p.fr {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + units[u]
}

// join writes "a, b et c".
func (p pen) join(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + p.say(" et ", " and ") + items[n-1]
	}
}

// line makes text from outside one line of at most n bytes.
func line(s string, n int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		if r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == '\ufeff' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))), " ")
	if len(s) > n {
		cut := n
		for cut > 0 && s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = s[:cut] + "…"
	}
	return s
}

// lines makes text from outside fit for a file: line ends stay, control and
// direction characters go.
func lines(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

// basis writes a legal basis (GDPR Art. 6(1)).
func (p pen) basis(b string) string {
	switch b {
	case "contract":
		return p.say("exécution du contrat", "performance of the contract")
	case "consent":
		return p.say("consentement", "consent")
	case "legal obligation":
		return p.say("obligation légale", "legal obligation")
	case "legitimate interests":
		return p.say("intérêts légitimes", "legitimate interests")
	}
	return ""
}

// transfer writes the safeguard of a transfer (GDPR Art. 45 and 46).
func (p pen) transfer(t string) string {
	switch t {
	case "adequacy":
		return p.say("décision d'adéquation (RGPD, art. 45)", "adequacy decision (GDPR, Article 45)")
	case "dpf":
		return p.say("cadre de protection des données UE-États-Unis (RGPD, art. 45)", "EU-US Data Privacy Framework (GDPR, Article 45)")
	case "scc":
		return p.say("clauses contractuelles types de la Commission (RGPD, art. 46)", "standard contractual clauses of the Commission (GDPR, Article 46)")
	case "bcr":
		return p.say("règles d'entreprise contraignantes (RGPD, art. 47)", "binding corporate rules (GDPR, Article 47)")
	}
	return t
}
