// Package pace measures how fast this machine is while something else is measured on it.
//
// A virtual machine shares more with other guests of its host than the processor time
// that is counted as stolen: the units of a core with whoever runs on its other thread,
// caches, and the way to memory. A request has been seen to take a third more
// processor time for minutes, with nothing stolen. So a fixed piece of work is timed
// over and over: sums, which whoever shares the core slows down, and reads that miss
// the core's own caches. What is measured beside it needs caches, too: numbers of the
// same work can be compared.
package pace

import (
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"pikv/bench/proc"
)

const (
	every = 100 * time.Millisecond // at 360 us each, 0.4 percent of one core
	kept  = 4096                   // samples: the last three minutes at least
	least = 10                     // samples that a median is of: several of each processor
)

// Watch times the work on each processor in turn until it is closed. Safe for
// concurrent use.
type Watch struct {
	stop, done chan struct{}
	mu         struct {
		sync.Mutex
		samples []sample // in the order of time
		err     error
	}
}

// sample is one measurement.
type sample struct {
	at   time.Time
	took time.Duration // of processor time
}

// Start begins to watch.
func Start() (*Watch, error) {
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil {
		return nil, fmt.Errorf("list this machine's processors: %w", err)
	}
	w := &Watch{stop: make(chan struct{}), done: make(chan struct{})}
	go w.run(listOf(cpus))
	return w, nil
}

// Close ends the watch, and waits for that. It returns why there are no measurements
// any more, if there are none. It may be called once.
func (w *Watch) Close() error {
	close(w.stop)
	<-w.done
	return w.mu.err
}

// Median returns the median of what was measured from one moment to another, and, if
// that was too little, of what was measured last before; 0 if there is nothing.
func (w *Watch) Median(from, to time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := len(w.mu.samples)
	for end > 0 && w.mu.samples[end-1].at.After(to) {
		end--
	}
	begin := end
	for begin > 0 && (end-begin < least || !w.mu.samples[begin-1].at.Before(from)) {
		begin--
	}
	var took []time.Duration
	for _, s := range w.mu.samples[begin:end] {
		took = append(took, s.took)
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func (w *Watch) run(cpus []int) {
	defer close(w.done)
	runtime.LockOSThread() // it ends with the goroutine: nothing else is to run where it was sent
	work := newWork()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		took, err := on(cpus[i%len(cpus)], work.do)
		w.add(sample{time.Now(), took}, err)
		if err != nil {
			<-w.stop
			return
		}
	}
}

func (w *Watch) add(s sample, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.mu.err = fmt.Errorf("measure how fast this machine is: %w", err)
		return
	}
	if len(w.mu.samples) == kept {
		w.mu.samples = append(w.mu.samples[:0], w.mu.samples[kept/2:]...)
	}
	w.mu.samples = append(w.mu.samples, s)
}

// on returns what processor time do takes on a processor.
func on(cpu int, do func()) (time.Duration, error) {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return 0, err
	}
	begin, err := proc.ThreadCPU()
	if err != nil {
		return 0, err
	}
	do()
	end, err := proc.ThreadCPU()
	return end - begin, err
}

// listOf lists the processors of a set.
func listOf(set unix.CPUSet) (cpus []int) {
	for cpu := range len(set) * bits.UintSize {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}
