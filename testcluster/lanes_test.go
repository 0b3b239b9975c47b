package testcluster_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

// tap is a dialer that looks at what comes over each of its connections.
type tap struct {
	mu    sync.Mutex
	conns []*tapped
}

type tapped struct {
	net.Conn

	mu      sync.Mutex
	said    []byte // the first bytes that were sent
	partial []byte // of a message that has not arrived yet
	bytes   int    // that arrived
	largest int    // message that arrived whole
}

func (t *tap) dial(ctx context.Context, addr string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &tapped{Conn: nc}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, c)
	return c, nil
}

func (c *tapped) Write(p []byte) (int, error) {
	c.mu.Lock()
	if c.said == nil {
		c.said = slices.Clone(p[:min(len(p), 16)])
	}
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += n
	if !c.sharedLocked() {
		return n, err
	}
	c.partial = append(c.partial, p[:n]...)
	for {
		d := wire.NewDecoder(c.partial)
		message := d.Raw()
		if d.Err() != nil {
			break
		}
		c.largest = max(c.largest, len(message))
		c.partial = c.partial[len(message):]
	}
	c.largest = max(c.largest, len(c.partial))
	return n, err
}

// sharedLocked reports whether the connection has said that it is for small messages.
func (c *tapped) sharedLocked() bool { return bytes.Contains(c.said, []byte(wire.MethodAtMost)) }

// arrived returns the largest message on the shared connections, how many bytes
// came over the others, and how many are shared.
func (t *tap) arrived() (largest, elsewhere, shared int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		c.mu.Lock()
		if c.sharedLocked() {
			shared++
			largest = max(largest, c.largest)
		} else {
			elsewhere += c.bytes
		}
		c.mu.Unlock()
	}
	return largest, elsewhere, shared
}

// No large value ever comes over the connection that small calls share: not when
// the client reads its key for the first time, nor when it knows more such keys
// than it remembers, nor among others of a batch, nor through the master.
func TestLargeValuesStayOffTheSharedConnection(t *testing.T) {
	beside(t)
	const (
		many, some = 2000, 200
		size       = wire.SmallValue + 1
		header     = 64
	)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 1, MaxMemory: 256 << 20})
	fill := c.Client(client.WithTimeout(c.Patience()))
	keys := keysOf("large-", many)
	valueOf := func(key string) []byte { return append(make([]byte, size-len(key)), key...) }
	side(t, keys, func(key string) error {
		_, err := fill.Put(t.Context(), key, valueOf(key))
		return err
	})
	smalls := keysOf("small-", 20)
	for _, key := range smalls {
		_, err := fill.Put(t.Context(), key, []byte(key))
		require.NoError(t, err)
	}
	check := func(key string, got []byte, err error) error {
		if err == nil && !bytes.Equal(got, valueOf(key)) {
			err = fmt.Errorf("%s: a wrong value of %d bytes", key, len(got))
		}
		return err
	}
	for way, options := range map[string][]client.Option{"direct": nil, "through the master": {client.WithProxy()}} {
		for name, read := range map[string]struct {
			keys   []string
			around int // bytes around the values of one answer
			read   func(cl *client.Client, keys []string)
		}{
			"Get": {keys, header, func(cl *client.Client, keys []string) {
				side(t, keys, func(key string) error {
					got, err := cl.Get(t.Context(), key)
					return check(key, got, err)
				})
			}},
			"GetVersion": {keys[:some], header, func(cl *client.Client, keys []string) {
				side(t, keys, func(key string) error {
					got, version, err := cl.GetVersion(t.Context(), key)
					if err == nil && version == 0 {
						err = fmt.Errorf("%s: no version", key)
					}
					return check(key, got, err)
				})
			}},
			"MGet": {keys[:some], 100 * header, func(cl *client.Client, keys []string) {
				for batch := range slices.Chunk(keys, 50) {
					got, err := cl.MGet(t.Context(), append(slices.Clip(batch), smalls...))
					require.NoError(t, err)
					for i, key := range batch {
						require.NoError(t, check(key, got[i].Value, nil))
					}
					for i, key := range smalls {
						require.Equal(t, key, string(got[len(batch)+i].Value))
					}
				}
			}},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				var seen tap
				patient := []client.Option{client.WithTimeout(c.Patience()), client.WithDialTimeout(c.Patience()), client.WithDialer(seen.dial)}
				cl := c.Client(append(patient, options...)...)
				stop, stopped := make(chan struct{}), make(chan error, 1)
				go func() { stopped <- readOn(t.Context(), cl, smalls, stop) }()
				read.read(cl, read.keys)
				close(stop)
				require.NoError(t, <-stopped)
				largest, elsewhere, shared := seen.arrived()
				require.NotZero(t, shared)
				require.LessOrEqual(t, largest, wire.SmallValue+read.around, "a message on a shared connection")
				require.GreaterOrEqual(t, elsewhere, len(read.keys)*size)
				require.Less(t, elsewhere, 2*len(read.keys)*size, "each came once")
			})
		}
	}
}

// readOn reads small values, one after the other, until stop.
func readOn(ctx context.Context, cl *client.Client, keys []string, stop <-chan struct{}) error {
	for {
		for _, key := range keys {
			if got, err := cl.Get(ctx, key); err != nil || string(got) != key {
				return fmt.Errorf("read %s: %q, %w", key, got, err)
			}
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

// side does something to all keys, eight at a time.
func side(t *testing.T, keys []string, do func(key string) error) {
	t.Helper()
	next := make(chan string)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for key := range next {
				if err := do(key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, key := range keys {
		next <- key
	}
	close(next)
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func keysOf(prefix string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(prefix, i)
	}
	return keys
}
