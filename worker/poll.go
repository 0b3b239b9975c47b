package worker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/wire"
)

// run polls the master for views, and other workers while it does not answer.
func (f *follower) run(ctx context.Context) {
	var complain complaint
	backoff := retryMin
	for ctx.Err() == nil {
		var reply wire.ViewReply
		addr, err, asked := f.w.masterAddr(), error(errNoMaster), time.Now()
		if addr != "" {
			err = f.w.callAt(ctx, addr, viewWait+callTimeout, wire.MethodView, f.request(viewWait), &reply)
		}
		if err == nil {
			err = f.adopt(&reply)
		}
		f.judge(addr, &reply, err)
		switch {
		case err == nil:
			backoff = retryMin
			complain.over(f.w.log, "the master answers again")
			if len(reply.Delta) == 0 && time.Since(asked) < viewWait/2 { // it lets nobody wait: it stops, or too many do
				sleep(ctx, reportEvery)
			}
			continue
		case errors.Is(err, errUnheard):
			sleep(ctx, reportEvery) // the next report may be what it waits for
			continue
		case ctx.Err() == nil:
			complain.about(f.w.log, "no view from the master; still trying", err)
			f.behind(0)
		}
		sleep(ctx, backoff)
		backoff = min(backoff*2, retryMax)
	}
}

// judge notes what an answer, or none, says of the master at addr.
func (f *follower) judge(addr string, reply *wire.ViewReply, err error) {
	known, _ := f.w.lastMaster.Load().(string)
	followed, _ := f.following()
	switch {
	case err == nil && placement.MasterID(reply.MasterID) == followed:
		f.w.lastMaster.Store(addr)
	case err == nil, errors.Is(err, errUnheard):
	case addr != known:
		f.w.masterTurn.Add(1) // it may be another's: the next one is asked
	case errors.Is(err, errOtherMaster):
		f.w.lastMaster.Store("") // another one lives there now
	}
}

// behind tells that a peer knows a newer view; 0 stands for anyone.
func (f *follower) behind(peer placement.Incarnation) {
	select {
	case f.chase <- peer:
	default:
	}
}

// runChase fetches the view from whoever showed that it has a newer one.
func (f *follower) runChase(ctx context.Context) {
	for {
		pause := chaseEvery
		select {
		case <-ctx.Done():
			return
		case peer := <-f.chase:
			if err := f.fetch(ctx, peer); err != nil {
				f.w.log.Debug("fetch newer view", zap.Error(err))
				pause = retryMin
			}
		}
		sleep(ctx, pause)
	}
}

// fetch asks the peer for a newer view, then the master, and when the master
// does not answer, some other workers: it may be cut off from here only.
func (f *follower) fetch(ctx context.Context, peer placement.Incarnation) error {
	if addr := f.w.nodeAddr(peer); addr != "" {
		if newer, err := f.fetchAt(ctx, addr); newer && err == nil {
			return nil
		}
	}
	master := f.w.masterAddr()
	err := error(errNoMaster)
	if master != "" {
		_, err = f.fetchAt(ctx, master)
	}
	if err == nil || errors.Is(err, errUnheard) {
		return err
	}
	for _, addr := range f.w.others(askPeers) {
		if _, again := f.fetchAt(ctx, addr); again == nil {
			err = nil
		}
	}
	return err
}

// fetchAt asks one node; newer reports that it had a newer view.
func (f *follower) fetchAt(ctx context.Context, addr string) (newer bool, err error) {
	var reply wire.ViewReply
	if err := f.w.callAt(ctx, addr, callTimeout, wire.MethodView, f.request(0), &reply); err != nil {
		return false, err
	}
	return len(reply.Delta) > 0, f.adopt(&reply)
}

// askPeers is how many other workers are asked in the master's stead.
const askPeers = 3

// others returns the addresses of at most n other workers, at random.
func (w *Worker) others(n int) (addrs []string) {
	nodes := w.view().Nodes
	for _, i := range rand.Perm(len(nodes)) {
		if nodes[i].Incarnation != w.incarnation && len(addrs) < n {
			addrs = append(addrs, nodes[i].Addr)
		}
	}
	return addrs
}

// nodeAddr returns the RPC address of a worker that the view or gossip knows,
// else "".
func (w *Worker) nodeAddr(inc placement.Incarnation) string {
	if node, ok := w.view().Node(inc); ok {
		return node.Addr
	}
	for _, m := range w.gossiped() {
		if inc != 0 && m.Incarnation == uint64(inc) {
			return m.RPCAddr
		}
	}
	return ""
}
