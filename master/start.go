package master

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.uber.org/zap"

	"pikv/client"
	"pikv/discovery"
	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/socket"
)

// start does what Start says, step by step; stop undoes what was done.
func (m *Master) start(ctx, running context.Context) (err error) {
	// The file first: whoever must not run at all should say so before
	// others have seen it.
	if m.lock, err = lockDataDir(m.cfg.DataDir, m.cfg.Cluster); err != nil {
		return err
	}
	m.file = &viewFile{disk: osDisk{}, dir: m.cfg.DataDir, cluster: m.cfg.Cluster}
	first, err := m.load()
	if err != nil {
		return err
	}
	// The RPC port is opened before gossip tells it to others, and served
	// only once it is certain that there is no other master.
	if m.listener, err = socket.Listen(m.cfg.Bind, m.cfg.RPCPort, socket.RPCPort); err != nil {
		return err
	}
	if m.gossip, err = m.joinGossip(ctx); err != nil {
		return err
	}
	if err := awaitNoRival(ctx, m.patience, m.cfg.Name, m.gossip.Members, m.gossip.Changed()); err != nil {
		return err
	}
	m.register = newFileKeeper(first, m.file.save)
	m.register.start()
	m.compose(first, running)
	m.tasks.Go(func() { m.watchFailures(running) })
	m.server.Start(m.listener)
	if err := m.openProxy(ctx); err != nil {
		return err
	}
	if err := m.openRedis(); err != nil {
		return err
	}
	return m.beFound()
}

// beFound begins to answer those who look for the cluster, as the last thing: who
// finds this master wants to be served.
func (m *Master) beFound() (err error) {
	if !m.cfg.Discover || !discovery.Addressable(m.addr) {
		return nil
	}
	m.responder, err = discovery.Announce(discovery.Node{Cluster: m.cfg.Cluster, Name: m.cfg.Name, Role: discovery.RoleMaster},
		func() placement.MasterID { return m.front.authority.reign().ID },
		m.gossip.GossipAddr(), m.addr, m.cfg.Bind, m.log)
	return err
}

// load reads the view's file. With Recover a file that cannot be used is set
// aside, and the workers are asked instead.
func (m *Master) load() (*register.State, error) {
	s, err := m.file.load()
	if err != nil {
		if !m.cfg.Recover {
			return nil, err
		}
		aside, renameErr := m.file.setAside()
		if renameErr != nil {
			return nil, errors.Join(err, renameErr)
		}
		m.log.Warn("starting without the view's file", zap.String("set_aside_as", aside), zap.Error(err))
		return &register.State{}, nil
	}
	if s.View == nil {
		return s, nil
	}
	if err := m.file.save(s); err != nil {
		return nil, fmt.Errorf("write down the view that was read: %w", err)
	}
	m.log.Info("view loaded", zap.Stringer("master_id", s.View.MasterID), zap.Stringer("epoch", s.View.Epoch),
		zap.Int("frozen", len(s.Frozen)))
	if len(s.View.Partitions) != m.cfg.Partitions {
		m.log.Warn("the number of partitions stays as it was at the cluster's birth", zap.Int("partitions", len(s.View.Partitions)))
	}
	if s.View.Replicas != m.cfg.Replicas {
		m.log.Warn("the number of replicas stays as it is in the view; `pikv replicas` changes it",
			zap.Int("replicas", s.View.Replicas), zap.Int("asked_for", m.cfg.Replicas))
	}
	if m.cfg.Recover {
		m.log.Warn("--recover: partitions may be changed although replicas of them are missing; writes that only an absent worker knows may be lost")
	}
	return s, nil
}

// joinGossip finds the advertised address and enters the cluster.
func (m *Master) joinGossip(ctx context.Context) (*membership.Membership, error) {
	host := m.cfg.Advertise
	if host == "" {
		var err error
		if host, err = membership.FindAdvertise(m.cfg.Bind); err != nil {
			return nil, fmt.Errorf("find this node's address: %w", err)
		}
	}
	port := m.listener.Addr().(*net.TCPAddr).Port
	m.addr = net.JoinHostPort(host, strconv.Itoa(port))
	if err := m.listenRedis(host); err != nil {
		return nil, err
	}
	gossip, err := membership.New(membership.Config{
		Name: m.cfg.Name, Role: membership.RoleMaster, Incarnation: m.incarnation, Cluster: m.cfg.Cluster,
		BindAddr: m.cfg.Bind, BindPort: m.cfg.GossipPort, AdvertiseAddr: host, RPCAddr: m.addr, RESPAddr: m.respAddr,
		Key: m.cfg.GossipKey, Profile: m.cfg.Profile, Join: m.cfg.Join, Log: m.cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	return gossip, gossip.Start(ctx)
}

// compose builds the parts above the register and starts the loop.
func (m *Master) compose(first *register.State, running context.Context) {
	now := time.Now()
	loop := &reconciler{
		cfg: m.cfg, log: m.log, clock: time.Now,
		authority: newAuthority(first, now), register: m.register,
		reports: newReports(), planner: newPlanner(m.cfg.MaxMovesPerNode),
		members: m.gossip.Members, changed: m.gossip.Changed(),
		prod: make(chan struct{}, 1), quiet: newQuiet(now), synced: newSyncWatch(now), nag: newNag(), rivals: make(map[uint64]bool),
	}
	loop.equip()
	m.cfg.Server.Bursts = new(rpcconn.Bursts)
	m.server = rpcserver.New(m.cfg.Server)
	m.front = newFront(m.cfg, m.addr, loop, m.server.Stopping())
	m.front.attach(m.server)
	m.tasks.Go(func() { loop.run(running) })
}

// openProxy makes the client through which others' calls go: it reaches this
// very node over loopback when it can.
func (m *Master) openProxy(ctx context.Context) error {
	seed := m.listener.Addr().(*net.TCPAddr)
	host := seed.IP.String()
	if seed.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	cl, err := client.New(ctx, []string{net.JoinHostPort(host, strconv.Itoa(seed.Port))}, client.WithBursts(m.cfg.Server.Bursts), client.WithLogger(m.cfg.Log.Named("proxy")))
	if err != nil {
		return fmt.Errorf("start the proxy's client: %w", err)
	}
	m.front.proxy.Store(cl)
	return nil
}
