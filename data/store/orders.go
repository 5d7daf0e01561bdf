package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
)

// orderSecrets are the personal values of an order. File names of photographs
// often hold a child's name, so the references are among them.
type orderSecrets struct {
	Customer order.Customer `json:"customer"`
	Photos   []exact        `json:"photos"`
	Fields   [][2]exact     `json:"fields,omitempty"` // reference and field, by reference
	Lines    []orderLine    `json:"lines,omitempty"`
	Account  exact          `json:"account,omitempty"`
}

type orderLine struct {
	Ref    exact   `json:"ref"`
	SKU    exact   `json:"sku,omitempty"`
	Name   exact   `json:"name,omitempty"`
	Photos []exact `json:"photos,omitempty"`
}

// exact is outside text that comes back to the byte: JSON has no way to write
// what is not UTF-8, and a key that is not quite the same would be looked for
// in vain.
type exact string

// MarshalJSON implements json.Marshaler.
func (e exact) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(e)) {
		return json.Marshal(string(e))
	}
	return json.Marshal(exactBytes{[]byte(e)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *exact) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var x exactBytes
		err := json.Unmarshal(b, &x)
		*e = exact(x.Bytes)
		return err
	}
	return json.Unmarshal(b, (*string)(e))
}

type exactBytes struct {
	Bytes []byte `json:"bytes"`
}

// recast turns texts of one kind into texts of another; none stay nil.
func recast[T, F ~string](from []F) []T {
	if len(from) == 0 {
		return nil
	}
	out := make([]T, len(from))
	for i, f := range from {
		out[i] = T(f)
	}
	return out
}

func secretsOf(o order.Order) orderSecrets {
	sec := orderSecrets{Customer: o.Customer, Photos: recast[exact](o.Photos), Account: exact(o.Account)}
	for ref, field := range o.Fields {
		sec.Fields = append(sec.Fields, [2]exact{exact(ref), exact(field)})
	}
	slices.SortFunc(sec.Fields, func(a, b [2]exact) int { return cmp.Compare(a[0], b[0]) })
	for _, l := range o.Lines {
		sec.Lines = append(sec.Lines, orderLine{exact(l.Ref), exact(l.SKU), exact(l.Name), recast[exact](l.Photos)})
	}
	return sec
}

// into puts the values back where they came from.
func (sec orderSecrets) into(o *order.Order) {
	o.Customer, o.Photos, o.Account = sec.Customer, recast[string](sec.Photos), string(sec.Account)
	for _, f := range sec.Fields {
		if o.Fields == nil {
			o.Fields = map[string]string{}
		}
		o.Fields[string(f[0])] = string(f[1])
	}
	for _, l := range sec.Lines {
		o.Lines = append(o.Lines, order.Line{Ref: string(l.Ref), SKU: string(l.SKU), Name: string(l.Name), Photos: recast[string](l.Photos)})
	}
}

// hasMedia tells whether anything of an order names a photograph.
func hasMedia(o order.Order) bool {
	return len(o.Photos) > 0 || len(o.Fields) > 0 || slices.ContainsFunc(o.Lines, func(l order.Line) bool { return len(l.Photos) > 0 })
}

// withoutMedia returns an order that names no photograph any more, in its lines
// neither.
func withoutMedia(o order.Order) order.Order {
	o.Photos, o.Fields, o.Lines = nil, nil, slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].Photos = nil
	}
	return o
}

// isPersonal tells whether an order holds anything that is sealed.
func isPersonal(o order.Order) bool {
	return o.Customer != (order.Customer{}) || len(o.Lines) > 0 || o.Account != "" || hasMedia(o)
}

// withoutPerson returns what is not personal of an order.
func withoutPerson(o order.Order) order.Order {
	o.Customer, o.Photos, o.Fields, o.Lines, o.Account = order.Customer{}, nil, nil, nil, ""
	return o
}

// PutOrder stores what the shop says of an order, found again by shop and
// reference. For an order or person with a tombstone nothing personal is
// stored: they do not come back. It tells whether the order is new and whether
// anything changed.
func (t *Tx) PutOrder(o order.Order) (id int64, isNew, changed bool, err error) {
	var old order.Order
	err = t.row("SELECT id FROM orders WHERE shop = ? AND ref = ?", o.Shop, o.Ref).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		isNew = true
		if id, err = t.next("orders"); err != nil {
			return 0, false, false, err
		}
	case err != nil:
		return 0, false, false, err
	default:
		if old, err = t.Order(id); err != nil {
			return 0, false, false, err
		}
	}
	o.ID = id
	gone, err := t.gone(o)
	if err != nil {
		return 0, false, false, err
	}
	o.Erased = old.Erased || gone.any()
	switch {
	case gone.whole != "":
		o = withoutPerson(o)
	case gone.media != "":
		o = withoutMedia(o)
	}
	if !isNew && sameOrder(old, o) {
		return id, false, false, nil
	}
	if err := t.writeOrder(o); err != nil {
		return 0, false, false, err
	}
	return id, isNew, true, t.markErased(id, gone)
}

// erased is when the tombstones that name an order were made, "" for none.
type erased struct {
	media string // of its media
	whole string // of everything personal of it
}

func (e erased) any() bool { return e.media != "" || e.whole != "" }

// gone asks the tombstones about an order and its customer.
func (t *Tx) gone(o order.Order) (erased, error) {
	var e erased
	err := t.row(`SELECT COALESCE(MAX(CASE kind WHEN 'order media' THEN at END), ''), COALESCE(MAX(CASE kind WHEN 'order' THEN at END), '')
		FROM tombstone WHERE hash = ?`, t.s.OrderHash(o.Shop, o.Ref)).Scan(&e.media, &e.whole)
	if err != nil || e.whole != "" || mailbox.NormEmail(o.Customer.Email) == "" {
		return e, err
	}
	at, err := t.personErased(o.Customer.Email)
	// A later order of the same person is a new relationship.
	if at != "" && (o.CreatedAt.IsZero() || !o.CreatedAt.After(parse(at))) {
		e.whole = at
	}
	return e, err
}

// personErased returns when the person of an address was last erased, "" for
// never.
func (t *Tx) personErased(email string) (at string, err error) {
	err = t.row("SELECT at FROM tombstone WHERE hash = ? AND kind = 'person'", t.s.PersonHash(email)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return at, err
}

// markErased writes the date of the tombstone onto an order that had none.
func (t *Tx) markErased(id int64, e erased) error {
	if !e.any() {
		return nil
	}
	at := e.media
	if at == "" {
		at = e.whole
	}
	return t.exec("UPDATE orders SET erased_at = ? WHERE id = ? AND erased_at = ''", at, id)
}

func (t *Tx) writeOrder(o order.Order) error {
	var before sql.NullInt64
	if err := t.row("SELECT subject FROM orders WHERE id = ?", o.ID).Scan(&before); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var sid any
	var sealed, ix []byte
	if isPersonal(o) {
		ix = t.s.emailIndex(o.Customer.Email)
		var id int64
		var k sealer
		var err error
		if ix != nil {
			id, k, err = t.person(ix)
		} else {
			id, k, err = t.newSubject("order", nil)
		}
		if err != nil {
			return err
		}
		sid = id
		if sealed, err = k.seal(secretsOf(o), place("orders", "sealed", o.ID)); err != nil {
			return err
		}
	}
	if err := t.exec(`INSERT INTO orders(id, shop, ref, number, status, state, created_at, completed_at, modified_at, total, currency, subject, email_ix, sealed, anonymised)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, status = excluded.status, state = excluded.state,
			created_at = excluded.created_at, completed_at = excluded.completed_at, modified_at = excluded.modified_at,
			total = excluded.total, currency = excluded.currency, subject = excluded.subject, email_ix = excluded.email_ix, sealed = excluded.sealed, anonymised = excluded.anonymised`,
		o.ID, o.Shop, o.Ref, o.Number, o.Status, int(o.State), stamp(o.CreatedAt), stamp(o.CompletedAt), stamp(o.ModifiedAt), o.Total, o.Currency, sid, ix, sealed, o.Anonymised); err != nil {
		return err
	}
	switch {
	case sid == nil:
		return t.forgetKey(before) // the shop forgot whose it is
	case before.Valid && sid == before.Int64:
		return nil
	}
	return t.dropUnused(before)
}

func sameOrder(a, b order.Order) bool {
	return a.Erased == b.Erased && a.Anonymised == b.Anonymised && a.Number == b.Number && a.Status == b.Status && a.State == b.State && a.Customer == b.Customer && a.Account == b.Account &&
		a.Total == b.Total && a.Currency == b.Currency && a.CreatedAt.Equal(b.CreatedAt) && a.CompletedAt.Equal(b.CompletedAt) && a.ModifiedAt.Equal(b.ModifiedAt) &&
		slices.Equal(a.Photos, b.Photos) && maps.Equal(a.Fields, b.Fields) && slices.EqualFunc(a.Lines, b.Lines, sameLine)
}

func sameLine(a, b order.Line) bool {
	return a.Ref == b.Ref && a.SKU == b.SKU && a.Name == b.Name && slices.Equal(a.Photos, b.Photos)
}

// selectOrders brings the subject's key along: one query for all rows.
const selectOrders = `SELECT orders.id, shop, ref, number, status, state, created_at, completed_at, modified_at, total, currency, orders.subject, orders.sealed, erased_at, anonymised, subject.sealed
	FROM orders LEFT JOIN subject ON subject.id = orders.subject `

// sealedOrder is an order as a row has it: in part sealed under the key of its
// subject.
type sealedOrder struct {
	o               order.Order
	sid             sql.NullInt64
	sealed, wrapped []byte
	k               sealer
	known, fresh    bool // the key was at hand; it was unwrapped here
	err             error
}

func scanOrder(scan func(...any) error) (sealedOrder, error) {
	var r sealedOrder
	var state int
	var created, completed, modified, erased string
	o := &r.o
	if err := scan(&o.ID, &o.Shop, &o.Ref, &o.Number, &o.Status, &state, &created, &completed, &modified, &o.Total, &o.Currency, &r.sid, &r.sealed, &erased, &o.Anonymised, &r.wrapped); err != nil {
		return r, err
	}
	o.State, o.CreatedAt, o.CompletedAt, o.ModifiedAt = order.State(state), parse(created), parse(completed), parse(modified)
	o.Erased = erased != ""
	return r, nil
}

// open opens what is sealed. It asks the transaction for nothing, so that several
// may be opened at once.
func (r *sealedOrder) open(box sealer) {
	if len(r.sealed) == 0 || len(r.wrapped) == 0 {
		return
	}
	if !r.known {
		if r.k, r.err = unwrapKey(box, r.sid.Int64, r.wrapped); r.err != nil {
			return
		}
		r.fresh = true
	}
	var sec orderSecrets
	if r.err = r.k.open(r.sealed, place("orders", "sealed", r.o.ID), &sec); r.err == nil {
		sec.into(&r.o)
	}
}

// Order returns one order, ErrNotFound where there is none.
func (t *Tx) Order(id int64) (order.Order, error) {
	r, err := scanOrder(t.row(selectOrders+"WHERE orders.id = ?", id).Scan)
	if err != nil {
		return r.o, found(err)
	}
	err = t.openOrders([]sealedOrder{r}, func(o order.Order) error { r.o = o; return nil })
	return r.o, err
}

// orderBatch is how many orders are opened together, on all cores: opening costs
// more than reading.
const orderBatch = 128

// eachOrder calls f for the orders that the clause selects.
func (t *Tx) eachOrder(f func(order.Order) error, where string, args ...any) error {
	batch := make([]sealedOrder, 0, orderBatch)
	if err := t.each(func(scan func(...any) error) error {
		r, err := scanOrder(scan)
		if err != nil {
			return err
		}
		if batch = append(batch, r); len(batch) < orderBatch {
			return nil
		}
		err = t.openOrders(batch, f)
		batch = batch[:0]
		return err
	}, selectOrders+where, args...); err != nil {
		return err
	}
	return t.openOrders(batch, f)
}

// openOrders opens orders and calls f for each, in their order, up to the first
// that does not open.
func (t *Tx) openOrders(batch []sealedOrder, f func(order.Order) error) error {
	for i := range batch {
		batch[i].k, batch[i].known = t.keys[batch[i].sid.Int64]
	}
	if workers := runtime.GOMAXPROCS(0); workers > 1 && len(batch) > 8 {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < len(batch); i += workers {
					batch[i].open(t.box)
				}
			})
		}
		wg.Wait()
	} else {
		for i := range batch {
			batch[i].open(t.box)
		}
	}
	for i := range batch {
		r := &batch[i]
		if r.fresh {
			t.remember(r.sid.Int64, r.k)
		}
		if r.err != nil {
			return r.err
		}
		if err := f(r.o); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) orders(where string, args ...any) ([]order.Order, error) {
	var out []order.Order
	err := t.eachOrder(func(o order.Order) error { out = append(out, o); return nil }, where, args...)
	return out, err
}

// newestFirst is the order that the index of the schema already has.
const newestFirst = "ORDER BY created_at DESC, orders.id DESC"

// Orders returns all orders, newest first.
func (t *Tx) Orders() ([]order.Order, error) { return t.orders(newestFirst) }

// EachOrder calls f for every order, newest first, without holding more than a
// few in memory; f returns an error to stop. f may read, and may not change orders.
func (t *Tx) EachOrder(f func(order.Order) error) error { return t.eachOrder(f, newestFirst) }

// CountOrders returns how many orders there are.
func (t *Tx) CountOrders() (n int, err error) {
	err = t.row("SELECT COUNT(*) FROM orders").Scan(&n)
	return n, err
}

// MarkSeen remembers that a full reading of a shop has seen orders, by the
// shop's own ids; readings are numbered upward from 1. An id that is not stored
// is passed over: its record could not be read.
func (t *Tx) MarkSeen(shop string, refs []string, reading int64) error {
	for _, ref := range refs {
		if err := t.exec(`INSERT INTO seen(order_id, reading) SELECT id, ?3 FROM orders WHERE shop = ?1 AND ref = ?2
			ON CONFLICT (order_id) DO UPDATE SET reading = excluded.reading WHERE excluded.reading > seen.reading`, shop, ref, reading); err != nil {
			return err
		}
	}
	return nil
}

// Unseen returns the numbers of the orders of a shop that neither that full
// reading nor a later one has seen and that are not known to be gone.
func (t *Tx) Unseen(shop string, reading int64) ([]int64, error) {
	return t.numbers(`SELECT orders.id FROM orders LEFT JOIN seen ON seen.order_id = orders.id
		WHERE shop = ? AND state <> ? AND COALESCE(seen.reading, 0) < ? ORDER BY orders.id`, shop, int(order.Gone), reading)
}

// SetGone records that the shop no longer has orders. What is sealed of them is
// neither read nor changed. ErrNotFound where there is no such order.
func (t *Tx) SetGone(ids []int64) error {
	for _, id := range ids {
		if err := t.execOne("UPDATE orders SET state = ? WHERE id = ?", int(order.Gone), id); err != nil {
			return fmt.Errorf("mark order %d as gone: %w", id, err)
		}
	}
	return nil
}

// OrdersByNumber returns the orders of that number: one, unless two shops use
// the same numbers.
func (t *Tx) OrdersByNumber(number string) ([]order.Order, error) {
	return t.orders("WHERE number = ? ORDER BY orders.id", number)
}

// OrdersByEmail returns the orders of a customer's address.
func (t *Tx) OrdersByEmail(email string) ([]order.Order, error) {
	ix := t.s.emailIndex(email)
	if ix == nil {
		return nil, nil
	}
	return t.orders("WHERE orders.email_ix = ? ORDER BY created_at, orders.id", ix)
}

// ErasedAt returns when Greffier erased the media of each order.
func (t *Tx) ErasedAt() (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	err := t.each(func(scan func(...any) error) error {
		var id int64
		var at string
		if err := scan(&id, &at); err != nil {
			return err
		}
		out[id] = parse(at)
		return nil
	}, "SELECT id, erased_at FROM orders WHERE erased_at <> ''")
	return out, err
}

// ForgetMedia records that an order's media are erased: its references go, and
// a tombstone keeps them from coming back.
func (t *Tx) ForgetMedia(id int64, at time.Time, run int64) (hash string, err error) {
	o, err := t.Order(id)
	if err != nil {
		return "", err
	}
	hash = t.s.OrderHash(o.Shop, o.Ref)
	if err := t.PutTombstone(evidence.TombstoneMedia, hash, at, run); err != nil {
		return "", err
	}
	if err := t.writeOrder(withoutMedia(o)); err != nil {
		return "", err
	}
	if err := t.exec("UPDATE orders SET erased_at = ? WHERE id = ?", stamp(at), id); err != nil {
		return "", err
	}
	var sid sql.NullInt64
	if err := t.row("SELECT subject FROM orders WHERE id = ?", id).Scan(&sid); err != nil {
		return "", err
	}
	if err := t.rekey(sid); err != nil {
		return "", err
	}
	return hash, t.destroyed(1)
}

// ForgetOrder destroys what is personal of an order, and the key of its person
// where nothing else of hers remains: no other order, no mail outside of a case.
func (t *Tx) ForgetOrder(id int64, at time.Time, run int64) (hash string, err error) {
	var shop, ref string
	if err := found(t.row("SELECT shop, ref FROM orders WHERE id = ?", id).Scan(&shop, &ref)); err != nil {
		return "", err
	}
	hash = t.s.OrderHash(shop, ref)
	if err := t.PutTombstone(tombstoneOrder, hash, at, run); err != nil {
		return "", err
	}
	return hash, t.forgetOrderRow(id, stamp(at))
}

func (t *Tx) forgetOrderRow(id int64, at string) error {
	var sid sql.NullInt64
	if err := t.row("SELECT subject FROM orders WHERE id = ?", id).Scan(&sid); err != nil {
		return err
	}
	if err := t.exec("UPDATE orders SET subject = NULL, email_ix = NULL, sealed = NULL, erased_at = CASE erased_at WHEN '' THEN ? ELSE erased_at END WHERE id = ?", at, id); err != nil {
		return err
	}
	// A hold that stands is the owner's ground to keep; of a lifted one the
	// words are of no more use.
	if err := t.exec("UPDATE hold SET sealed = x'' WHERE order_id = ? AND lifted = 1", id); err != nil {
		return err
	}
	return t.forgetKey(sid)
}

// forgetKey destroys the key of a subject of whom something was forgotten, or
// gives her another one where something of hers stays.
func (t *Tx) forgetKey(sid sql.NullInt64) error {
	if !sid.Valid {
		return nil
	}
	if err := t.dropUnused(sid); err != nil {
		return err
	}
	if err := t.rekey(sid); err != nil {
		return err
	}
	return t.destroyed(1)
}

// ForgetPerson destroys the key of a person: her orders keep only what is not
// personal, her mail outside of cases nothing, and a tombstone keeps her from
// coming back, as one for each of her orders does when the shop changes the
// address on it. Case files have keys of their own and stay as evidence.
// ErrNotFound says that there is no address to go by.
func (t *Tx) ForgetPerson(email string, at time.Time, run int64) (hash string, err error) {
	ix := t.s.emailIndex(email)
	if ix == nil {
		return "", ErrNotFound
	}
	hash = t.s.PersonHash(email)
	if err := t.PutTombstone(evidence.TombstonePerson, hash, at, run); err != nil {
		return "", err
	}
	hers, err := t.numbers("SELECT id FROM orders WHERE email_ix = ?", ix)
	if err != nil {
		return "", err
	}
	for _, id := range hers {
		if _, err := t.ForgetOrder(id, at, run); err != nil {
			return "", err
		}
	}
	if err := t.exec("UPDATE message SET subject = NULL, email_ix = NULL, sealed = NULL, raw_sealed = NULL, kind = ? WHERE email_ix = ? AND case_id IS NULL", int(request.Ordinary), ix); err != nil {
		return "", err
	}
	clear(t.keys)
	if err := t.exec("DELETE FROM subject WHERE email_ix = ?", ix); err != nil {
		return "", err
	}
	return hash, t.destroyed(1)
}

// numbers reads one column of numbers.
func (t *Tx) numbers(query string, args ...any) ([]int64, error) {
	var out []int64
	err := t.each(func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		out = append(out, n)
		return err
	}, query, args...)
	return out, err
}

// tombstoneOrder is the kind of tombstone of an order that was forgotten whole.
const tombstoneOrder = "order"

// PutTombstone remembers an erasure. Of an order the first date stands; of a
// person the last one, since it covers whatever came between two erasures.
func (t *Tx) PutTombstone(kind, hash string, at time.Time, run int64) error {
	return t.exec(`INSERT INTO tombstone(hash, kind, at, run) VALUES (?, ?, ?, ?)
		ON CONFLICT (hash, kind) DO UPDATE SET at = excluded.at, run = excluded.run WHERE excluded.kind = 'person' AND excluded.at > tombstone.at`,
		hash, kind, stamp(at), run)
}

// ApplyTombstones forgets again whoever a tombstone names: after a restore,
// what the backup still held goes. It returns how many orders it touched.
func (t *Tx) ApplyTombstones() (int, error) {
	ids, err := t.numbers("SELECT id FROM orders WHERE sealed IS NOT NULL OR erased_at = ''")
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		touched, err := t.applyTo(id)
		if err != nil {
			return n, err
		}
		if touched {
			n++
		}
	}
	return n, t.forgetMail()
}

func (t *Tx) applyTo(id int64) (bool, error) {
	o, err := t.Order(id)
	if err != nil {
		return false, err
	}
	e, err := t.gone(o)
	if err != nil || !e.any() {
		return false, err
	}
	touched := hasMedia(o)
	if e.whole != "" {
		touched = isPersonal(o)
		err = t.forgetOrderRow(id, e.whole)
	} else if touched {
		err = t.writeOrder(withoutMedia(o))
	}
	if err != nil {
		return false, err
	}
	return touched, t.markErased(id, e)
}

// forgetMail forgets the mail outside of cases of erased persons that came
// before their erasure.
func (t *Tx) forgetMail() error {
	var gone []int64
	err := t.eachMessage("WHERE case_id IS NULL AND sealed IS NOT NULL", func(j judgedRow) error {
		was, err := t.senderErased(j.Message)
		if was {
			gone = append(gone, j.Message.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range gone {
		var sid sql.NullInt64
		if err := t.row("SELECT subject FROM message WHERE id = ?", id).Scan(&sid); err != nil {
			return err
		}
		if err := t.exec("UPDATE message SET subject = NULL, email_ix = NULL, sealed = NULL, raw_sealed = NULL, kind = ? WHERE id = ?", int(request.Ordinary), id); err != nil {
			return err
		}
		if err := t.forgetKey(sid); err != nil {
			return err
		}
	}
	return nil
}

// senderErased tells whether the sender of a message was erased after it came.
func (t *Tx) senderErased(m mailbox.Message) (bool, error) {
	from, ok := m.Sender()
	if !ok {
		return false, nil
	}
	at, err := t.personErased(from.Email)
	return at != "" && !m.ReceivedAt.After(parse(at)), err
}

// Tombstones returns all tombstones, oldest first.
func (t *Tx) Tombstones() ([]evidence.Tombstone, error) {
	var out []evidence.Tombstone
	err := t.each(func(scan func(...any) error) error {
		var b evidence.Tombstone
		var at string
		if err := scan(&b.Kind, &b.Hash, &at, &b.Run); err != nil {
			return err
		}
		b.At = parse(at)
		out = append(out, b)
		return nil
	}, "SELECT kind, hash, at, run FROM tombstone ORDER BY at, hash")
	return out, err
}

// holdSecrets are the owner's own words on a hold.
type holdSecrets struct {
	Reason  string   `json:"reason"`
	Article string   `json:"article"`
	From    law.Date `json:"from"`
	Until   law.Date `json:"until"`
}

// PutHold places a hold on an order and returns its number, ErrNotFound where
// there is no such order.
func (t *Tx) PutHold(h plan.Hold) (int64, error) {
	id, err := t.next("hold")
	if err != nil {
		return 0, err
	}
	sealed, err := t.box.seal(holdSecrets{h.Reason, h.Article, h.From, h.Until}, place("hold", "sealed", id))
	if err != nil {
		return 0, err
	}
	var n int
	if err := found(t.row("SELECT 1 FROM orders WHERE id = ?", h.Order).Scan(&n)); err != nil {
		return 0, err
	}
	return id, t.exec("INSERT INTO hold(id, order_id, sealed) VALUES (?, ?, ?)", id, h.Order, sealed)
}

// LiftHold ends a hold, ErrNotFound where none of that number stands.
func (t *Tx) LiftHold(id int64) error {
	return t.execOne("UPDATE hold SET lifted = 1 WHERE id = ? AND lifted = 0", id)
}

// Holds returns the holds that stand.
func (t *Tx) Holds() ([]plan.Hold, error) {
	var out []plan.Hold
	err := t.each(func(scan func(...any) error) error {
		var h plan.Hold
		var sealed []byte
		if err := scan(&h.ID, &h.Order, &sealed); err != nil {
			return err
		}
		var sec holdSecrets
		if err := t.box.open(sealed, place("hold", "sealed", h.ID), &sec); err != nil {
			return err
		}
		h.Reason, h.Article, h.From, h.Until = sec.Reason, sec.Article, sec.From, sec.Until
		out = append(out, h)
		return nil
	}, "SELECT id, order_id, sealed FROM hold WHERE lifted = 0 ORDER BY id")
	return out, err
}
