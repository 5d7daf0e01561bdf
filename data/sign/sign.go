package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"aead.dev/minisign"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/ssh"
)

var (
	// ErrSeed says that what the vault keeps is no signing key.
	ErrSeed = errors.New("the signing key cannot be read")
	// ErrSignature says that a signature does not fit what it stands beside.
	ErrSignature = errors.New("the signature does not fit the file")
	// ErrKey says that a public key cannot be read.
	ErrKey = errors.New("the public key cannot be read")
)

const (
	// Namespace keeps these signatures apart from those for another purpose
	// (ssh-keygen -Y verify -n).
	Namespace = "greffier"
	// Identity stands before the key in the list of allowed signers
	// (ssh-keygen -Y verify -I).
	Identity = "greffier"
	// The ends of the names of signature files.
	MinisignSuffix = ".minisig"
	SSHSuffix      = ".sig"
	// maxSignature bounds a signature file, in bytes; a real one has 400.
	maxSignature = 16 << 10
)

// Key signs.
type Key struct {
	private ed25519.PrivateKey
	mini    minisign.PrivateKey
}

// Public is the public half of a key.
type Public struct {
	ID       string // the key's number in minisign's files, 16 hexadecimal digits
	Minisign string // a line, as minisign -P takes it
	SSH      string // "ssh-ed25519 AAAA…", without a comment
}

// New makes a key and returns the seed that Open makes it from again.
func New() (Key, string, error) {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed) // never fails (crypto/rand)
	text := base64.StdEncoding.EncodeToString(seed)
	k, err := Open(text)
	return k, text, err
}

// Open makes the key of a seed; ErrSeed where it is none.
func Open(seed string) (Key, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(seed)
	if err != nil || len(raw) != ed25519.SeedSize {
		return Key{}, ErrSeed
	}
	k := Key{private: ed25519.NewKeyFromSeed(raw)}
	// A secret key of minisign without a passphrase: 158 bytes, of which the
	// number and the key are the ones at the end that count.
	file := make([]byte, 158)
	copy(file, "Ed\x00\x00B2")
	copy(file[54:], number(k.private.Public().(ed25519.PublicKey)))
	copy(file[62:], k.private)
	if err := k.mini.UnmarshalText([]byte(base64.StdEncoding.EncodeToString(file))); err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrSeed, err)
	}
	return k, nil
}

// number is what a key is called in minisign's files. It is made of the key, so
// that the key of an SSH signature is called the same.
func number(public ed25519.PublicKey) []byte {
	h := blake2b.Sum256(public)
	return h[:8]
}

// miniOf is minisign's form of a public key.
func miniOf(public ed25519.PublicKey) (minisign.PublicKey, error) {
	var p minisign.PublicKey
	err := p.UnmarshalText([]byte(base64.StdEncoding.EncodeToString(slices.Concat([]byte("Ed"), number(public), public))))
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return p, nil
}

// Public returns the public half.
func (k Key) Public() Public {
	mini := k.mini.Public().(minisign.PublicKey)
	p, err := ssh.NewPublicKey(k.private.Public())
	if err != nil {
		panic("an Ed25519 key: " + err.Error()) // of a fixed, known kind
	}
	return publicOf(mini, p)
}

func publicOf(mini minisign.PublicKey, p ssh.PublicKey) Public {
	return Public{ID: fmt.Sprintf("%016X", mini.ID()), Minisign: mini.String(), SSH: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(p)))}
}

// AllowedSigners is the file that ssh-keygen -Y verify -f reads.
func (p Public) AllowedSigners() string {
	return fmt.Sprintf("%s namespaces=\"%s\" %s\n", Identity, Namespace, p.SSH)
}

// File is the public key's file for minisign -p.
func (p Public) File() string {
	return "untrusted comment: minisign public key " + p.ID + "\n" + p.Minisign + "\n"
}

// Minisign returns a signature file for minisign: prehashed (ED), with a
// trusted comment of the time and the file's name.
func (k Key) Minisign(data []byte, name string, at time.Time) []byte {
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\thashed", at.Unix(), printable(name))
	r := minisign.NewReader(bytes.NewReader(data))
	if _, err := io.Copy(io.Discard, r); err != nil {
		panic("bytes in memory: " + err.Error())
	}
	return append(bytes.TrimRight(r.SignWithComments(k.mini, trusted, "signature by Greffier, key "+k.Public().ID), "\n"), '\n')
}

// printable keeps a file's name from breaking the line that it stands in.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
}

// SSH returns a signature file for ssh-keygen -Y verify (PROTOCOL.sshsig).
func (k Key) SSH(data []byte) ([]byte, error) {
	signer, err := ssh.NewSignerFromKey(k.private)
	if err != nil {
		return nil, err
	}
	s, err := sshsig.Sign(bytes.NewReader(data), signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(s), nil
}

// VerifySSH checks a signature file of SSH and returns the key that made it:
// whose key that is must be known from elsewhere. ErrSignature where it does
// not fit, or was made for another purpose.
func VerifySSH(data, signature []byte) (Public, error) {
	if len(signature) > maxSignature {
		return Public{}, ErrSignature
	}
	s, err := sshsig.Unarmor(signature)
	if err != nil {
		return Public{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if s.PublicKey.Type() != ssh.KeyAlgoED25519 {
		return Public{}, fmt.Errorf("%w: it is of another kind of key", ErrSignature)
	}
	if err := sshsig.Verify(bytes.NewReader(data), s, s.PublicKey, s.HashAlgorithm, Namespace); err != nil {
		return Public{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return publicOfSSH(s.PublicKey)
}

// PublicOf reads a public key as SSH writes it: "ssh-ed25519 AAAA…".
func PublicOf(line string) (Public, error) {
	p, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return Public{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return publicOfSSH(p)
}

// publicOfSSH names a key of SSH as minisign would.
func publicOfSSH(p ssh.PublicKey) (Public, error) {
	c, ok := p.(ssh.CryptoPublicKey)
	if !ok {
		return Public{}, ErrKey
	}
	raw, ok := c.CryptoPublicKey().(ed25519.PublicKey)
	if !ok {
		return Public{}, ErrKey
	}
	mini, err := miniOf(raw)
	if err != nil {
		return Public{}, err
	}
	return publicOf(mini, p), nil
}

// VerifyMinisign checks a signature file of minisign by a public key in
// minisign's words; ErrSignature where it does not fit.
func VerifyMinisign(data, signature []byte, key string) error {
	var p minisign.PublicKey
	if err := p.UnmarshalText([]byte(key)); err != nil {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	if len(signature) > maxSignature {
		return ErrSignature
	}
	var s minisign.Signature
	if err := s.UnmarshalText(signature); err != nil || s.Algorithm != minisign.HashEdDSA {
		return ErrSignature
	}
	r := minisign.NewReader(bytes.NewReader(data))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	if !r.Verify(p, signature) {
		return ErrSignature
	}
	return nil
}
