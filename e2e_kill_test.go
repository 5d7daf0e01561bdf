package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/request"
	"greffier/data/mail/mailtest"
	"greffier/data/vault"
)

// The number of times that each command is killed.
const (
	syncKills = 6
	initKills = 8
)

// killed starts the program and kills it without warning when it is time, which
// is asked again and again with what has passed since the start. It returns
// true when the program had not ended by itself.
func (w *world) killed(when func(passed time.Duration) bool, args ...string) bool {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), program(w.t), w.args(args)...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	began := time.Now()
	again := time.NewTicker(500 * time.Microsecond)
	defer again.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-again.C:
		}
		if when(time.Since(began)) {
			cmd.Process.Kill()
			<-ended
			return !cmd.ProcessState.Success() && cmd.ProcessState.ExitCode() < 0
		}
	}
}

// took runs the program to its end and returns how long that took.
func (w *world) took(args ...string) time.Duration {
	w.t.Helper()
	path := program(w.t)
	began := time.Now()
	if out, err := exec.CommandContext(w.t.Context(), path, w.args(args)...).CombinedOutput(); err != nil {
		w.t.Fatalf("greffier %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(began)
}

// dice are thrown anew each time; the seed is told, so that a fall can be had
// again.
func dice(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func TestASyncKilledAtRandomMomentsLosesNothingAndBringsNothingTwice(t *testing.T) {
	t.Parallel()
	const perRound = 40
	r := dice(t)
	box := mailtest.Dovecot(t)
	w := newWorld(t)
	w.write("orders.csv", "order,status,completed\n")
	w.init(mailboxTOML(box), csvTOML)
	whole := w.took("sync")
	total, requests, orders := 0, 0, 0
	for round := range syncKills {
		feed := "order,status,completed,email\n"
		for i := range perRound {
			total++
			body, folder := "Bonjour, où en est ma commande ?", "INBOX"
			if i%10 == 0 {
				body, folder = "Bonjour, je vous demande de supprimer toutes mes données personnelles.", "Junk"
				requests++
			}
			from := fmt.Sprintf("client%d@example.org", total)
			box.Append(folder, nil, at(t, "2025-05-05T10:00:00Z"), letter(from, fmt.Sprintf("Message %d", total), body))
		}
		orders += 50
		for i := range orders {
			feed += fmt.Sprintf("%d,completed,2025-02-01,client%d@example.org\n", 1000+i, i)
		}
		w.write("orders.csv", feed)
		moment := time.Duration((0.2 + 1.3*r.Float64()) * float64(whole))
		w.killed(func(passed time.Duration) bool { return passed >= moment }, "sync")
		w.sync()
		if d := w.sync(); d.New != 0 || d.Messages != 0 {
			t.Errorf("round %d: a sync right after a sync: %+v", round, d)
		}
		p := w.open(t)
		mails := 0
		for _, k := range []request.Kind{request.Ordinary, request.Request, request.ToCheck} {
			ms, err := p.Mails(t.Context(), k)
			if err != nil {
				t.Fatal(err)
			}
			mails += len(ms)
		}
		rows, err := p.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if mails != total || len(rows) != orders {
			t.Errorf("round %d: %d messages of %d, %d orders of %d", round, mails, total, len(rows), orders)
		}
	}
	if n := len(w.cases()); n != requests {
		t.Errorf("%d cases, want %d", n, requests)
	}
	w.verified()
}

func TestAnInitKilledAtRandomMomentsLeavesNoProfileOrAWholeOne(t *testing.T) {
	t.Parallel()
	r := dice(t)
	w := newWorld(t)
	w.write("orders.csv", "order,status,completed\n1,completed,2025-01-01\n")
	if err := os.Mkdir(filepath.Join(w.dir, "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := w.write("greffier.toml", controllerTOML+csvTOML+folderTOML+
		"\n[mailbox]\nhost = \"imap.localhost.test\"\nuser = \"contact@localhost.test\"\npassword_env = \"MAIL_PASSWORD\"\n")
	w.profile = filepath.Join(w.dir, "first")
	whole := w.took("init", "--from", f)
	made := 0
	for i := range initKills {
		w.profile = filepath.Join(w.dir, fmt.Sprint("profile", i))
		moment := time.Duration((0.3 + 0.7*r.Float64()) * float64(whole))
		when := func(passed time.Duration) bool { return passed >= moment }
		if i%2 == 0 { // as soon as one of its files is seen
			sign := filepath.Base(w.profile) + "/" + []string{".init", ".init/vault.json", ".init/greffier.db", ".init/profile.toml"}[i/2%4]
			when = func(time.Duration) bool { return w.exists(sign) || vault.Exists(w.profile) }
		}
		w.killed(when, "init", "--from", f)
		if vault.Exists(w.profile) {
			made++
			w.sealed()
			w.ok("sync", "--orders")
			w.verified()
			continue
		}
		w.failed([]string{"no profile"}, "cases")
		w.ok("init", "--from", f)
		w.ok("sync", "--orders")
		w.verified()
		if w.exists(filepath.Base(w.profile) + "/.init") {
			t.Error("what was cut off is still lying about")
		}
	}
	t.Logf("%d of %d were made", made, initKills)
}

// TestASweepKilledAgainAndAgainEndsRight: the headless command is killed without
// warning in the middle of its work; the next start takes up what was cut off.
func TestASweepKilledAgainAndAgainEndsRight(t *testing.T) {
	const orders, kills = 40, 3
	r := dice(t)
	s := newSweepShop(t, 1)
	s.automatic()
	if err := s.p.SetSweepSettings(t.Context(), app.SweepSettings{On: true, Hour: 3, MaxObjects: 100_000, MaxPercent: 100}); err != nil {
		t.Fatal(err)
	}
	s.orders(orders)
	if _, err := s.p.Sync(t.Context(), true, false, nil); err != nil {
		t.Fatal(err)
	}
	held, err := s.p.OrderID(t.Context(), "1005")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.p.PlaceHold(t.Context(), held, "a dispute", law.Date{}); err != nil {
		t.Fatal(err)
	}
	// Only her address leads to her order: nobody has confirmed it.
	if _, err := s.p.EnterCase(t.Context(), app.NewCase{Channel: cases.ChannelTelephone, Received: law.DateOf(s.now, law.Paris()), Requester: cases.Person{Email: "quentin7@localhost.test"}, Rights: []request.Right{request.Access}}); err != nil {
		t.Fatal(err)
	}
	s.close()
	const whole, protected = 2 * orders, 4
	program(t)
	began := time.Now()
	hits := 0
	for try := 0; hits < kills; try++ {
		if try == 5*kills {
			t.Fatalf("it was killed in the middle %d times only", hits)
		}
		if old, _ := s.left(); old == protected {
			s.orders(orders) // photos came back
		}
		left := protected + 1 + r.IntN(whole-protected-1)
		if s.killed(func(time.Duration) bool { old, _ := s.left(); return old <= left }, "sweep", "--auto") {
			hits++
		}
	}
	if out, err := exec.CommandContext(t.Context(), program(t), s.args([]string{"sweep", "--auto"})...).CombinedOutput(); err != nil {
		t.Fatalf("the last one: %v\n%s", err, out)
	}
	t.Logf("killed %d times within %s", hits, time.Since(began).Round(time.Millisecond))
	s.want("after the last one", protected, whole)
	for _, n := range []string{"1005", "1007"} {
		for _, kind := range []string{"uploads", "derived"} {
			if !s.exists("photos/" + kind + "/" + n + "/a.jpg") {
				t.Errorf("what is protected of %s went", n)
			}
		}
	}
	s.open()
	runs, err := s.p.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range runs {
		if v.Record.State != erasure.Complete || v.Record.Scope.Rule == "media" && v.Record.By != "owner" && v.Certificate == "" {
			t.Errorf("run %d: %s, certificate %q", v.Record.ID, v.Record.State, v.Certificate)
		}
	}
	st, err := s.p.SweepStatus(t.Context())
	if err != nil || st.Last[0].State != app.SweepDone || slices.ContainsFunc(st.Last, func(x app.SweepRecord) bool { return x.State == app.SweepRunning }) {
		t.Errorf("sweeps: %+v %v", st.Last, err)
	}
	s.close()
	s.verified()
	s.sealed("Sorbier", "quentin7@localhost.test")
}

func TestAnErasureInterruptedFromTheKeyboardSaysSoAndIsTakenUp(t *testing.T) {
	t.Parallel()
	const files = 400
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.write("photos/uploads/1042/a.jpg", "neighbour")
	w.init(csvTOML, folderTOML)
	w.ok("sync")
	var r result
	for tries := 0; r.code != exitFailed; tries++ {
		if tries == 10 {
			t.Fatalf("it always ends before it can be interrupted: %s", r.err)
		}
		for i := range files {
			w.write(fmt.Sprintf("photos/uploads/104/%03d.jpg", i), "photo")
		}
		r = w.interrupted(func() bool {
			es, err := os.ReadDir(filepath.Join(w.dir, "photos", "uploads", "104"))
			return err == nil && len(es) < files-10
		}, "erase", "--order", "104", "--yes")
	}
	r.says(t, "cancel")
	w.failed([]string{"cut off", "resume"}, "erase", "--order", "104", "--yes")
	w.verified()
	d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--resume"))
	if d.Run == nil || d.Run.State != "complete" || d.Run.Erased != files {
		t.Errorf("resumed run: %+v", d.Run)
	}
	if w.exists("photos/uploads/104") || !w.exists("photos/uploads/1042/a.jpg") {
		t.Error("something is left, or a neighbour is gone")
	}
	w.verified()
}

// interrupted runs the program and interrupts it from the keyboard when it is
// time, unless it ends before.
func (w *world) interrupted(when func() bool, args ...string) result {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), program(w.t), w.args(args)...)
	var out, talk strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	again := time.NewTicker(500 * time.Microsecond)
	defer again.Stop()
	for waiting := true; waiting; {
		select {
		case <-ended:
			waiting = false
		case <-again.C:
			if when() {
				cmd.Process.Signal(os.Interrupt)
				waiting = false
			}
		}
	}
	<-ended
	r := result{cmd.ProcessState.ExitCode(), out.String(), talk.String()}
	r.check(w.t, args)
	return r
}
