package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		p := patience{ctx: ctx, deadline: start.Add(time.Second)}
		require.NoError(t, p.over())
		require.NoError(t, p.sleep(9))
		require.LessOrEqual(t, time.Since(start), pauseMax)
		require.GreaterOrEqual(t, time.Since(start), pauseMax/2)

		open, closed := make(chan struct{}), make(chan struct{})
		close(closed)
		require.NoError(t, p.await(closed))
		require.ErrorIs(t, p.await(open), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		require.ErrorIs(t, p.over(), context.DeadlineExceeded)
		require.ErrorIs(t, p.sleep(0), context.DeadlineExceeded)

		p.deadline = time.Now().Add(pauseMax / 4)
		require.ErrorIs(t, p.sleep(9), context.DeadlineExceeded, "no longer than the deadline")
		require.Equal(t, time.Second+pauseMax/4, time.Since(start))

		p.deadline = time.Now().Add(time.Second)
		cancel()
		require.ErrorIs(t, p.over(), context.Canceled)
		require.ErrorIs(t, p.sleep(9), context.Canceled)
		require.ErrorIs(t, p.await(open), context.Canceled)
		inner, stop := p.context()
		defer stop()
		require.ErrorIs(t, inner.Err(), context.Canceled)
	})
}
