package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/jpeg"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"greffier/data/demo"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/pelletier/go-toml/v2"
)

var someDay = time.Date(2026, 11, 23, 14, 5, 9, 0, time.UTC)

// feed answers with the orders as they are, to who presents key and secret.
func feed(key, secret string, orders []demo.Order) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if k, s, _ := r.BasicAuth(); k != key || s != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(orders)
	})
}

func start(t *testing.T, dir string, now time.Time) *demo.World {
	t.Helper()
	w, err := demo.Start(t.Context(), dir, now, feed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// files returns each file below root with its bytes.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		key, _ := filepath.Rel(root, path)
		out[filepath.ToSlash(key)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func client(t *testing.T, w *demo.World) *imapclient.Client {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(w.IMAPHost, strconv.Itoa(w.IMAPPort)))
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	t.Cleanup(func() { c.Close() })
	if err := c.Login(w.IMAPUser, w.IMAPPassword).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheMailboxIsReadOverIMAP(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	c := client(t, w)
	list, err := c.List("", "*", nil).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Mailbox)
	}
	want := slices.Clone(demo.Folders)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Fatalf("folders %v, want %v", names, want)
	}
	total := 0
	for _, folder := range names {
		data, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			t.Fatal(err)
		}
		var inFolder []demo.Mail
		for _, m := range w.Mails {
			if m.Folder == folder {
				inFolder = append(inFolder, m)
			}
		}
		if int(data.NumMessages) != len(inFolder) || len(inFolder) == 0 {
			t.Fatalf("%s has %d mails, want %d", folder, data.NumMessages, len(inFolder))
		}
		section := &imap.FetchItemBodySection{Peek: true}
		got, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
			InternalDate: true, UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{section},
		}).Collect()
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			m := inFolder[i]
			if !g.InternalDate.Equal(m.Received) {
				t.Errorf("%s: INTERNALDATE %s, want %s", m.ID, g.InternalDate, m.Received)
			}
			if int(g.UID) != i+1 {
				t.Errorf("%s: UID %d, want %d", m.ID, g.UID, i+1)
			}
			if !bytes.Equal(g.FindBodySection(section), m.Raw) {
				t.Errorf("%s is not served as it was written", m.ID)
			}
			if slices.Contains(g.Flags, imap.FlagSeen) != m.Seen {
				t.Errorf("%s: flags %v", m.ID, g.Flags)
			}
		}
		total += len(got)
	}
	if total < 55 || total > 75 {
		t.Errorf("%d mails, want about 60", total)
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	conn, err := net.Dial("tcp", net.JoinHostPort(w.IMAPHost, strconv.Itoa(w.IMAPPort)))
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	var answer *imap.Error
	if err := c.Login(w.IMAPUser, w.IMAPPassword+"x").Wait(); !errors.As(err, &answer) {
		t.Errorf("a wrong password gave %v", err)
	}
}

func TestTheShopAnswersWithKeyAndSecret(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.ShopURL+"/wp-json/wc/v3/orders", nil)
	req.SetBasicAuth(w.ShopKey, w.ShopSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	var got []demo.Order
	if err := json.Unmarshal(raw, &got); err != nil || len(got) != len(w.Orders) {
		t.Fatalf("%d orders (%v), want %d", len(got), err, len(w.Orders))
	}
}

func TestThePhotographsAreRealAndDated(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	number := map[string]demo.Order{}
	for _, o := range w.Orders {
		number[o.Number] = o
	}
	due, counting := map[string]bool{}, map[string]bool{}
	orphans := map[string]bool{}
	kinds := map[string]int{}
	all := files(t, w.PhotosDir)
	for key, raw := range all {
		img, err := jpeg.Decode(strings.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if b := img.Bounds(); b.Dx() < 40 || b.Dx() > 400 || len(raw) > 60<<10 {
			t.Errorf("%s is %v and %d bytes", key, b, len(raw))
		}
		parts := strings.Split(key, "/")
		kinds[parts[0]]++
		info, err := os.Stat(filepath.Join(w.PhotosDir, filepath.FromSlash(key)))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", key, info.Mode())
		}
		if info.ModTime().After(someDay) {
			t.Errorf("%s is of the future", key)
		}
		o, known := number[parts[1]]
		if !known {
			orphans[parts[1]] = true
			continue
		}
		if age := info.ModTime().Sub(o.Created); age < -time.Hour || age > 48*time.Hour {
			t.Errorf("%s is dated %s, its order %s", key, info.ModTime(), o.Created)
		}
		switch {
		case o.Status != "completed":
		case someDay.Sub(o.Completed) > 61*24*time.Hour:
			due[o.Number] = true
		default:
			counting[o.Number] = true
		}
	}
	if len(due) != 5 || len(counting) < 6 || len(orphans) != 2 {
		t.Errorf("%d orders overdue, %d counting, %d orphan folders", len(due), len(counting), len(orphans))
	}
	if kinds["uploads"] != kinds["thumbs"] || kinds["portraits"] < 8 || len(kinds) != 3 {
		t.Errorf("the storage holds %v", kinds)
	}
	for _, o := range w.Orders {
		if o.Status == "completed" && someDay.Sub(o.Completed) < 60*24*time.Hour {
			for _, key := range o.Photos {
				if _, ok := all[key]; !ok {
					t.Errorf("order %s names %s, which is not there", o.Number, key)
				}
			}
		}
	}
}

func TestTheOrdersAreAShopsOrders(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	if len(w.Orders) != 40 {
		t.Fatalf("%d orders, want 40", len(w.Orders))
	}
	byMail, byAddress, photo := map[string]int{}, map[string]map[string]bool{}, map[string]int{}
	status := map[string]int{}
	ids := map[int64]bool{}
	guests := 0
	for i, o := range w.Orders {
		if o.Number != strconv.Itoa(1001+i) || ids[o.ID] || strconv.FormatInt(o.ID, 10) == o.Number {
			t.Errorf("order %d has number %s and id %d", i, o.Number, o.ID)
		}
		ids[o.ID] = true
		if o.Created.After(someDay) || o.Modified.Before(o.Created) || o.Modified.After(someDay) {
			t.Errorf("order %s was created %s and changed %s", o.Number, o.Created, o.Modified)
		}
		if i > 0 && o.Created.Before(w.Orders[i-1].Created) {
			t.Errorf("order %s is older than the one before it", o.Number)
		}
		if done := o.Status == "completed" || o.Status == "refunded"; done == o.Completed.IsZero() || done && (o.Completed.Before(o.Created) || o.Modified.Before(o.Completed)) {
			t.Errorf("order %s is %s and completed %s", o.Number, o.Status, o.Completed)
		}
		if o.Created.Location() != time.UTC || o.Modified.Location() != time.UTC {
			t.Errorf("order %s is not in UTC", o.Number)
		}
		status[o.Status]++
		if o.Email == "" {
			guests++
		} else {
			byMail[o.Email]++
			reserved(t, o.Email)
		}
		place := o.Address + o.Postcode
		if byAddress[place] == nil {
			byAddress[place] = map[string]bool{}
		}
		byAddress[place][o.Email] = true
		for _, key := range o.Photos {
			photo[key]++
		}
	}
	if oldest := someDay.Sub(w.Orders[0].Created).Hours() / 24; oldest < 700 || oldest > 731 {
		t.Errorf("the oldest order is %.0f days old", oldest)
	}
	for _, s := range []string{"completed", "processing", "cancelled", "refunded", "failed"} {
		if status[s] == 0 {
			t.Errorf("no order is %s", s)
		}
	}
	has := func(n int, m map[string]int) (found bool) {
		for _, k := range m {
			found = found || k == n
		}
		return found
	}
	family := false
	for _, who := range byAddress {
		family = family || len(who) == 2
	}
	if guests != 1 || !has(3, byMail) || !has(2, photo) || !family {
		t.Errorf("guests %d, three orders %v, shared photo %v, family %v", guests, has(3, byMail), has(2, photo), family)
	}
}

// reserved fails for an address that could be somebody's (RFC 2606).
func reserved(t *testing.T, address string) {
	t.Helper()
	_, domain, _ := strings.Cut(address, "@")
	for _, ok := range []string{"example.org", "example.com", "example.net"} {
		if domain == ok {
			return
		}
	}
	if !strings.HasSuffix(domain, ".example") {
		t.Errorf("%s is not a reserved domain", domain)
	}
}

func TestEachMailIsConsistentWithItsOrder(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	byNumber := map[string]demo.Order{}
	for _, o := range w.Orders {
		byNumber[o.Number] = o
	}
	rights := map[string]int{}
	requests, forged, strangers, junk := 0, 0, 0, 0
	seen := map[string]bool{}
	for _, m := range w.Mails {
		msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
			continue
		}
		if seen[msg.Header.Get("Message-ID")] {
			t.Errorf("%s has the Message-ID of another", m.ID)
		}
		seen[msg.Header.Get("Message-ID")] = true
		if i := bytes.IndexFunc(m.Raw, func(r rune) bool { return r > 126 }); i >= 0 {
			t.Errorf("%s is not ASCII on the wire at byte %d", m.ID, i)
		}
		if bytes.Contains(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("%s has a bare line feed", m.ID)
		}
		for line := range strings.SplitSeq(string(m.Raw), "\r\n") {
			if len(line) > 998 {
				t.Errorf("%s has a line of %d bytes", m.ID, len(line))
			}
		}
		from, err := msg.Header.AddressList("From")
		if err != nil || len(from) != 1 {
			t.Errorf("%s: From %v (%v)", m.ID, from, err)
			continue
		}
		to, err := msg.Header.AddressList("To")
		if err != nil || len(to) != 1 {
			t.Errorf("%s: To %v (%v)", m.ID, to, err)
			continue
		}
		reserved(t, from[0].Address)
		reserved(t, to[0].Address)
		sent, err := msg.Header.Date()
		if err != nil || sent.After(m.Received) || m.Received.Sub(sent) > time.Minute {
			t.Errorf("%s was sent %s and received %s (%v)", m.ID, sent, m.Received, err)
		}
		if m.Received.After(someDay) {
			t.Errorf("%s is of the future", m.ID)
		}
		incoming := m.Folder != "Sent" && m.Folder != "Drafts"
		if incoming != (to[0].Address == demo.Address) || incoming == (from[0].Address == demo.Address) {
			t.Errorf("%s in %s went from %s to %s", m.ID, m.Folder, from[0].Address, to[0].Address)
		}
		if incoming && (!strings.HasPrefix(msg.Header.Get("Authentication-Results"), "mx.cleverfaces.example;") || !strings.Contains(msg.Header.Get("Received"), " by mx.cleverfaces.example ")) {
			t.Errorf("%s does not say that the shop's own host received it", m.ID)
		}
		o, known := byNumber[m.Order]
		if m.Order != "" && !known {
			t.Errorf("%s is about the order %s", m.ID, m.Order)
		}
		customer := known && o.Email != "" && from[0].Address == o.Email
		if known && incoming && customer == m.Stranger {
			t.Errorf("%s: customer %v, stranger %v", m.ID, customer, m.Stranger)
		}
		if len(m.Expect) == 0 {
			continue
		}
		requests++
		for _, r := range m.Expect {
			rights[r]++
		}
		if !known {
			t.Errorf("%s exercises a right without any order", m.ID)
		}
		if m.Stranger {
			strangers++
		}
		if m.Folder == "Junk" {
			junk++
		}
		failed := strings.Contains(msg.Header.Get("Authentication-Results"), "dmarc=fail")
		if failed != m.Forged {
			t.Errorf("%s: forged %v, but dmarc=fail %v", m.ID, m.Forged, failed)
		}
		if m.Forged {
			forged++
			if msg.Header.Get("Reply-To") == "" {
				t.Errorf("%s does not lead answers elsewhere", m.ID)
			}
		}
	}
	for _, r := range []string{"access", "rectification", "erasure", "restriction", "objection", "portability", "withdrawal"} {
		if rights[r] == 0 {
			t.Errorf("nobody exercises the right of %s", r)
		}
	}
	if requests < 12 || requests > 20 || forged != 1 || strangers < 3 || junk != 1 {
		t.Errorf("%d requests, %d forged, %d by strangers, %d in the spam folder", requests, forged, strangers, junk)
	}
}

func TestASecondStartBringsNothingErasedBack(t *testing.T) {
	dir := t.TempDir()
	w := start(t, dir, someDay)
	if !w.FirstStart {
		t.Error("the first start does not say so")
	}
	first := files(t, w.PhotosDir)
	erased := filepath.Join(w.PhotosDir, "uploads", "1035")
	if err := os.RemoveAll(erased); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}

	again := start(t, dir, someDay.AddDate(0, 0, 9))
	if again.FirstStart || !again.Now.Equal(someDay) {
		t.Errorf("the second start takes itself for the first: %s", again.Now)
	}
	second := files(t, again.PhotosDir)
	for key, raw := range first {
		got, there := second[key]
		if gone := strings.HasPrefix(key, "uploads/1035/"); gone == there || there && got != raw {
			t.Errorf("%s: there %v", key, there)
		}
	}
	if len(second) >= len(first) {
		t.Errorf("%d files after the second start, %d after the first", len(second), len(first))
	}
	if !reflect.DeepEqual(w.Orders, again.Orders) || !reflect.DeepEqual(w.Mails, again.Mails) {
		t.Error("orders or mails differ at the second start")
	}
	if w.IMAPPassword != again.IMAPPassword || w.ShopKey != again.ShopKey || w.ShopSecret != again.ShopSecret {
		t.Error("the secrets differ at the second start")
	}
	if w.IMAPPort != again.IMAPPort || w.ShopURL != again.ShopURL {
		t.Error("the ports were free and still differ at the second start")
	}
}

func TestTheWholeStorageErasedStaysErased(t *testing.T) {
	dir := t.TempDir()
	w := start(t, dir, someDay)
	w.Close()
	if err := os.RemoveAll(w.PhotosDir); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir, someDay)
	if n := len(files(t, again.PhotosDir)); n != 0 {
		t.Errorf("%d files came back", n)
	}
}

func TestTwoWorldsOfTheSameInstantAreTheSame(t *testing.T) {
	a, b := start(t, t.TempDir(), someDay), start(t, t.TempDir(), someDay)
	if !reflect.DeepEqual(a.Orders, b.Orders) || !reflect.DeepEqual(a.Mails, b.Mails) {
		t.Error("orders or mails differ")
	}
	if !reflect.DeepEqual(files(t, a.PhotosDir), files(t, b.PhotosDir)) {
		t.Error("photographs differ")
	}
	if a.IMAPPassword == b.IMAPPassword || a.ShopSecret == b.ShopSecret {
		t.Error("two demonstrations share a secret")
	}
}

func TestAStartThatWasCutOffIsMadeGood(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "photos", "uploads", "1035")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := demo.Start(ctx, dir, someDay, feed); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled start gave %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "demo.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a cancelled start counts as made")
	}
	w := start(t, dir, someDay)
	if !w.FirstStart || len(files(t, half)) == 0 {
		t.Error("the photographs are missing")
	}
}

func TestADamagedMarkerRefusesTheStart(t *testing.T) {
	for name, content := range map[string]string{
		"empty":            "",
		"not JSON":         "{",
		"another version":  `{"format":99,"seed":1,"now":"2026-01-01T00:00:00Z","password":"p","key":"k","secret":"s"}`,
		"a port too high":  `{"format":1,"seed":1,"now":"2026-01-01T00:00:00Z","password":"p","key":"k","secret":"s","imap_port":70000}`,
		"no date":          `{"format":1,"seed":1,"password":"p","key":"k","secret":"s"}`,
		"too long to read": strings.Repeat(" ", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "demo.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := demo.Start(t.Context(), dir, someDay, feed)
			if !errors.Is(err, demo.ErrMarker) {
				t.Fatalf("got %v", err)
			}
			if n := len(files(t, dir)); n != 1 {
				t.Errorf("%d files were written all the same", n-1)
			}
		})
	}
}

func TestPortsOfTheLastTimeThatAreTakenAreReplaced(t *testing.T) {
	dir := t.TempDir()
	a := start(t, dir, someDay)
	b := start(t, dir, someDay) // the first one still runs
	if a.IMAPPort == b.IMAPPort || a.ShopURL == b.ShopURL {
		t.Error("two servers claim one port")
	}
	client(t, b)
}

func TestCloseEndsTheServers(t *testing.T) {
	w := start(t, t.TempDir(), someDay)
	c := client(t, w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Noop().Wait(); err == nil {
		t.Error("the mailbox still answers")
	}
	if _, err := net.Dial("tcp", net.JoinHostPort(w.IMAPHost, strconv.Itoa(w.IMAPPort))); err == nil {
		t.Error("the mailbox still listens")
	}
	if _, err := http.Get(w.ShopURL); err == nil {
		t.Error("the shop still answers")
	}
}

func TestTheProfileFileLeadsToTheWorld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `a "strange" \ folder é`)
	w := start(t, dir, someDay)
	var got struct {
		Controller struct {
			Name, Address, Email, Site, Language string
			TimeZone                             string `toml:"time_zone"`
		}
		Mailbox struct {
			Host, Security, User string
			Port                 int
			PasswordEnv          string `toml:"password_env"`
		}
		Shop []struct {
			Kind, URL string
			KeyEnv    string `toml:"key_env"`
			SecretEnv string `toml:"secret_env"`
		}
		Storage []struct {
			Name, Kind, Path string
			Locator          []struct{ Holds, Key string }
		}
	}
	dec := toml.NewDecoder(strings.NewReader(w.ProfileTOML()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Controller.Name != "KIONKE Kathryn EI" || got.Controller.TimeZone != "Europe/Paris" || got.Controller.Language != "fr" {
		t.Errorf("controller %+v", got.Controller)
	}
	env := w.Env()
	if m := got.Mailbox; m.Host != "127.0.0.1" || m.Port != w.IMAPPort || m.Security != "plain" || m.User != demo.Address || env[m.PasswordEnv] != w.IMAPPassword {
		t.Errorf("mailbox %+v", m)
	}
	if len(got.Shop) != 1 || got.Shop[0].Kind != "woocommerce" || got.Shop[0].URL != w.ShopURL || env[got.Shop[0].KeyEnv] != w.ShopKey || env[got.Shop[0].SecretEnv] != w.ShopSecret {
		t.Errorf("shop %+v", got.Shop)
	}
	if len(got.Storage) != 1 || got.Storage[0].Path != w.PhotosDir || got.Storage[0].Kind != "folder" || len(got.Storage[0].Locator) != 3 {
		t.Errorf("storage %+v", got.Storage)
	}
	for _, secret := range env {
		if strings.Contains(w.ProfileTOML(), secret) {
			t.Error("the profile file holds a secret")
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		w, err := demo.Start(b.Context(), b.TempDir(), someDay, feed)
		if err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
}
