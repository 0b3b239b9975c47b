//go:build !linux

package worker

import "context"

// newAlarm returns an alarm that ends with ctx; the caller closes it.
func newAlarm(ctx context.Context) alarm { return timerAlarm{ctx} }
