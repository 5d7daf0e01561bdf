package reports

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"greffier/app/register"
)

// ErrNoActivities says that a document is not the register of processing
// activities, the only one for which the CNIL has a spreadsheet.
var ErrNoActivities = errors.New("the document is not the register of processing activities")

const odsType = "application/vnd.oasis.opendocument.spreadsheet"

// ODS writes the register of processing activities as an OpenDocument
// spreadsheet (ISO/IEC 26300) in the shape of the CNIL's simplified register of
// July 2019: a sheet « Liste des traitements », then a sheet « Fiche » an
// activity, with the CNIL's labels in its order. The labels are French, as the
// model is; the values are those of the document, which had better be built in
// French. The same document gives the same bytes.
//
// It returns ErrNoActivities for any other document, and the writer's error.
func ODS(w io.Writer, d register.Document) error {
	if d.Name != string(register.Processing) || mainTable(d) == nil {
		return fmt.Errorf("write %s as a spreadsheet: %w", d.Name, ErrNoActivities)
	}
	z := zip.NewWriter(w)
	err := func() error {
		// The type comes first and stored, without a trailing descriptor, so
		// that programs find it at its fixed place.
		raw, err := z.CreateRaw(&zip.FileHeader{Name: "mimetype", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(odsType)),
			CompressedSize64: uint64(len(odsType)), UncompressedSize64: uint64(len(odsType))})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(raw, odsType); err != nil {
			return err
		}
		for _, f := range []struct {
			name string
			data []byte
		}{
			{"META-INF/manifest.xml", []byte(odsManifest)}, {"styles.xml", []byte(odsStyles)}, {"meta.xml", odsMeta(d)}, {"content.xml", odsContent(d)},
		} {
			out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
			if err != nil {
				return err
			}
			if _, err := out.Write(f.data); err != nil {
				return err
			}
		}
		return z.Close()
	}()
	if err != nil {
		return fmt.Errorf("write %s as a spreadsheet: %w", d.Name, err)
	}
	return nil
}

// cell is one cell of a spreadsheet. An ISO date becomes a date; all else is
// text, which no program takes for a formula.
type cell struct {
	text  string
	date  string // ISO, or ""
	style string // "" for an ordinary value
	span  int
	link  string // name of the sheet that it leads to
}

// worksheet is one sheet of the spreadsheet being written.
type worksheet struct {
	name string
	cols []string // styles of the columns
	rows [][]cell
}

func (s *worksheet) row(cells ...cell) { s.rows = append(s.rows, cells) }

// block begins a part of a sheet: its title, then the titles of its columns.
func (s *worksheet) block(title string, columns ...string) {
	s.row()
	s.row(cell{text: title, style: "block", span: ficheColumns})
	if len(columns) > 0 {
		cells := []cell{{style: "head"}}
		for _, c := range columns {
			cells = append(cells, cell{text: c, style: "head"})
		}
		s.row(cells...)
	}
}

// labelled is a row of the CNIL's model: its label, then the values.
func (s *worksheet) labelled(label string, values ...cell) {
	s.row(append([]cell{{text: label, style: "label"}}, values...)...)
}

const ficheColumns = 8

func odsText(s string) cell { return cell{text: s} }

// valueOf takes a cell of a register over.
func valueOf(c register.Cell) cell {
	if _, err := time.Parse(time.DateOnly, c.Value); err == nil {
		return cell{text: c.Text, date: c.Value}
	}
	if c.Value == register.GapValue {
		return cell{text: c.Text, style: "gap"}
	}
	return odsText(c.Text)
}

func fieldValue(f register.Field) cell {
	if f.Gap {
		return cell{text: f.Text, style: "gap"}
	}
	return odsText(f.Text)
}

// activity is one record sheet of the document, by the names of its parts.
type activity struct {
	ref, title string
	parts      map[string]register.Section
}

func (a activity) field(part, key string) cell {
	for _, f := range a.parts[part].Fields {
		if f.Key == key {
			return fieldValue(f)
		}
	}
	return cell{}
}

// rows returns the values of a part's table, those of the columns asked for.
func (a activity) rows(part string, keys ...string) [][]register.Cell {
	t := a.parts[part].Table
	if t == nil {
		return nil
	}
	var out [][]register.Cell
	for _, r := range t.Rows {
		picked := make([]register.Cell, len(keys))
		for i, key := range keys {
			if at := slices.IndexFunc(t.Columns, func(c register.Column) bool { return c.Key == key }); at >= 0 && at < len(r) {
				picked[i] = r[at]
			}
		}
		out = append(out, picked)
	}
	return out
}

// activities finds the record sheets: each begins with a section that has a
// page of its own, whose key the keys of its parts begin with.
func activities(d register.Document) []activity {
	var out []activity
	for _, s := range d.Sections[d.Main+1:] {
		if s.PageBreak {
			out = append(out, activity{title: s.Title, parts: map[string]register.Section{}})
		} else if len(out) > 0 {
			if at := strings.LastIndexByte(s.Key, '.'); at >= 0 {
				out[len(out)-1].parts[s.Key[at+1:]] = s
			}
		}
	}
	for i := range out {
		out[i].ref = out[i].field("description", "ref").text
	}
	return out
}

// workbook makes the sheets.
func workbook(d register.Document) []worksheet {
	all := activities(d)
	sheets := []worksheet{{name: "Liste des traitements", cols: []string{"name", "narrow", "narrow", "narrow", "name", "middle", "middle", "middle"}}}
	list := &sheets[0]
	taken := map[string]bool{strings.ToLower(list.name): true}
	var names []string
	for i, a := range all {
		name := sheetName(a.ref, i+1)
		if taken[strings.ToLower(name)] {
			name = sheetName("", i+1) + " bis"
		}
		taken[strings.ToLower(name)] = true
		names = append(names, name)
	}
	c := d.Controller
	list.row(cell{text: "Registre des activités de traitement – " + c.Name, style: "title", span: ficheColumns})
	list.row(cell{text: strings.Join(slices.DeleteFunc([]string{c.Address, c.Email, c.Site}, func(s string) bool { return strings.TrimSpace(s) == "" }), " · "), style: "plain", span: ficheColumns})
	list.row(cell{text: made(d), style: "plain", span: ficheColumns})
	list.row()
	list.row(cell{text: "Identification du traitement", style: "head", span: 4}, cell{style: "head"}, cell{style: "head"}, cell{style: "head"}, cell{style: "head"})
	list.row(cell{text: "Nom du traitement", style: "head"}, cell{text: "N° / RÉF", style: "head"}, cell{text: "Date de création de la fiche", style: "head"}, cell{text: "Dernière mise à jour de la fiche", style: "head"},
		cell{text: "Finalité du traitement", style: "head"}, cell{text: "Données sensibles ? (Oui/non)", style: "head"}, cell{text: "Transferts hors UE ? (Oui/non)", style: "head"}, cell{text: "Base légale (hors art. 30)", style: "head"})
	t := mainTable(d)
	keyed := activity{parts: map[string]register.Section{"list": {Table: t}}}
	for i, r := range keyed.rows("list", "name", "ref", "created", "updated", "purpose", "sensitive", "transfers", "legal_basis") {
		cells := make([]cell, len(r))
		for k, x := range r {
			cells[k] = valueOf(x)
		}
		if i < len(names) {
			cells[0].link = names[i]
		}
		if no(r[5].Text) {
			cells[5] = odsText("Non")
		}
		list.row(cells...)
	}
	if len(t.Rows) == 0 {
		list.row(cell{text: d.Sections[d.Main].Empty, style: "gap", span: ficheColumns})
	}
	for i, a := range all {
		sheets = append(sheets, fiche(names[i], a, d))
	}
	return sheets
}

// sheetName names the sheet of an activity as spreadsheets allow it.
func sheetName(ref string, n int) string {
	ref = strings.TrimSpace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]*?:/\'"#.$<>&`, r) || unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, ref))
	if ref == "" {
		ref = fmt.Sprintf("ref-%03d", n)
	}
	return "Fiche " + string([]rune(ref)[:min(20, utf8.RuneCountInString(ref))])
}

// fiche makes the sheet of one activity. CNIL, registre simplifié, sheet
// « Modèle de fiche de registre ».
func fiche(name string, a activity, d register.Document) worksheet {
	s := worksheet{name: name, cols: []string{"label", "wide", "wide", "wide", "middle", "middle", "middle", "wide"}}
	s.row(cell{text: a.title, style: "title", span: ficheColumns})

	s.block("Description du traitement")
	for _, f := range []struct{ label, key string }{{"Nom du traitement", "name"}, {"N° / RÉF", "ref"}, {"Date de création du traitement", "created"}, {"Mise à jour du traitement", "updated"}} {
		v := a.field("description", f.key)
		if date := listed(d, a.ref, f.key); date != "" {
			v.date = date
		}
		s.labelled(f.label, v)
	}

	s.block("Acteurs", "Nom", "Adresse", "Code postal", "Ville", "Pays", "Téléphone", "Adresse mél")
	c := d.Controller
	street, code, town, country := address(c.Address)
	s.labelled("Responsable du traitement", odsText(c.Name), odsText(street), odsText(code), odsText(town), odsText(country), odsText(c.Phone), odsText(c.Email))
	s.labelled("Délégué à la protection des données", a.field("actors", "dpo"))
	s.labelled("Société du DPO (si externe)", odsText("sans objet"))
	s.labelled("Représentant", a.field("actors", "representative"))
	s.labelled("Responsable(s) conjoint(s)", a.field("actors", "joint"))

	s.block("Finalité(s) du traitement effectué")
	s.labelled("Finalité principale", a.field("purposes", "purpose"))
	n := 0
	for _, f := range a.parts["purposes"].Fields {
		if strings.HasPrefix(f.Key, "sub_purpose_") {
			n++
			s.labelled(fmt.Sprintf("Sous-finalité %d", n), fieldValue(f))
		}
	}
	s.labelled("Base légale (hors art. 30)", a.field("purposes", "legal_basis"))

	s.block("Catégories de données personnelles concernées", "Description", "Durée de conservation")
	rows := a.rows("data", "category", "period")
	for i, k := range dataKinds {
		held := 0
		for _, r := range rows {
			if kindOf(r[0].Text) == i {
				s.labelled(k.label, valueOf(r[0]), valueOf(r[1]))
				held++
			}
		}
		if held == 0 {
			s.labelled(k.label, odsText("Non concerné"))
		}
	}

	s.block("Données sensibles", "Description", "Durée de conservation")
	special := a.field("sensitive", "sensitive")
	s.labelled("Données sensibles", special)
	for _, label := range specialKinds {
		switch {
		case special.style == "gap":
			s.labelled(label, special)
		case no(special.text):
			s.labelled(label, odsText("Non"))
		default:
			s.labelled(label, odsText("voir ci-dessus"))
		}
	}

	s.block("Catégories de personnes concernées", "Description", "Précisions")
	for i, f := range numbered(a.parts["subjects"].Fields, "category_") {
		s.labelled(fmt.Sprintf("Catégorie de personnes %d", i+1), fieldValue(f))
	}
	s.labelled("Mineurs", a.field("subjects", "minors"))

	s.block("Destinataires", "Nom", "Type de destinataire", "Précisions")
	for i, r := range a.rows("recipients", "recipient", "type", "service") {
		s.labelled(fmt.Sprintf("Destinataire %d", i+1), valueOf(r[0]), valueOf(r[1]), valueOf(r[2]))
	}

	s.block("Mesures de sécurité techniques et organisationnelles", "Type de mesure", "Précisions")
	for i, f := range numbered(a.parts["security"].Fields, "measure_") {
		s.labelled(fmt.Sprintf("Mesure de sécurité %d", i+1), odsText(measureKind(f.Text)), fieldValue(f))
	}

	s.block("Transferts hors UE", "Destinataire", "Pays", "Type de garanties", "Lien vers la documentation")
	transfers := a.rows("transfers", "recipient", "country", "safeguard", "document")
	for i, r := range transfers {
		s.labelled(fmt.Sprintf("Organisme destinataire %d", i+1), valueOf(r[0]), valueOf(r[1]), valueOf(r[2]), valueOf(r[3]))
	}
	for _, words := range a.parts["transfers"].Words {
		s.labelled("Précisions", odsText(words))
	}
	if len(transfers) == 0 {
		s.labelled("Organisme destinataire 1", odsText(a.parts["transfers"].Empty))
	}
	return s
}

// listed finds the date that the list gives of an activity.
func listed(d register.Document, ref, key string) string {
	for _, r := range (activity{parts: map[string]register.Section{"list": {Table: mainTable(d)}}}).rows("list", "ref", key) {
		if r[0].Text == ref {
			return valueOf(r[1]).date
		}
	}
	return ""
}

func numbered(fields []register.Field, prefix string) []register.Field {
	var out []register.Field
	for _, f := range fields {
		if strings.HasPrefix(f.Key, prefix) {
			out = append(out, f)
		}
	}
	return out
}

// dataKinds are the CNIL's categories of data, with the words that a category
// of the register begins with when it belongs there.
var dataKinds = []struct {
	label string
	words *regexp.Regexp
}{
	{"État civil, identité, données d'identification, images…", regexp.MustCompile(`(?i)^(état civil|identité|identity|images?|photo|coordonnées|contact)`)},
	{"Vie personnelle (habitudes de vie, situation familiale…)", regexp.MustCompile(`(?i)^(vie personnelle|habitudes|situation familiale|personal life)`)},
	{"Vie professionnelle (CV, situation professionnelle…)", regexp.MustCompile(`(?i)^(vie professionnelle|professional life)`)},
	{"Informations d'ordre économique et financier", regexp.MustCompile(`(?i)^(informations d.ordre économique|économi|paiement|payment|factur|banc|economic)`)},
	{"Données de connexion (adresse IP, logs…)", regexp.MustCompile(`(?i)^(données de connexion|connexion|journaux|adresse ip|connection)`)},
	{"Données de localisation", regexp.MustCompile(`(?i)^(données de localisation|localisation|location)`)},
	{"Numéro de Sécurité sociale (NIR)", regexp.MustCompile(`(?i)^(numéro de sécurité sociale|nir\b)`)},
	{"Autres", nil},
}

func kindOf(category string) int {
	for i, k := range dataKinds {
		if k.words != nil && k.words.MatchString(strings.TrimSpace(category)) {
			return i
		}
	}
	return len(dataKinds) - 1
}

// specialKinds are the special categories (GDPR Art. 9) and offences (Art. 10)
// in the CNIL's order.
var specialKinds = []string{
	"Données révélant l'origine raciale ou ethnique", "Données révélant les opinions politiques", "Données révélant les convictions religieuses ou philosophiques",
	"Données révélant l'appartenance syndicale", "Données génétiques", "Données biométriques aux fins d'identifier une personne physique de manière unique",
	"Données concernant la santé", "Données concernant la vie sexuelle ou l'orientation sexuelle", "Données relatives à des condamnations pénales ou infractions",
}

// measureKind finds the CNIL's type of a security measure by the words that it
// begins with.
func measureKind(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, k := range []struct{ begins, kind string }{
		{"contrôle des sous-traitants", "Contrôle des sous-traitants"}, {"contrôle d", "Contrôle d'accès des utilisateurs"}, {"access control", "Contrôle d'accès des utilisateurs"},
		{"traçabilité", "Mesures de traçabilité"}, {"journal", "Mesures de traçabilité"}, {"traceability", "Mesures de traçabilité"},
		{"protection des logiciels", "Mesures de protection des logiciels"}, {"antivirus", "Mesures de protection des logiciels"}, {"mises à jour", "Mesures de protection des logiciels"},
		{"sauvegarde", "Sauvegarde des données"}, {"backup", "Sauvegarde des données"},
		{"chiffrement", "Chiffrement des données"}, {"encryption", "Chiffrement des données"},
		{"sous-traitants", "Contrôle des sous-traitants"}, {"control of processors", "Contrôle des sous-traitants"},
	} {
		if strings.HasPrefix(s, k.begins) {
			return k.kind
		}
	}
	return "Autres"
}

// no tells whether a text begins by saying no.
func no(s string) bool { return refusal.MatchString(s) }

var refusal = regexp.MustCompile(`(?i)^\s*(non|no)(\pZ|[.,:;!]|$)`)

var french = regexp.MustCompile(`^(.*?)[,\s]*\b(\d{5})\s+([^,\n]+?)(?:\s*[,\n]\s*(.+))?$`)

// address takes an address apart as far as it has the French form; otherwise
// all of it is the street.
func address(s string) (street, code, town, country string) {
	s = strings.TrimSpace(s)
	m := french.FindStringSubmatch(s)
	if m == nil {
		return s, "", "", ""
	}
	return m[1], m[2], m[3], m[4]
}

// odsContent writes the sheets.
func odsContent(d register.Document) []byte {
	var b bytes.Buffer
	b.WriteString(odsContentHead)
	for _, s := range workbook(d) {
		b.WriteString(`<table:table table:name="` + escaped(s.name) + `" table:style-name="sheet">`)
		for _, c := range s.cols {
			b.WriteString(`<table:table-column table:style-name="` + c + `"/>`)
		}
		for _, r := range s.rows {
			b.WriteString(`<table:table-row table:style-name="row">`)
			if len(r) == 0 {
				b.WriteString(`<table:table-cell/>`)
			}
			for _, c := range r {
				c.write(&b)
			}
			b.WriteString("</table:table-row>\n")
		}
		b.WriteString("</table:table>\n")
	}
	b.WriteString("</office:spreadsheet></office:body></office:document-content>\n")
	return b.Bytes()
}

func (c cell) write(b *bytes.Buffer) {
	style := c.style
	if style == "" {
		style = "value"
	}
	if c.date != "" {
		style = "date"
	}
	fmt.Fprintf(b, `<table:table-cell table:style-name="%s"`, style)
	if c.span > 1 {
		fmt.Fprintf(b, ` table:number-columns-spanned="%d" table:number-rows-spanned="1"`, c.span)
	}
	switch {
	case c.date != "":
		fmt.Fprintf(b, ` office:value-type="date" office:date-value="%s"`, c.date)
	case c.text != "":
		b.WriteString(` office:value-type="string"`)
	}
	b.WriteString(">")
	if c.text != "" {
		for line := range strings.SplitSeq(strings.ReplaceAll(c.text, "\r\n", "\n"), "\n") {
			if c.link != "" {
				line = `<text:a xlink:type="simple" xlink:href="#'` + escaped(c.link) + `'.A1">` + escaped(line) + `</text:a>`
			} else {
				line = escaped(line)
			}
			b.WriteString("<text:p>" + line + "</text:p>")
		}
	}
	b.WriteString("</table:table-cell>")
	for range c.span - 1 {
		b.WriteString("<table:covered-table-cell/>")
	}
}

// escaped makes a text fit for XML: valid, without the controls that it cannot
// hold.
func escaped(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Noncharacter_Code_Point, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(substitute)))
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

func odsMeta(d register.Document) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2"><office:meta><meta:generator>Greffier</meta:generator><dc:title>` +
		escaped(d.Title) + `</dc:title><dc:creator>` + escaped(d.Controller.Name) + `</dc:creator><dc:date>` + d.MadeAt.UTC().Format("2006-01-02T15:04:05Z") + `</dc:date><dc:language>fr-FR</dc:language></office:meta></office:document-meta>
`)
}

const odsManifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="` + odsType + `"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
`

const odsSpaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2"`

const odsStyles = `<?xml version="1.0" encoding="UTF-8"?>
<office:document-styles ` + odsSpaces + `><office:styles>
<style:default-style style:family="table-cell"><style:text-properties style:font-name="Noto Sans" fo:font-family="'Noto Sans', 'Liberation Sans', sans-serif" fo:font-size="10pt" fo:language="fr" fo:country="FR" fo:color="#1F2430"/></style:default-style>
<style:style style:name="Default" style:family="table-cell"/>
</office:styles><office:automatic-styles>
<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="297mm" fo:page-height="210mm" style:print-orientation="landscape" fo:margin="15mm" style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout>
</office:automatic-styles><office:master-styles><style:master-page style:name="Default" style:page-layout-name="page"/></office:master-styles></office:document-styles>
`

const odsContentHead = `<?xml version="1.0" encoding="UTF-8"?>
<office:document-content ` + odsSpaces + `><office:automatic-styles>
<number:date-style style:name="day" number:language="fr" number:country="FR"><number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/></number:date-style>
<style:style style:name="sheet" style:family="table" style:master-page-name="Default"><style:table-properties table:display="true"/></style:style>
<style:style style:name="row" style:family="table-row"><style:table-row-properties style:use-optimal-row-height="true"/></style:style>
<style:style style:name="label" style:family="table-column"><style:table-column-properties style:column-width="106mm"/></style:style>
<style:style style:name="wide" style:family="table-column"><style:table-column-properties style:column-width="78mm"/></style:style>
<style:style style:name="name" style:family="table-column"><style:table-column-properties style:column-width="104mm"/></style:style>
<style:style style:name="middle" style:family="table-column"><style:table-column-properties style:column-width="42mm"/></style:style>
<style:style style:name="narrow" style:family="table-column"><style:table-column-properties style:column-width="28mm"/></style:style>
<style:style style:name="title" style:family="table-cell"><style:text-properties fo:font-size="15pt" fo:font-weight="bold"/></style:style>
<style:style style:name="plain" style:family="table-cell"><style:text-properties fo:color="#6B7280"/></style:style>
<style:style style:name="block" style:family="table-cell"><style:table-cell-properties fo:border-bottom="0.5pt solid #1F5F5B"/><style:text-properties fo:font-size="12pt" fo:font-weight="bold" fo:color="#1F5F5B"/></style:style>
<style:style style:name="head" style:family="table-cell"><style:table-cell-properties fo:background-color="#F5F3EE" fo:wrap-option="wrap" style:vertical-align="bottom" fo:border="0.3pt solid #DDDAD2"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="label" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:border="0.3pt solid #DDDAD2"/><style:text-properties fo:color="#6B7280"/></style:style>
<style:style style:name="value" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:border="0.3pt solid #DDDAD2"/></style:style>
<style:style style:name="gap" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:border="0.3pt solid #DDDAD2"/><style:text-properties fo:font-style="italic" fo:color="#945C0C"/></style:style>
<style:style style:name="date" style:family="table-cell" style:data-style-name="day"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:border="0.3pt solid #DDDAD2"/><style:paragraph-properties fo:text-align="start"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>
`
