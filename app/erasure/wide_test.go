package erasure_test

import (
	"fmt"
	"slices"
	"testing"

	"greffier/app/erasure"
	"greffier/app/plan"
)

func TestManyFoldersAreListedInOneGo(t *testing.T) {
	const folders = 40
	for _, tc := range []struct {
		name  string
		spoil func(s *shop)
		wide  bool // no folder is listed by itself
	}{
		{"where little else lies beside them", func(*shop) {}, true},
		{"not where too much does", func(s *shop) {
			for i := range 10_500 {
				s.put(fmt.Sprintf("uploads/104/zz/%d.jpg", i), "v", plan.Version)
			}
		}, false},
		{"not where that is refused", func(s *shop) {
			s.listing = func(prefix string) error {
				if prefix == "uploads/104/" {
					return erasure.ErrDenied
				}
				return nil
			}
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, led := newShop(0, true), newBook()
			for i := range folders {
				s.put(fmt.Sprintf("uploads/104/%02d/a.jpg", i), "v", plan.Version)
			}
			s.put("uploads/104/00/up.jpg", "id", plan.Upload)
			c, fresh := s.confirmed(t), s.plan(t)
			tc.spoil(s)
			others := len(s.objects) - folders - 1
			s.lists = nil
			r, steps, err := erasure.Run(t.Context(), c, fresh, s.storages, led, now, nil)
			if err != nil || r.State != erasure.Complete || r.Erased != folders+1 || len(s.objects) != others {
				t.Fatalf("%+v, %v, %v", r, err, reasons(steps))
			}
			whole(t, r, steps)
			if alone := slices.Contains(s.lists, "uploads/104/07/a.jpg"); alone == tc.wide {
				t.Errorf("listed %q", s.lists)
			}
			if n := len(slices.DeleteFunc(slices.Clone(s.lists), func(p string) bool { return p != "uploads/104/00/up.jpg" })); n != 2 {
				t.Errorf("the unfinished upload is asked for by its key %d times, want 2", n)
			}
		})
	}
}
