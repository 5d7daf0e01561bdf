package reports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"greffier/app/register"
	"greffier/reports"
)

// obeys tells where a value is not what a schema says. It knows the words that the
// schemas of registers use, and complains of any other.
func obeys(schema map[string]any, v any, at string) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	for word, want := range schema {
		switch word {
		case "$schema", "title", "description", "format":
		case "type":
			kind := map[string]bool{"string": is[string](v), "object": is[map[string]any](v), "array": is[[]any](v), "boolean": is[bool](v), "integer": is[float64](v)}
			if !kind[want.(string)] {
				say("%T is no %s", v, want)
			}
		case "const":
			if v != want {
				say("%v is not %v", v, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				say("%v is none of %v", v, want)
			}
		case "pattern":
			if s, _ := v.(string); !regexp.MustCompile(want.(string)).MatchString(s) {
				say("%v does not match %v", v, want)
			}
		case "minimum":
			if n, _ := v.(float64); n < want.(float64) {
				say("%v is below %v", v, want)
			}
		case "items":
			vs, _ := v.([]any)
			for i, x := range vs {
				wrong = append(wrong, obeys(want.(map[string]any), x, fmt.Sprintf("%s[%d]", at, i))...)
			}
		case "required":
			m, _ := v.(map[string]any)
			for _, k := range want.([]any) {
				if _, ok := m[k.(string)]; !ok {
					say("%v is missing", k)
				}
			}
		case "properties", "additionalProperties":
			if word == "additionalProperties" && schema["properties"] != nil && want == false {
				continue // looked at with properties
			}
			m, _ := v.(map[string]any)
			for k, x := range m {
				sub, ok := want.(map[string]any)
				if word == "properties" {
					sub, ok = sub[k].(map[string]any)
				}
				if !ok {
					say("%s is not in the schema", k)
					continue
				}
				wrong = append(wrong, obeys(sub, x, at+"."+k)...)
			}
		default:
			say("the schema says %q, which this test does not know", word)
		}
	}
	return wrong
}

func is[T any](v any) bool { _, ok := v.(T); return ok }

func decoded(t testing.TB, write func(*bytes.Buffer) error) (v map[string]any) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsPrintedAsJSONObeysItsSchema(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for name, docs := range documents(t, lang) {
			d := docs[0]
			d.Controller.Siren, d.Controller.NAF, d.Controller.Colour = "732829320", "47.91A", "#1F5F5B"
			schema := decoded(t, func(b *bytes.Buffer) error { return reports.Schema(b, d) })
			for _, w := range obeys(schema, decoded(t, func(b *bytes.Buffer) error { return reports.JSON(b, d) }), name) {
				t.Error(lang, w)
			}
		}
	}
}

// A schema is made without records, as a register without rows has the same
// columns: whoever reads one may rely on it for a full one.
func TestTheSchemaOfAnEmptyRegisterIsThatOfAFullOne(t *testing.T) {
	for _, n := range register.Names {
		empty, err := register.Build(n, register.Inputs{Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		full := documents(t, "en")[string(n)][0]
		var a, b bytes.Buffer
		if err := reports.Schema(&a, empty); err != nil {
			t.Fatal(err)
		}
		if err := reports.Schema(&b, full); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Errorf("the schema of %s depends on its rows", n)
		}
	}
}

func TestASchemaRefusesWhatIsNotPrinted(t *testing.T) {
	d := documents(t, "en")["trackers"][0]
	schema := decoded(t, func(b *bytes.Buffer) error { return reports.Schema(b, d) })
	printed := decoded(t, func(b *bytes.Buffer) error { return reports.JSON(b, d) })
	row := printed["rows"].([]any)[0].(map[string]any)
	delete(row, "lifetime")
	row["colour"] = "red"
	printed["gaps"] = -1.0
	got := strings.Join(obeys(schema, printed, "doc"), "\n")
	for _, want := range []string{"lifetime is missing", "colour is not in the schema", "-1 is below 0"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing says that %s; said:\n%s", want, got)
		}
	}
}
