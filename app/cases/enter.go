package cases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/request"
)

// The ways by which a request comes. Any official channel of the controller
// starts the clock (EDPB 01/2022).
const (
	ChannelMail      = "mail"
	ChannelPost      = "post"
	ChannelTelephone = "telephone"
	ChannelVisit     = "visit"
	ChannelForm      = "web form"
)

// Channels lists the ways by which a request comes.
var Channels = []string{ChannelMail, ChannelPost, ChannelTelephone, ChannelVisit, ChannelForm}

var (
	// ErrEntryDate says that the day of receipt has not come yet, or lies before
	// the day from which the GDPR applies (Art. 99(2): 25 May 2018).
	ErrEntryDate = errors.New("the day of receipt cannot be right")
	// ErrEntryPerson says that neither a name nor an address is given.
	ErrEntryPerson = errors.New("a request needs somebody's name or address")
	// ErrEntryRight says that no right is named.
	ErrEntryRight = errors.New("a request needs a right")
	// ErrEntryChannel says that the channel is none of Channels.
	ErrEntryChannel = errors.New("the channel of the request is not known")
)

// gdprApplies is the day from which rights could be exercised under the GDPR.
var gdprApplies = law.Date{Year: 2018, Month: 5, Day: 25}

// Entry is a request that no mail carries, as the owner enters it. Received is
// the local day on which it came: the law counts from it (GDPR Art. 12(3);
// Reg. 1182/71 Art. 3(1)).
type Entry struct {
	Channel   string          `json:"channel"`
	Received  law.Date        `json:"received"`
	Requester Person          `json:"requester"`
	Phone     string          `json:"phone,omitempty"` // helps to find orders; kept with the words
	Concerned Person          `json:"concerned"`
	Link      Link            `json:"link"`
	Minor     bool            `json:"minor"`
	Depicted  bool            `json:"depicted"`
	Rights    []request.Right `json:"rights"`
	Words     string          `json:"words"` // what was told or read: personal data
	Language  string          `json:"language"`
	Orders    []int64         `json:"orders,omitempty"` // that the owner chose; see Propose for others
}

// EventEntered is the key of the first line of a case that was entered by hand;
// Arg is the channel.
const EventEntered = "case.entered"

// SignEntered says that no mail proves who asked.
const SignEntered = "identity.entered"

// Enter opens a case on a request that came by post, by telephone, at a visit or
// through a form. The clock runs from the day of receipt, however late it is
// entered. Identity is Unproven. The orders given are the scope; others are
// proposed from the name, the address and the words, and never selected.
func Enter(e Entry, known []order.Order, now time.Time, zone *time.Location) (Case, error) {
	now = now.UTC()
	today := law.DateOf(now, zone)
	if !slices.Contains(Channels, e.Channel) {
		return Case{}, fmt.Errorf("enter a request: %w", ErrEntryChannel)
	}
	if e.Received.IsZero() || e.Received.After(today) || e.Received.Before(gdprApplies) {
		return Case{}, fmt.Errorf("enter a request: %w", ErrEntryDate)
	}
	who, concerned := e.Requester.clean(), e.Concerned.clean()
	if who == (Person{}) {
		return Case{}, fmt.Errorf("enter a request: %w", ErrEntryPerson)
	}
	if !slices.Contains(Links, e.Link) {
		return Case{}, fmt.Errorf("enter a request: link: %w", ErrInput)
	}
	c := Case{
		State: Received, Channel: e.Channel, Language: e.Language, ReceivedAt: atNoon(e.Received, now, zone), DiscoveredAt: now,
		Requester: who, Concerned: concerned, Link: e.Link, Minor: e.Minor, Depicted: e.Depicted, Told: entryWords(e),
	}
	if c.Link == Self {
		c.Concerned = c.Requester
	}
	if err := c.correctRights(e.Rights); err != nil {
		return Case{}, fmt.Errorf("enter a request: %w", ErrEntryRight)
	}
	c.Orders = ProposeFor(Clues{Email: who.Email, Name: who.Name, Child: childOf(c), Text: c.Told, Told: true}, known)
	var add []order.Order
	for _, o := range known {
		if slices.Contains(e.Orders, o.ID) {
			add = append(add, o)
		}
	}
	if err := c.selectOrders(Input{Orders: e.Orders, Add: add}); err != nil {
		return Case{}, fmt.Errorf("enter a request: order: %w", err)
	}
	for i := range c.Orders {
		c.Orders[i].LeftOut = false // what is proposed she has not seen yet
	}
	c.Identity = Identity{Signs: []Sign{{Key: SignEntered}}}
	c.log(now, ByOwner, EventEntered, e.Channel, "")
	for _, a := range c.Asked {
		c.log(now, ByOwner, EventAsked+a.Right.String(), "", "")
	}
	if n := e.Received.Days(today); n >= foundLateDays {
		c.log(now, ByGreffier, EventFoundLate, fmt.Sprint(n), "")
	}
	return c, nil
}

// entryWords are what was told, with the telephone number where one was given.
func entryWords(e Entry) string {
	words := manyLines(e.Words, 4000)
	if p := oneLine(e.Phone, 40); p != "" && !strings.Contains(words, p) {
		words = strings.TrimSpace(words + "\n" + p)
	}
	return words
}

// childOf is the name of a person concerned who is not the requester.
func childOf(c Case) string {
	if c.Link == Self {
		return ""
	}
	return c.Concerned.Name
}

// atNoon is an instant on a local day: noon, which no change of clocks touches,
// or now where that is earlier on the same day.
func atNoon(d law.Date, now time.Time, zone *time.Location) time.Time {
	at := time.Date(d.Year, time.Month(d.Month), d.Day, 12, 0, 0, 0, zone).UTC()
	if at.After(now) {
		return now
	}
	return at
}

// Links lists how a requester may stand to the person concerned.
var Links = []Link{LinkUnknown, Self, Parent, Lawyer, Agent}
