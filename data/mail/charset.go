package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode/utf32"
)

// errCharset says that a charset has no known decoder.
var errCharset = errors.New("unknown charset")

// charsets are names that mail uses in another sense than the tables of the
// library, or that those tables do not have. What calls itself Latin-1 is
// Windows-1252, which has the signs between 0x80 and 0x9F that people type, and
// GB2312 is its superset: the WHATWG's Encoding Standard says the same.
var charsets = map[string]encoding.Encoding{
	"iso-8859-1": charmap.Windows1252, "iso8859-1": charmap.Windows1252, "iso_8859-1": charmap.Windows1252, "latin1": charmap.Windows1252,
	"l1": charmap.Windows1252, "latin-1": charmap.Windows1252, "ansi": charmap.Windows1252, "cp-1252": charmap.Windows1252,
	"iso8859-15": charmap.ISO8859_15, "latin-9": charmap.ISO8859_15, "latin9": charmap.ISO8859_15,
	"cp-850": charmap.CodePage850, "ibm858": charmap.CodePage858, "cp858": charmap.CodePage858, "cp-437": charmap.CodePage437,
	"gb2312": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "cp936": simplifiedchinese.GB18030, "x-gbk": simplifiedchinese.GB18030,
	"cp932": japanese.ShiftJIS, "ms932": japanese.ShiftJIS, "x-ms-cp932": japanese.ShiftJIS, "cp50220": japanese.ISO2022JP, "iso-2022-jp-1": japanese.ISO2022JP, "iso-2022-jp-ms": japanese.ISO2022JP,
	"cp949": korean.EUCKR, "ms949": korean.EUCKR,
	"utf-32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf-32be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
}

// noCharset are names that say nothing, or no more than UTF-8 does.
var noCharset = map[string]bool{
	"": true, "utf-8": true, "utf8": true, "us-ascii": true, "ascii": true, "utf-8mb4": true, "utf8mb4": true, "cp65001": true,
	"unknown-8bit": true, "x-unknown": true, "unknown": true, "default_charset": true, "default": true, "8bit": true, "binary": true, "ansi_x3.4-1968": true,
}

// sevenBit are charsets whose text is ASCII bytes that mean something else.
func sevenBit(name string) bool {
	return strings.Contains(name, "utf-7") || strings.HasPrefix(name, "iso-2022-") || strings.HasPrefix(name, "csiso2022") ||
		strings.HasPrefix(name, "hz-") || name == "cp50220" || strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32")
}

// charsetReader gives the text of a charset in UTF-8.
func charsetReader(name string, r io.Reader) (io.Reader, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "utf-7", "utf7", "unicode-1-1-utf-7", "unicode-2-0-utf-7", "cp65000", "x-utf-7":
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		return strings.NewReader(utf7(b)), nil
	}
	if enc := charsets[name]; enc != nil {
		return enc.NewDecoder().Reader(r), nil
	}
	out, err := charset.Reader(name, r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCharset, err)
	}
	return out, nil
}

// wronglyDeclared tells that bytes which claim another charset are UTF-8: text
// of an older charset is hardly ever valid UTF-8 by chance.
func wronglyDeclared(name string, b []byte) bool {
	if sevenBit(name) || !utf8.Valid(b) {
		return false
	}
	need := 1
	if !strings.HasPrefix(name, "iso") && !strings.HasPrefix(name, "windows-") && !strings.HasPrefix(name, "cp125") && !strings.HasPrefix(name, "latin") {
		need = 6 // two bytes of an Asian charset may look like it
	}
	n := 0
	for i := 0; i < len(b) && n < need; {
		_, size := utf8.DecodeRune(b[i:])
		if size > 1 {
			n++
		}
		i += size
	}
	return n >= need
}

// utf7 decodes UTF-7 (RFC 2152). What is no UTF-7 stays as it is.
func utf7(b []byte) string {
	var out strings.Builder
	out.Grow(len(b))
	for len(b) > 0 {
		i := bytes.IndexByte(b, '+')
		if i < 0 {
			i = len(b)
		}
		text, _ := asUTF8(b[:i])
		out.WriteString(text)
		if b = b[i:]; len(b) == 0 {
			break
		}
		b = b[1:]
		n := 0
		for n < len(b) && isBase64(b[n]) {
			n++
		}
		if n == 0 {
			out.WriteByte('+')
			if len(b) > 0 && b[0] == '-' {
				b = b[1:]
			}
			continue
		}
		// Bits that make no whole unit are padding; a lone last digit is none.
		raw := make([]byte, base64.RawStdEncoding.DecodedLen(n))
		got, _ := base64.RawStdEncoding.Decode(raw, b[:n])
		units := make([]uint16, got/2)
		for j := range units {
			units[j] = uint16(raw[2*j])<<8 | uint16(raw[2*j+1])
		}
		out.WriteString(string(utf16.Decode(units)))
		if b = b[n:]; len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	return out.String()
}

// isBase64 tells whether c is of the alphabet of RFC 2045, 6.8.
func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// codePage is the charset of a Windows code page, "" for one that is not known.
func codePage(n int) string {
	switch n {
	case 0, 1252, 20127, 28591:
		return "windows-1252"
	case 65001:
		return "utf-8"
	case 65000:
		return "utf-7"
	case 437, 850, 852, 855, 858, 860, 862, 863, 865, 866:
		return fmt.Sprintf("ibm%d", n)
	case 874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258:
		return fmt.Sprintf("windows-%d", n)
	case 932:
		return "shift_jis"
	case 936, 54936:
		return "gb18030"
	case 949, 51949:
		return "euc-kr"
	case 950:
		return "big5"
	case 1200:
		return "utf-16le"
	case 10000:
		return "macintosh"
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 51932:
		return "euc-jp"
	}
	if n >= 28592 && n <= 28605 {
		return fmt.Sprintf("iso-8859-%d", n-28590)
	}
	return ""
}
