package main

import (
	"strings"
	"testing"
	"time"

	"greffier/data/storage/storagetest"

	"github.com/minio/minio-go/v7"
)

func TestALockedObjectMakesTheErasurePartialUntilTheLockIsLifted(t *testing.T) {
	t.Parallel()
	s3 := storagetest.S3(t)
	s3.Bucket("photos", true, true)
	s3.Put("photos", "uploads/104/a.jpg", "free")
	version := s3.Put("photos", "uploads/104/locked.jpg", "on hold")
	s3.Put("photos", "uploads/1042/a.jpg", "neighbour")
	s3.Hold("photos", "uploads/104/locked.jpg", version)
	w := newWorld(t)
	w.write("orders.csv", oneOrder)
	w.init(csvTOML, s3TOML(s3, "photos"))
	w.ok("sync")

	left := func(t *testing.T, r result, why string) {
		t.Helper()
		d := asJSON[eraseDoc](t, r)
		if r.code != exitFailed || d.Run == nil || d.Run.State != "partial" || len(d.Run.Left) != 1 {
			t.Fatalf("status %d, %+v", r.code, d.Run)
		}
		l := d.Run.Left[0]
		if l.Storage != "photos" || !strings.HasPrefix(l.Key, "uploads/104/") || !strings.Contains(l.Reason, why) {
			t.Errorf("left: %+v", l)
		}
		text := pdfText(t, d.Run.Certificate)
		if !strings.Contains(text, "partial") || strings.Contains(text, "Result complete") {
			t.Errorf("the certificate does not say that something is left:\n%s", text)
		}
	}
	left(t, w.call("--json", "erase", "--order", "104", "--yes"), "lock")
	if rows := s3.Rows("photos"); len(rows) != 2 {
		t.Errorf("bucket: %v", rows)
	}
	t.Run("trying again while it is locked is still partial", func(t *testing.T) {
		left(t, w.call("--json", "erase", "--resume"), "lock")
		w.verified()
	})
	t.Run("once the lock is lifted it ends complete", func(t *testing.T) {
		off := minio.LegalHoldDisabled
		if err := s3.Client.PutObjectLegalHold(t.Context(), "photos", "uploads/104/locked.jpg", minio.PutObjectLegalHoldOptions{Status: &off, VersionID: version}); err != nil {
			t.Fatal(err)
		}
		d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--resume"))
		if d.Run == nil || d.Run.State != "complete" || d.Run.Erased != 2 || len(d.Run.Left) != 0 {
			t.Errorf("run: %+v", d.Run)
		}
		if rows := s3.Rows("photos"); len(rows) != 1 {
			t.Errorf("bucket: %v", rows)
		}
		if d := asJSON[eraseDoc](t, w.ok("--json", "erase", "--resume")); d.Run != nil {
			t.Errorf("something is still to be resumed: %+v", d.Run)
		}
		w.verified()
	})
	t.Run("what is locked until a date says so", func(t *testing.T) {
		until := time.Now().AddDate(1, 0, 0)
		v := s3.Put("photos", "uploads/104/until.jpg", "for a year")
		s3.Retain("photos", "uploads/104/until.jpg", v, until)
		left(t, w.call("--json", "erase", "--order", "104", "--yes"), "lock")
		r := w.ok("register", "erasures")
		if !strings.Contains(r.out, "partial") {
			t.Errorf("register: %s", r.out)
		}
	})
}
