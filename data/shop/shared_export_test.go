package shop

import "time"

// Fingerprint is that of values at a key of a shop of some kind.
func Fingerprint(kind, credential, key string, values ...string) string {
	return fingerprint(sealKey(kind, credential), key, values...)
}

// CutKey reads a key or prefix of a shop whose ids are numbers.
func CutKey(key string) (kind, id, field string, err error) { return cutKey(key, numberedRecord) }

// NextSince is where the next reading begins.
var NextSince = nextSince

// TurnMark writes a mark of one of the turns "a" and "b" and reads it again.
func TurnMark(turn string, after, newest, started, since, now time.Time) (again string, known bool) {
	m, known := readTurnMark(turnMark{turn, after, newest, started}.String(), []string{"a", "b"}, since, now)
	return m.String(), known
}
