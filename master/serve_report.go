package master

import (
	"context"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveReport takes a worker's report and answers with this register's
// identity and what the worker is to ask for.
//
// The reply's epoch is that of the view in force. To a report with a claim it
// is 0 until the claim has been heard: until then the worker adopts no view,
// see recover.go.
func (f *front) serveReport(_ context.Context, c *rpcserver.Call) {
	var req wire.ReportRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	rep, err := f.readReport(req)
	if err != nil {
		c.Fail(err)
		return
	}
	reply, err := f.answerReport(rep)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&reply)
}

// readReport checks a report.
func (f *front) readReport(req wire.ReportRequest) (report, error) {
	rep := report{
		name:        req.Name,
		incarnation: placement.Incarnation(req.Incarnation),
		follows:     placement.MasterID(req.MasterID),
		epoch:       placement.Epoch(req.Epoch),
		used:        max(0, req.Used),
		keys:        max(0, req.Keys),
		at:          f.clock(),
	}
	if rep.incarnation == 0 || req.Name == "" || len(req.Name) > maxNameLength {
		return rep, wire.Errorf(wire.CodeBadRequest, "a report needs an incarnation and a name of 1 to %d bytes", maxNameLength)
	}
	if len(req.View) == 0 {
		return rep, nil
	}
	v, err := placement.DecodeView(req.View)
	if err == nil {
		err = v.Validate()
	}
	if err != nil {
		return rep, wire.Errorf(wire.CodeBadRequest, "the view in the report: %v", err)
	}
	if v.Cluster != f.cfg.Cluster {
		return rep, wire.Errorf(wire.CodeBadRequest, "the view in the report is of cluster %q, this is %q", v.Cluster, f.cfg.Cluster)
	}
	if v.MasterID != rep.follows { // else it is an ordinary follower's, and no claim
		rep.claim = v
	}
	return rep, nil
}

// answerReport decides what follows from a report.
func (f *front) answerReport(rep report) (wire.ReportReply, error) {
	v, s, rg, _ := f.view()
	judged, why := judge(rg, s, rep, f.cfg.Recover)
	reply := wire.ReportReply{MasterID: uint64(rg.id)}
	if judged == wiser {
		if !f.gossiped(rep.incarnation) {
			return reply, nil // nobody from outside can unsettle the register
		}
		f.beginRecovery(rg, v != nil, why)
		v, s, rg, _ = f.view()
		judged, _ = judge(rg, s, rep, f.cfg.Recover)
		reply.MasterID = uint64(rg.id)
	}
	switch judged {
	case stranger:
		if f.strangers.note(rep.name, rep.at) {
			f.log.Error("a worker holds partitions of another master", zap.String("worker", rep.name), zap.String("why", why))
		}
		return reply, wire.Errorf(wire.CodeStale, "%s", why)
	case converts:
		reply.Forswear = true
		rep.claim = nil // it counts once the worker has forsworn
	case follower:
		if rep.claim != nil && !f.gossiped(rep.incarnation) {
			return reply, nil // claims are large: only members may leave one here
		}
	}
	rep, err := f.reports.record(rep)
	if err != nil {
		return reply, wire.Errorf(wire.CodeBusy, "%v", err)
	}
	if judged != follower || v == nil || rep.claim != nil && !rep.heard {
		return reply, nil
	}
	reply.Epoch = uint64(v.Epoch)
	reply.Suggest = f.planner.suggest(rep.incarnation)
	return reply, nil
}

// beginRecovery takes this master's view, if it has one, out of force.
func (f *front) beginRecovery(rg *reign, published bool, why string) {
	if !f.authority.recover(rg, published, why, f.clock()) {
		return
	}
	f.loop.open.Store(false)
	f.planner.pause()
	f.loop.wake()
	f.log.Error("the workers know more than this master's file: recovering", zap.String("why", why),
		zap.Stringer("master_id", f.authority.reign().id))
}

// gossiped reports whether gossip knows a live worker of this incarnation.
func (f *front) gossiped(inc placement.Incarnation) bool {
	for _, m := range f.members() {
		if m.Role == membership.RoleWorker && m.Incarnation == uint64(inc) {
			return true
		}
	}
	return false
}
