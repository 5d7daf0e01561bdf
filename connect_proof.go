package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"greffier/app"
	"greffier/data/sign"
	"greffier/data/stamp"
	"greffier/data/vault"
)

// signerSecret is what the seed of the signing key is called in the vault.
const signerSecret = "signer.ed25519"

// signer signs with a key that the vault keeps.
type signer struct{ vault *vault.Vault }

// key returns the key, made at first need. Only one program has the profile
// open, so that no other one makes a second key meanwhile.
func (s signer) key() (sign.Key, error) {
	seed, err := s.vault.Secret(signerSecret)
	if err == nil {
		return sign.Open(seed)
	}
	if !errors.Is(err, vault.ErrNoSecret) {
		return sign.Key{}, err
	}
	k, seed, err := sign.New()
	if err != nil {
		return k, err
	}
	return k, s.vault.SetSecret(signerSecret, seed)
}

func (s signer) Key() (app.SignerKey, error) {
	k, err := s.key()
	if err != nil {
		return app.SignerKey{}, err
	}
	return signerKey(k.Public()), nil
}

func signerKey(p sign.Public) app.SignerKey {
	return app.SignerKey{ID: p.ID, Minisign: p.Minisign, SSH: p.SSH, Allowed: p.AllowedSigners(), File: p.File()}
}

func (signer) KeyOf(ssh string) (app.SignerKey, error) {
	p, err := sign.PublicOf(ssh)
	return signerKey(p), err
}

func (s signer) Sign(name string, data []byte, at time.Time) (minisign, ssh []byte, err error) {
	k, err := s.key()
	if err != nil {
		return nil, nil, err
	}
	ssh, err = k.SSH(data)
	return k.Minisign(data, name, at), ssh, err
}

func (signer) Verify(data, ssh []byte) (string, error) { return signedBy(data, ssh) }

func (signer) VerifyMinisign(data, minisign []byte, key string) error {
	return sign.VerifyMinisign(data, minisign, key)
}

// signedBy tells whose key made a signature.
func signedBy(data, ssh []byte) (string, error) {
	p, err := sign.VerifySSH(data, ssh)
	return p.ID, err
}

// stamper gives the timestamp authority the shape of the façade's port.
type stamper struct{}

func authority(s app.Stamping) stamp.Authority {
	return stamp.Authority{URL: s.URL, CA: []byte(s.CA), Policy: s.Policy}
}

func (stamper) Check(by app.Stamping) error { return authority(by).Check() }

func (stamper) Stamp(ctx context.Context, by app.Stamping, hash string) (app.Stamp, error) {
	digest, err := digestOf(hash)
	if err != nil {
		return app.Stamp{}, err
	}
	t, err := authority(by).Stamp(ctx, digest)
	return app.Stamp{At: t.At, By: t.By, Serial: t.Serial, Policy: t.Policy, Query: t.Query, Reply: t.Reply}, err
}

func (stamper) Verify(s app.Stamp) error {
	digest, err := digestOf(s.Head)
	if err != nil {
		return err
	}
	t, err := stamp.Authority{CA: []byte(s.CA)}.Verify(s.Query, s.Reply, digest)
	if err == nil && !t.At.Equal(s.At) {
		err = fmt.Errorf("%w: it is of another time", stamp.ErrToken)
	}
	return err
}

func digestOf(hash string) (out [sha256.Size]byte, err error) {
	b, err := hex.DecodeString(hash)
	if err != nil || len(b) != sha256.Size {
		return out, fmt.Errorf("%w: no hash", stamp.ErrToken)
	}
	return [sha256.Size]byte(b), nil
}
