package shop

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"greffier/app/erasure"
	"greffier/app/plan"
)

const (
	wooMediaAPI  = "/wp-json/wp/v2/media"
	wooUploadDir = "/wp-content/uploads/"
	// wooMediaFields are what is asked of an upload.
	wooMediaFields = "id,date_gmt,modified_gmt,post,source_url,media_details"
	// wooLongBefore is how much older than its order an upload may be. One that
	// is older was not made for it: the shop's own logo, named by someone in a
	// field for a link, must not go.
	wooLongBefore = 90 * 24 * time.Hour
)

// wooMedium is an upload of the media library.
type wooMedium struct {
	ID       loose `json:"id"`
	Date     loose `json:"date_gmt"`
	Modified loose `json:"modified_gmt"`
	Post     loose `json:"post"` // the page or product that it belongs to
	Source   loose `json:"source_url"`
	Details  struct {
		Original loose                      `json:"original_image"`
		Size     loose                      `json:"filesize"`
		Sizes    map[string]json.RawMessage `json:"sizes"`
	} `json:"media_details"`
}

// paths returns where the files of an upload lie on the site, all sizes
// included.
func (m wooMedium) paths() (list []string) {
	add := func(address string) {
		if u, err := url.Parse(address); err == nil && u.Path != "" {
			list = append(list, u.Path)
		}
	}
	add(string(m.Source))
	if m.Details.Original != "" && len(list) > 0 {
		list = append(list, path.Join(path.Dir(list[0]), path.Base(string(m.Details.Original))))
	}
	for _, raw := range m.Details.Sizes {
		var s struct {
			Source loose `json:"source_url"`
		}
		if json.Unmarshal(raw, &s) == nil {
			add(string(s.Source))
		}
	}
	return unique(list)
}

// onSite returns the path of a link that lies below the site's uploads.
func (w *Woo) onSite(ref string) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	bare := func(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }
	p := path.Clean(u.Path)
	return p, bare(u) == bare(w.client.base) && strings.HasPrefix(p, w.client.base.Path+wooUploadDir) && u.Port() == w.client.base.Port()
}

// wooFilePath reads the id by which a file outside the media library is named:
// its path, encoded.
func wooFilePath(id string) (string, bool) {
	enc, ok := strings.CutPrefix(id, "u-")
	if !ok || len(enc) > 2000 {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(enc)
	p := string(b)
	if err != nil || path.Clean(p) != p || !strings.Contains(p, wooUploadDir) || base64.RawURLEncoding.EncodeToString(b) != enc {
		return "", false
	}
	return p, true
}

func wooFileID(p string) string { return "u-" + base64.RawURLEncoding.EncodeToString([]byte(p)) }

// library is who reads the media library: with the application password, or as
// any visitor.
func (w *Woo) library() *client {
	if w.media != nil {
		return w.media
	}
	return w.site
}

// wooSizeEnd is what WordPress adds to the name of a file that it has made.
var wooSizeEnd = regexp.MustCompile(`-(\d{1,5}x\d{1,5}|scaled|rotated)$`)

// upload finds what a reference of an order names on the shop's own site:
// errWooGone for a reference to somewhere else or to nothing.
func (d *wooDesk) upload(ctx context.Context, ref string, created time.Time) (o plan.Object, byHand bool, err error) {
	p, ok := d.w.onSite(ref)
	if !ok {
		return o, false, errWooGone
	}
	name := wooSizeEnd.ReplaceAllString(strings.TrimSuffix(path.Base(p), path.Ext(p)), "")
	for _, by := range []string{"search", "slug"} {
		body, header, _, err := call(ctx, d.w.library(), http.MethodGet, wooMediaAPI, url.Values{by: {name}, "per_page": {"100"}, "_fields": {wooMediaFields}}, nil)
		if errors.Is(err, ErrNotWoo) || d.w.media == nil && errors.Is(err, ErrAuth) {
			break // closed to visitors; the file itself tells more
		}
		if err != nil {
			return o, false, err
		}
		var list []wooMedium
		if json.Unmarshal(body, &list) != nil {
			return o, false, notJSON(body, header)
		}
		for _, m := range list {
			if wholeNumber(string(m.ID)) && slices.Contains(m.paths(), p) {
				at, err := wooTime(m.Date)
				foreign := err != nil || m.Post != "" && m.Post != "0" || !at.IsZero() && !created.IsZero() && at.Before(created.Add(-wooLongBefore))
				return d.mediumObject(m), d.w.media == nil || foreign, nil
			}
		}
	}
	there, err := d.served(ctx, p)
	switch {
	case err != nil:
		return o, false, err
	case !there:
		return o, false, errWooGone
	}
	return d.fileObject(p), true, nil
}

func (d *wooDesk) mediumObject(m wooMedium) plan.Object {
	key := recordKey(ofMedia, string(m.ID), "file")
	size := int64(0)
	fmt.Sscan(string(m.Details.Size), &size)
	at, _ := wooTime(m.Date)
	return plan.Object{Storage: d.Name(), Key: key, Kind: plan.Version, SizeBytes: max(size, 0), ModifiedAt: at,
		Fingerprint: fingerprint(d.w.seal, key, string(m.Source), string(m.Date), string(m.Modified), string(m.Details.Size))}
}

func (d *wooDesk) fileObject(p string) plan.Object {
	key := recordKey(ofMedia, wooFileID(p), "file")
	return plan.Object{Storage: d.Name(), Key: key, Kind: plan.Version, Fingerprint: fingerprint(d.w.seal, key, p)}
}

// read asks for one upload. errWooGone where the library has none of that id.
func (d *wooDesk) readMedium(ctx context.Context, id string) (m wooMedium, err error) {
	raw, err := d.get(ctx, d.w.library(), wooMediaAPI+"/"+id, url.Values{"_fields": {wooMediaFields}}, "rest_post_invalid_id")
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil || string(m.ID) != id {
		return m, fmt.Errorf("%w: not the upload asked for", ErrAnswer)
	}
	return m, nil
}

// medium looks at an upload, or at a file outside the library. An upload that
// is gone from the library and whose files are still served is still there.
func (d *wooDesk) medium(ctx context.Context, id string) (plan.Object, error) {
	if p, ok := wooFilePath(id); ok {
		there, err := d.served(ctx, p)
		if err == nil && !there {
			err = errWooGone
		}
		return d.fileObject(p), err
	}
	m, err := d.readMedium(ctx, id)
	if !errors.Is(err, errWooGone) {
		return d.mediumObject(m), err
	}
	d.mu.Lock()
	left := d.left[id]
	d.mu.Unlock()
	for _, p := range left {
		there, err := d.served(ctx, p)
		if err != nil || there {
			o := d.mediumObject(wooMedium{ID: loose(id)})
			o.Fingerprint = "" // what it was is not known any more
			return o, err
		}
	}
	return plan.Object{}, errWooGone
}

// eraseUpload removes an upload with all its sizes, and looks whether their
// files are gone.
func (d *wooDesk) eraseUpload(ctx context.Context, o plan.Object) error {
	_, id, _, _ := cutKey(o.Key, wooRecordID)
	now, err := d.medium(ctx, id)
	switch {
	case errors.Is(err, errWooGone):
		return nil
	case err != nil:
		return err
	case now.Key != o.Key:
		return erasure.ErrChanged
	case now.Fingerprint == "":
		return ErrFileStays
	case now.Fingerprint != o.Fingerprint:
		return erasure.ErrChanged
	case d.w.media == nil || !wholeNumber(id):
		return erasure.ErrNoWay
	}
	m, err := d.readMedium(ctx, id)
	if errors.Is(err, errWooGone) {
		return nil
	}
	if err != nil {
		return err
	}
	// Remembered before, so that a run that is cut here knows where to look.
	var files []string
	for _, p := range m.paths() {
		if _, ours := d.w.onSite(d.w.client.base.Scheme + "://" + d.w.client.base.Host + (&url.URL{Path: p}).EscapedPath()); ours {
			files = append(files, p)
		}
	}
	d.mu.Lock()
	d.left[id] = files
	d.mu.Unlock()
	if err := d.remove(ctx, d.w.media, wooMediaAPI+"/"+id, url.Values{"force": {"true"}}, "rest_post_invalid_id"); err != nil {
		return err
	}
	for _, p := range files {
		if there, err := d.served(ctx, p); err == nil && there {
			return ErrFileStays
		}
	}
	return nil
}

// served tells whether the site gives a file to any visitor. What is refused
// to a visitor counts as there: that is not the same as gone.
func (d *wooDesk) served(ctx context.Context, p string) (bool, error) {
	u := url.URL{Scheme: d.w.site.base.Scheme, Host: d.w.site.base.Host, Path: p}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return false, ErrAddress
	}
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Cache-Control", "no-cache")
	_, _, status, err := d.w.site.do(ctx, req)
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return false, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return true, nil
	}
	return err == nil, err
}
