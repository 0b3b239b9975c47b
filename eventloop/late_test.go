package eventloop_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"pikv/eventloop"
)

// silent leaves all answers to others.
func silent(conns chan<- *eventloop.Conn, e *ends) func(*eventloop.Conn) eventloop.Handler {
	return func(c *eventloop.Conn) eventloop.Handler {
		conns <- c
		return script{closed: e.closed, data: func(turn *eventloop.Turn) { turn.In = nil }}
	}
}

// TestALateLargeAnswer is more than the socket takes at once: the loop, which has
// nothing else to do, sends the rest.
func TestALateLargeAnswer(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var e ends
		cfg.Accept = silent(conns, &e)
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		c := receiveIn(t, conns)
		value := bytes.Repeat([]byte("0123456789abcdef"), 2<<20)
		given := make(chan struct{})
		if err := c.Lend(value, func() { close(given) }); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if err := c.Append([]byte("and many small ones\n")); err != nil {
				t.Fatal(err)
			}
		}
		c.Flush()
		c.Finish()
		expect(t, nc, value)
		expect(t, nc, bytes.Repeat([]byte("and many small ones\n"), 1000))
		expectEnd(t, nc)
		receiveIn(t, given)
	})
}

// TestALateAnswerThatNobodyReads has the loop notice what it did not begin.
func TestALateAnswerThatNobodyReads(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var e ends
		cfg.WriteTimeout = 50 * time.Millisecond
		cfg.Accept = silent(conns, &e)
		_, addr := start(t, cfg)
		dial(t, addr)
		c := receiveIn(t, conns)
		given := make(chan struct{})
		if err := c.Lend(make([]byte, 64<<20), func() { close(given) }); err != nil {
			t.Fatal(err)
		}
		c.Flush()
		receiveIn(t, given)
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrSlowReader) {
			t.Error(err)
		}
	})
}

// TestALateAnswerToOneThatHasGone fails, and ends the connection.
func TestALateAnswerToOneThatHasGone(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var e ends
		eof := make(chan struct{})
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{closed: e.closed, eof: func(*eventloop.Turn) { close(eof) }}
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		c := receiveIn(t, conns)
		nc.Close()
		receiveIn(t, eof)
		await(t, "sending fails", func() bool {
			err := c.Append([]byte("hello?"))
			c.Flush()
			return errors.Is(err, eventloop.ErrClosed)
		})
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if e.list()[0] == nil {
			t.Error("Closed was told nothing")
		}
	})
}
