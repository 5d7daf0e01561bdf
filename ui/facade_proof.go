package ui

// ProofFacade is what the window asks of timestamps, signatures and their verification.
type ProofFacade interface {
}
