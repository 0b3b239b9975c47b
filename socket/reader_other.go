//go:build !unix

package socket

import (
	"io"
	"net"
)

// NewReader returns a reader of conn.
func NewReader(conn net.Conn) io.Reader { return conn }
