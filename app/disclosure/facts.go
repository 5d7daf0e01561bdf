package disclosure

import (
	"errors"
	"time"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// Kind says for which right a copy is made. The words are used in records,
// commands and JSON.
type Kind string

// The kinds of copy.
const (
	Access      Kind = "access"      // GDPR Art. 15(3): everything that is held
	Portability Kind = "portability" // GDPR Art. 20(1): what the person provided
)

// Right returns the right that a copy answers.
func (k Kind) Right() request.Right {
	if k == Portability {
		return request.Portability
	}
	return request.Access
}

// ErrKind says that there is no such kind of copy.
var ErrKind = errors.New("a copy is for access or for portability")

// Mail is a message of the person, or to her, as it is kept.
type Mail struct {
	request.Judged
	Raw []byte // as it came, nil where it is not kept
}

// Suppression is one use that the person does not want, as it is on file.
type Suppression struct {
	What   string
	Source string
	At     time.Time
}

// Facts are what a copy is made from: records, and the storages as they were
// looked at just before.
type Facts struct {
	Kind       Kind
	Lang       string // of the copy: "fr" or "en"
	Zone       *time.Location
	At         time.Time
	Case       cases.Case
	Controller register.Controller
	Orders     []order.Order // those in scope
	// Others are customers who are not the person: of orders of the same address
	// in another name, or that the case names and that are not in scope. Their
	// names and addresses are masked wherever they stand.
	Others       []order.Customer
	OtherOrders  int                // how many orders of the same address in another name are not in scope
	Due          map[int64]law.Date // last day of an order's media, where it is known
	Messages     []Mail
	Objects      []plan.Found // what the storages hold of the orders in scope
	Consents     []register.Consent
	Suppressions []Suppression
	Runs         []erasure.Record // erasures about her
	Activities   []register.Activity
	Processors   []register.Processor
	Rules        []register.Rule
}

// Field is one named value of an item. Key is the stable name in data.json.
type Field struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// Item is one thing that is held. Its texts are in the copy's language, save
// what comes from outside, which is hostile.
type Item struct {
	ID       string // stable from one look to the next: "order-12", "photo-1f2e3d4c"
	Category string // key of its category
	What     string
	Order    string // number of the order that it belongs to, ""
	At       time.Time
	Fields   []Field
	Text     string // of a message, letter or note
	Source   string // where it comes from (GDPR Art. 15(1)(g))
	Until    law.Date
	File     string // its file in the package, "" for none
	Object   plan.Object
	Message  int64 // of its mail, 0 for none
	Original string
	Size     int64
	Masked   []string // what of other people was masked in it

	Included bool
	Fixed    bool   // the owner cannot change it
	Why      string // it is left out, told to the person
	Article  string // key of law.Articles

	shared bool // of an order in another name at the person's address
	eml    []byte
}

// HasContent tells whether the item is a file of a storage.
func (i Item) HasContent() bool { return i.Object.Key != "" }

// Eml returns the message of an item as it goes out, nil for what is none.
func (i Item) Eml() []byte { return i.eml }

// Category is one kind of data (GDPR Art. 15(1)(b)) with what is told of it.
type Category struct {
	Key        string
	Title      string
	Purposes   []string // Art. 15(1)(a)
	Basis      []string
	Period     string   // Art. 15(1)(d)
	Recipients []string // Art. 15(1)(c)
	Items      []Item
}

// Recipient is who receives data, by name.
type Recipient struct {
	Name, Service, Role, Country, Transfer string
	Outside                                bool // outside of the European Economic Area
}

// Gap is something that the person has a right to know and that no record
// tells: the owner completes it, or answers it by hand.
type Gap struct {
	What string // in the copy's language
	Mend string // register that mends it: "processing", "processors", "retention", ""
}

// Copy is what would go out.
type Copy struct {
	Kind        Kind
	Lang        string
	Zone        *time.Location
	At          time.Time
	Ref         string // of the record, "" before there is one
	Case        cases.ID
	Controller  register.Controller
	Person      cases.Person
	Requester   cases.Person
	Depicted    bool // the person is not the customer: shown on the photos
	Categories  []Category
	Recipients  []Recipient
	Purposes    []cases.Purpose
	Automated   string // GDPR Art. 15(1)(h)
	Source      string // in one sentence
	Rights      []string
	Remedy      string
	Transfers   []string // Art. 15(2)
	Gaps        []Gap
	OtherOrders int
}

// Choices are the owner's decisions on single items.
type Choices struct {
	LeaveOut map[string]string // item → her reason, told to the person
	Include  []string          // items that are left out by default
}

var (
	// ErrNoItem says that a choice names nothing that could be chosen.
	ErrNoItem = errors.New("the copy has no such item to choose")
	// ErrLeaveOut says that something is to be left out without a reason.
	ErrLeaveOut = errors.New("what is left out of a copy needs a reason")
	// ErrEmptyCopy says that nothing would be in the copy.
	ErrEmptyCopy = errors.New("nothing is left to be copied")
)
