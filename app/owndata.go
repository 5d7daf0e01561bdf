package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/plan"
	"greffier/app/request"
)

const (
	kindOwnRules   = "own rules"
	kindOwnDoomed  = "own doomed" // files that are being removed
	settingBackups = "own.backups"
)

// The rules of Greffier's own data, by id.
const (
	OwnCases    = "cases"    // files of closed cases: proof of the answer
	OwnMail     = "mail"     // the mails of closed cases as they came, with attachments
	OwnIdentity = "identity" // mails that bring the copy of an identity document
	OwnCopies   = "copies"   // copies made for a person
	OwnCaches   = "caches"   // what an act that was cut off left in the profile
	OwnPrinted  = "printed"  // printed files and exports
	OwnBackups  = "backups"  // backups of the profile
	OwnFormer   = "former"   // profiles that a restore put aside
)

var (
	// ErrOwnRule says that there is no such rule of Greffier's own data, or that
	// it cannot be set so.
	ErrOwnRule = errors.New("there is no such rule of Greffier's own data")
	// ErrOwnChanged says that what would go is not what the owner saw any more.
	ErrOwnChanged = errors.New("what would go has changed since it was shown")
)

// OwnRule is a rule on Greffier's own data: how long, and what a sweep does when
// the time is over. The period of OwnCopies is CopyDays.
type OwnRule struct {
	ID     string `json:"id"`
	Period string `json:"period"` // law.ParsePeriod
	Mode   string `json:"mode"`   // SweepAsks, SweepAutomatic, SweepOff
}

// ownStandard are the rules where the owner has said nothing. A case file proves
// the answer for as long as it may be disputed (C. civ. art. 2224: 5 years).
// What she has not looked at through Greffier, files she printed and backups she
// made, goes only with her yes.
var ownStandard = []OwnRule{
	{OwnCases, "5 years", SweepAsks},
	{OwnMail, "5 years", SweepAsks},
	{OwnIdentity, "30 days", SweepAutomatic},
	{OwnCopies, "", SweepAutomatic},
	{OwnCaches, "1 days", SweepAutomatic},
	{OwnPrinted, "90 days", SweepAsks},
	{OwnBackups, "90 days", SweepAsks},
	{OwnFormer, "30 days", SweepAsks},
}

// neverAlone are the rules whose data never go by themselves.
var neverAlone = []string{OwnPrinted, OwnFormer}

// OwnItem is one thing under a rule. Name is for show and may be personal.
type OwnItem struct {
	ID   string   `json:"id"` // "case 3", "message 7", or the path of a file
	Name string   `json:"name"`
	Due  law.Date `json:"due"` // the last day on which it is kept
	Held string   `json:"held,omitempty"`
}

// OwnRow is a rule as it stands.
type OwnRow struct {
	OwnRule
	Fixed bool      // it never goes by itself
	Kept  int       // how many things there are
	Due   []OwnItem // whose time is over, and that wait for nothing
	Held  []OwnItem // whose time is over, and that must stay for now
	Next  law.Date  // the next last day, zero where there is none
	Hash  string    // of Due
}

// OwnResult is what a sweep did under a rule.
type OwnResult struct {
	Rule   string `json:"rule"`
	Purged int    `json:"purged"`
	Asks   int    `json:"asks"` // that wait for her yes
	Held   int    `json:"held"`
	Failed int    `json:"failed"`
}

func ownRules(tx Tx) ([]OwnRule, error) {
	said, err := records[OwnRule](tx, kindOwnRules)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(ownStandard)
	for i := range out {
		if j := slices.IndexFunc(said, func(r OwnRule) bool { return r.ID == out[i].ID }); j >= 0 {
			out[i] = said[j]
		}
		if out[i].ID == OwnCopies {
			out[i].Period = fmt.Sprintf("%d days", copyLife(tx))
		}
	}
	return out, nil
}

// SaveOwnRule changes a rule of Greffier's own data. The life of copies is
// changed with SetCopyDays, and they go by themselves.
func (a *App) SaveOwnRule(ctx context.Context, r OwnRule) error {
	p, err := law.ParsePeriod(r.Period)
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(ownStandard, func(x OwnRule) bool { return x.ID == r.ID })
	modes := []string{SweepAsks, SweepAutomatic, SweepOff}
	if !known || r.ID == OwnCopies || p.IsZero() || !slices.Contains(modes, r.Mode) || r.Mode == SweepAutomatic && slices.Contains(neverAlone, r.ID) {
		return ErrOwnRule
	}
	return a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, kindOwnRules, r.ID, r, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActRuleChanged, "own "+r.ID, map[string]string{"period": p.String(), "mode": r.Mode})
	})
}

// OwnRows tells how Greffier's own data stand under their rules.
func (a *App) OwnRows(ctx context.Context) (out []OwnRow, err error) {
	err = a.d.Store.View(ctx, func(tx Tx) (err error) { out, err = a.ownRows(tx); return err })
	return out, err
}

func (a *App) ownRows(tx Tx) ([]OwnRow, error) {
	rules, err := ownRules(tx)
	if err != nil {
		return nil, err
	}
	look, err := a.lookAtOwn(tx)
	if err != nil {
		return nil, err
	}
	out := make([]OwnRow, 0, len(rules))
	for _, r := range rules {
		row := OwnRow{OwnRule: r, Fixed: slices.Contains(neverAlone, r.ID)}
		period, err := law.ParsePeriod(r.Period)
		if err != nil {
			return nil, err
		}
		items := look[r.ID]
		for _, x := range items {
			x.Due = period.End(x.Due) // from when it counts
			if r.ID == OwnCopies {
				x.Due = x.Due.AddDays(-copyLife(tx)) // has its own day
			}
			row.Kept++
			switch {
			case x.Due.Before(a.today()) && x.Held != "":
				row.Held = append(row.Held, x)
			case x.Due.Before(a.today()):
				row.Due = append(row.Due, x)
			case row.Next.IsZero() || x.Due.Before(row.Next):
				row.Next = x.Due
			}
		}
		slices.SortFunc(row.Due, func(x, y OwnItem) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID)) })
		row.Hash = hashOwn(r.ID, row.Due)
		out = append(out, row)
	}
	return out, nil
}

func hashOwn(rule string, items []OwnItem) string {
	if len(items) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "own %s\n", rule)
	for _, x := range items {
		fmt.Fprintf(h, "%d:%s\n", len(x.ID), x.ID)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// lookAtOwn returns what there is under each rule; Due of an item is the day from
// which its period counts.
func (a *App) lookAtOwn(tx Tx) (map[string][]OwnItem, error) {
	out := map[string][]OwnItem{}
	cs, err := tx.Cases()
	if err != nil {
		return nil, err
	}
	hs, err := a.standing(tx)
	if err != nil {
		return nil, err
	}
	for _, c := range cs {
		if err := a.ownOfCase(tx, c, hs, out); err != nil {
			return nil, err
		}
	}
	copies, err := copiesOf(tx, 0)
	if err != nil {
		return nil, err
	}
	for _, c := range copies {
		if c.State == copyMade {
			// Its own day is the one on which it goes: it is kept until the day before.
			out[OwnCopies] = append(out[OwnCopies], OwnItem{ID: copyRecord(c.ID), Name: c.ID, Due: c.Until.AddDays(-1)})
		}
	}
	a.ownFiles(tx, out)
	return out, nil
}

// holdsCase tells why the file of a case must stay: an order that it may be about
// is held, as for a dispute in which the file is the proof (GDPR Art. 17(3)(e)).
func (a *App) holdsCase(c cases.Case, hs []plan.Hold) string {
	for _, h := range hs {
		if h.Order != 0 && h.ActiveOn(a.today()) && slices.Contains(c.MayConcern(), h.Order) {
			return h.Reason
		}
	}
	return ""
}

func (a *App) ownOfCase(tx Tx, c cases.Case, hs []plan.Hold, out map[string][]OwnItem) error {
	if c.Reduced() {
		return nil
	}
	name := caseRecord(c.ID)
	ended := c.EndedAt()
	held := a.holdsCase(c, hs)
	if !ended.IsZero() && !c.CameBack() {
		out[OwnCases] = append(out[OwnCases], OwnItem{ID: name, Name: c.Requester.Name, Due: law.DateOf(ended, a.d.Zone), Held: held})
	}
	js, err := tx.CaseMessages(int64(c.ID))
	if err != nil {
		return err
	}
	ids, err := a.identityCopies(tx, js)
	if err != nil {
		return err
	}
	// The copy of an identity document has served once identity is settled.
	served := ended
	if c.Identity.Level == cases.Confirmed && !c.Identity.At.IsZero() {
		served = c.Identity.At
	}
	for _, j := range js {
		item := OwnItem{ID: fmt.Sprintf("message %d", j.Message.ID), Name: fmt.Sprintf("%s · %s", name, j.Message.ReceivedAt.In(a.d.Zone).Format(time.DateOnly)), Held: held}
		if len(ids[j.Message.ID]) > 0 && !served.IsZero() {
			item.Due = law.DateOf(later(served, j.Message.ReceivedAt), a.d.Zone)
			out[OwnIdentity] = append(out[OwnIdentity], item)
			continue
		}
		if ended.IsZero() {
			continue
		}
		raw, err := tx.Raw(j.Message.ID)
		if err != nil {
			return err
		}
		if len(raw) > 0 {
			item.Due = law.DateOf(ended, a.d.Zone)
			out[OwnMail] = append(out[OwnMail], item)
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// BackupFolder is where backups of the profile are kept: the out folder where the
// owner has not said otherwise.
func (a *App) BackupFolder() string {
	dir := a.d.OutDir
	_ = a.d.Store.View(context.Background(), func(tx Tx) error { dir = a.backupFolder(tx); return nil })
	return dir
}

func (a *App) backupFolder(tx Tx) string {
	all, err := records[string](tx, settingBackups)
	if err == nil && len(all) > 0 && filepath.IsAbs(all[0]) {
		return all[0]
	}
	return a.d.OutDir
}

// SetBackupFolder says where backups are kept; "" is the out folder.
func (a *App) SetBackupFolder(ctx context.Context, dir string) error {
	if dir != "" && !filepath.IsAbs(dir) {
		return ErrOwnRule
	}
	return a.update(ctx, func(tx Tx) error {
		if err := putRecord(tx, settingBackups, settingBackups, dir, a.now()); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "folder of backups", nil)
	})
}

// ageMagic begins every file in the age format (age-encryption.org/v1).
const ageMagic = "age-encryption.org/v1\n"

// isBackup tells whether a file is a backup: by its name and by how it begins.
func isBackup(path string) bool {
	if !strings.HasSuffix(path, ".backup") {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(ageMagic))
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, []byte(ageMagic))
}

// ownFiles looks at the files. A folder that cannot be read has none to purge.
func (a *App) ownFiles(tx Tx, out map[string][]OwnItem) {
	add := func(rule, path string, at time.Time) {
		out[rule] = append(out[rule], OwnItem{ID: path, Name: filepath.Base(path), Due: law.DateOf(at, a.d.Zone)})
	}
	for _, f := range filesIn(a.backupFolder(tx)) {
		if isBackup(f.path) {
			add(OwnBackups, f.path, f.at)
		}
	}
	// The newest backup stays, whatever its age: without one everything could be
	// lost.
	if bs := out[OwnBackups]; len(bs) > 0 {
		newest := slices.MaxFunc(bs, func(x, y OwnItem) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.Name, y.Name)) })
		for i := range bs {
			if bs[i].ID == newest.ID {
				bs[i].Held = NewestBackup
			}
		}
	}
	for _, f := range filesIn(a.d.OutDir) {
		// A certificate names orders by number and is evidence.
		if !isBackup(f.path) && !strings.HasPrefix(filepath.Base(f.path), "certificate-") && !strings.HasPrefix(filepath.Base(f.path), ".") {
			add(OwnPrinted, f.path, f.at)
		}
	}
	for _, f := range filesIn(a.d.Dir) {
		if strings.HasPrefix(filepath.Base(f.path), ".new-") || strings.HasPrefix(filepath.Base(f.path), ".backup-") {
			add(OwnCaches, f.path, f.at)
		}
	}
	es, err := os.ReadDir(filepath.Dir(a.d.Dir))
	if err != nil || a.d.Dir == "" {
		return
	}
	for _, e := range es {
		if i, ierr := e.Info(); ierr == nil && e.IsDir() && strings.HasPrefix(e.Name(), filepath.Base(a.d.Dir)+".before-") {
			add(OwnFormer, filepath.Join(filepath.Dir(a.d.Dir), e.Name()), i.ModTime())
		}
	}
}

// NewestBackup is why a backup stays whose life is over.
const NewestBackup = "it is the newest backup"

type foundFile struct {
	path string
	at   time.Time
}

// filesIn lists the regular files of a folder, none where it cannot be read.
// Links are not followed: what they lead to is not Greffier's.
func filesIn(dir string) []foundFile {
	if dir == "" {
		return nil
	}
	es, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []foundFile
	for _, e := range es {
		if i, err := e.Info(); err == nil && e.Type().IsRegular() {
			out = append(out, foundFile{filepath.Join(dir, e.Name()), i.ModTime()})
		}
	}
	return out
}

// PurgeOwn purges what is over under one rule, with the owner's yes to exactly
// what she saw (the row's hash); ErrOwnChanged where it is something else by now.
func (a *App) PurgeOwn(ctx context.Context, rule, hash string) (OwnResult, error) {
	defer a.changed()
	if hash == "" {
		return OwnResult{Rule: rule}, ErrOwnChanged
	}
	rs, err := a.purgeOwnRule(ctx, owner, rule, hash)
	return rs, err
}

// purgeOwn does what a sweep does for Greffier's own data.
func (a *App) purgeOwn(ctx context.Context, actor, only string) ([]OwnResult, error) {
	rows, err := a.OwnRows(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.settleDoomed(ctx); err != nil {
		return nil, err
	}
	var out []OwnResult
	for _, r := range rows {
		res := OwnResult{Rule: r.ID, Held: len(r.Held)}
		switch {
		case only != "" && r.ID != only, r.Mode == SweepOff:
			continue
		case len(r.Due) == 0:
		case r.Mode == SweepAutomatic && !r.Fixed:
			one, err := a.purgeOwnRule(ctx, actor, r.ID, r.Hash)
			if err != nil && ctx.Err() != nil {
				return out, err
			}
			res.Purged, res.Failed = one.Purged, one.Failed
		default:
			res.Asks = len(r.Due)
		}
		if res.Purged+res.Asks+res.Held+res.Failed > 0 {
			out = append(out, res)
		}
	}
	return out, nil
}

func (a *App) purgeOwnRule(ctx context.Context, actor, rule, hash string) (OwnResult, error) {
	res := OwnResult{Rule: rule}
	rows, err := a.OwnRows(ctx)
	if err != nil {
		return res, err
	}
	i := slices.IndexFunc(rows, func(r OwnRow) bool { return r.ID == rule })
	if i < 0 {
		return res, ErrOwnRule
	}
	if rows[i].Hash != hash {
		return res, ErrOwnChanged
	}
	if rule == OwnCopies {
		res.Purged = len(rows[i].Due)
		return res, a.copiesDue(ctx)
	}
	var failed error
	for _, x := range rows[i].Due {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		if err := a.purgeItem(ctx, actor, rule, x); err != nil {
			res.Failed++
			failed = errors.Join(failed, err)
			continue
		}
		res.Purged++
	}
	if res.Purged > 0 {
		// Nothing forgotten may linger in the store's log; a busy store does it
		// when it is closed.
		_ = a.d.Store.Scrub(ctx)
	}
	return res, failed
}

func (a *App) purgeItem(ctx context.Context, actor, rule string, x OwnItem) error {
	var id int64
	switch rule {
	case OwnCases:
		if _, err := fmt.Sscanf(x.ID, "case %d", &id); err != nil {
			return err
		}
		return a.d.Store.Update(ctx, func(tx Tx) error { return a.reduceCase(tx, actor, cases.ID(id)) })
	case OwnMail, OwnIdentity:
		if _, err := fmt.Sscanf(x.ID, "message %d", &id); err != nil {
			return err
		}
		return a.d.Store.Update(ctx, func(tx Tx) error { return a.dropMail(tx, actor, rule, id) })
	}
	return a.removeFile(ctx, actor, rule, x.ID)
}

// reduceCase leaves the row of a case in the register, and empties its mails.
func (a *App) reduceCase(tx Tx, actor string, id cases.ID) error {
	c, err := tx.Case(id)
	if err != nil {
		return err
	}
	js, err := tx.CaseMessages(int64(id))
	if err != nil {
		return err
	}
	for _, j := range js {
		if err := tx.DropRaw(j.Message.ID); err != nil {
			return err
		}
		j.Message = mailbox.Message{ID: j.Message.ID, ReceivedAt: j.Message.ReceivedAt, Sent: j.Message.Sent, Junk: j.Message.Junk}
		// Of the verdict the kind stays; its words were the person's.
		j.Verdict = request.Verdict{Kind: j.Verdict.Kind, Language: j.Verdict.Language}
		j.Was, j.Lesson = nil, nil
		if err := tx.UpdateMessage(j); err != nil {
			return err
		}
	}
	if err := tx.ReduceCase(cases.Reduce(c, a.now())); err != nil {
		return err
	}
	ms, err := amendments(tx)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if m.Case != int64(id) {
			continue
		}
		for _, o := range c.Selected() {
			m, _ = m.Forget(o)
		}
		if err := putAmendment(tx, m, a.now()); err != nil {
			return err
		}
	}
	return a.journal(tx, actor, evidence.ActOwnDataPurged, caseRecord(id), map[string]string{"rule": OwnCases})
}

func (a *App) dropMail(tx Tx, actor, rule string, id int64) error {
	j, err := tx.Message(id)
	if err != nil {
		return err
	}
	if err := tx.DropRaw(id); err != nil {
		return err
	}
	if rule == OwnIdentity && j.Case != 0 {
		c, err := tx.Case(cases.ID(j.Case))
		if err != nil {
			return err
		}
		if err := tx.PutCase(cases.Note(c, a.now(), actor, cases.EventIDDropped, "")); err != nil {
			return err
		}
	}
	return a.journal(tx, actor, evidence.ActOwnDataPurged, fmt.Sprintf("message %d", id), map[string]string{"rule": rule})
}

// doomed is a file that is being removed: written first, so that a removal that
// was cut off is still journaled.
type doomed struct {
	Rule  string `json:"rule"`
	Path  string `json:"path"`
	Actor string `json:"actor"`
}

func (a *App) removeFile(ctx context.Context, actor, rule, path string) error {
	sum := sha256.Sum256([]byte(path))
	id := hex.EncodeToString(sum[:8])
	d := doomed{rule, path, actor}
	if err := a.d.Store.Update(ctx, func(tx Tx) error { return putRecord(tx, kindOwnDoomed, id, d, a.now()) }); err != nil {
		return err
	}
	var err error
	if rule == OwnFormer {
		err = os.RemoveAll(path)
	} else {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// It stays on the list and is told; its name goes nowhere.
		return errors.Join(errRemove, a.d.Store.Update(ctx, func(tx Tx) error { return tx.DeleteRecord(kindOwnDoomed, id) }))
	}
	return a.wasRemoved(ctx, id, d)
}

var errRemove = errors.New("a file cannot be removed")

func (a *App) wasRemoved(ctx context.Context, id string, d doomed) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		if err := tx.DeleteRecord(kindOwnDoomed, id); err != nil {
			return err
		}
		return a.journal(tx, d.Actor, evidence.ActOwnDataPurged, "file", map[string]string{"rule": d.Rule})
	})
}

// settleDoomed journals removals that were cut off after the file had gone.
func (a *App) settleDoomed(ctx context.Context) error {
	left := map[string]doomed{}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		rs, err := tx.Records(kindOwnDoomed)
		for _, r := range rs {
			var d doomed
			if unjson(string(r.JSON), &d) == nil {
				left[r.ID] = d
			}
		}
		return err
	}); err != nil {
		return err
	}
	for id, d := range left {
		if _, err := os.Lstat(d.Path); !errors.Is(err, fs.ErrNotExist) {
			// Still there: it is due again by itself.
			if err := a.d.Store.Update(ctx, func(tx Tx) error { return tx.DeleteRecord(kindOwnDoomed, id) }); err != nil {
				return err
			}
			continue
		}
		if err := a.wasRemoved(ctx, id, d); err != nil {
			return err
		}
	}
	return nil
}

// needOfOwnData tells of Greffier's own data that wait for her yes. Files are
// counted when a sweep looked last, so that the first page reads no folder.
func (a *App) needOfOwnData(t *Today, tx Tx) error {
	last, err := sweepRecords(tx)
	if err != nil || len(last) == 0 {
		return err
	}
	n := 0
	for _, o := range last[0].Own {
		n += o.Asks
	}
	tellOwn(t, n)
	return nil
}

// needOfOwnDue is needOfOwnData where no sweep looks: it looks itself.
func (a *App) needOfOwnDue(t *Today, tx Tx) error {
	rows, err := a.ownRows(tx)
	n := 0
	for _, r := range rows {
		if r.Mode != SweepOff {
			n += len(r.Due)
		}
	}
	tellOwn(t, n)
	return err
}

func tellOwn(t *Today, n int) {
	if n > 0 {
		t.Needs = append(t.Needs, Need{Kind: "sweep", Tone: ToneQuiet, Count: n, Sweep: &SweepNeed{Why: "own"}})
	}
}
