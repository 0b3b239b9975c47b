package worker

import (
	"context"
	"errors"
	"fmt"
	"time"


	"pikv/wire"
)

// Drain asks the master to move everything away from this worker and waits
// until it holds nothing, and until clients have noticed. It returns an error
// when ctx ends first or the master refuses, as it does for the last worker.
func (w *Worker) Drain(ctx context.Context) error {
	left, err := -1, error(nil)
	var complain complaint
	for {
		var reply wire.DrainReply
		callErr := w.callMaster(ctx, callTimeout, wire.MethodDrain, &wire.DrainRequest{Node: w.cfg.Name}, &reply)
		var remote *wire.Error
		switch {
		case callErr == nil:
			left, err = reply.Left, nil
		case errors.As(callErr, &remote) && remote.Code != wire.CodeUnavailable:
			return fmt.Errorf("drain %s: %w", w.cfg.Name, callErr)
		default:
			err = callErr
			complain.about(w.log, "cannot ask the master to drain this worker; still trying", callErr)
		}
		if callErr == nil && left == 0 {
			break
		}
		sleep(ctx, 100*time.Millisecond)
		if ctx.Err() != nil {
			if err == nil {
				err = fmt.Errorf("%d partitions are left", left)
			}
			return fmt.Errorf("drain %s: time is over: %w", w.cfg.Name, err)
		}
	}
	w.log.Info("drained: nothing is left here")
	w.linger(ctx)
	return nil
}

// linger waits until clients with an old view have been redirected: a
// request that is still on its way when the connection closes would have an
// unknown fate.
func (w *Worker) linger(ctx context.Context) {
	end := time.Now().Add(lingerMax)
	for last := int64(-1); time.Now().Before(end) && ctx.Err() == nil; {
		calls := w.dataCalls.Load()
		if calls == last {
			return
		}
		last = calls
		sleep(ctx, lingerQuiet)
	}
}
