package retry

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// TestEnd says when a caller may be told that nothing happened: never while any
// attempt may have reached somebody who has not settled what became of it.
func TestEnd(t *testing.T) {
	answer := func(code wire.Code) Ending { return Ending{Kind: Answered, Answer: wire.Errorf(code, "as told")} }
	lost := Ending{Kind: Lost}
	read, unnamed, write := Call{}, Call{Write: true}, Call{Write: true, Named: true}
	for _, c := range []struct {
		name        string
		end         Ending
		call        Call
		maybe, over bool
		want        End
	}{
		{"busy", answer(wire.CodeBusy), write, true, false, Again},
		{"busy, and time is over", answer(wire.CodeBusy), write, false, true, TooLate},
		{"busy, and time is over, but an earlier attempt is open", answer(wire.CodeBusy), write, true, true, Unknown},
		{"not answered", lost, write, false, false, Again},
		{"not answered in time", lost, write, false, true, Unknown},
		{"a read not answered in time", lost, read, false, true, TooLate},
		{"not answered, and it has no name to repeat it under", lost, unnamed, false, false, Unknown},
		{"not sent in time", Ending{Kind: NotSent}, write, false, true, TooLate},
		{"not sent in time, but an earlier attempt is open", Ending{Kind: NotSent}, write, true, true, Unknown},
		{"out of memory", answer(wire.CodeOutOfMemory), write, false, false, Refused},
		{"out of memory, but an earlier attempt is open", answer(wire.CodeOutOfMemory), write, true, false, Unknown},
		{"the condition failed, as recorded for the earlier attempt", answer(wire.CodeCondition), write, true, false, Refused},
		{"no integer, as recorded for the earlier attempt", answer(wire.CodeNotInteger), write, true, true, Refused},
		{"no record any more", answer(wire.CodeForgotten), write, true, false, Unknown},
		{"unknown fate", answer(wire.CodeUnknownFate), write, false, false, Again},
		{"unknown fate without a name", answer(wire.CodeUnknownFate), unnamed, false, false, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Judge(c.end, c.call, Hop{Addr: "w1:1"}).End(c.end, c.maybe, c.over))
		})
	}
}
