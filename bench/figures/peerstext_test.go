package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/peers"
)

// TestGoalsCompareWithinARound, so that a slow minute of the machine slows
// both sides.
func TestGoalsCompareWithinARound(t *testing.T) {
	f := &peersFigures{stolen: []float64{1, 2}, cpu: map[peersKey][]float64{
		{namePikv, peersWorks[1]}: {2, 3}, {nameEcho, peersWorks[1]}: {8, 6},
	}, rate: map[peersKey][]float64{
		{namePikv, peersWorks[0]}: {10, 20}, {nameEcho, peersWorks[0]}: {20, 20}, {nameBareEcho, peersWorks[0]}: {40, 40},
		{namePikv, peersWorks[1]}: {300, 100}, {nameEcho, peersWorks[1]}: {100, 50},
		{namePikv, peersWorks[2]}: {5, 20}, {namePikv, peersWorks[3]}: {150, 100},
	}}
	require.Equal(t, `| | goal | median | lowest | highest |
|---|---|---|---|---|
| GETs a second : echo, 64 callers | at least 2 | 3.00 | 2.00 | 3.00 |
| GETs a second : echo, 1 caller | at least 0.85 | 1.00 | 0.50 | 1.00 |
| GETs a second : echo read by its caller, 1 caller | at least 0.85 | 0.50 | 0.25 | 0.50 |
| PUTs : GETs a second, 64 callers | at least 0.8 | 1.00 | 0.50 | 1.00 |
| PUTs : GETs a second, 1 caller | at least 0.8 | 1.00 | 0.50 | 1.00 |
| server CPU a GET : echo, 64 callers | at most 0.5 | 0.50 | 0.25 | 0.50 |
| stolen by other tenants, of a round's time |  | 2.0 % | 1.0 % | 2.0 % |
`, tableOf(f.goals()))
	for key := range f.rate {
		if f.cpu[key] == nil {
			f.cpu[key] = []float64{1, 1}
		}
	}
	text := f.text(&rivals{missing: []string{nameRedis}})
	require.Contains(t, text, "| GET, 64 callers | pikv | 300 (100-300) | 3.0 (2.0-3.0) us |\n")
	require.Contains(t, text, "| PUT, 1 caller | redis-server | not installed | |\n")
	require.NotContains(t, text, nameMemcached)
}

func TestTheBareEchoIsForOneCaller(t *testing.T) {
	echo := &rival{name: nameEcho, bare: fakeConn{}}
	require.Len(t, echo.ways(peersWorks[0]), 2)
	require.Len(t, echo.ways(peersWorks[1]), 1)
	require.Empty(t, echo.ways(peersWorks[2]))
	require.Len(t, (&rival{name: namePikv}).ways(peersWorks[3]), 1)
}

// fakeConn is not called.
type fakeConn struct{ peers.Conn }
