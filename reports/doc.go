// Package reports prints documents: register.Document in, PDF, CSV, JSON or a
// spreadsheet out.
//
// In from the left: the documents of app/register and the fonts of assets. Out
// to the right: bytes for a file. Nothing is computed here that the law or the
// records decide; a cell is printed as it was given.
//
// # Paper
//
// PDF lays documents out on A4 sheets as a list of drawing operations (text,
// rule, box, link), which one small painter hands to gofpdf. Everything that
// can be judged about a page, such as that nothing is cut off, is judged on
// that list; only page.go knows gofpdf. The same documents always give the same
// bytes.
//
// gofpdf makes pages and fonts; archive.go writes the rest of the file anew, as
// PDF/A-1b, which Apache Preflight 2 finds valid (archive_test.go). There is no
// tagging, so neither PDF/A-1a nor PDF/UA is claimed.
//
// Text is set in Noto Sans (Latin, Greek, Cyrillic), with a spare font for
// Hebrew, Arabic, Armenian, Georgian and some signs. A sign that neither has is
// named by its number, as in [U+674E], an emoji becomes ◊, and a note at the end
// of the document says so; text that is not valid shows U+FFFD.
//
// # Machines
//
// CSV is the register's main table: a header of stable column keys, then one
// line a record with ISO 8601 dates, plain numbers and stable words. Cells that
// a spreadsheet would run as a formula begin with an apostrophe.
//
// It has every value of a record, also those that paper prints on a sheet of its
// own: the clauses of a contract, the criteria of a screening.
//
// JSON is one object, of which Schema writes the JSON Schema:
//
//	register      stable name of the register
//	title         in the document's language
//	subtitle      the text that asks for it
//	language      "fr" or "en"
//	controller    name, address, email, site, language, time_zone, phone, siren, naf, colour
//	made_at       RFC 3339, UTC
//	time_zone     the zone of local dates
//	journal_head  hash of the journal's last entry when it was made
//	columns       [{"key", "title"}] of the rows, in order
//	rows          one object a record, column key → machine value (a string)
//	gaps          number of values still to be completed
//	sections      [{"key", "title", "words", "fields", "columns", "rows"}], all
//	              of the document, the main table's section without its rows
//
// ODS is the register of processing activities as an OpenDocument spreadsheet in
// the shape of the CNIL's simplified register.
//
// A value that the owner still has to give is "to complete" (register.GapValue);
// one that does not apply is "".
//
// The package never reads a clock, a file or the network, and never lets text
// from outside break a page: unprintable text becomes a visible mark. A panic of
// the PDF library would become ErrRender; FuzzPDF holds that none comes.
package reports
