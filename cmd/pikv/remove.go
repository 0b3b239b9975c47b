package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func removeCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "remove",
		Usage:     "take a drained worker, or a spare, out of the cluster for good",
		ArgsUsage: "NODE",
		Description: "The worker must hold nothing: drain it first, or if it is dead wait until its copies are made elsewhere (pikv wait --synced). Its process may go on running and takes no part any more.\n" +
			"Started again it is a new member, of no weight that was set before.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			r := &remove{session: sessionOf(e, cc)}
			return r.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// remove takes a worker out of the cluster.
type remove struct{ session }

// Run executes the command.
func (r *remove) Run(ctx context.Context, args []string) error {
	r.wrong.check(len(args) == 1, "give one NODE of those that pikv members lists, not %d", len(args))
	if err := r.mistakes(); err != nil {
		return err
	}
	return r.with(ctx, func(c *client.Client) error {
		err := c.Remove(ctx, args[0])
		switch {
		case err != nil:
			return err
		case r.json:
			return writeJSON(r.stdout, map[string]string{"node": args[0], "state": "removed"})
		default:
			_, err = fmt.Fprintf(r.stdout, "%s is removed: stop it; if it is started again it is a new member\n", args[0])
			return err
		}
	})
}
