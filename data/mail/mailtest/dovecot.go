package mailtest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dovecotConf is the configuration of one server; the words in braces are
// filled in.
const dovecotConf = `base_dir = {DIR}/run
state_dir = {DIR}/run
log_path = {DIR}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{DIR}/tls/cert.pem
ssl_key = <{DIR}/tls/key.pem
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {DIR}/passwd
}
userdb {
  driver = static
  args = uid={MAILUSER} gid={MAILGROUP} home={DIR}/mail/%u
}
mail_location = {LOCATION}
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
mail_privileged_group =
default_internal_user = {INTERNAL}
default_login_user = {LOGIN}
{GROUP}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \Drafts
    auto = subscribe
  }
  mailbox Sent {
    special_use = \Sent
    auto = subscribe
  }
  mailbox Trash {
    special_use = \Trash
    auto = subscribe
  }
  mailbox Junk {
    special_use = \Junk
    auto = subscribe
  }
  mailbox Archive {
    special_use = \Archive
    auto = subscribe
  }
}
service imap-login {
  {CHROOT}
  inet_listener imap {
    port = {PLAINPORT}
  }
  inet_listener imaps {
    port = {PORT}
    ssl = yes
  }
}
service anvil {
  {CHROOT}
}
service stats {
  {CHROOT}
}
mail_max_userip_connections = 50
{MORE}
`

// Dovecot starts a Dovecot with an empty mailbox and the folders INBOX, Junk,
// Archive, Drafts, Sent and Trash. It ends with the test. Root and ordinary
// users can run it.
func Dovecot(t testing.TB) *Server {
	t.Helper()
	return dovecot(t, "sdbox:~/sdbox", "")
}

// Old starts a Dovecot that says to know IMAP4rev1 alone, as old servers do:
// without IDLE, SPECIAL-USE, CONDSTORE or any other extension.
func Old(t testing.TB) *Server {
	t.Helper()
	return dovecot(t, "sdbox:~/sdbox", "imap_capability = IMAP4rev1")
}

// Maildir starts a Dovecot as Dovecot does, which keeps its mail in a Maildir:
// Fill puts thousands of mails into it at once.
func Maildir(t testing.TB) *Server {
	t.Helper()
	return dovecot(t, "maildir:~/Maildir", "")
}

// dovecot starts a Dovecot that keeps its mail at location, with more settings
// at the end of its configuration.
func dovecot(t testing.TB, location, more string) *Server {
	t.Helper()
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot"
		if _, err := os.Stat(program); err != nil {
			t.Fatal("Dovecot is missing: run make deps")
		}
	}
	// Not t.TempDir: its sockets have to fit the 108 bytes of a Unix path.
	dir, err := os.MkdirTemp("/tmp", "gd")
	if err != nil {
		t.Fatalf("make a folder for Dovecot: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Host: "localhost", User: "contact@localhost.test", Password: "correct horse é", t: t}
	for _, d := range []string{"run", "mail", "tls"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatalf("make a folder for Dovecot: %v", err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the mail user must get through
		t.Fatalf("open the folder of Dovecot: %v", err)
	}
	s.certificate(filepath.Join(dir, "tls"))
	s.Port, s.PlainPort = freePorts(t)

	s.maildir = filepath.Join(dir, "mail", s.User, "Maildir")
	s.uid, s.gid = os.Getuid(), os.Getgid()
	fill := map[string]string{
		"LOCATION": location, "MORE": more,
		"DIR": dir, "PORT": strconv.Itoa(s.Port), "PLAINPORT": strconv.Itoa(s.PlainPort),
		"MAILUSER": "mail", "MAILGROUP": "mail", "INTERNAL": "dovecot", "LOGIN": "dovenull", "CHROOT": "", "GROUP": "",
	}
	if os.Getuid() == 0 {
		owner, err := user.Lookup("mail")
		if err != nil {
			t.Fatalf("look for the user who owns mail: %v", err)
		}
		uid, uidErr := strconv.Atoi(owner.Uid)
		gid, gidErr := strconv.Atoi(owner.Gid)
		if uidErr != nil || gidErr != nil {
			t.Fatalf("user who owns mail: %v %v", uidErr, gidErr)
		}
		s.uid, s.gid = uid, gid
		if err := os.Chown(filepath.Join(dir, "mail"), uid, gid); err != nil {
			t.Fatalf("give the mail folder to its user: %v", err)
		}
	} else {
		me, err := user.Current()
		if err != nil {
			t.Fatalf("who runs the test: %v", err)
		}
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			t.Fatalf("group of who runs the test: %v", err)
		}
		fill["MAILUSER"], fill["MAILGROUP"] = me.Uid, me.Gid
		fill["INTERNAL"], fill["LOGIN"], fill["CHROOT"] = me.Username, me.Username, "chroot ="
		fill["GROUP"] = "default_internal_group = " + group.Name
	}
	conf := dovecotConf
	for k, v := range fill {
		conf = strings.ReplaceAll(conf, "{"+k+"}", v)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatalf("write %s: %v", name, err)
		}
	}
	write("dovecot.conf", conf)
	write("passwd", fmt.Sprintf("%s:{PLAIN}%s::::::\n", s.User, s.Password))

	var cmd *exec.Cmd
	var ended chan struct{}
	logText := func() string {
		b, err := os.ReadFile(filepath.Join(dir, "dovecot.log"))
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	s.start = func() {
		t.Helper()
		var out bytes.Buffer
		cmd = exec.Command(program, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
		cmd.Stdout, cmd.Stderr = &out, &out
		// A group of its own, so that all its processes can be ended.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatalf("start Dovecot: %v", err)
		}
		ended = make(chan struct{})
		go func(cmd *exec.Cmd, ended chan struct{}) {
			cmd.Wait()
			close(ended)
		}(cmd, ended)
		deadline := time.NewTimer(30 * time.Second)
		defer deadline.Stop()
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		for !s.answers() {
			select {
			case <-ended:
				t.Fatalf("Dovecot ended at once: %s\n%s", out.String(), logText())
			case <-deadline.C:
				t.Fatalf("Dovecot does not answer:\n%s", logText())
			case <-again.C:
			}
		}
	}
	s.stop = func(kill bool) {
		if cmd == nil {
			return
		}
		pid := cmd.Process.Pid
		if !kill {
			cmd.Process.Signal(syscall.SIGTERM)
			deadline := time.NewTimer(5 * time.Second)
			defer deadline.Stop()
			select {
			case <-ended:
			case <-deadline.C:
			}
		}
		syscall.Kill(-pid, syscall.SIGKILL)
		<-ended
		cmd = nil
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("log of Dovecot:\n%s", logText())
		}
	})
	s.start()
	return s
}

// answers tells whether the server greets over TLS.
func (s *Server) answers() bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	c := tls.Client(conn, &tls.Config{RootCAs: s.pool, ServerName: s.Host, MinVersion: tls.VersionTLS12})
	buf := make([]byte, 4)
	n, err := c.Read(buf)
	return err == nil && strings.HasPrefix(string(buf[:n]), "* OK")
}

// Fill puts n mails into the inbox of a server that Maildir started, before
// anybody has looked into it. mail gives the bytes of one, with lines that end
// in CRLF, and its time of receipt.
func (s *Server) Fill(n int, mail func(i int) ([]byte, time.Time)) {
	s.t.Helper()
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatalf("fill the mailbox: %v", err)
		}
	}
	for _, d := range []string{"..", ".", "cur", "new", "tmp"} {
		d = filepath.Join(s.maildir, d)
		check(os.MkdirAll(d, 0o755))
		check(os.Chown(d, s.uid, s.gid))
	}
	for i := range n {
		raw, at := mail(i)
		name := filepath.Join(s.maildir, "cur", fmt.Sprintf("%d.M%06dP1.test,S=%d,W=%d:2,", at.Unix(), i, len(raw), len(raw)))
		check(os.WriteFile(name, raw, 0o644))
		check(os.Chtimes(name, at, at)) // which is INTERNALDATE
	}
}
