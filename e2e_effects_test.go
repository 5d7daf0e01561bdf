package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/data/mail/mailtest"
	"greffier/data/shop"
	"greffier/data/shop/prestatest"
	"greffier/data/shop/wootest"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
)

const freezeMe = "Bonjour,\n\nJe conteste l'exactitude de mes données : merci de limiter leur traitement le temps de vérifier (article 18 du RGPD), sans rien effacer.\n\nCordialement"

// restricted is a small world with a case that asks for a restriction of order
// 104 and 106.
func restricted(t *testing.T, photos ...string) (*small, cases.Case) {
	t.Helper()
	s := newSmall(t, threeOrders, photos...)
	s.box.put(t, "2025-05-01T10:00:00Z", letter("Alice <alice.planchon@example.org>", "Limitation", freezeMe, vouched("example.org", "pass")))
	s.fetch()
	c := s.theCase("alice.planchon@example.org")
	if !slices.Contains(c.Rights(), "restriction") || len(c.Selected()) != 2 {
		t.Fatalf("case: %v %v", c.Rights(), c.Selected())
	}
	return s, c
}

func (s *small) restrict(c cases.Case) app.RestrictionRow {
	s.t.Helper()
	r, err := s.Restrict(s.t.Context(), c.ID, c.Selected(), effects.Contested, "the address is contested")
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// journalled returns the records of the entries of an act.
func (s *small) journalled(act string) (out []string) {
	s.t.Helper()
	es, err := s.Journal(s.t.Context(), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range es {
		if e.Act == act {
			out = append(out, e.Record)
		}
	}
	return out
}

func TestWhatIsRestrictedIsErasedByNobody(t *testing.T) {
	t.Parallel()
	s, c := restricted(t, "uploads/104/a.jpg", "uploads/105/a.jpg", "uploads/106/a.jpg")
	r := s.restrict(c)
	if r.ByGreffier != 2 || r.Locked != 0 || !r.Looked || len(s.journalled("restriction.placed")) != 1 {
		t.Errorf("a folder cannot lock: %+v", r)
	}
	// The answer is given and the case closed: its own hold ends, the
	// restriction does not.
	if err := s.Act(t.Context(), c.ID, cases.ActSetOutcome, cases.Input{Right: request.Restriction, Outcome: cases.Granted}); err != nil {
		t.Fatal(err)
	}
	v, err := s.App.Case(t.Context(), c.ID)
	if err != nil || len(v.Case.WorkOf(request.Restriction)) != 1 {
		t.Errorf("the case has no record of the work: %+v %v", v.Case.Work, err)
	}
	l, err := s.DraftLetter(t.Context(), c.ID, cases.LetterAnswer, "fr")
	if err != nil || !strings.Contains(l.Text, "LIMITATION") {
		t.Errorf("letter: %v\n%s", err, l.Text)
	}
	if err := s.Act(t.Context(), c.ID, cases.ActAnswer, cases.Input{}); err != nil {
		t.Fatal(err)
	}

	t.Run("not by a sweep", func(t *testing.T) {
		v, err := s.Retention(t.Context(), law.Date{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range v.Due {
			if (d.Number == "104" || d.Number == "106") && !strings.Contains(d.Held, "contested") {
				t.Errorf("order %s is due and not held: %+v", d.Number, d)
			}
		}
		if keys := keysIn(v.Plan); !slices.Equal(keys, []string{"uploads/105/a.jpg"}) {
			t.Errorf("the rule would erase %v", keys)
		}
		if _, err := s.EraseWith(t.Context(), v.Plan, v.Plan.Hash, app.EraseOptions{By: "rule media"}, nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("not by the owner, and the plan says why", func(t *testing.T) {
		p := s.planOrder("104")
		if len(p.Erase) != 0 || !slices.ContainsFunc(p.Restrict, func(h plan.Held) bool {
			return h.Key == "uploads/104/a.jpg" && h.Article == "GDPR Art. 18(1)(a)" && strings.Contains(h.Ground, "contested")
		}) {
			t.Errorf("plan: %+v", p)
		}
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.Erased != 0 {
			t.Errorf("%+v %v", v.Record, err)
		}
		whole, err := s.PlanPerson(t.Context(), c.Selected())
		if err != nil || len(whole.Erase) != 0 {
			t.Errorf("the person: %+v %v", whole.Erase, err)
		}
		if _, err := s.Erase(t.Context(), whole, whole.Hash, nil); err != nil {
			t.Fatal(err)
		}
	})
	if !s.exists("photos/uploads/104/a.jpg") || !s.exists("photos/uploads/106/a.jpg") || s.exists("photos/uploads/105/a.jpg") {
		t.Error("the wrong photos went")
	}
	t.Run("the recipients are to be told of a restriction", func(t *testing.T) {
		ps, err := s.Processors(t.Context())
		if err != nil || len(ps) == 0 {
			t.Fatal(err)
		}
		ps[0].Name, ps[0].Contact, ps[0].Country = "Imprimerie du Nord", "rgpd@imprimerie.example", "FR"
		if err := s.SaveProcessor(t.Context(), ps[0]); err != nil {
			t.Fatal(err)
		}
		n := s.noticeTo("Imprimerie du Nord", "restriction")
		l, err := s.DraftNotice(t.Context(), n.ID, "fr")
		if err != nil || l.Kind != cases.LetterNoticeRestricted || !strings.Contains(l.Text, "sans les utiliser ni les effacer") || strings.Contains(l.Text, "Planchon") || !slices.Equal(n.Orders, []string{"104", "106"}) {
			t.Errorf("%v %+v\n%s", err, n, l.Text)
		}
	})
	t.Run("the orders page and the register say it", func(t *testing.T) {
		v, err := s.Order(t.Context(), c.Selected()[0])
		if err != nil || len(v.Restrictions) != 1 || v.Row.Media != "held" || v.Order.Customer.Email == "" {
			t.Errorf("%+v %v", v.Row, err)
		}
		d, err := s.Document(t.Context(), register.Requests, "en")
		if err != nil || !slices.ContainsFunc(d.Sections, func(x register.Section) bool { return x.Key == "restrictions" && len(x.Table.Rows) == 1 }) {
			t.Errorf("register: %v", err)
		}
	})
	t.Run("lifted, it goes again; but not before she was told", func(t *testing.T) {
		if err := s.LiftRestriction(t.Context(), r.ID, time.Time{}, "verified"); !errors.Is(err, effects.ErrNotTold) {
			t.Fatalf("lifted without a word: %v", err)
		}
		if _, err := s.DraftLift(t.Context(), r.ID, "", ""); err == nil {
			t.Error("a letter without a reason")
		}
		l, err := s.DraftLift(t.Context(), r.ID, "Nous avons vérifié l’adresse.", "fr")
		if err != nil || !strings.Contains(l.Text, "vérifié l’adresse") || !strings.Contains(l.Text, "104 et 106") || !cases.NamesRemedies(l.Text) {
			t.Fatalf("%v\n%s", err, l.Text)
		}
		if err := s.SaveLetter(t.Context(), c.ID, l); err != nil {
			t.Fatal(err)
		}
		if err := s.LiftRestriction(t.Context(), r.ID, time.Time{}, "verified"); !errors.Is(err, effects.ErrNotTold) {
			t.Fatalf("the letter was only written: %v", err)
		}
		if err := s.MarkSent(t.Context(), c.ID, cases.LetterLift); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(time.Minute)
		if err := s.LiftRestriction(t.Context(), r.ID, time.Time{}, "verified"); err != nil {
			t.Fatal(err)
		}
		p := s.planOrder("104")
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete || s.exists("photos/uploads/104/a.jpg") {
			t.Errorf("%+v %v", v.Record, err)
		}
		if len(s.journalled("restriction.lifted")) != 1 {
			t.Error("not journalled")
		}
	})
	if v, err := s.Verify(t.Context()); err != nil || v.BrokenAt != nil || v.Evidence != "ok" {
		t.Errorf("verify: %+v %v", v, err)
	}
}

func keysIn(p plan.Plan) (out []string) {
	for _, f := range p.Erase {
		out = append(out, f.Key)
	}
	slices.Sort(out)
	return out
}

func TestARestrictionStopsARunThatIsUnderWay(t *testing.T) {
	t.Parallel()
	var photos []string
	for i := range 80 {
		photos = append(photos, fmt.Sprintf("uploads/104/%02d.jpg", i))
	}
	for _, name := range []string{"at once", "while it was cut off"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSmall(t, threeOrders, photos...)
			id, err := s.OrderID(t.Context(), "104")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cut := context.WithCancel(t.Context())
			defer cut()
			freeze := func() {
				if _, err := s.Restrict(t.Context(), 0, []int64{id}, effects.Claim, "a claim"); err != nil {
					t.Error(err)
				}
			}
			tried := false
			s.st.tried = func() {
				if tried {
					return
				}
				tried = true
				if name == "at once" {
					freeze()
				} else {
					cut()
				}
			}
			p := s.planOrder("104")
			v, err := s.Erase(ctx, p, p.Hash, nil)
			if name != "at once" {
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("cut off: %v", err)
				}
				s.st.tried = nil
				freeze()
				vs, err := s.ResumeErasure(t.Context(), nil)
				if err != nil || len(vs) != 1 {
					t.Fatalf("resumed: %v %v", vs, err)
				}
				v = vs[0]
			} else if err != nil {
				t.Fatal(err)
			}
			left := 0
			for _, f := range photos {
				if s.exists("photos/" + f) {
					left++
				}
			}
			if v.Record.State != erasure.Partial || left == 0 || v.Record.Left != left {
				t.Errorf("%s: %d left, the record says %d", v.Record.State, left, v.Record.Left)
			}
			if err := s.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestABucketWithObjectLockHoldsWhatIsRestricted(t *testing.T) {
	t.Parallel()
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, true)
	foreign := s3.Put("photos", "uploads/104/held.jpg", "held by the host")
	s3.Hold("photos", "uploads/104/held.jpg", foreign)
	mine := s3.Put("photos", "uploads/104/a.jpg", "a picture")
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
	w.init(csvTOML, s3TOML(s3, "photos"))
	w.sync()
	r := asJSON[restrictionJSON](t, w.ok("--json", "restrict", "--order", "104", "--ground", "c", "--reason", "a claim against the carrier"))
	if r.Locked != 2 || r.ByGreffier != 0 || r.Waiting != 0 {
		t.Fatalf("%+v", r)
	}
	st, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: s3.Endpoint, Region: s3.Region, Bucket: "photos", AccessKey: s3.AccessKey, SecretKey: s3.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Erase(t.Context(), plan.Object{Storage: "photos", Key: "uploads/104/a.jpg", Version: mine}); !errors.Is(err, erasure.ErrLocked) {
		t.Errorf("another program could erase it: %v", err)
	}
	w.failed([]string{"told"}, "restrict", "--lift", r.ID, "--reason", "settled")
	w.ok("restrict", "--lift", r.ID, "--told", law.DateOf(time.Now(), law.Paris()).String(), "--reason", "settled")
	for version, want := range map[string]bool{mine: false, foreign: true} {
		key := map[string]string{mine: "uploads/104/a.jpg", foreign: "uploads/104/held.jpg"}[version]
		if held, err := st.Locked(t.Context(), plan.Object{Storage: "photos", Key: key, Version: version}); err != nil || held != want {
			t.Errorf("%s is held: %v %v", key, held, err)
		}
	}
	w.verified()
}

func TestLocksThatCouldNotBeSetAreSetLater(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/104/a.jpg")
	l := &lockable{Storage: s.st.Storage, away: true, held: map[string]bool{}}
	s.st.Storage = l
	id, err := s.OrderID(t.Context(), "104")
	if err != nil {
		t.Fatal(err)
	}
	d := s.deps
	d.Storages = map[string]erasure.Storage{"photos": l}
	a := app.New(d)
	r, err := a.Restrict(t.Context(), 0, []int64{id}, effects.Claim, "a claim")
	if err != nil || r.Looked {
		t.Fatalf("the restriction stands though the storage is away: %+v %v", r, err)
	}
	l.away = false
	if err := a.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := a.Restrictions(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Locked != 1 || len(l.held) != 1 {
		t.Fatalf("%+v %v", rows, err)
	}
	// Another one on the same order holds the same file.
	two, err := a.Restrict(t.Context(), 0, []int64{id}, effects.Unlawful, "another ground")
	if err != nil || two.Locked != 1 {
		t.Fatalf("%+v %v", two, err)
	}
	s.now = s.now.Add(time.Minute)
	if err := a.LiftRestriction(t.Context(), two.ID, s.now, "over"); err != nil || len(l.held) != 1 {
		t.Fatalf("the first one still stands: %v %v", l.held, err)
	}
	l.away = true
	s.now = s.now.Add(time.Hour)
	if err := a.LiftRestriction(t.Context(), r.ID, s.now, "over"); err != nil {
		t.Fatal(err)
	}
	if l.away = false; len(l.held) != 1 {
		t.Fatal("released though it was away")
	}
	if err := a.Tick(t.Context()); err != nil || len(l.held) != 0 {
		t.Errorf("still held: %v %v", l.held, err)
	}
}

// lockable is a storage that can lock, and be away.
type lockable struct {
	erasure.Storage
	away bool
	held map[string]bool
}

func (l *lockable) gone() error {
	if l.away {
		return erasure.ErrOffline
	}
	return nil
}
func (l *lockable) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	return l.Storage.List(ctx, prefix, func(o plan.Object) error { o.Version = "v1"; return yield(o) })
}
func (l *lockable) CanLock(context.Context) (bool, error) { return true, l.gone() }
func (l *lockable) Locked(_ context.Context, o plan.Object) (bool, error) {
	return l.held[o.Key], l.gone()
}
func (l *lockable) Lock(_ context.Context, o plan.Object) error {
	if l.away {
		return erasure.ErrOffline
	}
	l.held[o.Key] = true
	return nil
}
func (l *lockable) Unlock(_ context.Context, o plan.Object) error {
	if l.away {
		return erasure.ErrOffline
	}
	delete(l.held, o.Key)
	return nil
}

// presta is a small world on a real PrestaShop.
type prestaWorld struct {
	*small
	shop *prestatest.Shop
}

const prestaTestKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"

func newPresta(t *testing.T) *prestaWorld {
	t.Helper()
	s := newSmall(t, "", "uploads/X/a.jpg")
	sh := prestatest.New(prestaTestKey)
	srv := httptest.NewTLSServer(sh)
	t.Cleanup(srv.Close)
	ca := s.write("presta-ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	p, err := shop.NewPresta(shop.PrestaConfig{Name: "boutique", URL: srv.URL, Key: prestaTestKey, CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	w := &prestaWorld{s, sh}
	s.deps.Shops = []order.Source{p}
	s.deps.Desks = map[string]erasure.Desk{"boutique": p.Desk()}
	s.App = app.New(s.deps)
	sh.Put("customers", prestatest.Record{Row: prestatest.Row{"id": "7", "lastname": "Planchon", "firstname": "Alice", "email": "alice.planchon@example.org", "passwd": "x", "newsletter": "1", "optin": "1", "active": "1"}})
	sh.Put("addresses", prestatest.Record{Row: prestatest.Row{"id": "70", "id_customer": "7", "id_country": "8", "alias": "a", "lastname": "Planchon", "firstname": "Alice", "address1": "3 rue des Lilas", "city": "Lile", "postcode": "59000", "phone": "0102030405", "deleted": "0"}})
	sh.Put("orders", prestatest.Record{Row: prestatest.Row{"id": "104", "id_address_delivery": "70", "id_address_invoice": "70", "id_cart": "104", "id_currency": "1", "id_lang": "1", "id_customer": "7", "id_carrier": "1",
		"current_state": "5", "module": "m", "valid": "1", "date_add": "2025-01-10 10:00:00", "date_upd": "2025-01-20 10:00:00", "delivery_date": "2025-01-20 10:00:00", "payment": "CB", "total_paid": "39.90", "total_paid_tax_incl": "39.90",
		"total_paid_real": "39.90", "total_products": "39.90", "total_products_wt": "39.90", "conversion_rate": "1", "reference": "XKBKNABJK"}})
	sh.Put("order_histories", prestatest.Record{Row: prestatest.Row{"id": "1", "id_order": "104", "id_order_state": "5", "date_add": "2025-01-20 10:00:00"}})
	s.fetch()
	return w
}

// mail puts a mail of Alice into the box and returns its case.
func (s *small) mail(t *testing.T, received, subject, text string) cases.Case {
	t.Helper()
	s.box.put(t, received, letter("Alice <alice.planchon@example.org>", subject, text, vouched("example.org", "pass")))
	s.fetch()
	return s.theCase("alice.planchon@example.org")
}

func TestAnObjectionHoldsAtTheNextSyncAndAfterThePersonIsErased(t *testing.T) {
	t.Parallel()
	w := newPresta(t)
	c := w.mail(t, "2025-05-01T10:00:00Z", "Prospection", "Bonjour,\n\nJe m'oppose à l'utilisation de mes données à des fins de prospection commerciale (article 21 du RGPD).\n\nCordialement")
	if err := w.SaveConsent(t.Context(), register.Consent{Who: "Alice.Planchon@example.org", Kind: "consent", What: "marketing", At: "2024-01-01T00:00:00Z", How: "checkout"}); err != nil {
		t.Fatal(err)
	}
	row, err := w.Suppress(t.Context(), effects.Suppression{Case: int64(c.ID), Email: "Alice.Planchon@example.org", Uses: []effects.Use{effects.Newsletter, effects.Photos}})
	if err != nil || len(row.Shops) != 1 || row.Shops[0].State != effects.PushDone {
		t.Fatalf("%+v %v", row, err)
	}
	if r := w.shop.Get("customers", 7); r["newsletter"] != "0" || r["optin"] != "1" {
		t.Errorf("the shop has newsletter %s, partners %s", r["newsletter"], r["optin"])
	}
	if cs, err := w.Consents(t.Context()); err != nil || cs[0].Ended == "" {
		t.Errorf("the consent stands: %+v %v", cs, err)
	}
	if v, err := w.App.Case(t.Context(), c.ID); err != nil || len(v.Case.WorkOf(request.Objection)) != 1 {
		t.Errorf("%+v %v", v.Case.Work, err)
	}
	again, err := w.Suppress(t.Context(), effects.Suppression{Case: int64(c.ID), Email: "alice.planchon@example.org", Uses: []effects.Use{effects.Post}})
	if err != nil || again.ID != row.ID || len(again.Uses) != 3 {
		t.Errorf("the same person by the same case: %+v %v", again, err)
	}
	need := func() (out []app.Need) {
		t.Helper()
		today, err := w.Today(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range today.Needs {
			if n.Kind == "suppression" {
				out = append(out, n)
			}
		}
		return out
	}
	w.fetch()
	if n := need(); len(n) != 0 {
		t.Fatalf("nothing is broken: %+v", n)
	}

	t.Run("a planted re-opt-in is found at the next sync, journalled once", func(t *testing.T) {
		w.shop.Set("customers", 7, "newsletter", "1")
		w.fetch()
		w.fetch()
		if n := need(); len(n) != 1 || n[0].Service != "boutique" || n[0].Tone != app.ToneLate {
			t.Errorf("needs: %+v", n)
		}
		if got := w.journalled("suppression.broken"); len(got) != 1 {
			t.Errorf("journal: %v", got)
		}
		if r := w.shop.Get("customers", 7); r["newsletter"] != "1" {
			t.Error("the owner was not asked: the person may have subscribed again herself")
		}
		if _, err := w.Resuppress(t.Context(), row.ID); err != nil {
			t.Fatal(err)
		}
		if n := need(); len(n) != 0 || w.shop.Get("customers", 7)["newsletter"] != "0" {
			t.Errorf("still broken: %+v", n)
		}
	})
	t.Run("a shop that is away is told, and asked at the next sync", func(t *testing.T) {
		w.shop.Fail(500)
		if _, err := w.App.Sync(t.Context(), true, false, nil); err == nil {
			t.Error("nobody noticed")
		}
		checks, err := w.SuppressionChecks(t.Context())
		w.shop.Fail(0)
		if err != nil || len(checks) != 1 || checks[0].Err == nil {
			t.Errorf("%+v %v", checks, err)
		}
	})
	t.Run("erased, nothing readable of her stays, and her address is still known", func(t *testing.T) {
		var ids []int64
		rows, err := w.Orders(t.Context())
		for _, o := range rows {
			ids = append(ids, o.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.PlanPerson(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := w.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Fatalf("%+v %v", v.Record, err)
		}
		list, err := w.Suppressed(t.Context())
		if err != nil || len(list) != 1 || list[0].Email != "" || list[0].EmailHash == "" || list[0].ErasedAt.IsZero() || !list[0].Stops(effects.Newsletter) {
			t.Fatalf("%+v %v", list, err)
		}
		x, err := w.ExportSuppressions(t.Context(), filepath.Join(w.dir, "out", "list.csv"), "csv")
		if err != nil || x.Rows != 0 || x.Erased != 1 {
			t.Errorf("%+v %v", x, err)
		}
		// She orders again as a guest, and the shop puts her on its list.
		w.shop.Put("customers", prestatest.Record{Row: prestatest.Row{"id": "9", "lastname": "Planchon", "firstname": "Alice", "email": "Alice.Planchon@example.org", "passwd": "x", "newsletter": "1", "optin": "0", "active": "1"}})
		w.fetch()
		if n := need(); len(n) != 1 {
			t.Errorf("her objection is forgotten: %+v", n)
		}
		list, _ = w.Suppressed(t.Context())
		if list[0].Email != "" {
			t.Error("her address came back into the list")
		}
	})
	t.Run("taken off on her own wish", func(t *testing.T) {
		if err := w.Unsuppress(t.Context(), row.ID, " "); !errors.Is(err, cases.ErrReason) {
			t.Errorf("without a reason: %v", err)
		}
		if err := w.Unsuppress(t.Context(), row.ID, "she subscribed again"); err != nil {
			t.Fatal(err)
		}
		w.fetch()
		if n := need(); len(n) != 0 {
			t.Errorf("%+v", n)
		}
		if err := w.Unsuppress(t.Context(), row.ID, "again"); !errors.Is(err, effects.ErrNoSuppression) {
			t.Error(err)
		}
	})
	if v, err := w.Verify(t.Context()); err != nil || v.BrokenAt != nil || v.Evidence != "ok" {
		t.Errorf("verify: %+v %v", v, err)
	}
}

func TestTheListGoesToTheNewsletterToolAndComesFromIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,first_name,last_name\n"+threeOrders)
	w.write("photos/uploads/104/a.jpg", "x")
	w.init(csvTOML, folderTOML)
	w.sync()
	tool := w.write("unsubscribed.csv", "Email;Nom\nCarla@Example.org;C\nnonsense;N\nbob.durand@example.org;B\n")
	r := w.ok("suppress", "import", tool)
	if !strings.Contains(r.out, "2 added") {
		t.Errorf("%s", r.out)
	}
	if !strings.Contains(r.err, "line 3") {
		t.Errorf("the bad line is not told: %s", r.err)
	}
	if r := w.ok("suppress", "import", tool); !strings.Contains(r.out, "0 added\t2 known") {
		t.Errorf("a second time: %s", r.out)
	}
	w.ok("suppress", "add", "--email", "dora@example.org", "--uses", "newsletter,ai-training", "--reason", "she called")
	w.ok("restrict", "--order", "104", "--ground", "a", "--reason", "contested")
	out := filepath.Join(w.dir, "list.csv")
	if r := w.ok("suppress", "export", out, "--format", "email"); !strings.Contains(r.out, "4 rows\t1 restricted") {
		t.Errorf("export: %s", r.out)
	}
	raw, err := os.ReadFile(out)
	if err != nil || string(raw) != "email\r\nalice.planchon@example.org\r\nbob.durand@example.org\r\ncarla@example.org\r\ndora@example.org\r\n" {
		t.Errorf("%q %v", raw, err)
	}
	if st, err := os.Stat(out); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v %v", st.Mode(), err)
	}
	w.failed([]string{"file"}, "suppress", "export", out)
	list := asJSON[[]suppressionJSON](t, w.ok("--json", "suppress", "list"))
	if len(list) != 3 || list[0].Email != "dora@example.org" || list[0].Shops["csv"] != "by hand" {
		t.Errorf("%+v", list)
	}
	w.ok("suppress", "lift", list[0].ID, "--reason", "she changed her mind")
	w.failed([]string{"list"}, "suppress", "lift", list[0].ID, "--reason", "again")
	w.failed([]string{"use"}, "suppress", "add", "--email", "x@example.org", "--uses", "everything")
	w.verified()
	w.sealed("carla@example", "dora@example")
}

// wooSmall is a small world on a real WooCommerce, with a case of Alice's that
// asks for a rectification.
func wooSmall(t *testing.T) (*small, *wootest.Shop, cases.Case, *torn) {
	t.Helper()
	s := newSmall(t, "", "uploads/104/a.jpg")
	sh := wootest.New(wooKey, wooSecret)
	srv := httptest.NewTLSServer(sh)
	t.Cleanup(srv.Close)
	ca := s.write("shop-ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	woo, err := shop.NewWoo(shop.WooConfig{Name: "woo", URL: srv.URL, Key: wooKey, Secret: wooSecret, CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	d := &torn{Desk: woo.Desk()}
	s.deps.Shops = []order.Source{woo}
	s.deps.Desks = map[string]erasure.Desk{"woo": d}
	s.App = app.New(s.deps)
	o := wooOrder(104, "alice.planchon@example.org", "Alice Planchon", time.Date(2025, 1, 20, 10, 0, 0, 0, time.UTC))
	o.Billing.City, o.Billing.Address1, o.Billing.Phone, o.CustomerID = "Lile", "3 rue des Lilas", "0102030405", 7
	sh.Put(o)
	sh.PutCustomer(wootest.Customer{ID: 7, Email: "alice.planchon@example.org", FirstName: "Alice", LastName: "Planchon"})
	s.fetch()
	c := s.mail(t, "2025-05-01T10:00:00Z", "Rectification", "Bonjour,\n\nMes données sont inexactes : merci de rectifier ma ville et mon téléphone dans vos fichiers (article 16 du RGPD), commande 104.\n\nAlice Planchon")
	if !slices.Contains(c.Rights(), "rectification") || len(c.Selected()) != 1 {
		t.Fatalf("case: %v %v", c.Rights(), c.Selected())
	}
	return s, sh, c, d
}

// torn is a shop between which and the program the line is cut, before or after
// a correction, or that refuses one field.
type torn struct {
	erasure.Desk
	before, after func()
	refuses       string
}

func (d *torn) Fields(ctx context.Context, o order.Order) ([]effects.Field, error) {
	return d.Desk.(effects.Amender).Fields(ctx, o)
}

func (d *torn) Amend(ctx context.Context, o order.Order, key, old, new string) error {
	if d.refuses != "" && strings.HasSuffix(key, d.refuses) {
		return erasure.ErrDenied
	}
	if d.before != nil {
		d.before()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := d.Desk.(effects.Amender).Amend(ctx, o, key, old, new)
	if d.after != nil {
		d.after()
	}
	return cmpErr(ctx.Err(), err)
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

const (
	cityKey  = "orders/104/billing.city"
	phoneKey = "orders/104/billing.phone"
)

func (s *small) fieldOf(c cases.Case, key string) effects.Field {
	s.t.Helper()
	v, err := s.Amendments(s.t.Context(), c.ID)
	if err != nil || len(v.Orders) != 1 || v.Orders[0].Err != nil {
		s.t.Fatalf("%+v %v", v, err)
	}
	for _, f := range v.Orders[0].Fields {
		if f.Key == key {
			return f.Field
		}
	}
	s.t.Fatalf("no field %s", key)
	return effects.Field{}
}

func TestACorrectionIsComparedWrittenReadBackAndTold(t *testing.T) {
	t.Parallel()
	s, sh, c, _ := wooSmall(t)
	id := c.Selected()[0]
	city := effects.Change{Order: id, Field: cityKey, Old: "Lile", New: "Lille"}
	phone := effects.Change{Order: id, Field: phoneKey, Old: "0102030405", New: "0611223344"}
	if f := s.fieldOf(c, cityKey); f.Value != "Lile" || !f.Invoice {
		t.Fatalf("%+v", f)
	}
	t.Run("stale: nothing is written", func(t *testing.T) {
		old := phone
		old.Old = "0999999999"
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{city, old}); !errors.Is(err, app.ErrAmendStale) || len(sh.Writes()) != 0 {
			t.Errorf("%v; writes %v", err, sh.Writes())
		}
	})
	t.Run("another order's, or nobody's, is refused", func(t *testing.T) {
		other := city
		other.Order = id + 1
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{other}); !errors.Is(err, cases.ErrNoOrder) {
			t.Error(err)
		}
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{{Order: id, Field: "orders/104/total", Old: "1", New: "2"}}); !errors.Is(err, erasure.ErrNoWay) {
			t.Error(err)
		}
	})
	m, err := s.Amend(t.Context(), c.ID, []effects.Change{city, phone})
	if made, _, _ := m.Count(); err != nil || made != 2 {
		t.Fatalf("%+v %v", m, err)
	}
	all := string(sh.Everything())
	if !strings.Contains(all, `"Lille"`) || !strings.Contains(all, "0611223344") || strings.Contains(all, `"Lile"`) || !strings.Contains(all, "49.00") {
		t.Errorf("the shop: %s", all)
	}
	if got := s.journalled("field.changed"); len(got) != 2 {
		t.Errorf("journal: %v", got)
	}
	v, err := s.App.Case(t.Context(), c.ID)
	if w := v.Case.WorkOf(request.Rectification); err != nil || len(w) != 1 || w[0].Count != 2 {
		t.Errorf("%+v %v", w, err)
	}
	t.Run("the letters tell the person and the recipients", func(t *testing.T) {
		if err := s.Act(t.Context(), c.ID, cases.ActSetOutcome, cases.Input{Right: request.Rectification, Outcome: cases.Granted}); err != nil {
			t.Fatal(err)
		}
		l, err := s.DraftLetter(t.Context(), c.ID, cases.LetterAnswer, "fr")
		if err != nil || !strings.Contains(l.Text, "ville de facturation : Lille") && !strings.Contains(l.Text, "ville de facturation\u202f: Lille") {
			t.Errorf("%v\n%s", err, l.Text)
		}
		ps, err := s.Processors(t.Context())
		if err != nil || len(ps) == 0 {
			t.Fatal(err)
		}
		ps[0].Name, ps[0].Contact, ps[0].Country = "Imprimerie du Nord", "rgpd@imprimerie.example", "FR"
		if err := s.SaveProcessor(t.Context(), ps[0]); err != nil {
			t.Fatal(err)
		}
		n := s.noticeTo("Imprimerie du Nord", "rectification")
		nl, err := s.DraftNotice(t.Context(), n.ID, "fr")
		if err != nil || !strings.Contains(nl.Text, "Lille") || !strings.Contains(nl.Text, "article 19") && !strings.Contains(nl.Text, "articles 16 et 19") || strings.Contains(nl.Text, "Planchon") || strings.Contains(nl.Text, "Lile") {
			t.Errorf("%v\n%s", err, nl.Text)
		}
		if err := s.MarkNoticeSent(t.Context(), n.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.AnswerNotice(t.Context(), n.ID, "erased", ""); err == nil {
			t.Error("a rectification is answered by an erasure")
		}
		if err := s.AnswerNotice(t.Context(), n.ID, "done", ""); err != nil {
			t.Error(err)
		}
		if n := s.noticeTo("Imprimerie du Nord", "rectification"); n.Tone != app.ToneKept {
			t.Errorf("%+v", n)
		}
	})
	t.Run("the register tells of it without a value", func(t *testing.T) {
		d, err := s.Document(t.Context(), register.Requests, "en")
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, x := range d.Sections {
			if x.Key == "corrections" {
				text = fmt.Sprint(x.Table.Rows)
			}
		}
		if !strings.Contains(text, "billing town") || strings.Contains(text, "Lil") {
			t.Errorf("%v", text)
		}
	})
	t.Run("erased, the record forgets the values", func(t *testing.T) {
		p, err := s.PlanPerson(t.Context(), []int64{id})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
			t.Fatalf("%+v %v", v.Record, err)
		}
		v, err := s.Amendments(t.Context(), c.ID)
		if err != nil || len(v.Done) != 1 || v.Done[0].Changes[0].New != "" || v.Done[0].Changes[0].State != effects.ChangeDone {
			t.Errorf("%+v %v", v.Done, err)
		}
	})
}

func (s *small) noticeTo(name, kind string) app.NoticeRow {
	s.t.Helper()
	rows, err := s.AllNotices(s.t.Context(), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	ps, err := s.Processors(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Kind == kind && (r.Name == name || r.Name == ps[0].Service.In("en")) {
			return r
		}
	}
	s.t.Fatalf("no notice of a %s among %+v", kind, rows)
	return app.NoticeRow{}
}

func TestACorrectionThatFailsOrIsCutOffIsSettled(t *testing.T) {
	t.Parallel()
	change := func(id int64) []effects.Change {
		return []effects.Change{{Order: id, Field: cityKey, Old: "Lile", New: "Lille"}, {Order: id, Field: phoneKey, Old: "0102030405", New: "0611223344"}}
	}
	states := func(t *testing.T, s *small, c cases.Case) (out []effects.ChangeState) {
		t.Helper()
		v, err := s.Amendments(t.Context(), c.ID)
		if err != nil || len(v.Done) != 1 {
			t.Fatalf("%+v %v", v.Done, err)
		}
		for _, x := range v.Done[0].Changes {
			out = append(out, x.State)
		}
		return out
	}
	needs := func(t *testing.T, s *small) (n int) {
		t.Helper()
		today, err := s.Today(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range today.Needs {
			if x.Kind == "change" {
				n += x.Count
			}
		}
		return n
	}
	t.Run("one is refused and the other goes on", func(t *testing.T) {
		s, sh, c, d := wooSmall(t)
		d.refuses = "city"
		m, err := s.Amend(t.Context(), c.ID, change(c.Selected()[0]))
		if !errors.Is(err, app.ErrAmendPart) || m.Changes[0].State != effects.ChangeFailed || m.Changes[0].Why != erasure.ErrDenied.Error() || m.Changes[1].State != effects.ChangeDone {
			t.Fatalf("%+v %v", m, err)
		}
		if !strings.Contains(string(sh.Everything()), "0611223344") || needs(t, s) != 1 {
			t.Errorf("%d needs", needs(t, s))
		}
		d.refuses = ""
		if _, err := s.Amend(t.Context(), c.ID, change(c.Selected()[0])[:1]); err != nil || needs(t, s) != 0 {
			t.Errorf("again: %v, %d needs", err, needs(t, s))
		}
	})
	for name, after := range map[string]bool{"killed before the shop took the first": false, "killed after the shop took the first": true} {
		t.Run(name, func(t *testing.T) {
			s, sh, c, d := wooSmall(t)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			if after {
				d.after = kill
			} else {
				d.before = kill
			}
			if _, err := s.Amend(ctx, c.ID, change(c.Selected()[0])); !errors.Is(err, context.Canceled) {
				t.Fatalf("%v", err)
			}
			d.before, d.after = nil, nil
			writes := len(sh.Writes())
			s.App = app.New(s.deps) // the program starts anew
			want := []effects.ChangeState{effects.ChangeFailed, effects.ChangeFailed}
			if after {
				want[0] = effects.ChangeDone
			}
			if err := s.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := states(t, s, c); !slices.Equal(got, want) || len(sh.Writes()) != writes {
				t.Errorf("settled as %v, not %v; %d writes", got, want, len(sh.Writes())-writes)
			}
			if got := len(s.journalled("field.changed")); after && got != 1 || !after && got != 0 {
				t.Errorf("journal: %d", got)
			}
		})
	}
	t.Run("a person in doubt corrects nothing", func(t *testing.T) {
		s, sh, _, _ := wooSmall(t)
		s.box.put(t, "2025-06-02T10:00:00Z", letter("Mallory <mallory@evil.example>", "Rectification", "Bonjour, mon adresse est fausse, merci de rectifier mes données de la commande 104 (article 16 du RGPD). Alice Planchon", vouched("evil.example", "pass")))
		s.fetch()
		c := s.theCase("mallory@evil.example")
		id, err := s.OrderID(t.Context(), "104")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Act(t.Context(), c.ID, cases.ActSelectOrders, cases.Input{Orders: []int64{id}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Amend(t.Context(), c.ID, change(id)); !errors.Is(err, cases.ErrIdentityUnproven) || len(sh.Writes()) != 0 {
			t.Errorf("%v; %v", err, sh.Writes())
		}
	})
	t.Run("a shop that is a file is corrected by hand, and noted", func(t *testing.T) {
		s := newSmall(t, threeOrders, "uploads/104/a.jpg")
		c := s.mail(t, "2025-05-01T10:00:00Z", "Rectification", "Bonjour,\n\nMon nom est mal écrit dans vos fichiers, merci de le rectifier (article 16 du RGPD), commande 104.\n\nAlice Planchon")
		x := effects.Change{Order: c.Selected()[0], Field: "last_name", Old: "Planchon", New: "Planchot"}
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{x}); !errors.Is(err, erasure.ErrNoWay) {
			t.Errorf("by program: %v", err)
		}
		x.ByHand = true
		if _, err := s.Amend(t.Context(), c.ID, []effects.Change{x}); err != nil {
			t.Fatal(err)
		}
		v, err := s.App.Case(t.Context(), c.ID)
		if w := v.Case.WorkOf(request.Rectification); err != nil || len(w) != 1 || w[0].Kind != cases.WorkByHand {
			t.Errorf("%+v %v", w, err)
		}
	})
}

func TestTheCommandOfCorrectionsShowsThePlanFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sh, toml := wooShop(t, w)
	o := wooOrder(104, "alice.planchon@example.org", "Alice Planchon", time.Date(2025, 1, 20, 10, 0, 0, 0, time.UTC))
	o.Billing.City = "Lile"
	sh.Put(o)
	box := mailtest.Dovecot(t)
	box.Append("INBOX", nil, time.Now().UTC().Add(-24*time.Hour), letter("Alice Planchon <alice.planchon@example.org>", "Rectification",
		"Bonjour, ma ville est fausse dans vos fichiers, merci de la rectifier (article 16 du RGPD), commande 104. Alice Planchon", vouched("example.org", "pass")))
	w.init(mailboxTOML(box), toml)
	w.sync()
	no := fmt.Sprint(w.caseFrom("alice.planchon@example.org").Case)
	fields := asJSON[[]fieldJSON](t, w.ok("--json", "amend", "--case", no))
	if !slices.ContainsFunc(fields, func(f fieldJSON) bool {
		return f.Field == cityKey && f.Value == "Lile" && f.Invoice && f.Order == "104"
	}) {
		t.Errorf("%+v", fields)
	}
	if r := w.ok("amend", "--case", no, "billing.city=Lille"); !strings.Contains(r.out, "Lile\t→\tLille") || len(sh.Writes()) != 0 {
		t.Errorf("%s; writes %v", r.out, sh.Writes())
	}
	for _, bad := range [][]string{{"amend"}, {"amend", "--case", no, "city=Lille"}, {"amend", "--case", no, "Lille"}, {"amend", "--case", no, "--yes"}} {
		if r := w.call(bad...); r.code != exitUsage {
			t.Errorf("%v: %d", bad, r.code)
		}
	}
	w.failed([]string{"text"}, "amend", "--case", no, "billing.email=nobody", "--yes")
	if r := w.ok("amend", "--case", no, "104:billing.city=Lille", "--yes"); !strings.Contains(r.out, "done") || !strings.Contains(string(sh.Everything()), `"Lille"`) {
		t.Errorf("%s", r.out)
	}
	w.verified()
	w.sealed("Lile")
}

func TestARestoreDoesNotBringBackTheAddressOfAnErasedPerson(t *testing.T) {
	t.Parallel()
	s := newSmall(t, threeOrders, "uploads/105/a.jpg")
	row, err := s.Suppress(t.Context(), effects.Suppression{Email: "bob.durand@example.org", Uses: []effects.Use{effects.Newsletter}})
	if err != nil {
		t.Fatal(err)
	}
	list := func() app.SuppressionRow {
		t.Helper()
		rows, err := s.Suppressed(t.Context())
		if err != nil || len(rows) != 1 {
			t.Fatalf("%+v %v", rows, err)
		}
		return rows[0]
	}
	id, err := s.OrderID(t.Context(), "105")
	if err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Hour)
	p, err := s.PlanPerson(t.Context(), []int64{id})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Erase(t.Context(), p, p.Hash, nil); err != nil || v.Record.State != erasure.Complete {
		t.Fatalf("%+v %v", v.Record, err)
	}
	if x := list(); x.Email != "" || x.EmailHash == "" {
		t.Fatalf("%+v", x)
	}
	// What an older backup has of the list.
	if err := s.deps.Store.Update(t.Context(), func(tx app.Tx) error {
		return tx.PutRecord("suppressions", row.ID, []byte(`{"id":"`+row.ID+`","email":"bob.durand@example.org","email_hash":"`+list().EmailHash+`","uses":["newsletter"],"source":"by hand","at":"2025-05-01T00:00:00Z"}`), s.now)
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := list(); x.Email != "" || !x.Stops(effects.Newsletter) {
		t.Errorf("%+v", x)
	}
}
