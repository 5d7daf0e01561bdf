package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"greffier/app/register"
)

// CSV writes the main table of a document: a header of column keys, then a line
// a record, in UTF-8 with the line ends of RFC 4180. Values are those for
// machines (register.Cell.Machine). A cell that a spreadsheet would run as a
// formula begins with an apostrophe.
//
// It returns ErrNoTable when the document has no main table, and the writer's
// error.
func CSV(w io.Writer, d register.Document, opt Options) error {
	t := mainTable(d)
	if t == nil {
		return fmt.Errorf("write %s as CSV: %w", d.Name, ErrNoTable)
	}
	out := bufio.NewWriter(w)
	if opt.BOM {
		out.WriteString("\ufeff")
	}
	comma := byte(',')
	if opt.Semicolon {
		comma = ';'
	}
	record := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				out.WriteByte(comma)
			}
			writeCell(out, c)
		}
		out.WriteString("\r\n")
	}
	cells := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = c.Key
	}
	record(cells)
	for _, r := range t.Rows {
		for i := range cells {
			cells[i] = ""
			if i < len(r) {
				cells[i] = r[i].Machine()
			}
		}
		record(cells)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write %s as CSV: %w", d.Name, err)
	}
	return nil
}

func mainTable(d register.Document) *register.Table {
	if d.Main < 0 || d.Main >= len(d.Sections) {
		return nil
	}
	return d.Sections[d.Main].Table
}

// writeCell quotes a cell wherever a reader with another separator, or none,
// could take a part of it for a cell of its own.
func writeCell(out *bufio.Writer, s string) {
	s = harmless(s)
	if s == "" {
		return
	}
	if !strings.ContainsAny(s, ",;\t\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		out.WriteString(s)
		return
	}
	out.WriteByte('"')
	out.WriteString(strings.ReplaceAll(s, `"`, `""`))
	out.WriteByte('"')
}

// harmless makes a value valid UTF-8 without control characters, and puts an
// apostrophe before what a spreadsheet would run: a value, after any space,
// that begins with = + - @, or their full-width, small or mathematical forms,
// or a tab or line end.
func harmless(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, string(substitute)), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	// Judged last: what was dropped may have hidden the first sign.
	for _, r := range s {
		if unicode.In(r, unicode.Zs, unicode.Cf) {
			continue
		}
		if strings.ContainsRune("=+-@\t\n＝＋－＠−﹢﹣﹦﹫", r) {
			return "'" + s
		}
		break
	}
	return s
}
