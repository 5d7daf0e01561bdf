package mail

import (
	"bytes"
	"context"
	"net"
	"time"

	"greffier/app/mailbox"
)

// PlantedFault is a body over which every reading of a test fails.
const PlantedFault = "a fault is planted here"

func init() {
	read := readEntity
	readEntity = func(p *parser, h *head, body []byte, depth int) part {
		if bytes.Contains(body, []byte(PlantedFault)) {
			panic("the words of " + string(body))
		}
		return read(p, h, body, depth)
	}
}

// AnswerWithin shortens the wait for the answer to a mail.
func (p *Postman) AnswerWithin(d time.Duration) { p.answer = d }

// ParseAutoconfig reads a config-v1.1.xml for an address.
func ParseAutoconfig(raw []byte, address string) []mailbox.Found {
	address, local, domain, err := splitAddress(address)
	if err != nil {
		return nil
	}
	return parseAutoconfig(raw, owner{address: address, local: local, domain: domain})
}

// Quicker lets Watch look more often than a person would wait for.
func (b *Box) Quicker(poll, look time.Duration) *Box {
	b.poll, b.look = poll, look
	return b
}

// WithNow gives the box another clock.
func (b *Box) WithNow(now func() time.Time) *Box {
	b.now = now
	return b
}

// Over lets the box speak over connections that a test makes, and takes answers
// of so many bytes.
func (b *Box) Over(dial func() (net.Conn, error), most int64) *Box {
	b.dial, b.most = func(context.Context, string) (net.Conn, error) { return dial() }, most
	return b
}
