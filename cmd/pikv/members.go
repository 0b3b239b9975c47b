package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

// membersCommand lists the nodes.
func membersCommand(e env) *cli.Command {
	return question[wire.MembersReply]{
		name: "members", usage: "list the nodes",
		ask: func(ctx context.Context, c *client.Client) (wire.MembersReply, error) {
			list, err := c.Members(ctx)
			return wire.MembersReply{Members: list}, err
		},
		text: func(w io.Writer, m wire.MembersReply) error { return membersTable(w, m.Members) },
	}.command(e)
}

// membersTable prints nodes, one a line. Masters hold nothing. Workers report
// their memory to the master; when it is away, or they are dead, it is not known.
func membersTable(w io.Writer, list []wire.MemberStatus) error {
	rows := [][]string{{"NAME", "ROLE", "STATE", "WEIGHT", "ADDRESS", "RESP", "GOSSIP", "KEYS", "MEMORY", "OWNS", "HOLDS", "REQUESTS/S", "CPU", "NET IN", "NET OUT"}}
	fromMaster := slices.ContainsFunc(list, func(m wire.MemberStatus) bool { return m.Role == roleMaster })
	for _, m := range list {
		row := []string{m.Name, m.Role, m.State, "-", dash(m.Addr), dash(m.RESP), dash(m.Gossip), "-", "-", "-", "-", "-", "-", "-", "-"}
		if m.Role == roleWorker {
			keys, memory := "-", "-"
			if reported := m.Used > 0 || m.Keys > 0; reported || fromMaster && m.State != stateDead {
				keys, memory = strconv.FormatInt(m.Keys, 10), memoryText(m.Used, m.Capacity)+evictionText(m)
			}
			if m.Weight > 0 {
				row[3] = strconv.Itoa(m.Weight)
			}
			copy(row[7:], []string{keys, memory, strconv.Itoa(m.Primaries), strconv.Itoa(m.Replicas)})
			if known(m) {
				copy(row[11:], []string{rateText(m.Load.Requests()), cpuText(m.Load), bytesText(int64(m.Load.In)) + "/s", bytesText(int64(m.Load.Out)) + "/s"})
			}
		}
		rows = append(rows, row)
	}
	return table(w, rows)
}

// The roles and states of members that decide what is printed, as the nodes spell them.
const (
	roleMaster   = "master"
	roleWorker   = "worker"
	stateDead    = "dead"
	stateActive  = "active"
	stateJoining = "joining"
	stateSpare   = "spare"
)

// evictionText says that a worker evicts, and how much it has.
func evictionText(m wire.MemberStatus) string {
	if m.Eviction != evictionLRU {
		return ""
	}
	return fmt.Sprintf(", lru, %d evicted", m.Evicted)
}

// What a worker does when its memory is full, as --eviction spells it.
const evictionLRU = "lru"

// memoryText prints memory in use and what share of the limit that is.
func memoryText(used, capacity int64) string {
	if capacity <= 0 {
		return bytesText(used)
	}
	return fmt.Sprintf("%s of %s (%.0f %%)", bytesText(used), bytesText(capacity), 100*float64(used)/float64(capacity))
}
