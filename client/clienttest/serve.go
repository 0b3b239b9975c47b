package clienttest

import (
	"context"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// request is a decoded call on keys, and how to answer it.
type request struct {
	Request
	options wire.Options
	pairs   []wire.Pair // values are nil except for writes
	delta   int64       // of Incr
	// reply answers, given what became of each pair.
	reply func(results []result)
}

// result is what became of one key.
type result struct {
	value   []byte
	found   bool
	version uint64
	ttl     time.Duration
	sum     int64 // of Incr
	err     *wire.Error
}

// register installs the handlers.
func (n *Node) register() {
	n.handle(wire.MethodGet, n.decodeGet)
	n.handle(wire.MethodPut, n.decodePut)
	n.handle(wire.MethodIncr, n.decodeIncr)
	n.handle(wire.MethodGetSet, n.decodeGetSet)
	n.handle(wire.MethodMGet, n.decodeMGet)
	n.handle(wire.MethodMPut, n.decodeMPut)
	n.handle(wire.MethodMDel, n.decodeMDel)
	n.server.HandleSlow(wire.MethodKeys, n.keys)
	n.server.HandleSlow(wire.MethodView, n.serveView)
	n.server.HandleSlow(wire.MethodOwner, n.serveOwner)
	n.server.HandleSlow(wire.MethodStatus, n.serveStatus)
	n.server.HandleSlow(wire.MethodMembers, n.serveMembers)
	n.server.HandleSlow(wire.MethodDrain, n.serveDrain)
	n.server.HandleSlow(wire.MethodReplicas, n.serveReplicas)
	n.server.HandleSlow(wire.MethodReset, n.serveReset)
}

// handle registers a call on keys.
func (n *Node) handle(method string, decode func(c *rpcserver.Call) (request, error)) {
	n.server.HandleSlow(method, func(ctx context.Context, c *rpcserver.Call) {
		r, err := decode(c)
		if err != nil {
			c.Fail(err)
			return
		}
		o := &r.options
		r.Request = Request{Method: method, Epoch: o.Epoch, Client: o.Client, Seqs: o.Seqs, Finished: o.Finished, Attempt: o.Attempt}
		if o.Seq != 0 {
			r.Seqs = []uint64{o.Seq}
		}
		for _, p := range r.pairs {
			r.Keys = append(r.Keys, string(p.Key))
		}
		n.serve(ctx, c, r)
	})
}

// serve executes r unless the test has it go wrong.
func (n *Node) serve(ctx context.Context, c *rpcserver.Call, r request) {
	fault := n.fault(&r.Request)
	switch {
	case fault.Err != nil && fault.ErrKey == "":
		c.Fail(fault.Err)
		return
	case fault.DropNow:
		n.Drop()
		<-ctx.Done()
		return
	case fault.Hang:
		<-ctx.Done()
		return
	case fault.Wait != nil:
		select {
		case <-fault.Wait:
		case <-ctx.Done():
			return
		}
	}
	results := make([]result, len(r.pairs))
	for i, p := range r.pairs {
		if fault.Err != nil && string(p.Key) == fault.ErrKey {
			results[i].err = fault.Err
			continue
		}
		results[i] = n.execute(&r, i)
	}
	n.mu.Lock()
	n.mu.executed++
	n.mu.Unlock()
	if fault.DropDone {
		n.Drop()
		<-ctx.Done()
		return
	}
	switch r.Method {
	case wire.MethodMGet, wire.MethodMPut, wire.MethodMDel: // each item has its own
	default:
		if err := results[0].err; err != nil {
			c.Fail(err)
			return
		}
	}
	r.reply(results)
}

// fault notes the request and asks the test.
func (n *Node) fault(r *Request) Fault {
	n.mu.Lock()
	r.N = n.mu.count[r.Method]
	n.mu.count[r.Method]++
	n.mu.requests = append(n.mu.requests, *r)
	intercept := n.mu.intercept
	n.mu.Unlock()
	if intercept == nil {
		return Fault{}
	}
	return intercept(*r)
}

// refuse redirects from a worker that does not own p. The master owns
// everything: it is the proxy.
func (n *Node) refuse(v *placement.View, p placement.PartitionID) *wire.Error {
	owner, _ := v.Node(v.Partitions[p].Primary)
	if n.master || owner.Name == n.Name {
		return nil
	}
	return &wire.Error{
		Code: wire.CodeMoved, Text: "partition moved",
		Owner: owner.Addr, Epoch: uint64(v.Partitions[p].Epoch),
	}
}
