package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAlarms(t *testing.T) {
	for name, made := range map[string]func(context.Context) alarm{
		"the system's": newAlarm,
		"Go's":         func(ctx context.Context) alarm { return timerAlarm{ctx} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a := made(ctx)
			defer a.close()
			for _, d := range []time.Duration{-1, 0, 20 * time.Millisecond, 1} {
				began := time.Now()
				require.True(t, a.wait(d))
				require.GreaterOrEqual(t, time.Since(began), d)
			}
			time.AfterFunc(10*time.Millisecond, cancel)
			require.False(t, a.wait(time.Hour))
			require.False(t, a.wait(time.Hour), "it has ended")
		})
	}
	a := newAlarm(t.Context())
	a.close() // before the context ends
}
