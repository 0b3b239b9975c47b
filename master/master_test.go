package master

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/socket"
	"pikv/testcluster/own"
	"pikv/wire"
)

// config returns the configuration of a master on loopback with a directory of
// its own.
func config(t *testing.T) Config {
	return Config{
		Name: "m", Cluster: own.Cluster(t), Bind: "127.0.0.1", Profile: membership.ProfileLocal, DataDir: t.TempDir(),
		Partitions: 16, Settle: 100 * time.Millisecond, Version: "v-test",
	}
}

// startMaster starts one that is aborted at the end of the test.
func startMaster(t *testing.T, cfg Config) *Master {
	t.Helper()
	m, err := New(cfg)
	require.NoError(t, err)
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(m.Abort)
	return m
}

// restart starts a master as m was configured, at m's addresses.
func restart(t *testing.T, m *Master) *Master {
	t.Helper()
	cfg := m.cfg
	cfg.RPCPort, cfg.GossipPort = portOf(t, m.Addr()), portOf(t, m.GossipAddr())
	return startMaster(t, cfg)
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	n, err := strconv.Atoi(port)
	require.NoError(t, err)
	return n
}

// awaitHeld waits until w holds a view of the master m and returns it.
func awaitHeld(t *testing.T, m *Master, w *fakeWorker) *placement.View {
	t.Helper()
	var held *placement.View
	eventually(t, func() bool {
		v, _ := w.held()
		current, _, _, _ := m.front.view()
		held = v
		return v != nil && current != nil && v.Epoch == current.Epoch && v.MasterID == current.MasterID
	}, "%s holds the view in force", w.name)
	return held
}

func status(t *testing.T, w *fakeWorker) wire.StatusReply {
	t.Helper()
	var reply wire.StatusReply
	require.NoError(t, w.call(t.Context(), wire.MethodStatus, nil, &reply))
	return reply
}

func TestBirthOverSockets(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	v := awaitHeld(t, m, w)
	require.Equal(t, placement.Epoch(1), v.Epoch)
	for _, c := range v.Partitions {
		require.Equal(t, w.inc, c.Primary)
	}
	s := status(t, w)
	require.Equal(t, []any{own.Cluster(t), "m", "master", "v-test", m.Addr(), 16, uint64(1), v.MasterID.String()},
		[]any{s.Cluster, s.Node, s.Role, s.Version, s.MasterAddr, s.Partitions, s.Epoch, s.MasterID})
	require.Len(t, s.Members, 2)

	var owner wire.OwnerReply
	conn, err := w.pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	require.NoError(t, conn.Call(t.Context(), wire.MethodOwner,
		func(buf []byte) []byte { return wire.AppendOwner(buf, []byte("{tag}x")) },
		func(d *wire.Decoder) error { return wire.UnmarshalBody(d.Raw(), &owner) }))
	require.Equal(t, wire.OwnerReply{Slot: placement.Slot([]byte("tag")), Partition: uint16(placement.PartitionOf([]byte("tag"), 16)), Epoch: 1, Node: "w1", Addr: w.addr, RESP: fakeRESP("w1")}, owner)
	err = conn.Call(t.Context(), wire.MethodOwner, func(buf []byte) []byte { return wire.AppendOwner(buf, nil) }, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeEmptyKey})
}

// A whole move, asked for by hand as the primaries' part goes: the planner
// suggests, the primary adds a learner and promotes it, hands over, and the
// new primary drops the old one.
func TestAMoveOverSockets(t *testing.T) {
	cfg := config(t)
	cfg.Replicas = 1
	m := startMaster(t, cfg)
	w1 := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w1)
	w2 := startWorker(t, "w2", m.GossipAddr())

	var learner placement.Change
	eventually(t, func() bool {
		for _, c := range w1.suggested() {
			if c.Kind == placement.AddLearner && c.Node == w2.inc {
				learner = c
				return true
			}
		}
		return false
	}, "w1 is to add w2 as a learner")
	take := func(w *fakeWorker, c placement.Change) {
		t.Helper()
		reply, err := w.change(c)
		require.NoError(t, err)
		require.Equal(t, []string{""}, reply.Texts)
		awaitHeld(t, m, w)
	}
	suggestedFor := func(w *fakeWorker, kind placement.ChangeKind) (c placement.Change) {
		t.Helper()
		eventually(t, func() bool {
			for _, s := range w.suggested() {
				if s.Partition == learner.Partition && s.Kind == kind {
					c = s
					return true
				}
			}
			return false
		}, "%s is to ask for kind %d", w.name, kind)
		return c
	}
	epochOf := func(w *fakeWorker) placement.Epoch {
		v, _ := w.held()
		return v.Partitions[learner.Partition].Epoch
	}
	take(w1, learner)
	require.Positive(t, status(t, w1).Moving)
	take(w1, placement.Change{Kind: placement.Promote, Partition: learner.Partition, Epoch: epochOf(w1), Asker: w1.inc, Node: w2.inc})
	take(w1, suggestedFor(w1, placement.HandOver))
	take(w2, suggestedFor(w2, placement.Drop))
	v := awaitHeld(t, m, w1)
	require.Equal(t, incs{w2.inc}, v.Partitions[learner.Partition].InSync)

	reply, err := w1.change(learner)
	require.NoError(t, err)
	require.Contains(t, reply.Texts[0], placement.ErrStaleEpoch.Error())
	require.Equal(t, uint64(v.Epoch), reply.Epoch)
}

// startFails returns the error of a start that must fail, with nothing left
// running (TestMain looks).
func startFails(t *testing.T, cfg Config) error {
	t.Helper()
	m, err := New(cfg)
	require.NoError(t, err)
	err = m.Start(t.Context())
	require.Error(t, err)
	require.NoError(t, m.Close(t.Context()))
	return err
}

func TestASecondMasterIsRefused(t *testing.T) {
	cfg := config(t)
	cfg.Profile = membership.ProfileWiFi // with time to hear each other
	m := startMaster(t, cfg)
	cfg.Name, cfg.Join, cfg.DataDir = "m2", []string{m.GossipAddr()}, t.TempDir()
	err := startFails(t, cfg)
	require.ErrorIs(t, err, ErrSecondMaster)
	require.ErrorContains(t, err, `"m"`)
	require.ErrorContains(t, err, m.Addr())

	cfg = m.cfg
	cfg.Name = "m3"
	err = startFails(t, cfg)
	require.ErrorIs(t, err, ErrDataDirInUse)
}

// A master that replaces one that has just died waits until gossip knows.
func TestADeadMasterIsNoRival(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	before := awaitHeld(t, m, w)
	cfg := m.cfg
	m.Abort()
	cfg.Name, cfg.Join = "successor", []string{w.gossip.GossipAddr()}
	m, err := New(cfg)
	require.NoError(t, err)
	m.patience = time.Minute // however long a busy machine takes to notice
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(m.Abort)
	eventually(t, func() bool { return w.masterAddr() == m.Addr() }, "w1 sees the successor")
	require.Equal(t, before, awaitHeld(t, m, w))
}

func TestPortsInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	cfg := config(t)
	cfg.RPCPort = port
	err = startFails(t, cfg)
	inUse, _ := errors.AsType[*socket.PortInUse](err)
	require.NotNil(t, inUse, "%v", err)
	require.Equal(t, socket.RPCPort, inUse.Flag)
	cfg.RPCPort, cfg.GossipPort = 0, port
	err = startFails(t, cfg)
	inUse, _ = errors.AsType[*socket.PortInUse](err)
	require.NotNil(t, inUse, "%v", err)
	require.Equal(t, socket.GossipPort, inUse.Flag)
}

func TestDrainOverSockets(t *testing.T) {
	m := startMaster(t, config(t))
	w1 := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w1)
	drain := func(name string) (int, error) {
		var reply wire.DrainReply
		err := w1.call(t.Context(), wire.MethodDrain, &wire.DrainRequest{Node: name}, &reply)
		return reply.Left, err
	}
	_, err := drain("w1")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	_, err = drain("nobody")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnknownNode})
	require.ErrorContains(t, err, "w1")

	w2 := startWorker(t, "w2", m.GossipAddr())
	eventually(t, func() bool { return len(awaitHeld(t, m, w1).Nodes) == 2 }, "w2 takes part")
	for range 2 {
		left, err := drain("w1")
		require.NoError(t, err)
		require.Equal(t, 16, left)
	}
	_, err = drain("w2")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	eventually(t, func() bool {
		for _, c := range w1.suggested() {
			if c.Kind == placement.AddLearner && c.Node == w2.inc {
				return true
			}
		}
		return false
	}, "w1 is emptied")
	m.Abort()
	m = restart(t, m)
	v, _, _, _ := m.front.view()
	n, _ := v.Node(w1.inc)
	require.Equal(t, placement.NodeDraining, n.State, "a drain survives the master")
}

func TestLongPolls(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	v := awaitHeld(t, m, w)
	ask := func(out *wire.ViewReply) error {
		conn, err := w.pool.Get(t.Context(), m.Addr())
		if err != nil {
			return err
		}
		req := wire.ViewRequest{MasterID: uint64(v.MasterID), Since: uint64(v.Epoch), WaitMS: 1 << 40}
		return conn.CallBody(context.Background(), wire.MethodView, &req, out)
	}
	poll := func(out *wire.ViewReply) chan error {
		done := make(chan error, 1)
		go func() { done <- ask(out) }()
		eventually(t, func() bool { return blockedOn("(*front).serveView") == 1 }, "the poll waits")
		return done
	}
	var reply wire.ViewReply
	done := poll(&reply)
	startWorker(t, "w2", m.GossipAddr())
	require.NoError(t, <-done)
	for deadline := time.Now().Add(soon); len(reply.Delta) == 0 && time.Now().Before(deadline); {
		require.NoError(t, ask(&reply)) // there was no news for as long as a poll may take
	}
	require.Greater(t, reply.Epoch, uint64(v.Epoch))
	require.NotEmpty(t, reply.Delta)

	v = awaitHeld(t, m, w)
	done = poll(&reply)
	start := time.Now()
	require.NoError(t, m.Close(t.Context()))
	require.NoError(t, <-done)
	require.Empty(t, reply.Delta)
	require.Less(t, time.Since(start), maxViewWait/2)
}

// Polls for a view that anybody may make do not take the places of what workers say.
func TestLongPollsAreBounded(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	v := awaitHeld(t, m, w)
	m.front.viewWaits.Add(maxViewWaits)
	defer m.front.viewWaits.Add(-maxViewWaits)
	conn, err := w.pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	start, req := time.Now(), wire.ViewRequest{MasterID: uint64(v.MasterID), Since: uint64(v.Epoch), WaitMS: 1 << 40}
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodView, &req, new(wire.ViewReply)))
	require.Less(t, time.Since(start), maxViewWait/2)
}

func TestCloseInterruptsStart(t *testing.T) {
	rival := startMaster(t, config(t))
	cfg := config(t)
	cfg.Name, cfg.Join = "m2", []string{rival.GossipAddr()}
	m, err := New(cfg)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- m.Start(context.Background()) }()
	require.NoError(t, m.Close(t.Context()))
	require.Error(t, <-done)
	require.NoError(t, m.Close(t.Context()))
	m.Abort()
}

func TestPortsForRedisClientsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.RESPPort = -2 }, "RESP port -2"},
		{func(c *Config) { c.RESPPort, c.GossipPort = 7, 7 }, "share port 7"},
		{func(c *Config) { c.RESPProxy = true }, "needs a port"},
	} {
		cfg := config(t)
		tt.change(&cfg)
		_, err := New(cfg)
		require.ErrorContains(t, err, tt.want)
	}
}
