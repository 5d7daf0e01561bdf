package erasure

import (
	"context"
	"sync"

	"greffier/app/plan"
)

// verify looks at every key of the run again and says of each step whether it
// is gone. Only a listing that was made, finds neither the object nor anything
// new in its place, and comes from a storage that can prove it, says so; and
// where the storage can be asked for the object itself, only if it does not
// find it that way either.
func (w *work) verify(ctx context.Context) error {
	after, err := w.look(ctx, noteVerify)
	if err != nil {
		return err
	}
	verdicts := make([]Step, len(w.steps))
	for i, s := range w.steps {
		verdicts[i] = w.verdict(s, after)
	}
	looked, err := w.lookAt(ctx, verdicts)
	if err != nil {
		return err
	}
	var changed []int
	for i, s := range w.steps {
		if v := verdicts[i]; v.Status != s.Status || v.Reason != s.Reason {
			changed = append(changed, i)
		}
	}
	if err := w.mark(ctx, changed, func(n int, s *Step) { s.Status, s.Reason = verdicts[n].Status, verdicts[n].Reason }); err != nil {
		return err
	}
	w.rec.Looked = looked
	w.rec.AfterHash = ""
	if len(after.failed) == 0 {
		w.rec.AfterHash = after.hash()
	}
	w.report(len(w.steps), len(w.steps), noteVerify)
	return nil
}

// verdict returns the step as a fresh listing shows it.
func (w *work) verdict(s Step, after view) Step {
	say := func(st Status, reason string) Step { s.Status, s.Reason = st, reason; return s }
	k := keyOf(s)
	switch {
	case after.failed[k] != nil:
		if s.Status == Retained || s.Status == Failed {
			return s // the first reason says more
		}
		return say(Failed, reasonUnverified)
	case after.has(s.Object.Object):
		if s.Status == Retained || s.Status == Failed && s.Reason != "" && s.Reason != reasonUnverified {
			return s
		}
		return say(Failed, reasonStill)
	case after.stranger(s, w.meant):
		return say(Failed, reasonBack)
	case !w.abilities[s.Object.Storage].CanProve:
		return say(Failed, reasonNoProof)
	default:
		return say(Gone, "")
	}
}

// lookAt asks the storages that can be asked for each object that the listing
// no longer has, and puts into the verdicts what it finds. It returns how many
// were looked at, and an error only when ctx ends.
func (w *work) lookAt(ctx context.Context, verdicts []Step) (looked int, err error) {
	var which []int
	for i, v := range verdicts {
		_, can := w.storages[v.Object.Storage].(Looker)
		if can && (v.Status == Gone || v.Reason == reasonNoProof) {
			which = append(which, i)
		}
	}
	var mu sync.Mutex
	done := 0
	w.everywhere(len(which), looksFor, func(i int) string { return verdicts[which[i]].Object.Storage }, func(i int) {
		v := &verdicts[which[i]]
		there, err := patiently(ctx, func() (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			return w.storages[v.Object.Storage].(Looker).Look(ctx, v.Object.Object)
		})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil && there:
			v.Status, v.Reason = Failed, reasonStill
		case err != nil && v.Status == Gone:
			v.Status, v.Reason = Failed, reasonUnverified
		}
		if err == nil {
			looked++
		}
		if done++; done < len(which) {
			w.report(done, len(which), noteVerify)
		}
	})
	return looked, ctx.Err()
}

// meant tells whether the plan knew of an entry: one of its steps, or what it
// restricts or keeps.
func (w *work) meant(o plan.Object) bool {
	if w.plan == nil {
		w.plan = make(map[string]bool, len(w.steps))
		for _, s := range w.steps {
			w.plan[s.Object.ID()] = true
		}
		for _, h := range w.rec.Restrict {
			w.plan[plan.KeyID(h.Storage, h.Key)+"\x00"+h.Version] = true
		}
		for _, k := range w.rec.Keep {
			w.plan[plan.KeyID(k.Storage, k.Key)+"\x00"+k.Version] = true
		}
	}
	return w.plan[o.ID()] || w.plan[plan.KeyID(o.Storage, o.Key)+"\x00"+o.Version]
}
