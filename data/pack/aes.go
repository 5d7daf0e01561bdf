package pack

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
)

// The parameters of AE-2 with AES-256 (WinZip, "AES Encryption Information:
// Encryption Specification AE-1 and AE-2", version 1.04).
const (
	methodAES   = 99
	extraAES    = 0x9901
	vendorAE    = 0x4541 // "AE"
	versionAE2  = 2      // without the CRC, which would tell of the content
	strength256 = 3
	methodStore = 0
	methodSmall = 8 // deflate
	saltBytes   = 16
	keyBytes    = 32
	checkBytes  = 2
	macBytes    = 10
	iterations  = 1000
)

// aesExtra is the extra field that says how an entry is encrypted, and how it
// was compressed before that.
func aesExtra(method uint16) []byte {
	b := binary.LittleEndian.AppendUint16(nil, extraAES)
	b = binary.LittleEndian.AppendUint16(b, 7)
	b = binary.LittleEndian.AppendUint16(b, versionAE2)
	b = binary.LittleEndian.AppendUint16(b, vendorAE)
	b = append(b, strength256)
	return binary.LittleEndian.AppendUint16(b, method)
}

// keys derives what an entry is encrypted and authenticated with, and the two
// bytes by which a wrong passphrase is noticed early.
func keys(passphrase string, salt []byte) (cipherKey, macKey, check []byte, err error) {
	k, err := pbkdf2.Key(sha1.New, passphrase, salt, iterations, 2*keyBytes+checkBytes)
	if err != nil {
		return nil, nil, nil, err
	}
	return k[:keyBytes], k[keyBytes : 2*keyBytes], k[2*keyBytes:], nil
}

// counter is the key stream: AES in counter mode with the counter that WinZip
// uses, from 1, its lowest byte first, which crypto/cipher does not have.
type counter struct {
	block cipher.Block
	n     [aes.BlockSize]byte
	pad   [aes.BlockSize]byte
	used  int
}

func newCounter(key []byte) (*counter, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &counter{block: b, used: aes.BlockSize}, nil
}

// XORKeyStream implements cipher.Stream.
func (c *counter) XORKeyStream(dst, src []byte) {
	for i, x := range src {
		if c.used == aes.BlockSize {
			for j := range c.n {
				if c.n[j]++; c.n[j] != 0 {
					break
				}
			}
			c.block.Encrypt(c.pad[:], c.n[:])
			c.used = 0
		}
		dst[i] = x ^ c.pad[c.used]
		c.used++
	}
}

// sealer encrypts what is written to it, then authenticates what it wrote.
type sealer struct {
	to     io.Writer
	stream *counter
	mac    hash.Hash
	buf    [32 << 10]byte
	n      int64 // bytes written, those of salt and check included
}

// newSealer begins an entry with a salt of its own.
func newSealer(to io.Writer, passphrase string) (*sealer, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("encrypt a file: %w", err)
	}
	cipherKey, macKey, check, err := keys(passphrase, salt)
	if err != nil {
		return nil, fmt.Errorf("encrypt a file: %w", err)
	}
	stream, err := newCounter(cipherKey)
	if err != nil {
		return nil, fmt.Errorf("encrypt a file: %w", err)
	}
	s := &sealer{to: to, stream: stream, mac: hmac.New(sha1.New, macKey)}
	n, err := to.Write(append(salt, check...))
	s.n = int64(n)
	return s, err
}

// Write implements io.Writer.
func (s *sealer) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		part := s.buf[:min(len(s.buf), len(p)-done)]
		s.stream.XORKeyStream(part, p[done:done+len(part)])
		s.mac.Write(part)
		n, err := s.to.Write(part)
		s.n += int64(n)
		if err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

// end writes the authentication code.
func (s *sealer) end() error {
	n, err := s.to.Write(s.mac.Sum(nil)[:macBytes])
	s.n += int64(n)
	return err
}
