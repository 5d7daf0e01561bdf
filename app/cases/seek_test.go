package cases_test

import (
	"fmt"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/order"
	"greffier/app/request"
)

var larger = []order.Order{
	{ID: 1, Number: "2001", Customer: order.Customer{Email: "jean.dupont@gmail.com", FirstName: "Jean", LastName: "Dupont", Phone: "+33 6 12 34 56 78", Address: "3 rue des Lilas", Postcode: "59000", City: "Lille"}},
	{ID: 2, Number: "2002", Customer: order.Customer{Email: "claire@example.org", FirstName: "Claire", LastName: "Lefebvre-Moreau", Phone: "03.20.11.22.33", Postcode: "75011"}, Lines: []order.Line{{Name: "Livre « Léa et le dragon »"}}},
	{ID: 3, Number: "2003", Customer: order.Customer{Email: "b@example.org", FirstName: "Bénédicte", LastName: "Vandenbrouck", Postcode: "62000"}, Photos: []string{"uploads/2003/IMG_1.jpg"}},
	{ID: 4, Number: "2004", Erased: true},
	{ID: 5, Number: "2005", Customer: order.Customer{Email: "li@example.org", FirstName: "Li", LastName: "Wu"}},
}

func TestCluesLeadToOrders(t *testing.T) {
	tests := []struct {
		name  string
		clues cases.Clues
		want  string
	}{
		{"the same mailbox with a plus sign", cases.Clues{Email: "claire+photos@example.org"}, "2002 alias"},
		{"the same mailbox with other points, at Gmail", cases.Clues{Email: "JeanDupont@googlemail.com"}, "2001 alias"},
		{"points matter elsewhere", cases.Clues{Email: "cl.aire@example.org"}, ""},
		{"an address that was told", cases.Clues{Email: "claire@example.org", Told: true}, "2002 told_email"},
		{"a telephone number written otherwise", cases.Clues{Text: "rappelez-moi au 06-12-34-56-78 svp"}, "2001 phone"},
		{"a number that is too short is none", cases.Clues{Text: "612345"}, ""},
		{"a last name and the postcode", cases.Clues{Text: "famille Dupont, 59000 Lille"}, "2001 address"},
		{"a postcode alone is nobody", cases.Clues{Text: "59000"}, ""},
		{"a number in what was told", cases.Clues{Text: "commande no 2003", Told: true}, "2003 told_number"},
		{"a folder of an order", cases.Clues{Text: "https://shop.example/uploads/2003/x.jpg?v=1"}, "2003 object"},
		{"a photo of an order", cases.Clues{Text: "voir uploads/2003/IMG_1.jpg"}, "2003 object"},
		{"a name as it is", cases.Clues{Name: "DUPONT Jean"}, "2001 name"},
		{"a name with a slip", cases.Clues{Name: "Jean Dupond"}, "2001 name_near"},
		{"a name without its accents and two slips", cases.Clues{Name: "Benedicte Vandenbruk"}, "2003 name_near"},
		{"a swapped name with a slip", cases.Clues{Name: "Duponnt Jean"}, "2001 name_near"},
		{"a maiden name", cases.Clues{Name: "Claire Lefebvre"}, "2002 name_near"},
		{"a husband's name added", cases.Clues{Name: "Claire Moreau épouse Petit"}, "2002 name_near"},
		{"another first name is another person", cases.Clues{Name: "Marc Dupont"}, ""},
		{"short names are compared as they are", cases.Clues{Name: "Lu Wa"}, ""},
		{"the child's first name on the book", cases.Clues{Child: "Léa"}, "2002 book"},
		{"part of a word is no first name", cases.Clues{Child: "Dra"}, ""},
		{"the best reason is told", cases.Clues{Email: "jean.dupont+x@gmail.com", Name: "Jean Dupont", Text: "0612345678"}, "2001 alias"},
		{"nothing is known", cases.Clues{}, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := cases.ProposeFor(tc.clues, larger)
			if short(got) != tc.want {
				t.Errorf("%s, want %s", short(got), tc.want)
			}
			for _, m := range got {
				if m.Strong || m.Selected || m.Confirmed {
					t.Errorf("a clue selects %+v", m)
				}
			}
		})
	}
}

func TestAMailMayPointToOrdersOfAnotherAddress(t *testing.T) {
	m := signed(mail("claire.perso@example.com", "Bonjour, c'est ma fille Léa. Mon numéro : 03 20 11 22 33."))
	m.From[0].Name = ""
	c := cases.Open(m, marked(asks(request.Erasure), request.MarkMinor), larger, now, paris)
	if got := short(c.Orders); got != "2002 phone" {
		t.Errorf("orders %s", got)
	}
	if len(c.Selected()) != 0 || cases.EraseBySight(c) == nil {
		t.Error("a telephone number in a mail erases somebody's order")
	}
	if c.Orders[0].Group() != cases.MatchLikely {
		t.Errorf("group %s", c.Orders[0].Group())
	}
}

func TestAnotherSpellingAtGmailIsNoLookAlike(t *testing.T) {
	c := cases.Open(signed(mail("jeandupont@gmail.com", "x")), asks(request.Erasure), larger, now, paris)
	for _, s := range c.Identity.Signs {
		if s.Key == cases.SignLookAlikeAddress {
			t.Error("one's own mailbox is taken for a forger's")
		}
	}
	if c.Identity.Level == cases.Probable || c.Orders[0].Strong || c.Orders[0].Selected {
		t.Errorf("an alias proves something: %s, %+v", c.Identity.Level, c.Orders[0])
	}
}

func TestTheOwnerSearches(t *testing.T) {
	for query, want := range map[string]string{
		"2003": "2003", "#2003": "2003", "dup": "2001", "dupont jean": "2001", "claire@": "2002", "Jean.Dupont+a@gmail.com": "2001",
		"0320112233": "2002", "lilas lille": "2001", "LEFÈBVRE": "2002", "nobody": "", " \x00 ": "", "75011": "2002",
	} {
		var got []string
		for _, m := range cases.Search(query, larger) {
			got = append(got, m.Number)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %v, want %s", query, got, want)
		}
	}
}

func TestALaterMessageAddsWhatItNames(t *testing.T) {
	c := cases.NamedLater(opened(), []order.Order{shop[2], shop[0]})
	if got := short(c.Orders); got != "1042 email strong selected; 1043 email strong selected; 1044 message" {
		t.Errorf("orders %s", got)
	}
}

func FuzzClues(f *testing.F) {
	f.Add("a+b@gmail.com", "Jean Dupont", "Léa", "06 12 34 56 78 uploads/2003/x.jpg")
	f.Add("@", "\xff\xfe", "\u202e", "////?://+((((")
	f.Fuzz(func(t *testing.T, email, name, child, text string) {
		for _, told := range []bool{false, true} {
			for _, m := range cases.ProposeFor(cases.Clues{Email: email, Name: name, Child: child, Text: text, Told: told}, larger) {
				if m.Strong || m.Selected || m.Order == 4 || m.Group() == cases.MatchSure {
					t.Fatalf("a clue makes %+v", m)
				}
			}
		}
		cases.Search(text, larger)
	})
}

// BenchmarkProposeFor looks for a person in 100,000 orders by all clues at once.
func BenchmarkProposeFor(b *testing.B) {
	orders := make([]order.Order, 0, 100_000)
	for i := range cap(orders) {
		orders = append(orders, order.Order{ID: int64(i + 1), Number: fmt.Sprint(100000 + i), Lines: []order.Line{{Name: fmt.Sprintf("Livre de Prénom%d", i)}}, Photos: []string{fmt.Sprintf("uploads/%d/a.jpg", i)},
			Customer: order.Customer{Email: fmt.Sprintf("client%d@example.org", i), FirstName: "Anne", LastName: fmt.Sprintf("Nom%d", i), Phone: fmt.Sprintf("+336%08d", i), Postcode: "59000"}})
	}
	clues := cases.Clues{Email: "client77+x@example.org", Name: "Anne Nom778", Child: "Lou", Text: "Bonjour, 06 00 00 00 79, 59000 Lille, uploads/81/a.jpg. " + strings.Repeat("Je voudrais mes photos. ", 100)}
	for b.Loop() {
		cases.ProposeFor(clues, orders)
	}
}
