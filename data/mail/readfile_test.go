package mail_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"greffier/data/mail"
)

func TestDocumentsAreReadByTheirEnding(t *testing.T) {
	var docx bytes.Buffer
	z := zip.NewWriter(&docx)
	f, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Photos deleted after 60 days.</w:t></w:r></w:p></w:body></w:document>`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string // "" for what cannot be read
	}{
		{"policy.docx", docx.Bytes(), "Photos deleted after 60 days."},
		{"policy.html", []byte("<script>x</script><p>Vos photos sont supprimées.</p>"), "Vos photos sont supprimées."},
		{"policy.md", []byte("# Privacy\n\nWe delete photos."), "We delete photos."},
		{"policy.TXT", []byte("Nous r\xe9pondons."), "Nous répondons."},
		{"policy.doc", []byte("\xd0\xcf\x11\xe0"), ""},
		{"policy.docx", []byte("no archive"), ""},
		{"policy", []byte("text"), ""},
		{"policy.txt", nil, ""},
		{"policy.txt", []byte("\x00\x01\x02"), ""},
	} {
		got, err := mail.DocumentText(c.name, c.b)
		if c.want == "" && !errors.Is(err, mail.ErrUnreadable) || c.want != "" && (err != nil || !strings.Contains(got, c.want) || strings.Contains(got, "<")) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}
