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

	"go.uber.org/zap"

	"pikv/discovery"
	"pikv/hotkeys"
	"pikv/membership"
	"pikv/placement"
	"pikv/resp"
	"pikv/rpcclient"
	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/store"
	"pikv/wire"
)

// errOnce is returned by Start when the worker was started or closed before.
var errOnce = errors.New("start worker: it was started or closed before")

// Worker is a storage node. Safe for concurrent use.
type Worker struct {
	cfg         Config
	log         *zap.Logger
	incarnation placement.Incarnation
	now         func() store.Instant // the worker's clock, see newClock
	memory      *store.Memory

	server   *rpcserver.Server
	redis    *resp.Server // nil: no door for clients of Redis
	pool     *rpcclient.Pool
	follower *follower
	links    *links
	changes  *changes
	filler   *filler
	show     *show
	sweeper  *sweeper
	evictor  *evictor        // nil: nothing is evicted
	hot      *hotkeys.Sketch // of a sample of the requests
	load     *load
	news     news
	rhythm   rhythm
	standing standing
	actives  actives

	// Set by Start before anything else can see them.
	gossip *membership.Membership
	addr   string // RPC host:port that others use
	// respAddr is the host:port for Redis clients, "" for none.
	respAddr string
	// answers whoever looks for the cluster; nil: nobody finds this worker
	responder *discovery.Responder

	table      atomic.Pointer[table]
	current    atomic.Pointer[placement.View]
	lastMaster atomic.Value  // string: where the followed master answered last
	masterTurn atomic.Uint32 // which of several unknown masters is asked
	expired    atomic.Int64  // keys whose time was over, since the start
	viewWaits  atomic.Int64  // long polls under way
	removed    bool          // from the cluster by an operator; of the reports' goroutine
	reportDue  atomic.Int64  // when the next report is, by now
	reportNow  chan struct{}
	ticked     atomic.Int64 // when runTicks came round last, by now; 0 while it does not run

	ctx   context.Context // of the loops
	stop  context.CancelFunc
	loops sync.WaitGroup
	life  life
}

// New checks cfg, of which it reports every problem, and builds a worker.
// Nothing runs before Start.
func New(cfg Config) (*Worker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("worker configuration: %w", err)
	}
	w := &Worker{cfg: cfg, incarnation: newIncarnation(), now: newClock(), memory: store.NewMemory(cfg.MaxMemory)}
	w.log = cfg.Log.With(zap.String("node", cfg.Name))
	w.cfg.Server.Log = w.log
	w.cfg.Server.Bursts = new(rpcconn.Bursts)
	w.cfg.Server.Clock = func() int64 { return int64(w.now()) }
	if w.cfg.Server.Budget == nil {
		w.cfg.Server.Budget = wire.NewBudget(2 * int64(w.cfg.Server.Limits.Frame)) // of both doors together
	}
	w.server = rpcserver.New(w.cfg.Server)
	var err error
	if w.redis, err = newRedis(w); err != nil {
		return nil, err
	}
	w.pool = rpcclient.NewPool(w.clientConfig())
	w.follower = newFollower(w)
	w.links = newLinks(w)
	w.changes = newChanges(w)
	w.filler = newFiller(w)
	w.show = newShow(w)
	w.hot = hotkeys.New()
	w.load = newLoad(w)
	w.sweeper = newSweeper(w)
	w.evictor = newEvictor(w)
	w.reportNow = make(chan struct{}, 1)
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.life.hurried, w.life.hurry = context.WithCancel(context.Background())
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
	begun, err := w.life.begin()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)() // Close and Abort do not wait for seeds that do not answer
	err = w.start(ctx)
	close(begun)
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
	ln, err := socket.Listen(w.cfg.Bind, w.cfg.RPCPort, socket.RPCPort)
	if err != nil {
		return err
	}
	w.addr = net.JoinHostPort(host, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	redis, err := w.listenRedis(host)
	if err != nil {
		ln.Close()
		return err
	}
	w.limitMoves(host)
	w.load.network = networkOf(host)
	// Before the first request: handlers ask the gossip for the master.
	w.gossip, err = membership.New(membership.Config{
		Name: w.cfg.Name, Role: membership.RoleWorker, Incarnation: uint64(w.incarnation), Cluster: w.cfg.Cluster,
		BindAddr: w.cfg.Bind, BindPort: w.cfg.GossipPort, AdvertiseAddr: host, RPCAddr: w.addr, RESPAddr: w.respAddr, Capacity: w.cfg.MaxMemory, Spare: w.cfg.Spare,
		Key: w.cfg.GossipKey, Profile: w.cfg.Profile, Join: w.cfg.Join, Find: w.finder(), Log: w.log,
	})
	if err != nil {
		ln.Close()
		if redis != nil {
			redis.Close()
		}
		return err
	}
	w.server.Start(ln)
	if redis != nil {
		if err := w.redis.Start(redis); err != nil {
			return err
		}
	}
	if err := w.gossip.Start(ctx); err != nil {
		return err
	}
	for _, loop := range []func(context.Context){
		w.follower.run, w.follower.runChase, w.changes.run, w.filler.run, w.runReports, w.runTicks, w.sweeper.run,
	} {
		w.loops.Go(func() { loop(w.ctx) })
	}
	if w.evictor != nil {
		w.loops.Go(func() { w.evictor.run(w.ctx) })
	}
	return w.beFound()
}

// Name returns the node's name.
func (w *Worker) Name() string { return w.cfg.Name }

// Incarnation returns the id that this run of the node drew.
func (w *Worker) Incarnation() placement.Incarnation { return w.incarnation }

// Addr returns the RPC address that others use; empty before Start.
func (w *Worker) Addr() string { return w.addr }

// RESPAddr returns the address for Redis clients; empty before Start, and when
// there is none.
func (w *Worker) RESPAddr() string { return w.respAddr }

// GossipAddr returns the gossip address that others use; empty before Start.
func (w *Worker) GossipAddr() string {
	if w.gossip == nil {
		return ""
	}
	return w.gossip.GossipAddr()
}

// Failed tells, at most once, of an error that the worker cannot go on with:
// the cluster, reached only after Start, refuses it. Close it then. Nil, and
// so silent, before Start.
func (w *Worker) Failed() <-chan error {
	if w.gossip == nil {
		return nil
	}
	return w.gossip.Failed()
}

// view returns the view in force here; one without nodes before the first.
func (w *Worker) view() *placement.View {
	if v := w.current.Load(); v != nil {
		return v
	}
	return &placement.View{}
}
