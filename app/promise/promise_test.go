package promise_test

import (
	"fmt"
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

func date(s string) law.Date {
	d, err := law.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func noon(s string) time.Time { return date(s).Start(law.Paris()).Add(12 * time.Hour) }

const today = "2026-11-23"

func words(s string) register.Text { return register.Text{FR: s, EN: s} }

func activity(id string, purpose int, basis string, categories ...string) register.Activity {
	a := register.Activity{ID: id, Name: words("activity " + id), LegalBasis: basis, PolicyPurpose: purpose}
	for _, c := range categories {
		a.Data = append(a.Data, register.Data{Category: words(c)})
	}
	return a
}

func sentLetter(kind, text string) cases.Letter {
	return cases.Letter{Kind: kind, Text: text, SentAt: noon("2026-11-10")}
}

const remedies = "You may complain to the CNIL and seek a judicial remedy."

// closedCase is a case of one right that was answered in time.
func closedCase(id int, r request.Right) cases.Case {
	return cases.Case{
		ID: cases.ID(id), State: cases.Closed, Asked: []cases.Asked{{Right: r, Outcome: cases.Granted}},
		ReceivedAt: noon("2026-11-02"), AnsweredAt: noon("2026-11-10"), ClosedAt: noon("2026-11-11"),
		Letters: []cases.Letter{sentLetter(cases.LetterAnswer, remedies)},
	}
}

// whole is an input in which everything is on file and as it was promised.
func whole() promise.Input {
	in := promise.Input{
		Today: date(today), Zone: law.Paris(), Now: noon(today),
		Controller: register.Controller{Name: "Shop EI", Address: "1 rue A, Lille", Email: "contact@shop.example"},
		Activities: []register.Activity{
			activity("T1", 1, "contract", "Identity", "Contact details", "Orders"),
			activity("T2", 2, "contract", "Photographs"),
			activity("T3", 3, "legal obligation", "Invoices"),
			activity("T4", 4, "contract", "Contact details"),
			activity("T5", 5, "consent", "Contact details"),
			activity("T6", 6, "consent", "Browsing data"),
		},
		Rules: []register.Rule{
			{ID: "media", Period: "60 days"}, {ID: "contract"}, {ID: "billing", Period: "10 years"}, {ID: "commercial", Period: "3 years"},
		},
		Trackers: []register.Tracker{{ID: "session", Name: "sid", Party: "first", Purpose: words("basket"), Lifetime: "session", Consent: "exempt"}},
		Policies: []register.PolicyVersion{{ID: "v1", From: date("2026-01-02"), Text: "text", SHA256: register.SHA256("text")}},
		Orders: []order.Order{{
			ID: 1, Shop: "shop", Ref: "1", Number: "1001", State: order.Completed, CreatedAt: noon("2026-10-01"), CompletedAt: noon("2026-10-20"),
			ModifiedAt: noon("2026-10-20"), Customer: order.Customer{Email: "a@b.example", FirstName: "A"}, Total: "49.00", Currency: "EUR", Photos: []string{"x.jpg"},
		}},
		Media:        &retention.Result{Ahead: []retention.Row{{Rule: "media", Order: 1, Number: "1001", Due: date("2026-12-19"), Objects: 3}}},
		Locators:     1,
		Storages:     1,
		Deadlines:    map[cases.ID]law.Deadline{},
		MailSyncedAt: noon("2026-11-22"), OrdersSyncedAt: noon("2026-11-22"), BackupAt: noon("2026-11-20"),
		Connections: []promise.Connection{{Kind: "mailbox", Name: "mailbox", TLS: "TLS 1.3"}, {Kind: "shop", Name: "csv", TLS: "local"}},
		Runs:        []erasure.Record{{ID: 1, State: erasure.Complete, Erased: 4}},
		Erased:      map[int64]time.Time{9: noon("2026-10-01")},
		Site: &promise.Site{CheckedAt: noon("2026-11-20"), Browser: "Chromium", Pages: []promise.SitePage{{Path: "/", Status: 200}}, PolicyText: "Shop\ntext", TLS: "TLS 1.3",
			CertUntil: noon("2027-02-01"), Contact: true, Found: []promise.SiteFound{{Name: "sid", Host: "shop.example", How: "cookie", Page: "/", First: true}}},
		Drill:  &promise.Drill{At: noon("2026-11-15"), Erased: 1},
		Stated: map[string]law.Date{},
	}
	for _, k := range promise.Statements {
		in.Stated[k] = date("2026-11-01")
	}
	for _, f := range []string{"payment", "printing", "hosting", "ai"} {
		in.Processors = append(in.Processors, register.Processor{
			ID: f, Family: f, Name: "Firm " + f, Role: "processor", Country: "FR", ContractOn: date("2026-01-05"), Security: "ISO 27001",
		})
	}
	for i, r := range request.Rights {
		c := closedCase(i+1, r)
		in.Cases = append(in.Cases, c)
		in.Deadlines[c.ID] = law.Deadline{Due: date("2026-12-02"), RefusalBy: date("2026-12-02")}
	}
	return in
}

func openCase(in *promise.Input, due string) *cases.Case {
	c := cases.Case{ID: 50, State: cases.Acknowledged, ReceivedAt: noon("2026-11-01"), Asked: []cases.Asked{{Right: request.Erasure}}}
	in.Cases = append(in.Cases, c)
	in.Deadlines[50] = law.Deadline{Due: date(due), RefusalBy: date(due)}
	return &in.Cases[len(in.Cases)-1]
}

func due(in *promise.Input, r retention.Row) { in.Media.Due = append(in.Media.Due, r) }

func hasKey(p promise.Promise, key string) bool {
	return slices.ContainsFunc(p.Evidence, func(l promise.Line) bool { return l.Key == key })
}

const (
	cannot = promise.CannotTell
	kept   = promise.Kept
	risk   = promise.AtRisk
	broken = promise.Broken
)

var table = []struct {
	id, name string
	change   func(*promise.Input)
	state    promise.State
	key      string // that must be in the evidence, "" for any
	mend     string
	by       string
}{
	{"P1", "a controller with name, address and e-mail is named", nil, kept, "promise.p1.filled", "", ""},
	{"P1", "a controller without an address is not", func(in *promise.Input) { in.Controller.Address = "  " }, cannot, "promise.p1.address", "settings", ""},
	{"P1", "an e-mail address without its sign is none", func(in *promise.Input) { in.Controller.Email = "shop@" }, cannot, "promise.p1.email", "settings", ""},

	{"P2", "every category stands in the register", nil, kept, "promise.p2.declared", "", ""},
	{"P2", "photographs that come and are not declared break it", func(in *promise.Input) { in.Activities[1].Data = nil }, broken, "promise.p2.undeclared.photographs", "processing", ""},
	{"P2", "photographs that lie in the storage and are not declared break it", func(in *promise.Input) {
		in.Activities[1].Data, in.Orders[0].Photos = nil, nil
	}, broken, "promise.p2.undeclared.photographs", "processing", ""},
	{"P2", "a category of the policy that nothing brings is missing", func(in *promise.Input) { in.Activities[5].Data = nil }, cannot, "promise.p2.absent.browsing", "processing", ""},
	{"P2", "without a register it cannot be told", func(in *promise.Input) { in.Activities = nil }, cannot, "promise.any.noregister", "processing", ""},
	{"P2", "a shop that was not read brings nothing that could be compared", func(in *promise.Input) { in.Orders = nil }, cannot, "promise.p2.nothing", "sync", ""},
	{"P2", "a word that only contains another is not that word", func(in *promise.Input) { in.Activities[0].Data[2].Category = words("Disorder, border") }, broken, "promise.p2.undeclared.order", "processing", ""},

	{"P3", "no other use is recorded", nil, kept, "promise.p3.none", "", ""},
	{"P3", "a use of photographs for marketing without consent breaks it", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 5, "legitimate interests", "Photographs"))
	}, broken, "promise.p3.without", "processing", ""},
	{"P3", "another use on consent without one on file breaks it", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 0, "consent", "Portraits"))
	}, broken, "promise.p3.without", "processing", ""},
	{"P3", "another use with a written consent on file is kept", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 5, "consent", "Photographs"))
		in.Consents = []register.Consent{{ID: "C1", Who: "a@b.example", Kind: "consent", What: "photo use", At: "2026-02-01T10:00:00Z", How: "signed form"}}
	}, kept, "promise.p3.consent", "", ""},
	{"P3", "a consent that has ended covers nothing", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 5, "consent", "Photographs"))
		in.Consents = []register.Consent{{ID: "C1", Kind: "consent", What: "photo use", At: "2026-02-01T10:00:00Z", How: "form", Ended: "2026-03-01T10:00:00Z"}}
	}, broken, "promise.p3.ended", "processing", ""},
	{"P3", "a consent whose form is not known proves nothing", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 5, "consent", "Photographs"))
		in.Consents = []register.Consent{{ID: "C1", Kind: "consent", What: "photo use", At: "2026-02-01T10:00:00Z"}}
	}, cannot, "promise.p3.prior", "processing", ""},
	{"P3", "a legal obligation is no use of the shop", func(in *promise.Input) {
		in.Activities = append(in.Activities, activity("T10", 0, "legal obligation", "Photographs"))
	}, kept, "promise.p3.none", "", ""},

	{"P4", "the checkout asks, and no request concerns a minor", nil, kept, "promise.p4.orders.stated", "", ""},
	{"P4", "without the owner's word on the checkout it cannot be told", func(in *promise.Input) { in.Stated = nil }, cannot, "promise.p4.orders", "state.minors", ""},
	{"P4", "her word counts for a year", func(in *promise.Input) { in.Stated["minors"] = date("2025-11-22") }, cannot, "promise.p4.orders", "state.minors", ""},
	{"P4", "her word of tomorrow is none", func(in *promise.Input) { in.Stated["minors"] = date("2026-11-24") }, cannot, "promise.p4.orders", "state.minors", ""},
	{"P4", "a parent's request is settled", func(in *promise.Input) { in.Cases[0].Minor, in.Cases[0].Link = true, cases.Parent }, kept, "promise.p4.settled.one", "", ""},
	{"P4", "an open case of a minor with nobody settled is missing", func(in *promise.Input) { openCase(in, "2026-12-23").Minor = true }, cannot, "promise.p4.unsettled", "requests", ""},
	{"P4", "an answered case of a minor with nobody settled breaks it", func(in *promise.Input) { in.Cases[2].Minor = true }, broken, "promise.p4.unsettled", "requests", ""},
	{"P4", "a minor who asks in person needs a reason", func(in *promise.Input) { in.Cases[2].Minor, in.Cases[2].Link = true, cases.Self }, broken, "promise.p4.self", "requests", ""},
	{"P4", "a minor who asks in person with a reason is settled", func(in *promise.Input) {
		in.Cases[2].Minor, in.Cases[2].Link, in.Cases[2].Identity.Reason = true, cases.Self, "seventeen, understands"
	}, kept, "promise.p4.settled.one", "", ""},

	{"P5", "six purposes have their basis", nil, kept, "promise.p5.covered", "", ""},
	{"P5", "a purpose that no activity covers is missing", func(in *promise.Input) { in.Activities = in.Activities[:5] }, cannot, "promise.p5.uncovered", "processing", ""},
	{"P5", "an activity without a basis is missing", func(in *promise.Input) { in.Activities[0].LegalBasis = "" }, cannot, "promise.p5.basis", "processing", ""},
	{"P5", "marketing on another basis than consent breaks it", func(in *promise.Input) { in.Activities[4].LegalBasis = "legitimate interests" }, broken, "promise.p5.consent", "processing", ""},
	{"P5", "a basis that the policy does not name cannot be told", func(in *promise.Input) { in.Activities[3].LegalBasis = "legitimate interests" }, cannot, "promise.p5.interests", "policy", ""},
	{"P5", "a word that is no basis is missing", func(in *promise.Input) { in.Activities[0].LegalBasis = "habit" }, cannot, "promise.p5.unknown", "processing", ""},

	{"P6", "each processor has its contract", nil, kept, "promise.p6.signed", "", ""},
	{"P6", "without any provider it cannot be told", func(in *promise.Input) { in.Processors = nil }, cannot, "promise.p6.none", "processors", ""},
	{"P6", "a provider not named yet cannot be told, contract or not", func(in *promise.Input) { in.Processors[0].Name = "" }, cannot, "promise.p6.unnamed", "processors", ""},
	{"P6", "a processor without a contract breaks it", func(in *promise.Input) { in.Processors[1].ContractOn = law.Date{} }, broken, "promise.p6.unsigned", "processors", ""},
	{"P6", "a contract that ended yesterday breaks it", func(in *promise.Input) { in.Processors[1].ContractUntil = date("2026-11-22") }, broken, "promise.p6.expired", "processors", ""},
	{"P6", "a contract that ends today is at risk today", func(in *promise.Input) { in.Processors[1].ContractUntil = date(today) }, risk, "promise.p6.ending", "processors", today},
	{"P6", "a contract that ends in sixty days is at risk", func(in *promise.Input) { in.Processors[1].ContractUntil = date("2027-01-22") }, risk, "promise.p6.ending", "processors", "2027-01-22"},
	{"P6", "a contract that ends in sixty-one days is kept", func(in *promise.Input) { in.Processors[1].ContractUntil = date("2027-01-23") }, kept, "promise.p6.until", "", ""},
	{"P6", "a contract dated tomorrow is not signed", func(in *promise.Input) { in.Processors[1].ContractOn = date("2026-11-24") }, broken, "promise.p6.future", "processors", ""},
	{"P6", "a role to settle cannot be told", func(in *promise.Input) { in.Processors[1].Role = "" }, cannot, "promise.p6.role", "processors", ""},
	{"P6", "an independent controller needs no such contract", func(in *promise.Input) {
		in.Processors[0].Role, in.Processors[0].ContractOn = "independent controller", law.Date{}
	}, kept, "promise.p6.independent", "", ""},
	{"P6", "a joint controller needs an arrangement", func(in *promise.Input) {
		in.Processors[0].Role, in.Processors[0].ContractOn = "joint controller", law.Date{}
	}, cannot, "promise.p6.joint", "processors", ""},
	{"P6", "a family of the policy without a provider cannot be told", func(in *promise.Input) { in.Processors = in.Processors[:3] }, cannot, "promise.p6.family.ai", "processors", ""},

	{"P7", "providers inside the EEA need no safeguard", nil, kept, "promise.p7.inside", "", ""},
	{"P7", "a provider of Réunion is inside", func(in *promise.Input) { in.Processors[0].Country = "re" }, kept, "promise.p7.inside", "", ""},
	{"P7", "a country to complete cannot be told", func(in *promise.Input) { in.Processors[0].Country = "" }, cannot, "promise.p7.country", "processors", ""},
	{"P7", "a word that is no country code cannot be told", func(in *promise.Input) { in.Processors[0].Country = "Utopia" }, cannot, "promise.p7.country", "processors", ""},
	{"P7", "a third country without a mechanism breaks it", func(in *promise.Input) { in.Processors[0].Country = "US" }, broken, "promise.p7.without", "processors", ""},
	{"P7", "a third country that claims to need none breaks it", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer = "US", "none needed"
	}, broken, "promise.p7.without", "processors", ""},
	{"P7", "documented clauses keep it", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer, in.Processors[0].TransferNote = "IN", "scc", "module 2, 2026-01-05"
	}, kept, "promise.p7.safeguard", "", ""},
	{"P7", "clauses without module and date cannot be told", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer = "IN", "scc"
	}, cannot, "promise.p7.note", "processors", ""},
	{"P7", "an adequacy decision covers Switzerland", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer = "CH", "adequacy"
	}, kept, "promise.p7.safeguard", "", ""},
	{"P7", "no adequacy decision covers India", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer = "IN", "adequacy"
	}, cannot, "promise.p7.adequacy", "processors", ""},
	{"P7", "the framework with the United States covers nobody else", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer, in.Processors[0].TransferNote = "GB", "dpf", "listed"
	}, broken, "promise.p7.dpf", "processors", ""},
	{"P7", "a mechanism that is none cannot be told", func(in *promise.Input) {
		in.Processors[0].Country, in.Processors[0].Transfer = "IN", "promise"
	}, cannot, "promise.p7.mechanism", "processors", ""},

	{"P8", "nothing past its period is kept", nil, kept, "promise.p8.clean", "", ""},
	{"P8", "an order due yesterday breaks it", func(in *promise.Input) {
		due(in, retention.Row{Order: 2, Number: "1002", Due: date("2026-11-22"), Objects: 2})
	}, broken, "promise.p8.over", "orders", ""},
	{"P8", "an order due today is at risk today", func(in *promise.Input) {
		due(in, retention.Row{Order: 2, Number: "1002", Due: date(today), Objects: 1})
	}, risk, "promise.p8.soon.one", "orders", today},
	{"P8", "an order due in seven days is at risk", func(in *promise.Input) { in.Media.Ahead[0].Due = date("2026-11-30") }, risk, "promise.p8.soon", "orders", "2026-11-30"},
	{"P8", "an order due in eight days is kept", func(in *promise.Input) { in.Media.Ahead[0].Due = date("2026-12-01") }, kept, "promise.p8.next", "", ""},
	{"P8", "the earliest of several days is told", func(in *promise.Input) {
		in.Media.Ahead[0].Due = date("2026-11-30")
		in.Media.Ahead = append(in.Media.Ahead, retention.Row{Order: 3, Number: "3", Due: date("2026-11-25"), Objects: 1})
	}, risk, "promise.p8.soon", "orders", "2026-11-25"},
	{"P8", "objects of no order past their period break it", func(in *promise.Input) {
		due(in, retention.Row{Due: date("2026-10-01"), Objects: 5})
	}, broken, "promise.p8.overorphans", "orders", ""},
	{"P8", "a hold with its reason keeps it, and is told", func(in *promise.Input) {
		due(in, retention.Row{Order: 2, Number: "1002", Due: date("2026-10-01"), Objects: 2, Held: "complaint"})
	}, kept, "promise.p8.held", "", ""},
	{"P8", "an open case that needs the photographs keeps it", func(in *promise.Input) {
		due(in, retention.Row{Order: 2, Number: "1002", Due: date("2026-10-01"), Objects: 2, Held: "case 3: access", Case: 3})
	}, kept, "promise.p8.heldcase", "", ""},
	{"P8", "objects of unknown age cannot be told", func(in *promise.Input) {
		due(in, retention.Row{Order: 2, Number: "1002", Due: date(today), Objects: 2, Held: retention.NoStart})
	}, cannot, "promise.p8.nodate", "orders", ""},
	{"P8", "a storage that could not be listed cannot be told", func(in *promise.Input) { in.Media, in.MediaErr = nil, true }, cannot, "promise.p8.unlisted", "settings", ""},
	{"P8", "an error beside a result is not a clean storage", func(in *promise.Input) { in.MediaErr = true }, cannot, "promise.p8.unlisted", "settings", ""},
	{"P8", "no storage cannot be told", func(in *promise.Input) { in.Storages = 0 }, cannot, "promise.p8.nostorage", "settings", ""},
	{"P8", "a storage without a locator cannot be told", func(in *promise.Input) { in.Locators = 0 }, cannot, "promise.p8.nostorage", "settings", ""},
	{"P8", "orders never read cannot be told", func(in *promise.Input) { in.OrdersSyncedAt = time.Time{} }, cannot, "promise.any.orders.never", "sync", ""},
	{"P8", "a rule longer than promised cannot be told", func(in *promise.Input) { in.Rules[0].Period = "3 months" }, cannot, "promise.p8.longer", "policy", ""},
	{"P8", "a rule without a period cannot be told", func(in *promise.Input) { in.Rules[0].Period = "" }, cannot, "promise.p8.rule", "policy", ""},

	{"P9", "completed orders of ten years are there", nil, kept, "promise.p9.kept.one", "", ""},
	{"P9", "no completed order cannot be told", func(in *promise.Input) { in.Orders = nil }, cannot, "promise.p9.none", "sync", ""},
	{"P9", "an open order was not invoiced", func(in *promise.Input) {
		in.Orders[0].State, in.Orders[0].CompletedAt = order.Open, time.Time{}
	}, cannot, "promise.p9.none", "sync", ""},
	{"P9", "no billing rule cannot be told", func(in *promise.Input) { in.Rules = in.Rules[:2] }, cannot, "promise.p9.rule", "policy", ""},
	{"P9", "a billing rule of nine years cannot be told", func(in *promise.Input) { in.Rules[2].Period = "9 years" }, cannot, "promise.p9.period", "policy", ""},
	{"P9", "an order without its amount cannot be told", func(in *promise.Input) { in.Orders[0].Total = "" }, cannot, "promise.p9.lost.one", "orders", ""},
	{"P9", "an order gone from the shop cannot be told", func(in *promise.Input) { in.Orders[0].State = order.Gone }, cannot, "promise.p9.gone", "orders", ""},
	{"P9", "data of an invoice of 2015 break it in 2026", func(in *promise.Input) { in.Orders[0].CompletedAt = noon("2015-06-01") }, broken, "promise.p9.old", "orders", ""},
	{"P9", "an invoice of 2016 is kept until the end of 2026", func(in *promise.Input) { in.Orders[0].CompletedAt = noon("2016-01-01") }, kept, "promise.p9.kept.one", "", ""},
	{"P9", "a completed order without a date cannot be told", func(in *promise.Input) {
		o := &in.Orders[0]
		o.CompletedAt, o.CreatedAt, o.ModifiedAt = time.Time{}, time.Time{}, time.Time{}
	}, cannot, "promise.p9.undated.one", "orders", ""},

	{"P10", "a recent customer is within the period", nil, kept, "promise.p10.within.one", "", ""},
	{"P10", "a customer of more than three years ago breaks it", func(in *promise.Input) { oldOrder(in, "2023-11-22") }, broken, "promise.p10.over.one", "orders", ""},
	{"P10", "a customer of exactly three years ago is at risk today", func(in *promise.Input) { oldOrder(in, "2023-11-23") }, risk, "promise.p10.soon.one", "orders", today},
	{"P10", "a customer whose period ends in thirty days is at risk", func(in *promise.Input) { oldOrder(in, "2023-12-23") }, risk, "promise.p10.row", "orders", "2026-12-23"},
	{"P10", "a customer whose period ends in thirty-one days is kept", func(in *promise.Input) { oldOrder(in, "2023-12-24") }, kept, "promise.p10.within.one", "", ""},
	{"P10", "what the shop changed later is no contact of the person", func(in *promise.Input) {
		oldOrder(in, "2023-11-22")
		in.Orders[0].ModifiedAt = noon("2026-11-01")
	}, broken, "promise.p10.over.one", "orders", ""},
	{"P10", "an ordinary mail of the person is a contact", func(in *promise.Input) {
		oldOrder(in, "2023-11-22")
		in.Wrote = func(string) time.Time { return noon("2025-03-01") }
	}, kept, "promise.p10.within.one", "", ""},
	{"P10", "a hold says why contact data stay", func(in *promise.Input) {
		oldOrder(in, "2023-11-22")
		in.Held = func(int64) string { return "a dispute" }
	}, kept, "promise.p10.waits.one", "", ""},
	{"P11", "an order whose contract is over and that nobody archived breaks it", func(in *promise.Input) {
		in.Contract = []retention.Row{{Order: 1, Number: "1001", Due: date("2026-11-20")}}
	}, broken, "promise.p11.over.one", "orders", ""},
	{"P11", "an order to be archived today is at risk", func(in *promise.Input) {
		in.Contract = []retention.Row{{Order: 1, Number: "1001", Due: date(today)}}
	}, risk, "promise.p11.today.one", "orders", today},
	{"P10", "a request of the person is a contact", func(in *promise.Input) {
		oldOrder(in, "2020-01-01")
		in.Cases[0].Requester.Email = " A@B.example"
	}, kept, "promise.p10.within.one", "", ""},
	{"P10", "another order of the same address is a contact", func(in *promise.Input) {
		o := in.Orders[0]
		o.ID, o.Customer.Email = 2, "A@b.example "
		oldOrder(in, "2020-01-01")
		in.Orders = append(in.Orders, o)
	}, kept, "promise.p10.within.one", "", ""},
	{"P10", "a forgotten customer holds nothing", func(in *promise.Input) {
		oldOrder(in, "2020-01-01")
		in.Orders[0].Customer = order.Customer{}
	}, kept, "promise.p10.nobody", "", ""},
	{"P10", "media that were erased do not make the contact data go", func(in *promise.Input) {
		oldOrder(in, "2020-01-01")
		in.Orders[0].Erased, in.Erased = true, map[int64]time.Time{1: noon("2020-04-01")}
	}, broken, "promise.p10.over.one", "orders", ""},
	{"P10", "orders that could not be read cannot be told", func(in *promise.Input) { in.OrdersFailed = true }, cannot, "promise.any.orders.failed", "sync", ""},
	{"P10", "no rule cannot be told", func(in *promise.Input) { in.Rules = in.Rules[:3] }, cannot, "promise.p10.rule", "policy", ""},
	{"P10", "no orders cannot be told", func(in *promise.Input) { in.Orders = nil }, cannot, "promise.p10.none", "sync", ""},
	{"P10", "contact without any date cannot be told", func(in *promise.Input) {
		o := &in.Orders[0]
		o.CompletedAt, o.CreatedAt, o.ModifiedAt = time.Time{}, time.Time{}, time.Time{}
	}, cannot, "promise.p10.undated.one", "orders", ""},

	{"P11", "nobody has an account, and the owner looked through the rest", nil, kept, "promise.p11.accounts.stated", "", ""},
	{"P11", "accounts without an order are for the owner to look through", func(in *promise.Input) { delete(in.Stated, "accounts") }, cannot, "promise.p11.accounts", "state.accounts", ""},
	{"P11", "an account in use is within its period", func(in *promise.Input) { in.Orders[0].Account = "7" }, kept, "promise.p11.within.one", "", ""},
	{"P11", "a dormant account breaks it", func(in *promise.Input) { in.Orders[0].Account = "7"; oldOrder(in, "2023-11-20") }, broken, "promise.p11.dormant", "orders", ""},
	{"P11", "a dormant account with an order under way is in use", func(in *promise.Input) {
		in.Orders[0].Account = "7"
		oldOrder(in, "2023-11-20")
		o := in.Orders[0]
		o.ID, o.Number, o.State = 2, "1002", order.Open
		in.Orders = append(in.Orders, o)
	}, kept, "promise.p11.open.one", "", ""},
	{"P11", "an account about to be dormant is at risk", func(in *promise.Input) { in.Orders[0].Account = "7"; oldOrder(in, "2023-12-01") }, risk, "promise.p11.soon", "orders", "2026-12-01"},
	{"P11", "an account that was anonymised is gone", func(in *promise.Input) {
		in.Orders[0].Account, in.Orders[0].Anonymised = "7", true
		oldOrder(in, "2020-11-20")
	}, kept, "", "", ""},
	{"P11", "a letter of the person keeps the account awake", func(in *promise.Input) {
		in.Orders[0].Account = "7"
		oldOrder(in, "2020-11-20")
		in.Cases[0].Requester.Email = "A@b.example"
	}, kept, "promise.p11.within.one", "", ""},
	{"P11", "a shop that was not read cannot be told", func(in *promise.Input) { in.OrdersFailed = true }, cannot, "promise.any.orders.failed", "sync", ""},
	{"P11", "a missing rule is told first", func(in *promise.Input) { in.Rules = nil }, cannot, "promise.p11.rule", "policy", ""},

	{"P12", "encrypted connections, a backup and guarantees keep it", nil, kept, "promise.p12.seen", "", ""},
	{"P12", "a connection without encryption breaks it", func(in *promise.Input) { in.Connections[0].TLS = "none" }, broken, "promise.p12.plain", "settings", ""},
	{"P12", "a connection with TLS 1.0 breaks it", func(in *promise.Input) { in.Connections[0].TLS = "TLS 1.0" }, broken, "promise.p12.plain", "settings", ""},
	{"P12", "a connection on this machine is not exposed", func(in *promise.Input) { in.Connections[0].TLS = "loopback" }, kept, "promise.p12.here", "", ""},
	{"P12", "an SFTP connection is encrypted", func(in *promise.Input) { in.Connections[0].TLS = "SSH-2.0" }, kept, "promise.p12.seen", "", ""},
	{"P12", "a connection never seen cannot be told", func(in *promise.Input) { in.Connections[0].TLS = "" }, cannot, "promise.p12.unseen", "sync", ""},
	{"P12", "a connection that failed cannot be told", func(in *promise.Input) { in.Connections[0].Failed = true }, cannot, "promise.p12.failed", "sync", ""},
	{"P12", "no connection cannot be told", func(in *promise.Input) { in.Connections = nil }, cannot, "promise.p12.none", "settings", ""},
	{"P12", "no backup cannot be told", func(in *promise.Input) { in.BackupAt = time.Time{} }, cannot, "promise.p12.backup.never", "backup", ""},
	{"P12", "a trial restoration that failed is a risk today", func(in *promise.Input) { in.TriedAt, in.TriedFailed = in.Now, true }, risk, "promise.p12.restore.failed", "backup", today},
	{"P12", "an old one that failed still is", func(in *promise.Input) {
		in.TriedAt, in.TriedFailed, in.Stated[promise.StatedRestore] = in.Now.AddDate(-2, 0, 0), true, law.Date{}
	}, risk, "promise.p12.restore.failed", "backup", today},
	{"P12", "what she saw with her own eyes since counts more", func(in *promise.Input) { in.TriedAt, in.TriedFailed = in.Now.AddDate(0, -1, 0), true }, kept, "promise.p12.restore.stated", "", ""},
	{"P12", "a trial restoration that went well needs no word of hers", func(in *promise.Input) { in.TriedAt, in.Stated[promise.StatedRestore] = in.Now, law.Date{} }, kept, "promise.p12.restore.tried", "", ""},
	{"P12", "one of more than a year ago counts no more", func(in *promise.Input) {
		in.TriedAt, in.Stated[promise.StatedRestore] = in.Now.AddDate(-1, 0, -2), law.Date{}
	}, cannot, "promise.p12.restore", "state.restore", ""},
	{"P12", "a backup of thirty days ago counts", func(in *promise.Input) { in.BackupAt = in.Now.Add(-30 * 24 * time.Hour) }, kept, "promise.p12.backup", "", ""},
	{"P12", "an older backup cannot be told", func(in *promise.Input) { in.BackupAt = in.Now.Add(-30*24*time.Hour - time.Second) }, cannot, "promise.p12.backup.old", "backup", ""},
	{"P12", "a provider without guarantees cannot be told", func(in *promise.Input) { in.Processors[2].Security = "" }, cannot, "promise.p12.guarantees.one", "processors", ""},

	{"P12", "a backup never restored cannot be told", func(in *promise.Input) { delete(in.Stated, "restore") }, cannot, "promise.p12.restore", "state.restore", ""},
	{"P12", "a site that was never checked cannot be told", func(in *promise.Input) { in.Site = nil }, cannot, "promise.p12.site", "site", ""},
	{"P12", "a check of the site that could read nothing cannot be told", func(in *promise.Input) { in.Site.Pages = nil }, cannot, "promise.any.site.unread", "site", ""},
	{"P12", "a site without encryption breaks it", func(in *promise.Input) { in.Site.TLS = "none" }, broken, "promise.p12.siteplain", "site", ""},
	{"P12", "a refused certificate breaks it", func(in *promise.Input) { in.Site.TLSProblem = "authority" }, broken, "promise.p12.sitecert", "site", ""},
	{"P12", "a certificate that expired since breaks it", func(in *promise.Input) { in.Site.CertUntil = noon("2026-11-22") }, broken, "promise.p12.siteexpired", "site", ""},
	{"P12", "a certificate about to expire is a risk", func(in *promise.Input) { in.Site.CertUntil = noon("2026-12-01") }, risk, "promise.p12.siteending", "site", "2026-12-01"},

	{"P13", "declared and exempt, and seen by a browser", nil, kept, "promise.p13.sitebrowser", "", ""},
	{"P13", "a site that was never checked cannot be told", func(in *promise.Input) { in.Site = nil }, cannot, "promise.p13.site", "site", ""},
	{"P13", "a check of five weeks ago is too old", func(in *promise.Input) { in.Site.CheckedAt = noon("2026-10-19") }, cannot, "promise.p13.sitestale", "site", ""},
	{"P13", "a tracker that is not declared breaks it", func(in *promise.Input) { in.Trackers = nil }, broken, "promise.p13.siteundeclared", "site", ""},
	{"P13", "one that needs consent and comes before it breaks it", func(in *promise.Input) { in.Trackers[0].Consent = "needed" }, broken, "promise.p13.siteearly", "trackers", ""},
	{"P13", "another host of which nobody knows what it does cannot be told", func(in *promise.Input) {
		in.Site.Found = append(in.Site.Found, promise.SiteFound{Host: "cdn.example", How: "script", Page: "/"})
	}, cannot, "promise.p13.sitehost", "site", ""},
	{"P13", "a host below a declared domain is declared", func(in *promise.Input) {
		in.Site.Found = append(in.Site.Found, promise.SiteFound{Host: "a.cdn.example", How: "script", Page: "/"})
		in.Trackers = append(in.Trackers, register.Tracker{ID: "cdn", Name: "CDN", Domain: "cdn.example", Party: "processor", Purpose: words("files"), Lifetime: "none", Consent: "exempt"})
	}, kept, "promise.p13.siteexempt", "", ""},
	{"P13", "a cookie of a declared host is not declared with it", func(in *promise.Input) {
		in.Site.Found = append(in.Site.Found, promise.SiteFound{Name: "uid", Host: "cdn.example", How: "cookie", Page: "/"})
		in.Trackers = append(in.Trackers, register.Tracker{ID: "cdn", Name: "CDN", Domain: "cdn.example", Party: "processor", Purpose: words("files"), Lifetime: "none", Consent: "exempt"})
	}, broken, "promise.p13.siteundeclared", "site", ""},
	{"P13", "without a browser, scripts leave it to the owner's own look", func(in *promise.Input) { in.Site.Browser, in.Site.Scripts, in.Stated = "", 2, nil }, cannot, "promise.p13.sitehttp", "state.banner", ""},
	{"P13", "and her look counts", func(in *promise.Input) { in.Site.Browser, in.Site.Scripts = "", 2 }, kept, "promise.p13.sitehttp.stated", "", ""},
	{"P13", "pages without any script need no browser", func(in *promise.Input) { in.Site.Browser, in.Stated = "", nil }, kept, "promise.p13.siteplain", "", ""},
	{"P13", "a site that sets nothing needs no tracker", func(in *promise.Input) { in.Trackers, in.Site.Found = nil, nil }, kept, "promise.p13.sitebrowser", "", ""},
	{"P13", "a tracker whose consent is unsettled cannot be told", func(in *promise.Input) { in.Trackers[0].Consent = "" }, cannot, "promise.p13.consent", "trackers", ""},
	{"P13", "a tracker without a lifetime is incomplete", func(in *promise.Input) { in.Trackers[0].Lifetime = "" }, cannot, "promise.p13.incomplete", "trackers", ""},

	{"P14", "cases answered in time keep it", nil, kept, "promise.p14.answered", "", ""},
	{"P14", "an open case far from its date keeps it", func(in *promise.Input) { openCase(in, "2026-12-23") }, kept, "promise.p14.open.one", "", ""},
	{"P14", "no case at all and a mailbox read keep it", func(in *promise.Input) { in.Cases = nil }, kept, "promise.p14.mail", "", ""},
	{"P14", "an open case past its date breaks it", func(in *promise.Input) { openCase(in, "2026-11-22") }, broken, "promise.p14.late", "requests", ""},
	{"P14", "an open case due today is at risk today", func(in *promise.Input) { openCase(in, today) }, risk, "promise.p14.soon", "requests", today},
	{"P14", "an open case due in seven days is at risk", func(in *promise.Input) { openCase(in, "2026-11-30") }, risk, "promise.p14.soon", "requests", "2026-11-30"},
	{"P14", "an open case due in eight days is kept", func(in *promise.Input) { openCase(in, "2026-12-01") }, kept, "promise.p14.open.one", "", ""},
	{"P14", "a suspended clock does not run out", func(in *promise.Input) {
		openCase(in, "2026-11-25")
		in.Deadlines[50] = law.Deadline{Due: date("2026-11-25"), Suspended: true}
	}, kept, "promise.p14.waiting", "", ""},
	{"P14", "a case without a deadline cannot be told", func(in *promise.Input) {
		openCase(in, today)
		delete(in.Deadlines, 50)
	}, cannot, "promise.p14.nodue", "requests", ""},
	{"P14", "a late answer of this year breaks it", func(in *promise.Input) { in.Cases[0].AnsweredAt = noon("2026-12-03") }, broken, "promise.p14.answeredlate", "requests", ""},
	{"P14", "a late answer of a year ago still breaks it", func(in *promise.Input) {
		in.Cases[0].AnsweredAt = noon("2025-11-23")
		in.Deadlines[1] = law.Deadline{Due: date("2025-11-20")}
	}, broken, "promise.p14.answeredlate", "requests", ""},
	{"P14", "a late answer of more than a year ago is over", func(in *promise.Input) {
		in.Cases[0].AnsweredAt = noon("2025-11-22")
		in.Deadlines[1] = law.Deadline{Due: date("2025-11-20")}
	}, kept, "promise.p14.answered", "", ""},
	{"P14", "an answer at 23:59 of the last day in Paris is in time", func(in *promise.Input) {
		in.Cases[0].AnsweredAt = date("2026-12-02").End(law.Paris()).Add(-time.Minute)
	}, kept, "promise.p14.answered", "", ""},
	{"P14", "a refusal has no extension", func(in *promise.Input) {
		in.Cases[0].State, in.Cases[0].AnsweredAt = cases.Refused, noon("2026-11-20")
		in.Deadlines[1] = law.Deadline{Due: date("2027-01-04"), RefusalBy: date("2026-11-02"), Extended: true}
	}, broken, "promise.p14.answeredlate", "requests", ""},
	{"P14", "an extension counts for an answer", func(in *promise.Input) {
		in.Cases[0].AnsweredAt = noon("2026-11-20")
		in.Deadlines[1] = law.Deadline{Due: date("2027-01-04"), RefusalBy: date("2026-11-02"), Extended: true}
	}, kept, "promise.p14.answered", "", ""},
	{"P14", "mails unsorted for more than three days are at risk", func(in *promise.Input) { in.ToCheck, in.OldestToCheck = 2, noon("2026-11-19") }, risk, "promise.p14.checksoon", "requests", "2026-12-21"},
	{"P14", "mails unsorted for three days are told", func(in *promise.Input) { in.ToCheck, in.OldestToCheck = 1, noon("2026-11-20") }, kept, "promise.p14.check.one", "", ""},
	{"P14", "mails unsorted past the time limit cannot be told", func(in *promise.Input) { in.ToCheck, in.OldestToCheck = 1, noon("2026-09-01") }, cannot, "promise.p14.checklate.one", "requests", ""},
	{"P14", "a mailbox never read cannot be told", func(in *promise.Input) { in.MailSyncedAt = time.Time{} }, cannot, "promise.any.mail.never", "sync", ""},
	{"P14", "a mailbox that failed cannot be told", func(in *promise.Input) { in.MailFailed = true }, cannot, "promise.any.mail.failed", "sync", ""},
	{"P14", "a mailbox read four days ago cannot be told", func(in *promise.Input) { in.MailSyncedAt = noon("2026-11-19") }, cannot, "promise.any.mail.stale", "sync", ""},
	{"P14", "a request not acknowledged is told", func(in *promise.Input) { openCase(in, "2026-12-23").State = cases.Received }, kept, "promise.p14.unacknowledged", "", ""},

	{"P15", "seven rights that went all the way keep it", nil, kept, "promise.p15.tried", "", ""},
	{"P15", "a right that nobody exercised yet cannot be told", func(in *promise.Input) { in.Cases = in.Cases[:6] }, cannot, "promise.p15.untried.withdrawal", "requests", ""},
	{"P15", "a drill goes the way of an erasure", func(in *promise.Input) {
		in.Cases = slices.DeleteFunc(in.Cases, func(c cases.Case) bool { return c.Asked[0].Right == request.Erasure })
	}, kept, "promise.p15.drill", "", ""},
	{"P15", "a drill of two years ago does not", func(in *promise.Input) {
		in.Cases = slices.DeleteFunc(in.Cases, func(c cases.Case) bool { return c.Asked[0].Right == request.Erasure })
		in.Drill.At = noon("2024-11-23")
	}, cannot, "promise.p15.untried.erasure", "drill", ""},
	{"P15", "a drill that failed breaks it", func(in *promise.Input) { in.Drill.Failed = "verify" }, broken, "promise.p15.drillfailed.verify", "drill", ""},
	{"P8", "a drill that failed leaves it open", func(in *promise.Input) { in.Drill.Failed = "verify" }, cannot, "promise.p8.drillfailed", "drill", ""},
	{"P8", "another shop promises less than its rule", func(in *promise.Input) { in.Promised = map[string]string{"media": "30 days"} }, cannot, "promise.p8.longer", "policy", ""},
	{"P9", "another shop promises more than its rule", func(in *promise.Input) { in.Promised = map[string]string{"billing": "11 years"} }, cannot, "promise.p9.period", "policy", ""},
	{"P10", "another shop promises less than its rule", func(in *promise.Input) { in.Promised = map[string]string{"commercial": "1 year"} }, cannot, "promise.p10.longer", "policy", ""},
	{"P15", "a limit without its ground breaks it", func(in *promise.Input) {
		in.Cases[2].Asked[0] = cases.Asked{Right: request.Erasure, Outcome: cases.Partly, Reason: "invoice"}
	}, broken, "promise.p15.limit", "requests", ""},
	{"P15", "a limit with ground and reason keeps it", func(in *promise.Input) {
		in.Cases[2].Asked[0] = cases.Asked{Right: request.Erasure, Outcome: cases.Partly, Ground: "GDPR Art. 17", Reason: "invoice"}
	}, kept, "promise.p15.tried", "", ""},
	{"P15", "an answer without a decision cannot be told", func(in *promise.Input) { in.Cases[2].Asked[0].Outcome = cases.Undecided }, cannot, "promise.p15.undecided", "requests", ""},
	{"P15", "a mailbox that is not read is no path", func(in *promise.Input) { in.MailFailed = true }, cannot, "promise.any.mail.failed", "sync", ""},
	{"P15", "a case withdrawn went no path", func(in *promise.Input) { in.Cases[6].AnsweredAt = time.Time{} }, cannot, "promise.p15.untried.withdrawal", "requests", ""},

	{"P16", "replies that name the CNIL and the court keep it", nil, kept, "promise.p16.told", "", ""},
	{"P16", "a reply without the CNIL breaks it", func(in *promise.Input) { in.Cases[0].Letters[0].Text = "Done. Judicial remedy." }, broken, "promise.p16.cnil", "requests", ""},
	{"P16", "a refusal without the court breaks it", func(in *promise.Input) {
		in.Cases[0].State, in.Cases[0].Letters[0] = cases.Refused, sentLetter(cases.LetterRefuse, "CNIL")
	}, broken, "promise.p16.judge", "requests", ""},
	{"P16", "a later letter may make up for it", func(in *promise.Input) {
		in.Cases[0].Letters[0].Text = "Done."
		in.Cases[0].Letters = append(in.Cases[0].Letters, sentLetter(cases.LetterClose, "réclamation à la CNIL, recours juridictionnel"))
	}, kept, "promise.p16.told", "", ""},
	{"P16", "a reply prepared and not sent is not on file", func(in *promise.Input) { in.Cases[0].Letters[0].SentAt = time.Time{} }, cannot, "promise.p16.nofile", "requests", ""},
	{"P16", "a reply that came back told nobody", func(in *promise.Input) { in.Cases[0].Letters[0].ReturnedAt = noon("2026-11-11") }, cannot, "promise.p16.nofile", "requests", ""},
	{"P16", "the letter of receipt is no reply", func(in *promise.Input) { in.Cases[0].Letters[0].Kind = cases.LetterAcknowledge }, cannot, "promise.p16.nofile", "requests", ""},
	{"P16", "no reply yet cannot be told", func(in *promise.Input) { in.Cases = nil }, cannot, "promise.p16.none", "requests", ""},

	{"P17", "the page is the version in force", nil, kept, "promise.p17.sitesame", "", ""},
	{"P17", "a site that was never checked cannot be told", func(in *promise.Input) { in.Site = nil }, cannot, "promise.p17.site", "site", ""},
	{"P17", "a page that says something else breaks it", func(in *promise.Input) { in.Site.PolicyText = "We keep nothing." }, broken, "promise.p17.siteother", "site", ""},
	{"P17", "a paragraph added to the page breaks it", func(in *promise.Input) { in.Site.PolicyText += "\nWe sell your photos." }, broken, "promise.p17.siteother", "site", ""},
	{"P17", "a site without a policy breaks it", func(in *promise.Input) { in.Site.PolicyText = "" }, broken, "promise.p17.sitenopage", "site", ""},
	{"P17", "a site without the contact address cannot be told", func(in *promise.Input) { in.Site.Contact = false }, cannot, "promise.p17.sitenocontact", "site", ""},
	{"P17", "no version cannot be told", func(in *promise.Input) { in.Policies = nil }, cannot, "promise.p17.none", "policy", ""},
	{"P17", "a text that no longer matches its hash breaks it", func(in *promise.Input) { in.Policies[0].Text += "." }, broken, "promise.p17.changed", "policy", ""},
	{"P17", "a version whose text is lost breaks it", func(in *promise.Input) { in.Policies[0].Text = "" }, broken, "promise.p17.notext", "policy", ""},
	{"P17", "a version without its hash cannot be told", func(in *promise.Input) { in.Policies[0].SHA256 = "" }, cannot, "promise.p17.nohash", "policy", ""},
	{"P17", "a hash in capitals is the same hash", func(in *promise.Input) { in.Policies[0].SHA256 = strings.ToUpper(in.Policies[0].SHA256) }, kept, "promise.p17.kept.one", "", ""},
	{"P17", "a version without a date cannot be told", func(in *promise.Input) { in.Policies[0].From = law.Date{} }, cannot, "promise.p17.nodate", "policy", ""},
	{"P17", "two versions in force break it", func(in *promise.Input) { version(in, "v2", "2026-06-01") }, broken, "promise.p17.several", "policy", ""},
	{"P17", "no version in force breaks it", func(in *promise.Input) { in.Policies[0].Until = date("2026-11-22") }, broken, "promise.p17.nocurrent", "policy", ""},
	{"P17", "a version that gave way to the next is kept beside it", func(in *promise.Input) {
		in.Policies[0].Until = date("2026-05-31")
		in.Site.PolicyText = "v2"
		version(in, "v2", "2026-06-01")
	}, kept, "promise.p17.kept", "", ""},
	{"P17", "one version ends on the day on which the next begins", func(in *promise.Input) {
		in.Policies[0].Until = date(today)
		in.Site.PolicyText = "v2"
		version(in, "v2", today)
	}, kept, "promise.p17.kept", "", ""},
	{"P17", "a version for later is not in force yet", func(in *promise.Input) { version(in, "v2", "2027-01-01") }, kept, "promise.p17.kept", "", ""},
}

func oldOrder(in *promise.Input, day string) {
	o := &in.Orders[0]
	o.CreatedAt, o.CompletedAt, o.ModifiedAt = noon(day), noon(day).AddDate(0, 0, 9), noon(day).AddDate(0, 0, 9)
}

func version(in *promise.Input, id, from string) {
	in.Policies = append(in.Policies, register.PolicyVersion{ID: id, From: date(from), Text: id, SHA256: register.SHA256(id)})
}

func TestPromises(t *testing.T) {
	for _, tc := range table {
		t.Run(tc.id+" "+tc.name, func(t *testing.T) {
			in := whole()
			if tc.change != nil {
				tc.change(&in)
			}
			for _, p := range promise.Check(in) {
				if p.ID != tc.id {
					continue
				}
				if p.State != tc.state || p.Mend != tc.mend || p.By.String() != tc.by {
					t.Errorf("%s, mend %q, by %q; want %s, mend %q, by %q\n%v", p.State, p.Mend, p.By, tc.state, tc.mend, tc.by, p.Evidence)
				}
				if tc.key != "" && !hasKey(p, tc.key) {
					t.Errorf("no line %s in %v", tc.key, p.Evidence)
				}
			}
		})
	}
}

func TestAChangeOfOnePromiseLeavesTheRestOfTheBoardStanding(t *testing.T) {
	for _, tc := range table {
		in := whole()
		if tc.change != nil {
			tc.change(&in)
		}
		if got := promise.Check(in); len(got) != 17 {
			t.Errorf("%s %s: %d promises", tc.id, tc.name, len(got))
		}
	}
}

func TestNothingIsKeptWithoutData(t *testing.T) {
	for name, in := range map[string]promise.Input{
		"nothing at all":       {},
		"only the day":         {Today: date(today)},
		"only the instant":     {Now: noon(today)},
		"a day that is none":   {Today: law.Date{Year: 2026, Month: 13, Day: 40}},
		"an empty listing":     {Today: date(today), Media: &retention.Result{}},
		"empty records of all": {Today: date(today), Activities: make([]register.Activity, 1), Processors: make([]register.Processor, 1), Rules: make([]register.Rule, 1), Trackers: make([]register.Tracker, 1), Consents: make([]register.Consent, 1), Orders: make([]order.Order, 1), Cases: make([]cases.Case, 1), Connections: make([]promise.Connection, 1)},
	} {
		for i, p := range promise.Check(in) {
			if p.ID != fmt.Sprintf("P%d", i+1) {
				t.Errorf("%s: promise %d is %s", name, i, p.ID)
			}
			// A register with no activity that uses photographs otherwise does
			// say that none is recorded.
			if p.State != promise.CannotTell && !(p.ID == "P3" && name == "empty records of all") {
				t.Errorf("%s: %s is %s: %v", name, p.ID, p.State, p.Evidence)
			}
			if len(p.Evidence) == 0 || p.Article == "" || !p.By.IsZero() {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}

func TestManyRowsAreCounted(t *testing.T) {
	in := whole()
	for i := range 25 {
		due(&in, retention.Row{Order: int64(100 + i), Number: fmt.Sprint(100 + i), Due: date("2026-11-01"), Objects: 2})
	}
	p := promise.Check(in)[7]
	shown := 0
	for _, l := range p.Evidence {
		if l.Key == "promise.p8.over" {
			shown++
		}
		if l.Key == "promise.any.more" && l.Args["N"] != 15 {
			t.Errorf("more: %v", l.Args)
		}
	}
	if p.State != promise.Broken || shown != 10 || p.Evidence[10].Key != "promise.any.more" {
		t.Errorf("%s with %d rows: %v", p.State, shown, p.Evidence)
	}
}

func TestWhatBreaksIsShownFirst(t *testing.T) {
	in := whole()
	in.Media.Ahead[0].Due = date("2026-11-25")
	in.OrdersFailed = true
	due(&in, retention.Row{Order: 2, Number: "1002", Due: date("2026-11-01"), Objects: 2})
	p := promise.Check(in)[7]
	if p.State != promise.Broken || !p.By.IsZero() || p.Evidence[0].Key != "promise.p8.over" || p.Evidence[1].Key != "promise.p8.soon" || p.Evidence[2].Key != "promise.any.orders.failed" {
		t.Errorf("%+v", p)
	}
}

func TestTextFromOutsideStaysOnItsLine(t *testing.T) {
	in := whole()
	in.Processors[0].Name = "Evil\nP8\tkept\u202e\x1b[2J" + strings.Repeat("x", 500)
	in.Processors[0].ContractOn = law.Date{}
	p := promise.Check(in)[5]
	got := p.Evidence[0].Args["Who"].(string)
	if !strings.HasPrefix(got, "Evil P8 kept [2J") || strings.ContainsAny(got, "\n\t\u202e\x1b") || len([]rune(got)) > 122 {
		t.Errorf("%q", got)
	}
}

func TestALineIsWrittenInEachLanguage(t *testing.T) {
	l := promise.Line{Key: "k", Args: map[string]any{"On": date("2026-03-01"), "N": 3, "Who": promise.Wording{FR: "Paiement", EN: "Payment"}, "Name": "a"}}
	if got := fmt.Sprint(l.In("fr")); got != "map[N:3 Name:a On:1er mars 2026 Who:Paiement]" {
		t.Error(got)
	}
	if got := fmt.Sprint(l.In("en")); got != "map[N:3 Name:a On:1 March 2026 Who:Payment]" {
		t.Error(got)
	}
	if got := promise.Wording(words("x")).String(); got != "x" {
		t.Error(got)
	}
}

func TestStatesHaveTheirWords(t *testing.T) {
	for s, want := range map[promise.State]string{promise.CannotTell: "cannot tell", promise.Kept: "kept", promise.AtRisk: "at risk", promise.Broken: "broken", 9: "cannot tell", -1: "cannot tell"} {
		if s.String() != want {
			t.Errorf("%d is %q", s, s.String())
		}
	}
}

func TestNoPersonIsNamedInTheEvidence(t *testing.T) {
	const secret = "zyxwvut"
	in := whole()
	in.Orders[0].Customer = order.Customer{Email: secret + "@b.example", FirstName: secret, LastName: secret, Phone: secret, Address: secret}
	oldOrder(&in, "2020-01-01")
	in.Consents = []register.Consent{{ID: "C1", Who: secret, Kind: "consent", What: "photo use", At: "2026-02-01T10:00:00Z", How: secret}}
	for i := range in.Cases {
		in.Cases[i].Requester, in.Cases[i].Concerned = cases.Person{Name: secret, Email: secret}, cases.Person{Name: secret}
		in.Cases[i].Subject, in.Cases[i].Minor = secret, true
		in.Cases[i].Letters[0].Text = secret
	}
	for _, p := range promise.Check(in) {
		if strings.Contains(fmt.Sprint(p), secret) {
			t.Errorf("%s: %v", p.ID, p.Evidence)
		}
	}
}
