package mail

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"greffier/app/mailbox"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/text/unicode/norm"
)

// folder is one folder of the mailbox.
type folder struct {
	name string // as the server spells it
	kind mailbox.FolderKind
	said bool // the server itself told the kind
	open bool // can be opened
}

// incoming tells whether requests may lie in the folder: incoming mail is
// looked for in the inbox, in the spam folder, in archives and in the owner's
// own folders, for a request that was filed away still counts.
func (f folder) incoming() bool {
	switch f.kind {
	case mailbox.FolderInbox, mailbox.FolderJunk, mailbox.FolderArchive, mailbox.FolderOwn:
		return f.open
	}
	return false
}

// sent tells whether the owner's own words lie in the folder.
func (f folder) sent() bool { return f.open && f.kind == mailbox.FolderSent }

// wellKnown are the names under which mail programs and providers keep their
// special folders, without accents and in lower case, for servers that do not
// say it themselves (RFC 6154).
var wellKnown = map[string]mailbox.FolderKind{
	"junk": mailbox.FolderJunk, "spam": mailbox.FolderJunk, "junk e-mail": mailbox.FolderJunk, "junk email": mailbox.FolderJunk, "junk mail": mailbox.FolderJunk, "bulk": mailbox.FolderJunk, "bulk mail": mailbox.FolderJunk,
	"courrier indesirable": mailbox.FolderJunk, "indesirable": mailbox.FolderJunk, "indesirables": mailbox.FolderJunk, "pourriel": mailbox.FolderJunk, "pourriels": mailbox.FolderJunk,
	"quarantaine": mailbox.FolderJunk, "spamverdacht": mailbox.FolderJunk, "junk-e-mail": mailbox.FolderJunk, "correo no deseado": mailbox.FolderJunk, "posta indesiderata": mailbox.FolderJunk,
	"ongewenst": mailbox.FolderJunk, "unsolbox": mailbox.FolderJunk,
	"archive": mailbox.FolderArchive, "archives": mailbox.FolderArchive, "archiv": mailbox.FolderArchive,
	"drafts": mailbox.FolderDrafts, "draft": mailbox.FolderDrafts, "brouillon": mailbox.FolderDrafts, "brouillons": mailbox.FolderDrafts, "entwurfe": mailbox.FolderDrafts, "borradores": mailbox.FolderDrafts,
	"bozze": mailbox.FolderDrafts, "concepten": mailbox.FolderDrafts,
	"sent": mailbox.FolderSent, "sent items": mailbox.FolderSent, "sent messages": mailbox.FolderSent, "sent mail": mailbox.FolderSent, "sent-mail": mailbox.FolderSent, "envoyes": mailbox.FolderSent,
	"elements envoyes": mailbox.FolderSent, "messages envoyes": mailbox.FolderSent, "objets envoyes": mailbox.FolderSent, "courrier envoye": mailbox.FolderSent, "gesendet": mailbox.FolderSent,
	"gesendete objekte": mailbox.FolderSent, "gesendete elemente": mailbox.FolderSent, "enviados": mailbox.FolderSent, "elementos enviados": mailbox.FolderSent, "posta inviata": mailbox.FolderSent,
	"inviata": mailbox.FolderSent, "verzonden": mailbox.FolderSent, "verzonden items": mailbox.FolderSent,
	"outbox": mailbox.FolderOther, "boite d'envoi": mailbox.FolderOther, "templates": mailbox.FolderOther, "modeles": mailbox.FolderOther,
	"trash": mailbox.FolderOther, "deleted": mailbox.FolderOther, "deleted items": mailbox.FolderOther, "deleted messages": mailbox.FolderOther, "bin": mailbox.FolderOther, "corbeille": mailbox.FolderOther,
	"elements supprimes": mailbox.FolderOther, "messages supprimes": mailbox.FolderOther, "papierkorb": mailbox.FolderOther, "geloschte elemente": mailbox.FolderOther, "papelera": mailbox.FolderOther,
	"cestino": mailbox.FolderOther, "prullenbak": mailbox.FolderOther,
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
// has them (RFC 6154), else by name. What lies inside of a folder for drafts, of
// sent mail or of another that is left out goes with it. The inbox comes first,
// then spam, archives and the rest by name, and sent mail last: an answer is
// read after what it answers.
func classify(list []*imap.ListData) []folder {
	var out []folder
	type branch struct {
		prefix string
		kind   mailbox.FolderKind
	}
	var branches []branch
	for _, d := range list {
		f := folder{name: d.Mailbox, kind: mailbox.FolderOwn, open: true}
		say := func(k mailbox.FolderKind) { f.kind, f.said = k, true }
		for _, a := range d.Attrs {
			switch strings.ToLower(string(a)) {
			case `\noselect`, `\nonexistent`:
				f.open = false
			case `\junk`, `\spam`:
				say(mailbox.FolderJunk)
			case `\archive`:
				say(mailbox.FolderArchive)
			case `\drafts`:
				say(mailbox.FolderDrafts)
			case `\sent`:
				say(mailbox.FolderSent)
			case `\trash`, `\all`, `\allmail`, `\flagged`, `\starred`, `\important`:
				say(mailbox.FolderOther)
			}
		}
		switch {
		case strings.EqualFold(d.Mailbox, "INBOX"):
			say(mailbox.FolderInbox)
		case !f.said:
			f.kind = kindByName(d.Mailbox, d.Delim)
		}
		switch f.kind {
		case mailbox.FolderDrafts, mailbox.FolderSent, mailbox.FolderOther:
			if d.Delim != 0 {
				kind := f.kind
				if kind == mailbox.FolderDrafts {
					kind = mailbox.FolderOther // nothing is saved into a folder below
				}
				branches = append(branches, branch{d.Mailbox + string(d.Delim), kind})
			}
		}
		out = append(out, f)
	}
	for i := range out {
		for _, b := range branches {
			if out[i].kind == mailbox.FolderOwn && strings.HasPrefix(out[i].name, b.prefix) {
				out[i].kind = b.kind
			}
		}
	}
	order := map[mailbox.FolderKind]int{mailbox.FolderInbox: 0, mailbox.FolderJunk: 1, mailbox.FolderArchive: 2, mailbox.FolderSent: 4}
	rank := func(k mailbox.FolderKind) int {
		if n, ok := order[k]; ok {
			return n
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b folder) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), cmp.Compare(a.name, b.name))
	})
	return slices.CompactFunc(out, func(a, b folder) bool { return a.name == b.name })
}

// special finds the folder of a kind, that of the server's own words before one
// known by its name.
func special(all []folder, kind mailbox.FolderKind) (folder, bool) {
	var found folder
	for _, f := range all {
		if f.kind == kind && f.open && (found.name == "" || f.said && !found.said) {
			found = f
		}
	}
	return found, found.name != ""
}

// kindByName guesses from the name, at the top level or right below the inbox:
// a folder "Clients/Sent" is the owner's own.
func kindByName(name string, delim rune) mailbox.FolderKind {
	last := name
	if delim != 0 {
		if i := strings.LastIndex(name, string(delim)); i >= 0 {
			parent := foldName(name[:i])
			if parent != "inbox" && parent != "[gmail]" && parent != "[google mail]" {
				return mailbox.FolderOwn
			}
			last = name[i+len(string(delim)):]
		}
	}
	return cmp.Or(wellKnown[foldName(last)], mailbox.FolderOwn)
}
