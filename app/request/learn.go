package request

import (
	"slices"
	"time"

	"greffier/app/mailbox"
)

// Lesson is one correction of the owner's: what a mail looked like, as numbers
// that stand for its words, and what it really asked for. It holds no words,
// but guesses at words could be tried against it: it is personal data.
type Lesson struct {
	Mail     int64     `json:"mail"` // Greffier's number of the message
	At       time.Time `json:"at"`
	Features []uint32  `json:"features"` // ascending
	Rights   []Right   `json:"rights"`   // none: it is no request
}

// LessonOf makes a lesson of a message, whose text must be at hand.
func LessonOf(m mailbox.Message, rights []Right, at time.Time) Lesson {
	return Lesson{Mail: m.ID, At: at, Features: featuresOf(m), Rights: slices.Clone(rights)}
}

// Settings are what the owner may set of the recognition.
type Settings struct {
	// CheckFrom is the confidence from which a message is shown as one to
	// check; 0 means the usual threshold.
	CheckFrom float64
}

// Judge recognises requests as Recognise does, and heeds the owner's threshold
// and what she corrected before. The same lessons in any order make the same
// judge; without any it says what Recognise says. It may be used by several
// goroutines.
type Judge struct {
	lessons []Lesson
	set     Settings
}

// NewJudge returns a judge that has learnt the lessons.
func NewJudge(lessons []Lesson, set Settings) *Judge {
	if set.CheckFrom <= 0 || set.CheckFrom > RequestFrom {
		set.CheckFrom = CheckFrom
	}
	return &Judge{lessons: slices.Clone(lessons), set: set}
}

// nearlySame is the share of common features from which a message is taken for
// the same kind as one that was corrected.
const nearlySame = 0.75

// Recognise says which rights a message asks for and why.
func (j *Judge) Recognise(m mailbox.Message) Verdict {
	v := Recognise(m)
	if len(j.lessons) == 0 {
		return v
	}
	features := featuresOf(m)
	best, at := nearlySame, -1
	for i, l := range j.lessons {
		if s := overlap(features, l.Features); s >= best {
			best, at = s, i
		}
	}
	if at >= 0 {
		v = j.lessons[at].apply(v)
	}
	return v
}

// apply gives the verdict that the owner gave of a mail of the same kind.
func (l Lesson) apply(v Verdict) Verdict {
	if len(l.Rights) == 0 {
		v.Kind = Ordinary
		return v
	}
	v.Kind, v.Confidence = Request, 0.9
	var findings []Finding
	for _, r := range l.Rights {
		f := Finding{Right: r, Rule: "corrected before"}
		if i := slices.IndexFunc(v.Findings, func(f Finding) bool { return f.Right == r }); i >= 0 {
			f.Spans = v.Findings[i].Spans
		}
		f.Confidence = 0.9
		findings = append(findings, f)
	}
	v.Findings = findings
	return v
}

// featuresOf are the features of a message, ascending.
func featuresOf(m mailbox.Message) []uint32 {
	r, _, _ := read(&m)
	var out []uint32
	r.features(func(f uint32) { out = append(out, f) })
	slices.Sort(out)
	return out
}

// overlap is the share of features that two messages have in common, 0 to 1.
func overlap(a, b []uint32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	n, i, k := 0, 0, 0
	for i < len(a) && k < len(b) {
		switch {
		case a[i] < b[k]:
			i++
		case a[i] > b[k]:
			k++
		default:
			n, i, k = n+1, i+1, k+1
		}
	}
	return float64(n) / float64(len(a)+len(b)-n)
}
