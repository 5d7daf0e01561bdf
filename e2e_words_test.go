package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// rightsOf reads which rights a file of testdata/mail asks for from its name.
func rightsOf(file string) string {
	switch name, _, _ := strings.Cut(filepath.Base(file), "-"); name {
	case "ordinary":
		return "none"
	case "two":
		return "access,erasure"
	default:
		return name
	}
}

// lettersTo are the readable mails of testdata/mail.
func lettersTo(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*-fr.eml", "*-en.eml"} {
		found, err := filepath.Glob(filepath.Join("testdata", "mail", pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	if len(out) < 17 {
		t.Fatalf("%d mails in testdata/mail", len(out))
	}
	return out
}

func TestTriageTellsTheRightsOfEachMailInOneLineAFile(t *testing.T) {
	t.Parallel()
	files := lettersTo(t)
	r := ok(t, append([]string{"triage"}, files...)...)
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if len(lines) != len(files) {
		t.Fatalf("%d lines for %d files:\n%s", len(lines), len(files), r.out)
	}
	for i, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[0] != files[i] {
			t.Errorf("line %q is not file, rights, confidence", line)
			continue
		}
		if f[1] != rightsOf(files[i]) {
			t.Errorf("%s asks for %s, want %s", files[i], f[1], rightsOf(files[i]))
		}
		if c, err := strconv.ParseFloat(f[2], 64); err != nil || c < 0 || c > 1 {
			t.Errorf("%s: confidence %q", files[i], f[2])
		}
	}
	type doc struct {
		File       string   `json:"file"`
		Rights     []string `json:"rights"`
		Confidence float64  `json:"confidence"`
		Language   string   `json:"language"`
		Findings   []struct {
			Right string `json:"right"`
			Spans []struct {
				Words string `json:"words"`
			} `json:"spans"`
		} `json:"findings"`
	}
	for i, d := range asJSON[[]doc](t, ok(t, append([]string{"--json", "triage"}, files...)...)) {
		want := rightsOf(files[i])
		if want == "none" {
			want = ""
		}
		if d.File != files[i] || strings.Join(d.Rights, ",") != want || !strings.Contains(files[i], "-"+d.Language+".eml") {
			t.Errorf("%s: %+v", files[i], d)
		}
		for _, f := range d.Findings {
			if len(f.Spans) == 0 || f.Spans[0].Words == "" {
				t.Errorf("%s: %s without the words that made it think so", files[i], f.Right)
			}
		}
	}
}

func TestTriageGoesOnAfterAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noise := filepath.Join(dir, "noise.eml")
	if err := os.WriteFile(noise, []byte("\x00\x01\x02\xff\xfe\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing, good := filepath.Join(dir, "missing.eml"), filepath.Join("testdata", "mail", "erasure-fr.eml")
	empty := filepath.Join("testdata", "mail", "empty.eml")
	files := []string{missing, noise, dir, empty, good}

	r := ok(t, append([]string{"triage"}, files...)...)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != len(files) {
		t.Fatalf("%d lines for %d files:\n%s", len(lines), len(files), r.out)
	}
	for i, f := range files[:4] {
		if x := strings.Split(lines[i], "\t"); x[0] != f || x[1] != "none" || strings.Trim(x[2], "0.") != "" {
			t.Errorf("an unreadable file gives %q", lines[i])
		}
		if n := strings.Count(r.err, f+":"); n != 1 {
			t.Errorf("%d lines on standard error tell of %s:\n%s", n, f, r.err)
		}
	}
	if !strings.HasPrefix(lines[4], good+"\terasure\t") {
		t.Errorf("the file after them: %q", lines[4])
	}
	if n := len(asJSON[[]map[string]any](t, ok(t, append([]string{"--json", "triage"}, files...)...))); n != len(files) {
		t.Errorf("%d of %d files in the JSON", n, len(files))
	}

	t.Run("when nothing at all could be read the command has failed", func(t *testing.T) {
		if r := call(t, "triage", missing); r.code != exitFailed || !strings.HasPrefix(r.out, missing+"\tnone\t0") || r.err == "" {
			t.Errorf("status %d\n%s%s", r.code, r.out, r.err)
		}
	})
}

func TestTheDueDateFollowsTheLaw(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args string
		due  string
	}{
		{"a month later", "--received 2025-05-06T10:00:00Z", "2025-06-06"},
		{"a Saturday before Easter moves past Easter Monday", "--received 2025-03-19T10:00:00Z", "2025-04-22"},
		{"the last day of a shorter month", "--received 2025-01-31T10:00:00Z", "2025-02-28"},
		{"the last day of a shorter month, in a leap year", "--received 2028-01-31T10:00:00Z", "2028-02-29"},
		{"after midnight in Paris it is the next day", "--received 2025-06-30T22:30:00Z", "2025-08-01"},
		{"before midnight in Paris it is still that day", "--received 2025-06-30T21:30:00Z", "2025-07-30"},
		{"an offset is understood", "--received 2025-07-01T00:30:00+02:00", "2025-08-01"},
		{"Christmas", "--received 2025-11-25T10:00:00Z", "2025-12-26"},
		{"Boxing Day is a holiday in Alsace and Moselle", "--received 2025-11-25T10:00:00Z --territory alsace-moselle", "2025-12-29"},
		{"three months with a notice in time", "--received 2025-05-06T10:00:00Z --extended 2025-05-20T10:00:00Z", "2025-08-06"},
		{"a notice after the month has no effect", "--received 2025-05-06T10:00:00Z --extended 2025-06-20T10:00:00Z", "2025-06-06"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := ok(t, append([]string{"deadline"}, strings.Fields(tc.args)...)...)
			if strings.TrimSpace(r.out) != tc.due {
				t.Errorf("due %s, want %s", strings.TrimSpace(r.out), tc.due)
			}
		})
	}

	type doc struct {
		Due   string `json:"due"`
		Raw   string `json:"raw"`
		Steps []struct {
			Text   string `json:"text"`
			Source string `json:"source"`
		} `json:"steps"`
	}
	t.Run("a suspension never shortens, and its steps are told with their sources", func(t *testing.T) {
		plain := asJSON[doc](t, ok(t, "--json", "deadline", "--received", "2025-05-06T10:00:00Z"))
		d := asJSON[doc](t, ok(t, "--json", "deadline", "--received", "2025-05-06T10:00:00Z", "--suspended", "2025-05-12..2025-05-22"))
		if d.Due <= plain.Due || d.Due != "2025-06-16" {
			t.Errorf("due %s with ten days of suspension, %s without", d.Due, plain.Due)
		}
		two := asJSON[doc](t, ok(t, "--json", "deadline", "--received", "2025-05-06T10:00:00Z", "--suspended", "2025-05-12..2025-05-22", "--suspended", "2025-05-25..2025-05-27"))
		if two.Due < d.Due {
			t.Errorf("a second suspension moves the date back: %s, %s", two.Due, d.Due)
		}
		if len(d.Steps) < 2 {
			t.Fatalf("steps: %+v", d.Steps)
		}
		for _, s := range d.Steps {
			if s.Text == "" || s.Source == "" {
				t.Errorf("a step without text or source: %+v", s)
			}
		}
		fr := asJSON[doc](t, ok(t, "--json", "--lang", "fr", "deadline", "--received", "2025-05-06T10:00:00Z"))
		if fr.Due != plain.Due || fr.Steps[0].Text == plain.Steps[0].Text {
			t.Errorf("in French: %+v", fr)
		}
	})
}
