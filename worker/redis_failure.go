package worker

import (
	"errors"
	"fmt"

	"pikv/placement"
	"pikv/replica"
	"pikv/resp"
	"pikv/wire"
)

// Errors for clients of Redis. Those that begin with TRYAGAIN promise that the
// command had no effect.
const (
	redisNoView    = "CLUSTERDOWN Hash slot not served"
	redisManyBytes = "TRYAGAIN too many bytes in flight"
	redisMemory    = "OOM command not allowed when used memory > 'maxmemory'."
	redisTooLarge  = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
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
		return redisNoView
	case replica.Timeout:
		return fmt.Sprintf("TRYAGAIN partition %d could not serve in time: it is being handed over, or a node or the master does not answer", p.id)
	case replica.OutOfMemory:
		return redisMemory
	case replica.TooLarge:
		return redisTooLarge
	case replica.UnknownFate:
		return fmt.Sprintf("UNKNOWNFATE the write to partition %d was begun, but whether it holds is not known: read the key", p.id)
	default:
		return "ERR " + s.String()
	}
}

// redisMoved says where a partition is served.
func (w *Worker) redisMoved(c *resp.Call, p *partition, owner placement.Incarnation) {
	node, ok := w.view().Node(owner)
	switch {
	case !ok:
		c.Fail(fmt.Sprintf("TRYAGAIN the owner of partition %d is not known here yet", p.id))
	case node.Name == w.cfg.Name && owner != w.incarnation && w.survives(p):
		c.Fail(fmt.Sprintf("TRYAGAIN partition %d waits for another of its replicas to take over", p.id))
	case node.Name == w.cfg.Name && owner != w.incarnation:
		c.Fail(fmt.Sprintf("CLUSTERDOWN Hash slot not served: partition %d is lost, its only replica was in memory of an earlier run of %s", p.id, w.cfg.Name))
	case node.RESPAddr == "":
		c.Fail(fmt.Sprintf("CLUSTERDOWN Hash slot not served: %s, which has it, opens no port for Redis clients (--resp-port)", node.Name))
	default:
		c.Moved(node.RESPAddr)
	}
}
