package worker

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.uber.org/zap"
)

// NoMoveLimit as Config.MoveRate lets background streams go as fast as they
// can.
const NoMoveLimit int64 = -1

// unknownSpeed is assumed of a network that does not tell its speed, as radios
// do not, in Mbit/s.
const unknownSpeed = 100

// limitMoves sets the rate of background streams, now that the address is
// known that others use.
func (w *Worker) limitMoves(host string) {
	limit := moveRate(w.cfg.MoveRate, host, linkSpeed(interfaceOf(net.ParseIP(host))))
	w.filler.slow(limit)
	if limit == NoMoveLimit {
		w.log.Info("snapshots are sent without a limit")
	} else {
		w.log.Info("snapshots are sent at a limited rate", zap.Int64("bytes_per_second", limit))
	}
}

// moveRate is the rate of background streams in bytes per second: what was
// configured or, when that is 0, half of what the network takes, so that
// clients keep the other half. speed is in Mbit/s, 0 when it is not known. A
// node that others reach by a loopback address shares no network with clients.
func moveRate(configured int64, host string, speed int64) int64 {
	switch {
	case configured != 0:
		return configured
	case net.ParseIP(host).IsLoopback():
		return NoMoveLimit
	case speed <= 0:
		speed = unknownSpeed
	}
	const bytesPerMbit = 1_000_000 / 8
	return speed * bytesPerMbit / 2
}

// interfaceOf returns the name of the network interface with an address, ""
// when there is none.
func interfaceOf(ip net.IP) string {
	interfaces, err := net.Interfaces()
	if err != nil || ip == nil {
		return ""
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if have, ok := a.(*net.IPNet); ok && have.IP.Equal(ip) {
				return i.Name
			}
		}
	}
	return ""
}

// linkSpeed returns the speed that the kernel tells of an interface in Mbit/s,
// 0 when it tells none.
func linkSpeed(name string) int64 {
	if name == "" {
		return 0
	}
	text, err := os.ReadFile(filepath.Join("/sys/class/net", name, "speed"))
	if err != nil {
		return 0
	}
	return parseSpeed(string(text))
}

// parseSpeed reads a speed in Mbit/s; what is not one, or not credible, is 0.
func parseSpeed(text string) int64 {
	const fastest = 10_000_000
	speed, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || speed < 0 || speed > fastest { // -1, also as 32 bits without a sign, is "unknown"
		return 0
	}
	return speed
}
