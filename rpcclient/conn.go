package rpcclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/rpcconn"
	"pikv/socket"
	"pikv/wire"
)

const (
	// lastID is where a connection retires, long before message ids, which
	// are 32 bits, come round again.
	lastID = 1 << 31
	// growth is the FrameReader's: a megabyte is copied in small part only, and a
	// node that lies costs its client little.
	growth = 16
	// copyReply is the size up to which a reply is copied out of the read
	// buffer, which is then used again; a larger one keeps its buffer.
	copyReply = 4 << 10
)

// Conn is one connection, over which any number of calls go at once. Safe for
// concurrent use.
type Conn struct {
	addr    string
	nc      net.Conn
	in      io.Reader // of nc
	cfg     Config
	out     *rpcconn.Outbox
	done    chan struct{}
	over    atomic.Bool // dead or retired: no new calls
	crowded atomic.Bool // see Crowded; under mu where it is set
	birth   time.Time
	heard   atomic.Int64   // nanoseconds from birth to the last bytes that arrived
	wg      sync.WaitGroup // watchman, writer and look
	wake    chan struct{}  // one token: it is the watchman's turn again
	reading

	mu struct {
		sync.Mutex
		turns
		next    uint32
		lastID  uint32
		waiters map[uint32]*waiter // by message id, nil when dead
		open    int                // requests without a reply, those included that nobody waits for any more
		retired bool
		err     error       // why it is dead
		timer   *time.Timer // runs look; nil before the first begun call
		watched bool        // timer runs
		seen    uint32      // begun calls below this one were there at the last look
		looks   int         // at which replies arrived, since spared was set
		spared  uint32      // begun calls below this one were there mostSpared looks ago
	}
}

// Dial connects to addr (host:port). Its errors wrap ErrNotSent. The caller
// closes the connection.
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()
	nc, err := cfg.Dialer(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w: %w", addr, ErrNotSent, err)
	}
	if err := socket.DetectDeadPeer(nc, cfg.DeadPeer); err != nil {
		cfg.Log.Debug("set keepalive", zap.String("addr", addr), zap.Error(err))
	}
	c := &Conn{addr: addr, nc: nc, in: socket.NewReader(nc), cfg: cfg, done: make(chan struct{}), wake: make(chan struct{}, 1), birth: time.Now()}
	c.mu.waiters = make(map[uint32]*waiter)
	c.mu.lastID = lastID
	c.out = rpcconn.New(nc, rpcconn.Config{
		Limit:        cfg.MaxOut,
		WriteTimeout: cfg.WriteTimeout,
		Large:        cfg.large,
		Bursts:       cfg.Bursts,
		Failed:       c.fail,
	})
	c.frames = wire.NewFrameReader(c, cfg.Limits, nil)
	c.frames.Resume, c.frames.Lend, c.frames.Growth, c.frames.Reuse = true, true, growth, c.roomFor
	threshold := socket.NewThreshold(nc)
	c.frames.BeforeRead = func(_ int64, missing int) {
		c.endBurst()
		threshold.Expect(missing)
	}
	c.wg.Go(c.out.Run)
	c.wg.Go(c.watchman)
	return c, nil
}

// Addr is the address that was dialled.
func (c *Conn) Addr() string { return c.addr }

// Done is closed when the connection is dead.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Usable reports whether the connection takes calls: false when it is dead, or
// about to be because the other side is shutting down or the message ids run
// out.
func (c *Conn) Usable() bool { return !c.over.Load() }

// Full reports whether TryNotify would fail, and Notify wait, for want of room.
func (c *Conn) Full() bool { return c.out.Full() }

// Pace limits what is sent, in bytes per second, see socket.Pace.
func (c *Conn) Pace(bytesPerSecond int64) error { return socket.Pace(c.nc, bytesPerSecond) }

// Silence is the time since bytes last came from the other side.
func (c *Conn) Silence() time.Duration {
	return time.Since(c.birth) - time.Duration(c.heard.Load())
}

// Close ends the connection and the calls in flight, and waits for its
// goroutines. It may be called again.
func (c *Conn) Close() error {
	c.end()
	return nil
}

func (c *Conn) end() {
	c.fail(errClosed)
	c.wg.Wait()
}

// fail ends the connection because of err. Only the first time counts.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.mu.err = err
	waiters, open := c.mu.waiters, c.mu.open
	c.mu.waiters = nil
	if c.mu.timer != nil {
		c.mu.timer.Stop()
	}
	c.mu.Unlock()
	c.over.Store(true)
	c.out.Abort() // before anyone asks what was sent
	if nc, ok := c.nc.(interface{ SetLinger(sec int) error }); ok && open > 0 {
		// What the kernel still keeps of a request that was given up must
		// not arrive later, perhaps after its repetition elsewhere. That it
		// fails on a dead connection is no matter.
		_ = nc.SetLinger(0)
	}
	c.nc.Close()
	for _, w := range waiters {
		if w.to != nil {
			w.lose(c, err)
		} else {
			w.ready <- struct{}{}
		}
	}
	close(c.done)
	c.cfg.Log.Debug("connection ends", zap.String("addr", c.addr), zap.Int("calls", len(waiters)), zap.Error(err))
}

// retire lets the calls in flight end, takes no others, and then ends the
// connection.
func (c *Conn) retire() {
	c.over.Store(true)
	c.mu.Lock()
	c.mu.retired = true
	last := len(c.mu.waiters) == 0
	c.mu.Unlock()
	if last {
		c.fail(errRetired)
	}
}

// Read reads from the connection for the frame reader.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if n > 0 {
		c.heard.Store(int64(time.Since(c.birth)))
	}
	return n, err
}

// beginBurst gathers what receivers send until the reader waits.
func (c *Conn) beginBurst() {
	if !c.burst {
		c.burst = true
		c.cfg.Bursts.Begin()
	}
}

// endBurst is called when the reader is about to wait.
func (c *Conn) endBurst() {
	if c.burst {
		c.burst = false
		c.cfg.Bursts.End()
	}
}

// deliver hands a reply to whoever waits for it and returns the frame's bytes
// if they may be used again. Notifications are ignored, as the specification
// asks of messages that nobody handles.
func (c *Conn) deliver(frame []byte) (reuse []byte, err error) {
	m, err := wire.ParseMessage(frame)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errProtocol, err)
	}
	switch m.Kind {
	case wire.Response:
	case wire.Notify:
		return reusable(frame), nil
	default:
		return nil, fmt.Errorf("%w: request to a client", errProtocol)
	}
	w, asked := c.take(m.ID)
	if !asked {
		return nil, fmt.Errorf("%w: reply to a request never sent", errProtocol)
	}
	if w == nil {
		return reusable(frame), nil // too late
	}
	if w.to != nil {
		c.beginBurst()
		c.receive(w, m)
		return reusable(frame), nil
	}
	w.reply, w.failed = m.Result, m.Err != nil
	if w.failed {
		w.reply = m.Err
	}
	if len(frame) <= copyReply || c.frames.Lent() {
		w.reply, reuse = bytes.Clone(w.reply), frame
	} else if w.room != nil {
		w.room.buf = frame
	}
	c.answered = true
	w.ready <- struct{}{}
	return reuse, nil
}

// reusable is the room of a frame that nobody needs, for the next one; nil for a large
// one, which must not stay for as long as the connection lives.
func reusable(frame []byte) []byte {
	if cap(frame) > copyReply {
		return nil
	}
	return frame
}
