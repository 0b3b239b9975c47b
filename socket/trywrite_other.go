//go:build !unix

package socket

import "net"

// TryWriter does not exist here: whether a socket would block is not known.
type TryWriter struct{}

// NewTryWriter returns nil.
func NewTryWriter(net.Conn) *TryWriter { return nil }

// Try is for nobody to call.
func (*TryWriter) Try([]byte) (int, error) { return 0, nil }

// TryMany is for nobody to call.
func (*TryWriter) TryMany([][]byte) (int, error) { return 0, nil }
