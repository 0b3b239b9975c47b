package master

import (
	"context"
	"sync"

	"pikv/rpcserver"
)

// freeRelay is the size of a result up to which nobody asks whether there is room.
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
	if !cl.Relay().Get(key, c.Params, r) {
		r.release()
		c.Slow(f.proxyGet)
	}
}

// Receive implements rpcclient.Receiver.
func (r *relayed) Receive(result []byte, err error) {
	f, c := r.f, r.call
	if err == nil && len(result) > freeRelay {
		f.proxy.Load().Relay().Saw(r.key, len(result))
	}
	r.release()
	switch {
	case err != nil:
		c.Slow(f.proxyGet)
	case len(result) > freeRelay && !c.Reserve(len(result)):
		c.Fail(tooMuchInFlight())
	default:
		c.Reply(func(buf []byte) []byte { return append(buf, result...) })
	}
}

func (r *relayed) release() {
	*r = relayed{}
	relays.Put(r)
}
