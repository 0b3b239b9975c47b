package master

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"

	"pikv/discovery"
	"pikv/membership"
	"pikv/resp"
	"pikv/rpcserver"
)

// Master is one running master. New builds it, Start runs it, Close stops it.
// Safe for concurrent use.
type Master struct {
	cfg         Config
	log         *zap.Logger
	incarnation uint64
	failure     chan error    // takes one
	patience    time.Duration // with another master that does not answer
	stopOnce    sync.Once
	stopErr     error

	mu struct {
		sync.Mutex
		started bool
		running context.CancelFunc // ends what Start began; nil before
		begun   chan struct{}      // closed when Start has returned
	}

	// Set by Start, in this order, before begun is closed; stop ends those
	// that are not nil.
	lock     *dirLock
	file     *viewFile // used by register alone
	listener net.Listener
	addr     string // RPC, advertised
	respAddr string // for Redis clients, advertised; "" for none
	gossip   *membership.Membership
	register *fileKeeper
	server   *rpcserver.Server
	front    *front
	// The port for Redis clients, and what serves it; nil for none.
	redisListener net.Listener
	redis         *resp.Server
	responder     *discovery.Responder // nil: nobody finds this master
	tasks         sync.WaitGroup       // the master's own goroutines
}

// errStarted is returned by a second Start, and by one after Close.
var errStarted = errors.New("the master was started or closed before")

// New checks cfg, reporting everything that is wrong with it, and builds a
// master that has opened nothing yet.
func New(cfg Config) (*Master, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("master configuration: %w", err)
	}
	return &Master{
		cfg:         cfg,
		log:         cfg.Log.Named("master"),
		incarnation: drawID(),
		failure:     make(chan error, 1),
		patience:    rivalPatience,
	}, nil
}

// Name returns the node's name.
func (m *Master) Name() string { return m.cfg.Name }

// Incarnation returns the number that this start drew.
func (m *Master) Incarnation() uint64 { return m.incarnation }

// Addr returns the advertised RPC address; "" before Start has returned.
func (m *Master) Addr() string {
	if !m.hasBegun() {
		return ""
	}
	return m.addr
}

// RESPAddr returns the advertised address for Redis clients; "" before Start has
// returned, and when there is none.
func (m *Master) RESPAddr() string {
	if !m.hasBegun() {
		return ""
	}
	return m.respAddr
}

// GossipAddr returns the advertised gossip address; "" before Start has
// returned.
func (m *Master) GossipAddr() string {
	if !m.hasBegun() || m.gossip == nil {
		return ""
	}
	return m.gossip.GossipAddr()
}

// Failed delivers at most one error, after which the master is of no use and
// should be closed: its disk failed, or the cluster will not have it.
func (m *Master) Failed() <-chan error { return m.failure }

// Start opens the file and the ports, joins the gossip and serves. ctx bounds
// Start alone. After an error nothing runs any more; it is, among others,
// ErrDataDirInUse, ErrBadFile, ErrSecondMaster, *socket.PortInUse or one
// of membership's.
func (m *Master) Start(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running, end := context.WithCancel(context.Background())
	m.mu.Lock()
	if m.mu.started {
		m.mu.Unlock()
		end()
		return errStarted
	}
	m.mu.started, m.mu.running, m.mu.begun = true, end, make(chan struct{})
	m.mu.Unlock()
	defer context.AfterFunc(running, cancel)() // Close interrupts Start
	err := m.start(ctx, running)
	close(m.mu.begun)
	if err != nil {
		return errors.Join(err, m.stop(ctx, false))
	}
	return nil
}

// watchFailures hands on the first failure of a part.
func (m *Master) watchFailures(running context.Context) {
	select {
	case err := <-m.register.failed():
		m.failure <- err
	case err := <-m.gossip.Failed():
		m.failure <- err
	case <-running.Done():
	}
}

func (m *Master) hasBegun() bool {
	m.mu.Lock()
	begun := m.mu.begun
	m.mu.Unlock()
	if begun == nil {
		return false
	}
	select {
	case <-begun:
		return true
	default:
		return false
	}
}
