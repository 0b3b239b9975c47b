package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

func TestStatusShowsWhatIsEvicted(t *testing.T) {
	r := healthy()
	for i := range r.Members {
		if r.Members[i].Role == roleWorker {
			r.Members[i].Eviction, r.Members[i].Evicted = "lru", 12345
		}
	}
	got := statusOf(t, r)
	require.Contains(t, got, " %), lru, 12345 evicted")
	require.NotContains(t, got, "!")
}

func TestStatusWarnsOfWorkersThatDiffer(t *testing.T) {
	r := healthy()
	r.Members = append(r.Members,
		wire.MemberStatus{Name: "pi8", Role: roleWorker, State: stateActive, Eviction: "lru"},
		wire.MemberStatus{Name: "pi9", Role: roleWorker, State: stateActive, Eviction: "none"})
	got := statusOf(t, r)
	require.Contains(t, got, "! Some workers evict keys when their memory is full (pi8), others do not (pi9).")
	require.Contains(t, got, "--eviction")
}
