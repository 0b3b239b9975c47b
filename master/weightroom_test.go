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

// A spare has no share of the ring yet, and the weight is what it is activated with.
func TestAWeightOfASpareIsCheckedAsIfItWereActive(t *testing.T) {
	b := scaling(t, autoscale.Off)
	order := func(weight int, force bool) error {
		_, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w3", Weight: weight, Force: force})
		return err
	}
	require.NoError(t, order(placement.MaxWeight, false), "there is nothing")
	require.NoError(t, order(1, false))
	b.weigh(15<<10, nil)
	b.obey(benchSettle)
	require.ErrorIs(t, order(placement.MaxWeight, false), &wire.Error{Code: wire.CodeRefused})
	require.NoError(t, order(placement.MaxWeight, true))
	require.NoError(t, order(2, false), "less is what helps")
	require.NoError(t, order(placement.MaxWeight, true))

	_, err := b.front.activate(t.Context(), "w4")
	require.NoError(t, err)
	_, err = b.front.activate(t.Context(), "w3")
	require.NoError(t, err)
	texts := b.texts(eventActivate)
	require.Len(t, texts, 2)
	require.Equal(t, "w4 is activated: it was spare", texts[0])
	require.Regexp(t, `^w3 is activated: it was spare; its share of what is stored now is (9\d) % of its memory, and from 85 % on memory is short: give it less weight$`, texts[1])
}

// What one is no longer given goes to the others.
func TestAWeightThatFillsTheOthersIsRefused(t *testing.T) {
	b := scalingOf(t, autoscale.Off, 64, 3, 0)
	b.members[0].Capacity = 8 << 20
	b.obey(5 * benchSettle)
	order := func(weight int, force bool) error {
		_, err := b.front.weigh(t.Context(), wire.WeightRequest{Node: "w1", Weight: weight, Force: force})
		return err
	}
	require.NoError(t, order(8, false))
	b.obey(5 * benchSettle)
	b.weigh(3*90*(1<<20)/100/(64*2), nil)
	b.obey(benchSettle)
	require.NoError(t, order(4, false), "there is room for as much as that")
	err := order(1, false)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.Regexp(t, `^w[23] would be given copies of \d\d % of all data and use \d+ % of its memory by what is stored now; .*\. Give w1 more, or do it anyway with --force$`, wireText(err))
	require.NoError(t, order(1, true))

	b.obey(5 * benchSettle)
	require.NoError(t, order(8, false))
	b.members[0].Capacity = 1 << 20
	b.obey(5 * benchSettle)
	require.NoError(t, order(1, false), "it would be fuller itself than they")
}

// wireText returns the text of an error for the wire.
func wireText(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Text
	}
	return ""
}
