package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/wire"
)

// Nodes with one processor, and a client with one, get along: no call waits for
// another that cannot go on before it, while values of a megabyte, and of the largest
// size that there is, come and go over the same client.
func TestOneProcessor(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d replicas", replicas), func(t *testing.T) { oneProcessor(t, replicas) })
	}
}

func oneProcessor(t *testing.T, replicas int) {
	one := append([]string{"GOMAXPROCS=1"}, onLoopback...)
	m := pikvd(t, append(one, "PIKV_ROLE=master", "PIKV_NAME=m", fmt.Sprint("PIKV_REPLICAS=", replicas), "PIKV_DATA_DIR="+t.TempDir()), "start")
	ready := m.line(t, "ready ")
	for i := range replicas {
		w := pikvd(t, append(one, "PIKV_ROLE=worker", fmt.Sprint("PIKV_NAME=w", i), "PIKV_MAX_MEMORY=512MiB", "PIKV_JOIN="+field(t, ready, "gossip")), "start")
		w.line(t, "ready ")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second) // pikvd gives its processes a minute
	defer cancel()
	newClient := func() *client.Client {
		cl, err := client.New(ctx, []string{field(t, ready, "rpc")})
		require.NoError(t, err)
		t.Cleanup(func() { _ = cl.Close() })
		return cl
	}
	shared := newClient()
	require.Eventually(t, func() bool {
		st, err := shared.Status(ctx)
		return err == nil && st.Partitions > 0 && st.Synced == st.Partitions
	}, 30*time.Second, 10*time.Millisecond)
	largest := bytes.Repeat([]byte("large..."), wire.DefaultLimits().Value/8)
	if raceEnabled { // it looks at every byte of a copy, and lets nobody else run meanwhile: nodes seem dead
		largest = largest[:4<<20]
	}
	var stream sync.WaitGroup
	var streamed atomic.Int64
	enough := make(chan struct{})
	stream.Go(func() {
		for {
			for _, value := range [][]byte{largest[:1_000_000], largest} {
				_, err := shared.Put(ctx, "large", value)
				var got []byte
				if err == nil {
					got, err = shared.Get(ctx, "large")
				}
				if err != nil || !bytes.Equal(got, value) {
					t.Errorf("large value %d: %d bytes, want %d, %v", streamed.Load(), len(got), len(value), err)
					return
				}
				streamed.Add(1)
			}
			select {
			case <-enough:
				return
			default:
			}
		}
	})
	for _, c := range []struct {
		name            string
		callers, rounds int
		own             bool // a client each
	}{{"one caller", 1, 300, false}, {"64 callers", 64, 30, false}, {"16 clients", 16, 30, true}} {
		began, before := time.Now(), streamed.Load()
		var callers sync.WaitGroup
		for i := range c.callers {
			cl := shared
			if c.own {
				cl = newClient()
			}
			callers.Go(func() {
				key := fmt.Sprint(c.name, i)
				// One of each size at least comes and goes meanwhile.
				for round := 0; round < c.rounds || streamed.Load() < before+2 && !t.Failed(); round++ {
					want := fmt.Sprint(round)
					_, err := cl.Put(ctx, key, []byte(want))
					var got []byte
					if err == nil {
						got, err = cl.Get(ctx, key)
					}
					if err != nil || string(got) != want {
						t.Errorf("%s, %d: %q, %v", key, round, got, err)
						return
					}
				}
			})
		}
		callers.Wait()
		t.Logf("%s: %v, %d large values meanwhile", c.name, time.Since(began), streamed.Load()-before)
	}
	close(enough)
	stream.Wait()
}
