package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostileName is a customer who writes to the terminal of whoever lists her.
const hostileName = "Eve\x1b]0;owned\a\x1b[2J\u202egpj\u009b31m\u2028\u200fz"

func TestNothingThatACommandPrintsMeansAnythingToATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("orders.csv", "order,status,completed,email,first_name,last_name,phone,address\n104\x1b[31m,completed,2025-01-05,eve@localhost.test,"+hostileName+",=cmd|' /C calc'!A0,\x1b[5n,\u202e\n105,completed,2025-01-05,e@localhost.test,"+hostileName+",x,,\n")
	w.write("photos/uploads/105/a\x1b[31m\u202egpj.exe", "jpeg")
	w.write("mail.eml", "From: \""+hostileName+"\" <eve@localhost.test>\r\nSubject: \x1b[2J supprimer mes photos "+hostileName+"\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nSupprimez toutes mes photos. \x1b]8;;http://x\a\r\n")
	w.init(csvTOML, folderTOML)
	for _, args := range [][]string{
		{"sync", "--orders"}, {"erase", "--order", "105", "--dry-run"}, {"retention", "--dry-run"}, {"cases"}, {"register", "requests"}, {"register", "erasures"}, {"register", "retention"},
		{"promises"}, {"verify"}, {"journal"}, {"agenda"}, {"suppress"}, {"findings"}, {"recipients"}, {"stamp", "--status"}, {"signer"}, {"mails"}, {"locate"},
		{"triage", filepath.Join(w.dir, "mail.eml")}, {"erase", "--order", "104\x1b[31m", "--dry-run"}, {"register", "\x1b[2Jx"}, {"case", "\x1b[2J"}, {"\x1b[2J"},
	} {
		forms := [][]string{nil}
		switch args[0] {
		case "erase", "register", "triage":
			forms = append(forms, []string{"--json"})
		}
		for _, form := range forms {
			r := w.call(append(form, args...)...)
			for stream, s := range map[string]string{"output": r.out, "talk": r.err} {
				for _, c := range s {
					if c != '\n' && c != '\t' && commands(c) {
						t.Errorf("%v %v: %U in its %s: %q", form, args, c, stream, s)
						break
					}
				}
			}
			if form != nil && r.out != "" && !json.Valid([]byte(r.out)) {
				t.Errorf("%v: no JSON: %s", args, r.out)
			}
		}
	}
}

func TestJSONLosesNothingToTheTerminal(t *testing.T) {
	var b bytes.Buffer
	yes := true
	c := &cli{out: &plainWriter{to: &b, json: &yes}}
	want := map[string]string{"name": hostileName, "plain": "é\tœ\n"}
	if err := c.printJSON(want); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got["name"] != hostileName || got["plain"] != want["plain"] {
		t.Errorf("%v: %q", err, b.String())
	}
	for _, r := range b.String() {
		if r != '\n' && commands(r) {
			t.Errorf("%U passes", r)
		}
	}
}

// FuzzSettings reads a profile file as anybody may have written it.
func FuzzSettings(f *testing.F) {
	f.Add(controllerTOML + csvTOML + folderTOML)
	f.Add("[controller]\nname = \"\x1b\"\n[[storage]]\nkind = \"s3\"\nendpoint = \"file:///etc/passwd\"\nbucket=\"../..\"\n")
	f.Add("[[[")
	f.Add("a." + strings.Repeat("a.", 5000) + "a = 1")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "p.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readSettings(path)
		if err != nil {
			if strings.ContainsRune(oneLine(err.Error()), '\x1b') {
				t.Fatal("the error speaks to the terminal")
			}
			return
		}
		if s.Controller.Name == "" || s.Controller.TimeZone == "" {
			t.Fatalf("accepted: %+v", s.Controller)
		}
		s.secretNames()
	})
}
