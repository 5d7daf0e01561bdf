package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"greffier/app/erasure"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/data/storage"
	"greffier/data/storage/storagetest"
	"greffier/data/store"
)

const (
	benchOrders  = 500
	benchObjects = 10_000
)

// BenchmarkErase10k erases 10,000 objects of 500 orders from a versioned server
// and proves that they are gone: plan, confirmation, plan made again, run, fresh
// listing, direct look at each. Beside it, tools that delete the same on the
// same server: they prove nothing, and rclone's delete leaves every photo there
// as an old version.
func BenchmarkErase10k(b *testing.B) {
	server := storagetest.S3(b)
	server.Bucket("photos", true, false)
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: server.Endpoint, Region: server.Region, Bucket: "photos", AccessKey: server.AccessKey, SecretKey: server.SecretKey})
	if err != nil {
		b.Fatal(err)
	}
	measure := func(b *testing.B, erase func(b *testing.B), versionsLeft int) {
		for b.Loop() {
			b.StopTimer()
			benchFill(b, server)
			b.StartTimer()
			erase(b)
			b.StopTimer()
			if n := len(benchLeft(b, server)); n != versionsLeft {
				b.Fatalf("%d versions and markers are left, want %d", n, versionsLeft)
			}
			benchClear(b, server)
			b.StartTimer()
		}
		b.ReportMetric(float64(benchObjects*b.N)/b.Elapsed().Seconds(), "objects/s")
	}
	b.Run("greffier, ledger in memory", func(b *testing.B) {
		measure(b, func(b *testing.B) { benchErase(b, s, &benchMemory{}) }, 0)
	})
	b.Run("greffier, ledger on the disk", func(b *testing.B) {
		measure(b, func(b *testing.B) {
			st, err := store.Open(b.Context(), b.TempDir(), benchKeys, time.Now)
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			benchErase(b, s, benchStore{st})
		}, 0)
	})
	rclone := func(args ...string) func(b *testing.B) {
		return func(b *testing.B) {
			b.Helper()
			benchTool(b, []string{"RCLONE_CONFIG_BENCH_TYPE=s3", "RCLONE_CONFIG_BENCH_PROVIDER=Other", "RCLONE_CONFIG_BENCH_ENDPOINT=" + server.Endpoint,
				"RCLONE_CONFIG_BENCH_REGION=" + server.Region, "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID=" + server.AccessKey,
				"RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY=" + server.SecretKey, "RCLONE_CONFIG=" + os.DevNull}, "rclone", args...)
		}
	}
	b.Run("rclone delete", func(b *testing.B) {
		measure(b, rclone("delete", "bench:photos/uploads"), 2*benchObjects)
	})
	if _, err := exec.LookPath("mc"); err == nil {
		b.Run("mc rm of all versions", func(b *testing.B) {
			host := "MC_HOST_bench=" + strings.Replace(server.Endpoint, "://", "://"+server.AccessKey+":"+server.SecretKey+"@", 1)
			measure(b, func(b *testing.B) {
				benchTool(b, []string{host}, "mc", "--quiet", "--config-dir", b.TempDir(), "rm", "--recursive", "--force", "--versions", "bench/photos/uploads")
			}, 0)
		})
	}
}

// benchOrdersOf returns the orders that the objects belong to.
func benchOrdersOf() []order.Order {
	out := make([]order.Order, benchOrders)
	for i := range out {
		out[i] = order.Order{ID: int64(i + 1), Number: fmt.Sprint(10_000 + i), State: order.Completed, CompletedAt: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	return out
}

func benchErase(b *testing.B, s *storage.S3, led erasure.Ledger) {
	b.Helper()
	orders := benchOrdersOf()
	locators := []plan.Locator{{Storage: "photos", Holds: plan.Photo, Key: "uploads/{order}/"}}
	scope := plan.Scope{Rule: "media"}
	for _, o := range orders {
		scope.Orders = append(scope.Orders, o.ID)
	}
	look := func() plan.Plan {
		found, _, err := plan.SurveyAll(b.Context(), map[string]plan.Lister{"photos": s}, locators, orders, nil)
		if err != nil {
			b.Fatal(err)
		}
		return plan.Build(plan.Input{Scope: scope, Orders: orders, Found: found, MadeAt: time.Now()})
	}
	p := look()
	c, err := plan.Confirm(p, p.Hash, "owner", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	r, _, err := erasure.Run(b.Context(), c, look(), map[string]erasure.Storage{"photos": s}, led, time.Now, nil)
	if err != nil || r.State != erasure.Complete || r.Erased != benchObjects || r.Looked != benchObjects {
		b.Fatalf("%v, %d erased, %d looked at, %v", r.State, r.Erased, r.Looked, err)
	}
}

func benchFill(b *testing.B, server *storagetest.Server) {
	b.Helper()
	photo := bytes.Repeat([]byte("photo"), 200)
	orders := benchOrdersOf()
	next := make(chan int)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range next {
				key := fmt.Sprintf("uploads/%s/%02d.jpg", orders[i%benchOrders].Number, i/benchOrders)
				if _, err := server.Client.PutObject(context.Background(), "photos", key, bytes.NewReader(photo), int64(len(photo)), minio.PutObjectOptions{DisableMultipart: true}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range benchObjects {
		next <- i
	}
	close(next)
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// benchLeft returns the versions and markers that are there, each once.
func benchLeft(b *testing.B, server *storagetest.Server) []string {
	b.Helper()
	rows := server.Rows("photos")
	slices.Sort(rows)
	return slices.Compact(rows)
}

func benchClear(b *testing.B, server *storagetest.Server) {
	b.Helper()
	objects := make(chan minio.ObjectInfo)
	go func() {
		defer close(objects)
		for _, row := range benchLeft(b, server) {
			key, version, _ := strings.Cut(row, " ")
			objects <- minio.ObjectInfo{Key: key, VersionID: version}
		}
	}()
	for e := range server.Client.RemoveObjects(context.Background(), "photos", objects, minio.RemoveObjectsOptions{}) {
		b.Fatal(e.Err)
	}
}

func benchTool(b *testing.B, env []string, name string, args ...string) {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Fatalf("%s is missing: run make test-deps", name)
	}
	cmd := exec.CommandContext(b.Context(), path, args...)
	// Settings of the machine for a real cloud must not reach the tool.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.TempDir()}, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%.2000s", name, err, out)
	}
}

// benchKeys are keys that protect nothing.
var benchKeys = store.Keys{Seal: bytes.Repeat([]byte{1}, 32), Index: bytes.Repeat([]byte{2}, 32)}

// benchMemory is a ledger that keeps nothing beyond the run.
type benchMemory struct {
	steps map[int]erasure.Step
	rec   erasure.Record
}

func (m *benchMemory) Begin(_ context.Context, r erasure.Record, steps []erasure.Step) (int64, error) {
	m.rec, m.steps = r, make(map[int]erasure.Step, len(steps))
	return 1, m.Mark(context.Background(), 1, steps)
}

func (m *benchMemory) Mark(_ context.Context, _ int64, steps []erasure.Step) error {
	for _, s := range steps {
		m.steps[s.N] = s
	}
	return nil
}

func (m *benchMemory) Finish(_ context.Context, r erasure.Record) error { m.rec = r; return nil }

func (m *benchMemory) Unfinished(context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	return nil, nil, errors.ErrUnsupported
}

// benchStore is a ledger in the real store, without its journal.
type benchStore struct{ s *store.Store }

func (l benchStore) Begin(ctx context.Context, r erasure.Record, steps []erasure.Step) (id int64, err error) {
	err = l.s.Update(ctx, func(tx *store.Tx) error { id, err = tx.BeginRun(r, steps); return err })
	return id, err
}

func (l benchStore) Mark(ctx context.Context, run int64, steps []erasure.Step) error {
	return l.s.Update(ctx, func(tx *store.Tx) error { return tx.MarkSteps(run, steps) })
}

func (l benchStore) Finish(ctx context.Context, r erasure.Record) error {
	return l.s.Update(ctx, func(tx *store.Tx) error { return tx.PutRun(r) })
}

func (l benchStore) Unfinished(context.Context) ([]erasure.Record, map[int64][]erasure.Step, error) {
	return nil, nil, errors.ErrUnsupported
}
