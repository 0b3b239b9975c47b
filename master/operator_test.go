package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// serving starts a master over v whose workers ns all follow it, and lets it
// open.
func serving(t *testing.T, s *register.State, edit func(*Config), ns ...inc) *bench {
	b := newBench(t, s, func(c *Config) {
		if edit != nil {
			edit(c)
		}
	})
	for _, n := range ns {
		b.holding(n, s.View.MasterID, s.View)
	}
	b.run(2 * benchSettle)
	require.True(t, b.loop.open.Load())
	return b
}

// restart lets worker n come back as another incarnation.
func (b *bench) restart(n inc) {
	b.leave(n)
	w := b.join(n + 50)
	b.members[len(b.members)-1] = restarted(n)
	w.name = node(n).Name
}

func TestReplicasAreChangedLive(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	reply, err := b.front.setReplicas(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, wire.ReplicasReply{Replicas: 1, Was: 1}, reply)
	reply, err = b.front.setReplicas(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, wire.ReplicasReply{Replicas: 2, Was: 1}, reply)
	require.Equal(t, 2, b.inForce().Replicas)
	require.Equal(t, 2, b.memory.saved[len(b.memory.saved)-1].View.Replicas, "it is durable")
	b.run(300 * time.Millisecond)
	require.Len(t, b.suggested(1), 4, "a learner for each partition")
	saves := len(b.memory.saved)
	_, err = b.front.setReplicas(t.Context(), 2)
	require.NoError(t, err)
	require.Len(t, b.memory.saved, saves)
	for _, n := range []int{-1, 4} {
		_, err = b.front.setReplicas(t.Context(), n)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest})
	}
}

// More replicas than workers: it runs degraded and says so.
func TestFewerWorkersThanReplicasIsSaid(t *testing.T) {
	b := newBench(t, &register.State{}, func(c *Config) { c.Replicas = 3 })
	b.join(1)
	b.join(2)
	b.run(4 * benchSettle)
	require.NotNil(t, b.inForce())
	require.Equal(t, 1, b.logs.FilterMessageSnippet("fewer active workers than replicas").Len())
	status := b.front.status()
	require.Equal(t, 3, status.Replicas)
	require.Equal(t, 8, status.Degraded+status.Moving)
	require.Equal(t, int64(-1), status.SyncedMS)
	require.Positive(t, status.UnsyncedMS)
}

// lossState has a partition that only w1 held, one that w1 shares with w2, and
// one that w1 shares with w3.
func lossState(t *testing.T) *register.State {
	v := view(t, idA, 9, conf(9, incs{1}), conf(9, incs{1, 2}), conf(9, incs{3, 1}), conf(9, incs{5}))
	v.Replicas = 2
	return &register.State{View: v}
}

func TestALostPartitionWaitsForItsOperator(t *testing.T) {
	b := serving(t, lossState(t), nil, 1, 2, 3, 4, 5)
	b.leave(1)
	b.run(2 * benchSettle)
	require.Equal(t, 1, b.front.status().Lost+b.front.status().Waiting-1, "two wait: w1 may come back, w2 can take over")
	_, err := b.front.reset(t.Context(), wire.ResetRequest{Partitions: []uint16{0, 1}})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, `partition 1 is in sync on "w2"`)
	b.restart(1)
	b.run(5 * benchSettle)
	status := b.front.status()
	require.Equal(t, 1, status.Lost)
	require.Equal(t, "lost", status.Problems[1].State)
	require.Zero(t, b.inForce().Partitions[0].Life, "nobody asked for it")

	reply, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.NoError(t, err)
	require.Equal(t, []uint16{0}, reply.Reset)
	p := b.inForce().Partitions[0]
	require.Equal(t, uint32(1), p.Life)
	require.True(t, p.Replaced)
	require.NotEqual(t, inc(1), p.Primary)
	require.Zero(t, b.front.status().Lost)
	reply, err = b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.NoError(t, err)
	require.Empty(t, reply.Reset, "there is no more")

	for _, req := range []wire.ResetRequest{{}, {AllLost: true, Partitions: []uint16{1}}} {
		_, err = b.front.reset(t.Context(), req)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest})
	}
	_, err = b.front.reset(t.Context(), wire.ResetRequest{Partitions: []uint16{9}})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
}

// --on-loss reset gives up what is lost, once every lost replica is back as a
// newer incarnation, and nothing that may come back.
func TestOnLossResetGivesUpOnlyWhatIsLost(t *testing.T) {
	b := serving(t, lossState(t), func(c *Config) { c.OnLoss = OnLossReset }, 1, 2, 3, 4, 5)
	b.leave(1)
	b.leave(3)
	b.run(20 * benchSettle)
	require.Zero(t, b.inForce().Partitions[0].Life, "w1 may come back with it")
	b.restart(1)
	b.run(5 * benchSettle)
	v := b.inForce()
	require.Equal(t, uint32(1), v.Partitions[0].Life)
	require.Zero(t, v.Partitions[1].Life, "w2 has it")
	require.Zero(t, v.Partitions[2].Life, "w3 may come back with it")
	require.Equal(t, 1, b.logs.FilterMessageSnippet("lost partitions were reset").Len())
	b.restart(3)
	b.run(5 * benchSettle)
	require.Equal(t, uint32(1), b.inForce().Partitions[2].Life)
}

// The whole site's power was cut: everything is lost, and begins anew.
func TestOnLossResetAfterAPowerCutOfAll(t *testing.T) {
	b := newBench(t, lossState(t), func(c *Config) { c.OnLoss = OnLossReset })
	for _, n := range (incs{1, 2, 3, 5}) {
		b.restart(n)
	}
	b.run(5 * benchSettle)
	for _, p := range b.inForce().Partitions {
		require.Equal(t, uint32(1), p.Life)
		require.Greater(t, p.Primary, inc(50))
	}
}

// A master that has just started may not know the last configuration: it gives
// nothing up before it has listened.
func TestNothingIsResetBeforeTheMasterHasListened(t *testing.T) {
	b := newBench(t, lossState(t), func(c *Config) { c.OnLoss = OnLossReset })
	for _, n := range (incs{1, 2, 3, 5}) {
		b.restart(n)
	}
	b.join(4)
	delete(b.workers, 4) // in gossip, but mute
	b.run(3 * benchSettle)
	require.Zero(t, b.inForce().Partitions[0].Life)
	_, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy})
	b.run(graceFactor * benchSettle)
	require.True(t, b.loop.open.Load())
	require.Zero(t, b.inForce().Partitions[0].Life, "w4 is alive, and may know better")
	b.leave(4)
	b.run(2 * benchSettle)
	require.Equal(t, uint32(1), b.inForce().Partitions[0].Life)
}

// Gossip has lost sight of w1, as a cut that stops datagrams would make it; w1
// serves, and says so. What it holds is not given up, however clearly the operator
// asks.
func TestAWorkerThatReportsIsNotGivenUp(t *testing.T) {
	b := serving(t, lossState(t), nil, 1, 2, 3, 4, 5)
	w1 := b.workers[1]
	b.leave(1)
	b.workers[1] = w1
	b.run(2 * benchSettle)
	for _, req := range []wire.ResetRequest{{AllLost: true}, {Partitions: []uint16{0}}} {
		_, err := b.front.reset(t.Context(), req)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy})
		require.ErrorContains(t, err, `partition 0 is in sync on "w1"`)
	}
	require.Zero(t, b.inForce().Partitions[0].Life)
	delete(b.workers, 1)
	b.run(presence + 200*time.Millisecond)
	reply, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.NoError(t, err)
	require.Equal(t, []uint16{0}, reply.Reset)
}

// A master that has started, and one whose file is gone, knows nothing of the
// partitions before the workers have spoken, and says that.
func TestStatusSaysThatTheMasterListens(t *testing.T) {
	b := newBench(t, lossState(t))
	require.Equal(t, "it has just started", b.front.status().Listening)
	require.Zero(t, counted(b.front.status()))
	for _, n := range (incs{1, 2, 3, 4, 5}) {
		b.holding(n, idA, lossState(t).View)
	}
	b.run(2 * benchSettle)
	require.Empty(t, b.front.status().Listening)
	require.Equal(t, 4, counted(b.front.status()))

	b = newBench(t, &register.State{})
	require.Empty(t, b.front.status().Listening, "nobody has come")
	b.holding(1, idA, lossState(t).View)
	b.join(2)
	delete(b.workers, 2) // mute
	b.run(2 * benchSettle)
	require.Contains(t, b.front.status().Listening, "there is no view here")
}

func TestFrozenPartitionsAreNotReset(t *testing.T) {
	s := lossState(t)
	s.Frozen = []register.Frozen{frozenIn(s.View, 0, 1)}
	b := newBench(t, s, func(c *Config) { c.OnLoss = OnLossReset })
	b.restart(1)
	for _, n := range (incs{2, 3, 4, 5}) {
		b.holding(n, idA, s.View)
	}
	b.run(5 * benchSettle)
	require.Zero(t, b.inForce().Partitions[0].Life)
	_, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, "--recover")
	_, err = b.front.reset(t.Context(), wire.ResetRequest{Partitions: []uint16{0}})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
}

func TestDrainOverTheFrontDoor(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	reply, err := b.front.drain(t.Context(), wire.DrainRequest{Node: "w1"})
	require.NoError(t, err)
	require.Equal(t, 4, reply.Left)
	require.Equal(t, placement.NodeDraining, b.inForce().Nodes[0].State)
	_, err = b.front.drain(t.Context(), wire.DrainRequest{Node: "w2"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, "last active worker")
	_, err = b.front.drain(t.Context(), wire.DrainRequest{Node: "w9"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnknownNode})
}

// A take-over goes to the backup that the ring wants, if that one is there.
func TestATakeOverGoesWhereTheRingWantsIt(t *testing.T) {
	var parts []placement.Partition
	for range 8 {
		parts = append(parts, conf(9, incs{1, 2, 3}))
	}
	v := view(t, idA, 9, parts...)
	v.Replicas = 3
	b := serving(t, &register.State{View: v}, nil, 1, 2, 3)
	target := b.loop.planner.ring()
	p := placement.PartitionID(0)
	for target[p][0] != "w1" {
		p++
	}
	wanted, other := inc(2), inc(3)
	if target[p][1] == "w3" {
		wanted, other = 3, 2
	}
	ask := func() placement.Change {
		c := b.inForce().Partitions[p]
		return placement.Change{Kind: placement.Replace, Partition: p, Epoch: c.Epoch, Asker: other, Node: other}
	}
	before := b.state()
	texts, err := b.change(ask())
	require.NoError(t, err)
	require.Equal(t, []string{""}, texts)
	require.Equal(t, wanted, b.inForce().Partitions[p].Primary)
	require.Equal(t, incs{2, 3}, b.inForce().Partitions[p].InSync)

	b = serving(t, before, nil, 1, 2, 3)
	delete(b.workers, wanted) // it does not report any more
	b.run(presence + 200*time.Millisecond)
	texts, err = b.change(ask())
	require.NoError(t, err)
	require.Equal(t, []string{""}, texts)
	require.Equal(t, other, b.inForce().Partitions[p].Primary)
}

func TestStatusListsMovesWithRates(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}, 2), conf(9, incs{1}, 3))
	b := serving(t, &register.State{View: v}, nil, 1, 2, 3)
	done := int64(0)
	report := func(moves ...wire.MoveReport) {
		b.now = b.now.Add(100 * time.Millisecond)
		rep, err := b.front.readReport(wire.ReportRequest{Name: "w1", Incarnation: 1, MasterID: uint64(idA), Epoch: 9, Moves: moves})
		require.NoError(t, err)
		_, err = b.front.answerReport(rep)
		require.NoError(t, err)
	}
	for range 20 {
		done += 100
		report(wire.MoveReport{P: 0, Node: 2, Done: done, Total: 5000}, wire.MoveReport{P: 1, Node: 3, Done: 10, Total: 20_000},
			wire.MoveReport{P: 1, Node: 2, Done: 10, Total: 20}, wire.MoveReport{P: 500, Node: 2}, wire.MoveReport{P: 0, Node: 2, Done: -1})
	}
	status := b.front.status()
	require.Len(t, status.Moves, 2, "what is no move of the view is left out")
	require.Equal(t, wire.MoveStatus{Partition: 1, From: "w1", To: "w3", Done: 10, Total: 20_000, Rate: status.Moves[0].Rate}, status.Moves[0])
	require.InDelta(t, 1000, status.Moves[1].Rate, 10)
	require.InDelta(t, 1000, status.MoveRate, 200)
	require.Equal(t, done+10, status.MoveDone)
	require.Equal(t, int64(25_000), status.MoveTotal)
	require.Equal(t, 2, status.Moving)
}

// Whoever waits for a synced cluster after an order waits for what the order moves, also when
// the loop has not looked yet.
func TestWhatAnOrderIsAboutToMoveIsNotSynced(t *testing.T) {
	b := scaling(t, autoscale.Off)
	synced := func() bool {
		status := b.front.status()
		require.Equal(t, status.Partitions, counted(status))
		return status.Synced == status.Partitions
	}
	b.obey(10 * time.Second)
	require.True(t, synced())
	b.front.planner.pause()
	require.False(t, synced(), "nothing is planned any more")
	b.obey(10 * time.Second)
	require.True(t, synced())
	for _, order := range []struct {
		name string
		give func() error
	}{
		{"activate", func() error { _, err := b.front.activate(t.Context(), "w3"); return err }},
		{"weight", func() error {
			_, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w3", Weight: 3})
			return err
		}},
		{"spare", func() error { _, err := b.front.spare(t.Context(), wire.DrainRequest{Node: "w3"}); return err }},
	} {
		require.NoError(t, order.give(), order.name)
		require.False(t, synced(), order.name)
		b.obey(10 * time.Second)
		require.True(t, synced(), order.name)
	}
}
