package client

import (
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// Relay passes reads on to their owners just as they came, many at once and
// without a goroutine or memory for each: what a proxy does with nearly all of
// them. It makes one attempt and judges nothing; whatever else there is to do is
// the client's. Safe for concurrent use.
type Relay struct{ c *Client }

// Relay returns the relay of a client that is not itself behind a proxy.
func (c *Client) Relay() Relay { return Relay{c: c} }

// Relayed is a read on its way.
type Relayed interface {
	rpcclient.Receiver
	// Crowded is called before the read is sent, or Get returns that it was not: the owner
	// has so much to answer that more had better wait where it comes from.
	Crowded()
}

// Get sends the parameters of a Get of key to the key's owner. When it was not
// sent, nothing was done: that would take waiting, for a view, a connection or
// room, or the value is thought to be a large one. Otherwise to gets the answer,
// or an error after which the client is to be asked instead.
func (r Relay) Get(key, params []byte, to Relayed) (sent, large bool) {
	c := r.c
	t := c.table.Load()
	switch {
	case t.view == nil:
		return false, false
	case c.large.largeBytes(key):
		return false, true
	}
	conn := c.pool.Open(t.owner(placement.PartitionOf(key, len(t.addrs))).Addr, false)
	if conn == nil {
		return false, false
	}
	if conn.Crowded() {
		to.Crowded()
	}
	if conn.Begin(wire.MethodGet, params, to) != nil {
		if conn.Busy() {
			to.Crowded()
		}
		return false, false
	}
	return true, false
}

// SawLarge notes that the answer was wire.CodeLarge.
func (r Relay) SawLarge(key []byte) { r.c.large.sawBytes(key, largeValue+1) }
