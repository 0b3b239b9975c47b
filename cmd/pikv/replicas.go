package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
	"pikv/wire"
)

func replicasCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "replicas",
		Usage:     "show, or change, how many workers hold each partition",
		ArgsUsage: "[N]",
		Description: "N is 1 to " + strconv.Itoa(placement.MaxReplicas) + ". Returns at once; copies are made, or dropped, under load: `pikv wait --synced` waits for them.\n" +
			"With fewer than N workers each partition has as many copies as there are workers, until more come.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			r := &replicas{session: sessionOf(e, cc)}
			return r.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// replicas shows or changes the number of replicas.
type replicas struct{ session }

// Run executes the command.
func (r *replicas) Run(ctx context.Context, args []string) error {
	r.wrong.check(len(args) <= 1, "give one N or none, not %d", len(args))
	n := 0
	if len(args) == 1 {
		var err error
		n, err = strconv.Atoi(args[0])
		r.wrong.check(err == nil && n >= 1 && n <= placement.MaxReplicas, "%q is not a number from 1 to %d", args[0], placement.MaxReplicas)
	}
	if err := r.mistakes(); err != nil {
		return err
	}
	return r.with(ctx, func(c *client.Client) error {
		if n == 0 {
			return r.show(ctx, c)
		}
		return r.set(ctx, c, n)
	})
}

// show prints the number, alone on a line for scripts.
func (r *replicas) show(ctx context.Context, c *client.Client) error {
	status, err := c.Status(ctx)
	if err != nil {
		return err
	}
	if r.json {
		return writeJSON(r.stdout, map[string]int{"replicas": status.Replicas})
	}
	_, err = fmt.Fprintln(r.stdout, status.Replicas)
	return err
}

// set changes the number.
func (r *replicas) set(ctx context.Context, c *client.Client, n int) error {
	was, err := c.SetReplicas(ctx, n)
	if err != nil {
		return err
	}
	if r.json {
		return writeJSON(r.stdout, wire.ReplicasReply{Replicas: n, Was: was})
	}
	text := count(n, "replica")
	switch {
	case n > was:
		text += fmt.Sprintf(", before %d: copies are being made, pikv wait --synced waits for them", was)
	case n < was:
		text += fmt.Sprintf(", before %d: the others are being dropped", was)
	default:
		text += ", as before"
	}
	if _, err = fmt.Fprintln(r.stdout, text); err != nil {
		return err
	}
	return warnOfFew(ctx, c, r.stderr)
}

// warnOfFew says on w that the workers are too few for the copies, when they
// are: a person may wonder why it never gets there.
func warnOfFew(ctx context.Context, c *client.Client, w io.Writer) error {
	status, err := c.Status(ctx)
	if err != nil {
		return err
	}
	if workers := activeWorkers(status); status.Role == roleMaster && workers < status.Replicas {
		fmt.Fprintln(w, "but "+tooFewWorkers(workers, status.Replicas)+orActivate(status.Members))
	}
	return nil
}

// orActivate names a spare that could help, "" without one.
func orActivate(members []wire.MemberStatus) string {
	for _, m := range members {
		if m.State == stateSpare {
			return ", or pikv activate " + m.Name
		}
	}
	return ""
}

// activeWorkers counts the workers that may be given partitions.
func activeWorkers(s wire.StatusReply) int {
	n := 0
	for _, m := range s.Members {
		if m.Role == roleWorker && m.State == stateActive {
			n++
		}
	}
	return n
}

// tooFewWorkers says what is missing for so many replicas.
func tooFewWorkers(workers, replicas int) string {
	if workers == 0 {
		return "there is no active worker: start one (pikvd start --role worker)"
	}
	return fmt.Sprintf("%s cannot hold %d copies of each partition: start %d more, or say pikv replicas %d",
		count(workers, "active worker"), replicas, replicas-workers, workers)
}
