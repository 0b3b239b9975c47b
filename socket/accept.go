package socket

import (
	"errors"
	"net"
	"time"
)

// Accept gives take each connection of ln, until ln is closed or stop is. While
// accepting fails it tries again after a pause; failed is told the first error
// of such a time.
func Accept(ln net.Listener, stop <-chan struct{}, take func(net.Conn), failed func(error)) {
	var pauses Pauses
	for {
		conn, err := ln.Accept()
		if err == nil {
			pauses = Pauses{}
			take(conn)
			continue
		}
		if errors.Is(err, net.ErrClosed) || isClosed(stop) {
			return
		}
		d, first := pauses.Next()
		if first {
			failed(err)
		}
		wait := time.NewTimer(d)
		select {
		case <-wait.C:
		case <-stop:
			wait.Stop()
			return
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
