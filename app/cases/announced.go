package cases

// Announced returns the letter that tells of a step and has not gone, with that
// step: the last one written, and false where there is none. Until it goes,
// nothing of the step has happened (GDPR Art. 12(3) and (4)).
func (c Case) Announced() (Letter, Act, bool) {
	for i := len(c.Letters) - 1; i >= 0; i-- {
		if l := c.Letters[i]; l.Tells != nil && l.SentAt.IsZero() {
			act, ok := ActFor(l.Kind)
			return l, act, ok
		}
	}
	return Letter{}, "", false
}

// Unannounce drops the letter of a step that was announced and has not gone, with
// the reason that it tells.
func Unannounce(c Case, act Act) Case {
	c = c.Copy()
	kept := c.Letters[:0:0]
	for _, l := range c.Letters {
		if a, _ := ActFor(l.Kind); a == act && l.Tells != nil && l.SentAt.IsZero() {
			continue
		}
		kept = append(kept, l)
	}
	c.Letters = kept
	return c
}
