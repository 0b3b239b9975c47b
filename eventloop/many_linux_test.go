package eventloop_test

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pikv/eventloop"
)

// connect makes n blocking sockets, which cost this process nothing but descriptors:
// one Cleanup closes all, since each keeps the stack that asked for it.
func connect(t *testing.T, addr string, n int) (fds []int) {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte{127, 0, 0, 1}}
	wait := unix.NsecToTimeval(patience.Nanoseconds())
	fds = make([]int, 0, n)
	t.Cleanup(func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	})
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
	}
	return fds
}

// ping has a message echoed on fd.
func ping(t *testing.T, fd int, msg string) {
	t.Helper()
	if _, err := unix.Write(fd, []byte(msg)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(msg)+1)
	for n := 0; n < len(msg); {
		more, err := unix.Read(fd, got[n:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || more == 0 {
			t.Fatalf("read %d bytes, %v", more, err)
		}
		n += more
	}
	if string(got[:len(msg)]) != msg {
		t.Fatalf("got %q", got)
	}
}

// TestIdleConnectionsCostLittle serves a message on each first, so that it
// also checks that buffers do not stay with the connections.
func TestIdleConnectionsCostLittle(t *testing.T) {
	const conns, most = 1000, 700
	_, addr := start(t, eventloop.Config{Accept: all(script{})})
	used := func() uint64 {
		runtime.GC()
		runtime.GC() // pools are empty after the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	ping(t, connect(t, addr, 1)[0], "warm up")
	before := used()
	fds := connect(t, addr, conns)
	for range 3 {
		for _, fd := range fds {
			ping(t, fd, "a message")
		}
	}
	each := (int64(used()) - int64(before)) / conns
	t.Logf("%d bytes per connection", each)
	if each > most {
		t.Errorf("an idle connection costs %d bytes, more than %d", each, most)
	}
}

func TestTenThousandConnections(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	most := min(10_000, (int(min(limit.Cur, 1<<20))-200)/2)
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := most
		if cfg.Portable || runtime.GOMAXPROCS(0) == 1 {
			conns /= 5 // it takes its time
		}
		cfg.MaxConns = conns
		cfg.Accept = all(script{})
		s, addr := start(t, cfg)
		fds := connect(t, addr, conns)
		began := time.Now()
		for _, fd := range fds {
			ping(t, fd, "hello")
		}
		t.Logf("%d connections, %v for a message on each", conns, time.Since(began))
		if open := s.Stats().Open; open != conns {
			t.Errorf("%d connections are open", open)
		}
	})
}
