package client_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/placement"
)

func TestWatchView(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	views := make(chan *placement.View)
	done := make(chan error)
	go func() {
		done <- cl.WatchView(ctx, func(old, view *placement.View) error {
			if old != nil && old.Epoch >= view.Epoch {
				return errors.New("not newer")
			}
			views <- view
			return nil
		})
	}()
	require.Equal(t, c.View().Epoch, (<-views).Epoch, "the first is the one in force")
	for range 3 {
		c.Move("k", c.Other("k"))
		require.Equal(t, c.View().Epoch, (<-views).Epoch)
	}
	c.Master.Kill() // workers tell of views as well
	c.Move("k", c.Other("k"))
	require.Equal(t, c.View().Epoch, (<-views).Epoch)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)

	enough := errors.New("enough")
	require.Equal(t, enough, cl.WatchView(t.Context(), func(_, _ *placement.View) error { return enough }))
}

func TestWatchViewEndsWithTheClient(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	seen, done := make(chan struct{}), make(chan error)
	go func() {
		done <- cl.WatchView(context.Background(), func(_, _ *placement.View) error { close(seen); return nil })
	}()
	<-seen
	require.NoError(t, cl.Close())
	require.ErrorIs(t, <-done, client.ErrClosed)
}

func TestSetReplicas(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	was, err := cl.SetReplicas(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, 1, was)
	was, err = cl.SetReplicas(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 2, was, "0 only asks")
	require.Equal(t, 2, c.View().Replicas)
}

// TestResetPartitions: a lost partition is never silently empty; given up, it
// begins anew.
func TestResetPartitions(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	_, err := cl.Put(t.Context(), "k", nil)
	require.NoError(t, err)
	id := uint16(c.Lose("k"))
	_, err = cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, client.ErrUnavailable)
	_, err = cl.Put(t.Context(), "k", nil)
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.NotErrorIs(t, err, client.ErrUnknownFate)

	_, err = cl.ResetPartitions(t.Context(), []uint16{id, (id + 1) % 8}, false)
	require.ErrorContains(t, err, "is not lost")
	reset, err := cl.ResetPartitions(t.Context(), []uint16{id}, false)
	require.NoError(t, err)
	require.Equal(t, []uint16{id}, reset)
	_, err = cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, client.ErrNotFound)

	c.Lose("k")
	reset, err = cl.ResetPartitions(t.Context(), nil, true)
	require.NoError(t, err)
	require.Equal(t, []uint16{id}, reset)
}
