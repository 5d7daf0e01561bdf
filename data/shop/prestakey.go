package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"greffier/app/plan"
)

// prestaSealKey derives from a credential the key of the fingerprints of a shop's
// fields: the same in every run of the program, and of no use to whoever reads
// only the plans.
func prestaSealKey(kind, credential string) []byte {
	m := hmac.New(sha256.New, []byte(credential))
	m.Write([]byte("greffier fingerprints of " + kind))
	return m.Sum(nil)
}

// prestaSealed is the fingerprint of a field's values.
func prestaSealed(key []byte, values ...string) string {
	m := hmac.New(sha256.New, key)
	for _, v := range values {
		m.Write(binary.AppendUvarint(nil, uint64(len(v))))
		m.Write([]byte(v))
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// prestaPrefix reads the prefix of a listing of a shop's records: "orders/12/"
// or "customers/12/", and what of a field's name follows. It returns
// plan.ErrBadPrefix for anything else.
func prestaPrefix(prefix string) (kind, id string, err error) {
	parts := strings.Split(prefix, "/")
	if len(parts) != 3 || !wholeNumber(parts[1]) {
		return "", "", plan.ErrBadPrefix
	}
	switch parts[0] {
	case "orders", "customers", "media":
		return parts[0], parts[1], nil
	}
	return "", "", plan.ErrBadPrefix
}
