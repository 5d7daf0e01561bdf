// Package guard keeps a fault of the program, met over words that a stranger
// wrote, from ending the program and from telling what the words were.
package guard

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// ErrFault says that the program itself failed over what it was given.
var ErrFault = errors.New("the program met a fault of its own")

// Run runs f; a panic in it is an ErrFault that tells its kind and its place. The
// words of the panic are left out: they may hold what a mail or an order says.
// What ends every program, as two goroutines that write one map, is not caught.
func Run(f func() error) (err error) {
	defer Catch(&err)
	return f()
}

// Catch makes an error of a panic. Call it deferred, with the address of the
// error to be returned.
func Catch(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %s", ErrFault, where(r))
	}
}

// where tells the kind of a fault and the function in which it happened.
func where(fault any) string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%T in %s, line %d", fault, f.Function, f.Line)
		}
		if !more {
			return fmt.Sprintf("%T", fault)
		}
	}
}
