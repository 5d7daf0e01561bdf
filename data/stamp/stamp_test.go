package stamp_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/data/stamp"
	"greffier/data/stamp/stamptest"
)

var head = sha256.Sum256([]byte("the last entry"))

// serve answers every request with what f makes of it.
func serve(t testing.TB, f func(query []byte) []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(f(b))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAStampOfARealAuthorityHoldsAndOpensslSaysSo(t *testing.T) {
	tsa := stamptest.New(t)
	a := stamp.Authority{URL: tsa.Serve(t), CA: tsa.CA}
	tok, err := a.Stamp(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(tok.At); d < -time.Minute || d > time.Minute || !strings.Contains(tok.By, "Local Authority") || tok.Policy != stamptest.Policy {
		t.Errorf("%v %q %q", tok.At, tok.By, tok.Policy)
	}
	dir := t.TempDir()
	for n, b := range map[string][]byte{"h.tsq": tok.Query, "h.tsr": tok.Reply, "ca.pem": tsa.CA} {
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"ts", "-verify", "-queryfile", "h.tsq", "-in", "h.tsr", "-CAfile", "ca.pem"},
		{"ts", "-verify", "-digest", hexOf(head), "-in", "h.tsr", "-CAfile", "ca.pem"},
	} {
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Verification: OK") {
			t.Errorf("openssl %v: %v: %s", args, err, out)
		}
	}
	if _, err := (stamp.Authority{CA: tsa.CA}).Verify(tok.Query, tok.Reply, head); err != nil {
		t.Error("verified again later:", err)
	}
	a.Policy = stamptest.Policy
	if _, err := a.Stamp(t.Context(), head); err != nil {
		t.Error("under the policy asked for:", err)
	}
}

func hexOf(b [32]byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, x := range b {
		s.WriteByte(digits[x>>4])
		s.WriteByte(digits[x&15])
	}
	return s.String()
}

func TestStampsThatDoNotHold(t *testing.T) {
	tsa, stranger := stamptest.New(t), stamptest.New(t)
	good, err := stamp.Authority{URL: tsa.Serve(t), CA: tsa.CA}.Stamp(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	otherHead := sha256.Sum256([]byte("another"))
	for _, tc := range []struct {
		name string
		url  func(t *testing.T) string
		ca   []byte
		head [32]byte
		want error
	}{
		{"of an authority that she did not name", func(t *testing.T) string { return stranger.Serve(t) }, tsa.CA, head, stamp.ErrToken},
		{"for another hash", func(t *testing.T) string { return serve(t, func([]byte) []byte { return good.Reply }) }, tsa.CA, otherHead, stamp.ErrToken},
		{"for the same hash, of an earlier request", func(t *testing.T) string { return serve(t, func([]byte) []byte { return good.Reply }) }, tsa.CA, head, stamp.ErrToken},
		{"without the nonce", func(t *testing.T) string {
			return serve(t, func([]byte) []byte { return tsa.Reply(t, tsa.QueryWithoutNonce(t, head)) })
		}, tsa.CA, head, stamp.ErrToken},
		{"by a certificate that had ended", func(t *testing.T) string {
			return serve(t, func(q []byte) []byte { return tsa.ReplyBy(t, q, "ended") })
		}, tsa.CA, head, stamp.ErrToken},
		{"refused", func(t *testing.T) string {
			return serve(t, func(q []byte) []byte { return tsa.Reply(t, []byte("no request")) })
		}, tsa.CA, head, stamp.ErrRefused},
		{"changed by one bit", func(t *testing.T) string {
			return serve(t, func(q []byte) []byte { b := tsa.Reply(t, q); b[len(b)-9] ^= 1; return b })
		}, tsa.CA, head, stamp.ErrToken},
		{"cut off", func(t *testing.T) string {
			return serve(t, func(q []byte) []byte { b := tsa.Reply(t, q); return b[:len(b)/2] })
		}, tsa.CA, head, stamp.ErrAnswer},
		{"too long", func(t *testing.T) string { return serve(t, func([]byte) []byte { return make([]byte, 300<<10) }) }, tsa.CA, head, stamp.ErrAnswer},
		{"empty", func(t *testing.T) string { return serve(t, func([]byte) []byte { return nil }) }, tsa.CA, head, stamp.ErrAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := (stamp.Authority{URL: tc.url(t), CA: tc.ca}).Stamp(t.Context(), tc.head); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	if _, err := (stamp.Authority{URL: tsa.Serve(t), CA: tsa.CA, Policy: "1.2.3.9"}).Stamp(t.Context(), head); !errors.Is(err, stamp.ErrRefused) {
		t.Error("a policy that the authority does not have:", err)
	}
	if _, err := (stamp.Authority{CA: tsa.CA, Policy: "1.2.3.9"}).Verify(good.Query, good.Reply, head); !errors.Is(err, stamp.ErrToken) {
		t.Error("under another policy:", err)
	}
}

func TestServersThatAreNoAuthority(t *testing.T) {
	tsa := stamptest.New(t)
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(elsewhere.Close)
	web := func(f http.HandlerFunc) string {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		return s.URL
	}
	stop := make(chan struct{})
	slow := web(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(stop) })
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for _, tc := range []struct {
		name, url string
		want      error
	}{
		{"a page of HTML", web(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>Welcome") }), stamp.ErrAnswer},
		{"a fault of the server", web(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), stamp.ErrAnswer},
		{"a redirect", web(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}), stamp.ErrAnswer},
		{"no answer in time", slow, stamp.ErrOffline},
		{"nobody", "http://127.0.0.1:1", stamp.ErrOffline},
		{"a certificate of nobody", secure.URL, stamp.ErrOffline},
		{"no address", "ftp://127.0.0.1/", stamp.ErrAddress},
		{"a password in the address", "http://a:b@127.0.0.1/", stamp.ErrAddress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := (stamp.Authority{URL: tc.url, CA: tsa.CA, Timeout: 200 * time.Millisecond}).Stamp(t.Context(), head)
			if !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "127.0.0.1/") {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
	if asked != 0 {
		t.Error("the redirect was followed")
	}
	for name, ca := range map[string][]byte{"no certificate": nil, "no PEM": []byte("x"), "a key": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if err := (stamp.Authority{URL: "http://127.0.0.1/", CA: ca}).Check(); !errors.Is(err, stamp.ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (stamp.Authority{URL: slow, CA: tsa.CA}).Stamp(ctx, head); !errors.Is(err, context.Canceled) {
		t.Error("cancelled:", err)
	}
}

func FuzzReply(f *testing.F) {
	tsa := stamptest.New(f)
	query := tsa.QueryWithoutNonce(f, head)
	a := stamp.Authority{URL: tsa.Serve(f), CA: tsa.CA}
	tok, err := a.Stamp(f.Context(), head)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tok.Query, tok.Reply)
	f.Add(query, tsa.Reply(f, query))
	f.Add([]byte{0x30, 0x80}, []byte{0x30, 0x03, 0x02, 0x01, 0x00})
	other := sha256.Sum256([]byte("never stamped"))
	f.Fuzz(func(t *testing.T, query, reply []byte) {
		if _, err := a.Verify(query, reply, other); err == nil {
			t.Fatal("a hash that was never stamped is")
		}
	})
}
