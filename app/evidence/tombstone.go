package evidence

import "time"

// The kinds of tombstone.
const (
	TombstonePerson = "person"      // nothing of this person may come back
	TombstoneMedia  = "order media" // the media of this order may not come back
)

// Tombstone remembers who or what was erased without naming it, so that a
// later sync or a restored backup does not bring it back.
type Tombstone struct {
	Kind string    `json:"kind"`
	Hash string    `json:"hash"` // keyed, in hexadecimal; made by the store
	At   time.Time `json:"at"`   // UTC
	Run  int64     `json:"run"`  // the erasure run that it stands for
}
