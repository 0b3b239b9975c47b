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
