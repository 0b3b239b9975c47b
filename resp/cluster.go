package resp

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"pikv/placement"
)

// Cluster is what a node knows of its cluster and of itself. Its methods are cheap,
// do not block, and are called on any goroutine.
type Cluster interface {
	// View is the placement in force, with no nodes before the first.
	View() *placement.View
	// Self is this node; 0 for one that is no worker.
	Self() placement.Incarnation
	// Figures are what INFO tells.
	Figures() Figures
}

// Figures are what a node tells of itself.
type Figures struct {
	Name, Version, Role string // Role: "worker" or "master", as pikv has it
	Address             string // host:port of this door
	Keys                int64  // of this node's primaries
	Memory, MaxMemory   int64  // bytes of entries, accounted
	Eviction            string // its policy, by pikv's name
	Evicted, Expired    int64  // keys, since the start
	Partitions          int    // of which this node is primary
}

// clusterCommands tell who has which slot.
func clusterCommands() []Command {
	return []Command{{
		Name: "cluster", Arity: -2, Forms: []Command{
			{Name: "cluster|slots", Arity: 2, Flags: Stale, Run: clusterSlots, tips: "nondeterministic_output"},
			{Name: "cluster|shards", Arity: 2, Flags: Stale, Run: clusterShards, tips: "nondeterministic_output"},
			{Name: "cluster|nodes", Arity: 2, Flags: Stale, Run: clusterNodes, tips: "nondeterministic_output"},
			{Name: "cluster|info", Arity: 2, Flags: Stale, Run: clusterInfo, tips: "nondeterministic_output"},
			{Name: "cluster|myid", Arity: 2, Flags: Stale, Run: func(c *Call) { c.BulkString(nodeID(c.Cluster().Self())) }},
			{Name: "cluster|keyslot", Arity: 3, Flags: Stale, Run: func(c *Call) { c.Int(int64(placement.Slot(c.Args[2]))) }},
			{Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale | Barrier, Run: clusterCountKeys},
			{Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale | Barrier, Run: clusterGetKeys, tips: "nondeterministic_output"},
			{Name: "cluster|help", Arity: 2, Flags: Loading | Stale, Run: func(c *Call) { help(c, clusterHelp) }},
		},
	}}
}

// Cluster is what the node knows of its cluster.
func (c *Call) Cluster() Cluster { return c.conn.server.cfg.Cluster }

// copies tells how many others have every write that a node has answered: the fewest
// over all partitions that it serves. One that is no worker speaks for all.
func copies(c Cluster) int {
	view, self, fewest := c.View(), c.Self(), 0
	for i, first := 0, true; i < len(view.Partitions); i++ {
		p := &view.Partitions[i]
		if p.Primary != 0 && (p.Primary == self || self == 0) && (first || len(p.InSync)-1 < fewest) {
			fewest, first = len(p.InSync)-1, false
		}
	}
	return fewest
}

// nodeID is a node's name among clients of Redis: 40 hexadecimal digits.
func nodeID(id placement.Incarnation) string { return id.String() + strings.Repeat("0", 24) }

// slotRange is slots that one node serves.
type slotRange struct {
	first, last uint16
	node        placement.Incarnation
}

// slotRanges returns who serves which slots, as far as somebody does.
func slotRanges(v *placement.View) []slotRange {
	var list []slotRange
	for i := range v.Partitions {
		first, last := placement.SlotRange(placement.PartitionID(i), len(v.Partitions))
		node := v.Partitions[i].Primary
		if n := len(list); n > 0 && list[n-1].node == node {
			list[n-1].last = last
			continue
		}
		list = append(list, slotRange{first, last, node})
	}
	return slices.DeleteFunc(list, func(r slotRange) bool { return r.node == 0 })
}

// door is a node with a port for clients of Redis.
type door struct {
	placement.Node
	host string
	port int64
	all  []slotRange // its slots
}

// doors returns the nodes that clients can reach, by their names, with their slots.
func doors(v *placement.View) []*door {
	var list []*door
	byID := make(map[placement.Incarnation]*door)
	for _, node := range v.Nodes {
		host, port, err := net.SplitHostPort(node.RESPAddr)
		if err != nil {
			continue // it has none
		}
		n, _ := strconv.ParseUint(port, 10, 16)
		d := &door{Node: node, host: host, port: int64(n)}
		list, byID[node.Incarnation] = append(list, d), d
	}
	for _, r := range slotRanges(v) {
		if d := byID[r.node]; d != nil {
			d.all = append(d.all, r)
		}
	}
	return list
}

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
	list := doors(c.Cluster().View())
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
		c.BulkString("online")
	}
}

func clusterNodes(c *Call) {
	view := c.Cluster().View()
	var b strings.Builder
	for _, d := range doors(view) {
		flags := "master"
		if d.Incarnation == c.Cluster().Self() {
			flags = "myself,master"
		}
		fmt.Fprintf(&b, "%s %s@0 %s - 0 0 %d connected", nodeID(d.Incarnation), d.RESPAddr, flags, view.Epoch)
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
	known, size, slots := 0, 0, 0
	for _, d := range doors(view) {
		known++
		if len(d.all) > 0 {
			size++
		}
		for _, r := range d.all {
			slots += int(r.last) - int(r.first) + 1
		}
	}
	state := "ok"
	if slots < placement.Slots {
		state = "fail"
	}
	var b strings.Builder
	for _, line := range []struct {
		name  string
		value any
	}{
		{"cluster_state", state}, {"cluster_slots_assigned", slots}, {"cluster_slots_ok", slots}, {"cluster_slots_pfail", 0},
		{"cluster_slots_fail", 0}, {"cluster_known_nodes", known}, {"cluster_size", size}, {"cluster_current_epoch", view.Epoch},
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
