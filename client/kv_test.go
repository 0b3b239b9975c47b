package client_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// ways are the ways into a cluster; what a client promises holds on each.
var ways = map[string][]client.Option{
	"direct":  nil,
	"proxied": {client.WithProxy()},
}

func TestPutGetDel(t *testing.T) {
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 16)
			cl := connect(t, c, opts...)
			ctx := t.Context()
			values := map[string][]byte{
				"small": []byte("v"), "empty": {}, "binary": {0, 255, 10}, "{tag}k": []byte("t"),
				"large": bytes.Repeat([]byte("x"), 300<<10), strings.Repeat("k", wire.MaxKey): []byte("longest key"),
			}
			var last uint64
			for k, v := range values {
				version, err := cl.Put(ctx, k, v)
				require.NoError(t, err)
				require.Greater(t, version, last)
				last = version
			}
			for k, want := range values {
				got, err := cl.Get(ctx, k)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			_, err := cl.Get(ctx, "absent")
			require.ErrorIs(t, err, client.ErrNotFound)
			require.EqualError(t, err, `get "absent": key not found`)

			n, err := cl.Del(ctx, "small", "absent", "empty", "small")
			require.NoError(t, err)
			require.Equal(t, 2, n, "a key counts once")
			_, err = cl.Get(ctx, "small")
			require.ErrorIs(t, err, client.ErrNotFound)
			n, err = cl.Del(ctx)
			require.NoError(t, err)
			require.Zero(t, n)
		})
	}
}

// TestOneHop: on a view that is in force no call takes more than one request, to the owner.
func TestOneHop(t *testing.T) {
	c := clienttest.New(t, 3, 64)
	cl := connect(t, c)
	for i := range 50 {
		key := fmt.Sprint("k", i)
		_, err := cl.Put(t.Context(), key, nil)
		require.NoError(t, err)
		_, err = cl.Get(t.Context(), key)
		require.NoError(t, err)
	}
	total := 0
	for _, w := range c.Workers {
		for _, r := range w.Requests() {
			require.Equal(t, w, c.Owner(r.Keys[0]))
			require.Zero(t, r.Epoch)
			total++
		}
	}
	require.Equal(t, 100, total)
	require.Empty(t, c.Master.Requests())
}

func TestProxySendsEverythingToTheMaster(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connectTo(t, []string{c.Workers[1].Addr}, client.WithProxy()) // whoever the seed is
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	_, err = cl.MGet(t.Context(), []string{"a", "b", "k"})
	require.NoError(t, err)
	for key, err := range cl.Keys(t.Context(), "") {
		require.NoError(t, err)
		require.Equal(t, "k", key)
	}
	require.Equal(t, 1, asked(c.Master, wire.MethodPut))
	require.Equal(t, 1, asked(c.Master, wire.MethodMGet), "one call, whoever owns the keys")
	require.Equal(t, 16, asked(c.Master, wire.MethodKeys))
	for _, w := range c.Workers {
		require.Empty(t, w.Requests())
	}
}

// TestRedirect: the retry goes to the named owner at once and names the epoch; the
// view is renewed, so the next call takes one hop.
func TestRedirect(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	from, to := c.Owner("k"), c.Other("k")
	c.Move("k", to)
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	require.Equal(t, 1, asked(from, wire.MethodPut))
	require.Equal(t, []clienttest.Request{{Method: wire.MethodPut, Keys: []string{"k"}, Epoch: 2}}, to.Requests())

	eventually(t, func() bool {
		_, err := cl.Put(t.Context(), "k", []byte("v"))
		require.NoError(t, err)
		puts := to.Requests()
		return puts[len(puts)-1].Epoch == 0 // straight there
	})
	before := asked(from, wire.MethodPut)
	_, err = cl.Get(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, before, asked(from, wire.MethodPut))
	require.Zero(t, asked(from, wire.MethodGet))
}

// TestRedirectBack: a worker whose view is older than the client's points back
// to the old owner. The client tells it the epoch and asks again.
func TestRedirectBack(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	from, to := c.Owner("k"), c.Other("k")
	to.Freeze() // does not hear that it owns the key
	c.Move("k", to)
	cl := connect(t, c)
	to.Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.Epoch == 2 && r.N >= 3 {
			to.Thaw()
		}
		return clienttest.Fault{}
	})
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	require.Zero(t, asked(from, wire.MethodPut), "the old owner is not asked")
	for i, r := range to.Requests() {
		require.Equal(t, uint64(min(i, 1)*2), r.Epoch)
	}
}

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
	c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Err: busy} })
	cl := connect(t, c, client.WithTimeout(50*time.Millisecond))
	_, err := cl.Put(t.Context(), "k", nil)
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
		wire.CodeUnknownFate: client.ErrUnknownFate,
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

// TestBrokenWriteIsNeverRepeated: whether it was executed before the
// connection broke or not, the client cannot know.
func TestBrokenWriteIsNeverRepeated(t *testing.T) {
	for executed, fault := range map[bool]clienttest.Fault{false: {DropNow: true}, true: {DropDone: true}} {
		c := clienttest.New(t, 2, 8)
		cl := connect(t, c)
		c.Owner("k").Intercept(first(wire.MethodPut, fault))
		_, err := cl.Put(t.Context(), "k", []byte("v"))
		require.ErrorIs(t, err, client.ErrUnknownFate)
		require.NotErrorIs(t, err, client.ErrUnavailable)
		require.ErrorContains(t, err, "may or may not have taken effect")
		require.Equal(t, 1, asked(c.Owner("k"), wire.MethodPut))
		_, found := c.Value("k")
		require.Equal(t, executed, found)

		c.Owner("k").Intercept(first(wire.MethodMDel, fault))
		_, err = cl.Del(t.Context(), "k")
		require.ErrorIs(t, err, client.ErrUnknownFate)
		require.Equal(t, 1, asked(c.Owner("k"), wire.MethodMDel))
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
	// The writer has no connection to the owner yet: on one that breaks just
	// now a write would have an unknown fate.
	writer := connect(t, c)
	dead, heir := c.Owner("k"), c.Other("k")
	dead.Kill()
	done := make(chan error, 2)
	go func() { _, err := cl.Get(t.Context(), "k"); done <- err }()
	go func() { _, err := writer.Put(t.Context(), "k", []byte("w")); done <- err }()
	time.AfterFunc(50*time.Millisecond, func() { c.Move("k", heir) })
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.Len(t, heir.Requests(), 2)
}

func TestEverybodyDied(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c, client.WithTimeout(100*time.Millisecond))
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

// TestRebirth: a cluster that was started anew at the same addresses has a view of a lower epoch;
// the client finds its way all the same.
func TestRebirth(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	c.Move("k", c.Other("k"))
	c.Move("k", c.Other("k"))
	cl := connect(t, c)
	_, err := cl.Put(t.Context(), "k", []byte("v"))
	require.NoError(t, err)
	c.Rebirth()
	_, err = cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, client.ErrNotFound)
	eventually(t, func() bool {
		v, err := cl.View(t.Context())
		require.NoError(t, err)
		return v.MasterID == c.View().MasterID
	})
}

func TestLimitsAreCheckedBeforeSending(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	long := strings.Repeat("k", wire.MaxKey+1)
	ctx := t.Context()
	for _, key := range []string{"", long} {
		target := client.ErrTooLarge
		if key == "" {
			target = client.ErrEmptyKey
		}
		_, err := cl.Get(ctx, key)
		require.ErrorIs(t, err, target)
		_, err = cl.Put(ctx, key, nil)
		require.ErrorIs(t, err, target)
		_, err = cl.Del(ctx, key)
		require.ErrorIs(t, err, target)
		_, err = cl.Locate(ctx, key)
		require.ErrorIs(t, err, target)
		require.Less(t, len(err.Error()), 200, "a long key is not printed whole")
	}
	_, err := cl.Put(ctx, "k", make([]byte, wire.MaxValue+1))
	require.ErrorIs(t, err, client.ErrTooLarge)
	_, err = cl.Put(ctx, "k", nil, client.TTL(-time.Second))
	require.ErrorContains(t, err, "negative")
	require.Empty(t, c.Workers[0].Requests())
}

func TestLargeValuesHaveAConnectionOfTheirOwn(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	w := c.Workers[0]
	cl := connect(t, c)
	put := func(key string, size int) {
		_, err := cl.Put(t.Context(), key, make([]byte, size))
		require.NoError(t, err)
	}
	put("small", 64<<10)
	require.Equal(t, 1, w.Conns())
	put("large", 64<<10+1)
	require.Equal(t, 2, w.Conns())

	// A read of what is known to be large takes that connection, too.
	w.Drop()
	eventually(t, func() bool { return w.Conns() == 0 })
	_, err := cl.Get(t.Context(), "large")
	require.NoError(t, err)
	_, err = cl.Get(t.Context(), "small")
	require.NoError(t, err)
	require.Equal(t, 2, w.Conns())
}
