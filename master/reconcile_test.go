package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

func TestBirthWaitsForAllAndForQuiet(t *testing.T) {
	b := newBench(t, &register.State{})
	b.run(3 * benchSettle)
	require.Nil(t, b.inForce(), "nobody is there")
	b.join(1)
	b.run(benchSettle / 2)
	mute := b.join(2)
	delete(b.workers, 2)
	b.run(5 * benchSettle)
	require.Nil(t, b.inForce(), "w2 has not said what it holds")
	_, err := b.change(addLearner(0, 1, 2))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
	b.workers[2] = mute
	b.run(300 * time.Millisecond)
	v := b.inForce()
	require.NotNil(t, v)
	require.Equal(t, placement.Epoch(1), v.Epoch)
	require.Equal(t, b.id(), v.MasterID)
	require.Len(t, v.Nodes, 2)
	require.Len(t, v.Partitions, 8)
	b.run(300 * time.Millisecond)
	require.Equal(t, v, b.workers[1].view)
	require.Len(t, b.memory.saved, 1)
}

func TestANewWorkerIsWrittenDownAndGivenWork(t *testing.T) {
	b := newBench(t, &register.State{})
	b.join(1)
	b.run(2 * benchSettle)
	b.join(2)
	b.run(benchSettle / 2)
	require.Len(t, b.inForce().Nodes, 1, "the membership has not settled")
	b.run(benchSettle)
	require.Len(t, b.inForce().Nodes, 2)
	b.run(200 * time.Millisecond)
	reply, err := b.workers[1].report()
	require.NoError(t, err)
	changes, err := placement.DecodeChanges(reply.Suggest)
	require.NoError(t, err)
	require.NotEmpty(t, changes)
	again, err := b.workers[1].report()
	require.NoError(t, err)
	require.Equal(t, reply.Suggest, again.Suggest)
	texts, err := b.change(changes...)
	require.NoError(t, err)
	for _, text := range texts {
		require.Empty(t, text)
	}
	texts, err = b.change(changes[0])
	require.NoError(t, err)
	require.Contains(t, texts[0], placement.ErrStaleEpoch.Error())
}

// Who knows how many workers will come has no cluster of fewer.
func TestTheBirthWaitsForAsManyWorkersAsAreToCome(t *testing.T) {
	b := newBench(t, &register.State{}, func(c *Config) { c.BirthWorkers = 3 })
	b.join(1)
	b.join(2)
	b.run(5 * benchSettle)
	require.Nil(t, b.inForce())
	b.join(3)
	b.run(2 * benchSettle)
	require.Len(t, b.inForce().Nodes, 3)
	b.leave(3)
	b.run(5 * benchSettle)
	require.NotNil(t, b.inForce(), "it is of the birth alone")
}

func TestANodeThatIsGoneAndHoldsNothingIsForgotten(t *testing.T) {
	b := newBench(t, &register.State{})
	b.join(1)
	b.run(2 * benchSettle)
	b.join(2)
	b.run(2 * benchSettle)
	b.leave(2)
	b.run(benchSettle / 2)
	require.Len(t, b.inForce().Nodes, 2)
	b.run(benchSettle)
	require.Len(t, b.inForce().Nodes, 1)
	b.leave(1)
	b.run(2 * benchSettle)
	require.Len(t, b.inForce().Nodes, 1, "it is named by every partition")
}

func TestARestartKeepsEverythingAndListensFirst(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}))}
	b := newBench(t, s)
	require.Same(t, s.View, b.inForce(), "at once: workers and clients may read it")
	_, err := b.change(addLearner(0, 9, 2))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy})
	for n := inc(1); n <= 5; n++ {
		b.holding(n, idA, s.View)
	}
	b.run(200 * time.Millisecond)
	texts, err := b.change(addLearner(0, 9, 2))
	require.NoError(t, err)
	require.Equal(t, []string{""}, texts)
	require.Equal(t, idA, b.inForce().MasterID)
	require.Equal(t, placement.Epoch(10), b.inForce().Epoch)
}

func TestARestartDoesNotListenForEver(t *testing.T) {
	b := newBench(t, &register.State{View: view(t, idA, 9, conf(9, incs{1}))})
	b.holding(1, idA, b.state().View)
	b.join(2)
	delete(b.workers, 2) // in gossip, but mute
	b.run((graceFactor - 1) * benchSettle)
	_, err := b.change(addLearner(0, 9, 3))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy})
	b.run(2 * benchSettle)
	_, err = b.change(addLearner(0, 9, 3))
	require.NoError(t, err)
}

func TestAChangeForAnotherMasterIsStale(t *testing.T) {
	b := newBench(t, &register.State{View: view(t, idA, 9, conf(9, incs{1}))})
	_, err := b.front.change(t.Context(), idB, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
}

func TestRepeatedTroubleIsLoggedOnceAWhile(t *testing.T) {
	b := newBench(t, &register.State{})
	b.memory.setFail(errDiskFull)
	b.join(1)
	b.run(3 * benchSettle)
	require.Nil(t, b.inForce())
	require.Equal(t, 1, b.logs.FilterMessage("cannot change the view").Len())
	b.memory.setFail(nil)
	b.run(benchSettle)
	require.NotNil(t, b.inForce())
}

func TestASecondMasterIsReported(t *testing.T) {
	b := newBench(t, &register.State{})
	b.members = append(b.members, membership.Member{Name: "other", Role: membership.RoleMaster, Incarnation: 7, RPCAddr: "10.0.0.98:7700"})
	b.run(benchSettle)
	logs := b.logs.FilterMessageSnippet("another master").All()
	require.Len(t, logs, 1)
	require.Equal(t, "10.0.0.98:7700", logs[0].ContextMap()["address"])
}

func TestAReportMustMakeSense(t *testing.T) {
	b := newBench(t, &register.State{})
	foreign := view(t, idA, 3, conf(1, incs{1}))
	foreign.Cluster = "other"
	for name, req := range map[string]wire.ReportRequest{
		"no incarnation": {Name: "w"},
		"no name":        {Incarnation: 1},
		"garbage":        {Name: "w", Incarnation: 1, View: []byte{0xc1}},
		"other cluster":  {Name: "w", Incarnation: 1, View: placement.EncodeView(foreign)},
	} {
		_, err := b.front.readReport(req)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest}, name)
	}
}
