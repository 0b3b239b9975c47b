package membership

import (
	"context"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// rejoin is the loop that looks for others for as long as the node runs:
// seeds, and every address that ever was a member's and is not alive. memberlist
// itself never does: it forgets the dead, and a healed partition stays two
// clusters. It owns what it keeps; only run's goroutine touches it.
type rejoin struct {
	m   *Membership
	adm *admission

	tries    int         // rounds since the last change, for the back-off
	announce []time.Time // when to show every member that this node has the name now
	pace     pace
	told     map[string]Member // the members as last logged
}

// run tries a round at growing distances until ctx ends, and early after every
// change of the membership.
func (j *rejoin) run(ctx context.Context) {
	t := j.m.timing
	next := time.Now().Add(t.backoff(0, rand.Float64()))
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	j.logChanges()
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.m.roster.wake:
			j.logChanges()
			j.tries = 0
			if soon := time.Now().Add(t.retryMin); soon.Before(next) {
				next = soon
				timer.Reset(time.Until(next))
			}
			continue
		case <-timer.C:
		}
		delay, ok := j.step(ctx)
		if !ok {
			return
		}
		next = time.Now().Add(delay)
		timer.Reset(delay)
	}
}

// step tries one round and returns the distance to the next one, or false
// when this node must not go on.
func (j *rejoin) step(ctx context.Context) (time.Duration, bool) {
	t := j.m.timing
	if len(j.announce) > 0 && !time.Now().Before(j.announce[0]) {
		j.announce = j.announce[1:]
		j.m.contactAll(ctx, j.m.roster.aliveAt())
	}
	r := j.m.tryRound(ctx)
	if ctx.Err() != nil {
		return 0, false
	}
	if !j.m.admitted.Load() {
		v, err := j.adm.judge(time.Now(), r)
		switch v {
		case failed:
			j.m.failed <- err // size 1, and this is the only error ever sent
			return 0, false
		case admitted:
			j.admit()
		case again:
			return t.retryMin, true
		}
	}
	j.logRound(r)
	j.tries++
	delay := t.backoff(j.tries, rand.Float64())
	if len(j.announce) > 0 {
		delay = min(delay, max(0, time.Until(j.announce[0])))
	}
	return delay, true
}

// admit ends the newcomer's time. When the name was another's until now, each
// member takes the new address only some time after it heard of the other's
// death; so this node shows itself to all of them, twice, rather than wait for
// memberlist's next random exchange.
func (j *rejoin) admit() {
	j.m.admitted.Store(true)
	if j.adm.hadRival() {
		t := j.m.timing
		now := time.Now()
		j.announce = []time.Time{now.Add(2 * t.reclaim), now.Add(6 * t.reclaim)}
	}
}

// logRound says once in a while that nobody is there, or that a seed is not
// one of ours.
func (j *rejoin) logRound(r round) {
	now := time.Now()
	if r.others == 0 {
		if trouble := r.trouble(); trouble != "" && j.pace.due("alone", now) {
			j.m.cfg.Log.Warn("no other node answers; still trying", zap.String("trouble", trouble))
		}
	}
	if refusals := r.refusals(); refusals != "" && j.pace.due("refused", now) {
		j.m.cfg.Log.Warn("an address is not of this cluster; still trying", zap.String("trouble", refusals))
	}
}

// logChanges says who came and who went since the last call. It runs here and
// not in memberlist's callbacks because a log may block.
func (j *rejoin) logChanges() {
	now := make(map[string]Member)
	for _, n := range j.m.roster.members() {
		now[n.Name] = n
		if n.Name == j.m.cfg.Name {
			continue
		}
		switch old, ok := j.told[n.Name]; {
		case !ok:
			j.m.cfg.Log.Info("node joined", memberFields(n)...)
		case old != n:
			j.m.cfg.Log.Info("node changed", memberFields(n)...)
		}
	}
	for name, n := range j.told {
		if _, ok := now[name]; !ok && name != j.m.cfg.Name {
			j.m.cfg.Log.Info("node gone", memberFields(n)...)
		}
	}
	j.told = now
}

func memberFields(n Member) []zap.Field {
	return []zap.Field{
		zap.String("member", n.Name), zap.String("role", string(n.Role)),
		zap.String("gossip", n.GossipAddr), zap.String("rpc", n.RPCAddr),
		zap.Uint64("incarnation", n.Incarnation),
	}
}

// backoff returns the distance after the given number of futile rounds: it
// doubles from retryMin to retryMax, and jitter (0 to 1) takes up to a quarter
// off, so that nodes that lost each other at one moment don't call at one moment.
func (t timing) backoff(tries int, jitter float64) time.Duration {
	d := t.retryMax
	if tries < 16 {
		d = min(d, t.retryMin<<tries)
	}
	return d - time.Duration(jitter*float64(d)/4)
}
