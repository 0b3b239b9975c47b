package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// lines returns the workers' states as operators see them.
func (b *bench) lines() map[string]string {
	states := make(map[string]string)
	for _, m := range b.front.memberStatus() {
		states[m.Name] = m.State
	}
	return states
}

// kinds returns the kinds of the events so far.
func (b *bench) kinds() (kinds []string) {
	list, _ := b.front.events.after(0)
	for _, ev := range list {
		kinds = append(kinds, ev.Kind)
	}
	return kinds
}

func TestAWorkerStartedAsASpareIsGivenNothing(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1)
	b.join(2)
	b.members[1].Spare = true
	b.run(4 * benchSettle)
	require.Equal(t, "spare", b.lines()["w2"])
	require.Empty(t, b.suggested(1))

	was, err := b.front.activate(t.Context(), "w2")
	require.NoError(t, err)
	require.Equal(t, "spare", was)
	b.run(300 * time.Millisecond)
	require.Equal(t, "active", b.lines()["w2"])
	require.NotEmpty(t, b.suggested(1), "its share is to move there")
	saved := b.memory.saved[len(b.memory.saved)-1]
	require.Len(t, saved.Orders.States, 1, "it is durable")
}

func TestASpareThatHoldsSomethingIsShownAsDraining(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	reply, err := b.front.spare(t.Context(), wire.DrainRequest{Node: "w1"})
	require.NoError(t, err)
	require.Equal(t, 4, reply.Left)
	require.Equal(t, placement.NodeSpare, b.inForce().Nodes[0].State)
	require.Equal(t, "draining", b.lines()["w1"])
	b.run(300 * time.Millisecond)
	require.Len(t, b.suggested(1), 4, "everything is to move away")
	_, err = b.front.spare(t.Context(), wire.DrainRequest{Node: "w2"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	was, err := b.front.activate(t.Context(), "w1")
	require.NoError(t, err)
	require.Equal(t, "draining", was, "the same word")
	require.Contains(t, b.texts(eventActivate), "w1 is activated: it was draining")
	b.leave(1)
	b.run(300 * time.Millisecond)
	_, err = b.front.activate(t.Context(), "w1")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, "it is dead, so no share can move to it")
}

func TestWeightChangesTheRing(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	b.run(2 * benchSettle)
	before := b.loop.planner.ring()
	reply, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w2", Weight: 8})
	require.NoError(t, err)
	require.Equal(t, wire.WeightReply{Weight: 8, Was: 0, Total: 9}, reply)
	b.run(2 * benchSettle)
	owns := func(rows [][]string, name string) (n int) {
		for _, row := range rows {
			if row[0] == name {
				n++
			}
		}
		return n
	}
	require.Greater(t, owns(b.loop.planner.ring(), "w2"), owns(before, "w2"))
	_, err = b.front.weigh(t.Context(), wire.WeightRequest{Node: "w2", Weight: 1000})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest})
}

// The order waits for the worker's return, and that is what is said of it.
func TestTheWeightOfAWorkerThatIsGoneIsKeptForItsReturn(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	weigh := func(weight int) wire.WeightReply {
		reply, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w2", Weight: weight})
		require.NoError(t, err)
		return reply
	}
	weigh(4)
	b.leave(2)
	b.run(4 * benchSettle)
	_, known := b.inForce().Node(2)
	require.False(t, known, "nothing is left of it but the order")
	require.Equal(t, wire.WeightReply{Weight: 3, Was: 4, Total: 1, Gone: true}, weigh(3))
	require.Contains(t, b.texts(eventWeight), "w2 is not there: when it is back its weight is 3; all active workers together have 1")
	b.restart(2)
	b.run(4 * benchSettle)
	require.Equal(t, wire.WeightReply{Weight: 3, Was: 3, Total: 4}, weigh(3))
	b.leave(52)
	b.run(4 * benchSettle)
	require.Equal(t, wire.WeightReply{Was: 3, Total: 1, Gone: true}, weigh(0))
	require.Contains(t, b.texts(eventWeight), "w2 is not there: when it is back its weight is by its capacity; all active workers together have 1")
}

func TestARemovedWorkerIsTold(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	require.ErrorIs(t, b.front.remove(t.Context(), "w2"), &wire.Error{Code: wire.CodeRefused})
	_, err := b.front.spare(t.Context(), wire.DrainRequest{Node: "w2"})
	require.NoError(t, err)
	require.NoError(t, b.front.remove(t.Context(), "w2"))
	b.run(4 * benchSettle)
	require.Equal(t, "removed", b.lines()["w2"])
	reply, err := b.workers[2].report()
	require.NoError(t, err)
	require.True(t, reply.Removed)
	reply, err = b.workers[1].report()
	require.NoError(t, err)
	require.False(t, reply.Removed)

	b.restart(2)
	b.run(4 * benchSettle)
	require.Equal(t, "active", b.lines()["w2"])
	require.Subset(t, b.kinds(), []string{eventSpare, eventRemove, eventJoin})
}

func TestEventsAreKeptInOrderAndBounded(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1)
	e := b.front.events
	list, more := e.after(0)
	begun := uint64(epochZero.UnixMilli()) + uint64(len(list))
	for i := range keepEvents + 10 {
		e.note("test", "w1", "number %d", i)
	}
	select {
	case <-more:
	default:
		t.Fatal("nobody who waits was told")
	}
	b.now = b.now.Add(3 * time.Second)
	list, _ = e.after(0)
	require.Len(t, list, keepEvents)
	last := list[len(list)-1]
	require.Equal(t, wire.Event{Number: begun + keepEvents + 10, AgoMS: 3000, Kind: "test", Node: "w1", Text: "number 265"}, last)
	list, _ = e.after(last.Number)
	require.Empty(t, list)
	list, _ = e.after(last.Number + 5)
	require.Len(t, list, keepEvents, "the asker has the number of an earlier master")
}
