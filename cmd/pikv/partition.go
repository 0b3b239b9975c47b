package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
			"A partition with a live copy is refused. `pikv status` lists those that wait and those that are lost.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "all-lost", Usage: "all partitions that status calls lost"},
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

const resetName = "partition reset"

// errNotConfirmed is the answer of a person who thought better of it.
var errNotConfirmed = errors.New("nothing was reset")

// Run executes the command.
func (r *reset) Run(ctx context.Context, args []string) error {
	ids, err := r.ids(args)
	if err != nil {
		return err
	}
	if !r.yes && !r.typed {
		return usagef(resetName, "nobody is there to be asked: say --yes")
	}
	return r.with(ctx, func(c *client.Client) error {
		if !r.yes {
			if err := r.confirm(ctx, c, ids); err != nil {
				return err
			}
		}
		done, err := c.ResetPartitions(ctx, ids, r.allLost)
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.stdout, wire.ResetReply{Reset: append([]uint16{}, done...)})
		}
		text := "no partition is lost: nothing to reset"
		if len(done) > 0 {
			text = "reset: " + partitions(done) + ", now empty"
		}
		_, err = fmt.Fprintln(r.stdout, text)
		return err
	})
}

// ids parses the arguments.
func (r *reset) ids(args []string) ([]uint16, error) {
	if r.allLost == (len(args) > 0) {
		return nil, usagef(resetName, "give ID..., or --all-lost, one of the two")
	}
	var ids []uint16
	for _, arg := range args {
		id, err := strconv.ParseUint(arg, 10, 16)
		if err != nil || id >= placement.Slots {
			return nil, usagef(resetName, "%q is not the number of a partition", arg)
		}
		ids = append(ids, uint16(id))
	}
	return ids, nil
}

// confirm says what will be lost, and asks.
func (r *reset) confirm(ctx context.Context, c *client.Client, ids []uint16) error {
	status, err := c.Status(ctx)
	if err != nil {
		return err
	}
	what := partitions(ids)
	n := len(ids)
	if r.allLost {
		if n = status.Lost; n == 0 {
			return nil // the cluster says so itself
		}
		what = count(n, "lost partition")
	} else if view, err := c.View(ctx); err == nil {
		if holders := holdersOf(view, ids); len(holders) > 0 {
			what += ", last held by " + names(holders)
		}
	}
	fmt.Fprintf(r.stderr, "This gives up every key in %s: %.3g %% of all keys of cluster %q, for good.\nReset? Type yes: ",
		what, 100*float64(n)/float64(max(status.Partitions, 1)), status.Cluster)
	answer, err := readLine(ctx, r.stdin)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return errNotConfirmed
	}
	return nil
}

// holdersOf names the nodes that are in sync with one of the partitions.
func holdersOf(v *placement.View, ids []uint16) []string {
	held := make(map[placement.Incarnation]bool)
	for _, id := range ids {
		if int(id) < len(v.Partitions) {
			for _, inc := range v.Partitions[id].InSync {
				held[inc] = true
			}
		}
	}
	var list []string
	for _, n := range v.Nodes {
		if held[n.Incarnation] {
			list = append(list, n.Name)
		}
	}
	return list
}

// readLine reads a line, or until ctx ends.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err() // the read is left behind; the process ends
	case res := <-done:
		return res.line, res.err
	}
}
