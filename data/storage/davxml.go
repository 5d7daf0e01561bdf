package storage

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	davNamespace = "DAV:"
	maxRowBytes  = 1 << 20   // of what an answer says of one file
	maxRows      = 5_000_000 // of an answer
)

// davRow is what a server says of one file or folder (RFC 4918, section 14.24).
type davRow struct {
	name   string // below the folder asked for, unescaped; "" for itself
	folder bool
	typed  bool // it is told whether it is a folder
	status int  // of the row as a whole; 200 where it says nothing
	size   int64
	at     time.Time
	etag   string
	// extra are the other properties that it has, as "namespace name".
	extra []string
}

// davProp is a DAV:prop element.
type davProp struct {
	Type *struct {
		Collection *struct{} `xml:"DAV: collection"`
	} `xml:"DAV: resourcetype"`
	Size *string `xml:"DAV: getcontentlength"`
	At   string  `xml:"DAV: getlastmodified"`
	ETag string  `xml:"DAV: getetag"`
	Any  []struct {
		XMLName xml.Name
	} `xml:",any"`
}

// davResponse is a DAV:response element.
type davResponse struct {
	Hrefs     []string `xml:"DAV: href"`
	Status    string   `xml:"DAV: status"`
	Propstats []struct {
		Status string  `xml:"DAV: status"`
		Prop   davProp `xml:"DAV: prop"`
	} `xml:"DAV: propstat"`
}

// budget is a reader that may be read only so far before its budget is renewed.
type budget struct {
	r    io.Reader
	left int
}

var errTooLong = errors.New("longer than any answer should be")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// readRows reads a multistatus answer to a question about the folder or file at
// path, escaped as in the question, and calls yield for each row. Anything that
// is not such an answer, breaks off, tells of another place, or has no end is
// an error.
func readRows(r io.Reader, path string, yield func(davRow) error) error {
	b := &budget{r: r, left: maxRowBytes}
	d := xml.NewDecoder(b)
	inside, ended := false, false
	for rows := 0; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && ended {
			return nil
		}
		if err != nil {
			return brokenOff(err)
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch {
			case !inside && !ended && e.Name == xml.Name{Space: davNamespace, Local: "multistatus"}:
				inside = true
			case inside && e.Name == xml.Name{Space: davNamespace, Local: "response"}:
				var answer davResponse
				if err := d.DecodeElement(&answer, &e); err != nil {
					return brokenOff(err)
				}
				if rows++; rows > maxRows {
					return ErrUnclear
				}
				b.left = maxRowBytes
				if err := rowsOf(answer, path, yield); err != nil {
					return err
				}
			case inside:
				if err := d.Skip(); err != nil { // responsedescription, sync-token
					return brokenOff(err)
				}
			default:
				return ErrUnclear
			}
		case xml.EndElement:
			inside, ended = false, true
		}
	}
}

// brokenOff returns err where the network is at fault, so that the call can be
// made again, and ErrUnclear where the answer itself is.
func brokenOff(err error) error {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return err
	}
	return ErrUnclear
}

// rowsOf returns the rows of a response: one for each address in it.
func rowsOf(a davResponse, path string, yield func(davRow) error) error {
	if len(a.Hrefs) == 0 || len(a.Hrefs) > 1 && len(a.Propstats) > 0 {
		return ErrUnclear
	}
	row := davRow{status: http.StatusOK, size: -1}
	if a.Status != "" {
		row.status = statusOf(a.Status)
	}
	for _, p := range a.Propstats {
		if p.Status != "" && statusOf(p.Status)/100 != 2 {
			continue // what it does not have
		}
		if p.Prop.Type != nil {
			row.typed, row.folder = true, p.Prop.Type.Collection != nil
		}
		if p.Prop.Size != nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(*p.Prop.Size), 10, 64); err == nil && n >= 0 {
				row.size = n
			}
		}
		if t, err := http.ParseTime(strings.TrimSpace(p.Prop.At)); err == nil {
			row.at = t.UTC()
		}
		if e := strings.TrimSpace(p.Prop.ETag); e != "" {
			row.etag = e
		}
		for _, x := range p.Prop.Any {
			row.extra = append(row.extra, x.XMLName.Space+" "+x.XMLName.Local)
		}
	}
	for _, h := range a.Hrefs {
		name, ok := nameBelow(path, h)
		if !ok {
			return ErrUnclear
		}
		row.name = name
		if err := yield(row); err != nil {
			return err
		}
	}
	return nil
}

// statusOf reads "HTTP/1.1 200 OK"; 0 is none.
func statusOf(line string) int {
	fields := strings.Fields(line)
	if len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/") {
		return 0
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}

// nameBelow returns the name that an address has in the folder at path, both
// escaped: "" for the folder or file itself. It is false for any other place. A
// server behind a proxy may name itself otherwise than we do, so that only the
// path counts.
func nameBelow(path, href string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil || u.Opaque != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	want, ok := segments(path)
	if !ok {
		return "", false
	}
	got, ok := segments(u.EscapedPath())
	if !ok || len(got) < len(want) || len(got) > len(want)+1 {
		return "", false
	}
	for i := range want {
		if want[i] != got[i] {
			return "", false
		}
	}
	if len(got) == len(want) {
		return "", true
	}
	return got[len(want)], true
}

// segments returns the unescaped parts of a path that begins at the root. It is
// false where a part would lead elsewhere.
func segments(escaped string) ([]string, bool) {
	rest, ok := strings.CutPrefix(escaped, "/")
	if !ok {
		return nil, false
	}
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" {
		return nil, true
	}
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		name, err := url.PathUnescape(p)
		if err != nil || name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return nil, false
		}
		parts[i] = name
	}
	return parts, true
}
