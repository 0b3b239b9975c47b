package replica

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"pikv/placement"
)

// The size of the simulated cluster.
const (
	simHosts      = 5
	simPartitions = 4
	simKeys       = 2 // of each partition
	simClients    = 5
)

const millisecond = int64(1e6)

// sim is one run: real Cores under a single-threaded loop of events in
// virtual time. Everything that happens is decided by the seed: nothing
// ranges over a map, reads a clock or starts a goroutine.
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
	healAt   int64
	endAt    int64
	hosts    [simHosts]*simHost
	procs    map[placement.Incarnation]*simNode
	links    [simHosts][simHosts]simLink
	keys     [simPartitions][simKeys]string
	register simRegister
	planner  simPlanner
	clients  [simClients]simClient
	check    simChecker
	cover    coverage
}

// simWeather is what a seed makes of the network, the same all through.
type simWeather struct {
	loss, relink, duplicate, reorder float64
	delay, jitter                    int64

	think        int64   // of clients, between operations
	hop          int64   // of clients' requests and replies, at most
	value        int64   // bytes, at most
	hot          float64 // of the operations, those on one key
	fill, expire float64 // of the ticks, those that send items, remove what is due
	limits       Limits
}

// simEvent is something that will happen.
type simEvent struct {
	at  int64
	seq uint64
	run func()
}

type simQueue []simEvent

func (q simQueue) Len() int { return len(q) }
func (q simQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q simQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *simQueue) Push(x any)   { *q = append(*q, x.(simEvent)) }
func (q *simQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = simEvent{}
	*q = old[:len(old)-1]
	return last
}

// after runs f once delay has passed.
func (s *sim) after(delay int64, f func()) {
	s.queued++
	heap.Push(&s.queue, simEvent{at: s.now + max(delay, 0), seq: s.queued, run: f})
}

// every runs f again and again, period apart, until the end.
func (s *sim) every(period func() int64, f func()) {
	s.after(period(), func() {
		f()
		s.every(period, f)
	})
}

// run plays the seed to its end or to the first broken promise.
func (s *sim) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("seed %d at %.3f s: panic: %v\n%s", s.seed, float64(s.now)/1e9, r, debug.Stack())
		}
	}()
	for s.failure == nil && len(s.queue) > 0 {
		e := heap.Pop(&s.queue).(simEvent)
		if e.at > s.endAt {
			if s.planted != plantNone {
				break // that a bug shows as a standstill only is not enough
			}
			s.fail("not settled %.1f s after the last fault: %s", float64(s.endAt-s.healAt)/1e9, s.unsettled())
			break
		}
		s.now = e.at
		s.steps++
		e.run()
		if s.failure == nil && s.now > s.healAt && s.steps%64 == 0 && s.settled() {
			break
		}
	}
	if s.failure == nil {
		s.checkHistory()
	}
	return s.failure
}

// fail records the first broken promise.
func (s *sim) fail(format string, args ...any) {
	if s.failure == nil {
		s.failure = fmt.Errorf("seed %d at %.6f s, step %d: %s", s.seed, float64(s.now)/1e9, s.steps, fmt.Sprintf(format, args...))
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

func (s *sim) chance(p float64) bool         { return s.rng.Float64() < p }
func (s *sim) between(low, high int64) int64 { return low + s.rng.Int64N(max(high-low, 1)) }
