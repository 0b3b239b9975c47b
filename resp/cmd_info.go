package resp

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"pikv/usage"
)

// infoCommands tell how the node is.
func infoCommands() []Command {
	return []Command{
		{Name: "info", Arity: -1, Flags: Loading | Stale | Heavy, Group: "dangerous", Run: info, tips: "nondeterministic_output request_policy:all_shards response_policy:special"},
	}
}

// section is a part of what INFO says.
type section struct {
	name  string // as it is asked for
	title string
	lines func(s *Server, f *Figures, say func(name string, value any))
	extra bool // not by default
}

// sections are all of them, in Redis' order.
var sections = [...]section{
	{"server", "Server", infoServer, false},
	{"clients", "Clients", infoClients, false},
	{"memory", "Memory", infoMemory, false},
	{"persistence", "Persistence", infoPersistence, false},
	{"stats", "Stats", infoStats, false},
	{"replication", "Replication", infoReplication, false},
	{"cpu", "CPU", infoCPU, false},
	{"modules", "Modules", func(*Server, *Figures, func(string, any)) {}, false},
	{"commandstats", "Commandstats", infoCommandStats, true},
	{"errorstats", "Errorstats", infoErrors, false},
	{"cluster", "Cluster", func(_ *Server, _ *Figures, say func(string, any)) { say("cluster_enabled", 1) }, false},
	{"keyspace", "Keyspace", infoKeyspace, false},
}

func info(c *Call) {
	var wanted [len(sections)]bool
	usual, all := len(c.Args) == 1, false
	for _, word := range c.Args[1:] { // which may be very long, and very many
		usual = usual || equalFold(word, "default")
		all = all || equalFold(word, "all") || equalFold(word, "everything")
		for i := range sections {
			wanted[i] = wanted[i] || equalFold(word, sections[i].name)
		}
	}
	s := c.conn.server
	figures := s.cfg.Cluster.Figures()
	var b strings.Builder
	for i, sec := range sections {
		if !all && (!usual || sec.extra) && !wanted[i] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + sec.title + "\r\n")
		sec.lines(s, &figures, func(name string, value any) { fmt.Fprintf(&b, "%s:%v\r\n", name, value) })
	}
	c.Text(b.String())
}

func infoServer(s *Server, f *Figures, say func(string, any)) {
	up := time.Since(s.started)
	say("redis_version", redisVersion)
	say("redis_git_sha1", "00000000")
	say("redis_git_dirty", 0)
	say("redis_mode", "cluster")
	say("pikv_version", f.Version)
	say("pikv_role", f.Role)
	say("pikv_name", f.Name)
	say("os", runtime.GOOS+" "+runtime.GOARCH)
	say("arch_bits", 32<<(^uint(0)>>63))
	say("multiplexing_api", "epoll")
	say("process_id", os.Getpid())
	say("run_id", s.id)
	say("tcp_port", s.port.Load())
	say("server_time_usec", time.Now().UnixMicro())
	say("uptime_in_seconds", int64(up.Seconds()))
	say("uptime_in_days", int64(up.Hours()/24))
	say("hz", 10)
	say("config_file", "")
	say("io_threads_active", 0)
}

func infoClients(s *Server, _ *Figures, say func(string, any)) {
	say("connected_clients", s.Stats().Conns)
	say("cluster_connections", 0)
	say("maxclients", s.cfg.MaxConns)
	say("blocked_clients", 0)
	say("tracking_clients", 0)
	say("clients_in_timeout_table", 0)
}

func infoMemory(s *Server, f *Figures, say func(string, any)) {
	rss := residentBytes()
	if rss == 0 {
		rss = f.Memory
	}
	peak := s.peaked(f)
	say("used_memory", f.Memory)
	say("used_memory_human", human(f.Memory))
	say("used_memory_rss", rss)
	say("used_memory_rss_human", human(rss))
	say("used_memory_peak", peak)
	say("used_memory_peak_human", human(peak))
	say("used_memory_dataset", f.Memory)
	say("used_memory_lua", 0)
	say("maxmemory", f.MaxMemory)
	say("maxmemory_human", human(f.MaxMemory))
	say("maxmemory_policy", policy(f.Eviction))
	say("mem_fragmentation_ratio", fmt.Sprintf("%.2f", float64(rss)/float64(max(f.Memory, 1))))
	say("mem_fragmentation_bytes", rss-f.Memory)
	say("mem_clients_normal", 0)
	say("mem_allocator", "pikv")
	say("active_defrag_running", 0)
	say("lazyfree_pending_objects", 0)
}

// peaked is the most memory that was in use, as far as the node has seen, or INFO.
func (s *Server) peaked(f *Figures) int64 {
	for now := max(f.Memory, f.MemoryPeak); ; {
		if before := s.peak.Load(); now <= before {
			return before
		} else if s.peak.CompareAndSwap(before, now) {
			return now
		}
	}
}

// infoPersistence says that nothing is ever written to a disk.
func infoPersistence(s *Server, _ *Figures, say func(string, any)) {
	say("loading", 0)
	say("async_loading", 0)
	say("rdb_changes_since_last_save", 0)
	say("rdb_bgsave_in_progress", 0)
	say("rdb_last_save_time", s.started.Unix())
	say("rdb_last_bgsave_status", "ok")
	say("rdb_last_bgsave_time_sec", -1)
	say("rdb_current_bgsave_time_sec", -1)
	say("aof_enabled", 0)
	say("aof_rewrite_in_progress", 0)
	say("aof_last_bgrewrite_status", "ok")
	say("aof_last_write_status", "ok")
}

func infoStats(s *Server, f *Figures, say func(string, any)) {
	st := s.Stats()
	r := s.rates.at(time.Now(), st)
	say("total_connections_received", st.Accepted)
	say("total_commands_processed", st.Commands)
	say("instantaneous_ops_per_sec", int64(r.commands))
	say("total_net_input_bytes", st.In)
	say("total_net_output_bytes", st.Out)
	say("instantaneous_input_kbps", fmt.Sprintf("%.2f", r.in/1024))
	say("instantaneous_output_kbps", fmt.Sprintf("%.2f", r.out/1024))
	say("rejected_connections", st.Refused)
	say("sync_full", 0)
	say("sync_partial_ok", 0)
	say("sync_partial_err", 0)
	say("expired_keys", f.Expired)
	say("evicted_keys", f.Evicted)
	say("keyspace_hits", st.Hits)
	say("keyspace_misses", st.Misses)
	say("pubsub_channels", 0)
	say("pubsub_patterns", 0)
	say("latest_fork_usec", 0)
	say("total_error_replies", st.Failed)
}

// infoReplication: every node is the primary of its slots, and their copies lie on
// other nodes, which are primaries themselves.
func infoReplication(s *Server, _ *Figures, say func(string, any)) {
	say("role", "master")
	say("connected_slaves", 0)
	say("master_failover_state", "no-failover")
	say("master_replid", s.id)
	say("master_replid2", strings.Repeat("0", 40))
	say("master_repl_offset", 0)
	say("second_repl_offset", -1)
	say("repl_backlog_active", 0)
	say("repl_backlog_size", 0)
	say("repl_backlog_first_byte_offset", 0)
	say("repl_backlog_histlen", 0)
	say("pikv_copies", copies(s.cfg.Cluster))
}

func infoCPU(_ *Server, _ *Figures, say func(string, any)) {
	user, system := usage.Processor()
	say("used_cpu_sys", fmt.Sprintf("%.6f", system.Seconds()))
	say("used_cpu_user", fmt.Sprintf("%.6f", user.Seconds()))
	say("used_cpu_sys_children", "0.000000")
	say("used_cpu_user_children", "0.000000")
}

func infoErrors(s *Server, _ *Figures, say func(string, any)) {
	s.failures.each(func(code string, n int64) { say("errorstat_"+code, fmt.Sprintf("count=%d", n)) })
}

func infoKeyspace(_ *Server, f *Figures, say func(string, any)) {
	if f.Keys > 0 {
		say("db0", fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0", f.Keys, f.Mortal))
	}
}

// human is a number of bytes for people, as Redis writes it.
func human(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "K", "M", "G", "T"} {
		if f < 1024 || unit == "T" {
			if unit == "B" {
				return fmt.Sprintf("%dB", n)
			}
			return fmt.Sprintf("%.2f%s", f, unit)
		}
		f /= 1024
	}
	return ""
}
