package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
)

// maxFound bounds how many messages of one folder are looked at for one
// Message-ID.
const maxFound = 10

// Read implements mailbox.Rereader. Where the message no longer lies at ref,
// the folders that Fetch reads are searched for its Message-ID. Errors:
// mailbox.ErrGone and those of Fetch.
func (b *Box) Read(ctx context.Context, ref mailbox.Ref, messageID string) (mailbox.Message, error) {
	s, err := b.connect(ctx)
	if err != nil {
		return mailbox.Message{}, err
	}
	defer s.close()
	r := &reader{session: s, box: b, ctx: ctx}
	all, err := s.folders()
	if err != nil {
		return mailbox.Message{}, err
	}
	if i := slices.IndexFunc(all, func(f folder) bool { return f.open && f.name == ref.Folder }); i >= 0 {
		m, found, err := r.one(all[i], messageID, func(validity uint32) ([]imap.UID, error) {
			if validity != ref.UIDValidity || ref.UID == 0 {
				return nil, nil
			}
			return []imap.UID{imap.UID(ref.UID)}, nil
		})
		if found || err != nil {
			return m, err
		}
	}
	if messageID == "" || strings.ContainsFunc(messageID, func(c rune) bool { return c < ' ' || c > '~' }) {
		return mailbox.Message{}, fmt.Errorf("%s: read a message again: %w", b.server, mailbox.ErrGone)
	}
	wanted, _ := b.choose(all)
	for _, f := range wanted {
		m, found, err := r.one(f, messageID, func(uint32) ([]imap.UID, error) {
			data, err := s.c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: messageID}}}, nil).Wait()
			if err != nil {
				return nil, err
			}
			uids, _ := firstOf(searched(data), maxSearched)
			slices.Sort(uids)
			return uids[:min(len(uids), maxFound)], nil
		})
		if found || err != nil {
			return m, err
		}
	}
	return mailbox.Message{}, fmt.Errorf("%s: read a message again: %w", b.server, mailbox.ErrGone)
}

// one opens a folder and reads the first of the messages that find gives that
// has the Message-ID; any, where none is named. A folder that the server
// refuses to open or to search has none.
func (r *reader) one(f folder, messageID string, find func(validity uint32) ([]imap.UID, error)) (m mailbox.Message, found bool, err error) {
	sel, err := r.c.Select(f.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	var uids []imap.UID
	if err == nil && sel.NumMessages > 0 {
		uids, err = find(sel.UIDValidity)
	}
	var refused *imap.Error
	if errors.As(err, &refused) {
		return m, false, nil
	}
	if err != nil {
		return m, false, r.fail("look for a message", err)
	}
	if len(uids) == 0 {
		return m, false, nil
	}
	metas, err := r.metas(imap.UIDSetNum(uids...), 1, 0)
	if err != nil {
		return m, false, err
	}
	for _, meta := range metas {
		it, err := r.whole(meta)
		if err != nil {
			return m, false, err
		}
		if it.gone || !it.given {
			continue
		}
		if m = r.message(f, sel.UIDValidity, it); messageID == "" || m.MessageID == messageID {
			return m, true, nil
		}
	}
	return mailbox.Message{}, false, nil
}
