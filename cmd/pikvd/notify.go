package main

import (
	"fmt"
	"net"
	"strings"
)

// What the service manager is told (sd_notify(3)). A worker without a cluster is ready, too:
// there may be none for longer than the manager would wait.
const (
	notifyReady    = "READY=1\nSTATUS=serving"
	notifyLooking  = "READY=1\nSTATUS=looking for the cluster; holds nothing yet"
	notifyServing  = "STATUS=serving"
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
