package request_test

import (
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/app/request"
)

// plain are requests that nobody may miss: the right and, after a bar, the mail
// as people write it, its subject before a slash where it has one.
var plain = strings.Split(strings.TrimSpace(`
erasure|Rgpd / droit à l'oublie svp. nom: Benkirane Soraya
erasure|Bonjour, merci de supprimer toutes mes données. Cordialement, Luc Verne
erasure|supprimer mon compte svp
erasure|Je veux que vous effaciez les photos de ma fille.
erasure|Bonjour, je souhaite exercer mon droit à l'effacement prévu à l'article 17 du RGPD.
erasure|effacez moi de vos fichiers
erasure|Please delete my account and all my data.
erasure|GDPR request / I want to be forgotten. Remove everything you hold on me.
erasure|delete my data
erasure|Hi, can you please erase the photos of my son that I uploaded last month? Thanks, Joan
erasure|right to be forgoten / please erase me from your systems
erasure|Bitte löschen Sie alle meine Daten und mein Konto.
erasure|Graag al mijn gegevens verwijderen.
erasure|Por favor, borren todos mis datos personales.
erasure|Vi prego di cancellare tutti i miei dati personali.
access|Bonjour, quelles données avez-vous sur moi ? Merci de m'en envoyer une copie.
access|droit d'accès / Je souhaite recevoir une copie de toutes mes données personnelles (article 15 du RGPD).
access|Vous avez quoi comme infos sur moi ?
access|Dear Sir or Madam, I am making a subject access request. Please send me a copy of all personal data you hold about me.
access|DSAR / Please provide all the personal information you have on file about me.
access|What data do you have about me?
access|Welche Daten haben Sie über mich gespeichert?
access|Welke gegevens hebben jullie van mij?
access|¿Qué datos tienen sobre mí? Envíenme una copia.
access|Quali dati avete su di me? Vorrei una copia.
rectification|Bonjour, mon nom est mal orthographié dans votre fichier client : c'est Lefèvre et non Lefebvre. Merci de corriger.
rectification|Please correct my date of birth in your records: it is 4 May 1981, not 1918.
rectification|Demande de rectification / mon adresse électronique est fausse dans mon compte, merci de la corriger
rectification|You have my old surname on file. Please update it to Okonkwo.
objection|Je m'oppose à l'utilisation de mes données pour la prospection commerciale.
objection|Merci de ne plus m'envoyer de publicité.
objection|I object to my data being used for marketing.
objection|Please stop sending me marketing emails.
objection|désinscrivez-moi de votre newsletter
objection|unsubscribe me from your mailing list please
objection|Ich widerspreche der Nutzung meiner Daten zu Werbezwecken.
restriction|Je demande la limitation du traitement de mes données pendant que vous vérifiez leur exactitude.
restriction|Please restrict the processing of my data until the dispute is settled. Do not delete anything.
portability|Je souhaite récupérer mes données dans un format lisible par machine (CSV ou JSON), article 20.
portability|Please send me my data in a machine-readable format so that I can move to another provider.
withdrawal|Je retire mon consentement à l'utilisation de mes photos.
withdrawal|I withdraw my consent to the use of my daughter's pictures.
withdrawal|Hiermit widerrufe ich meine Einwilligung in die Verarbeitung meiner Daten.
`), "\n")

func TestAPlainRequestIsNeverLost(t *testing.T) {
	for _, line := range plain {
		right, text, _ := strings.Cut(line, "|")
		m := mailbox.Message{Text: text, FromFields: 1, From: []mailbox.Address{{Email: "someone@example.net"}}}
		if subject, rest, ok := strings.Cut(text, " / "); ok {
			m.Subject, m.Text = subject, rest
		}
		v := request.Recognise(m)
		if v.Kind == request.Ordinary {
			t.Errorf("%q is lost", text)
		} else if !strings.Contains(rightsOf(v), right) {
			t.Errorf("%q asks for %s, recognised is %s", text, right, rightsOf(v))
		}
	}
}

func rightsOf(v request.Verdict) string {
	var out []string
	for _, r := range v.Rights() {
		out = append(out, r.String())
	}
	return strings.Join(out, ",")
}

// TestPlainWordsAboutPhotosAreNeverLost builds requests as people word them by
// default: who asks politely for the photos of an order to be erased must be
// heard whichever of these words she takes.
func TestPlainWordsAboutPhotosAreNeverLost(t *testing.T) {
	type tongue struct{ lead, verb, what, order, end []string }
	for name, x := range map[string]tongue{
		"fr": {
			lead:  []string{"Merci de ", "Bonjour, pouvez-vous ", "Je vous demande de ", "Je souhaite faire ", "Bonjour, je voudrais que vous puissiez ", "Serait-il possible de "},
			verb:  []string{"supprimer ", "effacer "},
			what:  []string{"mes photos", "toutes mes photos", "les photos de mon fils", "toutes ses photos", "les photos et les portraits de ma fille", "nos photos"},
			order: []string{"", " de la commande 5005", " (commande 5005)"},
			end:   []string{".", ", s'il vous plaît. Merci d'avance.\n\nElsa Rivoire"},
		},
		"en": {
			lead:  []string{"Please ", "Could you please ", "Hello, I would like you to ", "I want you to ", "Can you "},
			verb:  []string{"delete ", "erase "},
			what:  []string{"my photos", "all my photos", "the photos of my son", "all her pictures", "our photos", "the pictures and portraits of my daughter"},
			order: []string{"", " from order 5005", " (order 5005)"},
			end:   []string{".", ". Thank you.\n\nElsa Rivoire"},
		},
	} {
		all, lost, unsure := 0, 0, 0
		for _, lead := range x.lead {
			for _, verb := range x.verb {
				for _, what := range x.what {
					for _, order := range x.order {
						for _, end := range x.end {
							all++
							text := lead + verb + what + order + end
							v := request.Recognise(mailbox.Message{Text: text, FromFields: 1, From: []mailbox.Address{{Email: "someone@example.net"}}})
							switch {
							case v.Kind == request.Ordinary:
								if lost++; lost <= 10 {
									t.Errorf("%q is lost", text)
								}
							case v.Kind == request.ToCheck:
								unsure++
								t.Logf("%q is to be checked", text)
							case !strings.Contains(rightsOf(v), "erasure"):
								t.Errorf("%q asks for %s", text, rightsOf(v))
							}
						}
					}
				}
			}
		}
		if unsure*50 > all {
			t.Errorf("%s: %d of %d are only to be checked", name, unsure, all)
		}
		t.Logf("%s: %d worded, %d lost, %d to be checked", name, all, lost, unsure)
	}
}
