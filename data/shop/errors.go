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

	// ErrKindNotYet means that the kind of shop is known, but that this
	// version reads WooCommerce and CSV only.
	ErrKindNotYet = errors.New("this version reads WooCommerce and CSV")
	// ErrKindUnknown means that no shop of this kind is known.
	ErrKindUnknown = errors.New("unknown kind of shop")
)

// The kinds of shop that a profile may name.
const (
	KindWoo = "woocommerce"
	KindCSV = "csv"
)

// Kinds returns the kinds of shop that this version reads, as the profile
// writes them.
func Kinds() []string { return []string{KindWoo, KindCSV} }

// CheckKind returns nil for a kind that this version reads, ErrKindNotYet for
// one that the profile may name but that is not read yet, and ErrKindUnknown
// for any other word.
func CheckKind(kind string) error {
	switch k := strings.ToLower(strings.TrimSpace(kind)); {
	case slices.Contains(Kinds(), k):
		return nil
	case slices.Contains([]string{"prestashop", "shopify", "vendure"}, k):
		return fmt.Errorf("open shop of kind %s: %w", k, ErrKindNotYet)
	}
	return fmt.Errorf("open shop: %w", ErrKindUnknown)
}
