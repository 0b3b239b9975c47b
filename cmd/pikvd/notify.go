package main

import (
	"fmt"
	"net"
	"strings"
)

// What the service manager is told (sd_notify(3)).
const (
	notifyReady    = "READY=1\nSTATUS=serving"
	notifyStopping = "STOPPING=1\nSTATUS=handing over, and leaving"
)

// notify tells the service manager a state, if one listens at socket: the value of
// NOTIFY_SOCKET, "" for none.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	if name, ok := strings.CutPrefix(socket, "@"); ok {
		socket = "\x00" + name // a socket without a file
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer func() { _ = conn.Close() }() // what was written has left
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}
