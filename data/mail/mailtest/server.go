package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Server is a running mail server with one mailbox.
type Server struct {
	Host      string // "localhost"
	Port      int    // TLS from the first byte
	PlainPort int    // STARTTLS
	CAFile    string // PEM of the authority that signed the server's certificate
	User      string
	Password  string

	t     testing.TB
	pool  *x509.CertPool
	start func()
	stop  func(kill bool)
	admin *imapclient.Client

	maildir  string // of a Dovecot
	uid, gid int    // whose it is
}

// Stop ends the server in good order; its mail stays.
func (s *Server) Stop() { s.end(false) }

// Kill ends the server as a power failure would; its mail stays.
func (s *Server) Kill() { s.end(true) }

// Restart starts a stopped or running server again on the same ports.
func (s *Server) Restart() {
	s.t.Helper()
	s.end(false)
	s.start()
}

func (s *Server) end(kill bool) {
	if s.admin != nil {
		s.admin.Close()
		s.admin = nil
	}
	s.stop(kill)
}

// client is a signed-in connection of the test's own.
func (s *Server) client() *imapclient.Client {
	s.t.Helper()
	if s.admin != nil {
		return s.admin
	}
	c, err := imapclient.DialTLS(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), &imapclient.Options{
		TLSConfig: &tls.Config{RootCAs: s.pool, ServerName: s.Host, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		s.t.Fatalf("connect to the test's mail server: %v", err)
	}
	if err := c.Login(s.User, s.Password).Wait(); err != nil {
		c.Close()
		s.t.Fatalf("sign in to the test's mail server: %v", err)
	}
	s.admin = c
	return c
}

// Append puts a message into a folder and returns its UID, 0 where the server
// does not tell. A zero time means now.
func (s *Server) Append(folder string, flags []imap.Flag, at time.Time, raw []byte) uint32 {
	s.t.Helper()
	cmd := s.client().Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: flags, Time: at})
	if _, err := bytes.NewReader(raw).WriteTo(cmd); err != nil {
		s.t.Fatalf("append to %s: %v", folder, err)
	}
	if err := cmd.Close(); err != nil {
		s.t.Fatalf("append to %s: %v", folder, err)
	}
	data, err := cmd.Wait()
	if err != nil {
		s.t.Fatalf("append to %s: %v", folder, err)
	}
	return uint32(data.UID)
}

// Create makes a folder.
func (s *Server) Create(folder string) {
	s.t.Helper()
	if err := s.client().Create(folder, nil).Wait(); err != nil {
		s.t.Fatalf("create %s: %v", folder, err)
	}
}

// Delete removes a folder with its messages.
func (s *Server) Delete(folder string) {
	s.t.Helper()
	if err := s.client().Delete(folder).Wait(); err != nil {
		s.t.Fatalf("delete %s: %v", folder, err)
	}
}

// Rename gives a folder another name.
func (s *Server) Rename(folder, name string) {
	s.t.Helper()
	if err := s.client().Rename(folder, name, nil).Wait(); err != nil {
		s.t.Fatalf("rename %s: %v", folder, err)
	}
}

// Expunge removes messages for good.
func (s *Server) Expunge(folder string, uids ...uint32) {
	s.t.Helper()
	c := s.client()
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		s.t.Fatalf("select %s: %v", folder, err)
	}
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	if err := c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close(); err != nil {
		s.t.Fatalf("mark deleted in %s: %v", folder, err)
	}
	if err := c.Expunge().Close(); err != nil {
		s.t.Fatalf("expunge %s: %v", folder, err)
	}
	if err := c.Unselect().Wait(); err != nil {
		s.t.Fatalf("unselect %s: %v", folder, err)
	}
}

// Flags returns the flags of each message of a folder, by UID.
func (s *Server) Flags(folder string) map[uint32][]imap.Flag {
	s.t.Helper()
	c := s.client()
	sel, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		s.t.Fatalf("examine %s: %v", folder, err)
	}
	out := map[uint32][]imap.Flag{}
	if sel.NumMessages > 0 {
		var set imap.UIDSet
		set.AddRange(1, 0)
		list, err := c.Fetch(set, &imap.FetchOptions{UID: true, Flags: true}).Collect()
		if err != nil {
			s.t.Fatalf("fetch flags of %s: %v", folder, err)
		}
		for _, m := range list {
			out[uint32(m.UID)] = m.Flags
		}
	}
	if err := c.Unselect().Wait(); err != nil {
		s.t.Fatalf("unselect %s: %v", folder, err)
	}
	return out
}

// Raw returns the bytes of each message of a folder, by UID.
func (s *Server) Raw(folder string) map[uint32][]byte {
	s.t.Helper()
	c := s.client()
	sel, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		s.t.Fatalf("examine %s: %v", folder, err)
	}
	out := map[uint32][]byte{}
	if sel.NumMessages > 0 {
		var set imap.UIDSet
		set.AddRange(1, 0)
		section := &imap.FetchItemBodySection{Peek: true}
		list, err := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		if err != nil {
			s.t.Fatalf("fetch %s: %v", folder, err)
		}
		for _, m := range list {
			out[uint32(m.UID)] = m.FindBodySection(section)
		}
	}
	if err := c.Unselect().Wait(); err != nil {
		s.t.Fatalf("unselect %s: %v", folder, err)
	}
	return out
}

// certificate makes an authority and a certificate of it for localhost, and
// writes ca.pem, cert.pem and key.pem into dir.
func (s *Server) certificate(dir string) tls.Certificate {
	s.t.Helper()
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatalf("make a certificate: %v", err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	check(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 6, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	check(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	check(os.WriteFile(filepath.Join(dir, "ca.pem"), caPEM, 0o644))
	check(os.WriteFile(filepath.Join(dir, "cert.pem"), certPEM, 0o644))
	check(os.WriteFile(filepath.Join(dir, "key.pem"), keyPEM, 0o600))
	s.CAFile = filepath.Join(dir, "ca.pem")
	s.pool = x509.NewCertPool()
	s.pool.AppendCertsFromPEM(caPEM)
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	check(err)
	return pair
}

// freePorts finds two ports that nobody listens on.
func freePorts(t testing.TB) (int, int) {
	t.Helper()
	var ports [2]int
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("find a free port: %v", err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports[0], ports[1]
}
