package eventloop_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/eventloop"
)

func TestConfig(t *testing.T) {
	_, err := eventloop.New(eventloop.Config{Loops: -1, OutputHigh: 10, MaxOutput: 5, Linger: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"Accept", "Loops", "MaxOutput", "Linger"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%q says nothing of %s", err, field)
		}
	}
}

func TestSurplusConnectionsAreTold(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.MaxConns = 2
		cfg.Accept = all(script{})
		cfg.Refuse = func(remote netip.AddrPort) []byte {
			if !remote.Addr().IsLoopback() {
				t.Errorf("a connection from %v", remote)
			}
			return []byte("too many\n")
		}
		s, addr := start(t, cfg)
		first, second := dial(t, addr), dial(t, addr)
		for _, nc := range []net.Conn{first, second} {
			write(t, nc, []byte("x"))
			expect(t, nc, []byte("x"))
		}
		third := dial(t, addr)
		write(t, third, make([]byte, 10_000)) // it has something to say, and sees the answer nevertheless
		expect(t, third, []byte("too many\n"))
		expectEnd(t, third)
		third.Close()
		if got := s.Stats(); got.Open != 2 || got.Accepted != 2 || got.Refused != 1 {
			t.Errorf("%+v", got)
		}
		first.Close()
		await(t, "there is room", func() bool { return s.Stats().Open == 1 })
		fourth := dial(t, addr)
		write(t, fourth, []byte("y"))
		expect(t, fourth, []byte("y"))
	})
}

func TestAddressesAndNumbers(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 2)
		cfg.Loops = 3
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return nil // closes it
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		c := receiveIn(t, conns)
		if got, want := c.RemoteAddr().String(), nc.LocalAddr().String(); got != want {
			t.Errorf("remote is %s, not %s", got, want)
		}
		if got := c.LocalAddr().String(); got != addr {
			t.Errorf("local is %s, not %s", got, addr)
		}
		if c.Loop() < 0 || c.Loop() >= 3 {
			t.Errorf("loop %d of 3", c.Loop())
		}
		dial(t, addr)
		if other := receiveIn(t, conns); other.ID() == c.ID() {
			t.Errorf("two connections have number %d", c.ID())
		}
		expectEnd(t, nc)
	})
}

func TestPanicsHurtOneConnection(t *testing.T) {
	for name, bad := range map[string]script{
		"data":   {data: func(*eventloop.Turn) { panic("oops") }},
		"eof":    {eof: func(*eventloop.Turn) { panic("oops") }},
		"closed": {closed: func(error) { panic("oops") }},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, cfg eventloop.Config) {
				core, logs := observer.New(zapcore.ErrorLevel)
				cfg.Log = zap.New(core)
				var conns atomic.Int32
				cfg.Accept = func(*eventloop.Conn) eventloop.Handler {
					if conns.Add(1) == 1 {
						return script{}
					}
					return bad
				}
				s, addr := start(t, cfg)
				good := dial(t, addr)
				write(t, good, []byte("1"))
				expect(t, good, []byte("1"))
				nc := dial(t, addr)
				write(t, nc, []byte("x"))
				_ = closeWrite(nc) // fails when it is closed already
				await(t, "the panic is counted", func() bool { return s.Stats().Panics == 1 })
				await(t, "the connection is closed", func() bool { return s.Stats().Open == 1 })
				write(t, good, []byte("2"))
				expect(t, good, []byte("2"))
				if n := logs.FilterMessageSnippet("panicked").Len(); n != 1 {
					t.Errorf("%d lines in the log", n)
				}
			})
		})
	}
}

func TestAcceptPanics(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = func(*eventloop.Conn) eventloop.Handler { panic("oops") }
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		expectEnd(t, nc)
		await(t, "it is counted", func() bool { return s.Stats().Panics == 1 })
	})
}

// TestHandlersOfALoopTakeTurns would be a race if they did not.
func TestHandlersOfALoopTakeTurns(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Loops = 2
		var scratch, rounds [2]int
		cfg.Begin = func(loop int) { rounds[loop]++ }
		cfg.End = func(loop int) { rounds[loop]-- }
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			loop := turn.Conn.Loop()
			scratch[loop]++
			if rounds[loop] != 1 {
				t.Errorf("Data is called in %d rounds", rounds[loop])
			}
			turn.Out, turn.In = append(turn.Out, turn.In...), nil
		}})
		s, addr := start(t, cfg)
		done := make(chan struct{})
		const clients = 6
		for range clients {
			nc := dial(t, addr)
			go func() {
				defer func() { done <- struct{}{} }()
				for range 200 {
					write(t, nc, []byte("x"))
					expect(t, nc, []byte("x"))
				}
			}()
		}
		for range clients {
			receiveIn(t, done)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if scratch[0] == 0 || scratch[1] == 0 || scratch[0]+scratch[1] < clients*200 {
			t.Errorf("the loops served %v times", scratch)
		}
	})
}

func TestStartAndCloseAtOddTimes(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = all(script{})
		s, err := eventloop.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("close before start: %v", err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(ln); !errors.Is(err, eventloop.ErrShutdown) {
			t.Errorf("start after close: %v", err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is open: %v", err)
		}
	})
}
