package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// TestRefusedIsRetried: an answer that promises that nothing happened.
func TestRefusedIsRetried(t *testing.T) {
	for _, code := range []wire.Code{wire.CodeBusy, wire.CodeTimeout, wire.CodeShuttingDown} {
		for name, opts := range ways {
			t.Run(string(code)+" "+name, func(t *testing.T) {
				c := clienttest.New(t, 2, 8)
				cl := connect(t, c, opts...)
				n := c.Owner("k")
				if name == "proxied" {
					n = c.Master
				}
				n.Intercept(func(r clienttest.Request) clienttest.Fault {
					if r.N < 3 {
						return clienttest.Fault{Err: wire.Errorf(code, "not now")}
					}
					return clienttest.Fault{}
				})
				_, err := cl.Put(t.Context(), "k", []byte("v"))
				require.NoError(t, err)
				_, err = cl.Get(t.Context(), "k")
				require.NoError(t, err)
				require.Equal(t, 4, asked(n, wire.MethodPut))
				require.Equal(t, 4, asked(n, wire.MethodGet))
			})
		}
	}
}

func TestRefusedUntilTheTimeout(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	ctx := newDeadline()
	c.Workers[0].Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N == 3 {
			ctx.pass()
		}
		return clienttest.Fault{Err: busy}
	})
	cl := connect(t, c)
	_, err := cl.Put(ctx, "k", nil)
	require.Equal(t, 4, asked(c.Workers[0], wire.MethodPut))
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.ErrorIs(t, err, busy)
	require.ErrorContains(t, err, "too much to do")
	require.ErrorContains(t, err, c.Workers[0].Addr)
	require.NotErrorIs(t, err, client.ErrUnknownFate)
}

// TestFinalAnswersAreNotRetried: each names what to do, and takes one request.
func TestFinalAnswersAreNotRetried(t *testing.T) {
	for code, target := range map[wire.Code]error{
		wire.CodeUnavailable: client.ErrUnavailable,
		wire.CodeOutOfMemory: client.ErrOutOfMemory,
		wire.CodeInternal:    &wire.Error{Code: wire.CodeInternal},
	} {
		c := clienttest.New(t, 1, 8)
		cl := connect(t, c)
		c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault {
			return clienttest.Fault{Err: wire.Errorf(code, "told by the node")}
		})
		_, err := cl.Put(t.Context(), "k", nil)
		require.ErrorIs(t, err, target)
		require.ErrorContains(t, err, "told by the node")
		require.Equal(t, code, wire.AsError(err).Code)
		require.Len(t, c.Workers[0].Requests(), 1)
	}
}

// TestBrokenRead: reads are asked again, whatever became of the connection.
func TestBrokenRead(t *testing.T) {
	for _, fault := range []clienttest.Fault{{DropNow: true}, {DropDone: true}} {
		c := clienttest.New(t, 2, 8)
		cl := connect(t, c)
		_, err := cl.Put(t.Context(), "k", []byte("v"))
		require.NoError(t, err)
		c.Owner("k").Intercept(first(wire.MethodGet, fault))
		v, err := cl.Get(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, []byte("v"), v)
		require.Equal(t, 2, asked(c.Owner("k"), wire.MethodGet))
	}
}

// TestWriteAfterABrokenConnection: once a connection is known to be dead,
// writes go on a new one.
func TestWriteAfterABrokenConnection(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	for range 20 {
		_, err := cl.Put(t.Context(), "k", []byte("v"))
		require.NoError(t, err)
		c.Workers[0].Drop()
		_, err = cl.Get(t.Context(), "k") // notices
		require.NoError(t, err)
	}
}

// TestOwnerDied: the new owner is found by asking somebody else.
func TestOwnerDied(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	dead, heir := c.Owner("k"), c.Other("k")
	dead.Kill()
	done := make(chan error, 2)
	go func() { _, err := cl.Get(t.Context(), "k"); done <- err }()
	go func() { _, err := cl.Put(t.Context(), "k", []byte("w")); done <- err }()
	time.AfterFunc(50*time.Millisecond, func() { c.Move("k", heir) })
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.Len(t, heir.Requests(), 2)
}

func TestEverybodyDied(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	cl.SetTimeout(100 * time.Millisecond)
	for _, n := range append(c.Workers, c.Master) {
		n.Kill()
	}
	for _, call := range []func() error{
		func() error { _, err := cl.Get(t.Context(), "k"); return err },
		func() error { _, err := cl.Put(t.Context(), "k", nil); return err },
		func() error { _, err := cl.MPut(t.Context(), []client.Pair{{Key: "k"}}); return err },
		func() error { _, err := cl.Status(t.Context()); return err },
		func() error { _, err := cl.Locate(t.Context(), "k"); return err },
	} {
		err := call()
		require.ErrorIs(t, err, client.ErrUnavailable)
		require.NotErrorIs(t, err, client.ErrUnknownFate)
	}
}
