package effects_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/law"
)

var day = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func TestARestrictionNeedsOrdersGroundAndReason(t *testing.T) {
	whole := effects.Restriction{Orders: []int64{1}, Ground: effects.Claim, Reason: "a dispute"}
	for name, tc := range map[string]struct {
		change func(*effects.Restriction)
		want   error
	}{
		"all there":      {func(*effects.Restriction) {}, nil},
		"no order":       {func(r *effects.Restriction) { r.Orders = nil }, cases.ErrNoOrder},
		"no ground":      {func(r *effects.Restriction) { r.Ground = "" }, effects.ErrGround},
		"a fifth ground": {func(r *effects.Restriction) { r.Ground = "e" }, effects.ErrGround},
		"an empty word":  {func(r *effects.Restriction) { r.Reason = " \n" }, cases.ErrReason},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole
			tc.change(&r)
			if err := r.Check(); !errors.Is(err, tc.want) {
				t.Errorf("%v, not %v", err, tc.want)
			}
		})
	}
	for _, g := range effects.Grounds {
		if law.Cite(g.Article(), "fr") == g.Article() {
			t.Errorf("%s is not in the table of articles", g.Article())
		}
	}
}

func TestARestrictionIsLiftedOnlyAfterThePersonWasTold(t *testing.T) {
	r := effects.Restriction{ID: "1", Orders: []int64{1}, Ground: effects.Claim, Reason: "x", From: day}
	now := day.AddDate(0, 1, 0)
	for name, tc := range map[string]struct {
		told   time.Time
		reason string
		want   error
	}{
		"never told":            {time.Time{}, "over", effects.ErrNotTold},
		"told before it stood":  {day.Add(-time.Hour), "over", effects.ErrNotTold},
		"told tomorrow":         {now.Add(time.Hour), "over", effects.ErrNotTold},
		"without a reason":      {now, "  ", cases.ErrReason},
		"told and with reason":  {now.Add(-time.Hour), "over", nil},
		"told at the same time": {now, "over", nil},
	} {
		t.Run(name, func(t *testing.T) {
			next, err := r.Lift(tc.told, tc.reason, now)
			if !errors.Is(err, tc.want) || next.Active() != (tc.want != nil) {
				t.Errorf("%v %+v", err, next)
			}
			if tc.want == nil {
				if _, err := next.Lift(tc.told, "again", now); !errors.Is(err, effects.ErrNoRestriction) {
					t.Errorf("lifted twice: %v", err)
				}
				if len(effects.Holds([]effects.Restriction{next}, nil)) != 0 {
					t.Error("a lifted restriction holds")
				}
			}
		})
	}
	if hs := effects.Holds([]effects.Restriction{r}, nil); len(hs) != 1 || hs[0].Order != 1 || !hs[0].ActiveOn(law.DateOf(day, nil)) || hs[0].Article != "GDPR Art. 18(1)(c)" {
		t.Errorf("%+v", hs)
	}
}

func TestAnEntryOfTheListIsTidiedAndChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		in    effects.Suppression
		email string
		phone string
		uses  int
		want  error
	}{
		"an address":          {effects.Suppression{Email: " Anna@Example.FR ", Uses: []effects.Use{effects.Post, effects.Newsletter, effects.Post}}, "anna@example.fr", "", 2, nil},
		"a French number":     {effects.Suppression{Phone: "06 11.22-33 44", Uses: []effects.Use{effects.Phone}}, "", "+33611223344", 1, nil},
		"a number abroad":     {effects.Suppression{Phone: "0032 2 123 45 67", Uses: []effects.Use{effects.Phone}}, "", "+3221234567", 1, nil},
		"nobody":              {effects.Suppression{Uses: []effects.Use{effects.Phone}}, "", "", 0, effects.ErrNoContact},
		"no address":          {effects.Suppression{Email: "anna", Uses: []effects.Use{effects.Phone}}, "", "", 0, effects.ErrNoContact},
		"a bad one and one":   {effects.Suppression{Email: "anna", Phone: "0611223344", Uses: []effects.Use{effects.Phone}}, "", "", 0, effects.ErrNoContact},
		"no use":              {effects.Suppression{Email: "a@b.fr"}, "", "", 0, effects.ErrNoUse},
		"a use that is none":  {effects.Suppression{Email: "a@b.fr", Uses: []effects.Use{"everything"}}, "", "", 0, effects.ErrNoUse},
		"a line in the field": {effects.Suppression{Email: "a@b.fr\nBcc: x@y.fr", Uses: []effects.Use{effects.Post}}, "", "", 0, effects.ErrNoContact},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tc.in.Prepare()
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, not %v", err, tc.want)
			}
			if tc.want == nil && (s.Email != tc.email || s.Phone != tc.phone || len(s.Uses) != tc.uses) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestOfAnErasedPersonNothingReadableStays(t *testing.T) {
	s := effects.Suppression{ID: "1", Email: "anna@example.fr", Phone: "+33611223344", EmailHash: "ab", PhoneHash: "cd", Uses: []effects.Use{effects.Newsletter}, Note: "Anna called", Lifted: "Anna asked"}
	f := s.Forget(day)
	if f.Email+f.Phone+f.Note != "" || strings.Contains(f.Lifted, "Anna") || f.EmailHash != "ab" || f.PhoneHash != "cd" || !f.Stops(effects.Newsletter) || f.ErasedAt.IsZero() {
		t.Errorf("%+v", f)
	}
}

func TestAListOfUnsubscribedAddressesIsRead(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
		bad  []string // where
		err  error
	}{
		"a tool's export":        {"Email Address,First Name,UNSUB_TIME\nAnna@Example.fr,Anna,2026-01-01\nbruno@example.fr,Bruno,\n", []string{"anna@example.fr", "bruno@example.fr"}, nil, nil},
		"semicolons and a mark":  {"\ufeffnom;Adresse e-mail;sms\nA;anna@example.fr;06 11 22 33 44\n", []string{"anna@example.fr +33611223344"}, nil, nil},
		"one address a line":     {"anna@example.fr\n\nbruno@example.fr\nanna@example.fr\n", []string{"anna@example.fr", "bruno@example.fr"}, nil, nil},
		"what our own file has":  {"email,sha256,phone,uses,since\r\n'+a@b.fr,xx,,newsletter,2026-01-01\r\n", []string{"+a@b.fr"}, nil, nil},
		"a bad line":             {"email\nanna@example.fr\nnot one\nbruno@example.fr\n", []string{"anna@example.fr", "bruno@example.fr"}, []string{"list.csv line 3"}, nil},
		"Latin letters":          {"pr\xe9nom,email\nZo\xe9,zoe@example.fr\n", []string{"zoe@example.fr"}, nil, nil},
		"an empty list":          {"email\n", nil, nil, nil},
		"an order file":          {"order,status,created\n1,completed,2026-01-01\n", nil, nil, effects.ErrList},
		"nothing":                {" \n", nil, nil, effects.ErrList},
		"a picture":              {"\x89PNG\x00\x00", nil, nil, effects.ErrList},
		"hashes, which tell not": {"0a1b2c\n3d4e5f\n", nil, []string{"list.csv line 1", "list.csv line 2"}, effects.ErrList},
	} {
		t.Run(name, func(t *testing.T) {
			rows, bad, err := effects.ReadList("list.csv", strings.NewReader(tc.text))
			if !errors.Is(err, tc.err) {
				t.Fatalf("%v, not %v", err, tc.err)
			}
			var got, where []string
			for _, r := range rows {
				got = append(got, strings.TrimSpace(r.Email+" "+r.Phone))
			}
			for _, b := range bad {
				where = append(where, b.Where)
				if strings.Contains(b.What, "@") {
					t.Errorf("a problem names an address: %q", b.What)
				}
			}
			if strings.Join(got, ",") != strings.Join(tc.want, ",") || strings.Join(where, ",") != strings.Join(tc.bad, ",") {
				t.Errorf("rows %q, problems %q", got, where)
			}
		})
	}
}

func TestTheListIsWrittenForANewsletterTool(t *testing.T) {
	list := []effects.Blocked{
		{Email: "anna@example.fr", Uses: []effects.Use{effects.Newsletter, effects.Photos}, Since: "2026-05-04"},
		{Email: "=cmd@example.fr", Uses: []effects.Use{effects.Newsletter}, Since: "2026-05-04"},
		{Email: "post@example.fr", Uses: []effects.Use{effects.Post}},
		{Phone: "+33611223344", Uses: []effects.Use{effects.Phone}},
	}
	for f, want := range map[effects.Format]int{effects.FormatCSV: 4, effects.FormatEmail: 2, effects.FormatSHA256: 2} {
		var b strings.Builder
		n, err := effects.WriteList(&b, f, list)
		if err != nil || n != want {
			t.Errorf("%s: %d %v", f, n, err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.ContainsAny(line[:1], "=+-@") {
				t.Errorf("%s: a line begins like a formula: %q", f, line)
			}
		}
		if f == effects.FormatSHA256 && (strings.Contains(b.String(), "@") || !strings.Contains(b.String(), effects.SHA256("ANNA@example.fr "))) {
			t.Errorf("hashes: %s", b.String())
		}
	}
	if _, err := effects.WriteList(&strings.Builder{}, "pdf", list); !errors.Is(err, effects.ErrFormat) {
		t.Error(err)
	}
}

func TestCorrectionsAreCheckedBeforeAnythingIsAsked(t *testing.T) {
	one := effects.Change{Order: 1, Field: "orders/7/billing.city", Old: "Lile", New: " Lille "}
	got, err := effects.CheckChanges([]effects.Change{one, {Order: 1, Field: "orders/7/billing.phone", Old: "a", New: "a "}})
	if err != nil || len(got) != 1 || got[0].New != "Lille" {
		t.Fatalf("%+v %v", got, err)
	}
	for name, tc := range map[string]struct {
		cs   []effects.Change
		want error
	}{
		"nothing":                   {nil, effects.ErrNoChange},
		"the same":                  {[]effects.Change{{Order: 1, Field: "f", Old: "x", New: "x"}}, effects.ErrNoChange},
		"twice":                     {[]effects.Change{one, one}, effects.ErrValue},
		"a line":                    {[]effects.Change{{Order: 1, Field: "f", New: "a\nb"}}, effects.ErrValue},
		"a turned text":             {[]effects.Change{{Order: 1, Field: "f", New: "a\u202eb"}}, effects.ErrValue},
		"a novel":                   {[]effects.Change{{Order: 1, Field: "f", New: strings.Repeat("x", 251)}}, effects.ErrValue},
		"an address that is none":   {[]effects.Change{{Order: 1, Field: "orders/7/billing.email", New: "anna"}}, effects.ErrValue},
		"an address that is erased": {[]effects.Change{{Order: 1, Field: "customers/7/email", Old: "a@b.fr", New: ""}}, effects.ErrValue},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := effects.CheckChanges(tc.cs); !errors.Is(err, tc.want) {
				t.Errorf("%v, not %v", err, tc.want)
			}
		})
	}
}

func FuzzReadList(f *testing.F) {
	f.Add("email,phone\na@b.fr,0611223344\n")
	f.Add("a@b.fr\n\"c@d.fr\n")
	f.Add("\ufeffadresse e-mail;sms\n=a@b.fr;+33")
	f.Fuzz(func(t *testing.T, text string) {
		rows, bad, _ := effects.ReadList("x.csv", strings.NewReader(text))
		for _, r := range rows {
			if r.Email == "" && r.Phone == "" || r.Email != "" && effects.Address(r.Email) != r.Email || strings.ContainsAny(r.Email, "\r\n") {
				t.Errorf("%+v", r)
			}
		}
		for _, b := range bad {
			if strings.Contains(b.What+b.Where, "@") {
				t.Errorf("%+v", b)
			}
		}
	})
}
