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
	Transfer      string   `json:"transfer" toml:"transfer"` // adequacy, scc, bcr, dpf, derogation, none needed; "" = to settle
	TransferNote  string   `json:"transfer_note" toml:"transfer_note"`
	SubProcessors string   `json:"sub_processors" toml:"sub_processors"`
	Security      string   `json:"security" toml:"security"`
	Contact       string   `json:"contact" toml:"contact"` // for rights and breaches

	// Roles is the role for an activity that differs from Role, by the activity's id.
	Roles           map[string]string `json:"roles,omitempty" toml:"roles"`
	Persons         Text              `json:"persons,omitzero" toml:"persons"` // categories of data subjects
	Minors          bool              `json:"minors,omitempty" toml:"minors"`
	AccessCountries []string          `json:"access_countries,omitempty" toml:"access_countries"` // ISO 3166-1 alpha-2; a look from a third country is a transfer
	SubCheckedOn    law.Date          `json:"sub_checked_on,omitzero" toml:"sub_checked_on"`      // the list of sub-processors was last looked at
	// ContractVersion is the wording that was signed; ContractFile is where its
	// document lies, and ContractSHA256 the hash it had when it was attached.
	ContractVersion string   `json:"contract_version,omitempty" toml:"contract_version"`
	ContractFile    string   `json:"contract_file,omitempty" toml:"contract_file"`
	ContractSHA256  string   `json:"contract_sha256,omitempty" toml:"contract_sha256"`
	Clauses         []Clause `json:"clauses,omitempty" toml:"clauses"` // Art. 28(3), in the order of [ClauseIDs]

	TransferScope   string   `json:"transfer_scope,omitempty" toml:"transfer_scope"`          // what the adequacy decision covers, or which derogation
	TransferChecked law.Date `json:"transfer_checked_on,omitzero" toml:"transfer_checked_on"` // last checked, as the DPF list
	SCCModule       string   `json:"scc_module,omitempty" toml:"scc_module"`                  // 1 to 4
	TIAOn           law.Date `json:"tia_on,omitzero" toml:"tia_on"`                           // transfer impact assessment
	TransferFile    string   `json:"transfer_file,omitempty" toml:"transfer_file"`            // where the document lies
	TransferSHA256  string   `json:"transfer_sha256,omitempty" toml:"transfer_sha256"`        // when it was attached
	Evidence        string   `json:"security_evidence,omitempty" toml:"security_evidence"`    // certificate, audit report
	DeletionMeans   string   `json:"deletion_means,omitempty" toml:"deletion_means"`          // how data are erased there
	DeletionDelay   string   `json:"deletion_delay,omitempty" toml:"deletion_delay"`          // at the latest, as "30 days"
	AI              AI       `json:"ai,omitzero" toml:"ai"`                                   // family "ai" only
	ReviewOn        law.Date `json:"review_on,omitzero" toml:"review_on"`                     // next review
	ExitOn          law.Date `json:"exit_on,omitzero" toml:"exit_on"`                         // the service ends
	ExitProof       string   `json:"exit_certificate,omitempty" toml:"exit_certificate"`      // that the data were deleted or returned (Art. 28(3)(g))
}

// RoleIn is the role of a recipient in one activity.
func (x Processor) RoleIn(activity string) string {
	if r := x.Roles[activity]; r != "" {
		return r
	}
	return x.Role
}

// Clause is what a contract says on one point of GDPR Art. 28(3).
type Clause struct {
	ID          string `json:"id" toml:"id"`
	Met         string `json:"met" toml:"met"` // yes, no; "" = not looked at
	Ref         string `json:"ref,omitempty" toml:"ref"`
	Reservation string `json:"reservation,omitempty" toml:"reservation"`
}

// ClauseIDs are the points of the checklist of a contract: what it describes,
// the points (a) to (h) of GDPR Art. 28(3), and the warning of its last
// subparagraph.
var ClauseIDs = []string{"scope", "a", "b", "c", "d", "e", "f", "g", "h", "warn"}

// AI is what a provider of artificial intelligence answered.
type AI struct {
	Trains      string   `json:"trains,omitempty" toml:"trains"`         // on what is uploaded: yes, no; "" = not answered
	Retention   string   `json:"retention,omitempty" toml:"retention"`   // how long uploads and results stay there
	Embeddings  string   `json:"embeddings,omitempty" toml:"embeddings"` // computes face embeddings: yes, no
	Marked      string   `json:"marked,omitempty" toml:"marked"`         // results carry a machine-readable mark: yes, no (AI Act Art. 50)
	MarkedSince law.Date `json:"marked_since,omitzero" toml:"marked_since"`
	AnsweredOn  law.Date `json:"answered_on,omitzero" toml:"answered_on"`
	Answer      string   `json:"answer,omitempty" toml:"answer"` // where the written answer is filed
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

	// What the notification asks for beyond the register (GDPR Art. 33(3); the
	// fields of the EDPB's template). Words are stable; "" is not known yet.
	AlsoNature     []string          `json:"also_nature,omitempty"`    // a second and third nature
	When           string            `json:"when,omitempty"`           // exact, period, ongoing, unknown
	EndedAt        string            `json:"ended_at,omitempty"`       // of a period
	FoundBy        string            `json:"found_by,omitempty"`       // controller, processor, person, third party, press, other
	FoundHow       string            `json:"found_how,omitempty"`      //
	Party          string            `json:"party,omitempty"`          // processor or joint controller involved, and its contact
	PartyToldAt    string            `json:"party_told_at,omitempty"`  // when it told the controller
	Incident       string            `json:"incident,omitempty"`       // one of [Incidents]
	Cause          string            `json:"cause,omitempty"`          // one of [Causes]
	Systems        string            `json:"systems,omitempty"`        // and where they are
	PersonKinds    []string          `json:"person_kinds,omitempty"`   // of [PersonKinds]
	PersonCount    string            `json:"person_count,omitempty"`   // as "about 40"
	DataKinds      []string          `json:"data_kinds,omitempty"`     // of [DataKinds]
	Unintelligible string            `json:"unintelligible,omitempty"` // to whoever saw them: yes, no
	Prior          string            `json:"prior,omitempty"`          // measures in place when it happened
	Impacts        []string          `json:"impacts,omitempty"`        // of [Impacts]
	Gravity        string            `json:"gravity,omitempty"`        // minor, moderate, serious
	Guide          map[string]string `json:"guide,omitempty"`          // answers to [GuideIDs]: yes, no; anything else is unclear
	RiskWhy        string            `json:"risk_why,omitempty"`
	Prevention     string            `json:"prevention,omitempty"`
	LateWhy        string            `json:"late_why,omitempty"`        // after 72 hours (Art. 33(1))
	FollowUpAt     string            `json:"follow_up_at,omitempty"`    // the complement to a first notification (Art. 33(4))
	Reference      string            `json:"reference,omitempty"`       // the CNIL's number of the file
	PersonsState   string            `json:"persons_state,omitempty"`   // told, planned, investigating, no high risk, exempt
	PersonsWhyNot  string            `json:"persons_why_not,omitempty"` // Art. 34(3)
	Authorities    string            `json:"authorities,omitempty"`     // police, others
	CrossBorder    string            `json:"cross_border,omitempty"`    // yes, no
	Countries      string            `json:"countries,omitempty"`       // of the persons
	ClosedOn       law.Date          `json:"closed_on,omitzero"`
}

// Natures are what was lost, the first one first.
func (b Breach) Natures() []string {
	if b.Nature == "" {
		return nil
	}
	return append([]string{b.Nature}, b.AlsoNature...)
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

	Category   string   `json:"category,omitempty" toml:"category"` // necessary, choice, audience, advertising, social, other
	Why        Text     `json:"why,omitzero" toml:"why"`            // it is exempt
	Data       Text     `json:"data,omitzero" toml:"data"`
	DataPeriod string   `json:"data_period,omitempty" toml:"data_period"` // as "25 months"
	Recipient  string   `json:"recipient,omitempty" toml:"recipient"`     // who gets the data, and as what
	Country    string   `json:"country,omitempty" toml:"country"`         // ISO 3166-1 alpha-2
	Transfer   string   `json:"transfer,omitempty" toml:"transfer"`       // as of a processor
	ScannedOn  law.Date `json:"scanned_on,omitzero" toml:"scanned_on"`
	Banner     string   `json:"banner,omitempty" toml:"banner"` // version of the banner
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

	Wording string `json:"wording,omitempty"` // what the person was told and agreed to, or its version
	Proof   string `json:"proof,omitempty"`   // where it is kept (GDPR Art. 7(1))
	EndHow  string `json:"end_how,omitempty"` // how it was taken back
}

// PolicyVersion is one published version of the privacy policy.
type PolicyVersion struct {
	ID     string   `json:"id"`
	From   law.Date `json:"from"`
	Until  law.Date `json:"until"` // zero = current
	Text   string   `json:"text"`
	SHA256 string   `json:"sha256"`
	Change string   `json:"change"`
	Told   string   `json:"customers_told,omitempty"` // how customers were told of it
	Where  string   `json:"where,omitempty"`          // where it was published
}

// Screening tells whether an activity needs an impact assessment (GDPR Art.
// 35). One without DoneOn is Greffier's proposal, which the owner has not
// looked at.
type Screening struct {
	ID       string      `json:"id"`
	Activity string      `json:"activity"`
	Criteria []Criterion `json:"criteria"` // in the order of [CriterionIDs]
	// How large it is: what the fifth criterion is judged by.
	Persons   string `json:"persons"`
	Photos    string `json:"photos"`
	Duration  string `json:"duration"`
	Geography string `json:"geography"`

	Risks    Text     `json:"risks"` // seen so far, with what is done about them
	NextStep Text     `json:"next_step"`
	DoneOn   law.Date `json:"done_on"`   // the screening
	AssessOn law.Date `json:"assess_on"` // the assessment itself is to be done by
	ReviewOn law.Date `json:"review_on"`
	Document string   `json:"document"` // where the assessment is filed
}

// Criterion is the answer to one of the nine criteria of the EDPB.
type Criterion struct {
	ID     string `json:"id"`
	Answer string `json:"answer"` // yes, no, unclear
	Reason Text   `json:"reason"`
}

// Ruling is what the owner settled about a finding on the policy. A finding
// without one is open.
type Ruling struct {
	ID     string   `json:"id"`
	State  string   `json:"state"` // open, mended, accepted
	Reason string   `json:"reason"`
	On     law.Date `json:"on"`
	// Wording is the owner's own, where she changed the proposed one.
	Wording Text `json:"wording"`
}

// Rule is one retention rule (policy, Art. 7), as data.
type Rule struct {
	ID string `json:"id" toml:"id"` // media, contract, billing, commercial, or the owner's own word
	// Data is what a rule of the owner's own is about: contract, billing,
	// commercial or unfinished; "" for the four of the policy, whose id says it.
	Data    string `json:"data,omitempty" toml:"data"`
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
