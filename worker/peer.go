package worker

import (
	"context"
	"sync"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// peerVersion numbers what workers say to each other in frames; a hello's batch is
// this byte. Whoever changes what a frame means takes the next one: a grant that
// is read in another way than it was meant could let two nodes serve at once. One
// without the byte (0) speaks as before there were numbers.
const peerVersion = 3

// helloBatch is the batch of a hello.
func helloBatch() []byte { return []byte{peerVersion} }

// versionOf reads the batch of a hello.
func versionOf(batch []byte) byte {
	if len(batch) == 0 {
		return 0
	}
	return batch[0]
}

// welcome judges a hello: it must be for this run of the node, in words that it
// understands, and from a worker that the view or gossip knows.
func (w *Worker) welcome(_ string, params []byte) error {
	hello, err := wire.DecodePeer(params)
	if err != nil {
		return err
	}
	from := placement.Incarnation(hello.From)
	switch {
	case placement.Incarnation(hello.To) != w.incarnation:
		return wire.Errorf(wire.CodeStale, "this is %s, but not the run of it that was meant", w.cfg.Name)
	case versionOf(hello.Batch) != peerVersion:
		return wire.Errorf(wire.CodeRefused, "%s speaks version %d of the protocol between workers, and was greeted in version %d: run the same pikvd on all nodes",
			w.cfg.Name, peerVersion, versionOf(hello.Batch))
	case from == w.incarnation:
		return wire.Errorf(wire.CodeRefused, "this is %s itself", w.cfg.Name)
	case w.links.get(from) == nil && w.nodeAddr(from) == "":
		w.follower.behind(0) // it has a view that names this node
		return wire.Errorf(wire.CodeBusy, "this worker does not know the other yet: try again")
	default:
		return nil
	}
}

// handlePeer takes a frame from another worker. A frame for an earlier run
// of this node, or one that does not decode, counts for nothing.
func (w *Worker) handlePeer(_ context.Context, addr string, params []byte) {
	frame, err := wire.DecodePeer(params)
	if err != nil || placement.Incarnation(frame.To) != w.incarnation {
		w.log.Debug("frame that is not for this worker", zap.String("addr", addr), zap.Error(err))
		return
	}
	beat, batch, err := cutFrame(frame.Batch)
	if err != nil {
		w.log.Debug("malformed frame from a worker", zap.String("addr", addr), zap.Error(err))
		return
	}
	from := placement.Incarnation(frame.From)
	now := w.now()
	if k := w.links.get(from); k != nil {
		k.pair.Hear(now)
		k.beat(now, &beat)
	} else if beat.Ask != 0 {
		w.follower.behind(from) // it shares something with this node in a view that is not known here
	}
	t := w.table.Load()
	m := messagePool.Get().(*replica.Message)
	defer func() {
		if cap(m.Entries) <= maxPooledEntries {
			messagePool.Put(m)
		}
	}()
	for len(batch) > 0 {
		if batch, err = m.Decode(batch); err != nil {
			w.log.Debug("malformed batch from a worker", zap.String("addr", addr), zap.Error(err))
			return
		}
		if t == nil {
			// No view yet, but the sender has one: get it. The message is sent
			// again when this worker says hello.
			w.follower.behind(from)
			return
		}
		if int(m.Partition) < len(t.partitions) {
			w.receive(&t.partitions[m.Partition], now, from, m)
		}
	}
}

// maxPooledEntries bounds the room that a message in the pool keeps.
const maxPooledEntries = 256

// messagePool has what messages are decoded into. What they point to is not
// used again.
var messagePool = sync.Pool{New: func() any { return new(replica.Message) }}

// receive is step for a message, without a closure.
func (w *Worker) receive(p *partition, now store.Instant, from placement.Incarnation, m *replica.Message) {
	out := effectsPool.Get().(*replica.Effects)
	defer effectsPool.Put(out)
	p.mu.Lock()
	defer p.unlock()
	p.core.Receive(now, from, m, out)
	w.carryOut(p, out)
}
