package register

import (
	"strings"
	"time"
	"unicode"
)

// Name names a register in commands and files.
type Name string

// The registers.
const (
	Processing Name = "processing"
	Processors Name = "processors"
	Requests   Name = "requests"
	Erasures   Name = "erasures"
	Retention  Name = "retention"
	Breaches   Name = "breaches"
	Trackers   Name = "trackers"
	Consents   Name = "consents"
	Policy     Name = "policy"
	DPIA       Name = "dpia"
	Findings   Name = "findings"
)

// Names lists the registers in the order of the dossier.
var Names = []Name{Processing, Processors, Requests, Erasures, Retention, Breaches, Trackers, Consents, Policy, DPIA, Findings}

// Controller is who answers for the processing (GDPR Art. 4(7)); printed on
// every document.
type Controller struct {
	Name     string `json:"name" toml:"name"`
	Address  string `json:"address" toml:"address"`
	Email    string `json:"email" toml:"email"`
	Site     string `json:"site" toml:"site"`
	Language string `json:"language" toml:"language"`
	TimeZone string `json:"time_zone" toml:"time_zone"`
	Phone    string `json:"phone,omitempty" toml:"phone,omitempty"`
	// Siren is the firm's number in the French register, of nine digits, or the
	// SIRET of fourteen; NAF the code of its activity, as "47.91A". The CNIL's forms
	// ask for both.
	Siren string `json:"siren,omitempty" toml:"siren,omitempty"`
	NAF   string `json:"naf,omitempty" toml:"naf,omitempty"`
	// Colour is the shop's own on paper, as "#1F5F5B"; "" is the program's.
	Colour string `json:"colour,omitempty" toml:"colour,omitempty"`
}

// Column is one column of a table. Key is the stable machine name (CSV header
// and JSON field); Title is in the document's language.
type Column struct {
	Key    string  `json:"key"`
	Title  string  `json:"title"`
	Weight float64 `json:"-"` // share of the width
	Right  bool    `json:"-"` // numbers
	// Detail says that paper prints the value under the row, with its title,
	// instead of in a column of its own: a register may have more columns than
	// a sheet has room for. CSV and JSON have it in its place.
	Detail bool `json:"-"`
	// Sheet says that paper prints the value on the record's own sheet, if at all.
	// CSV and JSON have it in its place.
	Sheet bool `json:"-"`
}

// Tone tells how a cell is shown. The word in the cell always says the same.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good       // kept, complete
	Warn       // at risk, to complete
	Bad        // broken, late
	Faint      // cannot tell, not applicable
)

// Cell is one value. Text is for people in the document's language; Value is
// for machines (an ISO date, a number, a stable word), Text when empty.
type Cell struct {
	Text  string `json:"text"`
	Value string `json:"value,omitempty"`
	Tone  Tone   `json:"-"`
}

// Machine returns what machines read.
func (c Cell) Machine() string {
	if c.Value != "" {
		return c.Value
	}
	return c.Text
}

// Table is rows under columns; every row has one cell per column.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Field is one labelled value of a sheet. Gap marks a value that the owner
// still has to give: printed as "to complete", never left blank in silence.
type Field struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Text  string `json:"text"`
	Gap   bool   `json:"gap,omitempty"`
}

// Section is a part of a document: words, then fields, then a table.
type Section struct {
	Key       string   `json:"key"`
	Title     string   `json:"title"`
	Words     []string `json:"words,omitempty"`
	Fields    []Field  `json:"fields,omitempty"`
	Table     *Table   `json:"table,omitempty"`
	Empty     string   `json:"-"` // said instead of a table without rows
	PageBreak bool     `json:"-"` // begins on a new page
	Level     int      `json:"-"` // 0 a section, 1 a section within the one before
	// Repeats says that the values stand in the register's own table too, where
	// gaps are counted.
	Repeats bool `json:"-"`
}

// Document is a register, certificate or dossier part, ready to be printed.
type Document struct {
	Name        string     `json:"name"` // register name, "certificate", …
	Lang        string     `json:"language"`
	Title       string     `json:"title"`
	Subtitle    string     `json:"subtitle,omitempty"`
	Controller  Controller `json:"controller"`
	MadeAt      time.Time  `json:"made_at"`
	Zone        string     `json:"time_zone"`
	JournalHead string     `json:"journal_head,omitempty"` // chain head when it was made
	Sections    []Section  `json:"sections"`
	// Main is the index of the section whose table is the register itself,
	// which CSV and JSON carry as records; -1 when there is none.
	Main int `json:"-"`
}

// Gaps counts the values that the owner still has to give.
func (d Document) Gaps() int {
	n := 0
	for _, s := range d.Sections {
		if s.Repeats {
			continue
		}
		for _, f := range s.Fields {
			if f.Gap {
				n++
			}
		}
		if s.Table != nil {
			for _, r := range s.Table.Rows {
				for _, c := range r {
					if c.Tone == Warn && c.Value == GapValue {
						n++
					}
				}
			}
		}
	}
	return n
}

// GapValue is the machine value of a cell that is still to be completed.
const GapValue = "to complete"

// ParseSiren reads a SIREN or SIRET, with or without spaces, and checks its last
// digit. "" is none.
func ParseSiren(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "", true
	}
	if len(s) != 9 && len(s) != 14 || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	sum, plain := 0, 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		plain += d
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	// The establishments of La Poste are the one exception of the register.
	return s, sum%10 == 0 || strings.HasPrefix(s, "356000000") && plain%5 == 0
}

// Identity is the controller's numbers as a line of the masthead, "" where none is
// known.
func (c Controller) Identity() string {
	var out []string
	if s, ok := ParseSiren(c.Siren); ok && s != "" {
		name := "SIREN"
		if len(s) == 14 {
			name = "SIRET"
		}
		written := s[:3] + "\u00a0" + s[3:6] + "\u00a0" + s[6:9]
		if len(s) == 14 {
			written += "\u00a0" + s[9:]
		}
		out = append(out, name+"\u00a0"+written)
	}
	if c.NAF != "" {
		out = append(out, "NAF\u00a0"+c.NAF)
	}
	return strings.Join(out, ", ")
}
