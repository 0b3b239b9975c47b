package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBenchmarksAreRead(t *testing.T) {
	b := benchmarks{ns: map[benchmarkKey][]float64{}, allocs: map[benchmarkKey][]float64{}}
	const out = `goos: linux
BenchmarkGet/engine         	 4000000	       200.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkGet/engine-2       	 4000000	       100.5 ns/op	       0 B/op	       0 allocs/op
BenchmarkGet/rwmutex-map    	 4000000	       150.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkGet/rwmutex-map-2  	 4000000	       201.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkResize/sync.Map-2  	 4000000	       300 ns/op	     130 B/op	       3 allocs/op
PASS
`
	require.NoError(t, b.read(out))
	require.NoError(t, b.read(out))
	require.Equal(t, []float64{300, 300}, b.ns[benchmarkKey{"Resize", "sync.Map", 2}])
	require.Equal(t, []float64{3, 3}, b.allocs[benchmarkKey{"Resize", "sync.Map", 2}])
	rows, err := b.goals()
	require.NoError(t, err)
	require.Equal(t, []float64{0.75, 0.75}, rows[0].values)
	require.Equal(t, []float64{2, 2}, rows[1].values)
	require.Equal(t, []float64{0, 0}, rows[2].values)

	require.Error(t, b.read("PASS\n"))
	empty := benchmarks{}
	_, err = empty.goals()
	require.Error(t, err)
}
