package disclosure

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"greffier/app/order"
)

// The format of data.json, as assets/copy.schema.json describes it.
const (
	Format        = "greffier-copy"
	FormatVersion = 1
)

func itoa(n int) string { return strconv.Itoa(n) }

// Stored is a file of the package: how large it is and its SHA-256.
type Stored struct {
	Size   int64
	SHA256 string
}

type jsonParty struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	Email   string `json:"email,omitempty"`
	Site    string `json:"site,omitempty"`
}

type jsonItem struct {
	ID       string            `json:"id"`
	What     string            `json:"what"`
	Order    string            `json:"order,omitempty"`
	At       string            `json:"at,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Text     string            `json:"text,omitempty"`
	Source   string            `json:"source"`
	Until    string            `json:"kept_until,omitempty"`
	Masked   []string          `json:"masked,omitempty"`
	File     string            `json:"file,omitempty"`
	Original string            `json:"original_name,omitempty"`
	Size     *int64            `json:"size_bytes,omitempty"`
	SHA256   string            `json:"sha256,omitempty"`
}

type jsonCategory struct {
	Key        string     `json:"key"`
	Title      string     `json:"title"`
	Purposes   []string   `json:"purposes"`
	Basis      []string   `json:"legal_bases"`
	Period     string     `json:"period"`
	Recipients []string   `json:"recipients"`
	Items      []jsonItem `json:"items"`
}

type jsonPurpose struct {
	Purpose string `json:"purpose"`
	Basis   string `json:"legal_basis"`
	Data    string `json:"data"`
	Period  string `json:"period"`
}

type jsonRecipient struct {
	Name     string `json:"name"`
	Service  string `json:"service"`
	Role     string `json:"role,omitempty"`
	Country  string `json:"country,omitempty"`
	Transfer string `json:"transfer,omitempty"`
}

type jsonInformation struct {
	Purposes   []jsonPurpose   `json:"purposes"`
	Recipients []jsonRecipient `json:"recipients"`
	Source     string          `json:"source"`
	Automated  string          `json:"automated_decisions"`
	Rights     []string        `json:"rights"`
	Remedy     string          `json:"remedy"`
	Transfers  []string        `json:"transfers"`
}

type jsonLeft struct {
	What    string `json:"what"`
	Why     string `json:"why"`
	Article string `json:"article,omitempty"`
	Count   int    `json:"count,omitempty"`
}

type jsonCopy struct {
	Schema      string           `json:"$schema"`
	Format      string           `json:"format"`
	Version     int              `json:"version"`
	Kind        Kind             `json:"kind"`
	Language    string           `json:"language"`
	Reference   string           `json:"reference"`
	Case        int64            `json:"case"`
	MadeAt      string           `json:"made_at"`
	TimeZone    string           `json:"time_zone"`
	Controller  jsonParty        `json:"controller"`
	Person      jsonParty        `json:"person"`
	Requester   *jsonParty       `json:"requester,omitempty"`
	Information *jsonInformation `json:"information,omitempty"`
	Categories  []jsonCategory   `json:"categories"`
	Orders      []any            `json:"orders,omitempty"`
	LeftOut     []jsonLeft       `json:"left_out"`
}

// JSON writes the copy for machines. stored tells of each file of the package
// what was written. orders, for portability, are written as schema.org has them.
func (c Copy) JSON(stored map[string]Stored, orders []order.Order) ([]byte, error) {
	out := jsonCopy{Schema: "schema.json", Format: Format, Version: FormatVersion, Kind: c.Kind, Language: c.Lang, Reference: c.Ref, Case: int64(c.Case),
		MadeAt: c.At.UTC().Format(time.RFC3339), TimeZone: c.Zone.String(), Categories: []jsonCategory{}, LeftOut: []jsonLeft{},
		Controller: jsonParty{line(c.Controller.Name, 200), line(c.Controller.Address, 400), line(c.Controller.Email, 320), line(c.Controller.Site, 400)},
		Person:     jsonParty{Name: line(c.Person.Name, 200), Email: line(c.Person.Email, 320)}}
	if c.Requester != c.Person {
		out.Requester = &jsonParty{Name: line(c.Requester.Name, 200), Email: line(c.Requester.Email, 320)}
	}
	if c.Kind == Access {
		info := &jsonInformation{Purposes: []jsonPurpose{}, Recipients: []jsonRecipient{}, Source: c.Source, Automated: c.Automated, Rights: c.Rights, Remedy: c.Remedy, Transfers: orNone(c.Transfers)}
		for _, p := range c.Purposes {
			info.Purposes = append(info.Purposes, jsonPurpose{p.Name, p.Basis, p.Data, p.Period})
		}
		for _, r := range c.Recipients {
			info.Recipients = append(info.Recipients, jsonRecipient{r.Name, r.Service, r.Role, r.Country, r.Transfer})
		}
		out.Information = info
	}
	for _, k := range c.Categories {
		j := jsonCategory{Key: k.Key, Title: k.Title, Purposes: orNone(k.Purposes), Basis: orNone(k.Basis), Period: k.Period, Recipients: orNone(k.Recipients), Items: []jsonItem{}}
		for _, i := range k.Items {
			if i.Included {
				j.Items = append(j.Items, i.json(stored))
			} else {
				out.LeftOut = append(out.LeftOut, jsonLeft{i.What, i.Why, c.cite(i.Article), 1})
			}
		}
		if len(j.Items) > 0 {
			out.Categories = append(out.Categories, j)
		}
	}
	if c.OtherOrders > 0 {
		p := pen{fr: c.Lang == "fr", zone: c.Zone}
		out.LeftOut = append(out.LeftOut, jsonLeft{p.say("Commandes de la même adresse électronique, à un autre nom", "Orders of the same e-mail address in another name"),
			p.say("Elles concernent une autre personne.", "They concern another person."), c.cite(others), c.OtherOrders})
	}
	if c.Kind == Portability {
		out.Orders = c.schemaOrders(orders)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	return append(b, '\n'), err
}

func orNone(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (i Item) json(stored map[string]Stored) jsonItem {
	j := jsonItem{ID: i.ID, What: i.What, Order: i.Order, Source: i.Source, Masked: i.Masked, File: i.File, Original: i.Original, Text: i.Text}
	if !i.At.IsZero() {
		j.At = i.At.UTC().Format(time.RFC3339)
	}
	if !i.Until.IsZero() {
		j.Until = i.Until.String()
	}
	if len(i.Fields) > 0 {
		j.Fields = map[string]string{}
		for _, f := range i.Fields {
			j.Fields[f.Key] = f.Value
		}
	}
	if s, ok := stored[i.File]; ok && i.File != "" {
		j.Size, j.SHA256 = &s.Size, s.SHA256
	}
	return j
}

// schemaOrders writes the orders in the copy as https://schema.org/Order.
func (c Copy) schemaOrders(orders []order.Order) []any {
	var out []any
	for _, o := range orders {
		i, ok := c.Item("order-" + strconv.FormatInt(o.ID, 10))
		if !ok || !i.Included {
			continue
		}
		e := map[string]any{"@context": "https://schema.org", "@type": "Order", "orderNumber": line(o.Number, 60)}
		if !o.CreatedAt.IsZero() {
			e["orderDate"] = o.CreatedAt.UTC().Format(time.RFC3339)
		}
		if s := map[order.State]string{order.Open: "OrderProcessing", order.Completed: "OrderDelivered", order.Cancelled: "OrderCancelled", order.Refunded: "OrderReturned", order.Failed: "OrderProblem"}[o.State]; s != "" {
			e["orderStatus"] = "https://schema.org/" + s
		}
		if c.contactOf(i) {
			e["customer"] = schemaPerson(o.Customer)
		}
		var items []any
		for _, l := range o.Lines {
			product := map[string]any{"@type": "Product", "name": line(l.Name, 300)}
			if l.SKU != "" {
				product["sku"] = line(l.SKU, 80)
			}
			items = append(items, map[string]any{"@type": "OrderItem", "orderedItem": product})
		}
		if len(items) > 0 {
			e["orderedItem"] = items
		}
		out = append(out, e)
	}
	return out
}

// contactOf tells whether the contact details of an order go with it: it is the
// person's own, and none of her details are left out.
func (c Copy) contactOf(i Item) bool {
	if len(i.Masked) > 0 || i.shared {
		return false
	}
	for _, k := range c.Categories {
		for _, x := range k.Items {
			if k.Key == Identity && !x.Included && strings.HasPrefix(x.ID, "identity") {
				return false
			}
		}
	}
	return true
}

func schemaPerson(x order.Customer) map[string]any {
	e := map[string]any{"@type": "Person"}
	set := func(m map[string]any, k, v string) {
		if v = line(v, 400); v != "" {
			m[k] = v
		}
	}
	set(e, "givenName", x.FirstName)
	set(e, "familyName", x.LastName)
	set(e, "email", x.Email)
	set(e, "telephone", x.Phone)
	a := map[string]any{"@type": "PostalAddress"}
	set(a, "streetAddress", x.Address)
	set(a, "postalCode", x.Postcode)
	set(a, "addressLocality", x.City)
	set(a, "addressCountry", x.Country)
	if len(a) > 1 {
		e["address"] = a
	}
	return e
}

// VCard writes the person's contact details as a vCard (RFC 6350), "" where the
// copy has none.
func (c Copy) VCard() string {
	var at *Item
	for _, k := range c.Categories {
		for n := range k.Items {
			if i := &k.Items[n]; k.Key == Identity && i.Included && (at == nil || i.At.After(at.At)) && strings.HasPrefix(i.ID, "identity") {
				at = i
			}
		}
	}
	if at == nil {
		return ""
	}
	v := map[string]string{}
	for _, f := range at.Fields {
		v[f.Key] = f.Value
	}
	esc := strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\n", `\n`).Replace
	full := strings.TrimSpace(v["first_name"] + " " + v["last_name"])
	if full == "" {
		full = v["name"]
	}
	if full == "" {
		full = v["email"]
	}
	var b strings.Builder
	put := func(s string) {
		// No line is longer than 75 bytes (RFC 6350, 3.2).
		for len(s) > 75 {
			cut := 75
			for s[cut]&0xc0 == 0x80 {
				cut--
			}
			b.WriteString(s[:cut] + "\r\n")
			s = " " + s[cut:]
		}
		b.WriteString(s + "\r\n")
	}
	put("BEGIN:VCARD")
	put("VERSION:4.0")
	put("FN:" + esc(full))
	if v["last_name"] != "" || v["first_name"] != "" {
		put("N:" + esc(v["last_name"]) + ";" + esc(v["first_name"]) + ";;;")
	}
	if v["email"] != "" {
		put("EMAIL:" + esc(v["email"]))
	}
	if v["phone"] != "" {
		put("TEL:" + esc(v["phone"]))
	}
	if v["address"]+v["postcode"]+v["city"]+v["country"] != "" {
		put("ADR:;;" + esc(v["address"]) + ";" + esc(v["city"]) + ";;" + esc(v["postcode"]) + ";" + esc(v["country"]))
	}
	put("END:VCARD")
	return b.String()
}
