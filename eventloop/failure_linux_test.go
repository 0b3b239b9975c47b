package eventloop_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"pikv/eventloop"
)

// TestAcceptWithoutDescriptors takes all descriptors away, and gives them back.
func TestAcceptWithoutDescriptors(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		core, logs := observer.New(zapcore.ErrorLevel)
		cfg.Log = zap.New(core)
		cfg.Accept = all(script{})
		_, addr := start(t, cfg)
		ping(t, connect(t, addr, 1)[0], "warm up")
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		var before unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			t.Fatal(err)
		}
		none := before
		none.Cur = 1 // those that are open stay so
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
			t.Fatal(err)
		}
		restore := sync.OnceFunc(func() {
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
				t.Error(err)
			}
		})
		defer restore()
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		await(t, "accepting fails", func() bool { return logs.Len() > 0 })
		restore()
		ping(t, fd, "at last")
		if n := logs.Len(); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
	})
}

// TestAResetReachesAPausedConnection though nobody reads from it.
func TestAResetReachesAPausedConnection(t *testing.T) {
	var e ends
	paused := make(chan struct{}, 1)
	_, addr := start(t, eventloop.Config{Accept: all(script{closed: e.closed, data: func(turn *eventloop.Turn) {
		turn.Conn.Pause()
		paused <- struct{}{}
	}})})
	nc := dial(t, addr)
	write(t, nc, []byte("x"))
	receiveIn(t, paused)
	reset(t, nc)
	await(t, "Closed is called", func() bool { return len(e.list()) == 1 })
	if err := e.list()[0]; !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

func reset(t *testing.T, nc net.Conn) {
	t.Helper()
	if err := nc.(*net.TCPConn).SetLinger(0); err != nil {
		t.Error(err)
	}
	nc.Close()
}

// TestOneProcessor has loops, goroutines that answer and clients share one.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		answers, stop := make(chan *eventloop.Conn, 1), make(chan struct{})
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			turn.In = nil
			answers <- turn.Conn
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case c := <-answers:
					if err := c.Append([]byte("y")); err != nil {
						t.Error(err)
					}
					c.Flush()
				case <-stop:
					return
				}
			}
		})
		began := time.Now()
		for range 500 {
			write(t, nc, []byte("x"))
			expect(t, nc, []byte("y"))
		}
		t.Logf("500 round trips took %v", time.Since(began))
		close(stop)
		wg.Wait()
	})
}

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
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
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
		for client := range 8 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(seed, uint64(1000+client)))
				for range 40 {
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
