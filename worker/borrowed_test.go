package worker

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/wire"
)

// The keys of a page are encoded after the partition is unlocked: they must not be
// the store's own bytes.
func TestAPageOfKeysIsACopy(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p := &w.table.Load().partitions[0]
	var keys [][]byte
	for i := 0; len(keys) < 50; i++ {
		if key := fmt.Appendf(nil, "key-%08d", i); placement.PartitionOf(key, 16) == p.id {
			keys = append(keys, key)
		}
	}
	fill := func(size int) {
		for _, key := range keys {
			op := replica.Op{Kind: replica.OpPut, Key: key, Value: bytes.Repeat([]byte("w"), size), Tag: ignored{}}
			w.do(p, w.now(), &op)
		}
	}
	fill(100)
	reply, _, ok := w.page(p, &wire.KeysRequest{Limit: 1000})
	require.True(t, ok)
	for round := range 40 {
		fill(101 + round)
	}
	require.ElementsMatch(t, keys, reply.Keys)
}

// A value that lies in a buffer much larger than itself does not keep that.
func TestASmallValueKeepsNoLargeBuffer(t *testing.T) {
	s := rpcserver.New(rpcserver.DefaultConfig())
	s.Handle("Drop", func(_ context.Context, c *rpcserver.Call) { c.Reply(wire.AppendNil) })
	kept := 0
	s.Handle("Keep", func(_ context.Context, c *rpcserver.Call) {
		if give := keep(c, c.Params[len(c.Params)-40<<10:]); give != nil {
			kept = max(kept, cap(c.Params))
			give()
		}
		c.Reply(wire.AppendNil)
	})
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	s.Start(ln)
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	conn, err := rpcclient.Dial(t.Context(), ln.Addr().String(), rpcclient.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	call := func(method string, size int) {
		require.NoError(t, conn.Call(t.Context(), method, func(b []byte) []byte {
			return wire.AppendBin(wire.AppendArrayHeader(b, 1), make([]byte, size))
		}, nil))
	}
	for range 10 {
		call("Drop", 1<<20)
		runtime.Gosched()
		call("Keep", 40<<10)
	}
	require.LessOrEqual(t, kept, 50<<10)
}
