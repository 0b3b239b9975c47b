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

func membersCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "members",
		Usage:     "list the nodes",
		ArgsUsage: " ",
		Flags:     commonFlags(),
		Action: func(cc *cli.Context) error {
			m := &members{session: sessionOf(e, cc)}
			return m.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// members lists the nodes.
type members struct{ session }

// Run executes the command.
func (m *members) Run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("members", "it takes no argument")
	}
	return m.with(ctx, func(c *client.Client) error {
		list, err := c.Members(ctx)
		if err != nil {
			return err
		}
		if m.json {
			return writeJSON(m.stdout, wire.MembersReply{Members: list})
		}
		return membersTable(m.stdout, list)
	})
}

// membersTable prints nodes, one a line. Masters hold nothing.
func membersTable(w io.Writer, list []wire.MemberStatus) error {
	rows := [][]string{{"NAME", "ROLE", "STATE", "ADDRESS", "GOSSIP", "KEYS", "MEMORY", "OWNS", "HOLDS"}}
	for _, m := range list {
		row := []string{m.Name, m.Role, m.State, dash(m.Addr), dash(m.Gossip), "-", "-", "-", "-"}
		if m.Role == "worker" {
			row = append(row[:5], strconv.FormatInt(m.Keys, 10), memoryText(m.Used, m.Capacity),
				strconv.Itoa(m.Primaries), strconv.Itoa(m.Replicas))
		}
		rows = append(rows, row)
	}
	return table(w, rows)
}

// memoryText prints memory in use and what share of the limit that is.
func memoryText(used, capacity int64) string {
	if capacity <= 0 {
		return bytesText(used)
	}
	return fmt.Sprintf("%s of %s (%.0f %%)", bytesText(used), bytesText(capacity), 100*float64(used)/float64(capacity))
}
