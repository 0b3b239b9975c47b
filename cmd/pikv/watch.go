package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
)

func watchCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "follow what happens to the placement: one line a change",
		ArgsUsage: " ",
		Description: "Says first how things are, then who takes over what from whom, which copies are made and dropped, who comes and goes.\n" +
			"Partitions to which the same happens share a line. Ctrl-C, or --count, ends it. --json prints one object a line.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "count", Usage: "end after `N` changes", DefaultText: "never"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			w := &watch{session: sessionOf(e, cc), count: cc.Int("count")}
			w.wrong.check(!cc.IsSet("count") || w.count >= 1, "--count %d is less than 1", w.count)
			return w.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// watch prints changes of the view.
type watch struct {
	session
	count int // changes to go; 0: no end
}

// errWatched ends a watch.
var errWatched = errors.New("enough")

// Run executes the command.
func (w *watch) Run(ctx context.Context, args []string) error {
	w.wrong.check(len(args) == 0, "it takes no argument")
	if err := w.mistakes(); err != nil {
		return err
	}
	return w.with(ctx, func(c *client.Client) error {
		err := c.WatchView(ctx, w.print)
		if errors.Is(err, errWatched) || errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return nil // that is how it ends
		}
		return err
	})
}

// print prints how view differs from old, which is nil at first.
func (w *watch) print(old, view *placement.View) error {
	if old == nil {
		return w.line(summary(view))
	}
	for _, c := range changes(old, view) {
		if err := w.line(c); err != nil {
			return err
		}
		if w.count--; w.count == 0 {
			return errWatched
		}
	}
	return nil
}

// line prints one change.
func (w *watch) line(c change) error {
	if w.json {
		return json.NewEncoder(w.stdout).Encode(c)
	}
	_, err := fmt.Fprintf(w.stdout, "epoch %d: %s\n", c.Epoch, c.Text)
	return err
}
