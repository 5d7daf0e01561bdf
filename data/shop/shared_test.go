package shop_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"greffier/app/plan"
	"greffier/data/shop"
)

func TestFingerprint(t *testing.T) {
	const secret, key = "cs_secret", "orders/1042/email"
	was := shop.Fingerprint(shop.KindWoo, secret, key, "zoe@example.fr")
	t.Run("it is the same in every run of the program", func(t *testing.T) {
		if want := "qCa9PAzrYVqgCsqoLU72ils7"; was != want {
			t.Errorf("%s, want %s", was, want)
		}
	})
	seen := map[string]string{was: "it"}
	for name, other := range map[string]string{
		"another kind of shop":         shop.Fingerprint(shop.KindPresta, secret, key, "zoe@example.fr"),
		"another secret":               shop.Fingerprint(shop.KindWoo, secret+"x", key, "zoe@example.fr"),
		"another place":                shop.Fingerprint(shop.KindWoo, secret, "orders/1043/email", "zoe@example.fr"),
		"another value":                shop.Fingerprint(shop.KindWoo, secret, key, "zoe@example.org"),
		"the value in two":             shop.Fingerprint(shop.KindWoo, secret, key, "zoe@", "example.fr"),
		"the value in two, elsewhere":  shop.Fingerprint(shop.KindWoo, secret, key, "zoe@example", ".fr"),
		"one more value":               shop.Fingerprint(shop.KindWoo, secret, key, "zoe@example.fr", ""),
		"a place that goes into value": shop.Fingerprint(shop.KindWoo, secret, key+"z", "oe@example.fr"),
	} {
		t.Run(name+" has another one", func(t *testing.T) {
			if same, twice := seen[other]; twice {
				t.Errorf("the same as %s", same)
			}
			seen[other] = name
		})
	}
}

func TestKeysOfRecords(t *testing.T) {
	for key, want := range map[string]string{
		"orders/1042/email": "orders 1042 email", "orders/1042/": "orders 1042 ", "customers/7/account": "customers 7 account", "media/9/file": "media 9 file",
	} {
		kind, id, field, err := shop.CutKey(key)
		if got := strings.Join([]string{kind, id, field}, " "); err != nil || got != want {
			t.Errorf("%q: %q, %v", key, got, err)
		}
	}
	for _, key := range []string{"", "/", "//", "orders", "orders/", "orders/1042", "orders//", "orders/0/x", "orders/x/", "orders/../", "Orders/1/", "other/1/x", "/orders/1/x", "orders/1/a/b"} {
		if _, _, _, err := shop.CutKey(key); !errors.Is(err, plan.ErrBadPrefix) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestNextReading(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct{ since, newest, started, want time.Time }{
		"begins ten minutes before the newest change":           {at(0), at(30), at(50), at(20)},
		"begins where this one did when nothing was seen":       {at(0), time.Time{}, at(50), at(0)},
		"never begins before this one did":                      {at(25), at(30), at(50), at(25)},
		"never goes by a change in the future":                  {at(0), at(59), at(50), at(40)},
		"begins at a whole second, so that a mark can name it":  {at(0), at(30).Add(1500 * time.Millisecond), at(50), at(20).Add(time.Second)},
		"begins ten minutes before the first change ever known": {time.Time{}, at(30), at(50), at(20)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shop.NextSince(c.since, c.newest, c.started); !got.Equal(c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestMarksOfTurns(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 500, time.UTC) }
	for name, c := range map[string]struct {
		turn                          string
		after, newest, started, since time.Time
		known                         bool
	}{
		"is read as it was written":                      {"b", at(10), at(20), at(30), at(5), true},
		"may go back to the beginning":                   {"a", time.Time{}, time.Time{}, at(30), time.Time{}, true},
		"of a turn that does not exist is none":          {"c", at(10), at(20), at(30), at(5), false},
		"of before this reading is none":                 {"a", at(4), at(20), at(30), at(5), false},
		"of after its own reading is none":               {"a", at(31), at(20), at(30), at(5), false},
		"of a reading that never began is none":          {"a", at(10), at(20), time.Time{}, at(5), false},
		"of a reading that begins the day after is none": {"a", at(10), at(20), at(41).AddDate(0, 0, 1), at(5), false},
	} {
		t.Run(name, func(t *testing.T) {
			first, known := shop.TurnMark(c.turn, c.after, c.newest, c.started, c.since, at(40))
			if known != c.known {
				t.Fatalf("known %v", known)
			}
			if strings.Count(first, "|") != 3 || known != strings.HasPrefix(first, c.turn+"|") {
				t.Errorf("mark %q", first)
			}
		})
	}
}
