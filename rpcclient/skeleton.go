package rpcclient

import (
	"context"
	"errors"
	"net"
	"time"

	"go.uber.org/zap"

	"pikv/wire"
)

// ErrNotSent is wrapped by calls of which certainly no byte left this process: they may be repeated.
var ErrNotSent = errors.New("request not sent")

// ErrBroken is wrapped by calls that were sent, perhaps in part, and whose reply did not come: their fate is unknown.
var ErrBroken = errors.New("connection broke before the reply")

// Dialer opens a connection.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// Config is how connections are made. A zero field means the default.
type Config struct {
	Dialer      Dialer        // nil: TCP with keepalive and TCP_USER_TIMEOUT
	DialTimeout time.Duration // bounds one dial, also when ctx has no deadline
	Limits      wire.Limits   // bound replies
	MaxOut      int64         // request bytes waiting on one connection before calls wait
	Log         *zap.Logger
}

// Conn is one multiplexed connection. Safe for concurrent use.
type Conn struct{}

// Dial connects to addr.
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) { return nil, ErrNotSent }

// Call sends a request and waits for its reply or the end of ctx. params appends exactly one msgpack
// array; nil is []. result reads the reply; nil ignores it; it runs on the caller's goroutine before Call returns,
// and the bytes it sees are its own for ever.
func (c *Conn) Call(ctx context.Context, method string, params func(buf []byte) []byte, result func(d *wire.Decoder) error) error {
	return ErrNotSent
}

// CallBody is Call with bodies encoded by wire.MarshalBody; in nil sends [], out nil ignores the reply.
func (c *Conn) CallBody(ctx context.Context, method string, in, out any) error { return ErrNotSent }

// Notify sends a notification.
func (c *Conn) Notify(ctx context.Context, method string, params func(buf []byte) []byte) error {
	return ErrNotSent
}

// Close closes the connection; calls in flight fail.
func (c *Conn) Close() error { return nil }

// Done is closed when the connection is dead.
func (c *Conn) Done() <-chan struct{} { return nil }

// LastReceived returns when bytes last arrived (monotonic), to judge silence.
func (c *Conn) LastReceived() time.Time { return time.Time{} }

// Pool keeps connections by address. Safe for concurrent use.
type Pool struct{}

// NewPool builds an empty pool.
func NewPool(cfg Config) *Pool { return &Pool{} }

// Get returns the connection for small values to addr, dialled when there is none.
func (p *Pool) Get(ctx context.Context, addr string) (*Conn, error) { return nil, ErrNotSent }

// GetLarge returns the connection for values over 64 KiB to addr.
func (p *Pool) GetLarge(ctx context.Context, addr string) (*Conn, error) { return nil, ErrNotSent }

// Close closes all connections and waits for their goroutines.
func (p *Pool) Close() error { return nil }
