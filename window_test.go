//go:build linux

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestAPersonErasesAPhotoAndPrintsTheDossierByKeyboard drives the real window
// on a real X server, from the demo's first screen to photographs that are gone
// from the disk and a printed dossier.
func TestAPersonErasesAPhotoAndPrintsTheDossierByKeyboard(t *testing.T) {
	for _, name := range []string{"Xvfb", "xdotool", "xwd", "convert", "qpdf", "pdftotext"} {
		tool(t, name)
	}
	display := startDisplay(t)
	dir := t.TempDir()
	var out bytes.Buffer
	cmd := exec.Command(program(t), "demo", "--window", "--dir", dir)
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "LANG=fr_FR.UTF-8", "LC_ALL=fr_FR.UTF-8", "FYNE_THEME=light", "WAYLAND_DISPLAY=")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	w := &driven{t: t, display: display, ended: ended, out: &out}

	w.until("the window to open", func() bool {
		id, err := w.tool("xdotool", "search", "--name", "^Greffier$")
		w.id = lastLine(id)
		return err == nil && w.id != ""
	})
	w.until("the first sync to end", func() bool { return setting(filepath.Join(dir, "profile", "greffier.db"), "sync.at") })

	photos := filepath.Join(dir, "world", "photos")
	before := countFiles(t, photos)
	// The page of what is due, its plan, the button that erases, and in the
	// dialog, where the safe answer has the keyboard, the one beside it.
	w.tries("the photographs that are due to be erased", func() {
		w.keys("Escape", "ctrl+1", "ctrl+e")
		w.pause(2)
		w.keys("ctrl+Return")
		w.pause(2)
		w.keys("Tab", "Tab", "Return")
		w.pause(1)
		w.keys("Tab", "Return")
	}, func() bool { return countFiles(t, photos) <= before-20 })
	w.shot("erased")

	// The dialog's first answer is to prepare it as it is proposed: whole.
	w.tries("the dossier to be printed", func() {
		w.keys("Escape", "ctrl+d")
		w.pause(2)
		w.keys("Return")
	}, func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "out", "dossier-fr-*", "dossier.pdf"))
		return len(found) == 1
	})
	dossier, _ := filepath.Glob(filepath.Join(dir, "out", "dossier-fr-*", "dossier.pdf"))
	if msg, err := exec.Command("qpdf", "--check", dossier[0]).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v: %s", err, msg)
	}
	text, err := exec.Command("pdftotext", dossier[0], "-").Output()
	if err != nil || !strings.Contains(string(text), "Registre des effacements") {
		t.Errorf("the dossier does not hold the register of erasures (%v)", err)
	}

	// Every page opens and shows something.
	w.keys("Escape")
	for i := 1; i <= 9; i++ {
		w.keys(fmt.Sprintf("ctrl+%d", i))
		w.pause(1)
		if n := w.shot(fmt.Sprintf("page-%d", i)); n < 30 {
			t.Errorf("page %d shows %d colours: it is blank", i, n)
		}
	}
	// And by mouse: the first request of the list.
	w.keys("ctrl+2")
	w.pause(1)
	w.click(500, 240)
	w.pause(2)
	w.shot("case")
	w.keys("ctrl+q")
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the window ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the window does not close")
	}
	if s := out.String(); strings.Contains(s, "Fyne call thread") || strings.Contains(s, "panic") {
		t.Errorf("the window complained:\n%s", s)
	}
}

func startDisplay(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	w.Close()
	b := make([]byte, 16)
	n, err := r.Read(b)
	if err != nil {
		t.Fatalf("Xvfb names no display: %v", err)
	}
	return ":" + strings.TrimSpace(string(b[:n]))
}

// driven is a window that the test drives by keyboard.
type driven struct {
	t       *testing.T
	display string
	id      string
	ended   chan error
	out     *bytes.Buffer
}

func (w *driven) tool(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+w.display)
	b, err := c.Output()
	return string(b), err
}

func (w *driven) keys(keys ...string) {
	w.t.Helper()
	if _, err := w.tool("xdotool", "windowfocus", "--sync", w.id); err != nil {
		w.t.Fatalf("focus the window: %v", err)
	}
	for _, k := range keys {
		if _, err := w.tool("xdotool", "key", "--delay", "60", k); err != nil {
			w.t.Fatalf("press %s: %v", k, err)
		}
		time.Sleep(200 * time.Millisecond) // a person's pace
	}
}

// click presses the mouse at a place of the screen.
func (w *driven) click(x, y int) {
	w.t.Helper()
	if _, err := w.tool("xdotool", "mousemove", "--sync", fmt.Sprint(x), fmt.Sprint(y), "click", "1"); err != nil {
		w.t.Fatalf("click: %v", err)
	}
}

// pause waits as a person does who looks at a page; what counts is waited for
// by until.
func (w *driven) pause(seconds int) { time.Sleep(time.Duration(seconds) * time.Second) }

func (w *driven) until(what string, ok func() bool) {
	w.t.Helper()
	if !w.within(90*time.Second, ok) {
		w.shot("failed")
		w.t.Fatalf("waited in vain for %s; the program said:\n%s", what, w.out.String())
	}
}

func (w *driven) within(d time.Duration, ok func() bool) bool {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return true
		}
		select {
		case err := <-w.ended:
			w.t.Fatalf("the program ended: %v\n%s", err, w.out.String())
		default:
		}
	}
	return false
}

// tries repeats what a person would when a slow machine missed a key.
func (w *driven) tries(what string, act func(), ok func() bool) {
	w.t.Helper()
	for range 5 {
		act()
		if w.within(12*time.Second, ok) {
			return
		}
	}
	w.shot("failed")
	w.t.Fatalf("waited in vain for %s; the program said:\n%s", what, w.out.String())
}

// shot takes a screenshot and returns how many colours it has. It is kept in
// artifacts, or where GREFFIER_SHOTS names a folder.
func (w *driven) shot(name string) int {
	w.t.Helper()
	dir := os.Getenv("GREFFIER_SHOTS")
	if dir == "" {
		dir = "artifacts"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(dir, "window-"+name+".png")
	c := exec.Command("sh", "-c", `xwd -root -silent | convert xwd:- -crop 1200x780+0+0 +repage "$1"`, "sh", path)
	c.Env = append(os.Environ(), "DISPLAY="+w.display)
	if msg, err := c.CombinedOutput(); err != nil {
		w.t.Fatalf("screenshot: %v: %s", err, msg)
	}
	f, err := os.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		w.t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 3 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 3 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	return len(seen)
}

func lastLine(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}

// setting tells whether the store has a setting, looking from outside.
func setting(path, key string) bool {
	if !fileExists(path) {
		return false
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(1000)")
	if err != nil {
		return false
	}
	defer db.Close()
	n := 0
	return db.QueryRow("SELECT COUNT(*) FROM meta WHERE key = ?", key).Scan(&n) == nil && n == 1
}

func countFiles(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}
