package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

func putCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "put",
		Usage:     "store a value",
		ArgsUsage: "KEY [VALUE | -]",
		Description: "The value is VALUE, or what stdin holds (-), or the content of --file.\n" +
			"After KEY anything that is no flag of put is a value, also -5; put -- before a value that may look like one.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "file", Usage: "store the content of `FILE`"},
			&cli.DurationFlag{Name: "ttl", Usage: "let the key expire after so long, such as 90s or 12h"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			p := &put{session: sessionOf(e, cc), file: cc.String("file"), ttl: cc.Duration("ttl")}
			if cc.IsSet("file") && p.file == "" {
				return usagef("put", "--file needs a name")
			}
			if cc.IsSet("ttl") && p.ttl <= 0 {
				return usagef("put", "--ttl %v is not a positive duration", p.ttl)
			}
			return p.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// put stores one value.
type put struct {
	session
	file string        // "" for none
	ttl  time.Duration // 0 for none
}

// Run executes the command.
func (p *put) Run(ctx context.Context, args []string) error {
	want := 2
	if p.file != "" {
		want = 1
	}
	switch {
	case len(args) == 0:
		return usagef("put", "KEY is missing")
	case len(args) < want:
		return usagef("put", "the value is missing: give VALUE, - or --file")
	case len(args) > want && p.file != "":
		return usagef("put", "give VALUE or --file, not both")
	case len(args) > want:
		return usagef("put", "%d arguments are too many: quote a value that has spaces", len(args))
	}
	key := args[0]
	if err := wire.DefaultLimits().CheckKey([]byte(key)); err != nil {
		return err
	}
	value, err := p.value(ctx, args[1:])
	if err != nil {
		return err
	}
	var opts []client.PutOption
	if p.ttl > 0 {
		opts = append(opts, client.TTL(p.ttl))
	}
	return p.with(ctx, func(c *client.Client) error {
		v, err := c.Put(ctx, key, value, opts...)
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

// value reads the value from where the command line says, and refuses one over
// the limit without reading all of it.
func (p *put) value(ctx context.Context, args []string) ([]byte, error) {
	switch {
	case p.file != "":
		f, err := os.Open(p.file)
		if err != nil {
			return nil, fmt.Errorf("read the value: %w", err)
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.Size() > wire.MaxValue {
			return nil, tooLarge(p.file)
		}
		return readValue(ctx, f, p.file)
	case args[0] == "-":
		return readValue(ctx, p.stdin, "stdin")
	default:
		return []byte(args[0]), wire.DefaultLimits().CheckValue([]byte(args[0]))
	}
}

// readValue reads r to its end, or until ctx ends: a pipe may never end.
func readValue(ctx context.Context, r io.Reader, name string) ([]byte, error) {
	type result struct {
		value []byte
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := io.ReadAll(io.LimitReader(r, wire.MaxValue+1))
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err() // the read is left behind; the process ends
	case res := <-done:
		if res.err != nil {
			return nil, fmt.Errorf("read the value: %w", res.err)
		}
		if len(res.value) > wire.MaxValue {
			return nil, tooLarge(name)
		}
		return res.value, nil
	}
}

// tooLarge refuses the value that name holds.
func tooLarge(name string) error {
	return wire.Errorf(wire.CodeTooLarge, "the value in %s is over the limit of %d bytes: nothing was stored", name, wire.MaxValue)
}
