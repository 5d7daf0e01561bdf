package erasure

import (
	"context"
	"errors"
	"io"
	"time"

	"greffier/app/law"
	"greffier/app/plan"
)

// Storage is a storage that can erase. Erase removes exactly that version,
// marker or unfinished upload; removing what is already gone is success.
// Check tells whether the storage is reachable and is what the profile says
// it is (a missing bucket or folder is ErrNotThere, never an empty listing).
type Storage interface {
	plan.Lister
	Check(ctx context.Context) (Abilities, error)
	Erase(ctx context.Context, o plan.Object) error
}

// Batcher is a Storage that erases many objects in one call. It returns one
// error per object, nil for those that were erased, in the order given.
type Batcher interface {
	EraseMany(ctx context.Context, os []plan.Object) []error
}

// Looker is a Storage that can look at one object directly, another way than
// by a listing: by its key and version. An error means that it cannot be told.
// Look is called for several objects at the same time.
type Looker interface {
	Look(ctx context.Context, o plan.Object) (there bool, err error)
}

// Opener is a Storage whose objects can be read. Open returns the content of
// exactly that version, as it was listed; the reader has to be closed. It gives
// SizeBytes bytes and then io.EOF, or an error: ErrGone where the object is no
// longer there, ErrChanged where something else lies there by now or the
// content is not as long as listed, ErrNoContent for what is no content at all
// (a delete marker, an unfinished upload, a link, a device). What was read
// before an error is worth nothing.
type Opener interface {
	Open(ctx context.Context, o plan.Object) (io.ReadCloser, error)
}

// Locker is a Storage that can keep an object from being removed by anybody,
// without end, until it is unlocked: a legal hold. CanLock tells whether this
// storage, as it is set up, can. Lock and Unlock of what is so already are
// success; an object that is gone is ErrChanged for Lock and success for Unlock.
type Locker interface {
	CanLock(ctx context.Context) (bool, error)
	Locked(ctx context.Context, o plan.Object) (bool, error)
	Lock(ctx context.Context, o plan.Object) error
	Unlock(ctx context.Context, o plan.Object) error
}

// Desk is a shop whose records a run can erase.
type Desk interface {
	plan.Desk
	Storage
}

// Guard is a Ledger that knows what must not be erased any more. It is asked
// before each call to a storage, for exactly the steps of that call: a hold
// placed while a run is under way still counts, and one that was lifted is
// asked for no more. Held returns for each of the steps why it has to stay, ""
// where it may go; the reason is for the ledger itself and does not go into the
// step. An error stops the run, which can be resumed.
type Guard interface {
	Held(ctx context.Context, run Record, steps []Step) ([]string, error)
}

// Abilities says what a storage can do and prove.
type Abilities struct {
	Versions  bool   `json:"versions"`  // keeps old versions (also while suspended)
	CanProve  bool   `json:"can_prove"` // a fresh listing proves absence
	Described string `json:"described"` // short, for the settings page: "S3, versioning enabled"
	// AtOnce is how many calls the storage takes at the same time; 0 leaves it
	// to the run: one batch of a Batcher, one record of a shop, four objects
	// elsewhere.
	AtOnce int `json:"at_once,omitempty"`
}

var (
	// ErrNotThere says that the bucket or root folder itself is missing.
	ErrNotThere = errors.New("the storage is not there")
	// ErrOffline says that the storage cannot be reached.
	ErrOffline = errors.New("the storage cannot be reached")
	// ErrDenied says that the storage refuses the access key or the act.
	ErrDenied = errors.New("the storage refuses access")
	// ErrLocked says that the storage keeps the object under a lock or legal hold.
	ErrLocked = errors.New("the object is locked by the storage")
	// ErrRunning says that an erasure is already under way on this profile.
	ErrRunning = errors.New("an erasure is already running")
	// ErrUnknownStorage says that a step names a storage that the profile does not have.
	ErrUnknownStorage = errors.New("the storage is not in the profile")
)

// LockedError tells until when the storage keeps an object; Until is zero when
// the storage does not say. It matches ErrLocked.
type LockedError struct{ Until time.Time }

// Error implements error.
func (e *LockedError) Error() string {
	if e.Until.IsZero() {
		return ErrLocked.Error()
	}
	return ErrLocked.Error() + " until " + e.Until.UTC().Format(time.RFC3339)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Status is where one step stands. The zero value is the cautious one.
type Status int

// The statuses of a step.
const (
	Pending  Status = iota // written, not yet tried
	Tried                  // the storage was asked; not yet looked at again
	Gone                   // a fresh listing no longer finds it
	Retained               // the storage keeps it (lock, legal hold)
	Failed                 // tried, and still there or not to be verified
)

// String returns the word used in records and JSON.
func (s Status) String() string {
	return [...]string{"pending", "tried", "gone", "retained", "failed"}[s]
}

// Step is one object of a run.
type Step struct {
	N      int        `json:"n"` // place in the plan, from 0
	Object plan.Found `json:"object"`
	Status Status     `json:"status"`
	Reason string     `json:"reason,omitempty"` // why it is left, in plain English without personal data
	At     time.Time  `json:"at"`               // last change, UTC
}

// State is how a run stands. The zero value is the cautious one.
type State int

// The states of a run. It is never Complete while one step is not Gone.
const (
	Running  State = iota // under way, or cut off: it can be resumed
	Complete              // every step is gone, verified by a fresh listing
	Partial               // something is left
	Refused               // nothing was touched
)

// String returns the word used in records and JSON.
func (s State) String() string {
	return [...]string{"running", "complete", "partial", "refused"}[s]
}

// Record is a run as the ledger keeps it.
type Record struct {
	ID          int64       `json:"id"`
	Scope       plan.Scope  `json:"scope"`
	PlanHash    string      `json:"plan_hash"`
	By          string      `json:"by"`
	State       State       `json:"state"`
	Reason      string      `json:"reason,omitempty"` // of a refusal
	StartedAt   time.Time   `json:"started_at"`
	EndedAt     time.Time   `json:"ended_at"`
	Restrict    []plan.Held `json:"restrict"`
	Keep        []plan.Kept `json:"keep"`
	BeforeHash  string      `json:"before_hash"` // of the listing before the first delete
	AfterHash   string      `json:"after_hash"`  // of the listing after the last one
	Erased      int         `json:"erased"`
	Left        int         `json:"left"`
	ErasedBytes int64       `json:"erased_bytes"`
	CheckAgain  law.Date    `json:"check_again"` // when a later look is due
	Looked      int         `json:"looked"`      // objects that were looked at directly, beside the listing
	Tries       int         `json:"tries"`       // how often what is left was tried again by itself since the owner last did
	RetryAt     time.Time   `json:"retry_at"`    // when it is tried again, UTC; zero when it waits for the owner (see RetryAfter)
}

// Ledger is the write-ahead record of runs. Each call is one committed
// transaction that includes its journal entry.
type Ledger interface {
	// Begin writes the run and all its steps as pending before anything is
	// touched, and returns its number. ErrRunning when another run is open.
	Begin(ctx context.Context, r Record, steps []Step) (int64, error)
	// Mark writes the new status of some steps of a run.
	Mark(ctx context.Context, run int64, steps []Step) error
	// Finish writes the end of a run.
	Finish(ctx context.Context, r Record) error
	// Unfinished returns the runs that were begun and not finished, with their steps.
	Unfinished(ctx context.Context) ([]Record, map[int64][]Step, error)
}

var (
	// ErrChanged says that what lies at the key is no longer what was listed:
	// it is not what was confirmed, so it is not erased.
	ErrChanged = errors.New("the object has changed since it was listed")
	// ErrGone says that an object that is to be read is no longer there.
	ErrGone = errors.New("the object is no longer there")
	// ErrNoContent says that what is listed is nothing that can be read: a link,
	// a device, a delete marker, an unfinished upload.
	ErrNoContent = errors.New("the object is no file that can be read")
	// ErrNoWay says that the shop offers no way to erase this.
	ErrNoWay = errors.New("the shop offers no way to erase this")
	// ErrElsewhere says that the same content has another name on the storage,
	// so that removing this one would not erase it.
	ErrElsewhere = errors.New("the same content lies at another place of the storage")
)
