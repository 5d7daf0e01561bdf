package reports

import (
	"encoding/json"
	"fmt"
	"io"

	"greffier/app/register"
)

// node is a part of a JSON Schema.
type node = map[string]any

// Schema writes the JSON Schema (draft 2020-12) of what JSON prints for a
// document of this kind: every column of its rows with its title, in the
// document's language. It returns the writer's error.
func Schema(w io.Writer, d register.Document) error {
	text := node{"type": "string"}
	object := func(required []string, properties node) node {
		return node{"type": "object", "required": required, "properties": properties, "additionalProperties": false}
	}
	list := func(of any) node { return node{"type": "array", "items": of} }
	columns := list(object([]string{"key", "title"}, node{
		"key": node{"type": "string", "description": "stable name, in rows and in the header of the CSV"}, "title": text,
	}))
	field := object([]string{"key", "label", "text"}, node{"key": text, "label": text, "text": text,
		"gap": node{"type": "boolean", "description": "the owner still has to give the value"}})
	section := object([]string{"key", "title"}, node{"key": text, "title": text, "words": list(text), "fields": list(field), "columns": columns,
		"rows": node{"type": "array", "description": "column key to value", "items": node{"type": "object", "additionalProperties": text}}})
	controller := object([]string{"name", "address", "email", "site", "language", "time_zone"}, node{
		"name": text, "address": text, "email": text, "site": text, "language": node{"enum": []string{"", "fr", "en"}}, "time_zone": text,
		"phone": text, "siren": node{"type": "string", "description": "SIREN of 9 or SIRET of 14 digits"}, "naf": text,
		"colour": node{"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"},
	})
	keys, row := []string{}, node{}
	if t := mainTable(d); t != nil {
		for _, c := range t.Columns {
			keys = append(keys, c.Key)
			row[c.Key] = node{"type": "string", "title": c.Title}
		}
	}
	out := object([]string{"register", "title", "subtitle", "language", "controller", "made_at", "time_zone", "journal_head", "columns", "rows", "gaps", "sections"}, node{
		"register":     node{"const": d.Name},
		"title":        text,
		"subtitle":     node{"type": "string", "description": "the text that asks for the register"},
		"language":     node{"enum": []string{"fr", "en"}},
		"controller":   controller,
		"made_at":      node{"type": "string", "format": "date-time", "description": "UTC"},
		"time_zone":    node{"type": "string", "description": "the zone of local dates"},
		"journal_head": node{"type": "string", "description": "hash of the journal's last entry when the document was made, empty where there was none"},
		"columns":      columns,
		"rows":         list(object(keys, row)),
		"gaps":         node{"type": "integer", "minimum": 0, "description": "values that the owner still has to give"},
		"sections":     node{"type": "array", "description": "all of the document; the section of the rows is without them", "items": section},
	})
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["title"] = d.Title
	out["description"] = "Values of rows are strings: dates as YYYY-MM-DD, instants as RFC 3339 in UTC, numbers and stable words in English; “" +
		register.GapValue + "” is a value still to be given, an empty string one that does not apply."
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write the schema of %s: %w", d.Name, err)
	}
	return nil
}
