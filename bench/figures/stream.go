package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/bench"
	"pikv/bench/peers"
	"pikv/client"
)

// The small values beside the stream.
const (
	smallValue   = 128
	smallKeys    = 1000
	smallRate    = 1000
	smallCallers = 64
)

// streamSide is one of those that carry small and large values side by side.
type streamSide struct {
	name                 string
	small, reads, writes peers.Conn
}

// smallStore makes a bench.Store of a Conn.
type smallStore struct{ peers.Conn }

// Put implements bench.Store.
func (s smallStore) Put(ctx context.Context, key string, value []byte, _ ...client.PutOption) (uint64, error) {
	return 0, s.Conn.Put(ctx, key, value)
}

// streamWays are what goes on beside the small values.
var streamWays = []string{"alone", "beside reads", "beside writes"}

// compareStreams measures each way on all sides, in rounds.
func compareStreams(ctx context.Context, sides []*streamSide, value []byte, rounds int, long time.Duration) ([]tableRow, error) {
	w := bench.Workload{Clients: smallCallers, Duration: long, Rate: smallRate, ValueSize: smallValue, ReadShare: 1, Keys: smallKeys, Seed: 1}
	if err := peers.Each(ctx, smallCallers, smallKeys, func(i int) error {
		return sides[0].small.Put(ctx, w.Key(i), w.Value())
	}); err != nil {
		return nil, err
	}
	p99 := make(map[[2]string][]float64)
	speed := make(map[[2]string][]float64)
	for round := range rounds {
		for i := range sides {
			s := sides[(i+round)%len(sides)] // nobody is always first
			for j := range streamWays {
				way := streamWays[(j+round)%len(streamWays)]
				at := [2]string{s.name, way}
				result, streamed, err := s.measure(ctx, way, w, value)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", s.name, way, err)
				}
				p99[at] = append(p99[at], float64(result.All.P99US)/1000)
				speed[at] = append(speed[at], streamed/1e6)
			}
		}
	}
	return streamRows(p99, speed), nil
}

// streamRows compares what was measured, by side and way, round by round.
func streamRows(p99, speed map[[2]string][]float64) []tableRow {
	rows := []tableRow{
		{name: "pikv, alone", format: "%.2f ms", values: p99[[2]string{namePikv, streamWays[0]}]},
		{name: "echo, alone", format: "%.2f ms", values: p99[[2]string{nameEcho, streamWays[0]}]},
	}
	for _, way := range streamWays[1:] {
		ours, alone, echo := p99[[2]string{namePikv, way}], p99[[2]string{namePikv, streamWays[0]}], p99[[2]string{nameEcho, way}]
		more := make([]float64, len(ours))
		for i := range more {
			more[i] = ours[i] - alone[i]
		}
		rows = append(rows,
			tableRow{name: "pikv, " + way, format: "%.2f ms", values: ours},
			tableRow{name: "echo, " + way, format: "%.2f ms", values: echo},
			tableRow{name: "pikv, " + way + ", more than alone", goal: "at most 3 ms", format: "%.2f ms", values: more},
			tableRow{name: "pikv : echo, " + way, goal: "at most 1.2", format: "%.2f", values: ratios(ours, echo)},
			tableRow{name: "streamed by pikv, " + way, format: "%.0f MB/s", values: speed[[2]string{namePikv, way}]},
			tableRow{name: "streamed by the echo, " + way, format: "%.0f MB/s", values: speed[[2]string{nameEcho, way}]},
		)
	}
	return rows
}

// measure runs the small values, and what goes on beside them; streamed is
// bytes per second.
func (s *streamSide) measure(ctx context.Context, way string, w bench.Workload, value []byte) (r bench.Result, streamed float64, err error) {
	call := map[string]func(ctx context.Context, key string) error{
		streamWays[1]: func(ctx context.Context, key string) error { _, err := s.reads.Get(ctx, key); return err },
		streamWays[2]: func(ctx context.Context, key string) error { return s.writes.Put(ctx, key, value) },
	}[way]
	streaming, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	var values int
	begin := time.Now()
	go func() {
		var err error
		if call != nil {
			values, err = stream(streaming, call)
		}
		done <- err
	}()
	r, err = bench.Run(ctx, []bench.Store{smallStore{s.small}}, w)
	took := time.Since(begin)
	stop()
	err = errors.Join(err, <-done)
	if err == nil && r.Errors > 0 {
		err = fmt.Errorf("%d small values failed: %v", r.Errors, r.ErrorTexts)
	}
	return r, float64(values) * streamValue / took.Seconds(), err
}

// stream makes calls at the rate of the stream, one after the other, until ctx
// ends, and returns how many. The last one goes to its end: a connection that
// is cut is not what is measured.
func stream(ctx context.Context, call func(ctx context.Context, key string) error) (calls int, err error) {
	const period = time.Duration(streamValue / streamRate * float64(time.Second))
	begin := time.Now()
	for ; ; calls++ {
		if err := pass(ctx, time.Until(begin.Add(time.Duration(calls)*period))); err != nil {
			return calls, nil // told to stop
		}
		if err := call(context.WithoutCancel(ctx), largeKey(calls%streamKeys)); err != nil {
			return calls, err
		}
	}
}
