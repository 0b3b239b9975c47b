package replica

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"pikv/placement"
)

// The size of the simulated cluster.
const (
	simHosts      = 6 // the last one joins later
	simMasters    = 2 // machines; the second one's master runs only sometimes
	simPartitions = 4
	simKeys       = 6 // of each partition
	simClients    = 6
	simOperations = 2000 // before the cluster may heal
	simFaults     = 8    // before the cluster may heal
)

const millisecond = int64(1e6)

// sim is one run: the real cores of replicas, register and client under a
// single-threaded loop of events in virtual time. Everything that happens is
// decided by the seed: nothing ranges over a map, reads a clock or starts a
// goroutine.
type sim struct {
	seed    uint64
	planted planted
	verbose func(format string, args ...any) // nil: silent

	rng     *rand.Rand
	now     int64 // virtual nanoseconds
	queue   simQueue
	queued  uint64
	steps   int
	ticket  int64 // orders calls and returns in the history
	trace   uint64
	failure error

	weather  simWeather
	healing  bool
	healAt   int64 // when it began; before that, when it is to begin at the latest
	calls    int   // operations that clients have ended
	quiet    int64 // until then nothing more goes wrong
	faults   int   // that have struck
	hosts    [simHosts]*simHost
	procs    map[placement.Incarnation]*simNode
	started  []*simNode // all that ever ran, in order
	links    [simHosts][simHosts]simLink
	keys     [simPartitions][simKeys]simKey
	masters  [simMasters]*simMaster
	operator simOperator
	planner  simPlanner
	clients  [simClients]simClient
	check    simChecker
	cover    coverage
}

// simWeather is what a seed makes of its world, the same all through.
type simWeather struct {
	loss, relink, duplicate, reorder float64
	delay, jitter                    int64

	install      int64   // between two partitions of a view that is taken up, at most
	think        int64   // of clients, between operations
	hop          int64   // of clients' requests and replies, at most
	value        int64   // bytes, at most
	hot          float64 // of the operations, those on one key
	nameless     float64 // of the writes, those that are not repeated when they may have taken effect
	fill, expire float64 // of the ticks, those that send items, remove what is due
	boundary     float64 // of the steps, those that are interrupted between two effects
	grace        int64   // for which masters wait for workers that do not report
	deaths       float64 // of the steps of a master's write, those at which it ends
	evicts       bool    // workers with little memory evict
	wild         bool    // clocks run at any rate: promises that rest on clocks are not kept
	limits       Limits
}

// simSettle is how long after the healing everything is to be settled.
const simSettle = 30_000 * millisecond

// simEvent is something that will happen.
type simEvent struct {
	at  int64
	seq uint64
	run func()
}

func (e *simEvent) before(o *simEvent) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// simQueue is a heap of events, the next one first.
type simQueue []simEvent

func (q *simQueue) push(e simEvent) {
	h := append(*q, e)
	*q = h
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 4
		if !h[i].before(&h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (q *simQueue) pop() simEvent {
	h := *q
	first := h[0]
	n := len(h) - 1
	h[0] = h[n]
	h[n] = simEvent{}
	h = h[:n]
	*q = h
	for i := 0; ; {
		least := i
		for down := 4*i + 1; down <= 4*i+4 && down < n; down++ {
			if h[down].before(&h[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// after runs f once delay has passed.
func (s *sim) after(delay int64, f func()) {
	s.queued++
	s.queue.push(simEvent{at: s.now + max(delay, 0), seq: s.queued, run: f})
}

// every runs f again and again, period apart, until the end.
func (s *sim) every(period func() int64, f func()) {
	s.after(period(), func() {
		f()
		s.every(period, f)
	})
}

// errPanic fails a schedule, but is not how a planted bug is to be found.
var errPanic = errors.New("panic")

// run plays the seed to its end or to the first broken promise.
func (s *sim) run() (err error) {
	defer func() {
		for _, n := range s.started {
			n.memory.Close()
		}
		if r := recover(); r != nil {
			err = fmt.Errorf("seed %d at %.3f s: %w: %v\n%s", s.seed, float64(s.now)/1e9, errPanic, r, debug.Stack())
		}
	}()
	for s.failure == nil && len(s.queue) > 0 {
		e := s.queue.pop()
		if s.healing && e.at > s.healAt+simSettle {
			if s.planted != plantNone {
				break // that a bug shows as a standstill only is not enough
			}
			s.dump()
			s.fail("not settled %.1f s after the last fault: %s", float64(simSettle)/1e9, s.unsettled())
			break
		}
		s.now = e.at
		s.steps++
		e.run()
		if s.failure == nil && s.healing && s.steps%64 == 0 && s.settled() {
			break
		}
	}
	if s.failure == nil {
		s.checkHistory()
	}
	return s.failure
}

// fail records the first broken promise.
func (s *sim) fail(format string, args ...any) { s.failed(fmt.Errorf(format, args...)) }

func (s *sim) failed(err error) {
	if s.failure == nil {
		s.failure = fmt.Errorf("seed %d at %.6f s, step %d: %w", s.seed, float64(s.now)/1e9, s.steps, err)
		s.note(s.failure.Error(), 0, 0, 0)
	}
}

// note puts what happens into the trace.
func (s *sim) note(what string, a, b, c uint64) {
	h := s.trace
	for i := range len(what) {
		h = (h ^ uint64(what[i])) * 1099511628211
	}
	for _, v := range [...]uint64{uint64(s.now), a, b, c} {
		h = (h ^ v) * 1099511628211
		h ^= h >> 29
	}
	s.trace = h
	if s.verbose != nil {
		s.verbose("%12.6f %-28s %d %d %d", float64(s.now)/1e9, what, a, b, c)
	}
}

func (s *sim) chance(p float64) bool         { return p > 0 && s.rng.Float64() < p }
func (s *sim) between(low, high int64) int64 { return low + s.rng.Int64N(max(high-low, 1)) }

// dump says how everything stands.
func (s *sim) dump() {
	if s.verbose == nil {
		return
	}
	for _, m := range s.masters {
		s.verbose("m%d alive %v id %v why %q open %v epoch %d frozen %v override %v", m.index, m.alive, m.reign.ID, m.reign.Why, m.open, m.state.Epoch(), m.state.Frozen, m.override)
		for _, h := range s.hosts {
			if h.node != nil {
				r := m.told[h.node.inc]
				s.verbose("  %s follows %v epoch %d claim %v heard %v", h.name, r.Follows, r.Epoch, r.Claim != nil, r.Heard)
			}
		}
	}
	for _, h := range s.hosts {
		n := h.node
		if n == nil {
			continue
		}
		s.verbose("%s %v alive %v draining %v follows %v view %v claimed %v serves m%d", h.name, n.inc, n.alive, h.draining, n.following.followed, n.following.begun, n.following.claimed, h.serves)
		for p, c := range n.cores {
			why, on := c.Waiting(n.clock())
			s.verbose("  %d %v %+v %v %v", p, c.Config(), observe(c), why, on)
		}
	}
}
