package shop

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What can go wrong with a shop as a whole. Problems of one record never
// become one of these: they are reported one by one and the reading goes on.
var (
	// ErrNoFile means that no file is at the CSV path.
	ErrNoFile = errors.New("no such file")
	// ErrUnreadable means that the file is there but cannot be read.
	ErrUnreadable = errors.New("file cannot be read")
	// ErrHeader means that the file does not begin with the header row that
	// names at least the columns order, status and completed.
	ErrHeader = errors.New("no usable header row")

	// ErrAddress means that the shop's address is not a web address.
	ErrAddress = errors.New("not a web address")
	// ErrPlainRefused means that the shop would be read without encryption.
	// Only a server on this computer may be read over plain http.
	ErrPlainRefused = errors.New("unencrypted connection refused")
	// ErrUnreachable means that no answer came from the shop's address.
	ErrUnreachable = errors.New("shop not reachable")
	// ErrCertificate means that the shop's certificate is not trusted, or
	// that the file with one more certificate authority cannot be used.
	ErrCertificate = errors.New("certificate not trusted")
	// ErrMoved means that the shop sends its visitors to another host. The
	// key is not sent there.
	ErrMoved = errors.New("shop redirects to another host")
	// ErrAuth means that the shop refuses the key, or that the key may not
	// read orders.
	ErrAuth = errors.New("key refused by the shop")
	// ErrNotWoo means that no WooCommerce REST API answers at the address.
	ErrNotWoo = errors.New("no WooCommerce API at this address")
	// ErrBusy means that the shop asks to come back later, for longer than is
	// waited within one reading.
	ErrBusy = errors.New("shop is busy")
	// ErrAnswer means that the shop's answer cannot be understood as a whole.
	ErrAnswer = errors.New("unexpected answer from the shop")

	// ErrTaxes means that the shop would work the order's taxes out again, with
	// rates that are not those of the invoice, if this were erased through its
	// API.
	ErrTaxes = errors.New("the shop would change the order's taxes")
	// ErrKept means that the shop accepted a change and did not make it.
	ErrKept = errors.New("the shop did not make the change")
	// ErrFileStays means that an upload is no longer in the media library and
	// that its file is still given to whoever asks for it.
	ErrFileStays = errors.New("the file is still on the site")

	// ErrKindUnknown means that no shop of this kind is known.
	ErrKindUnknown = errors.New("unknown kind of shop")
)

// The kinds of shop that a profile may name.
const (
	KindWoo     = "woocommerce"
	KindPresta  = "prestashop"
	KindShopify = "shopify"
	KindVendure = "vendure"
	KindCSV     = "csv"
	KindJSONL   = "jsonl"
)

// Kinds returns the kinds of shop that can be read, as the profile writes them.
func Kinds() []string {
	return []string{KindWoo, KindPresta, KindShopify, KindVendure, KindCSV, KindJSONL}
}

// CheckKind returns nil for a kind that can be read, and ErrKindUnknown for any
// other word.
func CheckKind(kind string) error {
	if slices.Contains(Kinds(), strings.ToLower(strings.TrimSpace(kind))) {
		return nil
	}
	return fmt.Errorf("open shop: %w", ErrKindUnknown)
}
