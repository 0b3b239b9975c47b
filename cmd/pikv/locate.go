package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
)

func locateCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "locate",
		Usage:       "show who owns a key, and who else has it",
		ArgsUsage:   "KEY",
		Description: "The key need not exist.",
		Flags:       commonFlags(),
		Action: func(cc *cli.Context) error {
			l := &locate{session: sessionOf(e, cc)}
			return l.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// locate shows who has a key.
type locate struct{ session }

// Run executes the command.
func (l *locate) Run(ctx context.Context, args []string) error {
	l.wrong.check(len(args) == 1, "give one KEY, not %d", len(args))
	if err := l.mistakes(); err != nil {
		return err
	}
	return l.with(ctx, func(c *client.Client) error {
		loc, err := c.Locate(ctx, args[0])
		if err != nil {
			return err
		}
		view, err := c.View(ctx)
		if err != nil {
			return err
		}
		backups := backupsOf(view, loc.Partition)
		if l.json {
			return writeJSON(l.stdout, struct {
				Key string `json:"key"`
				client.Location
				Backups []string `json:"backups"`
			}{args[0], loc, append([]string{}, backups...)})
		}
		return table(l.stdout, [][]string{
			{"KEY", "SLOT", "PARTITION", "EPOCH", "OWNER", "ADDRESS", "RESP", "BACKUPS"},
			{preview([]byte(args[0])), strconv.Itoa(int(loc.Slot)), strconv.Itoa(int(loc.Partition)),
				loc.Epoch.String(), loc.Node, loc.Addr, dash(loc.RESP), dash(strings.Join(backups, ", "))},
		})
	})
}

// backupsOf names the workers that hold a partition beside its primary.
func backupsOf(v *placement.View, id placement.PartitionID) []string {
	if int(id) >= len(v.Partitions) {
		return nil
	}
	return configuration(v, v.Partitions[id]).Backups
}
