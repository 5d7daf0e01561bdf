package register

import (
	"encoding/json"
	"html"
	"strings"
	"time"
)

// piaFile is what the CNIL's PIA tool imports: one assessment with its answers,
// measures, evaluations and comments. The shape and the numbers of the questions
// are those of its own export.
type piaFile struct {
	PIA         piaHead      `json:"pia"`
	Answers     []piaAnswer  `json:"answers"`
	Measures    []piaMeasure `json:"measures"`
	Evaluations []struct{}   `json:"evaluations"`
	Comments    []struct{}   `json:"comments"`
}

type piaHead struct {
	ID        int       `json:"id"`
	Status    int       `json:"status"` // 0, being written
	Name      string    `json:"name"`
	Author    string    `json:"author_name"`
	Evaluator string    `json:"evaluator_name"`
	Validator string    `json:"validator_name"`
	DPOStatus *int      `json:"dpo_status"`
	DPOText   string    `json:"dpo_opinion"`
	Example   int       `json:"is_example"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// piaAnswer is an answer; the tool looks it up by the question's number, which
// must be a number and no text.
type piaAnswer struct {
	PIA       int       `json:"pia_id"`
	Question  int       `json:"reference_to"`
	Data      piaData   `json:"data"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type piaData struct {
	Text  string   `json:"text"` // HTML
	Gauge int      `json:"gauge"`
	List  []string `json:"list"`
}

type piaMeasure struct {
	ID          int       `json:"id"`
	Title       string    `json:"title"`
	Content     string    `json:"content"`
	Placeholder *string   `json:"placeholder"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// PIA writes a screening as the beginning of an impact assessment that the
// CNIL's PIA tool imports: the context and the principles, as far as the registers
// know them, and the measures. Risks are left for the owner to judge there. It is
// in French, the language of the tool's users here.
func PIA(s Screening, in Inputs) ([]byte, error) {
	in.Lang = "fr"
	p := newPen(in)
	var a Activity
	for _, x := range in.Activities {
		if x.ID == s.Activity {
			a = x
		}
	}
	at := in.Now.UTC().Truncate(time.Second)
	name := in.Controller.Name
	f := piaFile{
		PIA:         piaHead{ID: 1, Name: strings.TrimSpace(s.Activity + " " + p.text(a.Name)), Author: name, Evaluator: name, Validator: name, CreatedAt: at, UpdatedAt: at},
		Answers:     []piaAnswer{},
		Measures:    []piaMeasure{},
		Evaluations: []struct{}{},
		Comments:    []struct{}{},
	}
	answer := func(question int, lines ...string) {
		var b strings.Builder
		for _, l := range lines {
			for part := range strings.Lines(l) {
				if part = strings.TrimSpace(part); part != "" {
					b.WriteString("<p>" + html.EscapeString(part) + "</p>")
				}
			}
		}
		if b.Len() > 0 {
			f.Answers = append(f.Answers, piaAnswer{PIA: 1, Question: question, Data: piaData{Text: b.String(), List: []string{}}, CreatedAt: at, UpdatedAt: at})
		}
	}
	p.piaContext(a, s, answer)
	p.piaPrinciples(a, answer)
	for i, m := range a.Security {
		title, content, ok := strings.Cut(p.text(m), "\u202f: ")
		if !ok {
			content = ""
		}
		f.Measures = append(f.Measures, piaMeasure{ID: i + 1, Title: title, Content: "<p>" + html.EscapeString(content) + "</p>", CreatedAt: at, UpdatedAt: at})
	}
	return json.MarshalIndent(f, "", "  ")
}

// piaContext answers the questions 111 to 123.
func (p pen) piaContext(a Activity, s Screening, answer func(int, ...string)) {
	purposes := []string{p.text(a.Purpose)}
	for _, x := range a.SubPurposes {
		purposes = append(purposes, "– "+p.text(x))
	}
	for _, id := range CriterionIDs {
		c := s.criterion(id)
		purposes = append(purposes, p.criterion(id)+p.sayf(" : %s. %s", ": %s. %s", p.answered(c.Answer), p.text(c.Reason)))
	}
	answer(111, purposes...)
	c := p.in.Controller
	roles := []string{p.colon(p.say("Responsable du traitement", "Controller"), joined([]string{c.Name, c.Address, c.Email}, ", "))}
	var places []string
	for _, id := range a.Recipients {
		if x, ok := p.procs[id]; ok {
			roles = append(roles, p.colon(p.provider(x).Text, p.role(x.RoleIn(a.ID)).Text+", "+p.text(x.Service)))
			places = append(places, p.colon(p.provider(x).Text, p.country(x.Country).Text))
		}
	}
	answer(112, roles...)
	var data []string
	for _, d := range a.Data {
		data = append(data, p.colon(p.text(d.Category), p.period(d).Text))
	}
	var subjects []string
	for _, x := range a.Subjects {
		subjects = append(subjects, p.text(x))
	}
	data = append(data, p.colon(p.say("Personnes concernées", "Data subjects"), strings.Join(subjects, ", ")), p.colon(p.say("Données sensibles", "Sensitive data"), p.text(a.Sensitive)))
	answer(121, data...)
	answer(123, places...)
}

// piaPrinciples answers the questions 211 to 227, where the registers can.
func (p pen) piaPrinciples(a Activity, answer func(int, ...string)) {
	answer(211, p.text(a.Purpose))
	answer(212, p.basisCited(a.LegalBasis).Text)
	var periods, contracts, transfers []string
	for _, d := range a.Data {
		periods = append(periods, p.colon(p.text(d.Category), p.period(d).Text))
	}
	answer(215, periods...)
	for _, id := range a.Recipients {
		x, ok := p.procs[id]
		if !ok {
			continue
		}
		contract := p.contractOn(x)
		contracts = append(contracts, p.colon(p.provider(x).Text, joined([]string{p.colon(p.say("contrat", "contract"), dash(contract).Text), p.clausesMet(x).Text}, ", ")))
		if thirdCountry(x) {
			transfers = append(transfers, p.colon(p.provider(x).Text, joined([]string{p.country(x.Country).Text, p.transfer(x).Text}, ", ")))
		}
	}
	answer(226, contracts...)
	answer(227, transfers...)
}
