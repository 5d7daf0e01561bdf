package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// sealKey derives from a shop's credential the key of the fingerprints of its
// records: the same in every run of the program, another one for each kind of
// shop, and of no use to whoever reads only the plans.
func sealKey(kind, credential string) []byte {
	m := hmac.New(sha256.New, []byte(credential))
	m.Write([]byte("greffier fingerprints of " + kind))
	return m.Sum(nil)
}

// fingerprint marks what stands at a key: equal values at two places have two.
// Each text is written with its length before it, so that no two lists of
// values are the same bytes.
func fingerprint(seal []byte, key string, values ...string) string {
	m := hmac.New(sha256.New, seal)
	add := func(s string) {
		m.Write(binary.AppendUvarint(nil, uint64(len(s))))
		m.Write([]byte(s))
	}
	add(key)
	for _, v := range values {
		add(v)
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}
