package rpcclient_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// BenchmarkGet measures calls over one connection with values of 128 bytes,
// answered on the server's reader, as a worker answers Get. Allocations are
// those of both ends.
func BenchmarkGet(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			benchCallers(b, callers, wire.MethodGet, func(buf []byte) []byte {
				return wire.AppendGet(buf, []byte("a key of16 bytes"), wire.Options{})
			}, func(d *wire.Decoder) error {
				_, _, err := wire.DecodeGetResult(d)
				return err
			})
		})
	}
}

// BenchmarkPut is BenchmarkGet for Put, answered from another goroutine, as a
// worker answers a write that its backups have taken.
func BenchmarkPut(b *testing.B) {
	value := make([]byte, 128)
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			benchCallers(b, callers, wire.MethodPut, func(buf []byte) []byte {
				return wire.AppendPut(buf, []byte("a key of16 bytes"), value, wire.Options{})
			}, func(d *wire.Decoder) error {
				d.Uint()
				return d.Err()
			})
		})
	}
}

func benchCallers(b *testing.B, callers int, method string, params func([]byte) []byte, result func(*wire.Decoder) error) {
	value := make([]byte, 128)
	later := make(chan *rpcserver.Call, 1024)
	s := rpcserver.New(rpcserver.Config{})
	s.Handle(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
		if _, _, err := wire.DecodeGet(c.Params); err != nil {
			c.Fail(err)
			return
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, true) })
	})
	s.Handle(wire.MethodPut, func(_ context.Context, c *rpcserver.Call) { later <- c })
	var replier sync.WaitGroup
	replier.Go(func() {
		for c := range later {
			if _, _, _, err := wire.DecodePut(c.Params); err != nil {
				c.Fail(err)
				continue
			}
			c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, 1<<40) })
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s.Start(ln)
	ctx := context.Background()
	conn, err := rpcclient.Dial(ctx, ln.Addr().String(), rpcclient.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			b.Error(err)
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			b.Error(err)
		}
		close(later)
		replier.Wait()
	}()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := conn.Call(ctx, method, params, result); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
