package ui

// CopyFacade is what the window asks of the copies made for a person.
type CopyFacade interface{}
