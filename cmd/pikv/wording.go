package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// count prints "1 partition", "2 partitions".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// maxRanges bounds what ranges prints.
const maxRanges = 8

// ranges prints partitions, sorted, runs as first-last: "1, 5-9". Those after
// maxRanges of these are counted.
func ranges(ids []uint16) string {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var parts []string
	for i := 0; i < len(ids); {
		if len(parts) >= maxRanges {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more", len(ids)-i)
		}
		end := i + 1
		for end < len(ids) && ids[end] == ids[end-1]+1 {
			end++
		}
		if end-i == 2 {
			end-- // "7, 8" reads better than "7-8"
		}
		text := strconv.Itoa(int(ids[i]))
		if end-i > 1 {
			text += "-" + strconv.Itoa(int(ids[end-1]))
		}
		parts = append(parts, text)
		i = end
	}
	return strings.Join(parts, ", ")
}

// partitions names ids: "partition 3", "partitions 1, 5-9".
func partitions(ids []uint16) string {
	if len(ids) == 1 {
		return "partition " + ranges(ids)
	}
	return "partitions " + ranges(ids)
}

// names joins names as in a sentence: "a", "a and b", "a, b and c".
func names(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// long prints how long something has lasted, in at most two units.
func long(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%d d %d h", d/day, d%day/time.Hour)
	}
}

// milliseconds is the duration of so many.
func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
