package register

import (
	"fmt"
	"strings"
)

// noticesOf returns the recipients' notices that want is true of.
func (p pen) noticesOf(want func(NoticeRow) bool) []NoticeRow {
	var out []NoticeRow
	for _, n := range p.in.Notices {
		if want(n) {
			out = append(out, n)
		}
	}
	return out
}

// wasTold tells whether a recipient was told: it was written to, or it answered
// what the owner had not said was sent.
func (n NoticeRow) wasTold() bool { return !n.SentAt.IsZero() || n.State == "answered" }

// toldCell sums notices up: how many recipients were told, and how many answered.
// Those who were spared are counted apart.
func (p pen) toldCell(want func(NoticeRow) bool) Cell {
	all, told, answered, spared := 0, 0, 0, 0
	for _, n := range p.noticesOf(want) {
		if n.State == "spared" {
			spared++
			continue
		}
		all++
		if n.wasTold() {
			told++
		}
		if n.Answer != "" {
			answered++
		}
	}
	if all+spared == 0 {
		return none
	}
	c := word(fmt.Sprintf("told %d of %d, answered %d, spared %d", told, all, answered, spared),
		p.sayf("%s sur %s, réponses : %s", "%s of %s, answers: %s", p.number(int64(told)), p.number(int64(all)), p.number(int64(answered))), Plain)
	if told < all {
		c.Tone = Warn
	}
	if spared > 0 {
		c.Text += p.sayf(", dispensés : %s", ", spared: %s", p.number(int64(spared)))
	}
	return c
}

// recipients lists who was told of erasures. GDPR Art. 19: each recipient is told
// unless that is impossible or involves disproportionate effort.
func (p pen) recipients(rows []NoticeRow, ofAllRuns bool) Section {
	t := &Table{Columns: []Column{
		column("recipient", p.say("Destinataire", "Recipient"), 5),
		column("state", p.say("État", "State"), 3),
		column("sent", p.say("Informé le", "Told on"), 3),
		column("answer", p.say("Réponse", "Answer"), 4),
		column("answered", p.say("Répondu le", "Answered on"), 3),
		detail("orders", p.say("Commandes", "Orders")),
		detail("reminders", p.say("Relances", "Reminders")),
		detail("reason", p.say("Motif ou remarque", "Reason or remark")),
	}}
	if ofAllRuns {
		t.Columns = append([]Column{column("run", p.say("N°", "No"), 1)}, t.Columns...)
	}
	for _, n := range rows {
		row := []Cell{
			p.orGap(n.Name),
			p.noticeState(n),
			p.localDate(n.SentAt),
			p.answer(n.Answer),
			p.localDate(n.AnsweredAt),
			orNone(strings.Join(n.Orders, ", ")),
			p.zeroFaint(n.Reminders),
			p.private(n.Reason),
		}
		if ofAllRuns {
			run := none // erased by hand
			if n.Run != 0 {
				run = p.numberCell(n.Run)
			}
			row = append([]Cell{run}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return Section{Key: "recipients", Title: p.say("Destinataires informés de l'effacement", "Recipients told of the erasure"), Table: t, Words: []string{p.say(
		"Chaque destinataire à qui les données ont été communiquées est informé de l'effacement, sauf si c'est impossible ou exige des efforts disproportionnés (RGPD, art. 19).",
		"Each recipient to whom the data were disclosed is told of the erasure, unless this is impossible or involves disproportionate effort (GDPR, Article 19).")}}
}

// noticeState writes where the notice to a recipient stands.
func (p pen) noticeState(n NoticeRow) Cell {
	switch n.State {
	case "spared":
		return word(n.State, p.say("dispensé, motif au dossier", "spared, reason on file"), Plain)
	case "answered":
		return word(n.State, p.say("a répondu", "answered"), Good)
	case "sent":
		return word(n.State, p.say("informé, sans réponse", "told, no answer yet"), Warn)
	case "drafted":
		return word(n.State, p.say("brouillon prêt", "draft ready"), Warn)
	case "to write", "":
		return word("to write", p.say("à informer", "to be told"), Warn)
	}
	return plain(n.State)
}

// answer writes what a recipient answered.
func (p pen) answer(a string) Cell {
	switch a {
	case "":
		return none
	case "erased":
		return word(a, p.say("données effacées", "data erased"), Good)
	case "done":
		return word(a, p.say("demande exécutée", "carried out"), Good)
	case "nothing held":
		return word(a, p.say("aucune donnée détenue", "no data held"), Good)
	case "refused":
		return word(a, p.say("refus", "refused"), Bad)
	case "other":
		return word(a, p.say("à lire au dossier", "to be read on file"), Warn)
	}
	return plain(a)
}
