package cases

import (
	"slices"
	"time"

	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/request"
)

// repeatMonths is how far back an earlier request for the same right is shown.
// The law names no figure: "repetitive" is for the controller to prove (GDPR
// Art. 12(5)), so that this is a house rule of what she is shown.
const repeatMonths = 12

// Earlier is an earlier request of the same person for a right that is asked
// again.
type Earlier struct {
	Case       ID            `json:"case"`
	Right      request.Right `json:"right"`
	Outcome    Outcome       `json:"outcome"`
	State      State         `json:"state"`
	ReceivedAt time.Time     `json:"received_at"`
	AnsweredAt time.Time     `json:"answered_at"`
}

// EarlierOf returns the earlier requests for the same rights by the same person
// within twelve months before this one, the newest first. It only shows: no
// request is ever taken for excessive by itself (GDPR Art. 12(5)).
func EarlierOf(c Case, all []Case, zone *time.Location) []Earlier {
	day := law.DateOf(c.ReceivedAt, zone)
	from := day.AddMonths(-repeatMonths)
	var out []Earlier
	for _, x := range all {
		if x.ID == c.ID || x.MergedInto != 0 || !x.ReceivedAt.Before(c.ReceivedAt) || law.DateOf(x.ReceivedAt, zone).Before(from) || !SamePerson(c, x) {
			continue
		}
		for _, a := range x.Asked {
			if slices.ContainsFunc(c.Asked, func(b Asked) bool { return a.Right == b.Right }) {
				out = append(out, Earlier{x.ID, a.Right, a.Outcome, x.State, x.ReceivedAt, x.AnsweredAt})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Earlier) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
	return out
}

// SamePerson tells whether two cases seem to be of one requester about one
// person: the same address, or the same name where one of the two has no
// address; and nobody else concerned.
func SamePerson(a, b Case) bool {
	if !samePerson(a.Requester, b.Requester) {
		return false
	}
	if a.Link == Self && b.Link == Self || a.Concerned == (Person{}) || b.Concerned == (Person{}) {
		return a.Link == b.Link || a.Link == LinkUnknown || b.Link == LinkUnknown
	}
	return samePerson(a.Concerned, b.Concerned)
}

func samePerson(a, b Person) bool {
	x, y := mailKey(a.Email), mailKey(b.Email)
	if x != "" && y != "" {
		return x == y
	}
	return SameName(a.Name, b.Name)
}

// mailKey brings an address to the form that all spellings of one mailbox share:
// without what follows a plus sign, and without the points that Gmail passes
// over. It proposes; it never proves who wrote.
func mailKey(email string) string {
	email = mailbox.NormEmail(email)
	local, domain := localOf(email), domainOf(email)
	if local == "" || domain == "" {
		return ""
	}
	if i := slices.Index([]byte(local), '+'); i > 0 {
		local = local[:i]
	}
	if dotless(domain) {
		local, domain = withoutDots(local), "gmail.com"
	}
	return local + "@" + domain
}

// dotless tells whether a provider passes over the points of an address.
func dotless(domain string) bool { return domain == "gmail.com" || domain == "googlemail.com" }

func withoutDots(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] != '.' {
			out = append(out, s[i])
		}
	}
	return string(out)
}
