package worker

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"pikv/placement"
)

func TestFairShares(t *testing.T) {
	for name, c := range map[string]struct {
		fills map[flow]int
		want  map[flow]int64
	}{
		"none":                   {nil, map[flow]int64{}},
		"one":                    {map[flow]int{{1, 2}: 7}, map[flow]int64{{1, 2}: 600}},
		"one learner":            {map[flow]int{{1, 3}: 1, {2, 3}: 2}, map[flow]int64{{1, 3}: 200, {2, 3}: 400}},
		"both ways":              {map[flow]int{{1, 2}: 1, {2, 1}: 1}, map[flow]int64{{1, 2}: 600, {2, 1}: 600}},
		"what others cannot use": {map[flow]int{{1, 3}: 1, {2, 3}: 1, {1, 4}: 1, {5, 3}: 1}, map[flow]int64{{1, 3}: 200, {2, 3}: 200, {5, 3}: 200, {1, 4}: 400}},
	} {
		got := fairShares(c.fills, 600)
		require.Len(t, got, len(c.want), name)
		for f, want := range c.want {
			require.InDelta(t, want, got[f], 1, "%s: %v", name, f)
		}
	}
}

// No node has more than the limit, and each flow has an end that is used up, at
// which no other flow has more for a partition: none can get more but from one
// that has no more than itself.
func TestFairSharesAreMaxMin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		node := rapid.Uint64Range(1, uint64(rapid.IntRange(2, 12).Draw(t, "nodes")))
		limit := rapid.Int64Range(1000, 1<<40).Draw(t, "limit")
		fills := make(map[flow]int)
		for range rapid.IntRange(0, 40).Draw(t, "flows") {
			f := flow{placement.Incarnation(node.Draw(t, "from")), placement.Incarnation(node.Draw(t, "to"))}
			if f.from != f.to {
				fills[f] = rapid.IntRange(1, 100).Draw(t, "partitions")
			}
		}
		shares := fairShares(fills, limit)
		sends, gets := make(map[placement.Incarnation]int64), make(map[placement.Incarnation]int64)
		most := func(f flow, same func(flow) bool) (most float64) {
			for g, n := range fills {
				if same(g) {
					most = max(most, float64(shares[g])/float64(n))
				}
			}
			return most
		}
		for f, share := range shares {
			sends[f.from] += share
			gets[f.to] += share
		}
		slack := float64(limit)*1e-9 + float64(len(fills)) // each share is rounded down
		for f, n := range fills {
			if float64(sends[f.from]) > float64(limit)+slack || float64(gets[f.to]) > float64(limit)+slack {
				t.Fatalf("%v: %d sent, %d got, of %d", f, sends[f.from], gets[f.to], limit)
			}
			mine := float64(shares[f])/float64(n) + slack
			full := func(sum int64, same func(flow) bool) bool {
				return float64(sum) >= float64(limit)-slack && most(f, same) <= mine
			}
			if !full(sends[f.from], func(g flow) bool { return g.from == f.from }) && !full(gets[f.to], func(g flow) bool { return g.to == f.to }) {
				t.Fatalf("%v could have more than %d: %v", f, shares[f], shares)
			}
		}
	})
}
