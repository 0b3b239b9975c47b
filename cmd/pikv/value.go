package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"pikv/wire"
)

// source says where the value of a write comes from: an argument, stdin or a file.
type source struct {
	session
	command string // for usage errors
	file    string // of --file, "" for none
}

// fileFlag is --file.
func fileFlag() cli.Flag {
	return &cli.StringFlag{Name: "file", Usage: "store the content of `FILE`"}
}

// sourceOf reads the flags.
func sourceOf(e env, cc *cli.Context) (source, error) {
	s := source{session: sessionOf(e, cc), command: cc.Command.Name, file: cc.String("file")}
	if cc.IsSet("file") && s.file == "" {
		return s, usagef(s.command, "--file needs a name")
	}
	return s, nil
}

// pair returns the key and the value that args and --file say, and refuses
// those over a limit.
func (s source) pair(ctx context.Context, args []string) (key string, value []byte, err error) {
	want := 2
	if s.file != "" {
		want = 1
	}
	switch {
	case len(args) == 0:
		return "", nil, usagef(s.command, "KEY is missing")
	case len(args) < want:
		return "", nil, usagef(s.command, "the value is missing: give VALUE, - or --file")
	case len(args) > want && s.file != "":
		return "", nil, usagef(s.command, "give VALUE or --file, not both")
	case len(args) > want:
		return "", nil, usagef(s.command, "%d arguments are too many: quote a value that has spaces", len(args))
	}
	key = args[0]
	if err := wire.DefaultLimits().CheckKey([]byte(key)); err != nil {
		return "", nil, err
	}
	value, err = s.value(ctx, args[1:])
	return key, value, err
}

// value reads the value from where the command line says, and refuses one over
// the limit without reading all of it.
func (s source) value(ctx context.Context, args []string) ([]byte, error) {
	switch {
	case s.file != "":
		f, err := os.Open(s.file)
		if err != nil {
			return nil, fmt.Errorf("read the value: %w", err)
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.Size() > wire.MaxValue {
			return nil, tooLarge(s.file)
		}
		return readValue(ctx, f, s.file)
	case args[0] == "-":
		return readValue(ctx, s.stdin, "stdin")
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
