package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"greffier/app/register"
)

// jsonColumn names a column for machines and for people.
type jsonColumn struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// jsonSection is a section; Rows is nil for the one whose table is the
// document's own.
type jsonSection struct {
	Key     string              `json:"key"`
	Title   string              `json:"title"`
	Words   []string            `json:"words,omitempty"`
	Fields  []register.Field    `json:"fields,omitempty"`
	Columns []jsonColumn        `json:"columns,omitempty"`
	Rows    []map[string]string `json:"rows,omitempty"`
}

// jsonDocument is described in the package's documentation.
type jsonDocument struct {
	Register    string              `json:"register"`
	Title       string              `json:"title"`
	Subtitle    string              `json:"subtitle"`
	Language    string              `json:"language"`
	Controller  register.Controller `json:"controller"`
	MadeAt      string              `json:"made_at"`
	TimeZone    string              `json:"time_zone"`
	JournalHead string              `json:"journal_head"`
	Columns     []jsonColumn        `json:"columns"`
	Rows        []map[string]string `json:"rows"`
	Gaps        int                 `json:"gaps"`
	Sections    []jsonSection       `json:"sections"`
}

// JSON writes a document as one object, in the form that the package's
// documentation describes. It returns the writer's error.
func JSON(w io.Writer, d register.Document) error {
	out := jsonDocument{
		Register: d.Name, Title: d.Title, Subtitle: d.Subtitle, Language: lang(d),
		Controller: d.Controller, MadeAt: d.MadeAt.UTC().Format(time.RFC3339), TimeZone: d.Zone, JournalHead: d.JournalHead,
		Columns: []jsonColumn{}, Rows: []map[string]string{}, Gaps: d.Gaps(), Sections: []jsonSection{},
	}
	if t := mainTable(d); t != nil {
		out.Columns, out.Rows = jsonTable(t)
	}
	for i, s := range d.Sections {
		j := jsonSection{Key: s.Key, Title: s.Title, Words: s.Words, Fields: s.Fields}
		if s.Table != nil {
			j.Columns, j.Rows = jsonTable(s.Table)
		}
		if i == d.Main {
			j.Rows = nil
		}
		out.Sections = append(out.Sections, j)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write %s as JSON: %w", d.Name, err)
	}
	return nil
}

func jsonTable(t *register.Table) ([]jsonColumn, []map[string]string) {
	columns := make([]jsonColumn, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = jsonColumn{c.Key, c.Title}
	}
	rows := make([]map[string]string, len(t.Rows))
	for r, cells := range t.Rows {
		rows[r] = make(map[string]string, len(columns))
		for i, c := range columns {
			rows[r][c.Key] = ""
			if i < len(cells) {
				rows[r][c.Key] = strings.ToValidUTF8(cells[i].Machine(), string(substitute))
			}
		}
	}
	return columns, rows
}
