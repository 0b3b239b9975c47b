package eventloop

import "net"

func (s *Server) native(net.Listener) (engine, error) { return nil, nil }
