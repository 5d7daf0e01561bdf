package wootest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Big is a shop of any size that keeps nothing: each order is made when it is
// asked for, so that a measurement is one of its reader. It answers the list of
// orders only, which it takes to be asked for in ascending order. Order I, from
// 1, was modified I minutes after Start.
type Big struct {
	Orders int
	Start  time.Time
}

// ServeHTTP answers GET for the list of orders and looks at no key.
func (b Big) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	index := func(name string, standard int) int { // of the first order modified after
		t, err := time.Parse(gmtLayout, q.Get(name))
		if err != nil {
			return standard
		}
		return min(max(int(t.Sub(b.Start)/time.Minute)+1, 1), b.Orders+1)
	}
	first, end := index("modified_after", 1), index("modified_before", b.Orders+1)
	if t, err := time.Parse(gmtLayout, q.Get("modified_before")); err == nil && end > 1 && !b.at(end-1).Before(t) {
		end-- // before means before
	}
	if q.Get("status") == "trash" {
		end = first
	}
	page, _ := strconv.Atoi(q.Get("page"))
	size, _ := strconv.Atoi(q.Get("per_page"))
	size = min(max(size, 1), 100)
	total := max(end-first, 0)
	from := min(first+(max(page, 1)-1)*size, first+total)
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("X-WP-Total", strconv.Itoa(total))
	h.Set("X-WP-TotalPages", strconv.Itoa((total+size-1)/size))
	body := []byte{'['}
	for i := from; i < min(from+size, first+total); i++ {
		if i > from {
			body = append(body, ',')
		}
		at := GMT(b.at(i))
		body = fmt.Appendf(body, `{"id":%d,"number":"%d","status":"completed","currency":"EUR","total":"39.90","date_created_gmt":"%s","date_modified_gmt":"%s","date_completed_gmt":"%s","customer_id":%d,`+
			`"billing":{"first_name":"Zo\u00e9","last_name":"Lef\u00e8vre","company":"","address_1":"12 rue des Lilas","address_2":"","city":"Lille","state":"","postcode":"59000","country":"FR","email":"z%d@example.fr","phone":"+33600000000"},`+
			`"shipping":{"first_name":"Zo\u00e9","last_name":"Lef\u00e8vre","company":"","address_1":"12 rue des Lilas","address_2":"","city":"Lille","state":"","postcode":"59000","country":"FR","phone":""},`+
			`"line_items":[{"id":%d,"name":"Livre personnalis\u00e9","sku":"BOOK","quantity":1,"total":"39.90","meta_data":[{"id":%d,"key":"_photo_upload","value":"https:\/\/photos.example\/uploads\/%d\/a.jpg"},{"id":%d,"key":"pa_size","value":"a4"}]}],"refunds":[],"meta_data":[{"id":%d,"key":"_stripe_fee","value":"0.85"}]}`,
			i, i, at, at, at, i%5000, i, i*10, i*100, i, i*100+1, i*100+2)
	}
	w.Write(append(body, ']'))
}

func (b Big) at(i int) time.Time { return b.Start.Add(time.Duration(i) * time.Minute) }
