package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

func waitCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "wait",
		Usage:     "wait until every partition has all its copies",
		ArgsUsage: " ",
		Description: "For scripts: after a start, a death, a change of the number of replicas. Exits 0 once every partition is synced, as status\n" +
			"calls it, and no worker is still joining; 6 when --timeout is over before that. A cluster that does not answer yet is\n" +
			"waited for, too. A death counts from when the cluster has noticed it, at most a second or so. A terminal shows the progress.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "synced", Usage: "what to wait for: all partitions synced"},
			&cli.DurationFlag{Name: "timeout", Usage: "give up after so `LONG`, such as 30s or 5m", DefaultText: "never"},
			seedsFlag(), clusterFlag(), jsonFlag(),
		},
		Action: func(cc *cli.Context) error {
			w := &wait{session: sessionOf(e, cc), limit: cc.Duration("timeout"), every: 200 * time.Millisecond}
			w.timeout = callTimeout
			w.wrong.check(cc.Bool("synced"), "say what to wait for: --synced")
			return w.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// wait waits for a synced cluster.
type wait struct {
	session
	limit time.Duration // 0: none
	every time.Duration // between questions
	shown bool          // a line of progress is on the terminal
	said  string        // the last complaint of no answer
}

// errNotSynced is matched when the time is over.
var errNotSynced = errors.New("not synced in time")

// Run executes the command.
func (w *wait) Run(ctx context.Context, args []string) error {
	w.wrong.check(len(args) == 0, "it takes no argument")
	if err := w.mistakes(); err != nil {
		return err
	}
	begun := time.Now()
	timed := ctx
	if w.limit > 0 {
		var cancel context.CancelFunc
		timed, cancel = context.WithTimeout(ctx, w.limit)
		defer cancel()
	}
	status, err := w.await(timed)
	w.clear()
	over := err != nil && ctx.Err() == nil && timed.Err() != nil
	switch {
	case over:
		err = fmt.Errorf("%w: after %s %w", errNotSynced, long(w.limit), err)
	case err != nil:
		return err
	}
	if w.json {
		return firstOf(writeJSON(w.stdout, struct {
			Synced           bool    `json:"synced"`
			Epoch            uint64  `json:"epoch"`
			Partitions       int     `json:"partitions"`
			SyncedPartitions int     `json:"synced_partitions"`
			Replicas         int     `json:"replicas"`
			Seconds          float64 `json:"seconds"` // waited
		}{!over, status.Epoch, status.Partitions, status.Synced, status.Replicas, time.Since(begun).Seconds()}), err)
	}
	if over {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "synced: %s, each with %s (waited %s)\n",
		count(status.Partitions, "partition"), count(status.Replicas, "replica"), long(time.Since(begun)))
	return err
}

// await asks until the cluster is synced. Its error says how the cluster was
// when ctx ended; so does the status, if there was an answer.
func (w *wait) await(ctx context.Context) (wire.StatusReply, error) {
	c, err := w.reach(ctx)
	if err != nil {
		return wire.StatusReply{}, err
	}
	defer c.Close()
	last := errors.New("the cluster had not answered")
	var status wire.StatusReply
	for {
		now, err := c.Status(ctx)
		if err == nil {
			status = now
		}
		switch {
		case err == nil && isSynced(status) && len(joining(status)) == 0:
			return status, nil
		case err == nil:
			last = errors.New(waitText(status))
			w.show(last.Error())
		case ctx.Err() == nil:
			last = err
			w.complain(err)
		}
		if !sleep(ctx, w.every) {
			if errors.Is(ctx.Err(), context.Canceled) {
				return status, ctx.Err()
			}
			return status, last
		}
	}
}

// reach connects, again and again until ctx ends: the cluster may just be starting.
func (w *wait) reach(ctx context.Context) (*client.Client, error) {
	for {
		c, err := w.connect(ctx)
		var usage *usageError
		if err == nil || errors.As(err, &usage) || errors.Is(err, context.Canceled) {
			return c, err
		}
		if ctx.Err() == nil {
			w.complain(err)
		}
		if !sleep(ctx, w.every) {
			return nil, err
		}
	}
}

// sleep waits for d and reports whether ctx allowed it.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
