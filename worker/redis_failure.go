package worker

import (
	"errors"
	"fmt"

	"pikv/placement"
	"pikv/replica"
	"pikv/resp"
	"pikv/wire"
)

// redisLimit words an error of wire.Limits.
func redisLimit(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return "ERR " + e.Text
	}
	return "ERR " + err.Error()
}

// redisFailure answers a call whose operation did not end well: failure for
// clients of Redis.
func (w *Worker) redisFailure(c *resp.Call, p *partition, d *replica.Done) {
	if d.Status == replica.Moved {
		w.redisMoved(c, p, d.Owner)
	} else {
		c.Fail(redisRefusal(p, d.Status))
	}
}

// redisRefusal words how an operation ended, if not well.
func redisRefusal(p *partition, s replica.Status) string {
	switch s {
	case replica.Unavailable:
		return resp.ErrNotServed
	case replica.Timeout:
		return fmt.Sprintf(resp.TryAgain+"partition %d could not serve in time: it is being handed over, or a node or the master does not answer", p.id)
	case replica.OutOfMemory:
		return resp.ErrOutOfMemory
	case replica.TooLarge:
		return resp.ErrTooLong
	case replica.UnknownFate:
		return fmt.Sprintf(resp.UnknownFate+"the write to partition %d was begun, but whether it holds is not known: read the key", p.id)
	default:
		return "ERR " + s.String()
	}
}

// redisMoved says where a partition is served.
func (w *Worker) redisMoved(c *resp.Call, p *partition, owner placement.Incarnation) {
	node, ok := w.view().Node(owner)
	switch {
	case !ok:
		c.Fail(fmt.Sprintf(resp.TryAgain+"the owner of partition %d is not known here yet", p.id))
	case node.Name == w.cfg.Name && owner != w.incarnation && w.survives(p):
		c.Fail(fmt.Sprintf(resp.TryAgain+"partition %d waits for another of its replicas to take over", p.id))
	case node.Name == w.cfg.Name && owner != w.incarnation:
		c.Fail(fmt.Sprintf(resp.ErrNotServed+": partition %d is lost, its only replica was in memory of an earlier run of %s", p.id, w.cfg.Name))
	default:
		c.MovedTo(node)
	}
}
