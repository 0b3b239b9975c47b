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
	if errors.Is(err, errContended) {
		return resp.TryAgain + err.Error()
	}
	if errors.Is(err, client.ErrClosed) || errors.Is(err, context.Canceled) { // of a write the client says it in its own words
		return resp.ErrClosing
	}
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return "ERR " + err.Error()
	}
	switch e.Code {
	case wire.CodeUnknownFate, wire.CodeForgotten:
		return resp.UnknownFate + "the write may have taken effect or not: " + e.Text
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
