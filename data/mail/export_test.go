package mail

import (
	"time"

	"greffier/app/mailbox"
)

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
