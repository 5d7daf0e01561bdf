package register

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Change is one saving of a record: who changed what, when. Changes are kept
// apart from the record, one after the other, so that no later saving loses an
// earlier one (GDPR Art. 5(2)).
type Change struct {
	ID       string        `json:"id"` // RECORD/NUMBER
	Register Name          `json:"register"`
	Record   string        `json:"record"`
	At       time.Time     `json:"at"`      // UTC
	By       string        `json:"by"`      // "owner", or what of Greffier did it
	Entered  bool          `json:"entered"` // the record was new
	Fields   []FieldChange `json:"fields"`
}

// FieldChange is one field of a record before and after. Field is the path in
// the record's JSON, as "clauses.a.met".
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// unlogged are fields that say nothing of their own: they follow from others.
var unlogged = []string{"id", "updated_on", "told"}

// Diff compares a record before and after, as JSON; before is empty for a new
// one. Fields stand in the order of their names.
func Diff(before, after []byte) ([]FieldChange, error) {
	old, err := flat(before)
	if err != nil {
		return nil, err
	}
	fresh, err := flat(after)
	if err != nil {
		return nil, err
	}
	var keys []string
	for k := range old {
		keys = append(keys, k)
	}
	for k := range fresh {
		if _, ok := old[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []FieldChange
	for _, k := range keys {
		if old[k] != fresh[k] && !slices.Contains(unlogged, k) {
			out = append(out, FieldChange{Field: k, Old: old[k], New: fresh[k]})
		}
	}
	return out, nil
}

// flat writes a record as paths and values. What is empty is left out, so that
// a field which an older version did not have is no change.
func flat(raw []byte) (map[string]string, error) {
	out := map[string]string{}
	if len(raw) == 0 {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("compare a record: %w", err)
	}
	flatten(out, "", v)
	return out, nil
}

func flatten(out map[string]string, path string, v any) {
	under := func(k string) string {
		if path == "" {
			return k
		}
		return path + "." + k
	}
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(out, under(k), x)
		}
	case []any:
		var words []string
		for i, x := range v {
			m, object := x.(map[string]any)
			if !object {
				words = append(words, fmt.Sprint(x))
				continue
			}
			// Parts with a name of their own keep it, whatever their place.
			name, named := m["id"].(string)
			if !named || name == "" {
				name = strconv.Itoa(i + 1)
			}
			delete(m, "id")
			flatten(out, under(name), x)
		}
		if len(words) > 0 {
			out[path] = strings.Join(words, ", ")
		}
	case bool:
		if v {
			out[path] = "yes"
		}
	case nil:
	default:
		if s := strings.TrimSpace(fmt.Sprint(v)); s != "" && s != "0" {
			out[path] = s
		}
	}
}

// Bounds of the history in print: the window has all of it.
const (
	printedChanges = 60
	printedValue   = 240
)

// history is the section of the last changes of a register, newest first;
// nothing where there are none.
func (p pen) history(name Name) []Section {
	t := &Table{Columns: []Column{
		column("at", p.say("Quand", "When"), 3),
		column("record", p.say("Fiche", "Record"), 2),
		column("by", p.say("Par", "By"), 2),
		column("field", p.say("Champ", "Field"), 4),
		column("old", p.say("Avant", "Before"), 5),
		column("new", p.say("Après", "After"), 5),
	}}
	total := 0
	for _, c := range slices.Backward(p.in.Changes) {
		if c.Register != name {
			continue
		}
		if c.Entered {
			total++
			if len(t.Rows) < printedChanges {
				t.Rows = append(t.Rows, []Cell{p.momentCell(c.At), plain(c.Record), p.changedBy(c.By), word("entered", p.say("fiche créée", "record entered"), Plain), none, none})
			}
			continue
		}
		for _, f := range c.Fields {
			if total++; len(t.Rows) >= printedChanges {
				continue
			}
			t.Rows = append(t.Rows, []Cell{p.momentCell(c.At), plain(c.Record), p.changedBy(c.By), word(f.Field, FieldLabel(name, f.Field, p.lang()), Plain),
				p.changed(name, f.Field, f.Old), p.changed(name, f.Field, f.New)})
		}
	}
	if total == 0 {
		return nil
	}
	s := Section{Key: "history", Title: p.say("Historique des modifications", "History of changes"), Table: t}
	if total > len(t.Rows) {
		s.Words = []string{p.sayf("Les %d dernières modifications sur %d ; les précédentes se lisent dans Greffier.", "The last %d changes of %d; the earlier ones are read in Greffier.", len(t.Rows), total)}
	}
	return []Section{s}
}

func (p pen) changedBy(by string) Cell {
	if by == "" || by == "owner" {
		return p.by("owner")
	}
	return word(by, p.say("Greffier, d'après un autre registre", "Greffier, from another register"), Plain)
}

// changed writes a value of a change, short. Of consents, who it was and in
// what words are left out where discretion is asked for.
func (p pen) changed(name Name, field, v string) Cell {
	if v == "" {
		return none
	}
	if name == Consents && p.in.Pseudonymise {
		switch field {
		case "who":
			return p.person(v, "")
		case "kind", "at", "ended", "case":
		default:
			return p.private(v)
		}
	}
	return word(shorten(v, printedValue), shorten(FieldValue(name, field, v, p.lang(), p.zone), printedValue), Plain)
}

// shorten cuts a text to a number of letters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// FieldLabel names a field of a register's records, in "fr" or "en": as the
// register's own column or sheet does. One that has no name keeps its path.
func FieldLabel(name Name, path, lang string) string {
	p := newPen(Inputs{Lang: lang})
	first, rest, _ := strings.Cut(path, ".")
	label := p.labels(name)[first]
	if label == "" {
		label = strings.ReplaceAll(first, "_", " ")
	}
	if rest == "" {
		return label
	}
	return label + " (" + p.part(name, first, rest) + ")"
}

// part names what is below a field: a language, a clause, a criterion, a number.
func (p pen) part(name Name, field, rest string) string {
	words := strings.Split(rest, ".")
	for i, w := range words {
		switch {
		case w == "fr":
			words[i] = p.say("français", "French")
		case w == "en":
			words[i] = p.say("anglais", "English")
		case field == "clauses" && i == 0:
			words[i] = p.clauseShort(w)
		case field == "criteria" && i == 0:
			words[i] = p.criterion(w)
		case field == "guide":
			words[i] = p.guideQuestion(w)
		default:
			if s, ok := map[string]string{"met": p.say("conforme", "met"), "ref": p.say("référence", "reference"), "reservation": p.say("réserve", "reservation"), "answer": p.say("réponse", "answer"),
				"reason": p.say("motif", "reason"), "category": p.say("catégorie", "category"), "period": p.say("durée", "period"), "rule": p.say("règle", "rule"),
				"trains": p.say("entraînement", "training"), "retention": p.say("conservation", "retention"), "embeddings": p.say("empreintes du visage", "face embeddings"),
				"marked": p.say("résultats marqués", "results marked"), "marked_since": p.say("depuis", "since"), "answered_on": p.say("répondu le", "answered on")}[w]; ok {
				words[i] = s
			}
		}
	}
	return strings.Join(words, ", ")
}

// labels are the names of the fields of a register's records, by their keys in
// JSON: those of its table, and of the sheets that have more.
func (p pen) labels(name Name) map[string]string {
	out := map[string]string{}
	d, err := Build(name, Inputs{Lang: p.lang()})
	if err == nil && d.Main >= 0 {
		for _, c := range d.Sections[d.Main].Table.Columns {
			out[c.Key] = c.Title
		}
	}
	for _, l := range moreLabels[name] {
		out[l.key] = p.say(l.fr, l.en)
	}
	return out
}

// moreLabels are fields that no column is called by.
var moreLabels = map[Name][]struct{ key, fr, en string }{
	Processing: {
		{"sub_purposes", "Sous-finalités", "Sub-purposes"}, {"subjects", "Personnes concernées", "Data subjects"}, {"data", "Données", "Data"}, {"recipients", "Destinataires", "Recipients"},
		{"security", "Mesures de sécurité", "Security measures"}, {"created_on", "Création de la fiche", "Sheet created on"}, {"policy_purpose", "Finalité de la politique", "Purpose of the policy"},
		{"transfers", "Transferts hors UE", "Transfers outside the EU"},
	},
	Processors: {
		{"roles", "Rôle par traitement", "Role for each processing"}, {"clauses", "Contrôle du contrat", "Contract checklist"}, {"contract_file", "Contrat joint", "Contract attached"},
		{"contract_sha256", "Empreinte du contrat", "Hash of the contract"}, {"transfer_file", "Document du transfert", "Transfer document"}, {"transfer_sha256", "Empreinte du document", "Hash of the document"},
		{"minors", "Mineurs", "Minors"}, {"ai", "Réponses du prestataire d'IA", "Answers of the AI provider"},
	},
	Breaches: {
		{"aware_at", "Prise de connaissance", "Became aware"}, {"happened_at", "Survenue", "Happened"}, {"notified_at", "Notification à la CNIL", "Notified to the CNIL"}, {"guide", "Évaluation du risque", "Risk assessment"},
		{"also_nature", "Autre nature", "Other nature"}, {"found_how", "Découverte, précisions", "Discovery, details"}, {"party", "Autre partie", "Other party"}, {"party_told_at", "Autre partie : information reçue", "Other party: told us"},
		{"when", "Période", "Period"}, {"ended_at", "Fin", "Ended"}, {"systems", "Systèmes", "Systems"}, {"countries", "Pays des personnes", "Countries of the persons"}, {"cross_border", "Transfrontalière", "Cross-border"},
	},
	Policy:    {{"id", "Version", "Version"}, {"text", "Texte publié", "Published text"}},
	DPIA:      {{"criteria", "Critères", "Criteria"}, {"photos", "Photographies", "Photographs"}, {"geography", "Étendue géographique", "Geographic extent"}, {"duration", "Durée", "Duration"}, {"persons", "Personnes", "Persons"}, {"risks", "Risques et mesures", "Risks and measures"}, {"next_step", "Suite à donner", "Next step"}, {"document", "Analyse d'impact", "Impact assessment"}},
	Findings:  {{"on", "Réglé le", "Settled on"}, {"reason", "Motif", "Reason"}, {"wording", "Rédaction retenue", "Wording chosen"}},
	Retention: {{"automatic", "Automatique", "Automatic"}},
}

// FieldValue writes a value of a field for people: a stable word in the
// language asked for, a date and an instant as they are written there.
func FieldValue(name Name, path, value, lang string, zone *time.Location) string {
	p := newPen(Inputs{Lang: lang, Zone: zone})
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return p.moment(t)
	}
	if c := p.isoDate(value); c != "" {
		return c
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	first, _, _ := strings.Cut(path, ".")
	switch {
	case first == "roles" || name == Processors && last == "role":
		return p.role(value).Text
	case last == "legal_basis":
		return p.basis(value).Text
	case name == Processors && last == "family":
		return p.family(value).Text
	case last == "country":
		return p.country(value).Text
	case last == "transfer":
		return p.mechanism(value)
	case name == Breaches && (last == "nature"):
		return p.nature(value).Text
	case name == Breaches && last == "risk":
		return p.risk(value).Text
	case name == Breaches:
		return p.breachWord(last, value)
	case name == Trackers && last == "party":
		return p.party(value).Text
	case name == Trackers && last == "consent":
		return p.trackerConsent(value).Text
	case name == Trackers && last == "category":
		return p.trackerCategory(value).Text
	case name == Consents && last == "kind":
		return p.consentKind(value).Text
	case name == Consents && last == "what":
		return p.consentWhat(value).Text
	case name == Retention && last == "starts":
		return p.starts(value).Text
	case name == Retention && last == "then":
		return p.then(value).Text
	case name == Findings && last == "state":
		return p.rulingState(value).Text
	}
	switch value {
	case "yes", "no", "unclear":
		return p.answered(value)
	}
	return value
}
