package mail

import (
	"testing"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
)

// TestResume is how a folder is known again. To take one folder for another
// would lose mail, and so does nobody guess.
func TestResume(t *testing.T) {
	type at struct {
		name           string
		validity, next uint32
	}
	for name, tc := range map[string]struct {
		since   []at
		folders []at
		modSeq  uint64 // of the cursors
		want    at     // from where the last folder goes on; no name for anew
		was     string
	}{
		"a folder of the same name goes on":                                    {since: []at{{"Clients", 7, 5}}, folders: []at{{"Clients", 7, 9}}, want: at{"Clients", 7, 5}},
		"a renamed folder goes on":                                             {since: []at{{"INBOX", 3, 9}, {"Clients", 7, 5}}, folders: []at{{"INBOX", 3, 9}, {"2026", 7, 9}}, want: at{"2026", 7, 5}, was: "Clients"},
		"a new folder is read from the beginning":                              {since: []at{{"INBOX", 3, 9}}, folders: []at{{"INBOX", 3, 9}, {"2026", 7, 9}}},
		"another UIDVALIDITY is another folder":                                {since: []at{{"Clients", 7, 5}}, folders: []at{{"2026", 8, 9}}},
		"a folder with fewer messages than were read is another one":           {since: []at{{"Clients", 7, 5}}, folders: []at{{"2026", 7, 4}}},
		"two lost folders cannot be told apart":                                {since: []at{{"A", 7, 5}, {"B", 7, 5}}, folders: []at{{"2026", 7, 9}}},
		"two new folders cannot be told apart":                                 {since: []at{{"A", 7, 5}}, folders: []at{{"2025", 7, 9}, {"2026", 7, 9}}},
		"a server that gives all folders one UIDVALIDITY says nothing with it": {since: []at{{"INBOX", 1, 9}, {"A", 1, 5}}, folders: []at{{"INBOX", 1, 9}, {"2026", 1, 9}}},
		"a copy beside the folder is read anew":                                {since: []at{{"Clients", 7, 5}}, folders: []at{{"Clients", 7, 9}, {"2026", 7, 9}}},
	} {
		t.Run(name, func(t *testing.T) {
			var since []mailbox.Cursor
			for _, c := range tc.since {
				since = append(since, mailbox.Cursor{Folder: c.name, UIDValidity: c.validity, UIDNext: c.next})
			}
			var all []folder
			var todo []job
			for _, f := range tc.folders {
				n := uint32(3)
				all = append(all, folder{name: f.name, open: true})
				todo = append(todo, job{folder: all[len(all)-1], status: &imap.StatusData{NumMessages: &n, UIDNext: imap.UID(f.next), UIDValidity: f.validity}})
			}
			resume(todo, all, since)
			j := todo[len(todo)-1]
			if got := (at{j.since.Folder, j.since.UIDValidity, j.since.UIDNext}); got != tc.want || j.known != (tc.want.name != "") || j.since.Was != tc.was {
				t.Errorf("goes on from %+v (was %q), want %+v (was %q)", got, j.since.Was, tc.want, tc.was)
			}
		})
	}
}
