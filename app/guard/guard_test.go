package guard

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAFaultTellsWhereAndNotWhom(t *testing.T) {
	words := []byte("zelie@example.org")
	for name, f := range map[string]func() error{
		"words":           func() error { panic("no such customer: " + string(words)) },
		"an error":        func() error { panic(fmt.Errorf("of %s", words)) },
		"beyond an index": func() error { _ = words[len(words)+3]; return nil },
		"nothing there":   func() error { var p *struct{ n int }; p.n++; return nil },
		"in another call": func() error { return errors.New(strings.Repeat("x", -len(words))) },
	} {
		err := Run(f)
		if !errors.Is(err, ErrFault) || strings.Contains(err.Error(), "zelie") || !strings.Contains(err.Error(), " in ") || !strings.Contains(err.Error(), ", line ") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "in another call" && !strings.Contains(err.Error(), "greffier/app/guard.TestAFault") {
			t.Errorf("%s: the place is another one: %v", name, err)
		}
	}
	own := errors.New("its own")
	if err := Run(func() error { return own }); err != own {
		t.Error(err)
	}
	if err := Run(func() error { return nil }); err != nil {
		t.Error(err)
	}
}
