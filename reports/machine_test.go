package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"greffier/app/register"
	"greffier/reports"
)

func csvOf(t testing.TB, d register.Document, opt reports.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := reports.CSV(&out, d, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// oneCell is a document whose table has one row of two cells.
func oneCell(text string) register.Document {
	return register.Document{Name: "test", Sections: []register.Section{{Table: &register.Table{
		Columns: []register.Column{{Key: "a"}, {Key: "b"}},
		Rows:    [][]register.Cell{{{Text: text}, {Text: "fin"}}},
	}}}}
}

func TestCSVCellsCannotBecomeFormulas(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain words", "Amélie", "Amélie"},
		{"an equals sign", "=1+1", "'=1+1"},
		{"a plus sign", "+33 3 20 00 00 00", "'+33 3 20 00 00 00"},
		{"a minus sign", "-2", "'-2"},
		{"an at sign", "@SUM(A1)", "'@SUM(A1)"},
		{"a tab", "\t=1", "'\t=1"},
		{"a carriage return", "\r=1", "'\n=1"},
		{"a line feed", "\n=1", "'\n=1"},
		{"a formula behind spaces", "  =1", "'  =1"},
		{"a formula behind a NUL", "\x00=1", "'=1"},
		{"a formula behind a control character", "\x13+1", "'+1"},
		{"a full-width equals sign", "＝1", "'＝1"},
		{"a full-width plus sign", "＋1", "'＋1"},
		{"a full-width minus sign", "－1", "'－1"},
		{"a full-width at sign", "＠SUM(A1)", "'＠SUM(A1)"},
		{"a formula behind a no-break space", "\u00a0=1", "'\u00a0=1"},
		{"a formula behind a mark of direction", "\u200f=1", "'\u200f=1"},
		{"a minus sign of mathematics", "−1", "'−1"},
		{"a sign inside is left alone", "a=b", "a=b"},
		{"quotes and commas", `dit "oui", puis non`, `dit "oui", puis non`},
		{"line ends are line feeds", "un\r\ndeux", "un\ndeux"},
		{"invalid UTF-8 is marked", "a\xffb", "a\uFFFDb"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			records, err := csv.NewReader(strings.NewReader(csvOf(t, oneCell(tc.in), reports.Options{}))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if got := records[1][0]; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if records[1][1] != "fin" {
				t.Errorf("the next cell is %q", records[1][1])
			}
		})
	}
}

func TestCSVHasMachineValuesUnderStableKeys(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		records, err := csv.NewReader(strings.NewReader(csvOf(t, documents(t, lang)["requests"][0], reports.Options{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, key := range records[0] {
			row[key] = records[2][i]
		}
		for key, want := range map[string]string{
			"ref": "2", "received": "2026-08-31", "rights": "objection", "due": "2026-09-30", "state": "refused", "decision": "refused",
			"answered": "2026-10-02", "in_time": "no", "from_junk": "yes", "identity": "confirmed", "suspension_days": "0", "closed": "",
		} {
			if row[key] != want {
				t.Errorf("%s: %s = %q, want %q", lang, key, row[key], want)
			}
		}
	}
}

func TestCSVOptions(t *testing.T) {
	d := oneCell("a;b")
	if got, want := csvOf(t, d, reports.Options{BOM: true}), "\ufeffa,b\r\n\"a;b\",fin\r\n"; got != want {
		t.Errorf("with a byte order mark: %q, want %q", got, want)
	}
	if got, want := csvOf(t, d, reports.Options{Semicolon: true}), "a;b\r\n\"a;b\";fin\r\n"; got != want {
		t.Errorf("with semicolons: %q, want %q", got, want)
	}
	d.Main = -1
	if err := reports.CSV(new(bytes.Buffer), d, reports.Options{}); !errors.Is(err, reports.ErrNoTable) {
		t.Errorf("without a table: %v", err)
	}
}

func TestJSONIsTheRegisterForMachines(t *testing.T) {
	for name, docs := range documents(t, "fr") {
		for _, d := range docs {
			var out bytes.Buffer
			if err := reports.JSON(&out, d); err != nil {
				t.Fatal(err)
			}
			var got struct {
				Register    string
				Title       string
				Language    string
				Controller  map[string]string
				MadeAt      string `json:"made_at"`
				JournalHead string `json:"journal_head"`
				Columns     []struct{ Key string }
				Rows        []map[string]string
				Sections    []struct {
					Key  string
					Rows []map[string]string
				}
			}
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got.Register != d.Name || got.Language != "fr" || got.MadeAt != "2026-11-23T08:20:00Z" || got.Controller["name"] != "KIONKE Kathryn EI" || len(got.JournalHead) != 64 {
				t.Errorf("%s: head is %+v", name, got)
			}
			if len(got.Sections) != len(d.Sections) {
				t.Errorf("%s: %d sections of %d", name, len(got.Sections), len(d.Sections))
			}
			if got.Rows == nil {
				t.Errorf("%s: rows is null", name)
			}
			if d.Main < 0 {
				continue
			}
			table := d.Sections[d.Main].Table
			if len(got.Rows) != len(table.Rows) {
				t.Errorf("%s: %d rows of %d", name, len(got.Rows), len(table.Rows))
			}
			for r, row := range got.Rows {
				for c, column := range table.Columns {
					if v, ok := row[column.Key]; !ok || v != table.Rows[r][c].Machine() {
						t.Errorf("%s: row %d, %s = %q, want %q", name, r, column.Key, v, table.Rows[r][c].Machine())
					}
				}
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "b", true)
	}
	f.Add("a\r\n=1", "\";=1", false)
	f.Fuzz(func(t *testing.T, a, b string, semicolon bool) {
		text := csvOf(t, register.Document{Name: "fuzz", Sections: []register.Section{{Table: &register.Table{
			Columns: []register.Column{{Key: "a"}, {Key: "b"}, {Key: "c"}},
			Rows:    [][]register.Cell{{{Text: a}, {Text: b}, {Text: a, Value: b}}, {{Text: b}}},
		}}}}, reports.Options{Semicolon: semicolon})
		if !utf8.ValidString(text) {
			t.Fatal("not valid UTF-8")
		}
		r := csv.NewReader(strings.NewReader(text))
		if semicolon {
			r.Comma = ';'
		}
		records, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != 3 {
			t.Fatalf("%d records", len(records))
		}
		for _, rec := range records {
			for _, cell := range rec {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
					t.Fatalf("%q would run in a spreadsheet", cell)
				}
			}
		}
	})
}
