package ui

// VaultFacade is what the window asks of keys, locking, recovery and backups.
type VaultFacade interface {
}
