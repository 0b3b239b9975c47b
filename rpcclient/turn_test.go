package rpcclient

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/wire"
)

// whose returns whose turn it is.
func (c *Conn) whose() turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.turn
}

// lead makes quick calls to the puppet until the caller of the next one is about to
// read for itself, and begins that. It returns when the caller reads.
func (p *puppet) lead(ctx context.Context, c *Conn) (id uint32, done <-chan error) {
	p.t.Helper()
	for range 10000 {
		done := going(ctx, c, "Quick")
		m := p.next()
		if c.whose() == callers {
			return m.ID, done
		}
		p.reply(m.ID, 1)
		if err := <-done; err != nil {
			p.t.Fatal(err)
		}
	}
	p.t.Fatal("no caller reads for itself")
	return 0, nil
}

// comesTo checks how a call ended.
func comesTo(t *testing.T, done <-chan error, want error) {
	t.Helper()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			t.Fatalf("call ended with %v, want %v", err, want)
		}
	case <-within(t).Done():
		t.Fatal("the call does not end")
	}
}

func TestACallerThatReadsForItselfGetsItsReply(t *testing.T) {
	p, c := pull(t, Config{})
	for range 3 {
		id, done := p.lead(t.Context(), c)
		p.reply(id, 1)
		comesTo(t, done, nil)
	}
}

// A caller that waits by reading can be called off, also in the middle of a reply,
// and the reply that comes then is nobody else's.
func TestACallerThatReadsForItselfCanBeCalledOff(t *testing.T) {
	for name, early := range map[string]int{"before its reply": 0, "inside its reply": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			p, c := pull(t, Config{})
			ctx, cancel := context.WithCancel(t.Context())
			id, done := p.lead(ctx, c)
			late := response(id, 1, 200<<10)
			p.send(late[:early])
			cancel()
			comesTo(t, done, ErrBroken)
			var got []byte
			next := make(chan error, 1)
			go func() { next <- c.Call(t.Context(), "Get", nil, into(&got)) }()
			p.send(late[early:])
			p.send(response(p.next().ID, 2, 10))
			comesTo(t, next, nil)
			if !bytes.Equal(got, bytes.Repeat([]byte{2}, 10)) {
				t.Errorf("the next call got %d bytes of %x", len(got), got[:1])
			}
		})
	}
}

// One caller reads, another waits: whichever reply comes first, each gets its own.
func TestACallerReadsForOthers(t *testing.T) {
	for name, first := range map[string]bool{"its own first": true, "the other's first": false} {
		t.Run(name, func(t *testing.T) {
			p, c := pull(t, Config{})
			id, done := p.lead(t.Context(), c)
			other := going(t.Context(), c, "Other")
			otherID := p.next().ID
			if first {
				p.reply(id, 1)
				comesTo(t, done, nil)
				p.reply(otherID, 1)
				comesTo(t, other, nil)
			} else {
				p.reply(otherID, 1)
				comesTo(t, other, nil)
				p.reply(id, 1)
				comesTo(t, done, nil)
			}
		})
	}
}

// Where nobody reads, the connection's end is noticed all the same.
func TestAConnectionThatNobodyReadsIsWatched(t *testing.T) {
	p, c := pull(t, Config{})
	id, done := p.lead(t.Context(), c)
	p.reply(id, 1)
	comesTo(t, done, nil)
	p.Close()
	select {
	case <-c.Done():
	case <-within(t).Done():
		t.Fatal("the end goes unnoticed")
	}
}

func TestACallerThatReadsForItselfHearsThatTheConnectionEnds(t *testing.T) {
	p, c := pull(t, Config{})
	_, done := p.lead(t.Context(), c)
	p.Close()
	comesTo(t, done, ErrBroken)
	<-c.Done()
}

// A begun call needs a reader that is nobody's caller.
func TestABegunCallAmongQuickOnes(t *testing.T) {
	p, c := pull(t, Config{Patience: patience})
	got := make(outcomes, 1)
	for range 3 {
		id, done := p.lead(t.Context(), c)
		p.reply(id, 1)
		comesTo(t, done, nil)
		if err := c.Begin("Begun", []byte{0x90}, got); err != nil {
			t.Fatal(err)
		}
		p.reply(p.next().ID, 7)
		if o := got.next(t); o.err != nil || !bytes.Equal(o.result, []byte{7}) {
			t.Fatalf("received %x, %v", o.result, o.err)
		}
	}
}

// deferred is a receiver that leaves something to the end of the burst.
type deferred struct {
	bursts *rpcconn.Bursts
	flush  func()
}

func (d *deferred) Receive([]byte, error) { d.bursts.Defer(d) }

func (d *deferred) Flush() { d.flush() }

// What is flushed at a burst's end may fail, and then ends calls of another connection,
// whose receiver makes them again here. So the connection's lock must be free.
func TestTheWatchmanEndsABurstBeforeItRetreats(t *testing.T) {
	var locked atomic.Bool
	to := &deferred{bursts: new(rpcconn.Bursts)}
	p, c := pull(t, Config{Bursts: to.bursts, Patience: patience})
	to.flush = func() {
		for end := time.Now().Add(time.Second); !c.mu.TryLock(); runtime.Gosched() {
			if time.Now().After(end) {
				locked.Store(true)
				return
			}
		}
		c.mu.Unlock()
	}
	for range 10000 {
		if err := c.Begin("Begun", []byte{0x90}, to); err != nil {
			t.Fatal(err)
		}
		begun := p.next().ID
		done := going(t.Context(), c, "Quick")
		both := wire.AppendUint(wire.AppendResponseOK(nil, begun), 1)
		p.send(wire.AppendUint(wire.AppendResponseOK(both, p.next().ID), 1)) // one burst, of which the last is the caller's
		comesTo(t, done, nil)
		retreated := c.whose() == nobodys
		if locked.Load() {
			t.Fatal("a burst ends under the connection's lock")
		}
		if retreated {
			return
		}
	}
	t.Fatal("the watchman never retreats")
}

// Few callers that come and go, some of them called off: every reply finds its call.
func TestFewCallersTakeTurns(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle("Echo", echo)
		s.HandleSlow("Slow", func(ctx context.Context, c *rpcserver.Call) {
			select {
			case <-time.After(30 * time.Millisecond): // longer than two rounds of the watchman
			case <-ctx.Done():
			}
			echo(ctx, c)
		})
	})
	c := dial(t, addr, Config{})
	var wg sync.WaitGroup
	for caller := range 3 {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(caller)))
			for i := range 2000 {
				method, called := "Echo", t.Context()
				switch dice.IntN(200) {
				case 0:
					method = "Slow"
				case 1:
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(dice.IntN(200))*time.Microsecond)
					defer cancel()
					called = ctx
				}
				sent := wire.AppendUint([]byte{byte(caller)}, uint64(i))
				var got []byte
				err := c.Call(called, method, bin(sent), into(&got))
				if err != nil && called == t.Context() || err == nil && !bytes.Equal(got, sent) {
					t.Errorf("caller %d, call %d: sent %x, got %x, %v", caller, i, sent, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
