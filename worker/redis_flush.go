package worker

import (
	"bytes"
	"context"
	"fmt"

	"pikv/replica"
	"pikv/resp"
	"pikv/store"
)

// flushKeys is how many keys are deleted under a partition's lock at once.
const flushKeys = 256

// Flush implements resp.Keyspace.
func (d redisData) Flush(ctx context.Context, c *resp.Call) {
	t := d.w.table.Load()
	if t == nil {
		c.Fail(resp.ErrNotServed)
		return
	}
	var own []*partition
	for i := range t.partitions {
		p := &t.partitions[i]
		p.look(func(core *replica.Core) {
			if core.Role() == replica.RolePrimary {
				own = append(own, p)
			}
		})
	}
	for i, p := range own {
		if refusal := d.w.flush(ctx, c, p); refusal != "" {
			c.Fail(resp.UnknownFate + fmt.Sprintf("%d of %d partitions are empty, then: %s", i, len(own), refusal))
			return
		}
	}
	c.OK()
}

// flush deletes the keys of a partition, page by page. One that has moved away may keep
// some, which its new owner deletes only if it is asked later.
func (w *Worker) flush(ctx context.Context, c *resp.Call, p *partition) (refusal string) {
	for cursor, more := uint64(0), true; more; {
		var keys [][]byte
		serves, size := false, 0
		p.look(func(core *replica.Core) {
			cursor, serves = core.Scan(w.now(), cursor, nil, flushKeys, func(key []byte) {
				size += len(key)
				keys = append(keys, bytes.Clone(key))
			})
		})
		more = cursor != 0
		var s resp.Serves
		switch {
		case !serves: // and will soon
			s, more = w.await(ctx, c.Aside, p), true
		case c.Reserve(size):
			s = w.deleteAll(ctx, c.Aside, p, keys)
		default: // no room for many of its kind
			s = w.deleteAll(ctx, inPlace, p, keys)
		}
		switch {
		case s.Elsewhere:
			return fmt.Sprintf("partition %d moved to another worker meanwhile: flush again", p.id)
		case s.Refusal != "":
			return s.Refusal
		}
	}
	return ""
}

// inPlace waits as Aside does, and lets nobody have the errand's turn.
func inPlace(wait func()) { wait() }

// deleteAll deletes some keys, together if that makes an entry far below what one may be.
func (w *Worker) deleteAll(ctx context.Context, aside func(wait func()), p *partition, keys [][]byte) (s resp.Serves) {
	const head = 32 // more than an entry has for each key, beside its bytes
	size := 0
	for _, key := range keys {
		size += head + len(key)
	}
	if len(keys) > 1 && size <= w.cfg.limits().Value/2 {
		return w.perform(ctx, aside, p, &replica.Op{Kind: replica.OpGroup, Keys: keys}, replica.Delete)
	}
	for _, key := range keys {
		if s = w.perform(ctx, aside, p, &replica.Op{Kind: replica.OpUpdate, Key: key}, replica.Delete); s != (resp.Serves{}) {
			break
		}
	}
	return s
}

// await waits until a partition is served here, as what keeps a key does.
func (w *Worker) await(ctx context.Context, aside func(wait func()), p *partition) resp.Serves {
	return w.perform(ctx, aside, p, &replica.Op{Kind: replica.OpUpdate, Key: []byte{0}}, replica.Keep)
}

// perform does the same to all keys of an operation, and waits until that is done: aside,
// if it is not at once.
func (w *Worker) perform(ctx context.Context, aside func(wait func()), p *partition, op *replica.Op, verdict replica.Verdict) resp.Serves {
	e := &redisEach{verdict: verdict, done: make(chan replica.Done, 1)}
	op.Tag, op.Decide = e, e
	w.do(p, w.now(), op)
	var d replica.Done
	select {
	case d = <-e.done:
	default:
		ended := false
		aside(func() {
			select {
			case d = <-e.done:
			case <-ctx.Done():
				ended = true
			}
		})
		if ended {
			return resp.Serves{Refusal: resp.ErrClosing}
		}
	}
	switch d.Status {
	case replica.OK:
		return resp.Serves{}
	case replica.Moved:
		return resp.Serves{Elsewhere: true}
	default:
		return resp.Serves{Refusal: redisRefusal(p, d.Status)}
	}
}

// redisEach is the Tag and the Decider of an operation that does the same to all its
// keys.
type redisEach struct {
	verdict replica.Verdict
	done    chan replica.Done // with room for it
}

// Keep implements replica.Decider.
func (e *redisEach) Keep() {}

// Decide implements replica.Decider.
func (e *redisEach) Decide(_ store.Instant, _ []replica.State, then []replica.Decision) (answer []byte) {
	for i := range then {
		then[i].Verdict = e.verdict
	}
	return nil
}

func (e *redisEach) answer(_ *Worker, _ *partition, d *replica.Done) { e.done <- *d }
