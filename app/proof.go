package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/evidence"
	"greffier/app/law"
)

var (
	// ErrNoAuthority says that no timestamp authority is set.
	ErrNoAuthority = errors.New("no timestamp authority is set")
	// ErrNoSigner says that this profile cannot sign.
	ErrNoSigner = errors.New("this profile cannot sign")
	// ErrNotJournal says that a file is no journal as it is exported.
	ErrNotJournal = errors.New("the file is not an exported journal")
	// ErrEmptyJournal says that the journal has nothing to be stamped yet.
	ErrEmptyJournal = errors.New("the journal is empty")
)

// SignerKey is the public half of the key that signs. Whoever checks needs it,
// and should have it from elsewhere than from what he checks.
type SignerKey struct {
	ID       string    `json:"id"`       // 16 hexadecimal digits
	Minisign string    `json:"minisign"` // as minisign -P takes it
	SSH      string    `json:"ssh"`      // "ssh-ed25519 AAAA…"
	Allowed  string    `json:"allowed_signers"`
	File     string    `json:"-"` // for minisign -p
	Since    time.Time `json:"since"`
}

// Signer signs what is printed; the private key never leaves it.
type Signer interface {
	// Key returns the key, made where there is none yet.
	Key() (SignerKey, error)
	// Sign returns a signature file for minisign and one for ssh-keygen.
	Sign(name string, data []byte, at time.Time) (minisign, ssh []byte, err error)
	// Verify tells whose key made a signature for ssh-keygen.
	Verify(data, ssh []byte) (id string, err error)
	// KeyOf reads a public key as SSH writes it.
	KeyOf(ssh string) (SignerKey, error)
	// VerifyMinisign checks a signature for minisign by a key as minisign -P
	// takes it.
	VerifyMinisign(data, minisign []byte, key string) error
}

// Stamper talks to a timestamp authority (RFC 3161). The hash is a SHA-256 in
// hexadecimal, and all that the authority is told.
type Stamper interface {
	Check(by Stamping) error
	Stamp(ctx context.Context, by Stamping, hash string) (Stamp, error)
	Verify(s Stamp) error
}

// Stamping is how the head of the journal is stamped. The zero value has it not
// stamped at all: a request tells a third party that something happened.
type Stamping struct {
	URL    string `json:"url"`
	CA     string `json:"ca"`     // PEM: the roots that the authority is trusted by
	Policy string `json:"policy"` // object identifier, "" for any
	// By itself: after so many entries (0: never), and once a day.
	Every int  `json:"every"`
	Daily bool `json:"daily"`
}

// Stamp is a timestamp of a head of the journal.
type Stamp struct {
	Seq    int64     `json:"seq"`  // of the entry that was the last one
	Head   string    `json:"head"` // its hash, which is what was stamped
	At     time.Time `json:"at"`   // UTC, as the authority says
	By     string    `json:"by"`   // subject of its certificate
	Serial string    `json:"serial"`
	Policy string    `json:"policy"`
	Query  []byte    `json:"query"` // DER (.tsq)
	Reply  []byte    `json:"reply"` // DER (.tsr)
	CA     string    `json:"ca"`    // PEM, at that time
}

// StampView is what the window shows of timestamps.
type StampView struct {
	Set     Stamping
	Entries int64   // of the journal
	Since   int64   // entries that no timestamp covers
	Stamps  []Stamp // newest first
	Missing int     // that the journal tells of and that are not here
	// Failed is why the last try failed, nil after one that went well.
	Failed   error
	FailedAt time.Time
}

const (
	kindStamps   = "stamps"
	kindStamping = "stamping"
	kindSigners  = "signers"
	// stampPause is how long no try follows one that failed by itself.
	stampPause = time.Hour
	// maxLine bounds a line of an exported journal, in bytes.
	maxLine = 64 << 10
	// maxCA bounds a file of certificates, in bytes.
	maxCA = 1 << 20
)

// The ends of the names of signatures.
const (
	MinisignSuffix = ".minisig"
	SSHSuffix      = ".sig"
)

// stampFacts is what the journal says of a timestamp.
type stampFacts struct {
	Seq    int64     `json:"seq"`
	Head   string    `json:"head"`
	At     time.Time `json:"at"`
	Serial string    `json:"serial"`
	Token  string    `json:"reply_sha256"`
	CA     string    `json:"ca_sha256"`
}

func factsOfStamp(s Stamp) stampFacts {
	return stampFacts{Seq: s.Seq, Head: s.Head, At: s.At, Serial: s.Serial, Token: sumOf(s.Reply), CA: sumOf([]byte(s.CA))}
}

func sumOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Stamping returns the timestamps and how they are made.
func (a *App) Stamping(ctx context.Context) (v StampView, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) error {
		if v.Set, err = stamping(tx); err != nil {
			return err
		}
		if v.Entries, _, err = tx.Head(); err != nil {
			return err
		}
		if v.Stamps, err = stamps(tx); err != nil {
			return err
		}
		v.Since = v.Entries
		if len(v.Stamps) > 0 {
			// The entry that tells of the timestamp needs none of its own.
			v.Since = max(0, v.Entries-v.Stamps[0].Seq-1)
		}
		es, err := tx.JournalAfter(0)
		v.Missing = len(missingStamps(es, v.Stamps))
		return err
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	v.Failed, v.FailedAt = a.stampFailed, a.stampFailedAt
	return v, err
}

func stamping(tx Tx) (Stamping, error) {
	all, err := records[Stamping](tx, kindStamping)
	if err != nil || len(all) == 0 {
		return Stamping{}, err
	}
	return all[0], nil
}

// stamps returns the timestamps, newest first.
func stamps(tx Tx) ([]Stamp, error) {
	all, err := records[Stamp](tx, kindStamps)
	slices.SortFunc(all, func(x, y Stamp) int {
		if x.Seq != y.Seq {
			return int(y.Seq - x.Seq)
		}
		return y.At.Compare(x.At)
	})
	return all, err
}

// missingStamps are the timestamps that the journal tells of and the store does
// not have: a backup from before them was restored, or somebody removed them.
func missingStamps(es []evidence.Entry, have []Stamp) (out []stampFacts) {
	here := map[string]bool{}
	for _, s := range have {
		here[sumOf(s.Reply)] = true
	}
	for _, e := range es {
		var f stampFacts
		if e.Act == evidence.ActHeadStamped && json.Unmarshal([]byte(e.Detail), &f) == nil && !here[f.Token] {
			out = append(out, f)
		}
	}
	return out
}

// SetStamping keeps how the journal is stamped. The zero value ends it. caFile
// holds the certificates (PEM) that the authority is trusted by; "" leaves those
// of before. An authority that cannot be used is refused; it is not asked.
func (a *App) SetStamping(ctx context.Context, s Stamping, caFile string) error {
	s.URL, s.Policy = strings.TrimSpace(s.URL), strings.TrimSpace(s.Policy)
	if s.URL == "" {
		s = Stamping{}
	} else {
		if caFile != "" {
			b, err := readCA(caFile)
			if err != nil {
				return err
			}
			s.CA = string(b)
		} else if s.CA == "" {
			v, err := a.Stamping(ctx)
			if err != nil {
				return err
			}
			s.CA = v.Set.CA
		}
		if a.d.Stamper == nil {
			return ErrNoAuthority
		}
		if err := a.d.Stamper.Check(s); err != nil {
			return err
		}
	}
	s.Every = max(0, s.Every)
	a.mu.Lock()
	a.stampFailed, a.stampFailedAt = nil, time.Time{}
	a.mu.Unlock()
	return a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindStamping, kindStamping, s, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "timestamps", map[string]any{"on": s.URL != "", "every": s.Every, "daily": s.Daily})
	})
}

func readCA(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxCA))
}

// StampNow has the head of the journal stamped.
func (a *App) StampNow(ctx context.Context) (Stamp, error) { return a.stamp(ctx, owner) }

func (a *App) stamp(ctx context.Context, actor string) (s Stamp, err error) {
	a.stamping.Lock()
	defer a.stamping.Unlock()
	defer func() {
		a.mu.Lock()
		a.stampFailed, a.stampFailedAt = err, time.Time{}
		if err != nil {
			a.stampFailedAt = a.now()
		}
		a.mu.Unlock()
	}()
	var set Stamping
	var seq int64
	var head string
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if set, err = stamping(tx); err != nil {
			return err
		}
		seq, head, err = tx.Head()
		return err
	}); err != nil {
		return s, err
	}
	if set.URL == "" || a.d.Stamper == nil {
		return s, ErrNoAuthority
	}
	if seq == 0 {
		return s, ErrEmptyJournal
	}
	if s, err = a.d.Stamper.Stamp(ctx, set, head); err != nil {
		return s, err
	}
	s.Seq, s.Head, s.CA = seq, head, set.CA
	return s, a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindStamps, fmt.Sprintf("%012d-%s", seq, sumOf(s.Reply)[:16]), s, a.now()); err != nil {
			return err
		}
		return a.journal(tx, actor, evidence.ActHeadStamped, fmt.Sprintf("journal %d", seq), factsOfStamp(s))
	})
}

// stampDue has the journal stamped where the owner wants that by itself and it
// is time. What fails is shown, and tried again after a pause.
func (a *App) stampDue(ctx context.Context) error {
	v, err := a.Stamping(ctx)
	if err != nil || v.Set.URL == "" || v.Since == 0 {
		return err
	}
	due := v.Set.Every > 0 && v.Since >= int64(v.Set.Every)
	if v.Set.Daily {
		due = due || len(v.Stamps) == 0 || law.DateOf(v.Stamps[0].At, a.d.Zone).Before(a.today())
	}
	if !due || v.Failed != nil && a.now().Before(v.FailedAt.Add(stampPause)) {
		return nil
	}
	_, err = a.stamp(ctx, greffier)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return nil // the journal's page says so; nothing else waits for it
	}
	return nil
}

// ExportStamps writes every timestamp as openssl ts reads it into a folder: the
// request (.tsq), the answer (.tsr) and the authority's roots (.pem). It
// returns the names of the files.
func (a *App) ExportStamps(ctx context.Context, dir string) ([]string, error) {
	v, err := a.Stamping(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	names := []string{}
	for _, f := range stampFiles(v.Stamps) {
		if err := replaceFile(filepath.Join(dir, f.name), f.data); err != nil {
			return names, err
		}
		names = append(names, f.name)
	}
	return names, nil
}

type namedBytes struct {
	name string
	data []byte
}

// stampFiles names the files of timestamps: the entry's number, and the hash
// that was stamped.
func stampFiles(all []Stamp) (out []namedBytes) {
	seen := map[string]bool{}
	for _, s := range all {
		base := fmt.Sprintf("head-%d", s.Seq)
		for n := 2; seen[base]; n++ {
			base = fmt.Sprintf("head-%d-%d", s.Seq, n)
		}
		seen[base] = true
		out = append(out, namedBytes{base + ".tsq", s.Query}, namedBytes{base + ".tsr", s.Reply}, namedBytes{base + ".pem", []byte(s.CA)}, namedBytes{base + ".txt", []byte(s.Head + "\n")})
	}
	return out
}

// verifyStamps compares each timestamp with the journal and with itself, and
// gives the anchors that the journal must hold to.
func (a *App) verifyStamps(tx Tx, es []evidence.Entry) (anchors []evidence.Anchor, n, missing int, finding string, err error) {
	all, err := stamps(tx)
	if err != nil {
		return nil, 0, 0, "", err
	}
	told := map[stampFacts]bool{}
	for _, e := range es {
		var f stampFacts
		if e.Act == evidence.ActHeadStamped && json.Unmarshal([]byte(e.Detail), &f) == nil {
			told[f] = true
		}
	}
	for _, s := range all {
		anchors = append(anchors, evidence.Anchor{Seq: s.Seq, Hash: s.Head})
		switch {
		case a.d.Stamper != nil && a.d.Stamper.Verify(s) != nil:
			finding = fmt.Sprintf("the timestamp of entry %d does not hold", s.Seq)
		case !told[factsOfStamp(s)]:
			finding = fmt.Sprintf("the journal does not tell of the timestamp of entry %d", s.Seq)
		default:
			n++
		}
	}
	return anchors, n, len(missingStamps(es, all)), finding, nil
}

// SignerKey returns the key that signs, made at first need.
func (a *App) SignerKey(ctx context.Context) (SignerKey, error) {
	if a.d.Signer == nil {
		return SignerKey{}, ErrNoSigner
	}
	k, err := a.d.Signer.Key()
	if err != nil {
		return k, err
	}
	var had []SignerKey
	if had, err = list[SignerKey](ctx, a, kindSigners); err != nil {
		return k, err
	}
	if i := slices.IndexFunc(had, func(x SignerKey) bool { return x.SSH == k.SSH }); i >= 0 {
		k.Since = had[i].Since
		return k, nil
	}
	// The vault has it first: a key that the journal knows can sign.
	k.Since = a.now()
	return k, a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindSigners, k.ID, k, a.now()); err != nil {
			return err
		}
		return a.journal(tx, greffier, evidence.ActSignerMade, "signer "+k.ID, map[string]string{"key": k.SSH})
	})
}

// signed are the facts of a signature that the journal keeps.
type signed struct {
	Format string `json:"format"`
	SHA256 string `json:"sha256"`
	JSON   string `json:"json_sha256,omitempty"` // of the same as JSON, beside it
	Signer string `json:"signer,omitempty"`
}

// signFile puts a signature for minisign and one for ssh-keygen beside a file.
func (a *App) signFile(ctx context.Context, path string) (out signed, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return out, err
	}
	out = signed{Format: strings.TrimPrefix(filepath.Ext(path), "."), SHA256: sumOf(data)}
	if a.d.Signer == nil {
		return out, nil
	}
	files, id, err := a.signatures(ctx, filepath.Base(path), data)
	if err != nil {
		return out, err
	}
	for _, f := range files {
		if err := replaceFile(filepath.Join(filepath.Dir(path), f.name), f.data); err != nil {
			return out, err
		}
	}
	out.Signer = id
	return out, nil
}

// signatures signs bytes that are, or will be, in a file of that name.
func (a *App) signatures(ctx context.Context, name string, data []byte) ([]namedBytes, string, error) {
	k, err := a.SignerKey(ctx)
	if err != nil {
		return nil, "", err
	}
	mini, ssh, err := a.d.Signer.Sign(name, data, a.now())
	if err != nil {
		return nil, "", err
	}
	return []namedBytes{{name + MinisignSuffix, mini}, {name + SSHSuffix, ssh}}, k.ID, nil
}

// replaceFile writes a file whole or not at all, over an older one.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// journalLine is a line of an exported journal. The bytes are what the hash is
// of, so that anybody computes it again without reading JSON.
type journalLine struct {
	evidence.Entry
	Bytes []byte `json:"bytes"`
}

// ExportJournal writes the whole journal, a JSON object a line, and returns the
// number of entries and the hash of the last one.
func (a *App) ExportJournal(ctx context.Context, w io.Writer) (n int, head string, err error) {
	var es []evidence.Entry
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { es, err = tx.JournalAfter(0); return err }); err != nil {
		return 0, "", err
	}
	head = evidence.Genesis
	if len(es) > 0 {
		head = es[len(es)-1].Hash
	}
	return len(es), head, writeJournal(w, es)
}

func writeJournal(w io.Writer, es []evidence.Entry) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, e := range es {
		if err := enc.Encode(journalLine{e, e.Bytes()}); err != nil {
			return err
		}
	}
	return b.Flush()
}

// CheckJournal verifies an exported journal, and that its bytes are those of its
// entries. heads are hashes that it must know: printed on paper, stamped. It
// returns ErrNotJournal for what is none.
func CheckJournal(r io.Reader) (evidence.Report, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), maxLine)
	line := 0
	return evidence.Chain{}.Verify(func() (evidence.Entry, bool, error) {
		if !s.Scan() {
			if err := s.Err(); err != nil {
				return evidence.Entry{}, false, fmt.Errorf("line %d: %w", line+1, errors.Join(ErrNotJournal, err))
			}
			return evidence.Entry{}, false, nil
		}
		line++
		dec := json.NewDecoder(bytes.NewReader(s.Bytes()))
		dec.DisallowUnknownFields()
		var l journalLine
		if err := dec.Decode(&l); err != nil || dec.More() {
			return evidence.Entry{}, false, fmt.Errorf("line %d: %w", line, ErrNotJournal)
		}
		if !bytes.Equal(l.Bytes, l.Entry.Bytes()) {
			l.Hash = "" // the words and what was hashed differ: the entry does not hold
		}
		return l.Entry, true, nil
	})
}

// FindHead looks a printed head up in the journal: the entry that has it and how
// many followed. 0 says that the journal does not know it: its end was cut off
// or it was written anew. A head may be shortened to 12 digits, as paper has it.
func (a *App) FindHead(ctx context.Context, head string) (seq int64, since int, err error) {
	head = strings.ToLower(strings.TrimRight(strings.TrimSpace(head), "…."))
	if len(head) < 12 { // fewer could be found again by trying
		return 0, 0, nil
	}
	err = a.d.Store.View(ctx, func(tx Tx) error {
		es, err := tx.JournalAfter(0)
		for i, e := range es {
			if strings.HasPrefix(e.Hash, head) {
				seq, since = e.Seq, len(es)-i-1
			}
		}
		return err
	})
	return seq, since, err
}

// dossierSigner is the key that signs a dossier, made before its journal is
// read; "" where nobody signs.
func (a *App) dossierSigner(ctx context.Context) (string, error) {
	if a.d.Signer == nil {
		return "", nil
	}
	k, err := a.SignerKey(ctx)
	return k.ID, err
}

// bindProof adds what a third party checks a dossier with: the journal up to
// its head, in a form that anybody computes again, the timestamps, and the
// public key.
func (a *App) bindProof(ctx context.Context, b *binder, head string) error {
	var es []evidence.Entry
	var all []Stamp
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if es, err = tx.JournalAfter(0); err != nil {
			return err
		}
		all, err = stamps(tx)
		return err
	}); err != nil {
		return err
	}
	// What was written while the dossier is made is of the next one.
	if i := slices.IndexFunc(es, func(e evidence.Entry) bool { return e.Hash == head }); i >= 0 {
		es = es[:i+1]
	}
	var lines bytes.Buffer
	if err := writeJournal(&lines, es); err != nil {
		return err
	}
	files := []namedBytes{{"journal/journal.jsonl", lines.Bytes()}}
	for _, f := range stampFiles(all) {
		files = append(files, namedBytes{"journal/" + f.name, f.data})
	}
	if a.d.Signer != nil {
		k, err := a.SignerKey(ctx)
		if err != nil {
			return err
		}
		files = append(files, namedBytes{"signer.pub", []byte(k.File)}, namedBytes{"allowed_signers", []byte(k.Allowed)})
	}
	for _, f := range files {
		if err := b.add(f.name, "", "", func(path string) error { return writeSynced(path, f.data) }); err != nil {
			return err
		}
	}
	return nil
}

// signManifest signs the manifest of a dossier and returns the number of files
// that it wrote.
func (a *App) signManifest(ctx context.Context, dir string, sums []byte) (int, error) {
	if a.d.Signer == nil {
		return 0, nil
	}
	files, _, err := a.signatures(ctx, SumsName, sums)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		if err := writeSynced(filepath.Join(dir, f.name), f.data); err != nil {
			return 0, err
		}
	}
	return len(files), nil
}

// proofReadme says in a dossier how its signature is checked.
func (a *App) proofReadme(ctx context.Context, lang string) string {
	k, err := a.SignerKey(ctx)
	if err != nil {
		return ""
	}
	return a.d.Texts.Text(lang, "proof.readme", map[string]any{"Key": k.ID})
}
