package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"greffier/assets"
	"greffier/data/store"
	"greffier/data/vault"
)

// envNewPassphrase names the passphrase to come; no secret stands on a command
// line, where every program of the user can read it.
const envNewPassphrase = "GREFFIER_NEW_PASSPHRASE"

// envRecovery names the recovery code.
const envRecovery = "GREFFIER_RECOVERY_CODE"

// vaultDoc is what `vault --json` prints.
type vaultDoc struct {
	KeyFrom      string      `json:"key_from"`
	RecoveryMade string      `json:"recovery_made"`
	LockMinutes  int         `json:"lock_minutes"`
	Folder       string      `json:"folder"`
	Daily        int         `json:"daily"`
	Weekly       int         `json:"weekly"`
	LifeDays     int         `json:"life_days"`
	Backups      []backupDoc `json:"backups"`
	Tried        string      `json:"tried"`
	TriedFailed  string      `json:"tried_failed"`
	Failed       string      `json:"failed"`
	LastTrace    string      `json:"last_trace"`
}

type backupDoc struct {
	Path  string `json:"path"`
	At    string `json:"at"`
	Bytes int64  `json:"bytes"`
}

// vaultCommand is everything of keys and backups.
func (c *cli) vaultCommand() *cobra.Command {
	root := command("vault", "Keys and backups: how the profile is opened, and what is kept of the past", 0, 0, func(*cobra.Command, []string) error {
		return c.with(c.printVault)
	})
	t := func(key string) string { return assets.Text(c.speak(), key, nil) }
	root.AddCommand(
		command("passphrase", "Change the passphrase to the one in "+envNewPassphrase, 0, 0, func(*cobra.Command, []string) error {
			next := os.Getenv(envNewPassphrase)
			if next == "" {
				return usage("set %s to the new passphrase", envNewPassphrase)
			}
			return c.with(func(p *profile) error {
				if err := p.ChangePassphrase(c.ctx, os.Getenv("GREFFIER_PASSPHRASE"), next); err != nil {
					return err
				}
				c.say("%s", t("vault.cli.changed"))
				return nil
			})
		}),
		command("keyring", "Give the key to the keyring of the operating system", 0, 0, func(*cobra.Command, []string) error {
			return c.with(func(p *profile) error {
				if err := p.ChangePassphrase(c.ctx, os.Getenv("GREFFIER_PASSPHRASE"), ""); err != nil {
					return err
				}
				c.say("%s", t("vault.cli.keyring"))
				return nil
			})
		}),
		command("recovery", "Make a recovery code and print it once; the one before is void", 0, 0, func(*cobra.Command, []string) error {
			return c.with(func(p *profile) error {
				code, err := p.MakeRecovery(c.ctx)
				if err != nil {
					return err
				}
				c.say("%s", t("vault.cli.code"))
				if c.json {
					return c.printJSON(map[string]string{"code": code})
				}
				fmt.Fprintln(c.out, code)
				return nil
			})
		}),
		command("recover", "Open with the code in "+envRecovery+" and put the profile under "+envNewPassphrase, 0, 0, func(*cobra.Command, []string) error {
			return c.recoverProfile(t)
		}),
		command("backup", "Make the backup of the day where there is none, and delete what has outlived its life", 0, 0, func(*cobra.Command, []string) error {
			return c.with(func(p *profile) error {
				if err := p.CareForBackups(c.ctx); err != nil {
					return err
				}
				return c.printVault(p)
			})
		}),
		command("try [F]", "Restore a backup, the newest one, into a folder of its own and compare it", 0, 1, func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			return c.with(func(p *profile) error {
				if err := p.TryBackup(c.ctx, path); err != nil {
					return err
				}
				c.say("%s", t("vault.cli.tried"))
				return nil
			})
		}))
	return root
}

// recoverProfile opens the profile with its recovery code.
func (c *cli) recoverProfile(t func(string) string) error {
	code, next := os.Getenv(envRecovery), os.Getenv(envNewPassphrase)
	if code == "" || next == "" {
		return usage("set %s to the code and %s to the new passphrase", envRecovery, envNewPassphrase)
	}
	if err := c.recoverAlone(c.dir, code, next); err != nil {
		return err
	}
	p, err := openProfile(c.ctx, c.dir, next, c.lang, c.now)
	if err != nil {
		return err
	}
	defer p.Close()
	keeper{p}.renewCodes()
	if err := p.Recovered(c.ctx); err != nil {
		return err
	}
	c.say("%s", t("vault.cli.recovered"))
	return nil
}

// recoverAlone puts the profile under a new passphrase by its recovery code,
// while nobody has it open.
func (c *cli) recoverAlone(dir, code, next string) error {
	return c.alone(dir, func() error {
		v, err := vault.Recover(dir, code, next)
		if err != nil {
			return err
		}
		defer v.Forget()
		return nil
	})
}

// alone runs f while nobody has the profile in dir open.
func (c *cli) alone(dir string, f func() error) error {
	if !vault.Exists(dir) {
		return f()
	}
	l := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	if ok, err := l.TryLock(); err != nil || !ok {
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
		}
		return errInUse
	}
	defer l.Unlock()
	return f()
}

func (c *cli) printVault(p *profile) error {
	v, err := p.Vault(c.ctx)
	if err != nil {
		return err
	}
	d := vaultDoc{KeyFrom: v.KeyFrom, RecoveryMade: rfc3339(v.RecoveryMade), LockMinutes: v.LockMinutes, Folder: v.Plan.Folder, Daily: v.Plan.Daily, Weekly: v.Plan.Weekly,
		LifeDays: v.Plan.LifeDays, Backups: []backupDoc{}, Tried: rfc3339(v.Tried), TriedFailed: v.TriedFailed, Failed: v.Failed, LastTrace: v.LastTrace.String()}
	for _, b := range v.Backups {
		d.Backups = append(d.Backups, backupDoc{b.Path, rfc3339(b.At), b.SizeBytes})
	}
	if c.json {
		return c.printJSON(d)
	}
	fmt.Fprintf(c.out, "key\t%s\nrecovery\t%s\nlock\t%d\nfolder\t%s\nlife\t%d\nlast trace\t%s\ntried\t%s\n", d.KeyFrom, d.RecoveryMade, d.LockMinutes, oneLine(d.Folder), d.LifeDays, d.LastTrace, d.Tried)
	for _, b := range d.Backups {
		fmt.Fprintf(c.out, "backup\t%s\t%d\t%s\n", b.At, b.Bytes, oneLine(b.Path))
	}
	return nil
}
