package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/register"
	"greffier/data/mail/mailtest"
	"greffier/data/storage/storagetest"

	"github.com/emersion/go-imap/v2"
)

// alice is who is erased in the spine, in all the words that must be gone.
var alice = []string{"alice.planchon", "Alice", "Planchon", "rue du Moulin", "6 12 34 56 78"}

const aliceWrites = `Bonjour,

Je vous demande d'effacer toutes les photos de ma fille et l'ensemble de mes
données personnelles (commande 104), en application de l'article 17 du RGPD.

Cordialement,
Alice Planchon`

// fill puts into the bucket what a shop's bucket holds after a while: objects
// overwritten and deleted, unfinished uploads, neighbours with numbers that
// begin alike, and one photo of two orders.
func fill(b *storagetest.Server, bucket string) {
	b.Bucket(bucket, true, false)
	b.Put(bucket, "uploads/104/a.jpg", "alice a, first")
	b.Put(bucket, "uploads/104/a.jpg", "alice a, second")
	b.Put(bucket, "uploads/104/b.jpg", "alice b")
	b.Delete(bucket, "uploads/104/b.jpg")
	b.Put(bucket, "uploads/104/Été à la mer+1.jpg", "alice c")
	b.Upload(bucket, "uploads/104/c.jpg", "alice, half an upload")
	b.Put(bucket, "derived/104/thumb.jpg", "alice thumb")
	b.Put(bucket, "portraits/104-1.png", "alice portrait")
	for _, n := range []string{"10", "1042", "1040", "1104", "200"} {
		b.Put(bucket, "uploads/"+n+"/a.jpg", n+" first")
		b.Put(bucket, "uploads/"+n+"/a.jpg", n+" second")
		b.Put(bucket, "portraits/"+n+"-1.png", n+" portrait")
	}
	b.Upload(bucket, "uploads/1042/u.jpg", "bruno, half an upload")
	b.Put(bucket, "uploads/1042/old.jpg", "bruno old")
	b.Delete(bucket, "uploads/1042/old.jpg")
	b.Put(bucket, "uploads/shared/group.jpg", "bruno and chloé")
	b.Put(bucket, "uploads/300/a.jpg", "farid")
	b.Put(bucket, "other/104/a.jpg", "no locator leads here")
}

func ofAlice(row string) bool {
	for _, p := range []string{"uploads/104/", "derived/104/", "portraits/104-"} {
		if strings.HasPrefix(row, p) {
			return true
		}
	}
	return false
}

func TestTheSpineOnARealMailboxAVersionedBucketAndACSVWithErrors(t *testing.T) {
	t.Parallel()
	box := mailtest.Dovecot(t)
	s3 := storagetest.S3(t)
	fill(s3, "photos")
	before := s3.Rows("photos")
	slices.Sort(before)
	w := newWorld(t)
	feed, err := os.ReadFile("testdata/shop/orders.csv")
	if err != nil {
		t.Fatal(err)
	}
	w.write("orders.csv", string(feed))

	// Wednesday 19 March 2025: a month later is the Saturday before Easter.
	box.Append("INBOX", nil, at(t, "2025-03-19T10:00:00Z"), letter("Alice Planchon <Alice.Planchon@example.org>", "Suppression de mes données", aliceWrites, vouched("example.org", "pass")))
	// Half past midnight in Paris, on 1 July.
	box.Append("Junk", nil, at(t, "2025-06-30T22:30:00Z"), letter("Bruno Verhaegen <bruno.verhaegen@example.net>", "My data",
		"Hello,\n\nPlease send me a copy of all the personal data you hold about me.\n\nBruno Verhaegen", vouched("example.net", "pass")))
	box.Append("INBOX", nil, at(t, "2025-05-02T08:00:00Z"), letter("Chloé Delattre <chloe.delattre@example.com>", "Effacement",
		"Bonjour, merci de supprimer mes photos et mes données. Chloé Delattre", vouched("example.com", "pass")))
	box.Append("INBOX", []imap.Flag{imap.FlagFlagged}, at(t, "2025-05-03T08:00:00Z"), letter("Farid <farid.oulad@example.com>", "Livraison",
		"Bonjour, quand mon livre sera-t-il livré ? Merci, Farid", vouched("example.com", "pass")))

	w.init(mailboxTOML(box), csvTOML, s3TOML(s3, "photos"))
	w.sealed("Planchon")

	t.Run("the profile is there once and is not made again", func(t *testing.T) {
		failed(t, []string{"already"}, "--profile", w.profile, "init", "--from", filepath.Join(w.dir, "greffier.toml"))
	})

	t.Run("the first sync takes the good rows, tells the bad ones, and succeeds", func(t *testing.T) {
		r := w.ok("sync", "--orders")
		problems := strings.Split(strings.TrimSpace(r.err), "\n")
		for _, want := range []string{"line 5", "line 6", "line 7", "line 8", "line 10", "line 12"} {
			n := 0
			for _, p := range problems {
				if strings.Contains(p, want+":") {
					n++
				}
			}
			if n == 0 {
				t.Errorf("no line on standard error tells of %s:\n%s", want, r.err)
			}
		}
		for _, p := range problems {
			for _, personal := range []string{"denis.wrong", "Denis", "Elsa", "not an address", "Gaëlle"} {
				if strings.Contains(p, personal) {
					t.Errorf("a problem repeats what is personal: %s", p)
				}
			}
		}
		if !strings.Contains(r.out, "6 new") {
			t.Errorf("new orders: %s", r.out)
		}
	})

	t.Run("the mailbox alone, spam folder included", func(t *testing.T) {
		d := w.sync("--mail")
		if d.Messages != 4 || d.Requests != 3 || d.Orders != 0 {
			t.Errorf("sync --mail: %+v", d)
		}
	})

	t.Run("a second sync brings nothing twice", func(t *testing.T) {
		d := w.sync()
		if d.New != 0 || d.Changed != 0 || d.Messages != 0 || len(d.Problems) == 0 {
			t.Errorf("second sync: %+v", d)
		}
		if n := len(w.cases()); n != 3 {
			t.Errorf("%d cases, want 3", n)
		}
	})

	var aliceCase string
	t.Run("each case has its rights, receipt, due date, person and orders", func(t *testing.T) {
		want := map[string]struct{ rights, received, due, person, orders, identity string }{
			"alice.planchon@example.org":  {"erasure", "2025-03-19T10:00:00Z", "2025-04-22", "Alice Planchon", "104", "probable"},
			"bruno.verhaegen@example.net": {"access", "2025-06-30T22:30:00Z", "2025-08-01", "Bruno Verhaegen", "1042", "probable"},
			"chloe.delattre@example.com":  {"erasure", "2025-05-02T08:00:00Z", "2025-06-02", "Chloé Delattre", "200", "probable"},
		}
		for _, c := range w.cases() {
			x, known := want[strings.ToLower(c.Email)]
			if !known {
				t.Errorf("a case that nobody asked for: %+v", c)
				continue
			}
			if strings.Join(c.Rights, ",") != x.rights || c.Received != x.received || c.Due != x.due || c.Person != x.person || strings.Join(c.Orders, ",") != x.orders ||
				c.Identity != x.identity || c.State != "received" || c.DaysLeft == nil {
				t.Errorf("case: %+v, want %+v", c, x)
			}
			if strings.HasPrefix(x.person, "Alice") {
				aliceCase = fmt.Sprint(c.Case)
			}
		}
		r := w.ok("--json", "case", aliceCase)
		for _, word := range []string{`"erasure"`, "effacer", "Easter", "GDPR", "2025-04-22"} {
			if !strings.Contains(r.out, word) {
				t.Errorf("case %s does not say %q", aliceCase, word)
			}
		}
		if open := asJSON[[]caseRow](t, w.ok("--json", "cases", "--open")); len(open) != 3 {
			t.Errorf("%d open cases, want 3", len(open))
		}
	})
	if aliceCase == "" {
		t.FailNow()
	}

	t.Run("a backup before the erasure", func(t *testing.T) {
		w.ok("backup", filepath.Join(w.dir, "before.age"))
	})

	var shown *planDoc
	t.Run("the dry run shows the plan and erases nothing", func(t *testing.T) {
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", aliceCase, "--dry-run"))
		shown = d.Plan
		if d.Run != nil || d.Plan == nil || len(d.Plan.Hash) != 64 {
			t.Fatalf("dry run: %+v", d)
		}
		want := []string{"derived/104/thumb.jpg", "portraits/104-1.png", "uploads/104/a.jpg", "uploads/104/b.jpg", "uploads/104/c.jpg", "uploads/104/Été à la mer+1.jpg"}
		slices.Sort(want)
		if got := d.Plan.keys(); !slices.Equal(got, want) {
			t.Errorf("plan erases %q, want %q", got, want)
		}
		if len(d.Plan.Erase) != 8 { // two versions of a, one of b and its marker
			t.Errorf("%d objects in the plan, want 8", len(d.Plan.Erase))
		}
		if len(d.Plan.Restrict) != 1 || !strings.Contains(d.Plan.Restrict[0].Ground, "L123-22") || d.Plan.Restrict[0].Until != "2035-12-31" {
			t.Errorf("the invoice is not restricted for its ten years: %+v", d.Plan.Restrict)
		}
		if after := s3.Rows("photos"); len(after) != len(before) {
			t.Errorf("a dry run changed the bucket: %d rows of %d", len(after), len(before))
		}
		if again := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", aliceCase)); again.Run != nil || again.Plan.Hash != d.Plan.Hash {
			t.Errorf("without --yes: %+v", again)
		}
	})

	t.Run("the erasure ends complete, with a certificate that says so", func(t *testing.T) {
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", aliceCase, "--yes"))
		if d.Plan == nil || d.Plan.Hash != shown.Hash || d.Run == nil || d.Run.State != "complete" || d.Run.Erased != 8 || len(d.Run.Left) != 0 {
			t.Fatalf("erase: %+v %+v", d.Plan, d.Run)
		}
		text := pdfText(t, d.Run.Certificate)
		for _, word := range []string{"104", "Atelier Testard EI", "Complete", "photos", "31 December 2035", shown.Hash[:16]} {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
				t.Errorf("the certificate does not say %q:\n%s", word, text)
			}
		}
		for _, word := range []string{"alice.planchon", "Planchon", "1042"} {
			if strings.Contains(text, word) {
				t.Errorf("the certificate says %q", word)
			}
		}
	})

	t.Run("nothing of the order is left in the bucket, and nothing else is touched", func(t *testing.T) {
		var want []string
		for _, r := range before {
			if !ofAlice(r) {
				want = append(want, r)
			}
		}
		got := s3.Rows("photos")
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("bucket:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, s := range []string{"alice a", "alice b", "alice c", "alice thumb", "alice portrait", "alice, half"} {
			if s3.Holds(s) {
				t.Errorf("%q is still on the server's disk", s)
			}
		}
	})

	t.Run("the person does not come back with the next sync", func(t *testing.T) {
		d := w.sync()
		if d.New != 0 {
			t.Errorf("sync: %+v", d)
		}
		r := w.ok("register", "retention")
		if strings.Contains(r.out, "Planchon") {
			t.Errorf("the register names who was erased")
		}
		w.sealed(append(slices.Clone(alice), "bruno.verhaegen", "Verhaegen", "Delattre", "uploads/1042/a.jpg")...)
	})

	t.Run("who asks for a copy is not erased by a wrong number", func(t *testing.T) {
		c := w.caseFrom("bruno.verhaegen@example.net")
		rows := len(s3.Rows("photos"))
		w.failed([]string{"lawful", "no erasure"}, "--json", "erase", "--case", fmt.Sprint(c.Case), "--yes")
		if n := len(s3.Rows("photos")); n != rows {
			t.Errorf("%d of %d rows are left", n, rows)
		}
	})

	t.Run("the same erasure once more finds nothing and is still complete", func(t *testing.T) {
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", aliceCase, "--yes"))
		if d.Run == nil || d.Run.State != "complete" || d.Run.Erased != 0 || len(d.Plan.Erase) != 0 {
			t.Errorf("erase again: %+v %+v", d.Plan, d.Run)
		}
		if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", "104", "--yes")); d.Run == nil || d.Run.State != "complete" {
			t.Errorf("erase --order again: %+v", d.Run)
		}
	})

	t.Run("a photo of two orders stays when one of them goes", func(t *testing.T) {
		c := w.caseFrom("chloe.delattre@example.com")
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--case", fmt.Sprint(c.Case), "--yes"))
		if d.Run.State != "complete" {
			t.Fatalf("erase: %+v", d.Run)
		}
		i := slices.IndexFunc(d.Plan.Keep, func(k reason) bool { return k.Key == "uploads/shared/group.jpg" })
		if i < 0 || !strings.Contains(d.Plan.Keep[i].Ground, "1042") {
			t.Errorf("the shared photo is not kept with its ground: %+v", d.Plan.Keep)
		}
		rows := strings.Join(s3.Rows("photos"), "\n")
		if !strings.Contains(rows, "uploads/shared/group.jpg") || strings.Contains(rows, "uploads/200/") || strings.Contains(rows, "portraits/200-") {
			t.Errorf("bucket:\n%s", rows)
		}
	})

	t.Run("retention shows what is due on a day and erases it", func(t *testing.T) {
		// 300 was completed on 5 October 2025: sixty days end on 4 December.
		for _, x := range asJSON[retentionDoc](t, w.ok("--json", "retention", "--at", "2025-12-03", "--dry-run")).Due {
			if x.Order == "300" {
				t.Errorf("due a day early: %+v", x)
			}
		}
		d := asJSON[retentionDoc](t, w.ok("--json", "retention", "--at", "2025-12-04", "--dry-run"))
		found := map[string]string{}
		for _, x := range d.Due {
			if x.Order == "" || x.Rule != "media" {
				continue // what no order claims
			}
			found[x.Order] = fmt.Sprintf("%s %s %d %q", x.Rule, x.Since, x.Objects, x.Held)
		}
		if d.Run != nil || found["300"] != `media 2025-10-05 1 ""` || !strings.HasPrefix(found["1042"], "media 2025-01-21 ") || !strings.Contains(found["1042"], "access") {
			t.Errorf("due: %v, run %+v", found, d.Run)
		}
		d = asJSON[retentionDoc](t, w.ok("--json", "retention", "--at", "2025-12-04", "--yes"))
		if d.Run == nil || d.Run.State != "complete" || d.Run.Erased != 1 {
			t.Errorf("run: %+v", d.Run)
		}
		rows := strings.Join(s3.Rows("photos"), "\n")
		if strings.Contains(rows, "uploads/300/") || strings.Count(rows, "uploads/1042/") != 5 || strings.Count(rows, "uploads/1104/") != 2 {
			t.Errorf("bucket after retention:\n%s", rows)
		}
	})

	t.Run("every register prints as PDF, CSV and JSON", func(t *testing.T) {
		for _, name := range register.Names {
			base := filepath.Join(w.dir, string(name))
			w.ok("register", string(name), "--pdf", base+".pdf", "--csv", base+".csv", "--json-file", base+".json")
			text := pdfText(t, base+".pdf")
			if !strings.Contains(text, "Atelier Testard EI") || !strings.Contains(text, "Page 1 of") {
				t.Errorf("%s.pdf names no controller or counts no pages", name)
			}
			for _, word := range []string{"alice.planchon", "Planchon"} {
				if name != register.Requests && strings.Contains(text, word) {
					t.Errorf("%s.pdf says %q", name, word)
				}
			}
			csv, err := os.ReadFile(base + ".csv")
			if err != nil || len(csv) < 20 {
				t.Errorf("%s.csv: %d bytes, %v", name, len(csv), err)
			}
			j, err := os.ReadFile(base + ".json")
			if err != nil {
				t.Fatal(err)
			}
			asJSON[map[string]any](t, result{out: string(j)})
			asJSON[map[string]any](t, w.ok("--json", "register", string(name)))
		}
		w.lang = "fr"
		w.ok("dossier", "--pdf", filepath.Join(w.dir, "dossier.pdf"))
		w.lang = "en"
		text := pdfText(t, filepath.Join(w.dir, "dossier.pdf"))
		for _, word := range []string{"Registre", "Atelier Testard EI", "Demandes", "Effacements"} {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
				t.Errorf("the dossier does not say %q", word)
			}
		}
	})

	t.Run("the board has all seventeen promises in the four states", func(t *testing.T) {
		rows := asJSON[[]struct {
			ID       string   `json:"id"`
			State    string   `json:"state"`
			By       *string  `json:"by"`
			Evidence []string `json:"evidence"`
		}](t, w.ok("--json", "promises"))
		if len(rows) != 17 {
			t.Errorf("%d promises, want 17", len(rows))
		}
		for i, r := range rows {
			if r.ID != fmt.Sprintf("P%d", i+1) || !slices.Contains([]string{"kept", "at risk", "broken", "cannot tell"}, r.State) || r.By == nil || r.Evidence == nil {
				t.Errorf("promise %d: %+v", i+1, r)
			}
		}
	})

	t.Run("the mailbox is as it was", func(t *testing.T) {
		count := 0
		for _, folder := range []string{"INBOX", "Junk", "Archive", "Drafts", "Sent", "Trash"} {
			for uid, flags := range box.Flags(folder) {
				count++
				if slices.Contains(flags, imap.FlagSeen) || slices.Contains(flags, imap.FlagDeleted) {
					t.Errorf("message %d of %s has %v", uid, folder, flags)
				}
			}
		}
		if count != 4 {
			t.Errorf("%d messages, want 4", count)
		}
	})

	last := w.verified()

	t.Run("restored over the profile that is there, the journal goes on and the erased person stays erased", func(t *testing.T) {
		w.ok("restore", filepath.Join(w.dir, "before.age"))
		v := w.verified()
		if v.Journal.Entries <= last.Journal.Entries {
			t.Errorf("%d entries after the restore, %d before it", v.Journal.Entries, last.Journal.Entries)
		}
		w.sealed(alice...)
		d := w.sync()
		if d.New != 0 || d.Messages != 0 {
			t.Errorf("sync after the restore: %+v", d)
		}
		if r := w.ok("--json", "retention", "--at", "2025-12-04"); strings.Contains(r.out, "Planchon") {
			t.Errorf("the erased person is back: %s", r.out)
		}
		p := w.open(t)
		defer p.Close()
		orders, err := p.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range orders {
			if o.Number == "104" && (o.Person != "" || o.Email != "" || o.Photos != 0) {
				t.Errorf("order 104 has come back: %+v", o)
			}
		}
	})

	t.Run("restored into an empty folder, the profile works, with what was known when the backup was made", func(t *testing.T) {
		w.ok("backup", filepath.Join(w.dir, "after.age"))
		x := &world{t: t, dir: w.dir, profile: filepath.Join(t.TempDir(), "restored"), lang: "en"}
		x.ok("restore", filepath.Join(w.dir, "after.age"))
		x.verified()
		x.sealed(alice...)
		if d := x.sync(); d.New != 0 || d.Messages != 0 {
			t.Errorf("sync after the restore: %+v", d)
		}
		if n := len(x.cases()); n != 3 {
			t.Errorf("%d cases after the restore, want 3", n)
		}
	})
}

// open opens the world's profile as a command does.
func (w *world) open(t testing.TB) *profile {
	t.Helper()
	p, err := openProfile(t.Context(), w.profile, testPassphrase, "en", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheDemonstrationRunsTheWholeCycleInTheTerminalAndAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	d := asJSON[struct {
		Profile string   `json:"profile"`
		Out     string   `json:"out"`
		Files   []string `json:"files"`
		Cases   int      `json:"cases"`
		Runs    []runDoc `json:"runs"`
	}](t, ok(t, "--json", "--lang", "fr", "demo", "--dir", dir))
	if d.Profile != filepath.Join(dir, "profile") || d.Out != filepath.Join(dir, "out") || d.Cases < 12 || len(d.Runs) != 2 {
		t.Errorf("demo: %+v", d)
	}
	for _, r := range d.Runs {
		if r.State != "complete" || r.Erased == 0 {
			t.Errorf("run: %+v", r)
		}
		pdfText(t, r.Certificate)
	}
	for _, name := range register.Names {
		for _, lang := range []string{"fr", "en"} {
			if !slices.ContainsFunc(d.Files, func(f string) bool {
				return strings.HasPrefix(f, string(name)+"-"+lang+"-") && strings.HasSuffix(f, ".pdf")
			}) {
				t.Errorf("no PDF of %s in %s", name, lang)
			}
		}
	}
	for range 2 { // its profile opens without its world, and its world starts again
		p, err := openProfile(t.Context(), d.Profile, demoPassphrase, "", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Verify(t.Context())
		if p.Close(); err != nil || v.BrokenAt != nil || v.Store != "ok" || v.Evidence != "ok" {
			t.Errorf("verify: %+v, %v", v, err)
		}
		r := ok(t, "demo", "--dir", dir)
		if !strings.Contains(r.out, "dossier-fr-") || !strings.Contains(r.out, "profile\t"+d.Profile) {
			t.Errorf("demo again: %s", r.out)
		}
	}
}
