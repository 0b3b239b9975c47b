package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/placement"
	"pikv/wire"
)

func TestLocateCommand(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	sh := shell(t, c)
	owner := c.Owner("foo")
	printed(t, "KEY  SLOT   PARTITION  EPOCH  OWNER  ADDRESS          RESP            BACKUPS\nfoo  12182  11         1      "+owner.Name+"     "+owner.Addr+"  "+owner.RESP+"  -\n", sh("locate foo"))
	printed(t, `{
  "key": "foo",
  "slot": 12182,
  "partition": 11,
  "epoch": 1,
  "node": "`+owner.Name+`",
  "addr": "`+owner.Addr+`",
  "resp": "`+owner.RESP+`",
  "backups": []
}
`, sh("locate foo --json"))
}

func members3() []wire.MemberStatus {
	return []wire.MemberStatus{
		{Name: "m1", Role: "master", Addr: "10.0.0.1:7700", Gossip: "10.0.0.1:7746", State: "active"},
		{Name: "pi-kitchen", Role: "worker", Addr: "10.0.0.2:7700", RESP: "10.0.0.2:7379", Gossip: "10.0.0.2:7746", State: "active", Weight: 4,
			Capacity: 512 << 20, Used: 100 << 20, Keys: 12345, Primaries: 700, Replicas: 700,
			Load: wire.Load{Reads: 120, Writes: 30, CPU: 0.5, CPUs: 4, In: 1 << 20, Out: 2 << 20}},
		{Name: "w2", Role: "worker", Addr: "10.0.0.3:7700", State: "dead"},
	}
}

const membersGolden = `NAME        ROLE    STATE   WEIGHT  ADDRESS        RESP           GOSSIP         KEYS   MEMORY                         OWNS  HOLDS  REQUESTS/S  CPU   NET IN     NET OUT
m1          master  active  -       10.0.0.1:7700  -              10.0.0.1:7746  -      -                              -     -      -           -     -          -
pi-kitchen  worker  active  4       10.0.0.2:7700  10.0.0.2:7379  10.0.0.2:7746  12345  100.0 MiB of 512.0 MiB (20 %)  700   700    150         12 %  1.0 MiB/s  2.0 MiB/s
w2          worker  dead    -       10.0.0.3:7700  -              -              -      -                              0     0      -           -     -          -
`

func TestMembersTable(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, membersTable(&b, members3()))
	require.Equal(t, membersGolden, b.String())
}

func TestRingText(t *testing.T) {
	v := &placement.View{
		Epoch: 9,
		Nodes: []placement.Node{
			{Incarnation: 1, Name: "w1", Addr: "10.0.0.1:7700", RESPAddr: "10.0.0.1:7379"},
			{Incarnation: 2, Name: "w2", Addr: "10.0.0.2:7700", State: placement.NodeDraining},
		},
		Partitions: []placement.Partition{
			{Primary: 1, InSync: []placement.Incarnation{1}},
			{Primary: 1, InSync: []placement.Incarnation{1, 2}},
			{Primary: 2, InSync: []placement.Incarnation{2}, Learners: []placement.Incarnation{1}},
			{Primary: 1, InSync: []placement.Incarnation{1}},
		},
	}
	var b bytes.Buffer
	require.NoError(t, ringText(&b, ring{v.Epoch, len(v.Partitions), shares(v)}))
	require.Equal(t, `4 partitions, epoch 9

WORKER  ADDRESS        RESP           STATE     OWNS  SHARE   BACKUPS  LEARNING
w1      10.0.0.1:7700  10.0.0.1:7379  active    3     75.0 %  0        1
w2      10.0.0.2:7700  -              draining  1     25.0 %  1        0
`, b.String())
}

// TestClusterCommands: they reach the cluster, as text and as JSON.
func TestClusterCommands(t *testing.T) {
	sh := shell(t, clienttest.New(t, 3, 16))
	for line, want := range map[string]string{"status": "cluster     pikv", "members": "w3    worker  active", "ring": "16 partitions, epoch 1"} {
		got := sh(line)
		require.Equal(t, exitDone, got.code)
		require.Contains(t, got.out, want)
		got = sh(line + " --json")
		require.Equal(t, exitDone, got.code)
		require.True(t, json.Valid([]byte(got.out)), got.out)
	}
}

func TestDrainCommand(t *testing.T) {
	sh := shell(t, clienttest.New(t, 2, 16))
	got := sh("drain w2")
	require.Equal(t, exitDone, got.code)
	require.Regexp(t, `^w2 is drained after \d\.\d s: it can be stopped, or removed for good \(pikv remove\)\n$`, got.out)
	require.Equal(t, "w2: 4 partitions left\nw2: 2 partitions left\n", got.errOut)
	require.Regexp(t, `"left": 0`, sh("drain w2 --json").out)
	require.Equal(t, outcome{exitFailed, "", "pikv: drain w9: no worker is called w9 (unknown_node)\n"}, sh("drain w9"))
}

// script answers as written.
type script []struct {
	left  int
	err   error
	state string // "": draining
}

func (s *script) Left(context.Context, string) (int, string, error) {
	next := (*s)[0]
	*s = (*s)[1:]
	return next.left, cmp.Or(next.state, "draining"), next.err
}

func TestDrainWaits(t *testing.T) {
	var progress bytes.Buffer
	d := &drain{session: session{env: env{stderr: &progress}}, every: time.Microsecond}
	s := &script{{left: 3}, {left: 1}, {left: 0}}
	require.NoError(t, d.wait(t.Context(), s, "w1", 3))
	require.Equal(t, "w1: 3 partitions left\nw1: 1 partition left\n", progress.String())
	require.NoError(t, d.wait(t.Context(), &script{}, "w1", 0), "there was nothing")

	require.ErrorContains(t, d.wait(t.Context(), &script{{err: client.ErrUnknownNode}}, "w1", 3), "left the cluster while it still held 3 partitions")
	failed := errors.New("failed")
	require.ErrorIs(t, d.wait(t.Context(), &script{{err: failed}}, "w1", 3), failed)
	require.ErrorContains(t, d.wait(t.Context(), &script{{left: 2, state: "active"}}, "w1", 3), "w1 was activated meanwhile: it holds 2 partitions")

	d.every = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.wait(ctx, &script{}, "w1", 3), context.Canceled)
}

func TestBenchCommand(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	sh := shell(t, c)
	got := sh("bench --clients 4 --requests 200 --keys 50")
	require.Equal(t, exitDone, got.code, got.errOut)
	require.Contains(t, got.out, "200 requests by 4 clients in ")
	require.Contains(t, got.out, "0 errors\n")
	printed(t, "", sh("keys")) // it cleans up

	got = sh("bench --proxy --connections 2 --clients 4 --duration 50ms --keys 20 --keep --prefix x: --read-share 1 --json --rate 1000")
	require.Equal(t, exitDone, got.code, got.errOut)
	var res struct {
		Errors, Missing int
		All             struct{ Count int }
		Workload        struct{ Proxy bool }
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &res))
	require.Zero(t, res.Errors+res.Missing)
	require.Positive(t, res.All.Count)
	require.True(t, res.Workload.Proxy)
	require.Len(t, strings.Fields(sh("keys --prefix x:").out), 20)
}

func TestBenchThatFails(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	sh := shell(t, c)
	c.Workers[0].Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.Method == wire.MethodPut && r.N < 3 {
			return clienttest.Fault{Err: wire.Errorf(wire.CodeOutOfMemory, "full")}
		}
		return clienttest.Fault{}
	})
	got := sh("bench --clients 1 --requests 20 --keys 1 --read-share 0")
	require.Equal(t, exitFailed, got.code)
	require.Equal(t, "pikv: 3 of 20 requests failed\n", got.errOut)
	require.Contains(t, got.out, `3 x put "bench:00000000": full (out_of_memory)`)
}
