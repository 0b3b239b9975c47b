package resp

import "time"

// serverCommands are about the node.
func serverCommands() []Command {
	const quiet = NoScript | Loading | Stale
	return []Command{
		{Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Run: now, tips: "nondeterministic_output"},
		{Name: "wait", Arity: 3, Flags: NoScript | Barrier, Group: "connection", Run: wait, tips: "request_policy:all_shards response_policy:agg_min"},
		{Name: "latency", Arity: -2, Forms: []Command{
			{Name: "latency|latest", Arity: 2, Flags: quiet | Admin, Run: func(c *Call) { c.Array(0) }, tips: "nondeterministic_output request_policy:all_nodes response_policy:special"},
			{Name: "latency|history", Arity: 3, Flags: quiet | Admin, Run: func(c *Call) { c.Array(0) }, tips: "nondeterministic_output request_policy:all_nodes response_policy:special"},
			{Name: "latency|reset", Arity: -2, Flags: quiet | Admin, Run: func(c *Call) { c.Int(0) }, tips: "request_policy:all_nodes response_policy:all_succeeded"},
			{Name: "latency|histogram", Arity: -2, Flags: quiet | Admin, Run: func(c *Call) { c.Map(0) }, tips: "nondeterministic_output request_policy:all_nodes response_policy:special"},
		}},
		{Name: "slowlog", Arity: -2, Forms: []Command{
			{Name: "slowlog|get", Arity: -2, Flags: Admin | Loading | Stale, Run: func(c *Call) { c.Array(0) }, tips: "request_policy:all_nodes nondeterministic_output"},
			{Name: "slowlog|len", Arity: 2, Flags: Admin | Loading | Stale, Run: func(c *Call) { c.Int(0) }, tips: "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"},
			{Name: "slowlog|reset", Arity: 2, Flags: Admin | Loading | Stale, Run: (*Call).OK, tips: "request_policy:all_nodes response_policy:all_succeeded"},
		}},
	}
}

func now(c *Call) {
	t := time.Now()
	c.Array(2)
	c.BulkInt(t.Unix())
	c.BulkInt(int64(t.Nanosecond() / 1000))
}

// wait tells how many replicas have the connection's writes. Nothing has to be waited
// for: a write is answered when all replicas have it that are in sync, and those
// before this command are answered.
func wait(c *Call) {
	if _, ok := parseInt(c.Args[1]); !ok {
		c.Fail(errNotInteger)
		return
	}
	switch timeout, ok := parseInt(c.Args[2]); {
	case !ok:
		c.Fail("ERR timeout is not an integer or out of range")
	case timeout < 0:
		c.Fail("ERR timeout is negative")
	default:
		c.Int(int64(copies(c.Cluster())))
	}
}
