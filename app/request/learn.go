package request

import (
	"cmp"
	"math"
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
	Version  int       `json:"version,omitempty"` // of the features; those of another version teach nothing
	Features []uint32  `json:"features"`          // ascending
	// Odds are what the model alone said of the mail, as logarithms of odds:
	// that something is asked for, and of each right in the order of its number.
	Odds   []float64 `json:"odds,omitempty"`
	Rights []Right   `json:"rights"` // none: it is no request
}

// LessonOf makes a lesson of a message, whose text must be at hand.
func LessonOf(m mailbox.Message, rights []Right, at time.Time) Lesson {
	a := assess(&m)
	return Lesson{Mail: m.ID, At: at, Version: modelVersion, Features: a.r.traits(), Odds: slices.Clone(a.opinion.odds[:]), Rights: slices.Clone(rights)}
}

// Settings are what the owner may set of the recognition.
type Settings struct {
	// CheckFrom is the confidence from which a message is shown as one to
	// check; 0 means the usual threshold.
	CheckFrom float64
}

// Judge recognises requests as Recognise does, and heeds the owner's threshold
// and what she corrected before. The same lessons in any order make the same
// judge; without any it says what Recognise says, and a judge made without one
// of them is as if that had never been given. It may be used by several
// goroutines.
type Judge struct {
	lessons []Lesson
	set     Settings
	moves   map[uint32][modelClasses]float64 // what each trait adds to the odds
}

// How far lessons reach.
const (
	nearlySame = 0.75 // of the traits in common: taken for the mail that was corrected
	taught     = 2.5  // the odds, as a logarithm, that a lesson gives to the same mail
	atLeast    = 0.7  // the odds, as a logarithm, that it wants at least for a mail like it
	furthest   = 6.0  // lessons move the odds no further
	passes     = 30
	// sure is the confidence from which lessons alone do not make a message
	// ordinary: it is at least looked at.
	sure = 0.9
)

// NewJudge returns a judge that has learnt the lessons.
func NewJudge(lessons []Lesson, set Settings) *Judge {
	if !(set.CheckFrom > 0 && set.CheckFrom <= RequestFrom) {
		set.CheckFrom = CheckFrom
	}
	j := &Judge{set: set, moves: map[uint32][modelClasses]float64{}}
	for _, l := range lessons {
		if l.Version == modelVersion && len(l.Features) > 0 && len(l.Odds) == modelClasses {
			j.lessons = append(j.lessons, l)
		}
	}
	slices.SortStableFunc(j.lessons, func(a, b Lesson) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Mail, b.Mail), slices.Compare(a.Features, b.Features), slices.Compare(a.Rights, b.Rights))
	})
	j.learn()
	return j
}

// learn finds for each lesson how strongly its traits must move the odds, so
// that each corrected mail would be judged as the owner did: some passes of a
// passive-aggressive learner.
func (j *Judge) learn() {
	for range passes {
		still := true
		for i := range j.lessons {
			l := &j.lessons[i]
			have := j.moved(l.Features)
			want := map[Right]bool{}
			for _, r := range l.Rights {
				want[r] = true
			}
			var by [modelClasses]float64
			for k := range by {
				odds := l.Odds[k] + have[k]
				switch on := k == 0 && len(l.Rights) > 0 || k > 0 && want[Right(k)]; {
				case k > 0 && len(l.Rights) == 0: // which right it would be does not matter
				case on && odds < atLeast:
					by[k] = min(atLeast-odds, furthest)
				case !on && odds > -atLeast:
					by[k] = max(-atLeast-odds, -furthest)
				}
				still = still && math.Abs(by[k]) < 0.05
			}
			scale := 1 / size(l.Features)
			for _, t := range l.Features {
				m := j.moves[t]
				for k := range m {
					m[k] += by[k] * scale * weight(t)
				}
				j.moves[t] = m
			}
		}
		if still {
			break
		}
	}
}

// moved is how far the lessons move the odds of a message with these traits.
func (j *Judge) moved(traits []uint32) (by [modelClasses]float64) {
	if len(traits) == 0 {
		return by
	}
	for _, t := range traits {
		if m, ok := j.moves[t]; ok {
			for k := range by {
				by[k] += m[k] * weight(t)
			}
		}
	}
	scale := 1 / size(traits)
	for k := range by {
		by[k] = max(-furthest, min(furthest, by[k]*scale))
	}
	return by
}

// weight is how much a trait tells of the kind of a mail: words that the model
// knows stand in many mails, so what sets a kind apart are the others.
func weight(trait uint32) float64 {
	if _, ok := trained().known.id(trait); ok {
		return 0.1
	}
	return 1
}

// size is the length of the traits of a message as a vector.
func size(traits []uint32) float64 {
	sum := 0.0
	for _, t := range traits {
		w := weight(t)
		sum += w * w
	}
	return math.Sqrt(sum)
}

// Recognise says which rights a message asks for and why.
func (j *Judge) Recognise(m mailbox.Message) Verdict {
	a := assess(&m)
	if len(j.lessons) == 0 {
		return a.verdict(j.set.CheckFrom)
	}
	odds := &a.opinion.odds
	traits := a.r.traits()
	clear := chance(odds[0]) >= sure
	by := j.moved(traits)
	for k := range odds {
		odds[k] += by[k]
	}
	if at := j.nearest(traits); at >= 0 {
		// The same mail once more, or one made with the same words.
		l := &j.lessons[at]
		odds[0] = -taught
		if len(l.Rights) > 0 {
			odds[0] = taught
			for _, right := range Rights {
				odds[right] = -taught
				if slices.Contains(l.Rights, right) {
					odds[right] = taught
				}
			}
		}
	}
	if clear && chance(odds[0]) < j.set.CheckFrom {
		odds[0] = math.Log(j.set.CheckFrom/(1-j.set.CheckFrom)) + 0.01
	}
	return a.verdict(j.set.CheckFrom)
}

// nearest is the lesson whose mail was nearly the same, the latest where
// several are equally near; -1 for none.
func (j *Judge) nearest(traits []uint32) int {
	best, at := nearlySame, -1
	for i, l := range j.lessons {
		if s := overlap(traits, l.Features); s >= best {
			best, at = s, i
		}
	}
	return at
}

// maxTraits bounds the traits of one message.
const maxTraits = 1200

// traits are what a lesson keeps of a message, ascending: its words but the
// commonest, pairs of words, and concepts.
func (r *reading) traits() []uint32 {
	var out []uint32
	for i := range r.sentences {
		s, se := &r.sentences[i], &r.senses[i]
		if s.field == InText && s.weight < 0.6 {
			continue
		}
		for _, h := range se.hits {
			out = append(out, mix(kindConcept, conceptHash[h.c], 0))
		}
		last := uint32(0)
		for _, t := range s.toks {
			if t.number {
				continue
			}
			w := hashWord(t.norm)
			if stopWords[t.norm] == "" {
				out = append(out, mix(kindWord, w, 0))
			}
			out = append(out, mix(kindPair, last, w))
			last = w
		}
		if len(out) > maxTraits {
			break
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// overlap is the share of traits that two messages have in common, 0 to 1.
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
