package storage

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"greffier/data/reach"
)

// headBytes is how much of an answer is looked at before it is believed.
const headBytes = 4096

// honest is a transport that believes a listing only when it is one. A proxy,
// a login page or a mistyped host may answer 200 with something else, which
// the client would read as an empty listing.
type honest struct {
	next  http.RoundTripper
	pages *pages
}

// pages notices a listing whose next page is the one before, and one whose pages
// go on without a row: the client would ask for it for ever.
type pages struct {
	mu   sync.Mutex
	last string
	same int
	idle int // later pages since a row that was asked for
}

// samePages is how often the same page may be answered; a call that was
// repeated after a fault is no circle.
const samePages = 10

func (p *pages) circles(query string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if query != p.last {
		p.last, p.same = query, 0
	}
	p.same++
	return p.same > samePages
}

// idlePages is how many pages without a row may follow each other. Servers that
// filter give a few.
const idlePages = 100

// stalls counts a later page, and tells that there were too many without a row.
func (p *pages) stalls() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle++
	return p.idle > idlePages
}

// row notes a row that was asked for, or a listing that begins.
func (p *pages) row() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = 0
}

// marked tells whether a request asks for a later page.
func marked(q url.Values) bool {
	return q.Get("key-marker") != "" || q.Get("continuation-token") != "" || q.Get("marker") != "" || q.Get("upload-id-marker") != ""
}

func (h honest) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(req)
	reach.Hear(resp)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	want := rootOf(req)
	if want == "" {
		return resp, nil
	}
	// A listing begun anew comes in between two of its second pages.
	if h.pages.circles(req.URL.Path+"?"+req.URL.RawQuery) && marked(req.URL.Query()) {
		resp.Body.Close()
		return nil, fmt.Errorf("the listing turns in circles: %w", ErrUnclear)
	}
	if marked(req.URL.Query()) && h.pages.stalls() {
		resp.Body.Close()
		return nil, fmt.Errorf("the listing goes on without a row: %w", ErrUnclear)
	}
	r := bufio.NewReaderSize(resp.Body, headBytes)
	head, _ := r.Peek(headBytes) // shorter at the end of the answer
	if first(string(head)) != want {
		resp.Body.Close()
		return nil, ErrUnclear
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{r, resp.Body}
	return resp, nil
}

// rootOf returns the XML element that answers a request, "" where it does not
// matter.
func rootOf(req *http.Request) string {
	q := req.URL.Query()
	has := func(k string) bool { _, ok := q[k]; return ok }
	switch {
	case req.Method == http.MethodPost && has("delete"):
		return "DeleteResult"
	case req.Method != http.MethodGet:
		return ""
	case has("versions"):
		return "ListVersionsResult"
	case has("uploads"):
		return "ListMultipartUploadsResult"
	case has("versioning"):
		return "VersioningConfiguration"
	case has("list-type"):
		return "ListBucketResult"
	}
	return ""
}

// first returns the name of the first element of an XML text.
func first(text string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		t, err := d.RawToken()
		if err != nil {
			return ""
		}
		if e, ok := t.(xml.StartElement); ok {
			return e.Name.Local
		}
	}
}
