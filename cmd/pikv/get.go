package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func getCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "get",
		Usage:       "print a value",
		ArgsUsage:   "KEY",
		Description: "Writes the bytes of the value as they are, without a newline. Exits 3 when there is no such key.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write the value to `FILE`, which is replaced at once and only when the value is complete; - is stdout"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			g := &get{session: sessionOf(e, cc), out: cc.String("out")}
			if cc.IsSet("out") && g.out == "" {
				return usagef("get", "--out needs a name")
			}
			return g.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// get reads one value.
type get struct {
	session
	out string // "" or "-" for stdout
}

// Run executes the command.
func (g *get) Run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("get", "give one KEY, not %d", len(args))
	}
	return g.with(ctx, func(c *client.Client) error {
		value, err := c.Get(ctx, args[0])
		if err != nil {
			return err
		}
		toFile := g.out != "" && g.out != "-"
		if toFile {
			if err := replaceFile(ctx, g.out, value); err != nil {
				return err
			}
		}
		switch {
		case g.json:
			return writeJSON(g.stdout, g.describe(args[0], value, toFile))
		case toFile:
			return nil
		default:
			_, err = g.stdout.Write(value)
			return err
		}
	})
}

// gotValue is get's JSON.
type gotValue struct {
	Key   string `json:"key"`
	Bytes int    `json:"bytes"`
	text
	Out string `json:"out,omitempty"`
}

func (g *get) describe(key string, value []byte, toFile bool) gotValue {
	v := gotValue{Key: key, Bytes: len(value)}
	if toFile {
		v.Out = g.out
	} else {
		v.text = textOf(value)
	}
	return v
}
