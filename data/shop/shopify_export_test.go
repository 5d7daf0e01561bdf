package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// Impatient shortens the waits between tries where the shop names none, and
// does not wait for points or bulk operations.
func (s *Shopify) Impatient() *Shopify {
	s.client.http.RetryWaitMin, s.client.http.RetryWaitMax = time.Microsecond, time.Microsecond
	s.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return s
}

// Waits makes every wait be told.
func (s *Shopify) Waits(f func(time.Duration)) {
	s.sleep = func(ctx context.Context, d time.Duration) error { f(d); return ctx.Err() }
}

// BulkFrom sets from how many orders on a first reading is a bulk operation.
func (s *Shopify) BulkFrom(n int) { s.bulkFrom = n }

// DecodeShopify reads an answer with orders.
func DecodeShopify(body []byte) (notes []string, err error) {
	var data struct {
		Orders *struct{ Nodes []json.RawMessage }
	}
	if _, _, err := readShopify(body, &data); err != nil || data.Orders == nil {
		return nil, err
	}
	for _, raw := range data.Orders.Nodes {
		shopifyHead(raw)
		_, said, err := decodeShopify("shop", raw, nil, nil)
		if err != nil {
			said = append(said, err.Error())
		}
		notes = append(notes, said...)
	}
	return notes, nil
}

// DecodeShopifyLines reads the file of a bulk operation.
func DecodeShopifyLines(body []byte) (orders, late int, err error) {
	apart := map[string]bool{}
	err = shopifyLinesOf(bytes.NewReader(body), func(raw json.RawMessage, lines []shopifyLine) error {
		orders++
		_, _, _ = decodeShopify("shop", raw, lines, nil)
		return nil
	}, apart)
	return orders, len(apart), err
}
