package master

import (
	"context"
	"errors"
	"sync"

	"pikv/rpcserver"
	"pikv/wire"
)

// freeRelay is the size of a result up to which nobody asks whether there is room, as
// long as its connection is not full.
const freeRelay = 4 << 10

// relayed is a Get on its way to the owner and back, as it came. Others wait for
// whoever carries it: it has no goroutine.
type relayed struct {
	f    *front
	call *rpcserver.Call
	key  []byte // lies in the call
}

var relays = sync.Pool{New: func() any { return new(relayed) }}

// relayGet passes a Get on. Whatever is not simply answered is left to
// proxyGet, from the beginning: a read may be repeated.
func (f *front) relayGet(_ context.Context, c *rpcserver.Call) {
	key, o, ok := f.decodeGet(c)
	if !ok {
		return
	}
	cl := f.proxy.Load()
	if cl == nil || o.Epoch != 0 { // an epoch is between the owner and whoever asks it
		c.Slow(f.proxyGet)
		return
	}
	r := relays.Get().(*relayed)
	r.f, r.call, r.key = f, c, key
	switch sent, large := cl.Relay().Get(key, c.Params, r); {
	case sent:
	case large && wantsSmall(c):
		r.release()
		c.Fail(rpcserver.ErrLarge)
	default:
		r.release()
		c.Slow(f.proxyGet)
	}
}

// wantsSmall reports whether the caller wants no answer that this process's
// client, too, would have on a connection of its own.
func wantsSmall(c *rpcserver.Call) bool { return !c.Wants(wire.SmallValue + 1) }

// Crowded implements client.Relayed: the connection that the call came from is not read
// on until others of its calls are answered. That the owner has much to do is no reason
// to ask it twice, as proxyGet would.
func (r *relayed) Crowded() { r.call.Hold() }

// Receive implements rpcclient.Receiver.
func (r *relayed) Receive(result []byte, err error) {
	f, c := r.f, r.call
	large := false
	if e, answered := errors.AsType[*wire.Error](err); answered && e.Code == wire.CodeLarge {
		large = true
		f.proxy.Load().Relay().SawLarge(r.key)
	}
	r.release()
	switch {
	case large && wantsSmall(c):
		c.Fail(rpcserver.ErrLarge)
	case err != nil:
		c.Slow(f.proxyGet)
	case !fits(c, len(result)):
		c.Fail(tooMuchInFlight())
	default:
		c.Reply(func(buf []byte) []byte { return append(buf, result...) })
	}
}

// fits takes room for a result of n bytes. A small one needs none: those who read what
// they have asked for are served, however much others leave unread. Of one whose
// connection is full nobody knows that it reads, before it has taken what waits.
func fits(c *rpcserver.Call, n int) bool {
	if n <= freeRelay && (!c.Full() || !c.Push()) {
		return true
	}
	return c.Reserve(n)
}

// roomFor is fits for a result that comes in parts, of which the first few take none.
// Parts of several workers come at once.
func roomFor(c *rpcserver.Call) func(n int) bool {
	var mu sync.Mutex
	free := freeRelay
	return func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		if n > free || !fits(c, n) {
			return c.Reserve(n)
		}
		free -= n
		return true
	}
}

func (r *relayed) release() {
	*r = relayed{}
	relays.Put(r)
}
