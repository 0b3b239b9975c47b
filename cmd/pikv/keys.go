package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

func keysCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "keys",
		Usage:     "list keys, one a line, in no particular order",
		ArgsUsage: " ",
		Description: "Asks all workers, page by page, and prints keys as they come.\n" +
			"--json prints a list of objects with \"value\" or, for a key that is not UTF-8, \"base64\".",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "prefix", Usage: "only keys that begin with `P`"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			k := &keys{session: sessionOf(e, cc), prefix: cc.String("prefix")}
			return k.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// keys lists keys.
type keys struct {
	session
	prefix string
}

// Run executes the command.
func (k *keys) Run(ctx context.Context, args []string) error {
	k.wrong.check(len(args) == 0, "it takes no argument: use --prefix")
	if err := k.mistakes(); err != nil {
		return err
	}
	return k.with(ctx, func(c *client.Client) error {
		out := bufio.NewWriter(k.stdout)
		write := writeLines
		if k.json {
			write = writeList
		}
		err := write(out, c.Keys(ctx, k.prefix))
		return firstOf(err, out.Flush())
	})
}

// writeLines prints one key a line.
func writeLines(out io.Writer, seq iter.Seq2[string, error]) error {
	for key, err := range seq {
		if err == nil {
			_, err = fmt.Fprintln(out, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeList prints a JSON list.
func writeList(out io.Writer, seq iter.Seq2[string, error]) error {
	before, after := "[", "]"
	for key, err := range seq {
		var item []byte
		if err == nil {
			item, err = json.Marshal(textOf([]byte(key)))
		}
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n  %s", before, item)
		}
		if err != nil {
			return err
		}
		before, after = ",", "\n]"
	}
	if before == "[" {
		after = "[]"
	}
	_, err := fmt.Fprintln(out, after)
	return err
}
