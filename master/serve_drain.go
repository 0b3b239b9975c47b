package master

import (
	"context"
	"slices"
	"strings"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveDrain marks a worker as draining, which is durable, and answers how
// much it still holds. To ask again is harmless; the asker does so until
// nothing is left.
func (f *front) serveDrain(ctx context.Context, c *rpcserver.Call) {
	var req wire.DrainRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	left, err := f.drain(ctx, req.Node)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&wire.DrainReply{Left: left})
}

func (f *front) drain(ctx context.Context, name string) (left int, err error) {
	if _, err := f.awaitView(ctx); err != nil {
		return 0, err
	}
	workers := workersOf(f.members())
	rg := f.authority.reign()
	err = f.register.Update(ctx, func(base *State) (*State, error) {
		if rg.inForce(base) == nil {
			return base, wire.Errorf(wire.CodeBusy, "the master is recovering")
		}
		nodes, changed, err := drained(base.View, workers, name)
		if err != nil {
			return base, err
		}
		left = replicasOf(base.View, incarnationsOf(base.View, workers, name))
		if !changed {
			return base, nil
		}
		return withNodes(base, nodes)
	})
	if err != nil {
		return 0, registerError(err)
	}
	f.loop.wake()
	return left, nil
}

// drained returns the nodes of v with the worker called name draining, and
// whether that is a change. It refuses, as *wire.Error, a name that v does not
// know, and the last worker that would be left to hold anything. Pure.
func drained(v *placement.View, workers []membership.Member, name string) (nodes []placement.Node, changed bool, err error) {
	incs := incarnationsOf(v, workers, name)
	if len(incs) == 0 {
		return nil, false, unknownNode(v, name)
	}
	nodes = slices.Clone(v.Nodes)
	for i, n := range nodes {
		if slices.Contains(incs, n.Incarnation) && n.State != placement.NodeDraining {
			nodes[i].State, changed = placement.NodeDraining, true
		}
	}
	if !changed {
		return nodes, false, nil
	}
	for _, n := range ringNodes(v, workers) {
		if !slices.Contains(incs, n.Incarnation) {
			return nodes, true, nil
		}
	}
	return nil, false, wire.Errorf(wire.CodeRefused, "%q is the last active worker: nobody could take what it holds; start another one first", name)
}

// incarnationsOf returns the incarnations in v that an operator means by name:
// the live one; when none lives, all of that name.
func incarnationsOf(v *placement.View, workers []membership.Member, name string) []placement.Incarnation {
	var all []placement.Incarnation
	for _, n := range v.Nodes {
		if n.Name != name {
			continue
		}
		for _, w := range workers {
			if w.Incarnation == uint64(n.Incarnation) {
				return []placement.Incarnation{n.Incarnation}
			}
		}
		all = append(all, n.Incarnation)
	}
	return all
}

// unknownNode names the workers that there are.
func unknownNode(v *placement.View, name string) error {
	var names []string
	for _, n := range v.Nodes {
		names = append(names, n.Name)
	}
	return wire.Errorf(wire.CodeUnknownNode, "no worker is called %q; there are %s", name, strings.Join(slices.Compact(names), ", "))
}

// replicasOf counts the partitions of which one of incs is a replica, in sync
// or learning.
func replicasOf(v *placement.View, incs []placement.Incarnation) int {
	count := 0
	for p := range v.Partitions {
		for _, inc := range incs {
			if v.Holds(placement.PartitionID(p), inc) {
				count++
				break
			}
		}
	}
	return count
}
