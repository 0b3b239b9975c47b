package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

func statusCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "show how the cluster is",
		ArgsUsage: " ",
		Flags:     commonFlags(),
		Action: func(cc *cli.Context) error {
			s := &status{session: sessionOf(e, cc)}
			return s.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// status shows how the cluster is.
type status struct{ session }

// Run executes the command.
func (s *status) Run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("status", "it takes no argument")
	}
	return s.with(ctx, func(c *client.Client) error {
		reply, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if s.json {
			return writeJSON(s.stdout, reply)
		}
		return statusText(s.stdout, reply)
	})
}

// statusText prints the cluster's figures, then its nodes. Figures that should be zero
// are printed with what they mean when they are not.
func statusText(w io.Writer, r wire.StatusReply) error {
	rows := [][]string{
		{"cluster", r.Cluster},
		{"answered by", fmt.Sprintf("%s (%s, version %s)", r.Node, r.Role, r.Version)},
		{"master", dash(r.MasterAddr)},
		{"epoch", strconv.FormatUint(r.Epoch, 10)},
		{"partitions", strconv.Itoa(r.Partitions)},
		{"replicas", strconv.Itoa(r.Replicas)},
	}
	for _, figure := range []struct {
		name, meaning string
		n             int
	}{
		{"moving", "being moved or filled", r.Moving},
		{"waiting", "the owner does not answer", r.Waiting},
		{"lost", "every replica is gone for good", r.Lost},
		{"frozen", "not changed until their replicas have reported to the new master", r.Frozen},
	} {
		value := strconv.Itoa(figure.n)
		if figure.n > 0 {
			value += " partitions: " + figure.meaning
		}
		rows = append(rows, []string{figure.name, value})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return membersTable(w, r.Members)
}
