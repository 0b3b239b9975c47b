package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

// The work of the peers figure.
const (
	peersKeys    = 10_000
	peersValue   = 128
	peersCallers = 64
)

// peersWork is one kind of work: what, and by how many callers.
type peersWork struct {
	put     bool
	callers int
}

func (w peersWork) operation() string {
	if w.put {
		return "PUT"
	}
	return "GET"
}

func (w peersWork) String() string {
	if w.callers == 1 {
		return w.operation() + ", 1 caller"
	}
	return fmt.Sprintf("%s, %d callers", w.operation(), w.callers)
}

var peersWorks = []peersWork{{false, 1}, {false, peersCallers}, {true, 1}, {true, peersCallers}}

// peersKey names one row of what was measured.
type peersKey struct {
	system string
	work   peersWork
}

// peersFigures are the rounds of each row, in their order, so that the same
// place in two rows is the same round.
type peersFigures struct {
	rate, cpu map[peersKey][]float64 // calls a second; microseconds of server CPU a call
	stolen    []float64              // percent of each round
}

// peersFigure puts pikv beside a bare socket, Redis and memcached.
func peersFigure(ctx context.Context, e effort) (section, error) {
	var r rivals
	defer r.close()
	for _, s := range []struct {
		name  string
		start func(ctx context.Context) (*rival, error)
	}{
		{namePikv, startPikv}, {nameEcho, startEcho(peers.GetShape(len(memoryKey(0)), peersValue))},
		{nameRedis, startRedis}, {nameMemcached, startMemcached},
	} {
		if err := r.start(ctx, s.name, s.start); err != nil {
			return section{}, err
		}
	}
	load := peers.Load{Keys: make([]string, peersKeys), Value: make([]byte, peersValue)}
	for i := range load.Keys {
		load.Keys[i] = memoryKey(i)
	}
	for _, one := range r.all {
		if err := peers.Each(ctx, peersCallers, peersKeys, func(i int) error {
			return one.conn.Put(ctx, load.Keys[i], load.Value)
		}); err != nil {
			return section{}, fmt.Errorf("fill %s: %w", one.name, err)
		}
	}
	rounds, turn := pick(e, 7, 2), pick(e, 800*time.Millisecond, 200*time.Millisecond)
	data := newTable("round", "system", "operation", "callers", "calls_per_second", "server_cpu_us_per_call", "stolen_percent")
	f, err := r.measure(ctx, load, rounds, turn, data)
	if err != nil {
		return section{}, err
	}
	head := fmt.Sprintf("One pikv worker with the only copy, reached directly; %d keys of %d bytes with values of %d. Servers and the one client are processes "+
		"of their own, on loopback. %s Calls that callers make at the same time leave the client together, but for the echo's. "+
		"%d rounds after one to warm up, in each of which all take turns of %v.\n\n",
		peersKeys, len(load.Keys[0]), peersValue, r.who(), rounds, turn)
	return section{text: head + f.text(&r), data: data}, nil
}

// who says what the rivals are.
func (r *rivals) who() string {
	var b strings.Builder
	b.WriteString("The echo answers messages of as many bytes as those of a GET with as many as those of its reply, each written by itself; " +
		"a goroutine hands the replies to the callers, as in the clients of Redis and memcached, or the only caller reads them himself, as pikv's does.")
	for _, one := range r.all {
		if one.version != "" {
			fmt.Fprintf(&b, " %s is %s.", one.name, one.version)
		}
	}
	return b.String()
}

// measure lets all take turns in rounds, and notes each turn in data.
func (r *rivals) measure(ctx context.Context, load peers.Load, rounds int, turn time.Duration, data *table) (*peersFigures, error) {
	f := &peersFigures{rate: make(map[peersKey][]float64), cpu: make(map[peersKey][]float64)}
	for round := range rounds + 1 {
		before, err := proc.ReadSteal()
		if err != nil {
			return nil, err
		}
		var rows [][]any
		for _, w := range peersWorks {
			for i := range r.all {
				one := r.all[(i+round)%len(r.all)] // nobody is always first
				load.Callers, load.Time, load.Put = w.callers, turn, w.put
				for _, way := range one.ways(w) {
					rate, cpu, err := one.turn(ctx, load, way.conn)
					if err != nil {
						return nil, fmt.Errorf("%s, %s: %w", way.name, w, err)
					}
					if round == 0 {
						continue // to warm up
					}
					key := peersKey{way.name, w}
					f.rate[key] = append(f.rate[key], rate)
					f.cpu[key] = append(f.cpu[key], cpu)
					rows = append(rows, []any{round, way.name, w.operation(), w.callers, rate, cpu})
				}
			}
		}
		after, err := proc.ReadSteal()
		if err != nil {
			return nil, err
		}
		if round == 0 {
			continue
		}
		f.stolen = append(f.stolen, after.Since(before))
		for _, row := range rows {
			data.add(append(row, after.Since(before))...)
		}
	}
	return f, nil
}

// peersWay is a connection that a kind of work is done on.
type peersWay struct {
	name string
	conn peers.Conn
}

// ways returns the connections that w is to be done on.
func (r *rival) ways(w peersWork) []peersWay {
	switch {
	case r.name == nameEcho && w.put:
		return nil // nothing is compared with that
	case r.bare != nil && w.callers == 1:
		return []peersWay{{nameBareEcho, r.bare}, {r.name, r.conn}}
	default:
		return []peersWay{{r.name, r.conn}}
	}
}

// turn is one measurement: calls a second, and microseconds of the server's
// processor time a call.
func (r *rival) turn(ctx context.Context, load peers.Load, conn peers.Conn) (rate, cpu float64, err error) {
	before, err := proc.CPU(r.pid)
	if err != nil {
		return 0, 0, err
	}
	calls, took, err := load.Run(ctx, conn)
	if err != nil {
		return 0, 0, err
	}
	after, err := proc.CPU(r.pid)
	if err != nil {
		return 0, 0, err
	}
	return float64(calls) / took.Seconds(), float64((after - before).Microseconds()) / float64(max(calls, 1)), nil
}
