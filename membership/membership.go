package membership

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
	"go.uber.org/zap"
)

// leaveLimit bounds Leave: the news of it goes out within a few gossip
// intervals or not at all.
const leaveLimit = 2 * time.Second

// Membership is this node's part in the gossip: New checks, Start runs, Leave
// says goodbye, Close stops. It runs once; a node that left needs a new one.
// Safe for concurrent use.
type Membership struct {
	cfg    Config
	timing timing
	meta   []byte
	roster *roster
	logs   *logWriter
	failed chan error // size 1

	// admitted: the node may speak under its name. Before that a Leave would
	// tell the cluster that its live namesake left.
	admitted atomic.Bool

	run    context.Context // ends with Close or Leave
	cancel context.CancelFunc

	// Set by Start before anything else can see them.
	port      uint16
	transport *transport
	list      *memberlist.Memberlist
	namesake  *namesake

	wg     sync.WaitGroup // Start, Leave and the rejoin loop
	looped chan struct{}  // closed when the rejoin loop has ended

	closing sync.Once

	mu struct {
		sync.Mutex
		state state
		addr  string        // advertised gossip address, from Start on
		leave chan struct{} // closed at the end of the first Leave, nil before it
	}
}

type state int

const (
	fresh state = iota
	starting
	running
	closed
)

// New checks cfg and reports everything that is wrong with it. It opens no
// socket and starts no goroutine.
func New(cfg Config) (*Membership, error) {
	cfg, err := cfg.withDefaults()
	if err := errors.Join(err, cfg.validate()); err != nil {
		return nil, fmt.Errorf("membership configuration: %w", err)
	}
	meta, err := metadata{
		role: cfg.Role, incarnation: cfg.Incarnation, capacity: cfg.Capacity, rpcAddr: cfg.RPCAddr, respAddr: cfg.RESPAddr, spare: cfg.Spare,
	}.encode()
	if err != nil {
		return nil, fmt.Errorf("membership configuration: %w", err)
	}
	log := cfg.Log.Named("gossip")
	cfg.Log = log
	m := &Membership{
		cfg:    cfg,
		timing: profiles[cfg.Profile],
		meta:   meta,
		roster: newRoster(cfg.Name),
		logs:   newLogWriter(log),
		failed: make(chan error, 1),
		looped: make(chan struct{}),
	}
	m.run, m.cancel = context.WithCancel(context.Background())
	return m, nil
}

// Members returns the live nodes, this one included, sorted by name. The slice
// is the caller's.
func (m *Membership) Members() []Member { return m.roster.members() }

// Changed returns a channel that holds one token whenever Members may have
// changed since the last receive. It is never closed and serves one receiver.
func (m *Membership) Changed() <-chan struct{} { return m.roster.changed }

// Failed returns a channel that gets at most one error, ErrNameTaken or
// ErrWrongKeyOrCluster: the first seed to answer after Start refuses this node.
// The node is then outside the cluster for good; the receiver should Close.
func (m *Membership) Failed() <-chan error { return m.failed }

// GossipAddr returns the ip:port that the others gossip with; empty before Start.
func (m *Membership) GossipAddr() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.addr
}

// Leave tells the others that this node goes, so that they need not find out,
// and returns when the news are out: within two seconds, or when ctx ends.
// Close is still needed. A node that does not run, or was not let in, has
// nothing to leave: nil.
func (m *Membership) Leave(ctx context.Context) error {
	m.mu.Lock()
	if m.mu.leave == nil {
		if m.mu.state != running || !m.admitted.Load() {
			m.mu.Unlock()
			return nil
		}
		m.mu.leave = make(chan struct{})
		m.wg.Add(1)
		go m.sayGoodbye(m.mu.leave)
	}
	done := m.mu.leave
	m.mu.Unlock()
	if ctx.Err() != nil { // a select might choose a goodbye that is out already
		return fmt.Errorf("leave cluster: %w", context.Cause(ctx))
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("leave cluster: %w", context.Cause(ctx))
	}
}

// sayGoodbye first ends the rejoin loop, which would go on calling others.
func (m *Membership) sayGoodbye(done chan struct{}) {
	defer m.wg.Done()
	defer close(done)
	m.cancel()
	m.transport.hush()
	<-m.looped
	if err := m.list.Leave(leaveLimit); err != nil {
		// The others may be leaving, too. Those that stay will notice.
		m.cfg.Log.Info("nobody took the goodbye in time", zap.Error(err))
	}
}

// Close stops everything and waits for the package's goroutines. Without Leave
// before it the others take this node for crashed. Further calls wait for the
// first one. Members keeps its last answer.
func (m *Membership) Close() error {
	m.closing.Do(m.stop)
	return nil
}

func (m *Membership) stop() {
	m.mu.Lock()
	was, leave := m.mu.state, m.mu.leave
	m.mu.state = closed
	m.mu.Unlock()
	m.cancel()
	if was == running {
		m.transport.hush()
		<-m.looped
		if leave != nil {
			<-leave // memberlist panics when it is stopped before a Leave begins
		}
		m.shutdown()
	}
	m.wg.Wait() // a Start under way sees the end of m.run and cleans up itself
}

// shutdown stops memberlist, if it was started, and shuts out what it leaves
// behind: it does not wait for its own goroutines and timers.
func (m *Membership) shutdown() {
	m.roster.close()
	m.logs.close()
	if m.list != nil {
		_ = m.list.Shutdown() // never fails
	}
}
