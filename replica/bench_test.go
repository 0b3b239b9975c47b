package replica

import (
	"encoding/binary"
	"testing"

	"pikv/store"
)

// One primary without other replicas: what an operation costs beside its way to
// the core. None of these makes garbage.

const benchKeys = 100_000

// benchmarkDo runs operations on random keys, all of which are there.
func benchmarkDo(b *testing.B, op func(key []byte) Op) {
	mem := store.NewMemory(1 << 30)
	b.Cleanup(mem.Close)
	c := New(0, store.New(mem), NewNode(nodeA, mem, nil, DefaultTiming(), DefaultLimits()))
	var out Effects
	c.Adopt(1, config(1, nodeA, incs{nodeA}), &out)
	key, value := make([]byte, 16), make([]byte, 128)
	do := func(op Op) {
		c.Do(1, &op, &out)
		out.Reset()
	}
	name := func(i int) []byte {
		binary.BigEndian.PutUint64(key, uint64(i%benchKeys)*0x9E3779B97F4A7C15)
		return key
	}
	for i := range benchKeys {
		do(Op{Kind: OpPut, Key: name(i), Value: value, Lent: true})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		do(op(name(i)))
	}
}

func BenchmarkGet(b *testing.B) {
	benchmarkDo(b, func(key []byte) Op { return Op{Kind: OpGet, Key: key} })
}

func BenchmarkPut(b *testing.B) {
	value := make([]byte, 128)
	benchmarkDo(b, func(key []byte) Op { return Op{Kind: OpPut, Key: key, Value: value, Lent: true} })
}

// replacing puts a value in place of one that is there, or in any case.
type replacing struct {
	value  []byte
	always bool
}

func (r *replacing) Keep() {}

func (r *replacing) Decide(_ store.Instant, was []State, then []Decision) []byte {
	for i := range was {
		if was[i].Exists || r.always {
			then[i] = Decision{Verdict: Put, Value: r.value, Lent: true, KeepTTL: true}
		}
	}
	return nil
}

func BenchmarkUpdate(b *testing.B) {
	r := &replacing{value: make([]byte, 128)}
	benchmarkDo(b, func(key []byte) Op { return Op{Kind: OpUpdate, Key: key, Decide: r} })
}

func BenchmarkGroupOfTen(b *testing.B) {
	r := &replacing{value: make([]byte, 128), always: true}
	var keys [10][16]byte
	var group [10][]byte
	benchmarkDo(b, func(key []byte) Op {
		for i := range keys {
			copy(keys[i][:], key)
			keys[i][15] = byte(i)
			group[i] = keys[i][:]
		}
		return Op{Kind: OpGroup, Keys: group[:], Decide: r}
	})
}
