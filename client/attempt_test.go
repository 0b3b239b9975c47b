package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// TestStalledReadGoesToTheNewOwner: the owner takes requests and answers none,
// as one whose cable was cut. Another worker knows who owns the key by now.
func TestStalledReadGoesToTheNewOwner(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	keys, _ := manyKeys(40)
	fill(t, cl, 40)
	cut, heir := c.Owner("key-0"), c.Other("key-0")
	cut.Freeze()
	cut.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	for _, key := range keys {
		if c.Owner(key) == cut {
			c.Move(key, heir)
		}
	}
	done := make(chan error)
	go func() { _, err := cl.Get(t.Context(), "key-0"); done <- err }()
	go func() { _, err := cl.MGet(t.Context(), keys); done <- err }()
	require.NoError(t, <-done)
	require.NoError(t, <-done)
}

// TestStalledWriteGoesToTheNewOwner under its name. The old owner, paused, runs
// the first attempt late: it has no effect of its own.
func TestStalledWriteGoesToTheNewOwner(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	paused, heir := c.Owner("k"), c.Other("k")
	wait := make(chan struct{})
	paused.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Wait: wait} })
	done := make(chan error)
	go func() { _, err := cl.Incr(t.Context(), "k", 1); done <- err }()
	eventually(t, func() bool { return asked(paused, wire.MethodIncr) == 1 })
	paused.Freeze() // it still takes itself for the owner
	c.Move("k", heir)
	require.NoError(t, <-done)
	require.EqualValues(t, 2, heir.Requests()[0].Attempt)
	close(wait)
	eventually(t, func() bool { return paused.Executed() == 1 })
	value, _ := c.Value("k")
	require.Equal(t, "1", string(value))
	require.Equal(t, 1, c.Writes())
}

// TestStalledAttemptFollowsARenewedView: what waits at the old owner, for less
// than it takes to have the view renewed, goes on as soon as another call has
// learned of the new one.
func TestStalledAttemptFollowsARenewedView(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c, client.WithStall(time.Hour))
	from, to := c.Owner("k"), c.Other("k")
	from.Intercept(first(wire.MethodGet, clienttest.Fault{Hang: true}))
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	done := make(chan error)
	go func() { _, err := cl.Get(t.Context(), "k"); done <- err }()
	eventually(t, func() bool { return asked(from, wire.MethodGet) == 1 })
	c.Move("k", to)
	_, err = cl.Put(t.Context(), "k", []byte("w")) // is redirected
	require.NoError(t, err)
	require.NoError(t, <-done)
	require.Equal(t, 1, asked(to, wire.MethodGet))
}

// TestStalledWriteHasUnknownFate when its time runs out.
func TestStalledWriteHasUnknownFate(t *testing.T) {
	c := clienttest.New(t, 1, 16)
	cl := connect(t, c)
	w := c.Workers[0]
	w.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	ctx, done := newDeadline(), make(chan error)
	go func() { _, err := cl.Put(ctx, "k", nil); done <- err }()
	eventually(t, func() bool { return asked(w, wire.MethodPut) == 1 })
	ctx.tell()
	require.ErrorIs(t, <-done, client.ErrUnknownFate)
	ctx = newDeadline()
	go func() { _, err := cl.Get(ctx, "k"); done <- err }()
	eventually(t, func() bool { return asked(w, wire.MethodGet) == 1 })
	ctx.tell()
	err := <-done
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.ErrorContains(t, err, "did not answer before the timeout")
}
