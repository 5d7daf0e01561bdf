package storage_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"greffier/app/plan"
	"greffier/data/storage"
)

// s3Saying is a bucket on a server that answers every listing of versions with
// what body says, and that has no unfinished uploads.
func s3Saying(t testing.TB, body func(r *http.Request) string) *storage.S3 {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		switch {
		case asks(r, "versioning"):
			io.WriteString(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
		case asks(r, "uploads"):
			io.WriteString(w, `<ListMultipartUploadsResult/>`)
		case asks(r, "location"):
			io.WriteString(w, `<LocationConstraint>us-east-1</LocationConstraint>`)
		default:
			io.WriteString(w, body(r))
		}
	}))
	t.Cleanup(srv.Close)
	s, err := storage.NewS3(storage.S3Config{Name: "photos", Endpoint: srv.URL, Region: "us-east-1", Bucket: "photos", AccessKey: "k", SecretKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func s3Version(key string) string {
	return fmt.Sprintf(`<Version><Key>%s</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"e"</ETag><Size>1</Size></Version>`, key)
}

func TestKeysThatWereNotAskedForAreNotErased(t *testing.T) {
	s := s3Saying(t, func(*http.Request) string {
		return `<ListVersionsResult>` + s3Version("uploads/1042/a.jpg") + s3Version("uploads/1043/b.jpg") + s3Version("uploads/10420/c.jpg") + s3Version("") + `</ListVersionsResult>`
	})
	var got []string
	if err := s.List(t.Context(), "uploads/1042/", func(o plan.Object) error { got = append(got, o.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0] != "uploads/1042/a.jpg" {
		t.Errorf("listed: %q", got)
	}
}

func TestAListingThatNeverEndsIsGivenUp(t *testing.T) {
	for name, rows := range map[string]string{"of the same row": s3Version("uploads/1/a.jpg"), "of nothing": ""} {
		pages := 0
		s := s3Saying(t, func(*http.Request) string {
			if pages++; pages > 200 {
				t.Errorf("%s: it goes on", name)
				return `<ListVersionsResult/>`
			}
			return `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>uploads/1/a.jpg</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>` + rows + `</ListVersionsResult>`
		})
		if err := s.List(t.Context(), "uploads/1/", func(plan.Object) error { return nil }); !errors.Is(err, storage.ErrUnclear) {
			t.Errorf("%s: %v after %d pages", name, err, pages)
		}
	}
}

// TestAListingOfNewPagesWithoutARowIsGivenUp: each page names another one to come.
func TestAListingOfNewPagesWithoutARowIsGivenUp(t *testing.T) {
	for name, row := range map[string]func(n int) string{
		"none, in a long page":       func(int) string { return strings.Repeat(" ", 5000) },
		"others than were asked for": func(n int) string { return s3Version(fmt.Sprintf("other/%06d.jpg", n)) },
	} {
		pages := 0
		s := s3Saying(t, func(*http.Request) string {
			if pages++; pages > 300 {
				t.Errorf("%s: it goes on", name)
				return `<ListVersionsResult/>`
			}
			return fmt.Sprintf(`<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>uploads/1/%d.jpg</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>%s</ListVersionsResult>`, pages, row(pages))
		})
		if err := s.List(t.Context(), "uploads/1/", func(plan.Object) error { return nil }); !errors.Is(err, storage.ErrUnclear) {
			t.Errorf("%s: %v after %d pages", name, err, pages)
		}
	}
	t.Run("a bucket of many pages is read to its end", func(t *testing.T) {
		pages, got := 0, 0
		s := s3Saying(t, func(*http.Request) string {
			pages++
			return fmt.Sprintf(`<ListVersionsResult><IsTruncated>%v</IsTruncated><NextKeyMarker>uploads/1/%06d.jpg</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>%s</ListVersionsResult>`,
				pages < 250, pages, s3Version(fmt.Sprintf("uploads/1/%06d.jpg", pages)))
		})
		if err := s.List(t.Context(), "uploads/1/", func(plan.Object) error { got++; return nil }); err != nil || got != 250 {
			t.Errorf("%d rows of %d pages, %v", got, pages, err)
		}
	})
}

func TestEntitiesOfAnXMLAnswerAreNotExpanded(t *testing.T) {
	for name, head := range map[string]string{
		"a file of this machine": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`,
		"a billion of them":      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;&b;&b;&b;&b;">]>`,
	} {
		s := s3Saying(t, func(*http.Request) string {
			return `<?xml version="1.0"?>` + head + `<ListVersionsResult>` + s3Version("uploads/1/&amp;e;&e;") + `</ListVersionsResult>`
		})
		var keys []string
		err := s.List(t.Context(), "", func(o plan.Object) error { keys = append(keys, o.Key); return nil })
		if all := strings.Join(keys, " "); err == nil && len(keys) == 0 || strings.Contains(all, "root:") || len(all) > 100 {
			t.Errorf("%s: %q, %v", name, keys, err)
		}
	}
}

func FuzzS3Listing(f *testing.F) {
	f.Add(`<ListVersionsResult>` + s3Version("uploads/1/a.jpg") + `</ListVersionsResult>`)
	f.Add(`<ListVersionsResult><DeleteMarker><Key>uploads/1/</Key><VersionId>null</VersionId></DeleteMarker></ListVersionsResult>`)
	f.Add(`<ListVersionsResult><EncodingType>url</EncodingType>` + s3Version("uploads/1/%00%zz") + `</ListVersionsResult>`)
	f.Add(`<html>`)
	var body atomic.Pointer[string]
	s := s3Saying(f, func(*http.Request) string { return *body.Load() })
	f.Fuzz(func(t *testing.T, text string) {
		// A second page of the same is a circle, tested above.
		if strings.Contains(text, "Truncated") {
			return
		}
		body.Store(&text)
		n := 0
		err := s.List(t.Context(), "uploads/1/", func(o plan.Object) error {
			if n++; !strings.HasPrefix(o.Key, "uploads/1/") {
				t.Errorf("listed: %+v", o)
			}
			return nil
		})
		if err == nil && !strings.Contains(text, "ListVersionsResult") {
			t.Errorf("%q is taken for a listing", text)
		}
	})
}
