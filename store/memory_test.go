package store

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestReserveStopsAtTheLimit(t *testing.T) {
	m := NewMemory(100)
	if !m.Reserve(60) || m.Reserve(41) || !m.Reserve(40) || m.Reserve(1) || m.Used() != 100 || m.Limit() != 100 {
		t.Errorf("%d used", m.Used())
	}
	m.Force(50)
	if m.Used() != 150 || m.Reserve(0) {
		t.Errorf("%d used after Force", m.Used())
	}
	m.Release(60)
	if m.Reserve(11) || !m.Reserve(10) {
		t.Errorf("%d used after Release", m.Used())
	}
}

func TestCloseUnmapsEverything(t *testing.T) {
	m := NewMemory(1 << 40)
	e := New(m)
	for i := range 5000 {
		e.Put(Item{Key: []byte{byte(i), byte(i >> 8)}, Value: make([]byte, 1000)})
	}
	e.Put(Item{Key: []byte("large"), Value: make([]byte, 3*arenaSize)})
	if m.Mapped() < m.Used() {
		t.Errorf("%d bytes mapped, %d used", m.Mapped(), m.Used())
	}
	e.Clear()
	if m.Mapped() > 2*arenaSize {
		t.Errorf("%d bytes mapped for nothing", m.Mapped())
	}
	m.Close()
	if m.Mapped() != 0 {
		t.Errorf("%d bytes mapped after Close", m.Mapped())
	}
	e.Put(Item{Key: []byte("k")}) // it was cleared before
	m.Close()
}

func TestReserveIsSafeInParallel(t *testing.T) {
	m := NewMemory(1000)
	var granted atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				if m.Reserve(3) {
					granted.Add(3)
				}
			}
		})
	}
	wg.Wait()
	if m.Used() != granted.Load() || m.Used() != 999 {
		t.Errorf("%d used, %d granted", m.Used(), granted.Load())
	}
}
