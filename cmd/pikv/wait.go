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
		Description: "For scripts: after a start, a repair, a change of --replicas. Exits 0 once synced, 6 when --timeout is over before that.\n" +
			"A cluster that does not answer yet is waited for, too. On a terminal it shows the progress.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "synced", Usage: "say what to wait for: all partitions synced, as status calls it"},
			&cli.DurationFlag{Name: "timeout", Usage: "give up after so `LONG`, such as 30s or 5m (default: never)"},
			seedsFlag(), jsonFlag(),
		},
		Action: func(cc *cli.Context) error {
			w := &wait{session: sessionOf(e, cc), limit: cc.Duration("timeout"), every: 200 * time.Millisecond}
			w.timeout = callTimeout
			if !cc.Bool("synced") {
				return usagef("wait", "say what to wait for: --synced")
			}
			if cc.IsSet("timeout") && w.limit <= 0 {
				return usagef("wait", "--timeout %v is not a positive duration", w.limit)
			}
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
	if len(args) > 0 {
		return usagef("wait", "it takes no argument")
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
	switch {
	case err == nil:
	case ctx.Err() == nil && timed.Err() != nil:
		return fmt.Errorf("%w: after %s %s", errNotSynced, long(w.limit), err)
	default:
		return err
	}
	if w.json {
		return writeJSON(w.stdout, struct {
			Synced     bool    `json:"synced"`
			Epoch      uint64  `json:"epoch"`
			Partitions int     `json:"partitions"`
			Replicas   int     `json:"replicas"`
			Seconds    float64 `json:"seconds"` // waited
		}{true, status.Epoch, status.Partitions, status.Replicas, time.Since(begun).Seconds()})
	}
	_, err = fmt.Fprintf(w.stdout, "synced: %s, each with %s (waited %s)\n",
		count(status.Partitions, "partition"), count(status.Replicas, "replica"), long(time.Since(begun)))
	return err
}

// await asks until the cluster is synced. Its error says how the cluster was
// when ctx ended.
func (w *wait) await(ctx context.Context) (wire.StatusReply, error) {
	c, err := w.reach(ctx)
	if err != nil {
		return wire.StatusReply{}, err
	}
	defer c.Close()
	last := errors.New("the cluster had not answered")
	for {
		status, err := c.Status(ctx)
		switch {
		case err == nil && isSynced(status):
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

// waitText says what is missing.
func waitText(r wire.StatusReply) string {
	text := partitionsText(r) + " partitions"
	switch {
	case r.Role != roleMaster:
		return "the master does not answer"
	case r.Epoch == 0:
		return "no worker has come yet"
	case activeWorkers(r) < r.Replicas:
		text += fmt.Sprintf("; %s cannot hold %d copies", count(activeWorkers(r), "worker"), r.Replicas)
	case r.MoveTotal > 0:
		text += "; " + progressText(r.MoveDone, r.MoveTotal, r.MoveRate)
	}
	return text
}

// show writes over the line of progress, if somebody watches.
func (w *wait) show(text string) {
	if w.watched {
		fmt.Fprintf(w.stderr, "\r\x1b[K%s", text)
		w.shown = true
	}
}

// clear removes the line of progress.
func (w *wait) clear() {
	if w.shown {
		fmt.Fprint(w.stderr, "\r\x1b[K")
		w.shown = false
	}
}

// complain says that nobody answers, once for each reason.
func (w *wait) complain(err error) {
	if text := message(err); text != w.said {
		w.said = text
		w.clear()
		fmt.Fprintf(w.stderr, "pikv: %s (waiting)\n", text)
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
