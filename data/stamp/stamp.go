package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha1" // #nosec: RFC 2634 names the authority's certificate by it
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

var (
	// ErrAddress says that the authority's address or certificate cannot be used.
	ErrAddress = errors.New("the timestamp authority cannot be used as it is set")
	// ErrOffline says that the authority does not answer.
	ErrOffline = errors.New("the timestamp authority does not answer")
	// ErrAnswer says that what answered is no timestamp authority.
	ErrAnswer = errors.New("this is not the answer of a timestamp authority")
	// ErrRefused says that the authority refused the request.
	ErrRefused = errors.New("the timestamp authority refused")
	// ErrToken says that the timestamp does not hold: it is for another hash or
	// another request, or its signature or certificate is not good.
	ErrToken = errors.New("the timestamp does not hold")
)

const (
	// maxReply bounds an answer, in bytes; a real one has a few thousand.
	maxReply = 256 << 10
	// timeout bounds a whole exchange.
	timeout = 20 * time.Second
)

// Authority is a timestamp authority.
type Authority struct {
	URL    string
	CA     []byte // PEM: the roots that its certificate is trusted by
	Policy string // an object identifier that its stamps must be under; "" is any
	// Timeout bounds an exchange; 0 is 20 s.
	Timeout time.Duration
}

// Token is a timestamp, verified.
type Token struct {
	Query []byte    // the request, DER (.tsq)
	Reply []byte    // the answer, DER (.tsr)
	At    time.Time // UTC, as the authority says
	By    string    // the subject of the authority's certificate
	// Serial and Policy are of the timestamp.
	Serial, Policy string
}

// Check tells whether the authority can be asked at all, without asking it.
func (a Authority) Check() error {
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%w: the address", ErrAddress)
	}
	if _, err := a.policy(); err != nil {
		return err
	}
	_, err = roots(a.CA)
	return err
}

func (a Authority) policy() (asn1.ObjectIdentifier, error) {
	if a.Policy == "" {
		return nil, nil
	}
	oid, err := x509.ParseOID(a.Policy)
	if err != nil {
		return nil, fmt.Errorf("%w: the policy", ErrAddress)
	}
	der, err := oid.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("%w: the policy", ErrAddress)
	}
	var out asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(append([]byte{asn1.TagOID, byte(len(der))}, der...), &out); err != nil {
		return nil, fmt.Errorf("%w: the policy", ErrAddress)
	}
	return out, nil
}

func roots(ca []byte) (*x509.CertPool, error) {
	pool, n := x509.NewCertPool(), 0
	for rest := ca; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return nil, fmt.Errorf("%w: the certificate file", ErrAddress)
		}
		pool.AddCert(c)
		n++
	}
	if n == 0 {
		return nil, fmt.Errorf("%w: no certificate in the file", ErrAddress)
	}
	return pool, nil
}

// Stamp has a SHA-256 stamped and verifies the answer.
func (a Authority) Stamp(ctx context.Context, digest [sha256.Size]byte) (Token, error) {
	if err := a.Check(); err != nil {
		return Token{}, err
	}
	policy, err := a.policy()
	if err != nil {
		return Token{}, err
	}
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return Token{}, err
	}
	nonce.Add(nonce, big.NewInt(1))
	query, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true, TSAPolicyOID: policy, Nonce: nonce}).Marshal()
	if err != nil {
		return Token{}, err
	}
	reply, err := a.ask(ctx, query)
	if err != nil {
		return Token{}, err
	}
	return a.Verify(query, reply, digest)
}

// ask carries the request there and the answer back (RFC 3161, 3.4). The way
// need not be safe: what counts is signed. A redirect is not followed, since
// the owner chose this authority and no other.
func (a Authority) ask(ctx context.Context, query []byte) ([]byte, error) {
	limit := a.Timeout
	if limit == 0 {
		limit = timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(query))
	if err != nil {
		return nil, fmt.Errorf("%w: the address", ErrAddress)
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	req.Header.Set("Accept", "application/timestamp-reply")
	tr := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10}
	client := &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOffline, bare(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", ErrAnswer, resp.StatusCode)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/timestamp-reply" {
		return nil, fmt.Errorf("%w: it is of another type", ErrAnswer)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOffline, err)
	}
	if len(b) > maxReply {
		return nil, fmt.Errorf("%w: it is too long", ErrAnswer)
	}
	return b, nil
}

// bare takes the address off an error: it may have a secret in its path.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Verify checks an answer as a third party would: granted, for this hash and
// this request, under the policy asked for, signed by a certificate made for
// timestamps alone that the roots vouched for when it was signed (RFC 3161,
// 2.3, 2.4.2).
func (a Authority) Verify(query, reply []byte, digest [sha256.Size]byte) (t Token, err error) {
	// The answer is of a stranger and the parsers are not ours: what they choke
	// on is no timestamp.
	defer func() {
		if x := recover(); x != nil {
			t, err = Token{}, fmt.Errorf("%w: it cannot be read", ErrAnswer)
		}
	}()
	pool, err := roots(a.CA)
	if err != nil {
		return Token{}, err
	}
	if len(reply) > maxReply {
		return Token{}, ErrAnswer
	}
	asked, err := timestamp.ParseRequest(query)
	if err != nil {
		return Token{}, fmt.Errorf("%w: the request cannot be read", ErrToken)
	}
	var envelope struct {
		Status struct {
			Status int
			Text   []string       `asn1:"optional,utf8"`
			Info   asn1.BitString `asn1:"optional"`
		}
		Token asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(reply, &envelope); err != nil || len(rest) > 0 {
		return Token{}, fmt.Errorf("%w: it cannot be read", ErrAnswer)
	}
	// PKIStatus: 0 granted, 1 granted with modifications.
	if envelope.Status.Status != 0 && envelope.Status.Status != 1 {
		return Token{}, fmt.Errorf("%w: status %d", ErrRefused, envelope.Status.Status)
	}
	ts, err := timestamp.Parse(envelope.Token.FullBytes)
	if err != nil {
		return Token{}, fmt.Errorf("%w: the signature", ErrToken)
	}
	p7, err := pkcs7.Parse(envelope.Token.FullBytes)
	if err != nil {
		return Token{}, fmt.Errorf("%w: the signature", ErrToken)
	}
	switch {
	case ts.HashAlgorithm != crypto.SHA256 || !bytes.Equal(ts.HashedMessage, digest[:]) || !bytes.Equal(asked.HashedMessage, digest[:]):
		return Token{}, fmt.Errorf("%w: it is for another hash", ErrToken)
	case asked.Nonce == nil || ts.Nonce == nil || ts.Nonce.Cmp(asked.Nonce) != 0:
		return Token{}, fmt.Errorf("%w: it answers another request", ErrToken)
	case asked.TSAPolicyOID != nil && !ts.Policy.Equal(asked.TSAPolicyOID), a.Policy != "" && ts.Policy.String() != a.Policy:
		return Token{}, fmt.Errorf("%w: it is under another policy", ErrToken)
	}
	var content asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &content); err != nil || !content.Equal(oidTSTInfo) {
		return Token{}, fmt.Errorf("%w: what is signed is no timestamp", ErrToken)
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return Token{}, fmt.Errorf("%w: it names no one signer", ErrToken)
	}
	if err := stampsOnly(signer); err != nil {
		return Token{}, err
	}
	if err := names(p7, signer); err != nil {
		return Token{}, err
	}
	between := x509.NewCertPool()
	for _, c := range p7.Certificates {
		between.AddCert(c)
	}
	// RFC 3161, 4: good is what was good when it was signed.
	if err := p7.VerifyWithOpts(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: ts.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return Token{}, fmt.Errorf("%w: the authority's certificate", ErrToken)
	}
	return Token{Query: query, Reply: reply, At: ts.Time.UTC(), By: signer.Subject.String(), Serial: ts.SerialNumber.Text(16), Policy: ts.Policy.String()}, nil
}

// stampsOnly holds the authority's certificate to its one use, critically
// (RFC 3161, 2.3).
func stampsOnly(c *x509.Certificate) error {
	critical := false
	for _, e := range c.Extensions {
		critical = critical || e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) && e.Critical
	}
	if !critical || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return fmt.Errorf("%w: the certificate is not made for timestamps alone", ErrToken)
	}
	return nil
}

// The signed attributes that name the signer's certificate: RFC 2634 by SHA-1,
// RFC 5035 by any hash.
var (
	attrSigner   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	attrSignerV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTSTInfo   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidSHA256    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// names checks that the signature is bound to the signer's certificate, so that
// no other one of the same key can be put in its place (RFC 3161, 2.4.2).
func names(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	var v1 struct {
		Certs []struct {
			Hash []byte
			Rest asn1.RawValue `asn1:"optional"`
		}
		Policies asn1.RawValue `asn1:"optional"`
	}
	if p7.UnmarshalSignedAttribute(attrSigner, &v1) == nil && len(v1.Certs) > 0 {
		if sum := sha1.Sum(signer.Raw); bytes.Equal(v1.Certs[0].Hash, sum[:]) {
			return nil
		}
		return fmt.Errorf("%w: it names another signer", ErrToken)
	}
	var v2 struct {
		Certs []struct {
			Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
			Hash      []byte
			Rest      asn1.RawValue `asn1:"optional"`
		}
		Policies asn1.RawValue `asn1:"optional"`
	}
	if p7.UnmarshalSignedAttribute(attrSignerV2, &v2) != nil || len(v2.Certs) == 0 {
		return fmt.Errorf("%w: it does not name its signer", ErrToken)
	}
	h := crypto.SHA256
	switch alg := v2.Certs[0].Algorithm.Algorithm; {
	case len(alg) == 0, alg.Equal(oidSHA256):
	case alg.Equal(oidSHA384):
		h = crypto.SHA384
	case alg.Equal(oidSHA512):
		h = crypto.SHA512
	default:
		return fmt.Errorf("%w: it names its signer by an unknown hash", ErrToken)
	}
	sum := h.New()
	sum.Write(signer.Raw)
	if !bytes.Equal(v2.Certs[0].Hash, sum.Sum(nil)) {
		return fmt.Errorf("%w: it names another signer", ErrToken)
	}
	return nil
}
