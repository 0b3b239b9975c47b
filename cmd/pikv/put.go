package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func putCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "put",
		Usage:     "store a value",
		ArgsUsage: "KEY [VALUE | -]",
		Description: "The value is VALUE, or what stdin holds (-), or the content of --file. A value that begins with - goes after --.\n" +
			"With --nx, --xx or --if-version the value is stored only if that holds at that moment; else it exits 5 and nothing changed.\n" +
			"--json prints the version of the write, for a later --if-version.",
		Flags: append([]cli.Flag{
			fileFlag(), ttlFlag(),
			&cli.BoolFlag{Name: "nx", Usage: "only if the key does not exist"},
			&cli.BoolFlag{Name: "xx", Usage: "only if the key exists"},
			&cli.Uint64Flag{Name: "if-version", Usage: "only if the key has version `V`, as get --with-version prints it; 0: it does not exist", DefaultText: "any"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			p := &put{source: sourceOf(e, cc)}
			p.opts = append(ttlOf(cc, &p.wrong), conditionOf(cc, &p.wrong)...)
			return p.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// ttlFlag is --ttl.
func ttlFlag() cli.Flag {
	return &cli.DurationFlag{Name: "ttl", Usage: "let the key expire after so `LONG`, such as 90s or 12h", DefaultText: "never"}
}

// ttlOf reads --ttl.
func ttlOf(cc *cli.Context, wrong *mistakes) []client.PutOption {
	if !cc.IsSet("ttl") {
		return nil
	}
	ttl := cc.Duration("ttl")
	wrong.check(ttl >= time.Millisecond, "--ttl %v is not a millisecond or more", ttl)
	return []client.PutOption{client.TTL(ttl)}
}

// conditionOf reads --nx, --xx and --if-version, of which at most one may be there.
func conditionOf(cc *cli.Context, wrong *mistakes) []client.PutOption {
	var conditions []client.PutOption
	if cc.Bool("nx") {
		conditions = append(conditions, client.IfAbsent())
	}
	if cc.Bool("xx") {
		conditions = append(conditions, client.IfPresent())
	}
	if cc.IsSet("if-version") {
		conditions = append(conditions, client.IfVersion(cc.Uint64("if-version")))
	}
	wrong.check(len(conditions) <= 1, "give one of --nx, --xx and --if-version")
	return conditions
}

// put stores one value.
type put struct {
	source
	opts []client.PutOption
}

// Run executes the command.
func (p *put) Run(ctx context.Context, args []string) error {
	key, value, err := p.pair(ctx, args)
	if err != nil {
		return err
	}
	return p.with(ctx, func(c *client.Client) error {
		v, err := c.Put(ctx, key, value, p.opts...)
		if err != nil || !p.json {
			return err
		}
		return writeJSON(p.stdout, struct {
			Key     string `json:"key"`
			Bytes   int    `json:"bytes"`
			Version uint64 `json:"version"`
		}{key, len(value), v})
	})
}
