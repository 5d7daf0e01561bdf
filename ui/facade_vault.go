package ui

import (
	"context"

	"greffier/app"
)

// VaultFacade is what the window asks of keys, locking, recovery and backups.
type VaultFacade interface {
	Vault(ctx context.Context) (app.VaultView, error)
	LockMinutes() int                                                            // 0 never
	SetLockMinutes(ctx context.Context, minutes int) error                       // 0 never
	ChangePassphrase(ctx context.Context, current, next string) error            // next "": the keyring keeps the key; slow
	MakeRecovery(ctx context.Context) (code string, err error)                   // shown once, kept nowhere
	PrintRecovery(ctx context.Context, code, lang string) (path string, _ error) // on her wish
	SetBackupPlan(ctx context.Context, p app.BackupPlan) error
	BackupNow(ctx context.Context) (path string, err error) // where the plan says; slow
	TryBackup(ctx context.Context, path string) error       // "" the newest; slow
	CareForBackups(ctx context.Context) error               // the one of the day, and the end of old ones; slow
}
