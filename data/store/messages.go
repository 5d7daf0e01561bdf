package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"greffier/app/mailbox"
	"greffier/app/request"
)

// messageSecrets is what is personal of a message: nearly all of it, the words
// of the verdict included.
type messageSecrets struct {
	Message mailbox.Message  `json:"message"`
	Verdict request.Verdict  `json:"verdict"`
	Was     *request.Verdict `json:"was,omitempty"`
	Lesson  *request.Lesson  `json:"lesson,omitempty"`
}

type judgedRow = request.Judged

// contentIndexes tell the same mail found in two folders, or read again after
// the server renumbered, from another one: one or two. The first is what a new
// message is stored under; it may be known by either, since earlier versions
// went by the bytes.
func (s *Store) contentIndexes(m mailbox.Message) [][]byte {
	var out [][]byte
	add := func(parts ...[]byte) {
		h := sha256.New()
		for _, p := range parts {
			h.Write(p)
		}
		out = append(out, s.index("message content", m.MessageID+"\x00"+hex.EncodeToString(h.Sum(nil))))
	}
	if m.Print != "" {
		add([]byte("print\x00"), []byte(m.Print))
	}
	if len(m.Raw) > 0 {
		add(m.Raw)
	}
	if len(out) == 0 {
		add([]byte(m.MessageID + "\x00" + m.Subject + "\x00" + m.Text))
	}
	return out
}

// PutMessage stores a message with its verdict. Of ordinary mail neither the
// text nor the raw bytes are kept; of a request everything, as evidence; of an
// erased person's ordinary mail from before nothing, only that it was read. It
// returns the number, and false where the message was there already.
func (t *Tx) PutMessage(j request.Judged) (id int64, isNew bool, err error) {
	known := t.s.contentIndexes(j.Message)
	ix, last := known[0], known[len(known)-1]
	err = t.row("SELECT id FROM message WHERE content_ix IN (?, ?)", ix, last).Scan(&id)
	if err == nil {
		return id, false, t.found(id, j.Message)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	if id, err = t.next("message"); err != nil {
		return 0, false, err
	}
	j.Message.ID = id
	gone := false
	if !keeps(j) {
		if gone, err = t.senderErased(j.Message); err != nil {
			return 0, false, err
		}
	}
	var emailIx []byte
	if from, ok := j.Message.Sender(); ok && !gone {
		emailIx = t.s.emailIndex(from.Email)
	}
	err = t.exec("INSERT INTO message(id, content_ix, msgid_ix, email_ix, received_at, kind) VALUES (?, ?, ?, ?, ?, ?)",
		id, ix, t.s.index("message id", j.Message.MessageID), emailIx, stamp(j.Message.ReceivedAt), int(j.Verdict.Kind))
	if err != nil || gone {
		return id, err == nil, err
	}
	return id, true, t.UpdateMessage(j)
}

// found notes where a message lies that is known already: it may have been moved
// from one folder to another, or the server may have renumbered. A message that
// was ever found outside the spam folder is no spam.
func (t *Tx) found(id int64, m mailbox.Message) error {
	if m.Ref.Folder == "" {
		return nil
	}
	j, err := t.Message(id)
	if err != nil {
		return err
	}
	if j.Message.Ref == m.Ref || j.Message.Ref.Folder == "" {
		return nil // it lies where it lay, or is forgotten
	}
	j.Message.Ref = m.Ref
	j.Message.Junk = j.Message.Junk && m.Junk
	return t.UpdateMessage(j)
}

// keeps tells whether a message is kept whole: as evidence.
func keeps(j request.Judged) bool { return j.Case != 0 || j.Verdict.Kind != request.Ordinary }

// UpdateMessage stores a message again with a new verdict or case. A message
// of a case is sealed under the case's key, so that it lives as long as the
// case file does. ErrNotFound where there is no such message or case.
func (t *Tx) UpdateMessage(j request.Judged) error {
	m := j.Message
	var before sql.NullInt64
	var oldRaw []byte
	if err := found(t.row("SELECT subject, raw_sealed FROM message WHERE id = ?", m.ID).Scan(&before, &oldRaw)); err != nil {
		return err
	}
	if m.Raw == nil && len(oldRaw) > 0 && before.Valid {
		k, err := t.subject(before.Int64)
		if err != nil {
			return err
		}
		if m.Raw, err = k.openBytes(oldRaw, place("message", "raw_sealed", m.ID)); err != nil {
			return err
		}
	}
	sid, k, err := t.messageSubject(j)
	if err != nil {
		return err
	}
	keep := keeps(j)
	var raw []byte
	if keep && len(m.Raw) > 0 {
		raw = k.sealBytes(m.Raw, place("message", "raw_sealed", m.ID))
	}
	sec := messageSecrets{Message: m, Verdict: j.Verdict, Was: j.Was, Lesson: j.Lesson}
	sec.Message.Raw = nil
	if !keep {
		sec.Message.Text, sec.Message.Attachments, sec.Message.To = "", nil, nil
	}
	sealed, err := k.seal(sec, place("message", "sealed", m.ID))
	if err != nil {
		return err
	}
	var caseID any
	if j.Case != 0 {
		caseID = j.Case
	}
	// Without a sender nobody is to be found by this message any more.
	_, from := m.Sender()
	if err := t.exec("UPDATE message SET kind = ?, case_id = ?, corrected = ?, subject = ?, sealed = ?, raw_sealed = ?, email_ix = CASE WHEN ? THEN email_ix END WHERE id = ?",
		int(j.Verdict.Kind), caseID, j.Corrected, sid, sealed, raw, from, m.ID); err != nil {
		return err
	}
	switch {
	case len(oldRaw) > 0 && raw == nil:
		return t.forgetKey(before) // its words are forgotten
	case before.Valid && before.Int64 == sid:
		return nil
	}
	return t.dropUnused(before)
}

func (t *Tx) messageSubject(j request.Judged) (int64, sealer, error) {
	if j.Case != 0 {
		var id int64
		if err := found(t.row("SELECT subject FROM cases WHERE id = ?", j.Case).Scan(&id)); err != nil {
			return 0, sealer{}, err
		}
		k, err := t.subject(id)
		return id, k, err
	}
	if from, ok := j.Message.Sender(); ok {
		if ix := t.s.emailIndex(from.Email); ix != nil {
			return t.person(ix)
		}
	}
	return t.newSubject("message", nil)
}

func (t *Tx) eachMessage(where string, f func(judgedRow) error, args ...any) error {
	return t.each(func(scan func(...any) error) error {
		var j request.Judged
		var received string
		var kind int
		var sid, caseID sql.NullInt64
		var sealed []byte
		if err := scan(&j.Message.ID, &received, &kind, &caseID, &j.Corrected, &sid, &sealed); err != nil {
			return err
		}
		id := j.Message.ID
		if sid.Valid && len(sealed) > 0 {
			k, err := t.subject(sid.Int64)
			if err != nil && !errors.Is(err, ErrForgotten) {
				return err
			}
			if err == nil {
				var sec messageSecrets
				if err := k.open(sealed, place("message", "sealed", id), &sec); err != nil {
					return err
				}
				j.Message, j.Verdict, j.Was, j.Lesson = sec.Message, sec.Verdict, sec.Was, sec.Lesson
			}
		}
		j.Message.ID, j.Message.ReceivedAt = id, parse(received)
		j.Verdict.Kind, j.Case = request.Kind(kind), caseID.Int64
		return f(j)
	}, "SELECT id, received_at, kind, case_id, corrected, subject, sealed FROM message "+where, args...)
}

// Message returns one message without its raw bytes, ErrNotFound where there
// is none.
func (t *Tx) Message(id int64) (request.Judged, error) {
	found := false
	var out request.Judged
	err := t.eachMessage("WHERE id = ?", func(j judgedRow) error { out, found = j, true; return nil }, id)
	if err == nil && !found {
		err = ErrNotFound
	}
	return out, err
}

// Raw returns the bytes of a message as they came, nil where they are not kept.
func (t *Tx) Raw(id int64) ([]byte, error) {
	var sid sql.NullInt64
	var sealed []byte
	if err := found(t.row("SELECT subject, raw_sealed FROM message WHERE id = ?", id).Scan(&sid, &sealed)); err != nil || len(sealed) == 0 || !sid.Valid {
		return nil, err
	}
	k, err := t.subject(sid.Int64)
	if err != nil {
		return nil, err
	}
	return k.openBytes(sealed, place("message", "raw_sealed", id))
}

// DropRaw forgets the bytes of a message for good; what was read of it stays.
func (t *Tx) DropRaw(id int64) error {
	var sid sql.NullInt64
	if err := found(t.row("SELECT subject FROM message WHERE id = ?", id).Scan(&sid)); err != nil {
		return err
	}
	if err := t.exec("UPDATE message SET raw_sealed = NULL WHERE id = ?", id); err != nil {
		return err
	}
	return t.forgetKey(sid)
}

// Corrected returns the messages whose verdict the owner corrected, by number.
func (t *Tx) Corrected() ([]request.Judged, error) {
	return t.collect("WHERE corrected = 1 ORDER BY id")
}

// Messages returns the messages of one kind, newest first, at most limit (0 is
// all).
func (t *Tx) Messages(kind request.Kind, limit int) ([]request.Judged, error) {
	if limit <= 0 {
		limit = -1
	}
	return t.collect("WHERE kind = ? ORDER BY received_at DESC, id DESC LIMIT ?", int(kind), limit)
}

// CaseMessages returns the messages of a case, oldest first.
func (t *Tx) CaseMessages(caseID int64) ([]request.Judged, error) {
	return t.collect("WHERE case_id = ? ORDER BY received_at, id", caseID)
}

// CaseOfThread returns the case of a message with one of those Message-IDs, 0
// for none: how a reply finds its case (RFC 5322, 3.6.4).
func (t *Tx) CaseOfThread(messageIDs []string) (int64, error) {
	for _, id := range messageIDs {
		if id == "" {
			continue // mails without a Message-ID do not answer one another
		}
		var c sql.NullInt64
		err := t.row("SELECT case_id FROM message WHERE msgid_ix = ? AND case_id IS NOT NULL LIMIT 1", t.s.index("message id", id)).Scan(&c)
		if err == nil && c.Valid {
			return c.Int64, nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	return 0, nil
}

// DropCase forgets a case that was opened by mistake; its number is not given to
// another one. Its messages must have left it before. ErrNotFound where there is
// no such case.
func (t *Tx) DropCase(id int64) error {
	var sid sql.NullInt64
	if err := found(t.row("SELECT subject FROM cases WHERE id = ? AND dropped = 0", id).Scan(&sid)); err != nil {
		return err
	}
	// The row must have a key, but not the one under which things were sealed.
	empty, _, err := t.newSubject("case", nil)
	if err != nil {
		return err
	}
	if err := t.exec("UPDATE cases SET dropped = 1, state = 0, received_at = '', email_ix = NULL, sealed = x'', subject = ? WHERE id = ?", empty, id); err != nil {
		return err
	}
	delete(t.keys, sid.Int64)
	if err := t.exec("DELETE FROM subject WHERE id = ? AND kind = 'case'", sid.Int64); err != nil {
		return err
	}
	return t.destroyed(1)
}

// LastFrom returns when the last message of an address was received, zero for
// none. It lengthens a retention period, so that a message counts only where
// nothing says that somebody else wrote it: not from the spam folder, and not
// where the provider's checks of the sender's domain failed.
func (t *Tx) LastFrom(email string) (time.Time, error) {
	var last time.Time
	err := t.eachMessage("WHERE email_ix = ? ORDER BY received_at DESC", func(j judgedRow) error {
		m := j.Message
		forged := m.Auth.DMARC == mailbox.Fail || m.Auth.SPF == mailbox.Fail || m.Auth.DKIM == mailbox.Fail
		if !m.Junk && !forged && m.ReceivedAt.After(last) {
			last = m.ReceivedAt
		}
		return nil
	}, t.s.emailIndex(email))
	return last, err
}

// CountMessages counts the messages by kind.
func (t *Tx) CountMessages() (map[request.Kind]int, error) {
	out := map[request.Kind]int{}
	err := t.each(func(scan func(...any) error) error {
		var k, n int
		if err := scan(&k, &n); err != nil {
			return err
		}
		out[request.Kind(k)] = n
		return nil
	}, "SELECT kind, COUNT(*) FROM message GROUP BY kind")
	return out, err
}

// ProviderMarks tells whether the owner's provider records authentication
// results on most of the mail that it receives: of the newest hundred that are
// not forgotten.
func (t *Tx) ProviderMarks() (bool, error) {
	marked, all := 0, 0
	err := t.eachMessage("WHERE sealed IS NOT NULL ORDER BY received_at DESC LIMIT 100", func(j judgedRow) error {
		all++
		if j.Message.Auth.AuthServID != "" {
			marked++
		}
		return nil
	})
	return all >= 4 && marked*2 > all, err
}

func (t *Tx) collect(where string, args ...any) ([]request.Judged, error) {
	var out []request.Judged
	err := t.eachMessage(where, func(j judgedRow) error { out = append(out, j); return nil }, args...)
	return out, err
}

// Cursors returns how far each folder was read.
func (t *Tx) Cursors() ([]mailbox.Cursor, error) {
	var out []mailbox.Cursor
	err := t.each(func(scan func(...any) error) error {
		var ix, sealed []byte
		if err := scan(&ix, &sealed); err != nil {
			return err
		}
		var c mailbox.Cursor
		if err := t.box.open(sealed, place("cursor", "sealed", hex.EncodeToString(ix)), &c); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	}, "SELECT folder_ix, sealed FROM cursor ORDER BY folder_ix")
	return out, err
}

// PutCursor remembers how far a folder was read. What was remembered under the
// name that it had before is forgotten.
func (t *Tx) PutCursor(c mailbox.Cursor) error {
	if c.Was != "" && c.Was != c.Folder {
		if err := t.exec("DELETE FROM cursor WHERE folder_ix = ?", t.s.index("folder", c.Was)); err != nil {
			return err
		}
	}
	ix := t.s.index("folder", c.Folder)
	sealed, err := t.box.seal(c, place("cursor", "sealed", hex.EncodeToString(ix)))
	if err != nil {
		return err
	}
	return t.exec("INSERT INTO cursor(folder_ix, sealed) VALUES (?, ?) ON CONFLICT (folder_ix) DO UPDATE SET sealed = excluded.sealed", ix, sealed)
}
