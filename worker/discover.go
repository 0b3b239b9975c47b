package worker

import (
	"context"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"pikv/discovery"
	"pikv/placement"
)

// findEvery is how often a worker among others looks for a master, of which it has
// not heard yet.
const findEvery = 10 * time.Second

// finder returns the worker's way to a cluster of which it was told no address; nil
// when it was told one, or is not to look.
func (w *Worker) finder() func(ctx context.Context, alone bool) ([]netip.AddrPort, error) {
	if !w.cfg.Discover || len(w.cfg.Join) > 0 {
		return nil
	}
	f := &finder{cluster: w.cfg.Cluster, log: w.log}
	return f.find
}

// finder looks for a cluster by multicast DNS. Its one method is never called twice
// at once.
type finder struct {
	cluster string
	log     *zap.Logger
	next    time.Time      // when a worker among others looks again
	told    discovery.Node // the node last said to be found
}

// find returns where nodes of the cluster gossip, the master first. Why there is
// none is an error: membership goes on trying, and tells it now and then.
func (f *finder) find(ctx context.Context, alone bool) ([]netip.AddrPort, error) {
	var nodes []discovery.Node
	var err error
	switch {
	case alone:
		nodes, err = discovery.Find(ctx, f.cluster, true)
	case time.Now().Before(f.next):
		return nil, nil
	default:
		f.next = time.Now().Add(findEvery)
		nodes, err = discovery.FindMaster(ctx, f.cluster)
	}
	if err != nil {
		return nil, err
	}
	if nodes[0] != f.told {
		f.told = nodes[0]
		f.log.Info("found the cluster by multicast DNS", zap.String("cluster", f.cluster), zap.String(nodes[0].Role, nodes[0].Name),
			zap.Stringer("gossip", nodes[0].Gossip), zap.Int("answers", len(nodes)))
	}
	addrs := make([]netip.AddrPort, len(nodes))
	for i, n := range nodes {
		addrs[i] = n.Gossip
	}
	return addrs, nil
}

// beFound begins to answer those who look for the cluster.
func (w *Worker) beFound() (err error) {
	if !w.cfg.Discover || !discovery.Addressable(w.addr) {
		return nil
	}
	w.responder, err = discovery.Announce(discovery.Node{Cluster: w.cfg.Cluster, Name: w.cfg.Name, Role: discovery.RoleWorker}, w.follows,
		w.gossip.GossipAddr(), w.addr, w.cfg.Bind, w.log)
	return err
}

// follows returns the id of the master that this worker follows, 0 before the first.
func (w *Worker) follows() placement.MasterID {
	id, _ := w.follower.following()
	return id
}

// closeResponder ends that.
func (w *Worker) closeResponder() {
	if w.responder != nil {
		w.responder.Close()
	}
}
