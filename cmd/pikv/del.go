package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func delCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "del",
		Usage:       "delete keys",
		ArgsUsage:   "KEY...",
		Description: "Prints how many of the keys existed. A key that does not exist is no error.",
		Flags:       commonFlags(),
		Action: func(cc *cli.Context) error {
			d := &del{session: sessionOf(e, cc)}
			return d.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// del deletes keys.
type del struct{ session }

// Run executes the command.
func (d *del) Run(ctx context.Context, args []string) error {
	d.wrong.check(len(args) > 0, "KEY is missing")
	if err := d.mistakes(); err != nil {
		return err
	}
	return d.with(ctx, func(c *client.Client) error {
		n, err := c.Del(ctx, args...)
		if err != nil && n == 0 {
			return err
		}
		// Some are gone even if others failed: say so.
		if d.json {
			err = firstOf(err, writeJSON(d.stdout, map[string]int{"deleted": n}))
		} else {
			_, printErr := fmt.Fprintf(d.stdout, "%d deleted\n", n)
			err = firstOf(err, printErr)
		}
		return err
	})
}

// firstOf returns the first error that is not nil.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
