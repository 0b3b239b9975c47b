package client

import (
	"math/rand/v2"

	"pikv/client/retry"
	"pikv/placement"
)

// table is the cached view in the form that a call needs it. It is never
// changed: a newer view makes a new table.
type table struct {
	view   *placement.View // nil: the cluster has no view yet, so no worker
	addrs  []string        // the owner's RPC address, by partition; "" when the view does not name it
	nodes  []string        // the address of every worker in the view
	master string          // the master's RPC address, "" when unknown
}

// newTable indexes v, which may be nil.
func newTable(v *placement.View, master string) *table {
	t := &table{view: v, master: master}
	if v == nil {
		return t
	}
	byInc := make(map[placement.Incarnation]string, len(v.Nodes))
	for _, n := range v.Nodes {
		byInc[n.Incarnation] = n.Addr
		t.nodes = append(t.nodes, n.Addr)
	}
	t.addrs = make([]string, len(v.Partitions))
	for p := range v.Partitions {
		t.addrs[p] = byInc[v.Partitions[p].Primary]
	}
	return t
}

// partition returns the partition of key. The table must have a view.
func (t *table) partition(key string) placement.PartitionID {
	return placement.PartitionOf([]byte(key), len(t.addrs))
}

// owner returns what the view knows of p's owner.
func (t *table) owner(p placement.PartitionID) retry.Hop {
	if int(p) >= len(t.addrs) {
		return retry.Hop{}
	}
	return retry.Hop{Addr: t.addrs[p], Master: t.view.MasterID, Known: t.view.Partitions[p].Epoch}
}

// position returns the view's master id and epoch, zeros without a view.
func (t *table) position() (placement.MasterID, placement.Epoch) {
	if t.view == nil {
		return 0, 0
	}
	return t.view.MasterID, t.view.Epoch
}

// sources returns the addresses to ask for a newer view: prefer first (unless
// it is ""), then the other workers in random order, the master, and the
// seeds. avoid comes last of all, for it may be the one that does not answer.
// No address appears twice. The first workers of them are workers of the view.
func (t *table) sources(prefer, avoid string, seeds []string) (addrs []string, workers int) {
	seen := map[string]bool{"": true, avoid: true}
	add := func(addr string) {
		if !seen[addr] {
			seen[addr] = true
			addrs = append(addrs, addr)
		}
	}
	add(prefer)
	for _, i := range rand.Perm(len(t.nodes)) {
		add(t.nodes[i])
	}
	workers = len(addrs)
	add(t.master)
	for _, s := range seeds {
		add(s)
	}
	if avoid != "" {
		addrs = append(addrs, avoid)
	}
	return addrs, workers
}
