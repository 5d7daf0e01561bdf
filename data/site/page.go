package site

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The bounds of one page's content.
const (
	maxLinks   = 2000
	maxAsked   = 1000
	maxWords   = 400_000 // bytes of text
	maxAddress = 2000
	maxDepth   = 512 // of nested elements
)

// asked is something that a page makes a browser ask a host for.
type asked struct {
	url *url.URL
	how string // script, image, frame, style, font
}

// content is what a page says.
type content struct {
	links   []link
	asked   []asked
	inline  []string // scripts in the page that would run
	scripts int
	text    string
	mails   []string // of mailto links
}

type link struct {
	url   *url.URL
	words string
}

// readPage reads a page as a browser would that runs scripts: what stands in
// noscript does not count, nor does a script of a type that is not run, as
// consent tools leave it until there is consent.
func readPage(base *url.URL, body string) content {
	var c content
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return c
	}
	c.walk(base, root, 0)
	c.text = mainText(root)
	return c
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// resolve returns the web address that a reference of the page means, nil for
// anything else.
func resolve(base *url.URL, ref string) *url.URL {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxAddress {
		return nil
	}
	u, err := base.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil
	}
	u.Fragment, u.User = "", nil
	return u
}

func (c *content) ask(base *url.URL, ref, how string) {
	if u := resolve(base, ref); u != nil && len(c.asked) < maxAsked {
		c.asked = append(c.asked, asked{u, how})
	}
}

// runs tells whether a browser runs a script of that type.
func runs(kind string) bool {
	kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(kind)), ";")
	switch strings.TrimSpace(kind) {
	case "", "module", "text/javascript", "application/javascript", "application/ecmascript", "text/ecmascript", "application/x-javascript":
		return true
	}
	return false
}

func (c *content) walk(base *url.URL, n *html.Node, depth int) {
	if depth > maxDepth {
		return
	}
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Noscript, atom.Template:
			return
		case atom.Base:
			if u := resolve(base, attr(n, "href")); u != nil {
				*base = *u
			}
		case atom.Script:
			if !runs(attr(n, "type")) {
				return
			}
			c.scripts++
			c.ask(base, attr(n, "src"), "script")
			if n.FirstChild != nil && len(c.inline) < maxAsked {
				c.inline = append(c.inline, n.FirstChild.Data)
			}
			return
		case atom.Img:
			c.ask(base, attr(n, "src"), "image")
			for part := range strings.SplitSeq(attr(n, "srcset"), ",") {
				ref, _, _ := strings.Cut(strings.TrimSpace(part), " ")
				c.ask(base, ref, "image")
			}
		case atom.Iframe, atom.Embed, atom.Frame:
			c.ask(base, attr(n, "src"), "frame")
		case atom.Video, atom.Audio, atom.Source:
			c.ask(base, attr(n, "src"), "image")
			c.ask(base, attr(n, "poster"), "image")
		case atom.Link:
			for rel := range strings.FieldsSeq(strings.ToLower(attr(n, "rel"))) {
				switch rel {
				case "stylesheet":
					c.ask(base, attr(n, "href"), "style")
				case "preconnect", "preload", "modulepreload", "prefetch", "icon", "apple-touch-icon", "manifest":
					c.ask(base, attr(n, "href"), "request")
				}
			}
		case atom.Style:
			if n.FirstChild != nil {
				c.styles(base, n.FirstChild.Data)
			}
			return
		case atom.A:
			c.follow(base, n)
		}
		if s := attr(n, "style"); s != "" {
			c.styles(base, s)
		}
	}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		c.walk(base, k, depth+1)
	}
}

var styleAddress = regexp.MustCompile(`(?i)(?:@import\s+|url\()\s*["']?([^"')\s]+)`)

func (c *content) styles(base *url.URL, css string) {
	for _, m := range styleAddress.FindAllStringSubmatch(css, 50) {
		c.ask(base, m[1], "style")
	}
}

func (c *content) follow(base *url.URL, n *html.Node) {
	href := strings.TrimSpace(attr(n, "href"))
	if len(href) > 7 && strings.EqualFold(href[:7], "mailto:") {
		to, _, _ := strings.Cut(href[7:], "?")
		if to, err := url.PathUnescape(to); err == nil && len(c.mails) < 50 {
			c.mails = append(c.mails, to)
		}
		return
	}
	if u := resolve(base, href); u != nil && len(c.links) < maxLinks {
		var w writer
		w.walk(n, 0)
		c.links = append(c.links, link{u, strings.TrimSpace(w.String())})
	}
}

// mainText returns the words of the page's main part: what main or article
// holds where they hold most of it, else the body without menus, head and foot.
func mainText(root *html.Node) string {
	var best string
	var find func(n *html.Node, depth int)
	find = func(n *html.Node, depth int) {
		if depth > maxDepth {
			return
		}
		if n.Type == html.ElementNode && (n.DataAtom == atom.Main || n.DataAtom == atom.Article || attr(n, "role") == "main") {
			var w writer
			w.walk(n, depth)
			if t := w.String(); len(t) > len(best) {
				best = t
			}
			return
		}
		for k := n.FirstChild; k != nil; k = k.NextSibling {
			find(k, depth+1)
		}
	}
	find(root, 0)
	var w writer
	w.walk(root, 0)
	if whole := w.String(); len(best)*2 < len(whole) {
		return whole
	}
	return best
}

// writer writes the words of a page, a line a block.
type writer struct {
	b   strings.Builder
	gap bool
}

func (w *writer) String() string { return strings.TrimSpace(w.b.String()) }

func (w *writer) line() {
	if s := w.b.String(); s != "" && !strings.HasSuffix(s[max(0, len(s)-1):], "\n") {
		w.b.WriteByte('\n')
	}
	w.gap = false
}

func (w *writer) words(s string) {
	for _, r := range s {
		if w.b.Len() > maxWords {
			return
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			w.gap = w.gap || r != '\u00ad' && r != '\u200b'
			continue
		}
		if s := w.b.Len(); w.gap && s > 0 && !strings.HasSuffix(w.b.String()[s-1:], "\n") {
			w.b.WriteByte(' ')
		}
		w.gap = false
		w.b.WriteRune(r)
	}
}

func (w *writer) walk(n *html.Node, depth int) {
	if depth > maxDepth {
		return
	}
	switch n.Type {
	case html.TextNode:
		w.words(n.Data)
		return
	case html.ElementNode:
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Head, atom.Nav, atom.Header, atom.Footer, atom.Aside, atom.Form, atom.Button, atom.Select, atom.Svg, atom.Iframe:
			if n.DataAtom != atom.Header || !within(n, atom.Article, atom.Main) {
				return
			}
		}
		if attr(n, "hidden") != "" || hides(n) {
			return
		}
	}
	block := n.Type == html.ElementNode && !inlineElement(n.DataAtom)
	if block {
		w.line()
	}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		w.walk(k, depth+1)
	}
	if block {
		w.line()
	}
}

// hides tells whether an element is not shown, as far as it says so itself.
func hides(n *html.Node) bool {
	s := strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", "")
	return strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden")
}

func within(n *html.Node, as ...atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		for _, a := range as {
			if p.DataAtom == a {
				return true
			}
		}
	}
	return false
}

func inlineElement(a atom.Atom) bool {
	switch a {
	case atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.Span, atom.U, atom.Small, atom.Sup, atom.Sub, atom.Abbr, atom.Code, atom.Cite, atom.Q, atom.Mark, atom.Time, atom.Font, atom.Label, atom.Img, atom.Wbr:
		return true
	}
	return false
}
