package mail

import "greffier/app/mailbox"

// ParseAutoconfig reads a config-v1.1.xml for an address.
func ParseAutoconfig(raw []byte, address string) []mailbox.Found {
	address, local, domain, err := splitAddress(address)
	if err != nil {
		return nil
	}
	return parseAutoconfig(raw, owner{address: address, local: local, domain: domain})
}
