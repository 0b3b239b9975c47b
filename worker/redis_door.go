package worker

import (
	"context"
	"net"
	"strconv"

	"pikv/placement"
	"pikv/resp"
	"pikv/socket"
)

// newRedis makes the door for clients of Redis; nil: none is wanted.
func newRedis(w *Worker) (*resp.Server, error) {
	if w.cfg.RESPPort == 0 {
		return nil, nil
	}
	return resp.New(resp.Config{
		Keyspace: redisData{w}, Expect: w.expect, Cluster: redisCluster{w}, Clock: w.cfg.Server.Clock, Bursts: w.cfg.Server.Bursts,
		Users: w.cfg.RESPUsers, Limits: w.cfg.Server.Limits, MaxConns: w.cfg.Server.MaxConns, Budget: w.cfg.Server.Budget,
		Log: w.log,
	})
}

// listenRedis opens the door's port and sets its address, before others hear of it.
// The listener is nil when no door is wanted.
func (w *Worker) listenRedis(host string) (net.Listener, error) {
	if w.redis == nil {
		return nil, nil
	}
	ln, err := socket.Listen(w.cfg.Bind, w.cfg.RESPPort, socket.RESPPort)
	if err != nil {
		return nil, err
	}
	w.respAddr = net.JoinHostPort(host, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	return ln, nil
}

// closeRedis closes the door: see resp.Server.Close.
func (w *Worker) closeRedis(ctx context.Context) error {
	if w.redis == nil {
		return nil
	}
	return w.redis.Close(ctx)
}

// asked counts what clients have asked for data: it changes if they ask for any.
func (w *Worker) asked() int64 {
	n := w.requests()
	if w.redis != nil {
		n += w.redis.Stats().Keyed // some it redirects itself
	}
	return n
}

// redisCluster is what the door tells of the cluster.
type redisCluster struct{ w *Worker }

var _ resp.Cluster = redisCluster{}

// View implements resp.Cluster.
func (c redisCluster) View() *placement.View { return c.w.view() }

// Self implements resp.Cluster.
func (c redisCluster) Self() placement.Incarnation { return c.w.incarnation }

// Live implements resp.Cluster.
func (c redisCluster) Live() map[placement.Incarnation]bool {
	live := map[placement.Incarnation]bool{c.w.incarnation: true}
	for _, m := range c.w.gossiped() {
		live[placement.Incarnation(m.Incarnation)] = true
	}
	return live
}

// Figures implements resp.Cluster.
func (c redisCluster) Figures() resp.Figures {
	w := c.w
	held := w.count(nil)
	return resp.Figures{
		Name: w.cfg.Name, Version: w.cfg.Version, Role: "worker", Address: w.respAddr, Keys: held.keys, Mortal: held.mortal, Partitions: held.primaries,
		Memory: w.memory.Used(), MemoryPeak: w.sweeper.peak.Load(), MaxMemory: w.memory.Limit(), Eviction: w.cfg.Eviction,
		Evicted: w.evicted(), Expired: w.expired.Load(),
	}
}
