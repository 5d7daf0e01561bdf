package storagetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshdConf is the configuration of one server; the words in braces are filled in.
const sshdConf = `Port {PORT}
ListenAddress 127.0.0.1
{HOSTKEYS}
PidFile none
AuthorizedKeysFile {DIR}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 200
MaxSessions 100
LogLevel ERROR
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`

// SSHD is a running OpenSSH server that only speaks SFTP.
type SSHD struct {
	Host string // 127.0.0.1
	Port int
	User string // whose rights the tests have
	// Other is a user without rights to what the tests write, where the tests
	// may act as one; otherwise it is User.
	Other string
	// KeyFile is a private key that may enter, and LockedKeyFile the same one
	// behind Passphrase.
	KeyFile, LockedKeyFile, Passphrase string
	// StrangerFile is a private key that may not enter.
	StrangerFile string
	// HostKeys are the keys that the server shows, as lines to be pinned.
	HostKeys []string

	t    testing.TB
	dir  string
	conf string
	cmd  *exec.Cmd
	end  chan struct{}
}

// OpenSSH starts Debian's sshd on loopback with host keys of the given types:
// "ed25519", "ecdsa" and "rsa". It ends with the test. Root and ordinary users
// can run it.
func OpenSSH(t testing.TB, types ...string) *SSHD {
	t.Helper()
	const program = "/usr/sbin/sshd" // it insists on being called by its full path
	if _, err := os.Stat(program); err != nil {
		t.Fatal("the SSH server is missing: run make test-deps")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatalf("ask who runs the tests: %v", err)
	}
	// Not t.TempDir: the other user must get through.
	dir, err := os.MkdirTemp("", "greffier-sshd")
	if err != nil {
		t.Fatalf("make a folder for the SSH server: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &SSHD{Host: "127.0.0.1", User: me.Username, Other: me.Username, Passphrase: "a pass phrase é", t: t, dir: dir, conf: filepath.Join(dir, "sshd_config")}
	s.must(os.Chmod(dir, 0o755))
	if os.Geteuid() == 0 {
		// Where it separates privileges it wants this folder, which a start
		// script would have made.
		s.must(os.MkdirAll("/run/sshd", 0o755))
		if nobody, err := user.Lookup("nobody"); err == nil {
			s.Other = nobody.Username
		}
	}
	var hostKeys []string
	for _, typ := range types {
		key, line := newKey(t, typ)
		p := filepath.Join(dir, "host_"+typ)
		s.writeKey(p, key, "")
		hostKeys = append(hostKeys, "HostKey "+p)
		s.HostKeys = append(s.HostKeys, line)
	}
	key, line := newKey(t, "ed25519")
	s.KeyFile, s.LockedKeyFile, s.StrangerFile = filepath.Join(dir, "key"), filepath.Join(dir, "locked"), filepath.Join(dir, "stranger")
	s.writeKey(s.KeyFile, key, "")
	s.writeKey(s.LockedKeyFile, key, s.Passphrase)
	stranger, _ := newKey(t, "ed25519")
	s.writeKey(s.StrangerFile, stranger, "")
	s.must(os.WriteFile(filepath.Join(dir, "authorized_keys"), []byte(line+"\n"), 0o644))

	conf := strings.NewReplacer("{DIR}", dir, "{HOSTKEYS}", strings.Join(hostKeys, "\n")).Replace(sshdConf)
	for range 5 { // the port may be taken between asking and using it
		s.Port = freePort(t)
		s.must(os.WriteFile(s.conf, []byte(strings.ReplaceAll(conf, "{PORT}", fmt.Sprint(s.Port))), 0o644))
		if s.start(program) {
			return s
		}
	}
	t.Fatal("the SSH server does not answer")
	return nil
}

func (s *SSHD) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *SSHD) start(program string) bool {
	args := []string{"-D", "-e", "-f", s.conf}
	// Newer servers make a client wait that left without logging in, as one
	// does that only asks for the host keys.
	if exec.Command(program, "-t", "-f", s.conf, "-o", "PerSourcePenalties=no").Run() == nil {
		args = append(args, "-o", "PerSourcePenalties=no")
	}
	cmd := exec.Command(program, args...)
	// A file and no pipe: who is logged in holds it open after the end.
	talk, err := os.Create(filepath.Join(s.dir, "talk"))
	s.must(err)
	defer talk.Close()
	cmd.Stdout, cmd.Stderr = talk, talk
	s.must(cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	if !answers(fmt.Sprintf("127.0.0.1:%d", s.Port), ended) {
		_ = cmd.Process.Kill()
		<-ended
		said, _ := os.ReadFile(talk.Name())
		s.t.Logf("sshd ended: %s", said)
		return false
	}
	s.cmd, s.end = cmd, ended
	s.t.Cleanup(s.Stop)
	return true
}

// Stop ends the server; connections that are open stay so. It may be called
// twice.
func (s *SSHD) Stop() { _ = s.cmd.Process.Kill(); <-s.end }

// Folder makes an empty folder on the server that every user may enter.
func (s *SSHD) Folder() string {
	s.t.Helper()
	d, err := os.MkdirTemp(s.dir, "root")
	s.must(err)
	s.must(os.Chmod(d, 0o755))
	return d
}

// answers waits until something listens at an address, or ended is closed.
func answers(addr string, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return true
		}
	}
	return false
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newKey makes a private key and returns it with its public line.
func newKey(t testing.TB, typ string) (crypto.Signer, string) {
	t.Helper()
	var key crypto.Signer
	var err error
	switch typ {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no such type of key: %s", typ)
	}
	if err != nil {
		t.Fatal(err)
	}
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))
}

func (s *SSHD) writeKey(p string, key crypto.Signer, passphrase string) {
	s.t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	s.must(err)
	s.must(os.WriteFile(p, pem.EncodeToMemory(block), 0o600))
}
