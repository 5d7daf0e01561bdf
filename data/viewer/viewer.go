// Package viewer lends the machine's own programs: one that opens a file, one
// that shows it in its folder, and poppler's pdftoppm, where it is installed,
// which turns pages into pictures.
package viewer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrNoPictures says that the machine has nothing that turns pages into
	// pictures.
	ErrNoPictures = errors.New("the machine cannot show pages as pictures")
	// ErrNoViewer says that the machine has no program to open the file with.
	ErrNoViewer = errors.New("no program opens this file")
)

const (
	// patience bounds how long an opener may take to fail; one that still runs
	// then has found its program.
	patience = 4 * time.Second
	// drawing bounds how long pages may take to become pictures.
	drawing = 30 * time.Second
	// resolution of the pictures, in dots an inch.
	resolution = 80
	// maxPicture bounds one picture.
	maxPicture = 16 << 20
)

// Desktop is the machine that the program runs on. The zero value is ready.
type Desktop struct{}

// Pages implements the façade's port. The PDF lies in a folder that only the
// user may read while it is drawn, and is removed with it.
func (Desktop) Pages(ctx context.Context, pdf []byte, most int) (pages [][]byte, total int, err error) {
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		return nil, 0, ErrNoPictures
	}
	dir, err := os.MkdirTemp("", "greffier-preview-") // 0700
	if err != nil {
		return nil, 0, fmt.Errorf("draw pages: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(in, pdf, 0o600); err != nil {
		return nil, 0, fmt.Errorf("draw pages: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, drawing)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "-png", "-r", strconv.Itoa(resolution), "-f", "1", "-l", strconv.Itoa(most), in, filepath.Join(dir, "page"))
	cmd.Env = quietEnv()
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		return nil, 0, fmt.Errorf("draw pages: %w", ErrNoPictures)
	}
	names, err := filepath.Glob(filepath.Join(dir, "page*.png"))
	if err != nil {
		return nil, 0, err
	}
	slices.Sort(names) // the numbers have leading zeros
	for _, n := range names {
		info, err := os.Stat(n)
		if err != nil {
			return nil, 0, err
		}
		if info.Size() > maxPicture {
			return nil, 0, fmt.Errorf("draw pages: %w", ErrNoPictures)
		}
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, 0, err
		}
		pages = append(pages, b)
	}
	return pages, count(pdf), nil
}

// count counts the pages of a PDF whose objects stand open, as PDF/A-1 wants.
func count(pdf []byte) int {
	return bytes.Count(pdf, []byte("/Type /Page")) - bytes.Count(pdf, []byte("/Type /Pages"))
}

// Open implements the façade's port.
func (Desktop) Open(path string) error {
	path, err := filepath.Abs(path) // none that looks like an option
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	switch runtime.GOOS {
	case "darwin":
		return start("open", path)
	case "windows":
		return start("rundll32", "url.dll,FileProtocolHandler", path)
	}
	return start("xdg-open", path)
}

// Reveal implements the façade's port; where no file manager can mark the file,
// its folder is opened.
func (d Desktop) Reveal(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	switch runtime.GOOS {
	case "darwin":
		return start("open", "-R", path)
	case "windows":
		return start("explorer", "/select,"+path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	// org.freedesktop.FileManager1, which the usual file managers answer to.
	u := (&url.URL{Scheme: "file", Path: abs}).String()
	u = strings.NewReplacer("'", "%27", ",", "%2C").Replace(u)
	if start("dbus-send", "--session", "--print-reply", "--reply-timeout=3000", "--dest=org.freedesktop.FileManager1", "/org/freedesktop/FileManager1",
		"org.freedesktop.FileManager1.ShowItems", "array:string:"+u, "string:") == nil {
		return nil
	}
	return d.Open(filepath.Dir(abs))
}

// start runs an opener and waits a little for it to fail.
func start(name string, args ...string) error {
	tool, err := exec.LookPath(name)
	if err != nil {
		return ErrNoViewer
	}
	cmd := exec.Command(tool, args...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, ErrNoViewer)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		// explorer answers 1 when all is well.
		if err != nil && name != "explorer" {
			return fmt.Errorf("%s: %w", name, ErrNoViewer)
		}
	case <-time.After(patience):
	}
	return nil
}

// quietEnv is the environment without the program's own secrets.
func quietEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GREFFIER_") })
}
