package rpcserver

import (
	"time"

	"go.uber.org/zap"

	"pikv/rpcconn"
	"pikv/socket"
	"pikv/wire"
)

// Config bounds a Server. A zero field means the default, see DefaultConfig.
type Config struct {
	// Limits bound a request. Limits.Frame is lowered to what Budget can
	// ever grant, so that a larger request is refused for good.
	Limits wire.Limits
	// MaxConns bounds open connections, those of peers aside. A surplus one
	// has its first request answered with CodeBusy, and is closed.
	MaxConns int
	// MaxPeers bounds the connections of peers, see Server.HandleHello, which
	// have room even when others have taken all of MaxConns and Budget.
	MaxPeers int
	// PeerFrame bounds a message of a peer, in bytes. It is lowered to what
	// PeerBudget can ever grant.
	PeerFrame int
	// PeerBudget is for peers what Budget is for all others.
	PeerBudget *wire.Budget
	// MaxCallsPerConn bounds calls in flight on one connection, which is
	// not read while it has so many.
	MaxCallsPerConn int
	// MaxSlowCalls bounds the goroutines of HandleSlow over all
	// connections; HandleMany has half of them at most. A call beyond is
	// answered with CodeBusy.
	MaxSlowCalls int
	// Budget bounds the bytes of requests and replies in flight over all
	// connections, small ones aside. A request beyond is answered with
	// CodeBusy; a notification beyond ends its connection. It may be shared
	// with others.
	Budget *wire.Budget
	// Bursts are those of this server's connections. It may be shared with
	// other senders of the node, whose frames then leave at a burst's end.
	Bursts *rpcconn.Bursts
	// Clock is read when requests have arrived, once for those of a burst; see
	// Call.Arrived. It may be nil.
	Clock func() int64
	// FrameTimeout bounds the time from a frame's first byte to its last.
	// Between frames a connection may be silent for ever.
	FrameTimeout time.Duration
	// WriteTimeout closes a connection whose peer takes no byte of its
	// replies for so long, or less than LeastRate bytes a second.
	WriteTimeout time.Duration
	LeastRate    int64
	// MaxOut is the number of reply bytes waiting on one connection from
	// which on it is not read.
	MaxOut int64
	// Linger is how long Close waits on a connection that its client keeps
	// open, and answers new calls with CodeShuttingDown, so that the client
	// learns of the end by an answer and not by a broken connection.
	Linger time.Duration
	// DeadPeer is the time after which the kernel gives up a peer that has
	// gone without a word.
	DeadPeer time.Duration
	// Log gets panics and failures to accept as errors, a warning of clients that
	// take too little, and connections closed for what came from them at debug level.
	Log *zap.Logger
}

// DefaultConfig returns the defaults, with the reason for each.
func DefaultConfig() Config {
	limits := wire.DefaultLimits()
	return Config{
		Limits:          limits,
		MaxConns:        1024,                                    // a hundred nodes and several hundred programs, 32 MiB of buffers
		MaxPeers:        384,                                     // three of each of a hundred nodes, and some that have just died
		PeerFrame:       limits.Frame,                            // a peer takes larger values than this node does at most so far
		PeerBudget:      wire.NewBudget(2 * int64(limits.Frame)), // the largest value from two peers at once
		MaxCallsPerConn: 512,                                     // a busy proxy or client multiplexes a few hundred
		MaxSlowCalls:    2048,                                    // two long polls per connection; a parked goroutine costs some KiB
		Budget:          wire.NewBudget(2 * int64(limits.Frame)), // the largest value in and out at once
		FrameTimeout:    time.Minute,                             // the largest value over 10 Mbit/s of Wi-Fi
		WriteTimeout:    15 * time.Second,                        // longer than any pause of a live peer worth waiting for
		LeastRate:       socket.LeastRate,                        // the same at both doors
		MaxOut:          1 << 20,                                 // fills a 100 Mbit/s link for 80 ms
		Linger:          250 * time.Millisecond,                  // a busy client sends something in that time
		DeadPeer:        15 * time.Second,                        // as WriteTimeout
		Log:             zap.NewNop(),
	}
}

// peerLimits are Limits for what comes from peers.
func (c Config) peerLimits() wire.Limits {
	l := c.Limits
	l.Frame = c.PeerFrame
	return l
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	fill(&c.Limits.Key, d.Limits.Key)
	fill(&c.Limits.Value, d.Limits.Value)
	fill(&c.Limits.Frame, d.Limits.Frame)
	fill(&c.Limits.Depth, d.Limits.Depth)
	fill(&c.Limits.Elements, d.Limits.Elements)
	fill(&c.MaxConns, d.MaxConns)
	fill(&c.MaxPeers, d.MaxPeers)
	fill(&c.PeerFrame, max(d.PeerFrame, c.Limits.Frame))
	fill(&c.PeerBudget, wire.NewBudget(2*int64(c.PeerFrame)))
	fill(&c.MaxCallsPerConn, d.MaxCallsPerConn)
	fill(&c.MaxSlowCalls, d.MaxSlowCalls)
	fill(&c.Budget, d.Budget)
	fill(&c.Bursts, new(rpcconn.Bursts))
	fill(&c.FrameTimeout, d.FrameTimeout)
	fill(&c.WriteTimeout, d.WriteTimeout)
	fill(&c.LeastRate, d.LeastRate)
	fill(&c.MaxOut, d.MaxOut)
	fill(&c.Linger, d.Linger)
	fill(&c.DeadPeer, d.DeadPeer)
	fill(&c.Log, d.Log)
	c.Limits.Frame = int(min(int64(c.Limits.Frame), c.Budget.Limit()))
	c.PeerFrame = int(min(int64(c.PeerFrame), c.PeerBudget.Limit()))
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
