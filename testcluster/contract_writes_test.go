package testcluster_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

// conditions: a write happens if its condition holds, and else changes nothing.
func conditions(t *testing.T, w way, prefix string) {
	ctx := t.Context()
	key := prefix + "key"

	_, err := w.Put(ctx, key, []byte("x"), client.IfPresent())
	require.ErrorIs(t, err, client.ErrConditionFailed, "there is no such key")
	_, err = w.Put(ctx, key, []byte("x"), client.IfVersion(1))
	require.ErrorIs(t, err, client.ErrConditionFailed, "nor has it a version")
	_, _, err = w.GetVersion(ctx, key)
	require.ErrorIs(t, err, client.ErrNotFound)

	first, err := w.Put(ctx, key, []byte("first"), client.IfAbsent())
	require.NoError(t, err)
	_, err = w.Put(ctx, key, []byte("x"), client.IfAbsent())
	require.ErrorIs(t, err, client.ErrConditionFailed, "it is there now")
	_, err = w.Put(ctx, key, []byte("x"), client.IfVersion(0))
	require.ErrorIs(t, err, client.ErrConditionFailed, "version 0 means absent")
	value, version, err := w.GetVersion(ctx, key)
	require.NoError(t, err)
	require.Equal(t, "first", string(value), "what was refused left it alone")
	require.Equal(t, first, version)

	second, err := w.Put(ctx, key, []byte("second"), client.IfVersion(first))
	require.NoError(t, err)
	require.Greater(t, second, first)
	_, err = w.Put(ctx, key, []byte("x"), client.IfVersion(first))
	require.ErrorIs(t, err, client.ErrConditionFailed, "somebody was faster")
	third, err := w.Put(ctx, key, []byte("third"), client.IfPresent())
	require.NoError(t, err)
	require.Greater(t, third, second)

	_, err = w.Del(ctx, key)
	require.NoError(t, err)
	_, err = w.Put(ctx, key, []byte("x"), client.IfVersion(third))
	require.ErrorIs(t, err, client.ErrConditionFailed, "deleted")
	fourth, err := w.Put(ctx, key, []byte("fourth"), client.IfVersion(0))
	require.NoError(t, err)
	require.Greater(t, fourth, third, "a version never comes twice")

	large := make([]byte, 1<<20)
	_, err = w.Put(ctx, key, large, client.IfAbsent())
	require.ErrorIs(t, err, client.ErrConditionFailed, "a value that travels ahead of its condition")
	_, err = w.Put(ctx, key, large, client.IfVersion(fourth))
	require.NoError(t, err)
}

// updates: Incr and GetSet change a key and say what it was, in one.
func updates(t *testing.T, w way, prefix string) {
	ctx := t.Context()
	key := prefix + "key"

	sum, err := w.Incr(ctx, key, 5)
	require.NoError(t, err)
	require.Equal(t, int64(5), sum, "what is not there counts as 0")
	sum, err = w.Incr(ctx, key, -7)
	require.NoError(t, err)
	require.Equal(t, int64(-2), sum)
	value, err := w.Get(ctx, key)
	require.NoError(t, err)
	require.Equal(t, "-2", string(value))

	old, existed, err := w.GetSet(ctx, key, []byte("a text"))
	require.NoError(t, err)
	require.True(t, existed)
	require.Equal(t, "-2", string(old))
	_, err = w.Incr(ctx, key, 1)
	require.ErrorIs(t, err, client.ErrNotInteger)
	value, err = w.Get(ctx, key)
	require.NoError(t, err)
	require.Equal(t, "a text", string(value), "left as it was")

	_, existed, err = w.GetSet(ctx, key+"2", []byte("9223372036854775807"))
	require.NoError(t, err)
	require.False(t, existed)
	_, err = w.Incr(ctx, key+"2", 1)
	require.ErrorIs(t, err, client.ErrNotInteger, "more than 64 bits")
	sum, err = w.Incr(ctx, key+"2", 0)
	require.NoError(t, err)
	require.Equal(t, int64(math.MaxInt64), sum)
}

// A write under a name takes effect once, whichever way it comes and however
// often, and every time it is answered as it was the first time.
func TestANamedWriteTakesEffectOnce(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 1})
	ctx := t.Context()
	direct, passed := strangerAt(t, c, "w1"), strangerAt(t, c, testcluster.MasterName)
	const id = 4711
	for attempt, w := range []stranger{direct, passed, direct} {
		sum, err := w.Incr(ctx, "sum", 5, named(id, 1, uint64(attempt+1)))
		require.NoError(t, err)
		require.Equal(t, int64(5), sum)
	}
	sum, err := direct.Incr(ctx, "sum", 5, named(id, 2, 1))
	require.NoError(t, err)
	require.Equal(t, int64(10), sum, "another write")
	sum, err = direct.Incr(ctx, "sum", 5, named(id+1, 2, 1))
	require.NoError(t, err)
	require.Equal(t, int64(15), sum, "another client")

	// A condition that did not hold at the second attempt does not hold at the
	// third, whatever happened in between.
	_, err = passed.Put(ctx, "sum", []byte("x"), client.IfAbsent(), named(id, 3, 2))
	require.ErrorIs(t, err, client.ErrConditionFailed)
	_, err = direct.Del(ctx, "sum")
	require.NoError(t, err)
	_, err = direct.Put(ctx, "sum", []byte("x"), client.IfAbsent(), named(id, 3, 3))
	require.ErrorIs(t, err, client.ErrConditionFailed)
	_, err = direct.Get(ctx, "sum")
	require.ErrorIs(t, err, client.ErrNotFound)

	// What the client says it is done with comes too late.
	_, err = direct.Put(ctx, "sum", []byte("y"), named(id, 5, 1), func(o *wire.Options) { o.Finished = 5 })
	require.NoError(t, err)
	_, err = direct.Put(ctx, "sum", []byte("z"), named(id, 4, 2))
	require.Error(t, err)
	value, err := direct.Get(ctx, "sum")
	require.NoError(t, err)
	require.Equal(t, "y", string(value))

	_, err = direct.Put(ctx, "sum", nil, func(o *wire.Options) { o.Client = id })
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest}, "half a name")
}

// Every replica knows the names of the writes that it has: when the primary dies,
// or hands over, the next one answers a repetition as the first did.
func TestANameOutlivesItsPrimary(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3})
	cl := c.Client()
	ctx := t.Context()
	owner := func() string {
		at, err := cl.Locate(ctx, "sum")
		require.NoError(t, err)
		return at.Node
	}
	const id = 4711
	sum, err := strangerAt(t, c, owner()).Incr(ctx, "sum", 5, named(id, 1, 1))
	require.NoError(t, err)
	require.Equal(t, int64(5), sum)
	for attempt, leave := range []func(name string){c.Kill, c.Drain} {
		from := owner()
		leave(from)
		c.WaitSettled()
		require.NotEqual(t, from, owner())
		sum, err = strangerAt(t, c, owner()).Incr(ctx, "sum", 5, named(id, 1, uint64(attempt+2)))
		require.NoError(t, err)
		require.Equal(t, int64(5), sum)
	}
}
