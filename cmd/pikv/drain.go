package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func drainCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "drain",
		Usage:     "move everything off a worker, so that it can be stopped",
		ArgsUsage: "NODE",
		Description: "Shows progress and returns when the worker holds nothing. An interrupt ends the waiting, not the draining.\n" +
			"The last worker cannot be drained. Who is started again after it was drained gets its share again.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			d := &drain{
				session: sessionOf(e, cc), every: drainEvery, order: (*client.Client).Drain,
				done: "%s is drained after %.1f s: it can be stopped, or removed for good (pikv remove)\n",
			}
			return d.Run(cc.Context, cc.Args().Slice())
		},
	}
}

func spareCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "spare",
		Usage:     "move everything off a worker, which stays as a spare",
		ArgsUsage: "NODE",
		Description: "A spare is a member that is given nothing until it is activated: by pikv activate, or by a master with --autoscale.\n" +
			"Shows progress and returns when the worker holds nothing. A worker that is started again under the name\n" +
			"is a spare again, whatever its flags say, until pikv activate or pikv remove.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			d := &drain{
				session: sessionOf(e, cc), every: drainEvery, order: (*client.Client).Spare,
				done: "%s is a spare after %.1f s: it holds nothing\n",
			}
			return d.Run(cc.Context, cc.Args().Slice())
		},
	}
}

const drainEvery = 500 * time.Millisecond

// drain empties a worker.
type drain struct {
	session
	every time.Duration // between questions
	order func(c *client.Client, ctx context.Context, node string) (left int, err error)
	done  string // what is said then, of the node and the seconds
}

// Run executes the command.
func (d *drain) Run(ctx context.Context, args []string) error {
	d.wrong.check(len(args) == 1, "give one NODE of those that pikv members lists, not %d", len(args))
	if err := d.mistakes(); err != nil {
		return err
	}
	return d.with(ctx, func(c *client.Client) error {
		start := time.Now()
		left, err := d.order(c, ctx, args[0])
		if err == nil {
			err = d.wait(ctx, c, args[0], left)
		}
		if err != nil {
			return err
		}
		took := time.Since(start)
		if d.json {
			return writeJSON(d.stdout, struct {
				Node    string  `json:"node"`
				Left    int     `json:"left"`
				Seconds float64 `json:"seconds"`
			}{args[0], 0, took.Seconds()})
		}
		_, err = fmt.Fprintf(d.stdout, d.done, args[0], took.Seconds())
		return firstOf(err, warnOfFew(ctx, c, d.stderr))
	})
}

// lefter is the part of the client that wait needs.
type lefter interface {
	Left(ctx context.Context, node string) (left int, state string, err error)
}

// wait asks, again and again, until nothing of what was left is, and reports
// progress on stderr whenever there is some.
func (d *drain) wait(ctx context.Context, c lefter, node string, left int) error {
	for last, state := -1, ""; ; {
		switch {
		case state == stateActive:
			return fmt.Errorf("%s was activated meanwhile: it holds %s and keeps them", node, count(left, "partition"))
		case left == 0:
			return nil
		case left != last:
			if _, err := fmt.Fprintf(d.stderr, "%s: %s left\n", node, count(left, "partition")); err != nil {
				return err
			}
			last = left
		}
		t := time.NewTimer(d.every)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
		var err error
		left, state, err = c.Left(ctx, node)
		if errors.Is(err, client.ErrUnknownNode) {
			return fmt.Errorf("%s left the cluster while it still held %s", node, count(last, "partition"))
		}
		if err != nil {
			return err
		}
	}
}
