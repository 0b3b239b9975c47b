package main

import (
	"bufio"
	"context"
	"encoding/json"

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
	if len(args) > 0 {
		return usagef("keys", "it takes no argument: use --prefix")
	}
	return k.with(ctx, func(c *client.Client) error {
		out := bufio.NewWriter(k.stdout)
		write := k.lines(out)
		if k.json {
			write = k.list(out)
		}
		err := write(c.Keys(ctx, k.prefix))
		return firstOf(err, out.Flush())
	})
}

// lines returns what prints one key a line.
func (k *keys) lines(out *bufio.Writer) func(func(func(string, error) bool)) error {
	return func(seq func(func(string, error) bool)) error {
		for key, err := range seq {
			if err != nil {
				return err
			}
			out.WriteString(key)
			if err := out.WriteByte('\n'); err != nil {
				return err
			}
		}
		return nil
	}
}

// list returns what prints a JSON list.
func (k *keys) list(out *bufio.Writer) func(func(func(string, error) bool)) error {
	return func(seq func(func(string, error) bool)) error {
		before := "[\n  "
		for key, err := range seq {
			if err != nil {
				return err
			}
			item, err := json.Marshal(textOf([]byte(key)))
			if err != nil {
				return err
			}
			out.WriteString(before)
			if _, err := out.Write(item); err != nil {
				return err
			}
			before = ",\n  "
		}
		if before == "[\n  " {
			out.WriteString("[")
		} else {
			out.WriteString("\n")
		}
		_, err := out.WriteString("]\n")
		return err
	}
}
