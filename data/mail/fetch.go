package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// The measure of a batch: what is held in memory at once, and what is read
// again after a cut.
const (
	batchMessages = 100
	batchBytes    = 8 << 20
	maxMailBytes  = 32 << 20 // of a message that is read whole
	headBytes     = 2 << 20  // read of a larger one: headers and first part
)

// Fetch implements mailbox.Source. Errors: ErrUnreachable, ErrAuth,
// ErrCertificate, ErrProtocol, ctx.Err(), and the errors of got and done as
// they are. A folder that cannot be read is told by a FolderError after all
// others were read. done is called after each batch, so that a cut costs no
// more than one batch read twice.
func (b *Box) Fetch(ctx context.Context, since []mailbox.Cursor, to mailbox.Reader) error {
	s, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := s.folders()
	if err != nil {
		return err
	}
	wanted, missing := b.choose(all)
	var failed []error
	for _, name := range missing {
		failed = append(failed, &FolderError{Folder: name, Cause: fmt.Errorf("%s: %w: no such folder", b.server, ErrProtocol)})
	}
	known := map[string]mailbox.Cursor{}
	for _, c := range since {
		known[c.Folder] = c
	}

	r := &reader{session: s, got: to.Got, done: to.Done, report: to.Report}
	todo := make([]job, 0, len(wanted))
	for _, f := range wanted {
		j := job{folder: f}
		j.since, j.known = known[f.name]
		j.estimate, j.unchanged = r.estimate(f, j.since, j.known)
		if j.unchanged {
			continue
		}
		if s.broken() {
			return s.fail("look at a folder", io.ErrUnexpectedEOF)
		}
		r.total += j.estimate
		todo = append(todo, j)
	}
	r.tell("")
	for _, j := range todo {
		err := r.folder(j)
		var stopped *stop
		switch {
		case err == nil:
		case errors.As(err, &stopped):
			return stopped.cause
		case s.broken(), s.c.Noop().Wait() != nil:
			return err // the connection is gone, not one folder
		default:
			failed = append(failed, &FolderError{Folder: j.folder.name, Cause: err})
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// stop carries an error of got or done unchanged to the caller of Fetch.
type stop struct{ cause error }

func (e *stop) Error() string { return e.cause.Error() }

// reader reads folders over one session.
type reader struct {
	*session
	got    func(mailbox.Message) error
	done   func(mailbox.Cursor) error
	report func(done, total int, note string)
	count  int // messages handed over
	total  int // messages expected
}

// job is one folder to read.
type job struct {
	folder    folder
	since     mailbox.Cursor
	known     bool
	estimate  int
	unchanged bool
}

func (r *reader) tell(note string) {
	if r.report != nil {
		r.report(r.count, max(r.total, r.count), note)
	}
}

// estimate asks for the state of a folder without opening it: most folders have
// nothing new, and the others say how much there will be.
func (r *reader) estimate(f folder, since mailbox.Cursor, known bool) (messages int, unchanged bool) {
	st, err := r.c.Status(f.name, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
	if err != nil || st.NumMessages == nil || st.UIDNext == 0 || st.UIDValidity == 0 {
		return 0, false // opening it will tell
	}
	n := int(*st.NumMessages)
	if known && since.UIDValidity == st.UIDValidity {
		if since.UIDNext == uint32(st.UIDNext) {
			return 0, true
		}
		if since.UIDNext < uint32(st.UIDNext) {
			n = min(n, int(uint32(st.UIDNext)-since.UIDNext))
		}
	}
	return n, false
}

// meta is what is known of a message before its bytes are read.
type meta struct {
	uid  imap.UID
	size int64
	at   time.Time
}

// folder reads what is new in one folder.
func (r *reader) folder(j job) error {
	// EXAMINE: nothing that follows can change the folder (RFC 9051, 6.3.3).
	sel, err := r.c.Select(j.folder.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return r.fail("open a folder", err)
	}
	cursor := mailbox.Cursor{Folder: j.folder.name, UIDValidity: sel.UIDValidity, UIDNext: 1}
	saved := false // whether the cursor as it stands is known to the caller
	if j.known && j.since.UIDValidity == sel.UIDValidity {
		// A UIDNEXT below what was read means that the server was restored
		// from a backup under the same UIDVALIDITY: read it anew.
		if sel.UIDNext == 0 || j.since.UIDNext <= uint32(sel.UIDNext) {
			cursor.UIDNext, saved = max(j.since.UIDNext, 1), true
		}
	}
	var metas []meta
	if sel.NumMessages > 0 && (sel.UIDNext == 0 || cursor.UIDNext < uint32(sel.UIDNext)) {
		metas, err = r.metas(imap.UID(cursor.UIDNext))
		if err != nil {
			return err
		}
	}
	r.total += len(metas) - j.estimate
	note := cleanLine(j.folder.name, 200)
	r.tell(note)

	for len(metas) > 0 {
		n, size := 0, int64(0)
		for n < len(metas) && n < batchMessages && (n == 0 || size+metas[n].size <= batchBytes) {
			size += metas[n].size
			n++
		}
		batch := metas[:n]
		metas = metas[n:]
		if err := r.batch(j.folder, sel.UIDValidity, batch, note); err != nil {
			return err
		}
		cursor.UIDNext = uint32(batch[n-1].uid) + 1
		if err := r.save(cursor); err != nil {
			return err
		}
		saved = true
	}
	if next := uint32(sel.UIDNext); next > cursor.UIDNext || !saved {
		// What lies between the last message and UIDNEXT is already gone.
		cursor.UIDNext = max(cursor.UIDNext, next)
		return r.save(cursor)
	}
	return nil
}

func (r *reader) save(c mailbox.Cursor) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.done(c); err != nil {
		return &stop{err}
	}
	return nil
}

// metas lists the messages from a UID on, ascending.
func (r *reader) metas(from imap.UID) ([]meta, error) {
	var set imap.UIDSet
	set.AddRange(from, 0) // 0 is "*"
	cmd := r.c.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	var list []meta
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		buf, err := msg.Collect()
		if err != nil {
			break // Close tells why
		}
		// "n:*" also gives the last message where none is new.
		if buf.UID >= from {
			list = append(list, meta{buf.UID, max(buf.RFC822Size, 0), buf.InternalDate})
		}
	}
	var answer *imap.Error
	if err := cmd.Close(); err != nil && (!errors.As(err, &answer) || answer.Type != imap.StatusResponseTypeNo) {
		return nil, r.fail("list messages", err)
	}
	slices.SortFunc(list, func(a, b meta) int { return cmp.Compare(a.uid, b.uid) })
	return slices.CompactFunc(list, func(a, b meta) bool { return a.uid == b.uid }), nil
}

// batch reads and hands over some messages.
func (r *reader) batch(f folder, validity uint32, batch []meta, note string) error {
	large := len(batch) == 1 && batch[0].size > maxMailBytes
	raws, err := r.bodies(batch, large)
	if err != nil {
		return err
	}
	gone, err := r.again(batch, large, raws)
	if err != nil {
		return err
	}
	for _, m := range batch {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if gone[m.uid] {
			r.total--
			continue
		}
		body, ok := raws[m.uid]
		raw := body.raw
		msg := Parse(raw, r.trust)
		msg.Ref = mailbox.Ref{Folder: f.name, UIDValidity: validity, UID: uint32(m.uid)}
		msg.ReceivedAt = Received(raw, m.at, r.trust)
		msg.Junk = f.role == junk
		switch {
		case !ok:
			msg.Problems = []string{"the server could not give this message"}
		case body.cut:
			msg.Problems = append(msg.Problems, fmt.Sprintf("larger than %d MB: only its beginning was read", maxMailBytes>>20))
		}
		if err := r.got(msg); err != nil {
			return &stop{err}
		}
		r.count++
		r.tell(note)
	}
	return nil
}

// body is the bytes of a message, or their beginning.
type body struct {
	raw []byte
	cut bool
}

// bodies reads the bytes of messages, without marking them read. Messages that
// the server does not give are missing in the result; only a broken connection
// is an error.
func (r *reader) bodies(batch []meta, large bool) (map[imap.UID]body, error) {
	raws := make(map[imap.UID]body, len(batch))
	sizes := make(map[imap.UID]int64, len(batch))
	var set imap.UIDSet
	for _, m := range batch {
		set.AddNum(m.uid)
		sizes[m.uid] = m.size
	}
	section := &imap.FetchItemBodySection{Peek: true}
	if large {
		section.Partial = &imap.SectionPartial{Offset: 0, Size: headBytes}
	}
	cmd := r.c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		var uid imap.UID
		var got body
		ok := false
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil {
					continue // NIL: expunged meanwhile
				}
				size := item.Literal.Size()
				if got.cut = large || size > maxMailBytes; got.cut {
					size = min(size, headBytes)
				}
				got.raw = make([]byte, max(size, 0))
				if _, err := io.ReadFull(item.Literal, got.raw); err != nil {
					// The connection broke off. The command must not be
					// touched again: the client library would go on reading
					// the same bytes from two goroutines.
					r.conn.Close()
					return nil, r.fail("read messages", err)
				}
				ok = true
			}
		}
		// Nothing at all for a message that has bytes: the server cannot read
		// it, or it was expunged meanwhile.
		if uid != 0 && ok && (len(got.raw) > 0 || sizes[uid] == 0) {
			raws[uid] = got
		}
	}
	err := cmd.Close()
	var answer *imap.Error
	if err != nil && !errors.As(err, &answer) {
		return nil, r.fail("read messages", err)
	}
	return raws, nil
}

// again looks after messages that the server did not give: those that are gone
// are left out, those that are there are asked for once more, one by one, so
// that one damaged message does not stop the others.
func (r *reader) again(batch []meta, large bool, raws map[imap.UID]body) (gone map[imap.UID]bool, err error) {
	gone = map[imap.UID]bool{}
	for _, m := range batch {
		if _, ok := raws[m.uid]; ok {
			continue
		}
		// NOOP first: the server may still hold the view of the folder in
		// which the message exists.
		if err := r.c.Noop().Wait(); err != nil {
			return nil, r.fail("look for a message", err)
		}
		var set imap.UIDSet
		set.AddNum(m.uid)
		found, err := r.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
		if err != nil {
			return nil, r.fail("look for a message", err)
		}
		if !slices.Contains(found.AllUIDs(), m.uid) {
			gone[m.uid] = true
			continue
		}
		one, err := r.bodies([]meta{m}, large)
		if err != nil {
			return nil, err
		}
		if raw, ok := one[m.uid]; ok {
			raws[m.uid] = raw
		}
	}
	return gone, nil
}
