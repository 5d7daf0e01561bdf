package reports_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"greffier/app/register"
	"greffier/reports"
)

// preflight asks the validator for PDF/A-1b of Apache PDFBox, in one run for all
// files, and returns what it says of each.
func preflight(t testing.TB, files []string) map[string]string {
	t.Helper()
	java := tool(t, "java")
	const jars = "/usr/share/java/"
	var path []string
	for _, jar := range []string{"preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api"} {
		file := jars + jar + ".jar"
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("%s is missing: run make test-packages", file)
		}
		path = append(path, file)
	}
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte(strings.Join(files, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), java, "-XX:+UseSerialGC", "-Djava.awt.headless=true", "-cp", strings.Join(path, ":"), "org.apache.pdfbox.preflight.Validator_A1b", "xml", "group", list)
	said, err := cmd.CombinedOutput()
	// The report is written beside the list.
	out, missing := os.ReadFile(list + ".preflight.xml")
	if missing != nil {
		t.Fatalf("preflight: %v\n%s", err, said)
	}
	var report struct {
		Files []struct {
			Name    string `xml:"name,attr"`
			Verdict string `xml:",innerxml"`
		} `xml:"preflight"`
	}
	if err := xml.Unmarshal(out, &report); err != nil {
		t.Fatalf("preflight: %v\n%s", err, out)
	}
	verdicts := map[string]string{}
	for _, f := range report.Files {
		verdicts[f.Name] = f.Verdict
	}
	return verdicts
}

// TestEveryDocumentIsValidPDFA1b has every register, certificate and dossier,
// empty ones, long ones and hostile ones, judged by another program.
func TestEveryDocumentIsValidPDFA1b(t *testing.T) {
	dir := t.TempDir()
	var files []string
	write := func(name string, docs []register.Document) {
		var out bytes.Buffer
		if err := reports.PDF(&out, docs, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".pdf")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// The validator takes a tenth of a second a page: each register once, in
	// French, the English ones in the dossier, empty ones bound together.
	for name, docs := range documents(t, "fr") {
		if name != "dossier" {
			write(name, docs)
		}
	}
	write("dossier", documents(t, "en")["dossier"])
	var empty []register.Document
	for _, name := range register.Names {
		d := filled(documents(t, "fr")[string(name)][0], 0)
		d.Sections = d.Sections[:d.Main+1]
		empty = append(empty, d)
	}
	write("empty", empty)
	write("bare", []register.Document{{}})
	d := documents(t, "fr")["requests"][0]
	all := filled(d, len(hostile)+len(names))
	for i, s := range slices.Concat(hostile, names) {
		row := slices.Clone(all.Sections[all.Main].Table.Rows[i])
		row[1] = register.Cell{Text: s[:min(len(s), 300)]}
		all.Sections[all.Main].Table.Rows[i] = row
	}
	all.Title, all.Subtitle, all.Controller.Name = strings.Join(hostile[:5], " "), "<&\"'>]]> "+hostile[3], strings.Join(names, "; ")
	write("hostile", []register.Document{all})

	said := preflight(t, files)
	if len(said) != len(files) {
		t.Errorf("preflight judged %d files of %d", len(said), len(files))
	}
	for name, verdict := range said {
		if !strings.Contains(verdict, ">true</isValid>") {
			t.Errorf("%s is not valid:\n%s", name, verdict)
		}
	}
}
