package main

import (
	"context"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func locateCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "locate",
		Usage:       "show who owns a key",
		ArgsUsage:   "KEY",
		Description: "The key need not exist.",
		Flags:       commonFlags(),
		Action: func(cc *cli.Context) error {
			l := &locate{session: sessionOf(e, cc)}
			return l.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// locate shows who owns a key.
type locate struct{ session }

// Run executes the command.
func (l *locate) Run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("locate", "give one KEY, not %d", len(args))
	}
	return l.with(ctx, func(c *client.Client) error {
		loc, err := c.Locate(ctx, args[0])
		if err != nil {
			return err
		}
		if l.json {
			return writeJSON(l.stdout, struct {
				Key string `json:"key"`
				client.Location
			}{args[0], loc})
		}
		return table(l.stdout, [][]string{
			{"KEY", "SLOT", "PARTITION", "EPOCH", "OWNER", "ADDRESS"},
			{preview([]byte(args[0])), strconv.Itoa(int(loc.Slot)), strconv.Itoa(int(loc.Partition)),
				loc.Epoch.String(), loc.Node, loc.Addr},
		})
	})
}
