package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"greffier/app"
	"greffier/assets"
)

// connectionJSON is a connection as `connections --json` prints it. Nothing in it
// is secret.
type connectionJSON struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
}

// connectionsCommand lists what the profile is connected to, and takes out a shop,
// a storage or the mailbox.
func (c *cli) connectionsCommand() *cobra.Command {
	list := command("connections", "List the shops, storages and the mailbox of the profile", 0, 0, func(*cobra.Command, []string) error {
		return c.with(func(p *profile) error {
			services, err := p.Services(c.ctx)
			if err != nil {
				return err
			}
			rows := []connectionJSON{}
			for _, s := range services {
				rows = append(rows, connectionJSON{s.Kind, s.Name, s.Address})
			}
			if c.json {
				return c.printJSON(rows)
			}
			for _, r := range rows {
				fmt.Fprintf(c.out, "%s\t%s\t%s\n", r.Kind, oneLine(r.Name), oneLine(r.Address))
			}
			return nil
		})
	})
	var yes bool
	remove := command("remove shop|storage|mailbox [NAME]", "Take a connection out of the profile, with its keys; nothing in it is deleted", 1, 2, func(_ *cobra.Command, args []string) error {
		return c.with(func(p *profile) error {
			kind, name := args[0], ""
			if len(args) > 1 {
				name = args[1]
			}
			if kind != app.KindMailbox && kind != app.KindShop && kind != app.KindStorage || kind != app.KindMailbox && name == "" {
				return app.ErrUnknownService
			}
			for _, key := range []string{"connect.removeWords.", "connect.removeStays."} {
				c.say("%s", assets.Text(c.speak(), key+kind, nil))
			}
			if !yes {
				c.say("%s", assets.Text(c.speak(), "connect.removeYes", nil))
				return errSaid
			}
			if err := p.RemoveConnection(c.ctx, kind, name); err != nil {
				if errors.Is(err, app.ErrConnectionUsed) {
					c.say("%s", assets.Text(c.speak(), "error."+app.ErrConnectionUsed.Error()+".next", nil))
				}
				return err
			}
			c.say("%s", assets.Text(c.speak(), "connect.removed", nil))
			return nil
		})
	})
	remove.Flags().BoolVar(&yes, "yes", false, "do it")
	list.AddCommand(remove)
	return list
}
