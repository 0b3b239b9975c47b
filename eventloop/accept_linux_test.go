package eventloop

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestPrepare(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	prepare(fd, 12*time.Second)
	for name, o := range map[string]struct{ level, opt, want int }{
		"TCP_NODELAY":       {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		"SO_KEEPALIVE":      {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		"TCP_KEEPIDLE":      {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 6},
		"TCP_KEEPINTVL":     {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 2},
		"TCP_KEEPCNT":       {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
		"TCP_USER_TIMEOUT":  {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 12000},
		"TCP_NOTSENT_LOWAT": {unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 256 << 10},
	} {
		if got, err := unix.GetsockoptInt(fd, o.level, o.opt); err != nil || got != o.want {
			t.Errorf("%s is %d, not %d (%v)", name, got, o.want, err)
		}
	}
}

func TestAddrOf(t *testing.T) {
	for want, a := range map[string]unix.Sockaddr{
		"1.2.3.4:5":        &unix.SockaddrInet4{Addr: [4]byte{1, 2, 3, 4}, Port: 5},
		"[::1]:6":          &unix.SockaddrInet6{Addr: [16]byte(net.IPv6loopback), Port: 6},
		"1.2.3.4:7":        &unix.SockaddrInet6{Addr: [16]byte(net.IPv4(1, 2, 3, 4)), Port: 7},
		"invalid AddrPort": &unix.SockaddrUnix{},
	} {
		if got := addrOf(a).String(); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
