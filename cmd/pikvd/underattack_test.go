package main

import (
	"cmp"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/proc"
)

// attack is what anybody can send to a door of a node. While all of it stands it may
// call meanwhile, which waits until others have been served.
type attack struct {
	name string
	cpu  time.Duration // the processor time that it may cost the node
	run  func(t *testing.T, door victim, meanwhile func())
}

// underAttack attacks a door of v, one attack after the other. Others go on at both
// doors of v all the while and get right answers, the processor time and the memory are
// bounded, and the processor is idle again while the connections of the attack still
// stand. The nodes of beside are unharmed, too.
func underAttack(t *testing.T, v, door victim, beside []victim, attacks ...attack) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			v.alone(t)
			b := v.bystanders(t, cmp.Or(longerRounds[a.name], longestRound))
			b.goOn(t) // their connections stand before the attack's
			before := v.cpu(t)
			a.run(t, door, func() { t.Helper(); b.goOn(t) })
			b.goOn(t)
			b.unhurt(t)
			used := v.cpu(t) - before
			t.Logf("%v of processor time; bystanders waited %s at most", used, b.slowest())
			require.LessOrEqual(t, used, a.cpu)
			for _, v := range append([]victim{v}, beside...) {
				v.calm(t)
				v.unharmed(t)
			}
			b.unhurt(t)
		})
	}
}

// alone waits until the connections of what was before are closed.
func (v victim) alone(t *testing.T) {
	t.Helper()
	const own = 16 // connections to others of its cluster may have come since
	v.await(t, "connections are left", func() (string, bool) {
		n := v.files(t)
		return fmt.Sprintf("%d files are open, %d at the beginning", n, v.filesAtRest), n <= v.filesAtRest+own
	})
}

// calm waits until a victim does little more than to serve the bystanders.
func (v victim) calm(t *testing.T) {
	t.Helper()
	const share = 4 // of one processor
	began, before := time.Now(), v.cpu(t)
	v.await(t, "it does not come to rest", func() (string, bool) {
		took, used := time.Since(began), v.cpu(t)-before
		if took < 500*time.Millisecond {
			return "", false
		}
		began, before = time.Now(), before+used
		return fmt.Sprintf("%v of processor time in %v", used, took), used <= took/share
	})
}

// await asks until it is so.
func (v victim) await(t *testing.T, otherwise string, so func() (is string, ok bool)) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline, last := time.Now().Add(replyTime), ""; ; <-tick.C {
		is, ok := so()
		if ok {
			return
		}
		if is != "" {
			last = is
		}
		require.True(t, time.Now().Before(deadline), "%s: %s", otherwise, last)
	}
}

// files is the number of files and connections that a victim has open.
func (v victim) files(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", v.Process.Pid))
	require.NoError(t, err)
	return len(open)
}

// cpu is the processor time that a victim has used.
func (v victim) cpu(t *testing.T) time.Duration {
	t.Helper()
	used, err := proc.CPU(v.Process.Pid)
	require.NoError(t, err)
	return used
}
