package resp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pikv/placement"
)

// clusterCommands tell who has which slot.
func clusterCommands() []Command {
	return []Command{{
		Name: "cluster", Arity: -2, Forms: []Command{
			{Name: "cluster|slots", Arity: 2, Flags: Stale | Heavy, Run: clusterSlots, tips: "nondeterministic_output"},
			{Name: "cluster|shards", Arity: 2, Flags: Stale | Heavy, Run: clusterShards, tips: "nondeterministic_output"},
			{Name: "cluster|nodes", Arity: 2, Flags: Stale | Heavy, Run: clusterNodes, tips: "nondeterministic_output"},
			{Name: "cluster|info", Arity: 2, Flags: Stale | Heavy, Run: clusterInfo, tips: "nondeterministic_output"},
			{Name: "cluster|myid", Arity: 2, Flags: Stale, Run: clusterMyID},
			{Name: "cluster|keyslot", Arity: 3, Flags: Stale, Run: func(c *Call) { c.Int(int64(placement.Slot(c.Args[2]))) }},
			{Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale | Barrier, Run: clusterCountKeys},
			{Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale | Barrier, Run: clusterGetKeys, tips: "nondeterministic_output"},
			{Name: "cluster|help", Arity: 2, Flags: Loading | Stale, Run: func(c *Call) { help(c, clusterHelp) }},
		},
	}}
}

// clusterMyID is the name that CLUSTER NODES has for this node, if it is a worker.
func clusterMyID(c *Call) {
	if id := c.conn.server.cfg.ID; id != "" {
		c.BulkString(id)
		return
	}
	c.BulkString(nodeID(c.Cluster().Self()))
}

// clusterSlots names no backups, nor do the others: they serve no reads.
func clusterSlots(c *Call) {
	var list []slotRange
	byID := make(map[placement.Incarnation]*door)
	for _, d := range doors(c.Cluster().View()) {
		byID[d.Incarnation] = d
		list = append(list, d.all...)
	}
	slices.SortFunc(list, func(a, b slotRange) int { return cmp.Compare(a.first, b.first) })
	c.Array(len(list))
	for _, r := range list {
		d := byID[r.node]
		c.Array(3)
		c.Int(int64(r.first))
		c.Int(int64(r.last))
		c.Array(4)
		c.BulkString(d.host)
		c.Int(d.port)
		c.BulkString(nodeID(d.Incarnation))
		c.Map(0)
	}
}

func clusterShards(c *Call) {
	list, live := doors(c.Cluster().View()), c.Cluster().Live()
	c.Array(len(list))
	for _, d := range list {
		c.Map(2)
		c.BulkString("slots")
		c.Array(2 * len(d.all))
		for _, r := range d.all {
			c.Int(int64(r.first))
			c.Int(int64(r.last))
		}
		c.BulkString("nodes")
		c.Array(1)
		c.Map(7)
		c.BulkString("id")
		c.BulkString(nodeID(d.Incarnation))
		c.BulkString("port")
		c.Int(d.port)
		c.BulkString("ip")
		c.BulkString(d.host)
		c.BulkString("endpoint")
		c.BulkString(d.host)
		c.BulkString("role")
		c.BulkString("master")
		c.BulkString("replication-offset")
		c.Int(0)
		c.BulkString("health")
		if live[d.Incarnation] {
			c.BulkString("online")
		} else {
			c.BulkString("fail")
		}
	}
}

func clusterNodes(c *Call) {
	view, live := c.Cluster().View(), c.Cluster().Live()
	var b strings.Builder
	for _, d := range doors(view) {
		flags, link := "master", "connected"
		switch {
		case d.Incarnation == c.Cluster().Self():
			flags = "myself,master"
		case !live[d.Incarnation]:
			flags, link = "master,fail", "disconnected"
		}
		fmt.Fprintf(&b, "%s %s@0 %s - 0 0 %d %s", nodeID(d.Incarnation), bare(d.RESPAddr), flags, view.Epoch, link)
		for _, r := range d.all {
			if r.first == r.last {
				fmt.Fprintf(&b, " %d", r.first)
			} else {
				fmt.Fprintf(&b, " %d-%d", r.first, r.last)
			}
		}
		b.WriteByte('\n')
	}
	c.Text(b.String())
}

func clusterInfo(c *Call) {
	view := c.Cluster().View()
	list := doors(view)
	known, size := len(list), 0
	for _, d := range list {
		if len(d.all) > 0 {
			size++
		}
	}
	slots := countSlots(view, list, c.Cluster().Live())
	state := "ok"
	if slots.assigned < placement.Slots || slots.fail > 0 {
		state = "fail"
	}
	var b strings.Builder
	for _, line := range []struct {
		name  string
		value any
	}{
		{"cluster_state", state}, {"cluster_slots_assigned", slots.assigned}, {"cluster_slots_ok", slots.assigned - slots.pfail - slots.fail},
		{"cluster_slots_pfail", slots.pfail}, {"cluster_slots_fail", slots.fail}, {"cluster_known_nodes", known}, {"cluster_size", size}, {"cluster_current_epoch", view.Epoch},
		{"cluster_my_epoch", view.Epoch}, {"cluster_stats_messages_sent", 0}, {"cluster_stats_messages_received", 0},
		{"total_cluster_links_buffer_limit_exceeded", 0},
	} {
		fmt.Fprintf(&b, "%s:%v\r\n", line.name, line.value)
	}
	c.Text(b.String())
}

// clusterHelp is what CLUSTER HELP says.
var clusterHelp = []string{
	"CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"COUNTKEYSINSLOT <slot>", "    Return the number of keys in <slot>.",
	"GETKEYSINSLOT <slot> <count>", "    Return key names stored by current node in a slot.",
	"INFO", "    Return information about the cluster.",
	"KEYSLOT <key>", "    Return the hash slot for <key>.",
	"MYID", "    Return the node id.",
	"NODES", "    Return cluster configuration seen by node. Output format:",
	"    <id> <ip:port> <flags> <master> <pings> <pongs> <epoch> <link> <slot> ...",
	"SLOTS", "    Return information about slots range mappings. Each range is made of:",
	"    start, end, master and replicas IP addresses, ports and ids",
	"SHARDS", "    Return information about slot range mappings and the nodes associated with them.",
	"HELP", "    Print this help.",
}
