//go:build !linux

package socket

import "net"

// Pace spreads what is written to conn over time where the system can do that;
// here it cannot.
func Pace(net.Conn, int64) error { return nil }
