package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/wire"
)

// allLost starts a master over lossState whose workers w1, w3 and w5 have been
// restarted, so that three partitions are lost and w2 and w4 follow it.
func allLost(t *testing.T, edit func(*Config)) *bench {
	s := lossState(t)
	b := newBench(t, s, func(c *Config) {
		if edit != nil {
			edit(c)
		}
	})
	b.holding(2, idA, s.View)
	b.holding(4, idA, s.View)
	for _, n := range (incs{1, 3, 5}) {
		b.restart(n)
	}
	return b
}

// refusesReset asks as `pikv partition reset` does, by name and for all that is
// lost, and returns the refusal.
func (b *bench) refusesReset() (why string) {
	b.t.Helper()
	before := b.state()
	for _, req := range []wire.ResetRequest{{AllLost: true}, {Partitions: []uint16{0}}} {
		_, err := b.front.reset(b.t.Context(), req)
		require.ErrorIs(b.t, err, &wire.Error{Code: wire.CodeRefused})
		why = err.Error()
	}
	require.Same(b.t, before, b.state())
	return why
}

// With two masters alive for a while none of them gives anything up.
func TestNothingIsResetBesideAnotherMaster(t *testing.T) {
	b := allLost(t, func(c *Config) { c.OnLoss = OnLossReset })
	rival := membership.Member{Name: "m2", Role: membership.RoleMaster, Incarnation: 999, RPCAddr: "10.0.0.98:7700"}
	b.members = append(b.members, rival)
	b.run(10 * benchSettle)
	require.Zero(t, b.inForce().Partitions[0].Life)
	require.Contains(t, b.refusesReset(), `another master, "m2" at 10.0.0.98:7700, runs in this cluster: stop one of the two`)
	logged := b.logs.FilterMessageSnippet("lost partitions are not reset yet")
	require.Positive(t, logged.Len())
	require.LessOrEqual(t, logged.Len(), 2, "said once a while")

	b.members = b.members[:len(b.members)-1]
	b.run(2 * benchSettle)
	require.Equal(t, uint32(1), b.inForce().Partitions[0].Life)
}

// A worker that follows another master shows that this one has been replaced,
// or is about to be.
func TestNothingIsResetWhileAWorkerFollowsAnother(t *testing.T) {
	b := allLost(t, func(c *Config) { c.OnLoss = OnLossReset })
	foreign := view(t, idB, 40, conf(37, incs{4}))
	for i := range foreign.Nodes {
		foreign.Nodes[i].Incarnation += 20
	}
	for p := range foreign.Partitions {
		foreign.Partitions[p] = conf(37, incs{24})
	}
	stranger := b.holding(29, idB, foreign)
	b.run(10 * benchSettle)
	require.Equal(t, idB, stranger.follows)
	require.Zero(t, b.inForce().Partitions[0].Life)
	require.Contains(t, b.refusesReset(), `worker "w29" has not reported to this master lately`)
	b.leave(29)
	b.run(2 * benchSettle)
	require.Equal(t, uint32(1), b.inForce().Partitions[0].Life)
}

// The bad schedule of mayGiveUp: the old master is back, but the workers have
// gone over to its successor and say nothing any more.
func TestNothingIsResetOnOldReports(t *testing.T) {
	b := allLost(t, nil)
	b.run(2 * benchSettle)
	require.True(t, b.loop.open.Load())
	mute := b.workers
	b.workers = nil
	b.run(freshReport + time.Second)
	require.Contains(t, b.refusesReset(), "have not reported to this master lately")

	b.workers = mute
	b.run(benchSettle)
	reply, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.NoError(t, err)
	require.Contains(t, reply.Reset, uint16(0))
}

func TestManySilentWorkersAreCounted(t *testing.T) {
	require.Equal(t, `worker "a" has`, listed([]string{"a"}))
	require.Equal(t, `workers ["a" "b"] have`, listed([]string{"a", "b"}))
	require.Equal(t, `9 workers, ["1" "2" "3" "4" "5" "6" "7" "8"] among them, have`, listed([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}))
}
