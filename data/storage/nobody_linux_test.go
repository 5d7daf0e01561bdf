package storage_test

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// asNobody calls f without the rights of the system's administrator, so that
// permissions count wherever the tests run. The rights are those of a thread
// here: it is locked, and ends with its goroutine.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); e != 0 {
			t.Errorf("become nobody: %v", e)
			return
		}
		f()
	}()
	<-done
}
