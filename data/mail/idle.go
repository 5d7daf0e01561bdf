package mail

import (
	"context"
	"io"
	"time"

	"greffier/app/guard"
	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// How often Watch looks by itself.
const (
	// pollEvery is where the server has no IDLE.
	pollEvery = 2 * time.Minute
	// lookEvery is for the folders besides the inbox, the spam folder among
	// them: IDLE tells of one folder only. The same pause ends each IDLE, well
	// within the 29 minutes after which a server may hang up (RFC 2177), and
	// shows within minutes a connection that a sleeping laptop has lost.
	lookEvery = 5 * time.Minute
	// settleFor is how long after the start of an IDLE it is seen whether the
	// server told of something together with its consent.
	settleFor = time.Second
)

// idles tells whether the server has IDLE.
func (s *session) idles() bool {
	caps := s.c.Caps()
	return caps.Has(imap.CapIdle) || caps.Has(imap.CapIMAP4rev2)
}

// Watch implements mailbox.Watcher over a connection of its own, on which
// nothing but EXAMINE, IDLE and STATUS is said. It calls changed once when it
// begins, since mail may have come in while nobody watched, and never twice at
// the same time; what comes in during a call is told by one more. Errors are
// those of Fetch; a connection that ends is ErrUnreachable.
func (b *Box) Watch(ctx context.Context, changed func()) error {
	s, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := s.folders()
	if err != nil {
		return err
	}
	idle := s.idles()
	wanted, _ := b.choose(all)
	tell := make(chan struct{}, 1)
	defer close(tell)
	go func() {
		for range tell {
			_ = guard.Run(func() error { changed(); return nil }) // the next news is told all the same
		}
	}()
	say := func() {
		select {
		case tell <- struct{}{}:
		default: // one is waiting to be told already
		}
	}
	pause := b.poll
	if idle {
		pause = b.look
	}
	// The silence of a quiet mailbox is no broken connection.
	s.line.silence.Store(int64(pause + 2*b.cfg.Timeout))

	seen := map[string]mailbox.Cursor{}
	for first := true; ; first = false {
		news, err := s.news(wanted, idle, seen)
		if err != nil {
			return err
		}
		if idle {
			err = s.idle(pause, seen, news || first, say)
		} else {
			if news || first {
				say()
			}
			err = s.rest(ctx, pause)
		}
		if err != nil {
			return err
		}
	}
}

// news asks for the state of folders and tells whether one may have more than
// when it was last asked for. The inbox is left out where it is open for IDLE
// (RFC 9051, 6.3.11).
func (s *session) news(folders []folder, idle bool, seen map[string]mailbox.Cursor) (bool, error) {
	s.line.fresh()
	asked := make([]*imapclient.StatusCommand, len(folders))
	for i, f := range folders {
		if !idle || f.kind != mailbox.FolderInbox {
			asked[i] = s.c.Status(f.name, &imap.StatusOptions{UIDNext: true, UIDValidity: true})
		}
	}
	news := false
	for i, f := range folders {
		if asked[i] == nil {
			continue
		}
		st, err := asked[i].Wait()
		if s.broken() {
			return false, s.fail("watch folders", io.ErrUnexpectedEOF)
		}
		if err != nil {
			continue // Fetch tells which folder cannot be read
		}
		now := mailbox.Cursor{UIDValidity: st.UIDValidity, UIDNext: uint32(st.UIDNext)}
		news = news || seen[f.name] != now
		seen[f.name] = now
	}
	return news, nil
}

// rest waits for the time to ask again, or for the end of the connection.
func (s *session) rest(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.c.Closed():
		return s.fail("watch folders", io.ErrUnexpectedEOF)
	}
}

// idle waits in IDLE on the inbox, and says when its messages changed, also
// since it was last seen. News that are known already are told when the inbox is
// open: who then reads it misses nothing that comes later. It ends after the
// pause.
func (s *session) idle(pause time.Duration, seen map[string]mailbox.Cursor, news bool, say func()) error {
	// EXAMINE: a connection that only watches must not take the \Recent flags.
	sel, err := s.c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return s.fail("open the inbox", err)
	}
	// The client library puts a new value in the place of this one with each
	// change that the server tells.
	before := s.c.Mailbox()
	now := mailbox.Cursor{UIDValidity: sel.UIDValidity, UIDNext: uint32(sel.UIDNext)}
	if news || seen["INBOX"] != now || before != nil && before.NumMessages != sel.NumMessages {
		say()
	}
	seen["INBOX"] = now
	end := time.NewTimer(pause)
	defer end.Stop()
	for {
		s.line.fresh()
		cmd, err := s.c.Idle()
		if err != nil {
			return s.fail("watch the inbox", err)
		}
		// What the server tells together with its consent is decoded at about
		// the same time; what comes later wakes by its bytes.
		select {
		case <-s.line.came:
		default:
		}
		settle := time.NewTimer(settleFor)
		over := false
	wait:
		for {
			select {
			case <-s.line.came:
				break wait
			case <-settle.C:
				if s.c.Mailbox() != before {
					break wait
				}
			case <-end.C:
				over = true
				break wait
			case <-s.c.Closed():
				break wait
			}
		}
		settle.Stop()
		// The answer to the end of IDLE comes after all that was told in it.
		if err := cmd.Close(); err != nil {
			return s.fail("watch the inbox", err)
		}
		if err := cmd.Wait(); err != nil {
			return s.fail("watch the inbox", err)
		}
		if now := s.c.Mailbox(); now != before {
			before = now
			say()
		}
		if over {
			return nil
		}
	}
}
