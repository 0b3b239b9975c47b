package retry

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// TestJudge is the table of docs/PROTOCOL.md, rules 10 and 11, as a client sees
// them: what was refused or not sent is repeated, and what may have happened
// only under its name.
func TestJudge(t *testing.T) {
	at := Hop{Addr: "w1:1", Master: 7, Known: 5}
	moved := func(owner string, epoch uint64) Ending {
		return Ending{Kind: Answered, Answer: &wire.Error{Code: wire.CodeMoved, Text: "moved", Owner: owner, Epoch: epoch}}
	}
	answer := func(code wire.Code) Ending {
		return Ending{Kind: Answered, Answer: wire.Errorf(code, "as told")}
	}
	read, unnamed, write := Call{}, Call{Write: true}, Call{Write: true, Named: true}
	for _, c := range []struct {
		name string
		end  Ending
		call Call
		want Verdict
	}{
		{"busy: the same worker, later", answer(wire.CodeBusy), write, Verdict{Pause: true}},
		{"timeout: nothing happened", answer(wire.CodeTimeout), unnamed, Verdict{Pause: true}},
		{"stopping: see who owns it now", answer(wire.CodeShuttingDown), write, Verdict{Pause: true, Refresh: true, Avoid: "w1:1"}},
		{"redirect: there at once", moved("w2:1", 6), write, Verdict{Next: Hop{"w2:1", 7, 6, 6}, Refresh: true, Prefer: "w1:1"}},
		{"redirect within one epoch, hand-over under way", moved("w2:1", 5), read, Verdict{Next: Hop{"w2:1", 7, 5, 5}, Refresh: true, Prefer: "w1:1"}},
		{"redirect again: pause, they may point at each other", moved("w2:1", 6), Call{Attempts: 1}, Verdict{Next: Hop{"w2:1", 7, 6, 6}, Pause: true, Refresh: true, Prefer: "w1:1"}},
		{"redirect from the past: tell the worker what we know", moved("w2:1", 4), write, Verdict{Next: Hop{"w1:1", 7, 5, 5}, Pause: true, Refresh: true, Avoid: "w1:1"}},
		{"redirect to nobody", moved("", 6), write, Verdict{Pause: true, Refresh: true}},
		{"not sent", Ending{Kind: NotSent}, unnamed, Verdict{Pause: true, Refresh: true, Avoid: "w1:1"}},
		{"read not answered", Ending{Kind: Lost}, read, Verdict{Pause: true, Refresh: true, Avoid: "w1:1"}},
		{"write not answered", Ending{Kind: Lost}, write, Verdict{Maybe: true, Pause: true, Refresh: true, Avoid: "w1:1"}},
		{"write without a name not answered", Ending{Kind: Lost}, unnamed, Verdict{Maybe: true, Final: true, Refresh: true, Avoid: "w1:1"}},
		{"the owner changed meanwhile", Ending{Kind: Rerouted}, read, Verdict{}},
		{"the owner changed while a write waited", Ending{Kind: Rerouted}, write, Verdict{Maybe: true}},
		{"and it has no name", Ending{Kind: Rerouted}, unnamed, Verdict{Maybe: true, Final: true}},
		{"unknown fate: ask again", answer(wire.CodeUnknownFate), write, Verdict{Maybe: true, Pause: true, Refresh: true}},
		{"unknown fate without a name", answer(wire.CodeUnknownFate), unnamed, Verdict{Maybe: true, Final: true}},
		{"large: where large values go", answer(wire.CodeLarge), read, Verdict{Next: at, Large: true}},
		{"and there, too: it makes no sense", answer(wire.CodeLarge), Call{Large: true}, Verdict{Final: true}},
		{"refused", answer(wire.CodeOutOfMemory), write, Verdict{Final: true}},
		{"condition failed", answer(wire.CodeCondition), write, Verdict{Final: true}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, Judge(c.end, c.call, at)) })
	}
}

// No answer that is final may leave open what an earlier attempt does, unless
// it says so.
func TestWhatSettles(t *testing.T) {
	require.True(t, Settles(nil))
	require.True(t, Settles(wire.Errorf(wire.CodeCondition, "")))
	require.True(t, Settles(wire.Errorf(wire.CodeNotInteger, "")))
	for _, code := range []wire.Code{wire.CodeOutOfMemory, wire.CodeUnavailable, wire.CodeTooLarge, wire.CodeInternal, wire.CodeStale} {
		require.False(t, Settles(wire.Errorf(code, "")), "the first attempt may yet come to a worker that takes it")
	}
}

func TestLater(t *testing.T) {
	cached := Hop{Addr: "a", Master: 7, Known: 5}
	require.Equal(t, cached, Later(Hop{}, cached))
	require.Equal(t, cached, Later(Hop{Addr: "b", Master: 7, Known: 4, Tell: 4}, cached))
	for _, epoch := range []placement.Epoch{5, 6} {
		redirect := Hop{Addr: "b", Master: 7, Known: epoch, Tell: uint64(epoch)}
		require.Equal(t, redirect, Later(redirect, cached), "as new as the view: the redirect")
	}
	require.Equal(t, cached, Later(Hop{Addr: "b", Master: 6, Known: 9, Tell: 9}, cached), "epochs of two masters do not compare")
}
