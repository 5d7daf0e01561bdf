package wootest

import "time"

// Order is an order as WooCommerce's REST API v3 writes it. Instants are UTC
// in the form 2026-11-23T21:45:47, without a zone; see GMT.
type Order struct {
	ID           int64      `json:"id"`
	Number       string     `json:"number"`
	Status       string     `json:"status"`
	Currency     string     `json:"currency"`
	Total        string     `json:"total"`
	DateCreated  string     `json:"date_created_gmt"`
	DateModified string     `json:"date_modified_gmt"`
	DateComplete *string    `json:"date_completed_gmt"` // nil: never completed
	CustomerID   int64      `json:"customer_id"`
	CustomerIP   string     `json:"customer_ip_address"`
	UserAgent    string     `json:"customer_user_agent"`
	CustomerNote string     `json:"customer_note"`
	Transaction  string     `json:"transaction_id"`
	OrderKey     string     `json:"order_key"`
	Billing      Address    `json:"billing"`
	Shipping     Address    `json:"shipping"`
	LineItems    []LineItem `json:"line_items"`
	ShippingWith []Freight  `json:"shipping_lines"`
	TotalTax     string     `json:"total_tax"`
	TaxLines     []TaxLine  `json:"tax_lines"`
	Refunds      []Refund   `json:"refunds"`
	MetaData     []Meta     `json:"meta_data"`
}

// Freight is a way of shipping of an order, with what it cost.
type Freight struct {
	ID       int64  `json:"id"`
	Method   string `json:"method_title"`
	Total    string `json:"total"`
	MetaData []Meta `json:"meta_data"`
}

// TaxLine is one rate of tax of an order.
type TaxLine struct {
	ID      int64   `json:"id"`
	RateID  int64   `json:"rate_id"`
	Label   string  `json:"label"`
	Percent float64 `json:"rate_percent"`
	Total   string  `json:"tax_total"`
}

// Refund is money given back; Total is written with a minus sign.
type Refund struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
	Total  string `json:"total"`
}

// Note is an order note.
type Note struct {
	ID           int64  `json:"id"`
	Author       string `json:"author"`
	DateCreated  string `json:"date_created_gmt"`
	Note         string `json:"note"`
	CustomerNote bool   `json:"customer_note"`
}

// Customer is an account of the shop.
type Customer struct {
	ID        int64   `json:"id"`
	Email     string  `json:"email"`
	FirstName string  `json:"first_name"`
	LastName  string  `json:"last_name"`
	Username  string  `json:"username"`
	Role      string  `json:"role"`
	Billing   Address `json:"billing"`
	Shipping  Address `json:"shipping"`
	MetaData  []Meta  `json:"meta_data"`
}

// Rate is a rate of tax that the shop knows now.
type Rate struct {
	ID      int64  `json:"id"`
	Country string `json:"country"`
	Percent string `json:"rate"` // "20.0000"
	Name    string `json:"name"`
}

// Address is a billing or shipping address. A shipping address has no e-mail.
type Address struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Address1  string `json:"address_1"`
	Address2  string `json:"address_2"`
	City      string `json:"city"`
	State     string `json:"state"`
	Postcode  string `json:"postcode"`
	Country   string `json:"country"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone"`
}

// LineItem is one product of an order.
type LineItem struct {
	ID       int64  `json:"id"`
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Total    string `json:"total"`
	MetaData []Meta `json:"meta_data"`
}

// Meta is one row of meta data. Value may be text, a number, a list or an
// object: each plugin has its own habit.
type Meta struct {
	ID    int64  `json:"id"`
	Key   string `json:"key"`
	Value any    `json:"value"`
}

const gmtLayout = "2006-01-02T15:04:05"

// GMT writes an instant as WooCommerce does in its *_gmt fields; the zero time
// gives "".
func GMT(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(gmtLayout)
}

// GMTPtr is GMT for DateComplete: nil for the zero time.
func GMTPtr(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := GMT(t)
	return &s
}
