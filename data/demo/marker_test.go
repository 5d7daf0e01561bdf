package demo

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzMarker holds that any content of the marker either refuses the start or
// is a world that can be built and remembered.
func FuzzMarker(f *testing.F) {
	f.Add([]byte(`{"format":1,"seed":1,"now":"2026-01-01T00:00:00Z","password":"p","key":"k","secret":"s"}`))
	f.Add([]byte(`{"format":1,"now":"2999-12-31T23:59:59+14:00","password":"p","key":"k","secret":"s","imap_port":-1}`))
	f.Add([]byte(`{`))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, markerName), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		m, known, err := readMarker(dir)
		if err != nil {
			if !errors.Is(err, ErrMarker) || known {
				t.Fatalf("refused with %v, known %v", err, known)
			}
			return
		}
		if !known || m.Now.Location() != time.UTC {
			t.Fatalf("read as %+v, known %v", m, known)
		}
		if _, err := newWorld(m.Seed, m.Now); err != nil {
			t.Fatal(err)
		}
		if err := m.write(dir); err != nil {
			t.Fatal(err)
		}
		if again, _, err := readMarker(dir); err != nil || !again.Now.Equal(m.Now) || again.Seed != m.Seed {
			t.Fatalf("remembered as %+v: %v", again, err)
		}
	})
}
