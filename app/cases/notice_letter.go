package cases

import (
	"fmt"
	"strings"
	"time"

	"greffier/app/law"
)

// The letters to recipients (GDPR Art. 19): of an erasure, a rectification, a
// restriction, each with the reminder while there is no answer.
const (
	LetterNotice                = "notice"
	LetterNoticeReminder        = "notice-reminder"
	LetterNoticeRectified       = "notice-rectification"
	LetterNoticeRectifiedAgain  = "notice-rectification-reminder"
	LetterNoticeRestricted      = "notice-restriction"
	LetterNoticeRestrictedAgain = "notice-restriction-reminder"
)

// NoticeKinds lists the kinds of letter that NoticeLetter makes.
var NoticeKinds = []string{LetterNotice, LetterNoticeReminder, LetterNoticeRectified, LetterNoticeRectifiedAgain, LetterNoticeRestricted, LetterNoticeRestrictedAgain}

// letter returns the kind of letter that a notice needs next.
func (n Notice) letter() string {
	first := map[NoticeKind]string{NoticeRectification: LetterNoticeRectified, NoticeRestriction: LetterNoticeRestricted}[n.Kind]
	if first == "" {
		first = LetterNotice
	}
	if n.State == NoticeSent {
		return first + "-reminder"
	}
	return first
}

// NoticeLetter prepares the letter of a notice in its language: the notice
// itself, or the reminder once it was sent. Of the facts it uses the controller
// (Controller, Address, Email, Site), Zone and ErasedAt, when the data were
// erased, put right or restricted; and of a rectification Changes. Its places
// are
//
//	Ref         the token, which the subject must carry: answers find their way by it
//	Orders      the numbers of the orders, a list
//	ErasedOn    the day of the erasure, rectification or restriction
//	On          the day on which the notice was sent; in the reminder
//	Instructed  whether the recipient is a processor, which acts on instructions
//	Changes     of a rectification: Field and Now of each
//
// and those of the signature. But for Changes, without which a rectification
// would not be communicated at all, no template gets anything of the person
// concerned. Errors are those of Draft, and ErrNoticeAddress where there is
// nobody to write to.
func NoticeLetter(n Notice, f Facts, letters Letters, now time.Time) (Letter, error) {
	kind := n.letter()
	if strings.TrimSpace(n.To) == "" {
		return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, ErrNoticeAddress)
	}
	if f.ErasedAt.After(now) {
		return Letter{}, fmt.Errorf("draft the letter %q: what is told is of tomorrow: %w", kind, ErrLetterFacts)
	}
	day := func(t time.Time) string {
		if d := law.DateOf(t, f.Zone); !d.IsZero() {
			return law.FormatDate(d, catalogLang(letters, kind, n.Lang), true)
		}
		return ""
	}
	e := sender(f)
	e["Instructed"] = n.Instructed
	for key, text := range map[string]string{"Ref": oneLine(n.Token, 60), "ErasedOn": day(f.ErasedAt), "On": day(n.SentAt)} {
		e.set(key, text)
	}
	e["Orders"] = orderNumbers(n.Orders)
	if n.Kind == NoticeRectification {
		changes := []entry{}
		for _, x := range f.Changes {
			s := entry{}
			s.set("Field", oneLine(x.Field, 500))
			s.set("Now", oneLine(x.Now, 500))
			changes = append(changes, s)
		}
		e["Changes"] = changes
	}
	p := printer{letters: letters, lang: catalogLang(letters, kind, n.Lang), facts: f}
	subject, text, err := p.print(kind, e)
	if err != nil {
		return Letter{}, err
	}
	if !namesToken(subject, n.Token) {
		return Letter{}, fmt.Errorf("draft the letter %q: the subject does not carry the reference: %w", kind, ErrLetterTemplate)
	}
	return Letter{Kind: kind, Lang: p.lang, Subject: subject, Text: text, MadeAt: now.UTC()}, nil
}

// sender is who writes, for the signature.
func sender(f Facts) entry {
	e := entry{}
	for key, text := range map[string]string{"Controller": f.Controller, "Address": f.Address, "Email": f.Email, "Site": f.Site} {
		e.set(key, oneLine(text, 500))
	}
	return e
}

func orderNumbers(list []string) []string {
	out := []string{}
	for _, o := range list {
		if o = oneLine(o, 60); o != "" {
			out = append(out, o)
		}
	}
	return out
}
