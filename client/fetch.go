package client

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/wire"
)

// How a view is fetched. The sources are asked in turn, but nobody is waited
// for longer than askNext before the next one is asked as well, and nobody
// longer than askMax: a node that was cut off answers never.
const (
	askNext = 100 * time.Millisecond
	askMax  = 2 * time.Second
)

// fetch asks addrs for a newer view until one has a view, and takes it. The first
// workers of addrs are workers of the cached view; see take. It is no error
// when some node answers and none has a view.
func (c *Client) fetch(ctx context.Context, addrs []string, workers int) error {
	ctx, cancel := context.WithCancel(ctx)
	type answer struct {
		from int
		err  error
	}
	answers := make(chan answer, len(addrs))
	asked, pending := 0, 0
	// Leaving early cancels whoever was asked; nobody outlives the fetch.
	defer func() {
		cancel()
		for ; pending > 0; pending-- {
			<-answers
		}
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var failed error
	answered := false
	for asked < len(addrs) || pending > 0 {
		select {
		case <-timer.C:
			if asked == len(addrs) {
				continue
			}
			from := asked
			asked++
			pending++
			go func() { answers <- answer{from, c.ask(ctx, addrs[from], from >= workers)} }()
			timer.Reset(askNext)
		case a := <-answers:
			pending--
			if a.err == nil {
				return nil
			}
			c.cfg.log.Debug("fetching a view", zap.String("from", addrs[a.from]), zap.Error(a.err))
			failed = a.err
			answered = answered || errors.Is(a.err, errNoView)
			timer.Reset(0)
		}
	}
	if answered {
		return nil
	}
	return failed
}

// ask fetches one node's view and takes it.
func (c *Client) ask(ctx context.Context, addr string, trusted bool) error {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	conn, err := c.pool.Get(ctx, addr)
	if err != nil {
		return err
	}
	var reply wire.ViewReply
	id, epoch := c.table.Load().position()
	err = conn.CallBody(ctx, wire.MethodView, &wire.ViewRequest{MasterID: uint64(id), Since: uint64(epoch)}, &reply)
	if err != nil && !errors.Is(err, ErrNoWorkers) {
		return err
	}
	return c.take(c.table.Load().view, reply, trusted)
}

// Why a node's answer was no use.
var (
	errOlderView = errors.New("the node's view is older than ours")
	errNoView    = errors.New("the node has no view yet")
)

// take makes reply's view the cached one if it is newer. A lower epoch under
// another master id is either a node that was cut off before a new master took
// over, or a cluster that was started anew at the same addresses: it
// is taken only when trusted, that is, from the master or a seed, after no
// worker of the cached view had anything better.
func (c *Client) take(base *placement.View, reply wire.ViewReply, trusted bool) error {
	var next *placement.View
	var noView error
	if reply.Epoch == 0 {
		noView = errNoView
	}
	if len(reply.Delta) > 0 {
		delta, err := placement.DecodeDelta(reply.Delta)
		if err != nil {
			return err
		}
		if delta.From == 0 {
			base = nil
		}
		if next, err = base.Apply(delta); err != nil {
			return err
		}
	}
	for {
		old := c.table.Load()
		id, epoch := old.position()
		newer := next != nil && (next.Epoch > epoch || (next.MasterID != id && trusted))
		switch {
		case newer:
		case next != nil && next.MasterID != id:
			return errOlderView
		case reply.MasterAddr == "" || reply.MasterAddr == old.master:
			return noView
		default:
			next = old.view // only the master's address is new
		}
		master := reply.MasterAddr
		if master == "" {
			master = old.master
		}
		if c.table.CompareAndSwap(old, newTable(next, master)) {
			return noView
		}
	}
}
