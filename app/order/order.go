package order

import (
	"context"
	"time"
)

// State is where an order stands, read from the shop's own word. The zero
// value is the cautious one: nothing ends a period that has not been seen.
type State int

// The states of an order.
const (
	Unknown   State = iota
	Open            // pending, processing, on hold, checkout draft
	Completed       // delivered, or said to be complete by the shop
	Cancelled
	Refunded
	Failed
	Trashed // in the shop's bin: all its data is still there
	Gone    // no longer in the shop at the last full reading
)

var stateNames = [...]string{"unknown", "open", "completed", "cancelled", "refunded", "failed", "trashed", "gone"}

// String returns the word used in records and JSON.
func (s State) String() string { return stateNames[s] }

// Customer is who ordered. All fields are personal data and hostile text.
type Customer struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Phone     string `json:"phone"`
	Address   string `json:"address"`
	Postcode  string `json:"postcode"`
	City      string `json:"city"`
	Country   string `json:"country"`
}

// Name returns first and last name in the order in which they are said.
func (c Customer) Name() string {
	switch {
	case c.FirstName == "":
		return c.LastName
	case c.LastName == "":
		return c.FirstName
	}
	return c.FirstName + " " + c.LastName
}

// Order is one order of one shop. Instants are UTC; the zero time means that
// the shop does not say.
type Order struct {
	ID          int64     `json:"id"`     // Greffier's own number, 0 until stored
	Shop        string    `json:"shop"`   // the connection's name in the profile
	Ref         string    `json:"ref"`    // the shop's internal id, unique within the shop
	Number      string    `json:"number"` // the number that the customer sees
	Status      string    `json:"status"` // the shop's own word
	State       State     `json:"state"`
	CreatedAt   time.Time `json:"created_at"`
	CompletedAt time.Time `json:"completed_at"`
	ModifiedAt  time.Time `json:"modified_at"`
	Customer    Customer  `json:"customer"`
	Total       string    `json:"total"` // decimal with a point, as invoiced
	Currency    string    `json:"currency"`
	// Photos are keys or URLs of photographs and portraits, as the shop
	// records them.
	Photos []string `json:"photos"`
	// Fields tells for a reference of Photos which field of the shop's record
	// it was read from, such as "_photo_upload", where the shop has fields.
	Fields map[string]string `json:"fields,omitempty"`
	// Lines are the products ordered, with the references of each.
	Lines []Line `json:"lines,omitempty"`
	// Account is the shop's own id of the customer's account, "" for a guest.
	Account string `json:"account,omitempty"`
	// Anonymised tells that the shop says that it has anonymised the order:
	// its personal fields are empty there.
	Anonymised bool `json:"anonymised,omitempty"`
	// Erased tells that the order's media (or the person) were erased by
	// Greffier; personal fields are empty and stay so (see evidence.Tombstone).
	Erased bool `json:"erased"`
}

// Line is one product of an order. Name and references are hostile text.
type Line struct {
	Ref    string   `json:"ref"`    // the shop's id of the line
	SKU    string   `json:"sku"`    // the product's reference, "" where it has none
	Name   string   `json:"name"`   // of the product
	Photos []string `json:"photos"` // those of Order.Photos that belong to the line
}

// Problem is one record of the shop that could not be read. Where names the
// place without personal data ("orders.csv line 17"); What says what is wrong.
type Problem struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Source is a shop. Changed calls got for each order changed since the
// instant (the zero time means all), in order of modification, trashed ones
// included, and bad for each record that cannot be read: the rest go on. got
// returns an error to stop. It returns the instant from which the next call
// should read, with the overlap that the shop's clock needs.
type Source interface {
	Name() string
	Changed(ctx context.Context, since time.Time, got func(Order) error, bad func(Problem) error, report func(done, total int, note string)) (next time.Time, err error)
}

// Resumable is a Source whose reading can go on where it broke. ChangedFrom is
// Changed that begins at a mark saved earlier in the same reading ("" begins
// at since) and calls save with a new mark whenever nothing that was handed
// over so far has to be read again. A mark holds no personal data and no
// secret; one that the source does not understand begins anew.
type Resumable interface {
	Source
	ChangedFrom(ctx context.Context, since time.Time, mark string, got func(Order) error, bad func(Problem) error, save func(mark string) error, report func(done, total int, note string)) (next time.Time, err error)
}

// Mapped is a Source that reads a file whose columns the owner names once.
type Mapped interface {
	Source
	// Columns returns the file's own column names, in its order, with the
	// values of its first record, which are personal data.
	Columns(ctx context.Context) (names, sample []string, err error)
	// Mapping returns for each field of an order (order, status, created, …)
	// the column that it is read from.
	Mapping() map[string]string
	// SetMapping changes the mapping; an unknown field or column is an error.
	SetMapping(m map[string]string) error
}

// Columns returns the fields of an order that a file of a shop may have a
// column for, in the order in which they are documented.
func Columns() []string {
	return []string{"order", "status", "created", "completed", "modified", "email", "first_name", "last_name", "phone",
		"address", "postcode", "city", "country", "total", "currency", "photos"}
}

// NeededColumns returns those of them without which retention would be computed
// on nothing.
func NeededColumns() []string { return []string{"order", "status", "completed"} }
