package promise_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/promise"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/app/retention"
)

// dice makes inputs in which anything may be missing, wrong or in the future.
type dice struct{ *rand.Rand }

func (d dice) one(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) day() law.Date {
	if d.one(6) {
		return law.Date{}
	}
	return date(today).AddDays(d.IntN(61) - 30)
}

func (d dice) at() time.Time {
	switch d.IntN(8) {
	case 0:
		return time.Time{}
	case 1:
		return noon(today).AddDate(-d.IntN(14), 0, d.IntN(60)-30)
	}
	return noon(today).Add(time.Duration(d.IntN(1440)-720) * time.Hour)
}

func (d dice) text() string {
	return pick(d, "", " ", "a", "Photographs", "Identity; contact details; orders; invoices", "\u202e\n\x00", "\xff\xfe", "CNIL judicial")
}

func (d dice) rows() []retention.Row {
	var out []retention.Row
	for range d.IntN(4) {
		out = append(out, retention.Row{
			Order: int64(d.IntN(3)), Number: pick(d, "", "1001"), Due: date(today).AddDays(d.IntN(41) - 20), Objects: d.IntN(4),
			Held: pick(d, "", "", "", "complaint", retention.NoStart), Case: 0,
		})
	}
	return out
}

func (d dice) input() promise.Input {
	in := whole()
	in.Media = pick(d, nil, &retention.Result{}, &retention.Result{Due: d.rows(), Ahead: d.rows()}, &retention.Result{Due: d.rows(), Ahead: d.rows()})
	in.MediaErr, in.MailFailed, in.OrdersFailed = d.one(5), d.one(5), d.one(5)
	in.Locators, in.Storages = d.IntN(4), d.IntN(4)
	in.MailSyncedAt, in.OrdersSyncedAt, in.BackupAt = pick(d, noon(today), d.at()), pick(d, noon(today), d.at()), d.at()
	in.TriedAt, in.TriedFailed = pick(d, time.Time{}, d.at()), d.one(3)
	if d.one(3) {
		in.ToCheck, in.OldestToCheck = d.IntN(3), d.at()
	}
	if d.one(3) {
		in.Cases = nil
	}
	for i := range d.IntN(6) {
		c := cases.Case{
			ID: cases.ID(100 + i), State: cases.State(d.IntN(8)), Minor: d.one(3), Link: pick(d, cases.LinkUnknown, cases.Self, cases.Parent),
			ReceivedAt: d.at(), AnsweredAt: d.at(), Letters: []cases.Letter{{Kind: pick(d, "answer", "refuse", "close"), Text: d.text(), SentAt: d.at()}},
		}
		for range d.IntN(3) {
			c.Asked = append(c.Asked, cases.Asked{Right: pick(d, request.Rights...), Outcome: pick(d, cases.Undecided, cases.Granted, cases.Partly, cases.Denied, cases.Moot), Ground: d.text(), Reason: d.text()})
		}
		in.Cases = append(in.Cases, c)
		in.Deadlines[c.ID] = law.Deadline{Due: d.day(), RefusalBy: d.day(), Suspended: d.one(5)}
	}
	for range d.IntN(4) {
		in.Orders = append(in.Orders, order.Order{
			ID: int64(d.IntN(9)), Number: d.text(), State: order.State(d.IntN(8)), CreatedAt: d.at(), CompletedAt: d.at(), ModifiedAt: d.at(),
			Total: pick(d, "", "9.00"), Customer: order.Customer{Email: d.text(), LastName: d.text()},
		})
	}
	for range d.IntN(3) {
		in.Processors = append(in.Processors, register.Processor{
			Name: d.text(), Role: pick(d, "", "processor", "independent controller", "joint controller", "x"), Country: pick(d, "", "FR", "US", "xx", "\xff"),
			ContractOn: d.day(), ContractUntil: d.day(), Transfer: pick(d, "", "scc", "dpf", "adequacy", "none needed"), TransferNote: d.text(), Security: d.text(),
		})
		in.Activities = append(in.Activities, activity(d.text(), d.IntN(9)-1, pick(d, "", "consent", "contract", "legitimate interests", "x"), d.text()))
		in.Trackers = append(in.Trackers, register.Tracker{Name: d.text(), Consent: pick(d, "", "needed", "exempt")})
		in.Consents = append(in.Consents, register.Consent{Kind: pick(d, "consent", "withdrawal"), What: pick(d, "photo use", "x"), At: d.text(), How: d.text(), Ended: pick(d, "", "x")})
		in.Policies = append(in.Policies, register.PolicyVersion{ID: d.text(), From: d.day(), Until: d.day(), Text: d.text(), SHA256: register.SHA256(d.text())})
		in.Connections = append(in.Connections, promise.Connection{Name: d.text(), TLS: pick(d, "", "TLS 1.3", "tls1.1", "loopback", "none"), Failed: d.one(4)})
		in.Runs = append(in.Runs, erasure.Record{Erased: d.IntN(3)})
	}
	for range d.IntN(3) {
		in.Site.Found = append(in.Site.Found, promise.SiteFound{Name: pick(d, "", "_ga", "sid"), Host: pick(d, "shop.example", "cdn.example"), How: pick(d, "cookie", "script")})
	}
	in.Site.CheckedAt, in.Site.Browser, in.Site.Scripts, in.Site.PolicyText, in.Site.Contact = d.at(), pick(d, "", "Chromium"), d.IntN(2), pick(d, "", "text", "text", d.text()), !d.one(9)
	in.Site.TLS, in.Site.CertUntil = pick(d, "TLS 1.3", "TLS 1.3", "TLS 1.0", "none", ""), d.at()
	if d.one(6) {
		in.Site = nil
	}
	in.Drill = pick(d, in.Drill, nil, &promise.Drill{At: d.at(), Failed: pick(d, "", "verify"), Erased: d.IntN(2)})
	for _, k := range promise.Statements {
		in.Stated[k] = pick(d, date(today), date(today), law.Date{}, date("2024-01-01"))
	}
	for i := range in.Orders {
		in.Orders[i].Account = pick(d, "", "1", "2")
		in.Orders[i].Anonymised = d.one(9)
	}
	in.Rules = slices.DeleteFunc(in.Rules, func(register.Rule) bool { return d.one(12) })
	return in
}

// mediaOracle reads the promise itself: is anything free to go past its day, or
// about to be?
func mediaOracle(in promise.Input) (over, soon bool) {
	if in.Media == nil {
		return
	}
	for _, r := range append(slices.Clone(in.Media.Due), in.Media.Ahead...) {
		if r.Held != "" {
			continue
		}
		left := int(r.Due.Start(time.UTC).Sub(date(today).Start(time.UTC)).Hours() / 24)
		over = over || left < 0
		soon = soon || left >= 0 && left <= 7
	}
	return
}

// rightsOracle reads the promise itself: is any case late, or was it answered
// late in the last twelve months?
func rightsOracle(in promise.Input) bool {
	for _, c := range in.Cases {
		d := in.Deadlines[c.ID]
		if c.State.Open() {
			if !d.Due.IsZero() && d.Due.String() < today {
				return true
			}
			continue
		}
		if c.State == cases.Withdrawn || c.AnsweredAt.IsZero() {
			continue
		}
		limit := d.Due
		denied := len(c.Asked) > 0
		for _, a := range c.Asked {
			denied = denied && a.Outcome == cases.Denied
		}
		if (c.State == cases.Refused || denied) && !d.RefusalBy.IsZero() {
			limit = d.RefusalBy
		}
		on := c.AnsweredAt.In(law.Paris()).Format(time.DateOnly)
		if !limit.IsZero() && on > limit.String() && on >= "2025-11-23" {
			return true
		}
	}
	return false
}

// The oracles below read the promises themselves, as somebody would who has
// only the rows; each tells in words what breaks the promise, or what keeps it
// from being told.

func accountsOracle(in promise.Input) string {
	for _, o := range in.Orders {
		c := o.Customer
		if o.Account == "" || o.Anonymised || o.State == order.Gone || strings.TrimSpace(c.Email+c.FirstName+c.LastName+c.Phone+c.Address) == "" {
			continue
		}
		awake := false
		for _, x := range in.Orders {
			if x.Shop != o.Shop || x.Account != o.Account {
				continue
			}
			if x.State == order.Open {
				awake = true
			}
			for _, t := range []time.Time{x.CreatedAt, x.CompletedAt, x.ModifiedAt} {
				awake = awake || t.After(noon(today).AddDate(-3, 0, -1))
			}
		}
		for _, k := range in.Cases {
			awake = awake || k.Requester.Email != ""
		}
		if !awake {
			return "an account slept for three years"
		}
	}
	if in.Stated["accounts"].String() != today {
		return "nobody looked through the accounts"
	}
	return ""
}

func siteStale(in promise.Input) bool {
	return in.Site == nil || in.Site.CheckedAt.Before(noon(today).AddDate(0, 0, -31))
}

func siteOracle(in promise.Input) string {
	switch {
	case siteStale(in):
		return "nobody looked at the site"
	case in.Site.TLS != "TLS 1.3":
		return "the site is not encrypted"
	case !in.Site.CertUntil.IsZero() && law.DateOf(in.Site.CertUntil, law.Paris()).String() < today:
		return "the certificate expired"
	}
	return ""
}

func trackersOracle(in promise.Input) string {
	if siteStale(in) {
		return "nobody looked at the site"
	}
	for _, f := range in.Site.Found {
		exempt := false
		for _, t := range in.Trackers {
			exempt = exempt || t.Consent == "exempt" && (f.Name != "" && t.Name == f.Name || t.Domain != "" && t.Domain == f.Host)
		}
		if !exempt {
			return "it sets " + f.Name + f.Host
		}
	}
	for _, t := range in.Trackers {
		if t.Name == "" || t.Consent == "" || t.Lifetime == "" {
			return "the register is not complete"
		}
	}
	if in.Site.Browser == "" && in.Site.Scripts > 0 && in.Stated["banner"].String() != today {
		return "nobody saw the scripts run"
	}
	return ""
}

func drillOracle(in promise.Input) string {
	if in.Drill != nil && in.Drill.Failed != "" && in.Drill.At.After(noon(today).AddDate(-1, 0, 1)) {
		return "the last drill failed"
	}
	return ""
}

// restoreOracle: the last trial failed, and nobody saw one that went well since.
func restoreOracle(in promise.Input) string {
	if !in.TriedAt.IsZero() && in.TriedFailed && in.Stated["restore"].String() <= law.DateOf(in.TriedAt, law.Paris()).String() {
		return "no backup could be restored"
	}
	return ""
}

func pageOracle(in promise.Input) string {
	if siteStale(in) {
		return "nobody looked at the site"
	}
	for _, v := range in.Policies {
		if v.From.String() <= today && (v.Until.IsZero() || v.Until.String() >= today) && strings.TrimSpace(v.Text) == strings.TrimSpace(in.Site.PolicyText) {
			return ""
		}
	}
	return "the page says something else"
}

func TestKeptNeverStandsBesideABrokenRow(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(20, 26))}
	seen := map[string]map[promise.State]int{}
	for range 3_000 {
		in := d.input()
		all := promise.Check(in)
		if len(all) != 17 {
			t.Fatalf("%d promises", len(all))
		}
		for _, p := range all {
			if seen[p.ID] == nil {
				seen[p.ID] = map[promise.State]int{}
			}
			seen[p.ID][p.State]++
			if len(p.Evidence) == 0 || p.By.IsZero() == (p.State == promise.AtRisk) || p.State == promise.AtRisk && p.By.Before(in.Today) || p.State == promise.Kept && p.Mend != "" {
				t.Fatalf("%+v", p)
			}
		}
		p8, p14 := all[7], all[13]
		over, soon := mediaOracle(in)
		if over != (p8.State == promise.Broken) || !over && soon != (p8.State == promise.AtRisk) {
			t.Fatalf("media: over %v, soon %v, but %s: %+v", over, soon, p8.State, in.Media)
		}
		if (in.Media == nil || in.MediaErr || in.Storages == 0 || in.Locators == 0 || in.OrdersFailed) && p8.State == promise.Kept {
			t.Fatalf("media kept without having looked: %+v", p8)
		}
		if late := rightsOracle(in); late != (p14.State == promise.Broken) {
			t.Fatalf("rights: late %v, but %s: %v", late, p14.State, p14.Evidence)
		}
		if why := restoreOracle(in); why != "" && all[11].State == promise.Kept {
			t.Fatalf("P12 is kept although %s: %v", why, all[11].Evidence)
		}
		for i, why := range map[int]string{10: accountsOracle(in), 11: siteOracle(in), 12: trackersOracle(in), 14: drillOracle(in), 16: pageOracle(in)} {
			if why != "" && all[i].State == promise.Kept {
				t.Fatalf("%s is kept although %s: %v", all[i].ID, why, all[i].Evidence)
			}
		}
		if (in.MailSyncedAt.IsZero() || in.MailFailed) && p14.State == promise.Kept {
			t.Fatalf("rights kept without a mailbox: %+v", p14)
		}
	}
	// The dice must have reached what the property speaks of.
	for _, id := range []string{"P8", "P14", "P6"} {
		for _, s := range []promise.State{promise.CannotTell, promise.Kept, promise.AtRisk, promise.Broken} {
			if seen[id][s] == 0 {
				t.Errorf("%s was never %s", id, s)
			}
		}
	}
	for _, id := range []string{"P4", "P11", "P12", "P13", "P17"} {
		if seen[id][promise.Kept] == 0 {
			t.Errorf("%s was never kept", id)
		}
	}
}

func TestTheBoardDoesNotDependOnTheOrderOfRecords(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(3, 9))}
	for range 500 {
		in := d.input()
		before := promise.Check(in)
		slices.Reverse(in.Orders)
		slices.Reverse(in.Cases)
		slices.Reverse(in.Processors)
		slices.Reverse(in.Policies)
		slices.Reverse(in.Connections)
		for i, p := range promise.Check(in) {
			if b := before[i]; p.State != b.State || p.By != b.By || len(p.Evidence) != len(b.Evidence) {
				t.Fatalf("%s: %s by %s, then %s by %s", p.ID, b.State, b.By, p.State, p.By)
			}
		}
	}
}

func BenchmarkCheckFortyThousandOrders(b *testing.B) {
	in := whole()
	for i := range 40_000 {
		o := in.Orders[0]
		o.ID = int64(i + 2)
		o.Customer.Email = string(rune('a'+i%26)) + o.Customer.Email
		in.Orders = append(in.Orders, o)
	}
	for b.Loop() {
		promise.Check(in)
	}
}
