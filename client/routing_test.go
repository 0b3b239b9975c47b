package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// TestOneHop: on a view that is in force no call takes more than one request,
// to the owner.
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
	require.Len(t, to.Requests(), 1)
	r := to.Requests()[0]
	require.Equal(t, []string{"k"}, r.Keys)
	require.EqualValues(t, 2, r.Epoch)
	require.Less(t, r.Attempt, uint64(2), "a redirect promises that nothing happened")

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

// TestRebirth: a cluster that was started anew at the same addresses has a
// view of a lower epoch; the client finds its way all the same.
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
