package main

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// commands tells whether a character could mean something to a terminal, or
// turn the direction of what stands beside it.
func commands(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x61c || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// plainWriter is standard output. Of what a terminal would obey only ends of
// lines and tabs pass. In JSON, where such a character can only stand in a
// string, it is written as an escape, so that nothing of the data is lost.
type plainWriter struct {
	to   io.Writer
	json *bool
}

func (p *plainWriter) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b))
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			out = utf8.AppendRune(out, utf8.RuneError)
		case r == '\n' || r == '\t' || !commands(r):
			out = append(out, rest[:n]...)
		case *p.json:
			out = fmt.Appendf(out, "\\u%04x", r)
		default:
			out = append(out, ' ')
		}
		rest = rest[n:]
	}
	if _, err := p.to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
