package reports

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"greffier/app/register"
)

// table makes a document whose main table has n rows of which text decides the
// cells.
func tableOf(cols, details, n int, text func(row, col int) string) register.Document {
	t := &register.Table{}
	for c := range cols + details {
		t.Columns = append(t.Columns, register.Column{Key: fmt.Sprint("c", c), Title: fmt.Sprintf("Column %d", c), Weight: 1, Detail: c >= cols})
	}
	for r := range n {
		row := make([]register.Cell, cols+details)
		for c := range row {
			row[c] = register.Cell{Text: text(r, c)}
		}
		t.Rows = append(t.Rows, row)
	}
	return register.Document{
		Name: "test", Lang: "fr", Title: "Registre d'essai", MadeAt: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Zone: "Europe/Paris",
		Controller: register.Controller{Name: "Atelier Ébène"},
		Sections:   []register.Section{{Key: "list", Title: "Liste", Table: t, Empty: "Rien n'est enregistré."}},
	}
}

// inside fails when anything is drawn outside the margins or over the footer.
func inside(t *testing.T, b *book) {
	t.Helper()
	const slack = 0.6
	for i, s := range b.sheets {
		w, h := s.size()
		foot := h - footBand
		for _, o := range s.ops {
			if o.y >= h-16 && o.y < h-9 {
				continue // the footer itself
			}
			if o.x < marginSide-slack || o.x+o.w > w-marginSide+slack {
				t.Fatalf("page %d: %q reaches from %.1f to %.1f mm, beyond the side margins", i+1, o.text, o.x, o.x+o.w)
			}
			bottom := o.y
			if o.kind != opText {
				bottom += o.h
			}
			if o.y < marginTop-slack || bottom > foot+slack {
				t.Fatalf("page %d: %q stands at %.1f mm, beyond the margins (foot at %.1f)", i+1, o.text, o.y, foot)
			}
		}
	}
}

// legible fails when two texts of a page overlap.
func legible(t *testing.T, b *book) {
	t.Helper()
	for i, s := range b.sheets {
		for j, p := range s.ops {
			if p.kind != opText || p.text == "" {
				continue
			}
			for _, q := range s.ops[j+1:] {
				if q.kind != opText || q.text == "" {
					continue
				}
				height := min(p.style.size, q.style.size) * pointMM * 0.7
				if dy := p.y - q.y; dy > -height && dy < height && p.x < q.x+q.w-0.3 && q.x < p.x+p.w-0.3 {
					t.Fatalf("page %d: %q and %q overlap", i+1, p.text, q.text)
				}
			}
		}
	}
}

func TestNothingLeavesItsPlaceOnPaper(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	prose := strings.Repeat("Une phrase assez longue pour être coupée. ", 300)
	cases := []struct {
		name string
		doc  register.Document
	}{
		{"a register without rows", tableOf(5, 2, 0, nil)},
		{"one row", tableOf(5, 2, 1, func(r, c int) string { return "court" })},
		{"twelve rows", tableOf(9, 3, 12, func(r, c int) string { return fmt.Sprintf("valeur %d de la ligne %d", c, r) })},
		{"two thousand rows", tableOf(6, 1, 2000, func(r, c int) string { return fmt.Sprintf("%d/%d", r, c) })},
		{"a word of ten thousand letters", tableOf(6, 2, 3, func(r, c int) string { return long })},
		{"a row higher than a page", tableOf(4, 1, 3, func(r, c int) string { return prose })},
		{"more columns than a sheet has room for", tableOf(24, 0, 3, func(r, c int) string { return "anticonstitutionnellement" })},
		{"one column only", tableOf(1, 0, 3, func(r, c int) string { return "a" })},
		{"empty cells", tableOf(3, 3, 3, func(r, c int) string { return "" })},
		{"many line feeds", tableOf(3, 1, 3, func(r, c int) string { return strings.Repeat("\n", 500) + "fin" })},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			b := layout([]register.Document{tc.doc})
			inside(t, b)
			if len(b.sheets) < 40 {
				legible(t, b)
			}
			b = layout([]register.Document{{Name: "dossier", Title: "Dossier"}, tc.doc, tc.doc})
			inside(t, b)
		})
	}
}

func TestRandomTablesStayInsideTheMargins(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	words := []string{"le", "registre", "anticonstitutionnellement", "a/b/c/d-e_f.jpg", "œuvre", "«\u202fcité\u202f»", "x", "12\u00a0345", "\n"}
	for range 60 {
		doc := tableOf(1+rng.IntN(10), rng.IntN(6), 1+rng.IntN(60), func(r, c int) string {
			var s []string
			for range rng.IntN(1 + rng.IntN(60)) {
				s = append(s, words[rng.IntN(len(words))])
			}
			return strings.Join(s, " ")
		})
		for i := range rng.IntN(30) {
			doc.Sections[0].Fields = append(doc.Sections[0].Fields, register.Field{Label: "Intitulé", Text: strings.Repeat("mot ", i*i), Gap: i%3 == 0})
		}
		b := layout([]register.Document{doc})
		inside(t, b)
		legible(t, b)
	}
}

func TestTheLastRowNeverStandsAlone(t *testing.T) {
	for n := 2; n < 80; n++ {
		b := layout([]register.Document{tableOf(3, 0, n, func(r, c int) string { return fmt.Sprintf("L%d", r) })})
		if len(b.sheets) < 2 {
			continue
		}
		last := 0
		for _, o := range b.sheets[len(b.sheets)-1].ops {
			if o.kind == opText && strings.HasPrefix(o.text, "L") && o.style == styleCell {
				last++
			}
		}
		if last == 3 {
			t.Errorf("%d rows leave one row alone on the last page", n)
		}
	}
}

func TestTheFirstRowNeverStandsAlone(t *testing.T) {
	for n := range 60 {
		d := tableOf(3, 0, 40, func(r, c int) string { return fmt.Sprintf("L%d", r) })
		d.Sections = append([]register.Section{{Words: []string{strings.Repeat("x\n", n) + "x"}}}, d.Sections...)
		b := layout([]register.Document{d})
		for i, s := range b.sheets {
			rows := 0
			for _, o := range s.ops {
				if o.kind == opText && strings.HasPrefix(o.text, "L") && o.style == styleCell {
					rows++
				}
			}
			if rows == 3 {
				t.Errorf("after %d lines page %d has one row alone", n, i+1)
			}
		}
	}
}

func TestAnAccentCanBeReadOnWhite(t *testing.T) {
	for _, c := range []string{"#FFFF00", "#FFFFFF", "#1F5F5B", "#e91e63", "#000000"} {
		got := Options{Accent: c}.accent()
		if got == nil || register.Colour(*got).Contrast() < 4.5 {
			t.Errorf("%s becomes %v", c, got)
		}
	}
	if got := (Options{Accent: "#1F5F5B"}).accent(); *got != inkAccent {
		t.Errorf("the house's colour becomes %v", *got)
	}
	for _, c := range []string{"", "#fff", "1F5F5B", "#GGGGGG", "#1F5F5B00"} {
		if got := (Options{Accent: c}).accent(); got != nil {
			t.Errorf("%q is taken for the colour %v", c, *got)
		}
	}
}

func TestMarksStayWithTheirWord(t *testing.T) {
	s := styleWords
	for _, l := range wrap("Le contrat : expiré ! Il dit « non » ; quoi ?", s, s.width("contrat")+1) {
		if len(l.runs) > 0 && strings.ContainsAny(l.runs[0].text[:1], ":;!?»") {
			t.Errorf("a line begins with %q", l.runs[0].text)
		}
	}
}

func TestALabelStaysWithItsValue(t *testing.T) {
	label, value := style{regular, 7.4, inkFaint}, style{regular, 7.4, inkText}
	runs := []run{{"Canal\u202f:\u00a0", label}, {"courriel", value}, {"   ·   ", label}, {"Jours\u00a0de\u00a0suspension\u202f:\u00a0", label}, {"12", value}}
	for w := 20.0; w < 80; w++ {
		for _, l := range wrapRuns(runs, w) {
			text := ""
			for _, r := range l.runs {
				text += r.text
			}
			if w > label.width("Jours de suspension : 12")+1 && (text == "12" || text == "courriel") {
				t.Errorf("at %.0f mm the value %q stands alone", w, text)
			}
		}
	}
}

func TestAPanicOnAnotherCoreComesToTheCaller(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic is lost")
		}
	}()
	parallel(100, func(_, i int) {
		if i == 63 {
			panic("row 63")
		}
	})
}

func TestAForeignFileIsNotRewritten(t *testing.T) {
	for _, raw := range []string{"", "%PDF-1.3\n", "startxref\n0\n%%EOF\n", "startxref\n99999\n%%EOF\n", "xref\n0 9\nstartxref\n0\n%%EOF\n", strings.Repeat("x", 40) + "xref\n0 6\n" + strings.Repeat("0000000001 00000 n \n", 6) + "startxref\n40\n%%EOF\n"} {
		if err := archive(io.Discard, []byte(raw), nil, nil, particulars{}); err == nil {
			t.Errorf("%q was taken for a file of gofpdf", raw)
		}
	}
}

func TestTheOutlineCountsWhatItShows(t *testing.T) {
	marks := func(levels ...int) (out []bookmark) {
		for _, l := range levels {
			out = append(out, bookmark{title: "t", level: l, page: 1})
		}
		return out
	}
	cases := []struct {
		name   string
		levels []int
		want   []string // what the root and each mark say of their count and parent
	}{
		{"one title is open", []int{0, 1, 1}, []string{"/Count 3>>", "/Parent 9 0 R /First 11 0 R /Last 12 0 R /Count 2", "/Parent 10 0 R /Next 12 0 R", "/Parent 10 0 R /Prev 11 0 R"}},
		{"several are closed", []int{0, 1, 0}, []string{"/Count 2>>", "/Count -1", "/Parent 10 0 R", "/Parent 9 0 R /Prev 10 0 R"}},
		{"a skipped level is made up", []int{2, 4}, []string{"/Count 2>>", "/Parent 9 0 R", "/Parent 10 0 R"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			for i, o := range outline(marks(tc.levels...), 9) {
				if !strings.Contains(o, tc.want[i]) {
					t.Errorf("object %d is %s, want %s in it", i, o, tc.want[i])
				}
			}
		})
	}
}

func TestTheHeaderIsRepeatedOnEverySheetOfATable(t *testing.T) {
	b := layout([]register.Document{tableOf(3, 0, 200, func(r, c int) string { return "x" })})
	for i, s := range b.sheets {
		n := 0
		for _, o := range s.ops {
			if o.text == "Column 1" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("page %d has the header %d times", i+1, n)
		}
	}
}

func TestEveryWordOfATextIsPrintedOnce(t *testing.T) {
	var want []string
	for i := range 900 {
		want = append(want, fmt.Sprintf("mot%04d", i))
	}
	b := layout([]register.Document{tableOf(2, 1, 1, func(r, c int) string { return strings.Join(want, " ") })})
	counts := map[string]int{}
	for _, s := range b.sheets {
		for _, o := range s.ops {
			for _, w := range strings.Fields(o.text) {
				counts[w]++
			}
		}
	}
	for _, w := range want {
		if counts[w] != 3 {
			t.Fatalf("%s is printed %d times in three cells", w, counts[w])
		}
	}
}

func TestTextIsMadePrintable(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"accents and narrow spaces stay", "Œuvre n°\u202f1\u00a0: «\u202fça\u202f»", "Œuvre n°\u202f1\u00a0: «\u202fça\u202f»"},
		{"a decomposed accent is composed", "e\u0301te\u0301", "été"},
		{"Greek and Cyrillic stay", "Νίκη Жанна", "Νίκη Жанна"},
		{"Vietnamese is composed", "Nguye\u0302\u0303n Thi\u0323 Đo\u031b\u0300i", "Nguyễn Thị Đời"},
		{"a mark without composed letter stays", "m\u0302", "m\u0302"},
		{"Armenian and Georgian stay", "Արամ გიორგი", "Արամ გიორგი"},
		{"an emoji becomes a short mark", "Léa 🙂", "Léa ◊"},
		{"emoji in a row are one mark", "👨\u200d👩\u200d👧 🇫🇷 ❤️👍🏽", "◊ ◊ ◊"},
		{"a digit in a key keeps the digit", "1\ufe0f\u20e3", "1"},
		{"invalid UTF-8 becomes a visible mark", "a\xff\xfeb", "a\uFFFDb"},
		{"Hebrew stays", "שלום", "שלום"},
		{"Hebrew points are left out", "שָׁלוֹם", "שלום"},
		{"Arabic takes the forms of a word", "محمد علي", "\ufee3\ufea4\ufee4\ufeaa \ufecb\ufee0\ufef2"},
		{"lam and alef join", "سلام الا", "\ufeb3\ufefc\ufee1 \ufe8d\ufefb"},
		{"Persian letters have forms", "پگاه", "\ufb58\ufb95\ufe8e\ufee9"},
		{"Chinese is named by its numbers", "李明 (Li Ming)", "[U+674E U+660E] (Li Ming)"},
		{"a rare sign beyond the basic plane is named", "a𠮷b", "a[U+20BB7]b"},
		{"Thai is named", "ก", "[U+0E01]"},
		{"a private sign is named", "\ue000", "[U+E000]"},
		{"direction overrides are dropped", "facture\u202egpj.exe", "facturegpj.exe"},
		{"control characters are dropped", "a\x00b\x1b[31mc", "ab[31mc"},
		{"tabs become spaces", "a\tb", "a b"},
		{"line ends become line feeds", "a\r\nb\rc", "a\nb\nc"},
		{"mathematical letters are written plainly", "𝐇𝐞𝐥𝐥𝐨", "Hello"},
		{"full-width letters are written plainly", "ＡＢＣ", "ABC"},
		{"arrows and checks stay", "a → b ≤ c ✓", "a → b ≤ c ✓"},
		{"a soft hyphen is dropped", "co\u00adopération", "coopération"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := clean(tc.in); got != tc.want {
				t.Errorf("clean(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
	for _, mark := range []rune{substitute, picture} {
		if !has(mark) {
			t.Errorf("the fonts lack %U, which stands for what they lack", mark)
		}
	}
}

func TestWritingFromRightToLeftIsTurnedRound(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"Latin is left alone", "abc (1)", "abc (1)"},
		{"a Hebrew name", "שלום", "םולש"},
		{"two words among Latin ones", "M. דוד לוי, Lille", "M. יול דוד, Lille"},
		{"a number in between keeps its order", "רחוב 12 א", "א 12 בוחר"},
		{"brackets are mirrored", "א(ב)ג", "ג(ב)א"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := visual(tc.in); got != tc.want {
				t.Errorf("visual(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestATextIsSplitByTheFontsThatItNeeds(t *testing.T) {
	got := fmt.Sprint(pieces("a→b", bold))
	if want := fmt.Sprint([]piece{{"a", bold}, {"→", spare}, {"b", bold}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParticularsKeepWhatNoFontHas(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"Chinese and emoji stay", "李明 🙂", "李明 🙂"},
		{"line feeds become spaces", "a\nb", "a b"},
		{"controls and noncharacters go", "a\x00\u202e\uFFFEb", "ab"},
		{"invalid UTF-8 is marked", "a\xffb", "a\uFFFDb"},
		{"long ones are cut and say so", strings.Repeat("é", 400), strings.Repeat("é", 300) + "…"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := particular(tc.in); got != tc.want {
				t.Errorf("particular(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestLinesBreakWhereTheyMay(t *testing.T) {
	s := styleWords
	cases := []struct {
		name, in string
		w        float64
		want     []string
	}{
		{"at spaces", "un deux trois", s.width("un deux") + 0.1, []string{"un deux", "trois"}},
		{"never at a no-break space", "un deux\u202f? oui", s.width("un deux\u202f") + 0.1, []string{"un", "deux\u202f?", "oui"}},
		{"at line feeds", "un\ndeux", 100, []string{"un", "deux"}},
		{"a long key after a slash", "uploads/photographie.jpg", s.width("uploads/photog"), []string{"uploads/", "photographie.", "jpg"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, l := range wrap(tc.in, s, tc.w) {
				text := ""
				for _, r := range l.runs {
					text += r.text
				}
				got = append(got, text)
			}
			if strings.Join(got, "|") != strings.Join(tc.want, "|") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheMeasureOfATextIsThatOfTheFont(t *testing.T) {
	// Noto Sans has 572 units for n of 1000; ten points.
	if got, want := width("nn", regular, 10), 2*0.618*10*pointMM; got < want*0.99 || got > want*1.01 {
		t.Errorf("two n measure %.3f mm, want %.3f", got, want)
	}
}

// FuzzClean holds that whatever text comes, what is printed is valid and has
// glyphs, and that cleaning twice changes nothing more.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "é", "e\u0301", "🙂", "\xff\x00", "שלום", "\u202e", "ﬁ", "\U000e0001", "李明", "سلام", "क्षि", "👨\u200d👩", "1\ufe0f\u20e3", "\u0301", "[U+674E]", "A\x18\u0300", "A\u05b0\u0300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) {
			t.Fatalf("clean(%q) is not valid UTF-8", s)
		}
		for _, r := range got {
			if r != '\n' && !has(r) {
				t.Fatalf("clean(%q) keeps %U, which has no glyph", s, r)
			}
		}
		if again := clean(got); again != got {
			t.Fatalf("cleaning twice: %q, then %q", got, again)
		}
	})
}

func TestNoNodeOfThePageTreeIsTooLong(t *testing.T) {
	for _, pages := range []int{1, maxKids, maxKids + 1, 3*maxKids + 7} {
		var made []string
		root, parents := nodes([]byte("root"), pages, func(body string) int { made = append(made, body); return 1000 + len(made) })
		if pages <= maxKids {
			if string(root) != "root" || parents != nil || made != nil {
				t.Errorf("%d pages: the root was changed", pages)
			}
			continue
		}
		all := 0
		for i, body := range made {
			n := strings.Count(body, " 0 R ") // the parent is not followed by a space
			all += n
			if n > maxKids || !strings.Contains(body, fmt.Sprintf("/Count %d\n", n)) || parents[i*maxKids] != 1001+i {
				t.Errorf("%d pages: node %d has %d", pages, i, n)
			}
		}
		if all != pages || len(parents) != pages || strings.Count(string(root), " 0 R ") != len(made) || !strings.Contains(string(root), fmt.Sprintf("/Count %d\n", pages)) {
			t.Errorf("%d pages: %d in %d nodes, %d parents", pages, all, len(made), len(parents))
		}
	}
}

// A sheet that would hold a few lines only is spared; one that cannot be is set
// as any other.
func TestSheetsWithLittleOnThemAreSpared(t *testing.T) {
	for n := 30; n < 60; n++ {
		d := tableOf(3, 0, n, func(r, c int) string { return fmt.Sprintf("L%d", r) })
		b := layout([]register.Document{d})
		last := 0.0
		for _, o := range b.sheets[len(b.sheets)-1].ops {
			if o.kind == opText {
				last = max(last, o.y)
			}
		}
		if len(b.sheets) == 2 && last < marginTop+25 {
			t.Errorf("%d rows leave %.0f mm of them on a second sheet", n, last-marginTop)
		}
	}
}
