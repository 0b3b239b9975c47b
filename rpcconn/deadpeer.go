package rpcconn

import (
	"net"
	"time"
)

// DetectDeadPeer makes the kernel break a TCP connection whose peer has gone
// without a word (power cut, cut cable) after about the given time, whether it
// is idle or has bytes that are not acknowledged. Other connections are left
// alone, and a system that cannot do it keeps its own times.
func DetectDeadPeer(conn net.Conn, after time.Duration) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	const probes = 3
	err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable:   true,
		Idle:     max(after/2, time.Second),
		Interval: max(after/2/probes, time.Second),
		Count:    probes,
	})
	if err != nil {
		return err
	}
	return setUserTimeout(tcp, after)
}
