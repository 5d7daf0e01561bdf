package storage

import (
	"bufio"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
)

// headBytes is how much of an answer is looked at before it is believed.
const headBytes = 4096

// honest is a transport that believes a listing only when it is one. A proxy,
// a login page or a mistyped host may answer 200 with something else, which
// the client would read as an empty listing.
type honest struct{ next http.RoundTripper }

func (h honest) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	want := rootOf(req)
	if want == "" {
		return resp, nil
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
