package replica

import (
	"errors"
	"flag"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	flagSeeds = flag.Int("seeds", 0, "number of schedules to play; 0: a number that takes some seconds")
	flagFirst = flag.Uint64("first", 1, "the first of them")
	flagSeed  = flag.Uint64("seed", 0, "play this schedule only, and print its trace with -v")
	flagBug   = flag.Int("bug", 0, "with -seed: plant this bug")
	flagHunt  = flag.Bool("hunt", false, "look for the planted bugs afresh, instead of playing the schedule that found each")
)

// schedules is how many seeds to play: the flag's number, that of the
// environment, or one that suits a test run.
func schedules(t *testing.T) int {
	if *flagSeeds > 0 {
		return *flagSeeds
	}
	if text := os.Getenv("PIKV_SCHEDULES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("PIKV_SCHEDULES: %v", err)
		}
		return n
	}
	if testing.Short() {
		return 8
	}
	return 100
}

// playAll plays seeds from first on, on all processors, until done says stop.
func playAll(first uint64, seeds int, bug planted, done func(s *sim, err error) (stop bool)) {
	var (
		next    atomic.Uint64
		stopped atomic.Bool
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	next.Store(first)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !stopped.Load() {
				seed := next.Add(1) - 1
				if seed >= first+uint64(seeds) {
					return
				}
				s := newSim(seed, bug)
				err := s.run()
				mu.Lock()
				if done(s, err) {
					stopped.Store(true)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

// A failure is of use only when its schedule can be played again.
func TestASeedPlaysTheSameEveryTime(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		first, again := newSim(seed, plantNone), newSim(seed, plantNone)
		if err := errors.Join(first.run(), again.run()); err != nil {
			t.Fatal(err)
		}
		if first.trace != again.trace || first.steps != again.steps {
			t.Errorf("seed %d: trace %x after %d steps, then %x after %d", seed, first.trace, first.steps, again.trace, again.steps)
		}
	}
}

func TestSchedulesKeepThePromises(t *testing.T) {
	if *flagSeed > 0 {
		s := newSim(*flagSeed, planted(*flagBug))
		if testing.Verbose() {
			s.verbose = t.Logf
		}
		err := s.run()
		t.Logf("trace %016x after %d steps", s.trace, s.steps)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	seeds, played, failures := schedules(t), 0, 0
	var cover coverage
	var steps, calls, faults, seconds int64
	var traces uint64 // of all: the same on every machine
	started := time.Now()
	playAll(*flagFirst, seeds, plantNone, func(s *sim, err error) bool {
		played++
		traces ^= s.trace
		cover.add(&s.cover)
		steps += int64(s.steps)
		calls += int64(s.calls)
		faults += int64(s.faults)
		seconds += s.now / 1e9
		if err != nil {
			t.Errorf("%v\n(play it again with -run SchedulesKeep -v -args -seed %d)", err, s.seed)
			failures++
		}
		return failures >= 10
	})
	t.Logf("%d schedules in %.1f s: %d steps, %d operations, %d faults, %d s of virtual time, traces %016x\n%s",
		played, time.Since(started).Seconds(), steps, calls, faults, seconds, traces, cover.String())
	if failures == 0 && seeds >= 100 {
		for i, n := range cover {
			if n == 0 {
				t.Errorf("no schedule had any: %s", coverNames[i])
			}
		}
	}
}
