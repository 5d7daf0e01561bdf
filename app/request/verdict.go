package request

// Right is a right that a data subject may exercise.
type Right int

// The rights, with the article that grants each.
const (
	NoRight       Right = iota
	Access              // GDPR Art. 15
	Rectification       // GDPR Art. 16
	Erasure             // GDPR Art. 17; LIL Art. 51 for minors
	Restriction         // GDPR Art. 18
	Objection           // GDPR Art. 21
	Portability         // GDPR Art. 20
	Withdrawal          // GDPR Art. 7(3)
)

// Rights lists every right in the order of the articles that the registers use.
var Rights = []Right{Access, Rectification, Erasure, Restriction, Objection, Portability, Withdrawal}

var rightNames = [...]string{"none", "access", "rectification", "erasure", "restriction", "objection", "portability", "withdrawal"}
var rightArticles = [...]string{"", "GDPR Art. 15", "GDPR Art. 16", "GDPR Art. 17", "GDPR Art. 18", "GDPR Art. 21", "GDPR Art. 20", "GDPR Art. 7(3)"}

// String returns the word used in commands, records and JSON.
func (r Right) String() string { return rightNames[r] }

// Article returns the article that grants the right.
func (r Right) Article() string { return rightArticles[r] }

// ParseRight is the inverse of String; an unknown word is NoRight.
func ParseRight(s string) Right {
	for i, n := range rightNames {
		if n == s {
			return Right(i)
		}
	}
	return NoRight
}

// Field says in which text of the message a span lies.
type Field string

// The texts that are read.
const (
	InSubject Field = "subject"
	InText    Field = "text"
)

// Span is a place in the subject or text of the message: byte offsets of the
// message's own string, Start inclusive, End exclusive, on rune boundaries.
type Span struct {
	Field Field  `json:"field"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Words string `json:"words"`
}

// Finding is one right recognised, with the words that made it think so.
type Finding struct {
	Right      Right   `json:"right"`
	Confidence float64 `json:"confidence"` // 0 to 1; 0.9 means right nine times in ten
	Spans      []Span  `json:"spans"`
	Rule       string  `json:"rule"` // short stable name of the rule that spoke
}

// Mark is something else that matters for the case.
type Mark string

// The marks.
const (
	MarkMinor      Mark = "minor"           // a minor is concerned
	MarkForAnother Mark = "for another"     // the sender acts for somebody else (parent, lawyer, agent)
	MarkComplaint  Mark = "complaint"       // a complaint to the CNIL is announced
	MarkDeadline   Mark = "deadline named"  // the sender names a deadline
	MarkPhishing   Mark = "phishing look"   // looks forged or hostile
	MarkBreach     Mark = "breach reported" // reports a leak of data
	MarkAutomatic  Mark = "automatic"       // sent by a machine
	MarkReply      Mark = "reply"           // answers an earlier message
	MarkAllData    Mark = "all data"        // everything held is meant, not one order
	MarkAgent      Mark = "agent"           // sent by a service or a machine that acts for its user
)

// MarkFound is a mark with its words.
type MarkFound struct {
	Mark  Mark   `json:"mark"`
	Spans []Span `json:"spans,omitempty"`
}

// Kind is the conclusion on the message. The zero value is the cautious one:
// somebody has to look.
type Kind int

// The kinds of message.
const (
	ToCheck  Kind = iota // perhaps a request: the owner decides
	Request              // a rights request
	Ordinary             // ordinary mail
)

// String returns the word used in records.
func (k Kind) String() string { return [...]string{"to check", "request", "ordinary"}[k] }

// Verdict is what was recognised in one message.
type Verdict struct {
	Kind Kind `json:"kind"`
	// Confidence is that of something being asked for in a request or a
	// message to check, whichever right it is, and of there being no request
	// in ordinary mail.
	Confidence float64     `json:"confidence"`
	Language   string      `json:"language"` // ISO 639-1, "" when it cannot be told
	Findings   []Finding   `json:"findings,omitempty"`
	Marks      []MarkFound `json:"marks,omitempty"`
	// Orders are the order numbers named in new text, in order of mention,
	// without # or n°.
	Orders []string `json:"orders,omitempty"`
	// NewText are the parts of the text that the sender wrote now: quotes,
	// signature and footer are left out.
	NewText []Span `json:"-"`
}

// Has tells whether the verdict carries the mark.
func (v Verdict) Has(m Mark) bool {
	for _, f := range v.Marks {
		if f.Mark == m {
			return true
		}
	}
	return false
}

// Rights returns the rights found, in the order of Rights.
func (v Verdict) Rights() []Right {
	var out []Right
	for _, r := range Rights {
		for _, f := range v.Findings {
			if f.Right == r {
				out = append(out, r)
				break
			}
		}
	}
	return out
}
