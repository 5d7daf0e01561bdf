package storage

import (
	"time"

	"greffier/app/plan"
)

// onePage is the number of rows of a listing's page.
const onePage = 1000

// once tells rows of a listing that were listed before, in bounded memory:
// rows come sorted by key, newest version first, so that a server that lists
// one twice at the border of two pages lists it twice in a row. Where a server
// does not keep that order, every row from there on is remembered.
type once struct {
	young, old map[string]bool // the rows of the last page or two, by ID
	key        string          // of the last row
	at         time.Time       // and its time
	unsorted   bool
	repeats    int // rows in a row that were seen before
}

// first tells whether a row is new.
func (n *once) first(o plan.Object) bool {
	id := o.ID()
	if n.young[id] || n.old[id] {
		n.repeats++
		return false
	}
	n.repeats = 0
	if o.Key < n.key || o.Key == n.key && o.ModifiedAt.After(n.at) {
		n.unsorted = true
	}
	n.key, n.at = o.Key, o.ModifiedAt
	if n.young == nil || len(n.young) >= onePage && !n.unsorted {
		n.old, n.young = n.young, make(map[string]bool, onePage)
	}
	n.young[id] = true
	return true
}

// circles tells that a listing repeats itself and will not end.
func (n *once) circles() bool { return n.repeats > pageRepeats }
