package eventloop_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/eventloop"
)

// unruly is a handler that does everything at random.
type unruly struct {
	mu     sync.Mutex
	rnd    *rand.Rand
	closed bool
}

func (u *unruly) Data(t *eventloop.Turn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		panic("Data after Closed")
	}
	t.In = t.In[u.rnd.IntN(len(t.In)+1):]
	t.Out = append(t.Out, make([]byte, u.rnd.IntN(5000))...)
	switch u.rnd.IntN(12) {
	case 0:
		c := t.Conn
		c.Pause()
		go c.Resume()
	case 1:
		t.Lend(make([]byte, u.rnd.IntN(100_000)), nil)
	case 2:
		t.Fill(make([]byte, u.rnd.IntN(50_000)))
	case 3:
		t.Need = u.rnd.IntN(3000)
	case 4:
		t.Settle()
	case 5:
		c, b := t.Conn, make([]byte, u.rnd.IntN(20_000))
		go func() {
			_ = c.Append(b) // it may be closed
			c.Flush()
		}()
	case 6:
		if u.rnd.IntN(20) == 0 {
			t.Conn.Close()
		}
	case 7:
		if u.rnd.IntN(20) == 0 {
			t.Conn.Finish()
		}
	case 8:
		if u.rnd.IntN(50) == 0 {
			panic("on purpose")
		}
	}
}

func (u *unruly) EOF(t *eventloop.Turn) { t.Conn.Finish() }

func (u *unruly) Closed(error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		panic("Closed twice")
	}
	u.closed = true
}

// TestChaos has unruly clients and handlers, and looks whether all comes to an end.
func TestChaos(t *testing.T) {
	bothAtOnce(t, func(t *testing.T, cfg eventloop.Config) {
		core, logs := observer.New(zapcore.ErrorLevel)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		var handlers sync.Map
		var next uint64
		cfg.Log = zap.New(core)
		cfg.Loops = 2
		cfg.OutputHigh, cfg.MaxOutput = 50_000, 400_000
		cfg.WriteTimeout = 100 * time.Millisecond
		var mu sync.Mutex
		cfg.Accept = func(*eventloop.Conn) eventloop.Handler {
			mu.Lock()
			defer mu.Unlock()
			next++
			u := &unruly{rnd: rand.New(rand.NewPCG(seed, next))}
			handlers.Store(u, nil)
			return u
		}
		s, addr := start(t, cfg)
		var wg sync.WaitGroup
		const clients, each = 32, 10
		for client := range clients {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(seed, uint64(1000+client)))
				for range each {
					nc, err := net.Dial("tcp", addr)
					if err != nil {
						t.Error(err)
						return
					}
					misbehave(t, nc, rnd)
				}
			})
		}
		wg.Wait()
		await(t, "all connections were taken", func() bool { return s.Stats().Accepted == clients*each })
		await(t, "all connections are gone", func() bool { return s.Stats().Open == 0 })
		for u := range handlers.Range {
			if !u.(*unruly).closed {
				t.Error("Closed was not called")
			}
		}
		for _, entry := range logs.All() {
			if p := entry.ContextMap()["panic"]; p != "on purpose" {
				t.Errorf("panic: %v", p)
			}
		}
	})
}

// misbehave sends and reads at random, and leaves.
func misbehave(t *testing.T, nc net.Conn, rnd *rand.Rand) {
	nc.SetDeadline(time.Now().Add(2 * time.Second))
	garbage := bytes.Repeat([]byte{0, 255, '\n'}, 20_000)
	for range rnd.IntN(30) {
		if _, err := nc.Write(garbage[:rnd.IntN(len(garbage))]); err != nil {
			break
		}
		if rnd.IntN(2) == 0 {
			_, _ = nc.Read(make([]byte, rnd.IntN(100_000)+1)) // nothing may come
		}
		if rnd.IntN(10) == 0 {
			_ = closeWrite(nc) // it may be closed
			break
		}
	}
	if rnd.IntN(2) == 0 {
		reset(t, nc)
	} else {
		nc.Close()
	}
}

func reset(t *testing.T, nc net.Conn) {
	t.Helper()
	if err := nc.(*net.TCPConn).SetLinger(0); err != nil {
		t.Error(err)
	}
	nc.Close()
}
