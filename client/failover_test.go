package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// TestFailover: many callers write and read while an owner goes, dead or cut
// off, and its partitions go to another worker a little later. No call fails, and
// each write takes effect once.
func TestFailover(t *testing.T) {
	for name, fault := range map[string]func(owner *clienttest.Node){
		"killed": (*clienttest.Node).Kill,
		"cut off": func(owner *clienttest.Node) {
			owner.Freeze()
			owner.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 16)
			cl := connect(t, c)
			gone, heir := c.Workers[0], c.Workers[1]
			const callers, rounds = 16, 30
			failed := make(chan error, callers)
			var under sync.WaitGroup
			half := make(chan struct{}, callers)
			for i := range callers {
				under.Go(func() {
					key := fmt.Sprint("key-", i)
					for n := range int64(rounds) {
						if n == rounds/2 {
							half <- struct{}{}
						}
						sum, err := cl.Incr(t.Context(), key, 1)
						if err == nil && sum != n+1 {
							err = fmt.Errorf("%s is %d after %d", key, sum, n+1)
						}
						if err == nil {
							_, err = cl.Get(t.Context(), key)
						}
						if err != nil {
							failed <- err
							return
						}
					}
				})
			}
			<-half
			fault(gone)
			c.MoveAll(gone, heir)
			under.Wait()
			close(failed)
			require.NoError(t, <-failed)
			require.Equal(t, callers*rounds, c.Writes())
		})
	}
}

// TestViewRenewalIsBounded: callers that fail together do not each ask for the
// view.
func TestViewRenewalIsBounded(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	cl := connect(t, c, client.WithRenewal(time.Hour))
	dead, heir := c.Owner("k"), c.Other("k")
	_, err := cl.View(t.Context())
	require.NoError(t, err)
	dead.Kill()
	before := heir.Views() + c.Master.Views()
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			_, err := cl.Get(short(t, 100*time.Millisecond), "k")
			if !errors.Is(err, client.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	require.Equal(t, before, heir.Views()+c.Master.Views(), "the view was renewed just now")
}

// TestUnsentAttemptLeavesNothingOpen: an attempt that is ended while it waits
// for a connection is not counted as one that may have had its effect.
func TestUnsentAttemptLeavesNothingOpen(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	cut, heir := c.Owner("k"), c.Other("k")
	cl := connect(t, c, client.WithDialer(blackHole(cut.Addr)), client.WithStall(10*time.Millisecond))
	done := make(chan error)
	go func() { _, err := cl.Put(t.Context(), "k", nil); done <- err }()
	c.Move("k", heir)
	require.NoError(t, <-done)
	for _, r := range heir.Requests() {
		require.Equal(t, wire.MethodPut, r.Method)
		require.LessOrEqual(t, r.Attempt, uint64(1))
	}
}

// blackHole is a dialer to which addr never answers.
func blackHole(addr string) func(ctx context.Context, to string) (net.Conn, error) {
	return func(ctx context.Context, to string) (net.Conn, error) {
		if to == addr {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return new(net.Dialer).DialContext(ctx, "tcp", to)
	}
}

// TestFrameLeavesForTheItemsThatMoved: of two items that a cut owner has, one
// is served elsewhere, and does not wait for the other.
func TestFrameLeavesForTheItemsThatMoved(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c, client.WithStall(20*time.Millisecond), client.WithTimeout(2*time.Second))
	keys, _ := manyKeys(40)
	stays, cut := keys[0], c.Owner(keys[0])
	moves := keys[slices.IndexFunc(keys, func(key string) bool {
		return c.Owner(key) == cut && c.PartitionOf(key) != c.PartitionOf(stays)
	})]
	cut.Freeze()
	cut.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	c.Move(moves, c.Other(moves))
	got, err := cl.MGet(t.Context(), []string{stays, moves})
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.ErrorIs(t, got[0].Err, client.ErrUnavailable)
	require.NoError(t, got[1].Err)
}
