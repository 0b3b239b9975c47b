package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

func topCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "top",
		Usage:     "what clients ask of the workers, and what that takes",
		ArgsUsage: " ",
		Description: "A request is for one key. All figures are means over the last seconds; CPU is of the processors that a worker may use, NET is\n" +
			"all that goes through its network interface (0 on the loopback). Below are the keys that make a large part of a worker's\n" +
			"requests, and the partitions with the most.\n" +
			"A terminal shows it anew each --interval until Ctrl-C; elsewhere, and with --json, it is printed once.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "sort", Value: sortRequests, Usage: "put first who has most `WHAT`: " + strings.Join(sorts, ", ")},
			&cli.DurationFlag{Name: "interval", Value: time.Second, Usage: "show it anew each `LONG`"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			t := &top{session: sessionOf(e, cc), sort: cc.String("sort"), interval: cc.Duration("interval")}
			t.wrong.check(slices.Contains(sorts, t.sort), "--sort %q is none of %s", t.sort, strings.Join(sorts, ", "))
			t.wrong.check(t.interval >= minInterval, "--interval %v is less than %v", t.interval, minInterval)
			return t.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// minInterval keeps a mistake from keeping the master busy.
const minInterval = 100 * time.Millisecond

// top shows the workers' load.
type top struct {
	session
	sort     string
	interval time.Duration
}

// workersLoad is what --json prints.
type workersLoad struct {
	Workers []wire.MemberStatus `json:"workers"`
}

// Run executes the command.
func (t *top) Run(ctx context.Context, args []string) error {
	t.wrong.check(len(args) == 0, "it takes no argument")
	if err := t.mistakes(); err != nil {
		return err
	}
	return t.with(ctx, func(c *client.Client) error {
		r, err := c.Status(ctx)
		switch {
		case err != nil:
			return err
		case t.json:
			return writeJSON(t.stdout, workersLoad{sortedWorkers(r.Members, t.sort)})
		case !t.shown:
			return topText(t.stdout, r, t.sort)
		default:
			return t.refresh(ctx, c, r)
		}
	})
}

// refresh shows r, and then what comes after it, until ctx ends: that is how it ends.
func (t *top) refresh(ctx context.Context, c *client.Client, r wire.StatusReply) (err error) {
	s := screen{t.stdout}
	if err := s.open(); err != nil {
		return err
	}
	defer func() { err = firstOf(err, s.close()) }()
	tick := time.NewTicker(t.interval)
	defer tick.Stop()
	var failed error // the last call
	for {
		var text bytes.Buffer
		if failed != nil {
			fmt.Fprintf(&text, "pikv: %s (this is what was known before)\n", message(failed))
		}
		err := topText(&text, r, t.sort)
		if err == nil {
			err = s.draw(text.String())
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		var next wire.StatusReply
		if next, failed = c.Status(ctx); failed == nil {
			r = next
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// topText prints the workers, and what is hot.
func topText(w io.Writer, r wire.StatusReply, by string) error {
	workers := sortedWorkers(r.Members, by)
	if _, err := fmt.Fprintf(w, "%s: %s; %s\n\n", r.Cluster, stateText(r), loadText(r)); err != nil {
		return err
	}
	rows := [][]string{{"NAME", "STATE", "OWNS", "HOLDS", "MEMORY", "KEYS", "READS/S", "WRITES/S", "CPU", "NET IN", "NET OUT"}}
	for _, m := range workers {
		row := []string{m.Name, m.State, fmt.Sprint(m.Primaries), fmt.Sprint(m.Replicas), "-", "-", "-", "-", "-", "-", "-"}
		if known(m) {
			l := m.Load
			row = append(row[:4], memoryText(m.Used, m.Capacity), fmt.Sprint(m.Keys), rateText(l.Reads), rateText(l.Writes+l.Deletes),
				cpuText(l), bytesText(int64(l.In))+"/s", bytesText(int64(l.Out))+"/s")
		}
		rows = append(rows, row)
	}
	if err := table(w, rows); err != nil {
		return err
	}
	return hotText(w, workers)
}
