package master

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

func TestALostFileIsRebuiltFromTheWorkers(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	b := newBench(t, &register.State{})
	id := b.id()
	for n := inc(1); n <= 5; n++ {
		b.holding(n, idA, lost)
	}
	b.run(2 * benchSettle)
	v := b.inForce()
	require.NotNil(t, v)
	require.Greater(t, v.MasterID.Generation(), id.Generation())
	id = v.MasterID
	require.Equal(t, lost.Partitions, v.Partitions)
	require.Greater(t, v.Epoch, lost.Epoch)
	require.Empty(t, b.state().Frozen)
	b.run(300 * time.Millisecond)
	for n := inc(1); n <= 5; n++ {
		require.Equal(t, id, b.workers[n].follows)
		require.Equal(t, v, b.workers[n].view)
	}
	texts, err := b.change(addLearner(0, 9, 2))
	require.NoError(t, err)
	require.Equal(t, []string{""}, texts)
}

// The rolled-back file: it is valid, but a worker holds a later view of it.
func TestAnOldFileGivesWayToWhatWorkersKnow(t *testing.T) {
	stale := view(t, idA, 5, conf(2, incs{1}), conf(4, incs{2}))
	later := view(t, idA, 9, conf(9, incs{3}), conf(4, incs{2}))
	b := newBench(t, &register.State{View: stale})
	for n := inc(1); n <= 5; n++ {
		b.holding(n, idA, later)
	}
	b.workers[4].view = stale
	b.run(100 * time.Millisecond)
	require.NotEqual(t, idA, b.id())
	require.Nil(t, b.inForce(), "the old file's view is shown to nobody")
	require.Empty(t, b.memory.saved)
	_, err := b.change(addLearner(0, 2, 2))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
	b.run(2 * benchSettle)
	v := b.inForce()
	require.NotNil(t, v)
	require.Equal(t, later.Partitions, v.Partitions)
	require.Equal(t, []placement.MasterID{idA}, b.state().Forsworn)
}

func TestAChangeOfALaterEpochGivesTheFileAway(t *testing.T) {
	b := newBench(t, &register.State{View: view(t, idA, 5, conf(2, incs{1}))})
	_, err := b.change(placement.Change{Kind: placement.AddLearner, Epoch: 6, Asker: 1, Node: 2})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
	require.Nil(t, b.inForce())
}

// Rule 4, with a replica that is away: its partitions keep serving as they
// are, and change only when it has come and told.
func TestAPartitionWaitsForItsAbsentReplica(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	b := newBench(t, &register.State{})
	for _, n := range (incs{1, 3, 4, 5}) {
		b.holding(n, idA, lost)
	}
	b.run(2 * benchSettle)
	require.Equal(t, []register.Frozen{frozenIn(lost, 1, 2)}, b.state().Frozen)
	require.Equal(t, placement.Epoch(4), b.inForce().Partitions[1].Epoch, "the epoch is kept, so w2 goes on serving")
	b.run(benchSettle)
	texts, err := b.change(placement.Change{Kind: placement.AddLearner, Partition: 1, Epoch: 4, Asker: 2, Node: 3})
	require.NoError(t, err)
	require.Equal(t, register.ErrFrozen.Error(), texts[0])

	// w2 was alone with a later view: the partition has gone to w3.
	known := view(t, idA, 12, conf(9, incs{1}), conf(11, incs{2, 3}))
	w2 := b.holding(2, idA, known)
	b.run(100 * time.Millisecond)
	require.Equal(t, b.id(), w2.follows)
	reply, err := w2.report()
	require.NoError(t, err)
	require.Zero(t, reply.Epoch, "it may adopt no view before its claim is heard")
	require.Equal(t, known, w2.view)
	b.run(300 * time.Millisecond)
	v := b.inForce()
	require.Equal(t, incs{2, 3}, v.Partitions[1].InSync)
	require.Equal(t, v.Epoch, v.Partitions[1].Epoch, "everybody must learn of it")
	require.Empty(t, b.state().Frozen, "w3 has followed before")
	require.Equal(t, v, w2.view)
}

func TestTheFrozenStayFrozenOverARestart(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	first := newBench(t, &register.State{})
	first.holding(1, idA, lost)
	first.run(2 * benchSettle)
	s := first.state()
	require.Len(t, s.Frozen, 1)

	b := newBench(t, s)
	b.holding(1, s.View.MasterID, s.View)
	b.run(2 * benchSettle)
	require.Len(t, b.state().Frozen, 1)
	b.holding(2, idA, lost)
	b.run(time.Second)
	require.Empty(t, b.state().Frozen)
	require.Equal(t, s.View.MasterID, b.workers[2].follows)
}

func TestRecoverOpensWhatIsFrozen(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))}
	s.Frozen = []register.Frozen{frozenIn(s.View, 1, 2)}
	b := newBench(t, s, func(c *Config) { c.Recover = true })
	b.holding(1, idA, s.View)
	b.run(200 * time.Millisecond)
	require.Empty(t, b.state().Frozen)
	require.Equal(t, 1, b.logs.FilterMessageSnippet("opened by --recover").Len())

	lost := newBench(t, &register.State{}, func(c *Config) { c.Recover = true })
	lost.holding(1, idA, s.View)
	lost.run(2 * benchSettle)
	require.NotNil(t, lost.inForce())
	require.Empty(t, lost.state().Frozen)
	require.Equal(t, 1, lost.logs.FilterMessageSnippet("rebuilt with --recover").Len())
}

// A worker of another life of the cluster is not emptied behind the
// operator's back.
func TestAStrangerIsLeftAloneUntilTheOperatorSays(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}))}
	other := view(t, idB, 40, conf(37, incs{2}))
	other.Nodes[1].Incarnation, other.Nodes[1].Name = 9, "w9"
	other.Partitions[0] = conf(37, incs{9})
	slices.SortFunc(other.Nodes, func(a, b placement.Node) int { return strings.Compare(a.Name, b.Name) })
	b := newBench(t, s)
	b.holding(1, idA, s.View)
	w9 := b.holding(9, idB, other)
	b.run(3 * benchSettle)
	require.Equal(t, idB, w9.follows)
	require.Equal(t, other, w9.view)
	_, err := w9.report()
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
	require.ErrorContains(t, err, "--recover")
	require.Equal(t, s.View.Partitions, b.inForce().Partitions)
	require.Equal(t, 1, b.logs.FilterMessageSnippet("another master").Len())
	lines := b.front.memberStatus()
	require.Equal(t, "w9", lines[len(lines)-1].Name)
	require.Equal(t, stateStranger, lines[len(lines)-1].State)

	b = newBench(t, s, func(c *Config) { c.Recover = true })
	b.holding(1, idA, s.View)
	b.holding(9, idB, other)
	b.run(3 * benchSettle)
	require.Equal(t, incs{9}, b.inForce().Partitions[0].InSync, "the operator wants what is later")
	require.NotContains(t, []placement.MasterID{idA, idB}, b.id())
}

// A file from before a recovery, put back after it.
func TestAFileOfAReplacedRegisterGivesWay(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	now := view(t, idB, placement.Epoch(2_000_001)+5, conf(placement.Epoch(2_000_001)+5, incs{3}), conf(4, incs{2}))
	b := newBench(t, &register.State{View: lost})
	for n := inc(1); n <= 5; n++ {
		b.holding(n, idB, now)
	}
	b.run(3 * benchSettle)
	require.Equal(t, now.Partitions, b.inForce().Partitions)
	require.NotContains(t, []placement.MasterID{idA, idB}, b.id())
	require.Equal(t, b.inForce(), b.workers[1].view)
}

func TestNobodyCanUnsettleTheRegisterFromOutside(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}))}
	b := newBench(t, s)
	w := b.holding(7, idA, view(t, idA, 99, conf(99, incs{1})))
	b.members = nil // gossip does not know it
	_, err := w.report()
	require.NoError(t, err)
	require.Equal(t, idA, b.id())
	require.Empty(t, b.loop.reports.snapshot())
}

func TestWhenTheLastThatKnewHasGoneTheOperatorMustSay(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}))
	for _, override := range []bool{false, true} {
		b := newBench(t, &register.State{}, func(c *Config) { c.Recover = override })
		b.holding(1, idA, lost)
		b.join(2)
		b.run(100 * time.Millisecond) // w1 has been told to forswear
		require.True(t, b.loop.authority.reign().Recovering())
		b.leave(1)
		b.run(3 * benchSettle)
		if override {
			require.Equal(t, placement.Epoch(1), b.inForce().Epoch, "born anew")
			continue
		}
		require.Nil(t, b.inForce())
		require.Equal(t, 1, b.logs.FilterMessageSnippet("no worker is left that knows").Len())
		back := b.holding(1, idA, lost)
		b.run(2 * benchSettle)
		require.NotNil(t, b.inForce())
		require.Equal(t, b.inForce(), back.view)
	}
}

// A recovery that crashed before it published leaves workers behind that
// follow an id that is nowhere.
func TestARecoveryAfterARecoveryThatCrashed(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	first := newBench(t, &register.State{})
	first.holding(1, idA, lost)
	first.holding(2, idA, lost)
	first.run(300 * time.Millisecond) // they have forsworn, nothing is published
	require.Nil(t, first.inForce())
	require.Equal(t, first.id(), first.workers[1].follows)

	for _, s := range []*register.State{{}, {View: view(t, idA, 5, conf(2, incs{1}), conf(4, incs{2}))}} {
		b := newBench(t, s)
		b.holding(1, first.id(), lost)
		b.holding(2, first.id(), lost)
		b.run(3 * benchSettle)
		require.NotNil(t, b.inForce())
		require.Equal(t, lost.Partitions, b.inForce().Partitions)
		require.Equal(t, b.inForce(), b.workers[1].view)
		require.Equal(t, b.inForce(), b.workers[2].view)
	}
}

// A recovery waits for workers that gossip calls alive, but not for ever; who
// comes later is heard.
func TestARecoveryDoesNotWaitForTheMuteForEver(t *testing.T) {
	lost := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	b := newBench(t, &register.State{})
	b.holding(1, idA, lost)
	mute := b.holding(2, idA, lost)
	delete(b.workers, 2)
	b.run((graceFactor - 1) * benchSettle)
	require.Nil(t, b.inForce())
	b.run(2 * benchSettle)
	require.NotNil(t, b.inForce())
	require.Equal(t, []register.Frozen{frozenIn(lost, 1, 2)}, b.state().Frozen)
	b.workers[2] = mute
	b.run(time.Second)
	require.Empty(t, b.state().Frozen)
	require.Equal(t, b.inForce(), mute.view)
}

// A worker that holds something turns up while the first view of a new cluster
// is on its way to the disk: that view is nobody's, and is not taken for another
// cluster's.
func TestABirthThatComesTooLateIsForgotten(t *testing.T) {
	b := newBench(t, &register.State{})
	b.join(1)
	b.memory.hold = make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.run(2 * benchSettle)
	}()
	<-b.memory.began
	lost := view(t, idA, 9, conf(9, incs{4}))
	w := b.holding(4, idA, lost)
	_, err := w.report()
	require.NoError(t, err)
	close(b.memory.hold)
	<-done
	b.run(2 * benchSettle)
	require.NotNil(t, b.inForce())
	require.Equal(t, incs{4}, b.inForce().Partitions[0].InSync)
}
