package client

import (
	"context"
	"sync"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/wire"
)

// batch is one call on many keys. Its items are numbered from 0; each item is
// in the hands of one goroutine at a time.
type batch struct {
	c      *Client
	p      patience
	method string
	write  bool // repeating the call may do harm
	small  bool // nobody wants answers that take the lane for large values
	answer int  // bytes that the answer for an item is thought to have

	keys   [][]byte
	values [][]byte // nil unless the call carries values
	// encode appends the parameters for items.
	encode func(buf []byte, items []int, o wire.Options) []byte
	// options travel with each frame, which adds the items' names. options.Seqs
	// has all of them when the call came with a name.
	options wire.Options
	// decode reads the answer for items. It stores what was done, and calls
	// refused for the others.
	decode func(d *wire.Decoder, items []int, refused func(item int, err *wire.Error)) error
	// fail stores an item's final error.
	fail func(item int, err error)

	partitions []placement.PartitionID
	writes     []itemWrite   // nil for reads
	large      []bool        // an item takes the lane for large values
	hops       []retry.Hop   // where an item was sent last; before that, where a redirect sends it
	flight     chan struct{} // holds a token for each frame under way
	wg         sync.WaitGroup
}

// call makes the call for items, or for all keys when items is nil, and returns when
// each of them is done or has failed.
func (b *batch) call(ctx context.Context, keys []string, items []int) {
	b.keys = make([][]byte, len(keys))
	for i, k := range keys {
		b.keys[i] = []byte(k)
	}
	if items == nil {
		items = make([]int, len(keys))
		for i := range items {
			items[i] = i
		}
	}
	valid := b.check(items)
	if len(valid) == 0 {
		return
	}
	p, err := b.c.bound(ctx)
	if err != nil {
		b.failAll(valid, err)
		return
	}
	b.p = p
	b.flight = make(chan struct{}, frameFlight)
	b.large, b.hops = make([]bool, len(keys)), make([]retry.Hop, len(keys))
	if b.write {
		b.writes = make([]itemWrite, len(keys))
		b.options.Attempt = max(b.options.Attempt, 1)
	}
	b.partitions = make([]placement.PartitionID, len(keys))
	if !b.c.cfg.proxy {
		t, err := b.c.born(p)
		if err != nil {
			b.failAll(valid, err)
			return
		}
		for _, i := range valid {
			b.partitions[i] = placement.PartitionOf(b.keys[i], len(t.addrs))
		}
	}
	b.dispatch(valid, 0)
	b.wg.Wait()
}

// dispatch groups items by where they go, cuts the groups to frames and sends them
// side by side. Items go together only if they tell the worker the same epoch.
func (b *batch) dispatch(items []int, attempt int) {
	groups := make(map[retry.Hop][]int)
	var order []retry.Hop // map order would make runs differ
	for _, i := range items {
		h := retry.Later(b.hops[i], b.c.route(&request{partition: b.partitions[i]}))
		b.hops[i] = h
		h.Known, h.Master = 0, 0
		if _, ok := groups[h]; !ok {
			order = append(order, h)
		}
		groups[h] = append(groups[h], i)
	}
	for _, h := range order {
		for _, frame := range cut(groups[h], b.itemSize) {
			b.wg.Go(func() { b.send(h, frame, attempt) })
		}
	}
}

// send makes one call for the items of frame, all of which go to h, and
// dispatches anew those that were refused.
func (b *batch) send(h retry.Hop, frame []int, attempt int) {
	answers := make(map[int]error)
	if err := b.nameItems(frame); err != nil {
		b.failAll(frame, err)
		return
	}
	err := b.exchange(h, frame, func(item int, e *wire.Error) { answers[item] = e })
	var again []int
	var wait, renewed bool
	for _, i := range frame {
		itemErr := err
		if err == nil {
			if itemErr = answers[i]; itemErr == nil {
				b.finish(i)
				continue
			}
		}
		v := judge(itemErr, b.p.over(), b.judged(i, attempt), b.maybe(i), b.hops[i])
		if v.Refresh && !renewed {
			renewed = true
			b.c.renew(v.Verdict, &request{partition: b.partitions[i]})
		}
		if v.err != nil {
			b.fail(i, v.err)
			b.finish(i)
			continue
		}
		if v.Large {
			b.large[i] = true
		}
		if v.Maybe {
			b.writes[i].attempt++
		}
		b.hops[i] = v.Next
		wait = wait || v.Pause
		again = append(again, i)
	}
	if len(again) == 0 {
		return
	}
	if wait {
		if ctxErr := b.p.sleep(attempt); ctxErr != nil {
			for _, i := range again {
				last := err
				if last == nil {
					last = answers[i]
				}
				b.fail(i, (&request{maybe: b.maybe(i)}).abandoned(ctxErr, h.Addr, last))
				b.finish(i)
			}
			return
		}
	}
	attempt++
	if len(again) < len(frame) {
		attempt = 0 // the owner is doing its share
	}
	b.dispatch(again, attempt)
}

// exchange makes one attempt for frame once there is room in flight.
func (b *batch) exchange(h retry.Hop, frame []int, refused func(item int, err *wire.Error)) error {
	ctx, cancel := b.p.context()
	defer cancel()
	select {
	case b.flight <- struct{}{}:
		defer func() { <-b.flight }()
	case <-ctx.Done():
		return dialFailed(ctx.Err())
	}
	bytes, large := 0, false
	for _, i := range frame {
		bytes += b.itemSize(i) + b.answer
		large = large || b.large[i] || b.c.large.large(string(b.keys[i]))
	}
	return b.c.attempt(b.p, &request{
		method:    b.method,
		partition: b.partitions[frame[0]],
		write:     b.write,
		large:     !b.small && (large || bytes > largeValue),
		options:   b.frameOptions(frame),
		moved:     b.frameMoved(frame),
		params: func(buf []byte, o wire.Options) []byte {
			return b.encode(buf, frame, o)
		},
		result: func(d *wire.Decoder) error { return b.decode(d, frame, refused) },
	}, h)
}
