package socket

import "net"

// maxUnsent is how many bytes of replies the kernel keeps that it cannot send yet: as
// many as a fast reader takes while the writer does something else.
const maxUnsent = 256 << 10

// LimitUnsent bounds what the kernel takes of a TCP connection beyond what it can send:
// for a peer that reads nothing it would keep some megabytes of each connection, and once
// all of them together are too many, every connection of the machine becomes slow. What
// is under way to a peer that reads does not count. Other connections are left alone, and
// a system that cannot do it keeps its own bounds.
func LimitUnsent(conn net.Conn) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	return limitUnsent(tcp)
}
