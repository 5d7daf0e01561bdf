package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"greffier/app/evidence"
	"greffier/app/register"
)

// Papers is what the signatures beside the certificates, the copies for an
// authority and the dossiers in the folder for printed files say.
type Papers struct {
	Signed   int          `json:"signed"` // that hold
	Findings []PaperFound `json:"findings"`
}

// PaperFound is a paper whose signatures do not hold, or that has none.
type PaperFound struct {
	File  string `json:"file"`  // its name
	State string `json:"state"` // one of the Signature… findings, or SignatureDamaged
}

// SignatureDamaged says that the files of a dossier are not those of its
// manifest, whose signature holds.
const SignatureDamaged = "changed"

// Bad tells whether something contradicts what was signed. A paper that was made
// without a signature proves nothing, and contradicts nothing.
func (p Papers) Bad() bool {
	return slices.ContainsFunc(p.Findings, func(f PaperFound) bool { return f.State != SignatureNone })
}

// maxPaper bounds a paper that is read whole, in bytes.
const maxPaper = 64 << 20

// ofPaper are the names of what is signed when it is made; one that a restore
// brought beside another has a number before it.
var ofPaper = regexp.MustCompile(`^(?:before-\d+-)?(?:certificate-.*\.(?:pdf|json)|` + breachPaper + `-.*\.txt)$`)

// breachPaper begins the name of the copy of a breach for the authority.
const breachPaper = "breach"

// verifyPapers compares each paper with the signatures beside it and with the
// journal. Links are not followed.
func (a *App) verifyPapers(ctx context.Context, es []evidence.Entry) (p Papers, err error) {
	p.Findings = []PaperFound{}
	if a.d.Signer == nil {
		return p, nil
	}
	keys := a.knownSigners(es)
	dir, err := os.ReadDir(a.d.OutDir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil // nothing was printed yet
	}
	if err != nil {
		return p, fmt.Errorf("look at what was printed: %w", err)
	}
	told := signedIn(es)
	for _, e := range dir {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		state, known := "", false
		path := filepath.Join(a.d.OutDir, e.Name())
		switch {
		case e.IsDir():
			state, known, err = a.dossierPaper(path, keys, told)
		case e.Type().IsRegular() && (ofPaper.MatchString(e.Name()) || signedBeside(path)):
			known = true
			state, err = a.paperState(path, keys, told)
		}
		switch {
		case err != nil:
			return p, fmt.Errorf("look at what was printed: %w", err)
		case !known:
		case state == SignatureGood:
			p.Signed++
		default:
			p.Findings = append(p.Findings, PaperFound{e.Name(), state})
		}
	}
	return p, nil
}

// signedBeside tells whether a file that is no signature has one.
func signedBeside(path string) bool {
	if strings.HasSuffix(path, MinisignSuffix) || strings.HasSuffix(path, SSHSuffix) {
		return false
	}
	for _, end := range []string{MinisignSuffix, SSHSuffix} {
		if _, err := os.Lstat(path + end); err == nil {
			return true
		}
	}
	return false
}

// signedIn are the hashes that the journal says were signed.
func signedIn(es []evidence.Entry) map[string]bool {
	out := map[string]bool{}
	for _, e := range es {
		var f signed
		var d dossierFacts
		if e.Act != evidence.ActRegisterPrinted {
			continue
		}
		if json.Unmarshal([]byte(e.Detail), &f) == nil && f.Signer != "" {
			out[f.SHA256], out[f.JSON] = true, true
		}
		if json.Unmarshal([]byte(e.Detail), &d) == nil && d.Signer != "" {
			out[d.Sums] = true
		}
	}
	delete(out, "")
	return out
}

// knownSigners are the keys that the journal says this profile signs and signed
// with: it goes on over a restore.
func (a *App) knownSigners(es []evidence.Entry) (keys []SignerKey) {
	for _, e := range es {
		var made struct {
			Key string `json:"key"`
		}
		if e.Act != evidence.ActSignerMade || json.Unmarshal([]byte(e.Detail), &made) != nil {
			continue
		}
		if k, err := a.d.Signer.KeyOf(made.Key); err == nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// paperState is what the two signatures beside a file say.
func (a *App) paperState(path string, keys []SignerKey, told map[string]bool) (string, error) {
	data, err := readUpTo(path, maxPaper)
	if err != nil {
		return "", err
	}
	mini, noMini := readUpTo(path+MinisignSuffix, maxCA)
	ssh, noSSH := readUpTo(path+SSHSuffix, maxCA)
	for _, err := range []error{noMini, noSSH} {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return SignatureBad, nil // something else is in its place
		}
	}
	switch {
	case noMini != nil && noSSH != nil && !told[sumOf(data)]:
		return SignatureNone, nil
	case noMini != nil || noSSH != nil:
		return SignatureTaken, nil
	}
	by, err := a.d.Signer.Verify(data, ssh)
	if err != nil {
		return SignatureBad, nil
	}
	i := slices.IndexFunc(keys, func(k SignerKey) bool { return k.ID == by })
	if i < 0 {
		return SignatureStranger, nil
	}
	if a.d.Signer.VerifyMinisign(data, mini, keys[i].Minisign) == nil {
		return SignatureGood, nil
	}
	return SignatureBad, nil
}

// dossierPaper is what the signatures of a dossier say; known is false for a
// folder that is none.
func (a *App) dossierPaper(dir string, keys []SignerKey, told map[string]bool) (state string, known bool, err error) {
	if _, err := os.Lstat(filepath.Join(dir, SumsName)); err != nil {
		return "", false, nil
	}
	r, err := CheckDossier(dir)
	if errors.Is(err, ErrNotDossier) {
		return SignatureBad, true, nil
	}
	if err != nil {
		return "", true, err
	}
	if state, err = a.paperState(filepath.Join(dir, SumsName), keys, told); err != nil || state != SignatureGood {
		return state, true, err
	}
	if len(r.Missing)+len(r.Changed)+len(r.Extra) > 0 {
		state = SignatureDamaged
	}
	return state, true, nil
}

// readUpTo reads a regular file of so many bytes at most.
func readUpTo(path string, most int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), ErrNotPaper)
	}
	return os.ReadFile(path)
}

// ErrNotPaper says that something lies in the place of a printed file.
var ErrNotPaper = errors.New("this is not a printed file")

// KeepBreachCopy writes what is copied into the CNIL's form for a breach, as it
// stands in the register, to a signed file, and returns its path: what was told,
// and when, can be shown later (GDPR Art. 33(5)). An empty path is a dated file
// in the folder for printed files. ErrNoBreach.
func (a *App) KeepBreachCopy(ctx context.Context, id, path string) (string, error) {
	bs, err := a.Breaches(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(bs, func(b register.Breach) bool { return b.ID == id })
	if i < 0 {
		return "", ErrNoBreach
	}
	text, missing, err := a.BreachCopy(ctx, bs[i])
	if err != nil {
		return "", err
	}
	if path == "" {
		path = a.outPath(breachPaper+"-"+strings.NewReplacer("/", "_", `\`, "_").Replace(id), "txt")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := replaceFile(path, []byte(text)); err != nil {
		return "", err
	}
	facts, err := a.signFile(ctx, path)
	if err != nil {
		return "", err
	}
	return path, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActRegisterPrinted, "breach "+id, struct {
			signed
			Missing int `json:"missing"`
		}{facts, missing})
	})
}
