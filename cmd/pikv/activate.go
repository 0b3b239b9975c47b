package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func activateCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "activate",
		Usage:     "have a spare, or a worker that is being drained, take its share",
		ArgsUsage: "NODE",
		Description: "Returns at once; its share moves to it under load: pikv wait --synced waits for that.\n" +
			"Who is started again under the name is active again, also with --spare, until pikv spare or pikv remove.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			a := &activate{session: sessionOf(e, cc)}
			return a.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// activate puts a worker onto the ring.
type activate struct{ session }

// Run executes the command.
func (a *activate) Run(ctx context.Context, args []string) error {
	a.wrong.check(len(args) == 1, "give one NODE of those that pikv members lists, not %d", len(args))
	if err := a.mistakes(); err != nil {
		return err
	}
	return a.with(ctx, func(c *client.Client) error {
		was, err := c.Activate(ctx, args[0])
		switch {
		case err != nil:
			return err
		case a.json:
			return writeJSON(a.stdout, map[string]string{"node": args[0], "was": was})
		case was == stateActive:
			_, err = fmt.Fprintf(a.stdout, "%s is active, as before\n", args[0])
		default:
			_, err = fmt.Fprintf(a.stdout, "%s is active, before %s: its share moves to it, pikv wait --synced waits for that\n", args[0], was)
		}
		return err
	})
}
