package demo

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"time"

	"greffier/app/law"
	"greffier/assets"

	"github.com/pelletier/go-toml/v2"
)

// ErrData says that the demonstration's own data contradict themselves: the
// program was built wrongly.
var ErrData = errors.New("the data of the demonstration are wrong")

// Order is one order of the demonstration shop, as the shop knows it. Instants
// are UTC; the zero time means that it did not happen.
type Order struct {
	ID        int64  // the shop's internal id; not the number
	Number    string // the number that the customer sees
	Status    string // WooCommerce's word: completed, processing, cancelled, refunded, failed
	Created   time.Time
	Completed time.Time
	Modified  time.Time
	FirstName string
	LastName  string
	Email     string // "" for an order taken at a stall
	Phone     string
	Address   string
	Postcode  string
	City      string
	Country   string // ISO 3166-1 alpha-2
	Total     string // decimal with a point
	Currency  string // ISO 4217
	// Photos are the keys of the uploaded photographs below the storage's root,
	// such as "uploads/1031/IMG_0412.jpg": the shop still names them when they
	// are gone from the storage.
	Photos []string

	lang  string
	kept  bool     // the photographs are still in the storage at the first start
	files []upload // those of Photos that were uploaded with this very order
}

// upload is a photograph that came with an order.
type upload struct {
	key string
	at  time.Time
}

// orphan is a folder of photographs whose order the shop does not know.
type orphan struct {
	folder string
	files  []upload
}

// orderRow is an order as it stands in assets/demo/orders.toml.
type orderRow struct {
	Number   string `toml:"number"`
	Age      int    `toml:"age"`
	Done     *int   `toml:"done"`
	Changed  *int   `toml:"changed"`
	Status   string `toml:"status"`
	First    string `toml:"first"`
	Last     string `toml:"last"`
	Email    string `toml:"email"`
	Phone    string `toml:"phone"`
	Street   string `toml:"street"`
	Postcode string `toml:"postcode"`
	City     string `toml:"city"`
	Country  string `toml:"country"`
	Total    string `toml:"total"`
	Photos   int    `toml:"photos"`
	Reuses   string `toml:"reuses"`
	Kept     bool   `toml:"kept"`
	Lang     string `toml:"lang"`
}

type orderFile struct {
	Order  []orderRow `toml:"order"`
	Orphan []struct {
		Folder string `toml:"folder"`
		Age    int    `toml:"age"`
		Photos int    `toml:"photos"`
	} `toml:"orphan"`
}

// world is everything in it, computed from the seed and the instant of the
// first start, without side effects: the same two always give the same world.
type world struct {
	seed    uint64
	now     time.Time
	orders  []Order
	orphans []orphan
	mails   []Mail
}

func newWorld(seed uint64, now time.Time) (*world, error) {
	w := &world{seed: seed, now: now}
	if err := w.readOrders(); err != nil {
		return nil, err
	}
	if err := w.readMails(); err != nil {
		return nil, err
	}
	return w, nil
}

// random is a source of its own for each thing, so that adding one order does
// not change the face on another.
func (w *world) random(thing ...string) *rand.Rand {
	h := fnv.New64a()
	for _, s := range thing {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(w.seed, h.Sum64()))
}

// at is the instant of an hour and minute of Paris, whole days before the first
// start.
func (w *world) at(days, hour, minute int) time.Time {
	d := w.now.In(law.Paris())
	return time.Date(d.Year(), d.Month(), d.Day()-days, hour, minute, 0, 0, law.Paris()).UTC()
}

// readToml decodes a file of the demonstration, every field of which must be
// known.
func readToml(name string, to any) error {
	raw, err := fs.ReadFile(assets.Demo, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	dec := toml.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return fmt.Errorf("%w: %s: unknown field:\n%s", ErrData, name, strict.String())
		}
		return fmt.Errorf("%w: %s: %w", ErrData, name, err)
	}
	return nil
}

func (w *world) readOrders() error {
	var file orderFile
	if err := readToml("demo/orders.toml", &file); err != nil {
		return err
	}
	byNumber := map[string]int{}
	for i, row := range file.Order {
		if _, twice := byNumber[row.Number]; twice || row.Number == "" {
			return fmt.Errorf("%w: order %q stands there twice or has no number", ErrData, row.Number)
		}
		r := w.random("order", row.Number)
		o := Order{
			ID: 20411 + 7*int64(i), Number: row.Number, Status: row.Status,
			Created:   w.at(row.Age, 8+r.IntN(13), r.IntN(60)),
			FirstName: row.First, LastName: row.Last, Email: row.Email, Phone: row.Phone,
			Address: row.Street, Postcode: row.Postcode, City: row.City, Country: row.Country,
			Total: row.Total, Currency: "EUR", lang: row.Lang, kept: row.Kept,
		}
		o.Modified = o.Created.Add(time.Duration(2+r.IntN(20)) * time.Minute)
		if row.Done != nil {
			o.Completed = w.at(*row.Done, 9+r.IntN(8), r.IntN(60))
			o.Modified = o.Completed
		}
		if row.Changed != nil {
			o.Modified = w.at(*row.Changed, 9+r.IntN(8), r.IntN(60))
		}
		first := 100 + r.IntN(9000)
		for k := range row.Photos {
			if row.Reuses != "" && k == 0 {
				number, nth, _ := strings.Cut(row.Reuses, "/")
				n, err := strconv.Atoi(nth)
				j, known := byNumber[number]
				if err != nil || !known || n < 1 || n > len(w.orders[j].Photos) {
					return fmt.Errorf("%w: order %s reuses a photograph that is not there", ErrData, row.Number)
				}
				o.Photos = append(o.Photos, w.orders[j].Photos[n-1])
				continue
			}
			first += 1 + r.IntN(5)
			up := upload{
				key: path.Join("uploads", row.Number, fmt.Sprintf("IMG_%04d.jpg", first)),
				at:  o.Created.Add(-time.Duration(12-k) * time.Minute),
			}
			o.Photos = append(o.Photos, up.key)
			o.files = append(o.files, up)
		}
		byNumber[row.Number] = i
		w.orders = append(w.orders, o)
	}
	for _, row := range file.Orphan {
		r := w.random("orphan", row.Folder)
		o := orphan{folder: row.Folder}
		first := 100 + r.IntN(9000)
		for k := range row.Photos {
			o.files = append(o.files, upload{
				key: path.Join("uploads", row.Folder, fmt.Sprintf("IMG_%04d.jpg", first+k)),
				at:  w.at(row.Age, 20, 10+k),
			})
		}
		w.orphans = append(w.orphans, o)
	}
	return nil
}

func (w *world) order(number string) (Order, bool) {
	for _, o := range w.orders {
		if o.Number == number {
			return o, true
		}
	}
	return Order{}, false
}
