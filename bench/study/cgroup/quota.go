package cgroup

import (
	"fmt"
	"math"
	"time"
)

// The kernel refuses quotas under a millisecond. A group that has used up its quota
// stands still until the period ends, so that short periods make short stalls, and
// ones under 5 ms cost more than they are worth.
const (
	leastQuota  = time.Millisecond
	leastPeriod = 5 * time.Millisecond
	mostPeriod  = time.Second // the kernel's
)

// The kernel begins the periods of a group at a moment that it draws when the group is
// made (since Linux 6.2). With the same period for all, two groups that talk to each other would
// stand still at the same time, or in turn, for as long as they live, and what is measured of them might
// hang on that draw. So each has a period that is longer by another part of spread, and they meet in every
// way within a second.
const spread = 0.1

// stretch returns by how much the period of the nth group is longer than the shortest. The
// golden ratio's multiples keep apart, however many there are.
func stretch(n int) float64 {
	_, part := math.Modf(float64(n) * (math.Phi - 1))
	return 1 + spread*part
}

// quota returns the shortest period times stretch, and what of it a group may run, for a number of
// processors: 0.25 is 1.25 ms of every 5.
func quota(processors, stretch float64) (period, running time.Duration, err error) {
	if !(processors > 0) || math.IsInf(processors, 0) {
		return 0, 0, fmt.Errorf("cap the processor time to %g processors: there is no such part", processors)
	}
	period = max(leastPeriod, time.Duration(math.Ceil(float64(leastQuota)/processors/1e3))*time.Microsecond)
	if period > mostPeriod {
		return 0, 0, fmt.Errorf("cap the processor time to %g processors: the least that a kernel can do is %g", processors, float64(leastQuota)/float64(mostPeriod))
	}
	period = min(mostPeriod, time.Duration(float64(period)*stretch).Truncate(time.Microsecond))
	return period, time.Duration(math.Round(processors*float64(period.Microseconds()))) * time.Microsecond, nil
}
