package client_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
)

// refused returns an address where nobody listens, until the test ends: its port is that
// of a connection.
func refused(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	nc, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	return nc.LocalAddr().String()
}

func TestNewTriesSeedsInTurn(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	// One that refuses, one that takes the connection and is silent.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	cl := connectTo(t, []string{refused(t), silent.Addr().String(), c.Workers[0].Addr})
	v, err := cl.View(t.Context())
	require.NoError(t, err)
	require.Len(t, v.Partitions, 8)
}

func TestNewWithoutAnswerIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const addr = "pi:7700"
		dials := 0
		refuse := client.WithDialer(func(context.Context, string) (net.Conn, error) {
			dials++
			return nil, syscall.ECONNREFUSED
		})
		start := time.Now()
		_, err := client.New(t.Context(), []string{addr}, refuse, client.WithTimeout(50*time.Millisecond))
		require.ErrorIs(t, err, client.ErrUnavailable)
		require.EqualError(t, err, "no node answers at "+addr+" (connection refused): is pikvd running?")
		require.Equal(t, 50*time.Millisecond, time.Since(start), "it tries until the timeout")
		require.Greater(t, dials, 1)

		_, err = client.New(short(t, 20*time.Millisecond), []string{addr}, refuse)
		require.ErrorIs(t, err, client.ErrUnavailable)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = client.New(ctx, []string{addr}, refuse)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, client.ErrUnavailable)
	})
}

func TestNewWaitsForACluster(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	dials := 0
	dial := func(ctx context.Context, addr string) (net.Conn, error) {
		if dials++; dials < 5 {
			return nil, syscall.ECONNREFUSED
		}
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	connect(t, c, client.WithDialer(dial))
	require.Equal(t, 5, dials)
}

func TestNewRefusesBadSeeds(t *testing.T) {
	for _, seeds := range [][]string{nil, {}, {""}, {":7700"}, {"host:"}} {
		_, err := client.New(t.Context(), seeds)
		require.Error(t, err, "%q", seeds)
		require.NotErrorIs(t, err, client.ErrUnavailable)
	}
	_, err := client.New(t.Context(), []string{"127.0.0.1"}, client.WithTimeout(-1), client.WithDialTimeout(0))
	require.ErrorContains(t, err, "timeout -1ns is not positive")
	require.ErrorContains(t, err, "dial timeout 0s is not positive")
}

func TestSeedWithoutPortGetsTheDefault(t *testing.T) {
	asked := make(chan string, 100)
	dial := func(_ context.Context, addr string) (net.Conn, error) {
		asked <- addr
		return nil, net.ErrClosed
	}
	for seed, want := range map[string]string{"pi": "pi:7700", "::1": "[::1]:7700", "pi:1": "pi:1"} {
		_, err := client.New(t.Context(), []string{seed}, client.WithDialer(dial), client.WithTimeout(time.Millisecond))
		require.ErrorIs(t, err, client.ErrUnavailable)
		require.Equal(t, want, <-asked)
		for len(asked) > 0 {
			<-asked
		}
	}
}

func TestNoWorkers(t *testing.T) {
	c := clienttest.New(t, 0, 0)
	for _, opts := range [][]client.Option{nil, {client.WithProxy()}} {
		cl := connect(t, c, opts...)
		_, err := cl.Get(t.Context(), "k")
		require.ErrorIs(t, err, client.ErrNoWorkers)
		require.ErrorIs(t, err, client.ErrUnavailable)
		require.ErrorContains(t, err, "start one")
		_, err = cl.Put(t.Context(), "k", nil)
		require.ErrorIs(t, err, client.ErrNoWorkers)
		_, err = cl.MGet(t.Context(), []string{"a", "b"})
		require.ErrorIs(t, err, client.ErrNoWorkers)
		_, err = cl.Status(t.Context())
		require.NoError(t, err)
	}
}

func TestClose(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl, err := client.New(t.Context(), []string{c.Master.Addr})
	require.NoError(t, err)
	c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	read, wrote := make(chan error), make(chan error)
	go func() { _, err := cl.Get(context.Background(), "k"); read <- err }()
	go func() { _, err := cl.Put(context.Background(), "k", nil); wrote <- err }()
	eventually(t, func() bool { return len(c.Workers[0].Requests()) == 2 })
	require.NoError(t, cl.Close())
	require.ErrorIs(t, <-read, client.ErrClosed)
	require.ErrorIs(t, <-wrote, client.ErrUnknownFate)
	require.NoError(t, cl.Close(), "twice is safe")

	_, err = cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, client.ErrClosed)
	_, err = cl.MGet(t.Context(), []string{"k"})
	require.ErrorIs(t, err, client.ErrClosed)
	_, err = cl.Status(t.Context())
	require.ErrorIs(t, err, client.ErrClosed)
}
