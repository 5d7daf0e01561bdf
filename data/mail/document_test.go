package mail_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/data/mail"

	"github.com/jung-kurt/gofpdf"
	"golang.org/x/image/font/gofont/goregular"
)

const demand = "Je demande l'effacement de toutes mes données."

// attached is a mail with one line of text and files, each a type, a name and
// its bytes.
func attached(files ...[3]string) []byte {
	var b strings.Builder
	b.WriteString("From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nVoir ma lettre.\r\n")
	for _, f := range files {
		fmt.Fprintf(&b, "--b\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", f[0], f[1])
		s := base64.StdEncoding.EncodeToString([]byte(f[2]))
		for len(s) > 76 {
			b.WriteString(s[:76] + "\r\n")
			s = s[76:]
		}
		b.WriteString(s + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return []byte(b.String())
}

// pdf makes a PDF whose pages hold these texts.
func pdf(t testing.TB, unicode, packed bool, pages ...string) string {
	t.Helper()
	p := gofpdf.New("P", "mm", "A4", "")
	p.SetCompression(packed)
	tr := func(s string) string { return s }
	if unicode {
		p.AddUTF8FontFromBytes("go", "", goregular.TTF)
		p.SetFont("go", "", 12)
	} else {
		p.SetFont("Helvetica", "", 12)
		tr = p.UnicodeTranslatorFromDescriptor("")
	}
	for _, s := range pages {
		p.AddPage()
		p.MultiCell(0, 6, tr(s), "", "", false)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// archive makes a ZIP of names and contents.
func archive(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func docx(t testing.TB, body string) string {
	return archive(t, "[Content_Types].xml", "<Types/>", "word/styles.xml", "<w:styles/>", "word/document.xml",
		`<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body+`</w:body></w:document>`)
}

func odt(t testing.TB, body string) string {
	return archive(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml",
		`<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:text="t"><office:automatic-styles><s>style</s></office:automatic-styles><office:body><office:text>`+body+`</office:text></office:body></office:document-content>`)
}

// drawn is a PDF of one page drawn by these operators.
func drawn(operators string, more ...string) string {
	return "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n" +
		"3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>> endobj\n" +
		fmt.Sprintf("4 0 obj <</Length %d>> stream\n%s\nendstream endobj\n", len(operators), operators) +
		"5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>> endobj\n" +
		strings.Join(more, "\n") + "\ntrailer <</Root 1 0 R>>\n%%EOF"
}

func packed(s string) string {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func TestDocument(t *testing.T) {
	pdfType := "application/pdf"
	for name, tc := range map[string]struct{ kind, file, bytes, want, problem string }{
		"a PDF in a standard font is read":          {pdfType, "lettre.pdf", pdf(t, false, true, demand), demand, ""},
		"a PDF with a font of its own is read":      {pdfType, "lettre.pdf", pdf(t, true, true, demand+" Łódź €"), demand + " Łódź €", ""},
		"a PDF that is not compressed is read":      {pdfType, "lettre.pdf", pdf(t, true, false, demand), demand, ""},
		"pages follow one another":                  {pdfType, "lettre.pdf", pdf(t, false, true, "un", "deux"), "un\n\ndeux", ""},
		"a PDF known by its name alone is read":     {"application/octet-stream", "lettre.PDF", pdf(t, false, true, demand), demand, ""},
		"lines of a PDF are lines":                  {pdfType, "l.pdf", drawn("BT /F 12 Tf 50 700 Td (un) Tj 0 -14 Td (deux) Tj 0 -40 Td (trois) Tj ET"), "un\ndeux\n\ntrois", ""},
		"a word in pieces is one word":              {pdfType, "l.pdf", drawn("BT /F 12 Tf 50 700 Td [(ef) 20 (facez) -300 (tout)] TJ ET"), "effacez tout", ""},
		"a word parted at a line's end is whole":    {pdfType, "l.pdf", drawn("BT /F 12 Tf 14 TL 50 700 Td (la sup-) Tj (pression) ' ET"), "la suppression", ""},
		"escapes and hexadecimal strings are read":  {pdfType, "l.pdf", drawn(`BT /F 12 Tf 50 700 Td (donn\351es \(2\)) Tj <20E0> Tj ET`), "données (2) à", ""},
		"words of a form are read":                  {pdfType, "l.pdf", drawn("/X Do", "6 0 obj <</Type/XObject/Subtype/Form/Length 43>> stream\nBT /F 12 Tf 50 700 Td (dans le cadre) Tj ET\nendstream endobj"), "dans le cadre", ""},
		"a wrong length costs nothing":              {pdfType, "l.pdf", strings.Replace(drawn("BT /F 12 Tf 50 700 Td (un) Tj ET"), "/Length ", "/Length 9", 1), "un", ""},
		"names of glyphs are read":                  {pdfType, "l.pdf", strings.Replace(drawn("BT /F 12 Tf 50 700 Td (ABC) Tj ET"), "/WinAnsiEncoding", "<</Differences[65/eacute/fi/uni20AC]>>", 1), "éfi€", ""},
		"what was typed into a field is read":       {pdfType, "l.pdf", strings.Replace(drawn(""), "/Contents", "/Annots[<</Subtype/Widget/FT/Tx/V(Marie Dupont)>>]/Contents", 1), "Marie Dupont", ""},
		"objects in an object stream are read":      {pdfType, "l.pdf", objectStream(), "un", ""},
		"a newer version of a page counts":          {pdfType, "l.pdf", drawn("BT /F 12 Tf 50 700 Td (alt) Tj ET", "4 0 obj <</Length 33>> stream\nBT /F 12 Tf 50 700 Td (neu) Tj ET\nendstream endobj"), "neu", ""},
		"a scanned PDF has no text, which is told":  {pdfType, "scan.pdf", drawn("q 100 0 0 100 0 0 cm /X Do Q", "6 0 obj <</Subtype/Image/Length 3>> stream\nabc\nendstream endobj"), "", "text of a document cannot be read"},
		"an encrypted PDF is told":                  {pdfType, "l.pdf", drawn("BT /F 12 Tf 50 700 Td (un) Tj ET") + "\ntrailer <</Encrypt 9 0 R>>", "", "document is encrypted"},
		"what only calls itself a PDF is told":      {pdfType, "l.pdf", "hello", "", "text of a document cannot be read"},
		"a font without a table of text is told":    {pdfType, "l.pdf", strings.Replace(drawn("BT /F 12 Tf 50 700 Td (un) Tj <00010002> Tj ET"), "/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding", "/Subtype/Type0/Encoding/Identity-H", 1), "", "text of a document cannot be read"},
		"more pages than are read are told":         {pdfType, "l.pdf", pdf(t, false, true, slices.Repeat([]string{"page"}, 21)...), strings.TrimSpace(strings.Repeat("page\n\n", 20)), "text of a document cannot be read"},
		"a DOCX is read":                            {"application/octet-stream", "Lettre.docx", docx(t, `<w:p><w:r><w:t>Je demande </w:t></w:r><w:r><w:t xml:space="preserve">l'effacement</w:t></w:r></w:p><w:p><w:r><w:t>de tout.</w:t><w:br/><w:t>Marie</w:t></w:r></w:p>`), "Je demande l'effacement\nde tout.\nMarie", ""},
		"deleted and hidden words of a DOCX do not": {"application/octet-stream", "l.docx", docx(t, `<w:p><w:del><w:r><w:delText>un</w:delText></w:r></w:del><w:r><w:rPr><w:vanish/></w:rPr><w:t>deux</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>trois</w:t></w:r><w:r><w:instrText>DATE</w:instrText></w:r></w:p>`), "trois", ""},
		"a text box of a DOCX is read once":         {"application/octet-stream", "l.docx", docx(t, `<w:p><mc:AlternateContent><mc:Choice><w:r><w:t>un</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>un</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>`), "un", ""},
		"cells of a DOCX are apart":                 {"application/octet-stream", "l.docx", docx(t, `<w:tr><w:tc><w:r><w:t>un</w:t></w:r></w:tc><w:tc><w:r><w:t>deux</w:t></w:r></w:tc></w:tr>`), "un deux", ""},
		"a DOCX with a password is told":            {"application/octet-stream", "l.docx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("x", 600), "", "document is encrypted"},
		"a DOCX that is no archive is told":         {"application/octet-stream", "l.docx", "PK\x03\x04broken", "", "text of a document cannot be read"},
		"a DOCX cut in its XML gives what is there": {"application/octet-stream", "l.docx", archive(t, "word/document.xml", `<w:document><w:p><w:r><w:t>un</w:t></w:r></w:p><w:p><w:`), "un", "text of a document cannot be read"},
		"an ODT is read":                            {"application/octet-stream", "l.odt", odt(t, `<text:tracked-changes><text:p>weg</text:p></text:tracked-changes><text:h>Objet</text:h><text:p>Je demande<text:s text:c="2"/><text:span>tout</text:span>.<text:line-break/>Marie</text:p>`), "Objet\nJe demande  tout.\nMarie", ""},
		"RTF is read":                               {"application/rtf", "l.rtf", `{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}{\*\generator x;}{\info{\author y}}\f0 Je demande l\'92effacement\par de \u233?t\'e9{\v caché}.\f1\'e4\'e0}`, "Je demande l’effacement\nde été.да", ""},
		"a text is read in its charset":             {"text/plain; charset=iso-8859-1", "l.txt", "donn\xe9es", "données", ""},
		"a page is read as one":                     {"text/html", "l.html", "<p>un<p style='display:none'>deux", "un", ""},
		"a text in UTF-16 is read":                  {"text/plain", "l.txt", "\xFF\xFEu\x00n\x00", "un", ""},
		"a file of the old Word is told":            {"application/msword", "l.doc", "\xD0\xCF\x11\xE0", "", "text of a document cannot be read"},
		"a picture is only named":                   {"image/jpeg", "id.jpg", "\xFF\xD8", "", ""},
		"a list of data is only named":              {"text/csv", "l.csv", "a;b", "", ""},
		"a document too large is told":              {pdfType, "l.pdf", drawn("BT /F 12 Tf (un) Tj ET") + strings.Repeat(" ", 5<<20), "", "text of a document cannot be read"},
		"long text is cut, which is told":           {"text/plain", "l.txt", strings.Repeat("abcdefg ", 10000), strings.TrimSpace(strings.Repeat("abcdefg ", 8192)), "text of a document cut"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := attached([3]string{tc.kind, tc.file, tc.bytes})
			m := mail.Parse(raw, trust)
			sound(t, raw, m)
			want := "Voir ma lettre."
			if tc.want != "" {
				want += "\n\n" + mailbox.AttachmentLine(tc.file) + "\n\n" + tc.want
			}
			if m.Text != want {
				t.Errorf("text %.300q\nwant %.300q", m.Text, want)
			}
			if len(m.Attachments) != 1 || m.Attachments[0].Name != tc.file {
				t.Errorf("attachments %+v", m.Attachments)
			}
			if tc.problem == "" && len(m.Problems) > 0 || tc.problem != "" && !slices.Contains(m.Problems, tc.problem) {
				t.Errorf("problems %q, want %q", m.Problems, tc.problem)
			}
		})
	}
	t.Run("documents share one bound, and those beyond it are told", func(t *testing.T) {
		long := [3]string{"text/plain", "a.txt", strings.Repeat("abcdefg ", 10000)}
		m := mail.Parse(attached(long, long, long), trust)
		if len(m.Text) > 129<<10 || !slices.Contains(m.Problems, "text of a document cannot be read") || len(m.Attachments) != 3 {
			t.Errorf("%d bytes, problems %q", len(m.Text), m.Problems)
		}
		m = mail.Parse(attached(slices.Repeat([][3]string{{"text/plain", "a.txt", "x"}}, 11)...), trust)
		if !slices.Contains(m.Problems, "more than 10 documents") || strings.Count(m.Text, mailbox.AttachmentLine("a.txt")) != 10 {
			t.Errorf("problems %q", m.Problems)
		}
	})
	t.Run("a letter that is the whole mail is read", func(t *testing.T) {
		m := mail.Parse([]byte("From: a@example.org\r\nContent-Type: application/pdf; name=l.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString([]byte(pdf(t, true, true, demand)))), trust)
		if m.Text != mailbox.AttachmentLine("l.pdf")+"\n\n"+demand || len(m.Problems) > 0 {
			t.Errorf("text %q, problems %q", m.Text, m.Problems)
		}
	})
	t.Run("a name cannot break its line", func(t *testing.T) {
		m := mail.Parse(attached([3]string{"text/plain", "a=?utf-8?q?=0A=0Ab?=.txt", "x"}), trust)
		if lines := strings.Split(m.Text, "\n"); len(lines) != 5 || !mailbox.IsAttachmentLine(lines[2]) {
			t.Errorf("text %q", m.Text)
		}
	})
}

// objectStream is a PDF whose objects are packed, as programs of today write it.
func objectStream() string {
	inner := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", "<</Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding>>"}
	index, body := "", ""
	for i, n := range []int{1, 2, 3, 5} {
		index += fmt.Sprintf("%d %d ", n, len(body))
		body += inner[i] + " "
	}
	s, c := packed(index+body), packed("BT /F 12 Tf 50 700 Td (un) Tj ET")
	return fmt.Sprintf("%%PDF-1.7\n7 0 obj <</Type/ObjStm/N 4/First %d/Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj\n4 0 obj <</Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj\n%%%%EOF", len(index), len(s), s, len(c), c)
}

// hostileDocuments are files made to break a reader, each a name and its bytes.
func hostileDocuments(t testing.TB) map[string][2]string {
	zeros := strings.Repeat("\x00", 16<<20)
	spaces := packed(strings.Repeat(" ", 40<<20))
	deep := func(open string) string { return drawn(strings.Repeat(open, 1<<20) + "(x) Tj") }
	many := []string{}
	for i := range 3000 {
		many = append(many, fmt.Sprintf("%d.xml", i), "x")
	}
	forms := ""
	for i := range 5 {
		forms += fmt.Sprintf("%d 0 obj <</Subtype/Form/Resources<</XObject<</X %d 0 R>>>>/Length 3000>> stream\n%s\nendstream endobj\n", 6+i, 7+i, strings.Repeat("/X Do ", 500))
	}
	kids := "2 0 obj <</Type/Pages/Kids[" + strings.Repeat("2 0 R 3 0 R ", 50000) + "]>> endobj"
	return map[string][2]string{
		"a PDF that inflates without end":         {"a.pdf", drawn("", fmt.Sprintf("4 0 obj <</Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj", len(spaces), spaces))},
		"a PDF inflated twice":                    {"a.pdf", drawn("", fmt.Sprintf("4 0 obj <</Filter[/FlateDecode/FlateDecode]/Length %d>> stream\n%s\nendstream endobj", len(packed(spaces)), packed(spaces)))},
		"arrays in arrays":                        {"a.pdf", deep("[")},
		"dictionaries in dictionaries":            {"a.pdf", deep("<</A")},
		"brackets in strings":                     {"a.pdf", deep("(")},
		"an object that is itself":                {"a.pdf", "%PDF-1.4\n1 0 obj 1 0 R endobj 2 0 obj <</Type/Catalog/Pages 1 0 R>> endobj"},
		"a page that is its own parent and child": {"a.pdf", drawn("", kids)},
		"forms that draw forms":                   {"a.pdf", drawn(strings.Repeat("/X Do ", 500), forms)},
		"a form that draws itself":                {"a.pdf", drawn("/X Do", "6 0 obj <</Subtype/Form/Resources<</XObject<</X 6 0 R>>>>/Length 11>> stream\n/X Do /X Do\nendstream endobj")},
		"a length that is its own stream":         {"a.pdf", drawn("", "4 0 obj <</Length 4 0 R>> stream\nx\nendstream endobj")},
		"streams without an end":                  {"a.pdf", drawn(strings.Repeat("/X Do ", 1000), strings.Repeat("6 0 obj <</Subtype/Form>> stream\n", 50000))},
		"a hundred thousand objects":              {"a.pdf", drawn("", strings.Repeat("9 0 obj", 700000))},
		"numbers of objects that grow":            {"a.pdf", "%PDF-1.4" + numbered(150000)},
		"tables of codes without end": {"a.pdf", strings.Replace(drawn("BT /F 1 Tf (x) Tj ET", fmt.Sprintf("8 0 obj <</Length 1>> stream\n%s\nendstream endobj",
			strings.Repeat("1 beginbfrange <0000> <FFFF> <0000> endbfrange ", 100000))), "/WinAnsiEncoding", "/WinAnsiEncoding/ToUnicode 8 0 R", 1)},
		"widths without end":           {"a.pdf", strings.Replace(drawn("BT /F 1 Tf (x) Tj ET"), "/Type1", "/Type0/DescendantFonts[<</W["+strings.Repeat("0 1000000000 1 ", 100000)+"]>>]", 1)},
		"fonts without end":            {"a.pdf", drawn(strings.Repeat("/F 1 Tf ", 500000))},
		"text without end":             {"a.pdf", drawn("BT /F 1 Tf " + strings.Repeat("(abcdefgh) Tj ", 300000))},
		"numbers that are none":        {"a.pdf", drawn("BT /F 1e999 Tf 1e308 0 0 1e308 1e308 1e308 Tm (x) Tj 99999999999999999999 Tc (x) Tj nan inf -.-5 Tm (x) Tj")},
		"an image without an end":      {"a.pdf", drawn(strings.Repeat("BI ID ", 200000))},
		"comments without an end":      {"a.pdf", drawn(strings.Repeat("%", 1<<20))},
		"a DOCX that inflates to much": {"a.docx", archive(t, "word/document.xml", "<w:t>"+zeros)},
		"a DOCX of open elements":      {"a.docx", archive(t, "word/document.xml", strings.Repeat("<w:p>", 1<<20))},
		"a DOCX of attributes":         {"a.docx", archive(t, "word/document.xml", "<w:t "+strings.Repeat("a='b' ", 1<<20))},
		"a DOCX of entities":           {"a.docx", archive(t, "word/document.xml", `<!DOCTYPE x [<!ENTITY a "`+strings.Repeat("b", 1000)+`"><!ENTITY b "&a;&a;&a;&a;">]><w:t>`+strings.Repeat("&b;", 100000)+"</w:t>")},
		"a DOCX of many files":         {"a.docx", archive(t, many...)},
		"an ODT of spaces":             {"a.odt", odt(t, "<text:p>"+strings.Repeat(`<text:s text:c="2000000000"/>`, 100000)+"x</text:p>")},
		"RTF of groups":                {"a.rtf", `{\rtf1 ` + strings.Repeat("{", 1<<20) + "x"},
		"RTF of ends":                  {"a.rtf", `{\rtf1 ` + strings.Repeat("}", 1<<20) + "x"},
		"RTF of bytes":                 {"a.rtf", `{\rtf1 \bin2000000000 x\bin-5 y` + strings.Repeat(`\'`, 100000)},
		"RTF of code pages":            {"a.rtf", `{\rtf1 ` + strings.Repeat(`\ansicpg932 \'81\ansicpg65000 +`, 50000)},
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n%d 0 obj <<>> endobj", i)
	}
	return b.String()
}

func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for name, f := range hostileDocuments(t) {
		t.Run(name, func(t *testing.T) {
			raw := attached([3]string{"application/octet-stream", f[0], f[1]})
			m := mail.Parse(raw, trust)
			sound(t, raw, m)
			if !strings.HasPrefix(m.Text, "Voir ma lettre.") || len(m.Text) > 70<<10 || len(m.Attachments) != 1 {
				t.Errorf("text of %d bytes, attachments %+v", len(m.Text), m.Attachments)
			}
			if len(m.Problems) == 0 && !strings.Contains(m.Text, "Attachment") {
				t.Error("words were lost and nobody told")
			}
		})
	}
}

func FuzzDocument(f *testing.F) {
	for _, d := range hostileDocuments(f) {
		f.Add(d[0], []byte(d[1][:min(len(d[1]), 800)]))
	}
	f.Add("a.pdf", []byte(objectStream()))
	f.Add("a.pdf", []byte(drawn("BT /F 12 Tf 14 TL 50 700 Td (un) Tj <20E0> ' [(a) 3 (b)] TJ ET q 1 0 0 1 2 3 cm Q /X Do", "6 0 obj <</Subtype/Form/Matrix[1 0 0 1 0 0]/Length 3>> stream\nabc\nendstream endobj")))
	f.Add("a.docx", []byte(docx(f, "<w:p><w:r><w:t>x</w:t></w:r></w:p>")))
	f.Add("a.odt", []byte(odt(f, "<text:p>x<text:s/></text:p>")))
	f.Add("a.rtf", []byte(`{\rtf1\ansi\ansicpg932\fromhtml1{\fonttbl{\f1\fcharset204 x;}}{\*\htmltag64 <p>}\f1\'e4\u233?\htmlrtf x\htmlrtf0 y}`))
	f.Add("a.txt", []byte("x"))
	f.Add("a.html", []byte("<p>x"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		name = strings.Map(func(r rune) rune {
			if r < ' ' || r == '"' || r == '\\' {
				return '_'
			}
			return r
		}, name)
		raw := attached([3]string{"application/octet-stream", name, string(b)})
		sound(t, raw, mail.Parse(raw, trust))
	})
}
