package shop

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	prestaDepth = 24        // how deep an answer may be nested; a real one has seven levels
	prestaNodes = 4_000_000 // how many parts it may have
)

var errPrestaShape = errors.New("not shaped like an answer of the webservice")

// prestaNode is one part of an answer of the webservice. The same answer gives
// the same tree whether it is written in XML or in JSON, except that the
// elements of a list have no name in JSON and that attributes, whose names
// begin with @, are known in XML only.
type prestaNode struct {
	name string
	text string
	list bool // a list in JSON
	kids []*prestaNode
}

// kid returns the first part of that name, nil where there is none.
func (n *prestaNode) kid(name string) *prestaNode {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// get returns the text of a field, in the first language where it has several.
func (n *prestaNode) get(name string) string {
	k := n.kid(name)
	if k == nil {
		return ""
	}
	if s := strings.TrimSpace(k.text); s != "" {
		return s
	}
	for _, l := range k.kids {
		if strings.HasPrefix(l.name, "@") {
			continue
		}
		if v := l.kid("value"); v != nil {
			return strings.TrimSpace(v.text)
		}
		return strings.TrimSpace(l.text)
	}
	return ""
}

// has tells whether the field is there at all.
func (n *prestaNode) has(name string) bool { return n.kid(name) != nil }

// rows returns the elements of an association, none where it is missing.
func (n *prestaNode) rows(association string) []*prestaNode {
	return prestaElements(n.kid("associations").kid(association))
}

func prestaElements(n *prestaNode) (out []*prestaNode) {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if !strings.HasPrefix(k.name, "@") {
			out = append(out, k)
		}
	}
	return out
}

// parsePresta reads an answer of the webservice, JSON or XML.
func parsePresta(body []byte) (*prestaNode, error) {
	left := prestaNodes
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return nil, errPrestaShape
	}
	if body[0] == '<' {
		return prestaFromXML(body, &left)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	root, err := prestaFromJSON(d, "", 0, &left)
	if err != nil {
		return nil, errPrestaShape
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errPrestaShape
	}
	return root, nil
}

func prestaFromJSON(d *json.Decoder, name string, depth int, left *int) (*prestaNode, error) {
	if *left--; depth > prestaDepth || *left < 0 {
		return nil, errPrestaShape
	}
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	n := &prestaNode{name: name}
	switch t := tok.(type) {
	case string:
		n.text = t
	case json.Number:
		n.text = t.String()
	case bool:
		if n.text = "0"; t {
			n.text = "1"
		}
	case json.Delim:
		n.list = t == '['
		for d.More() {
			key := ""
			if !n.list {
				k, err := d.Token()
				if err != nil {
					return nil, err
				}
				key, _ = k.(string)
				// A name of JSON must not pass for an attribute of XML.
				key = strings.TrimLeft(key, "@")
			}
			k, err := prestaFromJSON(d, key, depth+1, left)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, k)
		}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func prestaFromXML(body []byte, left *int) (*prestaNode, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root := &prestaNode{}
	open := []*prestaNode{root}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errPrestaShape
		}
		top := open[len(open)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if *left -= 1 + len(t.Attr); len(open) > prestaDepth || *left < 0 {
				return nil, errPrestaShape
			}
			n := &prestaNode{name: t.Name.Local}
			for _, a := range t.Attr {
				n.kids = append(n.kids, &prestaNode{name: "@" + a.Name.Local, text: a.Value})
			}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 1 {
				top.text += string(t)
			}
		}
	}
	if len(root.kids) != 1 || root.kids[0].name != "prestashop" {
		return nil, errPrestaShape
	}
	return root.kids[0], nil
}

// prestaItems returns the records of an answer. An empty list is [] in JSON
// and an element without content in XML.
func prestaItems(root *prestaNode, plural, singular string) ([]*prestaNode, error) {
	for _, name := range []string{plural, plural + "s"} { // order_slip lists order_slips
		if n := root.kid(name); n != nil && (plural != singular || name != plural) {
			return prestaElements(n), nil
		}
	}
	if n := root.kid(singular); n != nil {
		return []*prestaNode{n}, nil
	}
	if root.list && len(root.kids) == 0 {
		return nil, nil
	}
	return nil, errPrestaShape
}

// prestaRefusal is what the webservice says of a request that it refuses.
type prestaRefusal struct {
	code  string // the webservice's own number
	field string // the field that may not be written, where it says one
}

// readPrestaRefusal reads the errors of an answer.
func readPrestaRefusal(body []byte) (r prestaRefusal, ok bool) {
	root, err := parsePresta(body)
	if err != nil {
		return r, false
	}
	for _, e := range prestaElements(root.kid("errors")) {
		ok = true
		if r.code == "" {
			r.code = e.get("code")
		}
		text := e.get("message")
		if strings.Contains(text, "not writable") {
			_, rest, _ := strings.Cut(text, `"`)
			r.field, _, _ = strings.Cut(rest, `"`)
		}
	}
	return r, ok
}

// prestaCode is the code of a refusal for the client.
func prestaCode(body []byte) string {
	r, ok := readPrestaRefusal(body)
	if !ok || r.code == "" {
		return ""
	}
	return "code-" + r.code
}

// write writes a record as the webservice takes it. Attributes are left out,
// except the language of a text that has several.
func (n *prestaNode) write(b *bytes.Buffer) error {
	if !prestaXMLName(n.name) {
		return fmt.Errorf("%w: a field has no usable name", ErrAnswer)
	}
	b.WriteString("<" + n.name)
	if id := n.kid("@id"); id != nil && n.name == "language" {
		b.WriteString(` id="`)
		if err := xml.EscapeText(b, []byte(id.text)); err != nil {
			return err
		}
		b.WriteString(`"`)
	}
	b.WriteString(">")
	inner := prestaElements(n)
	if len(inner) == 0 {
		if err := xml.EscapeText(b, []byte(strings.TrimSpace(n.text))); err != nil {
			return err
		}
	}
	for _, k := range inner {
		if err := k.write(b); err != nil {
			return err
		}
	}
	b.WriteString("</" + n.name + ">")
	return nil
}

func prestaXMLName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (s[0] > '9' || s[0] < '0')
}

// prestaDocument is the document around records that are sent.
func prestaDocument(record *prestaNode) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><prestashop xmlns:xlink="http://www.w3.org/1999/xlink">`)
	if err := record.write(&b); err != nil {
		return nil, err
	}
	b.WriteString(`</prestashop>`)
	return b.Bytes(), nil
}
