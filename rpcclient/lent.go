package rpcclient

import (
	"context"
	"errors"

	"pikv/rpcconn"
)

// Lent is the large part of a request, which is sent from where it lies. Once the call
// has returned nobody reads it any more.
type Lent struct {
	Bytes []byte
	Tail  []byte // of the parameters, behind Bytes

	back chan struct{} // closed when Bytes are sent or never will be; nil: they were not taken
}

// errTakenBack ends a connection: what it was about to send is its caller's again.
var errTakenBack = errors.New("a call was given up while its request was being sent")

// offer puts a frame into the outbox, see rpcconn.Outbox.Offer.
func (c *Conn) offer(frame func(buf []byte) []byte, lent *Lent) (end int64, lead bool, err error) {
	if lent == nil {
		return c.out.Offer(frame)
	}
	back := make(chan struct{})
	end, lead, err = c.out.OfferLent(frame, &rpcconn.Loan{Bytes: lent.Bytes, Tail: lent.Tail, Done: func() { close(back) }})
	if err == nil {
		lent.back = back
	}
	return end, lead, err
}

// takeBack waits until nobody reads the bytes. Where the call is over before they are
// sent the connection ends: half a frame cannot be followed by anything.
func (l *Lent) takeBack(ctx, also context.Context, c *Conn, answered bool) {
	if l == nil || l.back == nil {
		return
	}
	if answered { // and so they have arrived, unless the answer is a refusal
		select {
		case <-l.back:
			return
		case <-ctx.Done():
		case <-also.Done():
		}
	}
	select {
	case <-l.back:
		return
	default:
	}
	c.fail(errTakenBack)
	<-l.back
}
