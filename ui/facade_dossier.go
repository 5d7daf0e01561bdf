package ui

import (
	"context"

	"greffier/app"
	"greffier/app/law"
	"greffier/app/register"
)

// DossierFacade is what the window asks of printing: registers, the dossier, and
// what becomes of the files.
type DossierFacade interface {
	Print(ctx context.Context, name register.Name, how app.Printing) (path string, err error)
	Dossier(ctx context.Context, how app.Printing) (path string, err error)                            // the bound PDF alone; slow
	DossierFolder(ctx context.Context, how app.Printing, report app.Report) (app.DossierFolder, error) // slow
	VerifyDossier(ctx context.Context, dir string) (app.DossierReport, error)                          // reads every file: slow
	PreviewPrint(ctx context.Context, name register.Name, how app.Printing) (app.Preview, error)       // nothing is kept; slow
	WhoIs(ctx context.Context, mark string, on law.Date) (string, error)                               // whom a mark stands for; zero date = today
	OpenFile(path string) error                                                                        // with the machine's own program; slow
	RevealFile(path string) error                                                                      // slow
	CSVStyle() app.CSVStyle
	SetCSVStyle(ctx context.Context, s app.CSVStyle) error
	SetColour(ctx context.Context, colour string) error // of the shop on paper, "" = the program's
}
