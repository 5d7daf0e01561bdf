package mail_test

import (
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

// packet builds a TNEF stream ([MS-OXTNEF]) attribute by attribute.
type packet struct{ b []byte }

func newPacket() *packet { return &packet{binary.LittleEndian.AppendUint16(le32(0x223E9F78), 1)} }

func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// add adds an attribute of the letter (level 1) or of an attachment (level 2).
func (p *packet) add(level byte, id uint32, data string) *packet {
	p.b = append(p.b, level)
	p.b = append(p.b, le32(id)...)
	p.b = append(p.b, le32(uint32(len(data)))...)
	p.b = append(p.b, data...)
	sum := uint16(0)
	for i := range len(data) {
		sum += uint16(data[i])
	}
	p.b = binary.LittleEndian.AppendUint16(p.b, sum)
	return p
}

// property is one property with a value of variable length.
func property(kind, id uint16, value string) string {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, id)
	b = append(append(b, le32(1)...), le32(uint32(len(value)))...)
	return string(b) + value + strings.Repeat("\x00", (4-len(value)%4)%4)
}

func long(id uint16, v uint32) string {
	return string(binary.LittleEndian.AppendUint16([]byte{3, 0}, id)) + string(le32(v))
}

func props(list ...string) string {
	return string(le32(uint32(len(list)))) + strings.Join(list, "")
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s + "\x00")) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// stored wraps rich text without compressing it, in the form that MAPI has for
// it; compressed is the example of [MS-OXRTFCP] 4.1.1.
func stored(rtf string) string {
	return string(le32(uint32(len(rtf)+12))) + string(le32(uint32(len(rtf)))) + "MELA" + string(le32(0)) + rtf
}

const compressed = "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"

const (
	oemCodePage = 0x00069007
	bodyText    = 0x0002800C
	class       = 0x00078008
	messageProp = 0x00069003
	renderData  = 0x00069002
	attachTitle = 0x00018010
	attachData  = 0x0006800F
	attachProp  = 0x00069005
)

func winmail(p *packet) [3]string {
	return [3]string{"application/ms-tnef", "winmail.dat", string(p.b)}
}

func TestTNEF(t *testing.T) {
	const text = "Voir ma lettre."
	full := newPacket().add(1, oemCodePage, string(le32(1252))+string(le32(0))).add(1, class, "IPM.Note\x00").
		add(1, bodyText, "Je demande l\x92effacement.\x00").
		add(2, renderData, strings.Repeat("\x00", 14)).add(2, attachTitle, "LETTRE~1.TXT\x00").add(2, attachData, "données").
		add(2, attachProp, props(property(0x1F, 0x3707, wide("Lettre d'été.txt")), long(0x3705, 1), property(0x1F, 0x370E, wide("text/plain")))).
		add(2, renderData, strings.Repeat("\x00", 14)).add(2, attachTitle, "..\\photo.jpg\x00").add(2, attachData, "\xFF\xD8")
	for name, tc := range map[string]struct {
		p       *packet
		want    string
		files   []string
		problem string
	}{
		"text and attachments are taken out": {full, text + "\n\nJe demande l’effacement.\n\n" + mailbox.AttachmentLine("Lettre d'été.txt") + "\n\ndonnées", []string{"Lettre d'été.txt", "photo.jpg"}, ""},
		"a Unicode body is read":             {newPacket().add(1, messageProp, props(long(0x3FDE, 65001), property(0x1F, 0x1000, wide("Effacez mes données")))), text + "\n\nEffacez mes données", nil, ""},
		"a page is read as one":              {newPacket().add(1, messageProp, props(long(0x3FDE, 65001), property(0x102, 0x1013, "<p>Effacez <b>tout</b>, été<p style='display:none'>x"))), text + "\n\nEffacez tout, été", nil, ""},
		"compressed rich text is read":       {newPacket().add(1, messageProp, props(property(0x102, 0x1009, compressed))), text + "\n\nhello world", nil, ""},
		"a page wrapped in rich text is read": {newPacket().add(1, messageProp, props(property(0x102, 0x1009, stored(`{\rtf1\ansi\ansicpg1252\fromhtml1 {\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}\htmlrtf {\par \htmlrtf0 Effacez {\*\htmltag84 <b>}tout{\*\htmltag92 </b>}\'e9{\*\htmltag84 &nbsp;}\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}}`)))),
			text + "\n\nEffacez touté", nil, ""},
		"named and multiple properties are passed over": {newPacket().add(1, messageProp, props(
			"\x1f\x00\x01\x80"+strings.Repeat("g", 16)+string(le32(1))+string(le32(6))+"a\x00b\x00\x00\x00\x00\x00"+string(le32(1))+string(le32(4))+"x\x00y\x00",
			"\x03\x00\x02\x80"+strings.Repeat("g", 16)+string(le32(0))+string(le32(7))+string(le32(9)),
			"\x03\x10\x01\x66"+string(le32(2))+string(le32(1))+string(le32(2)),
			"\x1e\x10\x02\x66"+string(le32(2))+string(le32(1))+"a\x00\x00\x00"+string(le32(5))+"bcdef\x00\x00\x00",
			property(0x1E, 0x1000, "Effacez"))), text + "\n\nEffacez", nil, ""},
		"a letter attached to the letter is read": {newPacket().add(1, bodyText, "un").add(2, renderData, "").add(2, attachProp, props(property(0x1F, 0x3001, wide("Demande")),
			property(0x0D, 0x3701, strings.Repeat("i", 16)+string(newPacket().add(1, messageProp, props(property(0x1E, 0x37, "Objet"))).add(1, bodyText, "Effacez tout").b)))),
			text + "\n\nun\n\n---------- Forwarded message ----------\nSubject: Objet\n\nEffacez tout", []string{"Demande"}, ""},
		"what the mail says already is not said twice": {newPacket().add(1, bodyText, "Voir  ma\r\nlettre."), text, nil, ""},
		"a cut packet gives what is there":             {&packet{full.b[:len(full.b)-30]}, text + "\n\nJe demande l’effacement.\n\n" + mailbox.AttachmentLine("Lettre d'été.txt") + "\n\ndonnées", []string{"Lettre d'été.txt", "unnamed"}, "winmail.dat is damaged"},
		"what is no packet is named":                   {&packet{[]byte("hello")}, text, []string{"winmail.dat"}, "winmail.dat cannot be read"},
		"properties that lie are told":                 {newPacket().add(1, bodyText, "un").add(1, messageProp, "\xff\xff\xff\x7f"), text + "\n\nun", nil, "winmail.dat is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := attached(winmail(tc.p))
			m := mail.Parse(raw, trust)
			sound(t, raw, m)
			if m.Text != tc.want {
				t.Errorf("text %q\nwant %q", m.Text, tc.want)
			}
			var files []string
			for _, a := range m.Attachments {
				files = append(files, a.Name)
			}
			if !slices.Equal(files, tc.files) {
				t.Errorf("attachments %q, want %q", files, tc.files)
			}
			if tc.problem == "" && len(m.Problems) > 0 || tc.problem != "" && !slices.Contains(m.Problems, tc.problem) {
				t.Errorf("problems %q, want %q", m.Problems, tc.problem)
			}
		})
	}
	t.Run("machines are known by the class of the letter", func(t *testing.T) {
		for name, want := range map[string][3]bool{
			"IPM.Note": {}, "REPORT.IPM.Note.IPNRN": {false, true, true}, "REPORT.IPM.Note.NDR": {true, false, true},
			"IPM.Note.Rules.OofTemplate.Microsoft": {false, false, true},
		} {
			m := mail.Parse(attached(winmail(newPacket().add(1, class, name+"\x00"))), trust)
			if got := [3]bool{m.Bounce, m.Receipt, m.AutoSubmitted}; got != want {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

func hostilePackets() map[string]*packet {
	files := newPacket()
	for range 10000 {
		files.add(2, renderData, "").add(2, attachTitle, "a.txt").add(2, attachData, "x")
	}
	deep := newPacket().add(1, bodyText, "x")
	for range 30 {
		deep = newPacket().add(2, renderData, "").add(2, attachProp, props(property(0x0D, 0x3701, strings.Repeat("i", 16)+string(deep.b))))
	}
	return map[string]*packet{
		"ten thousand attachments":      files,
		"letters in letters":            deep,
		"rich text far too long":        newPacket().add(1, messageProp, props(property(0x102, 0x1009, stored(`{\rtf1 `+strings.Repeat(" ", 9<<20))))),
		"counts beyond the end":         newPacket().add(1, messageProp, props()+"\xff\xff\xff\xff").add(1, messageProp, string(le32(5000))+"\x03\x10\x01\x00\xff\xff\xff\x7f"),
		"values without bytes":          newPacket().add(1, messageProp, string(le32(5000))+strings.Repeat("\x00\x10\x01\x00"+string(le32(5000)), 5000)),
		"empty attributes":              &packet{append(newPacket().b, strings.Repeat("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 200000)...)},
		"a size beyond what can be":     &packet{append(newPacket().b, "\x01\x0c\x80\x02\x00\xff\xff\xff\xffx"...)},
		"a body without an end of text": newPacket().add(1, bodyText, strings.Repeat("x", 2<<20)),
	}
}

func TestHostileTNEF(t *testing.T) {
	for name, p := range hostilePackets() {
		t.Run(name, func(t *testing.T) {
			raw := attached(winmail(p))
			m := mail.Parse(raw, trust)
			sound(t, raw, m)
			if len(m.Problems) == 0 {
				t.Error("something was left out and nobody told")
			}
		})
	}
}

func FuzzTNEF(f *testing.F) {
	for _, p := range hostilePackets() {
		f.Add(p.b[:min(len(p.b), 500)])
	}
	f.Add(newPacket().add(1, bodyText, "x").add(1, messageProp, props(property(0x102, 0x1009, compressed), property(0x1F, 0x1000, wide("x")))).add(2, attachTitle, "a").add(2, attachData, "b").b)
	f.Fuzz(func(t *testing.T, b []byte) {
		raw := attached(winmail(&packet{b}))
		m, again := mail.Parse(raw, trust), mail.Parse(raw, trust)
		sound(t, raw, m)
		if !reflect.DeepEqual(m, again) {
			t.Error("read twice, read differently")
		}
	})
}
