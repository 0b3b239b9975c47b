package netns

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/testcluster/need"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo serves an echo on the host until the test ends and returns its address.
func echo(t *testing.T, h *Host) string {
	t.Helper()
	ln, err := h.Listen()
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var serving sync.WaitGroup
		var conns []net.Conn
		for {
			conn, err := ln.Accept()
			if err != nil {
				break
			}
			conns = append(conns, conn)
			serving.Go(func() { _, _ = io.Copy(conn, conn) })
		}
		for _, conn := range conns {
			conn.Close()
		}
		serving.Wait()
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return ln.Addr().String()
}

// How long a test waits for what must come, and for what must not.
const (
	patience   = 30 * time.Second
	impatience = 300 * time.Millisecond
)

// say sends a word and waits for so long for it to come back.
func say(conn net.Conn, word string, most time.Duration) error {
	if err := conn.SetDeadline(time.Now().Add(most)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(word)); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, len(word)))
	return err
}

// dial connects from a host.
func dial(t *testing.T, h *Host, addr string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := h.Dial(ctx, addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestNetnsHostsReachEachOtherByTheirOwnAddresses(t *testing.T) {
	lab := New(t)
	a, b := lab.Host("a"), lab.Host("b")
	conn := dial(t, a, echo(t, b))
	require.NoError(t, say(conn, "hello", patience))
	require.Equal(t, a.Addr, conn.LocalAddr().(*net.TCPAddr).IP.String())
	require.Equal(t, b.Addr, conn.RemoteAddr().(*net.TCPAddr).IP.String())

	out, err := a.Command(t.Context(), "ip", "-4", "-o", "addr", "show", "eth0").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), a.Addr+"/16")

	_, err = a.Dial(t.Context(), "localhost:1")
	require.ErrorContains(t, err, "dial from a")

	// The machine itself has none of it, on whichever thread it looks.
	for range 20 {
		addrs, err := net.InterfaceAddrs()
		require.NoError(t, err)
		for _, addr := range addrs {
			require.False(t, strings.HasPrefix(addr.String(), "10.77."), addr)
		}
	}
}

func TestNetnsACutIsOneWayUntilItHeals(t *testing.T) {
	lab := New(t)
	a, b := lab.Host("a"), lab.Host("b")
	conn := dial(t, a, echo(t, b))
	require.NoError(t, say(conn, "before", patience))

	// Datagrams show each direction by itself.
	fromA, fromB := packets(t, a), packets(t, b)
	require.True(t, arrives(t, fromA, fromB, patience))
	require.True(t, arrives(t, fromB, fromA, patience))

	lab.Cut(a, b)
	require.False(t, arrives(t, fromA, fromB, impatience), "the cut direction")
	require.True(t, arrives(t, fromB, fromA, patience), "the other one")
	require.ErrorIs(t, say(conn, "during", impatience), os.ErrDeadlineExceeded)

	lab.Heal()
	require.True(t, arrives(t, fromA, fromB, patience))
	require.NoError(t, say(dial(t, a, echo(t, b)), "after", patience))
}

// arrives sends a packet and reports whether it comes in that time.
func arrives(t *testing.T, from, to net.PacketConn, most time.Duration) bool {
	t.Helper()
	_, err := from.WriteTo([]byte("x"), to.LocalAddr())
	require.NoError(t, err)
	require.NoError(t, to.SetReadDeadline(time.Now().Add(most)))
	_, _, err = to.ReadFrom(make([]byte, 1))
	return err == nil
}

// packets opens a UDP socket on the host.
func packets(t *testing.T, h *Host) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	require.NoError(t, h.Enter(func() (err error) {
		conn, err = net.ListenPacket("udp4", h.Addr+":0")
		return err
	}))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestNetnsAnIsolatedHostReachesNobody(t *testing.T) {
	lab := New(t)
	a, b, c := lab.Host("a"), lab.Host("b"), lab.Host("c")
	toA, toC := dial(t, b, echo(t, a)), dial(t, b, echo(t, c))
	lab.Isolate(a)
	require.Error(t, say(toA, "hello", impatience))
	require.NoError(t, say(toC, "hello", patience))
}

func TestNetnsAMutedHostHearsAndADeafOneSpeaks(t *testing.T) {
	lab := New(t)
	a, b := lab.Host("a"), lab.Host("b")
	fromA, fromB := packets(t, a), packets(t, b)
	lab.Mute(a)
	require.False(t, arrives(t, fromA, fromB, impatience))
	require.True(t, arrives(t, fromB, fromA, patience))
	lab.Connect(a)
	lab.Deafen(a)
	require.True(t, arrives(t, fromA, fromB, patience))
	require.False(t, arrives(t, fromB, fromA, impatience))
	lab.Connect(a)
	require.True(t, arrives(t, fromB, fromA, patience))
}

func TestNetnsOneCutIsMendedAndAnotherStays(t *testing.T) {
	lab := New(t)
	a, b, c := lab.Host("a"), lab.Host("b"), lab.Host("c")
	toB, toC := dial(t, a, echo(t, b)), dial(t, a, echo(t, c))
	lab.Cut(a, b)
	lab.Cut(c, a)
	require.Error(t, say(toB, "hello", impatience))
	require.Error(t, say(toC, "hello", impatience))
	lab.Mend(a, b)
	require.NoError(t, say(dial(t, a, echo(t, b)), "hello", patience))
	require.Error(t, say(toC, "hello", impatience))
	lab.Connect(c)
	require.NoError(t, say(dial(t, a, echo(t, c)), "hello", patience))
}

func TestNetnsALossyBridgeLosesItsShare(t *testing.T) {
	lab := New(t)
	a, b := lab.Host("a"), lab.Host("b")
	from, to := packets(t, a), packets(t, b)
	const rounds, each = 20, 100 // what a socket's buffer holds at a time
	arrived := func() (n int) {
		for round := range rounds {
			quiet := 20 * time.Millisecond // what comes later counts in the next round
			if round == rounds-1 {
				quiet = 500 * time.Millisecond
			}
			for range each {
				_, err := from.WriteTo([]byte("x"), to.LocalAddr())
				require.NoError(t, err)
			}
			for {
				require.NoError(t, to.SetReadDeadline(time.Now().Add(quiet)))
				if _, _, err := to.ReadFrom(make([]byte, 1)); err != nil {
					break
				}
				n++
			}
		}
		return n
	}
	_, err := from.WriteTo([]byte("x"), to.LocalAddr()) // they learn where the other is
	require.NoError(t, err)
	lab.Lose(100)
	require.InDelta(t, rounds*each*9/10, arrived(), rounds*each/20)
	lab.Lose(0)
	require.Greater(t, arrived(), rounds*each*99/100)
}

func TestNetnsALimitedHostIsSlow(t *testing.T) {
	lab := New(t)
	a, b := lab.Host("a"), lab.Host("b")
	a.Limit("10mbit")
	conn := dial(t, b, echo(t, a))
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))

	const size = 1 << 20 // 8.4 Mbit: longer than 0.8 s less the bucket of 128 KB
	begun := time.Now()
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, size))
		written <- err
	}()
	_, err := io.ReadFull(conn, make([]byte, size))
	require.NoError(t, err)
	require.NoError(t, <-written)
	require.Greater(t, time.Since(begun), 600*time.Millisecond)
}

func TestNetnsProcessesDieWithTheLab(t *testing.T) {
	lab := New(t)
	a := lab.Host("a")
	cmd := a.Command(context.Background(), "sleep", "1000")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		pids, err := a.Processes()
		return err == nil && len(pids) == 1
	}, 5*time.Second, 5*time.Millisecond)

	lab.Close()
	lab.Close()
	require.ErrorContains(t, cmd.Wait(), "killed")
	left, err := lab.lan.Namespaces()
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestNetnsAKilledTestLeavesNothingForLong(t *testing.T) {
	need.Root(t)
	if os.Getenv("NETNS_TEST_CHILD") != "" {
		lab := New(t)
		cmd := lab.Host("a").Command(context.Background(), "sleep", "1000")
		cmd.SysProcAttr = nil // as if it had outlived its parent
		require.NoError(t, cmd.Start())
		mine, err := lab.lan.Namespaces()
		require.NoError(t, err)
		_, _ = os.Stdout.WriteString("mine " + strings.Join(mine, " ") + "\n")
		select {} // until it is killed
	}
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "NETNS_TEST_CHILD=1")
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var said [200]byte
	n, err := out.Read(said[:])
	require.NoError(t, err)
	names, ok := strings.CutPrefix(strings.TrimSpace(string(said[:n])), "mine ")
	require.True(t, ok, "child said %q", said[:n])
	namespaces := func() (left []string) {
		for name := range strings.FieldsSeq(names) {
			if _, err := os.Stat(filepath.Join("/run/netns", name)); err == nil {
				left = append(left, name)
			}
		}
		return left
	}
	require.Len(t, namespaces(), 2)
	New(t)
	require.Len(t, namespaces(), 2, "it is in use")

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	New(t) // or another package's test that runs now
	require.Eventually(t, func() bool { return len(namespaces()) == 0 }, patience, 5*time.Millisecond)
}
