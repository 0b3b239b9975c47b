package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
	"pikv/wire"
)

// TestAValueOnATerminal ends with a newline, and is nowhere else changed.
func TestAValueOnATerminal(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	t.Setenv("PIKV_SEEDS", c.Master.Addr)
	require.Equal(t, quiet, pikv(t, nil, "put", "plain", "v"))
	require.Equal(t, quiet, pikv(t, nil, "put", "line", "v\n"))
	for key, want := range map[string]string{"plain": "v\n", "line": "v\n"} {
		var out bytes.Buffer
		require.Equal(t, exitDone, run(t.Context(), env{stdout: &out, shown: true}, []string{"get", key}))
		require.Equal(t, want, out.String())
	}
	printed(t, "v", pikv(t, nil, "get", "plain"))
}

// TestMembersThatAWorkerNames: it does not know what the others hold in memory.
func TestMembersThatAWorkerNames(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, membersTable(&b, []wire.MemberStatus{
		{Name: "w1", Role: roleWorker, State: stateActive, Addr: "a:1", RESP: "a:3", Gossip: "a:2", Used: 512, Capacity: 1024, Keys: 3, Primaries: 4, Replicas: 8},
		{Name: "w2", Role: roleWorker, State: stateActive, Addr: "b:1", Gossip: "b:2", Capacity: 1024, Primaries: 4, Replicas: 8},
	}))
	require.Equal(t, `NAME  ROLE    STATE   WEIGHT  ADDRESS  RESP  GOSSIP  KEYS  MEMORY                   OWNS  HOLDS  REQUESTS/S  CPU  NET IN  NET OUT
w1    worker  active  -       a:1      a:3   a:2     3     512 B of 1.0 KiB (50 %)  4     8      -           -    -       -
w2    worker  active  -       b:1      -     b:2     -     -                        4     8      -           -    -       -
`, b.String())
}
