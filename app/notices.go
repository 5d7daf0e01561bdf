package app

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/register"
	"greffier/app/request"
)

const (
	kindNotices     = "notices"
	settingReminder = "notices.days"
	// maxReminderDays keeps reminders within the month of GDPR Art. 12(3).
	maxReminderDays = 30
)

var (
	// ErrNoNotice says that no recipient of that number is to be told.
	ErrNoNotice = errors.New("no such recipient waits for a notice")
	// ErrReminderDays says that the days between reminders are out of bounds.
	ErrReminderDays = errors.New("the days between reminders are out of bounds")
)

// ReminderDays returns after how many days without an answer a recipient is to
// be reminded.
func (a *App) ReminderDays() int {
	days := int(cases.RemindEvery / (24 * time.Hour))
	// A setting that cannot be read leaves the default.
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { days = reminderDays(tx); return nil })
	return days
}

func reminderDays(tx Tx) int {
	return numberSetting(tx, settingReminder, 1, maxReminderDays, int(cases.RemindEvery/(24*time.Hour)))
}

// SetReminderDays changes it, from 1 to 30; ErrReminderDays for anything else.
func (a *App) SetReminderDays(ctx context.Context, days int) error {
	if days < 1 || days > maxReminderDays {
		return ErrReminderDays
	}
	return a.update(ctx, func(tx Tx) error {
		if err := tx.SetSetting(settingReminder, strconv.Itoa(days)); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "reminders", map[string]int{"days": days})
	})
}

func putNotice(tx Tx, n cases.Notice, at time.Time) error {
	return putRecord(tx, kindNotices, n.ID, n, at)
}

// recipients returns whom the register names as those to whom orders' data were
// disclosed (GDPR Art. 19): for some activity, all of them where no activity
// names any; one that got nothing of these orders is spared by the owner, with a
// reason.
func (a *App) recipients(tx Tx) ([]cases.Recipient, error) {
	ps, err := records[register.Processor](tx, kindProcessors)
	if err != nil {
		return nil, err
	}
	acts, err := records[register.Activity](tx, kindActivities)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, x := range acts {
		for _, id := range x.Recipients {
			named[id] = true
		}
	}
	var to []cases.Recipient
	for _, p := range ps {
		if len(named) > 0 && !named[p.ID] {
			continue
		}
		lang := "en"
		if p.Country == "FR" || p.Country == "" && a.d.Lang == "fr" {
			lang = "fr"
		}
		name := p.Name
		if name == "" {
			name = p.Service.In(a.d.Lang) // not named yet, and owed a notice all the same
		}
		to = append(to, cases.Recipient{ID: p.ID, Name: name, To: addressIn(p.Contact), Lang: lang, Processor: p.Role == "processor"})
	}
	return to, nil
}

// makeNoticesOf notes whom a rectification or restriction obliges to tell (GDPR
// Art. 19); of names its record.
func (a *App) makeNoticesOf(tx Tx, kind cases.NoticeKind, of string, id int64, orders []string, actor string) error {
	to, err := a.recipients(tx)
	if err != nil || len(orders) == 0 {
		return err
	}
	known, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return err
	}
	return a.putNotices(tx, cases.NewNoticesOf(kind, of, id, orders, to, known, a.now()), of, actor)
}

func (a *App) putNotices(tx Tx, made []cases.Notice, record, actor string) error {
	for _, n := range made {
		if err := putNotice(tx, n, a.now()); err != nil {
			return err
		}
	}
	if len(made) == 0 {
		return nil
	}
	return a.journal(tx, actor, evidence.ActNoticesMade, record, map[string]int{"recipients": len(made)})
}

// makeNotices notes whom a run obliges to tell (GDPR Art. 19).
func (a *App) makeNotices(tx Tx, r erasure.Record, actor string) error {
	to, err := a.recipients(tx)
	if err != nil {
		return err
	}
	known, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return err
	}
	orders, err := a.toldOf(tx, r)
	if err != nil || len(orders) == 0 {
		return err
	}
	// An earlier run of the case, of which this one erases the rest, may have
	// told them already.
	to = slices.DeleteFunc(to, func(x cases.Recipient) bool {
		return slices.ContainsFunc(known, func(n cases.Notice) bool {
			return n.Kind == cases.NoticeErasure && n.Case != 0 && n.Case == r.Scope.Case && n.Run != r.ID && n.Processor == x.ID &&
				!slices.ContainsFunc(orders, func(o string) bool { return !slices.Contains(n.Orders, o) })
		})
	})
	return a.putNotices(tx, cases.NewNotices(r.ID, r.Scope.Case, orders, to, known, a.now()), runRecord(r.ID), actor)
}

// toldOf returns the numbers of the orders of which recipients are told that
// they are erased: those of which the run was to erase anything and, of a person
// who is erased whole, every order that is not held. What stays with the owner
// must not be asked away from those who work for her.
func (a *App) toldOf(tx Tx, r erasure.Record) ([]string, error) {
	steps, err := tx.Steps(r.ID)
	if err != nil {
		return nil, err
	}
	held, err := a.heldOrders(tx, r)
	if err != nil {
		return nil, err
	}
	touched := map[int64]bool{}
	for _, s := range steps {
		touched[s.Object.Order] = true
	}
	var ids []int64
	for _, id := range r.Scope.Orders {
		if touched[id] || r.Scope.Person && len(r.Scope.Only) == 0 && !held[id] {
			ids = append(ids, id)
		}
	}
	return numbers(tx, ids), nil
}

// addressIn returns the e-mail address in what the register has for a contact,
// "" where there is none.
func addressIn(contact string) string {
	for _, f := range strings.FieldsFunc(contact, func(r rune) bool { return strings.ContainsRune(" ,;<>()\t\n", r) }) {
		if at, err := mail.ParseAddress(strings.TrimPrefix(f, "mailto:")); err == nil {
			return at.Address
		}
	}
	return ""
}

// TellRecipients notes whom a run of the owner's own hand obliges to tell, as
// is done by itself for the run of a case.
func (a *App) TellRecipients(ctx context.Context, run int64) error {
	return a.update(ctx, func(tx Tx) error {
		r, err := tx.Run(run)
		if err != nil {
			return err
		}
		return a.makeNotices(tx, r, owner)
	})
}

// Notices returns the recipients to be told of what was done in a case: erasures,
// rectifications, restrictions; 0 for all that still need something.
func (a *App) Notices(ctx context.Context, id cases.ID) ([]NoticeRow, error) {
	return a.notices(ctx, func(n cases.Notice) bool {
		return id != 0 && n.Case == int64(id) || id == 0 && n.State != cases.NoticeSpared && !settled(n)
	})
}

// AllNotices returns every recipient that was or is to be told, of one case
// where it is not 0.
func (a *App) AllNotices(ctx context.Context, id int64) ([]NoticeRow, error) {
	return a.notices(ctx, func(n cases.Notice) bool { return id == 0 || n.Case == id })
}

func (a *App) notices(ctx context.Context, want func(cases.Notice) bool) ([]NoticeRow, error) {
	var out []NoticeRow
	err := a.d.Store.View(ctx, func(tx Tx) error {
		ns, err := records[cases.Notice](tx, kindNotices)
		every := time.Duration(reminderDays(tx)) * 24 * time.Hour
		for _, n := range ns {
			if want(n) {
				out = append(out, a.noticeRow(n, every))
			}
		}
		return err
	})
	return out, err
}

// settled tells whether nothing more is to be done with an answer: it says that
// nothing is left, or the owner has noted what she made of it.
func settled(n cases.Notice) bool {
	return n.Answer.Settled() || n.State == cases.NoticeAnswered && n.Reason != ""
}

func (a *App) noticeRow(n cases.Notice, every time.Duration) NoticeRow {
	r := NoticeRow{ID: n.ID, Kind: n.Kind.Word(), Run: n.Run, Case: cases.ID(n.Case), Name: n.Name, To: n.To, State: n.State.String(), Orders: n.Orders, MadeAt: n.MadeAt, SentAt: n.SentAt,
		Reminders: len(n.Reminders), Answer: string(n.Answer), AnsweredAt: n.AnsweredAt, Mail: n.Message, Reason: n.Reason}
	due := cases.Due(n, a.now(), every)
	if !due.At.IsZero() {
		r.NextReminder = law.DateOf(due.At, a.d.Zone)
	}
	switch {
	case n.State == cases.NoticeSpared:
		r.Tone = ToneQuiet
	case n.Answer.Settled():
		r.Tone = ToneKept
	case settled(n):
		r.Tone = ToneQuiet
	case n.State == cases.NoticeSent && !due.Now && !due.Owner:
		r.Tone = ToneQuiet
	default:
		r.Tone = ToneAtRisk
	}
	return r
}

func noticeOf(tx Tx, id string) (cases.Notice, error) {
	ns, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return cases.Notice{}, err
	}
	i := slices.IndexFunc(ns, func(n cases.Notice) bool { return n.ID == id })
	if i < 0 {
		return cases.Notice{}, ErrNoNotice
	}
	n := ns[i]
	if n.To == "" || n.State == cases.NoticeToWrite {
		// The register may know better by now where to write to.
		ps, err := records[register.Processor](tx, kindProcessors)
		if err != nil {
			return n, err
		}
		for _, p := range ps {
			if p.ID == n.Processor && addressIn(p.Contact) != "" {
				n.To, n.Instructed = addressIn(p.Contact), p.Role == "processor"
				if p.Name != "" {
					n.Name = p.Name
				}
			}
		}
	}
	return n, nil
}

// DraftNotice prepares the letter to a recipient, or the reminder once the
// letter was sent. lang "" is the recipient's own. Nothing is kept.
func (a *App) DraftNotice(ctx context.Context, id, lang string) (cases.Letter, error) {
	var l cases.Letter
	err := a.d.Store.View(ctx, func(tx Tx) error {
		n, err := noticeOf(tx, id)
		if err != nil {
			return err
		}
		if lang != "" {
			n.Lang = lang
		}
		own := a.controller(tx)
		f := cases.Facts{Zone: a.d.Zone, Controller: own.Name, Address: own.Address, Email: own.Email, Site: own.Site}
		if err := a.noticeFacts(tx, n, &f); err != nil {
			return err
		}
		all, err := a.letters(tx)
		if err != nil {
			return err
		}
		l, err = cases.NoticeLetter(n, f, all, a.now())
		return err
	})
	return l, err
}

// noticeFacts adds to the facts of a notice what it tells of, from the record of
// what was done.
func (a *App) noticeFacts(tx Tx, n cases.Notice, f *cases.Facts) error {
	_, id, _ := strings.Cut(n.Of, " ")
	switch n.Kind {
	case cases.NoticeErasure:
		if r, err := tx.Run(n.Run); err == nil {
			f.ErasedAt = r.EndedAt
		}
	case cases.NoticeRestriction:
		r, err := restrictionOf(tx, id)
		if err != nil {
			return err
		}
		f.ErasedAt = r.From
	case cases.NoticeRectification:
		m, err := amendmentOf(tx, id)
		if err != nil {
			return err
		}
		f.ErasedAt, f.Changes = m.At, a.changeFacts([]effects.Amendment{m}, n.Lang)
	}
	return nil
}

// PutNoticeInDrafts lays the letter to a recipient into the mailbox's Drafts
// folder. Greffier never sends by itself. ErrNoMailbox where the profile has
// none: then the owner copies the text.
func (a *App) PutNoticeInDrafts(ctx context.Context, id string, l cases.Letter) error {
	box, _ := a.mailbox()
	if box == nil {
		return ErrNoMailbox
	}
	var n cases.Notice
	var own mailbox.Address
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		o := a.controller(tx)
		own = mailbox.Address{Name: o.Name, Email: o.Email}
		n, err = noticeOf(tx, id)
		return err
	}); err != nil {
		return err
	}
	messageID := newMessageID(own)
	raw, err := a.d.Compose(Outgoing{From: own, To: mailbox.Address{Name: n.Name, Email: n.To}, Subject: l.Subject, Text: l.Text, References: n.MessageIDs, MessageID: messageID, At: a.now()})
	if err != nil {
		return err
	}
	if _, err := cases.Drafted(n, a.now(), messageID); err != nil {
		return err
	}
	if err := box.SaveDraft(ctx, raw); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		// An answer may have come in while the draft was laid down.
		n, err := noticeOf(tx, id)
		if err != nil {
			return err
		}
		if n, err = cases.Drafted(n, a.now(), messageID); err != nil {
			return err
		}
		return putNotice(tx, n, a.now())
	})
}

// MarkNoticeSent records that the owner sent the letter to a recipient, or a
// reminder where the letter had been sent already.
func (a *App) MarkNoticeSent(ctx context.Context, id string) error {
	return a.changeNotice(ctx, id, evidence.ActNoticeSent, func(n cases.Notice) (cases.Notice, error) {
		if n.State == cases.NoticeSent {
			return cases.Remind(n, a.now(), "")
		}
		return cases.Sent(n, a.now())
	})
}

// AnswerNotice records what a recipient answered by another way than the
// mailbox, or how its mail is to be read: "erased" ("done" of a rectification or
// restriction), "nothing held" (or "nothing-held"), "refused", "other". The owner's note ends the matter of the
// last two as well: Art. 19 obliges her to tell, not to prevail.
func (a *App) AnswerNotice(ctx context.Context, id, answer, note string) error {
	answer = strings.ReplaceAll(answer, "-", " ")
	return a.changeNotice(ctx, id, evidence.ActNoticeAnswered, func(n cases.Notice) (cases.Notice, error) {
		n.Reason = note
		return cases.NoticeAnsweredWith(n, cases.Answer(answer), a.now(), 0)
	})
}

// SpareNotice records why a recipient is not told: it is impossible or would be
// a disproportionate effort (GDPR Art. 19). The reason is needed.
func (a *App) SpareNotice(ctx context.Context, id, reason string) error {
	return a.changeNotice(ctx, id, evidence.ActNoticeSpared, func(n cases.Notice) (cases.Notice, error) { return cases.Spare(n, reason) })
}

func (a *App) changeNotice(ctx context.Context, id, act string, f func(cases.Notice) (cases.Notice, error)) error {
	return a.update(ctx, func(tx Tx) error {
		n, err := noticeOf(tx, id)
		if err != nil {
			return err
		}
		if n, err = f(n); err != nil {
			return err
		}
		if err := putNotice(tx, n, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, act, fmt.Sprintf("notice %s", n.ID), map[string]string{"state": n.State.String(), "answer": string(n.Answer)})
	})
}

// awaitedNotices are the notices that a mail may answer, read once for many
// mails of one transaction, and anew after one was answered.
type awaitedNotices struct {
	known bool
	ns    []cases.Notice
}

func (o *awaitedNotices) get(tx Tx) ([]cases.Notice, error) {
	if o.known {
		return o.ns, nil
	}
	ns, err := records[cases.Notice](tx, kindNotices)
	o.ns = slices.DeleteFunc(ns, func(n cases.Notice) bool { return !n.Awaited() })
	o.known = err == nil
	return o.ns, err
}

// takeAnswer files a message that answers a notice: it is evidence of the case
// and opens none, whatever words it quotes. It is false for any other message.
func (a *App) takeAnswer(tx Tx, m mailbox.Message, open *awaitedNotices, out *SyncReport) (bool, error) {
	ns, err := open.get(tx)
	if err != nil || len(ns) == 0 {
		return false, err
	}
	n, answer, _, ok := cases.Recognise(m, ns)
	if !ok {
		return false, nil
	}
	open.known = false
	j := request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary, Confidence: 1}, Case: n.Case}
	id, isNew, err := tx.PutMessage(j)
	if err != nil || !isNew {
		return true, err
	}
	out.Messages++
	at := m.ReceivedAt
	if at.IsZero() {
		at = a.now()
	}
	if marks, err := tx.ProviderMarks(); err != nil {
		return true, err
	} else if (marks || m.Auth.AuthServID != "") && answer.Settled() && !vouchedFor(m) {
		answer = cases.AnswerOther // anybody may have written it: the owner reads it herself
	}
	if n, err = cases.NoticeAnsweredWith(n, answer, at, id); err != nil {
		return true, err
	}
	if n.SentAt.IsZero() {
		n.SentAt = n.DraftAt // who answers got it, whether or not the owner said so
	}
	if err := putNotice(tx, n, a.now()); err != nil {
		return true, err
	}
	if n.Case != 0 {
		c, err := tx.Case(cases.ID(n.Case))
		if err != nil {
			return true, err
		}
		c.Events = append(slices.Clone(c.Events), cases.Event{At: at, By: greffier, Key: "case.recipient_answered", Arg: n.Name})
		if err := tx.PutCase(c); err != nil {
			return true, err
		}
	}
	return true, a.journal(tx, greffier, evidence.ActNoticeAnswered, fmt.Sprintf("notice %s", n.ID), map[string]string{"state": n.State.String(), "answer": string(n.Answer)})
}

// vouchedFor tells whether the owner's own mail provider could check that a
// mail comes from the domain that it names.
func vouchedFor(m mailbox.Message) bool {
	from, ok := m.Sender()
	_, domain, at := strings.Cut(from.Norm(), "@")
	if !ok || !at || m.Auth.DMARC == mailbox.Fail {
		return false
	}
	aligned := func(d string) bool {
		d = strings.ToLower(d)
		return d != "" && (d == domain || strings.HasSuffix(d, "."+domain) || strings.HasSuffix(domain, "."+d) && strings.Contains(d, "."))
	}
	return m.Auth.DMARC == mailbox.Pass || m.Auth.DKIM == mailbox.Pass && aligned(m.Auth.DKIMDomain) || m.Auth.SPF == mailbox.Pass && aligned(m.Auth.SPFDomain)
}

// needOfNotices tells how many recipients are to be told or reminded, by case.
func (a *App) needOfNotices(t *Today, tx Tx) error {
	ns, err := records[cases.Notice](tx, kindNotices)
	if err != nil {
		return err
	}
	every := time.Duration(reminderDays(tx)) * 24 * time.Hour
	needs := map[int64]*Need{}
	var order []int64
	for _, n := range ns {
		r := a.noticeRow(n, every)
		if r.Tone != ToneAtRisk {
			continue
		}
		x := needs[n.Case]
		if x == nil {
			x = &Need{Kind: "notice", Tone: ToneAtRisk, Case: cases.ID(n.Case), Run: n.Run, Due: a.today()}
			needs[n.Case], order = x, append(order, n.Case)
		}
		x.Count++
	}
	for _, id := range order {
		t.Needs = append(t.Needs, *needs[id])
	}
	return nil
}

// needOfCooling tells which erasures wait, and which went stale meanwhile.
func (a *App) needOfCooling(t *Today, tx Tx) error {
	_, cs, err := waiting(tx)
	if err != nil {
		return err
	}
	for _, c := range cs {
		n := Need{Kind: "cooling", Tone: ToneQuiet, Case: cases.ID(c.Scope.Case), Due: law.DateOf(c.RunsAt, a.d.Zone), Count: c.Objects}
		if c.Stale || c.late(a.now()) {
			n.Tone, n.Due = ToneAtRisk, a.today()
		}
		n.DaysLeft = a.today().Days(n.Due)
		t.Needs = append(t.Needs, n)
	}
	return nil
}
