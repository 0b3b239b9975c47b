package usage

import (
	"os"
	"strconv"
	"strings"
)

// Network returns how many bytes have come in and gone out through a network interface
// since the system started, of any process: both numbers wrap around on some systems.
// ok is false when that is not known.
func Network(name string) (in, out uint64, ok bool) {
	table, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0, 0, false
	}
	return parseNetwork(string(table), name)
}

// parseNetwork finds an interface in the kernel's table: after its name eight numbers
// about what was received, of which the first is bytes, and eight about what was sent.
func parseNetwork(table, name string) (in, out uint64, ok bool) {
	for line := range strings.Lines(table) {
		label, numbers, found := strings.Cut(line, ":")
		if !found || strings.TrimSpace(label) != name {
			continue
		}
		fields := strings.Fields(numbers)
		if len(fields) < 9 {
			return 0, 0, false
		}
		in, errIn := strconv.ParseUint(fields[0], 10, 64)
		out, errOut := strconv.ParseUint(fields[8], 10, 64)
		return in, out, errIn == nil && errOut == nil
	}
	return 0, 0, false
}
