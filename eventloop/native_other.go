//go:build !linux

package eventloop

import "net"

// native returns nil: goroutines it is.
func (s *Server) native(net.Listener) (engine, error) { return nil, nil }
