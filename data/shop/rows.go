package shop

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxRowBytes bounds one row, so that a quotation mark that is opened and
// never closed swallows neither the memory nor the rest of the file.
const maxRowBytes = 256 << 10

// rowFault says why a row could not be split into fields.
type rowFault int

const (
	rowGood rowFault = iota
	rowQuote
	rowTooLong
	rowCut
	rowNUL
)

func (f rowFault) String() string {
	return [...]string{
		"",
		"quotation marks do not match; the row is not read",
		"the row is longer than any order can be; it is not read",
		"the file ends in the middle of this row (half-written?); it is not read",
		"the row contains NUL bytes (damaged file?); it is not read",
	}[f]
}

// row is one record of the file. Its fields are valid until the next one is read.
type row struct {
	line   int // first physical line, from 1
	fields [][]byte
	fault  rowFault
	// latin tells that the bytes are not UTF-8 and are to be read as
	// Windows-1252; wide that they are UTF-8 beyond ASCII.
	latin, wide bool
	// open tells that no line end follows: the file stops here.
	open bool
}

// text returns field i as a string, decoded.
func (r *row) text(i int) string {
	if i < 0 || i >= len(r.fields) {
		return ""
	}
	if r.latin {
		// The decoder maps each byte to a character and cannot fail.
		b, _ := charmap.Windows1252.NewDecoder().Bytes(r.fields[i])
		return string(b)
	}
	return string(r.fields[i])
}

// rowReader splits a delimited file into rows. The standard reader is not used
// because one stray quotation mark makes it read to the end of the file: here
// a row that does not end within bounds is given up and reading goes on with
// the next physical line.
type rowReader struct {
	src        io.Reader
	buf        []byte
	start, end int
	eof        bool
	line       int // number of the physical line at start
	delim      byte
	eol        byte // '\n', or '\r' for files that have nothing else
	fields     [][]byte
	scratch    []byte
}

func newRowReader(src io.Reader) *rowReader {
	return &rowReader{src: src, buf: make([]byte, 2*maxRowBytes), line: 1, delim: ',', eol: '\n'}
}

// fill reads more of the file behind what is not yet consumed.
func (r *rowReader) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	for tries := 0; ; tries++ {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if err == io.EOF {
			r.eof = true
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
		if tries == 100 {
			return io.ErrNoProgress
		}
	}
}

// ahead fills the buffer up to n bytes or the end of the file and returns what
// is there.
func (r *rowReader) ahead(n int) ([]byte, error) {
	for r.end-r.start < n && !r.eof {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	return r.buf[r.start:min(r.end, r.start+n)], nil
}

// next returns the next row that is not empty, or io.EOF.
func (r *rowReader) next() (row, error) {
	for {
		b := r.buf[r.start:r.end]
		if len(b) == 0 {
			if r.eof {
				return row{}, io.EOF
			}
			if err := r.fill(); err != nil {
				return row{}, err
			}
			continue
		}
		n, lines, fault, done := r.split(b)
		if !done {
			if len(b) < maxRowBytes {
				if err := r.fill(); err != nil {
					return row{}, err
				}
				continue
			}
			fault = rowQuote
			if bytes.IndexByte(b, r.eol) < 0 {
				fault = rowTooLong
			}
		}
		at := row{line: r.line, fault: fault}
		if fault != rowGood {
			last, err := r.skipLine()
			if err != nil {
				return row{}, err
			}
			if last && fault == rowQuote {
				at.fault = rowCut
			}
			return at, nil
		}
		raw := b[:n]
		r.start += n
		r.line += lines
		if len(raw) > maxRowBytes {
			at.fault = rowTooLong
			return at, nil
		}
		if bytes.IndexByte(raw, 0) >= 0 {
			at.fault = rowNUL
			return at, nil
		}
		if blank(r.fields) {
			continue
		}
		at.fields = r.fields
		at.open = raw[len(raw)-1] != r.eol
		for _, c := range raw {
			if c >= utf8.RuneSelf {
				at.wide = utf8.Valid(raw)
				at.latin = !at.wide
				break
			}
		}
		return at, nil
	}
}

// split cuts the first row of b into r.fields. It returns the bytes and
// physical lines that it takes. done is false when b ends before the row does
// and more of the file may follow.
func (r *rowReader) split(b []byte) (n, lines int, fault rowFault, done bool) {
	r.fields = r.fields[:0]
	i := bytes.IndexByte(b, r.eol)
	if i < 0 && !r.eof {
		return 0, 0, rowGood, false
	}
	line, n := b, len(b)
	if i >= 0 {
		line, n = b[:i], i+1
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.splitQuoted(b)
	}
	line = bytes.TrimSuffix(line, []byte{'\r'})
	for {
		j := bytes.IndexByte(line, r.delim)
		if j < 0 {
			r.fields = append(r.fields, line)
			return n, 1, rowGood, true
		}
		r.fields = append(r.fields, line[:j])
		line = line[j+1:]
	}
}

// splitQuoted does the same for a row with quotation marks (RFC 4180). A mark
// inside a field that does not begin with one is taken as it stands.
func (r *rowReader) splitQuoted(b []byte) (n, lines int, fault rowFault, done bool) {
	r.scratch = r.scratch[:0]
	if cap(r.scratch) < len(b) {
		// Fields point into scratch, so it must not move while it grows.
		r.scratch = make([]byte, 0, cap(r.buf))
	}
	i := 0
	for {
		if i < len(b) && b[i] == '"' {
			from := len(r.scratch)
			for i++; ; {
				j := bytes.IndexByte(b[i:], '"')
				if j < 0 {
					return 0, 0, rowQuote, r.eof
				}
				lines += bytes.Count(b[i:i+j], []byte{r.eol})
				r.scratch = append(r.scratch, b[i:i+j]...)
				i += j + 1
				if i == len(b) && !r.eof {
					return 0, 0, rowGood, false
				}
				if i < len(b) && b[i] == '"' {
					r.scratch = append(r.scratch, '"')
					i++
					continue
				}
				break
			}
			r.fields = append(r.fields, r.scratch[from:len(r.scratch):len(r.scratch)])
			if i < len(b) && b[i] == '\r' && r.eol == '\n' {
				if i+1 == len(b) && !r.eof {
					return 0, 0, rowGood, false
				}
				i++
			}
			switch {
			case i == len(b):
				return i, lines + 1, rowGood, true
			case b[i] == r.eol:
				return i + 1, lines + 1, rowGood, true
			case b[i] == r.delim:
				i++
				continue
			}
			return 0, 0, rowQuote, true
		}
		j := i
		for j < len(b) && b[j] != r.delim && b[j] != r.eol {
			j++
		}
		if j == len(b) && !r.eof {
			return 0, 0, rowGood, false
		}
		field := b[i:j]
		if j == len(b) || b[j] == r.eol {
			r.fields = append(r.fields, bytes.TrimSuffix(field, []byte{'\r'}))
			return min(j+1, len(b)), lines + 1, rowGood, true
		}
		r.fields = append(r.fields, field)
		i = j + 1
	}
}

// skipLine passes over the rest of the physical line, however long, and tells
// whether it was the last one of the file.
func (r *rowReader) skipLine() (last bool, err error) {
	for {
		if j := bytes.IndexByte(r.buf[r.start:r.end], r.eol); j >= 0 {
			r.start += j + 1
			r.line++
			return r.eof && r.start == r.end, nil
		}
		r.start = r.end
		if r.eof {
			return true, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
}

// blank tells whether a row says nothing: spreadsheets leave such rows behind.
func blank(fields [][]byte) bool {
	for _, f := range fields {
		if len(bytes.TrimSpace(f)) > 0 {
			return false
		}
	}
	return true
}
