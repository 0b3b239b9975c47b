package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// TestManyPartitionsMoveWhileNobodyFeelsIt, and few once there are keys or requests, or
// when a worker does not say.
func TestManyPartitionsMoveWhileNobodyFeelsIt(t *testing.T) {
	v := &placement.View{Nodes: []placement.Node{{Name: "a", Incarnation: 1}, {Name: "b", Incarnation: 2}}, Partitions: make([]placement.Partition, 8)}
	now := epochZero
	for what, tt := range map[string]struct {
		spoil func(r *report)
		want  int
	}{
		"idle":                {func(*report) {}, idleMoves},
		"a key a partition":   {func(r *report) { r.keys = 8 }, idleMoves},
		"keys":                {func(r *report) { r.keys = 9 }, defaultMoves},
		"few large values":    {func(r *report) { r.keys, r.used = 1, idleBytes+1 }, defaultMoves},
		"somebody asks":       {func(r *report) { r.load = wire.Load{Reads: idleRequests} }, idleMoves},
		"clients":             {func(r *report) { r.load = wire.Load{Reads: 10, Writes: 10, Deletes: 1} }, defaultMoves},
		"an old report":       {func(r *report) { r.at = now.Add(-freshReport - time.Millisecond) }, defaultMoves},
		"no report there yet": {func(r *report) { *r = report{} }, defaultMoves},
	} {
		heard := reportsOf(idA, now, 1, 2)
		r := heard[2]
		tt.spoil(&r)
		heard[2] = r
		require.Equal(t, tt.want, newPlanner(defaultMoves).moves(v, heard, now), what)
		require.Equal(t, 3, newPlanner(3).moves(v, heard, now), what)
		require.GreaterOrEqual(t, newPlanner(1000).moves(v, heard, now), 1000, what)
	}
}
