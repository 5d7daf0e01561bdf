package promise

import (
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/register"
)

// contractDays is how long ahead the end of a contract counts as a risk: a new
// one has to be negotiated.
const contractDays = 60

// families are those of the policy's Article 6; a recipient of each is expected.
var families = []string{"payment", "printing", "hosting", "ai"}

// who names a provider, and the service while it is not named.
func who(p register.Processor) any {
	switch {
	case strings.TrimSpace(p.Name) != "":
		return p.Name
	case p.Service != register.Text{}:
		return Wording(p.Service)
	}
	return p.ID
}

func unnamed(p register.Processor) bool { return strings.TrimSpace(p.Name) == "" }

// processorsUnderContract checks P6 (GDPR Art. 28(3)).
func processorsUnderContract(in *Input, s *sheet) {
	if len(in.Processors) == 0 {
		s.missing("processors", "promise.p6.none")
		return
	}
	has := map[string]bool{}
	for _, p := range in.Processors {
		has[p.Family] = true
		switch {
		case unnamed(p):
			s.missing("processors", "promise.p6.unnamed", "Who", who(p))
		case p.Role == "processor":
			contract(in.Today, p, s)
		case p.Role == "independent controller":
			s.proof("promise.p6.independent", "Who", who(p))
		case p.Role == "joint controller" && p.ContractOn.IsZero():
			// GDPR Art. 26: an arrangement, which need not be an Art. 28 contract.
			s.missing("processors", "promise.p6.joint", "Who", who(p))
		case p.Role == "joint controller":
			s.proof("promise.p6.arranged", "Who", who(p), "On", p.ContractOn)
		default:
			s.missing("processors", "promise.p6.role", "Who", who(p))
		}
	}
	for _, f := range families {
		if !has[f] {
			s.missing("processors", "promise.p6.family."+f)
		}
	}
}

func contract(today law.Date, p register.Processor, s *sheet) {
	switch until := p.ContractUntil; {
	case p.ContractOn.IsZero():
		s.broken("processors", "promise.p6.unsigned", "Who", who(p))
	case p.ContractOn.After(today):
		s.broken("processors", "promise.p6.future", "Who", who(p), "On", p.ContractOn)
	case until.IsZero():
		s.proof("promise.p6.signed", "Who", who(p), "On", p.ContractOn)
	case until.Before(today):
		s.broken("processors", "promise.p6.expired", "Who", who(p), "Until", until)
	case today.Days(until) <= contractDays:
		s.risk(until, "processors", "promise.p6.ending", "Who", who(p), "Until", until)
	default:
		s.proof("promise.p6.until", "Who", who(p), "On", p.ContractOn, "Until", until)
	}
}

// adequate are the countries with an adequacy decision (GDPR Art. 45). The
// United States have one for organisations certified under the Data Privacy
// Framework; Brazil's is Implementing Decision (EU) 2026/179.
var adequate = strings.Fields("AD AR BR CA CH FO GB GG IL IM JE JP KR NZ US UY")

// transfersSafeguarded checks P7 (GDPR Art. 44 to 46).
func transfersSafeguarded(in *Input, s *sheet) {
	if len(in.Processors) == 0 {
		s.missing("processors", "promise.p6.none")
		return
	}
	inside := 0
	for _, p := range in.Processors {
		country := strings.ToUpper(strings.TrimSpace(p.Country))
		outside, _ := register.OutsideEEA(country)
		code := len(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z'
		args := []any{"Who", who(p), "Country", country}
		documented := strings.TrimSpace(p.TransferNote) != ""
		switch {
		case unnamed(p):
			// Where data go depends on whom they go to.
			s.missing("processors", "promise.p6.unnamed", "Who", who(p))
		case !code:
			s.missing("processors", "promise.p7.country", "Who", who(p))
		case !outside:
			inside++
		case p.Transfer == "" || p.Transfer == "none needed":
			s.broken("processors", "promise.p7.without", args...)
		case p.Transfer == "dpf" && country != "US":
			s.broken("processors", "promise.p7.dpf", args...)
		case p.Transfer == "adequacy" && !slices.Contains(adequate, country):
			s.missing("processors", "promise.p7.adequacy", args...)
		case p.Transfer == "adequacy" && country != "US" && country != "CA":
			s.proof("promise.p7.safeguard", args...)
		case !slices.Contains([]string{"adequacy", "dpf", "scc", "bcr"}, p.Transfer):
			s.missing("processors", "promise.p7.mechanism", args...)
		case !documented:
			// The scope of a partial decision, or the module and date of the
			// clauses, decides whether the mechanism covers this transfer.
			s.missing("processors", "promise.p7.note", args...)
		default:
			s.proof("promise.p7.safeguard", args...)
		}
	}
	if inside > 0 {
		s.proof(counted(inside, "promise.p7.inside"), "N", inside)
	}
}

// backupDays is how old the last backup may be before nothing is claimed of it.
const backupDays = 30

// security checks P12 (GDPR Art. 32).
func security(in *Input, s *sheet) {
	if len(in.Connections) == 0 {
		s.missing("settings", "promise.p12.none")
	}
	for _, c := range in.Connections {
		name := c.Name
		if strings.TrimSpace(name) == "" {
			name = c.Kind
		}
		seen := strings.TrimSpace(c.TLS)
		switch {
		case seen == "":
			s.missing("sync", "promise.p12.unseen", "Name", name)
		case !protected(seen):
			s.broken("settings", "promise.p12.plain", "Name", name)
		case c.Failed:
			s.missing("sync", "promise.p12.failed", "Name", name, "TLS", seen)
		case here(seen):
			s.proof("promise.p12.here", "Name", name)
		default:
			s.proof("promise.p12.seen", "Name", name, "TLS", seen)
		}
	}
	switch at := law.DateOf(in.BackupAt, in.Zone); {
	case at.IsZero():
		s.missing("backup", "promise.p12.backup.never")
	case in.Now.Sub(in.BackupAt) > backupDays*24*time.Hour:
		s.missing("backup", "promise.p12.backup.old", "On", at)
	default:
		s.proof("promise.p12.backup", "On", at)
	}
	restorable(in, s)
	siteProtected(in, s)
	without := 0
	for _, p := range in.Processors {
		if unnamed(p) || strings.TrimSpace(p.Security) == "" {
			without++
		}
	}
	switch {
	case len(in.Processors) == 0:
		s.missing("processors", "promise.p6.none")
	case without > 0:
		s.missing("processors", counted(without, "promise.p12.guarantees"), "N", without)
	default:
		s.proof(counted(len(in.Processors), "promise.p12.guaranteed"), "N", len(in.Processors))
	}
}

// restorable tells whether a backup can be restored: by the last trial that
// Greffier made, else by the owner's word (GDPR Art. 32(1)(c)). A trial that
// failed puts the promise at risk, whatever she stated before it: a loss today
// could not be made good.
func restorable(in *Input, s *sheet) {
	switch on := law.DateOf(in.TriedAt, in.Zone); {
	case on.IsZero(), on.Before(in.Stated[StatedRestore]), !in.TriedFailed && on.AddMonths(12).Before(in.Today):
		s.stated(in, StatedRestore, "promise.p12.restore")
	case in.TriedFailed:
		s.risk(in.Today, "backup", "promise.p12.restore.failed", "On", on)
	default:
		s.proof("promise.p12.restore.tried", "On", on)
	}
}

// protected tells whether what was seen of a connection protects it. TLS 1.0
// and 1.1 do not any more (RFC 8996).
func protected(seen string) bool {
	if here(seen) {
		return true
	}
	u := strings.ToUpper(seen)
	if strings.HasPrefix(u, "SSH") || strings.HasPrefix(u, "SFTP") {
		return true
	}
	if v, ok := strings.CutPrefix(u, "TLS"); ok {
		v = strings.TrimLeft(v, " V")
		return v == "" || !strings.HasPrefix(v, "1.0") && !strings.HasPrefix(v, "1.1") && v != "1"
	}
	return false
}

// here tells that nothing leaves the machine.
func here(seen string) bool {
	return slices.Contains([]string{"loopback", "local"}, strings.ToLower(seen))
}
