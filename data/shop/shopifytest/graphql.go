package shopifytest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// selection is one field of a query with its arguments and sub-fields.
type selection struct {
	name  string
	args  map[string]any
	inner []selection
}

// parser reads the part of GraphQL that the API's clients here use: one
// operation, variables, arguments, nested fields.
type parser struct {
	src  string
	pos  int
	vars map[string]any
	// declared are the variables that the operation declares.
	declared map[string]bool
}

func parseQuery(src string, vars map[string]any) (kind string, sel []selection, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(syntaxError)
			if !ok {
				panic(r)
			}
			err = f
		}
	}()
	p := &parser{src: src, vars: vars, declared: map[string]bool{}}
	kind = "query"
	if p.peek() != '{' {
		kind = p.word()
		if kind != "query" && kind != "mutation" {
			p.fail("expected an operation")
		}
		if p.peek() == '(' {
			p.pos++
			for p.peek() != ')' {
				p.expect('$')
				p.declared[p.word()] = true
				p.expect(':')
				for strings.ContainsRune("[]!", rune(p.peek())) {
					p.pos++
				}
				p.word()
				for strings.ContainsRune("[]!", rune(p.peek())) {
					p.pos++
				}
			}
			p.pos++
		}
	}
	sel = p.selections()
	if p.peek() != 0 {
		p.fail("text after the operation")
	}
	for name := range vars {
		if !p.declared[name] {
			p.fail("variable $" + name + " is not declared")
		}
	}
	return kind, sel, nil
}

type syntaxError string

func (e syntaxError) Error() string { return string(e) }

func (p *parser) fail(text string) { panic(syntaxError(fmt.Sprintf("%s at %d", text, p.pos))) }

// peek returns the next character that counts, 0 at the end.
func (p *parser) peek() byte {
	for p.pos < len(p.src) && (unicode.IsSpace(rune(p.src[p.pos])) || p.src[p.pos] == ',') {
		p.pos++
	}
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) expect(c byte) {
	if p.peek() != c {
		p.fail("expected " + string(c))
	}
	p.pos++
}

func (p *parser) word() string {
	p.peek()
	from := p.pos
	for p.pos < len(p.src) && (p.src[p.pos] == '_' || unicode.IsLetter(rune(p.src[p.pos])) || unicode.IsDigit(rune(p.src[p.pos]))) {
		p.pos++
	}
	if from == p.pos {
		p.fail("expected a name")
	}
	return p.src[from:p.pos]
}

func (p *parser) selections() (out []selection) {
	p.expect('{')
	for p.peek() != '}' {
		s := selection{name: p.word(), args: map[string]any{}}
		if p.peek() == '(' {
			p.pos++
			for p.peek() != ')' {
				name := p.word()
				p.expect(':')
				s.args[name] = p.value()
			}
			p.pos++
		}
		if p.peek() == '{' {
			s.inner = p.selections()
		}
		out = append(out, s)
	}
	p.pos++
	if len(out) == 0 {
		p.fail("nothing selected")
	}
	return out
}

func (p *parser) value() any {
	switch c := p.peek(); {
	case c == '$':
		p.pos++
		name := p.word()
		if !p.declared[name] {
			p.fail("variable $" + name + " is not declared")
		}
		return p.vars[name]
	case c == '"':
		from := p.pos
		for p.pos++; p.pos < len(p.src) && p.src[p.pos] != '"'; p.pos++ {
			if p.src[p.pos] == '\\' {
				p.pos++
			}
		}
		if p.pos >= len(p.src) {
			p.fail("a text does not end")
		}
		p.pos++
		var s string
		if json.Unmarshal([]byte(p.src[from:p.pos]), &s) != nil {
			p.fail("not a text")
		}
		return s
	}
	switch w := p.word(); w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		if n, err := strconv.Atoi(w); err == nil {
			return float64(n)
		}
		return w // an enum
	}
}
