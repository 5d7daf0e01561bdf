package reports

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"greffier/app/agenda"
	"greffier/app/law"
)

// icsProduct names the program in a calendar file, and tells its own files from
// those of others.
const icsProduct = "-//Greffier//Greffier//FR"

// icsLine is how many octets a line of a calendar has at most, its end not
// counted (RFC 5545, 3.1).
const icsLine = 75

// Calendar writes a calendar file (RFC 5545): whole days as dates without clock
// or zone, instants in UTC, reminders at nine in the morning of the reader. The
// same calendar always gives the same bytes. It returns ErrRender where the
// calendar cannot be made, and the writer's error.
func Calendar(w io.Writer, c agenda.Calendar) error {
	cal := ical.NewCalendar()
	text(cal.Component, ical.PropVersion, "2.0")
	text(cal.Component, ical.PropProductID, icsProduct)
	text(cal.Component, ical.PropCalendarScale, "GREGORIAN")
	text(cal.Component, ical.PropMethod, "PUBLISH")
	text(cal.Component, ical.PropName, c.Name)
	text(cal.Component, "X-WR-CALNAME", c.Name)
	// RFC 7986, 5.7: the value has no default type, so that it is named.
	raw(cal.Component, ical.PropRefreshInterval, "PT1H").Params.Set(ical.ParamValue, string(ical.ValueDuration))
	for _, e := range c.Events {
		cal.Children = append(cal.Children, icsEvent(e))
	}
	if len(cal.Children) == 0 {
		cal.Children = append(cal.Children, icsNothing())
	}
	var b bytes.Buffer
	if err := ical.NewEncoder(&b).Encode(cal); err != nil {
		return fmt.Errorf("write a calendar: %w: %w", err, ErrRender)
	}
	if _, err := w.Write(fold(b.Bytes())); err != nil {
		return fmt.Errorf("write a calendar: %w", err)
	}
	return nil
}

func text(c *ical.Component, name, s string) { c.Props.SetText(name, icsText(s)) }

// raw sets a property whose value needs no escaping.
func raw(c *ical.Component, name, value string) *ical.Prop {
	p := ical.NewProp(name)
	p.Value = value
	c.Props.Set(p)
	return p
}

// icsEvent makes the VEVENT of an event.
func icsEvent(x agenda.Event) *ical.Component {
	e := ical.NewComponent(ical.CompEvent)
	text(e, ical.PropUID, x.UID)
	text(e, ical.PropSummary, x.Title)
	if x.Detail != "" {
		text(e, ical.PropDescription, x.Detail)
	}
	raw(e, ical.PropSequence, strconv.Itoa(x.Sequence))
	e.Props.SetDateTime(ical.PropDateTimeStamp, x.Stamp.UTC())
	e.Props.SetDateTime(ical.PropLastModified, x.Stamp.UTC())
	before := []string{"-P6DT15H", "-P1DT15H", "PT9H"} // 7, 2 and 0 days before, at nine
	if x.At.IsZero() {
		last := x.Until
		if last.Before(x.Date) {
			last = x.Date
		}
		e.Props.SetDate(ical.PropDateTimeStart, icsDay(x.Date))
		// The end is the first day that is not of it (RFC 5545, 3.6.1).
		e.Props.SetDate(ical.PropDateTimeEnd, icsDay(last.AddDays(1)))
	} else {
		e.Props.SetDateTime(ical.PropDateTimeStart, x.At.UTC())
		before = []string{"-PT24H", "-PT4H", "PT0S"}
	}
	busy := "TRANSPARENT"
	if x.Busy {
		busy = "OPAQUE"
	}
	text(e, ical.PropTransparency, busy)
	text(e, ical.PropClass, "PRIVATE")
	if !x.Remind {
		return e
	}
	for _, at := range before {
		a := ical.NewComponent(ical.CompAlarm)
		text(a, ical.PropAction, "DISPLAY")
		text(a, ical.PropDescription, x.Title)
		raw(a, ical.PropTrigger, at)
		e.Children = append(e.Children, a)
	}
	return e
}

func icsDay(d law.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// icsNothing stands in the calendar of an owner at peace: a calendar has at
// least one component (RFC 5545, 3.6), and this one shows nothing.
func icsNothing() *ical.Component {
	zone, standard := ical.NewComponent(ical.CompTimezone), ical.NewComponent(ical.CompTimezoneStandard)
	text(zone, ical.PropTimezoneID, "UTC")
	raw(standard, ical.PropDateTimeStart, "19700101T000000")
	raw(standard, ical.PropTimezoneOffsetFrom, "+0000")
	raw(standard, ical.PropTimezoneOffsetTo, "+0000")
	zone.Children = []*ical.Component{standard}
	return zone
}

// fold breaks content lines, never within a character, the space that begins
// each further line counted (RFC 5545, 3.1).
func fold(b []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(b) {
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		for room := icsLine; len(line) > room; room = icsLine - 1 {
			at := room
			for !utf8.RuneStart(line[at]) {
				at--
			}
			out.Write(line[:at])
			out.WriteString("\r\n ")
			line = line[at:]
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// icsText makes text fit for a calendar: its line ends are the encoder's to
// write, and control characters are none that it may hold.
func icsText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= ' ' && r != 0x7f && (r < 0x80 || r >= 0xa0) {
			return r
		}
		if r == '\t' {
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), string(substitute)))
}
