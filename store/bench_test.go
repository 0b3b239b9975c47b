package store

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// The benchmarks run a million small entries in as many engines as a node has
// partitions, each under its own lock, beside the plainest stores there are.

const (
	benchKeys       = 1_000_000
	benchPartitions = 1024
	benchValue      = 128
)

type getPutter interface {
	get(key []byte) ([]byte, bool)
	put(key, value []byte)
	clear()
}

// lockedEngines lie as in a worker: each beside its lock.
type lockedEngines []struct {
	mu sync.Mutex
	e  Engine
	_  [640]byte // the rest of a partition
}

func newLockedEngines(mem *Memory) lockedEngines {
	l := make(lockedEngines, benchPartitions)
	for i := range l {
		l[i].e.Init(mem)
	}
	return l
}

// partition spreads keys as a node does, by another hash than the engine's.
func partition(key []byte) int {
	return int(binary.LittleEndian.Uint64(key[8:]) * 0x9e3779b97f4a7c15 >> 54)
}

func (l lockedEngines) get(key []byte) ([]byte, bool) {
	p := &l[partition(key)]
	p.mu.Lock()
	defer p.mu.Unlock()
	it, ok := p.e.Get(key)
	return it.Value, ok
}

func (l lockedEngines) put(key, value []byte) {
	p := &l[partition(key)]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.e.Put(Item{Key: key, Value: value, Version: 1000})
}

func (l lockedEngines) clear() {
	for i := range l {
		l[i].e.Clear()
	}
}

type rwMap struct {
	mu sync.RWMutex
	m  map[string][]byte
}

func (l *rwMap) get(key []byte) ([]byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	v, ok := l.m[string(key)]
	return v, ok
}

func (l *rwMap) put(key, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m[string(key)] = append([]byte(nil), value...)
}

func (l *rwMap) clear() { l.m = map[string][]byte{} }

type mutexMap struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (l *mutexMap) get(key []byte) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.m[string(key)]
	return v, ok
}

func (l *mutexMap) put(key, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m[string(key)] = append([]byte(nil), value...)
}

func (l *mutexMap) clear() { l.m = map[string][]byte{} }

type syncMap struct{ m sync.Map }

func (l *syncMap) get(key []byte) ([]byte, bool) {
	v, ok := l.m.Load(string(key))
	if !ok {
		return nil, false
	}
	return v.([]byte), true
}

func (l *syncMap) put(key, value []byte) { l.m.Store(string(key), append([]byte(nil), value...)) }

func (l *syncMap) clear() { l.m.Clear() }

// benchKey is the key number i of 16 bytes; the numbers are not their order.
func benchKey(buf []byte, i int) []byte {
	var number [8]byte
	binary.LittleEndian.PutUint64(number[:], uint64(i))
	h := xxhash.Sum64(number[:])
	buf = binary.LittleEndian.AppendUint64(buf[:0], h)
	return binary.LittleEndian.AppendUint64(buf, h*0xc2b2ae3d27d4eb4f+1)
}

// makeKeys makes n keys, in an order that is not that of benchKey.
func makeKeys(n int) [][]byte {
	all := make([]byte, 0, 16*n)
	keys := make([][]byte, n)
	for i := range keys {
		all = append(all, benchKey(nil, i)...)
		keys[i] = all[16*i : 16*i+16]
	}
	rand.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

// benchRivals are the engine and the plain stores, each empty.
var benchRivals = []struct {
	name string
	make func(mem *Memory) getPutter
}{
	{"engine", func(mem *Memory) getPutter { return newLockedEngines(mem) }},
	{"rwmutex-map", func(*Memory) getPutter { return &rwMap{m: map[string][]byte{}} }},
	{"mutex-map", func(*Memory) getPutter { return &mutexMap{m: map[string][]byte{}} }},
	{"sync.Map", func(*Memory) getPutter { return &syncMap{} }},
}

// The states of stores that benchmarks leave behind.
const (
	sameSizes  = ""
	otherSizes = ", resized"
)

// filled is the store that was filled last. The benchmarks that leave its sizes
// alone share it, at any number of threads: to fill one takes longer than to
// measure it.
var filled struct {
	name  string
	store getPutter
	keys  [][]byte
	mem   *Memory
}

// fillStore returns the store of a name with all keys.
func fillStore(name string, make func(mem *Memory) getPutter) (getPutter, [][]byte) {
	if filled.name == name {
		return filled.store, filled.keys
	}
	if filled.mem != nil {
		filled.mem.Close()
	}
	if filled.keys == nil {
		filled.keys = makeKeys(benchKeys)
	}
	filled.name, filled.mem = name, NewMemory(1<<40)
	filled.store = make(filled.mem)
	var key [16]byte
	var value [benchValue]byte
	for i := range benchKeys {
		filled.store.put(benchKey(key[:], i), value[:])
	}
	runtime.GC() // the store before
	return filled.store, filled.keys
}

// benchStores runs a benchmark of each store that is filled with keys. The stores
// of one state are shared.
func benchStores(b *testing.B, state string, run func(b *testing.B, s getPutter, keys [][]byte)) {
	for _, c := range benchRivals {
		b.Run(c.name, func(b *testing.B) {
			s, keys := fillStore(c.name+state, c.make)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, s, keys)
		})
	}
}

// parallel runs op with different keys in each goroutine.
func parallel(b *testing.B, keys [][]byte, op func(key []byte)) {
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(keys)); pb.Next(); i++ {
			if i == len(keys) {
				i = 0
			}
			op(keys[i])
		}
	})
}

func BenchmarkGet(b *testing.B) {
	benchStores(b, sameSizes, func(b *testing.B, s getPutter, keys [][]byte) {
		parallel(b, keys, func(key []byte) { s.get(key) })
	})
}

// BenchmarkOverwrite writes values of one size.
func BenchmarkOverwrite(b *testing.B) {
	value := make([]byte, benchValue)
	benchStores(b, sameSizes, func(b *testing.B, s getPutter, keys [][]byte) {
		parallel(b, keys, func(key []byte) { s.put(key, value) })
	})
}

// BenchmarkResize writes values of random sizes, so that compaction works.
func BenchmarkResize(b *testing.B) {
	value := make([]byte, 192)
	benchStores(b, otherSizes, func(b *testing.B, s getPutter, keys [][]byte) {
		parallel(b, keys, func(key []byte) { s.put(key, value[:64+rand.IntN(129)]) })
	})
}

// BenchmarkPut writes new keys and begins anew after a million.
func BenchmarkPut(b *testing.B) {
	value := make([]byte, benchValue)
	keys := makeKeys(benchKeys)
	for _, c := range benchRivals {
		b.Run(c.name, func(b *testing.B) {
			mem := NewMemory(1 << 40)
			b.Cleanup(mem.Close)
			s := c.make(mem)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%benchKeys == 0 && i > 0 {
					b.StopTimer()
					s.clear()
					b.StartTimer()
				}
				s.put(keys[i%benchKeys], value)
			}
		})
	}
}

func BenchmarkScanPage(b *testing.B) {
	e := newEngine(b)
	for i := range 100_000 {
		e.Put(Item{Key: fmt.Appendf(nil, "%016d", i)})
	}
	b.ReportAllocs()
	cursor := uint64(0)
	for b.Loop() {
		cursor = e.Scan(cursor, nil, 1000, func(Item) {})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	e := newEngine(b)
	for i := range 1000 {
		e.Put(Item{Key: fmt.Appendf(nil, "%016d", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Snapshot().Close()
	}
}
