package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

// question is a command without arguments that asks the cluster for one thing
// and prints the answer, as text or as JSON.
type question[T any] struct {
	name, usage, description string

	ask  func(ctx context.Context, c *client.Client) (T, error)
	text func(w io.Writer, answer T) error
}

// command makes the command.
func (q question[T]) command(e env) *cli.Command {
	return &cli.Command{
		Name:        q.name,
		Usage:       q.usage,
		ArgsUsage:   " ",
		Description: q.description,
		Flags:       commonFlags(),
		Action: func(cc *cli.Context) error {
			return q.Run(cc.Context, sessionOf(e, cc), cc.Args().Slice())
		},
	}
}

// Run executes the command.
func (q question[T]) Run(ctx context.Context, s session, args []string) error {
	s.wrong.check(len(args) == 0, "it takes no argument")
	if err := s.mistakes(); err != nil {
		return err
	}
	return s.with(ctx, func(c *client.Client) error {
		answer, err := q.ask(ctx, c)
		if err != nil {
			return err
		}
		if s.json {
			return writeJSON(s.stdout, answer)
		}
		return q.text(s.stdout, answer)
	})
}
