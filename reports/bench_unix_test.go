//go:build unix

package reports_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"greffier/app/register"
	"greffier/reports"
)

// manyRequests is a register of n requests, none like the one before.
func manyRequests(b *testing.B, n int) register.Document {
	d := filled(documents(b, "fr")["requests"][0], n)
	t := d.Sections[d.Main].Table
	for i, row := range t.Rows {
		row = slices.Clone(row)
		for c := range row {
			switch t.Columns[c].Key {
			case "ref":
				row[c] = register.Cell{Text: fmt.Sprint(i + 1)}
			case "requester":
				row[c] = register.Cell{Text: fmt.Sprintf("%s %d\nclient%d@example.org", names[i%8], i, i*7919%n)}
			}
		}
		t.Rows[i] = row
	}
	return d
}

// heapPeak samples the heap while f runs and returns its highest mark in bytes.
func heapPeak(f func()) uint64 {
	runtime.GC()
	var peak atomic.Uint64
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-gone
	return peak.Load()
}

// BenchmarkRegister10000 prints a register of 10,000 requests, 20 values each,
// as a PDF. It gives the peak of the heap too, and, where LibreOffice is
// installed, how long that takes to start and convert the same table from CSV
// (a plain grid: no wrapped details, outline or repeated header).
func BenchmarkRegister10000(b *testing.B) {
	d := manyRequests(b, 10_000)
	print := func(w io.Writer) {
		if err := reports.PDF(w, []register.Document{d}, reports.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	peak := heapPeak(func() { print(io.Discard) })
	b.ReportAllocs()
	start := time.Now()
	n := 0
	for b.Loop() {
		print(io.Discard)
		n++
	}
	ours := time.Since(start) / time.Duration(n)
	b.ReportMetric(float64(peak)/1e6, "MB-heap-peak")

	office, err := exec.LookPath("soffice")
	if err != nil {
		b.Log("LibreOffice is not installed: nothing to compare with")
		return
	}
	dir := b.TempDir()
	var table bytes.Buffer
	if err := reports.CSV(&table, d, reports.Options{}); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "register.csv"), table.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	convert := func() (time.Duration, int64) {
		cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "office"), "--headless", "--infilter=CSV:44,34,76", "--convert-to", "pdf", "--outdir", dir, filepath.Join(dir, "register.csv"))
		start := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("LibreOffice: %v\n%s", err, out)
		}
		took := time.Since(start)
		if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			return took, use.Maxrss
		}
		return took, 0
	}
	convert() // makes its profile
	took, kilobytes := convert()
	b.ReportMetric(took.Seconds(), "s-LibreOffice")
	b.ReportMetric(float64(kilobytes)/1e3, "MB-RSS-LibreOffice")
	b.ReportMetric(took.Seconds()/ours.Seconds(), "times-faster")
	if pdf, err := os.ReadFile(filepath.Join(dir, "register.pdf")); err != nil || !strings.HasPrefix(string(pdf), "%PDF") {
		b.Fatalf("LibreOffice made no PDF: %v", err)
	}
}
