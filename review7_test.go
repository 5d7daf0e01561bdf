package main

import (
	"testing"
	"time"

	"greffier/app"
	"greffier/app/erasure"
)

// Two rules at once: the orders of one are the orders of the other too, so that
// what the first one erases is in the plan of the second.
func TestASweepOfSeveralRulesEndsInOneGo(t *testing.T) {
	s := newSweepShop(t, 1)
	s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+
		"1000,completed,2015-03-01,2015-03-10,odette@localhost.test,Odette,Vasseur\n"+
		"1001,completed,"+s.day(-1500)+","+s.day(-1490)+",hugo@localhost.test,Hugo,Lemaire\n"+
		"3000,completed,"+s.day(-20)+","+s.day(-10)+",rose@localhost.test,Rose,Alizier\n")
	s.write("photos/uploads/1001/a.jpg", "photo")
	rules := []string{"media", "contract", "billing", "commercial"}
	set := app.SweepSettings{On: true, Hour: 3, MaxObjects: 500, MaxPercent: 100}
	if err := s.p.SetSweepSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if err := s.p.SetSweepMode(t.Context(), r, app.SweepAutomatic); err != nil {
			t.Fatal(err)
		}
	}
	s.sweep()
	// Her yes to one rule makes the plans of the others new ones: she sees them anew.
	for range rules {
		for _, k := range s.asks() {
			p, _, err := s.p.SweepPlan(t.Context(), k.Rule)
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.p.ConfirmSweep(t.Context(), k.Rule, p.Hash, nil)
			if err != nil || v.Record.State != erasure.Complete {
				t.Fatalf("her yes to %s: %+v %v", k.Rule, v.Record, err)
			}
		}
	}
	// The next night the same again, of other orders, by itself.
	s.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+
		"1002,completed,2014-03-01,2014-03-10,lise@localhost.test,Lise,Fabre\n"+
		"1003,completed,"+s.day(-1500)+","+s.day(-1490)+",jean@localhost.test,Jean,Colin\n"+
		"3000,completed,"+s.day(-20)+","+s.day(-10)+",rose@localhost.test,Rose,Alizier\n")
	s.write("photos/uploads/1002/a.jpg", "photo")
	s.write("photos/uploads/1003/a.jpg", "photo")
	s.now = s.now.Add(25 * time.Hour)
	r := s.sweep()
	ran := 0
	for _, one := range r.Rules {
		if one.State != app.SweepDone {
			t.Errorf("%s: %+v", one.Rule, one)
		}
		if one.Run != 0 {
			ran++
		}
	}
	if r.State != app.SweepDone || ran < 2 || s.exists("photos/uploads/1002/a.jpg") || s.exists("photos/uploads/1003/a.jpg") || !s.exists("photos/uploads/3000/a.jpg") {
		t.Errorf("sweep: %+v", r)
	}
}
