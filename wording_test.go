package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/register"
	"greffier/assets"
)

// postman takes mails in memory; fail says what becomes of the n-th, from 1.
type postman struct {
	raws [][]byte
	n    int
	fail func(n int) error
}

func (p *postman) Send(_ context.Context, raw []byte) error {
	p.n++
	if p.fail != nil {
		if err := p.fail(p.n); err != nil {
			return err
		}
	}
	p.raws = append(p.raws, bytes.Clone(raw))
	return nil
}

// sending gives a small profile a way of sending mail.
func (s *small) sending() *postman {
	p := &postman{}
	s.deps.Postman = p
	s.App = app.New(s.deps)
	return p
}

// asker opens a case and returns its number.
func asker(t *testing.T, s *small) cases.ID {
	t.Helper()
	s.box.put(t, s.now.Add(-48*time.Hour).UTC().Format(time.RFC3339), letter("Alice <alice.planchon@example.org>", "Mes photos", eraseMe, vouched("example.org", "pass"), "Message-ID: <ask@example.org>"))
	s.fetch()
	return s.theCase("alice.planchon@example.org").ID
}

func TestTheOwnersWordingIsUsedUntilSheTakesTheShippedOneAgain(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	id := asker(t, s)
	ctx := t.Context()
	draft := func() string {
		l, err := s.DraftLetter(ctx, id, cases.LetterAcknowledge, "fr")
		if err != nil {
			t.Fatal(err)
		}
		return l.Text
	}
	shipped := draft()
	v, err := s.Wording(ctx, cases.LetterAcknowledge, "fr")
	if err != nil || v.Row.State != app.WordingShipped || v.Body != v.ShippedBody || len(v.Problems) > 0 {
		t.Fatalf("%v %+v", err, v)
	}
	mine := "Chère cliente, cher client,\n\nVotre demande du {{.Received}} ({{join .Rights \"et\"}}) est arrivée ; réponse avant le {{.Due}}.\n\n{{template \"part-signature\" .}}"
	if err := s.SaveWording(ctx, cases.LetterAcknowledge, "fr", "Bien reçu", mine); err != nil {
		t.Fatal(err)
	}
	if got := draft(); !strings.HasPrefix(got, "Chère cliente") {
		t.Errorf("the letter is\n%s", got)
	}
	if l, err := s.DraftLetter(ctx, id, cases.LetterAcknowledge, "en"); err != nil || !strings.HasPrefix(l.Text, "Hello") {
		t.Errorf("the English one changed: %v", err)
	}
	// A shared part is used by every letter that has it.
	if err := s.SaveWording(ctx, "part-signature", "fr", "", "Amicalement,\n{{.Controller}}, {{.Email}}"); err != nil {
		t.Fatal(err)
	}
	if got := draft(); !strings.Contains(got, "Amicalement") {
		t.Errorf("the signature is not hers:\n%s", got)
	}
	for name, tc := range map[string]struct{ kind, lang, body string }{
		"an extension without a date": {cases.LetterExtend, "fr", "Il nous faut du temps : {{.Reason}}"},
		"a refusal without remedies":  {cases.LetterRefuse, "fr", "Non."},
		"what cannot be read":         {cases.LetterClose, "fr", "{{.Received"},
	} {
		if err := s.SaveWording(ctx, tc.kind, tc.lang, "x", tc.body); !errors.Is(err, cases.ErrWording) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range [][2]string{{"nothing", "fr"}, {cases.LetterClose, "de"}, {"../fr/close", "fr"}} {
		if err := s.SaveWording(ctx, bad[0], bad[1], "x", "y"); !errors.Is(err, app.ErrNoWording) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	rows, err := s.Wordings(ctx)
	if err != nil || len(rows) != 2*len(cases.Templates()) {
		t.Fatalf("%v: %d rows", err, len(rows))
	}
	yours := 0
	for _, r := range rows {
		if r.State == app.WordingYours && !r.ChangedAt.IsZero() && !r.Updated {
			yours++
		}
	}
	if yours != 2 {
		t.Errorf("%d are hers", yours)
	}
	s.sealed("Chère cliente")
	for _, kind := range []string{cases.LetterAcknowledge, "part-signature"} {
		if err := s.ResetWording(ctx, kind, "fr"); err != nil {
			t.Fatal(err)
		}
	}
	if draft() != shipped {
		t.Error("the shipped text did not come back")
	}
	if n := s.acts(t, evidence.ActTemplateChanged); n != 4 {
		t.Errorf("the journal tells of %d changes", n)
	}
	// Saving the shipped text is taking it again.
	if err := s.SaveWording(ctx, v.Row.Kind, "fr", v.ShippedSubject, v.ShippedBody); err != nil {
		t.Error(err)
	}
	if v, _ := s.Wording(ctx, cases.LetterAcknowledge, "fr"); v.Row.State != app.WordingShipped {
		t.Error("the shipped text is hers")
	}
}

// changedTexts are the program's texts after an update.
type changedTexts struct {
	app.Texts
	kind, body string
}

func (c changedTexts) Letter(kind, lang string) (string, string, bool) {
	subject, body, ok := c.Texts.Letter(kind, lang)
	if kind == c.kind {
		body = c.body + body
	}
	return subject, body, ok
}

func TestAnUpdateOfTheShippedTextIsTold(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	subject, body, _ := assets.Letters{}.Letter(cases.LetterClose, "fr")
	if err := s.SaveWording(t.Context(), cases.LetterClose, "fr", subject, "Merci.\n"+body); err != nil {
		t.Fatal(err)
	}
	s.deps.Texts = changedTexts{s.deps.Texts, cases.LetterClose, "Nouveau. "}
	s.App = app.New(s.deps)
	v, err := s.Wording(t.Context(), cases.LetterClose, "fr")
	if err != nil || !v.Row.Updated || !strings.HasPrefix(v.Body, "Merci.") || !strings.HasPrefix(v.ShippedBody, "Nouveau.") {
		t.Errorf("%v %+v", err, v.Row)
	}
}

func TestAPreviewShowsASampleOrARealCase(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	id := asker(t, s)
	subject, body, _ := assets.Letters{}.Letter(cases.LetterAcknowledge, "fr")
	l, err := s.PreviewWording(t.Context(), cases.LetterAcknowledge, "fr", subject, "Voici : "+body, cases.Sample{}, 0)
	if err != nil || !strings.Contains(l.Text, "Anne Martin") || !strings.HasPrefix(l.Text, "Voici") {
		t.Errorf("%v %s", err, l.Text)
	}
	l, err = s.PreviewWording(t.Context(), cases.LetterAcknowledge, "fr", subject, body, cases.Sample{}, id)
	if err != nil || !strings.Contains(l.Text, "Alice") || strings.Contains(l.Text, "Anne Martin") {
		t.Errorf("%v %s", err, l.Text)
	}
	if c := s.theCase("alice.planchon@example.org"); len(c.Letters) != 0 {
		t.Error("a preview was kept")
	}
}

func TestALetterThatWentOutStaysAsItWent(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	post := s.sending()
	id, ctx := asker(t, s), t.Context()
	l, err := s.DraftLetter(ctx, id, cases.LetterAcknowledge, "fr")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendLetter(ctx, id, l); err != nil {
		t.Fatal(err)
	}
	sent := s.theCase("alice.planchon@example.org").Letters[0]
	for name, f := range map[string]func() error{
		"sent again":               func() error { return s.SendLetter(ctx, id, l) },
		"laid into Drafts":         func() error { return s.PutInDrafts(ctx, id, l) },
		"saved":                    func() error { return s.SaveLetter(ctx, id, l) },
		"said to be sent again":    func() error { return s.MarkSent(ctx, id, l.Kind) },
		"changed under its own id": func() error { x := sent; x.Text = "Autre chose."; return s.SaveLetter(ctx, id, x) },
	} {
		if err := f(); !errors.Is(err, app.ErrLetterSent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	as, err := s.LetterAsSent(ctx, id, sent.MessageID)
	if err != nil || !bytes.Equal(as.Raw, post.raws[0]) || as.Found || as.Subject != l.Subject || strings.TrimSpace(as.Text) != strings.TrimSpace(l.Text) || !strings.Contains(as.To, "alice.planchon") {
		t.Errorf("%v %+v", err, as)
	}
	if c := s.theCase("alice.planchon@example.org"); len(c.Letters) != 1 || c.Letters[0].Text != sent.Text || len(post.raws) != 1 {
		t.Errorf("%d letters, %d mails", len(c.Letters), len(post.raws))
	}
	// Her mail program's copy is what really went.
	copied := bytes.Replace(post.raws[0], []byte("MIME-Version"), []byte("X-Sent-By: her program\r\nMIME-Version"), 1)
	copied = bytes.Replace(copied, []byte("Mime-Version"), []byte("X-Sent-By: her program\r\nMime-Version"), 1)
	s.sent(t, s.now, copied)
	if as, err = s.LetterAsSent(ctx, id, sent.MessageID); err != nil || !as.Found || !bytes.Equal(as.Raw, copied) {
		t.Errorf("%v found %v\n%s", err, as.Found, as.Raw)
	}
	// Another letter of the kind is another letter.
	other := l
	other.Text = "Bonjour,\n\nEncore un mot.\n"
	if err := s.SendLetter(ctx, id, other); err != nil || len(post.raws) != 2 {
		t.Errorf("%v, %d mails", err, len(post.raws))
	}
	if _, err := s.LetterAsSent(ctx, id, "nobody@example.org"); !errors.Is(err, cases.ErrNotFound) {
		t.Errorf("%v", err)
	}
	s.sealed("Encore un mot")
}

func TestALetterSentByAnotherProgramOnceHadABodyKeptHere(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	id, ctx := asker(t, s), t.Context()
	l, _ := s.DraftLetter(ctx, id, cases.LetterAcknowledge, "fr")
	if err := s.SaveLetter(ctx, id, l); err != nil {
		t.Fatal(err)
	}
	if err := s.MarkSent(ctx, id, l.Kind); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LetterAsSent(ctx, id, ""); !errors.Is(err, app.ErrNotKept) {
		t.Errorf("%v", err)
	}
}

func TestARefusalWithoutRemediesGoesNowhere(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	post := s.sending()
	id, ctx := asker(t, s), t.Context()
	l, err := s.DraftRefusal(ctx, id, "La loi nous oblige à garder les factures.", "GDPR Art. 17(3)(b)")
	if err != nil || !cases.NamesRemedies(l.Text) || !strings.Contains(l.Text, "factures") {
		t.Fatalf("%v\n%s", err, l.Text)
	}
	if s.theCase("alice.planchon@example.org").State == cases.Refused {
		t.Error("a preview refused the case")
	}
	bare := l
	bare.Text = "Bonjour,\n\nNous ne pouvons pas."
	if err := s.SaveLetter(ctx, id, bare); err != nil {
		t.Errorf("a text under way cannot be kept: %v", err)
	}
	for name, f := range map[string]func() error{
		"sent": func() error { return s.SendLetter(ctx, id, bare) }, "drafted": func() error { return s.PutInDrafts(ctx, id, bare) }, "said to be sent": func() error { return s.MarkSent(ctx, id, bare.Kind) },
	} {
		if err := f(); !errors.Is(err, cases.ErrLetterRemedies) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(post.raws) != 0 {
		t.Error("it went out")
	}
	ws, err := s.LetterWarnings(ctx, id, bare)
	if err != nil || !slices.ContainsFunc(ws, func(w app.LetterWarning) bool { return w.Code == "remedies" }) {
		t.Errorf("%v %v", err, ws)
	}
}

func TestAnEditedLetterTellsWhatItLost(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	id, ctx := asker(t, s), t.Context()
	l, _ := s.DraftLetter(ctx, id, cases.LetterAcknowledge, "fr")
	if ws, err := s.LetterWarnings(ctx, id, l); err != nil || len(ws) != 0 {
		t.Errorf("%v %v", err, ws)
	}
	l.Text = "Bonjour, c’est noté."
	ws, err := s.LetterWarnings(ctx, id, l)
	if err != nil || !slices.ContainsFunc(ws, func(w app.LetterWarning) bool { return w.Code == "lost" && w.Field == "Due" }) {
		t.Errorf("%v %v", err, ws)
	}
}

func TestAQuestionAFeeAndALiftingSayWhatOnlySheKnows(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	id, ctx := asker(t, s), t.Context()
	if _, err := s.DraftLetter(ctx, id, cases.LetterFee, "fr"); !errors.Is(err, cases.ErrLetterField) {
		t.Errorf("a fee of nothing: %v", err)
	}
	l, err := s.DraftLetterWith(ctx, id, cases.LetterFee, "fr", app.LetterWords{Fee: "12 euros", Reason: "C’est la troisième fois."})
	if err != nil || !strings.Contains(l.Text, "12 euros") || !strings.Contains(l.Text, "troisième") || !cases.NamesRemedies(l.Text) {
		t.Errorf("%v\n%s", err, l.Text)
	}
	if l, err = s.DraftLetterWith(ctx, id, cases.LetterClarify, "fr", app.LetterWords{Question: "Quelle commande ?"}); err != nil || !strings.Contains(l.Text, "Quelle commande") {
		t.Errorf("%v\n%s", err, l.Text)
	}
	// What stopped the clock is the question.
	if err := s.Act(ctx, id, cases.ActSuspend, cases.Input{Reason: "De quelles photographies parlez-vous ?"}); err != nil {
		t.Fatal(err)
	}
	if l, err = s.DraftLetter(ctx, id, cases.LetterClarify, "fr"); err != nil || !strings.Contains(l.Text, "De quelles photographies") {
		t.Errorf("%v\n%s", err, l.Text)
	}
	if _, err = s.DraftLetter(ctx, id, cases.LetterParents, "fr"); !errors.Is(err, cases.ErrLetterField) {
		t.Errorf("data set aside that are not: %v", err)
	}
}

// aBreach is a breach in the register, with words for the persons.
func aBreach(t *testing.T, s *small) (id string, words map[string]app.BreachWords) {
	t.Helper()
	at := func(hours int) string { return s.now.Add(time.Duration(-hours) * time.Hour).UTC().Format(time.RFC3339) }
	if err := s.SaveBreach(t.Context(), register.Breach{AwareAt: at(10), HappenedAt: at(30), Nature: "confidentiality", Facts: "bucket public", Risk: "high", PersonsTold: "Affichage sur le site."}); err != nil {
		t.Fatal(err)
	}
	bs, err := s.Breaches(t.Context())
	if err != nil || len(bs) != 1 {
		t.Fatal(err)
	}
	w := app.BreachWords{What: "A folder could be read.", Effects: "Somebody may write to you.", Measures: "It is closed."}
	return bs[0].ID, map[string]app.BreachWords{"en": w, "fr": w}
}

func (s *small) orderIDs(t *testing.T) []int64 {
	t.Helper()
	rows, err := s.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestEachPersonOfABreachIsToldOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders+"107,completed,2025-03-10,2025-03-20,,No,Address\n108,completed,2025-03-10,2025-03-20,carol@example.org,Carol,Martin\n")
	post := s.sending()
	ctx := t.Context()
	id, words := aBreach(t, s)
	to, without, err := s.BreachPersons(ctx, s.orderIDs(t))
	if err != nil || len(to) != 3 || without != 1 {
		t.Fatalf("%v: %d persons, %d without", err, len(to), without)
	}
	if _, err := s.PrepareBreachLetters(ctx, "breaches-9", to, words); !errors.Is(err, app.ErrNoBreach) {
		t.Errorf("%v", err)
	}
	if _, err := s.PrepareBreachLetters(ctx, id, to, map[string]app.BreachWords{}); !errors.Is(err, cases.ErrLetterField) {
		t.Errorf("letters without words: %v", err)
	}
	if n, err := s.PrepareBreachLetters(ctx, id, to, words); err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	if _, err := s.PrepareBreachLetters(ctx, id, to, words); !errors.Is(err, app.ErrNobodyToTell) {
		t.Errorf("a second one: %v", err)
	}
	state := func() string {
		v, err := s.BreachLetters(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, l := range v.Letters {
			out = append(out, l.State())
		}
		return strings.Join(out, ", ")
	}
	// The first one breaks off, the second one fails.
	away := errors.New("the server is away")
	post.fail = func(n int) error {
		switch n {
		case 1:
			return fmt.Errorf("sending: %w", mailbox.ErrUncertain)
		case 2:
			return away
		}
		return nil
	}
	if err := s.SendBreachLetters(ctx, id, false, nil); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	if got := state(); got != "unsure, to send, to send" {
		t.Fatalf("%s", got)
	}
	if err := s.SendBreachLetters(ctx, id, false, nil); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "unsure, sent, sent" {
		t.Fatalf("%s", got)
	}
	if err := s.SendBreachLetters(ctx, id, false, nil); err != nil || len(post.raws) != 2 {
		t.Errorf("%v: %d mails", err, len(post.raws))
	}
	for _, raw := range post.raws {
		if n := strings.Count(string(raw), "@example.org>"); strings.Contains(string(raw), "bucket public") || n > 2 {
			t.Errorf("a letter tells what is not for the person, or of another:\n%s", raw)
		}
	}
	v, _ := s.BreachLetters(ctx, id)
	if err := s.SettleBreachLetter(ctx, v.Letters[0].ID, false); err != nil {
		t.Fatal(err)
	}
	if err := s.SettleBreachLetter(ctx, v.Letters[1].ID, true); !errors.Is(err, cases.ErrNotLawful) {
		t.Errorf("one that went is settled: %v", err)
	}
	if err := s.SendBreachLetters(ctx, id, false, nil); err != nil || state() != "sent, sent, sent" || len(post.raws) != 3 {
		t.Errorf("%v %s, %d mails", err, state(), len(post.raws))
	}
	bs, _ := s.Breaches(ctx)
	if told := bs[0].PersonsTold; !strings.HasPrefix(told, "Affichage sur le site.\n") || !strings.Contains(told, "3") || strings.Count(told, "\n") != 1 {
		t.Errorf("the register says %q", told)
	}
	// One comes back, and the register says so.
	v, _ = s.BreachLetters(ctx, id)
	s.box.mails = append(s.box.mails, mailbox.Message{MessageID: "b@mx", ReceivedAt: s.now, Subject: "Undelivered", Bounce: true,
		Returned: []mailbox.Return{{To: v.Letters[2].Email, Status: "5.1.1", Permanent: true, MessageID: v.Letters[2].MessageID}}})
	s.fetch()
	if got := state(); got != "sent, sent, returned" {
		t.Errorf("%s", got)
	}
	if s.acts(t, evidence.ActBreachLetters) < 4 {
		t.Error("the journal does not tell of the letters")
	}
	s.sealed("carol@example.org", "A folder could be read")
	if r, err := s.Verify(ctx); err != nil || r.Evidence != "ok" || r.BrokenAt != nil {
		t.Errorf("%v %+v", err, r)
	}
}

func TestLettersOnABreachLaidIntoDraftsAreFoundWhenTheyWent(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders)
	ctx := t.Context()
	id, words := aBreach(t, s)
	to, _, _ := s.BreachPersons(ctx, s.orderIDs(t))
	if _, err := s.PrepareBreachLetters(ctx, id, to, words); err != nil {
		t.Fatal(err)
	}
	if err := s.SendBreachLetters(ctx, id, false, nil); !errors.Is(err, app.ErrNoPostman) {
		t.Errorf("%v", err)
	}
	drafts := &draftBox{letters: s.box}
	s.deps.Mailbox = drafts
	s.App = app.New(s.deps)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.SendBreachLetters(cancelled, id, true, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := s.SendBreachLetters(ctx, id, true, nil); err != nil || len(drafts.raws) != len(to) {
		t.Fatalf("%v: %d drafts", err, len(drafts.raws))
	}
	if err := s.SendBreachLetters(ctx, id, true, nil); err != nil || len(drafts.raws) != len(to) {
		t.Errorf("%v: %d drafts", err, len(drafts.raws))
	}
	s.sent(t, s.now, drafts.raws[0])
	v, err := s.BreachLetters(ctx, id)
	if err != nil || v.Letters[0].State() != "sent" || v.Letters[1].State() != "drafted" {
		t.Errorf("%v %+v", err, v.Letters)
	}
}

// draftBox keeps what is laid into its Drafts.
type draftBox struct {
	*letters
	raws [][]byte
}

func (d *draftBox) SaveDraft(_ context.Context, raw []byte) error {
	d.raws = append(d.raws, bytes.Clone(raw))
	return nil
}

func TestTheWordingIsChangedFromTheTerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", threeOrders)
	w.init(csvTOML)
	prints(t, w.ok("wording", "list"), "acknowledge\tfr\tshipped", "breach\ten\tshipped")
	shown := w.ok("--lang", "fr", "wording", "show", "close")
	prints(t, shown, "Objet: ", "{{.Received}}")
	good := w.write("close.txt", strings.Replace(shown.out, "\n\n", "\n\nMerci de votre confiance.\n\n", 1))
	w.ok("--lang", "fr", "wording", "check", good)
	bad := w.write("extend.txt", "Objet: x\n\nBientôt.")
	r := w.failed(nil, "--lang", "fr", "wording", "check", bad)
	prints(t, r, "lost\tReason", "lost\tNewDue")
	w.failed(nil, "--lang", "fr", "wording", "set", "extend", bad)
	w.ok("--lang", "fr", "wording", "set", "close", good)
	prints(t, w.ok("wording", "list"), "close\tfr\tyours", "close\ten\tshipped", "extend\tfr\tshipped")
	prints(t, w.ok("--lang", "fr", "wording", "show", "close"), "Merci de votre confiance.")
	w.ok("--lang", "fr", "wording", "reset", "close")
	prints(t, w.ok("wording", "list"), "close\tfr\tshipped")
	w.verified()
}

// prints asks that the output of a call has all the words.
func prints(t *testing.T, r result, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.out, w) {
			t.Errorf("no %q in\n%s", w, r.out)
		}
	}
}
