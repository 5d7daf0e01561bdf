package app

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"greffier/app/cases"
	"greffier/app/evidence"
	"greffier/app/guard"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

// mailBatch is messages on their way into the store, with the cursor that
// belongs to the same transaction, nil for none.
type mailBatch struct {
	messages []mailbox.Message
	cursor   *mailbox.Cursor
}

// mailFiler takes messages from a Source, recognises and stores them batch by
// batch, in their order, while the next ones are fetched.
type mailFiler struct {
	a       *App
	judge   *request.Judge
	out     *SyncReport // the worker's until finish
	pending []mailbox.Message
	work    chan mailBatch
	ended   chan struct{}

	mu     sync.Mutex
	failed error // of the store; nothing is stored after it
}

func (a *App) newMailFiler(ctx context.Context, judge *request.Judge, out *SyncReport) *mailFiler {
	f := &mailFiler{a: a, judge: judge, out: out, work: make(chan mailBatch, 1), ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		for b := range f.work {
			if f.err() != nil {
				continue
			}
			// A fault over a stranger's mail ends the sync, whose cursor stands
			// before that mail, and not the program.
			if err := guard.Run(func() error { return f.store(ctx, b) }); err != nil {
				f.mu.Lock()
				f.failed = err
				f.mu.Unlock()
			}
		}
	}()
	return f
}

func (f *mailFiler) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *mailFiler) got(m mailbox.Message) error {
	if f.pending = append(f.pending, m); len(f.pending) >= batch {
		return f.send(nil)
	}
	return f.err()
}

func (f *mailFiler) done(c mailbox.Cursor) error { return f.send(&c) }

// send hands what is pending to the worker. An error is that of an earlier
// batch.
func (f *mailFiler) send(c *mailbox.Cursor) error {
	if len(f.pending) > 0 || c != nil {
		f.work <- mailBatch{f.pending, c}
		f.pending = nil
	}
	return f.err()
}

// finish waits until all is stored; without keep, what is pending is left to the
// next sync, whose cursor still stands before it.
func (f *mailFiler) finish(keep bool) error {
	if keep {
		// Its error is that of the worker, which is asked below.
		_ = f.send(nil)
	}
	close(f.work)
	<-f.ended
	return f.err()
}

// store recognises a batch and files it in one transaction.
func (f *mailFiler) store(ctx context.Context, b mailBatch) error {
	judged := f.readAll(ctx, b.messages)
	part := SyncReport{}
	err := f.a.d.Store.Update(ctx, func(tx Tx) error {
		part = SyncReport{}
		on := filing{own: mailbox.NormEmail(f.a.controller(tx).Email), orders: sync.OnceValues(tx.Orders),
			letters: sync.OnceValues(func() (letterBook, error) { return newLetterBook(tx) })}
		for _, j := range judged {
			if err := f.a.takeIn(tx, j, &on, &part); err != nil {
				return err
			}
		}
		if b.cursor != nil {
			return tx.PutCursor(*b.cursor)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.out.Messages += part.Messages
	f.out.Requests += part.Requests
	f.out.ToCheck += part.ToCheck
	f.out.CasesOpened = append(f.out.CasesOpened, part.CasesOpened...)
	return nil
}

// readAll recognises what messages ask for, on all cores.
func (f *mailFiler) readAll(ctx context.Context, ms []mailbox.Message) []request.Judged {
	out := make([]request.Judged, len(ms))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(ms)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ms); i = int(next.Add(1)) - 1 {
				if guard.Run(func() error { out[i] = f.read(ctx, ms[i]); return nil }) != nil {
					// One mail must not keep all others out.
					out[i] = request.Judged{Message: ms[i], Verdict: unreadable}
				}
			}
		})
	}
	wg.Wait()
	return out
}

// unreadable is what is told of a mail whose words are not known: she looks at it.
var unreadable = request.Verdict{Kind: request.ToCheck, Confidence: 0.5}

// checkSignatures bounds the look at the signatures of one mail.
const checkSignatures = 10 * time.Second

// read recognises what a message asks for. The signatures of a request are
// looked at now: their keys do not stay in the DNS for ever.
func (f *mailFiler) read(ctx context.Context, m mailbox.Message) request.Judged {
	if m.Sent {
		return request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary, Confidence: 1}}
	}
	v := f.judge.Recognise(m)
	if v.Kind == request.Ordinary && m.Text == "" && len(m.Problems) > 0 && !m.Bounce && !m.List {
		return request.Judged{Message: m, Verdict: unreadable}
	}
	from, one := m.Sender()
	if v.Kind == request.Request && one && len(m.Raw) > 0 && f.a.d.Signatures != nil {
		ctx, cancel := context.WithTimeout(ctx, checkSignatures)
		defer cancel()
		m.Auth.OwnDKIM, m.Auth.OwnDKIMDomain = f.a.d.Signatures(ctx, m.Raw, from.Email)
	}
	return request.Judged{Message: m, Verdict: v}
}

func (a *App) syncMail(ctx context.Context, box Mailbox, out *SyncReport, report Report) error {
	var cursors []mailbox.Cursor
	var judge *request.Judge
	var waiting letterBook
	if err := a.d.Store.View(ctx, func(tx Tx) (err error) {
		if cursors, err = tx.Cursors(); err != nil {
			return err
		}
		if waiting, err = newLetterBook(tx); err != nil {
			return err
		}
		judge, err = a.judge(tx)
		return err
	}); err != nil {
		return err
	}
	f := a.newMailFiler(ctx, judge, out)
	err := guard.Run(func() error {
		return box.Fetch(ctx, cursors, mailbox.Reader{Keep: a.keeper(ctx, judge, waiting), Got: f.got, Done: f.done, Report: report})
	})
	// After an error of the server what came before it is kept all the same.
	if ferr := f.finish(ctx.Err() == nil); ferr != nil {
		return ferr
	}
	if err != nil {
		return err
	}
	return a.d.Store.Update(ctx, func(tx Tx) error {
		return a.journal(tx, greffier, evidence.ActSyncMail, "mailbox",
			map[string]int{"new": out.Messages, "requests": out.Requests, "to check": out.ToCheck})
	})
}

// filing is what is read once for the many mails of one transaction.
type filing struct {
	own     string                        // the owner's address
	orders  func() ([]order.Order, error) // every order
	letters func() (letterBook, error)
	notices awaitedNotices
}

// takeIn files one message: into the case that it answers, into a new case, or
// among the ordinary mail.
func (a *App) takeIn(tx Tx, j request.Judged, on *filing, out *SyncReport) error {
	m := j.Message
	if m.Sent {
		return a.takeSent(tx, m, on.letters, out)
	}
	if m.Bounce || m.Receipt || m.AutoSubmitted {
		if taken, err := a.takeMachine(tx, j, on.letters, out); err != nil || taken {
			return err
		}
	}
	if taken, err := a.takeAnswer(tx, m, &on.notices, out); err != nil || taken {
		return err
	}
	own := on.own
	if ownWords(m, own) {
		// The owner's own words, in a folder where she files what she sent.
		j.Verdict = request.Verdict{Kind: request.Ordinary, Confidence: 1, Language: j.Verdict.Language}
	}
	c, found, err := a.caseOf(tx, m, own)
	if err != nil {
		return err
	}
	if !found {
		if c, found, err = a.caseOfAnswer(tx, m, j.Verdict, on.letters); err != nil {
			return err
		}
	}
	if found && cases.Separate(m, j.Verdict, c) {
		// Who gives the code back is the person of the case, wherever she writes
		// from.
		if found, err = a.givesCode(tx, c, m, j.Verdict); err != nil {
			return err
		}
	}
	against, err := a.speaksAgainst(tx, j, c, found)
	if err != nil {
		return err
	}
	if !found && j.Verdict.Kind == request.Request {
		id, isNew, err := a.openCase(tx, j, on.orders, out)
		if isNew {
			out.Messages++
			out.Requests++
		}
		if err == nil && isNew && against != 0 {
			err = a.noteDisagreement(tx, against, id)
		}
		return err
	}
	if !found && against != 0 {
		// It asks for nothing, and belongs to the case that it is about.
		if c, err = tx.Case(against); err != nil {
			return err
		}
		found = true
	}
	if found {
		j.Case = int64(c.ID)
	}
	id, isNew, err := tx.PutMessage(j)
	if err != nil || !isNew {
		return err
	}
	out.Messages++
	switch j.Verdict.Kind {
	case request.ToCheck:
		out.ToCheck++
	case request.Request:
		out.Requests++
	}
	if !found {
		return a.noteTrouble(tx, id, j)
	}
	marks, err := tx.ProviderMarks()
	if err != nil {
		return err
	}
	m.ID = id
	if c, err = a.challenged(tx, c, m, j.Verdict); err != nil {
		return err
	}
	c = cases.Merge(c, m, sure(j.Verdict), cases.Provider{Marks: marks}, a.now())
	if c, err = a.namedLater(tx, c, m, j.Verdict); err != nil {
		return err
	}
	if against == c.ID {
		c = cases.NoteDisagreement(c, a.now(), "")
	}
	return tx.PutCase(c)
}
