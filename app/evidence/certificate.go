package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"greffier/app/erasure"
	"greffier/app/law"
	"greffier/app/plan"
)

// VerifiedByListing says how an object was found to be gone: a fresh listing of
// all versions, delete markers and unfinished uploads no longer had it, nor
// anything new in its place.
const VerifiedByListing = "listing"

// VerifiedByLook says that, beside the listing, each object was looked at
// directly, by its key and version, and not found that way either.
const VerifiedByLook = "listing and direct look"

// Item is one object on a certificate: a file of a storage, or a field of a
// shop's record.
type Item struct {
	Storage   string    `json:"storage"`
	Key       string    `json:"key"` // hostile text
	Version   string    `json:"version"`
	Kind      string    `json:"kind"`  // version, delete marker, unfinished upload, field
	Holds     string    `json:"holds"` // photo, portrait, derived; of a field: reference, contact, invoice, account
	Order     string    `json:"order"`
	SizeBytes int64     `json:"size_bytes"`
	At        time.Time `json:"at"`                 // when it was found to be gone, or last looked at; UTC
	Verified  string    `json:"verified,omitempty"` // how; "" for what is left
	Status    string    `json:"status"`             // gone, retained, failed, pending, tried
	Reason    string    `json:"reason,omitempty"`   // of what is left
}

// StorageSum is what was erased in one storage, or in one shop.
type StorageSum struct {
	Storage   string `json:"storage"`
	Objects   int    `json:"objects"` // files, and fields of records
	Records   int    `json:"records"` // how many of them are fields of a shop's records
	SizeBytes int64  `json:"size_bytes"`
}

// Certificate is everything that a certificate of erasure prints, made from the
// record of a run and nothing else. It certifies an erasure only while State is
// "complete"; otherwise it states what is left and why.
type Certificate struct {
	Run         int64        `json:"run"`
	State       string       `json:"state"` // complete, partial, refused, running
	Reason      string       `json:"reason,omitempty"`
	Case        int64        `json:"case,omitempty"`
	Rule        string       `json:"rule,omitempty"`
	Person      bool         `json:"person"` // the person was meant, not only the media
	Part        bool         `json:"part"`   // the plan was narrowed to a part of the orders: it says nothing of the rest of them
	Orders      []string     `json:"orders"` // numbers
	By          string       `json:"by"`
	PlanHash    string       `json:"plan_hash"`
	StartedAt   time.Time    `json:"started_at"`
	EndedAt     time.Time    `json:"ended_at"`
	BeforeHash  string       `json:"before_hash"` // of the listing before
	AfterHash   string       `json:"after_hash"`  // of the listing after
	Storages    []StorageSum `json:"storages"`
	Erased      []Item       `json:"erased"`
	Left        []Item       `json:"left"`
	Restrict    []plan.Held  `json:"restrict"`
	Keep        []plan.Kept  `json:"keep"`
	SizeBytes   int64        `json:"size_bytes"` // erased
	Looked      int          `json:"looked"`     // objects that were looked at directly, beside the listing
	Tries       int          `json:"tries"`      // how often what was left was tried again by itself
	CheckAgain  law.Date     `json:"check_again"`
	JournalHead string       `json:"journal_head"` // hash of the journal's last entry when this was made
	MadeAt      time.Time    `json:"made_at"`
}

// NewCertificate makes the certificate of a run from its record and steps. head
// is the journal's head at that moment.
func NewCertificate(r erasure.Record, steps []erasure.Step, head string, madeAt time.Time) Certificate {
	c := Certificate{
		Run: r.ID, State: r.State.String(), Reason: r.Reason, Case: r.Scope.Case, Rule: r.Scope.Rule, Person: r.Scope.Person, Part: len(r.Scope.Only) > 0,
		Orders: []string{}, By: r.By, PlanHash: r.PlanHash, StartedAt: r.StartedAt.UTC(), EndedAt: r.EndedAt.UTC(), BeforeHash: r.BeforeHash, AfterHash: r.AfterHash,
		Storages: []StorageSum{}, Erased: []Item{}, Left: []Item{}, Restrict: append([]plan.Held{}, r.Restrict...), Keep: append([]plan.Kept{}, r.Keep...),
		Looked: r.Looked, Tries: r.Tries, CheckAgain: r.CheckAgain, JournalHead: head, MadeAt: madeAt.UTC(),
	}
	sums := map[string]*StorageSum{}
	steps = slices.Clone(steps)
	slices.SortFunc(steps, func(a, b erasure.Step) int { return cmp.Compare(a.N, b.N) })
	for _, s := range steps {
		o := s.Object
		c.Orders = append(c.Orders, o.Number)
		i := Item{Storage: o.Storage, Key: o.Key, Version: o.Version, Kind: o.Kind.String(), Holds: string(o.Holds), Order: o.Number,
			SizeBytes: o.SizeBytes, At: s.At.UTC(), Status: s.Status.String(), Reason: s.Reason}
		if s.Status != erasure.Gone {
			c.Left = append(c.Left, i)
			continue
		}
		// The record counts direct looks; only where they were made at everything
		// is it known that this object was among them.
		if i.Verified = VerifiedByListing; r.Looked >= len(steps) {
			i.Verified = VerifiedByLook
		}
		c.Erased = append(c.Erased, i)
		c.SizeBytes += o.SizeBytes
		if sums[o.Storage] == nil {
			sums[o.Storage] = &StorageSum{Storage: o.Storage}
		}
		sums[o.Storage].Objects++
		if o.Kind == plan.Field {
			sums[o.Storage].Records++
		}
		sums[o.Storage].SizeBytes += o.SizeBytes
	}
	// A record that says complete while a step is left would be a lie on paper.
	if len(c.Left) > 0 && r.State == erasure.Complete {
		c.State = erasure.Partial.String()
	}
	for _, h := range r.Restrict {
		c.Orders = append(c.Orders, h.Order)
	}
	slices.Sort(c.Orders)
	c.Orders = slices.DeleteFunc(slices.Compact(c.Orders), func(n string) bool { return n == "" })
	for _, s := range sums {
		c.Storages = append(c.Storages, *s)
	}
	slices.SortFunc(c.Storages, func(a, b StorageSum) int { return cmp.Compare(a.Storage, b.Storage) })
	return c
}

// Hash returns the SHA-256 of the certificate's JSON, in hexadecimal, for the
// journal: a printed certificate can be held against it.
func (c Certificate) Hash() (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
