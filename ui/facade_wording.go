package ui

// WordingFacade is what the window asks of the wording of letters.
type WordingFacade interface{}
