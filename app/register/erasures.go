package register

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// erasures builds the register of erasure runs.
func (p *pen) erasures(d *Document) {
	t := &Table{Columns: []Column{
		column("run", p.say("N°", "No"), 1),
		column("why", p.say("Origine", "Origin"), 4),
		column("orders", p.say("Commandes", "Orders"), 4),
		column("started", p.say("Début", "Started"), 4),
		column("ended", p.say("Fin", "Ended"), 4),
		column("state", p.say("Résultat", "Result"), 3),
		right(column("erased", p.say("Objets effacés", "Objects erased"), 2)),
		right(column("left", p.say("Restants", "Left"), 2)),
		right(column("bytes", p.say("Volume effacé", "Volume erased"), 2)),
		column("certificate", p.say("Attestation", "Certificate"), 3),
		detail("confirmed_by", p.say("Confirmé par", "Confirmed by")),
		detail("reason", p.say("Motif", "Reason")),
		detail("check_again", p.say("Nouvelle vérification prévue le", "To be looked at again on")),
		detail("plan", p.say("Empreinte du plan", "Hash of the plan")),
		detail("before", p.say("Empreinte de l'inventaire avant", "Hash of the listing before")),
		detail("after", p.say("après", "after")),
		detail("fields", p.say("Champs de la boutique effacés", "Fields of the shop erased")),
		detail("looked", p.say("Vérifiés aussi un par un", "Also looked at one by one")),
		detail("tries", p.say("Nouvelles tentatives", "Further tries")),
		detail("retry_at", p.say("Prochaine tentative", "Next try")),
		detail("recipients", p.say("Destinataires informés", "Recipients told")),
	}}
	left := &Table{Columns: []Column{
		column("run", p.say("N°", "No"), 1),
		column("order", p.say("Commande", "Order"), 2),
		column("storage", p.say("Stockage", "Storage"), 2),
		column("key", p.say("Objet", "Object"), 6),
		column("status", p.say("État", "Status"), 3),
		column("reason", p.say("Motif", "Reason"), 5),
	}}
	for _, r := range p.in.Runs {
		rec := r.Record
		t.Rows = append(t.Rows, []Cell{
			p.numberCell(rec.ID),
			p.why(rec.Scope),
			p.orders(rec, r.Steps, p.in.Numbers),
			p.momentCell(rec.StartedAt),
			p.momentCell(rec.EndedAt),
			p.runState(rec.State),
			p.numberCell(int64(rec.Erased)),
			p.numberCell(int64(rec.Left)),
			word(strconv.FormatInt(rec.ErasedBytes, 10), p.size(rec.ErasedBytes), Plain),
			orNone(r.Certificate),
			p.by(rec.By),
			p.reasonCell(rec.Reason),
			p.dateCell(rec.CheckAgain),
			hash(rec.PlanHash),
			hash(rec.BeforeHash),
			hash(rec.AfterHash),
			p.zeroFaint(countFields(r.Steps, gone)),
			p.zeroFaint(rec.Looked),
			p.zeroFaint(rec.Tries),
			p.momentCell(rec.RetryAt),
			p.toldCell(func(n NoticeRow) bool { return n.Run == rec.ID && rec.ID != 0 }),
		})
		if rec.State == erasure.Complete {
			continue
		}
		for _, s := range r.Steps {
			if s.Status == erasure.Gone {
				continue
			}
			left.Rows = append(left.Rows, []Cell{
				p.numberCell(rec.ID), orNone(s.Object.Number), p.storage(s.Object.Storage), p.place(s.Object.Storage, s.Object.Key), p.stepStatus(s), p.reasonCell(s.Reason),
			})
		}
	}
	words := []string{p.proof()}
	if slices.ContainsFunc(p.in.Runs, func(r RunRow) bool { return countFields(r.Steps, nil) > 0 }) {
		words = append(words, p.proofOfFields())
	}
	d.main(Section{
		Key:   "list",
		Title: p.say("Opérations d'effacement", "Erasure runs"),
		Words: words,
		Table: t,
		Empty: p.say("Aucun effacement n'est enregistré.", "No erasure is recorded."),
	})
	if len(left.Rows) > 0 {
		d.add(Section{
			Key:   "left",
			Title: p.say("Ce qui reste", "What is left"),
			Words: append([]string{p.say("Objets d'opérations refusées, interrompues ou partielles que rien ne prouve effacés.",
				"Objects of refused, cut off or partial runs that nothing proves to be gone.")}, p.keysHidden()...),
			Table: left,
		})
	}
	if told := p.noticesOf(func(n NoticeRow) bool { return n.Kind == "" }); len(told) > 0 {
		d.add(p.recipients(told, true))
	}
}

// gone tells whether a step is done.
func gone(s erasure.Step) bool { return s.Status == erasure.Gone }

// countFields counts the steps that are about a shop's records, those for which
// want is true; nil wants all.
func countFields(steps []erasure.Step, want func(erasure.Step) bool) (n int) {
	for _, s := range steps {
		if s.Object.Kind == plan.Field && (want == nil || want(s)) {
			n++
		}
	}
	return n
}

// zeroFaint writes a count that paper leaves out where there is nothing to tell.
func (p pen) zeroFaint(n int) Cell {
	if n == 0 {
		return Cell{Value: "0", Tone: Faint}
	}
	return p.numberCell(int64(n))
}

// proof says what "erased" means in this program.
func (p pen) proof() string {
	return p.say("Un objet n'est dit effacé que lorsqu'un nouvel inventaire du stockage ne le trouve plus, dans aucune de ses versions.",
		"An object is called erased only when a fresh listing of the storage no longer finds it in any version.")
}

// proofOfFields says it of the records of a shop.
func (p pen) proofOfFields() string {
	return p.say("Un champ de la boutique n'est dit effacé que lorsqu'une nouvelle lecture de la boutique le trouve vide, anonymisé ou supprimé.",
		"A field of the shop is called erased only when a fresh reading of the shop finds it empty, anonymised or removed.")
}

func (p pen) reasonCell(s string) Cell {
	if s == "" {
		return none
	}
	return word(s, p.reason(s), Plain)
}

// key writes the key of an object. Keys may hold names, so a pseudonymised
// document shows a fingerprint by which the owner can still find the object.
func (p pen) key(k string) Cell {
	if !p.in.Pseudonymise {
		return plain(k)
	}
	sum := sha256.Sum256([]byte(k))
	full := hex.EncodeToString(sum[:])
	return word("sha256:"+full, "sha256:"+full[:16]+"…", Plain)
}

// shopOf returns the shop whose records stand under a storage's name.
func shopOf(storage string) (shop string, ok bool) {
	return strings.CutPrefix(storage, plan.DeskName(""))
}

// storage names a storage, or the shop whose records it stands for.
func (p pen) storage(name string) Cell {
	if shop, ok := shopOf(name); ok {
		return word(name, p.sayf("boutique %s", "shop %s", shop), Plain)
	}
	return plain(name)
}

// place says where something lies: by its key in a storage, by the name of the
// field in a shop's record. A value of the shop is never printed, nor the number
// of a customer's account.
func (p pen) place(storage, key string) Cell {
	c := p.key(key)
	if _, ok := shopOf(storage); !ok {
		return c
	}
	c.Value = c.Machine()
	parts := strings.SplitN(key, "/", 3)
	switch {
	case len(parts) == 3 && parts[0] == "orders" && parts[2] != "":
		c.Text = plan.FieldName(key, p.in.Lang)
		if name := clip(parts[2]); !strings.Contains(c.Text, name) {
			c.Text += " (" + name + ")"
		}
	case parts[0] == "customers":
		c.Text = p.say("compte client", "customer account")
	case parts[0] == "media":
		c.Text = p.say("fichier de la médiathèque", "file of the media library")
	}
	return c
}

// clip bounds the name of a field, which is the shop's own.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func (p pen) keysHidden() []string {
	if !p.in.Pseudonymise {
		return nil
	}
	return []string{p.say("Les noms d'objets sont remplacés par leur empreinte SHA-256.", "Names of objects are replaced by their SHA-256 fingerprint.")}
}

// why says what a run was made for: a case, a rule, or the owner's own act.
func (p pen) why(s plan.Scope) Cell {
	switch {
	case s.Case != 0:
		return word("case "+strconv.FormatInt(s.Case, 10), p.sayf("demande n° %d", "request no. %d", s.Case), Plain)
	case s.Rule != "":
		return word("rule "+s.Rule, p.colon(p.say("règle", "rule"), p.ruleName(s.Rule)), Plain)
	}
	return word("owner", p.say("décision du responsable du traitement", "the controller's decision"), Plain)
}

// orders writes the shop's numbers of the orders of a run; one whose number is
// no longer known is named by Greffier's own.
func (p pen) orders(r erasure.Record, steps []erasure.Step, numbers map[int64]string) Cell {
	known := map[int64]string{}
	for _, s := range steps {
		if s.Object.Number != "" {
			known[s.Object.Order] = s.Object.Number
		}
	}
	var out []string
	for _, id := range r.Scope.Orders {
		n := numbers[id]
		if n == "" {
			n = known[id]
		}
		if n == "" {
			n = p.sayf("(n° interne %d)", "(internal no. %d)", id)
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		for _, s := range steps {
			out = append(out, s.Object.Number)
		}
	}
	return orNone(joined(out, ", "))
}

// Certificate makes the certificate of an erasure run from its record and
// steps: what was there, what is gone and how that was verified, what is left,
// restricted or kept. The numbers are the shop's order numbers by Greffier's
// own. It attests nothing that the record does not say: a run that is not
// complete says so in its title.
func Certificate(r erasure.Record, steps []erasure.Step, in Inputs, numbers map[int64]string) Document {
	p := newPen(in)
	d := p.document("certificate")
	d.Title = p.say("Attestation d'effacement", "Certificate of erasure")
	d.Subtitle = p.sayf("Opération n° %d", "Run no. %d", r.ID)

	done, bytes := 0, int64(0)
	for _, s := range steps {
		if gone(s) {
			done++
			bytes += s.Object.SizeBytes
		}
	}
	fields, fieldsDone := countFields(steps, nil), countFields(steps, gone)
	complete := r.State == erasure.Complete && done == len(steps)
	summary := Section{Key: "summary", Title: p.say("Ce qui est attesté", "What is certified")}
	objects := p.count(done, "objet", "objets", "object", "objects")
	if fields > 0 {
		objects = p.sayf("%s et %s", "%s and %s", p.count(done-fieldsDone, "fichier", "fichiers", "file", "files"),
			p.count(fieldsDone, "champ de la boutique", "champs de la boutique", "field of the shop", "fields of the shop"))
	}
	switch {
	case complete && done == 0:
		summary.Words = []string{p.say("Aucun objet n'était à effacer : l'inventaire des stockages n'en a trouvé aucun.", "There was nothing to erase: the listing of the storages found no object.")}
	case complete && fields > 0:
		summary.Words = []string{p.sayf("Effacés : %s, sur %s en tout, soit %s. Un nouvel inventaire des stockages et une nouvelle lecture de la boutique, faits après le dernier effacement, n'en trouvent plus aucun.",
			"Erased: %s, of %s in all, %s altogether. A fresh listing of the storages and a fresh reading of the shop, made after the last erasure, find none of them any more.", objects, p.number(int64(len(steps))), p.size(bytes))}
	case complete:
		summary.Words = []string{p.sayf("Effacés : %s sur %s, soit %s. Un nouvel inventaire des stockages, fait après le dernier effacement, n'en trouve plus aucun.",
			"Erased: %s of %s, %s in all. A fresh listing of the storages, made after the last erasure, finds none of them any more.", objects, p.number(int64(len(steps))), p.size(bytes))}
	case r.State == erasure.Refused:
		d.Title = p.say("Effacement refusé", "Erasure refused")
		summary.Words = []string{p.say("Rien n'a été effacé : l'opération a été refusée avant le premier effacement.", "Nothing was erased: the run was refused before the first erasure.")}
	case r.State == erasure.Running:
		d.Title = p.say("Effacement inachevé", "Unfinished erasure")
		summary.Words = []string{p.sayf("L'opération est en cours ou a été interrompue ; effacés à ce jour : %s sur %s. Ce document n'atteste pas un effacement complet.",
			"The run is under way or was cut off; erased so far: %s of %s. This document does not certify a complete erasure.", objects, p.number(int64(len(steps))))}
	default:
		d.Title = p.say("Attestation d'effacement partiel", "Certificate of partial erasure")
		summary.Words = []string{p.sayf("Effacés : %s sur %s. Ce qui reste est nommé plus bas : ce document n'atteste pas un effacement complet.",
			"Erased: %s of %s. What is left is named below: this document does not certify a complete erasure.", objects, p.number(int64(len(steps))))}
	}
	if len(r.Scope.Only) > 0 {
		// What else the orders have was not meant and stays; it is named below.
		summary.Words = append(summary.Words, p.say("Cet effacement ne portait que sur une partie choisie des commandes ; le reste est nommé plus bas.",
			"This erasure was of a chosen part of the orders only; the rest is named below."))
	}
	summary.Words = append(summary.Words, p.proof())
	if fields > 0 {
		summary.Words = append(summary.Words, p.proofOfFields(), p.say(
			"L'attestation porte sur les stockages et les fiches que la boutique administre ; elle ne dit rien des copies détenues par des prestataires ni des sauvegardes de ceux-ci.",
			"The certificate covers the storages and the records that the shop administers; it says nothing of copies held by providers or of their backups."))
	} else {
		summary.Words = append(summary.Words, p.say(
			"L'attestation porte sur les stockages que la boutique administre ; elle ne dit rien des copies détenues par des prestataires ni des sauvegardes de ceux-ci.",
			"The certificate covers the storages that the shop administers; it says nothing of copies held by providers or of their backups."))
	}
	summary.Fields = []Field{
		cellField("why", p.say("Origine", "Origin"), p.why(r.Scope)),
		cellField("orders", p.say("Commandes", "Orders"), p.orders(r, steps, numbers)),
		cellField("confirmed_by", p.say("Confirmé par", "Confirmed by"), p.by(r.By)),
		field("started", p.say("Début", "Started"), p.moment(r.StartedAt)),
		field("ended", p.say("Fin", "Ended"), p.moment(r.EndedAt)),
		cellField("state", p.say("Résultat", "Result"), p.runState(r.State)),
		field("erased", p.say("Objets effacés", "Objects erased"), p.number(int64(done))),
		field("left", p.say("Objets restants", "Objects left"), p.number(int64(len(steps)-done))),
		field("plan", p.say("Empreinte du plan confirmé", "Hash of the confirmed plan"), r.PlanHash),
		field("before", p.say("Empreinte de l'inventaire avant", "Hash of the listing before"), r.BeforeHash),
		field("after", p.say("Empreinte de l'inventaire après", "Hash of the listing after"), r.AfterHash),
	}
	if fields > 0 {
		summary.Fields = append(summary.Fields, field("fields", p.say("Champs de la boutique effacés", "Fields of the shop erased"),
			p.sayf("%s sur %s", "%s of %s", p.number(int64(fieldsDone)), p.number(int64(fields)))))
	}
	if r.Looked > 0 {
		summary.Fields = append(summary.Fields, field("looked", p.say("Vérifiés aussi un par un", "Also looked at one by one"),
			p.sayf("%s, en plus de l'inventaire", "%s, besides the listing", p.count(r.Looked, "objet", "objets", "object", "objects"))))
	}
	if r.Tries > 0 {
		summary.Fields = append(summary.Fields, field("tries", p.say("Nouvelles tentatives", "Further tries"), p.number(int64(r.Tries))))
	}
	if !r.RetryAt.IsZero() {
		summary.Fields = append(summary.Fields, field("retry_at", p.say("Prochaine tentative", "Next try"), p.moment(r.RetryAt)))
	}
	if r.Reason != "" {
		summary.Fields = append(summary.Fields, field("reason", p.say("Motif", "Reason"), p.reason(r.Reason)))
	}
	if !r.CheckAgain.IsZero() {
		summary.Fields = append(summary.Fields, field("check_again", p.say("Nouvelle vérification prévue le", "To be looked at again on"), p.date(r.CheckAgain)))
	}
	d.add(summary)

	t := &Table{Columns: []Column{
		column("order", p.say("Commande", "Order"), 2),
		column("storage", p.say("Stockage", "Storage"), 2),
		column("key", p.say("Objet", "Object"), 7),
		column("kind", p.say("Nature", "Kind"), 3),
		right(column("bytes", p.say("Taille", "Size"), 2)),
		column("status", p.say("État", "Status"), 3),
		column("at", p.say("Constaté le", "Seen on"), 4),
		detail("version", p.say("Version", "Version")),
		detail("reason", p.say("Motif", "Reason")),
	}}
	for _, s := range steps {
		t.Rows = append(t.Rows, []Cell{
			orNone(s.Object.Number),
			p.storage(s.Object.Storage),
			p.place(s.Object.Storage, s.Object.Key),
			p.kind(s.Object),
			p.sizeOf(s.Object),
			p.stepStatus(s),
			p.momentCell(s.At),
			orNone(s.Object.Version),
			p.reasonCell(s.Reason),
		})
	}
	d.main(Section{
		Key: "objects", Title: p.say("Objets", "Objects"), Words: p.keysHidden(), Table: t,
		Empty: p.say("Aucun objet ne figurait au plan.", "No object was in the plan."),
	})
	if len(r.Restrict) > 0 {
		d.add(p.heldSection(r.Restrict))
	}
	if len(r.Keep) > 0 {
		d.add(p.keptSection(r.Keep))
	}
	if told := p.noticesOf(func(n NoticeRow) bool { return n.Run == r.ID && r.ID != 0 }); len(told) > 0 {
		d.add(p.recipients(told, false))
	}
	p.finish(&d)
	return d
}

// sizeOf writes the size of a file; a field has none to tell of.
func (p pen) sizeOf(o plan.Found) Cell {
	if o.Kind == plan.Field {
		return none
	}
	return word(strconv.FormatInt(o.SizeBytes, 10), p.size(o.SizeBytes), Plain)
}

func (p pen) kind(o plan.Found) Cell {
	var holds string
	switch o.Holds {
	case plan.Photo:
		holds = p.say("photo", "photo")
	case plan.Portrait:
		holds = p.say("portrait", "portrait")
	case plan.Derived:
		holds = p.say("dérivé", "rendition")
	case plan.Reference:
		holds = p.say("référence de photo", "photo reference")
	case plan.Contact:
		holds = p.say("donnée personnelle hors facture", "personal data not on the invoice")
	case plan.Invoice:
		holds = p.say("donnée de facturation", "invoice data")
	case plan.Account:
		holds = p.say("compte client", "customer account")
	default:
		holds = string(o.Holds)
	}
	what := holds
	switch o.Kind {
	case plan.Marker:
		what = p.say("marqueur de suppression", "delete marker")
	case plan.Upload:
		what = p.say("envoi inachevé", "unfinished upload")
	}
	if what == "" {
		return none
	}
	return word(strings.TrimSpace(string(o.Holds)+" "+o.Kind.String()), what, Plain)
}

func (p pen) heldSection(held []plan.Held) Section {
	t := p.stayTable()
	for _, h := range held {
		t.Rows = append(t.Rows, p.stayRow(h.What, h.Order, p.stayPlace(h.Storage, h.Key), h.Ground, h.Article, p.dateCell(h.Until)))
	}
	return Section{Key: "restricted", Title: p.say("Ce qui est limité jusqu'à une date", "What is restricted until a date"), Table: t}
}

func (p pen) keptSection(kept []plan.Kept) Section {
	t := p.stayTable()
	for _, k := range kept {
		t.Rows = append(t.Rows, p.stayRow(k.What, k.Order, p.stayPlace(k.Storage, k.Key), k.Ground, k.Article, p.dateCell(k.Until)))
	}
	return Section{Key: "kept", Title: p.say("Ce qui est conservé, et pourquoi", "What is kept, and why"), Table: t}
}

func (p pen) stayTable() *Table {
	return &Table{Columns: []Column{
		column("what", p.say("Quoi", "What"), 5),
		column("order", p.say("Commande", "Order"), 2),
		column("ground", p.say("Motif", "Ground"), 6),
		column("until", p.say("Jusqu'au", "Until"), 3),
	}}
}

// stayPlace says where something lies that stays. What a shop's field is stands
// beside it in words already.
func (p pen) stayPlace(storage, key string) Cell {
	if key == "" {
		return none
	}
	c := p.place(storage, key)
	if _, ok := shopOf(storage); ok {
		if parts := strings.SplitN(key, "/", 3); len(parts) == 3 && parts[0] == "orders" {
			c.Text = clip(parts[2])
		}
		c.Text += " (" + p.storage(storage).Text + ")"
	}
	return c
}

func (p pen) stayRow(what, order string, k Cell, ground, article string, until Cell) []Cell {
	w := orNone(what)
	if k != none {
		w = Cell{Text: strings.TrimSpace(what + "\n" + k.Text), Value: strings.TrimSpace(what + " " + k.Machine())}
	}
	g := ground
	if article != "" {
		// A ground that ends in brackets has its own citation already.
		if cited := p.cite(article); !strings.Contains(g, cited) && !strings.HasSuffix(strings.TrimSpace(g), ")") {
			g = strings.TrimSpace(g + " (" + cited + ")")
		}
	}
	return []Cell{w, orNone(order), orNone(g), until}
}
