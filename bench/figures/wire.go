package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"pikv/bench/proc"
)

// The figure wire: how often, and for how long each benchmark of wire/bench_test.go.
const (
	wireRounds = 5
	wireTime   = "50ms"
)

// The names that those benchmarks give the codecs.
const (
	wireHand  = "hand"
	wireStock = "go-msgpack"
)

// coding is one kind of message, encoded or decoded.
type coding struct{ way, message string }

// codings is what the benchmarks printed, by the codecs' names, round by round.
type codings struct {
	order      []coding
	ns, allocs map[coding]map[string][]float64 // an operation
}

// wireFigure compares the codec of package wire with the stock one.
func wireFigure(ctx context.Context, _ effort) (section, error) {
	dir, err := os.MkdirTemp("", "pikv-wire-")
	if err != nil {
		return section{}, fmt.Errorf("build the benchmarks: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := buildTests(ctx, dir, "wire")
	if err != nil {
		return section{}, err
	}
	c := codings{ns: map[coding]map[string][]float64{}, allocs: map[coding]map[string][]float64{}}
	var stolen []float64 // percent of a round's time
	for range wireRounds {
		before, err := proc.ReadSteal()
		if err != nil {
			return section{}, err
		}
		cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", "^Benchmark(En|De)code$", "-test.cpu", "1", "-test.benchtime", wireTime, "-test.benchmem")
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stderr, &out), os.Stderr
		if err := cmd.Run(); err != nil {
			return section{}, fmt.Errorf("run the benchmarks of the messages: %w", err)
		}
		if err := c.read(out.String()); err != nil {
			return section{}, err
		}
		after, err := proc.ReadSteal()
		if err != nil {
			return section{}, err
		}
		stolen = append(stolen, after.Since(before))
	}
	data := newTable("round", "way", "message", "codec", "ns_per_message", "allocations_per_message", "stolen_percent")
	for _, k := range c.order {
		for _, codec := range [...]string{wireHand, wireStock} {
			for round, ns := range c.ns[k][codec] {
				data.add(round+1, k.way, k.message, codec, ns, c.allocs[k][codec][round], stolen[round])
			}
		}
	}
	return section{data: data, text: fmt.Sprintf("Whole messages in one thread, keys of 16 bytes and values of 128, 16 of each in a call of many: the codec of package `wire` beside go-msgpack at its best "+
		"(structs as arrays; encoder, decoder and buffers used again), which makes the same bytes. Reply is that to a Get. %d rounds, median (lowest-highest).\n\n", wireRounds) + c.text()}, nil
}

// codingLine is what Go prints of one benchmark.
var codingLine = regexp.MustCompile(`(?m)^Benchmark(Encode|Decode)/(\w+)/(hand|go-msgpack)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op\s+\d+ B/op\s+(\d+) allocs/op`)

// read takes in what one round printed.
func (c *codings) read(out string) error {
	lines := codingLine.FindAllStringSubmatch(out, -1)
	if len(lines) == 0 {
		return errors.New("the benchmarks printed no figures")
	}
	for _, line := range lines {
		k, codec := coding{line[1], line[2]}, line[3]
		ns, err := strconv.ParseFloat(line[4], 64)
		if err != nil {
			return fmt.Errorf("read %q: %w", line[0], err)
		}
		allocs, err := strconv.ParseFloat(line[5], 64)
		if err != nil {
			return fmt.Errorf("read %q: %w", line[0], err)
		}
		if c.ns[k] == nil {
			c.order = append(c.order, k)
			c.ns[k], c.allocs[k] = map[string][]float64{}, map[string][]float64{}
		}
		c.ns[k][codec] = append(c.ns[k][codec], ns)
		c.allocs[k][codec] = append(c.allocs[k][codec], allocs)
	}
	for _, k := range c.order {
		if len(c.ns[k][wireHand]) == 0 || len(c.ns[k][wireHand]) != len(c.ns[k][wireStock]) {
			return fmt.Errorf("no pair of figures of %s %s", k.way, k.message)
		}
	}
	return nil
}

// text prints both codecs side by side.
func (c *codings) text() string {
	var b strings.Builder
	b.WriteString("| | message | ns by hand | ns by go-msgpack | go-msgpack : by hand | allocations by hand | by go-msgpack |\n|---|---|---|---|---|---|---|\n")
	for _, k := range c.order {
		hand, handLeast, handMost := median(c.ns[k][wireHand])
		stock, stockLeast, stockMost := median(c.ns[k][wireStock])
		times, _, _ := median(ratios(c.ns[k][wireStock], c.ns[k][wireHand]))
		handAllocs, _, _ := median(c.allocs[k][wireHand])
		stockAllocs, _, _ := median(c.allocs[k][wireStock])
		fmt.Fprintf(&b, "| %s | %s | %.0f (%.0f-%.0f) | %.0f (%.0f-%.0f) | %.1f | %.0f | %.0f |\n", strings.ToLower(k.way), k.message,
			hand, handLeast, handMost, stock, stockLeast, stockMost, times, handAllocs, stockAllocs)
	}
	return b.String()
}
