package assets

import _ "embed" // the fonts are files of this package

// The fonts of everything printed: Noto Sans, under the SIL Open Font License
// (fonts/OFL.txt). They cover Latin, Greek and Cyrillic.
var (
	// FontRegular is the upright face.
	//go:embed fonts/NotoSans-Regular.ttf
	FontRegular []byte
	// FontBold is the face of headings.
	//go:embed fonts/NotoSans-Bold.ttf
	FontBold []byte
	// FontItalic is the face of what is still to be completed.
	//go:embed fonts/NotoSans-Italic.ttf
	FontItalic []byte
	// FontSpare has what the faces lack and names or notes may hold: Hebrew,
	// Arabic (forms for each place in a word), Armenian, Georgian, arrows and
	// some signs. fonts/spare.py says how it was made of other Noto fonts.
	//go:embed fonts/NotoSans-Fallback.ttf
	FontSpare []byte
)
