package shop

import "time"

// Impatient shortens the waits between tries where the shop names none.
func (p *Presta) Impatient() *Presta {
	p.client.http.RetryWaitMin, p.client.http.RetryWaitMax = time.Microsecond, time.Microsecond
	return p
}

// DecodePresta reads an answer with orders as far as an order can be read
// without the other resources.
func DecodePresta(body []byte) (n int, notes []string, err error) {
	root, err := parsePresta(body)
	if err != nil {
		return 0, nil, err
	}
	items, err := prestaItems(root, "orders", "order")
	if err != nil {
		return 0, nil, err
	}
	p := &Presta{name: "shop", zone: time.UTC}
	for _, i := range items {
		x := prestaOrder{order: i, customer: i, invoice: i, delivery: i, custom: []*prestaNode{i}, histories: []*prestaNode{i}, slips: []*prestaNode{i}}
		l := &prestaLists{states: map[string]prestaState{i.get("current_state"): readPrestaState(i)}}
		_, said, err := p.decode(x, l)
		if err != nil {
			said = append(said, err.Error())
		}
		notes = append(notes, said...)
		n++
		if _, err := prestaDocument(i); err == nil {
			prestaMixed([]*prestaNode{i})
		}
	}
	prestaCode(body)
	return n, notes, nil
}
