package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Resident returns the bytes of RAM that a process occupies.
func Resident(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read a process's memory: %w", err)
	}
	bytes, err := parseResident(string(data))
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	return bytes, nil
}

// parseResident reads the line VmRSS of /proc/PID/status.
func parseResident(status string) (int64, error) {
	for line := range strings.Lines(status) {
		rest, ok := strings.CutPrefix(line, "VmRSS:")
		if !ok {
			continue
		}
		number, ok := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		if !ok {
			return 0, fmt.Errorf("VmRSS is not in kB: %q", rest)
		}
		kib, err := strconv.ParseInt(number, 10, 64)
		return kib << 10, err
	}
	return 0, errors.New("there is no VmRSS: the process has ended")
}
