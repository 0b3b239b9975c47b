package rpcconn

import (
	"io"
	"sync"
	"testing"
)

// flushes counts.
type flushes struct {
	mu sync.Mutex
	n  int
}

func (f *flushes) Flush() {
	f.mu.Lock()
	f.n++
	f.mu.Unlock()
}

func (f *flushes) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func TestBurstsFlushWhatTheyPromised(t *testing.T) {
	var b Bursts
	f := new(flushes)
	if b.Defer(f) {
		t.Error("nobody would flush it")
	}
	b.Begin()
	b.Begin()
	if !b.Defer(f) || f.count() != 0 {
		t.Error("it was not deferred")
	}
	b.End()
	if f.count() != 1 {
		t.Errorf("%d flushes at the end of one of two bursts", f.count())
	}
	if !b.Defer(f) {
		t.Error("a burst is open still")
	}
	b.End()
	if b.Defer(f) || f.count() != 2 {
		t.Errorf("%d flushes", f.count())
	}
	b.Begin()
	b.End()
	if f.count() != 2 {
		t.Error("flushed again")
	}
	var none *Bursts
	none.Begin()
	if none.Defer(f) {
		t.Error("nil has no bursts")
	}
	none.End()
}

// TestNoDeferredFrameStays appends from many goroutines, some in bursts and some
// not. Whatever the order, each deferred frame is flushed after it was appended.
func TestNoDeferredFrameStays(t *testing.T) {
	var b Bursts
	near, far := tcpPair(t)
	o := New(near, Config{Limit: 1 << 20, WriteTimeout: patience, Bursts: &b})
	run(t, o)
	const senders, frames = 4, 2000
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for range frames {
				if sender%2 == 0 {
					b.Begin()
				}
				if _, err := o.Append(bytesFrame([]byte{1}), 0); err != nil {
					t.Error(err)
				}
				if sender%2 == 0 {
					b.End()
				}
			}
		})
	}
	if _, err := io.ReadFull(far, make([]byte, senders*frames)); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func TestAFrameWaitsForTheBurstsEnd(t *testing.T) {
	var b Bursts
	near, far := tcpPair(t)
	o := New(near, Config{Limit: 1 << 20, WriteTimeout: patience, Bursts: &b})
	b.Begin()
	for i := range byte(3) {
		if _, err := o.Append(bytesFrame([]byte{i}), 0); err != nil {
			t.Fatal(err)
		}
	}
	if o.Sent() != 0 || len(o.wake) != 0 {
		t.Error("sent before the end")
	}
	b.End()
	run(t, o) // not before: it sends what it finds when it begins
	got := make([]byte, 8)
	if n, err := far.Read(got); n != 3 || err != nil {
		t.Errorf("read %d bytes at a time, %v", n, err)
	}
}
