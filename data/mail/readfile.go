package mail

import (
	"errors"
	"strings"
)

// ErrUnreadable says that the words of a document cannot be read.
var ErrUnreadable = errors.New("the document cannot be read")

// DocumentText returns the words of a document by the ending of its name: a
// text, a page, a PDF, a file of Word or LibreOffice. Nothing in it is run or
// loaded. It returns ErrUnreadable for anything else, for what is too large or
// encrypted, and for what has no words.
func DocumentText(name string, b []byte) (string, error) {
	kind := documentKind("", name)
	if kind == "" || kind == "unread" || len(b) == 0 || len(b) > maxDocumentBytes {
		return "", ErrUnreadable
	}
	text, _, err := (&parser{budget: maxDecodeBytes, pdfWork: maxPDFWork}).documentWords(kind, "", b)
	text = strings.TrimSpace(cleanText(text))
	if err != nil || letters(text, 1) == 0 {
		return "", ErrUnreadable
	}
	return text, nil
}
