package disclosure_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// facts are those of Nora, who ordered once and wrote once.
func facts() disclosure.Facts {
	nora := cases.Person{Name: "Nora Vidal", Email: "nora@example.org"}
	return disclosure.Facts{Kind: disclosure.Access, Lang: "en", At: noon, Controller: register.Controller{Name: "Atelier", Email: "contact@shop.example"},
		Case: cases.Case{ID: 7, ReceivedAt: noon, Requester: nora, Concerned: nora, Link: cases.Self, Identity: cases.Identity{Level: cases.Confirmed},
			Asked: []cases.Asked{{Right: request.Access}, {Right: request.Portability}}},
		Orders: []order.Order{{ID: 1, Number: "801", CreatedAt: noon, Total: "49.00", Currency: "EUR", Customer: order.Customer{Email: "Nora@example.org", FirstName: "Nora", LastName: "Vidal", City: "Lille"}}},
		Objects: []plan.Found{{Object: plan.Object{Storage: "s", Key: "u/801/a.jpg", SizeBytes: 3}, Holds: plan.Photo, Order: 1, Number: "801"},
			{Object: plan.Object{Storage: "s", Key: "p/801.png"}, Holds: plan.Portrait, Order: 1, Number: "801"},
			{Object: plan.Object{Storage: "s", Key: "u/801/a.jpg", Kind: plan.Marker}, Holds: plan.Photo, Order: 1, Number: "801"},
			{Object: plan.Object{Storage: "s", Key: "u/900/x.jpg"}, Holds: plan.Photo, Order: 9, Number: "900"}},
		Processors: []register.Processor{{ID: "ai", Service: register.Text{EN: "portraits"}}, {ID: "host", Name: "Host SAS", Country: "FR", Service: register.Text{EN: "hosting"}}, {ID: "far", Name: "Far Inc.", Country: "US"}},
	}
}

func build(t *testing.T, f disclosure.Facts) disclosure.Copy {
	t.Helper()
	c, err := disclosure.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all returns the data of a copy as JSON: everything that goes out but files.
func all(t *testing.T, c disclosure.Copy, f disclosure.Facts) string {
	t.Helper()
	c, err := c.Apply(disclosure.Choices{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.JSON(nil, f.Orders)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mail(from, text, raw string) disclosure.Mail {
	m := mailbox.Message{ID: 5, ReceivedAt: noon, From: []mailbox.Address{{Name: "Nora", Email: from}}, FromFields: 1, To: []mailbox.Address{{Email: "contact@shop.example"}}, Subject: "Hello", Text: text}
	return disclosure.Mail{Judged: request.Judged{Message: m}, Raw: []byte(raw)}
}

func TestRecipientsAreNamedAndWhatIsMissingIsAGap(t *testing.T) {
	c := build(t, facts())
	var gaps string
	for _, g := range c.Gaps {
		gaps += g.What + "\n"
	}
	for _, want := range []string{"“portraits” is missing", "transfer to Far Inc. (United States)", "No purpose is recorded"} {
		if !strings.Contains(gaps, want) {
			t.Errorf("no gap says %q:\n%s", want, gaps)
		}
	}
	if len(c.Recipients) != 2 || c.Recipients[0].Name != "Host SAS" {
		t.Errorf("%+v", c.Recipients)
	}
}

func TestOnlyVersionsOfOrdersInScopeAreCopied(t *testing.T) {
	c := build(t, facts())
	n := 0
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if i.HasContent() {
				n++
				if i.Object.Kind != plan.Version || strings.Contains(i.Object.Key, "900") {
					t.Errorf("%+v", i.Object)
				}
			}
		}
	}
	if n != 2 {
		t.Errorf("%d objects", n)
	}
}

func TestAPersonShownOnAPhotoLearnsNothingOfTheCustomer(t *testing.T) {
	f := facts()
	lea := cases.Person{Name: "Léa Martin", Email: "lea@example.com"}
	f.Case.Requester, f.Case.Concerned = lea, lea
	f.Orders[0].Lines = []order.Line{{Name: "Album of Nora"}}
	f.Others = []order.Customer{f.Orders[0].Customer}
	c := build(t, f)
	got := all(t, c, f)
	if !c.Depicted || strings.Contains(got, "Vidal") || strings.Contains(strings.ToLower(got), "nora") || strings.Contains(got, "49.00") || strings.Contains(got, "Lille") {
		t.Errorf("the customer is told:\n%s", got)
	}
	if !strings.Contains(got, "photos/001.jpg") || !strings.Contains(c.Source, "the person who placed the order") {
		t.Errorf("the photo or its source is missing:\n%s", got)
	}
	f.Kind = disclosure.Portability
	if got := all(t, build(t, f), f); strings.Contains(strings.ToLower(got), "nora") || strings.Contains(got, "photos/001.jpg") {
		t.Errorf("she did not provide it:\n%s", got)
	}
}

func TestOrdersOfTheSameAddressInAnotherNameWaitForTheOwner(t *testing.T) {
	f := facts()
	f.Orders = append(f.Orders, order.Order{ID: 2, Number: "802", Customer: order.Customer{Email: "nora@example.org", FirstName: "Paul", LastName: "Vidal", Phone: "0611"}})
	f.Objects = append(f.Objects, plan.Found{Object: plan.Object{Storage: "s", Key: "u/802/p.jpg"}, Holds: plan.Photo, Order: 2, Number: "802"})
	c := build(t, f)
	if got := all(t, c, f); strings.Contains(got, "Paul") || strings.Contains(got, "photos/002") || !strings.Contains(got, "in the name of another person") {
		t.Errorf("%s", got)
	}
	with, err := c.Apply(disclosure.Choices{Include: []string{"order-2"}})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := with.JSON(nil, f.Orders); strings.Contains(string(b), "Paul") {
		t.Errorf("%s", b)
	}
}

func TestOtherPeopleAreMaskedInMails(t *testing.T) {
	head := "From: Nora <nora@example.org>\r\nTo: contact@shop.example\r\nSubject: Hello\r\n"
	hidden := base64.StdEncoding.EncodeToString([]byte("Karim Benali writes from karim@example.com, please answer him and me"))
	for _, tc := range []struct {
		name, text, raw string
		asItCame        bool
	}{
		{"nobody else", "Please send my data.", head + "\r\nPlease send my data.\r\n", true},
		{"the shop's own address", "I wrote to contact@shop.example and help@shop.example.", head + "\r\nI wrote to contact@shop.example and help@shop.example.\r\n", true},
		{"a quoted person", "> On Monday Karim Benali <karim@example.com> wrote:\n> yes", head + "\r\n> On Monday Karim Benali <karim@example.com> wrote:\r\n", false},
		{"a copy to somebody", "Please.", head + "Cc: Karim Benali <karim@example.com>\r\n\r\nPlease.\r\n", false},
		{"a copy in an encoded word", "Please.", head + "Cc: =?utf-8?q?Karim_Benali?= <karim@example.com>\r\n\r\nPlease.\r\n", false},
		{"a part in base64", "Please.", head + "Content-Transfer-Encoding: base64\r\n\r\n" + hidden + "\r\n", false},
		{"a part in quoted-printable", "Please.", head + "Content-Transfer-Encoding: quoted-printable\r\n\r\nkarim=40exam=\r\nple.com\r\n", false},
		{"another customer's name", "My friend Karim Benali ordered too.", head + "\r\nMy friend Karim  BENALI ordered too.\r\n", false},
		{"what is no mail", "Please.", "not a mail", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := facts()
			f.Others = []order.Customer{{FirstName: "Karim", LastName: "Benali"}}
			f.Messages = []disclosure.Mail{mail("nora@example.org", tc.text, tc.raw)}
			i, ok := build(t, f).Item("message-5")
			if !ok || !i.Included {
				t.Fatalf("%+v", i)
			}
			out := string(i.Eml())
			if (out == tc.raw) != tc.asItCame {
				t.Errorf("goes out as it came: %v\n%s", out == tc.raw, out)
			}
			for _, s := range []string{out, i.Text, i.What, strings.Join(i.Masked, "")} {
				if l := strings.ToLower(s); strings.Contains(l, "karim") || strings.Contains(l, "benali") {
					t.Errorf("somebody else is told:\n%s", s)
				}
			}
		})
	}
}

func TestAMailThatOnlyClaimsToBeHersDoesNotGoOut(t *testing.T) {
	for name, change := range map[string]func(*mailbox.Message){
		"another sender":         func(m *mailbox.Message) { m.From[0].Email = "mallory@example.net" },
		"a forged sender":        func(m *mailbox.Message) { m.Auth.DMARC = mailbox.Fail },
		"two senders":            func(m *mailbox.Message) { m.FromFields = 2 },
		"a broken own signature": func(m *mailbox.Message) { m.Auth.OwnDKIM = mailbox.Fail },
	} {
		f := facts()
		x := mail("nora@example.org", "secret of somebody", "")
		change(&x.Message)
		f.Messages = []disclosure.Mail{x}
		c := build(t, f)
		if i, _ := c.Item("message-5"); i.Included || i.Why == "" {
			t.Errorf("%s: %+v", name, i)
		}
		if got := all(t, c, f); strings.Contains(got, "secret of somebody") || strings.Contains(got, "mallory") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestPortabilityKeepsToWhatSheProvided(t *testing.T) {
	f := facts()
	f.Kind = disclosure.Portability
	f.Messages = []disclosure.Mail{mail("nora@example.org", "hello", "")}
	sent := mail("contact@shop.example", "our answer", "")
	sent.Message.ID, sent.Message.Sent = 6, true
	f.Messages = append(f.Messages, sent)
	c := build(t, f)
	for id, want := range map[string]bool{"identity-1": true, "order-1": true, "message-5": true, "message-6": false, "case": false, "invoices": false} {
		if i, ok := c.Item(id); !ok || i.Included != want || !want && (i.Why == "" || !i.Fixed) {
			t.Errorf("%s: %+v", id, i)
		}
	}
	if got := all(t, c, f); strings.Contains(got, "49.00") || strings.Contains(got, "portraits/") || strings.Contains(got, "our answer") || !strings.Contains(got, `"@type": "Order"`) {
		t.Errorf("%s", got)
	}
	if _, err := c.Apply(disclosure.Choices{Include: []string{"invoices"}}); !errors.Is(err, disclosure.ErrNoItem) {
		t.Errorf("an invoice can be put in: %v", err)
	}
	// Where she leaves her contact details out, no order brings them back.
	without, err := c.Apply(disclosure.Choices{LeaveOut: map[string]string{"identity-1": "asked so"}})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := without.JSON(nil, f.Orders); strings.Contains(string(b), "Lille") || without.VCard() != "" {
		t.Errorf("%s", b)
	}
}

func TestTheContactCardIsAVCard(t *testing.T) {
	f := facts()
	f.Orders[0].Customer.Address = "3, rue des Lilas; escalier B " + strings.Repeat("é", 60)
	v := build(t, f).VCard()
	if !strings.HasPrefix(v, "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Nora Vidal\r\nN:Vidal;Nora;;;\r\n") || !strings.Contains(v, `3\, rue des Lilas\; escalier B`) {
		t.Errorf("%s", v)
	}
	for l := range strings.SplitSeq(v, "\r\n") {
		if len(l) > 75 {
			t.Errorf("%d bytes: %q", len(l), l)
		}
	}
}

func TestAnUnknownKindIsNone(t *testing.T) {
	f := facts()
	f.Kind = "erasure"
	if _, err := disclosure.Build(f); !errors.Is(err, disclosure.ErrKind) {
		t.Errorf("%v", err)
	}
	c := build(t, facts())
	leave := map[string]string{}
	for _, k := range c.Categories {
		for _, i := range k.Items {
			if i.Included {
				leave[i.ID] = "no"
			}
		}
	}
	if _, err := c.Apply(disclosure.Choices{LeaveOut: leave}); !errors.Is(err, disclosure.ErrEmptyCopy) {
		t.Errorf("an empty copy: %v", err)
	}
}

// FuzzMask holds that no text of outside breaks the making of a copy, and that
// an address of somebody else never goes out.
func FuzzMask(f *testing.F) {
	f.Add("> Karim <karim@example.com> wrote", "From: a@b.c\r\n\r\nx")
	f.Add("\xff\x00\u202e", "")
	f.Add("karim@example.com.", "From: nora@example.org\n\nkarim=40example.com")
	f.Fuzz(func(t *testing.T, text, raw string) {
		x := facts()
		x.Messages = []disclosure.Mail{mail("nora@example.org", text+" karim@example.com ", raw)}
		c, err := disclosure.Build(x)
		if err != nil {
			t.Fatal(err)
		}
		i, _ := c.Item("message-5")
		if strings.Contains(string(i.Eml()), "karim@example.com") || strings.Contains(i.Text, "karim@example.com") {
			t.Fatalf("%q", i.Eml())
		}
		_ = c.Document()
		_ = c.Tables()
	})
}

func TestWhoIsShownOnPhotosOfTheFamilysAddressLearnsNothingOfTheCustomer(t *testing.T) {
	f := facts()
	f.Case.Depicted = true
	f.Case.Requester.Name, f.Case.Concerned.Name = "Léa", "Léa" // the address is her mother's too
	f.Orders[0].Lines = []order.Line{{Name: "Album of Nora"}}
	c := build(t, f)
	if got := all(t, c, f); !c.Depicted || strings.Contains(got, "Vidal") || strings.Contains(got, "49.00") || strings.Contains(got, "Lille") || strings.Contains(got, "Album") {
		t.Errorf("the customer is told:\n%s", got)
	}
}

func TestWhatWasWrittenToAnotherOrByAnotherOfTheAddressWaitsForTheOwner(t *testing.T) {
	for name, change := range map[string]func(*disclosure.Facts, *mailbox.Message){
		"the owner's words to the father": func(_ *disclosure.Facts, m *mailbox.Message) {
			m.Sent, m.From, m.To = true, m.To, []mailbox.Address{{Email: "paul@example.com"}}
		},
		"a mail of another customer at her address": func(f *disclosure.Facts, m *mailbox.Message) {
			f.Others, m.From[0].Name = []order.Customer{{Email: "nora@example.org", FirstName: "Paul", LastName: "Vidal"}}, "Paul VIDAL"
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			x := mail("nora@example.org", "secret of somebody", "")
			change(&f, &x.Message)
			f.Messages = []disclosure.Mail{x}
			c := build(t, f)
			if i, _ := c.Item("message-5"); i.Included || i.Why == "" {
				t.Errorf("%+v", i)
			}
			if got := all(t, c, f); strings.Contains(got, "secret of somebody") || strings.Contains(got, "Paul") || strings.Contains(got, "Hello") {
				t.Errorf("it goes out:\n%s", got)
			}
		})
	}
}
