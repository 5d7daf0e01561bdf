package schedule

import (
	"context"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// entry has a profile whose folder is as awkward as an owner may call it.
func entry(t *testing.T) Entry {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Entry{Program: program, Profile: `/home/claire/Mes "données" $HOME 100% l'été & co <1>`, Hour: 3, Minute: 17}
}

// machine is one whose tools are played: a crontab as cron keeps it, and what
// was called.
type machine struct {
	crontab string
	none    bool // there is no crontab yet
	broken  bool
	calls   []string
}

func (m *machine) system(t *testing.T, tools ...string) System {
	home := t.TempDir()
	return System{Home: home, Config: filepath.Join(home, ".config"), OS: "linux", UID: 1000,
		Has: func(tool string) bool { return slices.Contains(tools, tool) },
		Run: func(_ context.Context, in []byte, tool string, args ...string) ([]byte, error) {
			m.calls = append(m.calls, tool+" "+strings.Join(args, " "))
			if tool == "crontab" && args[0] == "-l" {
				switch {
				case m.broken:
					return nil, &toolError{tool, "permission denied", errors.New("exit status 1")}
				case m.none:
					return nil, &toolError{tool, "no crontab for claire", errors.New("exit status 1")}
				}
				return []byte(m.crontab), nil
			}
			if tool == "crontab" {
				m.crontab, m.none = string(in), false
			}
			if strings.Contains(strings.Join(args, " "), "is-enabled") {
				return []byte("enabled\n"), nil
			}
			return nil, nil
		}}
}

func TestTheUnitsAreAcceptedBySystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd here: the files' text is tested elsewhere")
	}
	m := &machine{}
	s := m.system(t, "systemctl")
	e := entry(t)
	e.KeyEnv = "MA_PHRASE"
	if _, err := s.Install(t.Context(), Systemd, e); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(s.Config, "systemd", "user")
	out, err := exec.Command(tool, "verify", "--user", "--man=no", filepath.Join(dir, e.Name()+".timer"), filepath.Join(dir, e.Name()+".service")).CombinedOutput()
	text := string(out)
	if strings.Contains(text, "XDG_RUNTIME_DIR") || strings.Contains(text, "Failed to initialize manager") || strings.Contains(text, "Failed to set up") {
		// No user manager can be made here: as units of the system they are read
		// by the same parser.
		out, err = exec.Command(tool, "verify", "--man=no", filepath.Join(dir, e.Name()+".timer"), filepath.Join(dir, e.Name()+".service")).CombinedOutput()
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, e.Name()) && !strings.Contains(line, "world-inaccessible") {
			t.Errorf("systemd says: %s", line)
		}
	}
	if err != nil && strings.Contains(string(out), e.Name()) {
		t.Errorf("verify: %v\n%s", err, out)
	}
	st, err := s.Status(t.Context(), "", e)
	if err != nil || !st.Installed || !st.Running || st.Hour != 3 || st.KeyEnv != "MA_PHRASE" || st.Problem != "" {
		t.Errorf("status: %+v, %v", st, err)
	}
	if st, err := s.Remove(t.Context(), "", e); err != nil || st.Installed {
		t.Errorf("remove: %+v, %v", st, err)
	}
	if left := filesBelow(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func filesBelow(t *testing.T, dir string) (out []string) {
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

func TestTheCommandReachesTheProgramWordByWord(t *testing.T) {
	e := entry(t)
	e.Program = filepath.Join(t.TempDir(), "greffier l'été")
	if err := os.WriteFile(e.Program, []byte("#!/bin/sh\nfor w; do printf '%s\\n' \"$w\"; done\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(cronBlock(e)), "\n")[1]
	words := strings.SplitN(line, " ", 6)
	if strings.Join(words[:5], " ") != "17 3 * * *" {
		t.Errorf("the time is %q", words[:5])
	}
	// cron takes the backslash off before it hands the line to sh.
	out, err := exec.Command("sh", "-c", strings.ReplaceAll(words[5], `\%`, "%")).Output()
	if want := strings.Join(e.Words()[1:], "\n") + "\n"; err != nil || string(out) != want {
		t.Errorf("sh runs it with %q (%v), want %q", out, err, want)
	}
}

func TestTheCrontabOfTheOwnerStaysAsItIs(t *testing.T) {
	e := entry(t)
	other := e
	other.Profile = "/home/claire/autre"
	hers := "# à moi\nMAILTO=\"\"\n0 5 * * * sauvegarde --tout\n\n@reboot chose"
	for name, tc := range map[string]struct{ before, want string }{
		"an empty one":             {"", ""},
		"with lines of her own":    {hers + "\n", hers + "\n"},
		"that ends without a line": {hers, hers + "\n"},
		"with another profile's":   {hers + "\n" + string(cronBlock(other)), hers + "\n" + string(cronBlock(other))},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{crontab: tc.before, none: tc.before == ""}
			s := m.system(t, "crontab")
			for range 2 { // twice is once
				if _, err := s.Install(t.Context(), "", e); err != nil {
					t.Fatal(err)
				}
			}
			if want := tc.want + string(cronBlock(e)); m.crontab != want {
				t.Errorf("crontab:\n%s\nwant:\n%s", m.crontab, want)
			}
			e2 := e
			e2.Hour = 22
			if st, err := s.Install(t.Context(), Cron, e2); err != nil || st.Hour != 22 || !st.Installed || strings.Count(m.crontab, "--auto") != strings.Count(tc.want, "--auto")+1 {
				t.Errorf("a new hour: %+v, %v\n%s", st, err, m.crontab)
			}
			if _, err := s.Remove(t.Context(), "", e); err != nil || m.crontab != tc.want {
				t.Errorf("after removal (%v):\n%s\nwant:\n%s", err, m.crontab, tc.want)
			}
			if st, _ := s.Status(t.Context(), "", e); st.Installed {
				t.Errorf("status: %+v", st)
			}
		})
	}
}

func TestACrontabThatCannotBeReadIsNotReplaced(t *testing.T) {
	e := entry(t)
	m := &machine{crontab: "0 5 * * * sauvegarde\n", broken: true}
	if _, err := m.system(t, "crontab").Install(t.Context(), Cron, e); !errors.Is(err, ErrRefused) || strings.Contains(m.crontab, "greffier") {
		t.Errorf("%v, %q", err, m.crontab)
	}
	m = &machine{crontab: markBegin(e) + "\n0 5 * * * sauvegarde\n"}
	before := m.crontab
	if _, err := m.system(t, "crontab").Remove(t.Context(), Cron, e); !errors.Is(err, ErrRefused) || m.crontab != before {
		t.Errorf("a block without an end: %v, %q", err, m.crontab)
	}
}

func TestNothingThatWouldBreakAnEntryIsTaken(t *testing.T) {
	good := entry(t)
	for name, change := range map[string]func(*Entry){
		"a profile with a line end":     func(e *Entry) { e.Profile = "/home/x\n* * * * * rm -rf ~" },
		"a program of no certain place": func(e *Entry) { e.Program = "greffier" },
		"bytes that are no text":        func(e *Entry) { e.Profile = "/home/\xff" },
		"an hour that there is not":     func(e *Entry) { e.Hour = 24 },
		"a variable that is a command":  func(e *Entry) { e.KeyEnv = "X; rm" },
		"a variable with a digit first": func(e *Entry) { e.KeyEnv = "1X" },
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			change(&e)
			for _, k := range Kinds {
				if _, err := (System{Config: "/c", Home: "/h"}).Files(k, e); !errors.Is(err, ErrPath) {
					t.Errorf("%s: %v", k, err)
				}
			}
		})
	}
	if _, err := (&machine{}).system(t).Install(t.Context(), "", good); !errors.Is(err, ErrNoTool) {
		t.Errorf("a machine without any: %v", err)
	}
	if _, err := (&machine{}).system(t).Install(t.Context(), "at", good); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestTheEntriesOfMacAndWindowsSayWhatRuns(t *testing.T) {
	e := entry(t)
	e.KeyEnv = "MA_PHRASE"
	s := System{Home: "/Users/claire", Config: "/c"}
	for _, kind := range []string{Launchd, Schtasks} {
		fs, err := s.Files(kind, e)
		if err != nil || len(fs) != 1 {
			t.Fatal(err)
		}
		text := string(fs[0].Text)
		if kind == Schtasks {
			text = strings.Replace(fromUTF16(fs[0].Text), "UTF-16", "UTF-8", 1)
		}
		var words []string
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			tok, err := d.Token()
			if tok == nil {
				if err.Error() != "EOF" {
					t.Fatalf("%s is no XML: %v\n%s", kind, err, text)
				}
				break
			}
			if c, ok := tok.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
				words = append(words, string(c))
			}
		}
		all := strings.Join(words, "\x00")
		for _, w := range []string{e.Program, "sweep"} {
			if !strings.Contains(all, w) {
				t.Errorf("%s does not say %q:\n%s", kind, w, all)
			}
		}
		if hourOf(kind, fs[0].Text) != 3 || keyEnvOf(kind, fs[0].Text) != "MA_PHRASE" {
			t.Errorf("%s is read back as %d, %q", kind, hourOf(kind, fs[0].Text), keyEnvOf(kind, fs[0].Text))
		}
	}
	if got := windowsWord(`C:\a b\` + `"x"\`); got != `"C:\a b\\\"x\"\\"` {
		t.Errorf("a word for Windows: %s", got)
	}
}

func FuzzCrontabKeepsEverythingElse(f *testing.F) {
	f.Add("0 5 * * * x\n")
	f.Add("# BEGIN greffier-sweep-00000000\n# END greffier-sweep-00000000\n")
	f.Add("a\r\nb")
	e := Entry{Program: "/p", Profile: "/q", Hour: 3}
	f.Fuzz(func(t *testing.T, before string) {
		with, err := withBlock([]byte(before), e, cronBlock(e))
		if err != nil {
			return
		}
		without, err := withBlock(with, e, nil)
		if err != nil {
			t.Fatal(err)
		}
		rest, _, _ := splitBlock([]byte(before), e)
		want := string(rest)
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if string(without) != want {
			t.Errorf("%q became %q", want, without)
		}
	})
}
