package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/disclosure"
	"greffier/app/effects"
	"greffier/app/erasure"
	"greffier/app/evidence"
	"greffier/app/law"
	"greffier/app/register"
	"greffier/app/request"
	"greffier/data/mail/mailtest"
	"greffier/data/shop/wootest"
	"greffier/data/storage/storagetest"
)

// soul is one who asks in the scripted year, and how she goes on.
type soul struct {
	i       int
	name    string
	email   string // that of the order
	from    string // from which she writes, where that is another one
	order   string
	lang    string
	rights  []request.Right
	asks    time.Time
	vouched string // what the mailbox's provider says of her domain: pass, fail, none
	words   string // what she writes, where it is not the usual
	turn    string // what is special: see year.souls
	minor   bool

	extended, told, settled, returned bool // what the owner did of what is special
}

func (s *soul) writes() string {
	if s.from != "" {
		return s.from
	}
	return s.email
}

// posted is a mail to come.
type posted struct {
	at  time.Time
	raw []byte
}

// year is a shop's year on a clock that the test moves: a real mailbox, a real
// bucket, and an owner who opens Greffier twice a week.
type year struct {
	*world
	*profile
	box   *mailtest.Server
	shop  *wootest.Shop
	s3    *storagetest.Server
	now   time.Time
	souls []*soul
	to    []posted // to come, soonest first
	came  int      // mails that came into the inbox
	sent  map[string]int
	check struct{ missed, wrong, unsure int } // verdicts that the owner put right
}

// The year's rights by turns, and the words with which they are asked.
var asks = map[string]map[request.Right]string{
	"fr": {
		request.Access:        "Bonjour,\n\nJe souhaite savoir quelles données vous avez sur moi et en recevoir une copie complète, photos comprises. Ma commande était la %s.\n\nMerci,\n%s",
		request.Rectification: "Bonjour,\n\nMon nom est mal écrit dans votre fichier clients (commande %s) : merci de le corriger dans vos données, il faut lire %s.\n\nBien à vous",
		request.Erasure:       "Bonjour,\n\nMerci d'effacer toutes les photos et les données que j'ai données pour la commande %s, je n'en veux plus chez vous.\n\n%s",
		request.Restriction:   "Bonjour,\n\nEn attendant que notre litige sur la commande %s soit réglé, je vous demande de geler mes données : gardez-les, mais ne vous en servez plus (article 18 du RGPD).\n\n%s",
		request.Portability:   "Bonjour,\n\nMerci de m'envoyer les données que je vous ai fournies pour la commande %s dans un format lisible par une machine, pour les donner à un autre prestataire (portabilité).\n\n%s",
		request.Objection:     "Bonjour,\n\nArrêtez de m'envoyer vos publicités, je m'y oppose. J'avais commandé sous le numéro %s.\n\n%s",
		request.Withdrawal:    "Bonjour,\n\nJe retire le consentement que j'avais donné pour que vous montriez mes photos sur votre site (commande %s).\n\n%s",
	},
	"en": {
		request.Access:        "Hello,\n\nPlease tell me which data you hold about me and send me a full copy, photos included. My order was %s.\n\nThanks,\n%s",
		request.Rectification: "Hello,\n\nMy name is misspelt in your customer file (order %s): please correct it in your records, it should read %s.\n\nKind regards",
		request.Erasure:       "Hello,\n\nPlease delete all photos and data that I gave you for order %s, I do not want them with you any more.\n\n%s",
		request.Restriction:   "Hello,\n\nWhile our dispute about order %s is open, please restrict my data: keep them, but do not use them (Article 18 GDPR).\n\n%s",
		request.Portability:   "Hello,\n\nPlease send me the data that I provided for order %s in a machine-readable format, I want to hand them to another service (portability).\n\n%s",
		request.Objection:     "Hello,\n\nStop sending me your advertising, I object to it. I had ordered under number %s.\n\n%s",
		request.Withdrawal:    "Hello,\n\nI withdraw the consent I gave you to show my photos on your website (order %s).\n\n%s",
	},
}

// What comes into the mailbox besides.
var ordinary = []struct{ from, subject, body string }{
	{"Léo Caron <leo.caron%d@example.net>", "Livraison commande", "Bonjour, quand mon livre sera-t-il livré ? La commande date de mardi. Merci, Léo"},
	{"Ana Silva <ana.silva%d@example.net>", "Wrong page", "Hi, on page 12 of the proof the dog's name is spelt Rexx. Could you correct that before printing? Ana"},
	{"Imprimerie <prod%d@imprimeur.example>", "Votre commande papier", "Bonjour, votre papier couché 170 g est parti ce matin, livraison prévue jeudi. Cordialement"},
	{"Newsletter <news%d@marketing.example>", "10 idées pour vos ventes", "Découvrez nos 10 idées pour la rentrée. Pour ne plus recevoir ce message, cliquez ici. Politique de confidentialité."},
	{"Marc <marc.d%d@example.net>", "Mot de passe", "Bonjour, je n'arrive plus à me connecter à mon compte, pouvez-vous m'aider ? Marc"},
	{"Julie <julie%d@example.net>", "Merci", "Le livre est magnifique, ma fille ne le lâche plus ! Merci encore, Julie"},
	{"Paul <paul%d@example.net>", "Refund", "Hello, the parcel came back to you, could you refund the shipping? Paul"},
	{"Comptable <cabinet%d@compta.example>", "TVA du trimestre", "Bonjour Madame, pouvez-vous me transmettre vos factures d'achat du trimestre ? Bien cordialement"},
	{"Inès <ines%d@example.net>", "Adresse de livraison", "Bonjour, je me suis trompée d'adresse de livraison pour ma commande d'hier, c'est le 12 rue des Lilas. Merci"},
	{"Tom <tom%d@example.net>", "Which size?", "Hi, is the large format A4 or bigger? And can I have it before the 20th? Tom"},
	{"Foire <salon%d@evenement.example>", "Stand au salon", "Bonjour, il reste trois stands au salon du livre jeunesse, souhaitez-vous réserver le vôtre ?"},
	{"Nadia <nadia%d@example.net>", "Facture", "Bonjour, pourriez-vous m'envoyer la facture de ma dernière commande pour mon employeur ? Nadia"},
}

const (
	yearMails = 300
	yearCases = 40
	// What people answer in the year, besides what they ask.
	yearReplies = 24
)

func day(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, law.Paris())
	if err != nil {
		panic(err)
	}
	return t
}

func newYear(t *testing.T) *year {
	t.Helper()
	// The year lies in the past: Dovecot takes no mail from the future.
	y := &year{world: newWorld(t), box: mailtest.Dovecot(t), s3: storagetest.S3(t), now: day("2025-01-06 08:00"), sent: map[string]int{}}
	y.s3.Bucket("photos", true, false)
	y.script()
	shop, toml := wooShop(t, y.world)
	y.shop = shop
	for _, s := range y.souls {
		if s.turn == "father" {
			continue
		}
		id, err := strconv.ParseInt(s.order, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		shop.Put(wooOrder(id, s.email, s.name, s.asks.AddDate(0, 0, -40)))
		for _, k := range []string{"uploads/%s/a.jpg", "uploads/%s/b.jpg", "portraits/%s-1.png", "derived/%s/thumb.jpg"} {
			y.s3.Put("photos", fmt.Sprintf(k, s.order), "picture of "+s.name)
		}
	}
	y.init(mailboxTOML(y.box), toml, s3TOML(y.s3, "photos"))
	p, err := openProfile(t.Context(), y.world.profile, testPassphrase, "fr", func() time.Time { return y.now })
	if err != nil {
		t.Fatal(err)
	}
	y.profile = p
	t.Cleanup(func() {
		if y.profile != nil {
			y.profile.Close()
		}
	})
	return y
}

// script writes down who asks what, and when.
func (y *year) script() {
	r := rand.New(rand.NewPCG(2025, 1))
	first := []string{"Alba", "Bruno", "Chloé", "Denis", "Elsa", "Fabio", "Gaël", "Hanna", "Igor", "Jade"}
	last := []string{"Rivoire", "Sandoz", "Tellier", "Urbain"}
	turns := map[int]string{2: "erasure of a child", 4: "parents", 7: "extension", 14: "suspension", 15: "refusal", 16: "bounce", 21: "extension", 23: "forged", 28: "code", 35: "silent"}
	at := day("2025-01-07 09:00")
	for i := range yearCases - 1 { // and a father
		s := &soul{i: i + 1, name: first[i%10] + " " + last[i/10], order: fmt.Sprint(5001 + i), vouched: "pass", turn: turns[i], lang: "fr",
			rights: []request.Right{request.Rights[i%len(request.Rights)]}}
		if i%2 == 1 {
			s.lang = "en"
		}
		s.email = strings.ToLower(strings.NewReplacer("é", "e", "ë", "e", " ", ".").Replace(s.name)) + "@example.org"
		s.asks = at.Add(time.Duration(r.IntN(14*60)) * time.Minute)
		at = at.AddDate(0, 0, 8)
		switch s.turn {
		case "erasure of a child":
			s.rights, s.minor = []request.Right{request.Erasure}, true
			s.words = "Bonjour,\n\nMerci d'effacer les photos de ma fille de 6 ans (commande %s). Je suis sa mère.\n\n%s"
		case "parents":
			s.rights, s.minor = []request.Right{request.Erasure}, true
			s.lang, s.words = "fr", "Bonjour,\n\nJe suis la mère de Malo, 5 ans. Merci d'effacer toutes ses photos de la commande %s.\n\n%s"
			father := &soul{i: yearCases, name: "Yann Le Goff", email: "yann.legoff@example.com", order: s.order, lang: "fr", vouched: "pass", turn: "father",
				rights: []request.Right{request.Restriction}, asks: s.asks.AddDate(0, 0, 2), minor: true,
				words: "Bonjour,\n\nJe suis le père de Malo. Sa mère vous a demandé d'effacer ses photos de la commande %s : je m'y oppose, n'effacez rien, je suis moi aussi titulaire de l'autorité parentale.\n\n%s"}
			y.asks(father)
		case "silent", "code":
			// The person writes from elsewhere, and gives the code back or not.
			s.rights = []request.Right{request.Access}
			s.from = fmt.Sprintf("ailleurs%d@example.com", i)
		case "forged":
			s.rights, s.vouched = []request.Right{request.Erasure}, "fail"
		case "suspension", "extension":
			s.rights = []request.Right{request.Access}
		case "refusal":
			s.rights = []request.Right{request.Rectification}
		}
		y.asks(s)
	}
}

// asks puts what a person asks into the post.
func (y *year) asks(s *soul) {
	y.souls = append(y.souls, s)
	words := s.words
	if words == "" {
		words = asks[s.lang][s.rights[0]]
	}
	_, domain, _ := strings.Cut(s.writes(), "@")
	y.add(s.asks, letter(s.name+" <"+s.writes()+">", "Demande "+s.order, fmt.Sprintf(words, s.order, s.name), vouched(domain, s.vouched), fmt.Sprintf("Message-ID: <ask-%d@test>", s.i)))
}

func (y *year) add(at time.Time, raw []byte) {
	y.to = append(y.to, posted{at, raw})
	slices.SortStableFunc(y.to, func(a, b posted) int { return a.at.Compare(b.at) })
}

// noise spreads ordinary mail over the year, until the mailbox has had them all.
func (y *year) noise() {
	r := rand.New(rand.NewPCG(2025, 2))
	begin := day("2025-01-07 07:00")
	for i := len(y.to); i < yearMails-yearReplies; i++ {
		o := ordinary[i%len(ordinary)]
		y.add(begin.Add(time.Duration(r.IntN(350*24*60))*time.Minute), letter(fmt.Sprintf(o.from, i), fmt.Sprintf("%s %d", o.subject, i), o.body))
	}
}

func (y *year) soulOf(c cases.Case) *soul {
	for _, s := range y.souls {
		if c.Requester.Email == s.writes() || c.Requester.Email == s.email {
			return s
		}
	}
	return nil
}

// deliver brings what the post has for the inbox up to now.
func (y *year) deliver() {
	for len(y.to) > 0 && !y.to[0].at.After(y.now) {
		y.box.Append("INBOX", nil, y.to[0].at, y.to[0].raw)
		y.to, y.came = y.to[1:], y.came+1
	}
}

// read fetches mail and orders as a click on Sync does.
func (y *year) read(ctx context.Context) {
	y.t.Helper()
	if _, err := y.Sync(ctx, true, true, nil); err != nil {
		y.t.Fatalf("%s: sync: %v", y.now, err)
	}
}

// session is a morning on which the owner opens Greffier and does what it asks.
func (y *year) session(ctx context.Context) {
	t := y.t
	t.Helper()
	y.deliver()
	y.read(ctx)
	if err := y.Tick(ctx); err != nil {
		t.Fatalf("%s: %v", y.now, err)
	}
	y.judge(ctx)
	rows, err := y.Requests(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wrote := false
	for _, r := range rows {
		if r.State != cases.Closed {
			wrote = y.care(ctx, r.ID) || wrote
		}
	}
	y.recipients(ctx)
	if wrote {
		y.now = y.now.Add(time.Hour)
		y.read(ctx) // her letters are found in Sent
	}
}

// judge puts right what triage was unsure of or wrong about.
func (y *year) judge(ctx context.Context) {
	y.t.Helper()
	for _, kind := range []request.Kind{request.ToCheck, request.Request} {
		ms, err := y.Mails(ctx, kind)
		if err != nil {
			y.t.Fatal(err)
		}
		for _, m := range ms {
			if m.Corrected {
				continue
			}
			whole, err := y.Mail(ctx, m.ID)
			if err != nil {
				y.t.Fatal(err)
			}
			sender, _ := whole.Message.Sender()
			var asked []request.Right
			for _, s := range y.souls {
				if sender.Norm() == s.writes() && strings.HasPrefix(m.Subject, "Demande ") {
					asked = s.rights
				}
			}
			reply := strings.HasPrefix(strings.ToLower(m.Subject), "re:")
			switch {
			case kind == request.ToCheck && !reply:
				y.check.unsure++
				y.t.Logf("unsure %.2f %v: %s | %.90q", m.Verdict.Confidence, asked, m.Subject, whole.Message.Text)
				if _, err := y.CorrectVerdict(ctx, m.ID, asked); err != nil {
					y.t.Fatal(err)
				}
			case kind == request.Request && asked == nil && !reply && m.Case != 0:
				y.check.wrong++
				y.t.Logf("wrong %.2f: %s | %.90q", m.Verdict.Confidence, m.Subject, whole.Message.Text)
				if _, err := y.CorrectVerdict(ctx, m.ID, nil); err != nil {
					y.t.Fatal(err)
				}
			}
		}
	}
}

// do takes a step in a case.
func (y *year) do(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) {
	y.t.Helper()
	if err := y.Act(ctx, id, act, in); err != nil {
		y.t.Fatalf("%s: case %d: %s: %v", y.now.Format(time.DateOnly), id, act, err)
	}
}

// sends takes the one draft out of Drafts and sends it from the owner's own
// program.
func (y *year) sends(kind string) {
	y.t.Helper()
	raws := y.box.Raw("Drafts")
	if len(raws) != 1 {
		y.t.Fatalf("%d drafts", len(raws))
	}
	for uid, raw := range raws {
		y.box.Append("Sent", nil, y.now, raw)
		y.box.Expunge("Drafts", uid)
	}
	y.sent[kind]++
}

// announce has the letter written by which the person is told of a step; until it
// has gone, nothing is extended, suspended or refused.
func (y *year) announce(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) {
	y.t.Helper()
	if _, err := y.Announce(ctx, id, act, in); err != nil {
		y.t.Fatalf("%s: case %d: %s: %v", y.now.Format(time.DateOnly), id, act, err)
	}
	v, err := y.Case(ctx, id)
	if err != nil {
		y.t.Fatal(err)
	}
	if c := v.Case; !c.ExtendedAt.IsZero() || c.State == cases.Refused || v.Deadline.Suspended && act == cases.ActSuspend {
		y.t.Errorf("case %d: %s is done before the person was told", id, act)
	}
}

// write sends a letter of a case: half of them the owner takes out of Drafts
// and sends from her own program, of the others she says that she sent them.
func (y *year) write(ctx context.Context, id cases.ID, kind string) {
	y.t.Helper()
	fail := func(err error) {
		if err != nil {
			y.t.Helper()
			y.t.Fatalf("%s: case %d: letter %s: %v", y.now.Format(time.DateOnly), id, kind, err)
		}
	}
	v, err := y.Case(ctx, id)
	fail(err)
	var l cases.Letter
	if i := slices.IndexFunc(v.Case.Letters, func(l cases.Letter) bool { return l.Kind == kind && l.SentAt.IsZero() }); i >= 0 {
		l = v.Case.Letters[i]
	} else {
		l, err = y.DraftLetter(ctx, id, kind, "")
		fail(err)
	}
	fail(y.PutInDrafts(ctx, id, l))
	y.sends(kind)
	if id%2 == 0 {
		fail(y.MarkSent(ctx, id, kind))
	}
}

// care does in a case what it waits for, at most three steps a morning, and tells
// whether a letter went out.
func (y *year) care(ctx context.Context, id cases.ID) bool {
	y.t.Helper()
	for range 3 {
		v, err := y.Case(ctx, id)
		if err != nil {
			y.t.Fatal(err)
		}
		c := v.Case
		s := y.soulOf(c)
		if s == nil {
			y.t.Fatalf("%s: case %d is nobody's: %s", y.now, id, c.Requester.Email)
		}
		if c.State.Open() && !slices.Equal(askedIn(c), s.rights) && s.turn != "parents" {
			y.check.wrong++
			y.t.Logf("rights %v want %v", c.Rights(), s.rights)
			y.do(ctx, id, cases.ActCorrectRights, cases.Input{Rights: s.rights})
			continue
		}
		switch s.turn {
		case "suspension":
			if c.State == cases.InProgress && !s.told {
				y.announce(ctx, id, cases.ActSuspend, cases.Input{Reason: "Quelle commande, quelles données ? Il y a cinq ans d'échanges."})
				y.write(ctx, id, cases.LetterClarify)
				y.add(y.now.AddDate(0, 0, 12), letter(s.name+" <"+s.email+">", "Re: Demande "+s.order, "Seulement la commande "+s.order+", merci.", vouched("example.org", "pass"), fmt.Sprintf("Message-ID: <precise-%d@test>", s.i), fmt.Sprintf("In-Reply-To: <ask-%d@test>", s.i)))
				s.told = true
				return true
			}
			if v.Deadline.Suspended {
				if len(c.Messages) < 2 {
					return false
				}
				y.do(ctx, id, cases.ActResume, cases.Input{})
				continue
			}
		case "extension":
			if c.State == cases.InProgress && !s.extended {
				y.announce(ctx, id, cases.ActExtend, cases.Input{Reason: "Plusieurs années de commandes et d'échanges sont à réunir."})
				y.write(ctx, id, cases.LetterExtend)
				s.extended = true
				return true
			}
			// It takes her until the second month.
			if s.extended && y.now.Before(s.asks.AddDate(0, 0, 50)) {
				return false
			}
		}
		letters := len(y.box.Raw("Sent"))
		if !y.step(ctx, id, v, s) {
			return false
		}
		if len(y.box.Raw("Sent")) > letters {
			return true // the next step is for when Greffier knows of it
		}
	}
	return false
}

func askedIn(c cases.Case) []request.Right {
	var out []request.Right
	for _, a := range c.Asked {
		out = append(out, a.Right)
	}
	return out
}

// step takes the one step that a case waits for; false where it waits for the
// person, or nothing is left to do.
func (y *year) step(ctx context.Context, id cases.ID, v app.CaseView, s *soul) bool {
	y.t.Helper()
	c := v.Case
	switch act := cases.Primary(v.Steps); act {
	case cases.ActAcknowledge:
		y.write(ctx, id, cases.LetterAcknowledge)
	case cases.ActAskIdentity:
		if _, err := y.Challenge(ctx, id); err != nil {
			y.t.Fatalf("case %d: %v: %+v, %+v", id, err, c.Orders, c.Requester)
		}
		y.write(ctx, id, cases.LetterCode)
		v, err := y.Case(ctx, id)
		if err != nil {
			y.t.Fatal(err)
		}
		// The code goes to the address on file, whoever asked.
		head := []string{vouched("example.org", "pass"), fmt.Sprintf("In-Reply-To: <ask-%d@test>", s.i), fmt.Sprintf("Message-ID: <code-%d@test>", s.i)}
		switch s.turn {
		case "code":
			y.add(y.now.AddDate(0, 0, 2), letter(s.name+" <"+s.email+">", "Re: code", "Oui, c'est bien moi qui ai écrit. Le code : "+v.Case.Challenge.Code, head...))
		case "forged":
			y.add(y.now.AddDate(0, 0, 1), letter(s.name+" <"+s.email+">", "Re: code", "Je n'ai rien demandé du tout ! Ne faites rien, gardez mon compte tel qu'il est.", head...))
		}
	case cases.ActIdentityMet, cases.ActResume:
		if y.now.Before(s.asks.AddDate(0, 0, 21)) {
			return false // she waits for the person
		}
		y.announce(ctx, id, cases.ActRefuse, cases.Input{Ground: "GDPR Art. 12(2)", Reason: "Rien ne montre que la demande vient de la personne dont ce sont les données : le code envoyé à l'adresse de la commande n'est pas revenu."})
		y.write(ctx, id, cases.LetterRefuse)
		s.told = true
	case cases.ActStart:
		y.do(ctx, id, cases.ActStart, cases.Input{})
	case cases.ActConflict:
		y.do(ctx, id, cases.ActConflict, cases.Input{Reason: "Le père s'oppose par écrit à l'effacement."})
		y.restrict(ctx, c)
		y.write(ctx, id, cases.LetterParents)
		s.told = true
		y.add(y.now.AddDate(0, 0, 10), letter(s.name+" <"+s.email+">", "Re: Demande "+s.order, "Nous en avons parlé, son père et moi sommes d'accord : vous pouvez effacer les photos de Malo.", vouched("example.org", "pass"), fmt.Sprintf("In-Reply-To: <ask-%d@test>", s.i), "Message-ID: <agreed@test>"))
	case cases.ActSettleConflict:
		if y.now.Before(s.asks.AddDate(0, 0, 18)) {
			return false
		}
		y.do(ctx, id, cases.ActSettleConflict, cases.Input{Reason: "Les deux parents sont d'accord, le père l'a confirmé au téléphone."})
		y.lift(ctx, c)
		s.settled = true
	case cases.ActSetOutcome, cases.ActByHand:
		y.work(ctx, c, s)
	case cases.ActAnswer:
		y.write(ctx, id, cases.LetterAnswer)
		if s.turn == "bounce" && !s.returned { // the mailbox of the person is full
			v, err := y.Case(ctx, id)
			if err != nil {
				y.t.Fatal(err)
			}
			y.add(y.now.Add(30*time.Minute), bounceOf(s.email, v.Case.Letters[len(v.Case.Letters)-1].MessageID))
		}
	case cases.ActRefuse:
		y.announce(ctx, id, cases.ActRefuse, cases.Input{Ground: c.Asked[0].Ground, Reason: c.Asked[0].Reason})
		y.write(ctx, id, cases.LetterRefuse)
	case cases.ActClose:
		y.do(ctx, id, cases.ActClose, cases.Input{})
	case cases.ActReopen:
		// The answer came back: she telephones, and sends it again.
		if s.turn != "bounce" || s.returned {
			y.t.Fatalf("%s: case %d (%s, %s) came back", y.now, id, s.turn, c.State)
		}
		s.returned = true
		y.told(ctx, "letter", id)
		y.do(ctx, id, cases.ActReopen, cases.Input{Reason: "La réponse est revenue ; l'adresse est juste, sa boîte était pleine."})
	case "":
		return false
	default:
		y.t.Fatalf("%s: case %d (%s, %s) waits for %q", y.now, id, s.turn, c.State, act)
	}
	return true
}

// told checks that the first page names a case under a kind of need.
func (y *year) told(ctx context.Context, kind string, id cases.ID) {
	y.t.Helper()
	today, err := y.Today(ctx)
	if err != nil {
		y.t.Fatal(err)
	}
	if !slices.ContainsFunc(today.Needs, func(n app.Need) bool { return n.Kind == kind && n.Case == id }) {
		y.t.Errorf("%s: the first page does not tell of the %s of case %d: %+v", y.now, kind, id, today.Needs)
	}
}

func (y *year) restrict(ctx context.Context, c cases.Case) {
	y.t.Helper()
	if _, err := y.Restrict(ctx, c.ID, c.Selected(), effects.Unlawful, "Demandée par la personne, tant que la question n'est pas réglée."); err != nil {
		y.t.Fatalf("case %d: restrict: %v", c.ID, err)
	}
}

// lift ends the restriction of a case, after the person was told.
func (y *year) lift(ctx context.Context, c cases.Case) {
	y.t.Helper()
	all, err := y.Restrictions(ctx)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, r := range all {
		if slices.ContainsFunc(r.Orders, func(o int64) bool { return slices.Contains(c.Selected(), o) }) && r.LiftedAt.IsZero() {
			if err := y.LiftRestriction(ctx, r.ID, y.now.Add(-time.Hour), "Les parents sont d'accord."); err != nil {
				y.t.Fatalf("case %d: lift: %v", c.ID, err)
			}
		}
	}
}

// work does what one right asks for, and says how it ended.
func (y *year) work(ctx context.Context, c cases.Case, s *soul) {
	y.t.Helper()
	fail := func(what string, err error) {
		if err != nil {
			y.t.Helper()
			y.t.Fatalf("%s: case %d (%s): %s: %v", y.now, c.ID, s.turn, what, err)
		}
	}
	for _, a := range c.Asked {
		if a.Outcome != cases.Undecided {
			continue
		}
		in := cases.Input{Right: a.Right, Outcome: cases.Granted}
		switch a.Right {
		case request.Access, request.Portability:
			k, err := y.MakeCopy(ctx, c.ID, disclosure.Kind(a.Right.String()), app.CopyChoices{}, nil)
			fail("copy", err)
			if k.Items == 0 || len(k.SHA256) != 64 {
				y.t.Errorf("copy: %+v", k)
			}
		case request.Erasure:
			p, err := y.PlanCase(ctx, c.ID)
			fail("plan", err)
			run, err := y.Erase(ctx, p, p.Hash, nil)
			fail("erase", err)
			if run.Record.State != erasure.Complete {
				y.t.Errorf("case %d: the erasure is %s", c.ID, run.Record.State)
			}
			v, err := y.Case(ctx, c.ID)
			fail("look", err)
			if i := slices.IndexFunc(v.Case.Asked, func(x cases.Asked) bool { return x.Right == request.Erasure }); v.Case.Asked[i].Outcome != cases.Undecided {
				continue // the run said how it ended
			}
		case request.Rectification:
			if s.turn == "refusal" {
				in.Outcome, in.Ground, in.Reason = cases.Denied, "GDPR Art. 16", "Le nom enregistré est celui que porte la pièce de paiement : il est exact."
				break
			}
			am, err := y.Amendments(ctx, c.ID)
			fail("fields", err)
			var change effects.Change
			for _, o := range am.Orders {
				for _, f := range o.Fields {
					if strings.HasSuffix(f.Field.Key, "billing.last_name") || strings.HasSuffix(f.Field.Key, "/billing_last_name") {
						change = effects.Change{Order: o.Order, Field: f.Field.Key, Old: f.Field.Value, New: f.Field.Value + "-Corrigé"}
					}
				}
			}
			if change.Field == "" {
				y.t.Fatalf("no last name among the fields: %+v", am.Orders)
			}
			_, err = y.Amend(ctx, c.ID, []effects.Change{change})
			fail("amend", err)
		case request.Restriction:
			y.restrict(ctx, c)
		case request.Objection, request.Withdrawal:
			use := effects.Newsletter
			if a.Right == request.Withdrawal {
				use = effects.Photos
			}
			_, err := y.Suppress(ctx, effects.Suppression{Email: s.email, Uses: []effects.Use{use}, Source: effects.FromCase, Case: int64(c.ID), Right: a.Right.String()})
			fail("suppress", err)
		}
		y.do(ctx, c.ID, cases.ActSetOutcome, in)
	}
}

// recipients tells those who got the data, and they answer.
func (y *year) recipients(ctx context.Context) {
	y.t.Helper()
	ns, err := y.Notices(ctx, 0)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, n := range ns {
		if n.State != "to write" {
			continue
		}
		if n.To == "" {
			if err := y.SpareNotice(ctx, n.ID, "Ce destinataire n'a rien reçu de ces commandes."); err != nil {
				y.t.Fatal(err)
			}
			continue
		}
		l, err := y.DraftNotice(ctx, n.ID, "")
		if err != nil {
			y.t.Fatal(err)
		}
		if err := y.PutNoticeInDrafts(ctx, n.ID, l); err != nil {
			y.t.Fatal(err)
		}
		y.sends("notice")
		if err := y.MarkNoticeSent(ctx, n.ID); err != nil {
			y.t.Fatal(err)
		}
		y.add(y.now.AddDate(0, 0, 3), letter("Imprimerie <"+n.To+">", "Re: "+l.Subject, "Bonjour, c'est fait : les fichiers de ces commandes ont été supprimés de nos serveurs. Cordialement", vouched("imprimerie.example", "pass"), fmt.Sprintf("Message-ID: <done-%s@test>", n.ID)))
	}
}

func bounceOf(to, id string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@localhost.test>
To: contact@localhost.test
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-%[2]s>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.localhost.test

Final-Recipient: rfc822; %[1]s
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

From: contact@localhost.test
To: %[1]s
Message-ID: <%[2]s>
Subject: returned

text
--b--
`, to, id), "\n", "\r\n"))
}

// TestAScriptedYear lets forty people ask, of three hundred mails, and an owner
// who opens Greffier twice a week answer them all in time: at the end the cases,
// the registers, the journal, the mailbox and the bucket agree.
func TestAScriptedYear(t *testing.T) {
	t.Parallel()
	y := newYear(t)
	ctx := t.Context()
	ps, err := y.Processors(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if p.Family == "printing" {
			p.Name, p.Contact, p.Country = "Imprimerie du Nord", "rgpd@imprimerie.example", "FR"
			if err := y.SaveProcessor(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	y.noise()
	for y.now.Before(day("2026-02-02 00:00")) {
		if d := y.now.Weekday(); d == time.Monday || d == time.Thursday {
			morning := y.now
			y.session(ctx)
			y.now = morning
		}
		y.now = y.now.AddDate(0, 0, 1)
	}
	y.deliver()
	y.read(ctx)
	y.audit(ctx)
}

// audit compares all that is on record at the end of the year with the script.
func (y *year) audit(ctx context.Context) {
	t := y.t
	t.Helper()
	rows, err := y.Requests(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[*soul]bool{}
	runs, late := 0, 0
	for _, r := range rows {
		v, err := y.Case(ctx, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		c := v.Case
		s := y.soulOf(c)
		seen[s] = true
		if c.State != cases.Closed {
			t.Errorf("case %d (%s) of %s is %s", c.ID, s.turn, s.email, c.State)
			continue
		}
		by := v.Deadline.Due
		refused := slices.ContainsFunc(c.Asked, func(a cases.Asked) bool { return a.Outcome == cases.Denied })
		if refused && v.Deadline.RefusalBy.Before(by) {
			by = v.Deadline.RefusalBy
		}
		if law.DateOf(c.AnsweredAt, law.Paris()).After(by) {
			late++
			t.Errorf("case %d (%s): answered %s, due %s", c.ID, s.turn, law.DateOf(c.AnsweredAt, law.Paris()), by)
		}
		if !c.ReceivedAt.Equal(s.asks) {
			t.Errorf("case %d: the clock runs from %s, the mail came at %s", c.ID, c.ReceivedAt, s.asks)
		}
		want := cases.Granted
		if s.turn == "refusal" || s.turn == "silent" || s.turn == "forged" {
			want = cases.Denied
		}
		for _, a := range c.Asked {
			// Of an erasure the invoice stays: partly, with its ground.
			if a.Outcome != want && !(a.Right == request.Erasure && want == cases.Granted && a.Outcome == cases.Partly && a.Ground != "") {
				t.Errorf("case %d (%s): %s ended %s", c.ID, s.turn, a.Right, a.Outcome)
			}
		}
		runs += len(c.Runs)

		left := 0
		for _, k := range y.s3.Rows("photos") {
			if strings.Contains(k, "/"+s.order) {
				left++
			}
		}
		erased := slices.Contains(s.rights, request.Erasure) && want == cases.Granted || s.turn == "father"
		if erased && left != 0 || !erased && left != 4 {
			t.Errorf("case %d (%s): the bucket holds %d objects of order %s", c.ID, s.turn, left, s.order)
		}
		for _, l := range c.Letters {
			if l.SentAt.IsZero() {
				t.Errorf("case %d (%s): the letter %q never went", c.ID, s.turn, l.Kind)
			}
		}
	}
	if len(rows) != yearCases || len(seen) != yearCases {
		t.Errorf("%d cases of %d people, want %d", len(rows), len(seen), yearCases)
	}
	if y.check.wrong+y.check.unsure > 6 {
		t.Errorf("the owner put %d verdicts right and was asked about %d", y.check.wrong, y.check.unsure)
	}
	for kind, want := range map[string]int{cases.LetterAcknowledge: yearCases, cases.LetterExtend: 2, cases.LetterClarify: 1, cases.LetterRefuse: 3, cases.LetterParents: 1, cases.LetterAnswer: yearCases - 3 + 1} {
		if y.sent[kind] != want {
			t.Errorf("%d letters %q went out, want %d", y.sent[kind], kind, want)
		}
	}
	t.Logf("%d mails, %d to check, %d put right, letters %v, %d runs, %d late", y.came, y.check.unsure, y.check.wrong, y.sent, runs, late)

	// The mailbox: all mail is where it came, unread; every letter is in Sent.
	if y.came != yearMails || len(y.box.Raw("INBOX")) != yearMails {
		t.Errorf("%d mails came, %d lie in the inbox, want %d", y.came, len(y.box.Raw("INBOX")), yearMails)
	}
	for uid, flags := range y.box.Flags("INBOX") {
		if slices.Contains(flags, imap.FlagSeen) {
			t.Errorf("mail %d is marked as read", uid)
		}
	}
	letters := 0
	for _, n := range y.sent {
		letters += n
	}
	if n := len(y.box.Raw("Sent")); n != letters {
		t.Errorf("%d letters in Sent, the owner sent %d", n, letters)
	}
	if n := len(y.box.Raw("Drafts")); n != 0 {
		t.Errorf("%d drafts are left", n)
	}

	// Journal, store and registers.
	es, err := y.Journal(ctx, 100000)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range es {
		count[e.Act]++
	}
	if count[evidence.ActRunFinished] != runs || count[evidence.ActCaseRefused] != 3 || count[evidence.ActCaseExtended] != 2 || count[evidence.ActLetterReturned] != 1 {
		t.Errorf("the journal: %v", count)
	}
	doc, err := y.Document(ctx, register.Requests, "fr")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(doc.Sections[doc.Main].Table.Rows); n != yearCases {
		t.Errorf("the register of requests has %d rows", n)
	}
	board, err := y.Promises(ctx, "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range board {
		if p.ID == "P14" && p.State != "kept" {
			t.Errorf("P14 (answered in time) is %s: %v", p.State, p.Evidence)
		}
	}
	y.profile.Close()
	y.profile = nil
	y.verified()
	y.sealed("Rivoire", "alba.rivoire", "Sandoz")
}
