package promise

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"greffier/app/order"
	"greffier/app/register"
)

// controllerNamed checks P1. Registers and letters take the controller from the
// profile, so that she is the same on each.
func controllerNamed(in *Input, s *sheet) {
	c := in.Controller
	filled := true
	need := func(ok bool, key string) {
		if !ok {
			filled = false
			s.missing("settings", key)
		}
	}
	need(strings.TrimSpace(c.Name) != "", "promise.p1.name")
	need(strings.TrimSpace(c.Address) != "", "promise.p1.address")
	need(strings.Contains(strings.Trim(strings.TrimSpace(c.Email), "@"), "@"), "promise.p1.email")
	if filled {
		s.proof("promise.p1.filled")
	}
}

// category is a kind of data of the policy's Article 2.
type category struct {
	id    string
	stems []string // of words that name it in a register, French and English
	// brought tells that an order shows that the shop brings it; nil where no
	// connector does.
	brought func(order.Order) bool
}

var categories = []category{
	{"identity", []string{"identité", "identity", "identification", "état civil"}, func(o order.Order) bool { return o.Customer.Name() != "" }},
	{"contact", []string{"coordonn", "contact", "adresse", "address"}, func(o order.Order) bool {
		return o.Customer.Email+o.Customer.Phone+o.Customer.Address+o.Customer.City != ""
	}},
	{"order", []string{"commande", "order"}, func(o order.Order) bool { return o.Number+o.Ref != "" }},
	{"billing", []string{"factur", "invoice", "billing", "paiement", "payment", "économique", "economic"}, func(o order.Order) bool { return o.Total != "" }},
	{"photographs", photoStems, func(o order.Order) bool { return len(o.Photos) > 0 }},
	{"browsing", []string{"navigation", "browsing", "connexion", "connection", "traceur", "tracker", "cookie"}, nil},
}

var photoStems = []string{"photo", "image", "portrait"}

// categoriesDeclared checks P2: what the connectors bring, and what the policy
// says is collected, stands in the register of processing activities.
func categoriesDeclared(in *Input, s *sheet) {
	if len(in.Activities) == 0 {
		s.missing("processing", "promise.any.noregister")
		return
	}
	declared := 0
	for _, c := range categories {
		if inRegister(in.Activities, c.stems) {
			declared++
			continue
		}
		brought := c.id == "photographs" && in.Media != nil && len(in.Media.Due)+len(in.Media.Ahead) > 0
		for _, o := range in.Orders {
			if brought {
				break
			}
			brought = c.brought != nil && c.brought(o)
		}
		if brought {
			s.broken("processing", "promise.p2.undeclared."+c.id)
		} else {
			s.missing("processing", "promise.p2.absent."+c.id)
		}
	}
	if len(in.Orders) == 0 {
		s.missing("sync", "promise.p2.nothing")
	}
	if declared > 0 {
		s.proof("promise.p2.declared", "N", declared, "Of", len(categories))
	}
}

func inRegister(as []register.Activity, stems []string) bool {
	for _, a := range as {
		if names(a, stems) {
			return true
		}
	}
	return false
}

// names tells whether a category of data of the activity has a word that begins
// with one of the stems.
func names(a register.Activity, stems []string) bool {
	for _, d := range a.Data {
		for _, text := range []string{strings.ToLower(d.Category.FR), strings.ToLower(d.Category.EN)} {
			for _, stem := range stems {
				if hasWord(text, stem) {
					return true
				}
			}
		}
	}
	return false
}

// hasWord tells whether a word of the text begins with the stem.
func hasWord(text, stem string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], stem)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:from+i])
		if from+i == 0 || !unicode.IsLetter(before) {
			return true
		}
		from += i + len(stem)
	}
}

// photosForTheBookOnly checks P3. A use of photographs that is none of ordering,
// making the book and after-sales service needs a prior written consent; a legal
// obligation, such as answering a rights request, is not a use of the shop.
func photosForTheBookOnly(in *Input, s *sheet) {
	if len(in.Activities) == 0 {
		s.missing("processing", "promise.any.noregister")
		return
	}
	standing, unwritten := 0, 0
	for _, c := range in.Consents {
		what := strings.ToLower(c.What)
		if c.Kind != "consent" || !hasWord(what, "photo") && !hasWord(what, "image") && !hasWord(what, "portrait") {
			continue
		}
		switch {
		case c.Ended != "":
			s.note("promise.p3.ended", "ID", c.ID, "What", c.What)
		case strings.TrimSpace(c.How) == "" || c.At == "":
			unwritten++
			s.note("promise.p3.unwritten", "ID", c.ID, "What", c.What)
		default:
			standing++
			s.note("promise.p3.consent", "ID", c.ID, "What", c.What)
		}
	}
	others := 0
	for _, a := range in.Activities {
		if !names(a, photoStems) || a.LegalBasis == "legal obligation" {
			continue
		}
		switch a.PolicyPurpose {
		case 1, 2, 4:
			continue
		}
		others++
		args := []any{"ID", a.ID, "Name", Wording(a.Name)}
		switch {
		case a.LegalBasis == "":
			s.missing("processing", "promise.p3.basis", args...)
		case a.LegalBasis == "consent" && standing > 0:
			s.proof("promise.p3.other", args...)
		case a.LegalBasis == "consent" && unwritten > 0:
			s.missing("processing", "promise.p3.prior", args...)
		default:
			s.broken("processing", "promise.p3.without", args...)
		}
	}
	if others == 0 {
		s.proof("promise.p3.none")
	}
	s.note("promise.p3.scope")
}

// legalBases checks P5: the six purposes of the policy's Article 5, each on one
// of the three bases of its Article 4 (GDPR Art. 6(1)(a), (b) and (c)).
func legalBases(in *Input, s *sheet) {
	if len(in.Activities) == 0 {
		s.missing("processing", "promise.any.noregister")
		return
	}
	const purposes = 6
	covered := 0
	for n := 1; n <= purposes; n++ {
		found, good, wrong := false, false, false
		var interests *register.Activity
		for i, a := range in.Activities {
			if a.PolicyPurpose != n {
				continue
			}
			found = true
			args := []any{"Purpose", n, "ID", a.ID, "Name", Wording(a.Name)}
			switch a.LegalBasis {
			case "":
				wrong = true
				s.missing("processing", "promise.p5.basis", args...)
			case "consent":
				good = true
			case "contract", "legal obligation":
				good = good || n <= 4
			case "legitimate interests":
				interests = cmp.Or(interests, &in.Activities[i])
			default:
				wrong = true
				s.missing("processing", "promise.p5.unknown", args...)
			}
			// The policy promises consent for marketing and for trackers.
			if n >= 5 && (a.LegalBasis == "contract" || a.LegalBasis == "legal obligation" || a.LegalBasis == "legitimate interests") {
				wrong = true
				s.broken("processing", "promise.p5.consent", args...)
			}
		}
		switch {
		case !found:
			s.missing("processing", "promise.p5.uncovered", "Purpose", n)
		case !good && !wrong && interests != nil:
			s.missing("policy", "promise.p5.interests", "Purpose", n, "ID", interests.ID, "Name", Wording(interests.Name))
		case good && !wrong:
			covered++
		}
	}
	if covered > 0 {
		s.proof("promise.p5.covered", "N", covered, "Of", purposes)
	}
}
