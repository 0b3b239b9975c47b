package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/placement"
	"pikv/wire"
)

// Drain asks the master to move everything away from this worker and waits
// until it holds nothing, and until clients have noticed. It returns an error
// when ctx ends first or the master refuses, as it does for the last worker.
// A worker that holds nothing needs nobody's leave.
func (w *Worker) Drain(ctx context.Context) error {
	var complain complaint
	for {
		left, err := w.askDrain(ctx)
		switch {
		case err == nil && left == 0, err != nil && !w.holds():
			w.log.Info("drained: nothing is left here")
			w.linger(ctx)
			return nil
		case err == nil:
			err = fmt.Errorf("%d partitions are left", left)
		case refused(err):
			return fmt.Errorf("drain %s: %w", w.cfg.Name, err)
		case ctx.Err() == nil:
			complain.about(w.log, "cannot ask the master to drain this worker; still trying", err)
		}
		sleep(ctx, drainEvery)
		if ctx.Err() != nil {
			return fmt.Errorf("drain %s: time is over: %w", w.cfg.Name, err)
		}
	}
}

func (w *Worker) askDrain(ctx context.Context) (left int, err error) {
	var reply wire.DrainReply
	err = w.callOwnMaster(ctx, callTimeout, wire.MethodDrain, &wire.DrainRequest{Node: w.cfg.Name}, &reply)
	return reply.Left, err
}

// refused reports whether to ask again is no use. A master that starts,
// recovers or stops says so with other codes.
func refused(err error) bool {
	for _, code := range []wire.Code{wire.CodeRefused, wire.CodeUnknownNode, wire.CodeUnknownMethod, wire.CodeBadRequest} {
		if errors.Is(err, &wire.Error{Code: code}) {
			return true
		}
	}
	return false
}

// holds reports whether this worker is a replica of any partition in the view
// that it has. When it is not, nothing that anyone was promised depends on it:
// whoever is to become a replica hears of it first.
func (w *Worker) holds() bool {
	view := w.view()
	for i := range view.Partitions {
		if view.Holds(placement.PartitionID(i), w.incarnation) {
			return true
		}
	}
	return false
}

// linger waits until clients with an old view have been redirected: a
// request that is still on its way when the connection closes would have an
// unknown fate.
func (w *Worker) linger(ctx context.Context) {
	end := time.Now().Add(lingerMax)
	for last := int64(-1); time.Now().Before(end) && ctx.Err() == nil; {
		calls := w.asked()
		if calls == last {
			return
		}
		last = calls
		sleep(ctx, lingerQuiet)
	}
}
