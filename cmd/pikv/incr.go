package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func incrCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "incr",
		Usage:     "add to a number and print the sum",
		ArgsUsage: "KEY [DELTA]",
		Description: "The value is a whole number in decimal digits; a key that does not exist counts as 0. DELTA is 1 unless given,\n" +
			"and may be negative. A value that is no such number, or a sum beyond 64 bits, changes nothing.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			i := &incr{session: sessionOf(e, cc)}
			return i.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// incr adds to a number.
type incr struct{ session }

// Run executes the command.
func (i *incr) Run(ctx context.Context, args []string) error {
	i.wrong.check(len(args) == 1 || len(args) == 2, "give KEY and perhaps DELTA, not %d arguments", len(args))
	delta := int64(1)
	if len(args) == 2 {
		var err error
		delta, err = strconv.ParseInt(args[1], 10, 64)
		i.wrong.check(err == nil, "%q is not a whole number of 64 bits", args[1])
	}
	if err := i.mistakes(); err != nil {
		return err
	}
	return i.with(ctx, func(c *client.Client) error {
		sum, err := c.Incr(ctx, args[0], delta)
		if err != nil {
			return err
		}
		if i.json {
			return writeJSON(i.stdout, struct {
				Key   string `json:"key"`
				Value int64  `json:"value"`
			}{args[0], sum})
		}
		_, err = fmt.Fprintln(i.stdout, sum)
		return err
	})
}
