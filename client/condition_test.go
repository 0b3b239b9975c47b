package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

func TestConditions(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	ctx := t.Context()
	refused := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, client.ErrConditionFailed)
		require.NotErrorIs(t, err, client.ErrUnknownFate)
	}
	_, err := cl.Put(ctx, "k", []byte("0"), client.IfPresent())
	refused(err)
	first, err := cl.Put(ctx, "k", []byte("1"), client.IfAbsent())
	require.NoError(t, err)
	_, err = cl.Put(ctx, "k", []byte("2"), client.IfAbsent())
	refused(err)
	_, err = cl.Put(ctx, "k", []byte("2"), client.IfVersion(0))
	refused(err)

	value, version, err := cl.GetVersion(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, "1", string(value))
	require.Equal(t, first, version)
	second, err := cl.Put(ctx, "k", []byte("2"), client.IfVersion(version))
	require.NoError(t, err)
	require.Greater(t, second, first)
	_, err = cl.Put(ctx, "k", []byte("3"), client.IfVersion(version))
	refused(err)
	_, err = cl.Put(ctx, "k", []byte("3"), client.IfPresent())
	require.NoError(t, err)
	third, err := cl.Put(ctx, "k", []byte("4"), client.TTL(time.Minute))
	require.NoError(t, err)
	e, err := cl.GetEntry(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, client.Entry{Value: []byte("4"), Version: third, TTL: time.Minute}, e)
	_, err = cl.GetEntry(ctx, "absent")
	require.ErrorIs(t, err, client.ErrNotFound)
	_, _, err = cl.GetVersion(ctx, "absent")
	require.ErrorIs(t, err, client.ErrNotFound)
	_, err = cl.Put(ctx, "absent", nil, client.IfVersion(0))
	require.NoError(t, err)
	require.Equal(t, 5, c.Writes())
}

// TestMPutConditionIsEachItems: the condition holds for each pair by itself.
func TestMPutConditionIsEachItems(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	keys, pairs := manyKeys(20)
	_, err := cl.Put(t.Context(), keys[7], []byte("there"))
	require.NoError(t, err)
	results, err := cl.MPut(t.Context(), pairs, client.IfAbsent())
	require.ErrorIs(t, err, client.ErrConditionFailed)
	require.ErrorContains(t, err, "1 of 20 keys")
	for i, r := range results {
		if i == 7 {
			require.ErrorIs(t, r.Err, client.ErrConditionFailed)
			continue
		}
		require.NoError(t, r.Err)
	}
	value, _ := c.Value(keys[7])
	require.Equal(t, "there", string(value))
}

// TestConditionThatTheFirstAttemptMetHolds: repeated, it would be refused, for
// the key is there by now.
func TestConditionThatTheFirstAttemptMetHolds(t *testing.T) {
	for when, fault := range lost {
		t.Run(when, func(t *testing.T) {
			c := clienttest.New(t, 1, 8)
			cl := connect(t, c)
			c.Workers[0].Intercept(func(r clienttest.Request) clienttest.Fault {
				if r.N == 0 {
					return fault
				}
				return clienttest.Fault{}
			})
			_, err := cl.Put(t.Context(), "k", nil, client.IfAbsent())
			require.NoError(t, err)
			_, err = cl.MPut(t.Context(), []client.Pair{{Key: "a"}, {Key: "b"}}, client.IfAbsent())
			require.NoError(t, err)
			require.Equal(t, 3, c.Writes())
		})
	}
}

// TestRefusedConditionIsRecorded: a repetition that was refused settles that
// the first attempt, should it arrive now, has no effect.
func TestRefusedConditionIsRecorded(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	_, err := cl.Put(t.Context(), "k", []byte("there"))
	require.NoError(t, err)
	c.Workers[0].Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N == 1 {
			return clienttest.Fault{DropNow: true}
		}
		return clienttest.Fault{}
	})
	_, err = cl.Put(t.Context(), "k", nil, client.IfAbsent())
	require.ErrorIs(t, err, client.ErrConditionFailed)
	require.NotErrorIs(t, err, client.ErrUnknownFate)
}

func TestIncrAndGetSet(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	ctx := t.Context()
	for i, delta := range []int64{5, -7, 1 << 40} {
		sum, err := cl.Incr(ctx, "n", delta)
		require.NoError(t, err)
		require.Equal(t, []int64{5, -2, 1<<40 - 2}[i], sum)
	}
	old, existed, err := cl.GetSet(ctx, "n", []byte("word"))
	require.NoError(t, err)
	require.True(t, existed)
	require.Equal(t, "1099511627774", string(old))
	_, err = cl.Incr(ctx, "n", 1)
	require.ErrorIs(t, err, client.ErrNotInteger)
	_, existed, err = cl.GetSet(ctx, "other", nil)
	require.NoError(t, err)
	require.False(t, existed)
	_, err = cl.Incr(ctx, "", 1)
	require.ErrorIs(t, err, client.ErrEmptyKey)
	_, _, err = cl.GetSet(ctx, "k", make([]byte, wire.MaxValue+1))
	require.ErrorIs(t, err, client.ErrTooLarge)
}
