package resp

import (
	"context"
	"time"
)

// waitMost is how long one command waits for partitions that are not served: longer
// than a worker holds what waits for one of them, which then knows better why.
const waitMost = 6 * time.Second

// allowance is what a command has left of it. While it waits others have its turn.
type allowance struct {
	ctx  context.Context // ends the command
	call *Call
	left time.Duration
	each time.Duration // for one partition at most; 0: all that is left
}

func (c *Call) allowance(ctx context.Context) allowance {
	return allowance{ctx: ctx, call: c, left: c.conn.server.waitMost}
}

// page is Keyspace.Page. What other nodes are asked for may take long: that counts when
// it comes to nothing.
func (a *allowance) page(slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	read := func(ctx context.Context) bool {
		next, refusal, ok = a.call.Keyspace().Page(ctx, slot, cursor, limit, yield)
		return ok
	}
	if a.call.conn.server.cfg.Remote {
		a.spend(read)
	} else {
		read(a.ctx)
	}
	return next, refusal, ok
}

// await is Keyspace.Await.
func (a *allowance) await(slot uint16) (s Serves) {
	late := a.spend(func(ctx context.Context) bool {
		s = a.call.Keyspace().Await(ctx, slot)
		return false
	})
	if late && (s == Serves{} || s.Refusal != "") {
		s.Refusal = errNotInTime
	}
	return s
}

// spend waits, unless all is spent, and counts the time if it was in vain. late: it took
// all that it might.
func (a *allowance) spend(wait func(ctx context.Context) (worth bool)) (late bool) {
	most := a.left
	if a.each > 0 {
		most = min(most, a.each)
	}
	if most <= 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(a.ctx, most)
	defer cancel()
	a.call.Aside(func() {
		begun := time.Now()
		if !wait(ctx) {
			a.left -= time.Since(begun)
		}
		late = ctx.Err() != nil && a.ctx.Err() == nil
	})
	return late
}
