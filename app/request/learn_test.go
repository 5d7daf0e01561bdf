package request

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"greffier/app/mailbox"
)

var lessonDay = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// sameKind are mails of one kind that anybody would take for requests: the
// agency that looks after the shop's site tries its form of contact.
var sameKind = []string{
	"Test du formulaire de contact par l'agence Webfolio, essai n° 12 : je voudrais la copie de mes données. Ne pas traiter.",
	"Test du formulaire de contact par l'agence Webfolio, essai n° 13 : je souhaite supprimer mon compte. Ne pas traiter.",
	"Essai du formulaire de contact, agence Webfolio, n° 14 : je voudrais la copie de mes données et supprimer mon compte. Ne pas traiter svp.",
	"Test du formulaire de contact par l'agence Webfolio, essai n° 15 (mobile) : je voudrais supprimer mes données. Ne pas traiter.",
}

func lessonsFrom(texts []string, rights ...Right) []Lesson {
	var out []Lesson
	for i, text := range texts {
		out = append(out, LessonOf(mailbox.Message{ID: int64(i + 1), Text: text, FromFields: 1}, rights, lessonDay.AddDate(0, 0, i)))
	}
	return out
}

func TestAfterThreeCorrectionsTheFourthFalseAlarmOfItsKindIsNoLongerARequest(t *testing.T) {
	if v := Recognise(mailbox.Message{Text: sameKind[3]}); v.Kind == Ordinary {
		t.Fatalf("the example is no false alarm any more: %v", brief(v))
	}
	judge := NewJudge(lessonsFrom(sameKind[:3]), Settings{})
	if v := judge.Recognise(mailbox.Message{Text: sameKind[3]}); v.Kind == Request {
		t.Errorf("still a request: %.2f %v", v.Confidence, brief(v))
	}
}

func TestClearRequestsOutliveCorrectionsOfFalseAlarms(t *testing.T) {
	judge := NewJudge(lessonsFrom(sameKind), Settings{})
	for _, text := range []string{
		"Bonjour, je vous demande de supprimer toutes mes données et mon compte. Cordialement",
		"Madame, Monsieur, en application de l'article 15 du RGPD je souhaite recevoir une copie de mes données personnelles.",
		"Please delete my account and all the photos of my daughter.",
	} {
		if v := judge.Recognise(mailbox.Message{Text: text}); v.Kind != Request {
			t.Errorf("%q is %v %.2f", text, v.Kind, v.Confidence)
		}
	}
}

func TestEvenTheSameWordsAreLookedAtWhenTheyAreAClearRequest(t *testing.T) {
	text := "Je vous demande de supprimer toutes mes données personnelles et mon compte, conformément à l'article 17 du RGPD."
	if v := Recognise(mailbox.Message{Text: text}); v.Confidence < sure {
		t.Fatalf("not clear: %v", v.Confidence)
	}
	var same []string
	for range 20 {
		same = append(same, text)
	}
	if v := NewJudge(lessonsFrom(same), Settings{}).Recognise(mailbox.Message{Text: text}); v.Kind != ToCheck {
		t.Errorf("got %v, want to check: corrections silence nothing that is clear", v.Kind)
	}
}

func TestACorrectionTeachesTheRightsOfMailsLikeIt(t *testing.T) {
	text := "Coucou, pour Gaspard c'est fini le poney, vous savez quoi faire de sa fiche verte. Bises"
	judge := NewJudge(lessonsFrom([]string{text}, Erasure), Settings{})
	v := judge.Recognise(mailbox.Message{Text: "Coucou, pour Gaspard c'est fini le poney, vous savez quoi faire de sa fiche bleue. Bises"})
	checkVerdict(t, mailbox.Message{Text: "Coucou, pour Gaspard c'est fini le poney, vous savez quoi faire de sa fiche bleue. Bises"}, v)
	if v.Kind != Request || !slices.Equal(v.Rights(), []Right{Erasure}) {
		t.Errorf("got %v %v", v.Kind, brief(v))
	}
}

func TestTheOrderOfLessonsDoesNotMatterAndEachCanBeTakenBack(t *testing.T) {
	lessons := append(lessonsFrom(sameKind[:3]), lessonsFrom([]string{"Pourriez-vous recadrer la photo de Zoé ?", "Une copie de ma facture svp"})...)
	probe := mailbox.Message{Text: sameKind[3]}
	want := NewJudge(lessons, Settings{}).Recognise(probe)
	rng := rand.New(rand.NewPCG(1, 9))
	for range 10 {
		rng.Shuffle(len(lessons), func(a, b int) { lessons[a], lessons[b] = lessons[b], lessons[a] })
		if got := NewJudge(lessons, Settings{}).Recognise(probe); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order, another verdict: %v %v", brief(got), brief(want))
		}
	}
	if got := NewJudge(nil, Settings{}).Recognise(probe); !reflect.DeepEqual(got, Recognise(probe)) {
		t.Error("a judge that learnt nothing says something else than Recognise")
	}
}

func TestLessonsOfAnotherVersionTeachNothing(t *testing.T) {
	lessons := lessonsFrom(sameKind)
	for i := range lessons {
		lessons[i].Version--
	}
	probe := mailbox.Message{Text: sameKind[3]}
	if got := NewJudge(lessons, Settings{}).Recognise(probe); !reflect.DeepEqual(got, Recognise(probe)) {
		t.Error("numbers of another version were heeded")
	}
}

func TestTheOwnersThresholdDecidesWhatIsShownToCheck(t *testing.T) {
	lower, higher := 0, 0
	for _, e := range loadExamples(t) {
		if !e.eval {
			continue
		}
		v := NewJudge(nil, Settings{CheckFrom: 0.05}).Recognise(e.msg)
		if v.Kind != Ordinary {
			lower++
		}
		if v := NewJudge(nil, Settings{CheckFrom: 0.4}).Recognise(e.msg); v.Kind != Ordinary {
			higher++
		} else if len(v.Findings) > 0 {
			t.Errorf("%s:%d ordinary with findings", e.file, e.line)
		}
	}
	if lower <= higher {
		t.Errorf("%d shown from 0.05, %d from 0.4", lower, higher)
	}
}
