package master

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/wire"
)

// A weight says nothing of memory, so the worker would be filled until writes fail,
// and the others would be half empty.
func TestAWeightThatFillsAWorkerIsRefused(t *testing.T) {
	b := scalingOf(t, autoscale.Off, 64, 3, 0)
	b.obey(5 * benchSettle)
	order := func(weight int, force bool) error {
		_, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w1", Weight: weight, Force: force})
		return err
	}
	fill := func(share float64) {
		b.weigh(int64(3*share*(1<<20))/(64*2), nil)
		b.obey(benchSettle)
	}
	require.NoError(t, order(8, false), "there is next to nothing")
	require.NoError(t, order(1, false))
	b.obey(5 * benchSettle)

	fill(0.70)
	saves := len(b.memory.saved)
	err := order(8, false)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.Regexp(t, `^it would be given copies of (9\d|100) % of all data and use (9\d|10\d) % of its memory by what is stored now; from 85 % on memory is short, and at 100 % writes fail\. Give it less, or do it anyway with --force$`, wireText(err))
	require.Len(t, b.memory.saved, saves)
	require.Len(t, b.texts(eventWeight), 2)
	require.NoError(t, order(1, false), "as it is")

	require.NoError(t, order(8, true))
	b.obey(5 * benchSettle)
	b.weigh(21<<20/10/(64*2), nil)
	require.Greater(t, float64(b.workers[1].used), autoscale.Pressure*(1<<20), "what was foretold comes about")
	b.obey(benchSettle)
	require.NoError(t, order(4, false), "less is what helps")

	b.members[0].Capacity = 0
	b.obey(benchSettle)
	require.NoError(t, order(9, false), "nobody knows what it has room for")
}

// What has no share of the ring yet is given nothing.
func TestAWeightOfASpareIsNotRefused(t *testing.T) {
	b := scaling(t, autoscale.Off)
	b.weigh(15<<10, nil)
	b.obey(benchSettle)
	_, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w3", Weight: placement.MaxWeight})
	require.NoError(t, err)
}

// wireText returns the text of an error for the wire.
func wireText(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Text
	}
	return ""
}
