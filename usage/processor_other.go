//go:build !unix

package usage

import "time"

// Processor is not known here.
func Processor() (user, system time.Duration) { return 0, 0 }
