package request

import (
	"strings"
	"unicode/utf8"

	"greffier/app/mailbox"
)

// part is a stretch of the message's text that is read, with the weight that
// what is said there deserves: 1 for what the sender wrote now, less for a
// quote that is all there is.
type part struct {
	start, end int
	weight     float64
}

// line is one line of the text: byte offsets without the line end.
type line struct {
	start, end int
	quoted     bool   // starts with ">" or "|"
	trim       string // trimmed, quote marks removed
	low        string // trim in the folded form, cut to maxLineLook bytes
}

// maxLineLook bounds how much of a line is looked at to tell what kind of
// line it is: marks of quotes and footers stand at the start.
const maxLineLook = 200

// newText splits the text into what the sender wrote now and the rest. A
// forwarded message is read whole, since the request may be what is forwarded;
// a message with nothing but a quote is read with less weight.
func newText(text, subject string) (parts []part, reply, forward, bulk bool) {
	lines := splitLines(text)
	subj := fold(cut(strings.TrimSpace(subject), maxLineLook))
	reply = hasAnyPrefix(subj, "re:", "re :", "aw:", "antw:", "sv:", "rif:", "r:")
	forward = hasAnyPrefix(subj, "fwd:", "fw:", "fwd :", "fw :", "tr:", "tr :", "wg:", "rv:", "i:", "doorst:", "enc:")

	const (
		inNew = iota
		inQuote
		inForward
	)
	state := inNew
	keep := make([]bool, len(lines))
	quote := make([]bool, len(lines))
	words := 0 // letters seen in new text so far, to tell an empty top from a written one
	for i := 0; i < len(lines); i++ {
		l := &lines[i]
		if l.trim == "" {
			keep[i] = state != inQuote
			quote[i] = state == inQuote
			continue
		}
		if mailbox.IsAttachmentLine(text[l.start:l.end]) {
			state = inNew // a document begins
			continue
		}
		if isForwardMark(l.low) {
			forward, state = true, inForward
			continue
		}
		if state != inForward {
			if n := attribution(lines, i); n > 0 {
				reply = true
				// Bottom posting: only the lines with ">" are the quote.
				next := i + n
				for next < len(lines) && lines[next].trim == "" && !lines[next].quoted {
					next++
				}
				if next < len(lines) && lines[next].quoted {
					i += n - 1
					continue
				}
				state = inQuote
				i += n - 1
				continue
			}
			if n := headerBlock(lines, i); n > 0 {
				if words == 0 || forward {
					// Nothing above it: a forwarded mail or a contact form.
					state = inForward
				} else {
					reply, state = true, inQuote
				}
				i += n - 1
				continue
			}
			if isOriginalMark(l.low) {
				if words == 0 && forward {
					state = inForward
				} else {
					reply, state = true, inQuote
				}
				continue
			}
		} else if n := headerBlock(lines, i); n > 0 {
			i += n - 1
			continue
		}
		if state != inQuote && !l.quoted && isSignatureMark(l, text) {
			// A signature runs to the next quote or forwarded part.
			i = skipSignature(lines, i)
			continue
		}
		if isMobileSignature(l.low) {
			continue
		}
		switch {
		case state == inQuote:
			quote[i] = true
		case l.quoted && state != inForward:
			quote[i] = true
			reply = true
		default:
			keep[i] = true
			words += len(l.trim)
		}
	}
	bulk = dropFooters(lines, keep)
	parts = merge(lines, keep, 1, nil)
	if forward {
		return merge(lines, quote, 0.95, parts), reply, forward, bulk
	}
	if letters(text, parts) < 2 {
		// Nothing was written above the quote: look at the quote, with doubt.
		parts = merge(lines, quote, 0.5, parts)
	}
	return parts, reply, forward, bulk
}

func splitLines(text string) []line {
	lines := make([]line, 0, 64)
	for start := 0; start <= len(text); {
		end := strings.IndexByte(text[start:], '\n')
		next := 0
		if end < 0 {
			end, next = len(text), len(text)+1
		} else {
			end += start
			next = end + 1
		}
		l := line{start: start, end: end}
		t := strings.TrimSpace(text[start:end])
		for t != "" && (t[0] == '>' || t[0] == '|') {
			l.quoted = true
			t = strings.TrimSpace(t[1:])
		}
		l.trim = t
		l.low = fold(cut(t, maxLineLook))
		lines = append(lines, l)
		start = next
	}
	return lines
}

// cut shortens s to at most n bytes, on a rune boundary.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func containsAny(s string, subs ...string) bool {
	for _, p := range subs {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func isForwardMark(low string) bool {
	if len(low) > 90 {
		return false
	}
	return containsAny(low, "forwarded message", "message transfere", "message reexpedie", "begin forwarded",
		"debut du message", "weitergeleitete nachricht", "anfang der weitergeleiteten", "doorgestuurd bericht",
		"mensaje reenviado", "messaggio inoltrato", "inizio messaggio inoltrato", "forwarded by", "transfere par")
}

func isOriginalMark(low string) bool {
	if len(low) > 90 {
		return false
	}
	bare := strings.Trim(low, "-_=* ")
	switch bare {
	case "original message", "message d'origine", "message original", "ursprungliche nachricht", "ursprungliche mail",
		"oorspronkelijk bericht", "mensaje original", "messaggio originale", "original-nachricht":
		return true
	}
	// Outlook draws a rule of underscores above its header block.
	return bare == "" && strings.Count(low, "_") >= 20
}

// attribution tells how many lines from i form "On … X wrote:"; 0 for none.
func attribution(lines []line, i int) int {
	joined := ""
	for n := 1; n <= 3 && i+n-1 < len(lines); n++ {
		l := lines[i+n-1]
		if l.trim == "" {
			return 0
		}
		joined += " " + l.low
		if len(joined) > 320 {
			return 0
		}
		j := strings.TrimSpace(joined)
		if n == 1 && !hasAnyPrefix(j, "le ", "on ", "am ", "op ", "el ", "il ", "den ", "em ") &&
			!containsAny(j, "a ecrit", "wrote:", "schrieb", "schreef", "escribio", "ha scritto") {
			return 0
		}
		if !strings.HasSuffix(j, ":") {
			continue
		}
		if containsAny(j, "a ecrit", "wrote", "schrieb", "schreef", "escribio", "ha scritto", "escreveu") && strings.ContainsAny(j, "0123456789@<") {
			return n
		}
		return 0
	}
	return 0
}

var headerNames = []string{"de :", "de:", "from:", "from :", "von:", "van:", "da:", "envoye :", "envoye:", "sent:", "sent :", "date :", "date:",
	"gesendet:", "verzonden:", "enviado:", "enviado el:", "inviato:", "data:", "datum:", "fecha:",
	"a :", "a:", "to:", "to :", "an:", "aan:", "para:", "cc:", "cc :", "objet :", "objet:", "subject:", "subject :", "betreff:", "onderwerp:", "asunto:", "oggetto:",
	"repondre a :", "repondre a:", "reply-to:", "pour :", "pour:"}

// headerBlock tells how many lines from i form the header block of a quoted
// message: a "From" line and at least one more header within six lines.
func headerBlock(lines []line, i int) int {
	l := strings.TrimLeft(lines[i].low, "* ")
	if !hasAnyPrefix(l, "de :", "de:", "from:", "from :", "von:", "van:", "da:", "*de", "expediteur :", "expediteur:") {
		return 0
	}
	n, found := 1, 0
	for k := i + 1; k < len(lines) && k < i+7; k++ {
		if lines[k].trim == "" {
			if found > 0 {
				break
			}
			continue
		}
		if !hasAnyPrefix(strings.TrimLeft(lines[k].low, "* "), headerNames...) {
			break
		}
		found++
		n = k - i + 1
	}
	if found < 2 {
		return 0
	}
	return n
}

func isSignatureMark(l *line, text string) bool {
	raw := text[l.start:l.end]
	raw = strings.TrimRight(raw, "\r")
	return raw == "-- " || raw == "--" || raw == "—"
}

// skipSignature returns the last line of the signature that starts at i.
func skipSignature(lines []line, i int) int {
	k := i + 1
	for ; k < len(lines); k++ {
		l := lines[k]
		if l.quoted || isForwardMark(l.low) || isOriginalMark(l.low) || headerBlock(lines, k) > 0 || attribution(lines, k) > 0 {
			break
		}
	}
	return k - 1
}

func isMobileSignature(low string) bool {
	return len(low) < 120 && hasAnyPrefix(low, "envoye de mon", "envoye depuis", "envoye a partir", "sent from my", "sent from", "sent with", "von meinem", "gesendet von",
		"verstuurd vanaf", "enviado desde", "inviato da", "get outlook for", "telecharger outlook", "obtenir outlook", "provenance :")
}

// dropFooters unmarks the lines of legal notices and of unsubscribe footers
// that machines append: "if you are not the intended recipient, delete …".
func dropFooters(lines []line, keep []bool) (bulk bool) {
	for i := range lines {
		if !keep[i] || len(lines[i].low) < 20 {
			continue
		}
		low := lines[i].low
		if containsAny(low, "intended recipient", "n'en etes pas destinataire", "n'en etes pas le destinataire", "ce message est confidentiel", "ce mail est confidentiel", "ce courriel est confidentiel", "destinataire de ce", "destinataire du present", "pas le destinataire", "n'etes pas le destinataire",
			"this e-mail is confidential", "this email is confidential", "this message is confidential", "confidentiality notice",
			"ce message et toutes les pieces", "ce message et ses pieces", "ce courriel et", "avis de confidentialite", "this message and any attach", "this email and any attach", "this e-mail and any attach",
			"received this message in error", "received this email in error", "received this e-mail in error", "recu ce message par erreur", "recu ce mail par erreur", "recu ce courriel par erreur",
			"virus-free", "sans virus", "garanti sans virus", "before printing", "avant d'imprimer",
			"diese e-mail enthalt vertrauliche", "dit bericht is vertrouwelijk", "este mensaje y sus", "questo messaggio e") {
			for k := i; k < len(lines) && lines[k].trim != ""; k++ {
				keep[k] = false
			}
			for k := i; k >= 0 && k > i-6 && lines[k].trim != "" && len(lines[k].trim) > 60; k-- {
				keep[k] = false
			}
			continue
		}
		if containsAny(low, "you are receiving this", "you're receiving this", "you received this email because", "vous recevez ce mail", "vous recevez cet e-mail", "vous recevez cet email", "vous recevez ce message", "vous recevez cette",
			"pour vous desabonner", "pour vous desinscrire", "pour ne plus recevoir", "si vous ne souhaitez plus recevoir", "to unsubscribe", "click here to unsubscribe", "se desabonner |", "unsubscribe from this list", "manage your preferences", "manage preferences", "update your preferences",
			"gerer vos preferences", "gerer mes preferences", "lien de desinscription", "lien de desabonnement", "zum abbestellen", "om u af te melden", "uitschrijven kan", "per cancellarti", "para darse de baja", "si no desea recibir") &&
			!strings.Contains(low, "?") {
			keep[i], bulk = false, true
			// Footers run to the end of their paragraph.
			for k := i + 1; k < len(lines) && lines[k].trim != ""; k++ {
				keep[k] = false
			}
			continue
		}
		// A line that is only the footer link of a bulk mail.
		switch strings.Trim(low, " |[]()<>-*.") {
		case "unsubscribe", "se desabonner", "se desinscrire", "desinscription", "me desabonner", "abmelden", "uitschrijven", "view in browser", "voir dans le navigateur":
			if i > 3 && i*2 > len(lines) && lettersAbove(lines, keep, i) > 250 {
				keep[i], bulk = false, true
			}
		}
	}
	return bulk
}

func lettersAbove(lines []line, keep []bool, i int) int {
	n := 0
	for k := 0; k < i; k++ {
		if keep[k] {
			n += len(lines[k].trim)
			if n > 1000 {
				break
			}
		}
	}
	return n
}

// merge makes parts of neighbouring marked lines.
func merge(lines []line, marked []bool, weight float64, to []part) []part {
	open := false
	for i, l := range lines {
		if !marked[i] {
			open = false
			continue
		}
		if l.trim == "" && !open {
			continue
		}
		if open {
			to[len(to)-1].end = l.end
			continue
		}
		to = append(to, part{l.start, l.end, weight})
		open = true
	}
	out := to[:0]
	for _, p := range to {
		if p.end > p.start {
			out = append(out, p)
		}
	}
	return out
}

func letters(text string, parts []part) int {
	n := 0
	for _, p := range parts {
		for i := p.start; i < p.end; i++ {
			c := text[i]
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 {
				n++
				if n > 100 {
					return n
				}
			}
		}
	}
	return n
}
