package cases

import (
	"fmt"
	"strings"
	"time"

	"greffier/app/law"
)

// The letters to recipients (GDPR Art. 19).
const (
	LetterNotice         = "notice"          // please erase what you got, and tell us
	LetterNoticeReminder = "notice-reminder" // we have had no answer
)

// NoticeKinds lists the kinds of letter that NoticeLetter makes.
var NoticeKinds = []string{LetterNotice, LetterNoticeReminder}

// NoticeLetter prepares the letter of a notice in its language: the notice
// itself, or the reminder once it was sent. Of the facts it uses the controller
// (Controller, Address, Email, Site), Zone and ErasedAt, when the data were
// erased. Its places are
//
//	Ref         the token, which the subject must carry: answers find their way by it
//	Orders      the numbers of the orders, a list
//	ErasedOn    the day of the erasure
//	On          the day on which the notice was sent; in the reminder
//	Instructed  whether the recipient is a processor, which acts on instructions
//
// and those of the signature. No template gets anything of the person
// concerned. Errors are those of Draft, and ErrNoticeAddress where there is
// nobody to write to.
func NoticeLetter(n Notice, f Facts, letters Letters, now time.Time) (Letter, error) {
	kind := LetterNotice
	if n.State == NoticeSent {
		kind = LetterNoticeReminder
	}
	if strings.TrimSpace(n.To) == "" {
		return Letter{}, fmt.Errorf("draft the letter %q: %w", kind, ErrNoticeAddress)
	}
	if f.ErasedAt.After(now) {
		return Letter{}, fmt.Errorf("draft the letter %q: an erasure of tomorrow: %w", kind, ErrLetterFacts)
	}
	day := func(t time.Time) string {
		if d := law.DateOf(t, f.Zone); !d.IsZero() {
			return law.FormatDate(d, catalogLang(letters, kind, n.Lang), true)
		}
		return ""
	}
	e := entry{"Instructed": n.Instructed}
	for key, text := range map[string]string{"Ref": oneLine(n.Token, 60), "Controller": oneLine(f.Controller, 500), "Address": oneLine(f.Address, 500), "Email": oneLine(f.Email, 500),
		"Site": oneLine(f.Site, 500), "ErasedOn": day(f.ErasedAt), "On": day(n.SentAt)} {
		e.set(key, text)
	}
	orders := []string{}
	for _, o := range n.Orders {
		if o = oneLine(o, 60); o != "" {
			orders = append(orders, o)
		}
	}
	e["Orders"] = orders
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
