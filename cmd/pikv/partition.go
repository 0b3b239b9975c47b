package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
	"pikv/wire"
)

func partitionCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "partition",
		Usage:       "give up what is lost, see pikv partition reset --help",
		Subcommands: []*cli.Command{resetCommand(e)},
		Flags:       commonFlags(),
		Action: func(cc *cli.Context) error {
			if cc.NArg() > 0 {
				return usagef("partition", "there is no command %q", "partition "+cc.Args().First())
			}
			return usagef("partition", "say what to do with which: pikv partition reset ID...")
		},
	}
}

func resetCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "reset",
		Usage:     "let partitions begin anew, empty, of which every copy is gone",
		ArgsUsage: "ID... | --all-lost",
		Description: "What the partitions held is given up for good, also what a worker that does not answer still holds of them.\n" +
			"A partition with a live copy is refused. `pikv status` lists those that wait and those that are lost. On a terminal\n" +
			"it says what will be lost and asks; a script says --yes.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "all-lost", Usage: "all partitions without a live copy: the lost ones, and those that wait for dead workers alone"},
			&cli.BoolFlag{Name: "yes", Usage: "do not ask"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			r := &reset{session: sessionOf(e, cc), allLost: cc.Bool("all-lost"), yes: cc.Bool("yes")}
			return r.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// reset gives partitions up.
type reset struct {
	session
	allLost, yes bool
}

// errNotConfirmed is the answer of a person who thought better of it.
var errNotConfirmed = errors.New("nothing was reset")

// Run executes the command.
func (r *reset) Run(ctx context.Context, args []string) error {
	ids := r.ids(args)
	r.wrong.check(r.yes || r.typed || len(r.wrong) > 0, "nobody is there to be asked: say --yes")
	if err := r.mistakes(); err != nil {
		return err
	}
	return r.with(ctx, func(c *client.Client) error {
		done, err := r.reset(ctx, c, ids)
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.stdout, wire.ResetReply{Reset: append([]uint16{}, done...)})
		}
		text := "every partition has a live copy: nothing to reset"
		if len(done) > 0 {
			text = "reset: " + partitions(done) + ", now empty"
		}
		_, err = fmt.Fprintln(r.stdout, text)
		return err
	})
}

// ids parses the arguments.
func (r *reset) ids(args []string) []uint16 {
	r.wrong.check(r.allLost == (len(args) == 0), "give ID..., or --all-lost, one of the two")
	var ids []uint16
	for _, arg := range args {
		id, err := strconv.ParseUint(arg, 10, 16)
		r.wrong.check(err == nil && id < placement.Slots, "%q is not the number of a partition", arg)
		ids = append(ids, uint16(id))
	}
	return ids
}

// reset gives the partitions up, after a question unless --yes, and returns which.
func (r *reset) reset(ctx context.Context, c *client.Client, ids []uint16) ([]uint16, error) {
	if r.yes {
		return c.ResetPartitions(ctx, ids, r.allLost)
	}
	// What the person agreed to, and no more: the list may have grown since.
	ids, err := r.confirm(ctx, c, ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return c.ResetPartitions(ctx, ids, false)
}
