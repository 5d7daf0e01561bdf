package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"

	"greffier/app/erasure"
	"greffier/app/plan"
)

var _ erasure.Locker = (*S3)(nil)

// CanLock tells whether the bucket was made with object lock, without which no
// object of it can be held.
func (s *S3) CanLock(ctx context.Context) (bool, error) {
	enabled, _, _, _, err := s.client.GetObjectLockConfig(ctx, s.cfg.Bucket)
	if err == nil {
		return strings.EqualFold(enabled, "Enabled"), nil
	}
	if isCode(err, "ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed", "InvalidRequest") {
		return false, nil
	}
	err = translate(s.doing("ask for object lock"), err)
	// A key that may not ask may not lock either.
	if errors.Is(err, errNoSuchFeature) || errors.Is(err, erasure.ErrDenied) {
		return false, nil
	}
	return false, err
}

// Locked tells whether a legal hold is on the version, whoever set it. A
// retention until a date is none.
func (s *S3) Locked(ctx context.Context, o plan.Object) (bool, error) {
	status, err := s.client.GetObjectLegalHold(ctx, s.cfg.Bucket, o.Key, minio.GetObjectLegalHoldOptions{VersionID: o.Version})
	switch {
	case err == nil:
		return status != nil && *status == minio.LegalHoldEnabled, nil
	case isCode(err, "NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest"):
		return false, nil // none was ever set
	case isCode(err, minio.NoSuchKey, minio.NoSuchVersion):
		return false, fmt.Errorf("%s: %w", s.doing("look for a hold"), erasure.ErrChanged)
	}
	return false, translate(s.doing("look for a hold"), err)
}

// Lock sets a legal hold on the version and looks that it is there. Delete
// markers and unfinished uploads cannot be held: erasure.ErrNoWay.
func (s *S3) Lock(ctx context.Context, o plan.Object) error {
	if o.Kind != plan.Version || o.Version == "" {
		return fmt.Errorf("%s: %w", s.doing("hold an object"), erasure.ErrNoWay)
	}
	if err := s.setHold(ctx, o, minio.LegalHoldEnabled); err != nil {
		return err
	}
	held, err := s.Locked(ctx, o)
	if err == nil && !held {
		err = fmt.Errorf("%s: %w", s.doing("hold an object"), ErrUnclear)
	}
	return err
}

// Unlock takes the legal hold off the version and looks that it is gone.
func (s *S3) Unlock(ctx context.Context, o plan.Object) error {
	err := s.setHold(ctx, o, minio.LegalHoldDisabled)
	if errors.Is(err, erasure.ErrChanged) {
		return nil // it is gone, and its hold with it
	}
	if err != nil {
		return err
	}
	held, err := s.Locked(ctx, o)
	switch {
	case errors.Is(err, erasure.ErrChanged):
		return nil
	case err == nil && held:
		return fmt.Errorf("%s: %w", s.doing("release an object"), ErrUnclear)
	}
	return err
}

func (s *S3) setHold(ctx context.Context, o plan.Object, status minio.LegalHoldStatus) error {
	err := s.client.PutObjectLegalHold(ctx, s.cfg.Bucket, o.Key, minio.PutObjectLegalHoldOptions{Status: &status, VersionID: o.Version})
	switch {
	case err == nil:
		return nil
	case isCode(err, minio.NoSuchKey, minio.NoSuchVersion, "InvalidVersionId"):
		return fmt.Errorf("%s: %w", s.doing("set a hold"), erasure.ErrChanged)
	}
	return translate(s.doing("set a hold"), err)
}
