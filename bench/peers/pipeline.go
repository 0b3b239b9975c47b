package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
)

// protocol is how requests and replies look.
type protocol struct {
	get func(buf []byte, key string) []byte
	put func(buf []byte, key string, value []byte) []byte
	// reply reads one reply. A value that it returns is not used again by it.
	reply func(r *bufio.Reader) (value []byte, err error)
	// alone has each request leave with a write of its own.
	alone bool
}

// refusal is a reply that says no: the connection goes on.
type refusal string

func (r refusal) Error() string { return "the server says: " + string(r) }

// MaxCallers is how many calls may be under way on a Conn of this package.
const MaxCallers = 1024

var (
	errClosed = errors.New("connection is closed")
	errMany   = errors.New("too many calls at a time on one connection")
)

// pipeline is a connection whose server answers in the order of the requests.
// Safe for concurrent use.
type pipeline struct {
	nc      net.Conn
	p       protocol
	waiting chan *waiter   // in the order of their requests
	reader  sync.WaitGroup // readAll

	mu struct {
		sync.Mutex
		buf, spare []byte // requests that wait to be written; the other buffer
		leading    bool   // somebody writes, and will look at buf again
		err        error  // set once: nothing is sent any more
	}
}

// waiter waits for one reply.
type waiter struct {
	value []byte
	err   error
	ready chan struct{}
}

var waiters = sync.Pool{New: func() any { return &waiter{ready: make(chan struct{}, 1)} }}

// dial connects to addr. When ctx ends the connection is closed.
func dial(ctx context.Context, h Host, addr string, p protocol) (*pipeline, error) {
	nc, err := h.dial(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &pipeline{nc: nc, p: p, waiting: make(chan *waiter, MaxCallers)}
	c.reader.Go(func() {
		defer context.AfterFunc(ctx, func() { c.fail(ctx.Err()) })()
		c.readAll()
	})
	return c, nil
}

// Get implements Conn.
func (c *pipeline) Get(_ context.Context, key string) ([]byte, error) {
	return c.call(func(buf []byte) []byte { return c.p.get(buf, key) })
}

// Put implements Conn.
func (c *pipeline) Put(_ context.Context, key string, value []byte) error {
	_, err := c.call(func(buf []byte) []byte { return c.p.put(buf, key, value) })
	return err
}

// Close ends the connection, and the calls under way.
func (c *pipeline) Close() error {
	c.fail(errClosed)
	c.reader.Wait()
	return nil
}

// call sends what request appends and waits for the reply.
func (c *pipeline) call(request func(buf []byte) []byte) ([]byte, error) {
	w := waiters.Get().(*waiter)
	others, lead, err := c.append(w, request)
	if err != nil {
		return nil, err
	}
	if lead {
		if others && !c.p.alone {
			// As pikv's client: callers whose replies came together with
			// this one's are about to send, too.
			runtime.Gosched()
		}
		c.flush()
	}
	<-w.ready
	value, err := w.value, w.err
	w.value, w.err = nil, nil
	waiters.Put(w)
	return value, err
}

// append adds a request to those that wait; lead is true if nobody is there who
// writes them.
func (c *pipeline) append(w *waiter, request func(buf []byte) []byte) (others, lead bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		return false, false, c.mu.err
	}
	others = len(c.waiting) > 0
	select {
	case c.waiting <- w:
	default:
		return false, false, errMany
	}
	c.mu.buf = request(c.mu.buf)
	if c.p.alone {
		c.writeLocked()
		return false, false, nil
	}
	lead = !c.mu.leading
	c.mu.leading = true
	return others, lead, nil
}

// writeLocked writes the only request that waits.
func (c *pipeline) writeLocked() {
	_, err := c.nc.Write(c.mu.buf)
	c.mu.buf = c.mu.buf[:0]
	if err != nil {
		c.failLocked(err)
	}
}

// flush writes until nothing waits.
func (c *pipeline) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.mu.buf) > 0 && c.mu.err == nil {
		buf := c.mu.buf
		c.mu.buf = c.mu.spare[:0]
		c.mu.Unlock()
		_, err := c.nc.Write(buf)
		c.mu.Lock()
		c.mu.spare = buf
		if err != nil {
			c.failLocked(err)
		}
	}
	c.mu.leading = false
}

// readAll hands out replies until the connection ends, and then the error that
// ended it.
func (c *pipeline) readAll() {
	r := bufio.NewReaderSize(c.nc, 64<<10)
	for {
		// A server does not speak unasked; so there is somebody to hand
		// an error to, or nobody wants to know.
		value, err := c.p.reply(r)
		var no refusal
		if err != nil && !errors.As(err, &no) && !errors.Is(err, errMissing) {
			c.fail(err)
			break
		}
		select {
		case w := <-c.waiting:
			w.value, w.err = value, err
			w.ready <- struct{}{}
		default:
			c.fail(errors.New("a reply that nobody asked for"))
		}
	}
	c.mu.Lock()
	err := c.mu.err
	c.mu.Unlock()
	for {
		select {
		case w := <-c.waiting: // nobody joins them after fail
			w.err = err
			w.ready <- struct{}{}
		default:
			return
		}
	}
}

// fail ends the connection; only the first reason counts.
func (c *pipeline) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(err)
}

func (c *pipeline) failLocked(err error) {
	if c.mu.err == nil {
		c.mu.err = fmt.Errorf("the connection ended: %w", err)
		c.nc.Close()
	}
}
