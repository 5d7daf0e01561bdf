package mail

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"greffier/app/mailbox"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTML is read token by token, not as a tree: building the tree of a hostile
// page can cost a node per paragraph for each formatting element left open,
// while tokens cost what the page is long. The price is that a page with
// misnested elements may show a little more than a browser would.

// The bounds of a page.
const (
	maxPageBytes = 4 << 20 // after images inside the page are taken out
	maxRules     = 2000
	maxOpen      = 5000 // elements open at once
	maxClasses   = 20   // of one element
)

// maxURLBytes bounds a link that is shown.
const maxURLBytes = 500

// withoutData takes images inside the page out ("data:" URIs): they are long,
// and never text.
func withoutData(s string) string {
	if !strings.Contains(s, "data:") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "data:")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i+5])
		s = s[i+5:]
		end := strings.IndexAny(s, "\"' )<>\r\n")
		if end < 0 {
			end = len(s)
		}
		if end > 500 {
			s = s[end:]
		}
	}
}

// htmlText turns HTML into the text that a person would see: hidden words left
// out, blocks on lines of their own, quotes marked with "> ", the target of a
// link in brackets behind it. Nothing is loaded.
func htmlText(s string) (text string, problems []string) {
	if s = withoutData(s); len(s) > maxPageBytes {
		s = cut(s, maxPageBytes)
		problems = append(problems, "part too long")
	}
	w := htmlWriter{}
	c := converter{out: &w, open: map[atom.Atom]int{}, rules: map[string]map[string]string{}}
	c.stack = []element{{fg: black, bg: white}}
	c.run(s)
	text = w.String()
	hidden := cleanText(c.concealed.String())
	if letters(text, 1) == 0 && letters(hidden, 1) > 0 {
		// Better a hidden text read than a request missed.
		return strings.TrimSpace(hidden), append(problems, "all text is hidden")
	}
	if letters(hidden, 20) >= 20 {
		problems = append(problems, "hidden text left out")
	}
	return text, problems
}

// colour is a colour that is known, or not.
type colour struct {
	r, g, b uint8
	known   bool
}

var (
	black = colour{0, 0, 0, true}
	white = colour{255, 255, 255, true}
)

// near tells whether the eye cannot tell two colours apart.
func (c colour) near(d colour) bool {
	diff := func(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
	const most = 20 // of 255; the palest greys that people write in are further off
	return c.known && d.known && diff(c.r, d.r) <= most && diff(c.g, d.g) <= most && diff(c.b, d.b) <= most
}

// element is an open element with what its contents inherit.
type element struct {
	tag         atom.Atom
	name        string // for elements without an atom
	gone        bool   // display:none and its like: nothing inside can be seen
	invisible   bool   // visibility:hidden: a child may be visible again
	tiny        bool   // font-size about 0: a child may be larger
	transparent bool   // colour transparent: a child may have another
	fg, bg      colour
	pre         bool
	quote       int
	href        string
	linkStart   int // length of text written when the link began
}

// shown tells whether text in the element can be seen.
func (e *element) shown() bool {
	return !e.gone && !e.invisible && !e.tiny && !e.transparent && !e.fg.near(e.bg)
}

type converter struct {
	out       *htmlWriter
	stack     []element
	open      map[atom.Atom]int            // how many of each are on the stack
	rules     map[string]map[string]string // declarations of "tag", ".class", "tag.class", "#id"
	vagueBG   bool                         // backgrounds are set by rules that are not understood
	concealed strings.Builder
}

func (c *converter) run(s string) {
	z := html.NewTokenizer(strings.NewReader(s))
	raw := "" // inside script or style
	for c.out.len() <= mailbox.MaxTextBytes {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if raw != "" {
				if raw == "style" {
					c.styleSheet(string(z.Raw()))
				}
				continue
			}
			c.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			raw = ""
			switch t.DataAtom {
			case atom.Script, atom.Style, atom.Title, atom.Iframe, atom.Noembed, atom.Noframes:
				raw = t.Data
				continue
			case atom.Noscript:
				z.NextIsNotRawText() // no script runs here: what is inside is shown
			}
			c.start(t)
		case html.EndTagToken:
			t := z.Token()
			raw = ""
			c.end(t.DataAtom, t.Data)
		}
	}
}

func (c *converter) top() *element { return &c.stack[len(c.stack)-1] }

func (c *converter) text(s string) {
	e := c.top()
	if !e.shown() {
		if c.concealed.Len() < 64<<10 {
			c.concealed.WriteString(s)
			c.concealed.WriteByte(' ')
		}
		return
	}
	c.out.text(s, e.pre, e.quote)
}

var voids = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true,
	atom.Input: true, atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
}

// blocks are elements that stand on lines of their own; true for those with a
// blank line around.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Blockquote: true,
	atom.Ul: true, atom.Ol: true, atom.Dl: true, atom.Table: true, atom.Pre: true,
	atom.Div: false, atom.Li: false, atom.Tr: false, atom.Address: false, atom.Article: false, atom.Aside: false,
	atom.Section: false, atom.Header: false, atom.Footer: false, atom.Main: false, atom.Nav: false, atom.Dt: false, atom.Dd: false,
	atom.Body: false, atom.Form: false, atom.Fieldset: false, atom.Center: false, atom.Hr: false, atom.Tbody: false,
	atom.Thead: false, atom.Tfoot: false, atom.Caption: false, atom.Figure: false, atom.Figcaption: false, atom.Option: false, atom.Textarea: false,
}

func (c *converter) start(t html.Token) {
	blank, isBlock := blocks[t.DataAtom]
	if isBlock {
		c.closeImplied(t.DataAtom)
	}
	if t.DataAtom == atom.Td || t.DataAtom == atom.Th {
		c.closeImplied(t.DataAtom)
	}
	e := c.inherit(t)
	switch t.DataAtom {
	case atom.Br:
		if e.shown() {
			c.out.newline()
		}
		return
	case atom.Img:
		if alt := cleanLine(attribute(t, "alt"), 200); alt != "" && e.shown() && letters(alt, 2) == 2 {
			c.out.text("["+alt+"]", false, e.quote)
		}
		return
	}
	if isBlock && e.shown() {
		c.out.block(blank)
	}
	if voids[t.DataAtom] || t.Type == html.SelfClosingTagToken && t.DataAtom == 0 {
		return
	}
	switch t.DataAtom {
	case atom.Blockquote:
		e.quote = min(e.quote+1, maxQuoteDepth)
	case atom.Pre, atom.Textarea:
		e.pre = true
	case atom.Li:
		if e.shown() {
			c.out.text("- ", true, e.quote)
		}
	case atom.Td, atom.Th:
		if e.shown() {
			c.out.space()
		}
	case atom.A:
		e.href = linkTarget(attribute(t, "href"))
		e.linkStart = c.out.len()
	case atom.Dialog:
		if _, open := attributeOf(t, "open"); !open {
			e.gone = true
		}
	case atom.Datalist, atom.Template, atom.Svg, atom.Math, atom.Object, atom.Audio, atom.Video, atom.Canvas:
		e.gone = e.gone || t.DataAtom != atom.Object
	}
	if len(c.stack) < maxOpen {
		c.stack = append(c.stack, e)
		c.open[e.tag]++
	}
}

// implied are the elements that a start tag closes, besides a paragraph.
var implied = map[atom.Atom][]atom.Atom{
	atom.Li: {atom.Li}, atom.Tr: {atom.Tr}, atom.Td: {atom.Td, atom.Th}, atom.Th: {atom.Td, atom.Th},
	atom.Dt: {atom.Dt, atom.Dd}, atom.Dd: {atom.Dt, atom.Dd}, atom.Option: {atom.Option},
}

// closeImplied closes elements whose end tag HTML lets authors leave out.
func (c *converter) closeImplied(tag atom.Atom) {
	closes := implied[tag]
	for i := len(c.stack) - 1; i > 0 && i > len(c.stack)-32; i-- {
		at := c.stack[i].tag
		if at == atom.P || slices.Contains(closes, at) {
			c.popTo(i)
			return
		}
		if _, isBlock := blocks[at]; isBlock || at == atom.Td || at == atom.Th {
			return
		}
	}
}

func (c *converter) end(tag atom.Atom, name string) {
	if tag == atom.P && c.open[atom.P] == 0 || tag == atom.Br {
		c.out.block(tag == atom.P)
		return
	}
	if c.open[tag] == 0 {
		return
	}
	for i := len(c.stack) - 1; i > 0; i-- {
		if c.stack[i].tag == tag && (tag != 0 || c.stack[i].name == name) {
			c.popTo(i)
			return
		}
		if tag == 0 && i < len(c.stack)-64 {
			return // unknown elements share a counter: look only so far
		}
	}
}

// popTo closes the element at i and all inside it.
func (c *converter) popTo(i int) {
	for len(c.stack) > i {
		e := c.top()
		c.open[e.tag]--
		if blank, isBlock := blocks[e.tag]; isBlock && e.shown() {
			c.out.block(blank)
		}
		if e.tag == atom.A && e.href != "" && e.shown() {
			c.out.link(e.href, e.linkStart, e.quote)
		}
		c.stack = c.stack[:len(c.stack)-1]
	}
}

func attribute(t html.Token, name string) string {
	v, _ := attributeOf(t, name)
	return v
}

func attributeOf(t html.Token, name string) (string, bool) {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// linkTarget is a link as it is shown, "" for those that lead nowhere.
func linkTarget(href string) string {
	href = strings.ReplaceAll(cleanLine(href, maxURLBytes), " ", "%20")
	lower := strings.ToLower(href)
	for _, scheme := range []string{"http://", "https://", "mailto:", "tel:"} {
		if strings.HasPrefix(lower, scheme) {
			return href
		}
	}
	return ""
}

// inherit computes what the element looks like inside its parent.
func (c *converter) inherit(t html.Token) element {
	up := c.top()
	e := element{tag: t.DataAtom, gone: up.gone, invisible: up.invisible, tiny: up.tiny, transparent: up.transparent,
		fg: up.fg, bg: up.bg, pre: up.pre, quote: up.quote}
	if e.tag == 0 {
		e.name = t.Data
	}
	if e.tag == atom.Body && c.vagueBG {
		e.bg = colour{}
	}
	if e.tag == atom.A {
		e.fg = colour{} // links have a colour of their own
	}
	var class, id, inline string
	for _, a := range t.Attr {
		switch a.Key {
		case "class":
			class = strings.ToLower(a.Val)
		case "id":
			id = strings.ToLower(a.Val)
		case "style":
			inline = a.Val
		case "hidden":
			e.gone = e.gone || !strings.EqualFold(a.Val, "until-found")
		case "bgcolor":
			e.bg = parseColour(a.Val)
		case "background":
			e.bg = colour{}
		case "color", "text":
			if e.tag == atom.Font || e.tag == atom.Body {
				e.fg = parseColour(a.Val)
			}
		case "size":
			if e.tag == atom.Font {
				e.tiny = false
			}
		}
	}
	var list [8]map[string]string
	styles := list[:0]
	add := func(d map[string]string) {
		if len(d) > 0 {
			styles = append(styles, d)
		}
	}
	if len(c.rules) > 0 {
		add(c.rules[t.Data])
		if class != "" {
			classes := strings.Fields(class)
			classes = classes[:min(len(classes), maxClasses)]
			for _, k := range classes {
				add(c.rules["."+k])
			}
			for _, k := range classes {
				add(c.rules[t.Data+"."+k])
			}
		}
		if id != "" {
			add(c.rules["#"+id])
		}
	}
	if inline != "" {
		add(declarations(inline))
	}
	if len(styles) > 0 {
		e.apply(merge(styles))
	}
	return e
}

// merge puts declarations over one another, the more specific ones last.
func merge(styles []map[string]string) map[string]string {
	if len(styles) == 1 {
		return styles[0]
	}
	all := map[string]string{}
	for _, s := range styles {
		maps.Copy(all, s)
	}
	return all
}

// apply adds style declarations to what the element looks like.
func (e *element) apply(d map[string]string) {
	if d["display"] == "none" {
		e.gone = true
	}
	switch d["visibility"] {
	case "hidden", "collapse":
		e.invisible = true
	case "visible":
		e.invisible = false
	}
	if v, ok := d["font"]; ok {
		// "italic 0/0 a": the size comes before a slash or the family.
		for _, w := range strings.Fields(v) {
			size, _, _ := strings.Cut(w, "/")
			if _, unit, ok := length(size); ok && (unit != "" || size == "0") {
				e.size(size)
				break
			}
		}
	}
	if v, ok := d["font-size"]; ok {
		e.size(v)
	}
	clipped := strings.Contains(d["overflow"], "hidden") || strings.Contains(d["overflow"], "clip")
	for _, k := range []string{"height", "max-height", "width", "max-width"} {
		if n, unit, ok := length(d[k]); ok && clipped && (n == 0 || n <= 1 && unit != "em" && unit != "rem" && unit != "%") {
			e.gone = true
		}
	}
	if v := d["opacity"]; v != "" {
		n, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
		if strings.HasSuffix(v, "%") {
			n /= 100
		}
		if err == nil && n <= 0.05 {
			e.gone = true
		}
	}
	if v := strings.ReplaceAll(d["transform"], " ", ""); strings.Contains(v, "scale(0)") || strings.Contains(v, "scale(0,0)") {
		e.gone = true
	}
	if strings.HasPrefix(strings.ReplaceAll(d["clip-path"], " ", ""), "inset(100%") {
		e.gone = true
	}
	away := movers[:4]
	if pos := d["position"]; pos == "absolute" || pos == "fixed" || pos == "relative" {
		away = movers[:]
		if clip := strings.ReplaceAll(d["clip"], " ", ""); pos != "relative" && (strings.HasPrefix(clip, "rect(0") || strings.HasPrefix(clip, "rect(1px")) {
			e.gone = true
		}
	}
	for _, k := range away {
		n, unit, ok := length(d[k])
		if ok && (n <= -500 && unit != "%" || n <= -50 && (unit == "em" || unit == "rem") || n <= -200 && unit == "%" && k != "text-indent") {
			e.gone = true
		}
	}
	for _, k := range []string{"background", "background-color", "background-image"} {
		v, ok := d[k]
		if !ok || v == "none" || v == "transparent" || v == "inherit" || v == "initial" || alpha(v) == 0 {
			continue
		}
		e.bg = colour{}
		if k != "background-image" && !strings.Contains(v, "url(") && !strings.Contains(v, "gradient") {
			for _, w := range colourWords(v) {
				if col := parseColour(w); col.known {
					e.bg = col
				}
			}
		}
	}
	for _, k := range []string{"color", "-webkit-text-fill-color"} {
		if v, ok := d[k]; ok && v != "inherit" && v != "currentcolor" {
			e.transparent = v == "transparent" || alpha(v) <= 0.05
			e.fg = parseColour(v)
		}
	}
}

// movers are properties that move text; the last four only what is positioned.
var movers = [...]string{"text-indent", "margin-left", "margin-top", "margin-right", "left", "top", "right", "bottom"}

// size takes a font-size.
func (e *element) size(v string) {
	n, unit, ok := length(v)
	if !ok {
		e.tiny = e.tiny && (v == "inherit" || v == "smaller" || v == "larger")
		return
	}
	relative := unit == "em" || unit == "%"
	switch {
	case n <= 0, relative && n <= 0.05, unit == "rem" && n <= 0.05, !relative && unit != "rem" && n <= 1:
		e.tiny = true
	case !relative:
		e.tiny = false
	}
}

// alpha is how opaque a colour is, from 0 to 1.
func alpha(v string) float64 {
	name, args, ok := strings.Cut(strings.TrimSuffix(v, ")"), "(")
	if !ok || name != "rgba" && name != "rgb" && name != "hsla" && name != "hsl" {
		return 1
	}
	f := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(f) != 4 {
		return 1
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(f[3], "%"), 64)
	if err != nil {
		return 1
	}
	if strings.HasSuffix(f[3], "%") {
		n /= 100
	}
	return n
}

// colourWords splits a background value, keeping rgb(1, 2, 3) together.
func colourWords(v string) []string {
	depth := 0
	return strings.FieldsFunc(v, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return depth == 0 && unicode.IsSpace(r)
	})
}

// looks are the properties that decide whether text can be seen.
var looks = map[string]bool{
	"display": true, "visibility": true, "font-size": true, "overflow": true, "height": true, "max-height": true,
	"width": true, "max-width": true, "opacity": true, "text-indent": true, "position": true, "left": true, "top": true,
	"right": true, "bottom": true, "margin-left": true, "margin-top": true, "margin-right": true, "font": true, "transform": true,
	"clip-path": true, "-webkit-text-fill-color": true, "clip": true, "background": true, "background-color": true, "background-image": true, "color": true,
}

// declarations reads "name: value; …" in lower case; the last of a name counts.
func declarations(s string) map[string]string {
	s = stripComments(cut(s, 8<<10))
	d := map[string]string{}
	for kv := range strings.SplitSeq(strings.ToLower(s), ";") {
		k, v, ok := strings.Cut(kv, ":")
		if !ok {
			continue
		}
		if k = strings.TrimSpace(k); looks[k] {
			v, _, _ = strings.Cut(v, "!")
			d[k] = strings.TrimSpace(v)
		}
	}
	return d
}

// length reads a CSS length; without a unit, pixels.
func length(v string) (n float64, unit string, ok bool) {
	i := 0
	for i < len(v) && (v[i] >= '0' && v[i] <= '9' || v[i] == '.' || v[i] == '-' || v[i] == '+') {
		i++
	}
	n, err := strconv.ParseFloat(v[:i], 64)
	return n, strings.TrimSpace(v[i:]), err == nil
}

var namedColours = map[string]colour{
	"white": white, "black": black, "snow": {255, 250, 250, true}, "ivory": {255, 255, 240, true}, "azure": {240, 255, 255, true},
	"mintcream": {245, 255, 250, true}, "aliceblue": {240, 248, 255, true},
	"whitesmoke": {245, 245, 245, true}, "ghostwhite": {248, 248, 255, true}, "floralwhite": {255, 250, 240, true},
	"gray": {128, 128, 128, true}, "grey": {128, 128, 128, true}, "silver": {192, 192, 192, true},
	"red": {255, 0, 0, true}, "green": {0, 128, 0, true}, "blue": {0, 0, 255, true}, "yellow": {255, 255, 0, true},
	"navy": {0, 0, 128, true}, "maroon": {128, 0, 0, true}, "orange": {255, 165, 0, true}, "purple": {128, 0, 128, true},
}

// parseColour reads a colour; one that is not understood is unknown, which
// hides nothing.
func parseColour(v string) colour {
	v = strings.ToLower(strings.TrimSpace(v))
	if c, ok := namedColours[v]; ok {
		return c
	}
	hex := strings.TrimPrefix(v, "#")
	if hex != v && (len(hex) == 4 || len(hex) == 8) { // with how opaque it is
		hex = hex[:len(hex)/4*3]
	}
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if len(hex) == 6 {
		n, err := strconv.ParseUint(hex, 16, 32)
		return colour{uint8(n >> 16), uint8(n >> 8), uint8(n), err == nil}
	}
	name, args, ok := strings.Cut(strings.TrimSuffix(v, ")"), "(")
	if !ok || alpha(v) < 0.95 {
		return colour{} // what shines through is not known
	}
	f := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(f) != 3 && len(f) != 4 {
		return colour{}
	}
	switch name {
	case "rgb", "rgba":
		var c [3]uint8
		for i, s := range f[:3] {
			n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
			if strings.HasSuffix(s, "%") {
				n *= 2.55
			}
			if err != nil || n < 0 || n > 255.5 {
				return colour{}
			}
			c[i] = uint8(min(n, 255))
		}
		return colour{c[0], c[1], c[2], true}
	case "hsl", "hsla":
		// Only the ends of the scale are known: white and black.
		switch n, err := strconv.ParseFloat(strings.TrimSuffix(f[2], "%"), 64); {
		case err == nil && n >= 99:
			return white
		case err == nil && n <= 1:
			return black
		}
	}
	return colour{}
}

// styleSheet takes the simple rules of a style element: tag, .class, #id and
// tag.class, outside of at-rules. Whatever else sets a background makes
// backgrounds vague, so that white text on it is not mistaken for hidden.
func (c *converter) styleSheet(s string) {
	s = cut(s, 256<<10)
	s = strings.NewReplacer("<!--", " ", "-->", " ").Replace(s)
	for len(s) > 0 && len(c.rules) < maxRules {
		selector, rest, ok := strings.Cut(s, "{")
		if !ok {
			return
		}
		selector = stripComments(selector)
		if i := strings.LastIndexAny(selector, ";}"); i >= 0 {
			selector = selector[i+1:]
		}
		selector = strings.ToLower(strings.TrimSpace(selector))
		if strings.HasPrefix(selector, "@") {
			depth, i := 1, 0
			for ; i < len(rest) && depth > 0; i++ {
				switch rest[i] {
				case '{':
					depth++
				case '}':
					depth--
				}
			}
			s = rest[i:]
			continue
		}
		body, after, ok := strings.Cut(rest, "}")
		if !ok {
			return
		}
		s = after
		d := declarations(body)
		_, bg1 := d["background"]
		_, bg2 := d["background-color"]
		_, bg3 := d["background-image"]
		for sel := range strings.SplitSeq(selector, ",") {
			sel = strings.TrimSpace(sel)
			switch {
			case !simpleSelector(sel):
				c.vagueBG = c.vagueBG || bg1 || bg2 || bg3
			case c.rules[sel] != nil:
				maps.Copy(c.rules[sel], d)
			case len(c.rules) < maxRules:
				c.rules[sel] = maps.Clone(d)
			}
		}
	}
}

func stripComments(s string) string {
	if !strings.Contains(s, "/*") {
		return s
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte(' ')
		_, s, _ = strings.Cut(after, "*/")
	}
}

// simpleSelector accepts tag, .class, tag.class and #id.
func simpleSelector(s string) bool {
	if s == "" || strings.ContainsAny(s, " >+~:[]*\\\t\r\n") {
		return false
	}
	i := strings.IndexAny(s, ".#")
	if i < 0 {
		return true
	}
	rest := s[i+1:]
	return rest != "" && !strings.ContainsAny(rest, ".#") && (s[i] == '.' || i == 0)
}

// htmlWriter lays text out: runs of white space are one space, at most one
// blank line between blocks, quoted lines prefixed.
type htmlWriter struct {
	b       strings.Builder
	line    strings.Builder
	quote   int  // levels of quoting of the line
	last    int  // and of the line before
	started bool // something was written
	wantGap bool // a blank line is due before the next text
	pending bool // a space is due before the next word
}

func (w *htmlWriter) len() int { return w.b.Len() + w.line.Len() }

func (w *htmlWriter) text(s string, pre bool, quote int) {
	s = cleanText(s)
	if pre {
		for i, l := range strings.Split(s, "\n") {
			if i > 0 {
				w.newline()
			}
			w.put(strings.ReplaceAll(l, "\u00A0", " "), quote)
		}
		return
	}
	if s == "" {
		return
	}
	first := true
	for f := range strings.FieldsSeq(s) {
		if !first || startsWithSpace(s) {
			w.space()
		}
		first = false
		w.put(f, quote)
	}
	if first || endsWithSpace(s) {
		w.space()
	}
}

func startsWithSpace(s string) bool { return strings.TrimLeftFunc(s, unicode.IsSpace) != s }
func endsWithSpace(s string) bool   { return strings.TrimRightFunc(s, unicode.IsSpace) != s }

// space asks for a space before the next word of the same line.
func (w *htmlWriter) space() { w.pending = w.line.Len() > 0 }

func (w *htmlWriter) put(s string, quote int) {
	if s == "" {
		return
	}
	if w.line.Len() == 0 {
		w.quote = quote
	} else if w.pending {
		w.line.WriteByte(' ')
	}
	w.pending = false
	w.line.WriteString(s)
}

// newline ends the line; on an empty line it makes a blank one.
func (w *htmlWriter) newline() {
	if w.line.Len() > 0 {
		w.flush()
		return
	}
	if w.started {
		w.wantGap = true
	}
}

// block begins a new line, after a blank one if asked for.
func (w *htmlWriter) block(blank bool) {
	w.flush()
	w.wantGap = w.wantGap || blank && w.started
}

func (w *htmlWriter) flush() {
	w.pending = false
	line := strings.TrimRight(w.line.String(), " ")
	w.line.Reset()
	if strings.TrimSpace(line) == "" {
		return
	}
	if w.wantGap {
		// A blank line belongs to a quote only between two lines of it.
		w.b.WriteString(strings.TrimRight(strings.Repeat("> ", min(w.quote, w.last)), " "))
		w.b.WriteByte('\n')
		w.wantGap = false
	}
	w.b.WriteString(strings.Repeat("> ", w.quote))
	w.b.WriteString(line)
	w.b.WriteByte('\n')
	w.started, w.last = true, w.quote
}

// link shows the target behind the words of a link, unless they say it already.
func (w *htmlWriter) link(href string, start, quote int) {
	words := w.line.String()
	if n := w.len() - start; n >= 0 && n < len(words) {
		words = words[len(words)-n:]
	}
	short := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(href, "https://"), "http://"), "mailto:"), "/")
	if strings.Contains(words, short) {
		return
	}
	if w.line.Len() > 0 {
		w.pending = true
	}
	w.put("("+href+")", quote)
}

// String gives the text that was laid out.
func (w *htmlWriter) String() string {
	w.flush()
	return strings.TrimSpace(w.b.String())
}
