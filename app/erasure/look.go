package erasure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"greffier/app/plan"
)

// view is what the storages hold at the keys of a run.
type view struct {
	at     map[string][]plan.Object // by KeyID
	failed map[string]error         // keys whose place could not be listed, by KeyID
}

func keyOf(s Step) string { return plan.KeyID(s.Object.Storage, s.Object.Key) }

// has tells whether exactly that object is listed, unchanged: where a storage
// has no versions, the fingerprint tells a new object at the same key.
func (v view) has(o plan.Object) bool {
	return slices.ContainsFunc(v.at[plan.KeyID(o.Storage, o.Key)], func(x plan.Object) bool { return same(x, o) })
}

// stranger tells whether the step's key holds something that the plan did not
// mean: it came since, and nobody confirmed it.
func (v view) stranger(s Step, meant func(plan.Object) bool) bool {
	return slices.ContainsFunc(v.at[keyOf(s)], func(x plan.Object) bool {
		if x.ID() == s.Object.ID() {
			return !same(x, s.Object.Object)
		}
		return !meant(x)
	})
}

func same(x, o plan.Object) bool {
	return x.ID() == o.ID() && (x.Fingerprint == o.Fingerprint || x.Fingerprint == "" || o.Fingerprint == "")
}

// hash returns the SHA-256, in hexadecimal, of the listing: a line for each
// entry with storage, key, version, kind, size and fingerprint, quoted as in
// Go, separated by tabs, sorted, each ended by a line feed.
func (v view) hash() string {
	var lines []string
	for _, entries := range v.at {
		for _, o := range entries {
			lines = append(lines, strings.Join([]string{strconv.Quote(o.Storage), strconv.Quote(o.Key), strconv.Quote(o.Version),
				strconv.Quote(o.Kind.String()), strconv.FormatInt(o.SizeBytes, 10), strconv.Quote(o.Fingerprint)}, "\t"))
		}
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range lines {
		io.WriteString(h, l+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

const (
	// wideFrom is from how many folders of a storage on one listing of what
	// they have in common is tried first: two thousand calls of a server
	// become twenty.
	wideFrom = 16
	// wideRows is how many rows of others such a listing may bring, beside some
	// for each key, before it is given up: a bucket may hold millions.
	wideRows   = 10_000
	rowsOfAKey = 4
)

// errTooWide says that a listing brings too much that was not asked for.
var errTooWide = errors.New("the listing holds too much else")

// place is one listing to make and the keys that it is made for.
type place struct {
	storage, prefix string
	keys            []string // KeyIDs
	exact           bool     // of one key, beside the listing of its folder
}

// places returns the listings that show every key of the steps: one a folder,
// by what the keys in it have in common. Unfinished uploads are asked for by
// their exact key as well, because there are servers that list them no other
// way.
func places(steps []Step) []place {
	type folder struct{ storage, dir string }
	byDir := map[folder]*place{}
	exact := map[string]place{}
	seen := map[string]bool{}
	for _, s := range steps {
		id := keyOf(s)
		if s.Object.Kind == plan.Upload {
			exact[id] = place{s.Object.Storage, s.Object.Key, []string{id}, true}
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		dir, _ := path.Split(s.Object.Key)
		f := folder{s.Object.Storage, dir}
		if byDir[f] == nil {
			byDir[f] = &place{storage: s.Object.Storage, prefix: s.Object.Key}
		}
		byDir[f].prefix = common(byDir[f].prefix, s.Object.Key)
		byDir[f].keys = append(byDir[f].keys, id)
	}
	var out []place
	for _, p := range byDir {
		out = append(out, *p)
	}
	listed := map[string]bool{}
	for _, p := range out {
		listed[plan.KeyID(p.storage, p.prefix)] = true
	}
	for id, p := range exact {
		if !listed[id] {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return strings.Compare(a.storage+"\x00"+a.prefix, b.storage+"\x00"+b.prefix)
	})
	return out
}

// common returns what two keys begin with, in whole characters.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return a[:n]
}

// look lists what the storages hold at the keys of the run. It returns an
// error only when ctx ends; what could not be listed is told key by key.
func (w *work) look(ctx context.Context, note string) (view, error) {
	wanted := map[string]bool{}
	for _, s := range w.steps {
		wanted[keyOf(s)] = true
	}
	v := view{at: map[string][]plan.Object{}, failed: map[string]error{}}
	seen := map[string]bool{}
	keep := func(got []plan.Object) {
		for _, o := range got {
			if !seen[o.ID()] {
				seen[o.ID()] = true
				v.at[plan.KeyID(o.Storage, o.Key)] = append(v.at[plan.KeyID(o.Storage, o.Key)], o)
			}
		}
	}
	ps := places(w.steps)
	total := len(ps)
	var rest []place
	for len(ps) > 0 {
		n := slices.IndexFunc(ps, func(p place) bool { return p.storage != ps[0].storage })
		if n < 0 {
			n = len(ps)
		}
		got, narrow := w.wide(ctx, ps[:n], wanted)
		keep(got)
		rest = append(rest, narrow...)
		ps = ps[n:]
		w.report(total-len(ps)-len(rest), total, note)
	}
	var mu sync.Mutex
	done := total - len(rest)
	w.everywhere(len(rest), atOnce, func(i int) string { return rest[i].storage }, func(i int) {
		p := rest[i]
		got, err := w.list(ctx, p, wanted, 0)
		mu.Lock()
		defer mu.Unlock()
		done++
		w.report(done, total, note)
		if err != nil {
			for _, k := range p.keys {
				v.failed[k] = err
			}
			return
		}
		keep(got)
	})
	return v, ctx.Err()
}

// wide lists the folders of one storage in one go, where there are many of
// them and not too much else beside them, and returns what it found and the
// places that are still to be listed one by one: all of them when that did not
// succeed. A shop is never listed so.
func (w *work) wide(ctx context.Context, ps []place, wanted map[string]bool) (got []plan.Object, rest []place) {
	one := place{storage: ps[0].storage}
	folders := 0
	for _, p := range ps {
		if p.exact {
			rest = append(rest, p)
			continue
		}
		if folders++; folders == 1 {
			one.prefix = p.prefix
		}
		one.prefix = common(one.prefix, p.prefix)
		one.keys = append(one.keys, p.keys...)
	}
	if folders < wideFrom || isShop(one.storage) {
		return nil, ps
	}
	got, err := w.list(ctx, one, wanted, wideRows+rowsOfAKey*len(one.keys))
	if err != nil {
		return nil, ps
	}
	return got, rest
}

// list returns what a listing has of the keys wanted. It returns errTooWide
// after more rows than most, 0 for no such limit.
func (w *work) list(ctx context.Context, p place, wanted map[string]bool, most int) (got []plan.Object, err error) {
	_, err = patiently(ctx, func() (bool, error) {
		got = got[:0]
		if err := ctx.Err(); err != nil {
			return false, err
		}
		rows := 0
		return true, w.storages[p.storage].List(ctx, p.prefix, func(o plan.Object) error {
			if rows++; most > 0 && rows > most {
				return errTooWide
			}
			if wanted[plan.KeyID(o.Storage, o.Key)] {
				got = append(got, o)
			}
			return nil
		})
	})
	return got, err
}
