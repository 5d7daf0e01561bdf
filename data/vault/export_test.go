package vault

import "time"

// HangKeyring puts a keyring there that answers only when the channel is
// closed, and returns what puts the real one back.
func HangKeyring(until <-chan struct{}, timeout time.Duration) (restore func()) {
	get, set, was := keyringGet, keyringSet, KeyringTimeout
	keyringGet = func(string, string) (string, error) { <-until; return "", nil }
	keyringSet = func(string, string, string) error { <-until; return nil }
	KeyringTimeout = timeout
	return func() { keyringGet, keyringSet, KeyringTimeout = get, set, was }
}
