package app

import (
	"context"
	"slices"

	"greffier/app/erasure"
)

// settingUnprinted lists the runs of rules whose certificate is not printed yet.
const settingUnprinted = "certificates.unprinted"

// toPrint notes, in the transaction that ends a run of a rule by itself, that its
// certificate is to be printed: nobody is there to ask for it, and a kill must
// not lose it. A run that is tried again gets a certificate of how it ends then.
func toPrint(tx Tx, r erasure.Record) error {
	if !byRule(r) || r.State != erasure.Complete && r.State != erasure.Partial {
		return nil
	}
	return listRun(tx, settingUnprinted, r.ID)
}

// listRun puts a run on the list that a setting keeps, once.
func listRun(tx Tx, setting string, run int64) error {
	all, err := settingOf(tx, setting, []int64{})
	if err != nil || slices.Contains(all, run) {
		return err
	}
	return putSetting(tx, setting, append(all, run))
}

// wasPrinted takes a run off the list.
func wasPrinted(tx Tx, run int64) error {
	all, err := settingOf(tx, settingUnprinted, []int64{})
	if err != nil || !slices.Contains(all, run) {
		return err
	}
	return putSetting(tx, settingUnprinted, slices.DeleteFunc(all, func(x int64) bool { return x == run }))
}

// printRuns prints the certificates of the runs of rules, in the owner's language,
// where hers by hand are printed. One that cannot be printed changes nothing of
// what was erased: how many there are is told, and the next sweep tries again.
func (a *App) printRuns(ctx context.Context, rec *SweepRecord) error {
	var all []int64
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) { all, err = settingOf(tx, settingUnprinted, all); return err }); err != nil {
		return err
	}
	for _, run := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := a.printCertificate(ctx, run, "", greffier); err != nil {
			rec.Unprinted++
		}
	}
	return ctx.Err()
}
