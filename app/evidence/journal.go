package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Genesis is what the first entry of a journal has for the hash of the one
// before it.
const Genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// format begins what is hashed, so that a later format cannot be taken for this one.
const format = "greffier journal 1"

// maxDetail bounds an entry's detail in bytes.
const maxDetail = 8 << 10

// The acts that the journal knows. A word never changes its meaning and is
// never used again for another one.
const (
	ActProfileCreated      = "profile.created"
	ActSettingsChanged     = "settings.changed"
	ActSyncOrders          = "sync.orders"
	ActSyncMail            = "sync.mail"
	ActVerdictCorrected    = "verdict.corrected"
	ActVerdictRestored     = "verdict.restored" // a correction was taken back
	ActCaseDropped         = "case.dropped"     // opened by mistake: the mail asks for nothing
	ActCaseChallenged      = "case.challenged"  // a one-time code was made
	ActLetterSent          = "letter.sent"      // by Greffier, or found among the sent mail
	ActLetterReturned      = "letter.returned"  // it did not arrive
	ActDocumentDropped     = "document.dropped" // the copy of an identity document was deleted
	ActCaseOpened          = "case.opened"
	ActCaseState           = "case.state"
	ActCaseIdentity        = "case.identity"
	ActCaseOrders          = "case.orders"
	ActCaseExtended        = "case.extended"
	ActCaseSuspended       = "case.suspended"
	ActCaseResumed         = "case.resumed"
	ActCaseLetter          = "case.letter"
	ActCaseRefused         = "case.refused"
	ActCaseAnswered        = "case.answered"
	ActCaseClosed          = "case.closed"
	ActPlanConfirmed       = "plan.confirmed"
	ActRunStarted          = "run.started"
	ActRunStep             = "run.step"
	ActRunFinished         = "run.finished"
	ActRunResumed          = "run.resumed"
	ActRunRefused          = "run.refused"
	ActRunLooked           = "run.looked"
	ActErasureScheduled    = "erasure.scheduled" // confirmed, and waits for its cooling-off to end
	ActErasureCancelled    = "erasure.cancelled" // while it waited
	ActNoticesMade         = "notices.made"      // recipients to be told of an erasure (GDPR Art. 19)
	ActNoticeSent          = "notice.sent"       // the notice, or a reminder of it
	ActNoticeAnswered      = "notice.answered"
	ActNoticeSpared        = "notice.spared" // GDPR Art. 19: impossible, or a disproportionate effort
	ActCertificateMade     = "certificate.made"
	ActTombstoneMade       = "tombstone.made"
	ActHoldPlaced          = "hold.placed"
	ActHoldLifted          = "hold.lifted"
	ActRuleEnabled         = "rule.enabled"
	ActRuleDisabled        = "rule.disabled"
	ActRuleChanged         = "rule.changed"
	ActRegisterChanged     = "register.changed"
	ActRegisterPrinted     = "register.printed"
	ActCopyMade            = "copy.made"            // a copy of a person's data (GDPR Art. 15(3), 20(1))
	ActCopyPurged          = "copy.purged"          // its life was over, or the owner said so
	ActRestrictionPlaced   = "restriction.placed"   // GDPR Art. 18(1)
	ActRestrictionLifted   = "restriction.lifted"   // the person was told before (GDPR Art. 18(3))
	ActSuppressionAdded    = "suppression.added"    // a use that a person does not want
	ActSuppressionLifted   = "suppression.lifted"   // on her own wish
	ActSuppressionExported = "suppression.exported" // for the newsletter tool
	ActSuppressionBroken   = "suppression.broken"   // the shop writes to a person on the list
	ActFieldChanged        = "field.changed"        // corrected in the shop (GDPR Art. 16)
	ActCaseEntered         = "case.entered"         // by hand: post, telephone, a visit
	ActCaseMerged          = "case.merged"          // the same request by several channels
	ActTemplateChanged     = "template.changed"     // the wording of a letter
	ActAbsenceSet          = "absence.set"          // days on which the owner is away
	ActCalendarExported    = "calendar.exported"    // deadlines as a calendar file
	ActReasoningPrinted    = "reasoning.printed"    // why a date is what it is
	ActBreachLetters       = "breach.letters"       // to the persons concerned (GDPR Art. 34)
	ActSweepRan            = "sweep.ran"            // a retention sweep ran by itself
	ActSweepStopped        = "sweep.stopped"        // it would have erased more than its bounds allow, and asks
	ActArchiveMoved        = "archive.moved"        // into intermediate archiving, restricted
	ActArchiveEnded        = "archive.ended"        // the end of intermediate archiving was executed
	ActArchiveOpened       = "archive.opened"       // somebody looked at an archived order, with a reason
	ActScheduleSet         = "schedule.set"         // an entry of the operating system that runs sweeps was installed or removed
	ActOwnDataPurged       = "own.purged"           // Greffier's own data whose period was over
	ActSiteChecked         = "site.checked"         // the shop's pages, seen as a visitor who consented to nothing
	ActDrillRun            = "drill.run"            // a synthetic customer taken through request, erasure and verification
	ActPolicyImported      = "policy.imported"      // the promises that a policy text makes
	ActPromisesChanged     = "promises.changed"     // which promises are kept watch over
	ActPassphraseChanged   = "passphrase.changed"
	ActRecoveryMade        = "recovery.made"  // a recovery code was made; the one before is void
	ActKeyDestroyed        = "key.destroyed"  // the key of a person: what was sealed with it is unreadable for good
	ActStoreMigrated       = "store.migrated" // to a later schema, after a backup
	ActHeadStamped         = "head.stamped"   // by a timestamp authority (RFC 3161)
	ActSignerMade          = "signer.made"    // the key that signs certificates and dossiers
	ActBackupMade          = "backup.made"
	ActBackupRestored      = "backup.restored"
)

var acts = []string{
	ActProfileCreated, ActSettingsChanged, ActSyncOrders, ActSyncMail, ActVerdictCorrected, ActVerdictRestored, ActCaseDropped, ActCaseChallenged, ActLetterSent, ActLetterReturned, ActDocumentDropped,
	ActCaseOpened, ActCaseState, ActCaseIdentity, ActCaseOrders, ActCaseExtended, ActCaseSuspended, ActCaseResumed, ActCaseLetter, ActCaseRefused, ActCaseAnswered, ActCaseClosed,
	ActPlanConfirmed, ActRunStarted, ActRunStep, ActRunFinished, ActRunResumed, ActRunRefused, ActRunLooked, ActErasureScheduled, ActErasureCancelled, ActNoticesMade, ActNoticeSent, ActNoticeAnswered, ActNoticeSpared, ActCertificateMade, ActTombstoneMade,
	ActHoldPlaced, ActHoldLifted, ActRuleEnabled, ActRuleDisabled, ActRuleChanged, ActRegisterChanged, ActRegisterPrinted,
	ActCopyMade, ActCopyPurged, ActRestrictionPlaced, ActRestrictionLifted, ActSuppressionAdded, ActSuppressionLifted, ActSuppressionExported, ActSuppressionBroken, ActFieldChanged, ActCaseEntered, ActCaseMerged, ActTemplateChanged, ActAbsenceSet, ActCalendarExported, ActReasoningPrinted, ActBreachLetters,
	ActSweepRan, ActSweepStopped, ActArchiveMoved, ActArchiveEnded, ActArchiveOpened, ActScheduleSet, ActOwnDataPurged, ActSiteChecked, ActDrillRun, ActPolicyImported, ActPromisesChanged, ActPassphraseChanged, ActRecoveryMade, ActKeyDestroyed, ActStoreMigrated, ActHeadStamped, ActSignerMade,
	ActBackupMade, ActBackupRestored,
}

// Acts returns every act that the journal knows.
func Acts() []string { return slices.Clone(acts) }

// Entry is one line of the journal. It holds no personal data, because it
// outlives the erasure of the person.
type Entry struct {
	Seq    int64     `json:"seq"` // from 1, without gaps
	At     time.Time `json:"at"`  // UTC
	Actor  string    `json:"actor"`
	Act    string    `json:"act"`
	Record string    `json:"record"` // what it is about: "case 3", "run 7"
	Detail string    `json:"detail"` // a compact JSON object, or ""
	Prev   string    `json:"prev"`   // hash of the entry before, Genesis for the first
	Hash   string    `json:"hash"`   // of this entry, Prev included
}

// ErrEntry says that an entry may not be written.
var ErrEntry = errors.New("the journal entry is not usable")

// Check tells whether an entry may be written: a known act, an actor, a record,
// a compact JSON object or nothing for a detail, and nowhere the sign of an
// e-mail address. It cannot see a name: whoever writes must not put one in.
func (e Entry) Check() error {
	bad := func(why string) error { return fmt.Errorf("journal entry %q: %s: %w", e.Act, why, ErrEntry) }
	switch {
	case !slices.Contains(acts, e.Act):
		return bad("unknown act")
	case e.Actor == "" || e.At.IsZero():
		return bad("no actor or no time")
	case strings.Contains(e.Actor+e.Record+e.Detail, "@"):
		return bad("it holds an address")
	case len(e.Detail) > maxDetail:
		return bad("the detail is too long")
	}
	if e.Detail == "" {
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(e.Detail)); err != nil || compact.String() != e.Detail || e.Detail[0] != '{' {
		return bad("the detail is no compact JSON object")
	}
	return nil
}

// Seal puts an entry after the one whose hash is prev (Genesis for the first)
// and returns it with Prev and Hash set and At in UTC.
func Seal(e Entry, prev string) Entry {
	e.At = e.At.UTC().Round(0)
	e.Prev = prev
	e.Hash = hashOf(e)
	return e
}

// Bytes returns what an entry's hash is of: the fields in this order, each with
// its length in bytes before it as eight bytes, the highest first: the format's
// name, Seq in decimal, At as RFC 3339 with nanoseconds in UTC, Actor, Act,
// Record, Detail, Prev.
func (e Entry) Bytes() []byte {
	var b []byte
	for _, field := range []string{format, strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Act, e.Record, e.Detail, e.Prev} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	return b
}

// hashOf returns the SHA-256 of an entry's bytes, in hexadecimal. Anybody can
// compute it again.
func hashOf(e Entry) string {
	h := sha256.Sum256(e.Bytes())
	return hex.EncodeToString(h[:])
}

// Anchor is a head of the journal known from outside of it: printed on a
// certificate, stamped by a third party, kept in a backup.
type Anchor struct {
	Seq  int64
	Hash string
}

// Chain verifies a journal. The zero Chain verifies one from its first entry.
// A chain cannot tell by itself that its end was cut off or that all of it was
// written anew; anchors can.
type Chain struct {
	Anchors []Anchor
}

// Report is what a verification found.
type Report struct {
	Entries  int    `json:"entries"`
	Head     string `json:"head"`      // hash of the last entry that holds
	BrokenAt *int64 `json:"broken_at"` // place of the first entry that does not hold, nil when all do
	Why      string `json:"why,omitempty"`
}

// VerifyAll is Verify over entries that are at hand.
func (c Chain) VerifyAll(entries []Entry) Report {
	i := 0
	r, _ := c.Verify(func() (Entry, bool, error) { // next cannot fail
		if i == len(entries) {
			return Entry{}, false, nil
		}
		i++
		return entries[i-1], true, nil
	})
	return r
}

// Verify walks a journal, from its first entry on: next returns the entries in
// the order of their numbers, then false. The report names the first entry
// that was changed, removed, put elsewhere or put in between. An error is one
// of next.
func (c Chain) Verify(next func() (Entry, bool, error)) (Report, error) {
	r := Report{Head: Genesis}
	anchors := map[int64][]string{}
	last := int64(0)
	for _, a := range c.Anchors {
		anchors[a.Seq] = append(anchors[a.Seq], a.Hash)
		last = max(last, a.Seq)
	}
	broken := func(at int64, why string) {
		if r.BrokenAt == nil {
			r.BrokenAt, r.Why = &at, why
		}
	}
	for {
		e, more, err := next()
		if err != nil {
			return r, fmt.Errorf("read the journal after %d entries: %w", r.Entries, err)
		}
		if !more {
			break
		}
		r.Entries++
		if r.BrokenAt != nil {
			continue // counted, but nothing after a break can be believed
		}
		want := int64(r.Entries)
		switch {
		case e.Seq > want:
			broken(want, "entries are missing")
		case e.Seq < want:
			broken(want, "entries are out of order or there twice")
		case e.Prev != r.Head:
			broken(want, "the entry does not follow the one before it")
		case e.Hash != hashOf(e):
			broken(want, "the entry was changed")
		case slices.ContainsFunc(anchors[want], func(known string) bool { return known != e.Hash }):
			broken(want, "the entry is not the one known from outside: the journal was written anew")
		default:
			r.Head = e.Hash
		}
	}
	if int64(r.Entries) < last {
		broken(int64(r.Entries)+1, "the end of the journal is missing")
	}
	return r, nil
}
