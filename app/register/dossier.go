package register

import (
	"slices"
	"strconv"
	"strings"
)

// Dossier makes the documents of one bound file for an inspection: a cover with
// the state of the promises and the list of the parts, then every register in
// the order of [Names].
func Dossier(in Inputs, promises []PromiseRow) []Document {
	p := newPen(in)
	cover := p.document("dossier")
	cover.Title = p.say("Dossier de conformité", "Compliance file")
	cover.Subtitle = p.say("Registres et preuves tenus au titre de la responsabilité (RGPD, art. 5, § 2 et art. 24)",
		"Registers and evidence kept for accountability (GDPR, Article 5(2) and Article 24)")

	parts := make([]Document, 0, len(Names))
	list := &Table{Columns: []Column{
		column("part", p.say("N°", "No"), 1),
		column("title", p.say("Pièce", "Part"), 8),
		column("basis", p.say("Fondement", "Basis"), 6),
		right(column("entries", p.say("Inscriptions", "Entries"), 2)),
		right(column("gaps", p.say("À compléter", "To complete"), 2)),
	}}
	for i, name := range Names {
		part, err := Build(name, in)
		if err != nil {
			// Names and Build are two lists of the same things; a test keeps
			// them so.
			continue
		}
		entries, gaps := 0, part.Gaps()
		if part.Main >= 0 {
			entries = len(part.Sections[part.Main].Table.Rows)
		}
		toComplete := p.numberCell(int64(gaps))
		if gaps > 0 {
			toComplete.Tone = Warn
		}
		list.Rows = append(list.Rows, []Cell{p.numberCell(int64(i + 1)), plain(part.Title), plain(part.Subtitle), p.numberCell(int64(entries)), toComplete})
		parts = append(parts, part)
	}

	board := &Table{Columns: []Column{
		column("id", p.say("Réf.", "Ref."), 1),
		column("article", p.say("Art.", "Art."), 1),
		column("sentence", p.say("Promesse", "Promise"), 7),
		column("state", p.say("État", "State"), 2),
		column("by", p.say("Avant le", "By"), 2),
		column("evidence", p.say("Constat", "Evidence"), 7),
	}}
	told := slices.ContainsFunc(promises, func(r PromiseRow) bool { return !r.Since.IsZero() })
	if told {
		board.Columns = slices.Insert(board.Columns, 5, column("since", p.say("Depuis le", "Since"), 2), right(column("turns", p.say("Changements en 12 mois", "Changes in 12 months"), 2)))
	}
	tally := map[string]int{}
	for _, r := range promises {
		state := p.promiseState(r.State)
		tally[state.Value]++
		row := []Cell{plain(r.ID), orNone(r.Article), plain(r.Sentence), state, p.dateCell(r.By), orNone(strings.Join(r.Evidence, "\n"))}
		if told {
			row = slices.Insert(row, 5, p.dateCell(r.Since), p.numberCell(int64(r.Turns)))
		}
		board.Rows = append(board.Rows, row)
	}
	promisesPart := Section{
		Key:   "promises",
		Title: p.say("État des promesses de la politique de confidentialité", "State of the privacy policy's promises"),
		Table: board,
		Empty: p.say("L'état des promesses n'a pas été établi.", "The state of the promises was not established."),
	}
	if len(promises) > 0 {
		promisesPart.Fields = []Field{
			field("kept", p.say("Tenues", "Kept"), strconv.Itoa(tally["kept"])),
			field("at_risk", p.say("En danger", "At risk"), strconv.Itoa(tally["at risk"])),
			field("broken", p.say("Rompues", "Broken"), strconv.Itoa(tally["broken"])),
			field("cannot_tell", p.say("Indéterminées", "Cannot tell"), strconv.Itoa(tally["cannot tell"])),
		}
	}
	cover.add(promisesPart, Section{
		Key:   "parts",
		Title: p.say("Pièces du dossier", "Parts of the file"),
		Words: p.discretion(),
		Table: list,
	})
	if in.Pseudonymise {
		p.scrub(&cover)
	}
	return append([]Document{cover}, parts...)
}
