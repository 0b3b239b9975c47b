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

// quota returns the shortest period, and what of it a group may run, for a number of
// processors: 0.25 is 1.25 ms of every 5.
func quota(processors float64) (period, running time.Duration, err error) {
	if !(processors > 0) || math.IsInf(processors, 0) {
		return 0, 0, fmt.Errorf("cap the processor time to %g processors: there is no such part", processors)
	}
	period = max(leastPeriod, time.Duration(math.Ceil(float64(leastQuota)/processors/1e3))*time.Microsecond)
	if period > mostPeriod {
		return 0, 0, fmt.Errorf("cap the processor time to %g processors: the least that a kernel can do is %g", processors, float64(leastQuota)/float64(mostPeriod))
	}
	return period, time.Duration(math.Round(processors*float64(period.Microseconds()))) * time.Microsecond, nil
}
