package cases_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

// mother is the case of a mother who asks from the orders' own address, vouched
// for by her provider.
func mother(rights ...request.Right) cases.Case {
	c := cases.Open(signed(mail("anne.martin@example.org", "Les photos de ma fille Léa")), marked(asks(rights...), request.MarkMinor), shop, now, paris)
	c.ID, c.Concerned = 12, cases.Person{Name: "Léa Martin"}
	return c
}

func authority(k cases.AuthorityKind, words string) func(*cases.Input) cases.Act {
	return func(in *cases.Input) cases.Act {
		in.Authority, in.Reason = k, words
		return cases.ActSetAuthority
	}
}

func TestTheAuthorityOfAParent(t *testing.T) {
	c := mother(request.Access, request.Erasure)
	if c.Link != cases.Parent || cases.MayErase(c) != nil {
		t.Fatalf("link %s, erase %v", c.Link, cases.MayErase(c))
	}
	if err := cases.MayDisclose(c); !errors.Is(err, cases.ErrAuthority) {
		t.Errorf("access for a child before authority is shown: %v", err)
	}
	said := walk(t, c, authority(cases.AuthorityDeclared, "elle écrit qu'elle est sa mère"))
	if err := cases.MayDisclose(said); !errors.Is(err, cases.ErrAuthority) {
		t.Errorf("a word is enough: %v", err)
	}
	for name, kind := range map[string]cases.AuthorityKind{"seen": cases.AuthoritySeen, "uploader": cases.AuthorityUploader} {
		t.Run(name, func(t *testing.T) {
			n := walk(t, c, authority(kind, "livret de famille montré en visio"))
			if err := cases.MayDisclose(n); err != nil {
				t.Errorf("disclose: %v", err)
			}
			if n.Authority.On != law.DateOf(day(1), paris) || n.Authority.By != cases.ByOwner || n.Authority.Words == "" {
				t.Errorf("evidence %+v", n.Authority)
			}
			if last := n.Events[len(n.Events)-1]; last.Key != "case.authority" || last.Arg != string(kind) {
				t.Errorf("event %+v", last)
			}
			other := walk(t, n, func(in *cases.Input) cases.Act {
				in.Concerned = &cases.Person{Name: "Tom Martin"}
				return cases.ActSetPerson
			})
			if other.Authority != nil {
				t.Error("the evidence for one child is taken for another's")
			}
		})
	}
	t.Run("an order of somebody else makes nobody its uploader", func(t *testing.T) {
		in := input(1)
		in.Orders, in.Add = []int64{1, 3}, shop
		n, err := cases.Apply(c, cases.ActSelectOrders, in, paris)
		if err != nil {
			t.Fatal(err)
		}
		in = input(2)
		in.Authority, in.Reason = cases.AuthorityUploader, "x"
		if _, err := cases.Apply(n, cases.ActSetAuthority, in, paris); !errors.Is(err, cases.ErrAuthority) {
			t.Errorf("%v", err)
		}
		// And what was true when it was recorded is looked at again.
		n = walk(t, c, authority(cases.AuthorityUploader, "x"))
		in = input(2)
		in.Orders, in.Add = []int64{1, 3}, shop
		if n, err = cases.Apply(n, cases.ActSelectOrders, in, paris); err != nil || cases.MayDisclose(n) == nil {
			t.Errorf("a wider scope is covered: %v", err)
		}
	})
	t.Run("what was seen tomorrow was not seen", func(t *testing.T) {
		in := input(1)
		in.Authority, in.Reason, in.From = cases.AuthoritySeen, "x", law.DateOf(day(2), paris)
		if _, err := cases.Apply(c, cases.ActSetAuthority, in, paris); !errors.Is(err, cases.ErrInput) {
			t.Errorf("%v", err)
		}
	})
	t.Run("what was seen needs its words", func(t *testing.T) {
		in := input(1)
		in.Authority = cases.AuthoritySeen
		if _, err := cases.Apply(c, cases.ActSetAuthority, in, paris); !errors.Is(err, cases.ErrReason) {
			t.Errorf("%v", err)
		}
	})
}

func TestParentsWhoDisagree(t *testing.T) {
	c := walk(t, mother(request.Access, request.Erasure), authority(cases.AuthoritySeen, "livret de famille"), because(cases.ActConflict, "le père s'y oppose par courrier"))
	for name, err := range map[string]error{"disclose": cases.MayDisclose(c), "erase": cases.MayErase(c), "by sight": cases.EraseBySight(c)} {
		if !errors.Is(err, cases.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c = walk(t, c, cases.ActAcknowledge, cases.ActStart)
	s := steps(t, c, 3)[0]
	if s.Act != cases.ActByHand || !slices.Equal(s.Rights, []request.Right{request.Restriction}) {
		t.Errorf("the first proposal is %+v, not to restrict", s)
	}
	if s := step(t, c, 3, cases.ActAskIdentity); s.Primary {
		t.Error("it is no question of identity")
	}
	c = walk(t, c, byHand(request.Restriction))
	if got := cases.Primary(steps(t, c, 3)); got != cases.ActSettleConflict {
		t.Errorf("then it waits for %q", got)
	}
	if cases.StandingOf(c, false) != cases.StandingConflict {
		t.Errorf("standing %s", cases.StandingOf(c, false))
	}
	c = walk(t, c, because(cases.ActSettleConflict, "accord écrit des deux parents"))
	if cases.MayDisclose(c) != nil || cases.MayErase(c) != nil || c.Conflict.Settled == "" {
		t.Errorf("settled: %v, %v", cases.MayDisclose(c), cases.MayErase(c))
	}
}

func TestAMailThatSpeaksAgainstIsNoticed(t *testing.T) {
	c := mother(request.Erasure)
	ask := func(from, text string, numbers ...string) (mailbox.Message, request.Verdict) {
		m := mail(from, text)
		m.ID, m.From[0].Name = 99, "Paul"
		return m, request.Verdict{Kind: request.ToCheck, Orders: numbers}
	}
	tests := []struct {
		name     string
		c        cases.Case
		from     string
		text     string
		numbers  []string
		threaded bool
		want     bool
	}{
		{"the father names the order", c, "paul@example.net", "Je suis le père de Léa. Ne supprimez pas les photos de la commande 1042.", []string{"1042"}, false, true},
		{"he names the child", c, "paul@example.net", "Je suis le père de Léa Martin : je m'oppose à cette suppression.", nil, false, true},
		{"he answers in the conversation", c, "paul@example.net", "I do not agree. Do not delete anything.", nil, true, true},
		{"he is against something else", c, "paul@example.net", "Ne supprimez pas mon compte.", nil, false, false},
		{"he names the order and agrees", c, "paul@example.net", "Merci d'effacer la commande 1042.", []string{"1042"}, false, false},
		{"she writes again herself", c, "anne.martin@example.org", "Ne supprimez pas la commande 1043, je me suis trompée.", []string{"1043"}, true, false},
		{"no child is concerned", opened(request.Erasure), "paul@example.net", "Ne supprimez pas la commande 1042.", []string{"1042"}, false, false},
		{"the case has ended", walk(t, c, cases.ActWithdraw), "paul@example.net", "Ne supprimez pas la commande 1042.", []string{"1042"}, false, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			m, v := ask(tc.from, tc.text, tc.numbers...)
			if got := cases.Disagrees(tc.c, m, v, tc.threaded); got != tc.want {
				t.Errorf("%v", got)
			}
		})
	}
	n := cases.NoteDisagreement(c, day(2), "")
	if got := cases.Primary(steps(t, n, 3)); got != cases.ActConflict {
		t.Errorf("the owner is asked for %q", got)
	}
	if err := cases.EraseBySight(n); !errors.Is(err, cases.ErrConflict) {
		t.Errorf("erasure before she looked: %v", err)
	}
	n = walk(t, n, because(cases.ActSettleConflict, "c'est un fournisseur, rien à voir"))
	if n.Disagreed() || n.InConflict() || cases.MayErase(n) != nil {
		t.Error("put aside, and it still stands in the way")
	}
}

func TestOnlyThePhotosConcernWhoIsShownOnThem(t *testing.T) {
	c := opened(request.Access)
	c = walk(t, c, func(in *cases.Input) cases.Act { yes := true; in.Depicted = &yes; return cases.ActSetPerson })
	if !c.Depicted || cases.MayErase(c) == nil {
		t.Error("the customer's address proves who is on the photo")
	}
	var articles []string
	for _, g := range cases.Grounds(request.Access) {
		articles = append(articles, g.Article)
	}
	if !slices.Contains(articles, "GDPR Art. 11(2)") {
		t.Errorf("grounds %s", strings.Join(articles, ", "))
	}
}

func TestAnotherAddressHasProvenNothing(t *testing.T) {
	move := func(c cases.Case, email string) cases.Case {
		in := input(2)
		in.Requester = &cases.Person{Name: "Anne Martin", Email: email}
		c, err := cases.Apply(c, cases.ActSetPerson, in, paris)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	vouched := cases.Open(signed(mail("anne.martin@example.org", "Mes données.")), asks(request.Access), shop, now, paris)
	vouched = cases.Reweigh(vouched, signed(mail("anne.martin@example.org", "Mes données.")), shop, cases.Provider{})
	if cases.MayDisclose(vouched) != nil {
		t.Fatal(cases.MayDisclose(vouched))
	}
	if c := move(vouched, "anne@nouvelle.example"); cases.MayDisclose(c) == nil || cases.EraseBySight(c) == nil {
		t.Errorf("letters go to an address that nobody vouched for: %s", c.Identity.Level)
	}
	if c := move(vouched, "Anne.Martin@example.org"); cases.MayDisclose(c) != nil {
		t.Errorf("the same address in capitals: %v", cases.MayDisclose(c))
	}
	code := vouched
	code.Identity.Level, code.Identity.By = cases.Confirmed, cases.ByPerson
	code.Challenge = &cases.Challenge{Code: "ABCD-EFG2", To: "anne.martin@example.org", MetAt: day(1)}
	if c := move(code, "anne@nouvelle.example"); cases.MayDisclose(c) == nil {
		t.Errorf("a code of the old address confirms the new one: %s", c.Identity.Level)
	}
	sure := walk(t, opened(request.Access), because(cases.ActConfirmIdentity, "rappelée"))
	if c := move(sure, "anne@nouvelle.example"); cases.MayDisclose(c) != nil {
		t.Errorf("the owner was sure: %v", cases.MayDisclose(c))
	}
}
