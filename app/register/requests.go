package register

import (
	"strconv"
	"strings"

	"greffier/app/cases"
	"greffier/app/law"
)

// requests builds the register of rights requests. The law asks for proof
// (GDPR Art. 5(2) and 24) without prescribing a form.
func (p *pen) requests(d *Document) {
	t := &Table{Columns: []Column{
		column("ref", p.say("N°", "No"), 1),
		column("received", p.say("Reçue le", "Received on"), 3),
		column("rights", p.say("Droits invoqués", "Rights invoked"), 4),
		column("requester", p.say("Demandeur", "Requester"), 5),
		column("due", p.say("Échéance", "Due date"), 3),
		column("state", p.say("État", "State"), 4),
		column("decision", p.say("Décision", "Decision"), 4),
		column("answered", p.say("Réponse le", "Answered on"), 3),
		column("in_time", p.say("Dans le délai ?", "Within time?"), 2),
		detail("articles", p.say("Articles", "Articles")),
		detail("channel", p.say("Canal", "Channel")),
		detail("discovered", p.say("Découverte le", "Discovered on")),
		detail("from_junk", p.say("Dossier indésirables ?", "Spam folder?")),
		detail("quality", p.say("Qualité", "Quality")),
		detail("minor", p.say("Mineur concerné ?", "Minor concerned?")),
		detail("identity", p.say("Identité", "Identity")),
		detail("identity_method", p.say("Moyen de preuve", "Means of proof")),
		detail("suspension_days", p.say("Jours de suspension", "Days of suspension")),
		detail("due_raw", p.say("Terme du délai avant suspension et report", "End of the period before suspension and working days")),
		detail("extension_notice", p.say("Prolongation notifiée le", "Extension notified on")),
		detail("extension_reason", p.say("Motifs du report", "Reasons for the delay")),
		detail("ground", p.say("Motif de refus ou de limite", "Ground of refusal or limit")),
		detail("ground_reason", p.say("Motif donné à la personne", "Reason given to the person")),
		detail("erasure_runs", p.say("Effacements", "Erasure runs")),
		detail("recipients_told", p.say("Destinataires informés", "Recipients told")),
		detail("closed", p.say("Clôturée le", "Closed on")),
	}}
	var open, late, answered, inTime int
	for _, c := range p.in.Cases {
		row, verdict := p.requestRow(c)
		t.Rows = append(t.Rows, row)
		if c.State.Open() {
			open++
		}
		switch verdict {
		case "yes":
			answered++
			inTime++
		case "no":
			if c.AnsweredAt.IsZero() {
				late++
			} else {
				answered++
			}
		}
	}
	head := Section{Key: "summary"}
	if n := len(p.in.Cases); n > 0 {
		head.Fields = []Field{
			field("total", p.say("Demandes enregistrées", "Requests recorded"), p.number(int64(n))),
			field("open", p.say("En attente de réponse", "Waiting for an answer"), p.number(int64(open))),
			field("late", p.say("Dont en retard", "Of which late"), p.number(int64(late))),
			field("in_time", p.say("Répondues dans le délai", "Answered within time"),
				p.sayf("%s sur %s", "%s of %s", p.number(int64(inTime)), p.number(int64(answered)))),
		}
	}
	d.add(head)
	d.main(Section{
		Key:   "list",
		Title: p.say("Demandes", "Requests"),
		Table: t,
		Empty: p.say("Aucune demande d'exercice de droits n'est enregistrée.", "No rights request is recorded."),
	})
	p.restrictions(d)
	p.corrections(d)
	d.add(Section{Key: "method", Title: p.say("Comment les échéances sont calculées", "How due dates are computed"), Words: []string{
		p.say("Un mois à compter de la réception par le serveur de messagerie, dossier des indésirables compris, de quantième à quantième (RGPD, art. 12, § 3) ; le dernier jour tombant un samedi, un dimanche ou un jour férié est reporté au jour ouvrable suivant (règlement (CEE, Euratom) n° 1182/71, art. 3, § 4). Une prolongation ne compte que si elle a été notifiée avant la fin du premier mois ; elle ne vaut jamais pour un refus (RGPD, art. 12, § 4). Le délai est suspendu pendant que des informations nécessaires à l'identification sont attendues (décret n° 2019-536, art. 77).",
			"One month from receipt by the mail server, spam folder included, from date to date (GDPR, Article 12(3)); when the last day is a Saturday, a Sunday or a public holiday, the period ends on the next working day (Regulation (EEC, Euratom) No 1182/71, Article 3(4)). An extension counts only if the person was told before the end of the first month; it never applies to a refusal (GDPR, Article 12(4)). Time stands still while information needed to identify the person is awaited (Decree No 2019-536, Article 77)."),
		p.sayf("Dates en heure locale (%s) ; règles et jours fériés vérifiés le %s.", "Dates in local time (%s); rules and public holidays checked on %s.", p.zone.String(), p.tableDate()),
	}})
}

func (p pen) tableDate() string {
	d, err := law.ParseDate(law.TableVersion)
	if err != nil {
		return law.TableVersion
	}
	return p.date(d)
}

// requestRow makes the row of a case, and tells whether it was answered within
// time: "yes", "no", "pending", or "" when that cannot be said.
func (p pen) requestRow(c cases.Case) ([]Cell, string) {
	// A suspension that still runs moves the due date on until the answer.
	until := p.today
	if at := law.DateOf(c.AnsweredAt, p.zone); !at.IsZero() {
		until = at
	}
	due, raw, suspended := p.gap(""), p.gap(""), p.gap("")
	var last law.Date // last day for the act that ended the case
	limit, err := c.Clock(p.zone).Deadline(until)
	refused := c.State == cases.Refused || p.refused(c)
	if err == nil {
		due, raw, suspended = p.dateCell(limit.Due), p.dateCell(limit.Raw), p.numberCell(int64(limit.SuspendedDays))
		if last = limit.Due; refused {
			last = limit.RefusalBy
		}
		if limit.SuspendedDays == 0 {
			suspended = Cell{Value: "0", Tone: Faint}
		}
	}
	verdict, inTime := p.inTime(c, last)
	extension := p.localDate(c.ExtendedAt)
	if limit.ExtensionVoid {
		extension.Text = p.sayf("%s (sans effet : trop tard)", "%s (void: too late)", extension.Text)
		extension.Tone = Bad
	}
	minor := p.yesNo(c.Minor)
	method := none
	if c.Identity.Reason != "" {
		method = p.private(c.Identity.Reason)
	}
	runs := make([]string, 0, len(c.Runs))
	for _, r := range c.Runs {
		runs = append(runs, strconv.FormatInt(r, 10))
	}
	who := p.person(c.Requester.Name, c.Requester.Email)
	if who == none {
		who = word("", p.say("données effacées", "data erased"), Faint)
	}
	return []Cell{
		p.numberCell(int64(c.ID)),
		p.localDate(c.ReceivedAt),
		p.rights(c),
		who,
		due,
		p.state(c, refused),
		p.decision(c),
		p.localDate(c.AnsweredAt),
		inTime,
		p.articles(c),
		p.channel(c.Channel),
		p.localDate(c.DiscoveredAt),
		p.yesNo(c.FromJunk),
		p.link(c.Link),
		minor,
		p.identity(c.Identity.Level),
		method,
		suspended,
		raw,
		extension,
		p.private(c.ExtendReason),
		p.grounds(c),
		p.private(reasons(c)),
		orNone(strings.Join(runs, ", ")),
		p.toldCell(func(n NoticeRow) bool { return n.Case == int64(c.ID) && c.ID != 0 }),
		p.localDate(c.ClosedAt),
	}, verdict
}

// private writes the owner's own words, which may name persons: they are not
// printed when persons are pseudonymised.
func (p pen) private(s string) Cell {
	if strings.TrimSpace(s) == "" {
		return none
	}
	if p.in.Pseudonymise {
		return word("withheld", p.say("au dossier, non imprimé", "on file, not printed"), Faint)
	}
	return plain(s)
}

func (p pen) inTime(c cases.Case, last law.Date) (string, Cell) {
	at := law.DateOf(c.AnsweredAt, p.zone)
	switch {
	case last.IsZero() || c.State == cases.Withdrawn || c.MergedInto != 0:
		return "", none
	case !at.IsZero() && !at.After(last):
		return "yes", word("yes", p.say("oui", "yes"), Good)
	case !at.IsZero():
		return "no", word("no", p.say("non", "no"), Bad)
	case c.State.Open() && p.today.After(last):
		return "no", word("no", p.say("non, en retard", "no, late"), Bad)
	case c.State.Open():
		return "pending", word("pending", p.say("en cours", "pending"), Plain)
	}
	// Ended without a dated answer: nothing proves either.
	return "", word("cannot tell", p.say("date de réponse inconnue", "date of answer unknown"), Warn)
}

func (p pen) rights(c cases.Case) Cell {
	var names, values []string
	for _, a := range c.Asked {
		names = append(names, p.right(a.Right))
		values = append(values, a.Right.String())
	}
	if len(names) == 0 {
		return p.gap(p.say("à qualifier", "to settle"))
	}
	return Cell{Text: joined(names, ", "), Value: joined(values, ", ")}
}

func (p pen) articles(c cases.Case) Cell {
	var names, values []string
	for _, a := range c.Asked {
		if key := a.Right.Article(); key != "" {
			names, values = append(names, p.cite(key)), append(values, key)
		}
	}
	if c.Minor {
		names, values = append(names, p.cite("LIL Art. 51 II")), append(values, "LIL Art. 51 II")
	}
	return Cell{Text: joined(names, p.semicolon()), Value: joined(values, "; ")}
}

func (p pen) semicolon() string {
	if p.fr {
		return "\u202f; "
	}
	return "; "
}

// refused tells whether every right of the case was refused.
func (p pen) refused(c cases.Case) bool {
	for _, a := range c.Asked {
		if a.Outcome != cases.Denied {
			return false
		}
	}
	return len(c.Asked) > 0
}

// decision sums the outcomes up: in one word when they agree, right by right
// when they do not.
func (p pen) decision(c cases.Case) Cell {
	if c.MergedInto != 0 {
		n := strconv.FormatInt(int64(c.MergedInto), 10)
		return word("joined with "+n, p.sayf("réunie à la demande n° %s", "joined with request No %s", n), Faint)
	}
	if len(c.Asked) == 0 {
		return none
	}
	same := true
	var each, values []string
	for _, a := range c.Asked {
		same = same && a.Outcome == c.Asked[0].Outcome
		each = append(each, p.colon(p.right(a.Right), p.outcome(a.Outcome)))
		value := string(a.Outcome)
		if value == "" {
			value = "undecided"
		}
		values = append(values, a.Right.String()+": "+value)
	}
	first := c.Asked[0].Outcome
	switch {
	case same && first == cases.Undecided && !c.State.Open() && c.State != cases.Withdrawn:
		return p.gap("")
	case same && first == cases.Undecided:
		return none
	case same:
		return word(string(first), p.outcome(first), Plain)
	}
	return Cell{Text: strings.Join(each, "\n"), Value: strings.Join(values, "; ")}
}

func (p pen) grounds(c cases.Case) Cell {
	var names, values []string
	for _, a := range c.Asked {
		if a.Ground != "" {
			names, values = append(names, p.cite(a.Ground)), append(values, a.Ground)
		}
	}
	if len(names) == 0 && p.refused(c) && c.MergedInto == 0 {
		// A refusal without its ground is not lawful (GDPR Art. 12(4)).
		return p.gap("")
	}
	return Cell{Text: joined(names, p.semicolon()), Value: joined(values, "; "), Tone: faintIfEmpty(names)}
}

// reasons are the owner's words on what was refused or limited.
func reasons(c cases.Case) string {
	var out []string
	for _, a := range c.Asked {
		out = append(out, strings.TrimSpace(a.Reason))
	}
	return joined(out, "\n")
}

func faintIfEmpty(items []string) Tone {
	if len(items) == 0 {
		return Faint
	}
	return Plain
}
