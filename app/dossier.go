package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
)

// ErrDossierThere says that something stands where a dossier is to be put.
var ErrDossierThere = errors.New("something is already in the place of the dossier")

// The files of a dossier that tell of the others.
const (
	ManifestName = "MANIFEST.json"   // what the dossier is: Manifest
	SumsName     = "MANIFEST.sha256" // a line a file, as sha256sum -c reads it
)

const (
	kindDossiers   = "dossiers"
	pendingDossier = "pending"
	registersDir   = "registers" // in a dossier
	// workPrefix begins the names of folders that are not a dossier yet, or no
	// more.
	workPrefix = ".greffier-dossier-"
)

// Manifest describes a dossier, in MANIFEST.json.
type Manifest struct {
	Program     string         `json:"program"`
	Version     string         `json:"version"`
	Title       string         `json:"title"`
	Language    string         `json:"language"`
	Controller  string         `json:"controller"`
	MadeAt      time.Time      `json:"made_at"` // UTC
	Date        string         `json:"date"`    // civil date in the controller's zone
	TimeZone    string         `json:"time_zone"`
	Names       string         `json:"names"`        // "printed" or "replaced by marks"
	JournalHead string         `json:"journal_head"` // hash of the journal's last entry
	Files       []ManifestFile `json:"files"`        // by path; MANIFEST.sha256 has their hashes
}

// ManifestFile is one file of a dossier.
type ManifestFile struct {
	Path   string `json:"path"` // with slashes
	Part   string `json:"part"` // name of the register or certificate, "" for the whole
	Title  string `json:"title"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// DossierFolder is a dossier that was made.
type DossierFolder struct {
	Path  string // the folder
	PDF   string // the bound file in it
	Files int    // with the manifests
	// SHA256 is the hash of MANIFEST.sha256, which the journal keeps: who
	// changes a file and the manifest with it cannot change that.
	SHA256 string
}

// pending is a dossier under way, kept before anything is written.
type pending struct {
	Path string `json:"path"`
	Work string `json:"work"`
	Old  string `json:"old,omitempty"` // where the one that it replaces waits
	// Sums is the hash of MANIFEST.sha256 once the work is whole.
	Sums  string `json:"sums,omitempty"`
	Names bool   `json:"names,omitempty"`
	// Signer is the key that signs it, "" for none.
	Signer string `json:"signer,omitempty"`
}

// dossierParts builds the documents of the dossier: the cover, then every
// register. certified says that the certificates of all erasures go with it.
func (a *App) dossierParts(ctx context.Context, how Printing, certified bool) (register.Inputs, []register.Document, error) {
	in, err := a.printInputs(ctx, how, len(a.d.Storages) > 0, register.Names...)
	if err != nil {
		return in, nil, err
	}
	for i, r := range in.Runs {
		if certified && r.Record.State != erasure.Running {
			in.Runs[i].Certificate = fmt.Sprintf("C-%d", r.Record.ID)
		}
	}
	ps, err := a.Promises(ctx, in.Lang)
	if err != nil {
		return in, nil, err
	}
	rows := make([]register.PromiseRow, 0, len(ps))
	for _, p := range ps {
		if p.NotMade {
			continue // the shop's policy does not promise it
		}
		rows = append(rows, register.PromiseRow{ID: p.ID, Article: p.Article, Sentence: p.Sentence, State: p.State, By: p.By, Since: p.Since, Turns: turns(p.Spans, a.today().AddMonths(-12)), Evidence: p.Evidence})
	}
	return in, register.Dossier(in, rows), nil
}

// Dossier prints all registers as one bound PDF for an inspection, and returns
// its path.
func (a *App) Dossier(ctx context.Context, how Printing) (string, error) {
	in, docs, err := a.dossierParts(ctx, how, false)
	if err != nil {
		return "", err
	}
	path := how.Path
	if path == "" {
		path = a.printPath(how, "dossier-"+in.Lang, "pdf")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := a.d.Printer.PDF(path, docs); err != nil {
		return "", err
	}
	return path, a.printed(ctx, "dossier", FormatPDF, how.Names)
}

// DossierFolder makes the dossier as a folder: the bound PDF, every register as
// PDF, CSV and JSON, the certificates, and the manifests. It is made beside its
// place and moved there whole; an older one is replaced only when how says so,
// and only when it is as it was made (ErrDossierThere).
func (a *App) DossierFolder(ctx context.Context, how Printing, report Report) (out DossierFolder, err error) {
	a.binding.Lock()
	defer a.binding.Unlock()
	if err := a.SettleDossier(ctx); err != nil {
		return out, err
	}
	if report == nil {
		report = func(int, int, string) {}
	}
	if how.Path == "" {
		how.Path = strings.TrimSuffix(a.printPath(how, "dossier-"+a.lang(how.Lang), "pdf"), ".pdf")
	}
	if how.Path, err = filepath.Abs(how.Path); err != nil {
		return out, err
	}
	if err := mayPlace(how); err != nil {
		return out, err
	}
	signer, err := a.dossierSigner(ctx)
	if err != nil {
		return out, err
	}
	in, docs, err := a.dossierParts(ctx, how, true)
	if err != nil {
		return out, err
	}
	parent := filepath.Dir(how.Path)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return out, err
	}
	p := pending{Path: how.Path, Work: filepath.Join(parent, workPrefix+rand.Text()[:12]), Names: how.Names, Signer: signer}
	if err := a.keepPending(ctx, p); err != nil {
		return out, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.SettleDossier(context.WithoutCancel(ctx)))
		}
	}()
	n, sums, err := a.fillDossier(ctx, p.Work, in, docs, how, report)
	if err != nil {
		return out, err
	}
	p.Sums = sums
	if _, err := os.Lstat(how.Path); err == nil {
		p.Old = filepath.Join(parent, workPrefix+rand.Text()[:12])
	}
	if err := a.keepPending(ctx, p); err != nil {
		return out, err
	}
	if err := mayPlace(how); err != nil { // somebody else may have been quicker
		return out, err
	}
	if p.Old != "" {
		if err := os.Rename(how.Path, p.Old); err != nil {
			return out, err
		}
	}
	if err := os.Rename(p.Work, how.Path); err != nil {
		return out, err
	}
	syncFolder(parent)
	if err := a.SettleDossier(ctx); err != nil {
		return out, err
	}
	return DossierFolder{Path: how.Path, PDF: filepath.Join(how.Path, "dossier.pdf"), Files: n, SHA256: sums}, nil
}

// mayPlace tells whether a dossier may be put into its place.
func mayPlace(how Printing) error {
	info, err := os.Lstat(how.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		es, err := os.ReadDir(how.Path)
		if err != nil {
			return err
		}
		if len(es) == 0 {
			return nil
		}
		if how.Replace {
			// What she put there or changed herself stays hers.
			if r, err := CheckDossier(how.Path); err == nil && len(r.Extra)+len(r.Changed) == 0 {
				return nil
			}
		}
	}
	return fmt.Errorf("make the dossier: %w", ErrDossierThere)
}

func (a *App) keepPending(ctx context.Context, p pending) error {
	return a.d.Store.Update(ctx, func(tx Tx) error { return putRecord(tx, kindDossiers, pendingDossier, p, a.now()) })
}

// SettleDossier ends what a dossier that was cut off left: one that is whole in
// its place is journalled, anything else is removed, and what it was to replace
// is put back.
func (a *App) SettleDossier(ctx context.Context) error {
	ps, err := list[pending](ctx, a, kindDossiers)
	if err != nil || len(ps) == 0 {
		return err
	}
	p := ps[0]
	placed := p.Sums != "" && fileHash(filepath.Join(p.Path, SumsName)) == p.Sums
	if !placed && p.Old != "" {
		if _, err := os.Lstat(p.Path); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(p.Old, p.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	for _, dir := range []string{p.Work, p.Old} {
		// Never anything but what was made here.
		if strings.HasPrefix(filepath.Base(dir), workPrefix) {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	drop := func(tx Tx) error { return tx.DeleteRecord(kindDossiers, pendingDossier) }
	if !placed {
		return a.d.Store.Update(ctx, drop)
	}
	return a.update(ctx, func(tx Tx) error {
		if err := drop(tx); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRegisterPrinted, "register dossier", dossierFacts{Format: "folder", Names: p.Names, Signer: p.Signer, Sums: p.Sums})
	})
}

// dossierFacts is what the journal says of a dossier.
type dossierFacts struct {
	Format string `json:"format"`
	Names  bool   `json:"names"`
	Signer string `json:"signer,omitempty"` // the key that signed the manifest
	Sums   string `json:"manifest_sha256"`
}

// binder fills the folder of a dossier.
type binder struct {
	a     *App
	ctx   context.Context
	dir   string
	taken map[string]bool
	files []ManifestFile
}

// add prints one file and takes it into the manifest.
func (b *binder) add(name, part, title string, write func(path string) error) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	full := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return err
	}
	if err := write(full); err != nil {
		return err
	}
	sum, size, err := hashFile(full)
	if err != nil {
		return err
	}
	b.files = append(b.files, ManifestFile{Path: name, Part: part, Title: title, Bytes: size, SHA256: sum})
	return nil
}

// fileName makes a file's name of the name of a document: nothing in it leads
// out of the folder or means anything to a shell, and no two are the same.
func (b *binder) fileName(dir, name string) string {
	safe := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name), ".-")
	if safe == "" {
		safe = "part"
	}
	if len(safe) > 80 {
		safe = safe[:80]
	}
	out := path.Join(dir, safe)
	for n := 2; b.taken[strings.ToLower(out)]; n++ {
		out = path.Join(dir, fmt.Sprintf("%s-%d", safe, n))
	}
	b.taken[strings.ToLower(out)] = true
	return out
}

// document prints a document in every format that it has.
func (b *binder) document(dir string, doc register.Document) error {
	base := b.fileName(dir, doc.Name)
	formats := []string{FormatPDF}
	if doc.Main >= 0 {
		formats = append(formats, FormatCSV)
	}
	formats = append(formats, FormatJSON)
	for _, f := range formats {
		if err := b.add(base+"."+f, doc.Name, doc.Title, func(path string) error { return b.a.printAs(path, f, doc) }); err != nil {
			return err
		}
	}
	if p, ok := b.a.d.Printer.(SchemaPrinter); ok && dir == registersDir {
		return b.add(base+".schema.json", doc.Name, doc.Title, func(path string) error { return p.Schema(path, doc) })
	}
	return nil
}

// fillDossier writes a dossier into a folder of its own; it returns the number of
// files and the hash of MANIFEST.sha256.
func (a *App) fillDossier(ctx context.Context, dir string, in register.Inputs, docs []register.Document, how Printing, report Report) (int, string, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, "", err
	}
	var ended []register.RunRow
	for _, r := range in.Runs {
		if r.Record.State != erasure.Running {
			ended = append(ended, r)
		}
	}
	b := &binder{a: a, ctx: ctx, dir: dir, taken: map[string]bool{}}
	total, done := len(docs)+len(ended)+2, 0
	step := func(note string) { report(done, total, note); done++ }
	cover, parts := docs[0], docs[1:]
	step("dossier")
	if err := b.add("dossier.pdf", "", cover.Title, func(path string) error { return a.d.Printer.PDF(path, docs) }); err != nil {
		return 0, "", err
	}
	step("dossier")
	if err := b.add("dossier.json", "dossier", cover.Title, func(path string) error { return a.d.Printer.JSON(path, cover) }); err != nil {
		return 0, "", err
	}
	for _, doc := range parts {
		step(doc.Name)
		if err := b.document(registersDir, doc); err != nil {
			return 0, "", err
		}
		if doc.Name == string(register.Processing) {
			if err := a.bindODS(ctx, b, doc, how); err != nil {
				return 0, "", err
			}
		}
	}
	for _, r := range ended {
		step("certificates")
		doc := register.Certificate(r.Record, r.Steps, in, in.Numbers)
		doc.Name = fmt.Sprintf("C-%d", r.Record.ID)
		if err := b.document("certificates", doc); err != nil {
			return 0, "", err
		}
	}
	if err := b.documents(in.Processors); err != nil {
		return 0, "", err
	}
	step("manifest")
	if err := a.bindProof(ctx, b, in.JournalHead); err != nil {
		return 0, "", err
	}
	return b.seal(in, cover, how)
}

// documents adds the contracts and transfer documents of which a copy is kept, as
// they were when they were attached; the register of processors has their hashes.
func (b *binder) documents(ps []register.Processor) error {
	done := map[string]bool{}
	for _, x := range ps {
		for _, sum := range []string{x.ContractSHA256, x.TransferSHA256} {
			if sum == "" || done[sum] {
				continue
			}
			done[sum] = true
			d, ok, err := b.a.keptDocument(b.ctx, sum)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			ext := filepath.Ext(d.Name)
			name := b.fileName("documents", x.ID+"-"+strings.TrimSuffix(d.Name, ext)) + safeExt(ext)
			if err := b.add(name, string(register.Processors), d.Name, func(path string) error { return writeSynced(path, d.Data) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// safeExt is the end of a file's name, where it is one that means nothing to a
// shell.
func safeExt(ext string) string {
	if len(ext) < 2 || len(ext) > 6 || strings.Trim(strings.ToLower(ext[1:]), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return strings.ToLower(ext)
}

// bindODS adds the CNIL's spreadsheet, whose labels are French and whose values
// are therefore French too.
func (a *App) bindODS(ctx context.Context, b *binder, doc register.Document, how Printing) error {
	if doc.Lang != "fr" {
		french := how
		french.Lang = "fr"
		in, err := a.printInputs(ctx, french, false, register.Processing)
		if err != nil {
			return err
		}
		in.Now, in.JournalHead = doc.MadeAt, doc.JournalHead
		if doc, err = register.Build(register.Processing, in); err != nil {
			return err
		}
	}
	return b.add(registersDir+"/processing.ods", doc.Name, doc.Title, func(path string) error { return a.d.Printer.ODS(path, doc) })
}

// seal writes what is to be read first, and the manifests.
func (b *binder) seal(in register.Inputs, cover register.Document, how Printing) (int, string, error) {
	a := b.a
	names := "replaced by marks"
	if how.Names {
		names = "printed"
	}
	date := law.DateOf(cover.MadeAt, a.d.Zone).String()
	readme := a.d.Texts.Text(cover.Lang, "dossier.readme."+map[bool]string{true: "names", false: "marks"}[how.Names],
		map[string]any{"Name": in.Controller.Name, "Date": date, "Version": a.d.Version, "Head": in.JournalHead})
	readme += a.proofReadme(b.ctx, cover.Lang)
	name := "README.txt"
	if cover.Lang == "fr" {
		name = "LISEZ-MOI.txt"
	}
	if err := b.add(name, "", "", func(path string) error { return writeSynced(path, []byte(readme)) }); err != nil {
		return 0, "", err
	}
	slices.SortFunc(b.files, func(x, y ManifestFile) int { return strings.Compare(x.Path, y.Path) })
	m := Manifest{Program: "Greffier", Version: a.d.Version, Title: cover.Title, Language: cover.Lang, Controller: in.Controller.Name, MadeAt: cover.MadeAt.Truncate(time.Second),
		Date: date, TimeZone: cover.Zone, Names: names, JournalHead: in.JournalHead, Files: slices.Clone(b.files)}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return 0, "", err
	}
	if err := b.add(ManifestName, "", "", func(path string) error { return writeSynced(path, buf.Bytes()) }); err != nil {
		return 0, "", err
	}
	var sums strings.Builder
	slices.SortFunc(b.files, func(x, y ManifestFile) int { return strings.Compare(x.Path, y.Path) })
	for _, f := range b.files {
		fmt.Fprintf(&sums, "%s  %s\n", f.SHA256, f.Path)
	}
	if err := writeSynced(filepath.Join(b.dir, SumsName), []byte(sums.String())); err != nil {
		return 0, "", err
	}
	signatures, err := a.signManifest(b.ctx, b.dir, []byte(sums.String()))
	if err != nil {
		return 0, "", err
	}
	folders := map[string]bool{b.dir: true}
	for _, f := range b.files {
		folders[filepath.Join(b.dir, filepath.FromSlash(path.Dir(f.Path)))] = true
	}
	for dir := range folders {
		syncFolder(dir)
	}
	h := sha256.Sum256([]byte(sums.String()))
	return len(b.files) + 1 + signatures, hex.EncodeToString(h[:]), nil
}

// writeSynced writes a new file that survives a power cut.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, err = w.Write(data)
	return errors.Join(err, w.Flush(), f.Sync(), f.Close())
}

// syncFolder makes a rename survive a power cut, where the file system can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
