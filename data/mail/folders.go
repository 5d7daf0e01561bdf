package mail

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/text/unicode/norm"
)

// role is what a folder is for.
type role int

const (
	ordinary role = iota // made by the owner: read
	inbox
	junk
	archive
	drafts
	left // sent, trash, all, flagged and the like: nothing new comes in there
)

// folder is one folder of the mailbox.
type folder struct {
	name string // as the server spells it
	role role
	open bool // can be opened
}

// read tells whether requests may lie in the folder: incoming mail is looked
// for in the inbox, in the spam folder, in archives and in the owner's own
// folders, for a request that was filed away still counts.
func (f folder) read() bool {
	return f.open && f.role != drafts && f.role != left
}

// wellKnown are the names under which mail programs and providers keep their
// special folders, without accents and in lower case, for servers that do not
// say it themselves (RFC 6154).
var wellKnown = map[string]role{
	"junk": junk, "spam": junk, "junk e-mail": junk, "junk email": junk, "junk mail": junk, "bulk": junk, "bulk mail": junk,
	"courrier indesirable": junk, "indesirable": junk, "indesirables": junk, "pourriel": junk, "pourriels": junk,
	"quarantaine": junk, "spamverdacht": junk, "junk-e-mail": junk, "correo no deseado": junk, "posta indesiderata": junk,
	"ongewenst": junk, "unsolbox": junk,
	"archive": archive, "archives": archive, "archiv": archive,
	"drafts": drafts, "draft": drafts, "brouillon": drafts, "brouillons": drafts, "entwurfe": drafts, "borradores": drafts,
	"bozze": drafts, "concepten": drafts,
	"sent": left, "sent items": left, "sent messages": left, "sent mail": left, "sent-mail": left, "envoyes": left,
	"elements envoyes": left, "messages envoyes": left, "objets envoyes": left, "courrier envoye": left, "gesendet": left,
	"gesendete objekte": left, "gesendete elemente": left, "enviados": left, "elementos enviados": left, "posta inviata": left,
	"inviata": left, "verzonden": left, "verzonden items": left,
	"outbox": left, "boite d'envoi": left, "templates": left, "modeles": left,
	"trash": left, "deleted": left, "deleted items": left, "deleted messages": left, "bin": left, "corbeille": left,
	"elements supprimes": left, "messages supprimes": left, "papierkorb": left, "geloschte elemente": left, "papelera": left,
	"cestino": left, "prullenbak": left,
}

// foldName strips accents and case from a folder's name.
func foldName(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "’", "'")
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// classify says what each folder is for: by the server's own words where it
// has them, else by name. Folders inside of one that is left out are left out
// with it. The inbox comes first, then spam, archives and the rest by name.
func classify(list []*imap.ListData) []folder {
	var out []folder
	var leftOut []string // prefixes
	for _, d := range list {
		f := folder{name: d.Mailbox, open: true}
		said := false
		for _, a := range d.Attrs {
			switch strings.ToLower(string(a)) {
			case `\noselect`, `\nonexistent`:
				f.open = false
			case `\junk`, `\spam`:
				f.role, said = junk, true
			case `\archive`:
				f.role, said = archive, true
			case `\drafts`:
				f.role, said = drafts, true
			case `\sent`, `\trash`, `\all`, `\allmail`, `\flagged`, `\starred`, `\important`:
				f.role, said = left, true
			}
		}
		switch {
		case strings.EqualFold(d.Mailbox, "INBOX"):
			f.role, said = inbox, true
		case !said:
			f.role = roleByName(d.Mailbox, d.Delim)
		}
		if (f.role == left || f.role == drafts) && d.Delim != 0 {
			leftOut = append(leftOut, d.Mailbox+string(d.Delim))
		}
		out = append(out, f)
	}
	for i := range out {
		for _, p := range leftOut {
			if out[i].role == ordinary && strings.HasPrefix(out[i].name, p) {
				out[i].role = left
			}
		}
	}
	order := map[role]int{inbox: 0, junk: 1, archive: 2}
	rank := func(r role) int {
		if n, ok := order[r]; ok {
			return n
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b folder) int {
		return cmp.Or(cmp.Compare(rank(a.role), rank(b.role)), cmp.Compare(a.name, b.name))
	})
	return slices.CompactFunc(out, func(a, b folder) bool { return a.name == b.name })
}

// roleByName guesses from the name, at the top level or right below the inbox:
// a folder "Clients/Sent" is the owner's own.
func roleByName(name string, delim rune) role {
	last := name
	if delim != 0 {
		if i := strings.LastIndex(name, string(delim)); i >= 0 {
			parent := foldName(name[:i])
			if parent != "inbox" && parent != "[gmail]" && parent != "[google mail]" {
				return ordinary
			}
			last = name[i+len(string(delim)):]
		}
	}
	return wellKnown[foldName(last)]
}
