package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"greffier/app"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/data/storage/storagetest"
)

const (
	// manyKills is how many times running erasures are killed, all in all.
	manyKills = 200
	// killSeries are so many shops, each with its processes, side by side.
	killSeries = 2
)

func TestErasuresKilledTwoHundredTimesEndAsPlannedAndProven(t *testing.T) {
	t.Parallel()
	began := time.Now()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	program(t) // built before the clock of any series runs
	built := time.Since(began)
	var hits atomic.Int64
	t.Run("series", func(t *testing.T) {
		for i := range killSeries {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				// The storages are erased in the order of their names: once the
				// folder comes first, once the bucket.
				s := newKillWorld(t, []string{"disk", "shelf"}[i%2], rand.New(rand.NewPCG(seed, uint64(i))))
				mine := 0
				for run := 0; mine < manyKills/killSeries; run++ {
					if run == 16 {
						t.Fatalf("only %d kills hit a run", mine)
					}
					// Not every kill hits: some come before, some after the run.
					mine += s.run(fmt.Sprint(501+run), 10+(manyKills/killSeries-mine)*5/4)
				}
				hits.Add(int64(mine))
				s.w.verified()
			})
		}
	})
	t.Logf("%d kills hit a running erasure, in %s beside %s of building", hits.Load(), (time.Since(began) - built).Round(time.Second/10), built.Round(time.Second/10))
}

// killWorld is a shop whose erasures are killed.
type killWorld struct {
	t  *testing.T
	w  *world
	s3 *storagetest.Server
	r  *rand.Rand
	// What is there of others, and must stay.
	rows, files []string
	base        int // what left counts when nothing of an order is there
}

const (
	killFiles    = 400 // of an order in the folder
	killKeys     = 240 // of an order in the bucket, in two versions each
	killUploads  = 20  // of these have an unfinished upload beside them
	killMarkers  = 30  // and these a delete marker
	killVersions = 2*killKeys + killUploads + killMarkers
	killAll      = killFiles + killVersions
)

func newKillWorld(t *testing.T, folder string, r *rand.Rand) *killWorld {
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, false)
	w := newWorld(t)
	feed := "order,status,created,completed,email\n5,completed,2025-01-01,2025-01-05,five@example.org\n"
	for i := range 18 {
		feed += fmt.Sprintf("%d,completed,2025-01-01,2025-01-05,c%d@example.org\n", 500+i, i)
	}
	w.write("orders.csv", feed)
	for _, n := range []string{"5", "50", "5010", "500"} {
		w.write("disk/uploads/"+n+"/a.jpg", "neighbour")
		s3.Put("photos", "uploads/"+n+"/a.jpg", "neighbour")
		s3.Put("photos", "uploads/"+n+"/a.jpg", "neighbour, again")
	}
	w.init(csvTOML, strings.NewReplacer(`name = "photos"`, fmt.Sprintf("name = %q", folder), `path = "photos"`, `path = "disk"`).Replace(folderTOML), s3TOML(s3, "photos"))
	w.ok("sync")
	k := &killWorld{t: t, w: w, s3: s3, r: r}
	k.rows, k.files = k.others()
	k.base = k.left("501")
	return k
}

// others returns what the storages hold, sorted.
func (k *killWorld) others() (rows, files []string) {
	rows = k.s3.Rows("photos")
	slices.Sort(rows)
	if err := filepath.WalkDir(filepath.Join(k.w.dir, "disk"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	}); err != nil {
		k.t.Fatal(err)
	}
	return rows, files
}

// fill puts an order's objects into both storages.
func (k *killWorld) fill(number string) {
	for i := range killFiles {
		k.w.write(fmt.Sprintf("disk/uploads/%s/%04d.jpg", number, i), "photo")
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range next {
				key := fmt.Sprintf("uploads/%s/%03d.jpg", number, i)
				k.s3.Put("photos", key, "first")
				k.s3.Put("photos", key, "second")
				switch {
				case i < killUploads:
					k.s3.Upload("photos", key, "part")
				case i < killUploads+killMarkers:
					k.s3.Delete("photos", key)
				}
			}
		})
	}
	for i := range killKeys {
		next <- i
	}
	close(next)
	wg.Wait()
}

// left counts on the disks what is left of an order, behind the back of every
// program.
func (k *killWorld) left(number string) int {
	n := 0
	for _, dir := range []string{
		filepath.Join(k.w.dir, "disk", "uploads", number),
		filepath.Join(k.s3.DataDir, "data", "photos", "uploads", number),
		filepath.Join(k.s3.DataDir, "versions", "photos"),
	} {
		// What vanishes while it is counted is not counted.
		filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return nil
		})
	}
	return n
}

// run erases one order, kills that, and kills what takes it up, until that has
// been done so many times or the run has come to its end. It returns how many kills
// hit the run while it was under way.
func (k *killWorld) run(number string, kills int) (hits int) {
	t, w := k.t, k.w
	k.fill(number)
	full := k.left(number)
	p := w.open(t)
	before := k.journal(p)
	p.Close()
	begin, resume := []string{"erase", "--order", number, "--yes"}, []string{"erase", "--resume"}
	args, begun := begin, false
	for range kills {
		if w.killed(k.moment(), args...) && (begun || k.left(number) < full) {
			args, begun = resume, true
			continue
		}
		// Either all is done, or nothing could be: a run that was not yet begun
		// cannot be resumed, and one that was cannot be begun.
		if n := k.left(number); n == k.base {
			break
		} else if n == full {
			args = [][]string{begin, resume}[k.r.IntN(2)]
		}
	}
	d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--resume"))
	if d.Run == nil && k.left(number) > k.base {
		d = asJSON[eraseDoc](t, w.ok("--json", "erase", "--order", number, "--yes"))
	}
	if d.Run != nil && (d.Run.State != "complete" || d.Run.Erased != killAll || len(d.Run.Left) != 0) {
		t.Fatalf("order %s ended: %+v", number, d.Run)
	}
	if rows, files := k.others(); !slices.Equal(rows, k.rows) || !slices.Equal(files, k.files) {
		t.Fatalf("order %s: %d rows and %d files are there, want %d and %d", number, len(rows), len(files), len(k.rows), len(k.files))
	}

	p = w.open(t)
	defer p.Close()
	entries := k.journal(p)[len(before):]
	var record string
	finished := 0
	for _, e := range entries {
		switch e.Act {
		case evidence.ActRunStarted, evidence.ActRunResumed:
			hits++
			if record != "" && e.Record != record {
				t.Fatalf("the journal tells of %s and %s", record, e.Record)
			}
			record = e.Record
		case evidence.ActRunFinished:
			finished++
		}
	}
	hits-- // the last one came to its end, killed after it or not
	var id int64
	if n, err := fmt.Sscanf(record, "run %d", &id); n != 1 || finished != 1 {
		t.Fatalf("the journal tells of %q (%v), finished %d times", record, err, finished)
	}
	v, err := p.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	rec := v.Record
	if rec.State != erasure.Complete || rec.Erased != killAll || rec.Left != 0 || rec.Looked != killAll || len(v.Steps) != killAll || !rec.RetryAt.IsZero() ||
		len(rec.BeforeHash) != 64 || len(rec.AfterHash) != 64 || rec.BeforeHash == rec.AfterHash {
		t.Fatalf("order %s: %s", number, asText(rec))
	}
	for _, s := range v.Steps {
		if s.Status != erasure.Gone || s.Reason != "" || !strings.HasPrefix(s.Object.Key, "uploads/"+number+"/") {
			t.Fatalf("order %s: step %+v", number, s)
		}
	}
	name, err := p.PrintCertificate(t.Context(), id, "en")
	if err != nil {
		t.Fatal(err)
	}
	if text := pdfText(t, name); !strings.Contains(text, "Certificate of erasure") || !strings.Contains(text, fmt.Sprintf("%s0.jpg", "uploads/"+number+"/00")) {
		t.Errorf("order %s: the certificate says %.300s", number, text)
	}
	return max(hits, 0)
}

// moment returns when the next process is killed: some moments after it
// wrote what it is about, while it looks at the storages, or right after one of the
// next, while it erases and verifies.
func (k *killWorld) moment() func(time.Duration) bool {
	log := filepath.Join(k.w.profile, "greffier.db-wal")
	last, writes, wanted := fileMark(log), 0, 2
	after := time.Duration(k.r.Float64() * float64(80*time.Millisecond))
	if k.r.IntN(8) > 0 {
		wanted, after = 3+k.r.IntN(3), after/20
	}
	var since time.Time
	return func(time.Duration) bool {
		if m := fileMark(log); m != last && since.IsZero() {
			if last, writes = m, writes+1; writes == wanted {
				since = time.Now()
			}
		}
		return !since.IsZero() && time.Since(since) >= after
	}
}

// fileMark tells one state of a file from another.
func fileMark(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// journal returns the journal, oldest entry first.
func (k *killWorld) journal(p *profile) []app.JournalLine {
	k.t.Helper()
	lines, err := p.Journal(k.t.Context(), 100000)
	if err != nil {
		k.t.Fatal(err)
	}
	slices.Reverse(lines)
	return lines
}

func asText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// cheapUnlock wraps a profile's key anew with a derivation that costs nothing:
// hundreds of calls open it here, and none of them is about the passphrase, whose
// real cost the tests of data/vault pay.
func cheapUnlock(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, "vault.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var h struct {
		Version int    `json:"version"`
		From    string `json:"from"`
		Salt    []byte `json:"salt"`
		Time    uint32 `json:"argon2_time"`
		Memory  uint32 `json:"argon2_memory_kib"`
		Threads uint8  `json:"argon2_threads"`
		Wrapped []byte `json:"wrapped"`
	}
	if err := json.Unmarshal(b, &h); err != nil {
		t.Fatal(err)
	}
	wrap := func() cipher.AEAD {
		block, err := aes.NewCipher(argon2.IDKey([]byte(testPassphrase), h.Salt, h.Time, h.Memory, h.Threads, 32))
		if err != nil {
			t.Fatal(err)
		}
		a, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	bound := []byte("greffier master key")
	key, err := wrap().Open(nil, nil, h.Wrapped, bound)
	if err != nil {
		t.Fatal(err)
	}
	h.Time, h.Memory, h.Threads = 1, 8, 1
	h.Wrapped = wrap().Seal(nil, nil, key, bound)
	if b, err = json.Marshal(h); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
