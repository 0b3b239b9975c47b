package eventloop_test

import (
	"errors"
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
