package register

import (
	"errors"
	"fmt"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
)

// ErrUnknownRegister says that no register has the name asked for.
var ErrUnknownRegister = errors.New("unknown register")

// RunRow is one erasure run with its steps, and the number of the certificate
// made for it ("" when none was made).
type RunRow struct {
	Record      erasure.Record
	Steps       []erasure.Step
	Certificate string
}

// NoticeRow is one recipient that was or is to be told of an erasure,
// rectification or restriction (GDPR Art. 19). State is "to write", "drafted",
// "sent", "answered" or "spared"; Answer is "", "erased", "done", "nothing held",
// "refused" or "other".
type NoticeRow struct {
	Kind       string // "", which is an erasure, "rectification" or "restriction"
	Run        int64  // the erasure run, 0 where the owner erased by hand
	Case       int64  // the case that asked for it, 0 for none
	Name       string
	Orders     []string // the shop's numbers
	State      string
	SentAt     time.Time
	Reminders  int
	Answer     string
	AnsweredAt time.Time
	Reason     string // why nobody is told, or the owner's note on the answer
}

// NoticeRows makes rows of notices.
func NoticeRows(ns []cases.Notice) []NoticeRow {
	out := make([]NoticeRow, 0, len(ns))
	for _, n := range ns {
		out = append(out, NoticeRow{Kind: string(n.Kind), Run: n.Run, Case: n.Case, Name: n.Name, Orders: n.Orders, State: n.State.String(), SentAt: n.SentAt, Reminders: len(n.Reminders),
			Answer: string(n.Answer), AnsweredAt: n.AnsweredAt, Reason: n.Reason})
	}
	return out
}

// DueRow is what one retention rule says of one order. State is "counting",
// "due", "held", "erased" or "open" (the period has not begun); when it is ""
// it follows from Held and from Due. Due is the last day of the period.
type DueRow struct {
	Rule    string
	Number  string // the order's number, "" for objects that no order claims
	Since   law.Date
	Due     law.Date
	Objects int
	State   string
	Held    string // why it waits, "" when it does not
}

// PromiseRow is one promise of the policy with its state: "kept", "at risk",
// "broken" or "cannot tell". Sentence and Evidence are in the language of the
// dossier; Article is the policy's.
type PromiseRow struct {
	ID       string
	Article  string
	Sentence string
	State    string
	By       law.Date
	Since    law.Date // the state was seen without a break since; zero where unknown
	Turns    int      // how often it changed in the last twelve months
	Evidence []string
}

// Inputs are the records from which the registers are built. Nothing else goes
// into a document, so the same inputs always give the same document.
type Inputs struct {
	Controller Controller
	// Zone decides which date an instant is; nil means Europe/Paris.
	Zone *time.Location
	// Now is the instant that the document bears, and against which "late",
	// "expired" and "due" are judged.
	Now time.Time
	// Lang is the language of the document: "en", anything else is French.
	Lang        string
	JournalHead string

	Activities []Activity
	Processors []Processor
	Rules      []Rule
	Breaches   []Breach
	Trackers   []Tracker
	Consents   []Consent
	Policies   []PolicyVersion
	Cases      []cases.Case
	Runs       []RunRow
	Notices    []NoticeRow
	Retention  []DueRow

	Restrictions []RestrictionRow
	Suppressions []SuppressionRow
	Corrections  []CorrectionRow
	// Numbers are the shop's order numbers by Greffier's own.
	Numbers map[int64]string

	Screenings []Screening
	Rulings    []Ruling
	// Changes is the history of the records, oldest first.
	Changes []Change

	// Pseudonymise replaces names and addresses of persons by marks, the same
	// person by the same mark in every register, names of objects by
	// fingerprints, and leaves the owner's remarks on persons out. What she wrote
	// of a breach stays: it is what the register is for; known names in it are
	// replaced too.
	Pseudonymise bool
	// MarkKey is what the marks are made with, such as P-7F3A: without it nobody
	// can tell whom a mark stands for, and the same key gives the same marks.
	// Without a key persons are counted: P-001, P-002.
	MarkKey []byte
	// Persons are more persons whose names may stand in what the owner wrote, such
	// as the shop's customers. They are looked for when pseudonymising.
	Persons []Person
	// Named says on the page that persons are printed by name, which the owner
	// chose.
	Named bool
}

// Person is somebody by name and e-mail address; either may be "".
type Person struct{ Name, Email string }

// Build makes a register of the inputs. It returns ErrUnknownRegister for a
// name that is not in [Names].
func Build(name Name, in Inputs) (Document, error) {
	p := newPen(in)
	d := p.document(name)
	switch name {
	case Processing:
		p.processing(&d)
	case Processors:
		p.processors(&d)
	case Requests:
		p.requests(&d)
	case Erasures:
		p.erasures(&d)
	case Retention:
		p.retention(&d)
	case Breaches:
		p.breaches(&d)
	case Trackers:
		p.trackers(&d)
	case Consents:
		p.consents(&d)
	case Policy:
		p.policies(&d)
	case DPIA:
		p.screenings(&d)
	case Findings:
		p.findings(&d)
	default:
		return Document{}, fmt.Errorf("build a register: %w", ErrUnknownRegister)
	}
	d.add(p.history(name)...)
	p.finish(&d)
	return d, nil
}

// Title returns the title of a register in "fr" or "en", and the name itself
// for one that is unknown.
func Title(name Name, lang string) string {
	t, ok := titles[name]
	if !ok {
		return string(name)
	}
	return pen{fr: lang != "en"}.say(t.title.FR, t.title.EN)
}

// titles are the headings, with the text that asks for the register.
var titles = map[Name]struct{ title, subtitle Text }{
	Processing: {
		Text{"Registre des activités de traitement", "Record of processing activities"},
		Text{"RGPD, art. 30, § 1", "GDPR, Article 30(1)"},
	},
	Processors: {
		Text{"Registre des sous-traitants et destinataires", "Register of processors and recipients"},
		Text{"RGPD, art. 28 et art. 30, § 1, point d)", "GDPR, Article 28 and Article 30(1)(d)"},
	},
	Requests: {
		Text{"Registre des demandes d'exercice de droits", "Register of rights requests"},
		Text{"RGPD, art. 12 et art. 15 à 22", "GDPR, Article 12 and Articles 15 to 22"},
	},
	Erasures: {
		Text{"Registre des effacements", "Register of erasures"},
		Text{"RGPD, art. 5, § 1, point e) et art. 17", "GDPR, Article 5(1)(e) and Article 17"},
	},
	Retention: {
		Text{"Durées de conservation", "Retention periods"},
		Text{"RGPD, art. 5, § 1, point e)", "GDPR, Article 5(1)(e)"},
	},
	Breaches: {
		Text{"Registre des violations de données à caractère personnel", "Register of personal data breaches"},
		Text{"RGPD, art. 33, § 5", "GDPR, Article 33(5)"},
	},
	Trackers: {
		Text{"Registre des cookies et autres traceurs", "Register of cookies and other trackers"},
		Text{"Loi Informatique et Libertés, art. 82", "French Data Protection Act, Article 82"},
	},
	Consents: {
		Text{"Registre des consentements et des oppositions", "Register of consents and objections"},
		Text{"RGPD, art. 7 et art. 21", "GDPR, Article 7 and Article 21"},
	},
	Policy: {
		Text{"Versions de la politique de confidentialité", "Versions of the privacy policy"},
		Text{"RGPD, art. 12, 13 et 14", "GDPR, Articles 12, 13 and 14"},
	},
	DPIA: {
		Text{"Examens préalables à l'analyse d'impact", "Impact assessment screenings"},
		Text{"RGPD, art. 35 et art. 36", "GDPR, Article 35 and Article 36"},
	},
	Findings: {
		Text{"Constats sur la politique de confidentialité", "Findings on the privacy policy"},
		Text{"RGPD, art. 5, § 2, art. 12 et art. 13", "GDPR, Article 5(2), Article 12 and Article 13"},
	},
}

// document begins the document of a register.
func (p *pen) document(name Name) Document {
	t := titles[name]
	d := Document{
		Name:        string(name),
		Lang:        p.lang(),
		Title:       p.say(t.title.FR, t.title.EN),
		Subtitle:    p.say(t.subtitle.FR, t.subtitle.EN),
		Controller:  p.in.Controller,
		MadeAt:      p.in.Now.UTC(),
		Zone:        p.zone.String(),
		JournalHead: p.in.JournalHead,
		Main:        -1,
	}
	return d
}

// main adds the section that is the register itself.
func (d *Document) main(s Section) {
	d.Main = len(d.Sections)
	d.Sections = append(d.Sections, s)
}

func (d *Document) add(s ...Section) { d.Sections = append(d.Sections, s...) }
