package cases_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

var update = flag.Bool("update", false, "write the golden letters anew")

// files is the catalog of letters as it lies in the assets.
type files struct{}

func (files) Letter(kind, lang string) (subject, body string, ok bool) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "assets", "letters", lang, kind+".txt"))
	if err != nil {
		return "", "", false
	}
	head, body, _ := strings.Cut(string(raw), "\n")
	_, subject, ok = strings.Cut(head, ":")
	return strings.TrimSpace(subject), strings.Trim(body, "\n"), ok
}

// patched is that catalog with one letter of its own.
type patched map[string]string

func (p patched) Letter(kind, lang string) (subject, body string, ok bool) {
	if text, mine := p[kind]; mine {
		return "x", text, true
	}
	return files{}.Letter(kind, lang)
}

func shopFacts(lang string) cases.Facts {
	f := cases.Facts{
		Zone: paris, Controller: "KIONKE Kathryn EI", Address: "7 avenue Foch, 59800 Lille, France", Email: "contact@cleverfaces.com", Site: "www.cleverfaces.com",
		Due: law.Date{Year: 2026, Month: 4, Day: 7}, NewDue: law.Date{Year: 2026, Month: 6, Day: 5}, Code: "482 913", CodeUntil: law.Date{Year: 2026, Month: 3, Day: 12},
		Erased:   []cases.Erased{{Holds: "photo", Count: 42}, {Holds: "portrait", Count: 1}, {Holds: "derived", Count: 12}},
		ErasedAt: day(8), Certificate: "2026-0007", BackupsGone: law.Date{Year: 2026, Month: 4, Day: 12},
		Files: []string{"demande-12.zip"}, FilesUntil: law.Date{Year: 2026, Month: 4, Day: 15}, StoppedAt: day(1),
		RestrictedAt: day(3), LiftOn: law.Date{Year: 2026, Month: 3, Day: 30}, SayBy: law.Date{Year: 2026, Month: 3, Day: 20}, Encrypted: true,
	}
	if lang == "fr" {
		f.Fee, f.Reason = "25 euros", "Vous nous avez posé la même question le 2 février, le 9 février et le 23 février."
		f.Searched, f.Formats, f.PassphraseBy = []string{"nos commandes", "nos messages", "nos espaces de stockage"}, []string{"JSON", "JPEG"}, "par téléphone"
		f.LeftOut = []cases.Stays{{What: "le visage d’une autre personne sur deux photographies", Ground: "ses droits passent avant (RGPD, article 15, paragraphe 4)"}}
		f.RestrictedFor = "vous contestez une adresse, et nous la vérifions"
		f.Question = "De quelle commande parlez-vous ?"
		f.Kept = []cases.Stays{{What: "la facture de la commande 1042", Ground: "nous devons la garder dix ans (code de commerce, art. L. 123-22)", Until: law.Date{Year: 2036, Month: 12, Day: 31}}}
		f.Restricted = []cases.Stays{{What: "la preuve de la commande 1042", Ground: "en cas de litige (code civil, art. 2224)", Until: law.Date{Year: 2031, Month: 3, Day: 1}}}
		f.Told = []cases.Told{{Name: "Imprimerie du Nord", On: law.Date{Year: 2026, Month: 3, Day: 13}}, {Name: "La Poste", Why: "la livraison est terminée et ses données sont effacées"}}
		f.Purposes = []cases.Purpose{{Name: "gérer vos commandes", Basis: "exécution du contrat", Data: "nom, adresse, commandes", Period: "le temps de la relation"}, {Name: "créer vos portraits", Basis: "exécution du contrat", Data: "photographies", Period: "60 jours après la commande"}}
		f.Recipients = []string{"Imprimerie du Nord", "Hébergeur SAS"}
		f.Changes = []cases.Change{{Field: "Adresse", Was: "8 rue du Port, 59140 Dunkerque", Now: "3 rue des Lilas, 59000 Lille"}}
		f.Stopped = []string{"l’envoi de courriels commerciaux"}
	} else {
		f.Fee, f.Reason = "25 euros", "You asked us the same question on 2, 9 and 23 February."
		f.Searched, f.Formats, f.PassphraseBy = []string{"our orders", "our messages", "our storage"}, []string{"JSON", "JPEG"}, "by telephone"
		f.LeftOut = []cases.Stays{{What: "another person’s face in two photographs", Ground: "that person’s rights come first (GDPR, Article 15(4))"}}
		f.RestrictedFor = "you contest an address, and we are checking it"
		f.Question = "Which order do you mean?"
		f.Kept = []cases.Stays{{What: "the invoice of order 1042", Ground: "we have to keep it for ten years (French Commercial Code, Article L. 123-22)", Until: law.Date{Year: 2036, Month: 12, Day: 31}}}
		f.Restricted = []cases.Stays{{What: "the proof of order 1042", Ground: "in case of a dispute (French Civil Code, Article 2224)", Until: law.Date{Year: 2031, Month: 3, Day: 1}}}
		f.Told = []cases.Told{{Name: "Imprimerie du Nord", On: law.Date{Year: 2026, Month: 3, Day: 13}}, {Name: "La Poste", Why: "the delivery is over and its data are erased"}}
		f.Purposes = []cases.Purpose{{Name: "handling your orders", Basis: "performance of a contract", Data: "name, address, orders", Period: "as long as the relationship lasts"}, {Name: "making your portraits", Basis: "performance of a contract", Data: "photographs", Period: "60 days after the order"}}
		f.Recipients = []string{"Imprimerie du Nord", "Hébergeur SAS"}
		f.Changes = []cases.Change{{Field: "Address", Was: "8 rue du Port, 59140 Dunkerque", Now: "3 rue des Lilas, 59000 Lille"}}
		f.Stopped = []string{"the sending of marketing e-mails"}
	}
	return f
}

// ended is a confirmed case whose rights have these outcomes.
func ended(t *testing.T, outcomes map[request.Right]cases.Outcome) cases.Case {
	t.Helper()
	c := opened(slices.Collect(maps.Keys(outcomes))...)
	c = walk(t, c, because(cases.ActConfirmIdentity, "x"))
	for _, a := range c.Asked {
		c = walk(t, c, outcome(a.Right, outcomes[a.Right]))
	}
	return c
}

func TestLetters(t *testing.T) {
	child := opened()
	child.Minor, child.Link, child.Concerned = true, cases.Parent, cases.Person{Name: "Lou Martin"}
	young := func(c cases.Case) cases.Case {
		c.Minor, c.Link, c.Concerned = true, cases.Self, c.Requester
		return c
	}
	forChild := func(c cases.Case) cases.Case {
		c.Minor, c.Link, c.Concerned = true, cases.Parent, cases.Person{Name: "Lou Martin"}
		c.Authority = &cases.Authority{Kind: cases.AuthoritySeen, Words: "livret de famille, montré en visio"}
		return c
	}
	forClient := func(c cases.Case) cases.Case {
		c.Link, c.Concerned = cases.Lawyer, cases.Person{Name: "Paul Durand"}
		c.Authority = &cases.Authority{Kind: cases.AuthoritySeen, Words: "mandat du 2 mars"}
		return c
	}
	one := func(r request.Right, o cases.Outcome) cases.Case {
		return ended(t, map[request.Right]cases.Outcome{r: o})
	}
	everything := map[request.Right]cases.Outcome{}
	for _, r := range request.Rights {
		everything[r] = cases.Granted
	}
	everything[request.Objection], everything[request.Portability] = cases.Denied, cases.Moot
	letters := []struct {
		name, kind string
		c          cases.Case
	}{
		{"acknowledge", cases.LetterAcknowledge, opened(request.Erasure, request.Access, request.Withdrawal)},
		{"identity", cases.LetterIdentity, opened()},
		{"identity-child", cases.LetterIdentity, child},
		{"code", cases.LetterCode, opened()},
		{"clarify", cases.LetterClarify, opened(request.Access)},
		{"extend", cases.LetterExtend, walk(t, opened(), because(cases.ActExtend, "Vos photos se trouvent dans douze commandes."))},
		{"refuse", cases.LetterRefuse, ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Denied, request.Objection: cases.Denied})},
		{"close", cases.LetterClose, opened()},
		{"answer-access", cases.LetterAnswer, one(request.Access, cases.Granted)},
		{"answer-rectification", cases.LetterAnswer, one(request.Rectification, cases.Granted)},
		{"answer-erasure", cases.LetterAnswer, one(request.Erasure, cases.Granted)},
		{"answer-erasure-partly", cases.LetterAnswer, one(request.Erasure, cases.Partly)},
		{"answer-restriction", cases.LetterAnswer, one(request.Restriction, cases.Granted)},
		{"answer-objection", cases.LetterAnswer, one(request.Objection, cases.Partly)},
		{"answer-portability", cases.LetterAnswer, one(request.Portability, cases.Granted)},
		{"answer-withdrawal", cases.LetterAnswer, one(request.Withdrawal, cases.Granted)},
		{"answer-everything", cases.LetterAnswer, ended(t, everything)},
		{"answer-nothing", cases.LetterAnswer, one(request.Access, cases.Moot)},
		{"answer-access-parent", cases.LetterAnswer, forChild(one(request.Access, cases.Granted))},
		{"answer-access-lawyer", cases.LetterAnswer, forClient(one(request.Access, cases.Partly))},
		{"answer-everything-youth", cases.LetterAnswer, young(ended(t, everything))},
		{"acknowledge-youth", cases.LetterAcknowledge, young(opened(request.Erasure, request.Access))},
		{"identity-youth", cases.LetterIdentity, young(opened())},
		{"clarify-youth", cases.LetterClarify, young(opened(request.Access))},
		{"extend-youth", cases.LetterExtend, young(walk(t, opened(), because(cases.ActExtend, "Tes photos se trouvent dans douze commandes.")))},
		{"refuse-youth", cases.LetterRefuse, young(ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Denied}))},
		{"close-youth", cases.LetterClose, young(opened())},
		{"unidentified", cases.LetterUnidentified, opened(request.Access)},
		{"unidentified-youth", cases.LetterUnidentified, young(opened(request.Access))},
		{"parent", cases.LetterParent, forChild(opened(request.Access))},
		{"parents", cases.LetterParents, forChild(opened(request.Access))},
		{"fee", cases.LetterFee, opened(request.Access)},
		{"lift", cases.LetterLift, opened(request.Restriction)},
		{"lift-youth", cases.LetterLift, young(opened(request.Restriction))},
	}
	for _, lang := range []string{"fr", "en"} {
		for _, tc := range letters {
			t.Run(tc.name+" "+lang, func(t *testing.T) {
				l, err := cases.Draft(tc.c, tc.kind, shopFacts(lang), files{}, lang, now)
				if err != nil {
					t.Fatal(err)
				}
				if l.Kind != tc.kind || l.Lang != lang || !l.MadeAt.Equal(now) {
					t.Errorf("letter %+v", l)
				}
				if strings.Contains(l.Text, "<no value>") || strings.Contains(l.Text, "{{") {
					t.Error("a hole in the letter")
				}
				if lang == "fr" {
					for _, bad := range []string{" :", " ;", " ?", " !", "« ", " »"} {
						if strings.Contains(l.Subject+l.Text, bad) {
							t.Errorf("%q without its narrow space", bad)
						}
					}
				}
				final := cases.Final(tc.kind) || tc.kind == cases.LetterClose
				if final && !cases.NamesRemedies(l.Text) {
					t.Error("the remedies are not named")
				}
				got := l.Subject + "\n\n" + l.Text
				file := filepath.Join("testdata", tc.name+"."+lang+".golden")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("the letter changed (go test -update writes it anew):\n%s", got)
				}
			})
		}
	}
}

func TestEveryLetterAndPartExistsAndKnowsItsFields(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		want := append(slices.Clone(cases.LetterKinds), cases.LetterParts()...)
		slices.Sort(want)
		var have []string
		names, _ := filepath.Glob(filepath.Join("..", "..", "assets", "letters", lang, "*.txt"))
		for _, n := range names {
			have = append(have, strings.TrimSuffix(filepath.Base(n), ".txt"))
		}
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("%s has %v\nwant %v", lang, have, want)
		}
		for _, kind := range have {
			subject, body, ok := files{}.Letter(kind, lang)
			if !ok {
				t.Errorf("%s/%s has no subject line", lang, kind)
			}
			if err := cases.CheckTemplate(subject, body); err != nil {
				t.Errorf("%s/%s: %v", lang, kind, err)
			}
		}
	}
}

func TestCheckTemplate(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		ok   bool
	}{
		"a known field":                {"{{.Due}}", true},
		"an unknown field":             {"{{.Phone}}", false},
		"an unknown field in a branch": {"{{if has \"Due\"}}{{else}}{{range .Kept}}{{.Wat}}{{end}}{{end}}", false},
		"an unknown function":          {"{{exec \"x\"}}", false},
		"an unclosed place":            {"{{.Due", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := cases.CheckTemplate("x", tc.body); (err == nil) != tc.ok || err != nil && !errors.Is(err, cases.ErrLetterTemplate) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAMissingFactIsNamed(t *testing.T) {
	tests := []struct {
		kind, field string
		c           cases.Case
		without     func(*cases.Facts)
	}{
		{cases.LetterAcknowledge, "Due", opened(), func(f *cases.Facts) { f.Due = law.Date{} }},
		{cases.LetterAcknowledge, "Controller", opened(), func(f *cases.Facts) { f.Controller = " \n" }},
		{cases.LetterCode, "Code", opened(), func(f *cases.Facts) { f.Code = "" }},
		{cases.LetterClarify, "Question", opened(), func(f *cases.Facts) { f.Question = "" }},
		{cases.LetterExtend, "Reason", opened(), func(f *cases.Facts) { f.Reason = "" }},
		{cases.LetterFee, "Fee", opened(), func(f *cases.Facts) { f.Fee = "" }},
		{cases.LetterParents, "RestrictedOn", opened(), func(f *cases.Facts) { f.RestrictedAt = time.Time{} }},
		{cases.LetterLift, "LiftOn", opened(), func(f *cases.Facts) { f.LiftOn = law.Date{} }},
		{cases.LetterRefuse, "Refusals", opened(), func(*cases.Facts) {}},
		{cases.LetterAnswer, "ErasedOn", ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Granted}), func(f *cases.Facts) { *f = cases.Facts{Controller: "x", Email: "x", Address: "x"} }},
		{cases.LetterAnswer, "Ground", ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Granted}), func(f *cases.Facts) { f.Kept[0].Ground = "" }},
		{cases.LetterAnswer, "Files", ended(t, map[request.Right]cases.Outcome{request.Access: cases.Granted}), func(f *cases.Facts) { f.Files = nil }},
		{cases.LetterAnswer, "Purposes", ended(t, map[request.Right]cases.Outcome{request.Access: cases.Granted}), func(f *cases.Facts) { f.Purposes = nil }},
		{cases.LetterAnswer, "Since", ended(t, map[request.Right]cases.Outcome{request.Objection: cases.Granted}), func(f *cases.Facts) {
			f.StoppedAt = f.StoppedAt.AddDate(-3000, 0, 0)
			*f = cases.Facts{Stopped: f.Stopped, Zone: f.Zone}
		}},
	}
	for _, tc := range tests {
		for _, lang := range []string{"fr", "en"} {
			t.Run(tc.kind+" "+tc.field+" "+lang, func(t *testing.T) {
				f := shopFacts(lang)
				tc.without(&f)
				_, err := cases.Draft(tc.c, tc.kind, f, files{}, lang, now)
				if !errors.Is(err, cases.ErrLetterField) || !strings.Contains(err.Error(), "field "+tc.field+":") {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func TestALetterNeverSaysMoreThanHappened(t *testing.T) {
	granted := ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Granted})
	moot := ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Moot})
	doubtful := granted
	doubtful.Identity = cases.Identity{Level: cases.Doubtful}
	left := shopFacts("fr")
	left.Left = []cases.Stays{{What: "2 photographies", Ground: "l’espace de stockage les verrouille"}}
	unknown := shopFacts("fr")
	unknown.Erased = []cases.Erased{{Holds: "soul", Count: 1}}
	for name, tc := range map[string]struct {
		c    cases.Case
		f    cases.Facts
		want error
	}{
		"whole, yet something is left":     {granted, left, cases.ErrLetterFacts},
		"nothing to do, yet it was erased": {moot, shopFacts("fr"), cases.ErrLetterFacts},
		"a right undecided":                {opened(), shopFacts("fr"), cases.ErrLetterFacts},
		"an identity in doubt":             {doubtful, shopFacts("fr"), cases.ErrIdentityUnproven},
		"a kind of object that is unknown": {granted, unknown, cases.ErrLetterFacts},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := cases.Draft(tc.c, cases.LetterAnswer, tc.f, files{}, "fr", now); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	t.Run("partly, with what is left", func(t *testing.T) {
		l, err := cases.Draft(ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Partly}), cases.LetterAnswer, left, files{}, "fr", now)
		if err != nil || !strings.Contains(l.Text, "2 photographies") {
			t.Errorf("%v\n%s", err, l.Text)
		}
	})
}

func TestAnAnswerWithoutTheRemediesIsNotMade(t *testing.T) {
	c := ended(t, map[request.Right]cases.Outcome{request.Erasure: cases.Granted})
	_, err := cases.Draft(c, cases.LetterAnswer, shopFacts("fr"), patched{"part-remedies": "Bonne journée."}, "fr", now)
	if !errors.Is(err, cases.ErrLetterRemedies) {
		t.Errorf("%v", err)
	}
}

func TestHostileTextFillsPlacesAndNothingElse(t *testing.T) {
	c := opened()
	c.Requester.Name = "{{.Controller}} {{template \"x\"}}\r\nBcc: all@example.com"
	c.Orders[0].Number = "1042\nX-Evil: 1"
	f := shopFacts("fr")
	f.Controller = "EI {{.Address}}"
	c = walk(t, c, because(cases.ActConfirmIdentity, "x"), outcome(request.Erasure, cases.Granted))
	for _, tc := range []struct{ kind, body string }{{cases.LetterAcknowledge, ""}, {cases.LetterAnswer, ""}} {
		l, err := cases.Draft(c, tc.kind, f, files{}, "fr", now)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(l.Text, "{{.Controller}}") || !strings.Contains(l.Text, "{{.Address}}") {
			t.Error("data was read as a template")
		}
		if strings.ContainsAny(l.Subject, "\r\n") || strings.Contains(l.Text, "\nBcc:") || strings.Contains(l.Text, "\nX-Evil") {
			t.Errorf("a line was injected:\n%s", l.Text)
		}
	}
	// A subject that carries the name stays one line as well.
	l, err := cases.Draft(c, cases.LetterClose, f, subjectOf("Pour {{.Name}}\nBcc: x"), "fr", now)
	if err != nil || strings.ContainsAny(l.Subject, "\r\n") {
		t.Errorf("subject %q, %v", l.Subject, err)
	}
}

type subjectOf string

func (s subjectOf) Letter(kind, lang string) (subject, body string, ok bool) {
	if subject, body, ok = (files{}).Letter(kind, lang); kind == cases.LetterClose {
		subject = string(s)
	}
	return subject, body, ok
}

func TestAnUnknownLanguageGetsEnglish(t *testing.T) {
	l, err := cases.Draft(opened(), cases.LetterAcknowledge, shopFacts("en"), files{}, "nl", now)
	if err != nil || l.Lang != "en" || !strings.HasPrefix(l.Text, "Hello") {
		t.Errorf("%v %+v", err, l)
	}
}

func TestACodeGoesToTheAddressOnFileOnly(t *testing.T) {
	c := opened()
	c.Requester.Email = "eve@example.com"
	if to, ok := cases.To(c, cases.LetterCode, map[int64]string{1: "Anne.Martin@example.org", 2: "anne.martin@example.org "}); !ok || to != "anne.martin@example.org" {
		t.Errorf("%q %v", to, ok)
	}
	if to, ok := cases.To(c, cases.LetterCode, map[int64]string{1: "anne.martin@example.org", 2: "luc@example.com"}); ok {
		t.Errorf("two addresses on file: %q", to)
	}
	if to, ok := cases.To(c, cases.LetterCode, nil); ok {
		t.Errorf("no address on file: %q", to)
	}
	if to, _ := cases.To(c, cases.LetterIdentity, nil); to != "eve@example.com" {
		t.Errorf("%q", to)
	}
}

func FuzzDraft(f *testing.F) {
	f.Add("Anne", "parce que", "1042")
	f.Add("{{", "\r\n\r\n.\r\n", "\xff\u2028")
	f.Fuzz(func(t *testing.T, name, reason, number string) {
		c := opened()
		c.Requester.Name, c.ExtendReason, c.Orders[0].Number = name, reason, number
		for _, kind := range cases.LetterKinds {
			l, err := cases.Draft(c, kind, shopFacts("fr"), files{}, "fr", now)
			if err == nil && strings.ContainsAny(l.Subject, "\r\n") {
				t.Fatalf("subject %q", l.Subject)
			}
		}
	})
}
