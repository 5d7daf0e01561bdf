package cases_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

func eventKeys(c cases.Case) []string {
	var out []string
	for _, e := range c.Events {
		out = append(out, strings.TrimPrefix(e.Key, "case."))
	}
	return out
}

func TestOpen(t *testing.T) {
	m := mail("anne.martin@example.org", "x")
	m.Junk = true
	v := marked(asks(request.Access, request.Erasure, request.Erasure), request.MarkComplaint, request.MarkComplaint, request.MarkAllData)
	v.Findings[2].Confidence = 0.99
	c := cases.Open(m, v, shop, received.Add(80*time.Hour), paris)
	if c.State != cases.Received || c.Link != cases.Self || c.Minor || c.Concerned != c.Requester || !c.FromJunk || c.Language != "fr" {
		t.Errorf("case %+v", c)
	}
	if !c.ReceivedAt.Equal(received) || !c.DiscoveredAt.Equal(received.Add(80*time.Hour)) {
		t.Errorf("received %s, discovered %s", c.ReceivedAt, c.DiscoveredAt)
	}
	if len(c.Asked) != 2 || c.Asked[1].Right != request.Erasure || c.Asked[1].Confidence != 0.99 {
		t.Errorf("asked %+v", c.Asked)
	}
	want := "opened asked.access asked.erasure from_junk found_late mark.complaint"
	if got := strings.Join(eventKeys(c), " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if d, err := c.Clock(paris).Deadline(law.DateOf(now, paris)); err != nil || d.Due.String() != "2026-04-07" {
		t.Errorf("due %s, %v", d.Due, err)
	}
}

func TestOpenWithoutReceiptRunsFromDiscovery(t *testing.T) {
	m := mail("anne.martin@example.org", "x")
	m.ReceivedAt = time.Time{}
	c := cases.Open(m, asks(request.Erasure), shop, now, paris)
	if !c.ReceivedAt.Equal(now) || !slices.Contains(eventKeys(c), "no_receipt") {
		t.Errorf("received %s, events %v", c.ReceivedAt, eventKeys(c))
	}
}

func TestOpenCleansHostileNames(t *testing.T) {
	m := mail("anne.martin@example.org", "x")
	m.From[0].Name = "Anne\r\nBcc: all@example.com \u202egro"
	if c := cases.Open(m, asks(request.Erasure), shop, now, paris); strings.ContainsAny(c.Requester.Name, "\r\n\u202e") {
		t.Errorf("name %q", c.Requester.Name)
	}
}

func TestLink(t *testing.T) {
	minor, other := request.MarkMinor, request.MarkForAnother
	tests := []struct {
		name, text string
		marks      []request.Mark
		want       cases.Link
	}{
		{"without a mark the person asks herself", "Effacez les photos de ma fille", nil, cases.Self},
		{"a mother speaks of her daughter", "Effacez les photos de ma fille Léa", []request.Mark{minor}, cases.Parent},
		{"a parent of two", "photos de mes deux enfants", []request.Mark{minor, other}, cases.Parent},
		{"an English parent with an age between", "delete the photos of my 4 year old son", []request.Mark{minor}, cases.Parent},
		{"a guardian says so", "en tant que tuteur légal de l'enfant", []request.Mark{minor, other}, cases.Parent},
		{"a German parent", "die Fotos meiner Tochter", []request.Mark{minor}, cases.Parent},
		{"kind regards are no child", "delete the photos. With my kind regards", []request.Mark{minor}, cases.LinkUnknown},
		{"a little girl with a space is a daughter", "la photo de ma petite fille", []request.Mark{minor}, cases.Parent},
		{"a grandparent is not a parent", "la photo de ma petite-fille", []request.Mark{minor}, cases.LinkUnknown},
		{"a grandfather of a boy is not a parent", "my grandson's picture", []request.Mark{minor, other}, cases.LinkUnknown},
		{"an uncle is not a parent", "les photos de mon neveu", []request.Mark{minor, other}, cases.LinkUnknown},
		{"a lawyer speaks of a client", "Ma cliente, titulaire de l'autorité parentale", []request.Mark{minor, other}, cases.Lawyer},
		{"a parent who threatens with a lawyer is a parent", "mon fils ! sinon mon avocat", []request.Mark{minor}, cases.Parent},
		{"an agent acts on behalf", "We write on behalf of our user", []request.Mark{other}, cases.Agent},
		{"a minor asks herself", "j'ai 15 ans, effacez mes photos", []request.Mark{minor}, cases.Self},
		{"an age in a story is nobody's", "j'ai 15 photos", []request.Mark{other}, cases.LinkUnknown},
		{"acting for somebody else without saying how is not settled", "pour un ami", []request.Mark{other}, cases.LinkUnknown},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := cases.Open(mail("anne.martin@example.org", tc.text), marked(asks(request.Erasure), tc.marks...), shop, now, paris)
			if c.Link != tc.want {
				t.Errorf("link %q, want %q", c.Link, tc.want)
			}
			if c.Minor != slices.Contains(tc.marks, minor) {
				t.Errorf("minor %v", c.Minor)
			}
			if (c.Concerned == c.Requester) != (tc.want == cases.Self) {
				t.Errorf("concerned %+v", c.Concerned)
			}
		})
	}
}

func TestBelongs(t *testing.T) {
	ids := map[string]bool{"<a1@example.org>": true, "letter1@shop.fr": true}
	c := opened()
	base := func(change func(*mailbox.Message)) mailbox.Message {
		m := mail("anne.martin@example.org", "merci")
		m.MessageID, m.ReceivedAt = "<b2@example.org>", day(3)
		change(&m)
		return m
	}
	tests := []struct {
		name   string
		change func(*mailbox.Message)
		want   bool
	}{
		{"an answer to the first mail", func(m *mailbox.Message) { m.Subject, m.InReplyTo = "x", []string{"<a1@example.org>"} }, true},
		{"an answer to our letter, without brackets", func(m *mailbox.Message) { m.Subject, m.References = "x", []string{"other@x", "<letter1@shop.fr>"} }, true},
		{"an answer by somebody else is in the thread all the same", func(m *mailbox.Message) {
			m.From[0].Email, m.InReplyTo = "eve@example.com", []string{"<a1@example.org>"}
		}, true},
		{"the same subject by the same sender", func(m *mailbox.Message) { m.Subject = "RE: Re[2] : Rép: TR: mes  Photos" }, true},
		{"the same subject in German", func(m *mailbox.Message) { m.Subject = "AW: Fwd: Mes photos" }, true},
		{"the same subject by somebody else", func(m *mailbox.Message) { m.From[0].Email = "eve@example.com" }, false},
		{"the same subject from two senders", func(m *mailbox.Message) { m.FromFields = 2 }, false},
		{"the same subject after 91 days", func(m *mailbox.Message) { m.ReceivedAt = day(91) }, false},
		{"another subject", func(m *mailbox.Message) { m.Subject = "Question : mes photos" }, false},
		{"an empty subject threads nothing", func(m *mailbox.Message) { m.Subject = "Re: " }, false},
		{"an empty reference threads nothing", func(m *mailbox.Message) { m.Subject, m.InReplyTo = "x", []string{"", "<>"} }, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := cases.Belongs(base(tc.change), c, ids); got != tc.want {
				t.Errorf("belongs %v, want %v", got, tc.want)
			}
		})
	}
	t.Run("a later mail prolongs the 90 days", func(t *testing.T) {
		m := base(func(m *mailbox.Message) { m.ID, m.ReceivedAt = 8, day(60) })
		later := cases.Merge(c, m, request.Verdict{Kind: request.Ordinary}, cases.Provider{}, day(60))
		if !cases.Belongs(base(func(m *mailbox.Message) { m.ReceivedAt = day(120) }), later, nil) {
			t.Error("does not belong")
		}
	})
}

func TestMerge(t *testing.T) {
	reply := func(from string) mailbox.Message {
		m := mail(from, "et aussi")
		m.ID, m.ReceivedAt = 9, day(2)
		return m
	}
	confirmed := func() cases.Case {
		in := input(1)
		in.Reason = "called"
		c, err := cases.Apply(opened(), cases.ActConfirmIdentity, in, paris)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const anne = "anne.martin@example.org"
	t.Run("a new right joins the open case", func(t *testing.T) {
		c := opened()
		n := cases.Merge(c, reply(anne), marked(asks(request.Access, request.Erasure), request.MarkComplaint), cases.Provider{}, day(2))
		if got := strings.Join(n.Rights(), " "); got != "erasure access" || len(c.Asked) != 1 {
			t.Errorf("rights %s; the old case has %v", got, c.Rights())
		}
		if len(n.Messages) != 2 || !slices.Contains(n.Marks, request.MarkComplaint) || !slices.Contains(eventKeys(n), "asked.access") {
			t.Errorf("case %+v", n)
		}
	})
	t.Run("the same mail twice changes nothing", func(t *testing.T) {
		n := cases.Merge(opened(), reply(anne), asks(request.Access), cases.Provider{}, day(2))
		if again := cases.Merge(n, reply(anne), asks(request.Access), cases.Provider{}, day(2)); len(again.Events) != len(n.Events) {
			t.Error("events were added")
		}
	})
	t.Run("a new right in a mail that is not vouched for takes confirmation back", func(t *testing.T) {
		if n := cases.Merge(confirmed(), reply(anne), asks(request.Access), cases.Provider{}, day(2)); n.Identity.Level != cases.Unproven {
			t.Errorf("level %s", n.Identity.Level)
		}
	})
	t.Run("a new right in a forged mail makes the case doubtful", func(t *testing.T) {
		m := reply(anne)
		m.Auth = mailbox.Authentication{AuthServID: "mx", DMARC: mailbox.Fail}
		n := cases.Merge(confirmed(), m, asks(request.Access), cases.Provider{}, day(2))
		if n.Identity.Level != cases.Doubtful || cases.EraseBySight(n) == nil {
			t.Errorf("level %s", n.Identity.Level)
		}
	})
	t.Run("a new right in a mail that is vouched for keeps it", func(t *testing.T) {
		if n := cases.Merge(confirmed(), signed(reply(anne)), asks(request.Access), cases.Provider{}, day(2)); n.Identity.Level != cases.Confirmed {
			t.Errorf("level %s", n.Identity.Level)
		}
	})
	t.Run("a reply without a new right leaves identity alone", func(t *testing.T) {
		if n := cases.Merge(confirmed(), reply(anne), request.Verdict{Kind: request.Ordinary}, cases.Provider{}, day(2)); n.Identity.Level != cases.Confirmed {
			t.Errorf("level %s", n.Identity.Level)
		}
	})
	t.Run("somebody else in the thread asks for nothing here", func(t *testing.T) {
		m := reply("eve@example.com")
		c := opened()
		if !cases.Separate(m, asks(request.Access), c) {
			t.Error("not separate")
		}
		if n := cases.Merge(c, m, asks(request.Access), cases.Provider{}, day(2)); len(n.Asked) != 1 || !slices.Contains(eventKeys(n), "message_other") {
			t.Errorf("case %+v", n)
		}
	})
	t.Run("a request after the end opens a case of its own", func(t *testing.T) {
		c, err := cases.Apply(opened(), cases.ActWithdraw, input(1), paris)
		if err != nil {
			t.Fatal(err)
		}
		if !cases.Separate(reply(anne), asks(request.Access), c) || cases.Separate(reply(anne), request.Verdict{Kind: request.Ordinary}, c) {
			t.Error("wrong answer")
		}
		if n := cases.Merge(c, reply(anne), asks(request.Access), cases.Provider{}, day(2)); len(n.Asked) != 1 || !slices.Contains(eventKeys(n), "message_after") {
			t.Errorf("case %+v", n)
		}
	})
	t.Run("a reply that tells of a child settles for whom it is", func(t *testing.T) {
		m := reply(anne)
		m.Text = "c'est ma fille sur les photos"
		n := cases.Merge(opened(), m, marked(request.Verdict{Kind: request.Ordinary}, request.MarkMinor), cases.Provider{}, day(2))
		if n.Link != cases.Parent || !n.Minor || n.Concerned != (cases.Person{}) {
			t.Errorf("link %q, minor %v", n.Link, n.Minor)
		}
	})
}

func FuzzMerge(f *testing.F) {
	f.Add("RE: [x] mes photos", "c'est ma fille", "<a1@example.org>", "anne.martin@example.org")
	f.Add("::::Re[9]:\x00", "\xffi am 15", "<<>>", "a@b@c")
	f.Fuzz(func(t *testing.T, subject, text, ref, from string) {
		m := mail(from, text)
		m.ID, m.Subject, m.References, m.ReceivedAt = 9, subject, []string{ref}, day(1)
		c := opened()
		cases.Belongs(m, c, map[string]bool{"<a1@example.org>": true})
		n := cases.Merge(c, m, marked(asks(request.Access), request.MarkMinor), cases.Provider{}, day(1))
		if len(n.Asked) > 1 && mailbox.NormEmail(from) != "anne.martin@example.org" {
			t.Fatal("another sender asked for a right in this case")
		}
	})
}
