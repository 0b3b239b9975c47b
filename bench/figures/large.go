package main

import (
	"context"
	"fmt"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

// The values of the large figure.
const (
	largeValue  = 1_000_000
	streamValue = 16_000_000
	streamRate  = 100e6 // bytes a second
	streamKeys  = 4
)

// largeKey has as many bytes as every key here.
func largeKey(i int) string { return memoryKey(i) }

// largeFigure compares large values with a bare copy of their bytes, and looks
// at what a stream of very large ones does to small ones.
func largeFigure(ctx context.Context, e effort) (section, error) {
	var r rivals
	defer r.close()
	if err := r.start(ctx, namePikv, startPikv); err != nil {
		return section{}, err
	}
	echo, err := startEchoServer(ctx)
	if err != nil {
		return section{}, err
	}
	defer echo.Close()

	data := measured()
	copies, err := measureCopies(ctx, data, r.all[0], echo.Addr, pick(e, 7, 2), pick(e, time.Second, 200*time.Millisecond))
	if err != nil {
		return section{}, fmt.Errorf("values of %d bytes: %w", largeValue, err)
	}
	streams, err := measureStreams(ctx, data, r.all[0], echo.Addr, pick(e, 7, 1), pick(e, 4*time.Second, time.Second))
	if err != nil {
		return section{}, fmt.Errorf("beside a stream: %w", err)
	}
	return section{text: "One pikv worker with the only copy, reached directly, and a TCP echo; servers and the one client are processes of their own, on loopback.\n\n" +
		copies + "\n" + streams, data: data}, nil
}

// copier is one of those that carry large values.
type copier struct {
	name string
	conn peers.Conn
	load peers.Load
}

// measureCopies lets pikv and the echoes take turns with values of a megabyte,
// one caller each.
func measureCopies(ctx context.Context, data *table, pikv *rival, echoAddr string, rounds int, turn time.Duration) (string, error) {
	key := largeKey(0)
	load := peers.Load{Callers: 1, Time: turn, Keys: []string{key}, Value: make([]byte, largeValue)}
	if err := pikv.conn.Put(ctx, key, load.Value); err != nil {
		return "", err
	}
	var rows []tableRow
	for _, w := range []struct {
		name  string
		shape peers.Shape
		put   bool
	}{{"GET", peers.GetShape(len(key), largeValue), false}, {"PUT", peers.PutShape(len(key), largeValue), true}} {
		load.Put = w.put
		copiers := []copier{{"pikv", pikv.into, load}, {"pikv into new memory", pikv.conn, load}, {"raw TCP copy", nil, load}, {"raw TCP copy into new memory", nil, load}}
		for i := range copiers[2:] {
			c := &copiers[2+i]
			w.shape.Keep = i == 1
			conn, err := peers.DialEcho(ctx, echoAddr, w.shape)
			if err != nil {
				return "", err
			}
			defer conn.Close()
			c.conn = conn
			if w.put {
				c.load.Value = nil // the echo sends what it has
			}
		}
		some, err := compareCopies(ctx, copiers, rounds)
		if err != nil {
			return "", fmt.Errorf("%s: %w", w.name, err)
		}
		for i := range some {
			some[i].name = w.name + some[i].name
		}
		rows = append(rows, some...)
	}
	data.addRows("values of a megabyte", rows)
	return fmt.Sprintf("Values of %d bytes, one caller, %d rounds after one to warm up, turns of %v. The raw copy sends as many bytes each way, a message with one write, "+
		"and reads over what came before, as pikv does with GetInto, or into new memory, as those must who keep a value and as pikv does with Get:\n\n", largeValue, rounds, turn) + tableOf(rows), nil
}

// compareCopies measures one kind of work on all.
func compareCopies(ctx context.Context, copiers []copier, rounds int) ([]tableRow, error) {
	rates := make([][]float64, len(copiers))
	for round := range rounds + 1 {
		for i := range copiers {
			at := (i + round) % len(copiers) // nobody is always first
			calls, took, err := copiers[at].load.Run(ctx, copiers[at].conn)
			if err != nil {
				return nil, err
			}
			if round > 0 { // after one to warm up
				rates[at] = append(rates[at], float64(calls)*largeValue/took.Seconds()/1e6)
			}
		}
	}
	rows := []tableRow{
		{name: " : raw TCP copy", goal: "at least 0.8", format: "%.2f", values: ratios(rates[0], rates[2])},
		{name: " : raw TCP copy, both into new memory", format: "%.2f", values: ratios(rates[1], rates[3])},
	}
	for i, c := range copiers {
		rows = append(rows, tableRow{name: ", " + c.name, format: "%.0f MB/s", values: rates[i]})
	}
	return rows, nil
}

// measureStreams measures the latency of small values, alone and while very
// large ones are read or written beside them.
func measureStreams(ctx context.Context, data *table, pikv *rival, echoAddr string, rounds int, long time.Duration) (string, error) {
	steal, err := proc.ReadSteal()
	if err != nil {
		return "", err
	}
	value := make([]byte, streamValue)
	for i := range streamKeys {
		if err := pikv.conn.Put(ctx, largeKey(i), value); err != nil {
			return "", err
		}
	}
	sides := []*streamSide{{name: namePikv, small: pikv.conn, reads: pikv.into, writes: pikv.conn}, {name: nameEcho}}
	echo := sides[1]
	for _, c := range []struct {
		to    *peers.Conn
		dial  func(context.Context, string, peers.Shape) (peers.Conn, error)
		shape peers.Shape
	}{
		{&echo.small, peers.DialEchoShared, peers.GetShape(len(largeKey(0)), smallValue)},
		{&echo.reads, peers.DialEcho, peers.GetShape(len(largeKey(0)), streamValue)},
		{&echo.writes, peers.DialEcho, peers.PutShape(len(largeKey(0)), streamValue)},
	} {
		conn, err := c.dial(ctx, echoAddr, c.shape)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		*c.to = conn
	}
	rows, err := compareStreams(ctx, sides, value, rounds, long)
	if err != nil {
		return "", err
	}
	after, err := proc.ReadSteal()
	if err != nil {
		return "", err
	}
	data.addRows("beside a stream", rows)
	return fmt.Sprintf("GETs of %d bytes, an open loop of %d a second, and beside them, from the same process, values of %d bytes one after the other at %.0f MB/s: "+
		"99th percentile of the small ones, from when each was due. %d rounds of %v each. The echo is a connection for the small and one for the large messages. "+
		"Stolen by other tenants: %.1f %%.\n\n",
		smallValue, smallRate, streamValue, streamRate/1e6, rounds, long, after.Since(steal)) + tableOf(rows), nil
}
