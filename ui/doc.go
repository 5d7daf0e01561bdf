// Package ui is the window: one file per screen, over the façade of app.
//
// In from the left: view models of app, through the interface Facade, and the
// texts of assets. Out to the right: nothing; every act goes back through the
// façade. It never talks to the store, the network or a printer itself, never
// blocks its own goroutine, and shows text from outside only after it was
// cleaned and bounded.
package ui
