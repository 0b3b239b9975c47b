package testcluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pikv/client"
	"pikv/membership"
	"pikv/placement"
	"pikv/wire"
)

// WaitSettled waits until nothing is left to do: the master sees exactly the
// nodes that run, and the view in force is the ring of those that are not
// draining. Partitions whose owner is gone stay as they are, and count for nothing.
func (c *Cluster) WaitSettled() {
	c.t.Helper()
	c.Eventually("wait until the cluster has settled", func(ctx context.Context) error {
		status, err := c.own.Status(ctx)
		if err != nil {
			return err
		}
		if err := seesAll(status, c.Nodes()); err != nil {
			return err
		}
		return isRing(ctx, c.own, status)
	})
}

// seesAll compares the members that are not dead with the nodes that run.
func seesAll(status wire.StatusReply, nodes []Node) error {
	if status.Role != string(membership.RoleMaster) {
		return fmt.Errorf("%s answers, not the master", status.Node)
	}
	var want, got []string
	for _, n := range nodes {
		if n.Running {
			want = append(want, n.Name+" at "+n.RPC)
		}
	}
	for _, m := range status.Members {
		if m.State != stateDead {
			got = append(got, m.Name+" at "+m.Addr)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the master sees %v, and %v run", got, want)
	}
	return nil
}

// stateDead is what a status calls a member that the view names and gossip does not.
const stateDead = "dead"

// isRing compares the view in force with the ring of its live, active nodes.
func isRing(ctx context.Context, cl *client.Client, status wire.StatusReply) error {
	view, err := cl.View(ctx)
	if err != nil {
		return err
	}
	live := make(map[placement.Incarnation]bool)
	for _, m := range status.Members {
		if m.State != stateDead && m.Role == string(membership.RoleWorker) {
			live[placement.Incarnation(m.Incarnation)] = true
		}
	}
	if view.Epoch < placement.Epoch(status.Epoch) {
		return fmt.Errorf("the client's view is of epoch %v, the master's of %d", view.Epoch, status.Epoch)
	}
	var members []placement.Node
	for _, n := range view.Nodes {
		if live[n.Incarnation] {
			members = append(members, n)
		}
	}
	if len(members) != len(live) {
		return fmt.Errorf("the view names %d of %d live workers", len(members), len(live))
	}
	active := placement.ActiveMembers(members)
	if len(active) == 0 {
		return errors.New("no worker is active")
	}
	ring, err := placement.NewRing(active, len(view.Partitions))
	if err != nil {
		return err
	}
	away := 0
	for p, conf := range view.Partitions {
		owner, ok := view.Node(conf.Primary)
		if !ok || !live[conf.Primary] {
			continue
		}
		copies := min(view.Replicas, len(active))
		if owner.Name != ring.Owner(placement.PartitionID(p)) || len(conf.InSync) != copies || len(conf.Learners) > 0 {
			away++
		}
	}
	if away > 0 {
		return fmt.Errorf("%d of %d partitions are not where the ring wants them", away, len(view.Partitions))
	}
	return nil
}
