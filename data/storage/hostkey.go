package storage

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"greffier/app/erasure"
)

const (
	handshakeTimeout = 30 * time.Second // to agree on keys and to log in
	maxPins          = 32               // host keys pinned for one server
	maxPinBytes      = 64 << 10         // of the text that pins them
	sha256Prefix     = "SHA256:"        // of a fingerprint
)

var (
	// ErrHostUnknown says that no host key is pinned for the server yet, so
	// that nobody can say whether it is the right one.
	ErrHostUnknown = errors.New("the server's host key is not known yet")
	// ErrHostChanged says that the server does not show the host key that is
	// pinned: it may be another machine.
	ErrHostChanged = errors.New("the server does not show the pinned host key")
	// ErrHostKey says that the text that pins a host key cannot be read.
	ErrHostKey = errors.New("the pinned host key cannot be read")
)

// UnknownHostError tells which host key an unknown server shows, so that it can
// be compared with what the hoster publishes, and pinned. It matches
// ErrHostUnknown.
type UnknownHostError struct {
	Host        string // host:port
	Fingerprint string // SHA256:…, as ssh-keygen -l prints it
	Line        string // the key itself, to be pinned: "ssh-ed25519 AAAA…"
}

// Error implements error.
func (e *UnknownHostError) Error() string {
	return fmt.Sprintf("%s shows %s: %v", e.Host, e.Fingerprint, ErrHostUnknown)
}

// Is makes errors.Is(err, ErrHostUnknown) true.
func (e *UnknownHostError) Is(target error) bool { return target == ErrHostUnknown }

// ChangedHostError tells which host key a server shows in the place of the
// pinned one. It matches ErrHostChanged.
type ChangedHostError struct {
	Host        string // host:port
	Fingerprint string // SHA256:…; "" when it shows no key of the pinned type at all
}

// Error implements error.
func (e *ChangedHostError) Error() string {
	if e.Fingerprint == "" {
		return fmt.Sprintf("%s: %v", e.Host, ErrHostChanged)
	}
	return fmt.Sprintf("%s shows %s: %v", e.Host, e.Fingerprint, ErrHostChanged)
}

// Is makes errors.Is(err, ErrHostChanged) true.
func (e *ChangedHostError) Is(target error) bool { return target == ErrHostChanged }

// HostKey is a key by which a server proves that it is itself.
type HostKey struct {
	Type        string // "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"…
	Fingerprint string // SHA256:…
	Line        string // to be pinned: type and key in Base64
}

func hostKeyOf(k ssh.PublicKey) HostKey {
	return HostKey{Type: k.Type(), Fingerprint: ssh.FingerprintSHA256(k), Line: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k)))}
}

// keyTypes are the types of host keys in the order in which they are asked
// for, each with the signatures that it may give. DSA and RSA with SHA-1 are
// not among them.
var keyTypes = []struct {
	name       string
	algorithms []string
}{
	{ssh.KeyAlgoED25519, []string{ssh.KeyAlgoED25519}},
	{ssh.KeyAlgoECDSA256, []string{ssh.KeyAlgoECDSA256}},
	{ssh.KeyAlgoECDSA384, []string{ssh.KeyAlgoECDSA384}},
	{ssh.KeyAlgoECDSA521, []string{ssh.KeyAlgoECDSA521}},
	{ssh.KeyAlgoRSA, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}},
}

// pins are the host keys that a server may show.
type pins struct {
	keys   []ssh.PublicKey
	prints []string // SHA256:…
}

// parsePins reads host keys and fingerprints, one a line; empty lines and lines
// that begin with # do not count. It returns ErrHostKey for anything else, for
// types that cannot be checked, and for a text without end.
func parsePins(text string) (pins, error) {
	var p pins
	if len(text) > maxPinBytes {
		return p, fmt.Errorf("read the pinned host keys: too long: %w", ErrHostKey)
	}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		bad := func(why string) (pins, error) {
			return pins{}, fmt.Errorf("read the pinned host keys: line %d: %s: %w", n+1, why, ErrHostKey)
		}
		if len(p.keys)+len(p.prints) == maxPins {
			return bad("too many")
		}
		if rest, ok := strings.CutPrefix(line, sha256Prefix); ok {
			sum, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(rest, "="))
			if err != nil || len(sum) != 32 || strings.ContainsAny(rest, "\r\n") {
				return bad("no fingerprint")
			}
			p.prints = append(p.prints, sha256Prefix+base64.RawStdEncoding.EncodeToString(sum))
			continue
		}
		if line[0] == '@' {
			return bad("a mark such as @revoked") // it would mean the opposite, or an authority
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return bad("no key")
		}
		if algorithmsOf(key.Type()) == nil {
			return bad("a type of key that is not used here")
		}
		p.keys = append(p.keys, key)
	}
	return p, nil
}

func algorithmsOf(keyType string) []string {
	for _, t := range keyTypes {
		if t.name == keyType {
			return t.algorithms
		}
	}
	return nil
}

func (p pins) none() bool { return len(p.keys)+len(p.prints) == 0 }

// match tells whether a key is one of the pinned ones.
func (p pins) match(k ssh.PublicKey) bool {
	raw := k.Marshal()
	return slices.ContainsFunc(p.keys, func(x ssh.PublicKey) bool { return bytes.Equal(x.Marshal(), raw) }) ||
		slices.Contains(p.prints, ssh.FingerprintSHA256(k))
}

// types returns the types of key to ask a server for. A server with several
// keys shows the one that is asked for first: asking for a type that is not
// pinned would look like a changed key. A fingerprint does not tell its type,
// so that all of them are asked for, one after the other.
func (p pins) types() []string {
	var out []string
	for _, t := range keyTypes {
		if len(p.prints) > 0 || p.none() || slices.ContainsFunc(p.keys, func(k ssh.PublicKey) bool { return k.Type() == t.name }) {
			out = append(out, t.name)
		}
	}
	return out
}

// HostKeys asks a server for all its host keys, without logging in. Port 0 is
// 22. It returns ErrBadAddress, ErrOffline, or ErrUnclear for a server that
// does not speak SSH. Nothing vouches for the answer: somebody has to compare
// it with what the hoster publishes.
func HostKeys(ctx context.Context, host string, port int) ([]HostKey, error) {
	addr, err := sshAddress(host, port)
	if err != nil {
		return nil, err
	}
	var out []HostKey
	for left := (pins{}).types(); len(left) > 0; {
		_, shown, err := shake(ctx, addr, left, pins{}, nil)
		switch {
		case shown != nil && !slices.Contains(left, shown.Type()):
			return nil, fmt.Errorf("ask %s for its host keys: %w", addr, ErrUnclear)
		case shown != nil:
			out = append(out, hostKeyOf(shown))
			left = slices.DeleteFunc(left, func(t string) bool { return t == shown.Type() })
		case errors.Is(err, errNoSuchKey):
			left = nil
		default:
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("ask %s for its host keys: none of a known type: %w", addr, ErrUnclear)
	}
	return out, nil
}

// sshAddress returns host:port.
func sshAddress(host string, port int) (string, error) {
	if port == 0 {
		port = 22
	}
	if host == "" || len(host) > 255 || port < 0 || port > 65535 || strings.ContainsAny(host, " /@\x00\r\n\t[]") {
		return "", fmt.Errorf("server: %w", ErrBadAddress)
	}
	return net.JoinHostPort(host, strconv.Itoa(port)), nil
}

var (
	// errNoSuchKey says that the server has no host key of the types asked for.
	errNoSuchKey = errors.New("no host key of that type")
	// errNotPinned ends a handshake before anything is told to the server.
	errNotPinned = errors.New("not pinned")
)

// sshLine is an SSH connection and what it stands on.
type sshLine struct {
	net net.Conn
	ssh *ssh.Client
}

// shake connects and, where the key that the server shows is pinned, logs in.
// shown is the key that is not pinned.
func shake(ctx context.Context, addr string, types []string, p pins, login func(*ssh.ClientConfig)) (line *sshLine, shown ssh.PublicKey, err error) {
	doing := "connect to " + addr
	conn, err := (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, fmt.Errorf("%s: %w", doing, erasure.ErrOffline)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(handshakeTimeout)) // fails only on a closed connection

	trusted := false // the server showed a pinned key
	cfg := &ssh.ClientConfig{
		ClientVersion: "SSH-2.0-Greffier",
		HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error {
			if !p.match(k) {
				shown = k
				return errNotPinned
			}
			trusted = true
			return nil
		},
	}
	for _, t := range types {
		cfg.HostKeyAlgorithms = append(cfg.HostKeyAlgorithms, algorithmsOf(t)...)
	}
	if login != nil {
		login(cfg)
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, addr, cfg)
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, shown, fmt.Errorf("%s: %w", doing, ofHandshake(err, trusted))
	}
	if !stop() {
		c.Close()
		return nil, nil, ctx.Err()
	}
	_ = conn.SetDeadline(time.Time{})
	return &sshLine{net: conn, ssh: ssh.NewClient(c, chans, reqs)}, nil, nil
}

// ofHandshake returns the sentinel for a handshake that failed. Its own words
// do not go on: they may name the user.
func ofHandshake(err error, trusted bool) error {
	var deal *ssh.AlgorithmNegotiationError
	if errors.As(err, &deal) && deal.What == "host key" {
		return errNoSuchKey
	}
	var broken net.Error
	switch {
	case errors.Is(err, ErrKeyFile):
		return ErrKeyFile
	case errors.As(err, &broken), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return erasure.ErrOffline
	case trusted:
		return erasure.ErrDenied // it is the right server, and it does not let us in
	}
	return ErrUnclear
}

// enter connects to the right server and logs in. types are asked for in turn
// until the server shows a pinned key: it may have several.
func enter(ctx context.Context, addr string, p pins, login func(*ssh.ClientConfig)) (*sshLine, error) {
	left := p.types()
	var other ssh.PublicKey
	for len(left) > 0 {
		line, shown, err := shake(ctx, addr, left, p, login)
		if err == nil {
			return line, nil
		}
		switch {
		case shown != nil && p.none():
			k := hostKeyOf(shown)
			return nil, &UnknownHostError{Host: addr, Fingerprint: k.Fingerprint, Line: k.Line}
		case shown != nil && slices.Contains(left, shown.Type()):
			if other == nil {
				other = shown
			}
			left = slices.DeleteFunc(left, func(t string) bool { return t == shown.Type() })
		case errors.Is(err, errNoSuchKey):
			left = nil
		default:
			return nil, err
		}
	}
	if p.none() {
		return nil, fmt.Errorf("connect to %s: no host key of a known type: %w", addr, ErrUnclear)
	}
	changed := &ChangedHostError{Host: addr}
	if other != nil {
		changed.Fingerprint = ssh.FingerprintSHA256(other)
	}
	return nil, changed
}
