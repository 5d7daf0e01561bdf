package register_test

import (
	"testing"

	"greffier/app/register"
)

func TestOverseasPartsOfMemberStatesLieWithinTheEEA(t *testing.T) {
	for code, want := range map[string]struct{ outside, known bool }{
		"FR": {false, true}, " re ": {false, true}, "GP": {false, true}, "AX": {false, true},
		"US": {true, true}, "GB": {true, true}, "ZZ": {true, true}, "": {false, false},
	} {
		if outside, known := register.OutsideEEA(code); outside != want.outside || known != want.known {
			t.Errorf("%q: outside %v, known %v; want %v, %v", code, outside, known, want.outside, want.known)
		}
	}
}
