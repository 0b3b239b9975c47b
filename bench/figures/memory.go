package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

// The load of the memory figure.
const (
	memoryValue    = 128
	memoryLeast    = 64 // of the sizes of later values
	memoryMost     = 192
	memoryPasses   = 5
	memoryCallers  = 128
	memorySpotTest = 100 // each so many keys one is read at the end
	memoryRounds   = 3
)

// memoryKey is a key of 16 bytes.
func memoryKey(i int) string { return fmt.Sprintf("key:%012d", i) }

// memorySize is how long a value is that a pass writes, by key: between the
// least and the most, each as often.
func memorySize(pass, key int) int {
	if pass == 0 {
		return memoryValue
	}
	return memoryLeast + rand.New(rand.NewPCG(uint64(pass), uint64(key))).IntN(memoryMost-memoryLeast+1)
}

// memoryOrder is the order in which a pass writes n keys.
func memoryOrder(pass, n int) []int {
	return rand.New(rand.NewPCG(uint64(pass), 0)).Perm(n)
}

// memoryUse is what one of the rivals needed, in one round.
type memoryUse struct {
	missing   bool
	empty     int64   // resident bytes before the first key
	filled    int64   // with all keys
	rewritten int64   // after they were overwritten
	payload   int64   // of the values then, keys included
	stolen    float64 // percent of the time meanwhile
}

// memoryFigure measures the RAM that an entry takes, in pikv and elsewhere, one
// after the other, each time in a new process.
func memoryFigure(ctx context.Context, e effort) (section, error) {
	keys, still, rounds := pick(e, 1_000_000, 100_000), pick(e, 3*time.Second, time.Second), pick(e, memoryRounds, 1)
	names := []string{namePikv, nameRedis, nameMemcached}
	starts := map[string]func(ctx context.Context) (*rival, error){namePikv: startPikv, nameRedis: startRedis, nameMemcached: startMemcached}
	uses := make(map[string][]memoryUse)
	data := newTable("round", "system", "keys", "empty_bytes", "filled_bytes", "rewritten_bytes", "payload_bytes", "stolen_percent")
	for round := range rounds {
		for i := range names {
			name := names[(i+round)%len(names)] // nobody is always first
			u, err := useOf(ctx, name, starts[name], keys, still)
			if err != nil {
				return section{}, fmt.Errorf("%s: %w", name, err)
			}
			if !u.missing {
				uses[name] = append(uses[name], u)
				data.add(round+1, name, keys, u.empty, u.filled, u.rewritten, u.payload, u.stolen)
			}
		}
	}
	head := fmt.Sprintf("%d keys of 16 bytes in one server process (pikv: one worker with the only copy), written one by one by %d callers. Resident memory from /proc, "+
		"once it has not grown or shrunk by a hundredth for %v, less what the empty server had. First with values of %d bytes; then after each key was overwritten %d times, in random order, "+
		"with values of %d to %d bytes. %d rounds, in each a process of its own for each, one after the other: the median, and the least and the most.\n\n",
		keys, memoryCallers, still, memoryValue, memoryPasses, memoryLeast, memoryMost, rounds)
	return section{text: head + memoryText(names, uses, keys), data: data}, nil
}

// memoryText is the table of what they needed.
func memoryText(names []string, uses map[string][]memoryUse, keys int) string {
	var b strings.Builder
	b.WriteString("| | bytes a key | goal | after overwriting | goal: 1.3 x payload + 32 |\n|---|---|---|---|---|\n")
	for _, name := range names {
		if len(uses[name]) == 0 {
			fmt.Fprintf(&b, "| %s | not installed | | | |\n", name)
			continue
		}
		var filled, rewritten []float64
		for _, u := range uses[name] {
			filled = append(filled, float64(u.filled-u.empty)/float64(keys))
			rewritten = append(rewritten, float64(u.rewritten-u.empty)/float64(keys))
		}
		goals := [2]string{}
		if name == namePikv {
			goals = [2]string{"at most 176", fmt.Sprintf("at most %.0f", 1.3*float64(uses[name][0].payload)/float64(keys)+32)}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, spread(filled), goals[0], spread(rewritten), goals[1])
	}
	return b.String()
}

// spread is the median of values, and their ends.
func spread(values []float64) string {
	middle, low, high := median(values)
	return fmt.Sprintf("%.0f (%.0f-%.0f)", middle, low, high)
}

// useOf starts one of them, and measures it.
func useOf(ctx context.Context, name string, start func(ctx context.Context) (*rival, error), keys int, still time.Duration) (memoryUse, error) {
	var u memoryUse
	before, err := proc.ReadSteal()
	if err != nil {
		return u, err
	}
	var r rivals
	defer r.close()
	if err := r.start(ctx, name, start); err != nil {
		return u, err
	}
	one := r.named(name)
	if one == nil {
		u.missing = true
		return u, nil
	}
	if u.empty, err = settledMemory(ctx, one.pid, still); err != nil {
		return u, err
	}
	if err := one.write(ctx, 0, keys); err != nil {
		return u, err
	}
	if u.filled, err = settledMemory(ctx, one.pid, still); err != nil {
		return u, err
	}
	for pass := 1; pass <= memoryPasses; pass++ {
		if err := one.write(ctx, pass, keys); err != nil {
			return u, err
		}
	}
	if u.rewritten, err = settledMemory(ctx, one.pid, still); err != nil {
		return u, err
	}
	for i := range keys {
		u.payload += int64(len(memoryKey(i)) + memorySize(memoryPasses, i))
	}
	after, err := proc.ReadSteal()
	if err != nil {
		return u, err
	}
	u.stolen = after.Since(before)
	return u, one.spotTest(ctx, keys)
}

// write writes every key once.
func (r *rival) write(ctx context.Context, pass, keys int) error {
	order := memoryOrder(pass, keys)
	value := make([]byte, memoryMost)
	for i := range value { // nothing that compresses, nothing that is shared
		value[i] = byte(rand.Uint32())
	}
	return peers.Each(ctx, memoryCallers, keys, func(i int) error {
		key := order[i]
		return r.conn.Put(ctx, memoryKey(key), value[:memorySize(pass, key)])
	})
}

// spotTest checks that what was measured is what was written.
func (r *rival) spotTest(ctx context.Context, keys int) error {
	return peers.Each(ctx, memoryCallers, keys/memorySpotTest, func(i int) error {
		key := i * memorySpotTest
		value, err := r.conn.Get(ctx, memoryKey(key))
		if err == nil && len(value) != memorySize(memoryPasses, key) {
			err = fmt.Errorf("%d bytes, not %d", len(value), memorySize(memoryPasses, key))
		}
		if err != nil {
			return fmt.Errorf("read key %d: %w", key, err)
		}
		return nil
	})
}

// memoryWait is for how many times as long memory may go on to change.
const memoryWait = 10

// settledMemory waits until a process's resident memory has not changed for a
// while, and returns it.
func settledMemory(ctx context.Context, pid int, still time.Duration) (int64, error) {
	begin := time.Now()
	since, bytes := begin, int64(0)
	for {
		now, err := proc.Resident(pid)
		if err != nil {
			return 0, err
		}
		if change := now - bytes; max(change, -change) > bytes/100 {
			since, bytes = time.Now(), now
		}
		if time.Since(since) >= still || time.Since(begin) >= memoryWait*still {
			return now, nil
		}
		if err := pass(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
}
