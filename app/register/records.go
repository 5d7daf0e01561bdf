package register

import (
	"time"

	"greffier/app/law"
)

// Text holds one wording in both languages of the program.
type Text struct {
	FR string `json:"fr" toml:"fr"`
	EN string `json:"en" toml:"en"`
}

// In returns the wording for "fr" or "en", the other one where it is missing.
func (t Text) In(lang string) string {
	if lang == "fr" && t.FR != "" || t.EN == "" {
		return t.FR
	}
	return t.EN
}

// Activity is one processing activity (GDPR Art. 30(1)); the fields follow the
// CNIL's simplified register.
type Activity struct {
	ID            string   `json:"id" toml:"id"` // T1, T2, …
	Name          Text     `json:"name" toml:"name"`
	Purpose       Text     `json:"purpose" toml:"purpose"`
	SubPurposes   []Text   `json:"sub_purposes" toml:"sub_purposes"`
	LegalBasis    string   `json:"legal_basis" toml:"legal_basis"` // contract, consent, legal obligation, legitimate interests; "" = to complete
	Subjects      []Text   `json:"subjects" toml:"subjects"`
	Minors        bool     `json:"minors" toml:"minors"`
	Data          []Data   `json:"data" toml:"data"`
	Sensitive     Text     `json:"sensitive" toml:"sensitive"`   // special categories, or why none
	Recipients    []string `json:"recipients" toml:"recipients"` // ids of processors
	Transfers     Text     `json:"transfers" toml:"transfers"`
	Security      []Text   `json:"security" toml:"security"`
	CreatedOn     law.Date `json:"created_on" toml:"created_on"`
	UpdatedOn     law.Date `json:"updated_on" toml:"updated_on"`
	PolicyPurpose int      `json:"policy_purpose" toml:"policy_purpose"` // place among the six purposes of the policy's Art. 5, 0 = none
}

// Data is one category of data of an activity and how long it is kept.
type Data struct {
	Category Text   `json:"category" toml:"category"`
	Rule     string `json:"rule" toml:"rule"` // retention rule id, or ""
	Period   Text   `json:"period" toml:"period"`
}

// Processor is a recipient of data (GDPR Art. 28, 30(1)(d)).
type Processor struct {
	ID            string   `json:"id" toml:"id"`
	Family        string   `json:"family" toml:"family"` // payment, printing, hosting, ai, logistics, other
	Name          string   `json:"name" toml:"name"`     // "" = provider not named yet
	Service       Text     `json:"service" toml:"service"`
	Role          string   `json:"role" toml:"role"` // processor, independent controller, joint controller; "" = to settle
	Data          Text     `json:"data" toml:"data"`
	Country       string   `json:"country" toml:"country"`               // ISO 3166-1 alpha-2, "" = to complete
	ContractOn    law.Date `json:"contract_on" toml:"contract_on"`       // signed
	ContractUntil law.Date `json:"contract_until" toml:"contract_until"` // zero = open-ended
	ContractRef   string   `json:"contract_ref" toml:"contract_ref"`
	Transfer      string   `json:"transfer" toml:"transfer"` // adequacy, scc, bcr, dpf, none needed; "" = to settle
	TransferNote  string   `json:"transfer_note" toml:"transfer_note"`
	SubProcessors string   `json:"sub_processors" toml:"sub_processors"`
	Security      string   `json:"security" toml:"security"`
	Contact       string   `json:"contact" toml:"contact"` // for rights and breaches
}

// Breach is one personal data breach, notified or not (GDPR Art. 33(5)).
// Instants are RFC 3339 in UTC, "" where unknown.
type Breach struct {
	ID          string `json:"id"`
	AwareAt     string `json:"aware_at"`
	HappenedAt  string `json:"happened_at"`
	Nature      string `json:"nature"` // confidentiality, integrity, availability
	Facts       string `json:"facts"`
	Persons     string `json:"persons"`
	Records     string `json:"records"`
	Effects     string `json:"effects"`
	Measures    string `json:"measures"`
	Risk        string `json:"risk"` // none, risk, high; "" = to settle
	NotifiedAt  string `json:"notified_at"`
	WhyNot      string `json:"why_not"`
	PersonsTold string `json:"persons_told"`
	// Told is the sentence in PersonsTold that Greffier wrote of the letters that
	// went out; it is brought up to date there.
	Told string `json:"told,omitempty"`
}

// Tracker is one cookie or other tracker of the site (LIL Art. 82).
type Tracker struct {
	ID       string `json:"id" toml:"id"`
	Name     string `json:"name" toml:"name"`
	Domain   string `json:"domain" toml:"domain"`
	Party    string `json:"party" toml:"party"` // first, processor, independent
	Purpose  Text   `json:"purpose" toml:"purpose"`
	Lifetime string `json:"lifetime" toml:"lifetime"` // as "13 months"
	Consent  string `json:"consent" toml:"consent"`   // needed, exempt; "" = to settle
}

// Consent is one consent, objection or withdrawal on file. Who is personal
// data.
type Consent struct {
	ID    string `json:"id"`
	Who   string `json:"who"`
	Kind  string `json:"kind"` // consent, objection, withdrawal
	What  string `json:"what"` // marketing, photo use, trackers, …
	At    string `json:"at"`   // RFC 3339 UTC
	How   string `json:"how"`
	Ended string `json:"ended"` // RFC 3339 UTC, "" while it stands
	Case  int64  `json:"case"`
}

// PolicyVersion is one published version of the privacy policy.
type PolicyVersion struct {
	ID     string   `json:"id"`
	From   law.Date `json:"from"`
	Until  law.Date `json:"until"` // zero = current
	Text   string   `json:"text"`
	SHA256 string   `json:"sha256"`
	Change string   `json:"change"`
}

// Rule is one retention rule (policy, Art. 7), as data.
type Rule struct {
	ID      string `json:"id" toml:"id"` // media, contract, billing, commercial
	Covers  Text   `json:"covers" toml:"covers"`
	Starts  string `json:"starts" toml:"starts"` // completion, last interaction, financial year end, last contact, end of relationship
	Period  string `json:"period" toml:"period"` // law.ParsePeriod: "60 days", "10 years"; "" where none
	Then    string `json:"then" toml:"then"`     // delete, restrict, anonymise
	Ground  Text   `json:"ground" toml:"ground"`
	Article string `json:"article" toml:"article"`
	// Automatic tells that the owner let the rule's sweep run by itself.
	Automatic bool `json:"automatic" toml:"automatic"`
}

// Stored is a record as the store keeps it: JSON of one of the types above.
type Stored struct {
	ID        string
	JSON      []byte
	ChangedAt time.Time // UTC
}
