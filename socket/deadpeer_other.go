//go:build !linux

package socket

import (
	"net"
	"time"
)

// detectDeadPeer watches idle connections only: bytes that are not acknowledged
// are the system's to give up.
func detectDeadPeer(conn *net.TCPConn, after time.Duration) error {
	idle, interval := keepalive(after)
	return conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: idle, Interval: interval, Count: probes})
}
