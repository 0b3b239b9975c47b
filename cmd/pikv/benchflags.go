package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"pikv/bench"
)

// benchFlags are the flags of `pikv bench` besides those of every command.
func benchFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "ycsb", Usage: "the operations and keys of the YCSB workload `A`, B, C, D or F: in place of --read-share and --distribution. There is no E: it scans"},
		&cli.Float64Flag{Name: "read-share", Value: 0.5, Usage: "the `SHARE` of requests that read, 0 to 1"},
		&cli.StringFlag{Name: "distribution", Value: string(bench.Uniform), Usage: "how keys are chosen: `NAME` uniform or zipfian (YCSB's: theta 0.99, scrambled)"},
		&cli.IntFlag{Name: "keys", Value: 1000, Usage: "`N` distinct keys"},
		&cli.StringFlag{Name: "value-size", Value: "128", Usage: "the `BYTES` of a value, or a range such as 64-192"},
		&cli.StringFlag{Name: "prefix", Value: "bench:", Usage: "`TEXT` that the keys begin with"},
		&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`N` makes the choice of keys repeatable"},

		&cli.IntFlag{Name: "clients", Value: 10, Usage: "`N` callers, each with one request under way"},
		&cli.IntFlag{Name: "connections", Usage: "`N` clients with connections of their own that the callers share", DefaultText: "each caller has its own"},
		&cli.Float64Flag{Name: "rate", Usage: "`N` requests per second to start, answered or not; latencies count from when each was due", DefaultText: "as fast as the answers come"},
		&cli.BoolFlag{Name: "proxy", Usage: "send everything through the master, as the 2016 study first did"},

		&cli.BoolFlag{Name: "load", Usage: "write all keys first, one by one by all callers, and say how fast that went"},
		&cli.DurationFlag{Name: "warmup", Usage: "how `LONG` to make requests before those that count", DefaultText: "not at all"},
		&cli.Int64Flag{Name: "requests", Usage: "`N` requests to make", DefaultText: "1024, unless --duration is given"},
		&cli.DurationFlag{Name: "duration", Usage: "how `LONG` to run, such as 30s; with --rate longer where answers come slower: all that is due in it is asked", DefaultText: "until all --requests are made"},
		&cli.BoolFlag{Name: "keep", Usage: "leave the keys in the cluster"},
		&cli.StringFlag{Name: "histogram", Usage: "write the latencies to `FILE`, in the text form that HdrHistogram's plotter reads"},
	}
}

// benchmarkOf reads the flags and notes what is wrong with them.
func benchmarkOf(e env, cc *cli.Context) *benchmark {
	b := &benchmark{session: sessionOf(e, cc), connections: cc.Int("connections"), load: cc.Bool("load"), keep: cc.Bool("keep"), histogram: cc.String("histogram")}
	b.w = bench.Workload{
		Clients: cc.Int("clients"), Requests: cc.Int64("requests"), Duration: cc.Duration("duration"), WarmUp: cc.Duration("warmup"),
		ReadShare: cc.Float64("read-share"), Distribution: bench.Distribution(cc.String("distribution")), Keys: cc.Int("keys"),
		Prefix: cc.String("prefix"), Proxy: cc.Bool("proxy"), Rate: cc.Float64("rate"), Seed: cc.Uint64("seed"),
	}
	if !cc.IsSet("requests") && b.w.Duration == 0 {
		b.w.Requests = 1024
	}
	sizes, err := bench.ParseSizes(cc.String("value-size"))
	b.wrong.check(err == nil, "--value-size: %v", err)
	if b.w.ValueSize = sizes.Least; sizes.Most > sizes.Least {
		b.w.ValueMost = sizes.Most
	}
	if err := b.w.Validate(); err != nil {
		b.wrong = append(b.wrong, inFlags(err)...)
	}
	if cc.IsSet("ycsb") {
		for _, flag := range []string{"read-share", "distribution"} {
			b.wrong.check(!cc.IsSet(flag), "--%s: --ycsb says that, give one of the two", flag)
		}
		b.w, err = b.w.AsYCSB(cc.String("ycsb"))
		b.wrong.check(err == nil, "--ycsb: %v", err)
	}
	b.wrong.check(b.connections >= 0 && b.connections <= max(b.w.Clients, 0), "--connections %d is not between 0 and --clients %d", b.connections, b.w.Clients)
	if cc.IsSet("histogram") {
		b.wrong = append(b.wrong, checkFile(b.histogram)...)
	}
	return b
}

// checkFile finds out before minutes of work whether --histogram can be written
// after them.
func checkFile(name string) (wrong mistakes) {
	wrong.check(name != "", "--histogram needs a name")
	if name == "" {
		return wrong
	}
	dir := filepath.Dir(name)
	st, err := os.Stat(dir)
	wrong.check(err == nil && st.IsDir(), "--histogram: there is no folder %s", dir)
	return wrong
}

// inFlags names the flags of the workload's fields that err complains of: "read
// share: why" is "--read-share: why".
func inFlags(err error) []string {
	list := strings.Split(err.Error(), "\n")
	for i, text := range list {
		field, why, _ := strings.Cut(text, ": ")
		either, or, two := strings.Cut(field, " or ")
		list[i] = "--" + strings.ReplaceAll(either, " ", "-")
		if two {
			list[i] += " or --" + or
		}
		list[i] += ": " + why
	}
	return list
}
