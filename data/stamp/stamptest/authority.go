// Package stamptest is a timestamp authority on this machine, made with openssl.
package stamptest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Policy is the one policy that the authority stamps under.
const Policy = "1.2.3.4.1"

const config = `
[req]
distinguished_name = dn
prompt = no
[dn]
O = Test
CN = Local
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[stamp]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
tsa_name = yes
`

// Authority is an authority with its own root.
type Authority struct {
	CA  []byte // PEM
	dir string
	mu  sync.Mutex // openssl keeps the serial number in a file
}

// New makes an authority. Where openssl is missing the test is skipped, or fails
// where nothing may be skipped.
func New(t testing.TB) *Authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("GREFFIER_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	a := &Authority{dir: t.TempDir()}
	a.put(t, "conf", []byte(config))
	a.run(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "conf", "-extensions", "ca", "-subj", "/O=Test/CN=Local Root", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem")
	a.certificate(t, "good", "-days", "20")
	var err error
	if a.CA, err = os.ReadFile(filepath.Join(a.dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	return a
}

// certificate makes the certificate of a signer of that name.
func (a *Authority) certificate(t testing.TB, name string, days ...string) {
	t.Helper()
	a.run(t, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", "conf", "-subj", "/O=Test/CN=Local Authority "+name, "-keyout", name+".key", "-out", name+".csr")
	a.run(t, append([]string{"x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "conf", "-extensions", "stamp", "-out", name + ".pem"}, days...)...)
}

func (a *Authority) put(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *Authority) run(t testing.TB, args ...string) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = a.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl %v: %v: %s", args, err, out)
	}
}

// Reply answers a request as the authority does; what is no request is refused.
func (a *Authority) Reply(t testing.TB, query []byte) []byte {
	t.Helper()
	return a.reply(t, query, "good")
}

// ReplyBy answers by another signer: "ended", whose certificate is no longer
// valid.
func (a *Authority) ReplyBy(t testing.TB, query []byte, signer string) []byte {
	t.Helper()
	a.certificate(t, signer, "-days", "-1")
	return a.reply(t, query, signer)
}

func (a *Authority) reply(t testing.TB, query []byte, signer string) []byte {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(t, "q", query)
	a.run(t, "ts", "-reply", "-config", "conf", "-section", "tsa1", "-queryfile", "q", "-signer", signer+".pem", "-inkey", signer+".key", "-out", "r")
	b, err := os.ReadFile(filepath.Join(a.dir, "r"))
	if err != nil {
		t.Error(err)
	}
	return b
}

// QueryWithoutNonce is a request that openssl makes.
func (a *Authority) QueryWithoutNonce(t testing.TB, digest [sha256.Size]byte) []byte {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.run(t, "ts", "-query", "-digest", hex.EncodeToString(digest[:]), "-sha256", "-no_nonce", "-cert", "-out", "nn")
	b, err := os.ReadFile(filepath.Join(a.dir, "nn"))
	if err != nil {
		t.Error(err)
	}
	return b
}

// Serve answers over HTTP and returns the address.
func (a *Authority) Serve(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/timestamp-query" {
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		b, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(a.Reply(t, b))
	}))
	t.Cleanup(s.Close)
	return s.URL
}
