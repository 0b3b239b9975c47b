package worker

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// A read makes no garbage from the socket to the store and back, nor does a read
// that is refused for being large.
func TestAGetMakesNoGarbage(t *testing.T) {
	w, conn := owner(t, Config{MaxMemory: 64 << 20})
	small, large := []byte("small"), []byte("large")
	put(t, conn, small, 128)
	put(t, conn, large, 100<<10)
	nc, err := net.Dial("tcp", w.addr)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(2*patience)))
	_, err = nc.Write(wire.AppendAtMost(wire.AppendNotify(nil, wire.MethodAtMost), wire.SmallValue))
	require.NoError(t, err)
	frames := wire.NewFrameReader(nc, wire.DefaultLimits(), nil)
	const n = 1000
	for name, c := range map[string]struct {
		key []byte
		o   wire.Options
	}{
		"Get":          {key: small},
		"with version": {key: small, o: wire.Options{WithVersion: true}},
		"with left":    {key: small, o: wire.Options{WithLeft: true}},
		"no such key":  {key: []byte("none")},
		"too large":    {key: large},
	} {
		request := wire.AppendGet(wire.AppendRequest(nil, 1, wire.MethodGet), c.key, c.o)
		_, err := nc.Write(request)
		require.NoError(t, err)
		first, _, err := frames.ReadFrame(nil)
		require.NoError(t, err)
		requests, replies := bytes.Repeat(request, n), make([]byte, n*len(first))
		fewest := uint64(1 << 62)
		for range 6 { // others make garbage, too, from time to time
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = nc.Write(requests)
			require.NoError(t, err)
			_, err = io.ReadFull(nc, replies)
			require.NoError(t, err)
			runtime.ReadMemStats(&after)
			fewest = min(fewest, after.Mallocs-before.Mallocs)
		}
		if got := float64(fewest) / n; got > 0.1 && !raceEnabled {
			t.Errorf("%s: %.2f allocations", name, got)
		}
		require.Equal(t, first, replies[len(replies)-len(first):], name)
	}
}

// What a handler does for a small read under the partition's lock, and before and behind
// that but for the connection, makes none at all: no socket and no pool blurs it here.
func TestASmallReadAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates on its own account")
	}
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	key, value := []byte("key"), bytes.Repeat([]byte{7}, 128)
	p, err := w.find(key)
	require.NoError(t, err)
	_, stored := w.putAtOnce(p, w.now(), key, value, &wire.Options{}, 0)
	require.True(t, stored)
	params, result := wire.AppendGet(nil, key, wire.Options{}), make([]byte, 0, 256)
	failed := 0
	read := func() {
		key, o, err := wire.DecodeGet(params)
		if err != nil {
			failed++
			return
		}
		p, err := w.find(key)
		if err != nil {
			failed++
			return
		}
		p.mu.Lock()
		defer p.unlock()
		item, found, ok := p.core.Get(w.now(), key, placement.Epoch(o.Epoch))
		if !found || !ok {
			failed++
		}
		w.countLocked(p, reading, key)
		result = wire.AppendGetResult(result[:0], item.Value, found)
	}
	const reads = 10_000
	fewest := float64(reads)
	for range 5 { // what other tests have left may still end
		// One run: the mean of many is cut to an integer.
		fewest = min(fewest, testing.AllocsPerRun(1, func() {
			for range reads {
				read()
			}
		}))
	}
	require.Zero(t, failed)
	require.Equal(t, wire.AppendGetResult(nil, value, true), result)
	require.Zero(t, fewest, "allocations of %d reads", reads)
}

// Nor does a write of which there is one copy, whether it has a name or not.
func TestAPutMakesNoGarbage(t *testing.T) {
	w, _ := owner(t, Config{MaxMemory: 64 << 20})
	nc, err := net.Dial("tcp", w.addr)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(2*patience)))
	frames := wire.NewFrameReader(nc, wire.DefaultLimits(), nil)
	reply := make([]byte, 0, 64)
	value := make([]byte, 128)
	const n, rounds = 1000, 6
	for name, client := range map[string]uint64{"named": 7, "without a name": 0} {
		fewest := uint64(1 << 62)
		for round := range rounds {
			var requests []byte
			for i := range n {
				o := wire.Options{Client: client}
				if client != 0 {
					o.Seq = uint64(round*n + i + 1)
					o.Finished = o.Seq
				}
				requests = wire.AppendPut(wire.AppendRequest(requests, 1, wire.MethodPut), []byte("key"), value, o)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = nc.Write(requests)
			require.NoError(t, err)
			for range n {
				frame, _, err := frames.ReadFrame(reply)
				require.NoError(t, err)
				m, err := wire.ParseMessage(frame)
				require.NoError(t, err)
				require.Nil(t, m.Err)
			}
			runtime.ReadMemStats(&after)
			fewest = min(fewest, after.Mallocs-before.Mallocs)
		}
		if got := float64(fewest) / n; got > 0.1 && !raceEnabled {
			t.Errorf("%s: %.2f allocations", name, got)
		}
	}
}
