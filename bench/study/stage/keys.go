package stage

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"pikv/bench"
	"pikv/client"
)

// Prefix begins the keys of all figures.
const Prefix = "study:"

// chosen gives a workload other keys than it makes up: number i of its own is keys[i].
type chosen struct {
	bench.Store
	keys []string
}

// Choose returns stores whose n keys belong to the workers in turn, so that each
// has as many.
func Choose(stores []bench.Store, n int, workers int, owner func(key string) int) ([]bench.Store, error) {
	keys, err := evenKeys(n, workers, owner)
	if err != nil {
		return nil, err
	}
	all := make([]bench.Store, len(stores))
	for i, s := range stores {
		all[i] = chosen{s, keys}
	}
	return all, nil
}

// evenKeys makes up n keys of which number i belongs to worker i mod workers.
func evenKeys(n, workers int, owner func(key string) int) ([]string, error) {
	const tries = 1000 // for each key: many more than workers that have a fair share
	found := make([][]string, workers)
	keys := make([]string, 0, n)
	for next := 0; len(keys) < n; {
		of := len(keys) % workers
		if len(found[of]) > 0 {
			keys, found[of] = append(keys, found[of][0]), found[of][1:]
			continue
		}
		if next >= tries*(n+workers) {
			return nil, fmt.Errorf("choose keys: worker %d of %d has hardly any", of+1, workers)
		}
		key := fmt.Sprintf(Prefix+"even:%08d", next)
		next++
		if at := owner(key); at >= 0 && at < workers {
			found[at] = append(found[at], key)
		}
	}
	return keys, nil
}

// key returns the one that stands for the workload's own.
func (c chosen) key(own string) (string, error) {
	i, err := strconv.Atoi(own[strings.LastIndexByte(own, ':')+1:])
	if err != nil || i < 0 || i >= len(c.keys) {
		return "", fmt.Errorf("%q is none of the workload's keys", own)
	}
	return c.keys[i], nil
}

// Get implements bench.Store.
func (c chosen) Get(ctx context.Context, key string) ([]byte, error) {
	key, err := c.key(key)
	if err != nil {
		return nil, err
	}
	return c.Store.Get(ctx, key)
}

// Put implements bench.Store.
func (c chosen) Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (uint64, error) {
	key, err := c.key(key)
	if err != nil {
		return 0, err
	}
	return c.Store.Put(ctx, key, value, opts...)
}
