package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"greffier/app/law"
)

// ErrDefaults says that a policy profile cannot be read, or contradicts itself.
var ErrDefaults = errors.New("the policy profile is not usable")

// Defaults is a policy profile: what a new profile starts from.
type Defaults struct {
	Activities []Activity
	Processors []Processor
	Rules      []Rule
	Trackers   []Tracker
	Policies   []PolicyVersion
}

// SHA256 returns the hash of a policy's text in hexadecimal.
func SHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ParseDefaults reads a policy profile, and the text of the policy version that
// it announces. It returns ErrDefaults when a key is unknown or misspelt, when
// an id stands twice, or when an activity names a recipient or a retention rule
// that the profile does not have.
func ParseDefaults(profile []byte, policyText string) (Defaults, error) {
	var file struct {
		Policy struct {
			ID     string   `toml:"id"`
			From   law.Date `toml:"from"`
			Change string   `toml:"change"`
		} `toml:"policy"`
		Activity  []Activity  `toml:"activity"`
		Processor []Processor `toml:"processor"`
		Rule      []Rule      `toml:"rule"`
		Tracker   []Tracker   `toml:"tracker"`
	}
	if err := toml.NewDecoder(bytes.NewReader(profile)).DisallowUnknownFields().Decode(&file); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) && len(strict.Errors) > 0 {
			row, _ := strict.Errors[0].Position()
			return Defaults{}, fmt.Errorf("read the policy profile: line %d has an unknown key: %w", row, ErrDefaults)
		}
		return Defaults{}, fmt.Errorf("read the policy profile: %w: %w", err, ErrDefaults)
	}
	d := Defaults{Activities: file.Activity, Processors: file.Processor, Rules: file.Rule, Trackers: file.Tracker}
	if err := d.check(); err != nil {
		return Defaults{}, err
	}
	if file.Policy.From.IsZero() || file.Policy.ID == "" {
		return Defaults{}, fmt.Errorf("read the policy profile: the policy has no id or no date: %w", ErrDefaults)
	}
	d.Policies = []PolicyVersion{{
		ID: file.Policy.ID, From: file.Policy.From, Change: file.Policy.Change, Text: policyText, SHA256: SHA256(policyText),
	}}
	return d, nil
}

// check keeps the parts of a profile consistent with each other.
func (d Defaults) check() error {
	processors, rules, activities := map[string]bool{}, map[string]bool{}, map[string]bool{}
	once := func(seen map[string]bool, kind, id string) error {
		if id == "" || seen[id] {
			return fmt.Errorf("check the policy profile: %s %q is unnamed or stands twice: %w", kind, id, ErrDefaults)
		}
		seen[id] = true
		return nil
	}
	for _, x := range d.Processors {
		if err := once(processors, "processor", x.ID); err != nil {
			return err
		}
	}
	for _, x := range d.Rules {
		if err := once(rules, "rule", x.ID); err != nil {
			return err
		}
		if _, err := law.ParsePeriod(x.Period); x.Period != "" && err != nil {
			return fmt.Errorf("check the policy profile: rule %q: %w: %w", x.ID, err, ErrDefaults)
		}
	}
	for _, x := range d.Activities {
		if err := once(activities, "activity", x.ID); err != nil {
			return err
		}
		for _, r := range x.Recipients {
			if !processors[r] {
				return fmt.Errorf("check the policy profile: activity %q names the unknown recipient %q: %w", x.ID, r, ErrDefaults)
			}
		}
		for _, c := range x.Data {
			if c.Rule != "" && !rules[c.Rule] {
				return fmt.Errorf("check the policy profile: activity %q names the unknown rule %q: %w", x.ID, c.Rule, ErrDefaults)
			}
		}
	}
	return nil
}
