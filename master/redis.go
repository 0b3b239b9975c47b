package master

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"strconv"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/resp"
	"pikv/socket"
)

// newRedis makes the master's door for clients of Redis. It tells them where keys are,
// or with --resp-proxy what they hold.
func newRedis(m *Master) (*resp.Server, error) {
	begun := time.Now()
	cfg := resp.Config{
		Cluster: redisCluster{m}, Clock: func() int64 { return int64(time.Since(begun)) }, Bursts: m.cfg.Server.Bursts,
		ID:    redisID(m.cfg.Cluster, m.cfg.Name),
		Users: m.cfg.RESPUsers, Limits: m.front.limits, MaxConns: m.cfg.Server.MaxConns, Budget: m.cfg.Server.Budget,
		Log: m.log.Named("redis"),
	}
	if m.cfg.RESPProxy {
		cfg.Keyspace, cfg.Remote = redisProxy{&m.front.proxy, cfg.Clock, cfg.Budget, make(chan struct{}, mostFlushes)}, true
	} else {
		cfg.Keyspace = redisElsewhere{redisCluster{m}}
	}
	return resp.New(cfg)
}

// redisID is a master's name among clients of Redis, the same after each restart.
func redisID(cluster, name string) string {
	sum := sha256.Sum256([]byte(strconv.Quote(cluster) + " master " + strconv.Quote(name)))
	return hex.EncodeToString(sum[:20])
}

// listenRedis opens the port and sets its address, before others hear of it.
func (m *Master) listenRedis(host string) (err error) {
	if m.cfg.RESPPort == 0 {
		return nil
	}
	m.redisListener, err = socket.Listen(m.cfg.Bind, m.cfg.RESPPort, socket.RESPPort)
	if err == nil {
		m.respAddr = net.JoinHostPort(host, strconv.Itoa(m.redisListener.Addr().(*net.TCPAddr).Port))
	}
	return err
}

// openRedis serves the port that is open.
func (m *Master) openRedis() (err error) {
	if m.redisListener == nil {
		return nil
	}
	if m.redis, err = newRedis(m); err != nil {
		return err
	}
	if err := m.redis.Start(m.redisListener); err != nil {
		return err
	}
	m.log.Info("listening for Redis clients", zap.String("address", m.respAddr), zap.Bool("proxy", m.cfg.RESPProxy))
	return nil
}

// redisCluster is what the door tells of the cluster.
type redisCluster struct{ m *Master }

var _ resp.Cluster = redisCluster{}

// View implements resp.Cluster.
func (c redisCluster) View() *placement.View {
	if v, _, _, _ := c.m.front.view(); v != nil {
		return v
	}
	return &placement.View{}
}

// Self implements resp.Cluster: a master holds no data, so views do not know it.
func (c redisCluster) Self() placement.Incarnation { return 0 }

// Live implements resp.Cluster.
func (c redisCluster) Live() map[placement.Incarnation]bool {
	live := make(map[placement.Incarnation]bool)
	for _, m := range c.m.front.members() {
		live[placement.Incarnation(m.Incarnation)] = true
	}
	return live
}

// Figures implements resp.Cluster. A proxy speaks for all workers, as they last
// reported.
func (c redisCluster) Figures() resp.Figures {
	f := resp.Figures{
		Name: c.m.cfg.Name, Version: c.m.cfg.Version, Role: string(membership.RoleMaster), Address: c.m.respAddr,
	}
	if !c.m.cfg.RESPProxy {
		return f
	}
	// Its peak is what INFO has seen.
	for _, line := range c.m.front.memberStatus() {
		f.Keys += line.Keys
		f.Mortal += line.Mortal
		f.Memory += line.Used
		f.MaxMemory += line.Capacity
		f.Evicted += line.Evicted
		f.Expired += line.Expired
		f.Partitions += line.Primaries
		f.Eviction = cmp.Or(line.Eviction, f.Eviction)
	}
	return f
}
