package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
)

// PrintReasoning prints why the due date of a case is what it is, as PDF, or as
// JSON or CSV where the path ends so; an empty path is a dated PDF in the folder
// for printed files. It returns the path. Errors: cases.ErrNotFound, law.ErrNoReceipt
// and the other errors of law.Clock.Deadline.
func (a *App) PrintReasoning(ctx context.Context, id cases.ID, lang, path string) (string, error) {
	var c cases.Case
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		c, err = tx.Case(id)
		return err
	}); err != nil {
		return "", err
	}
	k := c.Clock(a.d.Zone)
	until := a.today()
	if !c.AnsweredAt.IsZero() {
		until = law.DateOf(c.AnsweredAt, a.d.Zone) // a suspension that ran then ran no longer
	}
	limit, err := k.Deadline(until)
	if err != nil {
		return "", err
	}
	in, err := a.inputs(ctx, lang, false)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = a.outPath(fmt.Sprintf("deadline-case-%d-%s", id, in.Lang), "pdf")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	doc := register.Reasoning(in, c, k, limit)
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	switch format {
	case "json":
		err = a.d.Printer.JSON(path, doc)
	case "csv":
		err = a.d.Printer.CSV(path, doc, a.CSVStyle())
	default:
		format, err = "pdf", a.d.Printer.PDF(path, []register.Document{doc})
	}
	if err != nil {
		return "", err
	}
	return path, a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActReasoningPrinted, caseRecord(id), map[string]string{"format": format})
	})
}
