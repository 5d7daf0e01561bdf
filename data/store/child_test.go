package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"greffier/app/request"
	"greffier/data/store"
)

// childEnv makes the test program a child that does one of children.
const childEnv = "GREFFIER_STORE_TEST_CHILD"

var children = map[string]func(dir string) error{"write": childWrites, "hold": childHolds}

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		if err := children[what](os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child starts the test program as a child on the store in dir.
func child(tb testing.TB, what, dir string) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Scanner) {
	tb.Helper()
	self, err := os.Executable()
	must(tb, err)
	cmd = exec.CommandContext(tb.Context(), self, dir)
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	cmd.Stderr = os.Stderr
	in, err = cmd.StdinPipe()
	must(tb, err)
	pipe, err := cmd.StdoutPipe()
	must(tb, err)
	must(tb, cmd.Start())
	return cmd, in, bufio.NewScanner(pipe)
}

// childWrites writes without end, one line of output for each transaction that
// was committed: an order, a mail and a journal entry each, and now and then a
// forgotten order and a folded log.
func childWrites(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, dir, keys, now)
	if err != nil {
		return err
	}
	for {
		var id int64
		err := s.Update(ctx, func(tx *store.Tx) error {
			seq, _, err := tx.Head()
			if err != nil {
				return err
			}
			ref := fmt.Sprint(seq + 1)
			if id, _, _, err = tx.PutOrder(anOrder(ref, "client"+ref+"@example.org", "Anouk", "uploads/"+ref+".jpg")); err != nil {
				return err
			}
			if _, _, err = tx.PutMessage(aMail("m"+ref, "client"+ref+"@example.org", "s", "t", request.Request)); err != nil {
				return err
			}
			_, err = tx.Append(anEntry(int(seq)))
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(id)
		if id%7 == 0 {
			if err := s.Update(ctx, func(tx *store.Tx) error { _, err := tx.ForgetOrder(id-3, day, 1); return err }); err != nil {
				return err
			}
			if err := s.Scrub(ctx); err != nil {
				return err
			}
		}
	}
}

// childHolds keeps a writing transaction open until its input ends.
func childHolds(dir string) error {
	s, err := store.Open(context.Background(), dir, keys, now)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Update(context.Background(), func(tx *store.Tx) error {
		if err := tx.SetSetting("held", "by the child"); err != nil {
			return err
		}
		fmt.Println("held")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
}
