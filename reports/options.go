package reports

import "errors"

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
}
