package worker

import (
	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

// failure translates the end of an operation into an error for the wire,
// nil when it went well.
func (w *Worker) failure(p *partition, d *replica.Done) error {
	switch d.Status {
	case replica.OK:
		return nil
	case replica.Moved:
		return w.moved(p, d.Owner, d.Epoch)
	case replica.Unavailable:
		return wire.Errorf(wire.CodeBusy, "this worker does not know partition %d yet: try again", p.id)
	case replica.Timeout:
		return wire.Errorf(wire.CodeTimeout, "partition %d could not serve in time: it is being handed over, or a node or the master does not answer", p.id)
	case replica.OutOfMemory:
		if w.evictor != nil {
			return wire.Errorf(wire.CodeOutOfMemory, "out of memory: %s holds %d of %d bytes (--max-memory), or a backup has no room left, and not enough could be evicted in %v; nothing was changed", w.cfg.Name, w.memory.Used(), w.memory.Limit(), w.cfg.Timing.Evict)
		}
		return wire.Errorf(wire.CodeOutOfMemory, "out of memory: %s holds %d of %d bytes (--max-memory), or a backup has no room left; nothing was changed", w.cfg.Name, w.memory.Used(), w.memory.Limit())
	case replica.ConditionFailed:
		if d.Version == 0 {
			return wire.Errorf(wire.CodeCondition, "the condition does not hold: there is no such key; nothing was changed")
		}
		return wire.Errorf(wire.CodeCondition, "the condition does not hold: the key has version %d; nothing was changed", d.Version)
	case replica.NotInteger:
		return wire.Errorf(wire.CodeNotInteger, "the value is no decimal integer, or would leave the range of 64 bits; nothing was changed")
	case replica.Finished:
		return wire.Errorf(wire.CodeStale, "the client has said before that it is finished with this write; it takes no effect now")
	case replica.Forgotten:
		return wire.Errorf(wire.CodeForgotten, "the write was asked for before, and partition %d keeps no record of it any more: read the key", p.id)
	case replica.TooLarge:
		return wire.Errorf(wire.CodeTooLarge, "what the operation would write, the old value included that it returns, is over the limit of %d bytes, or has too many keys; nothing was changed", w.cfg.Server.Limits.Value)
	case replica.Malformed:
		return wire.Errorf(wire.CodeBadRequest, "the operation names no key, or one twice; nothing was changed")
	case replica.Crowded:
		return wire.Errorf(wire.CodeBusy, "partition %d keeps the writes of too many clients: try again", p.id)
	default:
		return wire.Errorf(wire.CodeUnknownFate, "the write to partition %d was begun, but whether it holds is not known: read the key", p.id)
	}
}

// readFailure is failure for a read. What a read may begin is the removal of a
// key that has expired, which nobody can see: it is safe to read again.
func (w *Worker) readFailure(p *partition, d *replica.Done) error {
	if d.Status == replica.UnknownFate {
		return wire.Errorf(wire.CodeTimeout, "that the key has expired could not be confirmed in time in partition %d: try again", p.id)
	}
	return w.failure(p, d)
}

// moved says where a partition is served.
func (w *Worker) moved(p *partition, owner placement.Incarnation, epoch placement.Epoch) error {
	node, ok := w.view().Node(owner)
	switch {
	case !ok:
		return wire.Errorf(wire.CodeBusy, "the owner of partition %d is not known here yet: try again", p.id)
	case node.Name == w.cfg.Name && owner != w.incarnation && w.survives(p):
		return wire.Errorf(wire.CodeBusy, "partition %d waits for another of its replicas to take over: try again", p.id)
	case node.Name == w.cfg.Name && owner != w.incarnation:
		return wire.Errorf(wire.CodeUnavailable, "partition %d is lost: its only replica was in memory of an earlier run of %s", p.id, w.cfg.Name)
	}
	return &wire.Error{
		Code: wire.CodeMoved, Text: "partition is served by " + node.Name, Owner: node.Addr, Epoch: uint64(epoch),
	}
}

// survives reports whether a replica of the partition is in sync that is not
// an earlier run of this node.
func (w *Worker) survives(p *partition) bool {
	view := w.view()
	for _, inc := range view.Partitions[p.id].InSync {
		if node, _ := view.Node(inc); node.Name != w.cfg.Name || inc == w.incarnation {
			return true
		}
	}
	return false
}
