// Package reports prints documents: register.Document in, PDF, CSV or JSON out.
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
// # Machines
//
// CSV is the register's main table: a header of stable column keys, then one
// line a record with ISO 8601 dates, plain numbers and stable words. Cells that
// a spreadsheet would run as a formula begin with an apostrophe.
//
// JSON is one object:
//
//	register      stable name of the register
//	title         in the document's language
//	subtitle      the text that asks for it
//	language      "fr" or "en"
//	controller    name, address, email, site, language, time_zone
//	made_at       RFC 3339, UTC
//	time_zone     the zone of local dates
//	journal_head  hash of the journal's last entry when it was made
//	columns       [{"key", "title"}] of the rows, in order
//	rows          one object a record, column key → machine value (a string)
//	gaps          number of values still to be completed
//	sections      [{"key", "title", "words", "fields", "columns", "rows"}], all
//	              of the document, the main table's section without its rows
//
// A value that the owner still has to give is "to complete" (register.GapValue);
// one that does not apply is "".
//
// The package never reads a clock, a file or the network, and never lets text
// from outside break a page: unprintable text becomes a visible mark, and a
// failure of the PDF library becomes ErrRender.
package reports
