package effects

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"greffier/app/order"
)

// ErrList says that a file is no list of addresses.
var ErrList = errors.New("the file is no list of addresses")

const (
	maxListBytes = 64 << 20
	maxListRows  = 500_000
	maxListBad   = 1000 // problems that are told; the rest is counted by the reader's caller
)

// Row is one line of a list of unsubscribed addresses.
type Row struct {
	Line  int
	Email string // normalised
	Phone string // normalised
}

// emailColumns and phoneColumns are what newsletter tools call their columns,
// in small letters.
var (
	emailColumns = []string{"email", "e-mail", "mail", "email address", "e-mail address", "emailaddress", "email_address", "subscriber", "adresse e-mail", "adresse email", "adresse mail", "courriel", "adresse électronique"}
	phoneColumns = []string{"phone", "phone number", "telephone", "téléphone", "sms", "mobile", "portable", "numéro de téléphone"}
)

// ReadList reads the addresses of a list that a newsletter tool exports: CSV
// with comma, semicolon or tab, with a header that names a column of addresses
// (or of telephone numbers), or one address a line. name is the file's name for
// the problems, which name lines and nothing personal. A line that cannot be
// read is a problem and the others go on. ErrList says that nothing can be read
// at all.
func ReadList(name string, r io.Reader) (rows []Row, bad []order.Problem, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxListBytes+1))
	if err != nil {
		return nil, nil, err
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if len(raw) > maxListBytes || len(bytes.TrimSpace(raw)) == 0 || bytes.IndexByte(raw, 0) >= 0 {
		return nil, nil, fmt.Errorf("read %s: %w", name, ErrList)
	}
	if !utf8.Valid(raw) {
		raw = latin1(raw)
	}
	problem := func(line int, what string) {
		if len(bad) < maxListBad {
			bad = append(bad, order.Problem{Where: fmt.Sprintf("%s line %d", name, line), What: what})
		}
	}
	c := csv.NewReader(bytes.NewReader(raw))
	c.Comma, c.FieldsPerRecord, c.LazyQuotes, c.TrimLeadingSpace = comma(raw), -1, true, true
	email, phone := 0, -1
	headed := false
	seen := map[string]bool{}
	for first := true; len(rows) < maxListRows; first = false {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				return nil, nil, fmt.Errorf("read %s: %w", name, ErrList)
			}
			problem(pe.StartLine, "this line is no CSV")
			continue
		}
		if first {
			if e, p, ok := columns(rec); ok {
				email, phone, headed = e, p, true
				continue
			}
			if len(rec) > 1 && Address(unguard(rec[0])) == "" {
				return nil, nil, fmt.Errorf("read %s: %w", name, ErrList)
			}
		}
		if len(rec) == 1 && strings.TrimSpace(rec[0]) == "" {
			continue
		}
		x := Row{Line: line}
		if email >= 0 && email < len(rec) {
			x.Email = Address(unguard(rec[email]))
		}
		if phone >= 0 && phone < len(rec) {
			x.Phone = Telephone(unguard(rec[phone]))
		}
		switch {
		case x.Email == "" && x.Phone == "":
			problem(line, "no address that could be read")
		case seen[x.Email+" "+x.Phone]:
		default:
			seen[x.Email+" "+x.Phone] = true
			rows = append(rows, x)
		}
	}
	if len(rows) == 0 && !headed {
		return nil, bad, fmt.Errorf("read %s: %w", name, ErrList)
	}
	return rows, bad, nil
}

// columns finds the columns of addresses and of numbers in a header.
func columns(rec []string) (email, phone int, ok bool) {
	find := func(names []string) int {
		return slices.IndexFunc(rec, func(s string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(s))) })
	}
	email, phone = find(emailColumns), find(phoneColumns)
	return email, phone, email >= 0 || phone >= 0
}

// comma guesses what separates the cells, from the first line.
func comma(raw []byte) rune {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range ";\t" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func latin1(raw []byte) []byte {
	var b bytes.Buffer
	for _, c := range raw {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}

// unguard takes off the mark that keeps a spreadsheet from reading a cell as a
// formula.
func unguard(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), "'") }

// guard keeps a spreadsheet from reading a cell as a formula.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// SHA256 is the hash by which many tools take addresses that they are not to be
// told: of the normalised address, in hexadecimal.
func SHA256(email string) string {
	h := sha256.Sum256([]byte(Address(email)))
	return hex.EncodeToString(h[:])
}

// Format is how the suppression list is written for a newsletter tool.
type Format string

// The formats of the list.
const (
	FormatCSV    Format = "csv"    // email, sha256, phone, uses, since
	FormatEmail  Format = "email"  // one column of addresses that want no e-mail
	FormatSHA256 Format = "sha256" // the same as hashes
)

// ErrFormat says that the list is not written in that format.
var ErrFormat = errors.New("the list is not written in this format")

// Blocked is an address or number with the uses that are stopped for it.
type Blocked struct {
	Email, Phone string
	Uses         []Use
	Since        string // YYYY-MM-DD
}

// WriteList writes the list, each address once. What begins like a formula gets
// a ' before it, as spreadsheets want it; its hash is that of the address
// itself. It returns how many lines it wrote, the header not counted; ErrFormat
// for another format.
func WriteList(w io.Writer, f Format, list []Blocked) (int, error) {
	if !slices.Contains([]Format{FormatCSV, FormatEmail, FormatSHA256}, f) {
		return 0, ErrFormat
	}
	out := bufio.NewWriter(w)
	c := csv.NewWriter(out)
	c.UseCRLF = true
	head := map[Format][]string{FormatCSV: {"email", "sha256", "phone", "uses", "since"}, FormatEmail: {"email"}, FormatSHA256: {"sha256"}}[f]
	if err := c.Write(head); err != nil {
		return 0, err
	}
	n := 0
	for _, b := range list {
		var rec []string
		hash := ""
		if b.Email != "" {
			hash = SHA256(b.Email)
		}
		switch {
		case f == FormatCSV:
			uses := make([]string, 0, len(b.Uses))
			for _, u := range b.Uses {
				uses = append(uses, string(u))
			}
			rec = []string{guard(b.Email), hash, guard(b.Phone), strings.Join(uses, " | "), b.Since}
		case b.Email == "" || !slices.Contains(b.Uses, Newsletter):
			continue
		case f == FormatEmail:
			rec = []string{guard(b.Email)}
		default:
			rec = []string{hash}
		}
		if err := c.Write(rec); err != nil {
			return n, err
		}
		n++
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return n, err
	}
	return n, out.Flush()
}
