package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
)

// ErrNotKept says that a letter's mail is not on file: it was sent by another
// program, and no copy of it was found.
var ErrNotKept = errors.New("the letter as it was sent is not on file")

// sentMail is a letter as it was composed, to the byte.
type sentMail struct {
	MessageID string    `json:"message_id"`
	At        time.Time `json:"at"`
	Raw       []byte    `json:"raw"`
}

// sentKind is the register of the composed letters of a case.
func sentKind(id cases.ID) string { return fmt.Sprintf("sent-%d", id) }

// keepSent keeps a composed letter, sealed, under its Message-ID.
func (a *App) keepSent(tx Tx, id cases.ID, l cases.Letter, raw []byte) error {
	return putRecord(tx, sentKind(id), l.MessageID, sentMail{l.MessageID, a.now(), raw}, a.now())
}

// SentLetter is a letter as it went out. From, To, Subject and Text are read
// from Raw.
type SentLetter struct {
	Raw       []byte
	SHA256    string // of Raw
	From, To  string
	Subject   string
	Text      string
	MessageID string
	At        time.Time
	Found     bool // the copy that was found among the sent mail, and not the one composed here
}

// LetterAsSent returns a letter of a case as it went out: the copy found among
// the sent mail, else the one composed here. ErrNotKept where there is neither;
// cases.ErrNotFound where the case has no such letter.
func (a *App) LetterAsSent(ctx context.Context, id cases.ID, messageID string) (SentLetter, error) {
	var out SentLetter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(c.Letters, func(l cases.Letter) bool { return l.MessageID == messageID && !l.SentAt.IsZero() }) {
			return cases.ErrNotFound
		}
		js, err := tx.CaseMessages(int64(id))
		if err != nil {
			return err
		}
		for _, j := range js {
			if j.Message.Sent && messageID != "" && j.Message.MessageID == messageID {
				if raw, err := tx.Raw(j.Message.ID); err == nil && len(raw) > 0 {
					out = readSent(raw, messageID)
					out.At, out.Found = j.Message.ReceivedAt, true
					return nil
				}
			}
		}
		kept, err := records[sentMail](tx, sentKind(id))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(kept, func(s sentMail) bool { return s.MessageID == messageID && messageID != "" })
		if i < 0 {
			return ErrNotKept
		}
		out = readSent(kept[i].Raw, messageID)
		out.At = kept[i].At
		return nil
	})
	return out, err
}

// readSent reads a mail of plain text; what cannot be read is shown as it is.
func readSent(raw []byte, messageID string) SentLetter {
	sum := sha256.Sum256(raw)
	out := SentLetter{Raw: raw, SHA256: hex.EncodeToString(sum[:]), MessageID: messageID, Text: string(raw)}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return out
	}
	var words mime.WordDecoder
	head := func(name string) string {
		s, err := words.DecodeHeader(m.Header.Get(name))
		if err != nil {
			return m.Header.Get(name)
		}
		return s
	}
	out.From, out.To, out.Subject = head("From"), head("To"), head("Subject")
	body := m.Body
	if strings.EqualFold(strings.TrimSpace(m.Header.Get("Content-Transfer-Encoding")), "quoted-printable") {
		body = quotedprintable.NewReader(m.Body)
	}
	if b, err := io.ReadAll(io.LimitReader(body, 1<<20)); err == nil {
		out.Text = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	return out
}

// LetterWarning is something that a letter, as the owner edited it, no longer
// says. Code is "remedies" (the CNIL and the judicial remedy), "lost" (a fact:
// Field and Value) or "code" (the one-time code).
type LetterWarning struct {
	Code  string
	Field string
	Value string // personal data
}

// LetterWarnings compares an edited letter with what it would say by itself. A
// letter that the facts do not allow any more is compared with nothing.
func (a *App) LetterWarnings(ctx context.Context, id cases.ID, l cases.Letter) ([]LetterWarning, error) {
	var out []LetterWarning
	if cases.Final(l.Kind) && !cases.NamesRemedies(l.Text) {
		out = append(out, LetterWarning{Code: "remedies"})
	}
	err := a.d.Store.View(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		if l.Kind == cases.LetterCode && c.Challenge != nil && !strings.Contains(l.Text, c.Challenge.Code) {
			out = append(out, LetterWarning{Code: "code", Value: c.Challenge.Code})
		}
		f, err := a.letterFacts(tx, c, l.Lang, LetterWords{})
		if err != nil {
			return err
		}
		made, err := a.draft(tx, c, l.Kind, l.Lang, LetterWords{})
		if err != nil {
			return nil // there is nothing to compare it with
		}
		for _, x := range cases.LostIn(c, made, f, l.Subject+"\n"+l.Text) {
			if l.Kind == cases.LetterCode && x.Field == "Code" {
				continue
			}
			out = append(out, LetterWarning{"lost", x.Field, x.Value})
		}
		return nil
	})
	return out, err
}

// dropSent forgets the composed letters of a case that was opened by mistake.
func dropSent(tx Tx, id cases.ID) error {
	kept, err := records[sentMail](tx, sentKind(id))
	for _, s := range kept {
		err = errors.Join(err, tx.DeleteRecord(sentKind(id), s.MessageID))
	}
	return err
}
