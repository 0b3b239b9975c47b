package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/register"
)

// away is a cluster whose master comes back: one partition lacks a replica.
func away(t *testing.T) *bench {
	v := view(t, idA, 9, conf(9, incs{1}), conf(9, incs{1, 2}))
	v.Replicas = 2
	return newBench(t, &register.State{View: v}, func(c *Config) { c.Settle = defaultSettle })
}

// After a restart changes resume as soon as all have reported: nobody has come
// or gone, so nothing has to settle.
func TestChangesResumeAtOnceWhenEverybodyIsThere(t *testing.T) {
	b := away(t)
	for n := inc(1); n <= 5; n++ {
		b.holding(n, idA, b.state().View)
	}
	b.run(200 * time.Millisecond)
	require.True(t, b.loop.open.Load())
	require.NotEmpty(t, b.suggested(1), "w1 is to fill a second replica")
	texts, err := b.change(b.suggested(1)...)
	require.NoError(t, err)
	require.Empty(t, texts[0])
}

// What replicas ask for by themselves waits only for the reports; to plan for
// others waits until it is certain who is there.
func TestChangesResumeWithoutTheDead(t *testing.T) {
	b := away(t)
	for n := inc(1); n <= 4; n++ { // w5 has died meanwhile
		b.holding(n, idA, b.state().View)
	}
	b.run(200 * time.Millisecond)
	texts, err := b.change(addLearner(0, 9, 3))
	require.NoError(t, err)
	require.Empty(t, texts[0])
	require.Empty(t, b.suggested(1))
	b.run(defaultSettle)
	require.NotEmpty(t, b.suggested(1))
}

// One that comes is news, however soon it reports.
func TestANewWorkerIsNotPlannedForBeforeItSettles(t *testing.T) {
	b := away(t)
	for n := inc(1); n <= 6; n++ {
		b.holding(n, idA, b.state().View)
	}
	b.workers[6].view, b.workers[6].follows = nil, 0
	b.run(defaultSettle / 2)
	require.Nil(t, b.loop.planner.ring())
	b.run(defaultSettle)
	require.NotNil(t, b.loop.planner.ring())
	require.Len(t, b.inForce().Nodes, 6)
}
