package cases_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/request"
)

func TestWeigh(t *testing.T) {
	const anne = "anne.martin@example.org"
	none := mailbox.Authentication{}
	from := func(email string, change func(*mailbox.Message)) mailbox.Message {
		m := signed(mail(email, "Effacez mes photos."))
		m.Auth.DKIMDomain, m.Auth.SPFDomain = "", ""
		m.From[0].Name = ""
		if change != nil {
			change(&m)
		}
		return m
	}
	tests := []struct {
		name    string
		m       mailbox.Message
		v       request.Verdict
		marks   bool
		level   cases.IdentityLevel
		with    string // keys of signs that must be there; "-key" against the person
		without string
	}{
		{"the order's address with DMARC is probable", from(anne, nil), asks(request.Erasure), true, cases.Probable, "order_address dmarc_pass one_sender", ""},
		{"an aligned DKIM signature is enough", from(anne, func(m *mailbox.Message) {
			m.Auth = mailbox.Authentication{AuthServID: "mx", DKIM: mailbox.Pass, DKIMDomain: "mail.example.org"}
		}), asks(request.Erasure), true, cases.Probable, "dkim_pass", ""},
		{"a signature of another domain proves nothing", from(anne, func(m *mailbox.Message) {
			m.Auth = mailbox.Authentication{AuthServID: "mx", DKIM: mailbox.Pass, DKIMDomain: "evil.com"}
		}), asks(request.Erasure), true, cases.Unproven, "dkim_other", "dkim_pass"},
		{"a signature of a top-level domain proves nothing", from(anne, func(m *mailbox.Message) {
			m.Auth = mailbox.Authentication{AuthServID: "mx", DKIM: mailbox.Pass, DKIMDomain: "org"}
		}), asks(request.Erasure), true, cases.Unproven, "dkim_other", "dkim_pass"},
		{"SPF alone is not enough", from(anne, func(m *mailbox.Message) {
			m.Auth = mailbox.Authentication{AuthServID: "mx", SPF: mailbox.Pass, SPFDomain: "example.org"}
		}), asks(request.Erasure), true, cases.Unproven, "spf_pass", ""},
		{"a forwarder that breaks SPF does not undo DMARC", from(anne, func(m *mailbox.Message) { m.Auth.SPF = mailbox.Fail }), asks(request.Erasure), true, cases.Probable, "dmarc_pass spf_fail", ""},
		{"a failed DMARC is doubtful", from(anne, func(m *mailbox.Message) { m.Auth.DMARC = mailbox.Fail }), asks(request.Erasure), true, cases.Doubtful, "-dmarc_fail", ""},
		{"a failed DKIM without DMARC is doubtful", from(anne, func(m *mailbox.Message) {
			m.Auth = mailbox.Authentication{AuthServID: "mx", DKIM: mailbox.Fail, DKIMDomain: "example.org"}
		}), asks(request.Erasure), true, cases.Doubtful, "-dkim_fail", ""},
		{"a provider that says nothing of any mail leaves it unproven", from(anne, func(m *mailbox.Message) { m.Auth = none }), asks(request.Erasure), false, cases.Unproven, "not_checked", ""},
		{"silence of a provider that speaks on most mails is doubtful", from(anne, func(m *mailbox.Message) { m.Auth = none }), asks(request.Erasure), true, cases.Doubtful, "-provider_silent", ""},
		{"somebody else's results on top are doubtful where the provider marks", from(anne, func(m *mailbox.Message) { m.Auth = mailbox.Authentication{UntrustedBy: "evil.example"} }), asks(request.Erasure), true, cases.Doubtful, "-untrusted_results", ""},
		{"somebody else's results prove nothing where it does not", from(anne, func(m *mailbox.Message) { m.Auth = mailbox.Authentication{UntrustedBy: "evil.example"} }), asks(request.Erasure), false, cases.Unproven, "untrusted_results", ""},
		{"a pass under somebody else's results is not believed", from(anne, func(m *mailbox.Message) { m.Auth.UntrustedBy = "evil.example" }), asks(request.Erasure), false, cases.Unproven, "untrusted_results", "dmarc_pass dkim_pass spf_pass"},
		{"two From fields are doubtful", from(anne, func(m *mailbox.Message) { m.FromFields = 2 }), asks(request.Erasure), true, cases.Doubtful, "-several_senders", "dmarc_pass"},
		{"no From is doubtful", from(anne, func(m *mailbox.Message) { m.FromFields, m.From = 0, nil }), asks(request.Erasure), true, cases.Doubtful, "-no_sender", ""},
		{"a Reply-To elsewhere is doubtful", from(anne, func(m *mailbox.Message) { m.ReplyTo = []mailbox.Address{{Email: "anne.martin@example.com"}} }), asks(request.Erasure), true, cases.Doubtful, "-reply_to", ""},
		{"a Reply-To to oneself is not", from(anne, func(m *mailbox.Message) { m.ReplyTo = []mailbox.Address{{Email: "Anne.Martin@example.org"}} }), asks(request.Erasure), true, cases.Probable, "", "reply_to"},
		{"a display name that shows another address is doubtful", from("eve@example.com", func(m *mailbox.Message) { m.From[0].Name = "\"" + anne + "\"" }), asks(request.Erasure), true, cases.Doubtful, "-name_address", ""},
		{"a display name that shows the same address is not", from(anne, func(m *mailbox.Message) { m.From[0].Name = anne }), asks(request.Erasure), true, cases.Probable, "", "name_address"},
		{"a domain one letter off is doubtful", from("luc@fermeduchenne.fr", nil), asks(request.Erasure), true, cases.Doubtful, "-lookalike_domain unknown_address", ""},
		{"a domain with a look-alike letter is doubtful", from("x@fermeducһene.fr", nil), asks(request.Erasure), true, cases.Doubtful, "-lookalike_domain", ""},
		{"another domain of a customer is not a look-alike", from("bob@example.net", nil), asks(request.Erasure), true, cases.Unproven, "", "lookalike_domain"},
		{"an address one letter off is doubtful", from("anne.martln@example.org", nil), asks(request.Erasure), true, cases.Doubtful, "-lookalike_address", ""},
		{"a customer's name over another address is doubtful", from("am@example.com", func(m *mailbox.Message) { m.From[0].Name = "MARTIN Anne" }), asks(request.Erasure), true, cases.Doubtful, "-name_other", ""},
		{"a number of somebody else's order, alone, is doubtful", from("eve@example.com", nil), naming(asks(request.Erasure), "1044"), true, cases.Doubtful, "-number_other", ""},
		{"a number of somebody else's beside one's own is shown", from(anne, nil), naming(asks(request.Erasure), "1042", "1044"), true, cases.Probable, "number_named number_not_own", ""},
		{"the postcode of the order is seen", from(anne, func(m *mailbox.Message) { m.Text = "Anne, 59800 Lille" }), asks(request.Erasure), true, cases.Probable, "postcode", ""},
		{"a postcode inside a longer number is not", from(anne, func(m *mailbox.Message) { m.Text = "tel 0159800123" }), asks(request.Erasure), true, cases.Probable, "", "postcode"},
		{"a stranger with DMARC is unproven", from("eve@example.com", nil), asks(request.Erasure), true, cases.Unproven, "unknown_address dmarc_pass", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			id := cases.Weigh(tc.m, cases.Propose(tc.v, tc.m, shop), shop, cases.Provider{Marks: tc.marks})
			if id.Level != tc.level {
				t.Errorf("level %s, want %s: %v", id.Level, tc.level, id.Signs)
			}
			for _, key := range strings.Fields(tc.with) {
				bare, against := strings.CutPrefix(key, "-")
				if !slices.ContainsFunc(id.Signs, func(s cases.Sign) bool { return s.Key == "identity."+bare && s.Against == against }) {
					t.Errorf("no sign %s in %v", key, id.Signs)
				}
			}
			for _, key := range strings.Fields(tc.without) {
				if slices.ContainsFunc(id.Signs, func(s cases.Sign) bool { return s.Key == "identity."+key }) {
					t.Errorf("sign %s in %v", key, id.Signs)
				}
			}
			for _, s := range id.Signs {
				if s.For && s.Against {
					t.Errorf("%s speaks both ways", s.Key)
				}
			}
		})
	}
}

func TestMayErase(t *testing.T) {
	against := []cases.Sign{{Key: cases.SignReplyTo, Against: true}}
	own := []cases.Match{{Order: 1, Strong: true, Selected: true}}
	alien := []cases.Match{{Order: 1, Strong: true, Selected: true}, {Order: 3, Selected: true}}
	confirmed := cases.Identity{Level: cases.Confirmed, By: cases.ByOwner}
	said, seen, uploader := &cases.Authority{Kind: cases.AuthorityDeclared}, &cases.Authority{Kind: cases.AuthoritySeen}, &cases.Authority{Kind: cases.AuthorityUploader}
	tests := []struct {
		name                     string
		c                        cases.Case
		erase, disclose, bySight error
	}{
		{"confirmed allows everything to the person herself", cases.Case{Identity: cases.Identity{Level: cases.Confirmed, Signs: against}, Link: cases.Self, Orders: alien}, nil, nil, nil},
		{"confirmed without a settled link discloses nothing", cases.Case{Identity: cases.Identity{Level: cases.Confirmed, Signs: against}, Orders: alien}, nil, cases.ErrAuthority, nil},
		{"a confirmed lawyer discloses nothing without a mandate", cases.Case{Identity: confirmed, Link: cases.Lawyer, Orders: own}, nil, cases.ErrAuthority, nil},
		{"a confirmed lawyer whose mandate is only declared discloses nothing", cases.Case{Identity: confirmed, Link: cases.Lawyer, Orders: own, Authority: said}, nil, cases.ErrAuthority, nil},
		{"a confirmed lawyer whose mandate was seen may have the data", cases.Case{Identity: confirmed, Link: cases.Lawyer, Orders: own, Authority: seen}, nil, nil, nil},
		{"a mandate that was seen does not prove who holds it", cases.Case{Link: cases.Agent, Orders: own, Authority: seen}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"a lawyer who is the uploader still needs a mandate", cases.Case{Identity: confirmed, Link: cases.Lawyer, Orders: own, Authority: uploader}, nil, cases.ErrAuthority, nil},
		{"a confirmed parent who only says so discloses nothing", cases.Case{Identity: confirmed, Link: cases.Parent, Minor: true, Orders: alien, Authority: said}, nil, cases.ErrAuthority, nil},
		{"a parent who sent the photos may have them", cases.Case{Identity: cases.Identity{Level: cases.Probable}, Link: cases.Parent, Minor: true, Orders: own, Authority: uploader}, nil, nil, nil},
		{"a parent who sent only some of the photos may not", cases.Case{Identity: confirmed, Link: cases.Parent, Minor: true, Orders: alien, Authority: uploader}, nil, cases.ErrAuthority, nil},
		{"a parent who sent the photos of an adult may not", cases.Case{Identity: confirmed, Link: cases.Parent, Orders: own, Authority: uploader}, nil, cases.ErrAuthority, nil},
		{"parents who disagree stop everything that cannot be taken back", cases.Case{Identity: confirmed, Link: cases.Parent, Minor: true, Orders: own, Authority: seen, Conflict: &cases.Conflict{At: received}}, cases.ErrConflict, cases.ErrConflict, cases.ErrConflict},
		{"a mail that seems to disagree stops it too", cases.NoteDisagreement(cases.Case{Identity: confirmed, Link: cases.Self, Orders: own}, received, ""), cases.ErrConflict, cases.ErrConflict, cases.ErrConflict},
		{"a disagreement that is settled stops nothing", cases.Case{Identity: confirmed, Link: cases.Self, Orders: own, Conflict: &cases.Conflict{At: received, SettledAt: day(1)}}, nil, nil, nil},
		{"who is shown on a photo is not proven by the customer's address", cases.Case{Identity: cases.Identity{Level: cases.Probable}, Link: cases.Self, Orders: own, Depicted: true}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"who is shown on a photo and confirmed by the owner may", cases.Case{Identity: confirmed, Link: cases.Self, Orders: own, Depicted: true}, nil, nil, nil},
		{"probable for oneself allows everything", cases.Case{Identity: cases.Identity{Level: cases.Probable}, Link: cases.Self, Orders: own}, nil, nil, nil},
		{"probable for a child erases and discloses nothing", cases.Case{Identity: cases.Identity{Level: cases.Probable}, Link: cases.Parent, Minor: true, Orders: own}, nil, cases.ErrIdentityUnproven, nil},
		{"probable does not reach an order of somebody else", cases.Case{Identity: cases.Identity{Level: cases.Probable}, Link: cases.Self, Orders: alien}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"probable with a sign against is not believed", cases.Case{Identity: cases.Identity{Level: cases.Probable, Signs: against}, Link: cases.Self, Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"unproven needs the owner's eyes", cases.Case{Link: cases.Self, Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, nil},
		{"unproven for a child needs the owner's eyes", cases.Case{Link: cases.Parent, Minor: true, Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, nil},
		{"an unsettled link is not for the eye", cases.Case{Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"a lawyer is not for the eye", cases.Case{Link: cases.Lawyer, Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"an order of somebody else is not for the eye", cases.Case{Link: cases.Self, Orders: alien}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"what looks like phishing is not for the eye", cases.Case{Link: cases.Self, Orders: own, Marks: []request.Mark{request.MarkPhishing}}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"doubtful needs a challenge or a reason", cases.Case{Identity: cases.Identity{Level: cases.Doubtful, Signs: against}, Link: cases.Self, Orders: own}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven},
		{"no order in scope is another matter", cases.Case{Link: cases.Self}, cases.ErrIdentityUnproven, cases.ErrIdentityUnproven, cases.ErrNoOrder},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			for _, x := range []struct {
				what      string
				got, want error
			}{{"MayErase", cases.MayErase(tc.c), tc.erase}, {"MayDisclose", cases.MayDisclose(tc.c), tc.disclose}, {"EraseBySight", cases.EraseBySight(tc.c), tc.bySight}} {
				if !errors.Is(x.got, x.want) || (x.want == nil) != (x.got == nil) {
					t.Errorf("%s: %v, want %v", x.what, x.got, x.want)
				}
			}
		})
	}
}

func TestReweighKeepsWhatTheOwnerConfirmed(t *testing.T) {
	m := mail("anne.martin@example.org", "x")
	c := cases.Open(m, asks(request.Erasure), shop, now, paris)
	if c = cases.Reweigh(c, m, shop, cases.Provider{Marks: true}); c.Identity.Level != cases.Doubtful {
		t.Fatalf("level %s, want doubtful", c.Identity.Level)
	}
	in := input(1)
	in.Reason = "called back on the number of the order"
	c, err := cases.Apply(c, cases.ActConfirmIdentity, in, paris)
	if err != nil {
		t.Fatal(err)
	}
	if c = cases.Reweigh(c, m, shop, cases.Provider{Marks: true}); c.Identity.Level != cases.Confirmed || c.Identity.Reason == "" {
		t.Errorf("level %s, want confirmed", c.Identity.Level)
	}
}
