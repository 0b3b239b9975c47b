package replica

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	flagSeeds = flag.Int("seeds", 0, "number of schedules to play; 0: a number that takes some seconds")
	flagSeed  = flag.Uint64("seed", 0, "play this schedule only, and print its trace with -v")
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
	return 300
}

// playAll plays seeds from 1 on, on all processors, until stop says so.
func playAll(seeds int, bug planted, done func(s *sim, err error) (stop bool)) {
	var (
		next    atomic.Int64
		stopped atomic.Bool
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !stopped.Load() {
				seed := next.Add(1)
				if seed > int64(seeds) {
					return
				}
				s := newSim(uint64(seed), bug)
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

func TestSchedulesKeepThePromises(t *testing.T) {
	if *flagSeed > 0 {
		s := newSim(*flagSeed, plantNone)
		if testing.Verbose() {
			s.verbose = t.Logf
		}
		if err := s.run(); err != nil {
			t.Fatal(err)
		}
		return
	}
	seeds, played, failures := schedules(t), 0, 0
	var cover coverage
	var steps int64
	playAll(seeds, plantNone, func(s *sim, err error) bool {
		played++
		cover.add(&s.cover)
		steps += int64(s.steps)
		if err != nil {
			t.Errorf("%v\n(play it again with -run Schedules -seed %d -v)", err, s.seed)
			failures++
		}
		return failures >= 10
	})
	t.Logf("%d schedules, %d steps\n%s", played, steps, cover.String())
	if failures == 0 && seeds >= 100 {
		for i, n := range cover {
			if n == 0 {
				t.Errorf("no schedule had any: %s", coverNames[i])
			}
		}
	}
}

func TestScheduleIsDecidedByItsSeed(t *testing.T) {
	for seed := range uint64(3) {
		a, b := newSim(seed+1, plantNone), newSim(seed+1, plantNone)
		if errA, errB := a.run(), b.run(); (errA == nil) != (errB == nil) {
			t.Fatalf("seed %d ends with %v, then with %v", seed+1, errA, errB)
		}
		if a.trace != b.trace || a.steps != b.steps {
			t.Errorf("seed %d takes %d steps, trace %x; then %d steps, trace %x", seed+1, a.steps, a.trace, b.steps, b.trace)
		}
	}
}

// TestScheduleFindsPlantedBugs proves that the promises are really watched.
func TestScheduleFindsPlantedBugs(t *testing.T) {
	bugs := []struct {
		name string
		bug  planted
	}{
		{"no epoch check", plantNoEpochCheck},
		{"promotion of an incomplete learner", plantEarlyPromotion},
		{"hand-over without the primary's asking", plantSpontaneous},
		{"items taken twice by a learner", plantRepeatedItems},
		{"acknowledgement before the entry has come", plantEarlyAck},
		{"incarnation unchecked", plantOldIncarnation},
		{"stale request taken by the register", plantStaleRequest},
		{"view published before it is on disk", plantPublishFirst},
		{"entry lost by a backup", plantLostEntry},
		{"learner about to be promoted not waited for", plantLearnerIgnored},
		{"expiry by a backup's own clock", plantLocalExpiry},
	}
	const limit = 300
	for _, tt := range bugs {
		t.Run(tt.name, func(t *testing.T) {
			played, found := 0, error(nil)
			playAll(limit, tt.bug, func(s *sim, err error) bool {
				played++
				if err != nil && found == nil {
					found = err
				}
				return found != nil
			})
			if found == nil {
				t.Fatalf("not found in %d schedules", played)
			}
			t.Logf("found after %d schedules: %v", played, found)
		})
	}
}
