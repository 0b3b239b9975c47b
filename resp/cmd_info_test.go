package resp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
)

// readByExporter are the fields that oliver006/redis_exporter makes metrics of (the maps of
// gauges and counters in its exporter/exporter.go, and the labels of instance_info), as far as
// they mean something here or a dashboard takes them for granted. It leaves out those that
// are not there: of allocators, AOF files, modules, replicas and other servers.
var readByExporter = strings.Fields(`
	redis_version redis_mode os maxmemory_policy tcp_port run_id process_id role
	uptime_in_seconds io_threads_active
	connected_clients blocked_clients maxclients tracking_clients clients_in_timeout_table cluster_connections
	used_memory used_memory_rss used_memory_peak used_memory_lua used_memory_dataset maxmemory
	mem_fragmentation_ratio mem_fragmentation_bytes mem_clients_normal lazyfree_pending_objects active_defrag_running
	loading rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status
	rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec
	aof_enabled aof_rewrite_in_progress aof_last_bgrewrite_status aof_last_write_status
	pubsub_channels pubsub_patterns latest_fork_usec
	connected_slaves repl_backlog_size repl_backlog_active repl_backlog_first_byte_offset repl_backlog_histlen
	master_repl_offset second_repl_offset sync_full sync_partial_ok sync_partial_err
	total_connections_received total_commands_processed rejected_connections total_net_input_bytes total_net_output_bytes
	expired_keys evicted_keys keyspace_hits keyspace_misses
	used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children
	cluster_enabled`)

// readByInsight are the fields that Redis Insight shows, or counts with, by its
// redisinsight/api/src/modules/database/providers/database-info.provider.ts and
// database-overview.provider.ts. It does without server_name and number_of_cached_scripts.
var readByInsight = strings.Fields(`
	redis_version uptime_in_seconds role connected_clients used_memory
	instantaneous_ops_per_sec instantaneous_input_kbps instantaneous_output_kbps keyspace_hits keyspace_misses
	used_cpu_sys used_cpu_user`)

// What redis-cli --stat, exporters and Redis Insight read is there.
func TestInfoTellsWhatToolsRead(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	all := c.Do("INFO")
	for _, name := range []string{
		"redis_version:7.0.15", "redis_mode:cluster", "tcp_port:", "uptime_in_seconds:", "run_id:", "connected_clients:1", "blocked_clients:0", "maxclients:",
		"used_memory:", "used_memory_human:", "used_memory_rss:", "used_memory_peak:", "maxmemory:", "maxmemory_policy:noeviction", "mem_fragmentation_ratio:",
		"rdb_last_save_time:", "aof_enabled:0", "loading:0", "total_connections_received:1", "total_commands_processed:", "instantaneous_ops_per_sec:",
		"total_net_input_bytes:", "total_net_output_bytes:", "evicted_keys:0", "expired_keys:0", "keyspace_hits:0", "keyspace_misses:0", "rejected_connections:0", "role:master", "connected_slaves:0",
		"used_cpu_sys:", "used_cpu_user:", "cluster_enabled:1",
	} {
		require.Contains(t, all, "\r\n"+name)
	}
	for _, name := range slices.Concat(readByExporter, readByInsight) {
		require.Contains(t, all, "\r\n"+name+":")
	}
	for section := range strings.SplitSeq(all, "\r\n\r\n") {
		require.Regexp(t, regexp.MustCompile(`^# [A-Z][A-Za-z]+(\r\n|$)`), section)
	}
	require.Equal(t, "# Cluster\r\ncluster_enabled:1\r\n", c.Do("INFO", "cluster"))
	require.Equal(t, "# CPU", strings.SplitN(c.Do("INFO", "cpu", "cluster"), "\r\n", 2)[0])
	require.Empty(t, c.Do("INFO", "nosuch"))
}

// Keys that are read count, and only those, each once however often a command is tried.
func TestInfoCountsWhatReadsFound(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	for _, line := range []string{"SET {t}a 1", "GET {t}a", "GET {t}b", "MGET {t}a {t}b {t}a", "EXISTS {t}a", "TTL {t}b", "INCR {t}a", "GETSET {t}b 2", "GET {t}b"} {
		c.Line(line)
	}
	require.Eventually(t, func() bool { // it is counted when the turn is over
		st := s.Stats()
		return st.Hits == 5 && st.Misses == 3
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, c.Do("INFO", "stats"), "\r\nkeyspace_hits:5\r\nkeyspace_misses:3\r\n")
}

// Errors count by their codes, of which there may be only so many.
func TestInfoCountsErrorsByTheirCodes(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	require.NotContains(t, c.Do("INFO", "errorstats"), "errorstat_")
	for _, line := range []string{"NOSUCH", "GET", "SET {t}a x", "INCR {t}a", "MGET a b", "MSETNX a 1 b 2"} {
		c.Line(line)
	}
	require.Equal(t, "# Errorstats\r\nerrorstat_CROSSSLOT:count=2\r\nerrorstat_ERR:count=3\r\n", c.Do("INFO", "errorstats"))
	require.Contains(t, c.Do("INFO", "stats"), "\r\ntotal_error_replies:5\r\n")

	var f failures
	for i := range 2 * mostCodes {
		f.add(fmt.Sprintf("CODE%d and a text", i))
	}
	require.EqualValues(t, 2*mostCodes, f.count())
	require.Len(t, f.byCode, mostCodes)
}

// The peak of memory is what the node, or INFO itself, has seen.
func TestInfoKeepsThePeakOfMemory(t *testing.T) {
	cluster := &growing{}
	c := newTestServer(t, func(cfg *Config) { cfg.Cluster = cluster }).dial(t)
	for _, at := range []struct{ memory, known, peak int64 }{{100, 0, 100}, {30, 0, 100}, {30, 200, 200}, {150, 0, 200}} {
		cluster.Store(&Figures{Memory: at.memory, MemoryPeak: at.known})
		require.Contains(t, c.Do("INFO", "memory"), fmt.Sprintf("\r\nused_memory_peak:%d\r\n", at.peak))
	}
}

// growing is a Cluster that tells of figures which change.
type growing struct{ atomic.Pointer[Figures] }

func (g *growing) View() *placement.View       { return viewOfMemory() }
func (g *growing) Self() placement.Incarnation { return 1 }
func (g *growing) Live() map[placement.Incarnation]bool {
	return map[placement.Incarnation]bool{1: true, 2: true}
}
func (g *growing) Figures() Figures { return *g.Load() }

func TestConfigGetTakesPatterns(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	require.Equal(t, "*[cluster-enabled yes]", c.Do("CONFIG", "GET", "CLUSTER-en*"))
	require.Equal(t, "*[databases 1 maxclients 1024]", c.Do("CONFIG", "GET", "maxcl*", "data*"))
	require.Equal(t, "*[]", c.Do("CONFIG", "GET", "nosuch"))
}

func TestRatesAreThoseSinceTheLastLook(t *testing.T) {
	var r rates
	at := time.Unix(1000, 0)
	require.Zero(t, r.at(at, Stats{Commands: 100}))
	require.Equal(t, rate{commands: 50, in: 1024}, r.at(at.Add(2*time.Second), Stats{Commands: 200, In: 2048}))
	require.Equal(t, 50.0, r.at(at.Add(2*time.Second+ratePause/2), Stats{Commands: 1000}).commands, "too soon")
}

// A panic of a command is an error for its client, and nobody else's.
func TestAPanicIsAnError(t *testing.T) {
	s := newPreparedServer(t, nil, func(s *Server) {
		s.table.byName["boom"] = &Command{Name: "boom", Arity: 1, Run: func(c *Call) {
			c.Array(3)
			panic("boom")
		}}
	})
	c := s.dial(t)
	c.Raw(resptest.Command("PING") + resptest.Command("BOOM") + resptest.Command("PING"))
	require.Equal(t, "+PONG", c.Reply())
	require.Equal(t, "-"+errPanic, c.Reply())
	require.Equal(t, "+PONG", c.Reply())
	require.Equal(t, int64(1), s.Stats().Panics)
}

func TestClusterTellsOfTheView(t *testing.T) {
	nodes := []placement.Node{
		{Incarnation: 1, Name: "w1", Addr: "10.0.0.1:7", RESPAddr: "10.0.0.1:7379"},
		{Incarnation: 2, Name: "w2", Addr: "10.0.0.2:7", RESPAddr: "[fe80::2]:7380"},
		{Incarnation: 3, Name: "w3", Addr: "10.0.0.3:7"},
	}
	view, err := placement.NewView("pikv", 1, 1, nodes, [][]string{{"w1"}, {"w1"}, {"w2"}, {"w3"}})
	require.NoError(t, err)
	c := newTestServer(t, func(cfg *Config) { cfg.Cluster = alone{view} }).dial(t)
	one, two := "0000000000000001"+strings.Repeat("0", 24), "0000000000000002"+strings.Repeat("0", 24)
	require.Equal(t, "*[*[:0 :8191 *[10.0.0.1 :7379 "+one+" *[]]] *[:8192 :12287 *[fe80::2 :7380 "+two+" *[]]]]", c.Do("CLUSTER", "SLOTS"))
	require.Equal(t, one+" 10.0.0.1:7379@0 myself,master - 0 0 1 connected 0-8191\n"+two+" fe80::2:7380@0 master - 0 0 1 connected 8192-12287\n", c.Do("CLUSTER", "NODES"))
	require.Equal(t, one, c.Do("CLUSTER", "MYID"))
	require.Contains(t, c.Do("CLUSTER", "INFO"), "cluster_state:fail\r\ncluster_slots_assigned:12288\r\n", "w3 has no door")
	require.Contains(t, c.Do("CLUSTER", "SHARDS"), "*[*[slots *[:0 :8191] nodes *[*[id "+one+" port :7379 ip 10.0.0.1 endpoint 10.0.0.1 role master")
	require.Equal(t, "+OK", c.Do("SET", "{a}1", "x"))
	require.Equal(t, ":15495", c.Do("CLUSTER", "KEYSLOT", "{a}1"))
	require.Equal(t, ":1", c.Do("CLUSTER", "COUNTKEYSINSLOT", "15495"))
	require.Equal(t, "*[{a}1]", c.Do("CLUSTER", "GETKEYSINSLOT", "15495", "10"))
	require.Equal(t, ":0", c.Do("CLUSTER", "COUNTKEYSINSLOT", "1"))
}
