package mail

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode"

	"greffier/app/mailbox"
)

// A request may be a letter that is attached: a PDF, a file of Word or
// LibreOffice, a text. Its words are read without any program of the sender's:
// no macro, no link, no picture, nothing loaded.

// The bounds of attached documents. Each reader of a format has bounds on its
// work, so that it ends soon whatever the bytes are.
const (
	maxDocuments     = 10
	maxDocumentBytes = 5 << 20
	maxDocumentText  = 64 << 10  // of one document
	maxDocumentsText = 128 << 10 // of all of them
	maxZipEntries    = 5000
	maxXMLBytes      = 8 << 20 // of the one file of an archive that is read
	maxXMLTokens     = 2_000_000
)

// The reasons why a document is not read.
var (
	errDocument  = errors.New("document cannot be read")
	errEncrypted = errors.New("document is encrypted")
)

// noText is what Problems tells when the words of a document stay unread.
const noText = "text of a document cannot be read"

// documentKind tells which reader a file needs: "pdf", "docx", "odt", "rtf",
// "text", "html", "unread" for a document that nobody here can read, "" for what
// is no letter.
func documentKind(ct, name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return "pdf"
	case ".docx", ".docm", ".dotx":
		return "docx"
	case ".odt", ".ott":
		return "odt"
	case ".rtf":
		return "rtf"
	case ".txt", ".text", ".md":
		return "text"
	case ".htm", ".html", ".xhtml":
		return "html"
	case ".doc", ".dot", ".pages", ".wpd", ".wps", ".xps", ".oxps", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".odp", ".fodt", ".epub", ".mht", ".mhtml", ".msg":
		return "unread"
	case ".csv", ".tsv", ".ics", ".vcf", ".asc", ".sig", ".p7s", ".log", ".xml", ".json", ".css", ".js", ".eml":
		return "" // data and signatures, whatever their type says
	}
	switch ct {
	case "application/pdf", "application/x-pdf":
		return "pdf"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12":
		return "docx"
	case "application/vnd.oasis.opendocument.text":
		return "odt"
	case "application/rtf", "text/rtf", "text/richtext", "application/x-rtf":
		return "rtf"
	case "text/plain":
		return "text"
	case "text/html", "application/xhtml+xml":
		return "html"
	case "application/msword", "application/vnd.ms-outlook":
		return "unread"
	}
	return ""
}

// document reads an attached document and keeps its words for the end of the
// message's text. What cannot be read is told.
func (p *parser) document(ct, name, charset string, b []byte) {
	kind := documentKind(ct, name)
	if kind == "" {
		return
	}
	if p.documents++; p.documents > maxDocuments {
		p.problem(fmt.Sprintf("more than %d documents", maxDocuments))
		return
	}
	if kind == "unread" || len(b) == 0 || len(b) > maxDocumentBytes || p.documentText <= 0 {
		p.problem(noText)
		return
	}
	text, whole, err := p.documentWords(kind, charset, b)
	if errors.Is(err, errEncrypted) {
		p.problem("document is encrypted")
	}
	text = strings.TrimSpace(cleanText(text))
	if err != nil || !whole || letters(text, 1) == 0 {
		p.problem(noText)
	}
	if letters(text, 1) == 0 {
		return
	}
	if max := min(maxDocumentText, p.documentText); len(text) > max {
		p.problem("text of a document cut")
		text = cut(text, max)
	}
	p.documentText -= len(text)
	p.attached = append(p.attached, mailbox.AttachmentLine(name)+"\n\n"+text)
}

// documentWords reads a document of that kind; whole is false where some of its
// words could not be read.
func (p *parser) documentWords(kind, charset string, b []byte) (text string, whole bool, err error) {
	// A file's bytes come from anybody. Should a reader have an error of its own,
	// the mail must be read all the same.
	defer func() {
		if recover() != nil {
			text, whole, err = "", false, errDocument
		}
	}()
	switch kind {
	case "pdf":
		return pdfText(b, &p.pdfWork)
	case "docx":
		return zipText(b, func(name string) bool {
			return strings.HasPrefix(name, "word/document") && strings.HasSuffix(name, ".xml")
		}, wordText)
	case "odt":
		return zipText(b, func(name string) bool { return name == "content.xml" }, openText)
	case "rtf":
		text, isHTML, err := rtfText(b)
		if isHTML {
			text, _ = htmlText(text)
		}
		return text, err == nil, err
	case "html":
		text, _ := htmlText(p.charset(b, charset, true))
		return text, true, nil
	}
	if bytes.IndexByte(b, 0) >= 0 && charset == "" {
		switch {
		case bytes.HasPrefix(b, []byte("\xFF\xFE")):
			charset = "utf-16le"
		case bytes.HasPrefix(b, []byte("\xFE\xFF")):
			charset = "utf-16be"
		default:
			return "", false, errDocument
		}
	}
	return p.charset(b, charset, false), true, nil
}

// zipText reads the one file of an archive that holds the words.
func zipText(b []byte, wanted func(name string) bool, read func(*words) error) (text string, whole bool, err error) {
	if bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")) {
		return "", false, errEncrypted // Office wraps an encrypted file so
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return "", false, fmt.Errorf("%w: %w", errDocument, err)
	}
	if len(z.File) > maxZipEntries {
		return "", false, errDocument
	}
	for _, f := range z.File {
		if !wanted(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", false, fmt.Errorf("%w: %w", errDocument, err)
		}
		defer r.Close()
		// The size that the archive tells is not believed: what is read counts.
		w := words{d: xml.NewDecoder(io.LimitReader(r, maxXMLBytes))}
		w.d.Strict = false
		w.d.CharsetReader = charsetReader
		err = read(&w)
		return w.b.String(), err == nil, nil
	}
	return "", false, errDocument
}

// words gathers the text of an XML document, token by token: a document's depth
// costs nothing.
type words struct {
	d      *xml.Decoder
	b      strings.Builder
	tokens int
}

// next gives the next token; io.EOF ends, errTooLong when enough was read.
func (w *words) next() (xml.Token, error) {
	if w.tokens++; w.tokens > maxXMLTokens || w.b.Len() > 2*maxDocumentText {
		return nil, errTooLong
	}
	return w.d.RawToken()
}

func xmlAttribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// wordText reads the body of a document of Word (ECMA-376, Part 1, 17): the
// runs of text, without what is deleted, hidden or a fallback of what was read.
func wordText(w *words) error {
	inText, vanished, fallback := false, false, 0
	for {
		t, err := w.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "Fallback":
				fallback++
			case "r":
				vanished = false
			case "vanish", "specVanish":
				v := xmlAttribute(t, "val")
				vanished = v != "0" && v != "false" && v != "off"
			case "t":
				inText = t.Name.Space == "w" || t.Name.Space == ""
			case "tab":
				w.b.WriteByte('\t')
			case "br", "cr":
				w.b.WriteByte('\n')
			case "noBreakHyphen":
				w.b.WriteByte('-')
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "Fallback":
				fallback = max(0, fallback-1)
			case "t":
				inText = false
			case "r":
				vanished = false
			case "p":
				w.b.WriteByte('\n')
			case "tc":
				w.b.WriteByte(' ')
			}
		case xml.CharData:
			if inText && !vanished && fallback == 0 {
				w.b.Write(t)
			}
		}
	}
}

// openText reads the body of a document of LibreOffice (OASIS OpenDocument 1.2,
// Part 1): paragraphs and headings, without changes that were undone and notes
// in the margin.
func openText(w *words) error {
	paragraphs, skip := 0, 0
	skipped := map[string]bool{"tracked-changes": true, "annotation": true, "automatic-styles": true, "scripts": true, "hidden-text": true, "binary-data": true}
	for {
		t, err := w.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			name := t.Name.Local
			switch {
			case skipped[name]:
				skip++
			case skip > 0:
			case name == "p" || name == "h":
				paragraphs++
			case name == "s":
				n, err := strconv.Atoi(xmlAttribute(t, "c"))
				if err != nil {
					n = 1
				}
				w.b.WriteString(strings.Repeat(" ", max(1, min(n, 20))))
			case name == "tab":
				w.b.WriteByte('\t')
			case name == "line-break":
				w.b.WriteByte('\n')
			}
		case xml.EndElement:
			name := t.Name.Local
			switch {
			case skipped[name]:
				skip = max(0, skip-1)
			case skip > 0:
			case name == "p" || name == "h":
				paragraphs = max(0, paragraphs-1)
				w.b.WriteByte('\n')
			case name == "table-cell":
				w.b.WriteByte(' ')
			}
		case xml.CharData:
			if paragraphs > 0 && skip == 0 {
				if s := strings.Join(strings.FieldsFunc(string(t), unicode.IsSpace), " "); s != "" {
					if startsWithSpace(string(t)) {
						s = " " + s
					}
					if endsWithSpace(string(t)) {
						s += " "
					}
					w.b.WriteString(s)
				} else if len(t) > 0 {
					w.b.WriteByte(' ')
				}
			}
		}
	}
}
