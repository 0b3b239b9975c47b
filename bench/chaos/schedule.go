package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// The names of the hosts that are no workers.
const (
	masterName = "master"
	clientName = "client"
)

// Verb is what is done to nodes and cables.
type Verb string

// The verbs. Each takes as many nodes as its comment names.
const (
	Kill    Verb = "kill"    // a node: kill -9
	Restart Verb = "restart" // a node that was killed or stopped
	Stop    Verb = "stop"    // a worker: SIGTERM, and it hands over
	Pause   Verb = "pause"   // a worker: SIGSTOP
	Resume  Verb = "resume"  // a worker that is paused
	Cut     Verb = "cut"     // what A sends to B
	Mend    Verb = "mend"    // the cut from A to B
	Isolate Verb = "isolate" // A from everybody, both ways
	Mute    Verb = "mute"    // what A sends to anybody
	Deafen  Verb = "deafen"  // what anybody sends to A
	Connect Verb = "connect" // A, again, after any of the three
	Lose    Verb = "lose"    // 5 % of all packets
	Keep    Verb = "keep"    // all packets, again
	Join    Verb = "join"    // a new worker A
	Drain   Verb = "drain"   // a worker, which is stopped when it is empty
)

// Action is one thing done at one time of a round.
type Action struct {
	At   time.Duration // since the round's beginning; a later action waits for the one before
	Verb Verb
	A, B string // nodes
}

// String is the action as schedules print it.
func (a Action) String() string {
	switch {
	case a.Verb == Lose || a.Verb == Keep:
		return fmt.Sprintf("%s packets", a.Verb)
	case a.B != "":
		return fmt.Sprintf("%s %s>%s", a.Verb, a.A, a.B)
	default:
		return fmt.Sprintf("%s %s", a.Verb, a.A)
	}
}

// Round is what happens between two times at which all is whole.
type Round struct {
	Actions []Action // by At; everything that is broken is healed by the last
	Costs   int      // replicas that a partition may lose at the same time, less than there are
	// Leaving is the worker that is drained and then stopped, "" for none.
	Leaving string
}

// Schedule makes rounds. Not safe for concurrent use.
type Schedule struct {
	random   *rand.Rand
	replicas int
	fewest   int // workers
	most     int
	workers  []string // that take part, sorted by their number
	added    int      // workers so far
}

// NewSchedule begins with so many workers, called w1, w2 and so on.
func NewSchedule(seed uint64, replicas, workers int) *Schedule {
	s := &Schedule{random: rand.New(rand.NewPCG(seed, uint64(replicas))), replicas: replicas, fewest: workers - 1, most: workers + 1}
	for range workers {
		s.add()
	}
	return s
}

func (s *Schedule) add() string {
	s.added++
	name := fmt.Sprintf("w%d", s.added)
	s.workers = append(s.workers, name)
	return name
}

// Next makes the next round.
func (s *Schedule) Next() Round {
	r := Round{}
	if s.random.IntN(8) == 0 {
		s.stop(&r) // it waits until the worker has handed over, so it comes alone
		return r
	}
	victims := s.random.Perm(len(s.workers))
	names := slices.Clone(s.workers)
	if s.random.IntN(5) == 0 {
		s.loss(&r)
	}
	for i := range 1 + s.random.IntN(s.replicas-1) - r.Costs {
		s.costly(&r, names[victims[i]])
	}
	switch s.random.IntN(8) {
	case 0, 1:
		s.masterAway(&r)
	case 2:
		s.deaf(&r)
	case 3, 4:
		s.join(&r)
	case 5:
		s.leave(&r, names[victims[len(victims)-1]])
	}
	slices.SortStableFunc(r.Actions, func(a, b Action) int { return int((a.At - b.At) / time.Millisecond) })
	return r
}

// between draws a time.
func (s *Schedule) between(low, high time.Duration) time.Duration {
	return low + time.Duration(s.random.Int64N(int64((high-low)/time.Millisecond)))*time.Millisecond
}

// both adds an action and what undoes it.
func (s *Schedule) both(r *Round, begin, lasts time.Duration, do, undo Verb, a, b string) {
	r.Actions = append(r.Actions, Action{At: begin, Verb: do, A: a, B: b}, Action{At: begin + lasts, Verb: undo, A: a, B: b})
}

// costly adds a fault that may cost each partition one replica: what victim
// holds, or what is on the other end of its cut cable.
func (s *Schedule) costly(r *Round, victim string) {
	r.Costs++
	begin := s.between(0, 3*time.Second)
	switch s.random.IntN(9) {
	case 0, 1, 2:
		// Back before others see that it is gone, or long after.
		s.both(r, begin, s.between(100*time.Millisecond, 6*time.Second), Kill, Restart, victim, "")
	case 3:
		s.both(r, begin, 10*time.Second, Pause, Resume, victim, "")
	case 4:
		lasts := s.between(time.Second, 6*time.Second)
		other := s.other(victim)
		s.both(r, begin, lasts, Cut, Mend, victim, other)
		s.both(r, begin, lasts, Cut, Mend, other, victim)
	case 5:
		a, b := victim, s.other(victim)
		if s.random.IntN(2) == 0 {
			a, b = b, a
		}
		s.both(r, begin, s.between(time.Second, 6*time.Second), Cut, Mend, a, b)
	case 6:
		s.both(r, begin, s.between(500*time.Millisecond, 6*time.Second), Isolate, Connect, victim, "")
	case 7:
		s.both(r, begin, s.between(500*time.Millisecond, 6*time.Second), Mute, Connect, victim, "")
	case 8:
		s.both(r, begin, s.between(500*time.Millisecond, 6*time.Second), Deafen, Connect, victim, "")
	}
}

// other returns another node, which may be the master.
func (s *Schedule) other(than string) string {
	others := append(slices.DeleteFunc(slices.Clone(s.workers), func(name string) bool { return name == than }), masterName)
	return others[s.random.IntN(len(others))]
}

// loss may make a primary take its backup for dead, so it costs a replica, too.
func (s *Schedule) loss(r *Round) {
	r.Costs++
	s.both(r, 0, s.between(5*time.Second, 12*time.Second), Lose, Keep, "", "")
}

// The faults below cost no replica.

func (s *Schedule) stop(r *Round) {
	victim := s.workers[s.random.IntN(len(s.workers))]
	s.both(r, 0, s.between(200*time.Millisecond, 2*time.Second), Stop, Restart, victim, "")
}

// masterAway also falls together with the death of a worker, which is repaired
// when the master is back.
func (s *Schedule) masterAway(r *Round) {
	s.both(r, s.between(0, 2*time.Second), s.between(200*time.Millisecond, 6*time.Second), Kill, Restart, masterName, "")
}

// deaf lets clients' requests reach a worker, and not its answers reach them:
// their writes take effect and are sent again.
func (s *Schedule) deaf(r *Round) {
	victim := s.workers[s.random.IntN(len(s.workers))]
	s.both(r, s.between(0, 2*time.Second), s.between(time.Second, 4*time.Second), Cut, Mend, victim, clientName)
}

func (s *Schedule) join(r *Round) {
	if len(s.workers) < s.most {
		r.Actions = append(r.Actions, Action{At: s.between(0, 2*time.Second), Verb: Join, A: s.add()})
	}
}

// leave drains a worker to which nothing else happens in the round.
func (s *Schedule) leave(r *Round, name string) {
	if len(s.workers) > s.fewest && r.Costs < len(s.workers) {
		r.Leaving = name
		r.Actions = append(r.Actions, Action{At: 0, Verb: Drain, A: name})
		s.workers = slices.DeleteFunc(s.workers, func(n string) bool { return n == name })
	}
}
