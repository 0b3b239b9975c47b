package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pikv/placement"
	"pikv/wire"
)

// maxChanges bounds the requests that wait, and so those in one call: all
// partitions of a usual cluster at once. What comes on top is dropped, for its
// core asks again.
const maxChanges = 4096

// changes takes requests to the register. A request that gets lost is asked
// again by its core.
type changes struct {
	w      *Worker
	wake   chan struct{} // something waits; size 1
	taken  chan struct{} // the register has answered; size 1
	urgent chan struct{} // a hand-over waits; size 1
	mu     struct {
		sync.Mutex
		waiting []placement.Change
		queued  map[placement.Change]bool // what waiting holds
	}
}

func newChanges(w *Worker) *changes {
	return &changes{w: w, wake: make(chan struct{}, 1), taken: make(chan struct{}, 1), urgent: make(chan struct{}, 1)}
}

// add queues requests that do not wait already. Safe under a partition's lock.
func (c *changes) add(requests []placement.Change) {
	c.mu.Lock()
	if c.mu.queued == nil {
		c.mu.queued = make(map[placement.Change]bool)
	}
	for _, r := range requests {
		if !c.mu.queued[r] && len(c.mu.waiting) < maxChanges {
			c.mu.queued[r] = true
			c.mu.waiting = append(c.mu.waiting, r)
		}
	}
	c.mu.Unlock()
	signal(c.wake)
	if slices.ContainsFunc(requests, func(r placement.Change) bool { return r.Kind == placement.HandOver }) {
		signal(c.urgent)
	}
}

// signal makes sure that the receiver of a channel of size 1 wakes.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (c *changes) take() []placement.Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.mu.waiting
	c.mu.waiting, c.mu.queued = nil, nil
	return batch
}

// maxAsking bounds the calls to the register under way. A second one need not
// wait for the first one's disk write: a partition that is being handed over
// serves nobody meanwhile.
const maxAsking = 4

// gatherFor is how long a request that nobody waits for waits for others: each
// epoch of the view costs the master a disk write, which on a small computer
// is felt by all that runs there. A hand-over does not wait, and takes along
// what is there: its partition serves nobody meanwhile.
const gatherFor = 40 * time.Millisecond

// run asks the register for all that has gathered: what comes up while every
// call is taken shares the next one, and the register's next epoch.
func (c *changes) run(ctx context.Context) {
	var calls errgroup.Group
	calls.SetLimit(maxAsking)
	defer func() { _ = calls.Wait() }() // they return no errors
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		gather := time.NewTimer(gatherFor)
		select {
		case <-gather.C:
		case <-c.urgent:
		case <-ctx.Done():
		}
		gather.Stop()
		calls.Go(func() error {
			if batch := c.take(); len(batch) > 0 {
				c.ask(ctx, batch)
			}
			return nil
		})
	}
}

func (c *changes) ask(ctx context.Context, batch []placement.Change) {
	followed, _ := c.w.follower.following()
	var reply wire.ChangeReply
	req := &wire.ChangeRequest{MasterID: uint64(followed), Changes: placement.EncodeChanges(batch)}
	err := c.w.callMaster(ctx, callTimeout, wire.MethodChange, req, &reply)
	if err != nil {
		err = c.viaPeer(ctx, req, &reply, err)
	}
	if err != nil {
		c.w.log.Debug("ask the register", zap.Int("changes", len(batch)), zap.Error(err))
		return
	}
	signal(c.taken)
	for i, text := range reply.Texts {
		if text != "" && i < len(batch) {
			c.w.log.Debug("change refused", zap.Any("change", batch[i]), zap.String("why", text))
		}
	}
}

// viaPeer asks through some other workers when the master cannot be reached
// from here: a cut between two nodes must not stop a repair. err is why the
// master could not be asked; what the master itself answered stands.
func (c *changes) viaPeer(ctx context.Context, req *wire.ChangeRequest, reply *wire.ChangeReply, err error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout) // changes that come up meanwhile wait
	defer cancel()
	for _, addr := range c.w.others(askPeers) {
		if answered(err) || ctx.Err() != nil {
			return err
		}
		*reply = wire.ChangeReply{}
		if err = c.w.callAt(ctx, addr, callTimeout, wire.MethodChange, req, reply); err == nil {
			// The view that follows must come by the same way.
			c.w.follower.behind(0)
		}
	}
	return err
}

// answered reports whether err is the register's own answer, or none.
func answered(err error) bool {
	var remote *wire.Error
	return err == nil || errors.As(err, &remote) && remote.Code != wire.CodeUnavailable
}
