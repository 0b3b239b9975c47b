package master

import (
	"context"
	"strings"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveReport takes a worker's report and answers with this register's
// identity and what the worker is to ask for.
//
// The reply's epoch is that of the view in force. To a report with a claim it
// is 0 until the claim has been heard: until then the worker adopts no view,
// see register.MayAdopt.
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
		Report: register.Report{
			Name:        req.Name,
			Incarnation: placement.Incarnation(req.Incarnation),
			Follows:     placement.MasterID(req.MasterID),
			Epoch:       placement.Epoch(req.Epoch),
		},
		used:    max(0, req.Used),
		keys:    max(0, req.Keys),
		mortal:  max(0, req.Mortal),
		evicted: max(0, req.Evicted),
		expired: max(0, req.Expired),
		at:      f.clock(),
	}
	if err := req.Load.Check(); err != nil {
		return rep, wire.Errorf(wire.CodeBadRequest, "the report of %q: %v", req.Name[:min(len(req.Name), maxNameLength)], err)
	}
	rep.load = req.Load
	if req.Eviction == evictionLRU || req.Eviction == evictionNone {
		rep.eviction = req.Eviction
	}
	rep.moves, rep.waiting = readMoves(req.Moves), readWaits(req.Waiting)
	if rep.Incarnation == 0 || req.Name == "" || len(req.Name) > maxNameLength {
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
	if v.MasterID != rep.Follows { // else it is an ordinary follower's, and no claim
		rep.Claim = v
	}
	return rep, nil
}

// readMoves takes over what makes sense; it is for an operator's eyes only.
func readMoves(reported []wire.MoveReport) []move {
	var moves []move
	for _, m := range reported[:min(len(reported), wire.MaxReported)] {
		if m.Done >= 0 && m.Total >= 0 {
			moves = append(moves, move{id: placement.PartitionID(m.P), to: placement.Incarnation(m.Node), done: m.Done, total: max(m.Done, m.Total)})
		}
	}
	return moves
}

// maxWhy bounds the text with which a worker says why a partition waits.
const maxWhy = 200

// readWaits takes over what makes sense.
func readWaits(reported []wire.WaitReport) []wait {
	var waits []wait
	for _, w := range reported[:min(len(reported), wire.MaxReported)] {
		waits = append(waits, wait{id: placement.PartitionID(w.P), on: placement.Incarnation(w.For), why: strings.ToValidUTF8(w.Why[:min(len(w.Why), maxWhy)], "")})
	}
	return waits
}

// answerReport does with a report what the register makes of it.
func (f *front) answerReport(rep report) (wire.ReportReply, error) {
	v, s, rg, _ := f.view()
	member := f.gossiped(rep.Incarnation)
	got := register.Receive(rg.Reign, s, rep.Report, member, f.cfg.Recover)
	if got.Recover {
		f.beginRecovery(rg, got.Why, rep.Follows)
		v, s, rg, _ = f.view()
		got = register.Receive(rg.Reign, s, rep.Report, member, f.cfg.Recover)
	}
	reply := wire.ReportReply{MasterID: uint64(rg.ID), Forswear: got.Forswear, Removed: s.Orders.IsRemoved(rep.Incarnation)}
	if got.Verdict == register.Stranger {
		if f.strangers.note(rep.Name, rep.at) {
			f.log.Error("a worker holds partitions of another master", zap.String("worker", rep.Name), zap.String("why", got.Why))
		}
		return reply, wire.Errorf(wire.CodeStale, "%s", got.Why)
	}
	if !got.Keep {
		return reply, nil
	}
	rep.Report = got.Report
	rep, err := f.reports.record(rep)
	if err != nil {
		return reply, wire.Errorf(wire.CodeBusy, "%v", err)
	}
	if register.MayAdopt(rg.Reign, s, rep.Report) {
		reply.Epoch = uint64(v.Epoch)
		reply.Suggest = f.planner.suggest(rep.Incarnation)
	}
	return reply, nil
}

// beginRecovery takes this master's view, if it has one, out of force.
func (f *front) beginRecovery(rg *reign, why string, above placement.MasterID) {
	if !f.authority.recover(rg, why, above, f.clock()) {
		return
	}
	f.loop.open.Store(false)
	f.planner.pause()
	f.loop.wake()
	f.log.Error("the workers know more than this master's file: recovering", zap.String("why", why),
		zap.Stringer("master_id", f.authority.reign().ID))
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
