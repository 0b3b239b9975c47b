package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
)

// byCapacity is the word for a weight that nobody has set.
const byCapacity = "auto"

func weightCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "weight",
		Usage:     "give a worker a larger or smaller share than others",
		ArgsUsage: "NODE W",
		Description: "W is 1 to " + strconv.Itoa(placement.MaxWeight) + ", or auto: one for each GiB of its --max-memory, up to 8. A worker of weight 4 gets four times\n" +
			"the partitions of one of weight 1. With several copies light workers hold more than that, since copies are on distinct\n" +
			"workers: of weights 1, 1, 4, 8 and two copies, about 0.20, 0.20, 0.71 and 0.89 of all data. Who is started again under\n" +
			"the name keeps it. A weight by which the worker, or another one that would get more, would use more than 85 % of its --max-memory\n" +
			"with what is stored now is refused; a spare counts as if it were active. Returns at once; partitions move under load: pikv wait --synced waits for them. pikv members shows\n" +
			"the weights.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "force", Usage: "whatever the workers' memory"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			w := &weight{session: sessionOf(e, cc), force: cc.Bool("force")}
			return w.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// weight changes a worker's share.
type weight struct {
	session
	force bool
}

// Run executes the command.
func (w *weight) Run(ctx context.Context, args []string) error {
	w.wrong.check(len(args) == 2, "give a NODE of those that pikv members lists and a weight, not %s", count(len(args), "word"))
	n := 0
	if len(args) == 2 && args[1] != byCapacity {
		var err error
		n, err = strconv.Atoi(args[1])
		w.wrong.check(err == nil && n >= 1 && n <= placement.MaxWeight, "%q is neither a number from 1 to %d nor %s", args[1], placement.MaxWeight, byCapacity)
	}
	if err := w.mistakes(); err != nil {
		return err
	}
	return w.with(ctx, func(c *client.Client) error {
		order := c.SetWeight
		if w.force {
			order = c.ForceWeight
		}
		reply, err := order(ctx, args[0], n)
		switch {
		case err != nil:
			return err
		case w.json:
			return writeJSON(w.stdout, reply)
		default:
			_, err = fmt.Fprintln(w.stdout, reply.Text(args[0]))
			return err
		}
	})
}
