package cases

import (
	"slices"
	"strings"

	"greffier/app/request"
)

// TextKeys returns every key of the text catalog that a case may carry: those
// of its events, signs, matches, steps and grounds, sorted. In the texts
// {{.Arg}} stands for the Arg of the event or sign. It is a number of days for
// case.found_late, case.identity_met, case.resumed and case.late, a date as
// YYYY-MM-DD for case.extended, the word of a right for case.outcome.*, an
// article for case.refused, a number of orders for case.orders_selected, a right
// for case.work.by_hand, a channel for case.entered, a kind of evidence for
// case.authority, another case for case.merged* and case.disagrees, rights for
// why.no_work, and what the sign is about (addresses, domains, order numbers) for identity.*.
func TextKeys() []string {
	keys := []string{
		MatchEmail, MatchEmailNumber, MatchNumber, MatchName, MatchOwner,
		SignOneSender, SignNoSender, SignSeveralSenders, SignOrderAddress, SignUnknownAddress, SignDMARCPass, SignDMARCFail, SignDKIMPass,
		SignDKIMOther, SignDKIMFail, SignSPFPass, SignSPFFail, SignNotChecked, SignProviderSilent, SignUntrusted, SignReplyTo,
		SignNameShowsAddress, SignLookAlikeDomain, SignLookAlikeAddress, SignNameOtherAddress, SignNumberNamed, SignNumberOther,
		SignNumberNotOwn, SignPostcode, SignChallengeMet, SignOwnerConfirmed, SignIdentityDoubt,
		EventOpened, EventNoReceipt, EventFromJunk, EventFoundLate, EventMessage, EventMessageOther, EventMessageAfter, EventIdentityAnew, EventLate,
		EventChallenged, EventCodeWrong, EventCodeLate, EventCodeElse, EventCodeSpent, EventCodeScope, EventCodeReturned, EventAutoReply, EventReceipt, EventReturned,
		MatchToldEmail, MatchToldNumber, MatchAlias, MatchPhone, MatchAddress, MatchObject, MatchMessage, MatchNameNear, MatchBook, MatchSearch,
		SignEntered, EventEntered, EventDisagrees, EventMerged, EventMergedInto,
		EventFoundSent, EventOwnMail, EventSentByUs, EventUncertain, EventToldInVain, EventUntold, EventIDDropped, EventReduced, SignDKIMOwn,
		WhyState, WhyWaiting, WhyNotWaiting, WhySettled, WhyExtended, WhyNoticeLate, WhyNoExtendRefusal, WhyOverdue, WhyNoRight, WhyUndecided,
		WhyAllRefused, WhyGranted, WhyNothingRefused, WhyIdentity, WhyClock, WarnExtendMinor, WarnRefusalLate,
		WhyNoWork, WhyConflict, WhyNoConflict, WhySelf, WhyMerged,
	}
	for _, r := range request.Rights {
		keys = append(keys, EventAsked+r.String())
	}
	for _, m := range []request.Mark{request.MarkMinor, request.MarkForAnother, request.MarkComplaint, request.MarkDeadline, request.MarkPhishing, request.MarkBreach, request.MarkAutomatic, request.MarkAgent} {
		keys = append(keys, eventMark(m))
	}
	for _, t := range transitions {
		if t.Act != ActSetOutcome {
			keys = append(keys, t.Event)
		}
	}
	for _, k := range []WorkKind{WorkRun, WorkCopy, WorkChange, WorkRestriction, WorkSuppression, WorkByHand} {
		keys = append(keys, EventWork+eventWord(k))
	}
	for _, o := range []Outcome{Undecided, Granted, Partly, Denied, Moot} {
		keys = append(keys, eventOutcome(o))
	}
	for _, g := range Grounds(request.NoRight) {
		keys = append(keys, g.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// eventMark is the key of the event of a mark.
func eventMark(m request.Mark) string { return EventMark + strings.ReplaceAll(string(m), " ", "_") }
