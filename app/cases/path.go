package cases

import (
	"fmt"
	"slices"
	"strings"

	"greffier/app/request"
)

// Proof is what must be known of the person before a right is granted. The zero
// value is the strictest.
type Proof int

// The proofs.
const (
	ProofDisclose Proof = iota // as for handing data over: see MayDisclose
	ProofErase                 // as for erasing or changing for good: see EraseBySight
	ProofNone                  // none: to stop a use harms nobody and can be undone
)

// String returns the word used in the documentation.
func (p Proof) String() string { return [...]string{"disclose", "erase", "none"}[p] }

// Path is the way of one right through a case: what has to be proven and done
// before it may be answered as granted, wholly or in part.
type Path struct {
	Right   request.Right
	Article string // a key of law.Articles
	Proof   Proof
	// Work names the kinds of work of which one must be on record. WorkByHand
	// always does, with the owner's words.
	Work []WorkKind
	// Recipients tells whether each recipient is told (GDPR Art. 19).
	Recipients bool
	// Grounds are the articles on which this right, and not every one, may be
	// refused or limited.
	Grounds []string
}

var paths = []Path{
	{request.Access, "GDPR Art. 15", ProofDisclose, []WorkKind{WorkCopy}, false, []string{"GDPR Art. 15(4)"}},
	{request.Rectification, "GDPR Art. 16", ProofErase, []WorkKind{WorkChange}, true, []string{"GDPR Art. 16"}},
	{request.Erasure, "GDPR Art. 17", ProofErase, []WorkKind{WorkRun}, true, []string{"GDPR Art. 17(3)(b)", "GDPR Art. 17(3)(e)", "GDPR Art. 17(3)(a)", "GDPR Art. 17(1)"}},
	{request.Restriction, "GDPR Art. 18", ProofNone, []WorkKind{WorkRestriction}, true, []string{"GDPR Art. 18(1)"}},
	{request.Portability, "GDPR Art. 20", ProofDisclose, []WorkKind{WorkCopy}, false, []string{"GDPR Art. 20(4)", "GDPR Art. 20(1)"}},
	{request.Objection, "GDPR Art. 21", ProofNone, []WorkKind{WorkSuppression, WorkRestriction, WorkRun}, false, []string{"GDPR Art. 17(3)(b)", "GDPR Art. 17(3)(e)", "GDPR Art. 21(1)"}},
	{request.Withdrawal, "GDPR Art. 7(3)", ProofNone, []WorkKind{WorkSuppression, WorkRun, WorkRestriction}, false, []string{"GDPR Art. 17(3)(b)", "GDPR Art. 17(3)(e)", "GDPR Art. 7(3)"}},
}

// Paths returns the way of each right. It reads: right, article, proof needed
// to grant it, the work of which one must be on record, whether recipients are
// told (GDPR Art. 19), and on what it may be refused besides GDPR Art. 12(5),
// 12(2) and 11(2).
//
//	access         GDPR Art. 15    disclose  copy, by hand                           -      GDPR Art. 15(4)
//	rectification  GDPR Art. 16    erase     change, by hand                         told   GDPR Art. 16
//	erasure        GDPR Art. 17    erase     run, by hand                            told   GDPR Art. 17(3)(b), GDPR Art. 17(3)(e), GDPR Art. 17(3)(a), GDPR Art. 17(1)
//	restriction    GDPR Art. 18    none      restriction, by hand                    told   GDPR Art. 18(1)
//	portability    GDPR Art. 20    disclose  copy, by hand                           -      GDPR Art. 20(4), GDPR Art. 20(1)
//	objection      GDPR Art. 21    none      suppression, restriction, run, by hand  -      GDPR Art. 17(3)(b), GDPR Art. 17(3)(e), GDPR Art. 21(1)
//	withdrawal     GDPR Art. 7(3)  none      suppression, run, restriction, by hand  -      GDPR Art. 17(3)(b), GDPR Art. 17(3)(e), GDPR Art. 7(3)
//
// An objection to direct marketing (GDPR Art. 21(2) and (3)) has no ground of
// refusal at all.
func Paths() []Path {
	out := slices.Clone(paths)
	for i := range out {
		out[i].Work, out[i].Grounds = slices.Clone(out[i].Work), slices.Clone(out[i].Grounds)
	}
	return out
}

// PathOf returns the way of a right; of none, the strictest one.
func PathOf(r request.Right) Path {
	i := slices.IndexFunc(paths, func(p Path) bool { return p.Right == r })
	if i < 0 {
		return Path{Right: r}
	}
	return Paths()[i]
}

// words are the kinds of work as the documentation lists them.
func (p Path) words() string {
	out := make([]string, 0, len(p.Work)+1)
	for _, k := range append(slices.Clone(p.Work), WorkByHand) {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}

// String writes the row as the documentation of Paths shows it.
func (p Path) String() string {
	told := "-"
	if p.Recipients {
		told = "told"
	}
	return fmt.Sprintf("%-13s  %-14s  %-8s  %-38s  %-5s  %s", p.Right, p.Article, p.Proof, p.words(), told, strings.Join(p.Grounds, ", "))
}

// PathTable writes the ways of all rights as a Markdown table, for the
// documentation of the program.
func PathTable() string {
	var b strings.Builder
	b.WriteString("| right | article | proof of the person | on record before it is granted (one of) | recipients told | may be refused on, besides Art. 12(5), 12(2), 11(2) |\n|---|---|---|---|---|---|\n")
	for _, p := range paths {
		told := "no"
		if p.Recipients {
			told = "yes, Art. 19"
		}
		grounds := make([]string, len(p.Grounds))
		for i, g := range p.Grounds {
			grounds[i] = strings.TrimPrefix(g, "GDPR ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", p.Right, strings.TrimPrefix(p.Article, "GDPR "), p.Proof, p.words(), told, strings.Join(grounds, ", "))
	}
	return b.String()
}

// HasWork tells whether something on record allows a right to be answered as
// granted. An erasure run of the case counts once it has ended complete or
// partial, noted as work or not; one that was refused did nothing.
func (c Case) HasWork(r request.Right) bool {
	p := PathOf(r)
	if slices.ContainsFunc(c.Work, func(w Work) bool {
		return w.Right == r && (w.Kind == WorkByHand || slices.Contains(p.Work, w.Kind))
	}) {
		return true
	}
	return slices.Contains(p.Work, WorkRun) && len(c.Runs) > 0 && slices.ContainsFunc(c.Events, func(e Event) bool {
		return slices.Contains(eventsRan, e.Key)
	})
}

// eventRun begins the key of the line that the end of a run writes.
const eventRun = "case.run_"

// eventsRan are those of runs that erased something.
var eventsRan = []string{eventRun + "complete", eventRun + "partial"}

// withoutWork returns the rights that are granted, wholly or in part, while
// nothing is on record for them.
func (c Case) withoutWork() []request.Right {
	var out []request.Right
	for _, a := range c.Asked {
		if (a.Outcome == Granted || a.Outcome == Partly) && !c.HasWork(a.Right) {
			out = append(out, a.Right)
		}
	}
	return out
}

// toDo returns the right for which something is to be done next: the first that
// is not refused, that identity allows to grant, and for which nothing is on
// record. In a conflict between parents it is the restriction that keeps the
// data as they are (GDPR Art. 18), asked for or not.
func (c Case) toDo() request.Right {
	if c.InConflict() {
		if c.HasWork(request.Restriction) {
			return request.NoRight
		}
		return request.Restriction
	}
	for _, a := range c.Asked {
		open := a.Outcome == Undecided || a.Outcome == Granted || a.Outcome == Partly
		if open && !c.HasWork(a.Right) && c.allows(a.Right, Granted) == nil {
			return a.Right
		}
	}
	return request.NoRight
}
