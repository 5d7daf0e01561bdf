package law

import (
	"fmt"
	"time"
)

// BreachDeadline is by when a breach must be notified to the authority. Both
// instants are in UTC.
type BreachDeadline struct {
	// Strict is the instant to hold to: 72 hours of elapsed time after
	// awareness, whatever the clocks on the wall do meanwhile.
	Strict time.Time `json:"strict"`
	// R1182 is for information: the hour of the event not being counted, the
	// hours run from the next full hour (Reg. 1182/71 Art. 3(1)).
	R1182 time.Time `json:"r1182"`
	// Steps is the reasoning; the last one repeats Strict.
	Steps []Step `json:"steps"`
}

// Breach returns by when the authority must be notified of a breach of which
// the controller became aware at an instant (GDPR Art. 33(1)). A period in hours
// runs through weekends and holidays and never moves to a working day (Reg.
// 1182/71 Art. 3(4)). The zone, Europe/Paris when nil, is that of the sentences
// and of the full hour. No instant of awareness gives the zero value.
func Breach(aware time.Time, zone *time.Location) BreachDeadline {
	if aware.IsZero() {
		return BreachDeadline{}
	}
	zone = orParis(zone)
	local := aware.In(zone)
	if !computable(DateOf(local, zone)) {
		return BreachDeadline{}
	}
	rule := RuleAt(RuleBreach, DateOf(aware, zone))
	length := time.Duration(rule.N) * time.Hour
	intoHour := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	b := BreachDeadline{
		Strict: aware.Add(length).UTC(),
		R1182:  aware.Add(time.Hour - intoHour + length).UTC(),
	}

	zoneFR, zoneEN := zoneWords(zone)
	say := func(at time.Time, source, fr, en string) {
		b.Steps = append(b.Steps, makeStep(DateOf(at, zone), source, fr, en))
	}
	say(aware, cites(rule.Source, "EDPB 9/2022"),
		fmt.Sprintf("Prise de connaissance : %s (%s).", instantFR(aware, zone), zoneFR),
		fmt.Sprintf("Aware: %s (%s).", instantEN(aware, zone), zoneEN))
	say(b.Strict, cites(rule.Source, "Reg. 1182/71 Art. 3(3)"),
		fmt.Sprintf("%d heures plus tard, samedis, dimanches et jours fériés compris : %s.", rule.N, instantFR(b.Strict, zone)),
		fmt.Sprintf("%d hours later, Saturdays, Sundays and holidays included: %s.", rule.N, instantEN(b.Strict, zone)))
	_, before := local.Zone()
	if _, after := b.Strict.In(zone).Zone(); before != after {
		say(b.Strict, srcHouse,
			"L'heure légale change entre-temps ; ce sont les heures écoulées qui comptent.",
			"The clocks change in between; it is elapsed hours that count.")
	}
	say(b.Strict, cites(srcRoll, "Reg. 1182/71 Art. 3(5)"),
		"Un délai en heures n'est pas reporté au jour ouvrable suivant ; la règle des deux jours ouvrables est discutée et n'est pas appliquée.",
		"A period in hours does not move to the next working day; the rule of two working days is disputed and not applied.")
	say(b.R1182, cites("Reg. 1182/71 Art. 3(1)", "Reg. 1182/71 Art. 3(2)(a)"),
		fmt.Sprintf("Pour information, l'heure de la prise de connaissance ne comptant pas : %s.", instantFR(b.R1182, zone)),
		fmt.Sprintf("For information, with the hour of awareness not counted: %s.", instantEN(b.R1182, zone)))
	say(b.Strict, rule.Source,
		fmt.Sprintf("À tenir : %s (%s). Au-delà, la notification explique le retard.", instantFR(b.Strict, zone), zoneFR),
		fmt.Sprintf("To be kept: %s (%s). Later, the notification explains the delay.", instantEN(b.Strict, zone), zoneEN))
	return b
}
