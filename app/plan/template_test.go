package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"greffier/app/order"
	"greffier/app/plan"
)

func TestTemplatesWithWildcardsAndRefs(t *testing.T) {
	for _, tc := range []struct {
		name, key string
		ok        bool
	}{
		{"a random folder before the number", "wp-content/uploads/*/{order}/", true},
		{"a folder per id of the shop", "uploads/{ref}/", true},
		{"a random folder after the number", "uploads/{order}/*/thumb/", true},
		{"a name with any beginning, set apart", "uploads/*-{order}.jpg", true},
		{"a wildcard right before the number", "uploads/*{order}/", false},
		{"a wildcard right after the number", "uploads/{order}*/", false},
		{"only a letter between wildcard and number", "uploads/*x{order}/", false},
		{"only a digit between number and wildcard", "uploads/{order}0*/", false},
		{"number and id together", "uploads/{order}/{ref}/", false},
		{"the id twice", "{ref}/{ref}/", false},
		{"nothing but the id", "{ref}", false},
		{"two wildcards at once", "uploads/**/{order}/", false},
		{"too many wildcards", strings.Repeat("*/", 9) + "{order}/", false},
		{"climbing past a wildcard", "uploads/*/../{order}/", false},
		{"a single-character wildcard", "uploads/?/{order}/", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := at(tc.key).Validate(); (err == nil) != tc.ok || err != nil && !errors.Is(err, plan.ErrBadLocator) {
				t.Errorf("Validate(%q) = %v", tc.key, err)
			}
		})
	}
}

func TestLocatorsByField(t *testing.T) {
	for name, tc := range map[string]struct {
		l  plan.Locator
		ok bool
	}{
		"a field alone":                  {plan.Locator{Storage: "photos", Meta: "_photo_upload"}, true},
		"a field and a key":              {plan.Locator{Storage: "photos", Meta: "_photo_upload", Key: "a/{order}/"}, false},
		"a field with a line break":      {plan.Locator{Storage: "photos", Meta: "a\nb"}, false},
		"an endless field":               {plan.Locator{Storage: "photos", Meta: strings.Repeat("x", 300)}, false},
		"a field of no storage":          {plan.Locator{Meta: "x"}, false},
		"the records of a shop as place": {plan.Locator{Storage: plan.DeskName("web"), Meta: "x"}, false},
	} {
		if err := tc.l.Validate(); (err == nil) != tc.ok || err != nil && !errors.Is(err, plan.ErrBadLocator) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := plan.Locator{Storage: "photos", Meta: "_photo_upload"}
	if _, err := l.Prefix("12"); !errors.Is(err, plan.ErrBadLocator) {
		t.Errorf("a field has a prefix: %v", err)
	}
	if _, ok := l.Number("12/a.jpg"); ok || l.Claims("12/a.jpg", "12") || l.Root() != "" {
		t.Error("a field claims keys by their names")
	}
}

func TestWildcardsClaim(t *testing.T) {
	for _, tc := range []struct {
		name, template, key, value string
		want                       bool
	}{
		{"a file below a random folder", "up/*/{order}/", "up/x7f/104/a.jpg", "104", true},
		{"a neighbour below a random folder", "up/*/{order}/", "up/x7f/1042/a.jpg", "104", false},
		{"a number that ends alike", "up/*/{order}/", "up/x7f/2104/a.jpg", "104", false},
		{"a wildcard does not cross a slash", "up/*/{order}/", "up/x/y/104/a.jpg", "104", false},
		{"a folder that is itself a number", "up/*/{order}/", "up/104/1042/a.jpg", "104", false},
		{"a name set apart by a sign", "up/*-{order}.jpg", "up/portrait-104.jpg", "104", true},
		{"a name that ends alike", "up/*-{order}.jpg", "up/portrait-2104.jpg", "104", false},
		{"a wildcard after the number", "up/{order}/*/thumb/", "up/104/k3/thumb/a.jpg", "104", true},
		{"a wildcard after the number, elsewhere", "up/{order}/*/thumb/", "up/104/k3/large/a.jpg", "104", false},
		{"the second of two possible places", "up/*-{order}-x", "up/a-b-104-x", "104", true},
		{"a number at the end after a wildcard", "up/*/{order}", "up/q/104.jpg", "104", true},
		{"a neighbour at the end after a wildcard", "up/*/{order}", "up/q/1042.jpg", "104", false},
		{"climbing through a wildcard", "up/*/{order}/", "up/../104/a.jpg", "104", false},
		{"several wildcards", "*/up/*_*/{order}/", "site/up/a_b/104/x", "104", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := at(tc.template)
			if got := l.Claims(tc.key, tc.value); got != tc.want {
				t.Errorf("Claims(%q, %q) = %v", tc.key, tc.value, got)
			}
			if prefix, err := l.Prefix(tc.value); err != nil || tc.want && !strings.HasPrefix(tc.key, prefix) || !strings.HasPrefix(prefix, l.Root()) {
				t.Errorf("Prefix = %q, %v", prefix, err)
			}
			if n, ok := l.Number(tc.key); tc.want && (!ok || n != tc.value) {
				t.Errorf("Number = %q, %v", n, ok)
			}
		})
	}
}

func TestMatchingTakesNoLongerThanTheKeyIsLong(t *testing.T) {
	l := at(strings.Repeat("*-", 8) + "{order}-")
	key := strings.Repeat("-", 200_000)
	if l.Claims(key, "1") {
		t.Error("dashes are claimed")
	}
	x := plan.NewIndex(nil)
	x.Add(order.Order{ID: 1, Number: "1"})
	s := &shelf{name: "photos"}
	s.put(strings.Repeat("1-", 500), "1", plan.Version)
	if err := plan.Sweep(t.Context(), map[string]plan.Lister{"photos": s}, []plan.Locator{l}, x, func(plan.Found) error { return nil }, nil); err != nil {
		t.Fatal(err)
	}
}

func TestTheNumberOfOneIsNotTheIdOfAnother(t *testing.T) {
	ls := []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "bynumber/{order}/"}, {Storage: "photos", Holds: plan.Photo, Key: "byref/{ref}/"}}
	os := []order.Order{{ID: 1, Number: "12", Ref: "900"}, {ID: 2, Number: "77", Ref: "12"}}
	s := &shelf{name: "photos"}
	for _, k := range []string{"bynumber/12/a.jpg", "byref/12/b.jpg", "byref/900/c.jpg", "bynumber/900/d.jpg", "bynumber/77/e.jpg"} {
		s.put(k, "1", plan.Version)
	}
	storages := map[string]plan.Lister{"photos": s}
	for i, want := range []string{"bynumber/12/a.jpg@1 byref/900/c.jpg@1", "bynumber/77/e.jpg@1 byref/12/b.jpg@1"} {
		found, _, err := plan.Survey(t.Context(), storages, ls, os[i:i+1], nil, nil)
		if err != nil || keys(found) != want {
			t.Errorf("order %s has %s, %v", os[i].Number, keys(found), err)
		}
		p := plan.Build(plan.Input{Orders: os[i : i+1], Found: found, SharedBy: plan.Shared(found, os, ls, nil), Today: day})
		if keys(p.Erase) != want {
			t.Errorf("order %s: %s would be erased", os[i].Number, keys(p.Erase))
		}
	}
	found, orphans, err := plan.SurveyAll(t.Context(), storages, ls, os, nil)
	if err != nil || len(found) != 4 || keys(orphans) != "bynumber/900/d.jpg@1" {
		t.Errorf("found %s, orphans %s, %v", keys(found), keys(orphans), err)
	}
	for _, f := range found {
		if want := map[string]int64{"bynumber/12/a.jpg": 1, "byref/12/b.jpg": 2, "byref/900/c.jpg": 1, "bynumber/77/e.jpg": 2}[f.Key]; f.Order != want {
			t.Errorf("%s went to order %d", f.Key, f.Order)
		}
	}
	// An orphan of a forgotten id is not taken for the order of that number
	// that refers to it.
	orphan := plan.Found{Object: plan.Object{Storage: "photos", Key: "byref/555/x.jpg"}, Number: "555"}
	all := append(os, order.Order{ID: 3, Number: "555", Ref: "1", Photos: []string{"byref/555/x.jpg"}})
	p := plan.Build(plan.Input{Scope: plan.Scope{Rule: plan.Orphans}, Found: []plan.Found{orphan}, SharedBy: plan.Shared([]plan.Found{orphan}, all, ls, nil), Today: day})
	if len(p.Erase) != 0 {
		t.Error("an orphan that an order refers to would be erased")
	}
	// And the same with the order as target: the forgotten order is another one.
	mine := plan.Found{Object: orphan.Object, Order: 3, Number: "555"}
	p = plan.Build(plan.Input{Orders: all[2:], Found: []plan.Found{mine}, SharedBy: plan.Shared([]plan.Found{mine}, all, ls, nil), Today: day})
	if len(p.Erase) != 0 || !strings.Contains(p.Keep[0].Ground, "555 [ref]") {
		t.Errorf("what a forgotten id names would be erased: %+v", p.Keep)
	}
}

func TestAnOrderWithoutAnIdOfTheShopIsNotSurveyedByIt(t *testing.T) {
	s := &shelf{name: "photos"}
	_, _, err := plan.Survey(t.Context(), map[string]plan.Lister{"photos": s}, []plan.Locator{at("uploads/{ref}/")}, []order.Order{{ID: 1, Number: "12"}}, nil, nil)
	if !errors.Is(err, plan.ErrNoOrderNumber) || s.calls != 0 {
		t.Errorf("%v after %d listings", err, s.calls)
	}
}

func TestOrdersOfTheSameNumberAreToldApart(t *testing.T) {
	s := &shelf{name: "photos"}
	s.put("uploads/12/a.jpg", "1", plan.Version)
	os := []order.Order{{ID: 1, Shop: "a", Number: "12"}, {ID: 2, Shop: "b", Number: "12"}, {ID: 3, Shop: "a", Number: "12 [b #2]"}}
	found, _, err := plan.Survey(t.Context(), map[string]plan.Lister{"photos": s}, []plan.Locator{at("uploads/{order}/")}, os[:1], nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	shared := plan.Shared(found, os, []plan.Locator{at("uploads/{order}/")}, nil)
	for name, tc := range map[string]struct {
		targets []order.Order
		erase   int
	}{
		"one of them alone": {os[:1], 0},
		"both together":     {os[:2], 1},
		"one beside an order that is called like both": {[]order.Order{os[0], os[2]}, 0},
	} {
		p := plan.Build(plan.Input{Orders: tc.targets, Found: found, SharedBy: shared, Today: day})
		if len(p.Erase) != tc.erase {
			t.Errorf("%s: %d erased", name, len(p.Erase))
		}
	}
}

func FuzzTemplates(f *testing.F) {
	f.Add("up/*/{order}/", "104", "up/x/104/a.jpg")
	f.Add("up/*-{ref}", "104", "up/a-b-104.jpg")
	f.Add("{order}_*/x", "CF-1", "\xff_")
	f.Add("*/*/{order}/*/", "é", "a/b/é/c/")
	f.Fuzz(func(t *testing.T, template, value, key string) {
		l := at(template)
		prefix, err := l.Prefix(value)
		if err != nil {
			return
		}
		if !strings.HasPrefix(prefix, l.Root()) || strings.Contains(l.Root(), "*") || strings.Contains(prefix, "..") && !strings.Contains(template, "..") {
			t.Fatalf("Root %q, Prefix %q", l.Root(), prefix)
		}
		if l.Claims(key, value) {
			if !strings.HasPrefix(key, prefix) || !strings.Contains(key, value) {
				t.Fatalf("%q is claimed by %q and is not below %q", key, value, prefix)
			}
			if strings.Contains(template, "*") && slices.Contains(strings.Split(key, "/"), "..") {
				t.Fatalf("%q climbs", key)
			}
			if _, ok := l.Number(key); !ok {
				t.Fatalf("%q is claimed by %q and names nobody", key, value)
			}
		}
		if n, ok := l.Number(key); ok && !l.Claims(key, n) {
			t.Fatalf("Number(%q) = %q, which does not claim it", key, n)
		}
	})
}
