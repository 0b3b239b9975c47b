package rpcclient

import "errors"

// An error of a call wraps exactly one of these, or is a *wire.Error, which
// the other side sent. Both may wrap the error of a ctx as well.
var (
	// ErrNotSent: the request did not leave, or not whole, and never will: it
	// has no effect, and may be sent again elsewhere.
	ErrNotSent = errors.New("request was not sent")
	// ErrBroken: the request was sent, but no reply came or could be read.
	// Whether it had an effect is unknown.
	ErrBroken = errors.New("no reply to the request")
)

// Causes that end a connection, wrapped together with one of the above.
var (
	errClosed   = errors.New("connection was closed by this side")
	errHungUp   = errors.New("connection was closed by the other side")
	errRetired  = errors.New("connection takes no more calls")
	errProtocol = errors.New("the other side does not speak MessagePack-RPC")
)
