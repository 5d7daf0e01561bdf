package disclosure

import (
	"strings"
	"time"

	"greffier/app/register"
)

// Document makes the paper of a copy for access: what is held, with all that
// GDPR Art. 15(1) and (2) want told, in plain words (Art. 12(1)).
func (c Copy) Document() register.Document {
	p := pen{fr: c.Lang == "fr", zone: c.Zone}
	name := line(c.Person.Name, 200)
	d := register.Document{Name: "copy", Lang: c.Lang, Controller: c.Controller, MadeAt: c.At, Zone: c.Zone.String(), Main: -1,
		Title:    p.say("Vos données personnelles", "Your personal data"),
		Subtitle: p.say("Copie remise au titre du droit d'accès (RGPD, art. 15)", "Copy given under the right of access (GDPR, Article 15)")}
	who := register.Section{Key: "who", Title: p.say("En bref", "In short")}
	who.Words = []string{
		p.sayf("%s traite des données personnelles vous concernant. En voici la copie, et ce que la loi veut que vous en sachiez.", "%s processes personal data about you. Here is the copy, and what the law wants you to know of it.", line(c.Controller.Name, 200)),
	}
	add := func(s *register.Section, key, label, text string) {
		if text != "" {
			s.Fields = append(s.Fields, register.Field{Key: key, Label: label, Text: text})
		}
	}
	add(&who, "person", p.say("Personne concernée", "Person concerned"), strings.TrimSpace(name+" "+bracket(line(c.Person.Email, 320))))
	if c.Requester != c.Person {
		add(&who, "requester", p.say("Demandée par", "Asked by"), strings.TrimSpace(line(c.Requester.Name, 200)+" "+bracket(line(c.Requester.Email, 320))))
	}
	add(&who, "reference", p.say("Référence", "Reference"), strings.Trim(p.sayf("demande n° %d", "request No %d", int64(c.Case))+", "+p.say("copie", "copy")+" "+c.Ref, ", "))
	add(&who, "date", p.say("Date", "Date"), p.day(c.At))
	d.Sections = append(d.Sections, who, c.overview(p))
	for _, k := range c.Categories {
		d.Sections = append(d.Sections, c.section(p, k)...)
	}
	if s, any := c.leftOut(p); any {
		d.Sections = append(d.Sections, s)
	}
	d.Sections = append(d.Sections, c.information(p)...)
	return d
}

// overview counts what is in the copy.
func (c Copy) overview(p pen) register.Section {
	t := &register.Table{Columns: []register.Column{
		{Key: "category", Title: p.say("Catégorie", "Category"), Weight: 6}, {Key: "items", Title: p.say("Éléments", "Items"), Weight: 2, Right: true},
		{Key: "period", Title: p.say("Durée de conservation", "Kept for"), Weight: 6}}}
	for _, k := range c.Categories {
		n := 0
		for _, i := range k.Items {
			if i.Included {
				n++
			}
		}
		if n > 0 {
			t.Rows = append(t.Rows, []register.Cell{{Text: k.Title}, {Text: itoa(n)}, {Text: k.Period}})
		}
	}
	return register.Section{Key: "overview", Title: p.say("Ce que contient cette copie", "What is in this copy"), Table: t}
}

// section writes one category: what is told of it, then its items.
func (c Copy) section(p pen, k Category) []register.Section {
	s := register.Section{Key: k.Key, Title: k.Title}
	field := func(key, label, text string) {
		if text != "" {
			s.Fields = append(s.Fields, register.Field{Key: key, Label: label, Text: text})
		}
	}
	field("purposes", p.say("Pourquoi", "Why"), strings.Join(k.Purposes, p.say(" ; ", "; ")))
	field("basis", p.say("Base légale", "Legal basis"), p.join(k.Basis))
	field("period", p.say("Durée", "How long"), k.Period)
	field("recipients", p.say("Destinataires", "Recipients"), p.join(k.Recipients))
	var out []register.Section
	t := &register.Table{Columns: []register.Column{
		{Key: "file", Title: p.say("Fichier", "File"), Weight: 4}, {Key: "what", Title: p.say("Description", "What it is"), Weight: 6}, {Key: "date", Title: p.say("Date", "Date"), Weight: 3},
		{Key: "size", Title: p.say("Taille", "Size"), Weight: 2, Right: true}, {Key: "until", Title: p.say("Conservé jusqu'au", "Kept until"), Weight: 3},
		{Key: "source", Title: p.say("Vient de", "Comes from"), Weight: 4, Detail: true}, {Key: "masked", Title: p.say("Masqué", "Masked"), Weight: 4, Detail: true}}}
	any := false
	for _, i := range k.Items {
		if !i.Included {
			continue
		}
		any = true
		if i.File != "" {
			size := ""
			if i.HasContent() {
				size = p.size(i.Size)
			}
			t.Rows = append(t.Rows, []register.Cell{{Text: i.File}, {Text: i.What}, {Text: p.day(i.At)}, {Text: size}, {Text: p.date(i.Until)}, {Text: i.Source}, {Text: strings.Join(i.Masked, ", ")}})
			continue
		}
		out = append(out, c.item(p, i))
	}
	if !any {
		return nil
	}
	if len(t.Rows) > 0 {
		s.Table = t
	}
	return append([]register.Section{s}, out...)
}

// item writes one item that has no file of its own.
func (c Copy) item(p pen, i Item) register.Section {
	s := register.Section{Key: i.ID, Level: 1, Title: i.What}
	for _, f := range i.Fields {
		s.Fields = append(s.Fields, register.Field{Key: f.Key, Label: f.Label, Text: f.Value})
	}
	s.Fields = append(s.Fields, register.Field{Key: "source", Label: p.say("Vient de", "Comes from"), Text: i.Source})
	if len(i.Masked) > 0 {
		s.Fields = append(s.Fields, register.Field{Key: "masked", Label: p.say("Masqué", "Masked"), Text: strings.Join(i.Masked, ", ") + " (" + c.cite(others) + ")"})
	}
	for para := range strings.SplitSeq(i.Text, "\n") {
		if para = strings.TrimSpace(para); para != "" {
			s.Words = append(s.Words, para)
		}
	}
	return s
}

// leftOut tells what is not in the copy and why (GDPR Art. 12(4), 15(4)).
func (c Copy) leftOut(p pen) (register.Section, bool) {
	t := &register.Table{Columns: []register.Column{
		{Key: "what", Title: p.say("Ce qui n'est pas joint", "What is not included"), Weight: 5}, {Key: "why", Title: p.say("Pourquoi", "Why"), Weight: 8}, {Key: "article", Title: p.say("Texte", "Text"), Weight: 4}}}
	for _, i := range c.LeftOut() {
		t.Rows = append(t.Rows, []register.Cell{{Text: i.What}, {Text: i.Why}, {Text: c.cite(i.Article)}})
	}
	if c.OtherOrders > 0 {
		t.Rows = append(t.Rows, []register.Cell{{Text: p.count(c.OtherOrders, "commande de la même adresse électronique, à un autre nom", "commandes de la même adresse électronique, à un autre nom", "order of the same e-mail address in another name", "orders of the same e-mail address in another name")},
			{Text: p.say("Elles concernent une autre personne.", "They concern another person.")}, {Text: c.cite(others)}})
	}
	return register.Section{Key: "left_out", Title: p.say("Ce qui n'est pas joint, et pourquoi", "What is left out, and why"), Table: t}, len(t.Rows) > 0
}

// information writes GDPR Art. 15(1)(a) to (h) and 15(2).
func (c Copy) information(p pen) []register.Section {
	about := register.Section{Key: "information", Title: p.say("Ce que vous devez savoir", "What you should know"), PageBreak: true}
	purposes := register.Section{Key: "purposes", Level: 1, Title: p.say("À quoi servent ces données (art. 15, § 1, a, b et d)", "What these data are for (Article 15(1)(a), (b) and (d))"),
		Table: &register.Table{Columns: []register.Column{{Key: "purpose", Title: p.say("Finalité", "Purpose"), Weight: 6}, {Key: "basis", Title: p.say("Base légale", "Legal basis"), Weight: 3},
			{Key: "data", Title: p.say("Données", "Data"), Weight: 6}, {Key: "period", Title: p.say("Durée", "Kept for"), Weight: 4}}}}
	for _, x := range c.Purposes {
		purposes.Table.Rows = append(purposes.Table.Rows, []register.Cell{{Text: x.Name}, {Text: x.Basis}, {Text: x.Data}, {Text: x.Period}})
	}
	recipients := register.Section{Key: "recipients", Level: 1, Title: p.say("Qui les reçoit (art. 15, § 1, c)", "Who receives them (Article 15(1)(c))"),
		Table: &register.Table{Columns: []register.Column{{Key: "name", Title: p.say("Nom", "Name"), Weight: 4}, {Key: "service", Title: p.say("Service", "Service"), Weight: 5},
			{Key: "role", Title: p.say("Rôle", "Role"), Weight: 3}, {Key: "country", Title: p.say("Pays", "Country"), Weight: 2}}}}
	for _, x := range c.Recipients {
		recipients.Table.Rows = append(recipients.Table.Rows, []register.Cell{{Text: x.Name}, {Text: x.Service}, {Text: x.Role}, {Text: x.Country}})
	}
	words := func(key, fr, en string, text ...string) register.Section {
		return register.Section{Key: key, Level: 1, Title: p.say(fr, en), Words: text}
	}
	transfers := c.Transfers
	if len(transfers) == 0 {
		transfers = []string{p.say("Aucun transfert hors de l'Espace économique européen n'est enregistré.", "No transfer outside of the European Economic Area is recorded.")}
	}
	out := []register.Section{about}
	if len(purposes.Table.Rows) > 0 {
		out = append(out, purposes)
	}
	if len(recipients.Table.Rows) > 0 {
		out = append(out, recipients)
	}
	return append(out,
		words("source", "D'où elles viennent (art. 15, § 1, g)", "Where they come from (Article 15(1)(g))", c.Source),
		words("transfers", "Hors de l'Union européenne (art. 15, § 2)", "Outside of the European Union (Article 15(2))", transfers...),
		words("automated", "Décisions automatisées (art. 15, § 1, h)", "Automated decisions (Article 15(1)(h))", c.Automated),
		words("rights", "Vos droits (art. 15, § 1, e)", "Your rights (Article 15(1)(e))", c.Rights...),
		words("remedy", "Réclamation et recours (art. 15, § 1, f)", "Complaint and remedy (Article 15(1)(f))", c.Remedy))
}

// Tables makes a table for each category, for a spreadsheet: its name and its
// rows.
func (c Copy) Tables() []register.Document {
	var out []register.Document
	for _, k := range c.Categories {
		t := &register.Table{}
		column := map[string]int{}
		add := func(row *[]register.Cell, key, value string) {
			at, ok := column[key]
			if !ok {
				at = len(t.Columns)
				column[key] = at
				t.Columns = append(t.Columns, register.Column{Key: key})
			}
			for len(*row) <= at {
				*row = append(*row, register.Cell{})
			}
			(*row)[at] = register.Cell{Text: value}
		}
		for _, i := range k.Items {
			if !i.Included {
				continue
			}
			var row []register.Cell
			at := ""
			if !i.At.IsZero() {
				at = i.At.UTC().Format(time.RFC3339)
			}
			for _, kv := range [][2]string{{"what", i.What}, {"order", i.Order}, {"at", at}, {"file", i.File}, {"original_name", i.Original}, {"source", i.Source}} {
				add(&row, kv[0], kv[1])
			}
			for _, f := range i.Fields {
				add(&row, "field_"+f.Key, f.Value)
			}
			if i.File == "" && i.Text != "" {
				add(&row, "text", i.Text)
			}
			t.Rows = append(t.Rows, row)
		}
		if len(t.Rows) > 0 {
			out = append(out, register.Document{Name: k.Key, Lang: c.Lang, Title: k.Title, MadeAt: c.At, Main: 0, Sections: []register.Section{{Key: k.Key, Table: t}}})
		}
	}
	return out
}

// Readme is the text that lies beside the data, and its name.
func (c Copy) Readme(files []string) (name, text string) {
	p := pen{fr: c.Lang == "fr", zone: c.Zone}
	var b strings.Builder
	put := func(s string) { b.WriteString(s + "\r\n") }
	if c.Kind == Portability {
		put(p.say("VOS DONNÉES, À EMPORTER", "YOUR DATA, TO TAKE WITH YOU"))
	} else {
		put(p.say("VOS DONNÉES PERSONNELLES", "YOUR PERSONAL DATA"))
	}
	put("")
	put(p.sayf("Copie %s, faite le %s par %s en réponse à votre demande n° %d.", "Copy %s, made on %s by %s in answer to your request No %d.", c.Ref, p.day(c.At), line(c.Controller.Name, 200), int64(c.Case)))
	put("")
	for _, f := range files {
		if s := p.about(f); s != "" {
			put("- " + f + p.colon() + s)
		}
	}
	put("")
	put(p.say("Ce qui n'est pas joint est dit, avec la raison, dans la partie « left_out » de data.json"+map[bool]string{true: " et dans le document PDF", false: ""}[c.Kind == Access]+".",
		"What is not included is said, with the reason, in the part “left_out” of data.json"+map[bool]string{true: " and in the PDF document", false: ""}[c.Kind == Access]+"."))
	put(p.say("Gardez ces fichiers pour vous : ils parlent de votre vie privée.", "Keep these files to yourself: they tell of your private life."))
	if c.Controller.Email != "" {
		put(p.sayf("Une question ? Écrivez à %s.", "A question? Write to %s.", line(c.Controller.Email, 320)))
	}
	put("")
	put(c.Remedy)
	if p.fr {
		return "LISEZ-MOI.txt", b.String()
	}
	return "README.txt", b.String()
}

// about says what a file, or the folder of files, is for.
func (p pen) about(file string) string {
	switch {
	case strings.HasSuffix(file, ".pdf"):
		return p.say("tout ce qui suit, à lire", "all of the following, to read")
	case file == "data.json":
		return p.say("les mêmes données pour une machine", "the same data for a machine")
	case file == "schema.json":
		return p.say("la description du format de data.json (JSON Schema)", "the description of the format of data.json (JSON Schema)")
	case file == "contact.vcf":
		return p.say("vos coordonnées, pour un carnet d'adresses (vCard)", "your contact details, for an address book (vCard)")
	case strings.HasSuffix(file, ".csv"):
		return p.say("un tableau, pour un tableur", "a table, for a spreadsheet")
	case strings.HasSuffix(file, "/"):
		return p.say("les fichiers eux-mêmes, inchangés, ou vos messages", "the files themselves, unchanged, or your messages")
	}
	return ""
}

// PDFName is the name of the paper in the package.
func (c Copy) PDFName() string {
	if c.Lang == "fr" {
		return "donnees.pdf"
	}
	return "data.pdf"
}
