//go:build !linux

package socket

import "net"

// Queued cannot be told here.
func Queued(net.Conn) int { return -1 }

// Arrived cannot be told here.
func Arrived(net.Conn) int { return -1 }
