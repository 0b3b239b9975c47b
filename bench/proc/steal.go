package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is the unit of /proc/stat: USER_HZ, the same on all of Linux's platforms that Go knows.
const ticksPerSecond = 100

// Steal is a reading of how much processor time the machine had, and how much
// of that went to other tenants of the hardware or was left over, in ticks.
type Steal struct{ stolen, idle, total int64 }

// ReadSteal reads the counters since boot.
func ReadSteal() (Steal, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Steal{}, fmt.Errorf("read processor times: %w", err)
	}
	s, err := parseSteal(string(data))
	if err != nil {
		return Steal{}, fmt.Errorf("read processor times: %w", err)
	}
	return s, nil
}

// parseSteal reads the first line of /proc/stat.
func parseSteal(stat string) (Steal, error) {
	const idle, steal, guest = 3, 7, 8 // guest and what follows it is in user already
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) <= steal+1 || fields[0] != "cpu" {
		return Steal{}, errors.New("the line of all processors is missing")
	}
	var s Steal
	for i, field := range fields[1:] {
		if i == guest {
			break
		}
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return Steal{}, err
		}
		s.total += ticks
		switch i {
		case idle:
			s.idle = ticks
		case steal:
			s.stolen = ticks
		}
	}
	return s, nil
}

// Since returns the share of stolen time since an earlier reading, in percent.
func (s Steal) Since(before Steal) float64 {
	return 100 * float64(s.stolen-before.stolen) / float64(max(s.total-before.total, 1))
}

// fewestTicks is how many must be stolen in a short time to say that anything was: the one
// in which a guest had to wait for a moment may be a quarter of 20 ms on two processors.
const fewestTicks = 2

// SurelySince is Since for times that may be short: 0 where fewer ticks were stolen than
// tell anything.
func (s Steal) SurelySince(before Steal) float64 {
	if s.stolen-before.stolen < fewestTicks {
		return 0
	}
	return s.Since(before)
}

// TotalSince returns the processor time that the machine had since an earlier reading, of
// all its processors together, whatever became of it.
func (s Steal) TotalSince(before Steal) time.Duration {
	return time.Duration(s.total-before.total) * time.Second / ticksPerSecond
}

// IdleSince returns the share of time since an earlier reading in which
// processors had nothing to do, in percent.
func (s Steal) IdleSince(before Steal) float64 {
	return 100 * float64(s.idle-before.idle) / float64(max(s.total-before.total, 1))
}
