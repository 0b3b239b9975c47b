package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// healthy is a status of a cluster that is well.
func healthy() wire.StatusReply {
	return wire.StatusReply{
		Cluster: "home", Node: "m1", Role: "master", Version: "v0.2.0", MasterAddr: "10.0.0.1:7700",
		Epoch: 42, Replicas: 1, Partitions: 1024, Synced: 1024, OnLoss: "wait", SyncedMS: 11_520_000, Members: members3(),
	}
}

func statusOf(t *testing.T, r wire.StatusReply) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, statusText(&b, r))
	return b.String()
}

func TestStatusOfAHealthyCluster(t *testing.T) {
	require.Equal(t, `cluster     home, epoch 42
master      m1 at 10.0.0.1:7700, version v0.2.0
state       fully synced for 3 h 12 min
partitions  1024: 1024 synced
copies      1 of each partition; lost ones wait for `+"`pikv partition reset`"+`
load        150 requests/s, memory 20 % full

`+membersGolden, statusOf(t, healthy()))
}

func TestStatusOfHotPartitions(t *testing.T) {
	r := healthy()
	require.NotContains(t, statusOf(t, r), "balance")
	r.Scaling.Leads = 3
	require.Contains(t, statusOf(t, r), "balance     3 partitions are led by another worker than the ring says, for the requests' sake\n")
	r.Scaling.Leads = 1
	require.Contains(t, statusOf(t, r), "balance     1 partition is led by another worker than the ring says, for the requests' sake\n")
}

func TestStatusOfARepair(t *testing.T) {
	r := healthy()
	r.Replicas, r.Synced, r.Moving, r.Waiting, r.Lost, r.Frozen = 2, 1000, 20, 3, 1, 2
	r.SyncedMS, r.UnsyncedMS, r.OnLoss = -1, 4200, "reset"
	r.MoveDone, r.MoveTotal, r.MoveRate = 1<<20, 11<<20, 1<<20
	r.Moves = []wire.MoveStatus{{Partition: 12, From: "pi1", To: "pi3", Done: 512, Total: 2048, Rate: 512}}
	r.Problems = []wire.PartitionProblem{
		{Partition: 7, State: "waiting", Primary: "w2", For: "w2", Why: "the primary is silent"},
		{Partition: 9, State: "waiting", Primary: "w2", For: "w2", Why: "the primary is silent"},
		{Partition: 8, State: "waiting", Primary: "w2", For: "w2", Why: "the primary is silent"},
		{Partition: 3, State: "lost", Why: "every copy was restarted"},
		{Partition: 4, State: "frozen", For: "w2"},
		{Partition: 5, State: "frozen", For: "w2"},
	}
	require.Equal(t, `cluster     home, epoch 42
master      m1 at 10.0.0.1:7700, version v0.2.0
state       4 partitions not served; not fully synced for 4.2 s
partitions  1024: 1000 synced, 20 moving, 3 waiting, 1 lost, 2 frozen
copies      2 of each partition; lost ones begin anew, empty (--on-loss reset)
load        150 requests/s, memory 20 % full
filling     1.0 MiB of 11.0 MiB at 1.0 MiB/s, about 10 s left

`+membersGolden+`
FILLING       FROM  TO   PROGRESS
partition 12  pi1   pi3  512 B of 2.0 KiB at 512 B/s, about 3.0 s left

! There are fewer workers than copies: 1, and --replicas 2.
  What has a live copy is served. 1 active worker cannot hold 2 copies of each partition: start 1 more, or say pikv replicas 1.

! Partitions 7-9 are waiting (for w2): the primary is silent.
  If this lasts, look after w2: cable, power, a stopped process; a restarted worker comes back empty.
  When no copy will come back, give up what they held: pikv partition reset 7 8 9

! Partition 3 is lost: every copy was restarted.
  What they held is gone. They begin anew, empty, in a moment (--on-loss reset).

! Partitions 4, 5 are frozen (for w2).
  They are served. A new master waits for w2 to report; if that will not happen, restart the master with --recover.
`, statusOf(t, r))
}

func TestStatusWithoutTheMaster(t *testing.T) {
	r := healthy()
	r.Node, r.Role, r.Synced, r.OnLoss = "w2", "worker", 0, ""
	got := statusOf(t, r)
	require.Contains(t, got, "master      does not answer at 10.0.0.1:7700; this is what worker w2 knows (version v0.2.0)\n")
	require.Contains(t, got, "state       not known without the master\npartitions  1024\n")
	require.Contains(t, got, "! The master does not answer.\n")
	require.False(t, isSynced(r))
}

// A master that does not know yet what the workers hold must not look as if all
// were lost, nor say how to give it up.
func TestStatusWhileTheMasterListens(t *testing.T) {
	r := healthy()
	r.Listening, r.Synced, r.SyncedMS, r.UnsyncedMS, r.Members = "it has just started", 0, -1, 100, nil
	got := statusOf(t, r)
	require.Contains(t, got, "state       not known yet: the master listens to the workers first\npartitions  1024\n")
	require.Contains(t, got, "! The master does not know yet how the partitions are: it has just started.\n  Reads and writes go on;")
	require.NotContains(t, got, "pikv partition reset 0")
	require.NotContains(t, got, "fewer workers")
	require.Equal(t, "the master listens to the workers first: it has just started", waitText(r))
	r.Synced = 1024
	require.False(t, isSynced(r))
}

func TestStatusBeforeTheFirstWorker(t *testing.T) {
	got := statusOf(t, wire.StatusReply{Cluster: "home", Node: "m1", Role: "master", Replicas: 2, Partitions: 1024, SyncedMS: -1})
	require.Contains(t, got, "state       no worker has come yet: start one")
	require.NotContains(t, got, "!")
}

// TestStatusOfManyTroubles: what is listed is not all, and many moves are cut.
func TestStatusOfManyTroubles(t *testing.T) {
	r := healthy()
	r.Synced, r.Degraded = 824, 200
	for i := range uint16(wire.MaxListed) {
		r.Problems = append(r.Problems, wire.PartitionProblem{Partition: 2 * i, State: "degraded", Why: "fewer than wanted", For: "w2"})
		r.Moves = append(r.Moves, wire.MoveStatus{Partition: i, From: "a", To: "b"})
	}
	got := statusOf(t, r)
	require.Contains(t, got, "! Partitions 0, 2, 4, 6, 8, 10, 12, 14 and 56 more are degraded (for w2): fewer than wanted.\n")
	require.Contains(t, got, "! 136 more partitions are degraded.\n")
	require.Contains(t, got, "partition 9  a     b   just begun\nand 54 more\n")

	// With too few workers that is the one reason, and it is given once.
	r.Replicas = 2
	got = statusOf(t, r)
	require.Contains(t, got, "! There are fewer workers than copies: 1, and --replicas 2.\n")
	require.NotContains(t, got, "are degraded")
	r.Members[2].State = stateJoining
	require.NotContains(t, statusOf(t, r), "fewer workers", "one is on its way in")

	// So many that nobody would type their numbers.
	for i := range r.Problems {
		r.Problems[i].State = stateWaiting
	}
	r.Waiting, r.Degraded = 64, 0
	require.Contains(t, statusOf(t, r), "look after w2: cable")
	for i := range r.Problems {
		r.Problems[i].State, r.Problems[i].For = stateLost, ""
	}
	require.Contains(t, statusOf(t, r), "To let them begin anew, empty: pikv partition reset --all-lost\n")
	for i := range r.Problems {
		r.Problems[i].State = stateWaiting
	}
	require.Contains(t, statusOf(t, r), "give up what they held: pikv partition reset --all-lost\n")
}

// TestStatusOfShortMemory: whose memory gets short, and who can help.
func TestStatusOfShortMemory(t *testing.T) {
	r := healthy()
	r.Members = []wire.MemberStatus{
		{Name: "m1", Role: "master", State: "active"},
		{Name: "w1", Role: "worker", State: "active", Capacity: 1000, Used: 850, Eviction: "none"},
		{Name: "w2", Role: "worker", State: "active", Capacity: 1000, Used: 849, Eviction: "none"},
		{Name: "w3", Role: "worker", State: "dead"},
	}
	const short = "! w1 uses 85 % of its memory.\n  When it is full, writes to its keys fail; reads go on. "
	got := statusOf(t, r)
	require.Contains(t, got, short+"Start another worker, delete keys, or give it a smaller share (pikv weight).\n")
	require.NotContains(t, got, "! w2")
	r.Members = append(r.Members, wire.MemberStatus{Name: "w4", Role: "worker", State: "spare", Capacity: 1000, Eviction: "none"})
	require.Contains(t, statusOf(t, r), short+"Say pikv activate w4, delete keys, ")
	for i := range r.Members {
		r.Members[i].Eviction = "lru"
	}
	require.NotContains(t, statusOf(t, r), "!", "caches are full on purpose")
}
