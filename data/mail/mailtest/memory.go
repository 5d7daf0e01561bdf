package mailtest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"strconv"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// Memory starts the IMAP library's in-memory server: IMAP4rev1 and rev2 without
// CONDSTORE and without special-use attributes, with the folders INBOX, Junk,
// Archive, Drafts, Sent and Trash. It ends with the test.
func Memory(t testing.TB) *Server {
	t.Helper()
	s := &Server{Host: "localhost", User: "contact@localhost.test", Password: "correct horse é", t: t}
	pair := s.certificate(t.TempDir())
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	mem := imapmemserver.New()
	user := imapmemserver.NewUser(s.User, s.Password)
	for _, f := range []string{"INBOX", "Junk", "Archive", "Drafts", "Sent", "Trash"} {
		if err := user.Create(f, nil); err != nil {
			t.Fatalf("create %s: %v", f, err)
		}
	}
	mem.AddUser(user)
	s.Port, s.PlainPort = freePorts(t)

	var srv *imapserver.Server
	s.start = func() {
		t.Helper()
		srv = imapserver.New(&imapserver.Options{
			NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
				return mem.NewSession(), nil, nil
			},
			Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
			Logger:       log.New(io.Discard, "", 0),
			TLSConfig:    config,
			InsecureAuth: true,
		})
		secure, err := tls.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), config)
		if err != nil {
			t.Fatalf("listen: %v", err)
		}
		plain, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.PlainPort)))
		if err != nil {
			t.Fatalf("listen: %v", err)
		}
		go srv.Serve(secure)
		go srv.Serve(plain)
	}
	s.stop = func(bool) {
		if srv != nil {
			srv.Close()
			srv = nil
		}
	}
	t.Cleanup(s.Stop)
	s.start()
	return s
}
