package viewer

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// twoPages is a PDF of two empty pages.
const twoPages = "%PDF-1.4\n1 0 obj<</Type /Catalog /Pages 2 0 R>>endobj\n2 0 obj<</Type /Pages /Kids [3 0 R 4 0 R] /Count 2>>endobj\n" +
	"3 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 100]>>endobj\n4 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n"

func TestPagesBecomePicturesAndNothingStays(t *testing.T) {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Fatal("pdftoppm is missing: run make test-deps")
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for most, want := range map[int]int{1: 1, 6: 2} {
		pages, total, err := Desktop{}.Pages(t.Context(), []byte(twoPages), most)
		if err != nil || len(pages) != want || total != 2 {
			t.Fatalf("%d pages of %d, %v", len(pages), total, err)
		}
		if _, err := png.DecodeConfig(bytes.NewReader(pages[0])); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := (Desktop{}).Pages(t.Context(), []byte("no PDF"), 1); !errors.Is(err, ErrNoPictures) {
		t.Errorf("what is no PDF: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (Desktop{}).Pages(ctx, []byte(twoPages), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if es, _ := os.ReadDir(tmp); len(es) != 0 {
		t.Errorf("left behind: %v", es)
	}
}

func TestAMachineWithoutProgramsSaysSo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the openers of other systems are part of them")
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := (Desktop{}).Pages(t.Context(), []byte(twoPages), 1); !errors.Is(err, ErrNoPictures) {
		t.Errorf("pages: %v", err)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Desktop{}).Open(file); !errors.Is(err, ErrNoViewer) {
		t.Errorf("open: %v", err)
	}
	if err := (Desktop{}).Reveal(file); !errors.Is(err, ErrNoViewer) {
		t.Errorf("reveal: %v", err)
	}
	if err := (Desktop{}).Open(file + ".gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestAnOpenerThatFindsNoProgramIsToldAndHostileNamesAreNotRun(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("xdg-open is of the free desktops")
	}
	bin := t.TempDir()
	said := filepath.Join(bin, "said")
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\nprintf '%s' \"$1\" > "+said+"\nexit ${OPENER:-0}\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	file := filepath.Join(t.TempDir(), "a $(touch b) 'c'.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Desktop{}).Open(file); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(said); string(b) != file {
		t.Errorf("the opener was given %q", b)
	}
	t.Setenv("OPENER", "3")
	if err := (Desktop{}).Open(file); !errors.Is(err, ErrNoViewer) {
		t.Errorf("no program: %v", err)
	}
}
