package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWorkloadsByName(t *testing.T) {
	base := Workload{Clients: 3, Requests: 7, Keys: 9, ValueSize: 11}
	for name, want := range ycsb {
		w, err := base.AsYCSB(name)
		require.NoError(t, err)
		require.NoError(t, w.Validate())
		want.YCSB, want.Clients, want.Requests, want.Keys, want.ValueSize = name, 3, 7, 9, 11
		require.Equal(t, want, w)
	}
	w, err := base.AsYCSB("f")
	require.NoError(t, err)
	require.Equal(t, ReadModifyWrite, w.Writes)
	_, err = base.AsYCSB("E")
	require.ErrorContains(t, err, "scans")
	_, err = base.AsYCSB("G")
	require.EqualError(t, err, `"G" is not A, B, C, D or F`)
}
