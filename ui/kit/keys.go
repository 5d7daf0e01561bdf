package kit

import (
	"slices"

	"fyne.io/fyne/v2"
)

// Key is one thing that keys do in a piece of the kit: which keys, and the name
// of what they do, of which the window has the words.
type Key struct {
	Names []fyne.KeyName
	Does  string
}

// binding is a Key with what it does. The pieces obey their bindings and nothing
// else, so that a list of them tells the truth.
type binding[T any] struct {
	Key
	act func(T)
}

func bind[T any](does string, act func(T), names ...fyne.KeyName) binding[T] {
	return binding[T]{Key{names, does}, act}
}

// obey does what a key is bound to and tells whether it is bound at all.
func obey[T any](bs []binding[T], on T, e *fyne.KeyEvent) bool {
	for _, b := range bs {
		if slices.Contains(b.Names, e.Name) {
			b.act(on)
			return true
		}
	}
	return false
}

func keysOf[T any](bs []binding[T]) []Key {
	var out []Key
	for _, b := range bs {
		out = append(out, b.Key)
	}
	return out
}

// TableKeys, OutlineKeys, TabKeys and ButtonKeys are what keys do in a table, in
// an outline, on the word of a page, and on a button.
func TableKeys() []Key   { return keysOf(tableKeys) }
func OutlineKeys() []Key { return keysOf(outlineKeys) }
func TabKeys() []Key     { return keysOf(tabKeys) }
func ButtonKeys() []Key  { return keysOf(buttonKeys) }

// beyond takes the keys that mean something to the whole window, and tells
// whether it was one. Esc gives the safe answer of the topmost dialog; where there
// is none, the keyboard leaves the widget. F1 is the window's own.
func beyond(o fyne.CanvasObject, e *fyne.KeyEvent) bool {
	if e.Name != fyne.KeyEscape && e.Name != fyne.KeyF1 {
		return false
	}
	app := fyne.CurrentApp()
	if app == nil {
		return true
	}
	c := app.Driver().CanvasForObject(o)
	switch {
	case c == nil:
	case e.Name == fyne.KeyF1:
		if f := c.OnTypedKey(); f != nil {
			f(e)
		}
	case !Escape(c):
		c.Unfocus()
	}
	return true
}
