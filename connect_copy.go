package main

import (
	"io"
	"time"

	"greffier/app"
	"greffier/app/register"
	"greffier/data/pack"
	"greffier/reports"
)

// WritePDF implements app.Paper.
func (printer) WritePDF(w io.Writer, docs []register.Document) error {
	return reports.PDF(w, docs, onPaper(docs))
}

// WriteCSV implements app.Paper.
func (printer) WriteCSV(w io.Writer, doc register.Document) error {
	return reports.CSV(w, doc, reports.Options{BOM: true})
}

// packer gives data/pack the shape of the façade's port.
type packer struct{}

func (packer) Begin(work, format, passphrase string) (app.Package, error) {
	p, err := pack.Begin(work, format, passphrase)
	if err != nil {
		return nil, err
	}
	return &packing{Package: p}, nil
}

func (packer) Hash(path, format string) (string, error) { return pack.Hash(path, format) }

func (packer) Remove(path, format string, files []string) (int, error) {
	return pack.Remove(path, format, files)
}

func (packer) Sweep(work, path string) error { return pack.Sweep(work, path) }

// packing is a package under way.
type packing struct {
	*pack.Package
	sealed pack.Sealed
}

func (p *packing) Add(name string, modified time.Time, from io.Reader) (app.PackedFile, error) {
	f, err := p.Package.Add(name, modified, from)
	return app.PackedFile(f), err
}

func (p *packing) Seal() (app.Sealed, error) {
	s, err := p.Package.Seal()
	p.sealed = s
	return app.Sealed{SizeBytes: s.SizeBytes, SHA256: s.SHA256}, err
}

func (p *packing) Place(path string) error { return p.sealed.Place(path) }
