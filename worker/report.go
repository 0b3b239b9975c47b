package worker

import (
	"context"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// runReports tells the master how this worker is, and hands its suggestions
// to the cores.
func (w *Worker) runReports(ctx context.Context) {
	for {
		again, err := w.report(ctx)
		if err != nil {
			w.news.note(w.now())
			if ctx.Err() == nil {
				w.log.Debug("report to the master", zap.Error(err))
			}
		}
		if again {
			continue
		}
		if !w.untilReport(ctx, w.news.pause(w.now())) {
			return
		}
	}
}

// untilReport waits until a report is due: at the beat nearest to the end of
// pause or, so that the next step of a move is suggested, soon after the register
// has taken one. false when ctx is done.
func (w *Worker) untilReport(ctx context.Context, pause time.Duration) bool {
	w.reportDue.Store(int64(w.now()) + int64(pause-w.cfg.Timing.Beat/2))
	select {
	case <-w.reportNow:
	case <-w.changes.taken:
		sleep(ctx, stepPause)
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// promptReport has a report sent if one is due.
func (w *Worker) promptReport(now store.Instant) {
	if int64(now) >= w.reportDue.Load() {
		signal(w.reportNow)
	}
}

// report sends one report; again asks for another at once.
func (w *Worker) report(ctx context.Context) (again bool, err error) {
	followed, view := w.follower.following()
	req := &wire.ReportRequest{
		Name: w.cfg.Name, Incarnation: uint64(w.incarnation), MasterID: uint64(followed), Used: w.memory.Used(),
		Eviction: w.cfg.Eviction, Evicted: w.evicted(), Expired: w.expired.Load(),
	}
	w.show.fill(req)
	if view != nil {
		req.Epoch = uint64(view.Epoch)
		if view.MasterID != followed {
			req.View = placement.EncodeView(view)
		}
	}
	w.news.compare(w.now(), req)
	var reply wire.ReportReply
	if err := w.callMaster(ctx, callTimeout, wire.MethodReport, req, &reply); err != nil {
		return false, err
	}
	if reply.Forswear || len(reply.Suggest) > 0 {
		w.news.note(w.now())
	}
	if reply.Removed && !w.removed {
		w.removed = true
		w.log.Warn("an operator has removed this worker from the cluster: stop it, or start it anew to have it join again")
	}
	if reply.Forswear && reply.MasterID != 0 && placement.MasterID(reply.MasterID) != followed {
		w.follower.forswear(placement.MasterID(reply.MasterID))
		return true, nil
	}
	if followed == 0 && reply.MasterID != 0 {
		w.follower.follow(placement.MasterID(reply.MasterID))
		return true, nil
	}
	if len(req.View) > 0 && reply.Epoch > 0 {
		w.follower.heard(placement.MasterID(reply.MasterID))
	}
	if placement.MasterID(reply.MasterID) != followed || len(reply.Suggest) == 0 {
		return false, nil
	}
	suggestions, err := placement.DecodeChanges(reply.Suggest)
	if err != nil {
		return false, err
	}
	t := w.table.Load()
	for _, s := range suggestions {
		if t == nil || int(s.Partition) >= len(t.partitions) {
			continue
		}
		w.step(&t.partitions[s.Partition], func(c *replica.Core, out *replica.Effects) { c.Suggest(w.now(), s, out) })
	}
	return false, nil
}
