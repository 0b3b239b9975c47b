package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func getCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "print a value",
		ArgsUsage: "KEY",
		Description: "Writes the bytes of the value as they are; only a terminal gets a newline after them. Exits 3 when there is no such key.\n" +
			"With --with-version a line with the version comes first, for put --if-version.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write the value to `FILE`, which is replaced at once and only when the value is complete; - is stdout"},
			&cli.BoolFlag{Name: "with-version", Usage: "print the version, too"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			g := &get{session: sessionOf(e, cc), out: cc.String("out"), withVersion: cc.Bool("with-version")}
			g.wrong.check(!cc.IsSet("out") || g.out != "", "--out needs a name")
			return g.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// get reads one value.
type get struct {
	session
	out         string // "" or "-" for stdout
	withVersion bool
}

// Run executes the command.
func (g *get) Run(ctx context.Context, args []string) error {
	g.wrong.check(len(args) == 1, "give one KEY, not %d", len(args))
	if err := g.mistakes(); err != nil {
		return err
	}
	return g.with(ctx, func(c *client.Client) error {
		value, version, err := g.read(ctx, c, args[0])
		if err != nil {
			return err
		}
		toFile := g.out != "" && g.out != "-"
		if toFile {
			if err := replaceFile(ctx, g.out, value); err != nil {
				return fmt.Errorf("write the value: %w", err)
			}
		}
		if g.json {
			return writeJSON(g.stdout, g.describe(args[0], value, version, toFile))
		}
		if g.withVersion {
			if _, err := fmt.Fprintln(g.stdout, version); err != nil {
				return err
			}
		}
		if toFile {
			return nil
		}
		return g.print(value)
	})
}

// read asks for the value, and for its version if that is wanted.
func (g *get) read(ctx context.Context, c *client.Client, key string) (value []byte, version uint64, err error) {
	if g.withVersion {
		return c.GetVersion(ctx, key)
	}
	value, err = c.Get(ctx, key)
	return value, 0, err
}

// gotValue is get's JSON.
type gotValue struct {
	Key     string `json:"key"`
	Bytes   int    `json:"bytes"`
	Version uint64 `json:"version,omitempty"` // with --with-version; a key's is never 0
	text
	Out string `json:"out,omitempty"`
}

func (g *get) describe(key string, value []byte, version uint64, toFile bool) gotValue {
	v := gotValue{Key: key, Bytes: len(value), Version: version}
	if toFile {
		v.Out = g.out
	} else {
		v.text = textOf(value)
	}
	return v
}
