package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/register"
	"greffier/data/mail/mailtest"
	"greffier/data/shop/wootest"
	"greffier/data/storage/storagetest"
)

// claire orders three books; her father orders one with the same address.
func claire(shop *wootest.Shop, s3 *storagetest.Server) {
	day := time.Date(2025, 2, 3, 10, 0, 0, 0, time.UTC)
	for i, n := range []int64{2001, 2002, 2003} {
		o := wooOrder(n, "famille.lemaire@example.org", "Claire Lemaire", day.AddDate(0, i, 0), fmt.Sprintf("uploads/%d/a.jpg", n), fmt.Sprintf("uploads/%d/b.jpg", n))
		o.Billing.Phone, o.Billing.Address1, o.CustomerNote = "+33 6 11 22 33 44", "3 rue des Lilas", "pour les cinq ans de Zélie"
		o.Total = "58.00"
		o.LineItems = append(o.LineItems, wootest.LineItem{ID: n*10 + 1, Name: "Carte", Quantity: 1, Total: "9.00",
			MetaData: []wootest.Meta{{ID: n*100 + 50, Key: "_photo_upload", Value: fmt.Sprintf("uploads/%d/card.jpg", n)}}})
		shop.Put(o)
		for _, f := range []string{"a", "b", "card"} {
			s3.Put("photos", fmt.Sprintf("uploads/%d/%s.jpg", n, f), "a face "+f)
		}
		shop.AddNote(n, "Claire Lemaire called about her parcel")
	}
	shop.Put(wooOrder(2004, "famille.lemaire@example.org", "Paul Lemaire", day, "uploads/2004/a.jpg"))
	s3.Put("photos", "uploads/2004/a.jpg", "paul's own")
}

func TestAPersonIsErasedInShopAndStorageByOnePlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, toml := wooShop(t, w)
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	claire(shop, s3)
	w.init(toml, s3TOML(s3, "photos"))
	w.sync()

	var plan *planDoc
	t.Run("the dry run names photos and fields of the shop, and leaves out another name at the same address", func(t *testing.T) {
		r := w.ok("--json", "erase", "--customer-of", "2001", "--dry-run")
		plan = asJSON[eraseDoc](t, r).Plan
		if !strings.Contains(r.err, "2004") {
			t.Errorf("the other name is not told: %s", r.err)
		}
		media, fields := 0, 0
		for _, o := range plan.Erase {
			switch {
			case strings.Contains(o.Key, "2004"):
				t.Errorf("Paul's is in the plan: %+v", o)
			case o.Storage == "photos":
				media++
			case o.Storage == "shop:woocommerce":
				fields++
			}
		}
		if media != 9 || fields == 0 {
			t.Errorf("%d media, %d fields", media, fields)
		}
		kept := fmt.Sprintf("%+v", plan.Restrict)
		if !strings.Contains(kept, "2035-12-31") || !strings.Contains(kept, "L123-22") {
			t.Errorf("what the invoice needs is not stated: %s", kept)
		}
		if before := len(shop.Writes()); before != 0 {
			t.Errorf("a dry run wrote to the shop: %v", shop.Writes())
		}
	})

	t.Run("the run ends complete, and shop and bucket agree", func(t *testing.T) {
		r := w.call("--json", "erase", "--customer-of", "2001", "--yes")
		d := asJSON[eraseDoc](t, r)
		if d.Run == nil || d.Run.State != "complete" {
			t.Fatalf("run: %+v\n%s", d.Run, r.err)
		}
		left := string(shop.Everything())
		for _, word := range []string{"Zélie", "11 22 33 44", "uploads/2001", "uploads/2003", "called about"} {
			if strings.Contains(left, word) {
				t.Errorf("the shop still holds %q", word)
			}
		}
		for _, word := range []string{"Claire", "3 rue des Lilas", "58.00", "uploads/2004/a.jpg", "Paul"} {
			if !strings.Contains(left, word) {
				t.Errorf("the shop lost %q", word)
			}
		}
		if rows := s3.Rows("photos"); len(rows) != 1 || !strings.HasPrefix(rows[0], "uploads/2004/") {
			t.Errorf("bucket: %v", rows)
		}
		text := pdfText(t, d.Run.Certificate)
		for _, word := range []string{"2001", "2003", plan.Hash[:16]} {
			if !strings.Contains(strings.ReplaceAll(text, " ", ""), word) {
				t.Errorf("the certificate does not say %q", word)
			}
		}
	})

	t.Run("a later sync does not bring her back", func(t *testing.T) {
		w.sync()
		w.verified()
		w.sealed("Zélie", "Claire", "11 22 33 44")
	})
}

func TestADueOrderIsAskedOfItsShopOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, toml := wooShop(t, w)
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	claire(shop, s3)
	w.init(toml, s3TOML(s3, "photos"))
	w.sync()
	before := len(shop.Requests())
	w.ok("--json", "retention", "--dry-run")
	n := 0
	for _, q := range shop.Requests()[before:] {
		if strings.Contains(q, "/orders/2001/notes") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the notes of one order were asked for %d times", n)
	}
}

func TestOneProductOrOneKeyIsErasedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, toml := wooShop(t, w)
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	claire(shop, s3)
	w.init(toml, s3TOML(s3, "photos"))
	w.sync()

	d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "2001", "--line", "20011", "--yes"))
	media := slices.DeleteFunc(slices.Clone(d.Plan.Erase), func(o place) bool { return o.Storage != "photos" })
	if d.Run.State != "complete" || len(media) != 1 || media[0].Key != "uploads/2001/card.jpg" {
		t.Errorf("the card's line: %+v %+v", d.Plan.Erase, d.Run)
	}
	d = asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "2002", "--only", "uploads/2002/b.jpg", "--yes"))
	if d.Run.State != "complete" || d.Run.Erased == 0 {
		t.Errorf("one key: %+v", d.Run)
	}
	rows := strings.Join(s3.Rows("photos"), " ")
	for key, there := range map[string]bool{"uploads/2001/a.jpg": true, "uploads/2001/b.jpg": true, "uploads/2001/card.jpg": false,
		"uploads/2002/a.jpg": true, "uploads/2002/b.jpg": false, "uploads/2002/card.jpg": true} {
		if strings.Contains(rows, key) != there {
			t.Errorf("%s: in the bucket is %v", key, !there)
		}
	}
	t.Run("what stayed is erased later with its order", func(t *testing.T) {
		w.sync()
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "2001", "--yes"))
		if d.Run.State != "complete" || strings.Contains(strings.Join(s3.Rows("photos"), " "), "uploads/2001/") {
			t.Errorf("the rest of the order: %+v %v", d.Run, s3.Rows("photos"))
		}
	})
	w.failed([]string{"product"}, "erase", "--order", "2003", "--line", "999", "--yes")
	w.failed([]string{"chosen"}, "erase", "--order", "2003", "--only", "uploads/2003/nothing.jpg", "--yes")
}

// later opens the profile as it is some time from now.
func (w *world) later(t testing.TB, d time.Duration) *profile {
	t.Helper()
	p, err := openProfile(t.Context(), w.profile, testPassphrase, "en", func() time.Time { return time.Now().Add(d) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// askedFor makes a world with one case of Claire's that may be erased.
func askedFor(t *testing.T) (w *world, shop *wootest.Shop, s3 *storagetest.Server, box *mailtest.Server, no string) {
	t.Helper()
	w = newWorld(t)
	shop, toml := wooShop(t, w)
	s3 = storagetest.S3(t)
	s3.Bucket("photos", true, false)
	claire(shop, s3)
	box = mailtest.Dovecot(t)
	box.Append("INBOX", nil, time.Now().UTC().Add(-24*time.Hour), letter("Claire Lemaire <famille.lemaire@example.org>", "Effacement",
		"Bonjour, je demande l'effacement de toutes mes données et des photos (commande 2001). Claire Lemaire", vouched("example.org", "pass")))
	w.init(mailboxTOML(box), toml, s3TOML(s3, "photos"))
	w.sync()
	return w, shop, s3, box, fmt.Sprint(w.caseFrom("famille.lemaire@example.org").Case)
}

func TestAnErasureWaitsAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w, shop, s3, _, no := askedFor(t)
	before := len(s3.Rows("photos"))

	t.Run("confirmed for later, nothing goes at once", func(t *testing.T) {
		r := w.ok("--json", "erase", "--case", no, "--later")
		if !strings.Contains(r.out, `"runs_at"`) || len(s3.Rows("photos")) != before || len(shop.Writes()) != 0 {
			t.Errorf("%s; bucket %v", r.out, s3.Rows("photos"))
		}
		if w.ok("erase", "--resume"); len(s3.Rows("photos")) != before {
			t.Error("it ran before its time")
		}
	})
	t.Run("taken back, it never runs", func(t *testing.T) {
		w.ok("erase", "--case", no, "--cancel")
		w.failed([]string{"waiting"}, "erase", "--case", no, "--cancel")
		p := w.later(t, 48*time.Hour)
		defer p.Close()
		if err := p.Tick(t.Context()); err != nil || len(s3.Rows("photos")) != before {
			t.Errorf("%v; bucket %v", err, s3.Rows("photos"))
		}
	})
	t.Run("what changed meanwhile makes it stale, and nothing goes", func(t *testing.T) {
		w.ok("erase", "--case", no, "--later")
		s3.Put("photos", "uploads/2001/new.jpg", "came in the night")
		p := w.later(t, 25*time.Hour)
		defer p.Close()
		if err := p.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		cs, err := p.Coolings(t.Context())
		if err != nil || len(cs) != 1 || !cs[0].Stale || len(s3.Rows("photos")) != before+1 {
			t.Errorf("%+v, %v; bucket %v", cs, err, s3.Rows("photos"))
		}
		today, err := p.Today(t.Context())
		if err != nil || !slices.ContainsFunc(today.Needs, func(n app.Need) bool { return n.Kind == "cooling" && n.Tone == app.ToneAtRisk }) {
			t.Errorf("the first page does not tell: %+v, %v", today.Needs, err)
		}
	})
	t.Run("after a day it runs by itself", func(t *testing.T) {
		w.ok("erase", "--case", no, "--later")
		p := w.later(t, 25*time.Hour)
		if err := p.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if cs, err := p.Coolings(t.Context()); err != nil || len(cs) != 0 {
			t.Errorf("it still waits: %+v, %v", cs, err)
		}
		p.Close()
		if rows := strings.Join(s3.Rows("photos"), " "); strings.Contains(rows, "uploads/2001/") || !strings.Contains(rows, "uploads/2004/") {
			t.Errorf("bucket: %s", rows)
		}
		w.verified()
	})
}

func TestRecipientsAreToldRemindedAndTheirAnswerIsFiled(t *testing.T) {
	t.Parallel()
	w, _, _, box, no := askedFor(t)
	p := w.open(t)
	ps, err := p.Processors(t.Context())
	if err != nil || len(ps) == 0 {
		t.Fatal(err)
	}
	var printer register.Processor
	for _, x := range ps {
		if x.Family == "printing" {
			printer = x
		}
	}
	printer.Name, printer.Contact, printer.Country = "Imprimerie du Nord", "rgpd@imprimerie.example", "FR"
	if err := p.SaveProcessor(t.Context(), printer); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", no, "--yes")); d.Run.State != "complete" {
		t.Fatalf("%+v", d.Run)
	}
	row := func() noticeJSON {
		t.Helper()
		for _, n := range asJSON[[]noticeJSON](t, w.ok("--json", "recipients", "--case", no)) {
			if n.Name == "Imprimerie du Nord" {
				return n
			}
		}
		t.Fatal("the printer is not among the recipients to be told")
		return noticeJSON{}
	}
	n := row()
	if n.State != "to write" || n.To != "rgpd@imprimerie.example" || !slices.Equal(n.Orders, []string{"2001", "2002", "2003"}) {
		t.Errorf("%+v", n)
	}
	w.ok("recipients", "--draft", n.ID)
	subject := ""
	for _, raw := range box.Raw("Drafts") {
		text := string(raw)
		if strings.Contains(text, "imprimerie.example") {
			for line := range strings.Lines(text) {
				if s, found := strings.CutPrefix(line, "Subject: "); found {
					subject = strings.TrimSpace(s)
				}
			}
			if strings.Contains(text, "Lemaire") || strings.Contains(text, "famille") {
				t.Errorf("the letter names the person: %s", text)
			}
		}
	}
	if subject == "" {
		t.Fatal("no draft to the printer lies in the Drafts folder")
	}
	w.ok("recipients", "--sent", n.ID)
	if n = row(); n.State != "sent" || n.Next == "" {
		t.Errorf("%+v", n)
	}
	t.Run("after five days without an answer the first page asks for a reminder", func(t *testing.T) {
		p := w.later(t, 6*24*time.Hour)
		defer p.Close()
		today, err := p.Today(t.Context())
		if err != nil || !slices.ContainsFunc(today.Needs, func(n app.Need) bool { return n.Kind == "notice" }) {
			t.Errorf("%+v, %v", today.Needs, err)
		}
	})
	box.Append("INBOX", nil, time.Now().UTC(), letter("Service RGPD <rgpd@imprimerie.example>", "Re: "+subject,
		"Bonjour, les fichiers de la commande 2001 ont été supprimés de nos serveurs. Cordialement", vouched("imprimerie.example", "pass")))
	w.sync()
	if n = row(); n.State != "answered" || n.Answer != "erased" {
		t.Errorf("%+v", n)
	}
	if n := len(w.cases()); n != 1 {
		t.Errorf("the answer opened a case: %d cases", n)
	}
	p = w.open(t)
	id := cases.ID(1)
	fmt.Sscan(no, &id)
	v, err := p.Case(context.Background(), id)
	if err != nil || len(v.Messages) != 2 {
		t.Errorf("the answer is not filed with the case: %d messages, %v", len(v.Messages), err)
	}
	p.Close()
	text := pdfText(t, registerPDF(t, w, "erasures"))
	if !strings.Contains(text, "Imprimerie du Nord") {
		t.Error("the register of erasures does not name the recipient told")
	}
}

func registerPDF(t testing.TB, w *world, name string) string {
	t.Helper()
	f := w.dir + "/" + name + ".pdf"
	w.ok("register", name, "--pdf", f)
	return f
}

func TestTheProgramErasesOverSFTPAndWebDAV(t *testing.T) {
	t.Parallel()
	const csv = "order,status,created,completed,email,photos\n104,completed,2025-01-01,2025-01-05,a@example.org,\n1042,completed,2025-01-01,2025-01-05,b@example.org,\n"
	locators := locatorsTOML

	t.Run("sftp, with its host key pinned", func(t *testing.T) {
		ssh := storagetest.OpenSSH(t, "ed25519", "rsa")
		root := ssh.Folder()
		w := newWorld(t)
		w.write("orders.csv", csv)
		put(t, root, "uploads/104/a.jpg", "uploads/1042/a.jpg")
		sftp := func(pin string) string {
			return fmt.Sprintf("\n[[storage]]\nname = \"photos\"\nkind = \"sftp\"\nhost = %q\nport = %d\nuser = %q\npath = %q\nkey_file = %q\nhost_key = %q\n%s",
				ssh.Host, ssh.Port, ssh.User, root, ssh.KeyFile, pin, locators)
		}
		w.init(csvTOML, sftp(ssh.HostKeys[0]))
		w.sync()
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes"))
		if d.Run.State != "complete" || d.Run.Erased != 1 || there(root, "uploads/104/a.jpg") || !there(root, "uploads/1042/a.jpg") {
			t.Errorf("%+v", d.Run)
		}
		stranger := newWorld(t)
		stranger.write("orders.csv", csv)
		stranger.init(csvTOML, sftp(""))
		stranger.sync()
		stranger.failed([]string{"SHA256:"}, "erase", "--order", "1042", "--yes")
		if !there(root, "uploads/1042/a.jpg") {
			t.Error("erased on a server whose key nobody had confirmed")
		}
	})

	t.Run("webdav", func(t *testing.T) {
		dav := storagetest.DAV(t)
		w := newWorld(t)
		w.write("orders.csv", csv)
		put(t, dav.Dir, "uploads/104/a.jpg", "uploads/1042/a.jpg")
		// Its password is that of the tests' mailbox.
		w.init(csvTOML, fmt.Sprintf("\n[[storage]]\nname = \"photos\"\nkind = \"webdav\"\nurl = %q\nuser = %q\npassword_env = \"MAIL_PASSWORD\"\n%s", "http://"+dav.Addr+"/", dav.User, locators))
		w.sync()
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes"))
		if d.Run.State != "complete" || d.Run.Erased != 1 || there(dav.Dir, "uploads/104/a.jpg") || !there(dav.Dir, "uploads/1042/a.jpg") {
			t.Errorf("%+v", d.Run)
		}
	})
}

func TestLocateTellsWhatEachLocatorFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,created,completed,email,photos\n104,completed,2025-01-01,2025-01-05,a@example.org,\n105,completed,2025-01-01,2025-01-05,b@example.org,\n")
	w.write("photos/uploads/104/a.jpg", "xx")
	w.write("photos/uploads/104/b.jpg", "xx")
	w.write("photos/uploads/999/a.jpg", "nobody's")
	w.init(csvTOML, folderTOML)
	w.sync()
	d := asJSON[struct {
		Locators []locatorJSON `json:"locators"`
		Orphans  struct {
			Objects int `json:"objects"`
		} `json:"orphans"`
		Orders       int `json:"orders"`
		WithoutMedia struct {
			Orders int      `json:"orders"`
			Some   []string `json:"some"`
		} `json:"without_media"`
	}](t, w.ok("--json", "locate"))
	if len(d.Locators) != 3 || d.Locators[0].Objects != 2 || d.Locators[0].Orders != 1 || d.Orphans.Objects != 1 || d.Orders != 2 || !slices.Equal(d.WithoutMedia.Some, []string{"105"}) {
		t.Errorf("%+v", d)
	}
}

// put writes small files below a folder.
func put(t testing.TB, root string, keys ...string) {
	t.Helper()
	for _, k := range keys {
		p := filepath.Join(root, filepath.FromSlash(k))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("a face"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func there(root, key string) bool {
	_, err := os.Lstat(filepath.Join(root, filepath.FromSlash(key)))
	return err == nil
}
