// Package assets holds what is compiled into the program: the icon, every
// sentence that the window shows in French and English, the letters, the
// default policy profile and the fonts.
//
// In from the left: nothing. Out to the right: texts and bytes by name, for
// ui, reports and the commands. It never decides anything and imports nothing
// of ours.
package assets
