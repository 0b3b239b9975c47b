package testcluster

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// WaitSettled waits until nothing is left to do: the master sees exactly the
// nodes that run, and the view in force is the ring of those that are not
// draining, with all replicas in sync. Partitions of which every in-sync replica
// is gone stay as they are, and count for nothing.
func (c *Cluster) WaitSettled() {
	c.t.Helper()
	c.Eventually("wait until the cluster has settled", func(ctx context.Context) error {
		now, err := c.look(ctx)
		if err != nil {
			return err
		}
		return now.isRing()
	})
}

// WaitSynced waits until Synced returns nil.
func (c *Cluster) WaitSynced() {
	c.t.Helper()
	c.Eventually("wait until every partition is in sync", c.Synced)
}

// Synced returns nil when every partition has all the replicas that are wanted,
// in sync and alive, wherever they are; else what is missing. The master must
// see the nodes as they are, and say so, too.
func (c *Cluster) Synced(ctx context.Context) error {
	now, err := c.look(ctx)
	if err != nil {
		return err
	}
	copies := min(now.view.Replicas, len(placement.ActiveMembers(now.members())))
	for p, conf := range now.view.Partitions {
		if len(conf.InSync) < copies {
			return fmt.Errorf("partition %d has %d in-sync replicas of %d", p, len(conf.InSync), copies)
		}
		for _, inc := range conf.InSync {
			if !now.live[inc] {
				return fmt.Errorf("partition %d counts on %v, which is gone", p, inc)
			}
		}
	}
	if s := now.status; copies == s.Replicas && s.Synced+s.Moving != s.Partitions {
		return fmt.Errorf("of %d partitions %d are synced, %d degraded, %d moving, %d waiting, %d lost: %+v", s.Partitions,
			s.Synced, s.Degraded, s.Moving, s.Waiting, s.Lost, s.Problems)
	}
	return nil
}

// picture is what the cluster says of itself at one time.
type picture struct {
	status wire.StatusReply
	view   *placement.View
	live   map[placement.Incarnation]bool // workers
}

// look asks for a picture; one in which the master sees other nodes than those
// that run is an error.
func (c *Cluster) look(ctx context.Context) (*picture, error) {
	status, err := c.own.Status(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.seesAll(status); err != nil {
		return nil, err
	}
	view, err := c.own.View(ctx)
	if err != nil {
		return nil, err
	}
	if view.Epoch < placement.Epoch(status.Epoch) {
		return nil, fmt.Errorf("the client's view is of epoch %v, the master's of %d", view.Epoch, status.Epoch)
	}
	if err := c.allHave(ctx, view); err != nil {
		return nil, err
	}
	now := &picture{status: status, view: view, live: make(map[placement.Incarnation]bool)}
	for _, m := range status.Members {
		if m.State != stateDead && m.Role == string(membership.RoleWorker) {
			now.live[placement.Incarnation(m.Incarnation)] = true
		}
	}
	if got := len(now.members()); got != len(now.live) {
		return nil, fmt.Errorf("the view names %d of %d live workers", got, len(now.live))
	}
	return now, nil
}

// allHave asks every worker that runs whether it has view, or a later one of that
// master: the master is content before the last of them has heard of it.
func (c *Cluster) allHave(ctx context.Context, view *placement.View) error {
	for _, m := range c.nodes {
		if !m.Running || m.Role != membership.RoleWorker {
			continue
		}
		if err := c.has(ctx, m.RPC, view); err != nil {
			return fmt.Errorf("ask %s for its view: %w", m.Name, err)
		}
	}
	return nil
}

// has returns nil when the worker at addr has view, or a later one.
func (c *Cluster) has(ctx context.Context, addr string, view *placement.View) (err error) {
	conn, err := rpcclient.Dial(ctx, addr, rpcclient.Config{Dialer: c.place.dial(), Limits: wire.DefaultLimits()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	req := wire.ViewRequest{MasterID: uint64(view.MasterID), Since: math.MaxUint64}
	var reply wire.ViewReply
	if err := conn.CallBody(ctx, wire.MethodView, &req, &reply); err != nil {
		return err
	}
	if reply.MasterID != req.MasterID || placement.Epoch(reply.Epoch) < view.Epoch {
		return fmt.Errorf("it has epoch %d of master %x, not yet %v of %v", reply.Epoch, reply.MasterID, view.Epoch, view.MasterID)
	}
	return nil
}

// members returns the live workers that the view names.
func (p *picture) members() []placement.Node {
	var members []placement.Node
	for _, n := range p.view.Nodes {
		if p.live[n.Incarnation] {
			members = append(members, n)
		}
	}
	return members
}

// seesAll compares the members that are not dead with the nodes that run. Of one
// that has come back at its old address it must not show the run before.
func (c *Cluster) seesAll(status wire.StatusReply) error {
	if status.Role != string(membership.RoleMaster) {
		return fmt.Errorf("%s answers, not the master", status.Node)
	}
	var want, got []string
	running := make(map[string]*member)
	for _, m := range c.nodes {
		if m.Running {
			at := m.Name + " at " + m.RPC
			want, running[at] = append(want, at), m
		}
	}
	for _, s := range status.Members {
		if s.State == stateDead {
			continue
		}
		at := s.Name + " at " + s.Addr
		got = append(got, at)
		if m := running[at]; m != nil && m.before[s.Incarnation] {
			return fmt.Errorf("the master sees the %s that was there before", at)
		} else if m != nil {
			m.shown = s.Incarnation
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
func (p *picture) isRing() error {
	active := placement.ActiveMembers(p.members())
	if len(active) == 0 {
		return errors.New("no worker is active")
	}
	ring, err := placement.NewRing(active, len(p.view.Partitions))
	if err != nil {
		return err
	}
	away := 0
	target := ring.Target(p.view.Replicas)
	for id := range p.view.Partitions {
		if !p.isThere(&p.view.Partitions[id], target[id]) {
			away++
		}
	}
	if away > 0 {
		return fmt.Errorf("%d of %d partitions are not where the ring wants them", away, len(target))
	}
	return nil
}

// isThere reports whether a partition is where the ring wants it, or lost.
func (p *picture) isThere(conf *placement.Partition, want []string) bool {
	if !slices.ContainsFunc(conf.InSync, func(inc placement.Incarnation) bool { return p.live[inc] }) {
		return true
	}
	if len(conf.InSync) != len(want) || len(conf.Learners) > 0 {
		return false
	}
	for _, inc := range conf.InSync {
		node, _ := p.view.Node(inc)
		if !p.live[inc] || !slices.Contains(want, node.Name) || inc == conf.Primary && node.Name != want[0] {
			return false
		}
	}
	return true
}
