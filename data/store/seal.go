package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"greffier/app/mailbox"
)

// keyBytes is the length of every key: AES-256.
const keyBytes = 32

// sealer seals the values of one subject, or of the store itself.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{a}, err
}

// place binds a sealed value to where it stands: moved to another table,
// column or row it does not open.
func place(table, column string, id any) []byte {
	return []byte(fmt.Sprintf("%s\x00%s\x00%v", table, column, id))
}

func (k sealer) seal(v any, where []byte) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return k.aead.Seal(nil, nil, b, where), nil
}

func (k sealer) open(sealed, where []byte, into any) error {
	b, err := k.aead.Open(nil, nil, sealed, where)
	if err != nil {
		return fmt.Errorf("%w: a sealed value does not open", ErrDamaged)
	}
	return json.Unmarshal(b, into)
}

func (k sealer) sealBytes(b, where []byte) []byte { return k.aead.Seal(nil, nil, b, where) }

func (k sealer) openBytes(sealed, where []byte) ([]byte, error) {
	b, err := k.aead.Open(nil, nil, sealed, where)
	if err != nil {
		return nil, fmt.Errorf("%w: a sealed value does not open", ErrDamaged)
	}
	return b, nil
}

// index is the keyed blind index: 16 bytes of HMAC-SHA256 over purpose and value.
func (s *Store) index(purpose, value string) []byte {
	m := hmac.New(sha256.New, s.keys.Index)
	m.Write([]byte(strconv.Itoa(len(purpose)) + ":" + purpose + value))
	return m.Sum(nil)[:16]
}

func (s *Store) emailIndex(email string) []byte {
	email = mailbox.NormEmail(email)
	if email == "" {
		return nil
	}
	return s.index("email", email)
}

// newSubject makes a subject with a fresh key.
func (t *Tx) newSubject(kind string, emailIx []byte) (int64, sealer, error) {
	insert, err := t.prepared("INSERT INTO subject(kind, email_ix, sealed) VALUES (?, ?, x'')")
	if err != nil {
		return 0, sealer{}, err
	}
	res, err := insert.ExecContext(t.ctx, kind, emailIx)
	if err != nil {
		return 0, sealer{}, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, sealer{}, err
	}
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails (crypto/rand)
	if err := t.exec("UPDATE subject SET sealed = ? WHERE id = ?", t.box.sealBytes(key, place("subject", "sealed", id)), id); err != nil {
		return 0, sealer{}, err
	}
	k, err := newSealer(key)
	t.remember(id, k)
	return id, k, err
}

// subject returns the sealer of a subject; ErrForgotten when its key is gone.
func (t *Tx) subject(id int64) (sealer, error) {
	if k, ok := t.keys[id]; ok {
		return k, nil
	}
	var sealed []byte
	err := t.row("SELECT sealed FROM subject WHERE id = ?", id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return sealer{}, ErrForgotten
	}
	if err != nil {
		return sealer{}, err
	}
	return t.unwrap(id, sealed)
}

// maxKeys bounds how many opened keys a transaction holds: a look at every order
// of a large shop meets as many subjects.
const maxKeys = 4096

// unwrap opens the key of a subject.
func (t *Tx) unwrap(id int64, wrapped []byte) (sealer, error) {
	if k, ok := t.keys[id]; ok {
		return k, nil
	}
	k, err := unwrapKey(t.box, id, wrapped)
	if err == nil {
		t.remember(id, k)
	}
	return k, err
}

func unwrapKey(box sealer, id int64, wrapped []byte) (sealer, error) {
	key, err := box.openBytes(wrapped, place("subject", "sealed", id))
	if err != nil {
		return sealer{}, err
	}
	return newSealer(key)
}

func (t *Tx) remember(id int64, k sealer) {
	if len(t.keys) >= maxKeys {
		clear(t.keys)
	}
	t.keys[id] = k
}

// dropUnused destroys the key of a subject that nothing is sealed under any
// more. Cases and runs keep theirs.
func (t *Tx) dropUnused(sid sql.NullInt64) error {
	if !sid.Valid {
		return nil
	}
	delete(t.keys, sid.Int64)
	return t.exec(`DELETE FROM subject WHERE id = ?1 AND kind IN ('person', 'order', 'message')
		AND NOT EXISTS (SELECT 1 FROM orders WHERE subject = ?1) AND NOT EXISTS (SELECT 1 FROM message WHERE subject = ?1)`, sid.Int64)
}

// person returns the subject of an e-mail address, made where it is new.
func (t *Tx) person(ix []byte) (int64, sealer, error) {
	var id int64
	err := t.row("SELECT id FROM subject WHERE email_ix = ?", ix).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return t.newSubject("person", ix)
	}
	if err != nil {
		return 0, sealer{}, err
	}
	k, err := t.subject(id)
	return id, k, err
}

// PersonHash is what a tombstone remembers of an erased person: a keyed hash
// of the address.
func (s *Store) PersonHash(email string) string {
	return hex.EncodeToString(s.index("tombstone person", mailbox.NormEmail(email)))
}

// OrderHash is what a tombstone remembers of an order whose media were erased.
func (s *Store) OrderHash(shop, ref string) string {
	return hex.EncodeToString(s.index("tombstone order", strconv.Itoa(len(shop))+":"+shop+ref))
}

// PersonHash is Store.PersonHash.
func (t *Tx) PersonHash(email string) string { return t.s.PersonHash(email) }

// KeyedHash hashes a value for a purpose under the key of the blind indexes, in
// hexadecimal; "" for an empty value.
func (t *Tx) KeyedHash(purpose, value string) string {
	if value == "" {
		return ""
	}
	return hex.EncodeToString(t.s.index("app "+purpose, value))
}
