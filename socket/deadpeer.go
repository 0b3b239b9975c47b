package socket

import (
	"net"
	"time"
)

// probes is how many keepalive probes without an answer end a connection.
const probes = 3

// DetectDeadPeer makes the kernel break a TCP connection whose peer has gone
// without a word (power cut, cut cable) after about the given time, whether it
// is idle or has bytes that are not acknowledged. Other connections are left
// alone, and a system that cannot do it keeps its own times.
func DetectDeadPeer(conn net.Conn, after time.Duration) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	return detectDeadPeer(tcp, after)
}

// keepalive returns how long a connection is idle before the first probe, and
// the time from one probe to the next.
func keepalive(after time.Duration) (idle, interval time.Duration) {
	return max(after/2, time.Second), max(after/2/probes, time.Second)
}
