package effects

import (
	"context"

	"greffier/app/order"
)

// OptOuter is a shop that can stop what it sends by itself. Errors are those of
// the shop with the sentinels of app/erasure added.
type OptOuter interface {
	// Stoppable returns the uses that the shop itself decides on. The others
	// are stopped elsewhere.
	Stoppable() []Use
	// OptOut stops uses for an e-mail address, and looks whether they are. held
	// is false where the shop has no account of that address.
	OptOut(ctx context.Context, email string, uses []Use) (held bool, err error)
	// OptedIn calls yield for each address that the shop uses so.
	OptedIn(ctx context.Context, yield func(email string, u Use) error) error
}

// Field is one field of a shop's record that can be put right, as the shop has
// it now. Key is that of a desk: "orders/REF/FIELD", "customers/ID/FIELD".
type Field struct {
	Key   string
	Value string // personal data, hostile text
	// Invoice tells that the invoice shows it: an invoice already issued stays
	// as it is.
	Invoice bool
	// ByHand tells that the shop offers no way to change it.
	ByHand bool
	// Also are the shop's ids of other orders that share the record, so that
	// they show the change too.
	Also []string
}

// Amender is a shop whose records can be put right (GDPR Art. 16).
type Amender interface {
	// Fields returns the fields of an order and of its customer's account, those
	// that are empty included.
	Fields(ctx context.Context, o order.Order) ([]Field, error)
	// Amend writes one field and reads it back. What the shop has must still be
	// old: else erasure.ErrChanged, and nothing is written; it is success where
	// the shop has the new text already. erasure.ErrNoWay where the shop offers
	// no way.
	Amend(ctx context.Context, o order.Order, key, old, new string) error
}
