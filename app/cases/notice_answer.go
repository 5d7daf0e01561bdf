package cases

import (
	"regexp"
	"slices"
	"strings"

	"greffier/app/mailbox"
)

// Recognise tells whether a mail answers one of the notices that are awaited,
// what it answers, and by which of its words. Two things must agree: the thread
// (In-Reply-To or References name a letter of the notice, or its token stands in
// the subject or the text) and the sender, who must write from the address that
// was written to or from its domain. The domain of a provider at which anybody
// gets an address proves nothing: there, only the address itself counts.
// Automatic replies, bounces, list mail and mail whose sender's domain disowns
// it answer nothing. Where two notices fit equally, none does.
//
// The answer is read from the new text alone, never from what is quoted. What is
// not plainly one of the known answers is AnswerOther: half an erasure, a promise
// of one, a question. words are hostile text and may be personal data: they are
// for the screen, and do not go into the notice.
func Recognise(m mailbox.Message, open []Notice) (n Notice, a Answer, words string, ok bool) {
	from, one := m.Sender()
	if !one || m.AutoSubmitted || m.Bounce || m.List || m.Auth.DMARC == mailbox.Fail || automatic(m, from) {
		return Notice{}, AnswerNone, "", false
	}
	n, ok = addressed(m, from, open)
	if !ok {
		return Notice{}, AnswerNone, "", false
	}
	a, words = ReadAnswer(m.Text)
	if n.Kind != NoticeErasure && a == AnswerErased {
		a = AnswerOther // it erased what was to be put right, or kept: the owner reads it herself
	}
	return n, a, words, true
}

// addressed finds the one notice that a mail of a sender belongs to, by the
// strongest thread that there is.
func addressed(m mailbox.Message, from mailbox.Address, open []Notice) (Notice, bool) {
	for _, leads := range []func(Notice) bool{
		func(n Notice) bool { return refersTo(m.InReplyTo, n) },
		func(n Notice) bool { return namesToken(m.Subject, n.Token) },
		func(n Notice) bool { return refersTo(m.References, n) },
		func(n Notice) bool { return namesToken(m.Text, n.Token) },
	} {
		var found []Notice
		for _, n := range open {
			if n.Awaited() && leads(n) && writesFor(from, n.To) {
				found = append(found, n)
			}
		}
		if len(found) > 0 {
			return found[0], len(found) == 1
		}
	}
	return Notice{}, false
}

// refersTo tells whether references name a letter of the notice.
func refersTo(refs []string, n Notice) bool {
	ids := map[string]bool{}
	for _, id := range n.MessageIDs {
		ids[strings.Trim(strings.TrimSpace(id), "<>")] = true
	}
	delete(ids, "")
	// The last references are the nearest; a forged list may be long.
	return len(ids) > 0 && slices.ContainsFunc(refs[max(0, len(refs)-200):], func(id string) bool { return known(ids, id) })
}

// token is how the reference of a notice is written.
var token = regexp.MustCompile(`(?i)\bGR-[0-9]{1,19}-[0-9]{1,9}\b`)

// namesToken tells whether a text carries a notice's token, whole.
func namesToken(text, want string) bool {
	return want != "" && slices.ContainsFunc(token.FindAllString(text, 100), func(t string) bool { return strings.EqualFold(t, want) })
}

// writesFor tells whether a sender may answer for the address that was written
// to.
func writesFor(from mailbox.Address, to string) bool {
	sender, to := from.Norm(), mailbox.NormEmail(to)
	if sender == "" || to == "" {
		return false
	}
	if sender == to {
		return true
	}
	_, a, ok := cutLast(sender, "@")
	_, b, ok2 := cutLast(to, "@")
	if !ok || !ok2 {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	// a is the shorter one: the same domain, or the one above.
	return strings.Count(a, ".") >= 1 && !anybodys(a) && !anybodys(b) && (a == b || strings.HasSuffix(b, "."+a))
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// massNames are providers that give an address to anybody, under the endings of
// many countries.
var massNames = strings.Fields("aol fastmail gmail gmx googlemail hotmail hushmail live mailbox msn outlook proton protonmail rocketmail runbox startmail tutanota yahoo yandex ymail zoho")

// massDomains are such providers with one ending, hosts that serve many
// companies under one name, and endings below which anybody registers.
var massDomains = strings.Fields(`orange.fr wanadoo.fr free.fr sfr.fr neuf.fr cegetel.net 9online.fr laposte.net bbox.fr numericable.fr noos.fr aliceadsl.fr club-internet.fr
	ik.me mailo.com caramail.com icloud.com me.com mac.com pm.me proton.me tuta.io tuta.com hey.com mail.com email.com inbox.com mail.ru bk.ru list.ru rambler.ru ukr.net seznam.cz wp.pl o2.pl onet.pl interia.pl
	skynet.be telenet.be proximus.be voo.be scarlet.be bluewin.ch hispeed.ch sunrise.ch ziggo.nl kpnmail.nl xs4all.nl home.nl planet.nl web.de t-online.de freenet.de posteo.de posteo.net arcor.de mail.de
	libero.it virgilio.it alice.it tiscali.it tin.it sapo.pt terra.es telefonica.net btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net blueyonder.co.uk
	comcast.net verizon.net att.net cox.net charter.net sbcglobal.net bellsouth.net shaw.ca rogers.com bigpond.com qq.com 163.com 126.com sina.com naver.com daum.net rediffmail.com
	zendesk.com freshdesk.com helpscout.net gorgias.com intercom-mail.com atlassian.net salesforce.com onmicrosoft.com myshopify.com wixsite.com wordpress.com blogspot.com github.io herokuapp.com amazonaws.com
	co.uk org.uk ac.uk gov.uk com.au com.br co.jp co.nz co.za com.tr com.mx com.pl co.in asso.fr gouv.fr com.fr eu.org uk.com`)

// anybodys tells whether a domain says nothing of who writes.
func anybodys(domain string) bool {
	first, _, _ := strings.Cut(domain, ".")
	if slices.Contains(massNames, first) && strings.Count(domain, ".") <= 2 || slices.Contains(massDomains, domain) {
		return true
	}
	// A host of the provider itself, as in smtp.orange.fr.
	_, above, ok := strings.Cut(domain, ".")
	return ok && slices.Contains(massDomains, above) && !sharedHost(above)
}

// sharedHost tells of a domain below which each name is somebody of its own.
func sharedHost(domain string) bool {
	i := slices.Index(massDomains, "zendesk.com")
	return slices.Index(massDomains, domain) >= i
}

// automaticSubjects begin the subjects of mail that no person wrote, where the
// headers do not say so.
var automaticSubjects = []string{
	"reponse automatique", "reponse auto", "message automatique", "absence du bureau", "absent du bureau", "notification d absence", "absence", "en conges",
	"automatic reply", "auto reply", "autoreply", "auto response", "autoresponder", "out of office", "out of the office", "vacation reply",
	"undeliverable", "undelivered mail", "delivery status notification", "delivery failure", "mail delivery failed", "mail delivery failure", "failure notice", "returned mail", "non remis",
	"echec de la remise", "non distribuable", "message non distribue", "read", "lu", "not read", "non lu",
}

// automatic tells whether a mail looks as if no person wrote it.
func automatic(m mailbox.Message, from mailbox.Address) bool {
	name, _, _ := strings.Cut(from.Norm(), "@")
	if name == "mailer-daemon" || name == "postmaster" || name == "" {
		return true
	}
	subject := strings.TrimSpace(fold(oneLine(m.Subject, 200)))
	for _, s := range automaticSubjects {
		if subject == s || strings.HasPrefix(subject, s+" ") {
			return true
		}
	}
	return false
}

const (
	maxAnswerBytes     = 20 << 10 // of new text that is read: an answer is short
	maxAnswerSentences = 400
	maxAnswerWords     = 120 // of one sentence: a longer one says nothing plainly
)

// ReadAnswer reads what a recipient answers from the text of its mail, in French
// or English, and returns the sentence that tells it, "" where none does.
func ReadAnswer(text string) (Answer, string) {
	said := map[saying]string{}
	for _, s := range answerSentences(answerText(text)) {
		what := sayingOf(s)
		for _, w := range what {
			if _, ok := said[w]; !ok {
				said[w] = oneLine(s, 200)
			}
		}
	}
	has := func(w saying) bool { _, ok := said[w]; return ok }
	switch {
	case has(saysLess):
		return AnswerOther, said[saysLess]
	case (has(saysErased) || has(saysNothing)) && (has(saysRefused) || has(saysKept)):
		return AnswerOther, said[saysRefused] + said[saysKept]
	case has(saysErased):
		return AnswerErased, said[saysErased]
	case has(saysNothing):
		return AnswerNothing, said[saysNothing]
	case has(saysRefused):
		return AnswerRefused, said[saysRefused]
	case has(saysKept):
		return AnswerRefused, said[saysKept]
	}
	return AnswerOther, ""
}

// saying is what one sentence says.
type saying int

const (
	saysErased  saying = iota // it was erased
	saysNothing               // nothing is held
	saysRefused               // it will not be erased
	saysKept                  // it has to be kept
	saysLess                  // not yet, not all, not possible: anything that takes back the others
)

// Words of a folded sentence. The gaps between words are short, so that what
// stands far apart is not read together.
const (
	gone  = `(?:supprimee?s?|effacee?s?|purgee?s?|ecrasee?s?|eliminee?s?|detruit(?:e?s?)|erased|deleted|destroyed|purged|wiped|shredded)`
	ours  = `(?:removed)` // in English, of data; said of people and parcels as well
	erase = `(?:supprim|effac|purg|detrui|eras|delet|destroy|wip)[a-z]*`
	noun  = `(?:donnees?|informations?|photos?|photographies?|portraits?|fichiers?|images?|copies?|traces?|elements?|enregistrements?|data|records?|photographs?|files?|copy|information)`
	adv   = `(?: (?:bien|donc|deja|tout|toutes?|tous|ete|egalement|aussi|definitivement|integralement|immediatement|irreversiblement|entierement|totalement|desormais|maintenant|effectivement|bel|et|now|been|all|also|already|both|permanently|securely|completely|fully|since|successfully|duly|irreversibly|promptly|immediately|today|hereby|just))*`
	hold  = `(?:detenons|detiens|detient|possedons|possede|conservons|conserve|stockons|stocke|gardons|garde|hebergeons|disposons|dispose|traitons)`
	had   = `(?:avons|ai|a)`
	about = `(?: (?:the|this|that|your|their|la|l|cette|leur|definitive|complete|vous|by|present|presente|bien))*`
	doing = `(?:suppression|effacement|destruction|purge|deletion|erasure|removal)`
)

var (
	isErased = regexp.MustCompile(strings.Join([]string{
		` (?:a|ont|avons|ai|est|sont)` + adv + ` ` + gone + ` `,
		` (?:viens|vient|viennent|venons) (?:d|de)(?: les| la| le| l)?(?: etre)? (?:` + gone + `|supprimer|effacer|detruire|purger) `,
		` ` + had + adv + ` procede` + adv + ` (?:a|au|aux)(?: la| l| leur| cette)? ` + doing + ` `,
		` ` + doing + `(?: [a-z0-9]+){0,10} (?:a|ont|est|sont)` + adv + ` (?:effectue|realise|fait|termine|acheve|execute|confirme)(?:e?s?) `,
		` confirmons` + about + ` ` + doing + ` `,
		` (?:have|has|had|ve|was|were|is|are|we|i)` + adv + ` (?:` + gone + `|` + ours + `) `,
		` (?:confirm|confirmed|confirming)` + about + ` ` + doing + ` `,
		` (?:completed|finished)` + about + ` ` + doing + ` (?:request )?`,
		` ` + doing + `(?: [a-z0-9]+){0,10} (?:is|was|has been|have been)` + adv + ` (?:complete|completed|done|carried out|performed|executed|confirmed|finished) `,
	}, "|"))
	// isBare is said in a sentence of few words: "Données supprimées."
	isBare  = regexp.MustCompile(` ` + gone + ` | ` + doing + `(?: [a-z]+){0,2} (?:effectuee?|realisee?|faite?|terminee?|ok|done|complete|completed|confirmed|confirmee?) `)
	allDone = []string{" c est fait ", " cela est fait ", " c est chose faite ", " voila c est fait ", " bonjour c est fait ", " done ", " all done ", " this is done ", " it is done ", " this has been done ", " fait ", " chose faite "}

	isNothing = regexp.MustCompile(strings.Join([]string{
		` (?:ne|n)(?: en| vous| y| nous)? ` + hold + `(?: [a-z]+){0,3}? (?:aucune?|rien)(?: (?:[a-z]+ ){0,2}?` + noun + `)? `,
		` (?:ne|n)(?: en| y)? ` + hold + ` (?:pas|plus)(?: [a-z]+){0,2}? ` + noun + ` `,
		` n(?: en)? ` + had + `(?: plus| donc| pas)?(?: trouve| retrouve| conserve| garde| identifie| recu)? aucune?(?: [a-z]+)? ` + noun + ` `,
		` n(?: en)? ` + had + ` (?:pas|plus)(?: recu| trouve| retrouve| conserve)? (?:de|d)(?: [a-z]+)? ` + noun + ` `,
		` ne (?:nous |vous |en |m )*reste (?:plus )?(?:aucune?|rien)(?: [a-z]+)?(?: ` + noun + `)? `,
		` n(?: en)? ` + had + ` (?:plus )?rien (?:trouve|retrouve|conserve|garde|stocke) `,
		` aucune?(?: [a-z]+)? ` + noun + `(?: [a-z0-9]+){0,6}? (?:detenu|conserve|trouve|retrouve|stocke|present|enregistre|identifie|heberge)(?:e?s?) `,
		` rien n (?:a ete|est) (?:conserve|garde|trouve|detenu|stocke) `,
		` il n y a (?:plus |pas )?(?:aucune?|de|d)(?: [a-z]+)? ` + noun + ` `,
		` (?:hold|holds|holding|have|has|store|stores|keep|keeps|retain|retains|process|possess|found|find|located)(?: [a-z]+){0,2}? no(?: [a-z]+){0,2}? ` + noun + ` `,
		` (?:not|don t|doesn t|didn t|no longer|never)(?: [a-z]+)? (?:hold|have|store|keep|retain|process|find|possess|locate)(?: (?:any|anything|the|your|such|this|these|personal|customer|further|of|more))* (?:` + noun + `|any|anything) `,
		` no(?: [a-z]+)? ` + noun + `(?: [a-z0-9]+){0,5}? (?:held|found|stored|kept|retained|located) `,
		` nothing(?: [a-z]+){0,2} (?:held|found|stored|kept|retained) `,
	}, "|"))
	// notThat takes out what looks like it: a data protection officer, data of
	// one sort only.
	notThat = regexp.MustCompile(` (?:data protection|protection des donnees|bancaires?|sensibles?|medicales?|de sante|sensitive|payment|card|bank|health) `)

	isRefused = regexp.MustCompile(strings.Join([]string{
		` (?:nous|je) (?:refusons|refuse|declinons|decline) `,
		` opposons un refus `,
		` (?:ne|n) (?:pouvons|pouvais|pouvions|peux|pourrons|sommes|suis)(?: pas| malheureusement| donc| toutefois)*(?: en mesure)?(?: de| d)?(?: [a-z]+){0,2}? (?:supprimer|effacer|detruire|donner suite|acceder|satisfaire|repondre favorablement|proceder) `,
		` (?:ne|n) (?:supprimerons|effacerons|detruirons) (?:pas|rien) `,
		` impossible (?:de|d)(?: les| la| le)? (?:supprimer|effacer|detruire) `,
		` demande (?:est|a ete) (?:refusee|rejetee) `,
		` (?:we|i) (?:refuse|decline|must refuse|have to refuse|must decline|have to decline) `,
		` (?:we|i) (?:cannot|can not|can t|are unable to|are not able to|am unable to|won t|will not|do not intend to)(?: [a-z]+){0,3}? (?:delete|erase|remove|destroy|comply|fulfil|fulfill|accept) `,
		` request (?:is|was|has been) (?:refused|denied|rejected|declined) `,
	}, "|"))
	isKept = regexp.MustCompile(strings.Join([]string{
		` (?:devons|devez|dois|tenus?|obliges?|contraints?|obligation)(?: [a-z]+){0,4}? (?:conserver|garder|archiver|conservation) `,
		` (?:nous|je) (?:les |la |le |en )?(?:conservons|conserverons|gardons|garderons|archivons|conserve|garde)(?: |$)`,
		` (?:must|have to|has to|need|needs|required|obliged|obligated|bound|obligation|duty)(?: [a-z]+){0,5}? (?:keep|retain|retaining|store|archive|preserve) `,
		` (?:we|i)(?: [a-z]+)? (?:keep|retain|archive)(?: |$)`,
	}, "|"))

	// isLess is anything that speaks of erasing and takes it back.
	isErase = regexp.MustCompile(` ` + erase + ` | ` + doing + ` `)
	isLater = regexp.MustCompile(` (?:seront|sera|serait|soient|soit|doit|doivent|devons|peut|peuvent|pourra|pourront|devra|devront|etre|allons|vais|va|vont|will|shall|ll|to be|being|can|could|should|must|may|might|would|going to|en cours|in progress|quand|lorsque|des que|une fois|aussitot|if|once|when|whether|until|si|jusqu|demain|tomorrow|bientot|soon|prochainement|shortly) `)
	// canSay begins what is said all the same: "we can confirm that …".
	canSay  = regexp.MustCompile(` (?:can|may|pouvons|peux|puis)(?: [a-z]+)? (?:confirm|confirmer) `)
	isAsk   = regexp.MustCompile(` (?:merci de|merci d|veuillez|priere de|prions de|pouvez vous|pourriez vous|please|kindly|could you|can you|would you)(?: [a-z]+){0,4}? (?:confirm|confirmer|verifier|check|verify|indiquer|tell|dire|let|advise|preciser|supprimer|effacer|delete|erase|ensure) `)
	isYours = regexp.MustCompile(` you(?: have| had| ve)?(?: [a-z]+)? ` + gone + ` `)
	justNow = regexp.MustCompile(` (?:viennent|vient) d etre `)
	isAfter = regexp.MustCompile(` (?:sous|dans|apres|au bout de|d ici|within|after|in|every|tous les)(?: (?:un|une|les|the|a|an|about|environ|delai|de))*(?: [0-9]+| [a-z]+)? (?:heures?|jours?|semaines?|mois|ans|annees?|hours?|days?|weeks?|months?|years?) | sous huitaine | [0-9]+ (?:heures?|jours?|semaines?|mois|hours?|days?|weeks?|months?) (?:apres|after|later) `)
	isNot   = regexp.MustCompile(` (?:pas|jamais|aucune?|rien|ni|sans|non|impossible|nullement|echoue|echec|not|never|nor|neither|none|nothing|cannot|without|unable|failed|can t|couldn t|didn t|don t|doesn t|haven t|hasn t|isn t|aren t|wasn t|weren t|won t|no(?: [a-z]+)) `)
	isPart  = regexp.MustCompile(` (?:mais|sauf|hormis|excepte|exception|toutefois|cependant|neanmoins|a part|en partie|partiellement|certaines?|quelques|une partie|presque|autres|le reste|restante?s?|remaining|the rest|the other|but|except|however|although|though|apart|unless|partly|partially|some|most|almost|other than|apart from|nonetheless|nevertheless) `)
	isLeft  = regexp.MustCompile(` (?:il|elles?|ils|qui|photos|copies|donnees) (?:en )?(?:reste|restent|subsiste|subsistent|demeure|demeurent) | (?:copies|data|files|photos|some|which|that) (?:remain|remains|are left) | still (?:there|hold|have|keep|stored) `)
	// harmless are negations that negate nothing of this.
	harmless = regexp.MustCompile(` (?:sans exception|sans delai|sans attendre|n hesitez pas|not hesitate|don t hesitate|without (?:undue )?delay|without exception|no exception|aucune exception|non seulement|not only|sans reserve) `)
	// isIf begins what is only supposed, as in the small print below a mail.
	isIf = regexp.MustCompile(`^ (?:si|s il|s ils|si vous|if|should you|in case|en cas|au cas|lorsque|quand|when|whether|unless|est ce que|avez vous|did you|have you|ce message|ce courriel|this message|this e mail|this email|the information) `)
)

// sayingOf reads one sentence.
func sayingOf(sentence string) []saying {
	if strings.HasSuffix(strings.TrimRight(sentence, " \t\u00a0\u202f)»\""), "?") {
		return nil
	}
	s := fold(sentence)
	words := strings.Count(s, " ") - 1
	if words < 1 || words > maxAnswerWords || isIf.MatchString(s) {
		return nil
	}
	// Neighbouring words share their space: each look takes out one of two.
	out := func(re *regexp.Regexp, s string) string { return re.ReplaceAllString(re.ReplaceAllString(s, " "), " ") }
	var said []saying
	if isRefused.MatchString(s) && !strings.Contains(s, " refusons pas ") {
		return []saying{saysRefused}
	}
	rest := s
	if isNothing.MatchString(s) && !erasesNot(s) {
		if notThat.MatchString(s) {
			return []saying{saysLess}
		}
		said = append(said, saysNothing)
		rest = out(isNothing, s)
	}
	if isKept.MatchString(rest) && !isNot.MatchString(rest) {
		said = append(said, saysKept)
	}
	rest = canSay.ReplaceAllString(out(harmless, rest), " confirm ")
	negated := isNot.MatchString(rest)
	later := isLater.MatchString(justNow.ReplaceAllString(rest, " ")) || isAfter.MatchString(rest)
	switch {
	case slices.Contains(allDone, rest):
		said = append(said, saysErased)
	case !isErase.MatchString(rest) && !isErased.MatchString(rest):
	case negated, later, isAsk.MatchString(rest), isYours.MatchString(rest):
		said = append(said, saysLess)
	case isErased.MatchString(rest), isBare.MatchString(rest) && words <= 5:
		said = append(said, saysErased)
	}
	if len(said) > 0 && isPart.MatchString(rest) || isLeft.MatchString(rest) || startsOver(s) {
		said = append(said, saysLess)
	}
	return said
}

// erasesNot tells of a sentence in which nothing was erased, which is not the
// same as nothing held: "nous n'avons supprimé aucune donnée".
var erasesNotWords = regexp.MustCompile(` (?:ne|n)(?: [a-z]+){0,3} ` + gone + ` (?:aucune?|rien) | aucune?(?: [a-z]+){0,2} n (?:a|ont|est|sont)(?: [a-z]+){0,2} ` + gone + ` | rien n a ete ` + gone + ` | (?:no|nothing|none)(?: [a-z]+){0,3} (?:has|have|was|were)(?: [a-z]+){0,2} ` + gone + ` `)

func erasesNot(s string) bool { return erasesNotWords.MatchString(s) }

// startsOver tells of a sentence that takes back the one before it.
func startsOver(s string) bool {
	for _, w := range []string{" cependant ", " toutefois ", " neanmoins ", " en revanche ", " however ", " nevertheless ", " mais ", " but ", " seules les ", " only the "} {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// answerSentences splits a text into sentences: at full stops that end
// something, at blank lines, and at lines that begin anew.
func answerSentences(text string) []string {
	var out []string
	start := 0
	add := func(end int) {
		if s := strings.TrimSpace(text[start:end]); s != "" {
			out = append(out, s)
		}
	}
	for i := 0; i < len(text) && len(out) < maxAnswerSentences; i++ {
		switch text[i] {
		case '.', '!', '?', ';':
			if i+1 == len(text) || strings.ContainsRune(" \t\n\r)\"", rune(text[i+1])) || strings.HasPrefix(text[i+1:], "\u00a0") {
				add(i + 1)
				start = i + 1
			}
		case '\n':
			next := strings.TrimLeft(text[i+1:], " \t")
			// A line that goes on in small letters was only wrapped.
			if next == "" || !(next[0] >= 'a' && next[0] <= 'z' || next[0] >= '0' && next[0] <= '9' || next[0] >= 0x80) {
				add(i)
				start = i + 1
			}
		}
	}
	if len(out) < maxAnswerSentences {
		add(len(text))
	}
	return out
}

var (
	// wroteLine introduces what is quoted: "Le 3 mars 2026, X a écrit :".
	wroteLine = regexp.MustCompile(`^ (?:le|on|am|op|el|il) .*(?: a ecrit| wrote| schrieb| schreef| escribio| ha scritto) $`)
	// mailHead begins the head of a quoted mail as Outlook writes it.
	mailHead  = regexp.MustCompile(`^ (?:de|from|von|van|da) `)
	mailHead2 = regexp.MustCompile(`^ (?:envoye|sent|date|a|to|objet|subject|gesendet|verzonden|inviato) `)
	original  = regexp.MustCompile(`^ (?:message d origine|message original|original message|message transfere|forwarded message|debut du message reexpedie|ursprungliche nachricht) `)
	ourOwn    = regexp.MustCompile(`(?i)^(?:référence|reference)\s*: GR-[0-9]+-[0-9]+$`)
)

// answerText returns the lines of a mail that its sender wrote now: not what is
// quoted, and not the signature below two dashes.
func answerText(text string) string {
	if len(text) > mailbox.MaxTextBytes {
		text = text[:mailbox.MaxTextBytes]
	}
	lines := strings.Split(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r", ""), "\n")
	var b strings.Builder
	for i, line := range lines {
		if b.Len() > maxAnswerBytes {
			break
		}
		bare := strings.TrimSpace(line)
		if strings.HasPrefix(bare, ">") {
			continue
		}
		if line == "-- " || bare == "--" || strings.HasPrefix(bare, "________") {
			break
		}
		short := fold(bare[:min(len(bare), 300)])
		if strings.HasSuffix(bare, ":") && wroteLine.MatchString(short) {
			// Answers may stand between the quoted lines; without marks, all
			// that follows is quoted.
			if !quotes(lines[i+1:]) {
				break
			}
			continue
		}
		if original.MatchString(short) || mailHead.MatchString(short) && strings.Contains(bare, ":") && headFollows(lines[i+1:]) || ourOwn.MatchString(strings.Join(strings.FieldsFunc(bare, isSpace), " ")) {
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// isSpace tells of the spaces that typography sets.
func isSpace(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\t' }

// quotes tells whether the next line that is not empty is marked as quoted.
func quotes(lines []string) bool {
	for _, l := range lines[:min(len(lines), 5)] {
		if l = strings.TrimSpace(l); l != "" {
			return strings.HasPrefix(l, ">")
		}
	}
	return false
}

// headFollows tells whether one of the next lines belongs to the head of a mail.
func headFollows(lines []string) bool {
	for _, l := range lines[:min(len(lines), 3)] {
		if strings.Contains(l, ":") && mailHead2.MatchString(fold(l[:min(len(l), 60)])) {
			return true
		}
	}
	return false
}
