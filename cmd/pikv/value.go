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
	fromFile bool
	file     string // of --file
}

// fileFlag is --file.
func fileFlag() cli.Flag {
	return &cli.StringFlag{Name: "file", Usage: "store the content of `FILE`"}
}

// sourceOf reads the flags.
func sourceOf(e env, cc *cli.Context) source {
	s := source{session: sessionOf(e, cc), fromFile: cc.IsSet("file"), file: cc.String("file")}
	s.wrong.check(!s.fromFile || s.file != "", "--file needs a name")
	return s
}

// pair returns the key and the value that args and --file say, and refuses
// those over a limit.
func (s source) pair(ctx context.Context, args []string) (key string, value []byte, err error) {
	s.checkPair(args)
	if err := s.mistakes(); err != nil {
		return "", nil, err
	}
	key = args[0]
	if err := wire.DefaultLimits().CheckKey([]byte(key)); err != nil {
		return "", nil, err
	}
	value, err = s.value(ctx, args[1:])
	return key, value, err
}

// checkPair notes what is wrong with the arguments.
func (s *source) checkPair(args []string) {
	want := 2
	if s.fromFile {
		want = 1
	}
	switch {
	case len(args) == 0:
		s.wrong.check(false, "KEY is missing")
	case len(args) < want:
		s.wrong.check(false, "the value is missing: give VALUE, - or --file")
	case len(args) > want && s.fromFile:
		s.wrong.check(false, "give VALUE or --file, not both")
	default:
		s.wrong.check(len(args) == want, "%d arguments are too many: quote a value that has spaces", len(args))
	}
}

// value reads the value from where the command line says, and refuses one over
// the limit without reading all of it.
func (s source) value(ctx context.Context, args []string) ([]byte, error) {
	switch {
	case s.fromFile:
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
