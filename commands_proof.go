package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/assets"
)

func (c *cli) stampCommand() *cobra.Command {
	var status, off bool
	var export, url, ca, policy, every string
	const use = "stamp [--status | --export DIR | --set URL --ca FILE [--policy OID] [--every never|daily|N] | --off]"
	cmd := command(use, "Have the head of the journal stamped by a timestamp authority (RFC 3161)", 0, 0, func(*cobra.Command, []string) error {
		given := 0
		for _, x := range []bool{status, off, export != "", url != ""} {
			if x {
				given++
			}
		}
		if given > 1 || url == "" && ca+policy+every != "" || url != "" && ca == "" {
			return usage("greffier %s", use)
		}
		var set app.Stamping
		if url != "" {
			var err error
			if set, err = stampingOf(url, policy, every); err != nil {
				return err
			}
		}
		return c.with(func(p *profile) error {
			switch {
			case url != "" || off:
				if err := p.SetStamping(c.ctx, set, ca); err != nil {
					return err
				}
				return c.stampStatus(p)
			case export != "":
				names, err := p.ExportStamps(c.ctx, export)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"files": names})
				}
				for _, n := range names {
					fmt.Fprintln(c.out, filepath.Join(export, n))
				}
				return nil
			case status:
				return c.stampStatus(p)
			}
			s, err := p.StampNow(c.ctx)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(stampRow(s))
			}
			fmt.Fprintf(c.out, "stamp\t%d\t%s\t%s\t%s\n", s.Seq, s.At.Format(time.RFC3339), s.Head, oneLine(s.By))
			return nil
		})
	})
	cmd.Flags().BoolVar(&status, "status", false, "tell how and when the journal was stamped")
	cmd.Flags().StringVar(&export, "export", "", "write every timestamp as openssl ts reads it into this folder")
	cmd.Flags().StringVar(&url, "set", "", "the address of the authority; it learns the hash, and that and when you ask")
	cmd.Flags().StringVar(&ca, "ca", "", "the file of certificates (PEM) that the authority is trusted by")
	cmd.Flags().StringVar(&policy, "policy", "", "the policy that stamps must be under")
	cmd.Flags().StringVar(&every, "every", "", "by itself: never (usual), daily, or after so many entries")
	cmd.Flags().BoolVar(&off, "off", false, "stamp no more")
	return cmd
}

func stampingOf(url, policy, every string) (app.Stamping, error) {
	s := app.Stamping{URL: url, Policy: policy}
	switch every {
	case "", "never":
	case "daily":
		s.Daily = true
	default:
		if _, err := fmt.Sscanf(every, "%d", &s.Every); err != nil || s.Every < 1 || fmt.Sprint(s.Every) != every {
			return s, usage("--every is never, daily or a number of entries, not %q", every)
		}
	}
	return s, nil
}

func stampRow(s app.Stamp) map[string]any {
	return map[string]any{"entry": s.Seq, "head": s.Head, "at": s.At, "by": s.By, "serial": s.Serial, "policy": s.Policy}
}

func (c *cli) stampStatus(p *profile) error {
	v, err := p.Stamping(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		rows := []map[string]any{}
		for _, s := range v.Stamps {
			rows = append(rows, stampRow(s))
		}
		return c.printJSON(map[string]any{"authority": v.Set.URL, "every": v.Set.Every, "daily": v.Set.Daily, "entries": v.Entries, "since": v.Since, "missing": v.Missing, "stamps": rows})
	}
	address := "off"
	if v.Set.URL != "" {
		address = oneLine(v.Set.URL)
	}
	fmt.Fprintf(c.out, "authority\t%s\nentries\t%d\nsince\t%d\nmissing\t%d\n", address, v.Entries, v.Since, v.Missing)
	for _, s := range v.Stamps {
		fmt.Fprintf(c.out, "stamp\t%d\t%s\t%s\t%s\n", s.Seq, s.At.Format(time.RFC3339), s.Head, oneLine(s.By))
	}
	if v.Set.URL == "" {
		c.say("%s", assets.Text(c.speak(), "cli.stamp_off", nil))
	}
	return nil
}

func (c *cli) signerCommand() *cobra.Command {
	return command("signer", "The public key that certificates and dossiers are signed with", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			k, err := p.SignerKey(c.ctx)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(k)
			}
			fmt.Fprintf(c.out, "key\t%s\nminisign\t%s\nssh\t%s\nallowed_signers\t%s\nsince\t%s\n", k.ID, k.Minisign, k.SSH, strings.TrimSpace(k.Allowed), k.Since.Format(time.RFC3339))
			return nil
		})
	})
}

func (c *cli) journalCommand() *cobra.Command {
	var lines string
	cmd := command("journal [--json-lines F]", "The journal, or the whole of it as a file that anybody can check", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			if lines != "" {
				var n int
				var head string
				if err := toFile(lines, func(w io.Writer) (err error) { n, head, err = p.ExportJournal(c.ctx, w); return err }); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"file": lines, "entries": n, "head": head})
				}
				fmt.Fprintf(c.out, "%s\n", lines)
				c.say("%d %s", n, head)
				return nil
			}
			es, err := p.Journal(c.ctx, 0)
			if err != nil {
				return err
			}
			if c.json {
				rows := []map[string]any{}
				for _, e := range es {
					rows = append(rows, map[string]any{"seq": e.Seq, "at": e.At, "actor": e.Actor, "act": e.Act, "record": e.Record, "detail": e.Detail, "hash": e.Hash})
				}
				return c.printJSON(rows)
			}
			for _, e := range es {
				fmt.Fprintf(c.out, "%d\t%s\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Format(time.RFC3339), oneLine(e.Actor), e.Act, oneLine(e.Record), oneLine(e.Detail))
			}
			return nil
		})
	})
	cmd.Flags().StringVar(&lines, "json-lines", "", "the file to write: a JSON object an entry, with the bytes that its hash is of")
	return cmd
}

// verifyJournal checks an exported journal; nobody needs a profile for that.
func (c *cli) verifyJournal(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := app.CheckJournal(f)
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(r)
	} else {
		fmt.Fprintf(c.out, "journal\t%d entries\t%s\n", r.Entries, r.Head)
	}
	if err == nil && r.BrokenAt != nil {
		c.say("%s", assets.Text(c.speak(), "cli.journal_broken", map[string]any{"Seq": *r.BrokenAt}))
		c.say("%s", r.Why)
		return errSaid
	}
	return err
}

// verifyHead looks a head that was printed up in the journal.
func (c *cli) verifyHead(head string) error {
	return c.with(func(p *profile) error {
		v, err := p.Verify(c.ctx)
		if err != nil {
			return err
		}
		seq, since, err := p.FindHead(c.ctx, head)
		if err != nil {
			return err
		}
		// A chain that is broken proves nothing of a head in it.
		known := seq > 0 && (v.BrokenAt == nil || seq < *v.BrokenAt)
		if c.json {
			err = c.printJSON(map[string]any{"head": head, "known": known, "entry": seq, "entries_since": since})
		} else {
			fmt.Fprintf(c.out, "head\t%s\t%d\t%d\n", map[bool]string{true: "known", false: "unknown"}[known], seq, since)
		}
		if known {
			c.say("%s", assets.Text(c.speak(), "cli.head_known", map[string]any{"Seq": seq, "Since": since}))
			return err
		}
		c.say("%s", assets.Text(c.speak(), "cli.head_unknown", nil))
		return errors.Join(err, errSaid)
	})
}

// printPapers says which of the printed files are signed as they should be.
func (c *cli) printPapers(p app.Papers) {
	fmt.Fprintf(c.out, "papers\t%d signed\n", p.Signed)
	for _, f := range p.Findings {
		fmt.Fprintf(c.out, "paper\t%s\t%s\n", oneLine(f.State), oneLine(f.File))
	}
}

// saySignature says what the signature of a dossier proves.
func (c *cli) saySignature(r app.DossierReport) {
	c.say("%s", assets.Text(c.speak(), "dossier.signature."+strings.ReplaceAll(r.Signature, " ", "_"), map[string]any{"Key": r.SignedBy}))
}
