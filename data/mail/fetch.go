package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"greffier/app/guard"
	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// The measure of a batch: what is held in memory at once, and what is read
// again after a cut. While one batch is parsed and handed over, the next one is
// read.
const (
	batchMessages = 200
	batchBytes    = 4 << 20
	batchParts    = 16       // large messages that are asked for at once
	atOnceBytes   = 1 << 20  // a large message up to this is read whole with its batch, a larger one when it is its turn
	maxMailBytes  = 32 << 20 // of a message that is read whole
	// What a server may answer to one command: numbers of messages, parts of one,
	// and bytes of all. An honest one gives what was asked for, a batch at most.
	maxAnswers      = 4 << 20
	maxSections     = 1000
	maxCommandBytes = 3 * maxMailBytes
	maxSearched     = 1 << 20         // messages that a search finds and that are read
	unknownSize     = atOnceBytes + 1 // read when it is its turn
	headBytes       = 2 << 20         // read of a larger one whose structure is not known: headers and first part
	tooLarge        = "larger than 32 MB: only "
)

// sentDays is how far back sent mail is read at the first look: a case lives one
// month, and two more where the law lets it be extended (GDPR Art. 12(3)), and
// what the owner answered in older ones is no longer asked for.
const sentDays = 100

// Fetch implements mailbox.Source. Errors: ErrUnreachable, ErrAuth,
// ErrCertificate, ErrProtocol, ctx.Err(), and the errors of Got and Done as
// they are. A folder that cannot be read is told by a FolderError after all
// others were read. Done is called after each batch, so that a cut costs no
// more than one batch read twice.
//
// Mails up to 128 KB are read whole. Of larger ones header and text are read,
// and the names and sizes of the rest; of sent mail the header alone. Keep is
// asked about these, on the goroutine of Fetch; sent mail that it does not want
// is not handed over.
func (b *Box) Fetch(ctx context.Context, since []mailbox.Cursor, to mailbox.Reader) error {
	stopped, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := b.connect(stopped)
	if err != nil {
		return err
	}
	r := &reader{session: s, box: b, to: to, ctx: stopped, cancel: cancel}
	defer func() { r.close() }()
	all, err := s.folders()
	if err != nil {
		return err
	}
	wanted, missing := b.choose(all)
	var failed []error
	for _, name := range missing {
		failed = append(failed, &FolderError{Folder: name, Cause: fmt.Errorf("%s: %w: no such folder", b.server, ErrProtocol)})
	}
	todo := r.look(wanted)
	if r.broken() {
		return r.fail("look at folders", io.ErrUnexpectedEOF)
	}
	resume(todo, all, since)
	todo = slices.DeleteFunc(todo, func(j job) bool { return j.unchanged() })
	for i := range todo {
		todo[i].estimate = todo[i].expected()
		r.total += todo[i].estimate
	}
	r.tell("")
	for _, j := range todo {
		err := r.folder(j)
		var stopped *stop
		switch {
		case err == nil:
		case errors.As(err, &stopped):
			return stopped.cause
		case r.broken(), r.c.Noop().Wait() != nil:
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

// stop carries an error of Got or Done unchanged to the caller of Fetch.
type stop struct{ cause error }

func (e *stop) Error() string { return e.cause.Error() }

// reader reads folders over one session.
type reader struct {
	*session
	box    *Box
	to     mailbox.Reader
	ctx    context.Context
	cancel context.CancelFunc // ends the connection
	count  int                // messages done with
	total  int                // messages expected

	// exchange is held from a command to its last answer: two goroutines use
	// the session, one that reads ahead and one that reads what is kept.
	exchange sync.Mutex
}

// job is one folder to read.
type job struct {
	folder   folder
	since    mailbox.Cursor
	known    bool
	status   *imap.StatusData // nil where the server would not tell
	estimate int
}

func (r *reader) tell(note string) {
	if r.to.Report != nil {
		r.to.Report(r.count, max(r.total, r.count), note)
	}
}

// look asks for the state of all folders at once, without opening them: most
// have nothing new, and the others say how much there will be.
func (r *reader) look(wanted []folder) []job {
	opts := &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true, HighestModSeq: r.c.Caps().Has(imap.CapCondStore)}
	asked := make([]*imapclient.StatusCommand, len(wanted))
	for i, f := range wanted {
		asked[i] = r.c.Status(f.name, opts)
	}
	todo := make([]job, len(wanted))
	for i, f := range wanted {
		todo[i].folder = f
		if st, err := asked[i].Wait(); err == nil && st.NumMessages != nil && st.UIDNext != 0 && st.UIDValidity != 0 {
			todo[i].status = st
		}
	}
	return todo
}

// resume gives each folder the cursor from which it goes on. A folder that was
// renamed keeps its UIDVALIDITY (RFC 9051, 6.3.6): it is known again where just
// one cursor has lost its folder and just one folder without a cursor can be
// that one, and no other folder has this UIDVALIDITY. Some servers give all
// folders the same, and to take a new folder for an old one would lose mail;
// to read an old one anew only costs time.
func resume(todo []job, all []folder, since []mailbox.Cursor) {
	known := map[string]mailbox.Cursor{}
	holders := map[uint32]int{} // folders and lost cursors by UIDVALIDITY
	lost := map[uint32]mailbox.Cursor{}
	for _, c := range since {
		known[c.Folder] = c
		if !slices.ContainsFunc(all, func(f folder) bool { return f.open && f.name == c.Folder }) {
			holders[c.UIDValidity]++
			lost[c.UIDValidity] = c
		}
	}
	for i := range todo {
		j := &todo[i]
		j.since, j.known = known[j.folder.name]
		if j.status != nil {
			holders[j.status.UIDValidity]++
		}
		if j.known && (j.status == nil || j.since.UIDValidity != j.status.UIDValidity) {
			holders[j.since.UIDValidity]++
		}
	}
	for i := range todo {
		j := &todo[i]
		if j.known || j.status == nil {
			continue
		}
		c, ok := lost[j.status.UIDValidity]
		if ok && holders[c.UIDValidity] == 2 && c.UIDNext <= uint32(j.status.UIDNext) {
			c.Was, c.Folder = c.Folder, j.folder.name
			j.since, j.known = c, true
		}
	}
}

// unchanged tells whether nothing new can be in the folder.
func (j job) unchanged() bool {
	return j.known && j.status != nil && j.since.Was == "" && j.since.UIDValidity == j.status.UIDValidity &&
		j.since.UIDNext == uint32(j.status.UIDNext) && !j.restored()
}

// restored tells whether the server went back to an older state of the folder,
// from a backup, under the same UIDVALIDITY: messages may then have the UIDs of
// others that were read before.
func (j job) restored() bool {
	return j.known && j.status != nil && j.since.UIDValidity == j.status.UIDValidity &&
		(j.since.UIDNext > uint32(j.status.UIDNext) || j.status.HighestModSeq != 0 && j.status.HighestModSeq < j.since.ModSeq)
}

// expected is how many messages there will be, about.
func (j job) expected() int {
	if j.status == nil {
		return 0 // opening it will tell
	}
	n := int(*j.status.NumMessages)
	if j.known && j.since.UIDValidity == j.status.UIDValidity && !j.restored() {
		n = min(n, int(uint32(j.status.UIDNext)-j.since.UIDNext))
	}
	return n
}

// meta is what is known of a message before its bytes are read.
type meta struct {
	uid  imap.UID
	size int64
	at   time.Time

	asked bool  // for its structure
	plan  *plan // how a large one is read in parts; nil for whole
}

// item is what was read of a message.
type item struct {
	meta
	raw   []byte
	cut   bool // raw is only the beginning
	given bool // the server gave something
	gone  bool // there is no such message any more
	later bool // to be read whole when it is its turn
	head  bool // raw is only the header
}

// folder reads what is new in one folder.
func (r *reader) folder(j job) error {
	// EXAMINE: nothing that follows can change the folder (RFC 9051, 6.3.3).
	sel, err := r.c.Select(j.folder.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return r.fail("open a folder", err)
	}
	cursor := mailbox.Cursor{Folder: j.folder.name, UIDValidity: sel.UIDValidity, UIDNext: 1}
	if j.status != nil {
		cursor.ModSeq = j.status.HighestModSeq
	}
	saved, first := false, true // whether the cursor as it stands is known to the caller; whether nothing was read here yet
	if j.known && j.since.UIDValidity == sel.UIDValidity && !j.restored() {
		// A UIDNEXT below what was read is a restored folder as well.
		if sel.UIDNext == 0 || j.since.UIDNext <= uint32(sel.UIDNext) {
			cursor.UIDNext, saved, first = max(j.since.UIDNext, 1), true, false
		}
	}
	if j.since.Was != "" {
		renamed := cursor
		renamed.Was = j.since.Was
		if err := r.save(renamed); err != nil {
			return err
		}
		saved = true
	}
	var metas []meta
	if sel.NumMessages > 0 && (sel.UIDNext == 0 || cursor.UIDNext < uint32(sel.UIDNext)) {
		metas, err = r.list(j.folder, imap.UID(cursor.UIDNext), first, sel.NumMessages)
		if err != nil {
			return err
		}
	}
	r.total += len(metas) - j.estimate
	note := cleanLine(j.folder.name, 200)
	r.tell(note)

	if len(metas) > 0 {
		if err := r.messages(j.folder, sel.UIDValidity, metas, note, &cursor); err != nil {
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

// messages reads and hands over messages of the open folder, moving the cursor.
func (r *reader) messages(f folder, validity uint32, metas []meta, note string, cursor *mailbox.Cursor) error {
	type batch struct {
		items []item
		err   error
	}
	ahead := make(chan batch) // no room: one batch waits in it, no more
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(ahead)
		whole := false
		for len(metas) > 0 {
			var b batch
			b.err = guard.Run(func() (err error) { b.items, metas, err = r.next(f, validity, metas, &whole); return err })
			select {
			case ahead <- b:
			case <-quit:
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	err := func() error {
		for b := range ahead {
			if b.err != nil {
				return b.err
			}
			if err := r.handOver(f, validity, b.items, note, cursor); err != nil {
				return err
			}
		}
		return nil
	}()
	close(quit)
	var stopped *stop
	if errors.As(err, &stopped) {
		r.cancel() // what is under way is for nobody
	}
	<-ended
	return err
}

func (r *reader) save(c mailbox.Cursor) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.to.Done(c); err != nil {
		return &stop{err}
	}
	return nil
}

// list lists the messages from a UID on, ascending; exists is how many the folder
// has.
func (r *reader) list(f folder, from imap.UID, first bool, exists uint32) ([]meta, error) {
	var set imap.UIDSet
	set.AddRange(from, 0) // 0 is "*"
	if f.sent() && first {
		found, err := r.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}, Since: r.box.now().AddDate(0, 0, -sentDays)}, nil).Wait()
		var answer *imap.Error
		switch {
		case err == nil && len(searched(found)) == 0:
			return nil, nil
		case err == nil:
			set = searched(found)
		case !errors.As(err, &answer):
			return nil, r.fail("search sent mail", err)
		}
	}
	least := 0
	if from == 1 && !f.sent() {
		least = int(exists)
	}
	return r.metas(set, from, least)
}

// metas lists messages, ascending. Where they are fewer than least, the server is
// asked again in other words.
func (r *reader) metas(set imap.UIDSet, from imap.UID, least int) ([]meta, error) {
	var list []meta
	nameless := false
	err := r.collect(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}, func(a answer) {
		// "n:*" also gives the last message where none is new.
		if a.uid >= from {
			list = append(list, meta{uid: a.uid, size: max(a.size, 0), at: a.at})
		}
		nameless = nameless || a.uid == 0 && (a.size > 0 || !a.at.IsZero())
	})
	var refused *imap.Error
	if err != nil && (!errors.As(err, &refused) || refused.Type != imap.StatusResponseTypeNo) {
		return nil, r.fail("list messages", err)
	}
	if err != nil || nameless || len(list) < least {
		// It could not tell of some (RFC 2180, 4.1.2), or of none: those that it
		// left out are asked for all the same, or the cursor would pass them by.
		found, err := r.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
		if err != nil {
			return nil, r.fail("list messages", err)
		}
		told := map[imap.UID]bool{}
		for _, m := range list {
			told[m.uid] = true
		}
		uids, all := firstOf(searched(found), maxSearched)
		if !all {
			r.giveUp()
			return nil, r.fail("list messages", io.ErrUnexpectedEOF)
		}
		for _, uid := range uids {
			if uid >= from && !told[uid] {
				list = append(list, meta{uid: uid, size: unknownSize})
			}
		}
	}
	slices.SortFunc(list, func(a, b meta) int { return cmp.Compare(a.uid, b.uid) })
	return slices.CompactFunc(list, func(a, b meta) bool { return a.uid == b.uid }), nil
}

// next reads the next batch, and gives what remains. whole is set where the
// server's words on the structure of messages cannot be used.
func (r *reader) next(f folder, validity uint32, metas []meta, whole *bool) ([]item, []meta, error) {
	r.exchange.Lock()
	defer r.exchange.Unlock()
	window := metas[:min(len(metas), batchMessages)]
	if !f.sent() && !*whole {
		if err := r.structures(f, validity, window, whole); err != nil {
			return nil, nil, err
		}
	}
	n, size := 0, int64(0)
	for n < len(window) {
		m := window[n]
		cost := m.size
		switch {
		case f.sent():
			cost = littleBytes
		case m.plan != nil:
			cost = m.plan.bytes
		case m.size > atOnceBytes:
			cost = 0
		}
		if n > 0 && size+cost > batchBytes {
			break
		}
		size += cost
		n++
	}
	items, err := r.items(f, window[:n])
	return items, metas[n:], err
}

// structures asks how the large ones of some messages are made up, and decides
// how they are read. A structure that the client library cannot read ends the
// connection: then all are read whole.
func (r *reader) structures(f folder, validity uint32, metas []meta, whole *bool) error {
	var set imap.UIDSet
	at := map[imap.UID]*meta{}
	for i := range metas {
		if m := &metas[i]; m.size > smallBytes && !m.asked {
			m.asked = true
			at[m.uid] = m
			set.AddNum(m.uid)
		}
	}
	if len(at) == 0 {
		return nil
	}
	err := r.collect(set, &imap.FetchOptions{UID: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}, func(a answer) {
		if m := at[a.uid]; m != nil && a.structure != nil {
			// A structure that nobody can follow: the message is read whole.
			_ = guard.Run(func() error { m.plan = planOf(a.structure, m.size); return nil })
		}
	})
	var refused *imap.Error
	if err == nil || errors.As(err, &refused) {
		return nil
	}
	err = r.fail("look at the structure of messages", err)
	*whole = true
	if r.reopen(f, validity) != nil {
		return err
	}
	return nil
}

// reopen goes on in the same folder over a new connection.
func (r *reader) reopen(f folder, validity uint32) error {
	s, err := r.box.connect(r.ctx)
	if err != nil {
		return err
	}
	sel, err := s.c.Select(f.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err == nil && sel.UIDValidity != validity {
		err = ErrProtocol
	}
	if err != nil {
		s.close()
		return err
	}
	r.close()
	r.session = s
	return nil
}

// items reads what a batch needs: small messages whole, large ones in parts,
// of sent mail the header.
func (r *reader) items(f folder, batch []meta) ([]item, error) {
	items := make([]item, len(batch))
	var whole []*item
	var parts []*item
	for i, m := range batch {
		it := &items[i]
		it.meta, it.head = m, f.sent()
		switch {
		case m.plan != nil:
			parts = append(parts, it)
		case m.size > atOnceBytes && !it.head:
			it.later = true
		default:
			whole = append(whole, it)
		}
	}
	if err := r.bodies(whole); err != nil {
		return nil, err
	}
	for group := range slices.Chunk(parts, batchParts) {
		if err := r.parts(group); err != nil {
			return nil, err
		}
	}
	return items, r.again(whole)
}

// section is what the server gave of a message.
type section struct {
	spec *imap.FetchItemBodySection
	data []byte // nil where the server gave NIL
	cut  bool   // only the beginning was read
}

// answer is what the server gave of one message.
type answer struct {
	uid       imap.UID
	size      int64
	at        time.Time
	structure imap.BodyStructure
	sections  []section
}

// collect sends a FETCH and hands over each answer. Its error is that of the
// client library.
func (r *reader) collect(set imap.UIDSet, opts *imap.FetchOptions, each func(answer)) error {
	return r.answers(r.c.Fetch(set, opts), each)
}

func (r *reader) answers(cmd *imapclient.FetchCommand, each func(answer)) error {
	answers, bytes, over := 0, int64(0), false
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		if answers++; answers > maxAnswers {
			over = r.giveUp()
		}
		if !over {
			r.line.fresh()
		}
		var a answer
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				a.uid = item.UID
			case imapclient.FetchItemDataRFC822Size:
				a.size = item.Size
			case imapclient.FetchItemDataInternalDate:
				a.at = item.Time
			case imapclient.FetchItemDataBodyStructure:
				a.structure = item.BodyStructure
			case imapclient.FetchItemDataBodySection:
				s := section{spec: item.Section}
				if !over && len(a.sections) == maxSections {
					over = r.giveUp()
				}
				if item.Literal != nil {
					size := item.Literal.Size()
					if s.cut = size > maxMailBytes; s.cut {
						size = headBytes
					}
					if bytes += max(size, 0); !over && bytes > maxCommandBytes {
						over = r.giveUp()
					}
					if over {
						// The library waits for somebody to take what came.
						if n, err := io.Copy(io.Discard, item.Literal); err != nil || n < item.Literal.Size() {
							return io.ErrUnexpectedEOF
						}
						continue
					}
					r.line.fresh()
					s.data = make([]byte, max(size, 0))
					if _, err := io.ReadFull(item.Literal, s.data); err != nil {
						// The connection broke off. The command must not be
						// touched again: the client library would go on reading
						// the same bytes from two goroutines.
						r.conn.Close()
						return err
					}
				}
				if !over {
					a.sections = append(a.sections, s)
				}
			}
		}
		if !over {
			each(a)
		}
	}
	return cmd.Close()
}

// giveUp ends a connection whose server answers more than it was asked for.
func (r *reader) giveUp() bool {
	r.line.left.Store(math.MinInt64 / 2)
	r.conn.Close()
	return true
}

// bodies reads messages whole, or their beginning, or their header, without
// marking them read. Messages that the server does not give are left without;
// only a broken connection is an error.
func (r *reader) bodies(items []*item) error {
	if len(items) == 0 {
		return nil
	}
	var set imap.UIDSet
	by := make(map[imap.UID]*item, len(items))
	for _, it := range items {
		set.AddNum(it.uid)
		by[it.uid] = it
	}
	spec := &imap.FetchItemBodySection{Peek: true}
	large := false
	switch {
	case items[0].head:
		spec.Specifier, spec.Partial = imap.PartSpecifierHeader, &imap.SectionPartial{Size: maxHeadBytes}
	case len(items) == 1 && items[0].size > maxMailBytes:
		large = true
		spec.Partial = &imap.SectionPartial{Size: headBytes}
	}
	err := r.collect(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{spec}}, func(a answer) {
		it := by[a.uid]
		if it == nil {
			return
		}
		for _, s := range a.sections {
			// Nothing at all for a message that has bytes: the server cannot
			// read it, or it was expunged meanwhile.
			if s.data != nil && (len(s.data) > 0 || it.size == 0) {
				it.raw, it.cut, it.given = s.data, s.cut || large, true
			}
		}
	})
	var refused *imap.Error
	if err != nil && !errors.As(err, &refused) {
		return r.fail("read messages", err)
	}
	return nil
}

// parts reads large messages in parts, all asked for at once. Each answer has
// its own goroutine, for a server may give them in another order than asked.
// Where the parts do not make up the message, it is to be read whole.
func (r *reader) parts(items []*item) error {
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	for i, it := range items {
		cmd := r.c.Fetch(imap.UIDSetNum(it.uid), &imap.FetchOptions{UID: true, BodySection: it.plan.sections()})
		wg.Go(func() {
			errs[i] = r.answers(cmd, func(a answer) {
				_ = guard.Run(func() error {
					if a.uid == it.uid && it.plan.fill(a.sections) {
						it.raw, it.given = it.plan.message(it.size)
					}
					return nil
				})
			})
			if !it.given {
				it.raw, it.plan, it.later = nil, nil, true
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		var refused *imap.Error
		if err != nil && !errors.As(err, &refused) {
			return r.fail("read parts of messages", err)
		}
	}
	return nil
}

// again looks after messages that the server did not give: those that are gone
// are left out, those that are there are asked for once more, one by one, so
// that one damaged message does not stop the others.
func (r *reader) again(items []*item) error {
	for _, it := range items {
		if it.given {
			continue
		}
		// NOOP first: the server may still hold the view of the folder in
		// which the message exists.
		if err := r.c.Noop().Wait(); err != nil {
			return r.fail("look for a message", err)
		}
		found, err := r.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(it.uid)}}, nil).Wait()
		if err != nil {
			return r.fail("look for a message", err)
		}
		if it.gone = !searched(found).Contains(it.uid); it.gone {
			continue
		}
		if err := r.bodies([]*item{it}); err != nil {
			return err
		}
	}
	return nil
}

// whole reads one message whole, as far as it is not larger than the bound.
func (r *reader) whole(m meta) (item, error) {
	r.exchange.Lock()
	defer r.exchange.Unlock()
	m.plan = nil
	it := item{meta: m}
	if err := r.bodies([]*item{&it}); err != nil {
		return it, err
	}
	return it, r.again([]*item{&it})
}

// message makes of an item what the caller gets.
func (r *reader) message(f folder, validity uint32, it item) (msg mailbox.Message) {
	if guard.Run(func() error { msg = r.compose(f, validity, it); return nil }) != nil {
		msg = mailbox.Message{Raw: it.raw, ReceivedAt: it.at, Junk: f.kind == mailbox.FolderJunk, Sent: f.kind == mailbox.FolderSent, Print: printOf(it.raw, it.size),
			Ref: mailbox.Ref{Folder: f.name, UIDValidity: validity, UID: uint32(it.uid)}, Problems: []string{faulty}}
	}
	return msg
}

func (r *reader) compose(f folder, validity uint32, it item) mailbox.Message {
	msg := Parse(it.raw, r.box.trust)
	msg.Ref = mailbox.Ref{Folder: f.name, UIDValidity: validity, UID: uint32(it.uid)}
	msg.ReceivedAt = Received(it.raw, it.at, r.box.trust)
	msg.Junk = f.kind == mailbox.FolderJunk
	msg.Sent = f.kind == mailbox.FolderSent
	head := it.raw
	if it.plan != nil {
		head = it.plan.root.head
	}
	msg.Print = printOf(head, it.size)
	switch {
	case it.head:
		msg.Partial, msg.Raw = true, nil
	case !it.given:
		msg.Problems = []string{"the server could not give this message"}
	case it.plan != nil:
		it.plan.restore(&msg)
		msg.Partial, msg.Raw = true, nil
	case it.cut:
		msg.Problems = append(msg.Problems, tooLarge+"its beginning was read")
	}
	return msg
}

// printOf tells a message from any other by the bytes of its header, in which
// each server that handled it wrote a line of its own, and by its size. raw is
// the message, its beginning or its header.
func printOf(raw []byte, size int64) string {
	head := raw
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		head = raw[:i]
	}
	h := sha256.New()
	h.Write(bytes.TrimRight(head, "\r\n"))
	fmt.Fprintf(h, "\n%d", size)
	return hex.EncodeToString(h.Sum(nil))
}

// parse makes messages of items, on all cores.
func (r *reader) parse(f folder, validity uint32, items []item) []mailbox.Message {
	msgs := make([]mailbox.Message, len(items))
	var wg sync.WaitGroup
	work := make(chan int)
	for range min(runtime.GOMAXPROCS(0), 4) {
		wg.Go(func() {
			for i := range work {
				if it := items[i]; !it.gone && !it.later {
					msgs[i] = r.message(f, validity, it)
				}
			}
		})
	}
	for i := range items {
		work <- i
	}
	close(work)
	wg.Wait()
	return msgs
}

// handOver gives a batch to the caller, each message and then the cursor. What
// is read whole besides is read one by one, and the cursor kept meanwhile where
// it is much.
func (r *reader) handOver(f folder, validity uint32, items []item, note string, cursor *mailbox.Cursor) error {
	msgs := r.parse(f, validity, items)
	held := int64(0)
	for i, it := range items {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		msg, ok := msgs[i], !it.gone
		msgs[i], items[i] = mailbox.Message{}, item{}
		if ok && (it.later || msg.Partial && r.to.Keep != nil && r.to.Keep(msg)) {
			full, err := r.whole(it.meta)
			if err != nil {
				return err
			}
			switch {
			case it.later || full.given && !full.cut:
				msg, ok = r.message(f, validity, full), !full.gone
			case full.given:
				// Its text is known, and its beginning is evidence.
				msg.Partial, msg.Raw = false, full.raw
			}
			held += int64(len(full.raw))
		} else if ok && it.head {
			r.count++ // sent mail that nobody wants
			r.tell(note)
			ok = false
		}
		switch {
		case ok:
			if err := r.to.Got(msg); err != nil {
				return &stop{err}
			}
			r.count++
			r.tell(note)
		case it.gone:
			r.total--
		}
		cursor.UIDNext = uint32(it.uid) + 1
		if held > batchBytes || i == len(items)-1 {
			held = 0
			if err := r.save(*cursor); err != nil {
				return err
			}
		}
	}
	return nil
}
