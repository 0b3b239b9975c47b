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
	start := time.Now()
	done := make(chan error)
	go func() { _, err := cl.Get(t.Context(), "key-0"); done <- err }()
	go func() { _, err := cl.MGet(t.Context(), keys); done <- err }()
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.GreaterOrEqual(t, time.Since(start), 400*time.Millisecond)
	require.Less(t, time.Since(start), 5*time.Second)
}

// TestStalledWriteWaits: a write that is on its way is not sent elsewhere, but
// the view is renewed meanwhile, so that others need not stall.
func TestStalledWriteWaits(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	cut, heir := c.Owner("k"), c.Other("k")
	wait := make(chan struct{})
	cut.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Wait: wait} })
	done := make(chan error)
	go func() { _, err := cl.Put(t.Context(), "k", []byte("v")); done <- err }()
	eventually(t, func() bool { return asked(cut, wire.MethodPut) == 1 })
	cut.Freeze() // it will execute the write as the owner that it still takes itself for
	c.Move("k", heir)
	eventually(t, func() bool {
		// Straight to the heir: the view was renewed.
		_, err := cl.Get(short(t, 100*time.Millisecond), "k")
		return err != nil && asked(heir, wire.MethodGet) > 0
	})
	require.Zero(t, asked(heir, wire.MethodPut))
	close(wait)
	require.NoError(t, <-done)
	require.Equal(t, 1, asked(cut, wire.MethodPut))
}

// TestStalledWriteHasUnknownFate when its time runs out.
func TestStalledWriteHasUnknownFate(t *testing.T) {
	c := clienttest.New(t, 1, 16)
	cl := connect(t, c, client.WithTimeout(50*time.Millisecond))
	c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	_, err := cl.Put(t.Context(), "k", nil)
	require.ErrorIs(t, err, client.ErrUnknownFate)
	_, err = cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.ErrorContains(t, err, "did not answer before the timeout")
}
