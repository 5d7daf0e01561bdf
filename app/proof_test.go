package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/evidence"
)

// lines is a journal as it is exported.
func lines(n int) []string {
	out := make([]string, 0, n)
	prev := evidence.Genesis
	for i := range n {
		e := evidence.Seal(evidence.Entry{Seq: int64(i + 1), At: time.Date(2026, 11, 23, 10, 0, i, 5, time.UTC), Actor: "owner", Act: evidence.ActRunStarted, Record: fmt.Sprint("run ", i), Detail: `{"a":"<é>"}`}, prev)
		prev = e.Hash
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(struct {
			evidence.Entry
			Bytes []byte `json:"bytes"`
		}{e, e.Bytes()}); err != nil {
			panic(err)
		}
		out = append(out, b.String())
	}
	return out
}

func TestAnExportedJournalIsCheckedLineByLine(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(l []string) []string
		at   int64 // 0: whole
		err  error
	}{
		{"whole", func(l []string) []string { return l }, 0, nil},
		{"empty", func([]string) []string { return nil }, 0, nil},
		{"other words", func(l []string) []string { l[3] = strings.Replace(l[3], "owner", "other", 1); return l }, 4, nil},
		{"other bytes", func(l []string) []string {
			i := strings.Index(l[3], `"bytes":"`)
			l[3] = l[3][:i] + `"bytes":"` + base64.StdEncoding.EncodeToString([]byte("x")) + "\"}\n"
			return l
		}, 4, nil},
		{"the first missing", func(l []string) []string { return l[1:] }, 1, nil},
		{"one missing", func(l []string) []string { return append(l[:3:3], l[4:]...) }, 4, nil},
		{"one twice", func(l []string) []string { return append(l[:4:4], l[3:]...) }, 5, nil},
		{"no JSON", func(l []string) []string { l[3] = "x\n"; return l }, 0, app.ErrNotJournal},
		{"two objects a line", func(l []string) []string { l[3] = strings.TrimSpace(l[3]) + l[4]; return l }, 0, app.ErrNotJournal},
		{"a field of another program", func(l []string) []string { l[3] = strings.Replace(l[3], `{"seq"`, `{"x":1,"seq"`, 1); return l }, 0, app.ErrNotJournal},
		{"an endless line", func(l []string) []string { l[3] = strings.Repeat("x", 1<<20); return l }, 0, app.ErrNotJournal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := app.CheckJournal(strings.NewReader(strings.Join(tc.do(lines(8)), "")))
			if !errors.Is(err, tc.err) || err == nil && (tc.at == 0) != (r.BrokenAt == nil) || r.BrokenAt != nil && err == nil && *r.BrokenAt != tc.at {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func FuzzJournalLines(f *testing.F) {
	f.Add(strings.Join(lines(3), ""))
	f.Add("{}\n{\"seq\":-1}\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := app.CheckJournal(strings.NewReader(text))
		if err == nil && r.BrokenAt == nil && r.Entries > 0 && r.Head == evidence.Genesis {
			t.Fatalf("accepted: %+v", r)
		}
	})
}
