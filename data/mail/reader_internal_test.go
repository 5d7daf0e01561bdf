package mail

import (
	"testing"
)

// FuzzReaders reads PDF and rich text without the net that catches a reader's
// own errors, so that there are none.
func FuzzReaders(f *testing.F) {
	const page = "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj 2 0 obj <</Type/Pages/Kids[3 0 R]>> endobj\n" +
		"3 0 obj <</Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>/Annots[<</Subtype/Widget/V(x)>>]>> endobj\n" +
		"4 0 obj <<>> stream\nq 1 0 0 1 2 3 cm BT /F 12 Tf 14 TL 5 7 Td 1 0 0 1 5 5 Tm (a\\351) Tj <20E0> ' [(a) 3 (b)] TJ 1 2 (c) \" T* ET Q /X Do BI ID x EI\nendstream endobj\n" +
		"6 0 obj <</Subtype/Form/Matrix[1 0 0 1 0 0]>> stream\nBT (x) Tj ET\nendstream endobj\n"
	f.Add([]byte(page + "5 0 obj <</Subtype/Type1/FirstChar 65/Widths[1 2]/Encoding<</Differences[65/eacute/uni20AC]>>>> endobj"))
	f.Add([]byte(page + "5 0 obj <</Subtype/Type0/DescendantFonts[<</DW 9/W[1[2 3]4 5 6]>>]/ToUnicode 8 0 R>> endobj\n8 0 obj <</Filter/ASCIIHexDecode>> stream\n3C>\nendstream endobj"))
	f.Add([]byte(page + "5 0 obj <</ToUnicode 8 0 R>> endobj 8 0 obj <<>> stream\n1 begincodespacerange <00> <FF> endcodespacerange <01> <0041> endbfchar <02> <04> <0042> endbfrange <05> <06> [<0043>] endbfrange\nendstream endobj"))
	f.Add([]byte("%PDF-1.7\n7 0 obj <</Type/ObjStm/N 1/First 4/DecodeParms<</Predictor 12/Columns 1>>/Filter[/A85 /LZW /Fl]>> stream\n1 0 <</Type/Catalog>>\nendstream"))
	f.Add([]byte(`{\rtf1\ansi\ansicpg932\fromhtml1{\fonttbl{\f1\fcharset204 x;}}{\*\htmltag64 <p>}\f1\'e4\u233?\htmlrtf x\htmlrtf0 y\bin3 abc{\v z}\uc2\u-3 ab}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		work := 4 << 20
		text, _, _ := pdfText(b, &work)
		if work < 0 || len(text) > 4*maxDocumentText {
			t.Errorf("work %d, %d bytes of text", work, len(text))
		}
		if plain, err := rtfDecompress(b); err == nil && len(plain) > maxRTFBytes {
			t.Errorf("%d bytes of rich text", len(plain))
		}
		if text, _, err := rtfText(b); err == nil && len(text) > 8*len(b)+64 {
			t.Errorf("%d bytes made %d", len(b), len(text))
		}
		_ = utf7(b)
	})
}
