package shop

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// Impatient shortens the waits between tries where the shop names none.
func (w *Woo) Impatient() *Woo {
	for _, c := range []*client{w.client, w.media, w.site} {
		if c != nil {
			c.http.RetryWaitMin, c.http.RetryWaitMax = time.Microsecond, time.Microsecond
		}
	}
	return w
}

// Backoff is the wait before the next try.
func Backoff(w *Woo, least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	return w.client.backoff(least, most, attempt, resp)
}

// DecodeOrder is the reading of one order of WooCommerce.
var DecodeOrder = decodeOrder

// StateOf is the reading of a shop's status word.
var StateOf = stateOf

// CleanTotal is the reading of an amount.
var CleanTotal = cleanTotal

// MaxRowBytes bounds one row of a file.
const MaxRowBytes = maxRowBytes

// WooRecord returns the names of the personal fields of an order, with what
// they hold. Two of one name are an error of the test.
func WooRecord(order, notes []byte, photoMeta []string) (map[string]string, error) {
	var list rows
	if err := json.Unmarshal(notes, &list); err != nil {
		return nil, err
	}
	_, fields, _, err := wooPersonal(order, list, photoMeta)
	m := map[string]string{}
	for _, f := range fields {
		if _, twice := m[f.name]; twice {
			return nil, errors.New("two fields of one name")
		}
		m[f.name] = string(f.holds)
	}
	return m, err
}

// WooMark is the reading of a mark.
func WooMark(mark string, since, now time.Time) (time.Time, bool) {
	p, known := readTurnMark(mark, wooTurns, since, now)
	return p.after, known
}
