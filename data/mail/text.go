package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// asUTF8 turns bytes without a trustworthy charset into text: UTF-8 where they
// are, else Windows-1252, which is what mail programs of the West send when
// they forget to say. Where the bytes are plainly UTF-8 with damage, only the
// damage is replaced.
func asUTF8(b []byte) (s string, guessed bool) {
	if utf8.Valid(b) {
		return string(b), false
	}
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	if good > bad {
		return strings.ToValidUTF8(string(b), "\uFFFD"), true
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), true
	}
	return string(out), true
}

// unseen tells whether a rune shows nothing or reorders what is shown: bidi
// overrides, zero-width characters, tags, fillers. They serve to hide words
// from people or from filters.
func unseen(r rune) bool {
	switch {
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x3164, r == 0xFFA0, r == 0xFFFC:
		return true
	case r >= 0xE0000 && r <= 0xE0FFF:
		return true
	case r >= 0x0600 && r <= 0x0605, r == 0x06DD, r == 0x070F, r == 0x0890, r == 0x0891, r == 0x08E2:
		return false // signs of numbering that are visible though of class Cf
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r&0xFFFE == 0xFFFE
}

// cleanText makes text safe to read: valid UTF-8 in NFC, lines ended by \n, no
// control characters but \n and \t, nothing unseen.
func cleanText(s string) string {
	if isPlain(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r >= ' ' && r < 0x7F:
			b.WriteByte(byte(r))
		case r >= 0xC0 && r < 0x250: // letters of the West, the most there is
			b.WriteRune(r)
		case r == '\r':
			if i+1 >= len(s) || s[i+1] != '\n' {
				b.WriteByte('\n')
			}
		case r == '\n', r == '\t':
			b.WriteRune(r)
		case r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			b.WriteByte('\n')
		case unicode.IsControl(r), unseen(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isPlain tells whether s is ASCII that cleanText would leave as it is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x7F || c < 0x20 && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// cleanLine is cleanText for what must stay on one line of at most max bytes.
func cleanLine(s string, max int) string {
	s = cleanText(s)
	if strings.ContainsAny(s, "\n\t") || strings.Contains(s, "  ") {
		s = strings.Join(strings.Fields(s), " ")
	}
	return cut(strings.TrimSpace(s), max)
}

// cut shortens s to at most max bytes without splitting a rune.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

// unflow joins the soft line breaks of format=flowed (RFC 3676, 4) into the
// paragraphs that the sender typed. Quoted lines keep one ">" per level.
func unflow(s string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	open, openDepth := false, 0
	for line := range strings.SplitSeq(s, "\n") {
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		line = strings.TrimPrefix(line[depth:], " ") // space-stuffing
		signature := line == "-- "
		if open && (depth != openDepth || signature) {
			out.WriteByte('\n')
			open = false
		}
		if !open && depth > 0 {
			out.WriteString(strings.Repeat(">", min(depth, maxQuoteDepth)))
			out.WriteByte(' ')
		}
		soft := strings.HasSuffix(line, " ") && !signature
		if soft && delSp {
			line = line[:len(line)-1]
		}
		out.WriteString(line)
		open, openDepth = soft, depth
		if !soft {
			out.WriteByte('\n')
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// maxQuoteDepth is how many levels of quoting are still told apart.
const maxQuoteDepth = 10

// letters counts the letters and digits of s, up to max.
func letters(s string, max int) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if n++; n >= max {
				break
			}
		}
	}
	return n
}
