package promise

import (
	"strings"

	"greffier/app/register"
)

// versionsKept checks P17: each version of the policy is on file as it was
// published, one is in force, and the page on the site is that one.
func versionsKept(in *Input, s *sheet) {
	if len(in.Policies) == 0 {
		s.missing("policy", "promise.p17.none")
	}
	whole := 0
	var current []register.PolicyVersion
	for _, v := range in.Policies {
		good := false
		switch {
		case strings.TrimSpace(v.Text) == "":
			s.broken("policy", "promise.p17.notext", "Version", v.ID)
		case v.SHA256 == "":
			s.missing("policy", "promise.p17.nohash", "Version", v.ID)
		case !strings.EqualFold(v.SHA256, register.SHA256(v.Text)):
			s.broken("policy", "promise.p17.changed", "Version", v.ID)
		default:
			good = true
		}
		if v.From.IsZero() {
			good = false
			s.missing("policy", "promise.p17.nodate", "Version", v.ID)
		}
		if good {
			whole++
		}
		if inForce(v, in) {
			current = append(current, v)
		}
	}
	switch {
	case len(in.Policies) == 0 || len(current) == 1:
	case len(current) == 0:
		s.broken("policy", "promise.p17.nocurrent")
	default:
		s.broken("policy", "promise.p17.several", "N", len(current))
	}
	onTheSite(in, current, s)
	if whole > 0 {
		s.proof(counted(whole, "promise.p17.kept"), "N", whole)
	}
}

// inForce tells whether a version is in force today. On the day on which
// another one begins, the one that ends that day has made room.
func inForce(v register.PolicyVersion, in *Input) bool {
	if v.From.After(in.Today) || !v.Until.IsZero() && v.Until.Before(in.Today) {
		return false
	}
	if v.Until != in.Today {
		return true
	}
	for _, w := range in.Policies {
		if w.From == in.Today && w.ID != v.ID {
			return false
		}
	}
	return true
}
