package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/request"
)

// history is a small shop with what the test itself knows of it: the raw data
// that the oracle looks at.
type history struct {
	*small
	r      *rand.Rand
	orders []*rawOrder
	days   int               // of the media rule
	holds  map[string]string // number → hold
	asked  map[cases.ID]*rawAsk
}

// rawAsk is an open request as somebody would tell of it: by whom or about which
// order, and which orders the owner said it is not about.
type rawAsk struct {
	email, number string
	media         bool // it cannot be answered without the photos
	known         int  // how many orders there were when it came
	leftOut       map[string]bool
}

func (k *rawAsk) about(o *rawOrder) bool {
	return !k.leftOut[o.number] && (k.email == o.email || k.number == o.number)
}

// waits tells whether an open request may be about an order: whichever it is, or
// one that needs the photos.
func (h *history) waits(o *rawOrder, media bool) bool {
	for _, k := range h.asked {
		if k.about(o) && (k.media || !media) {
			return true
		}
	}
	return false
}

type rawOrder struct {
	number, email      string
	created, completed law.Date
	photos             []string
}

// TestNoHistoryKeepsAPhotoTooLongOrTakesWhatIsProtected lives through random
// histories on a real folder and store: orders, completions, holds, changed
// rules, a clock that jumps, runs that are killed in the middle and taken up
// again. GREFFIER_HISTORIES makes more of them.
func TestNoHistoryKeepsAPhotoTooLongOrTakesWhatIsProtected(t *testing.T) {
	t.Parallel()
	histories := 1
	if n, err := strconv.Atoi(os.Getenv("GREFFIER_HISTORIES")); err == nil {
		histories = n
	}
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := &history{small: newSmall(t, "900,completed,2011-02-01,2011-02-03,ancien@example.org,Luc,Morel\n", "other/x.jpg"), r: rand.New(rand.NewPCG(seed, 7)), days: 60, holds: map[string]string{}, asked: map[cases.ID]*rawAsk{}}
			h.orders = append(h.orders, &rawOrder{number: "900", email: "ancien@example.org", created: law.Date{Year: 2011, Month: 2, Day: 1}, completed: law.Date{Year: 2011, Month: 2, Day: 3}})
			h.now = at(t, "2026-12-01T09:00:00Z")
			for range 14 {
				h.event()
				h.sweepDay()
			}
			if r, err := h.Verify(t.Context()); err != nil || r.Evidence != "ok" || r.BrokenAt != nil {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

func (h *history) today() law.Date { return law.DateOf(h.now, law.Paris()) }

// event lets days pass and something happen, and reads the shop.
func (h *history) event() {
	h.t.Helper()
	h.now = h.now.AddDate(0, 0, 1+h.r.IntN(25))
	for range 1 + h.r.IntN(2) {
		n := len(h.orders)
		o := &rawOrder{number: fmt.Sprint(1000 + n), email: fmt.Sprintf("c%d@example.org", h.r.IntN(6)), created: h.today()}
		if h.r.IntN(3) > 0 {
			o.completed = h.today()
		}
		for i := range h.r.IntN(3) {
			p := fmt.Sprintf("uploads/%s/%d.jpg", o.number, i)
			o.photos = append(o.photos, p)
			h.write("photos/"+p, "a picture")
		}
		h.orders = append(h.orders, o)
	}
	old := h.orders[h.r.IntN(len(h.orders))]
	if old.completed.IsZero() {
		old.completed = h.today()
	}
	feed := "order,status,created,completed,email,first_name,last_name\n"
	for _, o := range h.orders {
		status, done := "processing", ""
		if !o.completed.IsZero() {
			status, done = "completed", o.completed.String()
		}
		feed += fmt.Sprintf("%s,%s,%s,%s,%s,Prénom,Nom\n", o.number, status, o.created, done, o.email)
	}
	h.write("orders.csv", feed)
	h.fetch()
	switch h.r.IntN(6) {
	case 3, 4:
		h.request(old)
	case 0:
		if h.holds[old.number] == "" {
			id, err := h.Hold(h.t.Context(), app.LegalHold{Scope: app.HoldOrder, Order: h.id(old.number), Reason: "a dispute"})
			if err != nil {
				h.t.Fatal(err)
			}
			h.holds[old.number] = id
		}
	case 1:
		for n, id := range h.holds {
			if err := h.EndHold(h.t.Context(), id); err != nil {
				h.t.Fatal(err)
			}
			delete(h.holds, n)
			break
		}
	case 2:
		h.days = []int{20, 60, 90}[h.r.IntN(3)]
		rs, err := h.Rules(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		for _, r := range rs {
			if r.ID == "media" {
				r.Period = fmt.Sprintf("%d days", h.days)
				if err := h.SaveRule(h.t.Context(), r); err != nil {
					h.t.Fatal(err)
				}
			}
		}
	}
}

// request lets somebody ask for something by telephone, by her address or by the
// number of her order; or the owner says what it is not about, or ends it.
func (h *history) request(old *rawOrder) {
	h.t.Helper()
	for id, k := range h.asked {
		if h.r.IntN(2) == 0 {
			if err := h.Act(h.t.Context(), id, cases.ActSelectOrders, cases.Input{}); err != nil {
				h.t.Fatal(err)
			}
			// One that came in later she was not shown.
			for _, o := range h.orders[:k.known] {
				if k.about(o) {
					k.leftOut[o.number] = true
				}
			}
		} else {
			if err := h.Act(h.t.Context(), id, cases.ActWithdraw, cases.Input{Reason: "taken back"}); err != nil {
				h.t.Fatal(err)
			}
			delete(h.asked, id)
		}
		return
	}
	k := &rawAsk{known: len(h.orders), media: h.r.IntN(3) > 0, leftOut: map[string]bool{}}
	n := app.NewCase{Channel: cases.ChannelTelephone, Received: h.today(), Requester: cases.Person{Name: "Zoé Quelqu"}, Rights: []request.Right{request.Erasure}}
	if k.media {
		n.Rights = []request.Right{request.Access}
	}
	if h.r.IntN(2) == 0 && old.number != "900" {
		k.email, n.Requester = old.email, cases.Person{Email: old.email}
	} else {
		k.number, n.Words = old.number, "about order "+old.number
	}
	id, err := h.EnterCase(h.t.Context(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	h.asked[id] = k
}

// sweepDay runs the rules as a day of the running program does. A run may be
// killed in the middle, and is then taken up again.
func (h *history) sweepDay() {
	h.t.Helper()
	before := h.photos()
	for _, rule := range []string{"media", "contract", "billing", "commercial"} {
		ctx, kill := context.WithCancel(h.t.Context())
		if left := h.r.IntN(4); h.r.IntN(3) == 0 {
			h.st.tried = func() {
				if left--; left < 0 {
					kill()
				}
			}
		}
		_, err := h.RunRule(ctx, rule, law.Date{}, "rule "+rule, nil)
		kill()
		h.st.tried = nil
		if err != nil && !errors.Is(err, context.Canceled) {
			h.t.Fatalf("rule %s: %v", rule, err)
		}
		vs, err := h.ResumeErasure(h.t.Context(), nil)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, v := range vs {
			if v.Record.State != erasure.Complete {
				h.t.Fatalf("taken up: %+v", v.Record)
			}
		}
		if len(vs) == 0 {
			continue
		}
		// What was killed before it was confirmed is simply done again.
		if _, err := h.RunRule(h.t.Context(), rule, law.Date{}, "rule "+rule, nil); err != nil {
			h.t.Fatal(err)
		}
	}
	if _, err := h.RunRule(h.t.Context(), "media", law.Date{}, "rule media", nil); err != nil {
		h.t.Fatal(err)
	}
	h.judge(before)
}

func (h *history) photos() (out []string) {
	for _, o := range h.orders {
		for _, p := range o.photos {
			if h.exists("photos/" + p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// judge compares what is there with the raw data.
func (h *history) judge(before []string) {
	h.t.Helper()
	after := h.photos()
	for _, o := range h.orders {
		start := o.completed
		if start.IsZero() {
			start = o.created
		}
		over, held := !start.AddDays(h.days).After(h.today()), h.holds[o.number] != "" || h.waits(o, true)
		for _, p := range o.photos {
			there := slices.Contains(after, p)
			if there && over && !held {
				h.t.Errorf("on %s: %s outlives its rule (start %s, %d days)", h.today(), p, start, h.days)
			}
			if !there && slices.Contains(before, p) && (held || !over) {
				h.t.Errorf("on %s: %s went (start %s, %d days, held %v)", h.today(), p, start, h.days, held)
			}
		}
		// An invoice within ten years keeps its customer, until nobody came back
		// for three years.
		last := law.Date{}
		for _, x := range h.orders {
			if x.email == o.email && x.created.After(last) {
				last = x.created
			}
		}
		if gone := h.customer(o.number) == (order.Customer{}); gone && last.AddYears(3).After(h.today()) {
			h.t.Errorf("on %s: the customer of %s went", h.today(), o.number)
		} else if !gone && !held && !h.waits(o, false) && strings.HasPrefix(o.number, "9") {
			h.t.Errorf("on %s: %s stays beyond all its rules", h.today(), o.number)
		}
	}
}
