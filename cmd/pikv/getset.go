package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func getsetCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "getset",
		Usage:     "store a value and print the one before it",
		ArgsUsage: "KEY [VALUE | -]",
		Description: "The two are one step: nobody writes between them. Prints the old value as get does, and nothing when there was none;\n" +
			"--json tells that from an empty one. A value that begins with - goes after --.",
		Flags: append([]cli.Flag{fileFlag(), ttlFlag()}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			g := &getset{source: sourceOf(e, cc)}
			g.opts = ttlOf(cc, &g.wrong)
			return g.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// getset replaces a value.
type getset struct {
	source
	opts []client.PutOption
}

// Run executes the command.
func (g *getset) Run(ctx context.Context, args []string) error {
	key, value, err := g.pair(ctx, args)
	if err != nil {
		return err
	}
	return g.with(ctx, func(c *client.Client) error {
		old, existed, err := c.GetSet(ctx, key, value, g.opts...)
		switch {
		case err != nil:
			return err
		case !g.json && !existed:
			return nil
		case !g.json:
			return g.print(old)
		}
		reply := struct {
			Key     string `json:"key"`
			Existed bool   `json:"existed"`
			text
		}{Key: key, Existed: existed}
		if existed {
			reply.text = textOf(old)
		}
		return writeJSON(g.stdout, reply)
	})
}
