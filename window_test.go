//go:build linux

package main

import (
	"bytes"
	"database/sql"
	"encoding/binary"
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

// TestAPersonSetsUpHerShopErasesAPhotoAndPrintsTheDossier drives the real window
// on a real X server: from no profile at all, by keyboard, over the guided
// set-up, a request that is typed in and an erasure on disk to the printed
// dossier; then by mouse.
func TestAPersonSetsUpHerShopErasesAPhotoAndPrintsTheDossier(t *testing.T) {
	dir := t.TempDir()
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format(time.DateOnly) }
	orders := "order,status,created,completed,email,first name,last name\n" +
		"1042,completed," + day(80) + "," + day(70) + ",mathilde.fontaine@exemple.fr,Mathilde,Fontaine\n" +
		"1077,completed," + day(20) + "," + day(10) + ",g.lemoine@exemple.fr,Gaspard,Lemoine\n"
	if err := os.WriteFile(filepath.Join(dir, "orders.csv"), []byte(orders), 0o600); err != nil {
		t.Fatal(err)
	}
	photos := filepath.Join(dir, "photos")
	for _, number := range []string{"1042", "1077"} {
		for i := range 3 {
			path := filepath.Join(photos, "uploads", number, fmt.Sprintf("IMG_%d.jpg", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("\xff\xd8\xff\xe0 a photograph"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	store := filepath.Join(dir, "profile", "greffier.db")
	w := drive(t, dir, "--profile", filepath.Join(dir, "profile"))

	// At the door: the second button begins the set-up. Enter goes to the next
	// field, and from the last one on.
	w.does("Tab", "Tab", "Return")
	w.types("Atelier Lavande EI", "contact@lavande.example", "3 rue des Tilleuls, 59800 Lille")
	w.writes("https://lavande.example")
	w.does("Return")
	w.types("quatre mots bien choisis")
	w.writes("quatre mots bien choisis")
	w.shot("setup-passphrase")
	w.keys("Return")
	w.until("the profile to be made", func() bool { return fileExists(store) })
	w.settles(nil)
	w.does("ctrl+Return") // no recovery code now
	w.does("ctrl+Return") // no mailbox
	// The fifth kind of shop is a file, and the fourth of a storage a folder. What
	// was tried well can be kept: its button is filled.
	w.does("Right", "Right", "Right", "Right")
	w.keys("Tab", "Tab")
	w.types(filepath.Join(dir, "orders.csv"))
	w.until("the file of orders to be read", w.offers)
	w.shot("setup-shop")
	w.keys("ctrl+Return")
	w.until("the storage to be asked for", func() bool { return w.edges() > 5000 })
	w.settles(nil)
	w.does("Right", "Right", "Right")
	w.keys("Tab")
	w.types(photos)
	w.until("the folder to be read", w.offers)
	w.keys("ctrl+Return")
	w.until("the places to be asked for", func() bool { _, y, ok := w.filled(); return ok && y < 680 })
	w.settles(nil)
	w.does("ctrl+Return") // look where the photos are
	w.until("the places to be found", func() bool { _, y, ok := w.filled(); return ok && y > 680 })
	w.shot("setup-places")
	w.does("ctrl+Return")
	w.does("ctrl+Return") // the rules as they are proposed
	w.shot("setup-done")
	w.keys("ctrl+Return")
	w.until("the first sync to end", func() bool { return setting(store, "sync.at") && count(store, "orders") == 2 })
	w.settles(nil)
	w.shot("today")

	// A request that came by post: name, address, and the third of the rights.
	w.tries("the request to be taken in", func() {
		w.does("Escape", "ctrl+1")
		w.does("ctrl+n")
		w.keys("Tab", "Tab", "Tab")
		w.writes("Mathilde Fontaine")
		w.keys("Tab")
		w.writes("mathilde.fontaine@exemple.fr")
		w.keys("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "space")
		w.keys("ctrl+Return")
	}, func() bool { return count(store, "cases") == 1 })
	w.settles(nil)
	w.shot("case")

	// What is due: its plan, the button that erases, and in the dialog, where the
	// safe answer has the keyboard, the one beside it.
	w.tries("the photographs that are due to be erased", func() {
		w.does("Escape", "ctrl+1")
		w.does("ctrl+e")
		w.does("ctrl+Return")
		w.does("Tab", "Tab", "Return")
		w.shot("confirm")
		w.keys("Tab", "Return")
	}, func() bool { return countFiles(t, photos) == 3 })
	if left := countFiles(t, filepath.Join(photos, "uploads", "1077")); left != 3 {
		t.Errorf("%d photographs are left of the order that is not due", left)
	}
	w.settles(nil)
	w.shot("erased")

	// The dossier's first answer is to prepare it as it is proposed: whole.
	var dossier []string
	w.tries("the dossier to be printed", func() {
		w.does("Escape", "ctrl+d")
		w.keys("Return")
	}, func() bool {
		dossier = nil
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "dossier.pdf" {
				dossier = append(dossier, path)
			}
			return nil
		})
		return len(dossier) == 1
	})
	if msg, err := exec.Command("qpdf", "--check", dossier[0]).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v: %s", err, msg)
	}
	text, err := exec.Command("pdftotext", dossier[0], "-").Output()
	if err != nil || !strings.Contains(string(text), "Registre des effacements") {
		t.Errorf("the dossier does not hold the register of erasures (%v)", err)
	}
	w.settles(nil)
	w.shot("printed")
	w.quits()
}

// TestAPersonWalksTheDemoByKeyAndMouse opens every place of the demo by its key,
// and a place, a row and a button by mouse, and scrolls.
func TestAPersonWalksTheDemoByKeyAndMouse(t *testing.T) {
	dir := t.TempDir()
	w := drive(t, dir, "demo", "--window", "--dir", dir)
	w.until("the first sync to end", func() bool { return setting(filepath.Join(dir, "profile", "greffier.db"), "sync.at") })
	for i := 1; i <= 9; i++ {
		w.does("Escape", fmt.Sprintf("ctrl+%d", i))
		if n := w.shot(fmt.Sprintf("page-%d", i)); n < 30 {
			t.Errorf("page %d shows %d colours: it is blank", i, n)
		}
	}
	byMouse := func(what string, act func()) {
		t.Helper()
		before := w.pixels()
		act()
		if !w.settles(before) {
			w.shot("failed")
			t.Errorf("%s does nothing under the mouse", what)
		}
	}
	byMouse("a place of the rail", func() { w.click(90, 160) })
	byMouse("a row of the requests", func() { w.click(500, 285) })
	w.shot("case-by-mouse")
	w.does("ctrl+1")
	byMouse("the first act", func() {
		if x, y, ok := w.filled(); ok {
			w.click(x, y)
		}
	})
	w.does("ctrl+8")
	byMouse("the wheel", func() { w.scroll(600, 500) })
	w.quits()
}

// drive starts the program on a display of its own and waits for its window.
// Whatever it remembers stays below dir.
func drive(t *testing.T, dir string, args ...string) *driven {
	t.Helper()
	for _, name := range []string{"Xvfb", "xdotool", "xwd", "convert", "qpdf", "pdftotext"} {
		tool(t, name)
	}
	display := startDisplay(t)
	var out bytes.Buffer
	home := filepath.Join(dir, "home")
	// A caret that fades draws the window anew all the time, and this machine has
	// no card for it.
	calm := filepath.Join(home, ".config", "fyne")
	if err := os.MkdirAll(calm, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(calm, "settings.json"), []byte(`{"scale":1,"no_animations":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program(t), args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "LANG=fr_FR.UTF-8", "LC_ALL=fr_FR.UTF-8", "FYNE_THEME=light", "WAYLAND_DISPLAY=",
		"HOME="+home, "XDG_CONFIG_HOME=", "XDG_DATA_HOME=", "XDG_STATE_HOME=", "XDG_CACHE_HOME=", "XDG_DOCUMENTS_DIR=")
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
	w.settles(nil)
	return w
}

// quits leaves by the key, and looks whether the program complained.
func (w *driven) quits() {
	w.t.Helper()
	w.keys("Escape", "ctrl+q")
	select {
	case err := <-w.ended:
		if err != nil {
			w.t.Errorf("the window ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		w.t.Error("the window does not close")
	}
	if s := w.out.String(); strings.Contains(s, "Fyne call thread") || strings.Contains(s, "panic") {
		w.t.Errorf("the window complained:\n%s", s)
	}
}

func startDisplay(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight), "-nolisten", "tcp")
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

// driven is a window that the test drives as a person does.
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
	w.focus()
	for _, k := range keys {
		if _, err := w.tool("xdotool", "key", "--delay", "40", k); err != nil {
			w.t.Fatalf("press %s: %v", k, err)
		}
		time.Sleep(80 * time.Millisecond) // a quick person's pace
	}
}

func (w *driven) focus() {
	w.t.Helper()
	if _, err := w.tool("xdotool", "windowfocus", "--sync", w.id); err != nil {
		w.t.Fatalf("focus the window: %v", err)
	}
}

// does presses keys and waits until the window shows something else and rests.
func (w *driven) does(keys ...string) {
	w.t.Helper()
	before := w.pixels()
	w.keys(keys...)
	w.settles(before)
}

// writes types words into the field that has the keyboard.
func (w *driven) writes(words string) {
	w.t.Helper()
	w.focus()
	if _, err := w.tool("xdotool", "type", "--delay", "12", words); err != nil {
		w.t.Fatalf("type: %v", err)
	}
}

// types writes words into one field after the other, each ended by Enter.
func (w *driven) types(words ...string) {
	w.t.Helper()
	for _, s := range words {
		w.writes(s)
		w.keys("Return")
	}
}

// click presses the mouse at a place of the screen.
func (w *driven) click(x, y int) {
	w.t.Helper()
	if _, err := w.tool("xdotool", "mousemove", "--sync", fmt.Sprint(x), fmt.Sprint(y), "click", "1"); err != nil {
		w.t.Fatalf("click: %v", err)
	}
}

// scroll turns the wheel three notches at a place of the screen.
func (w *driven) scroll(x, y int) {
	w.t.Helper()
	if _, err := w.tool("xdotool", "mousemove", "--sync", fmt.Sprint(x), fmt.Sprint(y), "click", "--repeat", "3", "--delay", "60", "5"); err != nil {
		w.t.Fatalf("scroll: %v", err)
	}
}

const screenWidth, screenHeight = 1280, 800

// screen is what the display shows, as xwd writes it.
type screen struct {
	pix         []byte
	line, pixel int // bytes
}

func (w *driven) pixels() *screen {
	w.t.Helper()
	s, err := w.tool("xwd", "-root", "-silent")
	if err != nil || len(s) < 100 {
		w.t.Fatalf("look at the screen: %v", err)
	}
	field := func(i int) int { return int(binary.BigEndian.Uint32([]byte(s[4*i:]))) }
	x := &screen{line: field(12), pixel: field(11) / 8}
	if from := field(0) + 12*field(19); len(s) >= from+x.line*screenHeight && x.pixel >= 3 {
		x.pix = []byte(s[from:])
		return x
	}
	w.t.Fatalf("the screen is %d bytes", len(s))
	return nil
}

// stirred tells whether two screens differ by more than a caret that blinks.
func stirred(a, b *screen) bool {
	n := 0
	for i := range min(len(a.pix), len(b.pix)) {
		if a.pix[i] != b.pix[i] {
			n++
		}
	}
	return n > 900
}

// settles waits until the screen is another one than before, where that is
// given, and then until it rests. It tells whether it became another one.
func (w *driven) settles(before *screen) bool {
	w.t.Helper()
	last, changed, rests := w.pixels(), before == nil, 0
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end) && rests < 2; time.Sleep(150 * time.Millisecond) {
		next := w.pixels()
		changed = changed || stirred(before, next)
		if rests++; stirred(last, next) || !changed {
			rests = 0
		}
		last = next
	}
	return changed
}

// filled finds the uppermost button in the colour of the first act, beside the
// rail.
func (w *driven) filled() (x, y int, ok bool) {
	p := w.pixels()
	is := func(x, y int) bool {
		i := y*p.line + x*p.pixel
		return p.pix[i] == 0x5B && p.pix[i+1] == 0x5F && p.pix[i+2] == 0x1F
	}
	for y := range screenHeight - 4 {
		run := 0
		for x := 260; x < screenWidth; x++ {
			if run++; !is(x, y) || !is(x, y+3) {
				run = 0
			}
			if run == 40 {
				return x, y + 14, true
			}
		}
	}
	return 0, 0, false
}

// edges is how many dots are edges of fields, whose lines the real window draws
// a little lighter than their colour.
func (w *driven) edges() int {
	p, n := w.pixels(), 0
	for y := range screenHeight {
		for x := range screenWidth {
			if i := y*p.line + x*p.pixel; near(p.pix[i], 0x98) && near(p.pix[i+1], 0x9D) && near(p.pix[i+2], 0x9F) {
				n++
			}
		}
	}
	return n
}

func near(a, b byte) bool { return a-b+2 <= 4 }

// offers tells whether a first act can be pressed.
func (w *driven) offers() bool {
	_, _, ok := w.filled()
	return ok
}

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
		if w.within(8*time.Second, ok) {
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

// count is how many rows a table of the store has, looking from outside.
func count(path, table string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(1000)")
	if err != nil {
		return -1
	}
	defer db.Close()
	n := -1
	if db.QueryRow("SELECT COUNT(*) FROM "+table).Scan(&n) != nil {
		return -1
	}
	return n
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
