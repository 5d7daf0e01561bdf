package store

import (
	"database/sql"
	"errors"
	"time"

	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/order"
	"greffier/app/plan"
)

// orderSecrets are the personal values of an order. File names of photographs
// often hold a child's name, so the references are among them.
type orderSecrets struct {
	Customer order.Customer `json:"customer"`
	Photos   []string       `json:"photos"`
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
	o.ID, o.Erased = id, false
	gone, err := t.tombstoned(t.s.OrderHash(o.Shop, o.Ref), "order media")
	if err != nil {
		return 0, false, false, err
	}
	if gone {
		o.Photos, o.Erased = nil, true
	}
	erasedPerson := false
	if o.Customer.Email != "" {
		if erasedPerson, err = t.tombstonedPerson(o); err != nil {
			return 0, false, false, err
		}
	}
	if orderGone, err2 := t.tombstoned(t.s.OrderHash(o.Shop, o.Ref), "order"); err2 != nil {
		return 0, false, false, err2
	} else if orderGone {
		erasedPerson = true
	}
	if erasedPerson {
		o.Customer, o.Photos, o.Erased = order.Customer{}, nil, true
	}
	if !isNew && sameOrder(old, o) {
		return id, false, false, nil
	}
	return id, isNew, true, t.writeOrder(o)
}

// tombstonedPerson tells whether the customer was erased after the order was
// made: a later order of the same person is a new relationship.
func (t *Tx) tombstonedPerson(o order.Order) (bool, error) {
	var at string
	err := t.row("SELECT at FROM tombstone WHERE hash = ? AND kind = 'person'", t.s.PersonHash(o.Customer.Email)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return o.CreatedAt.IsZero() || !o.CreatedAt.After(parse(at)), nil
}

func (t *Tx) writeOrder(o order.Order) error {
	var before sql.NullInt64
	if err := t.row("SELECT subject FROM orders WHERE id = ?", o.ID).Scan(&before); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var sid any
	var sealed, ix []byte
	if o.Customer != (order.Customer{}) || len(o.Photos) > 0 {
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
		if sealed, err = k.seal(orderSecrets{o.Customer, o.Photos}, place("orders", "sealed", o.ID)); err != nil {
			return err
		}
	}
	if err := t.exec(`INSERT INTO orders(id, shop, ref, number, status, state, created_at, completed_at, modified_at, total, currency, subject, email_ix, sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, status = excluded.status, state = excluded.state,
			created_at = excluded.created_at, completed_at = excluded.completed_at, modified_at = excluded.modified_at,
			total = excluded.total, currency = excluded.currency, subject = excluded.subject, email_ix = excluded.email_ix, sealed = excluded.sealed`,
		o.ID, o.Shop, o.Ref, o.Number, o.Status, int(o.State), stamp(o.CreatedAt), stamp(o.CompletedAt), stamp(o.ModifiedAt), o.Total, o.Currency, sid, ix, sealed); err != nil {
		return err
	}
	return t.dropUnused(before)
}

// dropUnused destroys the key of a subject that nothing is sealed under any
// more.
func (t *Tx) dropUnused(sid sql.NullInt64) error {
	if !sid.Valid {
		return nil
	}
	return t.exec(`DELETE FROM subject WHERE id = ?1 AND kind IN ('person', 'order')
		AND NOT EXISTS (SELECT 1 FROM orders WHERE subject = ?1) AND NOT EXISTS (SELECT 1 FROM message WHERE subject = ?1)`, sid.Int64)
}

func sameOrder(a, b order.Order) bool {
	if len(a.Photos) != len(b.Photos) {
		return false
	}
	for i := range a.Photos {
		if a.Photos[i] != b.Photos[i] {
			return false
		}
	}
	return a.Number == b.Number && a.Status == b.Status && a.State == b.State && a.Customer == b.Customer && a.Total == b.Total &&
		a.Currency == b.Currency && a.CreatedAt.Equal(b.CreatedAt) && a.CompletedAt.Equal(b.CompletedAt) && a.ModifiedAt.Equal(b.ModifiedAt)
}

const orderColumns = "id, shop, ref, number, status, state, created_at, completed_at, modified_at, total, currency, COALESCE(subject, 0), sealed, erased_at"

func (t *Tx) scanOrder(scan func(...any) error) (order.Order, error) {
	var o order.Order
	var state int
	var created, completed, modified, erased string
	var sid int64
	var sealed []byte
	if err := scan(&o.ID, &o.Shop, &o.Ref, &o.Number, &o.Status, &state, &created, &completed, &modified, &o.Total, &o.Currency, &sid, &sealed, &erased); err != nil {
		return o, err
	}
	o.State, o.CreatedAt, o.CompletedAt, o.ModifiedAt = order.State(state), parse(created), parse(completed), parse(modified)
	o.Erased = erased != ""
	if len(sealed) == 0 || sid == 0 {
		return o, nil
	}
	k, err := t.subject(sid)
	if errors.Is(err, ErrForgotten) {
		return o, nil
	}
	if err != nil {
		return o, err
	}
	var sec orderSecrets
	if err := k.open(sealed, place("orders", "sealed", o.ID), &sec); err != nil {
		return o, err
	}
	o.Customer, o.Photos = sec.Customer, sec.Photos
	return o, nil
}

// Order returns one order, ErrNotFound where there is none.
func (t *Tx) Order(id int64) (order.Order, error) {
	o, err := t.scanOrder(t.row("SELECT "+orderColumns+" FROM orders WHERE id = ?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	return o, err
}

func (t *Tx) orders(where string, args ...any) ([]order.Order, error) {
	var out []order.Order
	err := t.each(func(scan func(...any) error) error {
		o, err := t.scanOrder(scan)
		out = append(out, o)
		return err
	}, "SELECT "+orderColumns+" FROM orders "+where, args...)
	return out, err
}

// Orders returns all orders, newest first.
func (t *Tx) Orders() ([]order.Order, error) {
	return t.orders("ORDER BY created_at DESC, id DESC")
}

// OrdersByNumber returns the orders of that number: one, unless two shops use
// the same numbers.
func (t *Tx) OrdersByNumber(number string) ([]order.Order, error) {
	return t.orders("WHERE number = ? ORDER BY id", number)
}

// OrdersByEmail returns the orders of a customer's address.
func (t *Tx) OrdersByEmail(email string) ([]order.Order, error) {
	ix := t.s.emailIndex(email)
	if ix == nil {
		return nil, nil
	}
	return t.orders("WHERE email_ix = ? ORDER BY created_at, id", ix)
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
	if err := t.PutTombstone("order media", hash, at, run); err != nil {
		return "", err
	}
	o.Photos = nil
	if err := t.writeOrder(o); err != nil {
		return "", err
	}
	return hash, t.exec("UPDATE orders SET erased_at = ? WHERE id = ?", stamp(at), id)
}

// ForgetOrder destroys what is personal of an order, and the key of its person
// where no other order of hers remains.
func (t *Tx) ForgetOrder(id int64, at time.Time, run int64) (hash string, err error) {
	o, err := t.Order(id)
	if err != nil {
		return "", err
	}
	hash = t.s.OrderHash(o.Shop, o.Ref)
	if err := t.PutTombstone("order", hash, at, run); err != nil {
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
	return t.dropUnused(sid)
}

// ForgetPerson destroys the key of a person: her orders keep only what is not
// personal, her ordinary mail nothing, and a tombstone keeps her from coming
// back. Case files have keys of their own and stay as evidence.
func (t *Tx) ForgetPerson(email string, at time.Time, run int64) (hash string, err error) {
	hash = t.s.PersonHash(email)
	if err := t.PutTombstone("person", hash, at, run); err != nil {
		return "", err
	}
	return hash, t.forgetEmail(t.s.emailIndex(email), stamp(at))
}

func (t *Tx) forgetEmail(ix []byte, at string) error {
	if err := t.exec("UPDATE orders SET subject = NULL, email_ix = NULL, sealed = NULL, erased_at = CASE erased_at WHEN '' THEN ? ELSE erased_at END WHERE email_ix = ?", at, ix); err != nil {
		return err
	}
	if err := t.exec("UPDATE message SET subject = NULL, email_ix = NULL, sealed = NULL, raw_sealed = NULL WHERE email_ix = ? AND case_id IS NULL", ix); err != nil {
		return err
	}
	return t.exec("DELETE FROM subject WHERE email_ix = ?", ix)
}

// PutTombstone remembers an erasure; the first date stands.
func (t *Tx) PutTombstone(kind, hash string, at time.Time, run int64) error {
	return t.exec("INSERT INTO tombstone(hash, kind, at, run) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", hash, kind, stamp(at), run)
}

func (t *Tx) tombstoned(hash, kind string) (bool, error) {
	var n int
	err := t.row("SELECT COUNT(*) FROM tombstone WHERE hash = ? AND kind = ?", hash, kind).Scan(&n)
	return n > 0, err
}

// ApplyTombstones forgets again whoever a tombstone names: after a restore,
// what the backup still held goes. It returns how many orders it touched.
func (t *Tx) ApplyTombstones() (int, error) {
	all, err := t.Orders()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, o := range all {
		touched, err := t.applyTo(o)
		if err != nil {
			return n, err
		}
		if touched {
			n++
		}
	}
	return n, t.forgetMail()
}

func (t *Tx) applyTo(o order.Order) (bool, error) {
	hash := t.s.OrderHash(o.Shop, o.Ref)
	var kinds = map[string]string{}
	if err := t.each(func(scan func(...any) error) error {
		var kind, at string
		if err := scan(&kind, &at); err != nil {
			return err
		}
		kinds[kind] = at
		return nil
	}, "SELECT kind, at FROM tombstone WHERE hash = ? AND kind <> 'person'", hash); err != nil {
		return false, err
	}
	gone := false
	if o.Customer.Email != "" {
		var err error
		if gone, err = t.tombstonedPerson(o); err != nil {
			return false, err
		}
	}
	if at, ok := kinds["order"]; ok || gone {
		if at == "" {
			at = stamp(t.s.now())
		}
		return o.Customer != (order.Customer{}) || len(o.Photos) > 0, t.forgetOrderRow(o.ID, at)
	}
	if at, ok := kinds["order media"]; ok {
		had := len(o.Photos) > 0
		o.Photos = nil
		if err := t.writeOrder(o); err != nil {
			return false, err
		}
		return had, t.exec("UPDATE orders SET erased_at = ? WHERE id = ? AND erased_at = ''", at, o.ID)
	}
	return false, nil
}

// forgetMail forgets the ordinary mail of erased persons that came before
// their erasure.
func (t *Tx) forgetMail() error {
	type row struct {
		id    int64
		email string
		at    time.Time
	}
	var all []row
	err := t.eachMessage("WHERE case_id IS NULL AND sealed IS NOT NULL", func(m judgedRow) error {
		if from, ok := m.Message.Sender(); ok {
			all = append(all, row{m.Message.ID, from.Email, m.Message.ReceivedAt})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		var at string
		err := t.row("SELECT at FROM tombstone WHERE hash = ? AND kind = 'person'", t.s.PersonHash(r.email)).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) || err == nil && r.at.After(parse(at)) {
			continue
		}
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE message SET subject = NULL, email_ix = NULL, sealed = NULL, raw_sealed = NULL WHERE id = ?", r.id); err != nil {
			return err
		}
	}
	return nil
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

// PutHold places a hold on an order and returns its number.
func (t *Tx) PutHold(h plan.Hold) (int64, error) {
	id, err := t.next("hold")
	if err != nil {
		return 0, err
	}
	own, err := t.s.own()
	if err != nil {
		return 0, err
	}
	sealed, err := own.seal(holdSecrets{h.Reason, h.Article, h.From, h.Until}, place("hold", "sealed", id))
	if err != nil {
		return 0, err
	}
	return id, t.exec("INSERT INTO hold(id, order_id, sealed) VALUES (?, ?, ?)", id, h.Order, sealed)
}

// LiftHold ends a hold.
func (t *Tx) LiftHold(id int64) error {
	res, err := t.tx.ExecContext(t.ctx, "UPDATE hold SET lifted = 1 WHERE id = ? AND lifted = 0", id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// Holds returns the holds that stand.
func (t *Tx) Holds() ([]plan.Hold, error) {
	own, err := t.s.own()
	if err != nil {
		return nil, err
	}
	var out []plan.Hold
	err = t.each(func(scan func(...any) error) error {
		var h plan.Hold
		var sealed []byte
		if err := scan(&h.ID, &h.Order, &sealed); err != nil {
			return err
		}
		var sec holdSecrets
		if err := own.open(sealed, place("hold", "sealed", h.ID), &sec); err != nil {
			return err
		}
		h.Reason, h.Article, h.From, h.Until = sec.Reason, sec.Article, sec.From, sec.Until
		out = append(out, h)
		return nil
	}, "SELECT id, order_id, sealed FROM hold WHERE lifted = 0 ORDER BY id")
	return out, err
}
