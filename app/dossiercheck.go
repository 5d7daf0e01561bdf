package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/evidence"
)

// ErrNotDossier says that a folder holds no manifest that can be read.
var ErrNotDossier = errors.New("the folder is not a dossier")

// maxManifest bounds the manifests that are read.
const maxManifest = 32 << 20

// DossierReport is what a look at a dossier found. Paths are as in the manifest,
// with slashes.
type DossierReport struct {
	Files   int       `json:"files"` // that the manifest lists
	Missing []string  `json:"missing"`
	Changed []string  `json:"changed"`
	Extra   []string  `json:"extra"`
	Head    string    `json:"journal_head"`
	MadeAt  time.Time `json:"made_at"`
	Version string    `json:"version"`
	// Journal is what the journal says: "known" where it has the head and records
	// this very manifest, "unknown head", "not recorded", or "not compared".
	Journal string `json:"journal"`
	// Entry is the journal's entry that the dossier was made after, and Since how
	// many followed.
	Entry int64 `json:"entry"`
	Since int   `json:"entries_since"`
	// Signature is what the signature of the manifest says, and SignedBy the key
	// that made it: whose it is must be known from elsewhere than the dossier.
	Signature string `json:"signature"`
	SignedBy  string `json:"signed_by"`

	sums string
}

// The findings of the journal on a dossier.
const (
	JournalKnown       = "known"
	JournalUnknownHead = "unknown head"
	JournalNotRecorded = "not recorded"
	JournalNotCompared = "not compared"
)

// The findings of the signature on a dossier.
const (
	SignatureGood     = "good"        // by the key of this profile, or by one that is not known here
	SignatureBad      = "bad"         // it does not fit the manifest
	SignatureStranger = "another key" // it fits, and is not by the key of this profile
	SignatureNone     = "none"        // the dossier was made without one
	SignatureTaken    = "taken away"  // the journal says that there was one
	SignatureUnread   = "not compared"
)

// Whole tells whether the files are those of the manifest, and the journal says
// nothing against it.
func (r DossierReport) Whole() bool {
	return len(r.Missing)+len(r.Changed)+len(r.Extra) == 0 && (r.Journal == JournalKnown || r.Journal == JournalNotCompared) &&
		r.Signature != SignatureBad && r.Signature != SignatureStranger && r.Signature != SignatureTaken
}

// ParseSums reads a MANIFEST.sha256: path to hash. It returns ErrNotDossier for
// anything that this program does not write, such as a path out of the folder.
func ParseSums(data []byte) (map[string]string, error) {
	bad := func(n int) error {
		return fmt.Errorf("%s, line %d: %w", SumsName, n, ErrNotDossier)
	}
	text, ended := strings.CutSuffix(string(data), "\n")
	if !ended {
		return nil, bad(1 + strings.Count(text, "\n"))
	}
	out := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		sum, path, ok := strings.Cut(line, "  ")
		raw, err := hex.DecodeString(sum)
		if !ok || err != nil || len(raw) != sha256.Size || strings.ToLower(sum) != sum {
			return nil, bad(i + 1)
		}
		if !fs.ValidPath(path) || path == "." || path == SumsName || !filepath.IsLocal(filepath.FromSlash(path)) || strings.ContainsAny(path, "\\\r") || out[path] != "" {
			return nil, bad(i + 1)
		}
		out[path] = sum
	}
	return out, nil
}

// CheckDossier compares the files of a dossier with its manifest. Links are not
// followed. It returns ErrNotDossier where there is no manifest that can be read.
func CheckDossier(dir string) (DossierReport, error) {
	r := DossierReport{Missing: []string{}, Changed: []string{}, Extra: []string{}, Journal: JournalNotCompared, Signature: SignatureUnread}
	data, err := readBounded(filepath.Join(dir, SumsName))
	if err != nil {
		return r, err
	}
	sums, err := ParseSums(data)
	if err != nil {
		return r, err
	}
	h := sha256.Sum256(data)
	r.sums, r.Files = hex.EncodeToString(h[:]), len(sums)
	seen := map[string]bool{}
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() || rel == SumsName || d.Type().IsRegular() && (rel == SumsName+SSHSuffix || rel == SumsName+MinisignSuffix) {
			return nil
		}
		want, ok := sums[rel]
		if !ok {
			r.Extra = append(r.Extra, rel)
			return nil
		}
		seen[rel] = true
		if !d.Type().IsRegular() {
			r.Changed = append(r.Changed, rel)
			return nil
		}
		got, _, err := hashFile(p)
		if err != nil {
			return err
		}
		if got != want {
			r.Changed = append(r.Changed, rel)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	for p := range sums {
		if !seen[p] {
			r.Missing = append(r.Missing, p)
		}
	}
	slices.Sort(r.Missing)
	slices.Sort(r.Changed)
	slices.Sort(r.Extra)
	// The manifest itself may be among what was changed or is missing.
	if b, err := readBounded(filepath.Join(dir, ManifestName)); err == nil {
		var m Manifest
		if json.Unmarshal(b, &m) == nil {
			r.Head, r.MadeAt, r.Version = m.JournalHead, m.MadeAt, m.Version
		}
	}
	return r, nil
}

// VerifyDossier checks a dossier and compares its journal head, and the hash of
// its manifest, with the journal.
func (a *App) VerifyDossier(ctx context.Context, dir string) (DossierReport, error) {
	r, err := CheckDossier(dir)
	if err != nil {
		return r, err
	}
	if a.d.Signer != nil {
		k, err := a.d.Signer.Key()
		if err != nil {
			return r, err
		}
		r.CheckSignature(dir, a.d.Signer.Verify, k.ID)
	}
	r.Journal = JournalUnknownHead
	err = a.d.Store.View(ctx, func(tx Tx) error {
		es, err := tx.JournalAfter(0)
		if err != nil {
			return err
		}
		recorded := false
		for i, e := range es {
			if e.Hash == r.Head && r.Head != "" {
				r.Entry, r.Since = e.Seq, len(es)-i-1
			}
			var f dossierFacts
			if e.Act == evidence.ActRegisterPrinted && json.Unmarshal([]byte(e.Detail), &f) == nil && f.Sums == r.sums {
				recorded = true
				if f.Signer != "" && r.Signature == SignatureNone {
					r.Signature = SignatureTaken
				}
			}
		}
		switch {
		case r.Entry == 0:
		case recorded:
			r.Journal = JournalKnown
		default:
			r.Journal = JournalNotRecorded
		}
		return nil
	})
	return r, err
}

// CheckSignature checks the signature of the manifest. verify tells whose key
// made one; key is the one that it should be of, "" where that is not known.
func (r *DossierReport) CheckSignature(dir string, verify func(data, signature []byte) (string, error), key string) {
	sig, err := readBounded(filepath.Join(dir, SumsName+SSHSuffix))
	if err != nil {
		r.Signature = SignatureNone
		if _, err := os.Lstat(filepath.Join(dir, SumsName+SSHSuffix)); err == nil {
			r.Signature = SignatureBad // something else is in its place
		}
		return
	}
	sums, err := readBounded(filepath.Join(dir, SumsName))
	if err == nil {
		r.SignedBy, err = verify(sums, sig)
	}
	switch {
	case err != nil || sumOf(sums) != r.sums:
		r.Signature, r.SignedBy = SignatureBad, ""
	case key != "" && r.SignedBy != key:
		r.Signature = SignatureStranger
	default:
		r.Signature = SignatureGood
	}
}

func readBounded(path string) ([]byte, error) {
	// A link could lead anywhere.
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), ErrNotDossier)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(b) > maxManifest {
		err = fmt.Errorf("%s: %w", filepath.Base(path), ErrNotDossier)
	}
	return b, err
}

// hashFile returns the SHA-256 and the size of a file.
func hashFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// fileHash is the SHA-256 of a file, "" where it cannot be read.
func fileHash(path string) string {
	sum, _, err := hashFile(path)
	if err != nil {
		return ""
	}
	return sum
}
