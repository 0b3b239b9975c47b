package rpcclient

import (
	"context"
	"net"
	"time"

	"go.uber.org/zap"

	"pikv/rpcconn"
	"pikv/wire"
)

// Dialer opens a connection to addr (host:port).
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// Config is how connections are made and bounded. A zero field means the
// default, see DefaultConfig.
type Config struct {
	// Dialer opens connections; the default one speaks TCP.
	Dialer Dialer
	// DialTimeout bounds one dial, beside the caller's ctx.
	DialTimeout time.Duration
	// Limits bound a reply.
	Limits wire.Limits
	// MaxOut is the number of request bytes waiting on one connection from
	// which on calls wait for room.
	MaxOut int64
	// WriteTimeout ends a connection whose other side takes no byte of its
	// requests for so long.
	WriteTimeout time.Duration
	// DeadPeer is the time after which the kernel gives up a peer that has
	// gone without a word. Calls in flight fail then, if their ctx has not
	// ended before.
	DeadPeer time.Duration
	// Patience is for how long a begun call waits for its reply at least. It waits for
	// twice as long at most where no reply comes, and for 20 times where others do.
	Patience time.Duration
	// AtMost is what connections of a Pool for small messages tell the other side
	// first of all: an answer with more bytes of values is not to come there. 0:
	// nothing is told.
	AtMost int
	// Bursts of the node, with which begun calls leave, and for which the reader's
	// receivers can leave what they send. It may be nil.
	Bursts *rpcconn.Bursts
	// Log gets the reasons for which connections end, at debug level.
	Log *zap.Logger

	large bool // the connection is for large values
}

// DefaultConfig returns the defaults, with the reason for each.
func DefaultConfig() Config {
	return Config{
		Dialer:       dialTCP,
		DialTimeout:  3 * time.Second, // a lost first packet is sent again after 1 s and 3 s
		Limits:       wire.DefaultLimits(),
		MaxOut:       1 << 20,                // fills a 100 Mbit/s link for 80 ms
		WriteTimeout: 15 * time.Second,       // longer than any pause of a live peer worth waiting for
		DeadPeer:     15 * time.Second,       // as WriteTimeout
		Patience:     100 * time.Millisecond, // long for a small reply, short beside a take-over
		Log:          zap.NewNop(),
	}
}

func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.Dialer == nil {
		c.Dialer = d.Dialer
	}
	fill(&c.DialTimeout, d.DialTimeout)
	fill(&c.Limits.Key, d.Limits.Key)
	fill(&c.Limits.Value, d.Limits.Value)
	fill(&c.Limits.Frame, d.Limits.Frame)
	fill(&c.Limits.Depth, d.Limits.Depth)
	fill(&c.Limits.Elements, d.Limits.Elements)
	fill(&c.MaxOut, d.MaxOut)
	fill(&c.WriteTimeout, d.WriteTimeout)
	fill(&c.DeadPeer, d.DeadPeer)
	fill(&c.Patience, d.Patience)
	fill(&c.Log, d.Log)
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
