//go:build !linux

package rpcconn

import "net"

func queued(net.Conn) int { return -1 }
