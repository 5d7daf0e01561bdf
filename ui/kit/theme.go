package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours that the default theme has no name for.
const (
	ColorKept       fyne.ThemeColorName = "greffier.kept"
	ColorAtRisk     fyne.ThemeColorName = "greffier.atRisk"
	ColorLate       fyne.ThemeColorName = "greffier.late"
	ColorCannotTell fyne.ThemeColorName = "greffier.cannotTell"
	ColorCard       fyne.ThemeColorName = "greffier.card"      // a sheet that lies on the paper
	ColorCardEdge   fyne.ThemeColorName = "greffier.cardEdge"  // its edge
	ColorRail       fyne.ThemeColorName = "greffier.rail"      // behind the rail
	ColorChosen     fyne.ThemeColorName = "greffier.chosen"    // behind what is selected
	ColorMarker     fyne.ThemeColorName = "greffier.marker"    // behind words that spoke
	ColorFaint      fyne.ThemeColorName = "greffier.faint"     // quoted text, second lines
	ColorLateWash   fyne.ThemeColorName = "greffier.lateWash"  // behind an error
	ColorDemoWash   fyne.ThemeColorName = "greffier.demoWash"  // behind the demo banner
	ColorBarTrack   fyne.ThemeColorName = "greffier.barTrack"  // behind a countdown bar
	ColorHoldFocus  fyne.ThemeColorName = "greffier.holdFocus" // ring around what has the keyboard
)

// Look is the owner's choice of look.
type Look string

// The looks.
const (
	LookSystem Look = "system"
	LookLight  Look = "light"
	LookDark   Look = "dark"
)

// Text is the owner's choice of how large words are.
type Text string

// The sizes of text. An unknown one is the normal one.
const (
	TextNormal Text = "normal"
	TextLarge  Text = "large"
	TextLarger Text = "larger"
)

// Texts are all of them, smallest first.
var Texts = []Text{TextNormal, TextLarge, TextLarger}

// scale is by how much the type scale grows.
func (t Text) scale() float32 {
	switch t {
	case TextLarge:
		return 1.15
	case TextLarger:
		return 1.3
	}
	return 1
}

type pair struct{ light, dark color.NRGBA }

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xff}
}

func rgba(hex uint32, a uint8) color.NRGBA {
	c := rgb(hex)
	c.A = a
	return c
}

// palette is paper and ink: two tones a row, light and dark. Text colours hold
// 4.5:1 against paper and card in both (kept true by a test).
var palette = map[fyne.ThemeColorName]pair{
	theme.ColorNameBackground:          {rgb(0xFBFAF7), rgb(0x15181C)},
	theme.ColorNameForeground:          {rgb(0x1F2430), rgb(0xE8E6E1)},
	theme.ColorNamePrimary:             {rgb(0x1F5F5B), rgb(0x6FBFB4)},
	theme.ColorNameForegroundOnPrimary: {rgb(0xFFFFFF), rgb(0x10201E)},
	theme.ColorNameHyperlink:           {rgb(0x1F5F5B), rgb(0x6FBFB4)},
	theme.ColorNameFocus:               {rgba(0x1F5F5B, 0x38), rgba(0x6FBFB4, 0x48)},
	theme.ColorNameSelection:           {rgba(0x1F5F5B, 0x26), rgba(0x6FBFB4, 0x2A)},
	theme.ColorNameButton:              {rgb(0xEDEAE3), rgb(0x282D34)},
	theme.ColorNameDisabledButton:      {rgb(0xF1EFEA), rgb(0x1E2227)},
	theme.ColorNameDisabled:            {rgb(0x686C75), rgb(0x949AA3)},
	theme.ColorNameHover:               {rgba(0x1F2430, 0x0D), rgba(0xE8E6E1, 0x12)},
	theme.ColorNamePressed:             {rgba(0x1F2430, 0x1C), rgba(0xE8E6E1, 0x24)},
	theme.ColorNameInputBackground:     {rgb(0xFFFFFF), rgb(0x1D2126)},
	theme.ColorNameInputBorder:         {rgb(0x8F8B82), rgb(0x6C737D)},
	theme.ColorNamePlaceHolder:         {rgb(0x595F6A), rgb(0x9CA2AB)},
	theme.ColorNameHeaderBackground:    {rgb(0xFBFAF7), rgb(0x15181C)},
	theme.ColorNameMenuBackground:      {rgb(0xFFFFFF), rgb(0x21262C)},
	theme.ColorNameOverlayBackground:   {rgb(0xFBFAF7), rgb(0x21262C)},
	theme.ColorNameSeparator:           {rgb(0xE4E1D9), rgb(0x2C3239)},
	theme.ColorNameShadow:              {rgba(0x1F2430, 0x30), rgba(0x000000, 0x78)},
	theme.ColorNameScrollBar:           {rgba(0x1F2430, 0x55), rgba(0xE8E6E1, 0x55)},
	theme.ColorNameScrollBarBackground: {rgba(0x1F2430, 0x08), rgba(0xE8E6E1, 0x08)},
	theme.ColorNameSuccess:             {rgb(0x226741), rgb(0x63BF88)},
	theme.ColorNameWarning:             {rgb(0x83530B), rgb(0xE0A848)},
	theme.ColorNameError:               {rgb(0xB42318), rgb(0xF08A7E)},
	theme.ColorNameForegroundOnSuccess: {rgb(0xFFFFFF), rgb(0x10201E)},
	theme.ColorNameForegroundOnWarning: {rgb(0xFFFFFF), rgb(0x201808)},
	theme.ColorNameForegroundOnError:   {rgb(0xFFFFFF), rgb(0x200C0A)},
	ColorKept:                          {rgb(0x226741), rgb(0x63BF88)},
	ColorAtRisk:                        {rgb(0x83530B), rgb(0xE0A848)},
	ColorLate:                          {rgb(0xB42318), rgb(0xF08A7E)},
	ColorCannotTell:                    {rgb(0x595F6A), rgb(0x9CA2AB)},
	ColorCard:                          {rgb(0xFFFFFF), rgb(0x1C2025)},
	ColorCardEdge:                      {rgb(0xE7E4DC), rgb(0x2B3037)},
	ColorRail:                          {rgb(0xF3F1EB), rgb(0x101316)},
	ColorChosen:                        {rgba(0x1F5F5B, 0x1C), rgba(0x6FBFB4, 0x2A)},
	ColorMarker:                        {rgb(0xFBE7A8), rgb(0x5A4A18)},
	ColorFaint:                         {rgb(0x595F6A), rgb(0x9CA2AB)},
	ColorLateWash:                      {rgb(0xFBEDEA), rgb(0x33201E)},
	ColorDemoWash:                      {rgb(0xE6EFEC), rgb(0x1B2B2A)},
	ColorBarTrack:                      {rgb(0xE4E1D9), rgb(0x30363D)},
	ColorHoldFocus:                     {rgb(0x1F5F5B), rgb(0x6FBFB4)},
}

// textSize is the size of normal text, which everything that has to hold text is
// measured by.
const textSize = 14

// grows are the sizes that follow the size of text.
var grows = map[fyne.ThemeSizeName]bool{
	theme.SizeNameHeadingText: true, theme.SizeNameSubHeadingText: true, theme.SizeNameText: true,
	theme.SizeNameCaptionText: true, theme.SizeNameInlineIcon: true,
}

// Scaled is a measure of normal text (the height of a row, the width of a column)
// at the size that text has now.
func Scaled(x float32) float32 { return x * theme.TextSize() / textSize }

// sizes are the type scale and the spacing.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameHeadingText:     24,
	theme.SizeNameSubHeadingText:  18,
	theme.SizeNameText:            textSize,
	theme.SizeNameCaptionText:     12,
	theme.SizeNamePadding:         4,
	theme.SizeNameInnerPadding:    8,
	theme.SizeNameLineSpacing:     3,
	theme.SizeNameInlineIcon:      18,
	theme.SizeNameInputRadius:     5,
	theme.SizeNameSelectionRadius: 4,
	theme.SizeNameScrollBar:       10,
	theme.SizeNameScrollBarSmall:  4,
}

// Theme is Greffier's look: the default theme with its own palette, type scale
// and spacing. A colour is asked for at each drawing, so that a change of look
// takes effect at once.
type Theme struct {
	fyne.Theme
	look Look
	text Text
}

// NewTheme returns the theme for a look; an unknown look follows the system.
func NewTheme(look Look) *Theme { return NewThemeAt(look, TextNormal) }

// NewThemeAt is NewTheme with text of another size.
func NewThemeAt(look Look, text Text) *Theme {
	return &Theme{Theme: theme.DefaultTheme(), look: look, text: text}
}

// Wear gives an app a look. An app that wears it already stays as it is: each
// change of theme has all words measured anew.
func Wear(a fyne.App, look Look) { WearAt(a, look, TextNormal) }

// WearAt is Wear with text of another size.
func WearAt(a fyne.App, look Look, text Text) {
	if t, ok := a.Settings().Theme().(*Theme); !ok || t.look != look || t.text.scale() != text.scale() {
		a.Settings().SetTheme(NewThemeAt(look, text))
	}
}

// Look returns the look that the theme was made for.
func (t *Theme) Look() Look { return t.look }

// Color returns a colour of the palette, or the default theme's.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.look {
	case LookLight:
		v = theme.VariantLight
	case LookDark:
		v = theme.VariantDark
	}
	if p, ok := palette[name]; ok {
		if v == theme.VariantLight {
			return p.light
		}
		return p.dark
	}
	return t.Theme.Color(name, v)
}

// Size returns a size of the scale, or the default theme's.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		if grows[name] {
			s *= t.text.scale()
		}
		return s
	}
	return t.Theme.Size(name)
}

// Tone is how good or urgent something is. It always shows as an icon, a word
// and a colour together.
type Tone int

// The tones. The zero value is the cautious one.
const (
	CannotTell Tone = iota
	Kept
	AtRisk
	Late
	Quiet
)

// ColorName returns the colour of the tone.
func (t Tone) ColorName() fyne.ThemeColorName {
	switch t {
	case Kept:
		return ColorKept
	case AtRisk:
		return ColorAtRisk
	case Late:
		return ColorLate
	}
	return ColorCannotTell
}

// Icon returns the icon of the tone, in its colour.
func (t Tone) Icon() fyne.Resource {
	res := theme.InfoIcon()
	switch t {
	case CannotTell:
		res = theme.QuestionIcon()
	case Kept:
		res = theme.ConfirmIcon()
	case AtRisk:
		res = theme.WarningIcon()
	case Late:
		res = theme.ErrorIcon()
	}
	return theme.NewColoredResource(res, t.ColorName())
}

// Importance returns the importance that gives a label the tone's colour.
func (t Tone) Importance() Importance {
	switch t {
	case Kept:
		return SuccessImportance
	case AtRisk:
		return WarningImportance
	case Late:
		return DangerImportance
	}
	return MediumImportance
}
