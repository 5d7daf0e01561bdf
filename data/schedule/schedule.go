// Package schedule lets the operating system run a sweep each night: a systemd
// user timer, a line of the user's crontab, a launchd agent, or a task of the
// Windows Task Scheduler. It writes what the owner asked for, and takes exactly
// that away again. No secret is ever part of an entry.
package schedule

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
)

var (
	// ErrUnknownKind says that there is no such scheduler.
	ErrUnknownKind = errors.New("there is no such scheduler")
	// ErrNoTool says that the machine does not have the scheduler.
	ErrNoTool = errors.New("this machine does not have this scheduler")
	// ErrPath says that a path cannot stand in an entry.
	ErrPath = errors.New("this path cannot stand in a scheduler's entry")
	// ErrRefused says that the scheduler did not take the entry.
	ErrRefused = errors.New("the scheduler did not take the entry")
)

// The kinds of scheduler.
const (
	Systemd  = "systemd"
	Cron     = "cron"
	Launchd  = "launchd"
	Schtasks = "schtasks"
)

// Kinds are all kinds, the preferred first.
var Kinds = []string{Systemd, Cron, Launchd, Schtasks}

// Entry is what is to run each night.
type Entry struct {
	Program string // absolute path
	Profile string // absolute path of the profile's folder
	Hour    int    // local, 0 to 23
	Minute  int    // 0 to 59
	// KeyEnv names the environment variable that holds the passphrase, "" where
	// the keyring does. Never a passphrase.
	KeyEnv string
}

// Name is the name of the entry: one for each profile.
func (e Entry) Name() string {
	sum := sha256.Sum256([]byte(e.Profile))
	return "greffier-sweep-" + hex.EncodeToString(sum[:4])
}

// Words is the command, word by word.
func (e Entry) Words() []string {
	w := []string{e.Program, "--profile", e.Profile, "sweep", "--auto"}
	if e.KeyEnv != "" {
		w = append(w, "--key-env", e.KeyEnv)
	}
	return w
}

// check refuses what no entry can say: a path with a line end or another control
// character would begin a line of its own.
func (e Entry) check() error {
	for _, p := range []string{e.Program, e.Profile} {
		if !filepath.IsAbs(p) || strings.ContainsFunc(p, unicode.IsControl) || !validText(p) {
			return ErrPath
		}
	}
	if e.Hour < 0 || e.Hour > 23 || e.Minute < 0 || e.Minute > 59 {
		return fmt.Errorf("%w: the time", ErrPath)
	}
	for i, r := range e.KeyEnv {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return fmt.Errorf("%w: the name of the variable", ErrPath)
		}
	}
	return nil
}

func validText(s string) bool {
	return !strings.ContainsRune(s, unicode.ReplacementChar) && strings.ToValidUTF8(s, "\ufffd") == s
}

// File is a file of an entry, with its content.
type File struct {
	Path string
	Text []byte
}

// State is how an entry stands.
type State struct {
	Kind      string
	Installed bool
	Running   bool // the scheduler says that it will start it
	Path      string
	Hour      int
	Command   string
	KeyEnv    string
	Problem   string
}

// System is the machine. Its zero value is not ready; see Here.
type System struct {
	Home, Config string // of the user
	OS           string // as runtime.GOOS
	UID          int
	// Has tells whether a tool is there, Run runs it with something on its
	// standard input and returns its output.
	Has func(tool string) bool
	Run func(ctx context.Context, in []byte, tool string, args ...string) ([]byte, error)
}

// patience bounds a call of a scheduler's tool.
const patience = 20 * time.Second

// Here is the machine that the program runs on.
func Here() (System, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return System{}, err
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	return System{Home: home, Config: config, OS: runtime.GOOS, UID: os.Getuid(),
		Has: func(tool string) bool { _, err := exec.LookPath(tool); return err == nil },
		Run: func(ctx context.Context, in []byte, tool string, args ...string) ([]byte, error) {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, tool, args...)
			cmd.Stdin, cmd.WaitDelay = bytes.NewReader(in), time.Second
			var out, failed bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &failed
			if err := cmd.Run(); err != nil {
				return out.Bytes(), &toolError{tool, strings.TrimSpace(failed.String()), err}
			}
			return out.Bytes(), nil
		}}, nil
}

// toolError is a tool's own complaint.
type toolError struct {
	tool, said string
	err        error
}

// Error implements error.
func (e *toolError) Error() string {
	said, _, _ := strings.Cut(e.said, "\n")
	return e.tool + ": " + e.err.Error() + " " + said
}

// Unwrap implements errors.
func (e *toolError) Unwrap() error { return e.err }

// Available lists the kinds that this machine has, the preferred first. Systemd
// counts only where it runs for this user: units that nobody starts would be a
// promise that nobody keeps.
func (s System) Available(ctx context.Context) []string {
	var out []string
	for _, k := range Kinds {
		if s.has(ctx, k) {
			out = append(out, k)
		}
	}
	return out
}

func (s System) has(ctx context.Context, kind string) bool {
	switch kind {
	case Systemd:
		if s.OS != "linux" || !s.Has("systemctl") {
			return false
		}
		_, err := s.Run(ctx, nil, "systemctl", "--user", "show-environment")
		return err == nil
	case Cron:
		return s.OS != "windows" && s.Has("crontab")
	case Launchd:
		return s.OS == "darwin" && s.Has("launchctl")
	case Schtasks:
		return s.OS == "windows" && s.Has("schtasks")
	}
	return false
}

// kindFor settles which scheduler is meant, "" for the machine's first.
func (s System) kindFor(ctx context.Context, kind string) (string, error) {
	if kind == "" {
		if all := s.Available(ctx); len(all) > 0 {
			return all[0], nil
		}
		return "", ErrNoTool
	}
	if !slices.Contains(Kinds, kind) {
		return "", ErrUnknownKind
	}
	if !s.has(ctx, kind) {
		return "", ErrNoTool
	}
	return kind, nil
}

// Files returns the files that an entry consists of; for cron the line of the
// crontab, in a file without a path.
func (s System) Files(kind string, e Entry) ([]File, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	switch kind {
	case Systemd:
		dir := filepath.Join(s.Config, "systemd", "user")
		return []File{{filepath.Join(dir, e.Name()+".service"), serviceUnit(e)}, {filepath.Join(dir, e.Name()+".timer"), timerUnit(e)}}, nil
	case Cron:
		return []File{{"", cronBlock(e)}}, nil
	case Launchd:
		return []File{{filepath.Join(s.Home, "Library", "LaunchAgents", label(e)+".plist"), agent(e)}}, nil
	case Schtasks:
		return []File{{filepath.Join(s.Config, e.Name()+".xml"), task(e)}}, nil
	}
	return nil, ErrUnknownKind
}

// Install writes an entry and lets the scheduler take it, in place of an older
// one of the same profile, of whatever kind that this machine has.
func (s System) Install(ctx context.Context, kind string, e Entry) (State, error) {
	kind, err := s.kindFor(ctx, kind)
	if err != nil {
		return State{Kind: kind}, err
	}
	files, err := s.Files(kind, e)
	if err != nil {
		return State{Kind: kind}, err
	}
	if kind == Cron {
		err = s.changeCrontab(ctx, e, files[0].Text)
	} else {
		err = s.put(ctx, kind, e, files)
	}
	if err != nil {
		return State{Kind: kind}, err
	}
	// Two entries would be two sweeps each night.
	for _, other := range s.Available(ctx) {
		if other != kind {
			if err := s.removeOne(ctx, other, e); err != nil {
				return State{Kind: kind}, err
			}
		}
	}
	return s.Status(ctx, kind, e)
}

func (s System) put(ctx context.Context, kind string, e Entry, files []File) error {
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
			return err
		}
		if err := replace(f.Path, f.Text); err != nil {
			return err
		}
	}
	var err error
	switch kind {
	case Systemd:
		err = s.each(ctx, []string{"systemctl", "--user", "daemon-reload"}, []string{"systemctl", "--user", "enable", "--now", e.Name() + ".timer"},
			[]string{"systemctl", "--user", "restart", e.Name() + ".timer"})
	case Launchd:
		// One that is loaded already is let go first, and it is no error that none is.
		_, _ = s.Run(ctx, nil, "launchctl", "bootout", s.domain()+"/"+label(e))
		_, err = s.Run(ctx, nil, "launchctl", "bootstrap", s.domain(), files[0].Path)
	case Schtasks:
		_, err = s.Run(ctx, nil, "schtasks", "/Create", "/TN", e.Name(), "/XML", files[0].Path, "/F")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

func (s System) each(ctx context.Context, calls ...[]string) error {
	for _, c := range calls {
		if _, err := s.Run(ctx, nil, c[0], c[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (s System) domain() string { return fmt.Sprintf("gui/%d", s.UID) }

// Remove takes the entry of a profile away; kind "" from every scheduler that
// this machine has. What is not there is no error.
func (s System) Remove(ctx context.Context, kind string, e Entry) (State, error) {
	kinds := s.Available(ctx)
	if kind != "" {
		k, err := s.kindFor(ctx, kind)
		if err != nil {
			return State{Kind: k}, err
		}
		kinds = []string{k}
	}
	if err := e.check(); err != nil {
		return State{}, err
	}
	for _, k := range kinds {
		if err := s.removeOne(ctx, k, e); err != nil {
			return State{Kind: k}, err
		}
	}
	if kind == "" && len(kinds) > 0 {
		kind = kinds[0]
	}
	return State{Kind: kind}, nil
}

func (s System) removeOne(ctx context.Context, kind string, e Entry) error {
	if kind == Cron {
		return s.changeCrontab(ctx, e, nil)
	}
	files, err := s.Files(kind, e)
	if err != nil {
		return err
	}
	there := false
	for _, f := range files {
		_, err := os.Lstat(f.Path)
		there = there || err == nil
	}
	if !there {
		return nil
	}
	switch kind {
	case Systemd:
		_, err = s.Run(ctx, nil, "systemctl", "--user", "disable", "--now", e.Name()+".timer")
	case Launchd:
		_, _ = s.Run(ctx, nil, "launchctl", "bootout", s.domain()+"/"+label(e))
	case Schtasks:
		_, err = s.Run(ctx, nil, "schtasks", "/Delete", "/TN", e.Name(), "/F")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for _, f := range files {
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if kind == Systemd {
		_, err = s.Run(ctx, nil, "systemctl", "--user", "daemon-reload")
	}
	return err
}

// Status tells how the entry of a profile stands; kind "" looks at every
// scheduler of this machine and tells of the first that has it.
func (s System) Status(ctx context.Context, kind string, e Entry) (State, error) {
	kinds := s.Available(ctx)
	if kind != "" {
		if !slices.Contains(Kinds, kind) {
			return State{}, ErrUnknownKind
		}
		kinds = []string{kind}
	}
	var first State
	for i, k := range kinds {
		st := s.statusOf(ctx, k, e)
		if i == 0 {
			first = st
		}
		if st.Installed {
			return st, nil
		}
	}
	return first, nil
}

func (s System) statusOf(ctx context.Context, kind string, e Entry) State {
	st := State{Kind: kind}
	var text []byte
	if kind == Cron {
		if !s.has(ctx, Cron) {
			return st
		}
		old, _ := s.crontab(ctx)
		_, text, _ = splitBlock(old, e)
	} else {
		files, err := s.Files(kind, e)
		if err != nil {
			return st
		}
		st.Path = files[len(files)-1].Path
		if text, err = os.ReadFile(st.Path); err != nil {
			return st
		}
		if kind == Systemd {
			more, err := os.ReadFile(files[0].Path)
			if err != nil {
				st.Problem = "the service is missing"
			}
			text = append(text, more...)
		}
	}
	if len(text) == 0 {
		return st
	}
	st.Installed = true
	st.Hour, st.KeyEnv = hourOf(kind, text), keyEnvOf(kind, text)
	now := e
	now.Hour, now.KeyEnv = st.Hour, st.KeyEnv
	st.Command = strings.Join(now.Words(), " ")
	// An entry that a moved program or profile left behind runs nothing.
	if want, err := s.Files(kind, now); err == nil {
		var all []byte
		for _, f := range slices.Backward(want) {
			all = append(all, f.Text...)
		}
		if !bytes.Equal(bytes.TrimSpace(all), bytes.TrimSpace(text)) {
			st.Problem = "the entry is not the one that would be made now"
		}
	}
	switch kind {
	case Systemd:
		out, err := s.Run(ctx, nil, "systemctl", "--user", "is-enabled", e.Name()+".timer")
		st.Running = err == nil && strings.TrimSpace(string(out)) == "enabled"
	case Cron:
		st.Running = true
	case Launchd:
		_, err := s.Run(ctx, nil, "launchctl", "print", s.domain()+"/"+label(e))
		st.Running = err == nil
	case Schtasks:
		_, err := s.Run(ctx, nil, "schtasks", "/Query", "/TN", e.Name())
		st.Running = err == nil
	}
	if !st.Running && st.Problem == "" {
		st.Problem = "the scheduler does not know the entry"
	}
	return st
}

// replace writes a file whole or not at all.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".greffier-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.Write(text)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
