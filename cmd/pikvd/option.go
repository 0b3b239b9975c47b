package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"pikv/autoscale"
	"pikv/master"
	"pikv/membership"
	"pikv/worker"
)

// option is one setting of `pikvd start`: a flag, a variable in the
// environment, and a key of the file.
type option struct {
	name  string // of the flag and the key; the variable is envName(name)
	usage string
	def   string // as one would write it; "" means what usage says
	why   string // why this default
	only  string // the role that it is for, "" for both
	kind  kind
	// set parses one value into the config. For a list it is called for
	// each element.
	set func(c *config, m machine, value string) error
}

// kind says how the value is written.
type kind int

const (
	text kind = iota
	list      // may be repeated
	flag      // true or false; the bare flag means true
)

// options is the table of all settings, in the order of the help text.
var options = []option{
	{name: "role", usage: "`ROLE` of the node: master (one a cluster) or worker",
		why: "none: to start a second master by mistake is worse than to type a word",
		set: func(c *config, _ machine, v string) error {
			c.role = membership.Role(v)
			return oneOf(v, string(membership.RoleMaster), string(membership.RoleWorker))
		}},
	{name: "name", usage: "the node's `NAME`, unlike all others of its cluster; a restarted node keeps it (default: the host's name)",
		why: "one node a host is the rule, and people know their hosts by name",
		set: func(c *config, _ machine, v string) error { c.name = v; return checkName(v, maxName) }},
	{name: "cluster", usage: "the cluster's `NAME`: nodes of another one are refused", def: "pikv",
		why: "one cluster a network is the rule",
		set: func(c *config, _ machine, v string) error { c.cluster = v; return checkName(v, maxCluster) }},
	{name: "bind", usage: "the `IP` address to listen on", def: "0.0.0.0",
		why: "a cluster is for its network; `pikvd dev` is for one machine",
		set: func(c *config, _ machine, v string) error { c.bind = v; return checkIP(v) }},
	{name: "advertise", usage: "the `IP` address that others reach this node at (default: the bound one, or the one that leads to the network)",
		why: "a host has seldom more than one",
		set: func(c *config, _ machine, v string) error { c.advertise = v; return checkAdvertise(v) }},
	{name: "rpc-port", usage: "the TCP `PORT` of requests, 0 for any free one", def: "7700",
		why: "next to no other service's; clients try it when they are told nothing",
		set: func(c *config, _ machine, v string) error { return setPort(&c.rpcPort, v) }},
	{name: "gossip-port", usage: "the TCP and UDP `PORT` of gossip, 0 for any free one", def: "7746",
		why: "not memberlist's own, so that a stranger's gossip does not meet ours",
		set: func(c *config, _ machine, v string) error { return setPort(&c.gossipPort, v) }},
	{name: "resp-port", usage: "the TCP `PORT` for Redis clients, 0 for none, any for any free one", def: "7379",
		why: "next to Redis' own, which may run on the same host",
		set: func(c *config, _ machine, v string) error { return setRESPPort(&c.respPort, v) }},
	{name: "requirepass-file", usage: "a `FILE` with the password that Redis clients must give (AUTH); for the same on all nodes",
		why: "none: whoever reaches the network reaches the other ports, too",
		set: func(c *config, _ machine, v string) error { c.requirepassFile = v; return nil }},
	{name: "users-file", usage: "a `FILE` with names and passwords of Redis clients, NAME PASSWORD a line, or NAME sha256:DIGITS; all may do the same",
		why: "none: one password is enough for most",
		set: func(c *config, _ machine, v string) error { c.usersFile = v; return nil }},
	{name: "resp-proxy", only: "master", usage: "have a master serve data to Redis clients that know no cluster, by asking the workers itself", kind: flag, def: "false",
		why: "every byte would pass the master; clients that know clusters go straight to the workers",
		set: func(c *config, _ machine, v string) error { return setBool(&c.respProxy, v) }},
	{name: "join", usage: "an `ADDRESS` of the cluster: host, host:port, a DNS name of several hosts, or @file with one a line; may be repeated", kind: list,
		why: "none: a master may be the first node, and a worker looks for one",
		set: func(c *config, _ machine, v string) error { c.join = append(c.join, v); return checkSeed(v) }},
	{name: "discover", usage: "`SWITCH` on: a worker without --join looks for its --cluster by multicast DNS, and nodes answer those who look; off: neither", def: "on",
		why: "on a home's network nobody should have to type addresses",
		set: func(c *config, _ machine, v string) error { c.discover = v == "on"; return oneOf(v, "on", "off") }},
	{name: "gossip-key-file", usage: "a `FILE` with the cluster's secret: 16, 24 or 32 random bytes in base64",
		why: "none: a home network without secrets should work at once",
		set: func(c *config, _ machine, v string) error { c.gossipKeyFile = v; return nil }},
	{name: "profile", usage: "`PROFILE` of gossip timings: lan, wifi (slower to suspect) or local (tests)", def: "lan",
		why: "on a wire a dead node is seen in about a second and a half",
		set: func(c *config, _ machine, v string) error {
			c.profile = membership.Profile(v)
			return oneOf(v, string(membership.ProfileLAN), string(membership.ProfileWiFi), string(membership.ProfileLocal))
		}},
	{name: "data-dir", only: "master", usage: "the master's `FOLDER` for the view (default: " + systemDir + " if writable, else the user's state folder)",
		why: "what a service and a first try as a user expect",
		set: func(c *config, _ machine, v string) error { c.dataDir = v; return nil }},
	{name: "partitions", only: "master", usage: "into how many partitions a new cluster's keys are cut: a power of two, `N` up to 16384", def: "1024",
		why: "ten a worker in the largest cluster that pikv is meant for; an empty one costs under 1 KiB",
		set: func(c *config, _ machine, v string) error { return setInt(&c.partitions, v) }},
	{name: "replicas", only: "master", usage: "how many workers hold each partition, `N` from 1 to 3, in a new cluster (later: pikv replicas N)", def: "2",
		why: "one worker may die without a loss; a third copy costs every write another trip and the memory",
		set: func(c *config, _ machine, v string) error { return setInt(&c.replicas, v) }},
	{name: "on-loss", only: "master", usage: "what the master does about a partition of which every copy is gone: `ACTION` wait (for pikv partition reset) or reset (begin it anew, empty: for a cache)", def: master.OnLossWait,
		why: "to give up data is for a person to decide",
		set: func(c *config, _ machine, v string) error {
			c.onLoss = v
			return oneOf(v, master.OnLossWait, master.OnLossReset)
		}},
	{name: "recover", only: "master", usage: "let a master start over a damaged view file and change partitions whose replicas are missing", kind: flag, def: "false",
		why: "it may give up data; only a person can decide that",
		set: func(c *config, _ machine, v string) error { return setBool(&c.recover, v) }},
	{name: "max-memory", usage: "memory for entries: a `SIZE` such as 512MB or 1GiB, or a share of the RAM such as 25% (default: half of the RAM, less where that is below 711 MiB)",
		why: "see machine.defaultMemory",
		set: func(c *config, m machine, v string) (err error) {
			c.maxMemory, err = parseMemory(v, m.ram)
			return err
		}},
	{name: "eviction", only: "worker", usage: "what a worker does when its memory is full: `POLICY` none (refuse writes) or lru (remove keys that were not used for long: for a cache); give all workers the same", def: worker.EvictionNone,
		why: "to lose keys is for a person to decide",
		set: func(c *config, _ machine, v string) error {
			c.eviction = v
			return oneOf(v, worker.EvictionNone, worker.EvictionLRU)
		}},
	{name: "autoscale", only: "master", usage: "what a master does about the load: `MODE` off, advise (say what it would do: pikv events) or on (activate spares and make workers spares)", def: "off",
		why: "whoever starts spares says so",
		set: func(c *config, _ machine, v string) (err error) {
			c.scaling.Mode, err = autoscale.ParseMode(v)
			return err
		}},
	{name: "scale-memory", only: "master", usage: "`LOW:HIGH` marks for --autoscale in percent of the active workers' --max-memory, 0:0 to leave it out", def: "60:75",
		why: "high: the ring gives a worker up to 1.25 times the mean, 94 %; low: near enough that ten workers become eight",
		set: func(c *config, _ machine, v string) (err error) {
			c.scaling.Memory, err = autoscale.ParsePercent(v)
			return err
		}},
	{name: "scale-cpu", only: "master", usage: "`LOW:HIGH` marks for --autoscale in percent of the workers' processors, 0:0 to leave it out", def: "50:65",
		why: "high: what latencies bear, and the death of one of four workers; low: as with memory",
		set: func(c *config, _ machine, v string) (err error) {
			c.scaling.CPU, err = autoscale.ParsePercent(v)
			return err
		}},
	{name: "scale-requests", only: "master", usage: "`LOW:HIGH` marks for --autoscale in requests a second and worker, 0:0 to leave it out", def: "0:0",
		why: "no number fits both a Zero and a Pi 5; their processors have marks",
		set: func(c *config, _ machine, v string) (err error) {
			c.scaling.Requests, err = autoscale.ParseMarks(v)
			return err
		}},
	{name: "scale-window", only: "master", usage: "over how `LONG` --autoscale takes means", def: "1m",
		why: "longer than a client's burst",
		set: func(c *config, _ machine, v string) error { return setDuration(&c.scaling.Window, v) }},
	{name: "scale-cooldown", only: "master", usage: "for how `LONG` --autoscale does nothing after a step is done, or anything else has moved; at least --scale-window", def: "2m",
		why: "what it goes by next is then all from after the step",
		set: func(c *config, _ machine, v string) error { return setDuration(&c.scaling.CoolDown, v) }},
	{name: "min-workers", only: "master", usage: "how many workers --autoscale leaves active at least, `N`; never fewer than --replicas", def: "1",
		why: "the copies need as many as there are of them, and no more",
		set: func(c *config, _ machine, v string) error { return setInt(&c.scaling.MinWorkers, v) }},
	{name: "spare", only: "worker", usage: "have a worker join as a spare: it is given nothing until it is activated (pikv activate), and is active from then on when it is started again", kind: flag, def: "false",
		why: "who starts a worker wants it to work",
		set: func(c *config, _ machine, v string) error { return setBool(&c.spare, v) }},
	{name: "max-value", usage: "the largest value that is taken, a `SIZE` up to 64MiB (default: 64MiB, or --max-memory if that is less)",
		why: "what clients take",
		set: func(c *config, _ machine, v string) (err error) { c.maxValue, err = parseSize(v); return err }},
	{name: "max-conns", usage: "`N` client connections at most", def: "1024",
		why: "a Pi has the memory for their buffers, and systems allow a process that many files",
		set: func(c *config, _ machine, v string) error { return setInt(&c.maxConns, v) }},
	{name: "move-rate", only: "worker", usage: "what a worker may send to fill other replicas, and get to fill its own, a `SIZE` per second such as 5MB/s, none for no limit, auto (or 0) for half of what its network takes", def: "auto",
		why: "clients keep the other half; the worker finds out how much that is",
		set: func(c *config, _ machine, v string) error { return setRate(&c.moveRate, v) }},
	{name: "debug-addr", usage: "an `ADDRESS` such as 127.0.0.1:7790 for HTTP: profiles at /debug/pprof/, what the Go runtime measures at /debug/metrics; port 0 is any free one (default: none)",
		why: "it tells strangers too much, and a profile costs time",
		set: func(c *config, _ machine, v string) error { c.debugAddr = v; return checkListen(v) }},
	{name: "log-level", usage: "`LEVEL`: debug, info, warn or error", def: "info",
		why: "a node that works says a few lines a day",
		set: func(c *config, _ machine, v string) error {
			if err := oneOf(v, "debug", "info", "warn", "error"); err != nil {
				return err
			}
			return c.logLevel.UnmarshalText([]byte(v))
		}},
	{name: "log-format", usage: "`FORMAT`: console, json, or auto (console on a terminal)", def: "auto",
		why: "people read terminals, programs read the rest",
		set: func(c *config, _ machine, v string) error {
			c.logFormat = v
			return oneOf(v, "auto", "console", "json")
		}},
}

// envName returns the environment variable of an option: PIKV_RPC_PORT.
func envName(option string) string {
	return "PIKV_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// flags makes the command line's flags of the table. Their values stay texts,
// so that bad ones are reported together with everything else.
func flags() []cli.Flag {
	var all []cli.Flag
	for _, o := range options {
		usage := o.usage + " [$" + envName(o.name) + "]"
		switch o.kind {
		case list:
			all = append(all, &cli.StringSliceFlag{Name: o.name, Usage: usage})
		case flag:
			all = append(all, &cli.BoolFlag{Name: o.name, Usage: usage, DisableDefaultText: true})
		case text:
			all = append(all, &cli.StringFlag{Name: o.name, Usage: usage, DefaultText: o.def})
		}
	}
	return all
}
