package resp

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// sighted is a Cluster of which some nodes are dead.
type sighted struct {
	alone
	live *atomic.Pointer[map[placement.Incarnation]bool]
}

// Live implements Cluster.
func (s sighted) Live() map[placement.Incarnation]bool { return *s.live.Load() }

// TestWhatNobodyServesIsToldToRedisClients: slots whose every copy is lost are failed, those
// that a backup is about to take over are not.
func TestWhatNobodyServesIsToldToRedisClients(t *testing.T) {
	v := &placement.View{Epoch: 7}
	for i := range 4 {
		v.Nodes = append(v.Nodes, placement.Node{
			Incarnation: placement.Incarnation(i + 1), Name: fmt.Sprint("w", i+1), RESPAddr: fmt.Sprintf("10.0.0.%d:7379", i+1),
		})
	}
	for _, inSync := range [][]placement.Incarnation{{1, 2}, {2, 1}, {3, 1}, {3, 4}} {
		v.Partitions = append(v.Partitions, placement.Partition{Primary: inSync[0], InSync: inSync})
	}
	var live atomic.Pointer[map[placement.Incarnation]bool]
	lives := func(all ...placement.Incarnation) {
		m := make(map[placement.Incarnation]bool)
		for _, id := range all {
			m[id] = true
		}
		live.Store(&m)
	}
	c := newTestServer(t, func(cfg *Config) { cfg.Cluster = sighted{alone{v}, &live} }).dial(t)
	lives(1, 2, 3, 4)
	info := func(state string, ok, pfail, fail int) {
		t.Helper()
		require.Contains(t, c.Do("CLUSTER", "INFO"), fmt.Sprintf(
			"cluster_state:%s\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:%d\r\ncluster_slots_pfail:%d\r\ncluster_slots_fail:%d\r\ncluster_known_nodes:4\r\n", state, ok, pfail, fail))
	}
	health := func(want ...string) {
		t.Helper()
		nodes, shards := strings.Split(strings.TrimSpace(c.Do("CLUSTER", "NODES")), "\n"), c.Do("CLUSTER", "SHARDS")
		require.Len(t, nodes, len(want))
		for i, w := range want {
			link, healthy := "connected", "online"
			if strings.HasSuffix(w, "fail") {
				link, healthy = "disconnected", "fail"
			}
			id := nodeID(placement.Incarnation(i + 1))
			require.Contains(t, nodes[i], fmt.Sprintf("%s 10.0.0.%d:7379@0 %s - 0 0 7 %s", id, i+1, w, link))
			_, shard, _ := strings.Cut(shards, id)
			shard, _, _ = strings.Cut(shard, "]")
			require.Contains(t, shard, "health "+healthy)
		}
	}
	info("ok", 16384, 0, 0)
	health("myself,master", "master", "master", "master")
	lives(1, 2, 4)
	info("ok", 8192, 8192, 0)
	health("myself,master", "master", "master,fail", "master")
	lives(1, 2)
	info("fail", 8192, 4096, 4096)
	health("myself,master", "master", "master,fail", "master,fail")
	require.Equal(t, 3, strings.Count(c.Do("CLUSTER", "SLOTS"), "10.0.0."), "as Redis, who has slots is named")
}

// Keys of a slot are all listed, or it is said that they are too many: never that it may
// work another time, when it cannot.
func TestKeysOfASlotAreNotMoreThanAReplyHolds(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	const size = 60_000
	most := maxListed / (size + 10)
	for i := range most + 1 {
		require.Equal(t, "+OK", c.Do("SET", fmt.Sprintf("{t}%05d%s", i, strings.Repeat("k", size-8)), "v"))
	}
	slot := strings.TrimPrefix(c.Do("CLUSTER", "KEYSLOT", "{t}"), ":")
	require.Equal(t, "-ERR more than 8 MiB of keys: give a smaller count, or use SCAN", c.Do("CLUSTER", "GETKEYSINSLOT", slot, "100000"))
	require.Equal(t, most, strings.Count(c.Do("CLUSTER", "GETKEYSINSLOT", slot, fmt.Sprint(most)), "{t}"))
}

// Nor on a node with little room.
func TestListsOfKeysOfASmallNode(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(1 << 20) })
	c := s.dial(t)
	for i := range 12 {
		require.Equal(t, "+OK", c.Do("SET", fmt.Sprintf("{t}%05d%s", i, strings.Repeat("k", 60_000)), "v"))
	}
	slot := strings.TrimPrefix(c.Do("CLUSTER", "KEYSLOT", "{t}"), ":")
	require.Equal(t, "-ERR more than 512 KiB of keys: give a smaller count, or use SCAN", c.Do("CLUSTER", "GETKEYSINSLOT", slot, "100000"))
	require.Equal(t, "-ERR more than 512 KiB of keys fit the pattern: use SCAN", c.Do("KEYS", "*"))
}
