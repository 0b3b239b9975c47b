package pace

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWatch(t *testing.T) {
	began := time.Now()
	w, err := Start()
	require.NoError(t, err)
	require.Eventually(t, func() bool { return w.Median(began, time.Now()) > 0 }, 30*time.Second, time.Millisecond)
	took := w.Median(began, time.Now())
	require.Greater(t, took, time.Microsecond, "nothing was computed")
	require.Less(t, took, time.Second)
	require.NoError(t, w.Close())
}

// Each processor is measured on itself.
func TestTheWorkIsDoneWhereItIsSent(t *testing.T) {
	var all unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &all))
	cpus := listOf(all)
	require.Len(t, cpus, all.Count())
	done := make(chan error, 2*len(cpus))
	go func() {
		runtime.LockOSThread() // it ends with the goroutine
		for _, cpu := range cpus {
			_, err := on(cpu, func() {
				var now unix.CPUSet
				if err := unix.SchedGetaffinity(0, &now); err != nil || now.Count() != 1 || !now.IsSet(cpu) {
					done <- fmt.Errorf("not on processor %d: %w", cpu, err)
				}
			})
			done <- err
		}
		close(done)
	}()
	for err := range done {
		require.NoError(t, err)
	}
}

// A repeat may be shorter than what a median needs.
func TestMedian(t *testing.T) {
	var w Watch
	now := time.Now()
	at := func(i int) time.Time { return now.Add(time.Duration(i) * every) }
	require.Zero(t, w.Median(at(0), at(9)), "nothing was measured")
	for i := range 50 {
		w.add(sample{at(i), time.Duration(i)}, nil)
	}
	require.EqualValues(t, 29, w.Median(at(20), at(38)), "what was measured then")
	require.EqualValues(t, 34, w.Median(at(38), at(38)), "the last ones before, and not those after")
	require.EqualValues(t, 2, w.Median(at(3), at(3)), "as many as there are")
	for i := range kept {
		w.add(sample{at(50 + i), 1000}, nil)
	}
	require.LessOrEqual(t, len(w.mu.samples), kept)
	require.EqualValues(t, 1000, w.Median(at(kept), at(50+kept)))
}

// One read leads to the next through all of the circle, so none can be foreseen.
func TestTheReadsAreOneCircle(t *testing.T) {
	w := newWork()
	n := 0
	for at := w.next[0]; ; at = w.next[at] {
		if n++; at == 0 {
			break
		}
		require.Less(t, n, circle)
	}
	require.Equal(t, circle, n)
	w.do()
	first, at := w.sum, w.at
	w.do()
	require.Equal(t, 2*first, w.sum, "always the same work")
	require.NotEqual(t, at, w.at, "elsewhere")
}
