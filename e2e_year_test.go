package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/request"
	"greffier/data/mail/mailtest"
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

// post is a mail to come.
type post struct {
	at  time.Time
	raw []byte
}

// year is a shop's year on a clock that the test moves: a real mailbox, a real
// bucket, and an owner who opens Greffier twice a week.
type year struct {
	*world
	*profile
	box   *mailtest.Server
	s3    *storagetest.Server
	now   time.Time
	souls []*soul
	to    []post // to come, soonest first
	came  int    // mails that came into the inbox
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
	y := &year{world: newWorld(t), box: mailtest.Dovecot(t), s3: storagetest.S3(t), now: day("2027-01-04 08:00"), sent: map[string]int{}}
	y.s3.Bucket("photos", true, false)
	y.script()
	var feed strings.Builder
	feed.WriteString("order,status,created,completed,email,first_name,last_name,address,postcode,city,country,total,currency\n")
	for _, s := range y.souls {
		first, last, _ := strings.Cut(s.name, " ")
		done := s.asks.AddDate(0, 0, -40).Format(time.DateOnly)
		fmt.Fprintf(&feed, "%s,completed,%s,%s,%s,%s,%s,%d rue Longue,59000,Lille,FR,49.90,EUR\n", s.order, done, done, s.email, first, last, s.i)
		for _, k := range []string{"uploads/%s/a.jpg", "uploads/%s/b.jpg", "portraits/%s-1.png", "derived/%s/thumb.jpg"} {
			y.s3.Put("photos", fmt.Sprintf(k, s.order), "picture of "+s.name)
		}
	}
	y.write("orders.csv", feed.String())
	y.init(mailboxTOML(y.box), csvTOML, s3TOML(y.s3, "photos"))
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
	r := rand.New(rand.NewPCG(2027, 1))
	first := []string{"Alba", "Bruno", "Chloé", "Denis", "Elsa", "Fabio", "Gaël", "Hanna", "Igor", "Jade"}
	last := []string{"Rivoire", "Sandoz", "Tellier", "Urbain"}
	turns := map[int]string{2: "erasure of a child", 4: "parents", 5: "silent", 7: "extension", 9: "suspension", 15: "refusal", 16: "bounce", 21: "extension", 23: "forged", 30: "code"}
	at := day("2027-01-05 09:00")
	for i := range yearCases {
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
			y.add(s.asks.AddDate(0, 0, 2), letter("Yann Le Goff <yann.legoff@example.com>", "Photos de Malo, commande "+s.order,
				"Bonjour,\n\nJe suis le père de Malo. Sa mère vous a demandé d'effacer ses photos de la commande "+s.order+" : je m'y oppose, n'effacez rien, je suis moi aussi titulaire de l'autorité parentale.\n\nYann Le Goff",
				vouched("example.com", "pass"), "Message-ID: <father@example.com>"))
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
		y.souls = append(y.souls, s)
		words := s.words
		if words == "" {
			words = asks[s.lang][s.rights[0]]
		}
		domain := s.writes()[strings.IndexByte(s.writes(), '@')+1:]
		y.add(s.asks, letter(s.name+" <"+s.writes()+">", "Demande "+s.order, fmt.Sprintf(words, s.order, s.name), vouched(domain, s.vouched), fmt.Sprintf("Message-ID: <ask-%d@test>", s.i)))
	}
	slices.SortFunc(y.to, func(a, b post) int { return a.at.Compare(b.at) })
}

func (y *year) add(at time.Time, raw []byte) {
	y.to = append(y.to, post{at, raw})
	slices.SortStableFunc(y.to, func(a, b post) int { return a.at.Compare(b.at) })
}

// noise spreads ordinary mail over the year, until the mailbox has had them all.
func (y *year) noise() {
	r := rand.New(rand.NewPCG(2027, 2))
	begin := day("2027-01-05 07:00")
	for i := len(y.to); i < yearMails-40; i++ {
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
			var asked []request.Right
			for _, s := range y.souls {
				if strings.Contains(m.From, s.writes()) && strings.HasPrefix(m.Subject, "Demande ") {
					asked = s.rights
				}
			}
			father := strings.Contains(m.From, "yann.legoff") || strings.HasPrefix(strings.ToLower(m.Subject), "re:")
			switch {
			case kind == request.ToCheck && !father:
				y.check.unsure++
				if _, err := y.CorrectVerdict(ctx, m.ID, asked); err != nil {
					y.t.Fatal(err)
				}
			case kind == request.Request && asked == nil && !father && m.Case != 0:
				y.check.wrong++
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
	raws := y.box.Raw("Drafts")
	if len(raws) != 1 {
		y.t.Fatalf("%d drafts", len(raws))
	}
	for uid, raw := range raws {
		y.box.Append("Sent", nil, y.now, raw)
		y.box.Expunge("Drafts", uid)
	}
	y.sent[kind]++
	if id%2 == 0 {
		fail(y.MarkSent(ctx, id, kind))
	}
}
