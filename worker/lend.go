package worker

import (
	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/store"
	"pikv/wire"
)

// lendFrom is the size in bytes from which on a value is sent from where it lies
// in the store. To hold a smaller one costs more than to copy it.
const lendFrom = 64 << 10

// heldValue is a large value that a read has found. It is the store's own, and
// held there until it is sent, so that neither the partition nor the connection
// is locked while it is copied.
type heldValue struct {
	p    *partition
	item store.Item
	held store.Hold
}

// holdLocked holds the value of key, which is there. The caller has p's lock.
func (p *partition) holdLocked(key []byte) *heldValue {
	item, held, _ := p.engine.Hold(key)
	return &heldValue{p: p, item: item, held: held}
}

// release is called without locks.
func (v *heldValue) release() {
	v.p.mu.Lock()
	defer v.p.unlock()
	v.held.Close()
}

// reply answers a Get, without p's lock.
func (v *heldValue) reply(c *rpcserver.Call, o *wire.Options) {
	loan := &rpcconn.Loan{Bytes: v.item.Value, Done: v.release}
	switch {
	case o.WithLeft:
		loan.Tail = wire.AppendLeftTail(nil, v.item.Version, left(v.item.Deadline, store.Instant(c.Arrived)))
	case o.WithVersion:
		loan.Tail = wire.AppendVersionedTail(nil, v.item.Version)
	}
	c.ReplyLent(func(buf []byte) []byte {
		switch {
		case o.WithLeft:
			return wire.AppendLeftHead(buf, len(v.item.Value))
		case o.WithVersion:
			return wire.AppendVersionedHead(buf, len(v.item.Value))
		}
		return wire.AppendBinHeader(buf, len(v.item.Value))
	}, loan)
}
