package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"greffier/app/mailbox"

	"github.com/emersion/go-msgauth/dkim"
)

// The bounds of a check of signatures.
const (
	maxSignatures     = 10
	maxSignatureBytes = 8 << 10
	maxSignedHead     = 256 << 10
	maxKeyBytes       = 8 << 10
	keyTimeout        = 5 * time.Second
)

// errKey says that a key could not be had, or does not count.
var errKey = errors.New("no key")

// DNSKeys is a lookup of keys for VerifyDKIM in the DNS; with nil, by the
// resolver of this computer.
func DNSKeys(r *net.Resolver) func(ctx context.Context, name string) ([]string, error) {
	if r == nil {
		r = net.DefaultResolver
	}
	return func(ctx context.Context, name string) ([]string, error) {
		ctx, cancel := context.WithTimeout(ctx, keyTimeout)
		defer cancel()
		// The final dot keeps the names of this network out.
		return r.LookupTXT(ctx, strings.TrimSuffix(name, ".")+".")
	}
}

// VerifyDKIM checks the signatures of a raw message (RFC 6376) against its
// sender's address. Pass means that a signature of a domain aligned with the
// address verifies, covers the one From field and the whole body; Fail, that
// there is such a signature and neither it nor another one verifies. Where no
// aligned signature can be checked (there is none, its key is gone, it has
// expired, covers a part of the body only or is made by a means that no longer
// counts), where several From fields stand in the message, or ctx ends, the
// result is NotChecked. domain is that of the signature that decided. lookup
// gives the TXT records of a name and is asked for aligned domains only, each
// name once.
func VerifyDKIM(ctx context.Context, raw []byte, from string, lookup func(ctx context.Context, name string) ([]string, error)) (result mailbox.AuthResult, domain string) {
	sender := domainOf(from)
	if registrable(sender) == "" || !strings.Contains(from, "@") || ctx.Err() != nil {
		return mailbox.NotChecked, ""
	}
	h, body := splitHead(raw, false)
	if h.fromFields != 1 || len(raw)-len(body) > maxSignedHead || len(h.fields) >= maxFields || !sendsAs(&h, from) {
		return mailbox.NotChecked, ""
	}
	var signatures []map[string]string
	hopeful := false
	for _, f := range h.fields {
		if f.key != "dkim-signature" {
			continue
		}
		if len(f.value) > maxSignatureBytes {
			return mailbox.NotChecked, ""
		}
		tags := tagList(f.value)
		signatures = append(signatures, tags)
		hopeful = hopeful || len(signatures) <= maxSignatures && aligned(tags["d"], sender)
	}
	if !hopeful {
		return mailbox.NotChecked, ""
	}
	keys := keyring{ctx: ctx, sender: sender, lookup: lookup, had: map[string]had{}}
	checked, err := dkim.VerifyWithOptions(&untilDone{ctx, bytes.NewReader(raw)}, &dkim.VerifyOptions{
		LookupTXT: keys.get, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) || ctx.Err() != nil {
		return mailbox.NotChecked, ""
	}
	if len(checked) != min(len(signatures), maxSignatures) {
		return mailbox.NotChecked, "" // the header can be read in two ways
	}
	for i, v := range checked {
		tags := signatures[i]
		d := normHost(v.Domain)
		if !aligned(d, sender) || normHost(tags["d"]) != d {
			continue
		}
		if _, limited := tags["l"]; limited {
			continue
		}
		switch {
		case v.Err == nil && keys.strict(tags) && !strings.EqualFold(domainOf(v.Identifier), d):
			// The key's owner asks for the very domain (RFC 6376, 3.6.1, t=s).
		case v.Err == nil && slices.ContainsFunc(v.HeaderKeys, func(k string) bool { return strings.EqualFold(k, "from") }):
			return mailbox.Pass, cleanLine(d, 255)
		case v.Err != nil && !dkim.IsPermFail(v.Err) && !dkim.IsTempFail(v.Err) && result == mailbox.NotChecked:
			result, domain = mailbox.Fail, cleanLine(d, 255)
		}
	}
	return result, domain
}

// sendsAs tells whether the From field names that address and no other.
func sendsAs(h *head, from string) bool {
	list, _ := addresses(h.get("from"))
	return len(list) == 1 && list[0].Norm() == mailbox.NormEmail(from)
}

// tagList reads "a=b; c=d" (RFC 6376, 3.2) without white space.
func tagList(v string) map[string]string {
	tags := map[string]string{}
	for kv := range strings.SplitSeq(v, ";") {
		k, val, ok := strings.Cut(kv, "=")
		if k = strings.TrimSpace(k); ok && tags[k] == "" {
			tags[k] = strings.Join(strings.Fields(val), "")
		}
	}
	return tags
}

// keyring asks for each key once.
type keyring struct {
	ctx    context.Context
	sender string
	lookup func(ctx context.Context, name string) ([]string, error)

	mu  sync.Mutex
	had map[string]had
}

type had struct {
	records []string
	err     error
}

// get gives the records of a name of the sender's own domain.
func (k *keyring) get(name string) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h, ok := k.had[name]; ok {
		return h.records, h.err
	}
	_, domain, ok := strings.Cut(name, "._domainkey.")
	if !ok || len(name) > 253 || !aligned(domain, k.sender) || len(k.had) >= maxSignatures {
		return nil, errKey
	}
	h := had{}
	h.records, h.err = k.lookup(k.ctx, name)
	if h.err == nil && (len(h.records) != 1 || len(h.records[0]) > maxKeyBytes || flagged(h.records[0], "y")) {
		// Several keys are none, and one that is being tested proves nothing
		// (RFC 6376, 3.6.1 and 3.6.2.2).
		h.records, h.err = nil, errKey
	}
	k.had[name] = h
	return h.records, h.err
}

// strict tells whether the key of a signature has the flag s.
func (k *keyring) strict(tags map[string]string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.had[tags["s"]+"._domainkey."+tags["d"]]
	return len(h.records) == 1 && flagged(h.records[0], "s")
}

// flagged tells whether a key's record has that flag.
func flagged(record, flag string) bool {
	return slices.Contains(strings.Split(tagList(record)["t"], ":"), flag)
}

// untilDone reads until the context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
