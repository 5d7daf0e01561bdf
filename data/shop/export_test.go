package shop

import "time"

// Impatient shortens the waits between tries where the shop names none.
func (w *Woo) Impatient() *Woo {
	w.client.RetryWaitMin, w.client.RetryWaitMax = time.Microsecond, time.Microsecond
	return w
}

// Backoff is the wait before the next try.
var Backoff = (*Woo).backoff

// DecodeOrder is the reading of one order of WooCommerce.
var DecodeOrder = decodeOrder

// StateOf is the reading of a shop's status word.
var StateOf = stateOf

// CleanTotal is the reading of an amount.
var CleanTotal = cleanTotal

// MaxRowBytes bounds one row of a file.
const MaxRowBytes = maxRowBytes
