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
)

// A node with one processor, and a client with one, get along: no call waits for
// another that cannot go on before it, while values of 16 MB come and go over the same
// client.
func TestOneProcessor(t *testing.T) {
	one := append([]string{"GOMAXPROCS=1"}, onLoopback...)
	m := pikvd(t, append(one, "PIKV_ROLE=master", "PIKV_NAME=m", "PIKV_REPLICAS=1", "PIKV_DATA_DIR="+t.TempDir()), "start")
	ready := m.line(t, "ready ")
	w := pikvd(t, append(one, "PIKV_ROLE=worker", "PIKV_NAME=w", "PIKV_MAX_MEMORY=256MiB", "PIKV_JOIN="+field(t, ready, "gossip")), "start")
	w.line(t, "ready ")
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
	require.Eventually(t, func() bool { _, err := shared.Put(ctx, "k", []byte("v")); return err == nil }, 30*time.Second, 10*time.Millisecond)
	largeValue := bytes.Repeat([]byte("large"), 16_000_000/5)
	var stream sync.WaitGroup
	var streamed atomic.Int64
	enough := make(chan struct{})
	stream.Go(func() {
		for {
			_, err := shared.Put(ctx, "large", largeValue)
			var got []byte
			if err == nil {
				got, err = shared.Get(ctx, "large")
			}
			if err != nil || !bytes.Equal(got, largeValue) {
				t.Errorf("large value %d: %d bytes, %v", streamed.Load(), len(got), err)
				return
			}
			streamed.Add(1)
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
				for round := range c.rounds {
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
