package prestatest

import (
	"regexp"
	"strings"
)

// field is one field of a resource.
type field struct {
	name      string
	required  bool
	readOnly  bool // not writable by the webservice
	languages bool // a text of its own in each language
	dynamic   bool // cannot be filtered by
}

// resource is one kind of record.
type resource struct {
	node, nodes  string // the names of one and of several in answers
	fields       []field
	associations map[string]string // name → name of an element
	setter       string            // the association that may be written
}

func (r *resource) field(name string) *field {
	for i := range r.fields {
		if r.fields[i].name == name {
			return &r.fields[i]
		}
	}
	return nil
}

// define reads a list of fields: ! is required, - not writable, * in several
// languages, ~ not to be filtered by.
func define(node, nodes, fields string) *resource {
	r := &resource{node: node, nodes: nodes, fields: []field{{name: "id"}}}
	for _, name := range strings.Fields(fields) {
		bare := strings.TrimRight(name, "!-*~")
		marks := name[len(bare):]
		r.fields = append(r.fields, field{
			name: bare, required: strings.Contains(marks, "!"), readOnly: strings.Contains(marks, "-"),
			languages: strings.Contains(marks, "*"), dynamic: strings.Contains(marks, "~"),
		})
	}
	return r
}

var resources = map[string]*resource{
	"orders": with(define("order", "orders", `id_address_delivery! id_address_invoice! id_cart! id_currency! id_lang! id_customer! id_carrier!
		current_state~ module! invoice_number invoice_date delivery_number delivery_date valid date_add date_upd shipping_number~ note id_shop_group id_shop
		secure_key payment! recyclable gift gift_message mobile_theme total_discounts total_paid! total_paid_tax_incl total_paid_tax_excl total_paid_real!
		total_products! total_products_wt! conversion_rate! reference`), "", "order_rows", "order_row"),
	"customers": with(define("customer", "customers", `id_default_group id_lang newsletter_date_add ip_registration_newsletter last_passwd_gen- secure_key- deleted passwd!
		lastname! firstname! email! id_gender birthday newsletter optin website company siret ape outstanding_allow_amount show_public_prices id_risk
		max_payment_days active note is_guest id_shop id_shop_group date_add date_upd reset_password_token reset_password_validity`), "groups", "groups", "group"),
	"addresses": define("address", "addresses", `id_customer id_manufacturer id_supplier id_warehouse id_country! id_state alias! company lastname! firstname! vat_number
		address1! address2 postcode city! other phone phone_mobile dni deleted date_add date_upd`),
	"customizations": with(with(define("customization", "customizations", `id_address_delivery! id_cart! id_product! id_product_attribute! quantity! quantity_refunded!
		quantity_returned! in_cart!`), "customized_data_text_fields", "customized_data_text_fields", "customized_data_text_field"), "", "customized_data_images", "customized_data_image"),
	"order_states": define("order_state", "order_states", `unremovable delivery hidden send_email module_name invoice color logable shipped paid pdf_delivery pdf_invoice
		deleted name!* template*`),
	"order_histories": define("order_history", "order_histories", `id_employee id_order_state! id_order! date_add`),
	"order_slip": define("order_slip", "order_slips", `id_customer! id_order! conversion_rate! total_products_tax_excl! total_products_tax_incl! total_shipping_tax_excl!
		total_shipping_tax_incl! amount shipping_cost shipping_cost_amount partial date_add date_upd order_slip_type`),
	"customer_threads": with(define("customer_thread", "customer_threads", `id_lang! id_shop id_customer id_order id_product id_contact! email token! status date_add date_upd`),
		"", "customer_messages", "customer_message"),
	"customer_messages": define("customer_message", "customer_messages", `id_employee id_customer_thread ip_address message! file_name user_agent private date_add date_upd read`),
	"messages":          define("message", "messages", `id_cart id_order id_customer id_employee message! private date_add`),
	"order_payments": define("order_payment", "order_payments", `order_reference id_currency! amount! payment_method conversion_rate transaction_id card_number card_brand
		card_expiration card_holder date_add`),
	"currencies": define("currency", "currencies", `name! iso_code! active`),
	"countries":  define("country", "countries", `id_zone! iso_code! name!*`),
}

func with(r *resource, setter, association, element string) *resource {
	if r.associations == nil {
		r.associations = map[string]string{}
	}
	r.associations[association] = element
	if setter != "" {
		r.setter = setter
	}
	return r
}

// rules are what the shop's own checks let through.
var rules = map[string]*regexp.Regexp{
	"lastname":     regexp.MustCompile(`^[^0-9!<>,;?=+()@#"°{}_$%:¤|]+$`),
	"firstname":    regexp.MustCompile(`^[^0-9!<>,;?=+()@#"°{}_$%:¤|]+$`),
	"city":         regexp.MustCompile(`^[^!<>;?=+@#"°{}_$%]+$`),
	"address1":     regexp.MustCompile(`^[^!<>?=+@{}_$%]+$`),
	"alias":        regexp.MustCompile(`^[^<>={}]{1,32}$`),
	"postcode":     regexp.MustCompile(`^[a-zA-Z 0-9-]*$`),
	"phone":        regexp.MustCompile(`^[+0-9. ()/-]*$`),
	"phone_mobile": regexp.MustCompile(`^[+0-9. ()/-]*$`),
	"email":        regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[a-z]+$`),
	"birthday":     regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})?$`),
}
