package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
	"greffier/app/request"
)

const (
	fatherSays = "Bonjour,\n\nJe suis le papa. Je ne suis pas d'accord avec ce que la maman veut pour la commande 201.\n\nPaul Martin"
	showChild  = "Bonjour,\n\nJe souhaite une copie de toutes mes données personnelles et de toutes mes photos (article 15 du RGPD), commande 201.\n\nAnne Martin"
)

func (s *small) write3(t *testing.T, received, from, subject, body string, headers ...string) {
	t.Helper()
	_, domain, _ := strings.Cut(strings.TrimSuffix(from, ">"), "@")
	s.box.put(t, received, letter(from, subject, body, append(headers, vouched(domain, "pass"))...))
	s.fetch()
}

func (s *small) needs(kind string) (out []app.Need) {
	s.t.Helper()
	today, err := s.Today(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range today.Needs {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}

// annes is a small profile in which Anne asks for something about order 201.
func annes(t *testing.T, body string) (*small, cases.ID) {
	t.Helper()
	s := newSmall(t, family, "uploads/201/a.jpg", "uploads/201/b.jpg")
	s.now = at(t, "2025-05-02T10:00:00Z")
	s.write3(t, "2025-05-01T10:00:00Z", "Anne Martin <anne.martin@example.org>", "Mes photos", body, "Message-ID: <anne@example.org>")
	return s, s.theCase("anne.martin@example.org").ID
}

func TestARefusalRefusesWhatItsLetterNames(t *testing.T) {
	t.Parallel()
	s, id := annes(t, eraseMe)
	l, err := s.Announce(t.Context(), id, cases.ActRefuse, cases.Input{Reason: "la commande est en cours", Ground: "GDPR Art. 17(1)"})
	if err != nil {
		t.Fatal(err)
	}
	s.now = at(t, "2025-05-03T10:00:00Z")
	s.write3(t, "2025-05-03T09:00:00Z", "Anne Martin <anne.martin@example.org>", "Re: Mes photos", showChild, "In-Reply-To: <anne@example.org>")
	if v := s.caseView(id); !slices.Contains(v.Case.Rights(), "access") {
		t.Fatalf("rights %v", v.Case.Rights())
	}
	if err := s.MarkSent(t.Context(), id, l.Kind); err != nil {
		t.Fatal(err)
	}
	v := s.caseView(id)
	for _, x := range v.Case.Asked {
		if want := map[request.Right]cases.Outcome{request.Erasure: cases.Denied, request.Access: cases.Undecided}[x.Right]; x.Outcome != want {
			t.Errorf("%s is %q, and the letter named the erasure alone", x.Right, x.Outcome)
		}
	}
	if !v.Case.State.Open() {
		t.Errorf("the case ended as %s with a right that nobody answered", v.Case.State)
	}
}

func TestAnExtensionWhoseLetterCameBackDoesNotCount(t *testing.T) {
	t.Parallel()
	s, id := annes(t, showChild)
	due := s.caseView(id).Deadline.Due
	l, err := s.Announce(t.Context(), id, cases.ActExtend, cases.Input{Reason: "beaucoup de photos"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MarkSent(t.Context(), id, l.Kind); err != nil || s.caseView(id).Deadline.Due == due {
		t.Fatalf("%v: due %s", err, s.caseView(id).Deadline.Due)
	}
	s.now = at(t, "2025-05-04T10:00:00Z")
	s.box.put(t, "2025-05-03T10:00:00Z", []byte("From: MAILER-DAEMON@example.org\r\nTo: contact@localhost.test\r\nSubject: Undelivered\r\nMessage-ID: <b@example.org>\r\nIn-Reply-To: <anne@example.org>\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.org\r\n\r\nFinal-Recipient: rfc822; anne.martin@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"))
	s.fetch()
	if v := s.caseView(id); v.Deadline.Due != due {
		t.Errorf("due %s, was %s: she was told of nothing\n%+v", v.Deadline.Due, due, v.Case.Letters)
	}
	if _, err := s.Announce(t.Context(), id, cases.ActExtend, cases.Input{Reason: "beaucoup de photos"}); err != nil {
		t.Errorf("told again: %v", err)
	}
}

func TestAMailDoesNotTakeAwayTheRequestItWasJoinedWith(t *testing.T) {
	t.Parallel()
	for _, into := range []string{"into the call", "into the mail"} {
		t.Run(into, func(t *testing.T) {
			s, mail := annes(t, eraseMe)
			phone, err := s.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelTelephone, Received: law.Date{Year: 2025, Month: 4, Day: 29}, Requester: cases.Person{Name: "Anne Martin"}, Link: cases.Self,
				Rights: []request.Right{request.Access}, Words: "Elle voudrait une copie."})
			if err != nil {
				t.Fatal(err)
			}
			to, from := phone, mail
			if into == "into the mail" {
				to, from = mail, phone
			}
			if err := s.MergeCases(t.Context(), to, from, "la même"); err != nil {
				t.Fatal(err)
			}
			m := s.caseView(to).Messages[0].Message.ID
			if _, err := s.CorrectVerdict(t.Context(), m, nil); !errors.Is(err, app.ErrCaseTouched) {
				t.Errorf("the request by telephone went with the mail: %v", err)
			}
			if v := s.caseView(to); !slices.Contains(v.Case.Rights(), "access") {
				t.Errorf("rights %v", v.Case.Rights())
			}
		})
	}
}

func TestWhatIsLeftOfARunWaitsWhileAFatherIsAgainst(t *testing.T) {
	t.Parallel()
	s, id := annes(t, eraseChild)
	s.st.locked = "uploads/201/b"
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.EraseWith(t.Context(), p, p.Hash, app.EraseOptions{Reason: "rappelée"}, nil)
	if err != nil || v.Record.State != erasure.Partial {
		t.Fatalf("%s %v", v.Record.State, err)
	}
	s.now = at(t, "2025-05-12T10:00:00Z")
	s.write3(t, "2025-05-12T09:00:00Z", "Paul Martin <paul@example.com>", "Commande 201", fatherSays)
	if !s.caseView(id).Case.Disagreed() {
		t.Fatal("nobody noticed")
	}
	s.st.locked = ""
	if err := s.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	_, _ = s.RetryRun(t.Context(), v.Record.ID, nil)
	if _, err := os.Stat(filepath.Join(s.dir, "photos/uploads/201/b.jpg")); err != nil {
		t.Error("erased while a father is against, and nobody has looked")
	}
	if p := s.planOrder("201"); len(p.Erase) != 0 {
		t.Errorf("by its number it can be erased: %+v", p.Erase)
	}
	s.act(id, cases.ActSettleConflict, cases.Input{Reason: "un malentendu"})
	if p, err = s.PlanCase(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Errorf("%s %v", v.Record.State, err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "photos/uploads/201/b.jpg")); err == nil {
		t.Error("it is settled, and the photo is there")
	}
}

func TestWhatComesBackIsToldInTheCaseThatGoesOn(t *testing.T) {
	t.Parallel()
	s, id := annes(t, eraseMe)
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.EraseWith(t.Context(), p, p.Hash, app.EraseOptions{Reason: "rappelée"}, nil)
	if err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%s %v", v.Record.State, err)
	}
	phone, err := s.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelTelephone, Received: law.Date{Year: 2025, Month: 4, Day: 29}, Requester: cases.Person{Name: "Anne Martin"}, Link: cases.Self,
		Rights: []request.Right{request.Access}, Words: "Elle voudrait une copie."})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MergeCases(t.Context(), phone, id, "la même"); err != nil {
		t.Fatal(err)
	}
	s.write("photos/uploads/201/a.jpg", "again")
	s.now = at(t, "2025-05-04T10:00:00Z")
	if err := s.Tick(t.Context()); err != nil {
		t.Errorf("nobody hears of it: %v", err)
	}
	if v := s.caseView(phone); !slices.ContainsFunc(v.Case.Events, func(e cases.Event) bool { return e.Key == "case.came_back" }) {
		t.Errorf("%+v", v.Case.Events)
	}
	if ver, err := s.Verify(t.Context()); err != nil || ver.Evidence != "ok" {
		t.Errorf("verify: %+v, %v", ver, err)
	}
}

// stops is a packer under which the power fails once a copy lies at its place.
type stops struct{ app.Packer }

type stopped struct{ app.Package }

func (p stops) Begin(work, format, passphrase string) (app.Package, error) {
	x, err := p.Packer.Begin(work, format, passphrase)
	return stopped{x}, err
}

func (p stopped) Place(path string) error {
	if err := p.Package.Place(path); err != nil {
		return err
	}
	panic("the power failed")
}

// Open implements erasure.Opener where the storage below does.
func (m *moody) Open(ctx context.Context, o plan.Object) (io.ReadCloser, error) {
	if x, ok := m.Storage.(erasure.Opener); ok {
		return x.Open(ctx, o)
	}
	return nil, app.ErrUnreadable
}

// copied is a profile with a case for access and a copy of it.
func copied(t *testing.T) (*small, cases.ID, app.Copy) {
	t.Helper()
	s, id := annes(t, showChild+"\n\nMerci ensuite d'effacer toutes mes photos (article 17 du RGPD).")
	s.act(id, cases.ActConfirmIdentity, cases.Input{Reason: "rappelée"})
	c, err := s.MakeCopy(t.Context(), id, disclosure.Access, app.CopyChoices{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, id, c
}

func TestACopyIsWithheldOnceItMayNotGoOut(t *testing.T) {
	t.Parallel()
	s, id, _ := copied(t)
	if n := s.needs("copy"); len(n) != 0 {
		t.Errorf("nothing is wrong: %+v", n)
	}
	if cs, err := s.Copies(t.Context(), id); err != nil || len(cs) != 1 || cs[0].Passphrase == "" || cs[0].Withheld != nil {
		t.Fatalf("%+v %v", cs, err)
	}
	s.act(id, cases.ActConflict, cases.Input{Reason: "le père"})
	cs, err := s.Copies(t.Context(), id)
	if err != nil || cs[0].Passphrase != "" || !errors.Is(cs[0].Withheld, cases.ErrConflict) {
		t.Errorf("the parents disagree, and the copy opens: %v %v", cs[0].Withheld, err)
	}
	if n := s.needs("copy"); len(n) != 1 || n[0].Case != id || n[0].Count != 1 {
		t.Errorf("nobody is told that it lies there: %+v", n)
	}
	s.act(id, cases.ActSettleConflict, cases.Input{Reason: "d'accord"})
	if cs, err := s.Copies(t.Context(), id); err != nil || cs[0].Passphrase == "" {
		t.Errorf("settled, and it stays shut: %v", err)
	}
}

func TestTheCopyOfWhatWasErasedIsTold(t *testing.T) {
	t.Parallel()
	s, id, c := copied(t)
	s.now = s.now.Add(time.Hour)
	p, err := s.PlanCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%s %v", v.Record.State, err)
	}
	if n := s.needs("copy"); len(n) != 1 || n[0].Case != id {
		t.Errorf("her photos lie on the disk, and nobody says so: %+v", n)
	}
	if _, err := s.PurgeCopy(t.Context(), c.ID, "remise"); err != nil || len(s.needs("copy")) != 0 {
		t.Errorf("%v %+v", err, s.needs("copy"))
	}
}

func TestACopyCutOffBeforeAConflictIsTakenAway(t *testing.T) {
	t.Parallel()
	s, id := annes(t, showChild)
	s.act(id, cases.ActConfirmIdentity, cases.Input{Reason: "rappelée"})
	whole := s.deps.Packer
	s.deps.Packer = stops{whole}
	s.App = app.New(s.deps)
	func() {
		defer func() { _ = recover() }()
		_, _ = s.MakeCopy(t.Context(), id, disclosure.Access, app.CopyChoices{}, nil)
	}()
	s.deps.Packer = whole
	s.App = app.New(s.deps)
	there := func() int {
		m, _ := filepath.Glob(filepath.Join(s.profile, "copies", "K-*"))
		return len(m)
	}
	if there() != 1 {
		t.Fatalf("%d files", there())
	}
	s.act(id, cases.ActConflict, cases.Input{Reason: "le père"})
	if err := s.Tick(t.Context()); err != nil || there() != 0 {
		t.Errorf("%v: it lies there for whoever finds it (%d)", err, there())
	}
	s.act(id, cases.ActSettleConflict, cases.Input{Reason: "d'accord"})
	if _, err := s.MakeCopy(t.Context(), id, disclosure.Access, app.CopyChoices{}, nil); err != nil {
		t.Errorf("no copy can be made any more: %v", err)
	}
}

func TestAnObjectionAfterAnErasureIsAnEntryOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg")
	entry := effects.Suppression{Email: "alice.planchon@example.org", Uses: []effects.Use{effects.Newsletter}}
	first, err := s.Suppress(t.Context(), entry)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, n := range []string{"104", "106"} {
		id, err := s.OrderID(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	s.now = s.now.Add(time.Hour)
	p, err := s.PlanPerson(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%s %v", v.Record.State, err)
	}
	s.now = s.now.Add(time.Hour)
	entry.Uses = []effects.Use{effects.Post}
	again, err := s.Suppress(t.Context(), entry)
	if err != nil || again.ID == first.ID {
		t.Fatalf("%+v %v: what was forgotten of her came back", again, err)
	}
	if err := s.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	list, err := s.Suppressed(t.Context())
	if err != nil || len(list) != 2 || list[0].Email == "" || list[1].Email != "" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestNoMailboxButTheOldOneMovesTheAddressOnFile(t *testing.T) {
	t.Parallel()
	s, _, alices, _ := wooSmall(t)
	const field = "orders/104/billing.email"
	old := s.fieldOf(alices, field).Value
	s.box.put(t, "2025-05-02T10:00:00Z", letter(otherAddress, "Rectification", "Bonjour,\n\nMerci de rectifier mon adresse e-mail dans vos fichiers (article 16 du RGPD), commande 104 : mallory@example.net.\n\nAlice Planchon", vouched("example.net", "pass")))
	s.fetch()
	c := s.theCase("mallory@example.net")
	var ids []int64
	for _, m := range alices.Orders {
		ids = append(ids, m.Order)
	}
	s.act(c.ID, cases.ActSelectOrders, cases.Input{Orders: ids})
	change := effects.Change{Order: ids[0], Field: field, Old: old, New: "mallory@example.net"}
	byHand := change
	byHand.ByHand = true
	for _, x := range []effects.Change{change, byHand} {
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{x}); !errors.Is(err, cases.ErrIdentityUnproven) {
			t.Errorf("a stranger has the address on file changed: %v", err)
		}
	}
	l, err := s.Challenge(t.Context(), c.ID)
	if err != nil || l.To != "alice.planchon@example.org" {
		t.Errorf("the code goes to %s: %v", l.To, err)
	}
	if got := s.fieldOf(alices, field).Value; got != old {
		t.Errorf("the shop has %s", got)
	}
}
