package ui

// CaseworkFacade is what the window asks of cases beyond their steps: those entered by hand, joined, repeated.
type CaseworkFacade interface{}
