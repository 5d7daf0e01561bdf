package mail

import "time"

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
