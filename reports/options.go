package reports

import (
	"errors"

	"greffier/app/register"
)

var (
	// ErrRender says that a document could not be turned into bytes. Nothing
	// was written.
	ErrRender = errors.New("the document cannot be rendered")
	// ErrNothing says that there is no document to print.
	ErrNothing = errors.New("there is nothing to print")
	// ErrNoTable says that a document has no main table, so that there are no
	// records to write as CSV.
	ErrNoTable = errors.New("the document has no table")
)

// Options are the choices for one file. The zero value is right for most.
type Options struct {
	// BOM begins a CSV with a byte order mark, by which spreadsheets recognise
	// UTF-8.
	BOM bool
	// Semicolon separates the cells of a CSV by semicolons, as spreadsheets
	// expect under a French locale.
	Semicolon bool
	// Accent is the shop's colour on paper, as "#1F5F5B"; "" or what is no
	// colour means the house's. One that is too light to be read on white is
	// darkened.
	Accent string
}

// accent reads the shop's colour, nil where there is none.
func (o Options) accent() *ink {
	c, ok := register.ParseColour(o.Accent)
	if !ok {
		return nil
	}
	i := ink(c.OnWhite())
	return &i
}
