package shop

import (
	"time"

	"greffier/app/order"
)

// Impatient shortens the waits between tries where the shop names none.
func (v *Vendure) Impatient() *Vendure {
	v.client.http.RetryWaitMin, v.client.http.RetryWaitMax = time.Microsecond, time.Microsecond
	return v
}

// EndSession makes the session one that the shop does not know.
func (v *Vendure) EndSession() {
	v.mu.Lock()
	v.token = "ended"
	v.mu.Unlock()
}

// DecodeVendure is the reading of one order of Vendure, with a custom field of
// the order, photo, and one of its lines, photoUrls.
func DecodeVendure(raw []byte) (order.Order, error) {
	v := &Vendure{name: "shop"}
	o, _, err := v.read(raw, &vendureCustom{order: []vendureCustomField{{name: "photo", text: true}}, line: []vendureCustomField{{name: "photoUrls", text: true}}})
	return o, err
}

// MaxJSONLine bounds one line of a file of JSON lines.
const MaxJSONLine = maxJSONLine
