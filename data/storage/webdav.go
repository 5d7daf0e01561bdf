package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/data/reach"
)

// davTimeout bounds one call to a WebDAV server, its answer included.
const davTimeout = 5 * time.Minute

// WebDAVConfig says where a WebDAV folder is and how to enter.
type WebDAVConfig struct {
	Name     string // the storage's name in the profile
	URL      string // of the folder: https://host[:port]/path; http only for this machine
	User     string // "" enters without a name
	Password string
	CAFile   string // PEM file of one more certificate authority to trust
	// PublicURLs are addresses below which the shop shows the folder's files.
	PublicURLs []string
	// KeepsDeleted is set by the owner who knows that the server keeps deleted
	// files or old versions: then absence cannot be proven.
	KeepsDeleted bool
}

// WebDAV is a folder of a WebDAV server (RFC 4918). Keys are paths below it. A
// Fingerprint is the server's strong ETag, or size and modification time, which
// WebDAV tells in whole seconds. Folders are never removed, not even empty
// ones: WebDAV has no way to remove a folder only while it is empty. It is safe
// for use from several goroutines.
type WebDAV struct {
	cfg    WebDAVConfig
	base   *url.URL // its path ends in /
	client *http.Client
}

var (
	_ erasure.Storage = (*WebDAV)(nil)
	_ erasure.Looker  = (*WebDAV)(nil)
	_ erasure.Opener  = (*WebDAV)(nil)
)

// errMissing says that the server does not find the file or folder.
var errMissing = errors.New("not found")

// NewWebDAV prepares a folder of a server; nothing is asked of it yet. It
// returns ErrBadAddress, ErrPlainRefused, or ErrCertificate when the CA file
// cannot be used.
func NewWebDAV(cfg WebDAVConfig) (*WebDAV, error) {
	fail := func(err error) (*WebDAV, error) { return nil, fmt.Errorf("storage %q: %w", cfg.Name, err) }
	u, err := url.Parse(strings.TrimSpace(cfg.URL))
	if err != nil || cfg.Name == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return fail(ErrBadAddress)
	}
	if strings.ContainsAny(cfg.User, ":\x00\r\n") {
		return fail(ErrBadAddress) // such a name cannot be sent
	}
	p := strings.TrimSuffix(u.EscapedPath(), "/") + "/"
	if _, ok := segments(p); !ok {
		return fail(ErrBadAddress)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return fail(ErrPlainRefused)
	}
	tr, err := webTransport(cfg.CAFile)
	if err != nil {
		return fail(err)
	}
	base := &url.URL{Scheme: u.Scheme, Host: u.Host}
	if base.Path, err = url.PathUnescape(p); err != nil {
		return fail(ErrBadAddress)
	}
	base.RawPath = p
	return &WebDAV{cfg: cfg, base: base, client: &http.Client{
		Transport: reach.Listen(tr), Timeout: davTimeout,
		// A redirect may lead to another host, and turns a question into
		// another one: it is an answer, not a way.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Name returns the storage's name in the profile.
func (w *WebDAV) Name() string { return w.cfg.Name }

// Bases returns the folder's address and the public ones.
func (w *WebDAV) Bases() []plan.Base {
	out := []plan.Base{{Storage: w.cfg.Name, URL: w.base.String()}}
	for _, p := range w.cfg.PublicURLs {
		out = append(out, plan.Base{Storage: w.cfg.Name, URL: p})
	}
	return out
}

// at returns the address of a path below the folder; a folder's ends in /.
func (w *WebDAV) at(rel string) *url.URL {
	parts := strings.Split(rel, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	u := *w.base
	u.Path, u.RawPath = w.base.Path+rel, w.base.EscapedPath()+strings.Join(parts, "/")
	return &u
}

// call sends one request. The answer's body has to be closed.
func (w *WebDAV) call(ctx context.Context, method string, u *url.URL, header map[string]string, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "", strings.NewReader(body))
	if err != nil {
		return nil, ErrBadAddress
	}
	req.URL, req.Host = u, u.Host
	req.Header.Set("User-Agent", "Greffier")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	if w.cfg.User != "" || w.cfg.Password != "" {
		req.SetBasicAuth(w.cfg.User, w.cfg.Password)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, ofWeb(err)
	}
	return resp, nil
}

// ofStatus returns the sentinel for an answer that is no success.
func ofStatus(status int) error {
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return errMissing
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return erasure.ErrDenied
	case status == http.StatusPreconditionFailed:
		return erasure.ErrChanged
	case status == http.StatusLocked:
		return &erasure.LockedError{}
	case status/100 == 3:
		return ErrBadAddress // the storage is elsewhere: its address has to be set right
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500 && status != http.StatusNotImplemented:
		return erasure.ErrOffline
	}
	return ErrUnclear
}

// The questions: what a file is, and what else a server knows of the folder.
const (
	askFile = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>`
	askRoot = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:o="http://owncloud.org/ns"><prop><resourcetype/>` +
		`<checked-in/><checked-out/><version-history/><version-controlled-configuration/><auto-version/><o:id/><o:fileid/><o:permissions/></prop></propfind>`
)

// ask asks for a file or folder and, with depth "1", for what is in it, and
// calls yield for each row.
func (w *WebDAV) ask(ctx context.Context, u *url.URL, depth, question string, yield func(davRow) error) error {
	resp, err := w.call(ctx, "PROPFIND", u, map[string]string{"Depth": depth, "Content-Type": `application/xml; charset="utf-8"`}, question)
	if err != nil {
		return err
	}
	defer drain(resp.Body)
	if resp.StatusCode != http.StatusMultiStatus {
		if err := ofStatus(resp.StatusCode); err != nil {
			return err
		}
		return ErrUnclear // a page that is no listing
	}
	var own error
	err = readRows(resp.Body, u.EscapedPath(), func(r davRow) error {
		if !r.typed && r.status/100 == 2 {
			own = ErrUnclear // file or folder: that decides what is in the listing
			return own
		}
		own = yield(r)
		return own
	})
	switch {
	case err == nil, own != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return ofWeb(err)
}

// drain reads what little may be left of an answer, so that the connection can
// be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	body.Close()
}

// fail says what was being done; missing is what "not found" means here.
func (w *WebDAV) fail(doing string, err, missing error) error {
	if errors.Is(err, errMissing) {
		err = missing
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of storage %q: %w", doing, w.cfg.Name, err)
}

// there returns ErrNotThere unless the folder itself was seen: a mistyped path
// must not look like an empty one.
func (w *WebDAV) there(ctx context.Context) error {
	row, err := w.file(ctx, w.base)
	if err == nil && !row.folder {
		return fmt.Errorf("folder of storage %q: not a folder: %w", w.cfg.Name, erasure.ErrNotThere)
	}
	return w.fail("look for the folder", err, erasure.ErrNotThere)
}

// file asks for one file or folder itself.
func (w *WebDAV) file(ctx context.Context, u *url.URL) (davRow, error) {
	var row davRow
	n := 0
	err := w.ask(ctx, u, "0", askFile, func(r davRow) error {
		if n++; n > 1 || r.name != "" {
			return ErrUnclear
		}
		row = r
		return ofStatus(r.status)
	})
	if err == nil && n == 0 {
		err = ErrUnclear
	}
	return row, err
}

// Check tells whether the folder is there, may be read, and can prove absence.
// It cannot where the server is known to keep deleted files or versions: by
// what it says of itself (Nextcloud, ownCloud, SharePoint, version control as
// of RFC 3253), by a recycle bin that it shows, or because the owner said so.
func (w *WebDAV) Check(ctx context.Context) (erasure.Abilities, error) {
	if err := w.there(ctx); err != nil {
		return erasure.Abilities{}, err
	}
	a := erasure.Abilities{CanProve: true, Described: "WebDAV"}
	keeps, err := w.keeps(ctx)
	if err != nil {
		return erasure.Abilities{}, w.fail("read the folder", err, erasure.ErrNotThere)
	}
	if keeps != "" {
		a = erasure.Abilities{Described: "WebDAV, cannot prove absence: " + keeps}
	}
	return a, ctx.Err()
}

// keeps returns why the server is taken to keep what is deleted, or "".
func (w *WebDAV) keeps(ctx context.Context) (string, error) {
	const cloud, versions = "Nextcloud or ownCloud keeps deleted files and versions", "the server keeps versions"
	if w.cfg.KeepsDeleted {
		return "the server keeps deleted files", nil
	}
	if p := w.base.EscapedPath(); strings.Contains(p, "/remote.php/") || strings.Contains(p, "/dav/spaces/") {
		return cloud, nil
	}
	resp, err := w.call(ctx, http.MethodOptions, w.base, nil, "")
	if err != nil {
		return "", err
	}
	drain(resp.Body)
	for _, c := range strings.FieldsFunc(strings.ToLower(strings.Join(resp.Header.Values("DAV"), ",")), func(r rune) bool { return r == ',' || r == ' ' }) {
		switch {
		case strings.HasPrefix(c, "nextcloud-"), strings.HasPrefix(c, "nc-"), strings.HasPrefix(c, "oc-"), strings.HasPrefix(c, "owncloud-"):
			return cloud, nil
		case c == "version-control", c == "version-history", c == "checkout-in-place", c == "baseline", strings.Contains(c, "subversion.tigris.org"):
			return versions, nil
		}
	}
	if resp.Header.Get("MicrosoftSharePointTeamServices") != "" {
		return "SharePoint keeps deleted files and versions", nil
	}
	found, bin := "", ""
	err = w.ask(ctx, w.base, "1", askRoot, func(r davRow) error {
		if r.folder && bin == "" && isBin(r.name) {
			bin = r.name
		}
		if r.name != "" {
			return nil
		}
		for _, x := range r.extra {
			switch {
			case strings.HasPrefix(x, "http://owncloud.org/ns "), strings.HasPrefix(x, "http://nextcloud.org/ns "):
				found = cloud
			case found == "" && strings.HasPrefix(x, davNamespace+" "):
				found = versions // one of those asked for, which only such servers have
			}
		}
		return nil
	})
	if found == "" && bin != "" {
		found = bin + " may keep what is deleted"
	}
	return found, err
}

// List calls yield for every file below the folder whose key begins with
// prefix. Folders are asked for one by one, since many servers refuse to list a
// whole tree. A sub-folder that may not be read is an error, because nothing
// can be said of what is in it.
func (w *WebDAV) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if err := w.there(ctx); err != nil {
		return err
	}
	start, ok := startOf(prefix)
	if !ok {
		return ctx.Err() // no key can begin so
	}
	if start != "" {
		rel, err := pathOf(start)
		if err != nil {
			return ctx.Err()
		}
		row, err := w.file(ctx, w.at(rel))
		if errors.Is(err, errMissing) || err == nil && !row.folder {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, ErrBadAddress) { // a server may want the / of a folder
			return w.fail("look at a folder", err, nil)
		}
		start += "/"
	}
	yield = oneByOne(yield)
	err := walkTree(ctx, start, func(ctx context.Context, at string, sub func(string)) error {
		return w.read(ctx, at, prefix, yield, sub)
	})
	if err != nil {
		return err
	}
	return ctx.Err()
}

// read lists the folder whose key is at: "" for the root, else ending in /.
func (w *WebDAV) read(ctx context.Context, at, prefix string, yield func(plan.Object) error, sub func(string)) error {
	const doing = "read a folder"
	u := w.base
	if at != "" {
		rel, err := pathOf(strings.TrimSuffix(at, "/"))
		if err != nil {
			return w.fail(doing, ErrUnclear, nil)
		}
		u = w.at(rel + "/")
	}
	self := false
	seen := map[string]bool{}
	var own error
	err := w.ask(ctx, u, "1", askFile, func(r davRow) error {
		if r.name == "" {
			if err := ofStatus(r.status); err != nil {
				return err
			}
			if !r.folder {
				return errMissing // a file has taken its place
			}
			self = true
			return nil
		}
		key := at + keyOf(r.name)
		within := key + "/"
		if seen[r.name] || !strings.HasPrefix(within, prefix) && !strings.HasPrefix(prefix, within) {
			return nil
		}
		seen[r.name] = true
		if len(key) > maxKeyBytes {
			return ErrUnclear
		}
		if err := ofStatus(r.status); errors.Is(err, errMissing) {
			return nil // gone since
		} else if err != nil {
			return err
		}
		if r.folder {
			sub(within)
			return nil
		}
		if strings.HasPrefix(key, prefix) {
			own = yield(w.object(key, r))
		}
		return own
	})
	if own != nil {
		return own
	}
	if err == nil && !self {
		err = ErrUnclear // an answer without the folder itself may be any answer
	}
	if at == "" {
		return w.fail(doing, err, erasure.ErrNotThere)
	}
	return w.fail(doing, err, nil)
}

func (w *WebDAV) object(key string, r davRow) plan.Object {
	return plan.Object{Storage: w.cfg.Name, Key: key, SizeBytes: max(r.size, 0), ModifiedAt: r.at, Fingerprint: davFingerprint(r)}
}

// davFingerprint tells one content from another: by a strong ETag, else by size
// and time; "" where the server tells neither.
func davFingerprint(r davRow) string {
	if strongTag(r.etag) {
		return r.etag
	}
	if r.size < 0 && r.at.IsZero() {
		return ""
	}
	return strconv.FormatInt(r.size, 10) + " " + strconv.FormatInt(r.at.Unix(), 10)
}

func strongTag(tag string) bool {
	return len(tag) > 2 && len(tag) < 1024 && tag[0] == '"' && tag[len(tag)-1] == '"' && !strings.ContainsAny(tag[1:len(tag)-1], "\"\r\n")
}

// Look asks for one file itself. "Not found" says that it is absent only once
// the storage's own folder was seen.
func (w *WebDAV) Look(ctx context.Context, o plan.Object) (bool, error) {
	row, err := w.find(ctx, "look at a file", o.Key)
	return err == nil && row != nil && !row.folder, err
}

// find asks for a key; it returns nil where nothing is.
func (w *WebDAV) find(ctx context.Context, doing, key string) (*davRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rel, err := pathOf(key)
	if err != nil {
		return nil, w.fail(doing, err, nil)
	}
	row, err := w.file(ctx, w.at(rel))
	if errors.Is(err, errMissing) {
		return nil, w.there(ctx)
	}
	if err != nil {
		return nil, w.fail(doing, err, nil)
	}
	return &row, nil
}

// Erase removes one file. It looks before and after: a server may answer a
// deletion of what is not there, or of what it does not let go, with success.
// It returns ErrChanged when what lies there is not what was listed, and a
// LockedError where somebody holds a lock on it.
func (w *WebDAV) Erase(ctx context.Context, o plan.Object) error {
	const doing = "erase a file"
	row, err := w.find(ctx, doing, o.Key)
	if err != nil || row == nil {
		return err
	}
	if row.folder || o.Fingerprint != "" && davFingerprint(*row) != o.Fingerprint {
		return w.fail(doing, erasure.ErrChanged, nil)
	}
	rel, err := pathOf(o.Key)
	if err != nil {
		return w.fail(doing, err, nil)
	}
	header := map[string]string{}
	if strongTag(row.etag) {
		header["If-Match"] = row.etag // what is put there in between stays
	}
	u := w.at(rel)
	resp, err := w.call(ctx, http.MethodDelete, u, header, "")
	if err != nil {
		return w.fail(doing, err, nil)
	}
	defer drain(resp.Body)
	if resp.StatusCode == http.StatusMultiStatus {
		// The answer names what could not be removed (RFC 4918, section 9.6.1).
		dir := *u
		dir.RawPath = path.Dir(u.EscapedPath())
		if err := readRows(resp.Body, dir.RawPath, func(r davRow) error { return ofStatus(r.status) }); err != nil && !errors.Is(err, errMissing) {
			return w.fail(doing, ofAnswer(err), nil)
		}
	} else if err := ofStatus(resp.StatusCode); err != nil && !errors.Is(err, errMissing) {
		return w.fail(doing, err, nil)
	}
	after, err := w.find(ctx, "look at an erased file", o.Key)
	if err == nil && after != nil && davFingerprint(*after) == davFingerprint(*row) {
		return w.fail(doing, fmt.Errorf("the server says that it is gone and still has it: %w", ErrUnclear), nil)
	}
	return err
}

// ofAnswer returns the sentinel in an error of readRows.
func ofAnswer(err error) error {
	for _, known := range []error{erasure.ErrDenied, erasure.ErrLocked, erasure.ErrOffline, erasure.ErrChanged} {
		if errors.Is(err, known) {
			return err
		}
	}
	return ErrUnclear
}
