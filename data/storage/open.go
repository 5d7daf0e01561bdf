package storage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/pkg/sftp"

	"greffier/app/erasure"
	"greffier/app/plan"
)

const (
	// stallTimeout is how long a server may leave a reader without one byte. A
	// photo may take long; silence is a lost connection.
	stallTimeout = 2 * time.Minute
	// readAhead is how much of a file is asked for at a time over SFTP, whose
	// packets are small.
	readAhead = 1 << 20
	// maxUnsized bounds what is read of a file whose size the server does not
	// tell.
	maxUnsized = 4 << 30
)

// exact reads as many bytes as were listed, and not one more or less. size -1
// is one that is not known. fail puts an error of the source into the words of
// app/erasure; whole, where it is not nil, looks at the source once more when
// all is read.
type exact struct {
	ctx   context.Context
	from  io.Reader
	size  int64
	read  int64
	fail  func(error) error
	whole func() error
	end   func() error
	done  error // what every further Read returns
}

// Read implements io.Reader.
func (e *exact) Read(p []byte) (int, error) {
	if e.done != nil {
		return 0, e.done
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := e.from.Read(p)
	e.read += int64(n)
	switch {
	case e.ctx.Err() != nil:
		e.done = e.ctx.Err()
	case e.size >= 0 && e.read > e.size, e.size < 0 && e.read > maxUnsized:
		// More than was listed: nothing of it may pass for the object.
		e.done = e.fail(erasure.ErrChanged)
	case errors.Is(err, io.EOF):
		e.done = io.EOF
		if e.size >= 0 && e.read < e.size {
			e.done = e.fail(erasure.ErrChanged)
		} else if e.whole != nil {
			if err := e.whole(); err != nil {
				e.done = err
			}
		}
	case err != nil:
		e.done = e.fail(err)
	}
	if e.done != nil && e.done != io.EOF {
		return 0, e.done
	}
	if n > 0 {
		return n, nil // the end is told by the next call
	}
	return 0, e.done
}

// Close implements io.Closer.
func (e *exact) Close() error {
	if e.done == nil {
		e.done = fmt.Errorf("read an object that was closed: %w", ErrUnclear)
	}
	if e.end == nil {
		return nil
	}
	end := e.end
	e.end = nil
	return end()
}

// unread refuses what is no content.
func unread(o plan.Object) error {
	switch {
	case o.Kind != plan.Version:
		return erasure.ErrNoContent
	case o.SizeBytes < 0:
		return ErrUnclear
	}
	return nil
}

// Open reads one file, never through a link, and tells at its end whether it
// was changed meanwhile.
func (f *Folder) Open(ctx context.Context, o plan.Object) (io.ReadCloser, error) {
	const doing = "read a file"
	fail := func(err error) error { return fmt.Errorf("%s of storage %q: %w", doing, f.name, err) }
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := unread(o); err != nil {
		return nil, fail(err)
	}
	rel, err := nameOf(o.Key)
	if err != nil {
		return nil, fail(err)
	}
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if there, err := f.plainParents(r, rel); err != nil {
		return nil, err
	} else if !there {
		return nil, fail(erasure.ErrGone)
	}
	seen, err := r.Lstat(rel)
	if err != nil {
		return nil, f.fail(doing, err, erasure.ErrGone)
	}
	if !seen.Mode().IsRegular() {
		return nil, fail(erasure.ErrNoContent)
	}
	file, err := r.OpenFile(rel, readFlags, 0)
	if err != nil {
		return nil, f.fail(doing, err, erasure.ErrGone)
	}
	// What is open must be what was looked at, and what was listed.
	same := func() error {
		info, err := file.Stat()
		switch {
		case err != nil:
			return f.fail(doing, err, erasure.ErrGone)
		case !os.SameFile(seen, info), o.Fingerprint != "" && fingerprint(info) != o.Fingerprint:
			return fail(erasure.ErrChanged)
		}
		return nil
	}
	if err := same(); err != nil {
		file.Close()
		return nil, err
	}
	words := func(err error) error {
		if errors.Is(err, erasure.ErrChanged) {
			return fail(err)
		}
		return f.fail(doing, err, erasure.ErrGone)
	}
	return &exact{ctx: ctx, from: file, size: seen.Size(), fail: words, whole: same, end: file.Close}, nil
}

// Open reads one version.
func (s *S3) Open(ctx context.Context, o plan.Object) (io.ReadCloser, error) {
	doing := s.doing("read an object")
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := unread(o); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	inner, cancel := context.WithCancel(ctx)
	body, info, err := s.body(inner, o)
	if err == nil {
		err = s.asListed(ctx, o, info)
		if err != nil {
			body.Close()
		}
	}
	if err != nil {
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	fail := func(err error) error {
		if errors.Is(err, erasure.ErrChanged) {
			return fmt.Errorf("%s: %w", doing, err)
		}
		if inner.Err() != nil {
			err = erasure.ErrOffline // it was silent for too long
		}
		return fmt.Errorf("%s: %w", doing, broken(err))
	}
	w := watch(body, cancel)
	return &exact{ctx: ctx, from: w, size: o.SizeBytes, fail: fail, end: w.Close}, nil
}

// body asks for a version, and for the newest where a server does not know the
// version without a name by the word for it.
func (s *S3) body(ctx context.Context, o plan.Object) (io.ReadCloser, minio.ObjectInfo, error) {
	doing := s.doing("read an object")
	versions := []string{o.Version}
	if o.Version == nullVersion {
		versions = append(versions, "")
	}
	var err error
	for _, v := range versions {
		var body io.ReadCloser
		var info minio.ObjectInfo
		if body, info, _, err = s.core.GetObject(ctx, s.cfg.Bucket, o.Key, minio.GetObjectOptions{VersionID: v}); err == nil {
			if v == o.Version || info.VersionID == "" || info.VersionID == o.Version {
				return body, info, nil
			}
			body.Close()
			return nil, info, fmt.Errorf("%s: %w", doing, erasure.ErrChanged)
		}
		if !isCode(err, minio.NoSuchKey, minio.NoSuchVersion, "InvalidArgument", "InvalidVersionId") {
			break
		}
	}
	var answer minio.ErrorResponse
	switch {
	case isCode(err, "InvalidObjectState"):
		return nil, minio.ObjectInfo{}, fmt.Errorf("%s: archived: %w", doing, erasure.ErrDenied)
	case errors.As(err, &answer) && answer.StatusCode == http.StatusMethodNotAllowed:
		return nil, minio.ObjectInfo{}, fmt.Errorf("%s: %w", doing, erasure.ErrNoContent) // a delete marker
	case isCode(err, minio.NoSuchKey, minio.NoSuchVersion, "InvalidArgument", "InvalidVersionId"):
		return nil, minio.ObjectInfo{}, fmt.Errorf("%s: %w", doing, erasure.ErrGone)
	}
	if err = translate(doing, err); errors.Is(err, errNoSuchFeature) {
		err = fmt.Errorf("%s: %w", doing, ErrUnclear)
	}
	return nil, minio.ObjectInfo{}, err
}

// asListed tells whether an answer is the object of the listing. A version that
// can be overwritten is compared by mark and time, and where a server's answers
// do not agree among themselves the listing decides, as before an erasure.
func (s *S3) asListed(ctx context.Context, o plan.Object, info minio.ObjectInfo) error {
	if info.Size != o.SizeBytes {
		return fmt.Errorf("%s: %w", s.doing("read an object"), erasure.ErrChanged)
	}
	if o.Version != "" && o.Version != nullVersion || o.Fingerprint == "" {
		return nil
	}
	if strings.HasPrefix(o.Fingerprint, info.ETag+"@") && info.LastModified.UTC().Truncate(time.Second).Equal(o.ModifiedAt.Truncate(time.Second)) {
		return nil
	}
	there := false
	if err := s.List(ctx, o.Key, func(x plan.Object) error {
		there = there || x.ID() == o.ID() && x.Fingerprint == o.Fingerprint
		return nil
	}); err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("%s: %w", s.doing("read an object"), erasure.ErrChanged)
	}
	return nil
}

// broken is what a body that ends before its time means.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return erasure.ErrOffline
	}
	if w := ofWeb(err); !errors.Is(w, ErrUnclear) {
		return w
	}
	return erasure.ErrOffline
}

// watched ends a body that gives nothing for too long.
type watched struct {
	body   io.ReadCloser
	timer  *time.Timer
	cancel context.CancelFunc
}

func watch(body io.ReadCloser, cancel context.CancelFunc) *watched {
	w := &watched{body, time.AfterFunc(stallTimeout, cancel), cancel}
	w.timer.Stop() // it runs while something is awaited
	return w
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(stallTimeout)
	n, err := w.body.Read(p)
	w.timer.Stop() // the one who reads may take its time
	return n, err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel() // first: what is left of a large body is not waited for
	w.body.Close()
	return nil
}

// Open reads one file. The server is not trusted to open what was looked at:
// the way there is looked at before and after, and the open file itself.
func (s *SFTP) Open(ctx context.Context, o plan.Object) (io.ReadCloser, error) {
	const doing = "read a file"
	fail := func(err error) error { return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, err) }
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := unread(o); err != nil {
		return nil, fail(err)
	}
	rel, err := pathOf(o.Key)
	if err != nil {
		return nil, fail(err)
	}
	as := func(info os.FileInfo) error {
		switch {
		case info == nil:
			return fail(erasure.ErrGone)
		case !info.Mode().IsRegular():
			return fail(erasure.ErrNoContent)
		case o.Fingerprint != "" && fingerprint(info) != o.Fingerprint:
			return fail(erasure.ErrChanged)
		}
		return nil
	}
	look := func() error {
		info, err := s.find(ctx, doing, rel)
		if err != nil {
			return err
		}
		return as(info)
	}
	if err := look(); err != nil {
		return nil, err
	}
	words := func(err error) error {
		if errors.Is(err, erasure.ErrChanged) {
			return fail(err)
		}
		return s.fail(doing, err, erasure.ErrGone)
	}
	file, err := s.lines.openFile(ctx, path.Join(s.root, rel))
	if err != nil {
		return nil, words(err)
	}
	same := func() error {
		info, err := file.stat()
		if err != nil {
			return words(err)
		}
		return as(info)
	}
	if err = same(); err == nil {
		err = look()
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &exact{ctx: ctx, from: bufio.NewReaderSize(file, readAhead), size: o.SizeBytes, fail: words, whole: same, end: file.Close}, nil
}

// sftpFile is an open file; it keeps its connection in use until it is closed.
type sftpFile struct {
	ctx   context.Context
	lines *sshLines
	slot  *slot
	line  *sftpLine
	file  *sftp.File
	lost  bool
}

// openFile opens a file of the server for reading.
func (l *sshLines) openFile(ctx context.Context, p string) (*sftpFile, error) {
	s := l.take()
	line, err := l.open(ctx, s)
	if err != nil {
		l.leave(s)
		return nil, err
	}
	f := &sftpFile{ctx: ctx, lines: l, slot: s, line: line}
	if err := f.call(func() (err error) { f.file, err = line.client.Open(p); return err }); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// call makes one call on the file's connection. A cancel, or silence, closes
// it, and nothing is tried again: what was read so far belongs to that file.
func (f *sftpFile) call(do func() error) error {
	if f.lost {
		return erasure.ErrOffline
	}
	timed, cancel := context.WithTimeout(f.ctx, stallTimeout)
	stop := context.AfterFunc(timed, func() { f.line.net.Close() })
	err := do()
	whole := stop()
	cancel()
	if whole && (err == nil || errors.Is(err, io.EOF) || isAnswer(err)) {
		return err
	}
	f.lost = true
	f.lines.drop(f.slot, f.line)
	if f.ctx.Err() != nil {
		return f.ctx.Err()
	}
	return fmt.Errorf("the connection breaks off: %w", erasure.ErrOffline)
}

// Read implements io.Reader.
func (f *sftpFile) Read(p []byte) (n int, err error) {
	err = f.call(func() (err error) { n, err = f.file.Read(p); return err })
	return n, err
}

func (f *sftpFile) stat() (info os.FileInfo, err error) {
	err = f.call(func() (err error) { info, err = f.file.Stat(); return err })
	return info, err
}

// Close implements io.Closer.
func (f *sftpFile) Close() error {
	if f.slot == nil {
		return nil
	}
	if f.file != nil && !f.lost {
		_ = f.call(func() error { return f.file.Close() }) // it was only read
	}
	f.lines.leave(f.slot)
	f.slot = nil
	return nil
}

// Open reads one file. Where the server gives files a mark of their content, it
// is asked for exactly that content.
func (w *WebDAV) Open(ctx context.Context, o plan.Object) (io.ReadCloser, error) {
	const doing = "read a file"
	if err := unread(o); err != nil {
		return nil, w.fail(doing, err, nil)
	}
	row, err := w.find(ctx, doing, o.Key)
	switch {
	case err != nil:
		return nil, err
	case row == nil:
		return nil, w.fail(doing, erasure.ErrGone, nil)
	case row.folder, o.Fingerprint != "" && davFingerprint(*row) != o.Fingerprint:
		return nil, w.fail(doing, erasure.ErrChanged, nil)
	}
	rel, err := pathOf(o.Key)
	if err != nil {
		return nil, w.fail(doing, err, nil)
	}
	header := map[string]string{"Accept-Encoding": "identity"}
	if strongTag(row.etag) {
		header["If-Match"] = row.etag
	}
	inner, cancel := context.WithCancel(ctx)
	whole := *w
	client := *w.client
	client.Timeout = 0 // a large photo may take long: silence ends it
	whole.client = &client
	resp, err := whole.call(inner, http.MethodGet, w.at(rel), header, "")
	if err != nil {
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, w.fail(doing, err, nil)
	}
	body := watch(resp.Body, cancel)
	if err := w.asAsked(resp, *row); err != nil {
		body.Close()
		return nil, w.fail(doing, err, erasure.ErrGone)
	}
	size := row.size
	if size < 0 {
		size = resp.ContentLength // -1 where it is not told either
	}
	fail := func(err error) error {
		if !errors.Is(err, erasure.ErrChanged) {
			if inner.Err() != nil {
				err = erasure.ErrOffline
			}
			err = broken(err)
		}
		return w.fail(doing, err, nil)
	}
	same := func() error {
		after, err := w.find(ctx, doing, o.Key)
		switch {
		case err != nil:
			return err
		case after == nil || davFingerprint(*after) != davFingerprint(*row):
			return w.fail(doing, erasure.ErrChanged, nil)
		}
		return nil
	}
	if strongTag(row.etag) && resp.Header.Get("ETag") == row.etag {
		same = nil // the answer itself has the mark
	}
	return &exact{ctx: ctx, from: body, size: size, fail: fail, whole: same, end: body.Close}, nil
}

// asAsked tells whether an answer is the file that was looked at, and not a
// page of a proxy.
func (w *WebDAV) asAsked(resp *http.Response, row davRow) error {
	if resp.StatusCode != http.StatusOK {
		if err := ofStatus(resp.StatusCode); err != nil {
			return err
		}
		return ErrUnclear
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return ErrUnclear
	}
	if tag := resp.Header.Get("ETag"); strongTag(row.etag) && tag != "" && tag != row.etag {
		return erasure.ErrChanged
	}
	if row.size >= 0 && resp.ContentLength >= 0 && resp.ContentLength != row.size {
		return erasure.ErrChanged
	}
	return nil
}
