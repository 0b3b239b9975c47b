package client

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"pikv/placement"
	"pikv/wire"
)

// How a scan is paced: pages of keysPage keys, from keysFlight partitions at
// a time.
const (
	keysPage   = 1000
	keysFlight = 16
)

// Keys returns all keys that begin with prefix, in no particular order. A key
// that exists during the whole scan comes exactly once, also when its
// partition moves meanwhile; one that is written or deleted meanwhile may come
// or not. An error ends the scan: it comes with an empty key. Each page, not
// the scan, has the client's timeout.
func (c *Client) Keys(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := c.scan(ctx, prefix, yield); err != nil {
			yield("", fmt.Errorf("list keys: %w", err))
		}
	}
}

// scan is Keys; it returns nil when yield has had enough.
func (c *Client) scan(ctx context.Context, prefix string, yield func(string, error) bool) error {
	p, err := c.bound(ctx)
	if err != nil {
		return err
	}
	t, err := c.born(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan page)
	var scanners sync.WaitGroup
	defer scanners.Wait()
	defer cancel()
	var next, running atomic.Int64
	running.Store(int64(min(keysFlight, len(t.addrs))))
	for range running.Load() {
		scanners.Go(func() {
			for p := next.Add(1) - 1; p < int64(len(t.addrs)); p = next.Add(1) - 1 {
				c.scanPartition(ctx, uint16(p), prefix, pages)
			}
			if running.Add(-1) == 0 {
				close(pages)
			}
		})
	}
	for pg := range pages {
		if pg.err != nil {
			return pg.err
		}
		for _, k := range pg.keys {
			if !yield(string(k), nil) {
				return nil
			}
		}
	}
	return ctx.Err()
}

// page is some keys of one partition, or why there are none.
type page struct {
	keys [][]byte
	err  error
}

// scanPartition sends all pages of partition p to pages, the last one with
// an error if there is one, until ctx ends.
func (c *Client) scanPartition(ctx context.Context, p uint16, prefix string, pages chan<- page) {
	req := wire.KeysRequest{Partition: p, Prefix: []byte(prefix), Limit: keysPage}
	for {
		reply, err := c.KeysPage(ctx, req)
		select {
		case pages <- page{reply.Keys, err}:
		case <-ctx.Done():
			return
		}
		if err != nil || reply.Next == 0 {
			return
		}
		req.Cursor = reply.Next
	}
}

// KeysPage returns one page of one partition's keys, for who pages by
// himself: the master's proxy. The reply's Next is the cursor of the following page, 0
// when there is none.
func (c *Client) KeysPage(ctx context.Context, req wire.KeysRequest) (wire.KeysReply, error) {
	var reply wire.KeysReply
	p, err := c.bound(ctx)
	if err != nil {
		return reply, err
	}
	if !c.cfg.proxy {
		t, err := c.born(p)
		if err != nil {
			return reply, err
		}
		if int(req.Partition) >= len(t.addrs) {
			return reply, wire.Errorf(wire.CodeBadRequest, "partition %d: the cluster has %d", req.Partition, len(t.addrs))
		}
	}
	params, err := wire.AppendBodyParams(nil, &req)
	if err != nil {
		return reply, fmt.Errorf("encode the request for keys: %w", err)
	}
	err = c.do(p, &request{
		method:    wire.MethodKeys,
		partition: placement.PartitionID(req.Partition),
		params:    func(buf []byte, _ wire.Options) []byte { return append(buf, params...) },
		result:    func(d *wire.Decoder) error { return readBody(d, &reply) },
	})
	return reply, err
}
