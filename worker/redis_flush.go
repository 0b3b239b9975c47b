package worker

import (
	"bytes"
	"context"

	"pikv/replica"
	"pikv/resp"
	"pikv/store"
)

// flushKeys is how many keys are deleted under a partition's lock at once.
const flushKeys = 256

// redisClosing is what a command is answered with that takes longer than the node
// will be there.
const redisClosing = "TRYAGAIN the node is shutting down"

// Flush implements resp.Keyspace.
func (d redisData) Flush(ctx context.Context, c *resp.Call) {
	t := d.w.table.Load()
	if t == nil {
		c.Fail(redisNoView)
		return
	}
	for i := range t.partitions {
		if refusal := d.w.flush(ctx, &t.partitions[i]); refusal != "" {
			c.Fail(refusal)
			return
		}
	}
	c.OK()
}

// flush deletes the keys of a partition, if this worker is its primary, page by
// page.
func (w *Worker) flush(ctx context.Context, p *partition) (refusal string) {
	for cursor, more := uint64(0), true; more; {
		var keys [][]byte
		role, serves := replica.RoleNone, false
		p.look(func(core *replica.Core) {
			role = core.Role()
			cursor, serves = core.Scan(w.now(), cursor, nil, flushKeys, func(key []byte) { keys = append(keys, bytes.Clone(key)) })
		})
		more = cursor != 0
		op := replica.Op{Kind: replica.OpGroup, Keys: keys}
		switch {
		case role != replica.RolePrimary:
			return ""
		case !serves: // and will soon: what keeps a key waits for it
			op = replica.Op{Kind: replica.OpUpdate, Key: []byte{0}}
			more = true
		case len(keys) == 0:
			continue
		}
		f := &redisFlush{keep: !serves, done: make(chan replica.Done, 1)}
		op.Tag, op.Decide = f, f
		w.do(p, w.now(), &op)
		select {
		case d := <-f.done:
			switch d.Status {
			case replica.OK:
			case replica.Moved:
				return ""
			default:
				return redisRefusal(p, d.Status)
			}
		case <-ctx.Done():
			return redisClosing
		}
	}
	return ""
}

// redisFlush is the Tag and the Decider of an operation that deletes its keys, or
// keeps them.
type redisFlush struct {
	keep bool
	done chan replica.Done // with room for it
}

// Keep implements replica.Decider.
func (f *redisFlush) Keep() {}

// Decide implements replica.Decider.
func (f *redisFlush) Decide(_ store.Instant, _ []replica.State, then []replica.Decision) (answer []byte) {
	for i := range then {
		if !f.keep {
			then[i].Verdict = replica.Delete
		}
	}
	return nil
}

func (f *redisFlush) answer(_ *Worker, _ *partition, d *replica.Done) { f.done <- *d }
