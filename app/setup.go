package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"greffier/app/evidence"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/plan"
	"greffier/app/request"
)

var (
	// ErrNoConnector says that shops and storages cannot be set up here.
	ErrNoConnector = errors.New("shops and storages cannot be set up here")
	// ErrNeedsSecret says that a key has to be typed in: none is kept for this
	// address.
	ErrNeedsSecret = errors.New("the key of this service is missing")
	// ErrNoMailFile says that a file is no mail that can be read.
	ErrNoMailFile = errors.New("this file is no mail that can be read")
)

// Secrets are the keys of a shop or storage as typed in, by what they are:
// "key", "secret", "password", "access". They go into the vault and never come
// back; one that is missing means the one that is kept.
type Secrets map[string]string

// ShopSetup is how a shop is entered. Nothing in it is secret.
type ShopSetup struct {
	Name     string // does not change once it is kept: orders are filed under it
	Kind     string
	File     string // of orders, for a shop that is a file
	URL      string
	User     string
	ClientID string
	CAFile   string
	Fields   []string // of the shop's records that name photos
	Erase    bool     // Greffier may erase in the shop's own records
}

// StorageSetup is how a storage is entered. Nothing in it is secret.
type StorageSetup struct {
	Name         string // does not change once it is kept
	Kind         string // "s3", "sftp", "webdav" or "folder"
	Path         string
	Endpoint     string
	Region       string
	Bucket       string
	Host         string
	Port         int
	User         string
	URL          string
	KeyFile      string
	HostKey      string
	CAFile       string
	PublicURLs   []string
	KeepsDeleted bool
}

// Tried is what a live test found.
type Tried struct {
	Detail, TLS string
	// Sample are the names of a few objects of a storage, from folders of their
	// own, so that she sees that it is the right one.
	Sample   []string
	CanProve bool // a fresh listing of a storage proves that something is gone
}

// Connector tries and keeps the shops and storages of a profile. What is kept
// counts once the profile's connections are made anew.
type Connector interface {
	ShopKinds() []string
	Shops() []ShopSetup
	TryShop(ctx context.Context, s ShopSetup, typed Secrets) (Tried, error)
	SaveShop(s ShopSetup, typed Secrets) error
	RemoveShop(name string) error // with its keys
	Storages() []StorageSetup
	TryStorage(ctx context.Context, s StorageSetup, typed Secrets) (Tried, error)
	SaveStorage(s StorageSetup, typed Secrets) error
	RemoveStorage(name string) error // with its keys and the places in it
}

// ShopKinds returns the kinds of shop that can be set up, none where that is
// done elsewhere.
func (a *App) ShopKinds() []string {
	if a.d.Connector == nil {
		return nil
	}
	return a.d.Connector.ShopKinds()
}

// ShopSetups returns the shops of the profile.
func (a *App) ShopSetups() []ShopSetup {
	if a.d.Connector == nil {
		return nil
	}
	return a.d.Connector.Shops()
}

// StorageSetups returns the storages of the profile.
func (a *App) StorageSetups() []StorageSetup {
	if a.d.Connector == nil {
		return nil
	}
	return a.d.Connector.Storages()
}

// TryShop enters a shop and looks around; nothing is changed or kept.
func (a *App) TryShop(ctx context.Context, s ShopSetup, typed Secrets) (Tried, error) {
	if a.d.Connector == nil {
		return Tried{}, ErrNoConnector
	}
	return a.d.Connector.TryShop(ctx, s, typed)
}

// TryStorage enters a storage and looks around; nothing is changed or kept.
func (a *App) TryStorage(ctx context.Context, s StorageSetup, typed Secrets) (Tried, error) {
	if a.d.Connector == nil {
		return Tried{}, ErrNoConnector
	}
	return a.d.Connector.TryStorage(ctx, s, typed)
}

// SaveShop keeps a shop, a new one or the one of that name. ErrBusy while
// orders are read.
func (a *App) SaveShop(ctx context.Context, s ShopSetup, typed Secrets) error {
	if a.d.Connector == nil {
		return ErrNoConnector
	}
	if !a.syncing.TryLock() {
		return ErrBusy
	}
	defer a.syncing.Unlock()
	if err := a.d.Connector.SaveShop(s, typed); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		// It may be another shop now: the next reading is a full one.
		st, err := shopStateOf(tx, s.Name)
		if err != nil {
			return err
		}
		if err := putShopState(tx, s.Name, shopState{Reading: st.Reading}); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "shop", nil)
	})
}

// SaveStorage keeps a storage, a new one or the one of that name. ErrBusy while
// something is erased.
func (a *App) SaveStorage(ctx context.Context, s StorageSetup, typed Secrets) error {
	if a.d.Connector == nil {
		return ErrNoConnector
	}
	if !a.erasing.TryLock() {
		return ErrBusy
	}
	defer a.erasing.Unlock()
	if err := a.d.Connector.SaveStorage(s, typed); err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		return a.journal(tx, owner, evidence.ActSettingsChanged, "storage", nil)
	})
}

// settingSetUp is where the first set-up stands.
const settingSetUp = "setup.step"

// SetUpStep returns the step at which the first set-up goes on, "" where it is
// done or was never begun.
func (a *App) SetUpStep() string {
	step := ""
	// One that cannot be read now is asked for at the next start.
	_ = a.d.Store.View(context.Background(), func(tx Tx) (err error) {
		step, _, err = tx.Setting(settingSetUp)
		return err
	})
	return step
}

// SetSetUpStep remembers at which step the first set-up goes on; "" ends it.
func (a *App) SetSetUpStep(ctx context.Context, step string) error {
	return a.d.Store.Update(ctx, func(tx Tx) error { return tx.SetSetting(settingSetUp, step) })
}

// What a search for places looks at, and how many it proposes.
const (
	guessObjects = 5000
	guessPlaces  = 6
	guessLeast   = 2 // orders that a place must fit to be proposed
)

// errEnough ends a listing of which enough was seen.
var errEnough = errors.New("enough was seen")

// GuessPlaces proposes where the photos are: folders of the storages that are
// called as orders are. It looks at a part of each storage; nothing is kept.
func (a *App) GuessPlaces(ctx context.Context) ([]plan.Locator, error) {
	numbers := map[string]bool{}
	if err := a.d.Store.View(ctx, func(tx Tx) error {
		return tx.EachOrder(func(o order.Order) error {
			numbers[o.Number] = o.Number != ""
			return nil
		})
	}); err != nil {
		return nil, err
	}
	var out []plan.Locator
	var failed error
	for _, name := range a.StorageNames() {
		ls, err := guessIn(ctx, name, a.d.Storages[name], numbers)
		// One that is away must not keep the others from being proposed.
		failed = errors.Join(failed, err)
		out = append(out, ls...)
	}
	if len(out) > 0 {
		failed = nil
	}
	return out, failed
}

func guessIn(ctx context.Context, name string, s plan.Lister, numbers map[string]bool) ([]plan.Locator, error) {
	fits := map[string]map[string]bool{} // "uploads/{order}/" → orders
	seen := 0
	err := s.List(ctx, "", func(o plan.Object) error {
		if seen++; seen > guessObjects {
			return errEnough
		}
		parts := strings.Split(o.Key, "/")
		for i, p := range parts[:len(parts)-1] {
			if numbers[p] {
				key := strings.Join(append(slices.Clone(parts[:i]), "{order}", ""), "/")
				if fits[key] == nil {
					fits[key] = map[string]bool{}
				}
				fits[key][p] = true
				break
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	var out []plan.Locator
	for key, orders := range fits {
		l := plan.Locator{Storage: name, Holds: holdsOf(key), Key: key}
		if (len(orders) >= guessLeast || len(numbers) < guessLeast) && l.Validate() == nil {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y plan.Locator) int {
		if n := len(fits[y.Key]) - len(fits[x.Key]); n != 0 {
			return n
		}
		return strings.Compare(x.Key, y.Key)
	})
	return out[:min(len(out), guessPlaces)], nil
}

// holdsOf tells by the name of a folder what it may hold; she can change it.
func holdsOf(key string) plan.Holds {
	low := strings.ToLower(key)
	for _, w := range []string{"portrait", "face", "avatar"} {
		if strings.Contains(low, w) {
			return plan.Portrait
		}
	}
	for _, w := range []string{"print", "impression", "pdf", "preview", "thumb", "render", "derived"} {
		if strings.Contains(low, w) {
			return plan.Derived
		}
	}
	return plan.Photo
}

// TakenMail is what became of a mail that was handed in as a file.
type TakenMail struct {
	ID   int64 // of the message
	Case int64 // that it belongs to, 0 for none
	Kind request.Kind
	New  bool // false where it was known already
}

// TakeMail reads a mail from a file, and judges and files it as one that came
// to the mailbox. Nothing vouches for its sender. It counts as received when it
// says that it was sent, which can only make the time to answer shorter (GDPR
// Art. 12(3)); a date that is missing or to come counts as now.
func (a *App) TakeMail(ctx context.Context, path string) (TakenMail, error) {
	if a.d.ReadMail == nil {
		return TakenMail{}, ErrNoMailFile
	}
	m, err := a.d.ReadMail(path)
	if err != nil {
		return TakenMail{}, err
	}
	m.ReceivedAt = m.SentAt
	if now := a.now(); m.SentAt.IsZero() || m.SentAt.After(now) {
		m.ReceivedAt = now
	}
	var taken TakenMail
	err = a.update(ctx, func(tx Tx) error {
		judge, err := a.judge(tx)
		if err != nil {
			return err
		}
		f := &mailFiler{a: a, judge: judge}
		j := f.read(ctx, m)
		var out SyncReport
		on := filing{own: mailbox.NormEmail(a.controller(tx).Email), orders: tx.Orders, letters: func() (letterBook, error) { return newLetterBook(tx) }}
		if err := a.takeIn(tx, j, &on, &out); err != nil {
			return err
		}
		id, _, err := tx.PutMessage(j) // its number: it is there now
		if err != nil {
			return err
		}
		kept, err := tx.Message(id)
		if err != nil {
			return fmt.Errorf("read the mail that was handed in: %w", err)
		}
		taken = TakenMail{ID: id, Case: kept.Case, Kind: kept.Verdict.Kind, New: out.Messages > 0}
		return a.journal(tx, owner, evidence.ActSyncMail, "file", map[string]int{"new": out.Messages, "requests": out.Requests, "to check": out.ToCheck})
	})
	return taken, err
}

const (
	kindSetUp   = "setup" // sealed: what was typed in and not kept yet
	recordDraft = "draft"
)

// SetUpDraft is what she typed in of a shop and of a storage and did not keep
// yet, without any key.
type SetUpDraft struct {
	Shop    *ShopSetup    `json:"shop,omitempty"`
	Storage *StorageSetup `json:"storage,omitempty"`
}

// SetUpDraft returns what is typed in so far.
func (a *App) SetUpDraft(ctx context.Context) (d SetUpDraft, err error) {
	ds, err := list[SetUpDraft](ctx, a, kindSetUp)
	if err == nil && len(ds) > 0 {
		d = ds[0]
	}
	return d, err
}

// KeepSetUpDraft keeps what is typed in so far; nothing of it counts yet.
func (a *App) KeepSetUpDraft(ctx context.Context, d SetUpDraft) error {
	return a.d.Store.Update(ctx, func(tx Tx) error {
		if d == (SetUpDraft{}) {
			return tx.DeleteRecord(kindSetUp, recordDraft)
		}
		return putRecord(tx, kindSetUp, recordDraft, d, a.now())
	})
}
