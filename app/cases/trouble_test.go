package cases_test

import (
	"strings"
	"testing"

	"greffier/app/cases"
)

func TestTroubleWithGoodsIsTold(t *testing.T) {
	for text, want := range map[string]cases.Trouble{
		"Bonjour, mon livre est arrivé abîmé, je veux être remboursée.":             cases.TroubleGoods,
		"My book arrived damaged, I want my money back.":                            cases.TroubleGoods,
		"Il manque des pages dans le livre de ma fille.":                            cases.TroubleGoods,
		"Le livre est mal imprimé : les visages sont verts.":                        cases.TroubleGoods,
		"My parcel never arrived, where is it?":                                     cases.TroubleGoods,
		"Je souhaite retourner ma commande 1042.":                                   cases.TroubleReturn,
		"Je fais usage de mon droit de rétractation.":                               cases.TroubleReturn,
		"I would like to return the book, could you send me a label?":               cases.TroubleReturn,
		"Quand vais-je recevoir mon remboursement ?":                                cases.TroubleRefund,
		"Please refund me for order 1042.":                                          cases.TroubleRefund,
		"Where is my order? I am looking forward to it!":                            cases.NoTrouble,
		"Je n'ai pas encore reçu ma commande, est-ce normal ?":                      cases.NoTrouble,
		"Merci, le livre est magnifique !":                                          cases.NoTrouble,
		"Quelle est votre politique de remboursement avant de commander ?":          cases.NoTrouble,
		"What is your return policy? I might want to return it.":                    cases.NoTrouble,
		"Satisfait ou remboursé : profitez de nos offres, un remboursement garanti": cases.NoTrouble,
		"J'ai bien reçu le remboursement, merci.":                                   cases.NoTrouble,
		"Thank you for the refund.":                                                 cases.NoTrouble,
		"Rien n'est abîmé, tout va bien.":                                           cases.NoTrouble,
		"Je ne veux plus que vous ayez mes photos.":                                 cases.NoTrouble,
		"Le cassement de tête, mes voisins cassent tout":                            cases.NoTrouble,
		"": cases.NoTrouble,
	} {
		if got := cases.TroubleIn(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if cases.TroubleIn(strings.Repeat("x ", 20_000)+"my book arrived damaged") != cases.NoTrouble {
		t.Error("more is read than is bounded")
	}
}

func FuzzTroubleIn(f *testing.F) {
	for _, s := range []string{"livre abîmé", "a refund", "\xff\xfe arrived damaged", "droit de re\u0301tractation", strings.Repeat("é", 30_000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cases.TroubleIn(s)
		if got != cases.NoTrouble && cases.TroubleIn("refund policy "+s) != cases.NoTrouble {
			t.Errorf("%q speaks of the terms", s)
		}
	})
}
