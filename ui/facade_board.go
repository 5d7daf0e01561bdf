package ui

// BoardFacade is what the window asks of the history of promises, the check of the site and drills.
type BoardFacade interface {
}
