package plan

import (
	"context"
	"errors"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/order"
)

// Kind says what an entry of a storage's listing is.
type Kind int

// The kinds of entry.
const (
	Version Kind = iota // an object, or one version of it
	Marker              // a delete marker of a versioned storage
	Upload              // an unfinished multipart upload
	Field               // a field of a shop's record, or the customer's account in it
)

// String returns the word used in records and JSON.
func (k Kind) String() string {
	return [...]string{"version", "delete marker", "unfinished upload", "field"}[k]
}

// MarshalText writes the word of String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word of String; another word is an error.
func (k *Kind) UnmarshalText(b []byte) error {
	for _, c := range []Kind{Version, Marker, Upload, Field} {
		if c.String() == string(b) {
			*k = c
			return nil
		}
	}
	return errors.New("unknown kind of object")
}

// Holds says what a locator's objects are.
type Holds string

// What the storage may hold of an order (policy, Art. 7).
const (
	Photo    Holds = "photo"    // uploaded by the customer
	Portrait Holds = "portrait" // made by the AI
	Derived  Holds = "derived"  // thumbnails, print files and other renditions
)

// What the fields of a shop's record hold.
const (
	Reference Holds = "reference" // names a photo: its address or key
	Contact   Holds = "contact"   // personal data that the invoice does not need
	Invoice   Holds = "invoice"   // personal data that the invoice needs (CGI, ann. II, art. 242 nonies A)
	Account   Holds = "account"   // the customer's account, whole
)

// Object is one entry of a storage's listing: exactly one thing that can be
// erased. Key is hostile text.
type Object struct {
	Storage    string    `json:"storage"` // the storage's name in the profile
	Key        string    `json:"key"`
	Version    string    `json:"version"` // version id, upload id, or "" where the storage has none
	Kind       Kind      `json:"kind"`
	SizeBytes  int64     `json:"size_bytes"`
	ModifiedAt time.Time `json:"modified_at"` // UTC, as the storage says
	// Fingerprint is the storage's own mark of the content (ETag, or size and
	// modification time), so that a plan goes stale when it changes.
	Fingerprint string `json:"fingerprint"`
}

// ID names the object within all storages.
func (o Object) ID() string {
	return o.Storage + "\x00" + o.Key + "\x00" + o.Version + "\x00" + o.Kind.String()
}

// Lister is a storage that can be looked at. List calls yield for every
// version, delete marker and unfinished upload whose key begins with prefix
// (all of them for ""), each once, in no promised order; yield returns an
// error to stop. An empty listing with a nil error means that there is
// nothing: an implementation that cannot be sure (bucket missing, access
// denied, offline) returns an error instead.
type Lister interface {
	Name() string
	List(ctx context.Context, prefix string, yield func(Object) error) error
}

// Locator tells where a storage keeps what belongs to an order.
type Locator struct {
	Storage string `json:"storage"`
	Holds   Holds  `json:"holds"`
	// Key is a prefix with the placeholder {order} for the order's number or
	// {ref} for the shop's own id of it, such as "uploads/{order}/". A * stands
	// for any characters but a slash.
	Key string `json:"key,omitempty"`
	// Meta, in the place of Key, is a field of the shop's record whose values
	// are keys or URLs of the storage's objects, such as "_photo_upload".
	Meta string `json:"meta,omitempty"`
}

// Desk is a shop whose records can be looked at, and erased, field by field. It
// is a storage like any other to a run: each personal field that is not empty
// or anonymised is one Object of the kind Field, its Storage is DeskName of the
// shop, its Fingerprint a keyed hash of the value that is the same in every
// run of the program. Keys are "orders/REF/FIELD" (REF is order.Order.Ref, and
// FIELD has no slash), "customers/ID/account" and, for a file of the shop's own
// media library, "media/ID/file" (with Kind Version). List takes any prefix
// that begins with "orders/REF/", "customers/ID/" or "media/ID/" and refuses
// others with ErrBadPrefix: a shop is never listed whole. A record that the
// shop no longer has lists nothing; that is sure only where the shop itself
// answers, so that everything else is an error.
type Desk interface {
	Lister
	// Records calls yield for each personal field of an order with what it
	// holds, the customer's account and the files of the media library that the
	// order's references name included. Order and Number are those of o. A
	// field that the shop offers no way to erase has ByHand set.
	Records(ctx context.Context, o order.Order, yield func(Found) error) error
}

// DeskName is the name under which a shop's records stand beside the storages.
func DeskName(shop string) string { return shopPrefix + shop }

// shopPrefix begins the name of a shop's records.
const shopPrefix = "shop:"

// IsShop tells whether a name is that of a shop's records.
func IsShop(storage string) bool { return strings.HasPrefix(storage, shopPrefix) }

// ErrBadPrefix says that a shop's records may not be listed by that prefix.
var ErrBadPrefix = errors.New("a shop's records are not listed whole")

// Found is an object and the order that it belongs to. Order 0 is an orphan:
// an object below a locator that no known order claims.
type Found struct {
	Object
	Holds  Holds  `json:"holds"`
	Order  int64  `json:"order_id"`
	Number string `json:"order"`
	// ByHand tells that the shop offers no way to erase it: it can only be
	// kept in a plan, with that said.
	ByHand bool `json:"by_hand,omitempty"`
	// Names are the references (of order.Photos), one a line, that a field of
	// the kind Reference holds, or that name a file of the shop's media library,
	// where the shop tells. A plan is made with them and does not keep them.
	Names string `json:"-"`
}

// Hold keeps objects of an order from being erased: a legal hold, a
// restriction, a complaint that needs them. Until is zero while open-ended.
type Hold struct {
	ID      int64    `json:"id"`
	Order   int64    `json:"order_id"`
	Reason  string   `json:"reason"`
	Article string   `json:"article"` // ground, a key of law.Articles
	From    law.Date `json:"from"`
	Until   law.Date `json:"until"`
	// All holds every order and object; Storage and Prefix hold what lies there,
	// whosever it is, and stand in the place of Order.
	All     bool   `json:"all,omitempty"`
	Storage string `json:"storage,omitempty"`
	Prefix  string `json:"prefix,omitempty"`
}

// HoldsObject tells whether the hold is about an object for itself, whatever
// order it belongs to.
func (h Hold) HoldsObject(o Object) bool {
	return h.All || h.Storage != "" && h.Storage == o.Storage && strings.HasPrefix(o.Key, h.Prefix)
}

// HoldsOrder tells whether the hold is about an order as a whole.
func (h Hold) HoldsOrder(id int64) bool { return h.All || h.Order != 0 && h.Order == id }

// Held is a record or object that is not erased but restricted until a date.
type Held struct {
	What    string   `json:"what"`
	Holds   Holds    `json:"holds,omitempty"` // "" for what no listing showed
	Order   string   `json:"order,omitempty"`
	Storage string   `json:"storage,omitempty"`
	Key     string   `json:"key,omitempty"`
	Version string   `json:"version,omitempty"`
	Until   law.Date `json:"until"`
	Ground  string   `json:"ground"` // in words, with the article
	Article string   `json:"article,omitempty"`
}

// Kept is a record or object that stays, with the ground and what the person
// is told of it.
type Kept struct {
	What    string   `json:"what"`
	Holds   Holds    `json:"holds,omitempty"` // "" for what no listing showed
	Order   string   `json:"order,omitempty"`
	Storage string   `json:"storage,omitempty"`
	Key     string   `json:"key,omitempty"`
	Version string   `json:"version,omitempty"`
	Until   law.Date `json:"until"`
	Ground  string   `json:"ground"`
	Article string   `json:"article,omitempty"`
}

// Scope says why a plan is made and for what.
type Scope struct {
	Case   int64   `json:"case,omitempty"`   // the case that asks for it, or 0
	Rule   string  `json:"rule,omitempty"`   // the retention rule that asks for it, or ""
	Orders []int64 `json:"orders,omitempty"` // the orders concerned, sorted
	Person bool    `json:"person,omitempty"` // the person is erased, not only the media of the orders
	// Only narrows the plan to these keys (KeyID), sorted: the photos of one
	// child, or of one product line. Empty means everything of the orders.
	Only []string `json:"only,omitempty"`
}

// Plan is what would happen. Hash covers everything in it except MadeAt, so
// that the same facts always give the same hash.
type Plan struct {
	Scope    Scope     `json:"scope"`
	MadeAt   time.Time `json:"made_at"`
	Erase    []Found   `json:"erase"`
	Restrict []Held    `json:"restrict"`
	Keep     []Kept    `json:"keep"`
	Hash     string    `json:"hash"`
}

// Confirmed is a plan that somebody confirmed by the hash shown. Only Confirm
// makes one; it is the only thing that app/erasure runs.
type Confirmed struct {
	plan Plan
	by   string
	at   time.Time
}

// Plan returns the plan confirmed.
func (c Confirmed) Plan() Plan { return c.plan }

// By returns who confirmed: "owner" or "rule NAME".
func (c Confirmed) By() string { return c.by }

// At returns when it was confirmed, in UTC.
func (c Confirmed) At() time.Time { return c.at }

var (
	// ErrStale says that what the plan saw has changed: look at the new plan.
	ErrStale = errors.New("the plan is stale")
	// ErrNotConfirmed says that the hash given is not the plan's.
	ErrNotConfirmed = errors.New("the plan was not confirmed")
	// ErrNoOrderNumber says that an order has no usable number, or no usable
	// id of the shop's where a locator goes by that, so that no locator may be
	// asked for it.
	ErrNoOrderNumber = errors.New("the order has no usable number")
	// ErrBadLocator says that a locator's key template cannot be used safely.
	ErrBadLocator = errors.New("the locator is not usable")
)

// Confirm returns the plan as confirmed by whoever saw the hash. by is "owner"
// or "rule NAME". It returns ErrNotConfirmed when the hash is not the plan's
// or the plan was changed after hashing.
func Confirm(p Plan, hash, by string, at time.Time) (Confirmed, error) {
	if hash == "" || hash != p.Hash || p.Hash != HashOf(p) || by == "" {
		return Confirmed{}, ErrNotConfirmed
	}
	return Confirmed{plan: p, by: by, at: at.UTC()}, nil
}
