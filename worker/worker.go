package worker

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/store"
)

// Worker is a storage node. Safe for concurrent use.
type Worker struct {
	cfg         Config
	log         *zap.Logger
	incarnation placement.Incarnation
	born        time.Time // the origin of store.Instant here
	memory      *store.Memory

	server   *rpcserver.Server
	gossip   *membership.Membership
	pool     *rpcclient.Pool
	follower *follower
	links    *links
	changes  *changes
	filler   *filler

	table      atomic.Pointer[table]
	current    atomic.Pointer[placement.View]
	lastMaster atomic.Value // string
	dataCalls  atomic.Int64 // client operations since the start

	addr  string // RPC host:port that others use; set by Start
	ctx   context.Context
	stop  context.CancelFunc
	loops sync.WaitGroup
	once  sync.Once
}

// New checks cfg and builds a worker. Nothing runs before Start.
func New(cfg Config) (*Worker, error) {
	cfg = cfg.withDefaults()
	if cfg.Name == "" {
		return nil, errors.New("a worker needs a name: give --name")
	}
	w := &Worker{cfg: cfg, incarnation: newIncarnation(), born: time.Now(), memory: store.NewMemory(cfg.MaxMemory)}
	w.log = cfg.Log.With(zap.String("node", cfg.Name))
	w.cfg.Server.Log = w.log
	w.server = rpcserver.New(w.cfg.Server)
	w.pool = rpcclient.NewPool(w.clientConfig())
	w.follower = newFollower(w)
	w.links = &links{w: w, byPeer: make(map[placement.Incarnation]*link)}
	w.changes = newChanges(w)
	w.filler = newFiller(w, cfg.MoveRate)
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.routes()
	return w, nil
}

func newIncarnation() placement.Incarnation {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return placement.Incarnation(binary.LittleEndian.Uint64(b[:]) | 1)
}

// Start opens the ports, joins the gossip and begins to follow the master.
// It returns once the ports are open and a first attempt to join was made;
// the worker is given partitions when the master has seen it. ctx bounds
// Start alone. After an error the worker is closed.
func (w *Worker) Start(ctx context.Context) error {
	err := w.start(ctx)
	if err != nil {
		w.Abort()
	}
	return err
}

func (w *Worker) start(ctx context.Context) error {
	host := w.cfg.Advertise
	if host == "" {
		var err error
		if host, err = membership.FindAdvertise(w.cfg.Bind); err != nil {
			return fmt.Errorf("find an address to advertise (give --advertise): %w", err)
		}
	}
	ln, err := rpcserver.Listen(w.cfg.Bind, w.cfg.RPCPort)
	if err != nil {
		return err
	}
	w.addr = net.JoinHostPort(host, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	w.server.Start(ln)
	w.gossip, err = membership.New(membership.Config{
		Name: w.cfg.Name, Role: membership.RoleWorker, Incarnation: uint64(w.incarnation), Cluster: w.cfg.Cluster,
		BindAddr: w.cfg.Bind, BindPort: w.cfg.GossipPort, AdvertiseAddr: host, RPCAddr: w.addr, Capacity: w.cfg.MaxMemory,
		Key: w.cfg.GossipKey, Profile: w.cfg.Profile, Join: w.cfg.Join, Log: w.log,
	})
	if err != nil {
		return err
	}
	if err := w.gossip.Start(ctx); err != nil {
		return err
	}
	for _, loop := range []func(context.Context){
		w.follower.run, w.follower.runChase, w.changes.run, w.filler.run, w.runReports, w.runTicks,
	} {
		w.loops.Add(1)
		go func() {
			defer w.loops.Done()
			loop(w.ctx)
		}()
	}
	return nil
}

// Name returns the node's name.
func (w *Worker) Name() string { return w.cfg.Name }

// Incarnation returns the id that this run of the node drew.
func (w *Worker) Incarnation() placement.Incarnation { return w.incarnation }

// Addr returns the RPC address that others use; empty before Start.
func (w *Worker) Addr() string { return w.addr }

// GossipAddr returns the gossip address that others use; empty before Start.
func (w *Worker) GossipAddr() string {
	if w.gossip == nil {
		return ""
	}
	return w.gossip.GossipAddr()
}

// now is the worker's monotonic clock; it starts at 1, since 0 is "never".
func (w *Worker) now() store.Instant { return store.Instant(time.Since(w.born)) + 1 }

// view returns the view in force here; one without nodes before the first.
func (w *Worker) view() *placement.View {
	if v := w.current.Load(); v != nil {
		return v
	}
	return &placement.View{}
}

// Close stops the worker in order: it answers what is in flight until ctx
// ends, leaves the gossip, and stops the loops. What it still holds is gone:
// Drain first. Safe to call twice.
func (w *Worker) Close(ctx context.Context) error {
	var err error
	w.once.Do(func() {
		// 1. The front door, while replication still runs: writes in flight
		// need the other replicas to end.
		err = w.server.Close(ctx)
		// 2. Tell the others, so that nobody suspects a crash.
		if w.gossip != nil {
			err = errors.Join(err, w.gossip.Leave(ctx), w.gossip.Close())
		}
		// 3. The loops and their connections.
		w.stop()
		w.loops.Wait()
		w.links.close()
		err = errors.Join(err, w.pool.Close())
	})
	return err
}

// Abort stops the worker as a crash would: nobody is told. For tests, and
// for a second signal.
func (w *Worker) Abort() {
	w.once.Do(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		w.stop()
		_ = w.server.Close(ended)
		if w.gossip != nil {
			_ = w.gossip.Close()
		}
		w.loops.Wait()
		w.links.close()
		_ = w.pool.Close()
	})
}

// Failed tells, at most once, of an error that the worker cannot go on with:
// the cluster, reached only after Start, refuses it. Close it then. Valid
// after Start.
func (w *Worker) Failed() <-chan error {
	if w.gossip == nil {
		return nil
	}
	return w.gossip.Failed()
}
