package demo

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/assets"
)

// Address is the shop's contact mailbox in the demonstration, and the user name
// there.
const Address = "contact@cleverfaces.example"

// Folders are the folders of the mailbox, in the order in which they are made.
var Folders = []string{"INBOX", "Junk", "Drafts", "Sent", "Archive"}

// Mail is one mail of the demonstration's mailbox.
type Mail struct {
	ID       string // its name in the data
	Folder   string
	Received time.Time // UTC, the server's receipt (INTERNALDATE)
	Seen     bool
	// Order is the number of the order that the mail is about, "" for none.
	Order string
	// Stranger tells that the writer is not the customer of that order.
	Stranger bool
	// Forged tells that the writer is not who the From field says.
	Forged bool
	// Expect are the rights that are exercised, as words of app/request, as a
	// careful reader would say; empty for ordinary mail.
	Expect []string
	Raw    []byte // RFC 5322, CRLF
}

// mailRow is a mail as it stands in assets/demo/mails-*.toml.
type mailRow struct {
	ID          string            `toml:"id"`
	Folder      string            `toml:"folder"`
	Days        int               `toml:"days"`
	At          string            `toml:"at"`
	Minutes     int               `toml:"minutes"`
	DueIn       *int              `toml:"due_in"`
	Order       string            `toml:"order"`
	About       string            `toml:"about"`
	From        string            `toml:"from"`
	To          string            `toml:"to"`
	Lang        string            `toml:"lang"`
	Subject     string            `toml:"subject"`
	Body        string            `toml:"body"`
	HTML        string            `toml:"html"`
	Alternative bool              `toml:"alternative"`
	Charset     string            `toml:"charset"`
	Encoding    string            `toml:"encoding"`
	ContentType string            `toml:"content_type"`
	Attach      string            `toml:"attach"`
	Answers     string            `toml:"answers"`
	ReplyTo     string            `toml:"reply_to"`
	Auth        string            `toml:"auth"`
	Envelope    string            `toml:"envelope"`
	Headers     map[string]string `toml:"headers"`
	Seen        bool              `toml:"seen"`
	Expect      []string          `toml:"expect"`

	received  time.Time
	messageID string
	from, to  mail.Address
	order     Order // of order, about or to
}

// own tells that the shop itself wrote the mail.
func (m *mailRow) own() bool { return m.Folder == "Sent" || m.Folder == "Drafts" }

// readMails reads all mails and fills them in.
func (w *world) readMails() error {
	names, err := fs.Glob(assets.Demo, "demo/mails-*.toml")
	if err != nil || len(names) == 0 {
		return fmt.Errorf("%w: no mails", ErrData)
	}
	var rows []*mailRow
	byID := map[string]*mailRow{}
	for _, name := range names {
		var file struct {
			Mail []*mailRow `toml:"mail"`
		}
		if err := readToml(name, &file); err != nil {
			return err
		}
		for _, m := range file.Mail {
			if _, twice := byID[m.ID]; twice || m.ID == "" {
				return fmt.Errorf("%w: %s: mail %q stands there twice or has no name", ErrData, name, m.ID)
			}
			if err := w.place(m); err != nil {
				return fmt.Errorf("%w: mail %s: %w", ErrData, m.ID, err)
			}
			byID[m.ID] = m
			rows = append(rows, m)
		}
	}
	// The oldest first, so that the server's numbers grow with time. What is
	// quoted must be filled before it is quoted.
	slices.SortFunc(rows, func(a, b *mailRow) int {
		return cmp.Or(a.received.Compare(b.received), cmp.Compare(a.ID, b.ID))
	})
	for _, m := range rows {
		for _, text := range []*string{&m.Subject, &m.Body, &m.HTML} {
			if *text, err = w.fill(*text, m, byID); err != nil {
				return fmt.Errorf("%w: mail %s: %w", ErrData, m.ID, err)
			}
		}
		m.Body = strings.TrimSpace(m.Body) + "\n"
		raw, err := w.compose(m, byID)
		if err != nil {
			return fmt.Errorf("%w: mail %s: %w", ErrData, m.ID, err)
		}
		w.mails = append(w.mails, Mail{
			ID: m.ID, Folder: m.Folder, Received: m.received, Seen: m.Seen || m.own(),
			Order: m.order.Number, Stranger: m.About != "", Forged: m.Auth == "fail" && m.Order != "",
			Expect: slices.Clone(m.Expect), Raw: raw,
		})
	}
	return nil
}

// place finds out when a mail came and between whom it went.
func (w *world) place(m *mailRow) error {
	if m.Folder == "" {
		m.Folder = Folders[0]
	}
	if !slices.Contains(Folders, m.Folder) {
		return fmt.Errorf("there is no folder %s", m.Folder)
	}
	switch {
	case m.Minutes > 0:
		m.received = w.now.Add(-time.Duration(m.Minutes) * time.Minute)
	default:
		clock, err := time.Parse("15:04", m.At)
		if err != nil {
			return fmt.Errorf("the hour %q: %w", m.At, err)
		}
		if m.DueIn != nil {
			if m.Days, err = w.daysForDue(*m.DueIn, clock); err != nil {
				return err
			}
		}
		if m.Days < 1 {
			return fmt.Errorf("it would lie in the future")
		}
		r := w.random("second", m.ID)
		m.received = w.at(m.Days, clock.Hour(), clock.Minute()).Add(time.Duration(r.IntN(60)) * time.Second)
	}
	shop := mail.Address{Name: "CleverFaces", Address: Address}
	number := cmp.Or(m.Order, m.About, m.To)
	if number != "" {
		o, ok := w.order(number)
		if !ok {
			return fmt.Errorf("there is no order %s", number)
		}
		m.order = o
	}
	other := mail.Address{Name: strings.TrimSpace(m.order.FirstName + " " + m.order.LastName), Address: m.order.Email}
	if m.From != "" {
		a, err := mail.ParseAddress(m.From)
		if err != nil {
			return fmt.Errorf("its From: %w", err)
		}
		other = *a
	} else if m.About != "" {
		return fmt.Errorf("it does not say who writes")
	}
	if other.Address == "" {
		return fmt.Errorf("nobody's address is known")
	}
	m.from, m.to = other, shop
	if m.own() {
		m.from, m.to = shop, other
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	r := w.random("message-id", m.ID)
	m.messageID = fmt.Sprintf("<%016x.%08x@%s>", r.Uint64(), r.Uint32(), domain)
	return nil
}

// daysForDue returns how many days ago a mail came whose legal clock ends in
// the given number of days, or as soon after that as weekends allow.
func (w *world) daysForDue(dueIn int, clock time.Time) (int, error) {
	today := law.DateOf(w.now, law.Paris())
	for days := 45; days > 0; days-- {
		d, err := law.Clock{Received: w.at(days, clock.Hour(), clock.Minute())}.Deadline(today)
		if err != nil {
			return 0, err
		}
		if today.Days(d.Due) >= dueIn {
			return days, nil
		}
	}
	return 0, fmt.Errorf("no day of receipt leads to %d days left", dueIn)
}

var placeholderPattern = regexp.MustCompile(`\{\{([a-z]+)(?::([a-z0-9-]+))?\}\}`)

// fill puts what is known of the order and the dates into a text.
func (w *world) fill(text string, m *mailRow, byID map[string]*mailRow) (string, error) {
	var wrong error
	out := placeholderPattern.ReplaceAllStringFunc(text, func(s string) string {
		match := placeholderPattern.FindStringSubmatch(s)
		o := m.order
		switch match[1] {
		case "order":
			s = o.Number
		case "name":
			s = strings.TrimSpace(o.FirstName + " " + o.LastName)
		case "street":
			s = o.Address
		case "postcode":
			s = o.Postcode
		case "city":
			s = o.City
		case "created":
			s = day(o.Created, m.Lang)
		case "in":
			n, err := strconv.Atoi(match[2])
			if err != nil {
				wrong = err
			}
			s = day(m.received.AddDate(0, 0, n), m.Lang)
		case "quote":
			q := byID[match[2]]
			if q == nil || !q.received.Before(m.received) {
				wrong = fmt.Errorf("it quotes %s, which did not come before it", match[2])
				return ""
			}
			s = quote(q, m.Lang)
		}
		if s == "" || strings.Contains(s, "{{") {
			wrong = fmt.Errorf("nothing is known for %s", match[0])
		}
		return s
	})
	if wrong == nil && strings.Contains(out, "{{") {
		wrong = fmt.Errorf("an unknown place to fill in")
	}
	return out, wrong
}

// quote is an earlier mail as an answer carries it along.
func quote(q *mailRow, lang string) string {
	at := q.received.In(law.Paris())
	intro := fmt.Sprintf("On %s at %s, %s wrote:", day(at, "en"), at.Format("15:04"), q.from.Name)
	if lang == "fr" {
		intro = fmt.Sprintf("Le %s à %s, %s a écrit :", day(at, "fr"), at.Format("15:04"), q.from.Name)
	}
	lines := strings.Split(strings.TrimSpace(q.Body), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight("> "+l, " ")
	}
	return intro + "\n\n" + strings.Join(lines, "\n")
}

var frenchMonths = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

// day writes a date of Paris as people do in a mail.
func day(t time.Time, lang string) string {
	t = t.In(law.Paris())
	if lang != "fr" {
		return t.Format("2 January 2006")
	}
	n := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		n = "1er"
	}
	return fmt.Sprintf("%s %s %d", n, frenchMonths[t.Month()-1], t.Year())
}
