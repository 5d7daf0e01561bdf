package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// The kinds of tombstone.
const (
	TombstonePerson = "person"      // nothing of this person may come back
	TombstoneMedia  = "order media" // the media of this order may not come back
)

// Tombstone remembers who or what was erased without naming it, so that a
// later sync or a restored backup does not bring it back.
type Tombstone struct {
	Kind string    `json:"kind"`
	Hash string    `json:"hash"` // keyed, in hexadecimal; see TombstoneHash
	At   time.Time `json:"at"`   // UTC
	Run  int64     `json:"run"`  // the erasure run that it stands for
}

// TombstoneHash returns the HMAC-SHA256 of an identifier, in hexadecimal: an
// e-mail address for a person, the shop's name and order reference for media.
// Without the key nobody can try addresses against it. Case, composition of
// letters and spaces around it do not matter; no identifier has no hash.
func TombstoneHash(key []byte, kind, identifier string) string {
	id := norm.NFC.String(strings.ToLower(strings.TrimSpace(identifier)))
	if id == "" || len(key) == 0 {
		return ""
	}
	h := hmac.New(sha256.New, key)
	for _, field := range []string{"greffier tombstone 1", kind, id} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(field)))
		h.Write(n[:])
		h.Write([]byte(field))
	}
	return hex.EncodeToString(h.Sum(nil))
}
