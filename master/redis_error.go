package master

import (
	"context"
	"errors"

	"pikv/client"
	"pikv/resp"
	"pikv/wire"
)

// redisError words an error of the proxy's client for clients of Redis.
func redisError(err error) string {
	// First, whatever else is in the chain: a write that was begun and then given up, since
	// its client is gone or this node ends, matches those errors, too, and they would promise
	// that it had no effect.
	for _, code := range []wire.Code{wire.CodeUnknownFate, wire.CodeForgotten} {
		if e := new(wire.Error); errors.Is(err, &wire.Error{Code: code}) && errors.As(err, &e) {
			return resp.UnknownFate + "the write may have taken effect or not: " + e.Text
		}
	}
	if errors.Is(err, errContended) {
		return resp.TryAgain + err.Error()
	}
	if errors.Is(err, client.ErrClosed) || errors.Is(err, context.Canceled) {
		return resp.ErrClosing
	}
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return "ERR " + err.Error()
	}
	switch e.Code {
	case wire.CodeOutOfMemory:
		return resp.ErrOutOfMemory
	case wire.CodeUnavailable, wire.CodeNoWorkers:
		return resp.ErrNotServed + ": " + e.Text
	case wire.CodeBusy, wire.CodeTimeout, wire.CodeShuttingDown, wire.CodeMoved:
		return resp.TryAgain + e.Text
	case wire.CodeTooLarge:
		return resp.ErrTooLong
	default:
		return "ERR " + e.Text
	}
}
