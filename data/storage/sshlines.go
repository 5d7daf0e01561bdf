package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"greffier/app/erasure"
)

const (
	maxLines    = 8               // connections to one server
	callTimeout = 2 * time.Minute // of one call; a folder is read in one
)

// sshLines are the connections to one server. They are made when they are
// needed, and again when one was lost.
type sshLines struct {
	dial  func(context.Context) (*sshLine, error)
	slots []*slot

	mu sync.Mutex // guards the counts of the slots
}

// slot is the place of one connection.
type slot struct {
	users int       // calls under way
	turn  chan bool // holds one while nobody looks at or makes the connection
	line  *sftpLine
}

// sftpLine is a connection on which SFTP is spoken.
type sftpLine struct {
	*sshLine
	client *sftp.Client
}

func (l *sftpLine) close() {
	l.net.Close() // first: the others wait for an answer of the server
	l.ssh.Close()
	l.client.Close()
}

func newSSHLines(n int, dial func(context.Context) (*sshLine, error)) *sshLines {
	l := &sshLines{dial: dial}
	for range n {
		s := &slot{turn: make(chan bool, 1)}
		s.turn <- true
		l.slots = append(l.slots, s)
	}
	return l
}

// do calls f with a connection. Where it breaks off, f is called once more with
// a new one: f must bear that. A cancel closes the connection, since the
// protocol cannot call a call back. Answers of the server are returned as they
// are; a connection that cannot be kept is ErrOffline.
func (l *sshLines) do(ctx context.Context, f func(*sftp.Client) error) error {
	s := l.take()
	defer l.leave(s)
	for try := 0; ; try++ {
		line, err := l.open(ctx, s)
		if err != nil {
			return err
		}
		timed, cancel := context.WithTimeout(ctx, callTimeout)
		stop := context.AfterFunc(timed, func() { line.net.Close() })
		err = f(line.client)
		whole := stop()
		cancel()
		if !whole {
			l.drop(s, line)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !whole {
			return fmt.Errorf("the server does not answer: %w", erasure.ErrOffline)
		}
		if err == nil || isAnswer(err) || errors.Is(err, ErrUnclear) || errors.Is(err, erasure.ErrDenied) {
			return err
		}
		l.drop(s, line)
		if try > 0 {
			return fmt.Errorf("the connection breaks off: %w", erasure.ErrOffline)
		}
	}
}

// take returns the slot with the fewest calls under way.
func (l *sshLines) take() *slot {
	l.mu.Lock()
	defer l.mu.Unlock()
	best := l.slots[0]
	for _, s := range l.slots[1:] {
		if s.users < best.users {
			best = s
		}
	}
	best.users++
	return best
}

func (l *sshLines) leave(s *slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.users--
}

// open returns the connection of a slot and makes it where there is none.
func (l *sshLines) open(ctx context.Context, s *slot) (*sftpLine, error) {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { s.turn <- true }()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.line != nil {
		return s.line, nil
	}
	line, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(timed, func() { line.net.Close() })
	client, err := sftp.NewClient(line.ssh)
	if whole := stop(); err != nil || !whole {
		line.net.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !whole {
			return nil, fmt.Errorf("begin to speak SFTP: %w", erasure.ErrOffline)
		}
		return nil, fmt.Errorf("begin to speak SFTP: %w", ErrUnclear)
	}
	s.line = &sftpLine{line, client}
	return s.line, nil
}

// drop forgets a connection that is no good any more.
func (l *sshLines) drop(s *slot, line *sftpLine) {
	<-s.turn
	if s.line == line {
		s.line = nil
	}
	s.turn <- true
	line.close()
}

func (l *sshLines) close() {
	for _, s := range l.slots {
		<-s.turn
		line := s.line
		s.line = nil
		s.turn <- true
		if line != nil {
			line.close()
		}
	}
}
