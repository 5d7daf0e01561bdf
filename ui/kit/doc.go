// Package kit holds the pieces from which every screen is made: the theme,
// page headers, state badges, cards, the table, dialogs, progress, the viewer
// for hostile text and form rows.
//
// In from the left: words that are already in the owner's language, and Fyne.
// Out to the right: widgets for the screens of ui. It knows no case, no order
// and no register, reads nothing and decides nothing.
package kit
