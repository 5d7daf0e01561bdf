package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/pkg/sftp"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// Planting is for drills: a small file of Greffier's own is laid into the
// storage, to be erased again. Nothing that is there is ever written over:
// ErrChanged says that something lies at the key already.

// Plant lays a file into the folder.
func (f *Folder) Plant(ctx context.Context, key string, content []byte) error {
	const doing = "lay a file into the folder"
	if err := ctx.Err(); err != nil {
		return err
	}
	rel, err := nameOf(key)
	if err != nil {
		return fmt.Errorf("%s of storage %q: %w", doing, f.name, err)
	}
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.MkdirAll(filepath.Dir(rel), 0o700); err != nil {
		return f.fail(doing, err, erasure.ErrNotThere)
	}
	if there, err := f.plainParents(r, rel); err != nil || !there {
		return errors.Join(err, f.fail(doing, fs.ErrNotExist, erasure.ErrNotThere))
	}
	file, err := r.OpenFile(rel, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s of storage %q: %w", doing, f.name, erasure.ErrChanged)
	}
	if err != nil {
		return f.fail(doing, err, erasure.ErrNotThere)
	}
	_, err = file.Write(content)
	return f.fail(doing, errors.Join(err, file.Sync(), file.Close()), nil)
}

// Plant lays an object into the bucket.
func (s *S3) Plant(ctx context.Context, key string, content []byte) error {
	if _, err := pathOf(key); err != nil {
		return fmt.Errorf("%s: %w", s.doing("lay an object into it"), err)
	}
	// Not every server knows the condition: a listing looks first.
	taken := false
	if err := s.List(ctx, key, func(o plan.Object) error { taken = taken || o.Key == key; return nil }); err != nil {
		return err
	}
	if taken {
		return fmt.Errorf("%s: %w", s.doing("lay an object into it"), erasure.ErrChanged)
	}
	opt := minio.PutObjectOptions{ContentType: "image/jpeg", DisableMultipart: true}
	opt.SetMatchETagExcept("*")
	_, err := s.client.PutObject(ctx, s.cfg.Bucket, key, bytes.NewReader(content), int64(len(content)), opt)
	if isCode(err, "NotImplemented") {
		_, err = s.client.PutObject(ctx, s.cfg.Bucket, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{ContentType: "image/jpeg", DisableMultipart: true})
	}
	if isCode(err, "PreconditionFailed") {
		return fmt.Errorf("%s: %w", s.doing("lay an object into it"), erasure.ErrChanged)
	}
	if err == nil {
		return nil
	}
	return translate(s.doing("lay an object into it"), err)
}

// Plant lays a file into the folder of the server.
func (s *SFTP) Plant(ctx context.Context, key string, content []byte) error {
	const doing = "lay a file into the folder"
	rel, err := pathOf(key)
	if err != nil {
		return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, err)
	}
	if err := s.there(ctx); err != nil {
		return err
	}
	if info, err := s.find(ctx, doing, rel); err != nil || info != nil {
		if err == nil {
			err = fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, erasure.ErrChanged)
		}
		return err
	}
	p := path.Join(s.root, rel)
	err = s.lines.do(ctx, func(c *sftp.Client) error {
		if err := c.MkdirAll(path.Dir(p)); err != nil {
			return err
		}
		f, err := c.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		return errors.Join(err, f.Close())
	})
	if err == nil {
		return nil
	}
	return s.fail(doing, err, erasure.ErrNotThere)
}

// Plant lays a file into the folder of the server. The folders above it are
// made, and those that were made are left to Unplant.
func (w *WebDAV) Plant(ctx context.Context, key string, content []byte) error {
	const doing = "lay a file into the folder"
	rel, err := pathOf(key)
	if err != nil {
		return w.fail(doing, err, nil)
	}
	if row, err := w.find(ctx, doing, key); err != nil || row != nil {
		if err == nil {
			err = w.fail(doing, erasure.ErrChanged, nil)
		}
		return err
	}
	parts := strings.Split(rel, "/")
	for i := 1; i < len(parts); i++ {
		resp, err := w.call(ctx, "MKCOL", w.at(strings.Join(parts[:i], "/")+"/"), nil, "")
		if err != nil {
			return w.fail(doing, err, nil)
		}
		drain(resp.Body)
		// A folder that is there already is told so (RFC 4918, section 9.3.1).
		if resp.StatusCode != http.StatusMethodNotAllowed {
			if err := ofStatus(resp.StatusCode); err != nil {
				return w.fail(doing, err, erasure.ErrNotThere)
			}
		}
	}
	resp, err := w.call(ctx, http.MethodPut, w.at(rel), map[string]string{"If-None-Match": "*", "Content-Type": "image/jpeg"}, string(content))
	if err != nil {
		return w.fail(doing, err, nil)
	}
	drain(resp.Body)
	if resp.StatusCode == http.StatusPreconditionFailed {
		return w.fail(doing, erasure.ErrChanged, nil)
	}
	if err := ofStatus(resp.StatusCode); err != nil {
		return w.fail(doing, err, erasure.ErrNotThere)
	}
	return nil
}

// Unplant removes the folders above a planted file that hold nothing now, as
// far as they bear the mark that only Plant's key has: Erase leaves them, and a
// folder that was there before is nobody's to remove.
func (w *WebDAV) Unplant(ctx context.Context, key, mark string) error {
	rel, err := pathOf(key)
	if err != nil {
		return w.fail("tidy the folder", err, nil)
	}
	for dir := path.Dir(rel); dir != "." && mark != "" && strings.Contains(path.Base(dir), mark); dir = path.Dir(dir) {
		empty := true
		err := w.ask(ctx, w.at(dir+"/"), "1", askFile, func(r davRow) error { empty = empty && r.name == ""; return nil })
		if errors.Is(err, errMissing) {
			continue
		}
		if err != nil || !empty {
			return w.fail("tidy the folder", err, nil)
		}
		resp, err := w.call(ctx, http.MethodDelete, w.at(dir+"/"), nil, "")
		if err != nil {
			return w.fail("tidy the folder", err, nil)
		}
		drain(resp.Body)
	}
	return nil
}
