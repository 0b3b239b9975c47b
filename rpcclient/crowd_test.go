package rpcclient

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Where replies come, one that is not among them yet is behind others, and not lost.
func TestBegunCallsAreSparedWhileRepliesArrive(t *testing.T) {
	_, c := pull(t, Config{Patience: patience}) // it has just been made: no silence so far
	got := make(outcomes, 1)
	begin := func() {
		t.Helper()
		if err := c.Begin("Never", []byte{0x90}, got); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	for range 2*mostSpared - 1 {
		c.look()
	}
	if len(got) > 0 {
		t.Fatalf("received %v", (<-got).err)
	}
	c.look() // but not for ever
	if o := got.next(t); !errors.Is(o.err, errLate) {
		t.Errorf("received %v", o.err)
	}
	begin()
	c.look()
	c.heard.Store(-int64(time.Hour)) // where nothing comes one waits no longer
	for range 2 {
		c.look()
	}
	if o := got.next(t); !errors.Is(o.err, errLate) {
		t.Errorf("received %v", o.err)
	}
}

// Also requests that nobody waits for any more are ahead of the next one.
func TestCrowded(t *testing.T) {
	p, c := pull(t, Config{Patience: patience})
	got := make(outcomes, crowd+1)
	for range crowd {
		if err := c.Begin("Get", []byte{0x90}, got); err != nil {
			t.Fatal(err)
		}
	}
	if c.Crowded() {
		t.Error("crowded too early")
	}
	if err := c.Begin("Get", []byte{0x90}, got); err != nil {
		t.Fatal(err)
	}
	c.heard.Store(-int64(time.Hour))
	for range 2 {
		c.look()
	}
	for range crowd + 1 {
		if o := got.next(t); !errors.Is(o.err, errLate) {
			t.Fatalf("received %v", o.err)
		}
	}
	if c.Crowded() {
		t.Error("somebody would wait for one who is away")
	}
	c.heard.Store(int64(time.Since(c.birth)))
	if !c.Crowded() {
		t.Error("nothing was answered, and it is not crowded")
	}
	p.reply(p.next().ID, 1)
	eventually(t, "there is room", func() bool { return !c.Crowded() })
}

// Requests that were never sent are ahead of nobody, and what is answered twice was one.
func TestCrowdedCountsWhatWasSent(t *testing.T) {
	p, c := pull(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range crowd + 1 {
		fate(t, c.Call(ctx, "Small", nil, nil), ErrNotSent)
	}
	if c.Crowded() {
		t.Error("it is crowded by what was not sent")
	}
	done := going(within(t), c, "Get")
	id := p.next().ID
	p.reply(id, 0)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for range 10 {
		p.reply(id, 0)
	}
	done = going(within(t), c, "Get")
	p.reply(p.next().ID, 0)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.open != 0 {
		t.Errorf("%d requests have no reply", c.mu.open)
	}
}
