package reports_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"greffier/app/register"
	"greffier/reports"
)

var (
	update = flag.Bool("update", false, "rewrite the golden texts")
	keep   = flag.String("keep", "", "folder in which the PDFs are left, to be looked at")
)

// tool finds a program that the tests need.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: run make deps", name)
	}
	return path
}

// printed makes a PDF and leaves it in a file.
func printed(t testing.TB, name string, docs []register.Document) string {
	t.Helper()
	var out bytes.Buffer
	if err := reports.PDF(&out, docs, reports.Options{}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if *keep != "" {
		dir = *keep
	}
	file := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// checked runs qpdf over a PDF.
func checked(t testing.TB, file string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), tool(t, "qpdf"), "--check", file).CombinedOutput(); err != nil {
		t.Errorf("qpdf --check: %v\n%s", err, out)
	}
}

// extracted returns the text of a PDF in reading order.
func extracted(t testing.TB, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), tool(t, "pdftotext"), "-layout", "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(out)
}

var spaces = regexp.MustCompile(`(?m)[ ]+$`)

func TestEveryDocumentReadsAsTheGoldenTextSays(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for name, docs := range documents(t, lang) {
			t.Run(name+"."+lang, func(t *testing.T) {
				file := printed(t, name+"."+lang, docs)
				checked(t, file)
				got := spaces.ReplaceAllString(extracted(t, file), "")
				golden := filepath.Join("testdata", name+"."+lang+".txt")
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("the text of the PDF differs from %s; look at it and run the test with -update\ngot:\n%s", golden, got)
				}
			})
		}
	}
}

func TestTheSameDocumentsGiveTheSameBytes(t *testing.T) {
	for _, name := range []string{"dossier", "requests"} {
		docs := documents(t, "fr")[name]
		var first, second bytes.Buffer
		for _, out := range []*bytes.Buffer{&first, &second} {
			if err := reports.PDF(out, docs, reports.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: two prints of the same documents differ", name)
		}
	}
}

func TestAPDFSaysWhatItIs(t *testing.T) {
	file := printed(t, "info", documents(t, "fr")["requests"])
	out, err := exec.CommandContext(t.Context(), tool(t, "pdfinfo"), "-isodates", "-enc", "UTF-8", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Title:           Registre des demandes d’exercice de droits\n",
		"Author:          KIONKE Kathryn EI\n",
		"Subject:         RGPD, art.\u00a012 et art.\u00a015 à 22\n",
		"Creator:         Greffier\n",
		"Producer:        Greffier, gofpdf\n",
		"PDF version:     1.4\n",
		"2026-11-23T08:20:00",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("pdfinfo does not say %q:\n%s", want, out)
		}
	}
}

// raw returns a PDF as an object of qpdf's JSON.
func raw(t testing.TB, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), tool(t, "qpdf"), "--json", "--json-key=qpdf", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestAPDFNamesItsLanguageAndShape(t *testing.T) {
	for lang, want := range map[string]string{"fr": `"/Lang": "u:fr-FR"`, "en": `"/Lang": "u:en-GB"`} {
		got := raw(t, printed(t, "lang."+lang, documents(t, lang)["dossier"]))
		for _, want := range []string{want, `"/DisplayDocTitle": true`, `"/S": "/GTS_PDFA1"`, `"/PageMode": "/UseOutlines"`, `"/BaseFont": "/NotoSans-Bold"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the file does not say %s", lang, want)
			}
		}
		for _, never := range []string{"/EmbeddedFiles", "/JavaScript", "utf8sans"} {
			if strings.Contains(got, never) {
				t.Errorf("%s: the file has %s", lang, never)
			}
		}
	}
}

// TestNamesOfEveryWritingAreReadOrMarked holds that a name is on the page as it
// is written, or by the numbers of its letters, never as a box.
func TestNamesOfEveryWritingAreReadOrMarked(t *testing.T) {
	d := filled(documents(t, "fr")["consents"][0], len(names))
	for i, s := range names {
		row := slices.Clone(d.Sections[d.Main].Table.Rows[i])
		row[1] = register.Cell{Text: s}
		d.Sections[d.Main].Table.Rows[i] = row
	}
	file := printed(t, "names", []register.Document{d})
	checked(t, file)
	// Marks of direction that pdftotext puts around Hebrew are no matter here;
	// Arabic is found as readers search it.
	got := norm.NFKC.String(strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "").Replace(extracted(t, file)))
	for _, want := range []string{
		"Νίκη Παπαδοπούλου", "Жанна Ёлкина", "Nguyễn Thị Ánh Đào", "Nguyễn Thị", "Zoë D’Œuvre-Lefèvre", "Łukasz Świątek-Żak", "İbrahim Çağlayangil", "Þórður Guðmundsson",
		"[U+674E U+660E]", "[U+AE40 U+BBFC U+C900]", "דוד לוי", "محمد علي", "Արամ Խաչատրյան", "გიორგი", "Léa ◊", "ont pas sont désignés par leur numéro Unicode",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the page:\n%s", want, got)
		}
	}
	if strings.ContainsRune(got, '\uFFFD') {
		t.Error("a name was taken for no text")
	}
}

func TestThePaperWearsTheShopsColour(t *testing.T) {
	cases := []struct{ name, accent, want string }{
		{"a dark colour as it is", "#7A1F5B", "0.478 0.122 0.357 rg"},
		{"none is the house's", "", "0.122 0.373 0.357 rg"},
		{"what is no colour is the house's", "red; drop", "0.122 0.373 0.357 rg"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := reports.PDF(&out, documents(t, "fr")["trackers"], reports.Options{Accent: tc.accent}); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "a.pdf")
			if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			plain, err := exec.CommandContext(t.Context(), tool(t, "qpdf"), "--qdf", file, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(plain, []byte(tc.want)) {
				t.Errorf("nothing is drawn in %s", tc.want)
			}
		})
	}
}

func TestADossierIsBound(t *testing.T) {
	docs := documents(t, "fr")["dossier"]
	file := printed(t, "bound", docs)
	pages := strings.Split(strings.TrimSuffix(extracted(t, file), "\f"), "\f")
	for i, p := range pages {
		if want := fmt.Sprintf("Page %d sur %d\n", i+1, len(pages)); !strings.Contains(p, want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
	}
	contents := pages[1]
	if !strings.Contains(contents, "Sommaire") {
		t.Fatalf("page 2 is not the table of contents:\n%s", contents)
	}
	// It goes on until the first part begins.
	for _, p := range pages[2:] {
		if strings.Contains(p, "Pièce 1\n") {
			break
		}
		contents += "\n" + p
	}
	for _, d := range docs[1:] {
		at := 0
		for i, p := range pages[2:] {
			if strings.Contains(p, "Pièce "+fmt.Sprint(slices.IndexFunc(docs[1:], func(x register.Document) bool { return x.Name == d.Name })+1)+"\n") {
				at = i + 3
				break
			}
		}
		line := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(d.Title) + `\s+` + fmt.Sprint(at) + `$`)
		if at == 0 || !line.MatchString(contents) {
			t.Errorf("%s begins on page %d, which the contents do not say:\n%s", d.Name, at, contents)
		}
	}
	// The last page has the hash of each part's machine-readable file.
	for _, d := range docs[1:] {
		sum := sha256.New()
		if err := reports.JSON(sum, d); err != nil {
			t.Fatal(err)
		}
		line := regexp.MustCompile(`(?m)^\s*\d+\s+` + d.Name + `\.json\s+` + hex.EncodeToString(sum.Sum(nil)) + `$`)
		if !line.MatchString(pages[len(pages)-1]) {
			t.Errorf("the last page does not give the hash of %s:\n%s", d.Name, pages[len(pages)-1])
		}
	}
	if last := pages[len(pages)-1]; !strings.Contains(last, "Nom et qualité") || !strings.Contains(contents, "Empreintes et signature") {
		t.Errorf("no room for a signature:\n%s", last)
	}
	// The outline, as a reader's side bar shows it.
	raw, err := exec.CommandContext(t.Context(), tool(t, "qpdf"), "--json", "--json-key=outlines", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var outline struct {
		Outlines []struct {
			Title string
			Page  int `json:"destpageposfrom1"`
			Kids  []any
		}
	}
	if err := json.Unmarshal(raw, &outline); err != nil {
		t.Fatal(err)
	}
	titles := map[string]int{}
	for _, o := range outline.Outlines {
		titles[o.Title] = o.Page
	}
	for _, d := range docs[1:] {
		if titles[d.Title] == 0 {
			t.Errorf("no bookmark leads to %s: %v", d.Name, titles)
		}
	}
}

// filled gives a document's main table n rows made of its first ones.
func filled(d register.Document, n int) register.Document {
	d.Sections = slices.Clone(d.Sections)
	t := *d.Sections[d.Main].Table
	rows := t.Rows
	t.Rows = make([][]register.Cell, n)
	for i := range t.Rows {
		t.Rows[i] = rows[i%len(rows)]
	}
	d.Sections[d.Main].Table = &t
	return d
}

func TestRegistersOfAnySizePrint(t *testing.T) {
	for _, name := range register.Names {
		d := documents(t, "en")[string(name)][0]
		for _, n := range []int{0, 1, 12, 2000} {
			t.Run(fmt.Sprintf("%s with %d rows", name, n), func(t *testing.T) {
				file := printed(t, fmt.Sprintf("%s-%d", name, n), []register.Document{filled(d, n)})
				checked(t, file)
				if n == 0 && !strings.Contains(strings.Join(strings.Fields(extracted(t, file)), " "), strings.Join(strings.Fields(d.Sections[d.Main].Empty), " ")) {
					t.Error("an empty register does not say that nothing is recorded")
				}
			})
		}
	}
}

// hostile are texts that mail, shops and file names may hold.
var hostile = []string{
	"🙂👨\u200d👩\u200d👧", "a\xff\xfe\xed\xa0\x80z", "\x00\x01\x02", "שלום عليكم", "\u202egpj.exe", strings.Repeat("m", 10_000),
	"=cmd|' /C calc'!A0", "(unbalanced \\ ) ( %PDF", "endstream endobj", "\U0010FFFF\uFFFF\uFFFE", "{nb} %!s(MISSING)", strings.Repeat("\n", 3000), "e\u0301\u0302\u0303",
}

// names are such as customers have, in every writing.
var names = []string{
	"Νίκη Παπαδοπούλου", "Жанна Ёлкина", "Nguyễn Thị Ánh Đào", "Nguye\u0302\u0303n Thi\u0323", "Zoë D’Œuvre-Lefèvre", "Łukasz Świątek-Żak", "İbrahim Çağlayangil", "Þórður Guðmundsson",
	"李明", "佐藤 さくら", "김민준", "דוד לוי", "محمد علي", "پگاه", "Արամ Խաչատրյան", "გიორგი", "आरती", "สมชาย", "Léa 🙂🎂", "𝓛éa",
}

func TestHostileTextNeitherBreaksNorHidesThePage(t *testing.T) {
	for i, s := range hostile {
		d := documents(t, "fr")["requests"][0]
		d = filled(d, 3)
		d.Title, d.Subtitle, d.Controller.Name, d.Controller.Address, d.JournalHead, d.Zone = s, s, s, s, s, s
		for c := range d.Sections[d.Main].Table.Rows[1] {
			row := slices.Clone(d.Sections[d.Main].Table.Rows[1])
			row[c] = register.Cell{Text: s, Tone: register.Tone(c % 5)}
			d.Sections[d.Main].Table.Rows[1] = row
		}
		d.Sections = append(d.Sections, register.Section{Title: s, Words: []string{s}, Fields: []register.Field{{Label: s, Text: s, Gap: true}}, Level: 1})
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			file := printed(t, "hostile", []register.Document{d})
			checked(t, file)
			// The rows before and after the hostile one are still there.
			text := extracted(t, file)
			for _, name := range []string{"Amélie", "Нина"} {
				if !strings.Contains(text, name) {
					t.Errorf("the row of %s is gone", name)
				}
			}
		})
	}
}

func TestPrintingNothingIsAnError(t *testing.T) {
	var out bytes.Buffer
	if err := reports.PDF(&out, nil, reports.Options{}); !errors.Is(err, reports.ErrNothing) || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestAFullDiskIsTheWritersError(t *testing.T) {
	d := documents(t, "fr")["requests"]
	if err := reports.PDF(fullDisk{}, d, reports.Options{}); !errors.Is(err, errFull) || errors.Is(err, reports.ErrRender) {
		t.Errorf("PDF: %v", err)
	}
	if err := reports.CSV(fullDisk{}, d[0], reports.Options{}); !errors.Is(err, errFull) {
		t.Errorf("CSV: %v", err)
	}
	if err := reports.JSON(fullDisk{}, d[0]); !errors.Is(err, errFull) {
		t.Errorf("JSON: %v", err)
	}
}

func FuzzPDF(f *testing.F) {
	for i, s := range slices.Concat(hostile, names) {
		f.Add(s, uint8(3+i), uint8(2))
	}
	f.Fuzz(func(t *testing.T, s string, cols, rows uint8) {
		if len(s)*int(1+cols%30)*int(1+rows%20) > 60_000 {
			return // long text is the matter of the tests above
		}
		table := &register.Table{}
		for c := range cols % 30 {
			table.Columns = append(table.Columns, register.Column{Key: "k", Title: s, Detail: c%3 == 2, Right: c%4 == 1, Weight: float64(c)})
		}
		for range rows % 20 {
			// Rows may even lack cells.
			row := make([]register.Cell, int(cols%30)-int(rows)%2*min(1, int(cols%30)))
			for c := range row {
				row[c] = register.Cell{Text: s, Value: s, Tone: register.Tone(c % 7)}
			}
			table.Rows = append(table.Rows, row)
		}
		d := register.Document{Name: "fuzz", Title: s, Subtitle: s, JournalHead: s, Zone: s, Controller: register.Controller{Name: s, Email: s},
			Sections: []register.Section{{Title: s, Words: []string{s}, Fields: []register.Field{{Label: s, Text: s}}, Table: table, Level: int(cols)}}}
		// Alone, and bound: the contents and their links hold the titles too. A
		// panic would come out as ErrRender, so the guard at the edge is never
		// what saves the page.
		for _, docs := range [][]register.Document{{d}, {{Name: "dossier", Title: s, Sections: d.Sections}, d}} {
			var out bytes.Buffer
			if err := reports.PDF(&out, docs, reports.Options{Accent: s}); err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(out.Bytes(), []byte("%PDF-1.4\n")) || !bytes.HasSuffix(out.Bytes(), []byte("%%EOF\n")) {
				t.Fatal("the file is cut off")
			}
		}
	})
}
