package ui

// SweepFacade is what the window asks of sweeps that run by themselves, and of Greffier's own data.
type SweepFacade interface {
}
