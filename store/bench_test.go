package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// The benchmarks run the engine under one lock, as a partition does, beside
// the plainest store there is, a map under one lock.

const benchKeys = 100_000

type lockedEngine struct {
	mu sync.RWMutex
	e  *Engine
}

func (l *lockedEngine) get(key []byte) ([]byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	it, ok := l.e.Get(key)
	return it.Value, ok
}

func (l *lockedEngine) put(key, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.e.Put(Item{Key: key, Value: value})
}

type lockedMap struct {
	mu sync.RWMutex
	m  map[string][]byte
}

func (l *lockedMap) get(key []byte) ([]byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	v, ok := l.m[string(key)]
	return v, ok
}

func (l *lockedMap) put(key, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m[string(key)] = value
}

type getPutter interface {
	get(key []byte) ([]byte, bool)
	put(key, value []byte)
}

func benchStores(b *testing.B, run func(b *testing.B, s getPutter, keys [][]byte)) {
	keys := make([][]byte, benchKeys)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "%016d", i)
	}
	for _, c := range []struct {
		name string
		make func() getPutter
	}{
		{"engine", func() getPutter { return &lockedEngine{e: New(NewMemory(0))} }},
		{"map", func() getPutter { return &lockedMap{m: map[string][]byte{}} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, c.make(), keys)
		})
	}
}

func BenchmarkGet(b *testing.B) {
	benchStores(b, func(b *testing.B, s getPutter, keys [][]byte) {
		for _, k := range keys {
			s.put(k, make([]byte, 128))
		}
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(benchKeys); pb.Next(); i++ {
				s.get(keys[i%benchKeys])
			}
		})
	})
}

func BenchmarkOverwrite(b *testing.B) {
	benchStores(b, func(b *testing.B, s getPutter, keys [][]byte) {
		value := make([]byte, 128)
		for _, k := range keys {
			s.put(k, value)
		}
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(benchKeys); pb.Next(); i++ {
				s.put(keys[i%benchKeys], value)
			}
		})
	})
}

// BenchmarkFill measures new keys; one operation is all of them.
func BenchmarkFill(b *testing.B) {
	value := make([]byte, 128)
	keys := make([][]byte, benchKeys)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "%016d", i)
	}
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s := &lockedEngine{e: New(NewMemory(0))}
			for _, k := range keys {
				s.put(k, value)
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s := &lockedMap{m: map[string][]byte{}}
			for _, k := range keys {
				s.put(k, value)
			}
		}
	})
}

func BenchmarkScanPage(b *testing.B) {
	e := New(NewMemory(0))
	for i := range benchKeys {
		e.Put(Item{Key: fmt.Appendf(nil, "%016d", i)})
	}
	b.ReportAllocs()
	cursor := uint64(0)
	for b.Loop() {
		cursor = e.Scan(cursor, nil, 1000, func(Item) {})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	e := New(NewMemory(0))
	for i := range 1000 {
		e.Put(Item{Key: fmt.Appendf(nil, "%016d", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Snapshot()
	}
}
