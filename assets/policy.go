package assets

import _ "embed" // the profile and the policy are files of this package

// DefaultPolicyTOML is the policy profile that a new profile starts from: the
// processing activities, the providers to be named, the retention rules and the
// trackers that the shop's policy speaks of. register.ParseDefaults reads it.
//
//go:embed policy/default.toml
var DefaultPolicyTOML []byte

// SeedPolicyText is the text of the first version of the privacy policy, as the
// shop published it on 2 January 2026.
//
//go:embed policy/policy-2026-01-02.txt
var SeedPolicyText string
