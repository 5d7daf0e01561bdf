package reports_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"greffier/app/register"
	"greffier/reports"
)

func odsOf(t testing.TB, d register.Document) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := reports.ODS(&out, d); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// odsCell is a cell as it is read back.
type odsCell struct {
	Kind  string `xml:"value-type,attr"`
	Date  string `xml:"date-value,attr"`
	Lines []struct {
		Text string `xml:",chardata"`
		Link struct {
			Text string `xml:",chardata"`
			Href string `xml:"href,attr"`
		} `xml:"a"`
	} `xml:"p"`
}

func (c odsCell) text() string {
	var lines []string
	for _, l := range c.Lines {
		lines = append(lines, l.Text+l.Link.Text)
	}
	return strings.Join(lines, "\n")
}

type odsSheet struct {
	Name string `xml:"name,attr"`
	Rows []struct {
		Cells []odsCell `xml:"table-cell"`
	} `xml:"table-row"`
}

// labels are the first cells of a sheet that are not empty.
func (s odsSheet) labels() (out []string) {
	for _, r := range s.Rows {
		if len(r.Cells) > 0 && r.Cells[0].text() != "" {
			out = append(out, r.Cells[0].text())
		}
	}
	return out
}

// values are the cells after a label.
func (s odsSheet) values(label string) (out []odsCell) {
	for _, r := range s.Rows {
		if len(r.Cells) > 0 && r.Cells[0].text() == label {
			return r.Cells[1:]
		}
	}
	return nil
}

func sheetsOf(t testing.TB, data []byte) []odsSheet {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var sheets []odsSheet
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		for d := xml.NewDecoder(bytes.NewReader(body)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is not XML: %v", f.Name, err)
			}
		}
		if f.Name == "content.xml" {
			var content struct {
				Sheets []odsSheet `xml:"body>spreadsheet>table"`
			}
			if err := xml.Unmarshal(body, &content); err != nil {
				t.Fatal(err)
			}
			sheets = content.Sheets
		}
	}
	return sheets
}

func TestTheSpreadsheetBeginsWithItsType(t *testing.T) {
	data := odsOf(t, documents(t, "fr")["processing"][0])
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(*keep, "processing.ods"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const want = "mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
	if got := string(data[30 : 30+len(want)]); got != want {
		t.Errorf("the file begins with %q", got)
	}
	if data[8] != 0 || data[6]&8 != 0 {
		t.Error("the type is compressed, or described after its content")
	}
	if !bytes.Equal(data, odsOf(t, documents(t, "fr")["processing"][0])) {
		t.Error("two spreadsheets of the same register differ")
	}
}

func TestTheSpreadsheetHasTheShapeOfTheCNILsModel(t *testing.T) {
	sheets := sheetsOf(t, odsOf(t, documents(t, "fr")["processing"][0]))
	var names []string
	for _, s := range sheets {
		names = append(names, s.Name)
	}
	if got, want := strings.Join(names, ","), "Liste des traitements,Fiche T1,Fiche T2,Fiche T3,Fiche T4,Fiche T5,Fiche T6,Fiche T7,Fiche T8,Fiche T9"; got != want {
		t.Errorf("sheets are %s", got)
	}
	list := sheets[0]
	head := list.values("Nom du traitement")
	if link := list.Rows[6].Cells[0].Lines[0].Link.Href; link != "#'Fiche T1'.A1" {
		t.Errorf("the first activity leads to %q", link)
	}
	var columns []string
	for _, c := range head {
		columns = append(columns, c.text())
	}
	if got, want := strings.Join(columns, "|"), "N° / RÉF|Date de création de la fiche|Dernière mise à jour de la fiche|Finalité du traitement|Données sensibles ? (Oui/non)|Transferts hors UE ? (Oui/non)|Base légale (hors art. 30)"; got != want {
		t.Errorf("the list's columns are %s", got)
	}
	row := list.values("Photographies et portraits générés par IA")
	if row == nil || row[0].text() != "T2" || row[1].Date != "2026-01-02" || row[1].Kind != "date" || row[2].Date != "2026-03-01" || row[4].text() != "Non" || row[5].text() != "oui" {
		t.Errorf("the list says of T2: %+v", row)
	}

	// The order of the model: law.md 2.3(a).
	want := []string{
		"Description du traitement", "Nom du traitement", "N° / RÉF", "Date de création du traitement", "Mise à jour du traitement",
		"Acteurs", "Responsable du traitement", "Délégué à la protection des données", "Société du DPO (si externe)", "Représentant", "Responsable(s) conjoint(s)",
		"Finalité(s) du traitement effectué", "Finalité principale", "Sous-finalité 1", "Sous-finalité 2", "Sous-finalité 3",
		"Catégories de données personnelles concernées", "État civil, identité, données d'identification, images…", "Vie personnelle (habitudes de vie, situation familiale…)",
		"Informations d'ordre économique et financier", "Données de connexion (adresse IP, logs…)", "Données de localisation", "Numéro de Sécurité sociale (NIR)", "Autres",
		"Données sensibles", "Données révélant l'origine raciale ou ethnique", "Données révélant les opinions politiques", "Données révélant les convictions religieuses ou philosophiques", "Données révélant l'appartenance syndicale",
		"Données génétiques", "Données biométriques aux fins d'identifier une personne physique de manière unique", "Données concernant la santé", "Données concernant la vie sexuelle ou l'orientation sexuelle", "Données relatives à des condamnations pénales ou infractions",
		"Catégories de personnes concernées", "Catégorie de personnes 1", "Catégorie de personnes 2", "Mineurs",
		"Destinataires", "Destinataire 1", "Mesures de sécurité techniques et organisationnelles", "Mesure de sécurité 1", "Transferts hors UE", "Organisme destinataire 1",
	}
	got := sheets[2].labels()
	at := 0
	for _, l := range want {
		i := slices.Index(got[at:], l)
		if i < 0 {
			t.Fatalf("%q is missing or out of place after %q in %q", l, want[max(0, slices.Index(want, l)-1)], got)
		}
		at += i + 1
	}

	who := sheets[2].values("Responsable du traitement")
	var parts []string
	for _, c := range who {
		parts = append(parts, c.text())
	}
	if got, want := strings.Join(parts, "|"), "KIONKE Kathryn EI|7 avenue Foch|59800|Lille|France||contact@cleverfaces.com"; got != want {
		t.Errorf("the controller is %s", got)
	}
	if v := sheets[2].values("Organisme destinataire 1"); v == nil || v[0].text() != "PortraitML Inc." || v[1].text() != "États-Unis" {
		t.Errorf("the transfer is %+v", v)
	}
	if v := sheets[2].values("Mesure de sécurité 2"); v == nil || v[0].text() != "Chiffrement des données" {
		t.Errorf("the second measure is %+v", v)
	}
	if v := sheets[2].values("Date de création du traitement"); v == nil || v[0].Date != "2026-01-02" {
		t.Errorf("the date of the sheet is %+v", v)
	}
	if v := sheets[1].values("Informations d'ordre économique et financier"); v == nil || !strings.HasPrefix(v[0].text(), "Paiement") {
		t.Errorf("payment data are %+v", v)
	}
}

func TestGapsAreSaidInTheSpreadsheet(t *testing.T) {
	sheets := sheetsOf(t, odsOf(t, documents(t, "fr")["processing"][0]))
	if row := sheets[0].values("Commandes, livraison et service après-vente"); row == nil || row[5].text() != "à\u00a0compléter" {
		t.Errorf("the list says %+v of a transfer that nobody knows", row)
	}
	empty := filled(documents(t, "fr")["processing"][0], 0)
	empty.Sections = empty.Sections[:empty.Main+1]
	sheets = sheetsOf(t, odsOf(t, empty))
	if len(sheets) != 1 || !slices.ContainsFunc(sheets[0].labels(), func(s string) bool { return strings.HasPrefix(s, "Aucune activité") }) {
		t.Errorf("an empty register does not say so: %+v", sheets)
	}
}

func TestOnlyTheRegisterOfActivitiesHasASpreadsheet(t *testing.T) {
	var out bytes.Buffer
	if err := reports.ODS(&out, documents(t, "fr")["requests"][0]); !errors.Is(err, reports.ErrNoActivities) || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
	if err := reports.ODS(fullDisk{}, documents(t, "fr")["processing"][0]); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
}

// FuzzODS holds that whatever the owner or the shop writes, the file stays one
// that can be read, with the text in it.
func FuzzODS(f *testing.F) {
	for _, s := range slices.Concat(hostile, names) {
		f.Add(s)
	}
	f.Add("T1]]><&\"'")
	f.Fuzz(func(t *testing.T, s string) {
		in := sample(t, "fr")
		in.Activities = in.Activities[:2]
		for i := range in.Activities {
			a := &in.Activities[i]
			a.ID, a.Name.FR, a.Purpose.FR, a.Sensitive.FR = s, s, s, s
			a.Subjects, a.Security = append(a.Subjects, register.Text{FR: s}), append(a.Security, register.Text{FR: s})
		}
		in.Controller.Name, in.Controller.Address = s, s
		d, err := register.Build(register.Processing, in)
		if err != nil {
			t.Fatal(err)
		}
		sheets := sheetsOf(t, odsOf(t, d))
		if len(sheets) != 3 || strings.EqualFold(sheets[1].Name, sheets[2].Name) {
			t.Fatalf("%d sheets", len(sheets))
		}
	})
}
