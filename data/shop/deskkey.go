package shop

import (
	"fmt"
	"strings"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// The kinds of record that a desk's keys begin with; see plan.Desk.
const (
	ofOrders    = "orders"
	ofCustomers = "customers"
	ofMedia     = "media"
)

// recordKey is the key of one field of a shop's record.
func recordKey(kind, id, field string) string { return kind + "/" + id + "/" + field }

// accountKey is the key of a customer's account.
func accountKey(id string) string { return recordKey(ofCustomers, id, "account") }

// cutKey reads the key of a field, or the prefix of a listing, which may end
// anywhere in the field: "orders/1042/email", "orders/1042/", "media/7/file".
// good tells whether a shop has ids like that. Anything else, a whole shop
// among it, is plan.ErrBadPrefix.
func cutKey(key string, good func(kind, id string) bool) (kind, id, field string, err error) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return "", "", "", plan.ErrBadPrefix
	}
	switch kind, id, field = parts[0], parts[1], parts[2]; kind {
	case ofOrders, ofCustomers, ofMedia:
		if good(kind, id) {
			return kind, id, field, nil
		}
	}
	return "", "", "", plan.ErrBadPrefix
}

// numberedRecord is for the shops whose ids are whole numbers.
func numberedRecord(_, id string) bool { return wholeNumber(id) }

// erasableKey reads the key of an object that a desk is to erase. Errors:
// erasure.ErrUnknownStorage for an object of another storage,
// plan.ErrBadPrefix for one that no desk has, and erasure.ErrChanged for one of
// which nobody knows what it was.
func erasableKey(desk string, o plan.Object, good func(kind, id string) bool) (kind, id, field string, err error) {
	kind, id, field, err = cutKey(o.Key, good)
	of := plan.Field
	if kind == ofMedia {
		of = plan.Version
	}
	switch {
	case o.Storage != desk:
		err = erasure.ErrUnknownStorage
	case err != nil:
	case field == "", o.Kind != of, o.Version != "":
		err = plan.ErrBadPrefix
	case o.Fingerprint == "":
		err = fmt.Errorf("%w: it has no fingerprint", erasure.ErrChanged)
	}
	return kind, id, field, err
}
