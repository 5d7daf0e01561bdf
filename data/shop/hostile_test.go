package shop_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"greffier/data/shop"
)

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestACompressedAnswerIsBoundedByWhatComesOut: a shop that was taken over
// answers a few kilobytes that would become gigabytes.
func TestACompressedAnswerIsBoundedByWhatComesOut(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		_, _ = io.CopyN(z, zeros{}, 1<<30)
		z.Close()
	}))
	defer srv.Close()
	w, err := shop.NewWoo(shop.WooConfig{Name: "shop", URL: srv.URL, Key: "k", Secret: "s", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if r := readAll(t.Context(), w, time.Time{}); !errors.Is(r.err, shop.ErrAnswer) {
		t.Errorf("%v", r.err)
	}
}
