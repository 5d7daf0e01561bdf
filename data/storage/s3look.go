package storage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"greffier/app/plan"
)

// seenFor is how long the sight of the bucket itself stands for the next looks
// at objects in it.
const seenFor = 10 * time.Second

// Look asks for one version, delete marker or unfinished upload itself. "Not
// found" says that it is absent only while the bucket is known to be there; a
// refusal says nothing and is an error.
func (s *S3) Look(ctx context.Context, o plan.Object) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	there, err := s.lookAt(ctx, o)
	if err != nil || there {
		return there, err
	}
	if time.Since(time.Unix(0, s.seen.Load())).Abs() > seenFor {
		if err := s.there(ctx); err != nil {
			return false, err
		}
	}
	return false, ctx.Err()
}

func (s *S3) lookAt(ctx context.Context, o plan.Object) (bool, error) {
	doing := s.doing("look at an object")
	if o.Kind == plan.Upload {
		_, err := s.core.ListObjectParts(ctx, s.cfg.Bucket, o.Key, o.Version, 0, 1)
		if err == nil {
			return true, nil
		}
		if isCode(err, "NoSuchUpload", minio.NoSuchKey) {
			return false, nil
		}
		return false, translate(doing, err)
	}
	there, err := s.get(ctx, doing, o, o.Version)
	if o.Version != nullVersion || there || err != nil && !errors.Is(err, ErrUnclear) {
		return there, err
	}
	// There are servers that do not find the version without a name by the
	// word for it, and find it as the newest one. And a server without
	// versions may know of no such word at all.
	if err != nil {
		status, verr := s.versioning(ctx)
		if verr != nil {
			return false, verr
		}
		if status != "" {
			return false, err
		}
	}
	return s.get(ctx, doing, o, "")
}

// get asks for the first byte of a version, or of the newest one. A head would
// do by the letter, but its refusal has no words that say what is missing, and
// there are servers (versitygw 1.8) whose heads do not find old versions behind
// a delete marker without a name.
func (s *S3) get(ctx context.Context, doing string, o plan.Object, version string) (bool, error) {
	opts := minio.GetObjectOptions{VersionID: version}
	if err := opts.SetRange(0, 0); err != nil {
		return false, fmt.Errorf("%s: %w", doing, ErrUnclear)
	}
	body, info, _, err := s.core.GetObject(ctx, s.cfg.Bucket, o.Key, opts)
	if err == nil {
		body.Close()
		// Asked without a version, the newest is answered: it may be another.
		return o.Kind == plan.Version && (version == o.Version || info.VersionID == "" || info.VersionID == o.Version), nil
	}
	var answer minio.ErrorResponse
	switch {
	case isCode(err, "InvalidRange", "InvalidObjectState"):
		return o.Kind == plan.Version, nil // empty, or archived: there all the same
	case errors.As(err, &answer) && answer.StatusCode == http.StatusMethodNotAllowed && version != "":
		// What is asked for is no object: a delete marker, or a server that
		// lets nobody read.
		if o.Kind == plan.Marker {
			return true, nil
		}
		if info, _ := s.client.StatObject(ctx, s.cfg.Bucket, o.Key, minio.StatObjectOptions{VersionID: version}); info.IsDeleteMarker {
			return false, nil
		}
		return false, fmt.Errorf("%s: %w", doing, ErrUnclear)
	case isCode(err, minio.NoSuchKey, minio.NoSuchVersion):
		return false, nil
	}
	if err = translate(doing, err); errors.Is(err, errNoSuchFeature) {
		return false, fmt.Errorf("%s: %w", doing, ErrUnclear)
	}
	return false, err
}
