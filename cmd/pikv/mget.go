package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func mgetCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "mget",
		Usage:     "print several values as a table",
		ArgsUsage: "KEY...",
		Description: "Values are quoted and cut to fit a line; --json has them whole.\n" +
			"Exits 3 when one of the keys does not exist; the others are printed all the same.",
		Flags: commonFlags(),
		Action: func(cc *cli.Context) error {
			m := &mget{session: sessionOf(e, cc)}
			return m.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// mget reads several values.
type mget struct{ session }

// Run executes the command.
func (m *mget) Run(ctx context.Context, args []string) error {
	m.wrong.check(len(args) > 0, "KEY is missing")
	if err := m.mistakes(); err != nil {
		return err
	}
	return m.with(ctx, func(c *client.Client) error {
		results, err := c.MGet(ctx, args)
		if m.json {
			err = firstOf(err, mgetJSON(m.stdout, args, results))
		} else {
			err = firstOf(err, mgetTable(m.stdout, args, results))
		}
		return firstOf(err, missing(args, results))
	})
}

// missing returns an error that matches client.ErrNotFound if a key was not found.
func missing(keys []string, results []client.GetResult) error {
	var absent []string
	for i, r := range results {
		if r.Err == nil && !r.Found {
			absent = append(absent, keys[i])
		}
	}
	switch len(absent) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%q: %w", absent[0], client.ErrNotFound)
	default:
		return fmt.Errorf("%d keys, among them %q: %w", len(absent), absent[0], client.ErrNotFound)
	}
}

func mgetTable(w io.Writer, keys []string, results []client.GetResult) error {
	rows := [][]string{{"KEY", "BYTES", "VALUE"}}
	for i, r := range results {
		size, value := "-", "(not found)"
		switch {
		case r.Err != nil:
			value = "(" + r.Err.Error() + ")"
		case r.Found:
			size, value = strconv.Itoa(len(r.Value)), preview(r.Value)
		}
		rows = append(rows, []string{preview([]byte(keys[i])), size, value})
	}
	return table(w, rows)
}

// preview prints b on one line: quoted if it must be, and cut.
func preview(b []byte) string {
	const shown = 60
	cut := ""
	if len(b) > shown {
		b, cut = b[:shown], "..."
	}
	s := strconv.Quote(string(b))
	if plain := s[1 : len(s)-1]; plain == string(b) && plain != "" {
		s = plain
	}
	return s + cut
}

func mgetJSON(w io.Writer, keys []string, results []client.GetResult) error {
	type row struct {
		Key   string `json:"key"`
		Found bool   `json:"found"`
		text
		Error string `json:"error,omitempty"`
	}
	rows := make([]row, len(results))
	for i, r := range results {
		rows[i] = row{Key: keys[i], Found: r.Found}
		switch {
		case r.Err != nil:
			rows[i].Error = errors.Unwrap(r.Err).Error()
		case r.Found:
			rows[i].text = textOf(r.Value)
		}
	}
	return writeJSON(w, rows)
}
