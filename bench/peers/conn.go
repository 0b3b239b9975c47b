package peers

import (
	"context"
	"errors"
	"sync"

	"pikv/client"
)

// Conn is one connection to a server. Safe for concurrent use.
type Conn interface {
	// Get returns a value that belongs to the caller; errMissing when there
	// is none.
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
	Close() error
}

var (
	_ Conn = (*pipeline)(nil)
	_ Conn = pikvConn{}
)

// errMissing says that a key is not there: the load is broken, or the server
// has forgotten it.
var errMissing = errors.New("the key is not there")

// Pikv is the Conn of pikv's own client, which keeps one connection to each
// worker.
func Pikv(c *client.Client) Conn { return pikvConn{c} }

type pikvConn struct{ c *client.Client }

func (p pikvConn) Get(ctx context.Context, key string) ([]byte, error) { return p.c.Get(ctx, key) }

// PikvInto is Pikv for one caller, who reads a value over the last one. Others
// wait their turn.
func PikvInto(c *client.Client) Conn { return &pikvInto{pikvConn: pikvConn{c}} }

type pikvInto struct {
	pikvConn
	mu  sync.Mutex
	buf client.Buffer
}

// Get implements Conn, but for whom the value belongs to: the next Get overwrites it.
func (p *pikvInto) Get(ctx context.Context, key string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.c.GetInto(ctx, key, &p.buf)
}

func (p pikvConn) Put(ctx context.Context, key string, value []byte) error {
	_, err := p.c.Put(ctx, key, value)
	return err
}

func (p pikvConn) Close() error { return p.c.Close() }
