package runner

import (
	"context"
	"time"

	"pikv/bench/study"
)

// mostFailures is how many clusters in a row may be lost before anything is measured.
const mostFailures = 3

// unmeasured marks the next repeat of s, for which there were no clients because a node
// is lost, and gives the cluster up. If none is, or it happens again and again, why is
// returned.
func (r *Runner) unmeasured(ctx context.Context, s study.Step, have int, why error) (n int, err error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	lost := r.cluster.Lost(ctx)
	r.failures++
	if lost == "" || r.failures > mostFailures {
		return 0, why
	}
	r.Begin(s, have+1)
	p := s.Point()
	p.Target, p.Repeat, p.Started, p.Tries = r.target, have+1, time.Now(), 1
	p.Dilation, p.GeneratorShare = r.cluster.Dilation(), -1
	p.Mark = "a node was lost: " + lost
	r.giveUp()
	if err := r.points.Append(p); err != nil {
		return 0, inFolder(err)
	}
	r.End(s)
	return 1, nil
}
