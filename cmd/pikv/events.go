package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

func eventsCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "events",
		Usage:     "list what operators and the master have done, and who came and went",
		ArgsUsage: " ",
		Description: "The oldest first. The master remembers a few hundred events, and none from before its start; its log has them, too.\n" +
			"--follow goes on with those that come, until Ctrl-C. --json prints one object a line.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on with what happens from now on"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			ev := &events{session: sessionOf(e, cc), follow: cc.Bool("follow")}
			return ev.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// events prints what happened.
type events struct {
	session
	follow bool
}

// eventsWait is how long one question of a follower waits for an event; below
// what the client waits for one node's answer.
const eventsWait = time.Second

// Run executes the command.
func (e *events) Run(ctx context.Context, args []string) error {
	e.wrong.check(len(args) == 0, "it takes no argument")
	if err := e.mistakes(); err != nil {
		return err
	}
	return e.with(ctx, func(c *client.Client) error {
		after, wait := uint64(0), time.Duration(0)
		for {
			list, err := c.Events(ctx, after, wait)
			if err != nil && e.follow && ctx.Err() != nil {
				return nil // that is how it ends
			}
			if e.follow && errors.Is(err, client.ErrUnavailable) {
				continue // each question takes as long as a call may
			}
			if err != nil {
				return err
			}
			for _, ev := range list {
				after = ev.Number
				if err := e.line(ev); err != nil {
					return err
				}
			}
			if !e.follow {
				return nil
			}
			wait = eventsWait
		}
	})
}

// line prints one event.
func (e *events) line(ev wire.Event) error {
	if e.json {
		return json.NewEncoder(e.stdout).Encode(ev)
	}
	_, err := fmt.Fprintf(e.stdout, "%8s ago  %-9s %s\n", long(milliseconds(ev.AgoMS)), ev.Kind, ev.Text)
	return err
}
