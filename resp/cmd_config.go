package resp

import (
	"slices"
	"strconv"
)

// configCommands tell of settings.
func configCommands() []Command {
	const flags = Admin | NoScript | Loading | Stale
	return []Command{{
		Name: "config", Arity: -2, Forms: []Command{
			{Name: "config|get", Arity: -3, Flags: flags, Run: configGet},
			{Name: "config|resetstat", Arity: 2, Flags: flags, Run: (*Call).OK},
			{Name: "config|help", Arity: 2, Flags: Loading | Stale, Run: func(c *Call) { help(c, configHelp) }},
		},
	}}
}

// setting is a line of Redis' configuration that means something here.
type setting struct{ name, value string }

// settings returns those that there are, by their names.
func (s *Server) settings() []setting {
	f := s.cfg.Cluster.Figures()
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []setting{
		{"appendonly", "no"},
		{"bind", f.Address},
		{"cluster-enabled", "yes"},
		{"cluster-require-full-coverage", "no"},
		{"databases", "1"},
		{"maxclients", number(int64(s.cfg.MaxConns))},
		{"maxmemory", number(f.MaxMemory)},
		{"maxmemory-policy", policy(f.Eviction)},
		{"port", number(s.port.Load())},
		{"proto-max-bulk-len", number(int64(s.member.bulk))},
		{"save", ""},
		{"timeout", "0"},
	}
}

// policy is Redis' name for what becomes of writes that find no room.
func policy(eviction string) string {
	if eviction == "lru" {
		return "allkeys-lru"
	}
	return "noeviction"
}

const (
	// configPatterns and configBytes bound what one CONFIG GET may ask for.
	configPatterns = 1 << 10
	configBytes    = 64 << 10
	errManyConfig  = "ERR too many patterns in one command, or too long ones: 1024 of 64 KiB in all can be looked for at once"
)

func configGet(c *Call) {
	texts, size := c.Args[2:], 0
	for _, text := range texts {
		size += len(text)
	}
	if len(texts) > configPatterns || size > configBytes {
		c.Fail(errManyConfig)
		return
	}
	patterns := make([]*pattern, len(texts))
	for i, text := range texts {
		patterns[i] = compile(text, true)
	}
	var found []setting
	for _, s := range c.conn.server.settings() {
		if slices.ContainsFunc(patterns, func(p *pattern) bool { return p.fitsName(s.name) }) {
			found = append(found, s)
		}
	}
	c.Map(len(found))
	for _, s := range found {
		c.BulkString(s.name)
		c.BulkString(s.value)
	}
}

// configHelp is what CONFIG HELP says.
var configHelp = []string{
	"CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"GET <pattern>", "    Return parameters matching the glob-like <pattern> and their values.",
	"RESETSTAT", "    Accepted, and without effect.",
	"HELP", "    Print this help.",
}
