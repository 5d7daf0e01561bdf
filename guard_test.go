package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/guard"
	"greffier/app/mailbox"
	"greffier/app/order"
)

// faulty is a shop whose reading fails in the program itself.
type faulty struct{}

func (faulty) Name() string { return "faulty" }

func (faulty) Changed(context.Context, time.Time, func(order.Order) error, func(order.Problem) error, func(int, int, string)) (time.Time, error) {
	panic("the order of zelie@example.org")
}

func TestAFaultOverWhatAStrangerWroteEndsNothingElse(t *testing.T) {
	s := newSmall(t, "104,completed,2025-01-20,2025-01-20,alice.planchon@example.org,Alice,Planchon\n")
	const poison = "zelie@example.org"
	s.deps.Shops = append([]order.Source{faulty{}}, s.deps.Shops...)
	s.deps.Signatures = func(_ context.Context, raw []byte, from string) (mailbox.AuthResult, string) {
		if from == poison {
			panic("the mail of " + from)
		}
		var none mailbox.AuthResult
		return none, ""
	}
	s.App = app.New(s.deps)
	at := "2025-05-01T10:00:00Z"
	ask := "Bonjour,\n\nMerci d'effacer toutes mes données personnelles (article 17 du RGPD).\n\nZélie"
	s.box.put(t, at, letter("Zélie <"+poison+">", "Effacement", ask))
	s.box.put(t, at, letter("Alice Planchon <alice.planchon@example.org>", "Effacement", strings.Replace(ask, "Zélie", "Alice Planchon, commande 104", 1)))
	out, err := s.App.Sync(t.Context(), true, true, nil)
	if !errors.Is(err, app.ErrPart) || len(out.Failed) != 1 || out.Failed[0].Name != "faulty" || !errors.Is(out.Failed[0].Err, guard.ErrFault) {
		t.Fatalf("%v: %+v", err, out.Failed)
	}
	if strings.Contains(out.Failed[0].Err.Error(), "zelie") {
		t.Errorf("it tells whom: %v", out.Failed[0].Err)
	}
	// The other mail is a case; the one that the program failed over waits for
	// a person, and is not met again by the next sync.
	if out.Messages != 2 || len(out.CasesOpened) != 1 || out.ToCheck != 1 {
		t.Errorf("%+v", out)
	}
	if again, _ := s.App.Sync(t.Context(), true, true, nil); again.Messages != 0 {
		t.Errorf("again: %+v", again)
	}
}

func TestAMailWithoutReadableWordsIsLookedAtByAPerson(t *testing.T) {
	s := newSmall(t, "")
	s.box.put(t, "2025-05-01T10:00:00Z", []byte("From: a@example.org\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--c\r\n"))
	s.box.put(t, "2025-05-01T10:00:00Z", []byte("From: b@example.org\r\nSubject: Merci\r\n\r\n\r\n"))
	out, err := s.App.Sync(t.Context(), false, true, nil)
	if err != nil || out.Messages != 2 || out.ToCheck != 1 {
		t.Errorf("%v: %+v", err, out)
	}
}
