package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"greffier/data/mail/mailtest"
)

// benchmarkMails is how many mails the measured mailbox has.
const benchmarkMails = 20_000

// ordinaryLines are what the mails of the measured mailbox are made of.
var ordinaryLines = []string{
	"Bonjour, quand ma commande sera-t-elle livrée ?", "Merci pour votre réponse rapide.", "Le livre est magnifique, toute la famille l'adore.",
	"Could you tell me whether the parcel has left?", "The colours on page four are a little dark.", "Je n'arrive pas à ouvrir mon compte.",
	"Pouvez-vous m'envoyer la facture, s'il vous plaît ?", "We would like ten copies for our school.", "Cordialement,", "Kind regards,",
}

// BenchmarkFirstSyncOfTheMailbox reads a mailbox of 20,000 mails on a local
// Dovecot for the first time: fetched, recognised, sealed and stored. One mail
// in a hundred is a request. It prints mails a second and the peak of the heap;
// the benchmark of data/mail compares the fetching alone with mbsync.
func BenchmarkFirstSyncOfTheMailbox(b *testing.B) {
	box := mailtest.Maildir(b)
	rng := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC)
	box.Fill(benchmarkMails, func(i int) ([]byte, time.Time) {
		var text strings.Builder
		for range 5 + rng.IntN(60) {
			text.WriteString(ordinaryLines[rng.IntN(len(ordinaryLines))] + "\n")
		}
		if i%100 == 0 {
			text.Reset()
			text.WriteString("Bonjour, merci de supprimer toutes mes données et les photos de mes enfants.\n")
		}
		return letter(fmt.Sprintf("Client %d <client%d@example.org>", i, i%9000), fmt.Sprintf("Question %d", i), text.String(), fmt.Sprintf("Message-ID: <m%d@example.org>", i)), begin.Add(time.Duration(i) * time.Minute)
	})
	measure(b, "mails", benchmarkMails, func(w *world) string {
		w.write("orders.csv", oneOrder)
		return mailboxTOML(box) + csvTOML
	}, func(p *profile) (int, error) {
		r, err := p.Sync(b.Context(), false, true, nil)
		return r.Messages, err
	})
}
