package law

import (
	"fmt"
	"strings"
	"time"
)

// reasoning puts a computed deadline into words.
type reasoning struct {
	clock                  Clock
	zone                   *time.Location
	territory              Territory
	today, notice          Date
	early                  bool // the notice is older than the request
	months, more           int
	first, whole, counting span
	pauses                 []pause
	d                      *Deadline
}

func makeStep(date Date, source, fr, en string) Step {
	return Step{FR: typography.Replace(fr), EN: en, Source: source, Date: date}
}

func (r *reasoning) say(date Date, source, fr, en string) {
	r.d.Steps = append(r.d.Steps, makeStep(date, source, fr, en))
}

func (r *reasoning) warn(date Date, source, fr, en string) {
	r.d.Warnings = append(r.d.Warnings, makeStep(date, source, fr, en))
}

// steps writes the reasoning, from the receipt to the due date.
func (r *reasoning) steps() {
	d := r.d
	r.receipt()
	end := r.monthEnds(r.months, r.first.raw)
	end = r.suspend(r.first, 0, d.MonthEnd, end)
	end = r.roll(end)

	if !r.notice.IsZero() {
		if d.ExtensionVoid {
			void := r.voidNotice()
			r.say(end, void.Source, void.FR, void.EN)
		} else {
			fr, en := monthsWords(r.more)
			r.say(r.notice, "GDPR Art. 12(3)",
				fmt.Sprintf("Prolongation notifiée le %s, dans le premier mois (dernier jour : %s) : %s de plus.", dayFR(r.notice), longFR(d.NoticeBy), fr),
				fmt.Sprintf("Extension notified on %s, within the first month (last day: %s): %s more.", dayEN(r.notice), longEN(d.NoticeBy), en))
			end = r.monthEnds(r.months+r.more, r.whole.raw)
			end = r.suspend(r.whole, r.first.pauses, d.Unsuspended, end)
			r.roll(end)
			r.say(d.RefusalBy, "GDPR Art. 12(4)",
				fmt.Sprintf("Un refus ne profite pas de la prolongation : il part au plus tard le %s.", longFR(d.RefusalBy)),
				fmt.Sprintf("A refusal does not benefit from the extension: it must leave by %s.", longEN(d.RefusalBy)))
		}
	}
	zoneFR, zoneEN := zoneWords(r.zone)
	r.say(d.Due, "Reg. 1182/71 Art. 3(2)(c)",
		fmt.Sprintf("Échéance : %s, jusqu'à la fin de la journée (%s).", longFR(d.Due), zoneFR),
		fmt.Sprintf("Due: %s, until the end of the day (%s).", longEN(d.Due), zoneEN))
}

// receipt says which day starts the clock, and why it is that one.
func (r *reasoning) receipt() {
	received := r.d.Received
	zoneFR, zoneEN := zoneWords(r.zone)
	r.say(received, cites("GDPR Art. 12(3)", "EDPB 01/2022"),
		fmt.Sprintf("Reçue le %s (%s).", dayFR(received), zoneFR),
		fmt.Sprintf("Received on %s (%s).", dayEN(received), zoneEN))
	if u := DateOf(r.clock.Received, time.UTC); u != received {
		r.say(received, srcHouse,
			fmt.Sprintf("Le serveur note le %s en temps universel ; la date du lieu compte, le %s.", dayFR(u), dayFR(received)),
			fmt.Sprintf("The server says %s in universal time; the local date counts, %s.", dayEN(u), dayEN(received)))
	}
	if fr, en, sources, off := rest(received, r.territory); off {
		r.say(received, cites(append([]string{"Reg. 1182/71 Art. 3(3)", srcWorking}, sources...)...),
			fmt.Sprintf("Ce jour n'est pas ouvrable (%s) ; cela ne retarde pas le départ du délai.", fr),
			fmt.Sprintf("That day is not a working day (%s); this does not delay the start of the period.", en))
	}
	r.say(received, cites("Reg. 1182/71 Art. 3(1)", "CJEU C-171/03"),
		"Le jour de la réception ne compte pas ; le délai se calcule de date à date.",
		"The day of receipt is not counted; the period runs from date to date.")
}

// monthEnds says on which day a number of months from the receipt ends.
func (r *reasoning) monthEnds(months int, raw Date) Date {
	fr, en := monthsWords(months)
	ofFR := "de " + fr
	if months == 1 {
		ofFR = "d'" + fr
	}
	fromFR, fromEN := "", ""
	if months > r.months {
		fromFR, fromEN = ", compté depuis la réception,", ", counted from the receipt,"
	}
	source := cites("GDPR Art. 12(3)", "Reg. 1182/71 Art. 3(2)(c)")
	if missing := r.d.Received.Day; missing != raw.Day {
		r.say(raw, source,
			fmt.Sprintf("Il n'y a pas de %d %s %d : le délai %s%s se termine le dernier jour du mois, le %s.", missing, monthsFR[raw.Month-1], raw.Year, ofFR, fromFR, longFR(raw)),
			fmt.Sprintf("There is no %d %s %d: the period of %s%s ends on the last day of the month, %s.", missing, raw.Month, raw.Year, en, fromEN, longEN(raw)))
		return raw
	}
	r.say(raw, source,
		fmt.Sprintf("Le délai %s%s se termine le %s.", ofFR, fromFR, longFR(raw)),
		fmt.Sprintf("The period of %s%s ends on %s.", en, fromEN, longEN(raw)))
	return raw
}

// suspend says what the due date would be without suspensions (bare), tells
// those of a span that were not told before, and adds the days of all of them
// to the end given.
func (r *reasoning) suspend(s span, told int, bare, end Date) Date {
	if s.pauses == 0 {
		return end
	}
	r.say(bare, srcHouse,
		fmt.Sprintf("Sans suspension, l'échéance serait le %s.", longFR(bare)),
		fmt.Sprintf("With no suspension, the due date would be %s.", longEN(bare)))
	for _, p := range r.pauses[min(told, s.pauses):s.pauses] {
		daysFR, daysEN := plural(p.days, "fr", "jour", "jours"), plural(p.days, "en", "day", "days")
		if p.To.IsZero() {
			r.say(r.today, srcSuspend,
				fmt.Sprintf("Informations demandées le %s et toujours attendues : %s de suspension au %s.", dayFR(p.From), daysFR, dayFR(r.today)),
				fmt.Sprintf("Information asked for on %s and still awaited: suspended for %s by %s.", dayEN(p.From), daysEN, dayEN(r.today)))
			continue
		}
		r.say(p.To, srcSuspend,
			fmt.Sprintf("Informations demandées le %s, réponse suffisante le %s : suspension de %s.", dayFR(p.From), dayFR(p.To), daysFR),
			fmt.Sprintf("Information asked for on %s, sufficient answer on %s: suspended for %s.", dayEN(p.From), dayEN(p.To), daysEN))
	}
	longer := end.AddDays(s.days)
	daysFR, daysEN := plural(s.days, "fr", "jour", "jours"), plural(s.days, "en", "day", "days")
	r.say(longer, cites(srcSuspend, srcHouse),
		fmt.Sprintf("Le %s plus %s de suspension : le %s.", dayFR(end), daysFR, longFR(longer)),
		fmt.Sprintf("%s plus %s of suspension: %s.", dayEN(end), daysEN, longEN(longer)))
	return longer
}

// roll says how an end that is not a working day moves to the next one.
func (r *reasoning) roll(end Date) Date {
	sources := []string{srcRoll, srcWorking}
	var restsFR, restsEN []string
	day := end
	for {
		fr, en, why, off := rest(day, r.territory)
		if !off {
			break
		}
		restsFR, restsEN = append(restsFR, fr), append(restsEN, en)
		sources = append(sources, why...)
		day = day.AddDays(1)
	}
	if len(restsFR) == 0 {
		return end
	}
	r.say(day, cites(sources...),
		fmt.Sprintf("%s : report au %s.", upperFirst(series(restsFR, " puis ")), longFR(day)),
		fmt.Sprintf("%s: moved to %s.", series(restsEN, ", then "), longEN(day)))
	return day
}

// series joins words as "a, b puis c".
func series(words []string, last string) string {
	n := len(words) - 1
	if n == 0 {
		return words[0]
	}
	return strings.Join(words[:n], ", ") + last + words[n]
}

// voidNotice says why a notice extends nothing.
func (r *reasoning) voidNotice() Step {
	if r.early {
		return makeStep(r.notice, "GDPR Art. 12(3)",
			fmt.Sprintf("Prolongation notifiée le %s, avant la réception de la demande : elle ne prolonge rien.", dayFR(r.notice)),
			fmt.Sprintf("Extension notified on %s, before the request was received: it extends nothing.", dayEN(r.notice)))
	}
	return makeStep(r.notice, "GDPR Art. 12(3)",
		fmt.Sprintf("Prolongation notifiée le %s, après le dernier jour possible (%s) : elle ne prolonge rien.", dayFR(r.notice), longFR(r.d.NoticeBy)),
		fmt.Sprintf("Extension notified on %s, after the last possible day (%s): it extends nothing.", dayEN(r.notice), longEN(r.d.NoticeBy)))
}

// warnings writes what the owner should know about the deadline.
func (r *reasoning) warnings() {
	d := r.d
	if d.ExtensionVoid {
		d.Warnings = append(d.Warnings, r.voidNotice())
	}
	r.minor()

	prompt := RuleAt(RuleAskPrompt, d.Received)
	for i, p := range r.pauses {
		if i >= r.counting.pauses {
			r.warn(d.Due, srcHouse,
				fmt.Sprintf("Informations demandées le %s, alors que le délai était fini depuis le %s : cette suspension ne compte pas.", dayFR(p.From), dayFR(d.Due)),
				fmt.Sprintf("Information was asked for on %s, when the period had ended on %s: this suspension does not count.", dayEN(p.From), dayEN(d.Due)))
			continue
		}
		if n := WorkingDays(p.since, p.From, r.territory); n > prompt.N {
			r.warn(d.Unsuspended, prompt.Source,
				fmt.Sprintf("Informations demandées le %s, après %s : plus de %d, ce n'est plus « sans tarder ». La suspension est contestable ; la date prudente est le %s.",
					dayFR(p.From), plural(n, "fr", "jour ouvrable", "jours ouvrables"), prompt.N, longFR(d.Unsuspended)),
				fmt.Sprintf("Information was asked for on %s, after %s: more than %d is no longer without delay. The suspension can be contested; the careful date is %s.",
					dayEN(p.From), plural(n, "en", "working day", "working days"), prompt.N, longEN(d.Unsuspended)))
		}
		if strings.TrimSpace(p.Reason) == "" || strings.TrimSpace(p.By) == "" {
			r.warn(p.From, srcHouse,
				fmt.Sprintf("La suspension du %s est notée sans motif ou sans auteur : à compléter, elle devra être justifiée.", dayFR(p.From)),
				fmt.Sprintf("The suspension of %s is entered without a reason or an author: complete it, it will have to be justified.", dayEN(p.From)))
		}
	}
	if d.RefusalBy != d.MonthEnd {
		r.warn(d.MonthEnd, cites(srcSuspend, "GDPR Art. 12(4)"),
			fmt.Sprintf("Le décret suspend le délai de réponse sans nommer celui du refus : un refus envoyé au plus tard le %s ne se discute pas.", longFR(d.MonthEnd)),
			fmt.Sprintf("The decree suspends the time to answer without naming the time to refuse: a refusal sent by %s cannot be disputed.", longEN(d.MonthEnd)))
	}
}

// minor warns where the data were collected from a minor: the GDPR's extension
// stays possible, but the French act lets the person go to the CNIL after a
// month.
func (r *reasoning) minor() {
	if !r.clock.MinorAtCollection {
		return
	}
	d := r.d
	rule := RuleAt(RuleMinorCNIL, d.Received)
	weeksFR, weeksEN := plural(rule.N, "fr", "semaine", "semaines"), plural(rule.N, "en", "week", "weeks")
	if d.Extended {
		r.warn(d.MonthEnd, rule.Source,
			fmt.Sprintf("Prolongation notifiée pour des données collectées auprès d'un mineur : pour un effacement, la CNIL peut malgré tout être saisie dès que le mois est passé (%s) et se prononce en %s.", longFR(d.MonthEnd), weeksFR),
			fmt.Sprintf("An extension was notified for data collected from a minor: for an erasure, the CNIL can still be seized once the month has passed (%s) and rules within %s.", longEN(d.MonthEnd), weeksEN))
		return
	}
	r.warn(d.MonthEnd, rule.Source,
		fmt.Sprintf("Données collectées auprès d'un mineur : pas de prolongation proposée. Pour un effacement, la CNIL peut être saisie dès que le mois est passé (%s) et se prononce en %s.", longFR(d.MonthEnd), weeksFR),
		fmt.Sprintf("Data collected from a minor: no extension is offered. For an erasure, the CNIL can be seized once the month has passed (%s) and rules within %s.", longEN(d.MonthEnd), weeksEN))
}
