package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodingsAreRead(t *testing.T) {
	c := codings{ns: map[coding]map[string][]float64{}, allocs: map[coding]map[string][]float64{}}
	const out = `BenchmarkEncode/Get/hand         	 4000000	        10.0 ns/op	       0 B/op	       0 allocs/op
BenchmarkEncode/Get/go-msgpack   	 4000000	       100.5 ns/op	       0 B/op	       2 allocs/op
PASS
`
	require.NoError(t, c.read(out))
	require.NoError(t, c.read(out))
	require.Equal(t, []float64{100.5, 100.5}, c.ns[coding{"Encode", "Get"}][wireStock])
	require.Contains(t, c.text(), "| encode | Get | 10 (10-10) | 100 (100-100) | 10.1 | 0 | 2 |\n")
	require.Error(t, c.read("PASS\n"))
	require.ErrorContains(t, c.read("BenchmarkDecode/Put/hand-2 \t 4 \t 10 ns/op \t 0 B/op \t 0 allocs/op\n"), "Decode Put")
}
