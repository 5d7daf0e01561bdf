package cases_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
)

func letter() cases.Entry {
	return cases.Entry{Channel: cases.ChannelPost, Received: law.Date{Year: 2026, Month: 3, Day: 2}, Requester: cases.Person{Name: "Anne Martin"}, Link: cases.Self,
		Rights: []request.Right{request.Access}, Words: "Je voudrais une copie de mes données.\nCommande 1042.", Language: "fr"}
}

func TestEnterARequestThatCameByPost(t *testing.T) {
	c, err := cases.Enter(letter(), shop, now, paris)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != cases.Received || c.Channel != cases.ChannelPost || c.Concerned != c.Requester || c.Identity.Level != cases.Unproven || len(c.Messages) != 0 {
		t.Errorf("case %+v", c)
	}
	// Received on 2 March: due on 2 April, though it was entered on the 5th.
	if d, err := c.Clock(paris).Deadline(law.DateOf(now, paris)); err != nil || d.Due.String() != "2026-04-02" {
		t.Errorf("due %s, %v", d.Due, err)
	}
	if got := short(c.Orders); got != "1042 told_number; 1043 name" {
		t.Errorf("orders %s", got)
	}
	if got := strings.Join(eventKeys(c), " "); got != "entered asked.access found_late" {
		t.Errorf("events %s", got)
	}
	if len(c.Selected()) != 0 || cases.MayErase(c) == nil || cases.MayDisclose(c) == nil {
		t.Error("a letter proves who wrote it")
	}
}

func TestWhatCannotBeEntered(t *testing.T) {
	tests := []struct {
		name   string
		change func(*cases.Entry)
		want   error
	}{
		{"a day that has not come", func(e *cases.Entry) { e.Received = law.DateOf(now, paris).AddDays(1) }, cases.ErrEntryDate},
		{"no day", func(e *cases.Entry) { e.Received = law.Date{} }, cases.ErrEntryDate},
		{"a day before there was a GDPR", func(e *cases.Entry) { e.Received.Year = 206 }, cases.ErrEntryDate},
		{"nobody", func(e *cases.Entry) { e.Requester = cases.Person{Name: " \u202e "} }, cases.ErrEntryPerson},
		{"no right", func(e *cases.Entry) { e.Rights = nil }, cases.ErrEntryRight},
		{"a right that does not exist", func(e *cases.Entry) { e.Rights = []request.Right{42} }, cases.ErrEntryRight},
		{"a channel that does not exist", func(e *cases.Entry) { e.Channel = "pigeon" }, cases.ErrEntryChannel},
		{"a link that does not exist", func(e *cases.Entry) { e.Link = "boss" }, cases.ErrInput},
		{"an order that does not exist", func(e *cases.Entry) { e.Orders = []int64{404} }, cases.ErrInput},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			e := letter()
			tc.change(&e)
			if _, err := cases.Enter(e, shop, now, paris); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	t.Run("today, early in the morning, is no future", func(t *testing.T) {
		e := letter()
		early := time.Date(2026, 3, 5, 5, 0, 0, 0, time.UTC)
		e.Received = law.DateOf(early, paris)
		c, err := cases.Enter(e, shop, early, paris)
		if err != nil || c.ReceivedAt.After(early) {
			t.Errorf("received %s, %v", c.ReceivedAt, err)
		}
	})
}

func TestTheOwnersOrdersAreTheScopeOfWhatSheEnters(t *testing.T) {
	e := letter()
	e.Orders, e.Phone = []int64{3}, "06 12 34 56 78"
	c, err := cases.Enter(e, shop, now, paris)
	if err != nil {
		t.Fatal(err)
	}
	if got := short(c.Orders); got != "1042 told_number; 1043 name; 1044 owner selected confirmed" || !strings.Contains(c.Told, e.Phone) {
		t.Errorf("orders %s, told %q", got, c.Told)
	}
}

func TestEarlierRequests(t *testing.T) {
	c := opened(request.Access, request.Erasure)
	earlier := func(id cases.ID, days int, change func(*cases.Case)) cases.Case {
		x := opened(request.Access)
		x.ID, x.ReceivedAt, x.State = id, received.AddDate(0, 0, -days), cases.Closed
		x.Asked[0].Outcome = cases.Granted
		if change != nil {
			change(&x)
		}
		return x
	}
	all := []cases.Case{c, earlier(1, 30, nil), earlier(2, 300, nil), earlier(3, 400, nil),
		earlier(4, 10, func(x *cases.Case) { x.Requester.Email = "eve@example.com" }),
		earlier(5, 10, func(x *cases.Case) { x.Asked[0].Right = request.Objection }),
		earlier(6, 10, func(x *cases.Case) { x.MergedInto = 1 }),
		earlier(7, 20, func(x *cases.Case) { x.Requester.Email = "" }),
		earlier(8, -10, nil)}
	var ids []cases.ID
	for _, e := range cases.EarlierOf(c, all, paris) {
		ids = append(ids, e.Case)
		if e.Right != request.Access || e.Outcome != cases.Granted {
			t.Errorf("%+v", e)
		}
	}
	if !slices.Equal(ids, []cases.ID{7, 1, 2}) {
		t.Errorf("earlier cases %v", ids)
	}
}
