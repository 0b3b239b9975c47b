package master

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// answerGet has h answer reads, or keep silent.
func (w *fakeWorker) answerGet(h rpcserver.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.get = h
}

// A read that is not simply answered becomes the client's, which knows what
// to do: the caller notices nothing.
func TestARelayedReadThatFailsIsMadeAgain(t *testing.T) {
	for name, first := range map[string]func(w *fakeWorker, c *rpcserver.Call){
		"refused": func(_ *fakeWorker, c *rpcserver.Call) { c.Fail(wire.Errorf(wire.CodeBusy, "not now")) },
		"moved": func(w *fakeWorker, c *rpcserver.Call) {
			c.Fail(&wire.Error{Code: wire.CodeMoved, Text: "elsewhere", Owner: w.addr, Epoch: 1})
		},
		"forgotten": func(*fakeWorker, *rpcserver.Call) {}, // nobody ever answers
	} {
		t.Run(name, func(t *testing.T) {
			m := startMaster(t, config(t))
			w := startWorker(t, "w1", m.GossipAddr())
			awaitHeld(t, m, w)
			cl, ctx := proxied(t, m), t.Context()
			_, err := cl.Put(ctx, "k", []byte("v"))
			require.NoError(t, err)
			for range 3 {
				var calls sync.Map
				w.answerGet(func(_ context.Context, c *rpcserver.Call) {
					if _, again := calls.LoadOrStore("k", true); !again {
						first(w, c)
						return
					}
					c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, []byte("second"), true) })
				})
				got, err := cl.Get(ctx, "k")
				require.NoError(t, err)
				require.Equal(t, "second", string(got))
			}
		})
	}
}

// Values of all sizes come through, whichever way they take, by many callers at once.
func TestRelayedReadsOfManyCallers(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	cl, ctx := proxied(t, m), t.Context()
	sizes := []int{0, 1, 128, 5 << 10, 70 << 10, 1 << 20}
	for i, size := range sizes {
		_, err := cl.Put(ctx, fmt.Sprint("k", i), bytes.Repeat([]byte{byte('a' + i)}, size))
		require.NoError(t, err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 60 {
				i := n % len(sizes)
				got, version, err := cl.GetVersion(ctx, fmt.Sprint("k", i))
				if err != nil || version != 42 || !bytes.Equal(got, bytes.Repeat([]byte{byte('a' + i)}, sizes[i])) {
					t.Errorf("k%d: %d bytes, version %d, %v", i, len(got), version, err)
				}
				if _, err := cl.Get(ctx, "none"); !errors.Is(err, client.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// A caller who wants no large value here is told that it is one, and nobody fetches
// it for that.
func TestARelayedReadOfALargeValueIsFetchedOnce(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	value := bytes.Repeat([]byte("v"), wire.SmallValue+1)
	var large, whole atomic.Int64
	w.answerGet(func(_ context.Context, c *rpcserver.Call) {
		if !c.Wants(len(value)) {
			large.Add(1)
			c.Fail(rpcserver.ErrLarge)
			return
		}
		whole.Add(1)
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, true) })
	})
	stranger := rpcclient.NewPool(rpcclient.Config{}) // it takes what comes
	defer stranger.Close()
	conn, err := stranger.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	ask := func() {
		require.NoError(t, conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte {
			return wire.AppendGet(buf, []byte("k"), wire.Options{})
		}, func(d *wire.Decoder) error {
			got, _, err := wire.DecodeGetResult(d)
			require.True(t, bytes.Equal(value, got))
			return err
		}))
	}
	ask()
	cold := large.Load() // 1, but for a machine on which the relay ran out of patience
	require.EqualValues(t, 1, whole.Load())
	ask()
	require.Equal(t, cold, large.Load(), "the master remembers")
	require.EqualValues(t, 2, whole.Load())
	for i := range int64(3) { // clients who do not know the key
		got, err := proxied(t, m).Get(t.Context(), "k")
		require.NoError(t, err)
		require.True(t, bytes.Equal(value, got))
		require.Equal(t, cold, large.Load())
		require.Equal(t, 3+i, whole.Load())
	}
}

// The master does not wait for an owner that is silent longer than it must.
func TestCloseWithRelayedReadsInFlight(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	cl := proxied(t, m)
	asked := make(chan struct{}, 1)
	w.answerGet(func(context.Context, *rpcserver.Call) {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	ended := make(chan error, 1)
	get, giveUp := context.WithCancel(t.Context())
	go func() {
		_, err := cl.Get(get, "k")
		ended <- err
	}()
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = m.Close(ctx) // a call in flight is cut short
	w.stop()
	giveUp() // else it would look for another master
	require.Error(t, <-ended)
}
