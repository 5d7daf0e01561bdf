package cases_test

import (
	"fmt"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// short writes matches as "1042 email strong selected; …".
func short(ms []cases.Match) string {
	var out []string
	for _, m := range ms {
		s := m.Number + " " + strings.TrimPrefix(m.Why, "match.")
		if m.Strong {
			s += " strong"
		}
		if m.Selected {
			s += " selected"
		}
		if m.Confirmed {
			s += " confirmed"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestPropose(t *testing.T) {
	const anne, luc = "anne.martin@example.org", "luc@fermeduchene.fr"
	two := mail(anne, "x")
	two.FromFields, two.From = 2, append(two.From, mailbox.Address{Email: "eve@example.com"})
	noName := func(m mailbox.Message) mailbox.Message { m.From[0].Name = ""; return m }
	tests := []struct {
		name string
		m    mailbox.Message
		v    request.Verdict
		want string
	}{
		{"without numbers all orders of the sender are meant", mail(" ANNE.Martin@example.org ", "Effacez."), asks(request.Erasure), "1042 email strong selected; 1043 email strong selected"},
		{"a number of the sender's narrows the request to it", mail(anne, "x"), naming(asks(request.Erasure), "1043"), "1042 email strong; 1043 email_number strong selected"},
		{"all data reaches past the number named", mail(anne, "x"), marked(naming(asks(request.Erasure), "1043"), request.MarkAllData), "1042 email strong selected; 1043 email_number strong selected"},
		{"somebody else's number beside one's own is proposed and not selected", mail(anne, "x"), naming(asks(request.Erasure), "1042", "1044"), "1042 email_number strong selected; 1043 email strong; 1044 number"},
		{"only somebody else's number leaves the scope open", mail(anne, "x"), naming(asks(request.Erasure), "1044"), "1042 email strong; 1043 email strong; 1044 number"},
		{"a number that nobody has leaves several orders unselected", mail(anne, "x"), naming(asks(request.Erasure), "9999"), "1042 email strong; 1043 email strong"},
		{"a number that nobody has does not hide the one order of the sender", noName(mail(luc, "x")), naming(asks(request.Erasure), "9999"), "1044 email strong selected"},
		{"a stranger who names an order has it selected, never strong", noName(mail("eve@example.com", "x")), naming(asks(request.Erasure), "#1044"), "1044 number selected"},
		{"an exact number wins over one with other zeros", noName(mail("eve@example.com", "x")), naming(asks(request.Erasure), "00077"), "00077 number selected"},
		{"zeros are passed over when no order has the exact number", noName(mail("eve@example.com", "x")), naming(asks(request.Erasure), "#77"), "00077 number selected"},
		{"an erased order is proposed and never selected", noName(mail("eve@example.com", "x")), naming(asks(request.Erasure), "1045"), "1045 number"},
		{"a name in the display name is a weak proposal", mail("eve@example.com", "x"), asks(request.Erasure), "1042 name; 1043 name"},
		{"a name in the text is found without its accents", noName(mail("eve@example.com", "je suis LUC ELOI BECHARD")), asks(request.Erasure), "1044 name"},
		{"an apostrophe in a name is found as written or not", noName(mail("eve@example.com", "zoe d arcy")), asks(request.Erasure), "00077 name"},
		{"a first name alone proposes nothing", noName(mail("eve@example.com", "Bonjour Luc")), asks(request.Erasure), ""},
		{"a name inside another word is no name", noName(mail("eve@example.com", "Annette Martinez")), asks(request.Erasure), ""},
		{"two From addresses match nothing by address", noName(two), asks(request.Erasure), ""},
		{"an order without an address is nobody's", noName(mail("", "x")), asks(request.Erasure), ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := short(cases.Propose(tc.v, tc.m, shop)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func FuzzPropose(f *testing.F) {
	f.Add("anne.martin@example.org", "Anne Martin", "commande 1042 éé", "1042", 0, 3)
	f.Add("", "\u202eA\x00\r\nBcc: x", "\xff\xfe", "####0000", -4, 1<<30)
	f.Fuzz(func(t *testing.T, from, name, text, number string, start, end int) {
		m := mail(from, text)
		m.From[0].Name = name
		v := naming(asks(request.Erasure), number, text)
		v.NewText = []request.Span{{Field: request.InText, Start: start, End: end}}
		known := append([]order.Order{{ID: 99, Number: number, Customer: order.Customer{Email: from + "x", FirstName: name, LastName: text}}}, shop...)
		c := cases.Open(m, v, known, now, paris)
		for _, x := range c.Orders {
			for _, o := range known {
				if o.ID == x.Order && x.Strong && mailbox.NormEmail(o.Customer.Email) != mailbox.NormEmail(from) {
					t.Fatalf("order %d is strong for an address that is not its own", x.Order)
				}
			}
			if x.Why == cases.MatchName && x.Selected {
				t.Fatal("a name alone selected an order")
			}
		}
		if c.Identity.Level >= cases.Probable {
			t.Fatal("a mail without any authentication is probable")
		}
	})
}

func BenchmarkPropose(b *testing.B) {
	var orders []order.Order
	for i := range 20000 {
		orders = append(orders, order.Order{ID: int64(i + 1), Number: fmt.Sprint(1000 + i), Customer: order.Customer{Email: fmt.Sprintf("c%d@example.org", i), FirstName: "Anne", LastName: fmt.Sprintf("Nom%d", i)}})
	}
	m := mail("c77@example.org", strings.Repeat("Bonjour, je voudrais que mes photos soient effacées. ", 200))
	for b.Loop() {
		cases.Propose(naming(asks(request.Erasure), "1077"), m, orders)
	}
}
